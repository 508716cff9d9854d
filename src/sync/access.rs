//! Access to the marketplace of a store: its decrypted credentials, their renewal, and the pace of requests.
//!
//! One [`Access`] is shared by everything in the program that talks to stores, so that all requests keep to one pace.

use crate::{
    clock::Clock,
    db::{
        self, Conn, Database, QueryResult,
        stores::{
            connections::{self, Connection, PROGRAM},
            permissions,
        },
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::{
            failure::{Failure, FailureClass},
            warehouse::Warehouse,
        },
    },
    marketplaces::{
        Connector, Credentials, Endpoint, HttpClient, Rate, backoff, registry,
        seal::{SealError, SealKey},
    },
};
use chrono::TimeDelta;
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::time;

/// How long one server may take to renew the access to a store before another may try. It is longer than a request lasts.
const RENEWAL: TimeDelta = TimeDelta::seconds(30);

/// Whatever a marketplace asks for: a proxy may ask for no wait at all, again and again.
const SHORTEST_WAIT: TimeDelta = TimeDelta::seconds(1);

/// How long renewed credentials are tried to be stored: no other server renews them meanwhile.
const SAVE: Duration = Duration::from_secs(25);
const SAVE_AGAIN: Duration = Duration::from_secs(1);

/// How long a test may take, with the time that its request waits for the store's pace.
const TEST: Duration = Duration::from_secs(20);

/// How long to wait after so many failures in a row of a class. Tests use one that is not random.
pub type Backoff = fn(i64, FailureClass) -> TimeDelta;

pub struct Access {
    database: Database,
    clock: Clock,
    http: HttpClient,
    key: Option<SealKey>,
    paces: Mutex<HashMap<StoreCode, Pace>>,
}

struct Pace {
    /// Requests per second.
    requests: i64,
    rate: Rate,
}

pub struct OpenStore {
    pub connection: Connection,
    pub connector: Connector,
    needs_renewal: bool,
}

/// The result of opening a store.
pub enum Opened {
    Open(Box<OpenStore>),
    /// It is not connected, or its access is being renewed or was refused, which is recorded.
    NotNow,
    Failed(Failure),
}

/// The result of a renewal of the access to a store.
pub enum Renewal {
    Renewed,
    /// Another server or another task is renewing it, or the credentials were replaced.
    NotOurs,
    Refused(Failure),
}

/// What a marketplace said of the seller of a connection that it accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The marketplace's id of the seller, if it said it.
    pub seller: Option<String>,
    pub warehouses: Vec<Warehouse>,
}

pub struct Tested {
    /// The connection after the test: its access may have been renewed.
    pub connection: Connection,
    pub answer: Result<Accepted, Failure>,
}

