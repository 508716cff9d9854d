//! Sends the quantities that connected stores should show and have not acknowledged. There is no queue of events: the scan
//! finds every difference, whatever caused it, also those from a time without a server.
//!
//! One scanner finds the SKUs that may have changed, plans their listings and marks those that are due ([`scan`]). For each
//! store, loops lease a batch ([`lease`]), send it at the store's pace ([`send`]) and record the answers ([`record`]). Each
//! step is a short transaction of its own, so several servers share the work; the leases of a server that stopped end some
//! seconds later, and another server sends their listings. A raise waits until the orders of its store are read ([`orders`]).

mod group;
mod known;
pub mod lease;
mod orders;
mod plan;
pub mod record;
pub mod scan;
pub(super) mod send;

use super::{
    access::{Access, OpenStore, Renewal},
    campaigns,
};
use crate::{
    clock,
    db::{
        self, Conn,
        catalogue::quantity_checks,
        promotions::holds,
        stores::{
            campaigns::Found,
            connections, pulls,
            pushes::{self, Lane},
        },
    },
    domain::{code::StoreCode, id::ListingId, moment::Moment, stores::look::Known},
    fault::log_fault,
    marketplaces::{after_others, backoff},
};
use chrono::TimeDelta;
use futures_util::{StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use lease::{Batch, Lease, Leased};
use orders::OrdersRead;
use record::{Response, Rules};
use std::{
    cell::Cell,
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Notify, time};

/// SKUs that one transaction scans: few, so that the first SKUs of a sale are sent while the others are scanned.
const SCANNED: usize = 100;

/// How often the scanner and the loops read the database although nothing was written here: a sale ends by the clock, and
/// another server may have written.
const POLL: Duration = Duration::from_millis(100);

/// The pause of the scanner after it found something, so that a SKU which is sold a thousand times a second is not planned
/// as often; and of a loop after it found only what others have locked.
const REST: Duration = Duration::from_millis(25);

/// The pause between two transactions of the scanner, in which others can write.
const YIELD: Duration = Duration::from_millis(1);

/// Loops of one store, each of which sends one batch at a time.
const LOOPS: usize = 8;

/// Beside them, one loop retries what failed, and pauses after each batch for as long as the store's pace allows this many
/// requests: what fails for days takes the smaller part of the pace.
const REQUESTS_BETWEEN_RETRIES: f64 = 2.0;

#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long raising one store waits until the others are lowered.
    pub patience: TimeDelta,
    /// How long a lease lasts unless it is extended.
    pub lease: Duration,
    /// Whether raising a store waits until its orders are read. Otherwise no server may be reading them.
    pub waits_for_orders: bool,
}

impl Times {
    pub fn of_server(patience: Duration, lease: Duration, waits_for_orders: bool) -> Self {
        Self { patience: TimeDelta::from_std(patience).unwrap_or(TimeDelta::MAX), lease, waits_for_orders }
    }
}

pub struct Pusher {
    access: Arc<Access>,
    times: Times,
    /// Notified when a listing is due.
    due: Notify,
    /// The time of the latest scan.
    scanned_at: Cell<Option<Moment>>,
}

impl Pusher {
    pub fn new(access: Arc<Access>, times: Times) -> Self {
        Self { access, times, due: Notify::new(), scanned_at: Cell::default() }
    }

    /// Scans and sends once. Returns whether there was anything to do.
    pub async fn run_once(&self) -> Result<bool, db::Error> {
        let mut is_any = self.scan().await?;
        let mut loops = Loops::new(self);
        let mut finished = BTreeSet::new();
        let mut failed = None;
        loop {
            let mut lanes = self.lanes_with_due().await?;
            lanes.retain(|lane| !finished.contains(lane));
            loops.start(lanes);
            let ended = tokio::select! {
                ended = loops.next() => ended,
                () = self.due.notified() => continue,
            };
            match ended {
                None => break,
                Some((_, Ok(true))) => is_any = true,
                Some((lane, Ok(false))) => drop(finished.insert(lane)),
                Some((lane, Err(error))) => {
                    finished.insert(lane);
                    failed = Some(error);
                }
            }
        }
        failed.map_or(Ok(is_any), Err)
    }

    pub async fn run(self, sends: bool) {
        if sends {
            tokio::join!(self.keep_scanning(), self.keep_sending());
        } else {
            self.keep_scanning().await;
        }
    }

    async fn keep_scanning(&self) {
        let mut written = self.access.database().written();
        loop {
            match self.scan().await {
                Ok(true) => time::sleep(REST).await,
                Ok(false) => {}
                Err(error) => drop(log_fault(&error)),
            }
            drop(time::timeout(POLL, written.changed()).await);
        }
    }

