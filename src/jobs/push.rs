//! Sends to every connected store what it should show and has not acknowledged. There is no queue of events: whatever
//! changed a quantity, or was missed while no server ran, the difference is found and sent. Several servers share the
//! work; what one had taken when it died, another sends some seconds later.

use crate::{
    actions::{
        check_quantities,
        claim_pushes::{self, Claim, Claimed},
        renew_access,
        settle_pushes::{self, Answered, Answers, Reply},
    },
    clock::{self, Clock},
    connectors::{
        Answer, Connector, Credentials, HttpClient, Rate, Target, Timeouts, backoff,
        seal::{SealError, SealKey},
    },
    db::{
        self, Database,
        connections::{self, Connection},
        pushes, quantity_checks,
    },
    domain::{
        code::StoreCode,
        connection::ConnectorKind,
        failure::{Failure, FailureClass},
        moment::Moment,
    },
    web::error::log_fault,
};
use chrono::TimeDelta;
use futures_util::{
    FutureExt, Stream, StreamExt, TryStreamExt,
    future::join_all,
    stream::{self, FuturesUnordered},
};
use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    pin::pin,
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc},
    time::{self, Instant},
};

/// How often it looks whether quantities may be others: a sale starts and ends so much later at the most.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How often it looks whether something is to be tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// How long others who want to write have between two steps.
const TURN_OF_OTHERS: Duration = Duration::from_millis(1);

/// Batches that are sent to one store at the same time, and answers to batches that wait until they are kept.
const AT_ONCE: usize = 4;
const WAITING: usize = 64;

/// Listings that are claimed together, and whose answers are kept together.
const CLAIMED: i64 = 200;
const KEPT: usize = 200;

/// How long an answer to one request is waited for.
pub const ANSWER: Timeouts = Timeouts { connect: Duration::from_secs(3), whole: Duration::from_secs(8) };

/// How long things may last.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a store that is to be raised waits for those that show too much.
    pub patience: TimeDelta,
    /// How long a server has to itself what it claimed, if it says no more.
    pub lease: Duration,
    /// How long it may be at one batch of that. What is not answered by then it gives up.
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
    /// Wakes the sending when there is something to be sent.
    to_send: Notify,
    /// When it looked last, by the clock.
    looked_at: Cell<Option<Moment>>,
}

/// The pace of each store, with the rate that it is for.
#[derive(Default)]
struct Paces(RefCell<HashMap<StoreCode, (i64, Rate)>>);

