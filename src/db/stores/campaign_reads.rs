//! How far each store is with reading its campaigns, and the products that messages about campaigns were about.

use crate::{
    db::{
        Conn,
        engine::{
            connection::lock_first,
            schema::{campaign_hints as hints, campaign_reads as reads, campaigns},
        },
    },
    domain::{code::StoreCode, moment::Moment},
    on_db,
};
use chrono::TimeDelta;
use diesel::{prelude::*, upsert::excluded};

/// A pass over the listings of a store, or the time between two.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = reads, treat_none_as_default_value = false, treat_none_as_null = true, primary_key(store))]
pub struct CampaignRead {
    pub store: StoreCode,
    /// The last listing that was read, in the order of the store's list; `None` between passes.
    pub place: Option<String>,
    pub started_at: Moment,
    /// When the last pass was done.
    pub finished_at: Option<Moment>,
    /// Nothing is asked before: it is backing off.
    pub due_at: Moment,
    /// Until when one server may take for a part.
    pub leased_until: Option<Moment>,
    /// How many requests failed in a row.
    pub failures: i64,
    pub problem_text: Option<String>,
}

/// A product that a message about campaigns was about.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = hints, treat_none_as_default_value = false)]
pub struct Hint {
    pub store: StoreCode,
    pub item_id: String,
    pub noted_at: Moment,
}

impl CampaignRead {
    fn new(store: StoreCode, now: Moment) -> Self {
        Self {
            store,
            place: None,
            started_at: now,
            finished_at: None,
            due_at: now,
            leased_until: None,
            failures: 0,
            problem_text: None,
        }
    }

    /// Whether no server is reading, with a lease of `length`.
    pub fn is_free(&self, now: Moment, length: TimeDelta) -> bool {
        // A lease of a clock that was ahead would last for ever.
        self.leased_until.is_none_or(|until| until <= now || until > now.plus(length))
    }

    /// Whether a part of all listings is to be read.
    pub fn is_pass_due(&self, period: TimeDelta, now: Moment) -> bool {
        let is_time = self.finished_at.is_none_or(|at| now.since(at) >= period || at > now);
        self.due_at <= now && (self.place.is_some() || is_time)
    }
}

pub fn all(conn: &mut Conn) -> QueryResult<Vec<CampaignRead>> {
    reads::table.order(reads::store).select(CampaignRead::as_select()).load(conn)
}

pub fn find(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<CampaignRead>> {
    reads::table.find(store).select(CampaignRead::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<CampaignRead>> {
    lock_first!(conn, reads::table.find(store).select(CampaignRead::as_select()))
}

/// The row of a store, which is made if there is none. The caller has locked the connection.
pub fn lock_or_begin(conn: &mut Conn, store: &StoreCode, now: Moment) -> QueryResult<CampaignRead> {
    if let Some(found) = lock(conn, store)? {
        return Ok(found);
    }
    let new = CampaignRead::new(store.clone(), now);
    diesel::insert_into(reads::table).values(&new).execute(conn)?;
    Ok(new)
}

pub fn update(conn: &mut Conn, read: &CampaignRead) -> QueryResult<()> {
    on_db!(conn, |conn| diesel::update(reads::table.find(&read.store)).set(read).execute(conn)).map(drop)
}

/// Forgets the campaigns of a store: it is connected to another shop now.
pub fn forget(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(campaigns::table.filter(campaigns::store.eq(store))).execute(conn)?;
    diesel::delete(hints::table.filter(hints::store.eq(store))).execute(conn)?;
    diesel::delete(reads::table.find(store)).execute(conn).map(drop)
}

/// Makes all listings of a store due for reading.
pub fn ask(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::update(reads::table.find(store)).set(reads::finished_at.eq(None::<Moment>)).execute(conn).map(drop)
}

/// Notes that the campaigns of a product have to be read. The store is connected.
pub fn note_hint(conn: &mut Conn, hint: &Hint) -> QueryResult<()> {
    on_db!(conn, |conn| {
        diesel::insert_into(hints::table)
            .values(hint)
            .on_conflict((hints::store, hints::item_id))
            .do_update()
            .set(hints::noted_at.eq(excluded(hints::noted_at)))
            .execute(conn)
    })
    .map(drop)
}

/// The stores with products whose campaigns have to be read.
pub fn hinted_stores(conn: &mut Conn) -> QueryResult<Vec<StoreCode>> {
    hints::table.select(hints::store).distinct().order(hints::store).load(conn)
}

/// Up to `limit` products of a store whose campaigns have to be read.
pub fn hints(conn: &mut Conn, store: &StoreCode, limit: i64) -> QueryResult<Vec<Hint>> {
    let of_store = hints::table.filter(hints::store.eq(store)).order(hints::item_id).limit(limit);
    of_store.select(Hint::as_select()).load(conn)
}

/// Deletes a hint that was followed, unless another message about the product has come since.
pub fn follow_hint(conn: &mut Conn, hint: &Hint) -> QueryResult<()> {
    let same = hints::table.find((&hint.store, &hint.item_id)).filter(hints::noted_at.eq(hint.noted_at));
    diesel::delete(same).execute(conn).map(drop)
}
