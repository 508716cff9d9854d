//! Reads the orders of connected stores: all that have changed since the last time, in windows that overlap ([`steps`]), and
//! before them those that a message of the marketplace was about.
//!
//! One server at a time reads those of a store, with a lease that ends by itself. What was read is recorded in the transaction
//! that moves the cursor, so that a server which stops loses nothing, and the next one goes on where it was.

pub mod record;
mod seen;
pub mod steps;

use super::access::{Access, OpenStore, Opened, Renewal};
use crate::{
    clock,
    db::{
        self, Conn, QueryResult,
        stores::{
            connections::Connection,
            order_hints,
            pulls::{self, Pull},
        },
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::{failure::Failure, pull},
    },
    fault::log_fault,
    marketplaces::{
        after_others, backoff,
        hooks::Message,
        orders::{OrderPage, Pulling, Window},
        registry,
    },
};
use chrono::TimeDelta;
use futures_util::{StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use seen::Seen;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use steps::{Lease, Read, Step};
use tokio::time;

/// How often the database is read although nothing was written here: the clock goes on, and another server may have noted a
/// message.
const POLL: Duration = Duration::from_millis(500);

/// The pause after the database was read, so that a busy server does not read it for each order.
const REST: Duration = Duration::from_millis(25);

/// The time until a store is tried again whose access is being renewed.
const SOON: TimeDelta = TimeDelta::seconds(1);

/// After so many failures in a row a window is begun again.
const FAILURES_OF_A_WINDOW: i64 = 3;

pub struct Puller {
    access: Arc<Access>,
    /// How far the first sweep of a store reaches back.
    first_reach: TimeDelta,
    /// How long a lease lasts unless it is extended: raises wait for that long after a server has stopped.
    lease: Duration,
    seen: Seen,
}

impl Puller {
    pub fn new(access: Arc<Access>, first_reach: TimeDelta, lease: Duration) -> Self {
        Self { access, first_reach, lease, seen: Seen::default() }
    }

    pub async fn run(self) {
        let mut written = self.access.database().written();
        let mut running: FuturesUnordered<LocalBoxFuture<'_, StoreCode>> = FuturesUnordered::new();
        let mut stores = BTreeSet::new();
        loop {
            match self.due().await {
                Ok(due) => {
                    for store in due {
                        if stores.insert(store.clone()) {
                            running.push(Box::pin(self.pull_and_log(store)));
                        }
                    }
                }
                Err(error) => drop(log_fault(&error)),
            }
            let next_write = async {
                time::sleep(REST).await;
                drop(time::timeout(POLL, written.changed()).await);
            };
            tokio::select! {
                Some(store) = running.next() => drop(stores.remove(&store)),
                () = next_write => {}
            }
        }
    }

    /// Reads the orders of every store that is due, once. Returns whether there was any.
    pub async fn run_once(&self) -> Result<bool, db::Error> {
        let due = self.due().await?;
        for store in &due {
            self.pull(store).await?;
        }
        Ok(!due.is_empty())
    }

    async fn pull_and_log(&self, store: StoreCode) -> StoreCode {
        if let Err(error) = self.pull(&store).await {
            drop(log_fault(&error));
            // Until its lease ends, no other server tries.
            time::sleep(POLL).await;
        }
        store
    }

    async fn due(&self) -> Result<Vec<StoreCode>, db::Error> {
        let now = self.access.clock().now();
        self.access.database().read(move |conn| steps::due(conn, now)).await
    }

    /// Reads what is due of a store, until nothing is, or something fails.
    async fn pull(&self, store: &StoreCode) -> Result<(), db::Error> {
        let Some(lease) = self.lease(store).await? else { return Ok(()) };
        let mut open = match self.access.open_to_pull(store).await? {
            Opened::Open(open) => open,
            Opened::NotNow => return self.end(&lease, Some(SOON), None).await,
            Opened::Failed(failure) => return self.end(&lease, None, Some(failure)).await,
        };
        let pulling = registry::describe(open.connection.kind).pulling.as_ref();
        let Some(pulling) = pulling else { return self.end(&lease, None, None).await };
        let mut is_renewed = false;
        let mut was_named = false;
        while let Some(step) = self.next_step(&lease, &open.connection, pulling, was_named).await? {
            was_named = matches!(step, Step::Named(_));
            // Without an answer, another server may have the lease.
            let Some(read) = self.read_leased(&lease, &open, &step).await? else { return Ok(()) };
            match read {
                // Its details fail: all of it is read again, and what never succeeds is passed by after some tries.
                Ok(page)
                    if !was_named && page.fault().is_some() && self.failures(store).await? < FAILURES_OF_A_WINDOW =>
                {
                    return self.end(&lease, None, page.failure).await;
                }
                Ok(page) => {
                    is_renewed = false;
                    if !self.record(&lease, &open.connection, step, page).await? {
                        // The lease has ended, and another server may have it.
                        return Ok(());
                    }
                }
                Err(failure) if failure.token_ended && !is_renewed => {
                    is_renewed = true;
                    if !matches!(self.access.renew(&open).await?, Renewal::Renewed) {
                        return self.end(&lease, Some(SOON), None).await;
                    }
                    match self.access.open_to_pull(store).await? {
                        Opened::Open(renewed) => open = renewed,
                        Opened::NotNow => return self.end(&lease, Some(SOON), None).await,
                        Opened::Failed(failure) => return self.end(&lease, None, Some(failure)).await,
                    }
                }
                // Some marketplaces refuse a whole request because of one order. The sweeps read the others.
                Err(failure) if was_named && !failure.class.is_store_wide() => {
                    let page = OrderPage { unreadable: vec![failure.message], ..OrderPage::default() };
                    if !self.record(&lease, &open.connection, step, page).await? {
                        return Ok(());
                    }
                }
                Err(failure) => return self.end(&lease, None, Some(failure)).await,
            }
        }
        Ok(())
    }

    /// How often reading the orders of a store has failed in a row.
    async fn failures(&self, store: &StoreCode) -> Result<i64, db::Error> {
        let store = store.clone();
        let find = move |conn: &mut Conn| Ok::<_, db::Error>(pulls::find(conn, &store)?);
        Ok(self.access.database().read(find).await?.map_or(0, |pull| pull.failures))
    }

    async fn lease(&self, store: &StoreCode) -> Result<Option<Lease>, db::Error> {
        let now = self.access.clock().now();
        let id: uuid::Uuid = clock::new_id(now);
        let lease = Lease { store: store.clone(), id: id.to_string() };
        let asked = lease.clone();
        let until = self.leased_until();
        let take = move |conn: &mut Conn| steps::take(conn, &asked, now, until);
        Ok(self.access.database().write(take).await?.then_some(lease))
    }

    /// What is read next. Ends the lease if there is nothing.
    async fn next_step(
        &self,
        lease: &Lease,
        connection: &Connection,
        pulling: &'static Pulling,
        was_named: bool,
    ) -> Result<Option<Step>, db::Error> {
        let lease = lease.clone();
        let used = connection.clone();
        let clock = self.access.clock().clone();
        let first_reach = self.first_reach;
        let next =
            move |conn: &mut Conn| steps::next(conn, &lease, &used, clock.now(), (pulling, first_reach), was_named);
        self.access.database().write(next).await
    }

    fn leased_until(&self) -> Moment {
        self.access.clock().now().plus(TimeDelta::from_std(self.lease).unwrap_or(TimeDelta::MAX))
    }

    /// Reads a step and extends the lease meanwhile, because a marketplace may be slow. `None` if the lease has ended.
    async fn read_leased(
        &self,
        lease: &Lease,
        open: &OpenStore,
        step: &Step,
    ) -> Result<Option<Result<OrderPage, Failure>>, db::Error> {
        let keep_extending = async {
            loop {
                time::sleep(self.lease / 3).await;
                if !self.extend(lease).await? {
                    return Ok(None);
                }
            }
        };
        tokio::select! {
            page = self.read(open, step) => Ok(Some(page)),
            ended = keep_extending => ended,
        }
    }

    async fn extend(&self, lease: &Lease) -> Result<bool, db::Error> {
        let lease = lease.clone();
        let until = self.leased_until();
        self.access.database().write(move |conn| Ok::<_, db::Error>(steps::extend(conn, &lease, until)?)).await
    }

    async fn read(&self, open: &OpenStore, step: &Step) -> Result<OrderPage, Failure> {
        match step {
            Step::Named(hints) => {
                let ids: Vec<String> = hints.iter().map(|hint| hint.order_id.clone()).collect();
                open.connector.read_named_orders(&ids).await
            }
            Step::Part { window, page } => {
                let is_sweep = window.is_sweep();
                let window = Window { from: window.from, until: window.until };
                let reading = open.connector.read_orders(window, page.as_deref());
                // A raise can wait, and so can what is read because of it.
                if is_sweep { reading.await } else { after_others(reading).await }
            }
        }
    }

    async fn record(
        &self,
        lease: &Lease,
        connection: &Connection,
        step: Step,
        page: OrderPage,
    ) -> Result<bool, db::Error> {
        let is_same = self.seen.are_same(&lease.store, &page.orders);
        let read = Arc::new(Read { step, page, is_same });
        let recorded = read.clone();
        let lease = lease.clone();
        let used = connection.clone();
        let clock = self.access.clock().clone();
        let until = self.leased_until();
        let done = move |conn: &mut Conn| steps::done(conn, &lease, &used, clock.now(), &recorded, until);
        let stands = self.access.database().write(done).await?;
        self.seen.note(&connection.store, &read.page.orders, self.access.clock().now());
        Ok(stands)
    }

    /// Ends a lease: the store is due again after `wait`, or backs off from a failure.
    async fn end(&self, lease: &Lease, wait: Option<TimeDelta>, failure: Option<Failure>) -> Result<(), db::Error> {
        let lease = lease.clone();
        let now = self.access.clock().now();
        let end = move |conn: &mut Conn| {
            let change = |pull: &mut Pull| match &failure {
                Some(failure) => back_off(pull, failure, now),
                None => pull.due_at = wait.map_or(pull.due_at, |wait| now.plus(wait)),
            };
            steps::end(conn, &lease, change)
        };
        self.access.database().write(end).await
    }
}

/// Waits longer after each failure. It is no reason to stop pushing: an app may lack the permission to read orders alone.
fn back_off(pull: &mut Pull, failure: &Failure, now: Moment) {
    pull.failures += 1;
    pull.problem_text = Some(failure.message.clone());
    if pull.failures % FAILURES_OF_A_WINDOW == 0 {
        // The marketplace may not know the place in its list any more.
        pull.set_window(None);
    }
    pull.due_at = now.plus(super::access::wait_after(failure, pull.failures, backoff));
}

/// Notes that an order has to be read, because a message was about it. Returns whether that is news.
pub fn note_message(conn: &mut Conn, store: &StoreCode, message: &Message, now: Moment) -> QueryResult<bool> {
    let Some(found) = pulls::find(conn, store)? else { return Ok(false) };
    pulls::note_webhook(conn, store, now)?;
    if pull::is_old_news(message.changed_at, found.complete_until) {
        return Ok(false);
    }
    let hint = order_hints::Hint {
        store: store.clone(),
        order_id: message.order_id.clone(),
        message_key: message.key.clone(),
        noted_at: now,
        read_at: None,
    };
    order_hints::note(conn, &hint)
}
