//! SKUs and their stored totals. Only [`super::ledger`] changes totals.

use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::skus,
            search::{self, Searched},
            sql::sql,
        },
    },
    domain::{catalogue::stock::Stock, code::SkuCode, moment::Moment, promotions::hold::SETTLED_AFTER, text::folded},
};
use diesel::{prelude::*, sql_types::Bool};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = skus)]
pub struct Sku {
    pub code: SkuCode,
    pub name: String,
    pub on_hand: i64,
    pub committed: i64,
    pub oversold: i64,
    pub buffer: i64,
    /// The number of its last ledger entry; a write names the one it read, so that a concurrent write is noticed.
    pub revision: i64,
    /// The latest moment of its ledger entries.
    pub last_at: Moment,
    /// Since when it is kept for its history alone.
    pub archived_at: Option<Moment>,
}

impl Sku {
    pub fn stock(&self) -> Stock {
        let Self { on_hand, committed, oversold, buffer, .. } = *self;
        Stock { on_hand, committed, oversold, buffer }
    }

    /// Applies the next entry of its ledger, made at `at`, to the totals.
    pub(crate) fn apply(&mut self, change: Stock, at: Moment) {
        let mut stock = self.stock();
        stock += change;
        self.on_hand = stock.on_hand;
        self.committed = stock.committed;
        self.oversold = stock.oversold;
        self.buffer = stock.buffer;
        self.revision += 1;
        self.last_at = later(self.last_at, at);
    }
}

/// The time at which an action decides that was asked at `at` and has locked `locked` since: its own clock, or the latest
/// ledger entry of the SKUs if that is later. A request that waited for the lock finds what a request with a later clock
/// did before it, and must not decide as of before that: it would sell what a sale that has ended since gave back.
pub fn effective_now(locked: &[Sku], at: Moment) -> Moment {
    locked.iter().map(|sku| later(sku.last_at, at)).fold(at, Moment::max)
}

/// The later of two moments, unless `last` is so far ahead that the clock it came from must have been wrong.
pub(crate) fn later(last: Moment, at: Moment) -> Moment {
    if last.since(at) < SETTLED_AFTER { last.max(at) } else { at }
}

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = skus, treat_none_as_default_value = false)]
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

/// The text that a search uses: the code and the name, folded.
pub(crate) fn search_key(code: &SkuCode, name: &str) -> String {
    folded(&format!("{code} {name}"))
}

pub fn find(conn: &mut Conn, code: &SkuCode) -> QueryResult<Option<Sku>> {
    skus::table.find(code).select(Sku::as_select()).first(conn).optional()
}

/// The first SKUs by code, up to `limit`.
pub fn first(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Sku>> {
    skus::table.order(skus::code).limit(limit).select(Sku::as_select()).load(conn)
}

/// Those of `codes` that exist, by code.
pub fn find_all<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Vec<Sku>> {
    skus::table.filter(among(conn, "skus.code", codes)).order(skus::code).select(Sku::as_select()).load(conn)
}

/// Those of `codes` that exist, by code, with their rows locked until the transaction ends. Only inside
/// [`crate::db::Database::write`]: on SQLite that has locked the whole file already.
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

/// Locks those of `codes` that no other transaction has locked, and returns them. SQLite has one writer, so they are all free.
pub fn lock_free<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Vec<Sku>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => skus::table
            .filter(skus::code.eq_any(codes))
            .order(skus::code)
            .select(Sku::as_select())
            .for_no_key_update()
            .skip_locked()
            .load(conn),
        Conn::Sqlite(_) => find_all(conn, codes),
    }
}

/// The code of a SKU that differs from `code` only in upper and lower case, if there is one.
pub fn spelled_alike(conn: &mut Conn, code: &SkuCode) -> QueryResult<Option<SkuCode>> {
    let folded_code = folded(code.as_str());
    // A search key is the folded code, a space and the name. “!” is the character after the space.
    let mut query = skus::table
        .filter(skus::search_key.ge(format!("{folded_code} ")).and(skus::search_key.lt(format!("{folded_code}!"))))
        .filter(skus::code.ne(code))
        .select(skus::code)
        .into_boxed();
    if let Some(matching) = search::matching(conn, Searched::Skus, code.as_str())? {
        query = query.filter(matching);
    }
    let found: Vec<SkuCode> = query.load(conn)?;
    Ok(found.into_iter().find(|other| folded(other.as_str()) == folded_code))
}

/// The SKUs whose codes differ from one of `codes` in nothing but upper and lower case, or not at all. Letters other than A to
/// Z count as different.
pub fn alike<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Vec<SkuCode>> {
    let lower = codes.into_iter().map(|code| code.as_str().to_ascii_lowercase());
    skus::table.filter(among(conn, "lower(skus.code)", lower)).order(skus::code).select(skus::code).load(conn)
}

/// The codes with other characters than those of ASCII, from an index of their own.
pub fn not_ascii(conn: &mut Conn) -> QueryResult<Vec<SkuCode>> {
    let is_other = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => sql::<Bool>("skus.code ~ '[^ -~]'"),
        Conn::Sqlite(_) => sql::<Bool>("skus.code GLOB '*[^ -~]*'"),
    };
    skus::table.filter(is_other).order(skus::code).select(skus::code).load(conn)
}

pub fn archive(conn: &mut Conn, code: &SkuCode, at: Option<Moment>) -> QueryResult<()> {
    diesel::update(skus::table.find(code)).set(skus::archived_at.eq(at)).execute(conn).map(drop)
}

pub fn rename(conn: &mut Conn, code: &SkuCode, name: &str) -> QueryResult<()> {
    diesel::update(skus::table.find(code))
        .set((skus::name.eq(name), skus::search_key.eq(search_key(code, name))))
        .execute(conn)
        .map(drop)
}