    /// Scans until no SKU may have changed. Returns whether any had.
    async fn scan(&self) -> Result<bool, db::Error> {
        let database = self.access.database();
        let now = self.access.clock().now();
        if let Some(last) = self.scanned_at.get().filter(|last| now < *last) {
            // The clock was set back: holds that had ended may be live again.
            database.write(move |conn| holds::reopen(conn, now, last)).await?;
        }
        self.scanned_at.set(Some(now));
        if !database.read(move |conn| quantity_checks::is_any_due(conn, now)).await? {
            return Ok(false);
        }
        loop {
            let clock = self.access.clock().clone();
            let patience = self.times.patience;
            let scanned = database.write(move |conn| scan::run(conn, || clock.now(), patience, SCANNED)).await?;
            self.scanned_at.set(self.scanned_at.get().max(Some(scanned.at)));
            if scanned.is_any_due {
                self.due.notify_one();
            }
            if !scanned.is_more {
                return Ok(true);
            }
            time::sleep(YIELD).await;
        }
    }

    async fn keep_sending(&self) {
        let mut loops = Loops::new(self);
        loop {
            match self.lanes_with_due().await {
                Ok(lanes) => loops.start(lanes),
                Err(error) => drop(log_fault(&error)),
            }
            // A loop that ended without sending anything is no reason to start another one.
            loop {
                let ended = tokio::select! {
                    Some((_, ended)) = loops.next() => ended,
                    () = self.due.notified() => break,
                    () = time::sleep(POLL) => break,
                };
                match ended {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(error) => drop(log_fault(&error)),
                }
            }
        }
    }

    async fn lanes_with_due(&self) -> Result<Vec<StoreLane>, db::Error> {
        let now = self.access.clock().now();
        let times = self.times;
        let read = move |conn: &mut Conn| -> Result<Vec<StoreLane>, db::Error> {
            let mut lanes = Vec::new();
            let pulls = pulls::all(conn)?;
            for connection in connections::all(conn)? {
                if !connection.is_ready(now) {
                    continue;
                }
                let pull = pulls.iter().find(|pull| pull.store == connection.store);
                let due = OrdersRead::of(&connection, pull, now, times).due();
                for lane in Lane::ALL {
                    if pushes::is_any_due(conn, &connection.store, lane, due)? {
                        lanes.push((connection.store.clone(), lane));
                    }
                }
            }
            Ok(lanes)
        };
        self.access.database().read(read).await
    }

    /// The loop of a store's lane: lease a batch, send it, record the answers, until nothing is due or the store cannot be
    /// opened. Returns whether it sent anything.
    async fn push_to(&self, (store, lane): &StoreLane) -> Result<bool, db::Error> {
        let Some(open) = self.access.open(store).await? else { return Ok(false) };
        let mut open = Arc::new(open);
        let mut is_any_sent = false;
        let mut is_renewed = false;
        loop {
            let id: uuid::Uuid = clock::new_id(self.access.clock().now());
            let lease = Lease {
                connection: open.connection.clone(),
                lane: *lane,
                id: id.to_string(),
                length: self.lease_length(),
                times: self.times,
            };
            let batch = match self.lease(&open, lease.clone()).await? {
                Batch::None => return Ok(is_any_sent),
                Batch::Stale => continue,
                Batch::Locked => {
                    time::sleep(REST).await;
                    continue;
                }
                Batch::Leased { listings, is_more } => {
                    if is_more {
                        self.due.notify_one();
                    }
                    listings
                }
            };
            is_any_sent = true;
            // What is lowered waits for no look of what shows too few units.
            let is_raise = batch.iter().all(|leased| leased.is_raise);
            let sending = self.send(&open, batch, &lease.id);
            let responses = if is_raise { after_others(sending).await? } else { sending.await? };
            let state = send::read_access(&responses);
            self.record(&open, responses).await?;
            is_renewed &= !state.is_any_acknowledged;
            let Some(ended) = state.ended else {
                if *lane == Lane::Retries {
                    time::sleep(pause_after_retry(open.connection.rate)).await;
                }
                continue;
            };
            if is_renewed {
                // The renewed access is refused as well: staff have to fix it.
                self.access.fail(&open.connection, ended).await?;
                return Ok(true);
            }
            match self.access.renew(&open).await? {
                Renewal::Renewed => {}
                Renewal::NotOurs => {
                    time::sleep(POLL).await;
                    return Ok(true);
                }
                Renewal::Refused(_) => return Ok(true),
            }
            is_renewed = true;
            match self.access.open(store).await? {
                Some(renewed) => open = Arc::new(renewed),
                None => return Ok(true),
            }
        }
    }

    fn lease_length(&self) -> TimeDelta {
        TimeDelta::from_std(self.times.lease).unwrap_or(TimeDelta::MAX)
    }

    async fn lease(&self, open: &Arc<OpenStore>, lease: Lease) -> Result<Batch, db::Error> {
        let clock = self.access.clock().clone();
        let open = open.clone();
        let run = move |conn: &mut Conn| {
            lease::run(conn, || clock.now(), &lease, |due| send::batch_of_first(&open.connector, due))
        };
        self.access.database().write(run).await
    }