impl Paces {
    fn of(&self, connection: &Connection) -> Rate {
        let mut paces = self.0.borrow_mut();
        let requests = u32::try_from(connection.rate).ok().and_then(NonZeroU32::new);
        let new = || (connection.rate, Rate::per_second(requests.expect("the database checks the rate")));
        let pace = paces.entry(connection.store.clone()).or_insert_with(new);
        if pace.0 != connection.rate {
            *pace = new();
        }
        pace.1.clone()
    }
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
        let ready = self.ready().await?;
        let sent = join_all(ready.iter().map(|store| self.send_to(store))).await;
        let sent = sent.into_iter().collect::<Result<Vec<bool>, db::Error>>()?;
        Ok(looked || sent.contains(&true))
    }

    /// Looks, and sends if it `sends`, for as long as the server runs.
    pub async fn run(self, sends: bool) {
        if sends {
            tokio::join!(self.keep_looking(), self.keep_sending());
        } else {
            self.keep_looking().await;
        }
    }

    async fn keep_looking(&self) {
        loop {
            match self.look().await {
                Ok(true) => self.to_send.notify_one(),
                Ok(false) => {}
                Err(error) => drop(log_fault(&error)),
            }
            time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn keep_sending(&self) {
        let (mut busy, mut at_work) = (HashSet::new(), FuturesUnordered::new());
        loop {
            match self.ready().await {
                Ok(ready) => {
                    for store in ready.into_iter().filter(|store| busy.insert(store.clone())) {
                        at_work.push(async move {
                            let sent = self.send_to(&store).await;
                            (store, sent)
                        });
                    }
                }
                Err(error) => drop(log_fault(&error)),
            }
            tokio::select! {
                Some((store, sent)) = at_work.next() => {
                    busy.remove(&store);
                    if let Err(error) = sent {
                        drop(log_fault(&error));
                        time::sleep(TRY_AGAIN).await;
                    }
                }
                () = self.to_send.notified() => {}
                () = time::sleep(TRY_AGAIN) => {}
            }
        }
    }

    /// Looks at the SKUs whose quantities may be others; answers whether there were any. What changes meanwhile waits for
    /// the next look: a SKU that is sold a thousand times a second is not looked at as often.
    async fn look(&self) -> Result<bool, db::Error> {
        let (now, patience) = (self.clock.now(), self.times.patience);
        let last = self.looked_at.replace(Some(now)).filter(|last| now < *last);
        if let Some(last) = last {
            // The clock was set back: what was taken for over is not.
            self.database.write(move |conn| quantity_checks::reopen(conn, now, last)).await?;
        }
        if !self.database.read(move |conn| quantity_checks::is_any_due(conn, now)).await? {
            return Ok(false);
        }
        while self.database.write(move |conn| check_quantities::run(conn, now, patience)).await? {
            self.to_send.notify_one();
            time::sleep(TURN_OF_OTHERS).await;
        }
        Ok(true)
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
            let Sent { is_any, ended } = self.send(&way).await?;
            any |= is_any;
            let Some(ended) = ended else { return Ok(any) };
            if std::mem::replace(&mut renewed, true) {
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

    fn claim(&self, connection: &Connection) -> Claim {
        // A request for Shopee is about one item, and there are several for each: what is claimed has to be answered
        // before the claim ends.
        let limit = match connection.kind {
            ConnectorKind::Shopee => connection.rate.clamp(1, CLAIMED),
            ConnectorKind::Lazada | ConnectorKind::Zalora | ConnectorKind::Webhook | ConnectorKind::File => CLAIMED,
        };
        Claim {
            store: connection.store.clone(),
            id: clock::new_id::<uuid::Uuid>(self.clock.now()).to_string(),
            limit,
            lease: TimeDelta::from_std(self.times.lease).unwrap_or(TimeDelta::MAX),
            patience: self.times.patience,
        }
    }

    /// Claims and sends until nothing is due, and keeps the answers as they come: what is claimed next and what was
    /// answered are written while requests are on their way.
    async fn send(&self, way: &Way) -> Result<Sent, db::Error> {
        let claim = self.claim(&way.connection);
        let (answered, answers) = mpsc::channel(WAITING);
        let is_stopped = Cell::new(false);
        let sending = async {
            let mut batches = pin!(self.answers(&way.connector, &claim, &is_stopped));
            let mut is_any = false;
            while let Some(of_batch) = batches.try_next().await? {
                is_any = true;
                answered.send(of_batch).await.expect("answers are kept to the end");
            }
            drop(answered);
            Ok(is_any)
        };
        let (is_any, ended) = tokio::try_join!(sending, self.keep_answers(&claim, answers, &is_stopped))?;
        Ok(Sent { is_any, ended })
    }

    /// The answers to what is due, batch by batch, until nothing is or it is stopped: it is claimed some at a time, and
    /// some batches are on their way at once.
    fn answers<'a>(
        &'a self,
        connector: &'a Connector,
        claim: &'a Claim,
        is_stopped: &'a Cell<bool>,
    ) -> impl Stream<Item = Result<Vec<Answered>, db::Error>> + 'a {
        let claimed = stream::try_unfold((), move |()| async move {
            let claimed = self.claim_more(claim, is_stopped).await?;
            Ok::<_, db::Error>((!claimed.is_empty()).then_some((claimed, ())))
        });
        let batched = move |claimed: Vec<Claimed>| {
            let targets: Vec<Target> = claimed.iter().map(target).collect();
            let batches = connector.batches(&targets).into_iter().map(move |batch| {
                let batch = batch.into_iter().map(|place| (targets[place].clone(), claimed[place].clone()));
                Ok(self.send_batch(connector, batch.collect()).map(Ok))
            });
            stream::iter(batches)
        };
        claimed.map_ok(batched).try_flatten().try_buffer_unordered(AT_ONCE)
    }

    async fn claim_more(&self, claim: &Claim, is_stopped: &Cell<bool>) -> Result<Vec<Claimed>, db::Error> {
        if is_stopped.get() {
            return Ok(Vec::new());
        }
        let (now, claim) = (self.clock.now(), claim.clone());
        self.database.write(move |conn| claim_pushes::run(conn, now, &claim)).await
    }

    /// Keeps answers as they come, and until then what is claimed. Answers how the access of the store has ended, if it
    /// has: that, and whatever else ails the store as a whole, stops the sending.
    async fn keep_answers(
        &self,
        claim: &Claim,
        mut answers: mpsc::Receiver<Vec<Answered>>,
        is_stopped: &Cell<bool>,
    ) -> Result<Option<Failure>, db::Error> {
        let mut ended = None;
        let mut leases = time::interval_at(Instant::now() + self.times.lease / 3, self.times.lease / 3);
        loop {
            let mut kept = tokio::select! {
                _ = leases.tick() => {
                    self.keep(claim).await?;
                    continue;
                }
                answered = answers.recv() => match answered {
                    Some(answered) => answered,
                    None => return Ok(ended),
                },
            };
            while let Some(more) = (kept.len() < KEPT).then(|| answers.try_recv().ok()).flatten() {
                kept.extend(more);
            }
            for failure in kept.iter_mut().filter_map(|answered| answered.reply.result.as_mut().err()) {
                if failure.class.is_of_store() {
                    is_stopped.set(true);
                }
                if failure.token_ended {
                    ended.get_or_insert_with(|| failure.clone());
                    // It can be renewed: nobody has to look yet.
                    failure.class = FailureClass::Temporary;
                }
            }
            let answers = Answers {
                store: claim.store.clone(),
                claim: claim.id.clone(),
                at: self.clock.now(),
                answers: kept,
                patience: claim.patience,
            };
            self.database.write(move |conn| settle_pushes::run(conn, &answers, &wait)).await?;
            // Others may have waited for those.
            self.to_send.notify_one();
        }
    }

    /// Keeps what was claimed and is not answered yet from other servers. If that fails, what is on its way is given up:
    /// another server may be at it.
    async fn keep(&self, claim: &Claim) -> Result<(), db::Error> {
        let (claim, until) = (claim.clone(), self.clock.now().plus(claim.lease));
        self.database.write(move |conn| pushes::extend(conn, &claim.store, &claim.id, until)).await
    }

    /// Sends a batch. What a campaign keeps is answered as a failure, and what comes nearest to it is sent instead.
    async fn send_batch(&self, connector: &Connector, batch: Vec<(Target, Claimed)>) -> Vec<Answered> {
        let (targets, claimed): (Vec<Target>, Vec<Claimed>) = batch.into_iter().unzip();
        let replies = self.send_in_time(connector, &targets).await;
        let answered = |(claimed, reply)| Answered { claimed, reply, nearest: None };
        let mut answered: Vec<Answered> = claimed.into_iter().zip(replies).map(answered).collect();
        let nearest = |(target, answered): (&Target, &Answered)| {
            let lock = answered.reply.result.as_ref().err()?.lock?;
            target.nearest(lock)
        };
        let nearest: Vec<Option<Target>> = targets.iter().zip(&answered).map(nearest).collect();
        let (locked, nearest): (Vec<&mut Answered>, Vec<Target>) =
            answered.iter_mut().zip(nearest).filter_map(|(answered, nearest)| Some((answered, nearest?))).unzip();
        if !nearest.is_empty() {
            let replies = self.send_in_time(connector, &nearest).await;
            for ((answered, target), reply) in locked.into_iter().zip(nearest).zip(replies) {
                answered.nearest = Some((target.quantity, reply));
            }
        }
        answered
    }

    /// Sends targets of one batch; what is not answered in time is given up.
    async fn send_in_time(&self, connector: &Connector, targets: &[Target]) -> Vec<Reply> {
        let answers = time::timeout(self.times.batch, connector.push(targets, self.clock.now())).await;
        let answers = answers.unwrap_or_else(|_| {
            let late = Failure { may_have_arrived: true, ..Failure::temporary("No answer came in time.") };
            vec![Answer { result: Err(late), request_id: None }; targets.len()]
        });
        assert_eq!(answers.len(), targets.len(), "an answer for every listing");
        let reply = |Answer { result, request_id }: Answer| Reply {
            result: result.map(|acknowledged| acknowledged.quantity),
            request_id,
        };
        answers.into_iter().map(reply).collect()
    }

    /// The way to a store, with access that lasts; `None` if there is none for now, and its page says why.
    async fn connect(&self, store: &StoreCode) -> Result<Option<Way>, db::Error> {
        match self.open(store).await? {
            Some(way) if way.needs_renewal && self.renew(&way).await? => self.open(store).await,
            Some(way) if way.needs_renewal => Ok(None),
            way => Ok(way),
        }
    }

    /// The way to a store as it is kept.
    async fn open(&self, store: &StoreCode) -> Result<Option<Way>, db::Error> {
        let wanted = store.clone();
        let Some(connection) = self.database.read(move |conn| connections::find(conn, &wanted)).await? else {
            return Ok(None);
        };
        let Connection { kind, api_url, credentials, .. } = &connection;
        let opened = self.key.as_ref().ok_or(SealError::NoKey).and_then(|key| key.open(store, credentials));
        let opened = opened.map_err(|error| Failure::new(FailureClass::Credentials, error.to_string()));
        let needs_renewal = opened.as_ref().is_ok_and(|opened| opened.needs_refresh(self.clock.now()));
        let connect = |credentials: Credentials| Connector::new(store, *kind, api_url, credentials, &self.http);
        match opened.and_then(connect) {
            Ok(connector) => {
                let connector = connector.paced_by(&self.paces.of(&connection));
                Ok(Some(Way { connection, connector, needs_renewal }))
            }
            Err(failure) => self.fail(store, failure).await.map(|()| None),
        }
    }

    /// Renews the access to a store; answers whether it did: not if another server is at it, or it is refused.
    async fn renew(&self, way: &Way) -> Result<bool, db::Error> {
        let (connection, now) = (way.connection.clone(), self.clock.now());
        if !self.database.write(move |conn| renew_access::begin(conn, now, &connection)).await? {
            return Ok(false);
        }
        let renewed = match way.connector.refresh(now).await {
            Ok(renewed) => renewed,
            Err(failure) => return self.fail(&way.connection.store, failure).await.map(|()| false),
        };
        let key = self.key.as_ref().expect("what was opened has a key");
        let (before, sealed) = (way.connection.clone(), key.seal(&way.connection.store, &renewed));
        self.database.write(move |conn| renew_access::finish(conn, &before, &sealed)).await?;
        Ok(true)
    }

    async fn fail(&self, store: &StoreCode, failure: Failure) -> Result<(), db::Error> {
        let (store, now) = (store.clone(), self.clock.now());
        self.database.write(move |conn| renew_access::fail(conn, &store, &failure, now, &wait)).await
    }
}

/// What came of sending to a store.
struct Sent {
    /// Whether there was anything.
    is_any: bool,
    /// How its access has ended, if it has.
    ended: Option<Failure>,
}

/// How a store is reached.
struct Way {
    connection: Connection,
    connector: Connector,
    /// Whether its access ends soon.
    needs_renewal: bool,
}

fn target(claimed: &Claimed) -> Target {
    let Claimed { listing, quantity, why: _, acknowledged: _, at_most } = claimed.clone();
    let db::listings::Listing { sku, store: _, seller_sku, created_at: _, item_id, variant_id } = listing;
    Target { sku, seller_sku, item_id, variant_id, quantity, at_most }
}

/// How long to wait after so many failures in a row.
fn wait(failures: i64, class: FailureClass) -> TimeDelta {
    let failures = u32::try_from(failures).unwrap_or(u32::MAX);
    TimeDelta::from_std(backoff(failures, class)).unwrap_or(TimeDelta::MAX)
}
