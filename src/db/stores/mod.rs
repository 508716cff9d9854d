//! Stores: where listings are sold.

pub mod apps;
pub mod authorizations;
pub mod campaign_reads;
pub mod campaigns;
pub mod components;
pub mod connections;
pub mod drifts;
pub mod failed_tests;
pub mod fetches;
pub mod found;
pub mod found_matches;
pub mod kits;
pub mod listing_list;
pub mod listing_rows;
pub mod listing_states;
pub mod listings;
pub mod order_hints;
pub mod permissions;
pub mod pulls;
pub mod push_log;
pub mod push_status;
pub mod pushes;
pub mod reach;
pub mod rename;
pub mod retiring;
pub mod start_changes;
pub mod warehouses;

use super::{Conn, engine::schema::stores};
use crate::{
    domain::{
        code::StoreCode, moment::Moment, money::Currency, place::Country, stores::connection::ConnectorKind,
        text::folded,
    },
    marketplaces::registry,
};
use chrono_tz::Tz;
use diesel::prelude::*;
use std::ops::Deref;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = stores, treat_none_as_default_value = false)]
pub struct Store {
    pub code: StoreCode,
    /// What people call it: "Lazada SG".
    pub name: String,
    /// The marketplace it is on: "Lazada".
    pub marketplace: String,
    /// The IANA name of its time zone.
    pub time_zone: String,
    pub created_at: Moment,
    pub country: Option<Country>,
    /// What its prices are in; `None` while nobody has chosen one.
    pub currency: Option<Currency>,
}

impl Store {
    /// The time zone of its schedule.
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or_else(|_| panic!("store {} has the time zone {:?}", self.code, self.time_zone))
    }
}

/// Every store, by name: dozens, as many as a seller has shops.
#[derive(Debug, Clone, Default)]
pub struct Stores(Vec<Store>);

impl Stores {
    pub fn get(&self, code: impl AsRef<str>) -> Option<&Store> {
        let code = code.as_ref();
        self.0.iter().find(|store| store.code.as_str() == code)
    }

    /// The name of the store of `code`, or its code, if there is no such store.
    pub fn name<'a>(&'a self, code: &'a StoreCode) -> &'a str {
        match self.get(code) {
            Some(store) => &store.name,
            None => code.as_str(),
        }
    }

    /// The zone that all stores share, or UTC.
    pub fn common_zone(&self) -> Tz {
        match self.0.as_slice() {
            [first, rest @ ..] if rest.iter().all(|store| store.time_zone == first.time_zone) => first.zone(),
            _ => Tz::UTC,
        }
    }

    /// The zone of the store of `code`, or that of the organization if there is no such store.
    pub fn zone_or(&self, code: impl AsRef<str>, of_organization: Tz) -> Tz {
        self.get(code).map_or(of_organization, Store::zone)
    }
}

impl Deref for Stores {
    type Target = [Store];

    fn deref(&self) -> &[Store] {
        &self.0
    }
}

impl From<Vec<Store>> for Stores {
    fn from(stores: Vec<Store>) -> Self {
        Self(stores)
    }
}

impl<'a> IntoIterator for &'a Stores {
    type Item = &'a Store;
    type IntoIter = std::slice::Iter<'a, Store>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Stores {
    type Item = Store;
    type IntoIter = std::vec::IntoIter<Store>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

pub fn all(conn: &mut Conn) -> QueryResult<Stores> {
    stores::table.order((stores::name, stores::code)).select(Store::as_select()).load(conn).map(Stores)
}

pub fn find(conn: &mut Conn, code: &StoreCode) -> QueryResult<Option<Store>> {
    stores::table.find(code).select(Store::as_select()).first(conn).optional()
}

/// The store of `code`, in upper or lower case, if there is one.
pub fn spelled(conn: &mut Conn, code: &StoreCode) -> QueryResult<Option<Store>> {
    Ok(all(conn)?.into_iter().find(|store| store.code.as_str().eq_ignore_ascii_case(code.as_str())))
}

/// The store with the name `name`, in upper or lower case, if there is one.
pub fn called(conn: &mut Conn, name: &str) -> QueryResult<Option<Store>> {
    Ok(all(conn)?.into_iter().find(|store| folded(&store.name) == folded(name)))
}

/// The marketplace that a store is connected to or, while it is not, the one that the name of its marketplace suggests.
pub fn kind_of(conn: &mut Conn, code: &StoreCode) -> QueryResult<Option<ConnectorKind>> {
    if let Some(connection) = connections::find(conn, code)? {
        return Ok(Some(connection.kind));
    }
    Ok(find(conn, code)?.map(|store| registry::unconnected(&store.marketplace)))
}

/// Makes transactions that name stores, or map their listings, wait for each other until this one ends. Only inside
/// [`super::Database::write`]: on SQLite that has locked the whole file already.
pub fn lock(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => diesel::sql_query("SELECT pg_advisory_xact_lock(5471392)").execute(conn).map(drop),
        Conn::Sqlite(_) => Ok(()),
    }
}

pub fn insert(conn: &mut Conn, store: &Store) -> QueryResult<()> {
    diesel::insert_into(stores::table).values(store).execute(conn).map(drop)
}

/// Saves everything of a store but its code, or fails with [`diesel::NotFound`].
pub fn update(conn: &mut Conn, store: &Store) -> QueryResult<()> {
    let Store { code, name, marketplace, time_zone, created_at: _, country, currency } = store;
    let changed = diesel::update(stores::table.find(code))
        .set((
            stores::name.eq(name),
            stores::marketplace.eq(marketplace),
            stores::time_zone.eq(time_zone),
            stores::country.eq(country),
            stores::currency.eq(currency),
        ))
        .execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(diesel::NotFound) }
}
