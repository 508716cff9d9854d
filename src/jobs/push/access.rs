//! The way to a store: its credentials, opened, and new ones where they end.

use super::{Pusher, wait};
use crate::{
    actions::stores::renew_access,
    clock::Clock,
    db::{
        self, Database,
        stores::connections::{self, Connection},
    },
    domain::{
        code::StoreCode,
        stores::failure::{Failure, FailureClass},
    },
    marketplaces::{
        Connector, Credentials, Rate,
        seal::{SealError, SealKey},
    },
};
use std::{cell::RefCell, collections::HashMap, num::NonZeroU32};

/// How a store is reached.
pub(super) struct Way {
    pub(super) connection: Connection,
    pub(super) connector: Connector,
    /// Whether its access ends soon.
    needs_renewal: bool,
}

/// The pace of each store, with the rate that it is for.
#[derive(Default)]
pub(super) struct Paces(RefCell<HashMap<StoreCode, (i64, Rate)>>);

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
    /// The way to a store, with access that lasts; `None` if there is none for now, and its page says why.
    pub(super) async fn connect(&self, store: &StoreCode) -> Result<Option<Way>, db::Error> {
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
    pub(super) async fn renew(&self, way: &Way) -> Result<bool, db::Error> {
        renew(&self.database, &self.clock, self.key.as_ref(), &way.connection, &way.connector).await
    }

    pub(super) async fn fail(&self, store: &StoreCode, failure: Failure) -> Result<(), db::Error> {
        fail(&self.database, &self.clock, store, failure).await
    }
}

/// Renews the access to a store; answers whether it did: not if another server is at it, or it is refused, which is noted
/// at the connection.
///
/// # Panics
/// Without the key with which the credentials were opened.
pub async fn renew(
    database: &Database,
    clock: &Clock,
    key: Option<&SealKey>,
    connection: &Connection,
    connector: &Connector,
) -> Result<bool, db::Error> {
    let now = clock.now();
    let before = connection.clone();
    if !database.write(move |conn| renew_access::begin(conn, now, &before)).await? {
        return Ok(false);
    }
    let renewed = match connector.refresh(now).await {
        Ok(renewed) => renewed,
        Err(failure) => return fail(database, clock, &connection.store, failure).await.map(|()| false),
    };
    let key = key.expect("what was opened has a key");
    let sealed = key.seal(&connection.store, &renewed);
    let before = connection.clone();
    database.write(move |conn| renew_access::finish(conn, &before, &sealed)).await?;
    Ok(true)
}

async fn fail(database: &Database, clock: &Clock, store: &StoreCode, failure: Failure) -> Result<(), db::Error> {
    let store = store.clone();
    let now = clock.now();
    database.write(move |conn| renew_access::fail(conn, &store, &failure, now, &wait)).await
}
