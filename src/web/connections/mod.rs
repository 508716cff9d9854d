//! The connections of clients, so that whoever is slow, silent or many stays a small matter for everybody else.
//!
//! Connections are bounded by client address and in all. A new one is always let in: above a bound the oldest of a
//! *stranger* is closed, which is every connection that has not shown a session or an API token yet. So strangers can
//! displace each other, and nobody who is signed in. How slow a client may be is in [`patience`].

mod patience;
mod requests;
mod server;
mod stream;

pub use requests::{Answer, vouch, watch};
pub use server::{server, spare_connections};
pub use stream::Stream;

use super::limits::network;
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// The most bytes of bodies that all strangers together may have in memory.
const STRANGERS_BYTES: usize = 32 << 20;

/// The most connections of strangers with an answer that they have not read, beyond what the kernel holds: an answer
/// takes a hundred kilobytes. The pages that strangers see fit into what the kernel holds.
const STRANGERS_UNREAD: usize = 128;

#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections in all.
    pub in_all: usize,
    /// Connections of strangers from one address; nothing if all come from a proxy.
    pub of_address: Option<usize>,
    /// How long a client may keep us waiting.
    pub wait: Duration,
}

/// All connections of this server.
pub struct Connections {
    limits: ConnectionLimits,
    open: Mutex<Open>,
    strangers_bytes: AtomicUsize,
    strangers_unread: AtomicUsize,
}

#[derive(Default)]
struct Open {
    /// By number: the oldest come first.
    all: BTreeMap<u64, Arc<Connection>>,
    strangers: HashMap<IpAddr, usize>,
    next: u64,
}

/// A connection. It is forgotten when its [`Admission`] is dropped.
pub struct Connection {
    number: u64,
    network: IpAddr,
    is_vouched: AtomicBool,
    is_ended: AtomicBool,
    /// Whether it counts among those that do not read.
    is_unread: AtomicBool,
    ended: Notify,
}

impl Connection {
    /// Waits until it is closed to make room for another.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }
}

/// The place of a connection among all.
pub struct Admission {
    connections: Arc<Connections>,
    pub connection: Arc<Connection>,
}

