//! Sends to every connected store what it should show and has not acknowledged. There is no queue of events: whatever
//! changed a quantity, or was missed while no server ran, the difference is found and sent. Several servers share the
//! work; what one had taken when it died, another sends some seconds later.

mod access;
mod desk;
mod sending;
mod turns;

use crate::{
    clock::Clock,
    db::{
        self, Database,
        catalogue::quantity_checks,
        stores::{connections, hurried_claims, pushes},
    },
    domain::{code::StoreCode, moment::Moment, stores::failure::FailureClass},
    fault::log_fault,
    marketplaces::{HttpClient, Timeouts, backoff, seal::SealKey},
};
use access::Paces;
pub use access::renew;
use chrono::TimeDelta;
use desk::Desk;
use futures_util::{
    FutureExt, StreamExt,
    future::{FusedFuture, join_all},
    stream::FuturesUnordered,
};
use sending::Sent;
use std::{cell::Cell, collections::HashSet, pin::pin, time::Duration};
use tokio::{sync::Notify, time};

/// How often it looks whether quantities may be others where nothing was written: a sale starts and ends so much later at
/// the most. Where something is written all the time, how often at the most.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How often it looks whether something is to be tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// How long others who want to write have between two turns that look, or write what was claimed.
const TURN_OF_OTHERS: Duration = Duration::from_millis(1);

pub use crate::marketplaces::ANSWER;

/// How long things may last.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a store that is to be raised waits for those that show too much.
    pub patience: TimeDelta,
    /// How long a server has to itself what it claimed, if it says no more.
    pub lease: Duration,
    /// How long it may be at one batch of that, beside what its requests wait for the store's rate. What is not answered by
    /// then it gives up.
    pub batch: Duration,
    /// How long an answer to one request is waited for.
    pub answer: Timeouts,
}

impl Times {
    /// The times of a server whose stores wait for `patience`, and whose work another takes over after `lease`.
    #[must_use]
    pub fn of_server(patience: Duration, lease: Duration) -> Self {
        Self {
            patience: TimeDelta::from_std(patience).unwrap_or(TimeDelta::MAX),
            lease,
            batch: Duration::from_secs(12),
            answer: ANSWER,
        }
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::from_std(self.lease).unwrap_or(TimeDelta::MAX)
    }
}

/// What the job needs.
pub struct Pusher {
    database: Database,
    clock: Clock,
    http: HttpClient,
    /// What opens the stores' credentials.
    key: Option<SealKey>,
    times: Times,
    paces: Paces,
    desk: Desk,
    /// Wakes the sending when there is something to be sent.
    to_send: Notify,
    /// When it looked last, by the clock.
    looked_at: Cell<Option<Moment>>,
}

impl Pusher {
    /// The job on `database`, with the time of `clock`. `key` opens the credentials of the stores.
    #[must_use]
    pub fn new(database: Database, clock: Clock, key: Option<SealKey>, times: Times) -> Self {
        Self {
            database,
            clock,
            http: HttpClient::new(times.answer),
            key,
            times,
            paces: Paces::default(),
            desk: Desk::default(),
            to_send: Notify::new(),
            looked_at: Cell::default(),
        }
    }

    /// Looks at everything that may have changed and sends everything that is due, once. Answers whether there was
    /// anything.
    ///
    /// # Errors
    /// When the database fails: nothing is lost.
    pub async fn run_once(&self) -> Result<bool, db::Error> {
        let looked = self.look().await?;
        self.take_turns().await?;
        let ready = self.ready().await?;
        let sent = tokio::select! {
            sent = join_all(ready.iter().map(|store| self.send_to(store))) => sent,
            Err(error) = self.keep_taking_turns() => return Err(error),
        };
        let sent = sent.into_iter().collect::<Result<Vec<bool>, db::Error>>()?;
        Ok(looked || sent.contains(&true))
    }

    /// Looks, and sends if it `sends`, for as long as the server runs.
    pub async fn run(self, sends: bool) {
        let sending = async {
            if sends {
                self.keep_sending().await;
            }
        };
        tokio::join!(self.keep_looking(), self.keep_advancing(), sending);
    }

