//! Drifts: what stores showed and nothing explained, and the list of them. They are deleted after a month.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            keyset::{self, RowId},
            paging::{Page, Place},
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
#[diesel(table_name = drifts, treat_none_as_default_value = false)]
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

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub store: Option<StoreCode>,
    pub sku: Option<SkuCode>,
    pub is_corrected: Option<bool>,
}

/// The place of a drift in the list.
pub type Key = keyset::Key<DriftId>;

type Part = keyset::Part<DriftId>;

impl RowId for DriftId {
    fn columns(&self) -> Vec<&str> {
        vec![self.as_str()]
    }
}

impl Key {
    pub fn of(drift: &Drift) -> Self {
        Self { at: drift.at, id: drift.id }
    }
}

/// The page at `place` of those that `filter` lets through, newest first.
pub fn page(conn: &mut Conn, filter: &Filter, place: &Place) -> QueryResult<Page<Drift>> {
    let part = Part::new(None, None, place, Place::LIMIT);
    Ok(Page::new(place, rows(conn, filter, &part)?))
}

/// The latest of a store, or of all, newest first.
pub fn latest(conn: &mut Conn, store: Option<&StoreCode>, limit: i64) -> QueryResult<Vec<Drift>> {
    let filter = Filter { store: store.cloned(), ..Filter::default() };
    rows(conn, &filter, &Part::after(None, None, None, limit))
}

/// The drifts of a part: in the list's order, or backwards in the reverse.
fn rows(conn: &mut Conn, filter: &Filter, part: &Part) -> QueryResult<Vec<Drift>> {
    use drifts::{at, corrected, id, sku, store};
    let mut query = drifts::table.select(Drift::as_select()).limit(part.limit).into_boxed::<Backend>();
    if let Some(of_store) = &filter.store {
        query = query.filter(store.eq(of_store));
    }
    if let Some(of_sku) = &filter.sku {
        query = query.filter(sku.eq(of_sku));
    }
    if let Some(is_corrected) = filter.is_corrected {
        query = query.filter(corrected.eq(is_corrected));
    }
    for inside in part.conditions("drifts", &["at", "id"]) {
        query = query.filter(inside);
    }
    if part.is_backwards {
        query.order((at.asc(), id.asc())).load(conn)
    } else {
        query.order((at.desc(), id.desc())).load(conn)
    }
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