impl Connections {
    pub fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: Mutex::default(),
            strangers_bytes: AtomicUsize::new(0),
            strangers_unread: AtomicUsize::new(0),
        })
    }

    pub fn wait(&self) -> Duration {
        self.limits.wait
    }

    /// Lets a connection in, and closes the oldest of a stranger if there are too many. None if all belong to people and
    /// programs that are signed in.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admission> {
        let network = network(address);
        let mut open = self.lock();
        let of_network = open.strangers.get(&network).copied().unwrap_or(0);
        if self.limits.of_address.is_some_and(|limit| of_network >= limit) {
            open.end_oldest(|stranger| stranger.network == network);
        }
        if open.all.len() >= self.limits.in_all && !open.end_oldest(|_| true) {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let connection = Arc::new(Connection {
            number,
            network,
            is_vouched: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
            is_unread: AtomicBool::new(false),
            ended: Notify::new(),
        });
        open.all.insert(number, connection.clone());
        *open.strangers.entry(network).or_default() += 1;
        Some(Admission { connections: self.clone(), connection })
    }

    /// Marks a connection as that of somebody who is signed in.
    fn vouch(&self, connection: &Connection) {
        if connection.is_vouched.load(Ordering::Relaxed) {
            return;
        }
        let mut open = self.lock();
        if !connection.is_vouched.swap(true, Ordering::Relaxed) && open.all.contains_key(&connection.number) {
            open.count_off(connection.network);
        }
    }

    /// Counts a connection whose client has not read what we sent, and closes the oldest of a stranger if there are too
    /// many.
    fn set_unread(&self, connection: &Connection, is_unread: bool) {
        if !is_unread {
            let counted = connection.is_unread.swap(false, Ordering::Relaxed);
            self.strangers_unread.fetch_sub(usize::from(counted), Ordering::Relaxed);
        } else if !connection.is_vouched.load(Ordering::Relaxed) {
            connection.is_unread.store(true, Ordering::Relaxed);
            if self.strangers_unread.fetch_add(1, Ordering::Relaxed) >= STRANGERS_UNREAD {
                self.lock().end_oldest(|stranger| stranger.is_unread.load(Ordering::Relaxed));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the oldest connection of a stranger that `may_go`. It no longer counts.
    fn end_oldest(&mut self, may_go: impl Fn(&Connection) -> bool) -> bool {
        let is_candidate = |one: &&Arc<Connection>| !one.is_vouched.load(Ordering::Relaxed) && may_go(one);
        let Some(oldest) = self.all.values().find(is_candidate).cloned() else { return false };
        self.all.remove(&oldest.number);
        self.count_off(oldest.network);
        oldest.is_ended.store(true, Ordering::Relaxed);
        oldest.ended.notify_one();
        true
    }

    fn count_off(&mut self, network: IpAddr) {
        if let Some(count) = self.strangers.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                self.strangers.remove(&network);
            }
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        if open.all.remove(&self.connection.number).is_some() && !self.connection.is_vouched.load(Ordering::Relaxed) {
            open.count_off(self.connection.network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(in_all: usize, of_address: Option<usize>) -> Arc<Connections> {
        Connections::new(ConnectionLimits { in_all, of_address, wait: Duration::from_secs(1) })
    }

    fn admit(to: &Arc<Connections>, address: &str) -> Option<Admission> {
        to.admit(address.parse().expect("an address"))
    }

    fn is_open(admission: &Admission) -> bool {
        !admission.connection.is_ended.load(Ordering::Relaxed)
    }

    #[test]
    fn above_its_bound_an_address_loses_its_own_oldest_connection() {
        let all = connections(10, Some(2));
        let other = admit(&all, "192.0.2.9").expect("room");
        let first = admit(&all, "192.0.2.1").expect("room");
        let second = admit(&all, "192.0.2.1").expect("room");
        let third = admit(&all, "::ffff:192.0.2.1").expect("room");
        assert_eq!([&other, &first, &second, &third].map(is_open), [true, false, true, true]);
        drop(first);
        drop(second);
        let fourth = admit(&all, "192.0.2.1").expect("room");
        assert_eq!([&other, &third, &fourth].map(is_open), [true, true, true], "one was closed by its client");
        drop((other, third, fourth));
        let open = all.lock();
        assert_eq!((open.all.len(), open.strangers.len()), (0, 0), "nothing is left of who has gone");
    }

    #[test]
    fn few_strangers_may_leave_their_answers_unread() {
        let all = connections(1_000, None);
        let staff = admit(&all, "192.0.2.1").expect("room");
        all.vouch(&staff.connection);
        let strangers: Vec<Admission> = (0..200).map(|_| admit(&all, "192.0.2.1").expect("room")).collect();
        all.set_unread(&staff.connection, true);
        for stranger in &strangers[1..] {
            all.set_unread(&stranger.connection, true);
        }
        let left = strangers.iter().filter(|one| is_open(one)).count();
        assert_eq!((is_open(&staff), is_open(&strangers[0]), left), (true, true, STRANGERS_UNREAD + 1));
        for stranger in &strangers {
            all.set_unread(&stranger.connection, false);
        }
        all.set_unread(&staff.connection, false);
        assert_eq!(all.strangers_unread.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn strangers_displace_each_other_and_nobody_who_is_signed_in() {
        let all = connections(3, None);
        let staff = admit(&all, "192.0.2.1").expect("room");
        all.vouch(&staff.connection);
        all.vouch(&staff.connection);
        let strangers: Vec<Admission> = (0..20).map(|_| admit(&all, "192.0.2.1").expect("room")).collect();
        let left = strangers.iter().filter(|one| is_open(one)).count();
        assert_eq!((is_open(&staff), left), (true, 2));
        for stranger in &strangers[18..] {
            all.vouch(&stranger.connection);
        }
        assert!(admit(&all, "192.0.2.2").is_none(), "all that is there is taken by those who are signed in");
        drop(strangers);
        assert!(admit(&all, "192.0.2.2").is_some());
    }
}
