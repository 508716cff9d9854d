//! How far each store is with reading what its marketplace lists, what is to be done with all of it, and whether pushing was
//! started. There are as many rows as stores.

use crate::{
    db::{
        Conn,
        engine::{
            connection::lock_first,
            schema::{connections, found_tasks, listing_fetches},
        },
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::found::{FetchPhase, FoundTask},
    },
    on_db,
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long after a fetch the next one begins.
pub const EVERY: TimeDelta = TimeDelta::hours(4);

/// The least time between the end of one and the beginning of the next, however often a marketplace says that there is
/// something new.
pub const BETWEEN: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = listing_fetches, treat_none_as_default_value = false, treat_none_as_null = true, primary_key(store))]
pub struct Fetch {
    pub store: StoreCode,
    /// Counts the fetches of the store.
    pub number: i64,
    pub phase: FetchPhase,
    /// Where it goes on: in the marketplace's list, or in ours.
    pub place: Option<String>,
    /// How many were read so far.
    pub found: i64,
    /// How many could not be read.
    pub unreadable: i64,
    pub started_at: Moment,
    pub finished_at: Option<Moment>,
    /// When the next part is to be read. While a server reads one, when another may take over.
    pub due_at: Moment,
    /// How many requests failed in a row.
    pub failures: i64,
    pub problem: Option<String>,
}

impl Fetch {
    /// Whether nothing was read before this one, and it goes on without a problem.
    pub fn is_first_under_way(&self) -> bool {
        self.finished_at.is_none() && self.problem.is_none()
    }

    /// Its number, if all of it could be read.
    pub fn complete_number(&self) -> Option<i64> {
        (self.unreadable == 0).then_some(self.number)
    }

    fn first(store: StoreCode, at: Moment) -> Self {
        Self {
            store,
            number: 0,
            phase: FetchPhase::Done,
            place: None,
            found: 0,
            unreadable: 0,
            started_at: at,
            finished_at: None,
            due_at: at,
            failures: 0,
            problem: None,
        }
    }

    /// Begins the next fetch.
    pub fn begin(&mut self, at: Moment) {
        self.number += 1;
        self.phase = FetchPhase::Reading;
        self.place = None;
        self.found = 0;
        self.unreadable = 0;
        self.started_at = at;
        self.finished_at = None;
        self.failures = 0;
    }
}

pub fn find(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Fetch>> {
    listing_fetches::table.find(store).select(Fetch::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Fetch>> {
    lock_first!(conn, listing_fetches::table.find(store).select(Fetch::as_select()))
}

pub fn update(conn: &mut Conn, fetch: &Fetch) -> QueryResult<()> {
    on_db!(conn, |conn| diesel::update(listing_fetches::table.find(&fetch.store)).set(fetch).execute(conn)).map(drop)
}

/// Makes a fetch of a store due now, unless one is under way.
pub fn ask(conn: &mut Conn, store: &StoreCode, at: Moment) -> QueryResult<()> {
    let Some(mut fetch) = lock(conn, store)? else {
        let first = Fetch::first(store.clone(), at);
        return on_db!(conn, |conn| diesel::insert_into(listing_fetches::table)
            .values(&first)
            .on_conflict_do_nothing()
            .execute(conn))
        .map(drop);
    };
    if fetch.phase == FetchPhase::Done || fetch.failures > 0 {
        fetch.due_at = at;
        update(conn, &fetch)?;
    }
    Ok(())
}

/// Has the next fetch begin soon, because something is new there: a list that is long is not read for each of many messages.
/// If one is under way, it may have passed what is new: the next one follows soon after its end.
pub fn bring_forward(conn: &mut Conn, store: &StoreCode, at: Moment) -> QueryResult<()> {
    let Some(mut fetch) = lock(conn, store)? else { return Ok(()) };
    if fetch.phase != FetchPhase::Done {
        return note_news(conn, store, Some(at));
    }
    let soonest = fetch.finished_at.map_or(at, |finished| at.max(finished.plus(BETWEEN)));
    if soonest < fetch.due_at {
        fetch.due_at = soonest;
        update(conn, &fetch)?;
    }
    Ok(())
}

/// It is no part of [`Fetch`]: a server that reads a part meanwhile stores it all the same.
fn note_news(conn: &mut Conn, store: &StoreCode, at: Option<Moment>) -> QueryResult<()> {
    diesel::update(listing_fetches::table.find(store)).set(listing_fetches::news_at.eq(at)).execute(conn).map(drop)
}

/// Ends a fetch of which all is read and matched.
pub fn finish(conn: &mut Conn, fetch: &Fetch, at: Moment) -> QueryResult<()> {
    let news: Option<Moment> =
        listing_fetches::table.find(&fetch.store).select(listing_fetches::news_at).first(conn)?;
    let wait = if news.is_some() { BETWEEN } else { EVERY };
    let ended =
        Fetch { phase: FetchPhase::Done, place: None, finished_at: Some(at), due_at: at.plus(wait), ..fetch.clone() };
    update(conn, &ended)?;
    note_news(conn, &fetch.store, None)
}

/// Those of which a part is to be read or matched at `now`.
pub fn due(conn: &mut Conn, now: Moment) -> QueryResult<Vec<Fetch>> {
    listing_fetches::table
        .filter(listing_fetches::due_at.le(now))
        .order(listing_fetches::due_at)
        .select(Fetch::as_select())
        .load(conn)
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = found_tasks, treat_none_as_default_value = false, treat_none_as_null = true, primary_key(store))]
pub struct Task {
    pub store: StoreCode,
    pub task: FoundTask,
    /// The key of the last row that was looked at.
    pub place: Option<String>,
    pub done: i64,
    pub refused: i64,
    /// Who asked for it.
    pub actor: String,
    pub asked_at: Moment,
    pub finished_at: Option<Moment>,
}

pub fn task(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Task>> {
    found_tasks::table.find(store).select(Task::as_select()).first(conn).optional()
}

/// Sets the task of a store, in place of one before it.
pub fn set_task(conn: &mut Conn, task: &Task) -> QueryResult<()> {
    diesel::delete(found_tasks::table.find(&task.store)).execute(conn)?;
    on_db!(conn, |conn| diesel::insert_into(found_tasks::table).values(task).execute(conn)).map(drop)
}

/// A task that is not finished, the oldest first, locked until the transaction ends.
pub fn lock_task(conn: &mut Conn) -> QueryResult<Option<Task>> {
    let open = found_tasks::table.filter(found_tasks::finished_at.is_null()).order(found_tasks::asked_at);
    let first = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => open.select(Task::as_select()).for_update().skip_locked().first(conn),
        Conn::Sqlite(conn) => open.select(Task::as_select()).first(conn),
    };
    first.optional()
}

pub fn has_task(conn: &mut Conn) -> QueryResult<bool> {
    let open = found_tasks::table.filter(found_tasks::finished_at.is_null());
    Ok(open.select(found_tasks::store).first::<StoreCode>(conn).optional()?.is_some())
}

/// When a person saw what pushing to a store would change, and started it.
pub fn started_at(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Moment>> {
    let started = connections::table.find(store).select(connections::started_at);
    Ok(started.first::<Option<Moment>>(conn).optional()?.flatten())
}

pub fn set_started(conn: &mut Conn, store: &StoreCode, at: Option<Moment>) -> QueryResult<()> {
    diesel::update(connections::table.find(store)).set(connections::started_at.eq(at)).execute(conn).map(drop)
}