    /// Sends a batch, and extends its lease meanwhile. If it cannot be extended the batch is given up: another server may
    /// send its listings now.
    async fn send(&self, open: &OpenStore, batch: Vec<Leased>, lease: &str) -> Result<Vec<Response>, db::Error> {
        let listings = batch.len();
        let keep_extending = async {
            loop {
                time::sleep(self.times.lease / 3).await;
                match self.extend(&open.connection.store, lease).await {
                    Ok(left) if left == listings => {}
                    // Its lease has ended, and another server may have leased some of it.
                    Ok(_) => return db::Error::GivenUp,
                    Err(error) => return error,
                }
            }
        };
        let look_and_send = async {
            let looked = send::look(open, &batch).await;
            let looked_at = self.access.clock().now();
            let shown = known::shown(&batch, &looked);
            let known = self.known(&open.connection.store, looked_at, shown).await?;
            Ok(send::run(open, batch, (looked, looked_at), &known, self.access.clock()).await)
        };
        tokio::select! {
            responses = look_and_send => responses,
            error = keep_extending => Err(error),
        }
    }

    /// What is known now of the listings that were looked at: orders may have come in since they were leased.
    async fn known(
        &self,
        store: &StoreCode,
        now: Moment,
        shown: Vec<(Leased, i64)>,
    ) -> Result<HashMap<ListingId, Known>, db::Error> {
        if shown.is_empty() {
            return Ok(HashMap::new());
        }
        let store = store.clone();
        self.access.database().read(move |conn| known::read(conn, &store, &shown, now)).await
    }

    async fn extend(&self, store: &StoreCode, lease: &str) -> Result<usize, db::Error> {
        let store = store.clone();
        let lease = lease.to_owned();
        let clock = self.access.clock().clone();
        let length = self.lease_length();
        let extend = move |conn: &mut Conn| pushes::extend(conn, &store, &lease, clock.now().plus(length));
        self.access.database().write(extend).await
    }

    async fn record(&self, open: &OpenStore, responses: Vec<Response>) -> Result<(), db::Error> {
        let found = campaigns_in(&responses);
        let clock = self.access.clock().clone();
        let sent_by = open.connection.clone();
        let rules = Rules { patience: self.times.patience, backoff };
        let run = move |conn: &mut Conn| record::run(conn, || clock.now(), &sent_by, &responses, rules);
        if self.access.database().write(run).await? {
            self.due.notify_one();
        }
        campaigns::store_found(&self.access, &open.connection.store, found).await
    }
}

/// The campaigns that were read before listings were lowered.
fn campaigns_in(responses: &[Response]) -> Found {
    let mut found = Found::new();
    for Response { leased, reply, .. } in responses {
        found.extend(reply.campaigns.clone().map(|campaigns| (leased.listing.id, campaigns)));
    }
    found
}

fn pause_after_retry(requests_per_second: i64) -> Duration {
    let rate = u32::try_from(requests_per_second.max(1)).unwrap_or(u32::MAX);
    Duration::from_secs_f64(REQUESTS_BETWEEN_RETRIES / f64::from(rate))
}

type StoreLane = (StoreCode, Lane);

struct Loops<'a> {
    pusher: &'a Pusher,
    running: FuturesUnordered<LocalBoxFuture<'a, (StoreLane, Result<bool, db::Error>)>>,
    of_lane: HashMap<StoreLane, usize>,
}

impl<'a> Loops<'a> {
    fn new(pusher: &'a Pusher) -> Self {
        Self { pusher, running: FuturesUnordered::new(), of_lane: HashMap::new() }
    }

    /// Starts one more loop for each of `lanes` that may have one.
    fn start(&mut self, lanes: Vec<StoreLane>) {
        for lane in lanes {
            let most = match lane.1 {
                Lane::First => LOOPS,
                Lane::Retries => 1,
            };
            let running = self.of_lane.entry(lane.clone()).or_default();
            if *running < most {
                *running += 1;
                let pusher = self.pusher;
                self.running.push(Box::pin(async move {
                    let ended = pusher.push_to(&lane).await;
                    (lane, ended)
                }));
            }
        }
    }

    /// Waits for the next loop to end, and returns whether it sent anything; `None` if no loop is running.
    async fn next(&mut self) -> Option<(StoreLane, Result<bool, db::Error>)> {
        let (lane, ended) = self.running.next().await?;
        if let Some(running) = self.of_lane.get_mut(&lane) {
            *running -= 1;
        }
        Some((lane, ended))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_take_the_smaller_part_of_any_pace() {
        for (rate, milliseconds) in [(10, 200), (1, 2_000), (1_000, 2), (0, 2_000)] {
            assert_eq!(pause_after_retry(rate).as_millis(), milliseconds, "{rate}");
        }
    }
}
