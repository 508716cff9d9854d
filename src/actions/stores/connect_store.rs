//! Connects a store to its marketplace, or changes its connection. A connection with another address or other
//! credentials is paused until it is tested and resumed.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        catalogue::quantity_checks,
        stores::{
            self, campaign_reads,
            connections::{self, Connection},
            failed_tests, fetches,
            permissions::{self, Permission},
            pulls, pushes, warehouses,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::StoreCode,
        stores::{
            api_address::{have_same_origin, is_same_address},
            connection::ConnectorKind,
        },
    },
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInput {
    pub store: StoreCode,
    pub kind: ConnectorKind,
    pub api_url: String,
    /// Encrypted; `None` does not change the stored ones.
    pub credentials: Option<String>,
    /// The maximum of requests per second.
    pub rate: i64,
    /// The marketplace's code of the warehouse whose stock is set, for a seller with several.
    pub warehouse: Option<String>,
    /// The marketplace's id of the shop, if it is known: the shops of a marketplace have one address.
    pub shop: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectRefusal {
    #[error("There is no store “{0}”.")]
    UnknownStore(StoreCode),
    #[error("Enter the credentials: there are none yet.")]
    NoCredentials,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// The connection can be used at once: it is unchanged, or its kind is not pushed to.
    Ready,
    /// The connection is paused until staff test and resume it.
    NeedsTest,
}

pub fn run(conn: &mut Conn, cause: &Cause, input: ConnectionInput) -> Result<Connected, Failed<ConnectRefusal>> {
    let ConnectionInput { store, kind, api_url, credentials, rate, warehouse, shop } = input;
    if stores::find(conn, &store)?.is_none() {
        return Err(Failed::Refused(ConnectRefusal::UnknownStore(store)));
    }
    pushes::lock_skus_of(conn, &store)?;
    let found = connections::lock(conn, &store)?;
    let written_otherwise =
        found.as_ref().filter(|before| before.kind == kind && is_same_address(kind, &before.api_url, &api_url));
    let api_url = written_otherwise.map_or(api_url, |before| before.api_url.clone());
    let shop_before = permissions::of(conn, &store)?.shop;
    let is_other_shop = is_other(shop_before.as_deref(), shop.as_deref());
    let is_other_api = found.as_ref().is_none_or(|before| before.kind != kind || before.api_url != api_url);
    let is_elsewhere = is_other_api || is_other_shop;
    let is_moved = is_elsewhere || found.as_ref().is_some_and(|before| before.warehouse != warehouse);
    let needs_test = kind.is_pushed() && (is_moved || credentials.is_some());
    // Another person may have connected the store elsewhere after the form was read: those credentials stay there.
    let stored =
        found.as_ref().filter(|before| before.kind == kind && have_same_origin(kind, &before.api_url, &api_url));
    let stored = stored.map(|before| before.credentials.clone());
    let are_new = credentials.is_some();
    let credentials = credentials.or(stored).ok_or(Failed::Refused(ConnectRefusal::NoCredentials))?;
    let mut connection = Connection {
        kind,
        api_url,
        credentials,
        rate,
        warehouse,
        ..found.clone().unwrap_or_else(|| Connection::new(store.clone(), kind, cause.at, cause.actor.clone()))
    };
    connection.clear_problem();
    if is_moved {
        connection.last_push_at = None;
    }
    if needs_test {
        connection.tested_at = None;
        connection.pause_until_resumed(cause.at, cause.actor.clone(), connections::NOT_TESTED.to_owned());
    } else if !kind.is_pushed() {
        connection.resume();
    }
    match found {
        Some(_) => connections::update(conn, &connection)?,
        None => connections::insert(conn, &connection)?,
    }
    if are_new {
        // What is known of the permission is about the credentials before. The test finds out whether the shop is another.
        let shop = shop_before.filter(|_| !is_elsewhere);
        permissions::set(conn, &store, &Permission { shop, ..Permission::default() })?;
    }
    if is_elsewhere {
        forget_shop(conn, &store)?;
    }
    if needs_test || is_moved {
        failed_tests::set(conn, &store, None)?;
    }
    if is_moved {
        forget_quantities(conn, &store)?;
    }
    let is_untested = kind.is_pushed() && connection.tested_at.is_none();
    Ok(if is_untested { Connected::NeedsTest } else { Connected::Ready })
}

/// Whether two shops are known not to be the same.
pub(super) fn is_other(before: Option<&str>, shop: Option<&str>) -> bool {
    before.zip(shop).is_some_and(|(before, shop)| before != shop)
}

/// Forgets how far the orders, campaigns and warehouses of a store were read: they were those of another shop.
pub(super) fn forget_shop(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    warehouses::replace(conn, store, &[])?;
    pulls::forget(conn, store)?;
    campaign_reads::forget(conn, store)
}

/// Forgets the quantities that another shop or warehouse acknowledged. A person has to see what would change at this one.
pub(super) fn forget_quantities(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    fetches::set_started(conn, store, None)?;
    pushes::delete_all_of(conn, store)?;
    quantity_checks::enqueue_store(conn, store)
}
