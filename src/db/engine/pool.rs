//! The connections of one purpose. They are given out in the order of the requests and opened when they are needed, by the
//! thread that needs them, so that a database that is away is noticed at once and one that is back is used at once. A
//! connection whose server does not answer is given up: another one takes its place, although its thread still waits.

use super::{
    connection::{self, Conn, Purpose},
    database::PoolSize,
    error::{Error, ErrorKind},
    file::DatabaseFile,
    url::DatabaseUrl,
};
#[cfg(feature = "postgres")]
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::{Connection, connection::TransactionManager};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

/// Connections that were given up while their threads still wait. Each may be a connection of the server as well, so with
/// as many only one is opened in a [`PROBE`], and those that work go on.
const HUNG: usize = 16;

/// How often a connection is opened although many hang: what they wait for may never come, and a new one may work.
const PROBE: Duration = Duration::from_secs(60);

/// How long a server that restarts, or another one that takes its place, is waited for. After that a request fails as soon
/// as no connection can be opened.
const RESTART: Duration = Duration::from_secs(1);

const PAUSE: Duration = Duration::from_millis(20);

/// Connections that nobody needed for so long are closed, except for one.
const IDLE: Duration = Duration::from_secs(600);

pub(super) struct Pool {
    url: DatabaseUrl,
    /// Its file, which has to exist: SQLite would create a missing one.
    file: DatabaseFile,
    purpose: Purpose,
    limit: usize,
    size: PoolSize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    last_id: u64,
    /// The leases that work uses.
    in_use: BTreeSet<u64>,
    /// Those of them whose connection is open and was given up by nobody.
    working: BTreeSet<u64>,
    /// Those that were given up and have not ended.
    hung: BTreeSet<u64>,
    waiting: VecDeque<Arc<Condvar>>,
    probed: Option<Instant>,
    unreachable_since: Option<Instant>,
}

struct Idle {
    conn: Conn,
    since: Instant,
}

/// Since when a connection waits for its server.
#[derive(Default)]
pub(super) struct Activity(Mutex<Option<Instant>>);

impl Activity {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().expect("nobody panics with it") = since;
    }

    pub(super) fn lasts_longer_than(&self, time: Duration) -> bool {
        self.0.lock().expect("nobody panics with it").is_some_and(|since| since.elapsed() > time)
    }
}

/// Follows the statements of a connection.
#[cfg(feature = "postgres")]
struct Follow(Arc<Activity>);

#[cfg(feature = "postgres")]
impl Instrumentation for Follow {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.0.set(Some(Instant::now())),
            InstrumentationEvent::FinishQuery { .. } => self.0.set(None),
            _ => {}
        }
    }
}

/// The right to use one connection, and the connection once it is open.
pub(super) struct Lease {
    pool: Arc<Pool>,
    pub(super) id: u64,
    pub(super) activity: Arc<Activity>,
    conn: Option<Conn>,
    /// Whether the server is known to have closed it.
    is_lost: bool,
}

