//! Verifications: the results of recomputing everything from the ledger.

pub mod verify_orders;
pub mod verify_stock;
use super::{
    Conn,
    engine::{
        paging::{Page, Place, at_place},
        schema::verifications,
    },
};
use crate::{
    domain::{id::VerificationId, moment::Moment},
    on_db,
};
use diesel::prelude::*;

/// A row of a query that is written as SQL: each field with the SQL type of its column.
macro_rules! sql_row {
    ($(#[$meta:meta])* pub struct $row:ident { $($(#[$doc:meta])* $vis:vis $field:ident: $type:ty as $sql:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, diesel::QueryableByName)]
        pub struct $row {
            $($(#[$doc])* #[diesel(sql_type = $sql)] $vis $field: $type,)*
        }
    };
}

pub(super) use sql_row;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = verifications, treat_none_as_default_value = false)]
pub struct Verification {
    /// Its id: later ones sort after earlier ones.
    pub id: VerificationId,
    /// When it began: its results are of that moment.
    pub began_at: Moment,
    pub began_by: String,
    pub finished_at: Option<Moment>,
    pub skus: i64,
    pub entries: i64,
    pub holds: i64,
    pub orders: i64,
    /// How many differences it found; `None` until it has finished, or if it was aborted.
    pub differences: Option<i64>,
    /// The first of them, one a line.
    pub listed: String,
}

impl Verification {
    pub fn begun(id: VerificationId, began_at: Moment, began_by: String) -> Self {
        Self {
            id,
            began_at,
            began_by,
            finished_at: None,
            skus: 0,
            entries: 0,
            holds: 0,
            orders: 0,
            differences: None,
            listed: String::new(),
        }
    }
}

/// Adds one, unless another is running. Returns whether it was added.
pub fn insert(conn: &mut Conn, verification: &Verification) -> QueryResult<bool> {
    let added = on_db!(conn, |conn| diesel::insert_into(verifications::table)
        .values(verification)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(added == 1)
}

pub fn save(conn: &mut Conn, verification: &Verification) -> QueryResult<()> {
    let Verification { id, began_at: _, began_by: _, finished_at, skus, entries, holds, orders, differences, listed } =
        verification;
    diesel::update(verifications::table.find(id))
        .set((
            verifications::finished_at.eq(finished_at),
            verifications::skus.eq(skus),
            verifications::entries.eq(entries),
            verifications::holds.eq(holds),
            verifications::orders.eq(orders),
            verifications::differences.eq(differences),
            verifications::listed.eq(listed),
        ))
        .execute(conn)
        .map(drop)
}

/// Marks at `now` those as aborted that began before `moment` and have not finished.
pub fn give_up(conn: &mut Conn, moment: Moment, now: Moment) -> QueryResult<()> {
    let unfinished = verifications::table.filter(verifications::finished_at.is_null());
    diesel::update(unfinished.filter(verifications::began_at.lt(moment)))
        .set(verifications::finished_at.eq(now))
        .execute(conn)
        .map(drop)
}

pub fn find(conn: &mut Conn, id: VerificationId) -> QueryResult<Option<Verification>> {
    verifications::table.find(id).select(Verification::as_select()).first(conn).optional()
}

pub fn last(conn: &mut Conn) -> QueryResult<Option<Verification>> {
    let newest = verifications::table.order(verifications::id.desc());
    newest.select(Verification::as_select()).first(conn).optional()
}

/// A page, the newest first. Ids sort by creation and are the keys of the page.
pub fn page(conn: &mut Conn, place: &Place) -> QueryResult<Page<Verification>> {
    let query = verifications::table.select(Verification::as_select()).limit(Place::LIMIT).into_boxed();
    let query = at_place!(query, place, verifications::id, newest first);
    Ok(Page::new(place, query.load(conn)?))
}

pub fn last_finished(conn: &mut Conn) -> QueryResult<Option<Verification>> {
    let finished = verifications::table.filter(verifications::differences.is_not_null());
    finished.order(verifications::id.desc()).select(Verification::as_select()).first(conn).optional()
}
