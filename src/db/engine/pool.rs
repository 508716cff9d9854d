//! The connections of one purpose. r2d2 keeps them; each is opened when it is needed, by the thread that needs it, so that a
//! database that is away is noticed at once and one that is back is used at once. A thread needs a seat first: a connection
//! whose server does not answer is given up, and its seat is free again, although its thread still waits.

use super::{
    connection::Conn,
    error::{Error, ErrorKind},
    session::Session,
};
use diesel::r2d2::{self, ManageConnection, PooledConnection, R2D2Connection};
#[cfg(feature = "postgres")]
use diesel::{
    Connection,
    connection::{Instrumentation, InstrumentationEvent},
};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

/// Connections that were given up while their threads still wait. Each may be a connection of the server as well, so with
/// as many only one is opened in a [`PROBE`], and those that work go on.
const HUNG: u32 = 16;

/// How often a connection is opened although many hang: what they wait for may never come, and a new one may work.
const PROBE: Duration = Duration::from_secs(60);

/// How long a server that restarts, or another one that takes its place, is waited for. After that a request fails as soon
/// as no connection can be opened.
const RESTART: Duration = Duration::from_secs(1);

const PAUSE: Duration = Duration::from_millis(20);

/// Opens a connection.
pub(super) type Open = Box<dyn Fn() -> Result<Session, Error> + Send + Sync>;

pub(super) struct Pool {
    slots: r2d2::Pool<Slots>,
    open: Open,
    limit: usize,
    /// For a connection.
    wait: Duration,
    /// SQLite has none that could hang, and a second writer would wait for the first one all the same.
    is_server: bool,
    seats: Mutex<Seats>,
    freed: Condvar,
}

/// What r2d2 keeps: places for connections. A new one is empty.
struct Slots;

impl ManageConnection for Slots {
    type Connection = Option<Session>;
    type Error = Infallible;

    fn connect(&self) -> Result<Option<Session>, Infallible> {
        Ok(None)
    }

    fn is_valid(&self, _: &mut Option<Session>) -> Result<(), Infallible> {
        Ok(())
    }

    /// A panic inside a write leaves a transaction open: such a connection must not serve the next request.
    fn has_broken(&self, slot: &mut Option<Session>) -> bool {
        thread::panicking() || slot.as_mut().is_none_or(|session| session.conn.is_broken())
    }
}

#[derive(Default)]
struct Seats {
    last_id: u64,
    /// Those that are taken, and whether the connection of each is open.
    taken: BTreeMap<u64, bool>,
    /// How many were given up and have not ended.
    hung: u32,
    probed: Option<Instant>,
    unreachable_since: Option<Instant>,
}

/// The right to use one connection. Whoever waits for the work of its thread can give it up.
pub(super) struct Seat {
    pool: Arc<Pool>,
    id: u64,
    /// Since when the connection waits for its server.
    asked: Mutex<Option<Instant>>,
}

/// Follows the statements of a connection.
#[cfg(feature = "postgres")]
struct Follow(std::sync::Weak<Seat>);

#[cfg(feature = "postgres")]
impl Instrumentation for Follow {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let Some(seat) = self.0.upgrade() else { return };
        match event {
            InstrumentationEvent::StartQuery { .. } => seat.asks(Some(Instant::now())),
            InstrumentationEvent::FinishQuery { .. } => seat.asks(None),
            _ => {}
        }
    }
}

/// A seat, and its connection once that is open. The connection goes back first, so that the next thread on the seat finds
/// it.
pub(super) struct Lease {
    slot: PooledConnection<Slots>,
    seat: Arc<Seat>,
}

