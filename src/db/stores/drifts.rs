//! Drifts: what stores showed and nothing explained. They are deleted after a month.

use crate::{
    db::{
        Conn,
        engine::{
            schema::drifts,
            types::{PlainSku, plain_sku},
        },
        stores::listings::name_of,
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::DriftId,
        moment::Moment,
    },
    insert_rows,
};
use diesel::{dsl::count_star, prelude::*};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = drifts)]
pub struct Drift {
    pub id: DriftId,
    pub at: Moment,
    pub store: StoreCode,
    /// The SKU of a plain listing; `None` for a kit.
    #[diesel(deserialize_as = PlainSku)]
    pub sku: Option<SkuCode>,
    pub seller_sku: String,
    pub expected: i64,
    pub shown: i64,
    /// What was sent to correct it.
    pub sent: i64,
    /// Whether the store acknowledged that.
    pub corrected: bool,
}

impl Drift {
    /// What pages call the listing.
    pub fn name(&self) -> &str {
        name_of(self.sku.as_ref(), &self.seller_sku)
    }
}

#[derive(Insertable)]
#[diesel(table_name = drifts)]
struct Row {
    id: DriftId,
    at: Moment,
    store: StoreCode,
    sku: String,
    seller_sku: String,
    expected: i64,
    shown: i64,
    sent: i64,
    corrected: bool,
}

impl From<&Drift> for Row {
    fn from(drift: &Drift) -> Self {
        Self {
            id: drift.id,
            at: drift.at,
            store: drift.store.clone(),
            sku: plain_sku(drift.sku.as_ref()).to_owned(),
            seller_sku: drift.seller_sku.clone(),
            expected: drift.expected,
            shown: drift.shown,
            sent: drift.sent,
            corrected: drift.corrected,
        }
    }
}

pub fn insert(conn: &mut Conn, found: &[Drift]) -> QueryResult<()> {
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = found.iter().map(Row::from).collect();
    insert_rows!(conn, drifts::table, rows)
}

/// The latest of a store, or of all, newest first.
pub fn latest(conn: &mut Conn, store: Option<&StoreCode>, limit: i64) -> QueryResult<Vec<Drift>> {
    let mut query = drifts::table
        .order((drifts::at.desc(), drifts::id.desc()))
        .limit(limit)
        .select(Drift::as_select())
        .into_boxed();
    if let Some(store) = store {
        query = query.filter(drifts::store.eq(store));
    }
    query.load(conn)
}

/// How many of a store, or of all, there were since `from`.
pub fn count_since(conn: &mut Conn, store: Option<&StoreCode>, from: Moment) -> QueryResult<i64> {
    let mut query = drifts::table.filter(drifts::at.ge(from)).select(count_star()).into_boxed();
    if let Some(store) = store {
        query = query.filter(drifts::store.eq(store));
    }
    query.first(conn)
}

pub fn is_any_before(conn: &mut Conn, before: Moment) -> QueryResult<bool> {
    let old = drifts::table.filter(drifts::at.lt(before)).order(drifts::at).select(drifts::id);
    old.first::<DriftId>(conn).optional().map(|id| id.is_some())
}

pub fn trim(conn: &mut Conn, before: Moment) -> QueryResult<()> {
    diesel::delete(drifts::table.filter(drifts::at.lt(before))).execute(conn).map(drop)
}
