//! SKUs and their stored totals. Totals change in [`super::ledger`] alone.

use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{holds, skus},
            search::{self, Searched},
            written::{Written, written},
        },
    },
    domain::{catalogue::stock::Stock, code::SkuCode, moment::Moment, text::folded},
};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::Bool,
};

/// One inventory unit.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = skus)]
pub struct Sku {
    /// Its code.
    pub code: SkuCode,
    /// What people call it.
    pub name: String,
    /// Units in the warehouse.
    pub on_hand: i64,
    /// Units of open orders that stock covers.
    pub committed: i64,
    /// Units owed to open orders.
    pub oversold: i64,
    /// Units kept back from every store.
    pub buffer: i64,
    /// The number of its last ledger entry: whoever saves it says which one was read.
    pub revision: i64,
    /// The latest moment of its ledger entries.
    pub last_at: Moment,
}

impl Sku {
    /// The stored totals.
    #[must_use]
    pub fn stock(&self) -> Stock {
        let Self { on_hand, committed, oversold, buffer, .. } = *self;
        Stock { on_hand, committed, oversold, buffer }
    }

    /// Changes the totals as the next entry of its ledger does, which is made at `at`.
    pub(crate) fn apply(&mut self, change: Stock, at: Moment) {
        let mut stock = self.stock();
        stock += change;
        let Stock { on_hand, committed, oversold, buffer } = stock;
        (self.on_hand, self.committed, self.oversold, self.buffer) = (on_hand, committed, oversold, buffer);
        self.revision += 1;
        self.last_at = later(self.last_at, at);
    }
}

/// What the time is for whoever asked at `at`, by its clock, and has locked `locked` since. A request that waited for the
/// lock finds what one with a later clock did before it: to go back behind that would sell what a sale that was over by
/// then has given back.
#[must_use]
pub fn now_for(locked: &[Sku], at: Moment) -> Moment {
    locked.iter().map(|sku| later(sku.last_at, at)).fold(at, Moment::max)
}

/// The later of two moments. A clock that was ahead by more than requests wait was wrong, and does not count.
pub(crate) fn later(last: Moment, at: Moment) -> Moment {
    if last.since(at) < crate::db::promotions::holds::SETTLED_AFTER { last.max(at) } else { at }
}

/// A row to be added.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = skus)]
pub(crate) struct NewSku {
    pub code: SkuCode,
    pub name: String,
    pub search_key: String,
    pub on_hand: i64,
    pub buffer: i64,
    pub revision: i64,
    pub created_at: Moment,
    pub last_at: Moment,
}

/// What a search looks through: the code and the name, folded.
pub(crate) fn search_key(code: &SkuCode, name: &str) -> String {
    folded(&format!("{code} {name}"))
}

/// The SKU of `code`.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn, code: &SkuCode) -> QueryResult<Option<Sku>> {
    skus::table.find(code).select(Sku::as_select()).first(conn).optional()
}

/// Those of `codes` that exist, by code.
///
/// # Errors
/// When the database fails.
pub fn find_all<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Vec<Sku>> {
    skus::table.filter(among(conn, "skus.code", codes)).order(skus::code).select(Sku::as_select()).load(conn)
}

/// Those of `codes` that exist, by code, with their rows locked until the transaction ends. Inside
/// [`crate::db::Database::write`] only: on SQLite the whole file is locked by then.
///
/// # Errors
/// When the database fails.
pub fn lock<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Vec<Sku>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => skus::table
            .filter(skus::code.eq_any(codes))
            .order(skus::code)
            .select(Sku::as_select())
            .for_no_key_update()
            .load(conn),
        Conn::Sqlite(_) => find_all(conn, codes),
    }
}

/// The code of a SKU that differs from `code` in upper and lower case alone, if there is one.
///
/// # Errors
/// When the database fails.
pub fn spelled_alike(conn: &mut Conn, code: &SkuCode) -> QueryResult<Option<SkuCode>> {
    let folded_code = folded(code.as_str());
    // A search key is the folded code, a space and the name. After the space comes “!”.
    let mut query = skus::table
        .filter(skus::search_key.ge(format!("{folded_code} ")).and(skus::search_key.lt(format!("{folded_code}!"))))
        .filter(skus::code.ne(code))
        .select(skus::code)
        .into_boxed();
    if let Some(matching) = search::matching(conn, Searched::Skus, code.as_str()) {
        query = query.filter(matching);
    }
    let found: Vec<SkuCode> = query.load(conn)?;
    Ok(found.into_iter().find(|other| folded(other.as_str()) == folded_code))
}

/// Whether the holds on a SKU may be more than what is in hand. Written out, so that both databases use its index.
pub(crate) fn may_be_short() -> Written<Bool> {
    written("skus.may_be_short = TRUE")
}

/// Notes that what is held of SKUs is in hand where nothing is held any more.
///
/// # Errors
/// When the database fails.
pub(crate) fn forget_short(conn: &mut Conn) -> QueryResult<()> {
    let held = || {
        holds::table.filter(crate::db::promotions::holds::open()).filter(holds::sku.eq(skus::code)).select(holds::sku)
    };
    let codes: Vec<SkuCode> =
        skus::table.filter(may_be_short()).filter(not(exists(held()))).select(skus::code).load(conn)?;
    // In their order, as everybody locks them; somebody may have held one until it was locked.
    lock(conn, &codes)?;
    diesel::update(skus::table.filter(among(conn, "skus.code", &codes)).filter(not(exists(held()))))
        .set(skus::may_be_short.eq(false))
        .execute(conn)
        .map(drop)
}

/// Renames a SKU.
///
/// # Errors
/// When the database fails.
pub fn rename(conn: &mut Conn, code: &SkuCode, name: &str) -> QueryResult<()> {
    diesel::update(skus::table.find(code))
        .set((skus::name.eq(name), skus::search_key.eq(search_key(code, name))))
        .execute(conn)
        .map(drop)
}