impl Pool {
    pub(super) fn new(limit: u32, wait: Duration, is_server: bool, open: Open) -> Arc<Self> {
        // Those that are tried when many hang need room as well.
        let room = if is_server { limit + 4 * HUNG } else { limit };
        let slots = r2d2::Pool::builder()
            .max_size(room)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(wait)
            .build_unchecked(Slots);
        Arc::new(Self {
            slots,
            open,
            limit: limit as usize,
            wait,
            is_server,
            seats: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().expect("nobody panics with it")
    }

    /// Waits for a seat, and for the slot that belongs to it.
    pub(super) fn lease(self: &Arc<Self>) -> Result<Lease, Error> {
        let mut seats = self.seats();
        let count = |seats: &Seats| seats.count(self.limit, || self.slots.state().idle_connections as usize);
        if count(&seats) > 0 {
            let is_full = |seats: &mut Seats| seats.taken.len() >= count(seats);
            let waited = self.freed.wait_timeout_while(seats, self.wait, is_full);
            let (free, time) = waited.expect("nobody panics with it");
            if time.timed_out() {
                return Err(Error::NoneFree(format!("all {} are in use", self.limit)));
            }
            seats = free;
        } else if !seats.may_probe() {
            return Err(Error::Unreachable(format!("{HUNG} connections wait for its answers")));
        }
        seats.last_id += 1;
        let id = seats.last_id;
        seats.taken.insert(id, false);
        drop(seats);
        let seat = Arc::new(Seat { pool: self.clone(), id, asked: Mutex::default() });
        let slot = self.slots.get().map_err(|error| Error::Unreachable(error.to_string()))?;
        Ok(Lease { slot, seat })
    }

    /// Closes the connections that nobody uses: they may be gone or hang like one that was.
    pub(super) fn close_idle(&self) {
        while self.is_server
            && let Some(mut idle) = self.slots.try_get()
        {
            idle.take();
        }
    }

    /// Whether the server has other connections of ours, but maybe no place for one more.
    fn may_be_full(&self) -> bool {
        self.is_server && self.seats().taken.values().any(|is_open| *is_open)
    }

    /// Whether a server that cannot be reached may just be restarting.
    fn may_be_restarting(&self) -> bool {
        let since = *self.seats().unreachable_since.get_or_insert_with(Instant::now);
        self.is_server && since.elapsed() < RESTART
    }
}

impl Seats {
    /// How many may be taken at once: all, or while many hang as many as have a connection.
    fn count(&self, limit: usize, idle: impl FnOnce() -> usize) -> usize {
        if self.hung < HUNG { limit } else { limit.min(self.taken.len() + idle()) }
    }

    /// Whether it is time to try another one although many hang.
    fn may_probe(&mut self) -> bool {
        let may_probe = self.probed.is_none_or(|at| at.elapsed() >= PROBE);
        if may_probe {
            self.probed = Some(Instant::now());
        }
        may_probe
    }
}

impl Seat {
    fn asks(&self, since: Option<Instant>) {
        *self.asked.lock().expect("nobody panics with it") = since;
    }

    /// Whether its connection has waited for the server for longer than `time`.
    pub(super) fn hangs(&self, time: Duration) -> bool {
        self.asked.lock().expect("nobody panics with it").is_some_and(|since| since.elapsed() > time)
    }

    /// Stops waiting for its connection, if it is one to a server: another one may be opened.
    pub(super) fn give_up(&self) {
        if !self.pool.is_server {
            return;
        }
        let mut seats = self.pool.seats();
        if seats.taken.remove(&self.id).is_some() {
            seats.hung += 1;
            tracing::warn!(hung = seats.hung, "a database connection does not answer and was given up");
            self.pool.freed.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Ok(mut seats) = self.pool.seats.lock() else { return };
        if seats.taken.remove(&self.id).is_some() {
            self.pool.freed.notify_one();
        } else {
            seats.hung -= 1;
            // From now on there may be several more.
            self.pool.freed.notify_all();
        }
    }
}

impl Lease {
    pub(super) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }

    pub(super) fn conn(&mut self) -> &mut Conn {
        &mut self.slot.as_mut().expect("a transaction was begun on it").conn
    }

    /// Closes the connection: its server has.
    pub(super) fn lose(&mut self) {
        self.slot.take();
    }

    /// Begins a transaction with `begin`, on a connection that is open, or on a new one if its server has closed that: no
    /// statement has run on it yet. If the server has no place for one more, one of those that are open becomes free soon.
    pub(super) fn begin(
        &mut self,
        begin: impl Fn(&mut Session) -> Result<(), Error>,
        is_given_up: impl Fn() -> bool,
    ) -> Result<(), Error> {
        let pool = self.seat.pool.clone();
        let since = Instant::now();
        loop {
            let was_open = self.slot.is_some();
            let error = match self.open().and_then(&begin) {
                Ok(()) => break,
                Err(error) => error,
            };
            if error.kind() != ErrorKind::Unavailable || is_given_up() {
                return Err(error);
            }
            self.lose();
            if was_open {
                pool.close_idle();
            } else if let Some(idle) = pool.slots.try_get() {
                self.slot = idle;
            } else if pool.may_be_full() && since.elapsed() < pool.wait || pool.may_be_restarting() {
                thread::park_timeout(PAUSE);
            } else {
                return Err(error);
            }
        }
        let mut seats = pool.seats();
        seats.unreachable_since = None;
        // It is not there if it was given up.
        seats.taken.entry(self.seat.id).and_modify(|is_open| *is_open = true);
        Ok(())
    }

    fn open(&mut self) -> Result<&mut Session, Error> {
        if self.slot.is_none() {
            self.seat.asks(Some(Instant::now()));
            let opened = (self.seat.pool.open)();
            self.seat.asks(None);
            *self.slot = Some(opened?);
        }
        let session = self.slot.as_mut().expect("it is open");
        #[cfg(feature = "postgres")]
        if let Conn::Postgres(conn) = &mut session.conn {
            conn.set_instrumentation(Follow(Arc::downgrade(&self.seat)));
        }
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_many_hang_those_that_work_go_on_and_sometimes_one_more_is_tried() {
        let mut seats = Seats { hung: HUNG - 1, ..Seats::default() };
        assert_eq!(seats.count(4, || 0), 4);
        seats.hung = HUNG;
        assert_eq!(seats.count(4, || 0), 0);
        assert!(seats.may_probe());
        assert!(!seats.may_probe(), "one was tried just now");
        seats.taken.insert(1, true);
        assert_eq!(seats.count(4, || 2), 3);
        assert_eq!(seats.count(4, || 9), 4);
        seats.probed = Instant::now().checked_sub(PROBE);
        assert!(seats.may_probe());
    }
}