impl Access {
    pub fn new(database: Database, clock: Clock, key: Option<SealKey>, http: HttpClient) -> Self {
        Self { database, clock, http, key, paces: Mutex::default() }
    }

    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn key(&self) -> Option<&SealKey> {
        self.key.as_ref()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The client of all requests to marketplaces.
    pub fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Opens a store, and renews its access first if that ends soon. `None` if it cannot be opened now: the page of the
    /// store shows the problem.
    pub async fn open(&self, store: &StoreCode) -> Result<Option<OpenStore>, db::Error> {
        let Some(connection) = self.connection(store).await? else { return Ok(None) };
        match self.open_for(connection.clone()).await? {
            Opened::Open(open) => Ok(Some(*open)),
            Opened::NotNow => Ok(None),
            Opened::Failed(failure) => {
                self.fail(&connection, failure).await?;
                Ok(None)
            }
        }
    }

    /// As [`Self::open`], but a failure is not recorded: it is no reason to stop pushing.
    pub async fn open_to_pull(&self, store: &StoreCode) -> Result<Opened, db::Error> {
        match self.connection(store).await? {
            Some(connection) => self.open_for(connection).await,
            None => Ok(Opened::NotNow),
        }
    }

    async fn open_for(&self, connection: Connection) -> Result<Opened, db::Error> {
        let store = connection.store.clone();
        let open = match self.connect(connection) {
            Ok(open) if !open.needs_renewal => return Ok(Opened::Open(Box::new(open))),
            Ok(open) => open,
            Err(failure) => return Ok(Opened::Failed(failure)),
        };
        if !matches!(self.renew(&open).await?, Renewal::Renewed) {
            return Ok(Opened::NotNow);
        }
        let Some(connection) = self.connection(&store).await? else { return Ok(Opened::NotNow) };
        Ok(match self.connect(connection) {
            Ok(open) => Opened::Open(Box::new(open)),
            Err(failure) => Opened::Failed(failure),
        })
    }

    async fn connection(&self, store: &StoreCode) -> Result<Option<Connection>, db::Error> {
        let store = store.clone();
        self.database.read(move |conn| connections::find(conn, &store)).await
    }

    fn connect(&self, connection: Connection) -> Result<OpenStore, Failure> {
        let Connection { store, kind, api_url, credentials, warehouse, .. } = &connection;
        let opened = self.key.as_ref().ok_or(SealError::NoKey).and_then(|key| key.open(store, credentials));
        let credentials = opened.map_err(|error| Failure::new(FailureClass::Credentials, error.to_string()))?;
        let needs_renewal = registry::describe(*kind).needs_refresh(&credentials, self.clock.now());
        let pace = self.rate_of(&connection);
        let endpoint = Endpoint { store, kind: *kind, api_url, warehouse: warehouse.as_deref() };
        let connector = Connector::new(endpoint, credentials, &self.http, Some(pace))?;
        Ok(OpenStore { connection, connector, needs_renewal })
    }

    fn rate_of(&self, connection: &Connection) -> Rate {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get(&connection.store).filter(|pace| pace.requests == connection.rate) {
            return pace.rate.clone();
        }
        let requests = u32::try_from(connection.rate).ok().and_then(NonZeroU32::new);
        let rate = Rate::per_second(requests.expect("the database checks the rate"));
        paces.insert(connection.store.clone(), Pace { requests: connection.rate, rate: rate.clone() });
        rate
    }

    pub async fn renew(&self, open: &OpenStore) -> Result<Renewal, db::Error> {
        let before = open.connection.clone();
        let now = self.clock.now();
        if !self.database.write(move |conn| begin_renewal(conn, now, &before)).await? {
            return Ok(Renewal::NotOurs);
        }
        let renewed = match open.connector.refresh().await {
            Ok(renewed) => renewed,
            Err(failure) => {
                self.fail(&open.connection, failure.clone()).await?;
                return Ok(Renewal::Refused(failure));
            }
        };
        self.save_renewed(&open.connection, &renewed).await?;
        Ok(Renewal::Renewed)
    }

    /// Stores renewed credentials. Most marketplaces accept the ones before no longer, so it is tried again while the database
    /// is away or busy.
    async fn save_renewed(&self, before: &Connection, renewed: &Credentials) -> Result<(), db::Error> {
        let key = self.key.clone().expect("the credentials were opened with it");
        let began = Instant::now();
        loop {
            let (before, renewed, key) = (before.clone(), renewed.clone(), key.clone());
            match self.database.write(move |conn| finish_renewal(conn, &before, &renewed, &key)).await {
                Err(error) if error.kind() != db::ErrorKind::Fault && began.elapsed() < SAVE => {
                    tracing::warn!(%error, "renewed access could not be stored: it is tried again");
                    time::sleep(SAVE_AGAIN).await;
                }
                saved => return saved,
            }
        }
    }

    /// Sends a request that changes nothing, after a renewal of the access if that has ended.
    pub async fn test(&self, connection: Connection) -> Result<Tested, db::Error> {
        let open = match self.connect(connection.clone()) {
            Ok(open) => open,
            Err(failure) => return Ok(Tested { connection, answer: Err(failure) }),
        };
        if !open.needs_renewal {
            let answer = self.check(&open).await;
            let can_be_renewed = registry::describe(connection.kind).renewed_before_end.is_some();
            let has_ended = answer.as_ref().is_err_and(|failure| failure.token_ended);
            if !has_ended || !can_be_renewed {
                return Ok(Tested { connection, answer });
            }
        }
        let renewal = self.renew(&open).await?;
        let store = connection.store.clone();
        let Some(connection) = self.database.read(move |conn| connections::find(conn, &store)).await? else {
            let answer = Err(Failure::unavailable("The store was disconnected meanwhile."));
            return Ok(Tested { connection, answer });
        };
        let answer = match renewal {
            Renewal::Renewed => match self.connect(connection.clone()) {
                Ok(open) => self.check(&open).await,
                Err(failure) => Err(failure),
            },
            Renewal::NotOurs => Err(Failure::unavailable("The access token is being renewed. Test again in a moment.")),
            Renewal::Refused(failure) => Err(failure),
        };
        Ok(Tested { connection, answer })
    }

    async fn check(&self, open: &OpenStore) -> Result<Accepted, Failure> {
        let check = async {
            let seller = open.connector.check().await?;
            Ok(Accepted { seller, warehouses: open.connector.warehouses().await? })
        };
        let text = "It was not answered in time: other requests to this store may be waiting. Test again in a moment.";
        time::timeout(TEST, check).await.unwrap_or_else(|_| Err(Failure::unavailable(text)))
    }

    /// Records a failure of the store as a whole. Does nothing if the connection was replaced since.
    pub async fn fail(&self, used: &Connection, failure: Failure) -> Result<(), db::Error> {
        let used = used.clone();
        let now = self.clock.now();
        let fail = move |conn: &mut Conn| -> QueryResult<()> {
            let Some(mut connection) = connections::lock(conn, &used.store)? else { return Ok(()) };
            if !connection.is_reached_as(&used) {
                return Ok(());
            }
            back_off(&mut connection, &failure, now, backoff);
            connection.renewed_until = None;
            connections::update(conn, &connection)
        };
        self.database.write(fail).await
    }
}

/// Reserves the renewal of the access of `before`, because most marketplaces accept a refresh token once, and that of all
/// stores with the same one. `false` if it is reserved already, or the credentials have changed.
fn begin_renewal(conn: &mut Conn, now: Moment, before: &Connection) -> QueryResult<bool> {
    let mut together = Vec::new();
    for store in permissions::renewed_with(conn, &before.store)? {
        together.extend(connections::lock(conn, &store)?);
    }
    let is_reserved = |connection: &Connection| connection.renewed_until.is_some_and(|until| until > now);
    let is_same =
        |connection: &Connection| connection.store == before.store && connection.credentials == before.credentials;
    if together.iter().any(is_reserved) || !together.iter().any(is_same) {
        return Ok(false);
    }
    for mut connection in together {
        connection.renewed_until = Some(now.plus(RENEWAL));
        connections::update(conn, &connection)?;
    }
    Ok(true)
}

/// Saves the `renewed` credentials, unless staff have entered others meanwhile, and their tokens for all stores with the
/// same permission.
fn finish_renewal(conn: &mut Conn, before: &Connection, renewed: &Credentials, key: &SealKey) -> QueryResult<()> {
    let ends_at = renewed.access().and_then(|access| access.expires_at);
    let permission_ends_at = registry::describe(before.kind).permission_end(renewed);
    for store in permissions::renewed_with(conn, &before.store)? {
        let Some(mut connection) = connections::lock(conn, &store)? else { continue };
        let new = match store == before.store {
            true => (connection.credentials == before.credentials).then(|| renewed.clone()),
            false => key.open(&store, &connection.credentials).ok().map(|other| other.with_tokens_of(renewed)),
        };
        if let Some(new) = new {
            connection.credentials = key.seal(&store, &new);
            // Any problem was about the old access.
            connection.clear_problem();
            connections::lift_pause(conn, &mut connection)?;
            permissions::note_renewal(conn, &store, ends_at, permission_ends_at)?;
        }
        connection.renewed_until = None;
        connections::update(conn, &connection)?;
    }
    Ok(())
}

/// Backs off from a store that failed as a whole. If staff have to do something about it, it is paused until they resume it.
pub(super) fn back_off(connection: &mut Connection, failure: &Failure, at: Moment, backoff: Backoff) {
    connection.failures += 1;
    connection.note_problem(failure);
    let until = at.plus(wait_after(failure, connection.failures, backoff));
    connection.not_before = connection.not_before.max(Some(until));
    if failure.class.pauses() {
        let reason = match failure.class {
            FailureClass::PermissionEnded => "Its permission has ended",
            _ => "Its credentials were refused",
        };
        connection.pause(at, PROGRAM.to_owned(), format!("{reason}: {}", failure.message));
    }
}

/// How long to wait after a failure: as long as the marketplace asked for, or else longer after each failure.
pub(super) fn wait_after(failure: &Failure, failures: i64, backoff: Backoff) -> TimeDelta {
    let asked = failure.retry_after.and_then(|asked| TimeDelta::from_std(asked).ok());
    asked.map_or_else(|| backoff(failures, failure.class), |asked| asked.max(SHORTEST_WAIT))
}