    async fn keep_looking(&self) {
        let mut written = self.database.written();
        loop {
            match self.look().await {
                // What changes meanwhile waits: a SKU that is sold a thousand times a second is not looked at as often.
                Ok(true) => time::sleep(LOOK_AGAIN).await,
                Ok(false) => {}
                Err(error) => drop(log_fault(&error)),
            }
            // Other servers may write, and sales start and end by themselves.
            drop(time::timeout(LOOK_AGAIN, written.changed()).await);
        }
    }

    /// Takes turns, whatever fails.
    async fn keep_advancing(&self) {
        loop {
            let Err(error) = self.keep_taking_turns().await;
            drop(log_fault(&error));
            time::sleep(TRY_AGAIN).await;
        }
    }

    /// Looks which stores are to be sent to, while those that are go on.
    async fn keep_sending(&self) {
        let (mut busy, mut at_work) = (HashSet::new(), FuturesUnordered::new());
        let mut ready = pin!(self.ready().fuse());
        loop {
            let is_looking = !ready.is_terminated();
            tokio::select! {
                found = &mut ready, if is_looking => match found {
                    Ok(found) => {
                        found.iter().for_each(|store| self.desk.ask(store));
                        let free = found.into_iter().filter(|store| busy.insert(store.clone()));
                        at_work.extend(free.map(|store| self.send_and_rest(store)));
                    }
                    Err(error) => drop(log_fault(&error)),
                },
                Some(store) = at_work.next() => {
                    busy.remove(&store);
                    self.to_send.notify_one();
                }
                () = self.to_send.notified(), if !is_looking => ready.set(self.ready().fuse()),
                () = time::sleep(TRY_AGAIN), if !is_looking => ready.set(self.ready().fuse()),
            }
        }
    }

    /// Sends to a store. If that fails, or there is nothing although something seemed to be due, it is left alone a while.
    async fn send_and_rest(&self, store: StoreCode) -> StoreCode {
        match self.send_to(&store).await {
            Ok(true) => return store,
            Ok(false) => {}
            Err(error) => drop(log_fault(&error)),
        }
        time::sleep(TRY_AGAIN).await;
        store
    }

    /// Has the SKUs looked at whose quantities may be others, or whose claims a server left that is gone; answers whether
    /// there are any.
    async fn look(&self) -> Result<bool, db::Error> {
        let now = self.clock.now();
        let last = self.looked_at.replace(Some(now)).filter(|last| now < *last);
        if let Some(last) = last {
            // The clock was set back: what was taken for over is not.
            self.database.write(move |conn| quantity_checks::reopen(conn, now, last)).await?;
        }
        let read = move |conn: &mut db::Conn| {
            Ok::<_, db::Error>(quantity_checks::is_any_due(conn, now)? || hurried_claims::is_any_ended(conn, now)?)
        };
        let is_any = self.database.read(read).await?;
        if is_any {
            self.desk.look();
        }
        Ok(is_any)
    }

    /// The stores that something is to be sent to now.
    async fn ready(&self) -> Result<Vec<StoreCode>, db::Error> {
        let now = self.clock.now();
        let read = move |conn: &mut db::Conn| {
            let mut ready = Vec::new();
            for connection in connections::all(conn)? {
                if connection.is_ready(now) && pushes::is_any_due(conn, &connection.store, now)? {
                    ready.push(connection.store);
                }
            }
            Ok::<_, db::Error>(ready)
        };
        self.database.read(read).await
    }

    /// Sends to a store until nothing is due, or it is to be left alone; answers whether anything was.
    async fn send_to(&self, store: &StoreCode) -> Result<bool, db::Error> {
        let Some(mut way) = self.connect(store).await? else { return Ok(false) };
        let (mut any, mut renewed) = (false, false);
        loop {
            let Sent { is_any, heard } = self.send(&way).await?;
            any |= is_any;
            let Some(ended) = heard.ended else { return Ok(any) };
            if std::mem::replace(&mut renewed, true) && !heard.is_any_taken {
                // New access is refused as well: somebody has to look.
                return self.fail(store, ended).await.map(|()| true);
            }
            if !self.renew(&way).await? {
                return Ok(true);
            }
            match self.connect(store).await? {
                Some(again) => way = again,
                None => return Ok(true),
            }
        }
    }
}

/// How long to wait after so many failures in a row.
fn wait(failures: i64, class: FailureClass) -> TimeDelta {
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    TimeDelta::from_std(backoff(failures, class)).unwrap_or(TimeDelta::MAX)
}
