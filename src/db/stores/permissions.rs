//! What is known of the permission behind each connection: whose shop it is for, and how long it lasts. It is no part of
//! [`super::connections::Connection`]: it changes nothing about how a store is reached.

use crate::{
    db::{Conn, engine::schema::connections},
    domain::{code::StoreCode, moment::Moment, stores::connection::ConnectorKind},
};
use diesel::prelude::*;

#[derive(Debug, Clone, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = connections)]
pub struct Permission {
    /// The marketplace's id of the shop.
    pub shop: Option<String>,
    /// Connections with the same one have one refresh token, so that they are renewed together.
    #[diesel(column_name = permission)]
    pub shared: Option<String>,
    /// The end of the access token, which is renewed before.
    pub access_ends_at: Option<Moment>,
    /// When the seller has to give the permission again.
    pub permission_ends_at: Option<Moment>,
}

/// A store whose permission ends.
#[derive(Debug, Clone, Queryable)]
pub struct Ending {
    pub store: StoreCode,
    pub kind: ConnectorKind,
    pub ends_at: Moment,
}

pub fn of(conn: &mut Conn, store: &StoreCode) -> QueryResult<Permission> {
    let found = connections::table.find(store).select(Permission::as_select()).first(conn).optional()?;
    Ok(found.unwrap_or_default())
}

pub fn set(conn: &mut Conn, store: &StoreCode, permission: &Permission) -> QueryResult<()> {
    let Permission { shop, shared, access_ends_at, permission_ends_at } = permission;
    diesel::update(connections::table.find(store))
        .set((
            connections::shop.eq(shop),
            connections::permission.eq(shared),
            connections::access_ends_at.eq(access_ends_at),
            connections::permission_ends_at.eq(permission_ends_at),
        ))
        .execute(conn)
        .map(drop)
}

/// The store that is connected to a shop of the marketplace, if one is known to be.
pub fn store_of(conn: &mut Conn, kind: ConnectorKind, shop: &str) -> QueryResult<Option<StoreCode>> {
    connections::table
        .filter(connections::kind.eq(kind))
        .filter(connections::shop.eq(shop))
        .select(connections::store)
        .first(conn)
        .optional()
}

/// The store and those that renew their access together with it, in the order of their codes.
pub fn renewed_with(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<StoreCode>> {
    let Some(shared) = of(conn, store)?.shared else { return Ok(vec![store.clone()]) };
    let stores = connections::table.filter(connections::permission.eq(shared)).order(connections::store);
    stores.select(connections::store).load(conn)
}

/// Records the ends after a renewal. The end of a permission that the renewal does not tell stays as it was.
pub fn note_renewal(
    conn: &mut Conn,
    store: &StoreCode,
    access_ends_at: Option<Moment>,
    permission_ends_at: Option<Moment>,
) -> QueryResult<()> {
    let before = of(conn, store)?;
    let permission_ends_at = permission_ends_at.or(before.permission_ends_at);
    set(conn, store, &Permission { access_ends_at, permission_ends_at, ..before })
}

/// The stores whose permission has ended by `until`, the first one to end first.
pub fn ending(conn: &mut Conn, until: Moment) -> QueryResult<Vec<Ending>> {
    connections::table
        .filter(connections::permission_ends_at.le(until))
        .order((connections::permission_ends_at, connections::store))
        .select((connections::store, connections::kind, connections::permission_ends_at.assume_not_null()))
        .load(conn)
}