impl Pool {
    pub(super) fn new(
        url: &DatabaseUrl,
        file: &DatabaseFile,
        purpose: Purpose,
        limit: u32,
        size: PoolSize,
    ) -> Arc<Self> {
        Arc::new(Self {
            url: url.clone(),
            file: file.clone(),
            purpose,
            limit: limit as usize,
            size,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    /// Waits for a connection to be free, in the order of the requests.
    pub(super) fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        let mut state = self.state();
        let may_probe = state.may_probe();
        if state.seats(self.limit) == 0 && !may_probe {
            return Err(Error::Unreachable(format!("{HUNG} connections wait for its answers")));
        }
        if !may_probe && (state.in_use.len() >= state.seats(self.limit) || !state.waiting.is_empty()) {
            let turn = Arc::new(Condvar::new());
            let until = Instant::now() + self.size.wait();
            state.waiting.push_back(turn.clone());
            loop {
                let is_first = state.waiting.front().is_some_and(|first| Arc::ptr_eq(first, &turn));
                let is_free = is_first && state.in_use.len() < state.seats(self.limit);
                let left = until.saturating_duration_since(Instant::now());
                if is_free || left.is_zero() {
                    state.waiting.retain(|one| !Arc::ptr_eq(one, &turn));
                    state.wake_first();
                    if !is_free {
                        return Err(Error::NoneFree(format!("all {} are in use", self.limit)));
                    }
                    break;
                }
                state = turn.wait_timeout(state, left).expect("nobody panics with it").0;
            }
        }
        state.last_id += 1;
        let id = state.last_id;
        state.in_use.insert(id);
        let conn = state.idle.pop().map(|idle| idle.conn);
        Ok(Lease { pool: self.clone(), id, activity: Arc::default(), conn, is_lost: false })
    }

    /// Stops waiting for a connection that is in use: another one may take its place.
    ///
    /// SQLite has no server that could hang, and a second writer would wait for the first one all the same.
    pub(super) fn give_up(&self, id: u64) {
        if !self.url.is_server() {
            return;
        }
        let mut state = self.state();
        if !state.in_use.remove(&id) {
            return;
        }
        state.working.remove(&id);
        state.hung.insert(id);
        tracing::warn!(hung = state.hung.len(), "a database connection does not answer and was given up");
        state.wake_first();
    }

    /// Closes the connections that nobody uses.
    pub(super) fn close_idle(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        drop(idle);
    }

    fn take_idle(&self) -> Option<Conn> {
        self.state().idle.pop().map(|idle| idle.conn)
    }

    /// Whether the server has other connections of ours, but maybe no seat for one more.
    fn may_be_full(&self) -> bool {
        self.url.is_server() && !self.state().working.is_empty()
    }

    /// Whether a server that cannot be reached may just be restarting.
    fn may_be_restarting(&self) -> bool {
        let since = *self.state().unreachable_since.get_or_insert_with(Instant::now);
        self.url.is_server() && since.elapsed() < RESTART
    }
}

impl State {
    /// How many connections may be used at once: all, or those that work.
    fn seats(&self, limit: usize) -> usize {
        if self.hung.len() < HUNG { limit } else { limit.min(self.in_use.len() + self.idle.len()) }
    }

    /// Whether no connection works, and it is time to try another one.
    fn may_probe(&mut self) -> bool {
        if self.seats(usize::MAX) > 0 || self.probed.is_some_and(|at| at.elapsed() < PROBE) {
            return false;
        }
        self.probed = Some(Instant::now());
        true
    }

    fn wake_first(&self) {
        if let Some(first) = self.waiting.front() {
            first.notify_one();
        }
    }
}

impl Lease {
    pub(super) fn conn(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("a transaction was begun on it")
    }

    /// Begins a transaction with `begin`, on a connection that is open, or on a new one if its server has closed that: no
    /// statement has run on it yet. If the server has no seat left, one of those that are open becomes free soon.
    pub(super) fn begin(
        &mut self,
        begin: impl Fn(&mut Conn) -> Result<(), Error>,
        is_given_up: impl Fn() -> bool,
    ) -> Result<(), Error> {
        let since = Instant::now();
        loop {
            let was_open = self.conn.is_some();
            match self.open().and_then(&begin) {
                Ok(()) => {
                    let mut state = self.pool.state();
                    state.unreachable_since = None;
                    state.working.insert(self.id);
                    return Ok(());
                }
                Err(error) if error.kind() != ErrorKind::Unavailable || is_given_up() => return Err(error),
                Err(error) => {
                    self.conn = None;
                    if was_open {
                        self.pool.close_idle();
                        continue;
                    }
                    self.conn = self.pool.take_idle();
                    if self.conn.is_some() {
                        continue;
                    }
                    let may_be_full = self.pool.may_be_full() && since.elapsed() < self.pool.size.wait();
                    if !may_be_full && !self.pool.may_be_restarting() {
                        return Err(error);
                    }
                    thread::park_timeout(PAUSE);
                }
            }
        }
    }

    fn open(&mut self) -> Result<&mut Conn, Error> {
        if self.conn.is_none() {
            let Pool { url, file, purpose, size, .. } = &*self.pool;
            file.check()?;
            self.activity.set(Some(Instant::now()));
            let opened = connection::open(url, *purpose, size.wait(), Some(size.deadline));
            self.activity.set(None);
            self.conn = Some(opened?);
        }
        let conn = self.conn.as_mut().expect("it is open");
        #[cfg(feature = "postgres")]
        if let Conn::Postgres(conn) = conn {
            conn.set_instrumentation(Follow(self.activity.clone()));
        }
        Ok(conn)
    }

    /// The server has closed the connection: nobody else gets it.
    pub(super) fn lose(&mut self) {
        self.is_lost = true;
    }
}

/// Gives the connection back. A panic inside a write leaves a transaction open: such a connection must not serve the next
/// request.
impl Drop for Lease {
    fn drop(&mut self) {
        let Ok(mut state) = self.pool.state.lock() else { return };
        state.hung.remove(&self.id);
        state.working.remove(&self.id);
        if !state.in_use.remove(&self.id) {
            return;
        }
        let mut closed = None;
        if let Some(mut conn) = self.conn.take() {
            if self.is_lost || thread::panicking() || is_broken(&mut conn) {
                closed = Some(conn);
            } else {
                if state.idle.len() > 1 && state.idle[0].since.elapsed() > IDLE {
                    closed = Some(state.idle.remove(0).conn);
                }
                state.idle.push(Idle { conn, since: Instant::now() });
            }
        }
        state.wake_first();
        drop(state);
        drop(closed);
    }
}

/// Whether a connection is not in order, or still has a transaction.
fn is_broken(conn: &mut Conn) -> bool {
    let status = <Conn as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    !matches!(status.transaction_depth(), Ok(None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_many_hang_those_that_work_go_on_and_sometimes_one_more_is_tried() {
        let mut state = State::default();
        state.hung.extend(1..HUNG as u64);
        assert_eq!((state.seats(4), state.may_probe()), (4, false));
        state.hung.insert(0);
        assert_eq!((state.seats(4), state.may_probe()), (0, true));
        assert!(!state.may_probe(), "one was tried just now");
        state.in_use.insert(100);
        assert_eq!((state.seats(4), state.may_probe()), (1, false));
        state.in_use.remove(&100);
        state.probed = Instant::now().checked_sub(PROBE);
        assert!(state.may_probe());
        state.hung.remove(&0);
        assert_eq!(state.seats(4), 4);
    }
}
