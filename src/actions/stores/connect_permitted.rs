//! Connects the stores that a seller permitted, new ones or one that exists: all of them or none.

use super::{
    add_store::{self, AddStoreRefusal, NewStore},
    connect_store::{self, ConnectRefusal, ConnectionInput},
};
use crate::{
    db::{
        Conn, Failed, QueryResult,
        stores::{
            self, authorizations, connections,
            permissions::{self, Permission},
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::StoreCode,
        stores::{api_address::have_same_origin, connection::ConnectorKind},
    },
};

#[derive(Debug, Clone)]
pub struct PermittedStore {
    /// `None` for a store that exists.
    pub new: Option<NewStore>,
    pub connection: ConnectionInput,
    pub permission: Permission,
}

/// A store that is connected to a permitted shop already.
#[derive(Debug, Clone)]
pub struct RenewedStore {
    pub store: StoreCode,
    pub kind: ConnectorKind,
    pub api_url: String,
    /// Sealed.
    pub credentials: String,
    pub permission: Permission,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermittedRefusal {
    #[error(transparent)]
    Store(AddStoreRefusal),
    #[error(transparent)]
    Connection(ConnectRefusal),
    /// Another store has the shop.
    #[error(
        "This shop is already connected to the store {name}. Press Reconnect on the page of that store, or disconnect it first."
    )]
    ShopTaken { by: StoreCode, name: String },
    /// The permission was used by another request, or has expired.
    #[error(
        "This permission was saved already, or is older than an hour. If the store is not in the list of stores, begin again."
    )]
    Gone,
}

/// The refusal of one of the stores, by its position.
pub type RefusedStore = (usize, PermittedRefusal);

pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    state_hash: &str,
    permitted: &[PermittedStore],
) -> Result<Vec<StoreCode>, Failed<RefusedStore>> {
    let found = authorizations::lock(conn, state_hash)?;
    if found.is_none_or(|found| found.granted.is_none() || found.expires_at <= cause.at) {
        return Err(Failed::Refused((0, PermittedRefusal::Gone)));
    }
    stores::lock(conn)?;
    let mut connected = Vec::with_capacity(permitted.len());
    for (position, store) in permitted.iter().enumerate() {
        let refused = |refusal| Failed::Refused((position, refusal));
        let connection = store.connection.clone();
        let code = connection.store.clone();
        if let Some(refusal) = taken(conn, store)? {
            return Err(refused(refusal));
        }
        if let Some(new) = store.new.clone() {
            let added = add_store::run(conn, new, cause.at);
            added.map_err(|failed| failed.map(|refusal| (position, PermittedRefusal::Store(refusal))))?;
        }
        if !renew_same(conn, store)? {
            let saved = connect_store::run(conn, cause, connection);
            saved.map_err(|failed| failed.map(|refusal| (position, PermittedRefusal::Connection(refusal))))?;
            permissions::set(conn, &code, &store.permission)?;
        }
        connected.push(code);
    }
    authorizations::delete(conn, state_hash)?;
    Ok(connected)
}

/// Whether another store has the shop.
fn taken(conn: &mut Conn, store: &PermittedStore) -> QueryResult<Option<PermittedRefusal>> {
    let Some(shop) = &store.permission.shop else { return Ok(None) };
    let by = permissions::store_of(conn, store.connection.kind, shop)?;
    let Some(by) = by.filter(|by| *by != store.connection.store) else { return Ok(None) };
    let name = stores::find(conn, &by)?.map_or_else(|| by.to_string(), |store| store.name);
    Ok(Some(PermittedRefusal::ShopTaken { by, name }))
}

/// Gives a store that is connected to the permitted shop already the new tokens. Returns whether it is.
fn renew_same(conn: &mut Conn, permitted: &PermittedStore) -> QueryResult<bool> {
    let PermittedStore { connection: input, permission, .. } = permitted;
    let before = permissions::of(conn, &input.store)?.shop;
    let Some(credentials) = input.credentials.clone().filter(|_| before.is_some() && before == permission.shop) else {
        return Ok(false);
    };
    let renewed = RenewedStore {
        store: input.store.clone(),
        kind: input.kind,
        api_url: input.api_url.clone(),
        credentials,
        permission: permission.clone(),
    };
    renew_one(conn, &renewed)
}

/// Gives stores the tokens of a new permission for the shops that they are connected to: the marketplace may accept those of
/// the one before no longer. They are the same shops, so that nothing has to be tested again.
pub fn renew(conn: &mut Conn, renewed: &[RenewedStore]) -> QueryResult<()> {
    for store in renewed {
        renew_one(conn, store)?;
    }
    Ok(())
}

fn renew_one(conn: &mut Conn, renewed: &RenewedStore) -> QueryResult<bool> {
    let RenewedStore { store, kind, api_url, credentials, permission } = renewed;
    let Some(mut connection) = connections::lock(conn, store)? else { return Ok(false) };
    if connection.kind != *kind || !have_same_origin(*kind, &connection.api_url, api_url) {
        return Ok(false);
    }
    connection.credentials.clone_from(credentials);
    connection.clear_problem();
    connections::lift_pause(conn, &mut connection)?;
    connections::update(conn, &connection)?;
    permissions::set(conn, store, permission)?;
    Ok(true)
}
