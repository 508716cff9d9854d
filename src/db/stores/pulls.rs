//! How far the orders of each store are read. One server at a time reads those of a store: it has a lease, which ends by itself.

use crate::{
    db::{
        Conn,
        engine::{connection::lock_first, schema::pulls},
        promotions::running::selling_stores,
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::pull::{self, PERIOD, Progress, Reach},
    },
    on_db,
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = pulls, treat_none_as_default_value = false, treat_none_as_null = true, primary_key(store))]
pub struct Pull {
    pub store: StoreCode,
    /// When the first sweep began.
    pub began_at: Moment,
    /// Every change before is recorded.
    pub complete_until: Option<Moment>,
    pub window_from: Option<Moment>,
    pub window_until: Option<Moment>,
    /// Where the next part of the window begins; `None` for its first one.
    pub page: Option<String>,
    pub due_at: Moment,
    pub lease: Option<String>,
    pub leased_until: Option<Moment>,
    /// How often reading failed in a row.
    pub failures: i64,
    pub problem_text: Option<String>,
    /// How many orders could not be recorded.
    pub refused: i64,
    /// Why the latest of them could not.
    pub refused_text: Option<String>,
    pub last_webhook_at: Option<Moment>,
    /// The end of the last window that reached back as far as marketplaces list changes late.
    pub swept_until: Option<Moment>,
}

impl Pull {
    fn new(store: StoreCode, now: Moment) -> Self {
        Self {
            store,
            began_at: now,
            complete_until: None,
            window_from: None,
            window_until: None,
            page: None,
            due_at: now,
            lease: None,
            leased_until: None,
            failures: 0,
            problem_text: None,
            refused: 0,
            refused_text: None,
            last_webhook_at: None,
            swept_until: None,
        }
    }

    pub fn progress(&self) -> Progress {
        Progress { complete_until: self.complete_until, swept_until: self.swept_until }
    }

    /// Notes that all of a window was read.
    pub fn complete(&mut self, window: Reach) {
        if window.is_sweep() {
            self.swept_until = Some(window.until);
        }
        self.complete_until = self.complete_until.max(Some(window.until));
        self.set_window(None);
    }

    /// Whether the orders are complete up to a time that is too long ago or, if they never were, are read for too long.
    pub fn is_late(&self, has_running_sale: bool, now: Moment) -> bool {
        pull::is_late(self.complete_until.unwrap_or(self.began_at), has_running_sale, now)
    }

    /// The window that is being read.
    pub fn window(&self) -> Option<Reach> {
        Some(Reach { from: self.window_from?, until: self.window_until? })
    }

    pub fn set_window(&mut self, window: Option<Reach>) {
        self.window_from = window.map(|window| window.from);
        self.window_until = window.map(|window| window.until);
        self.page = None;
    }

    /// Whether no server is reading the orders of the store.
    pub fn is_free(&self, now: Moment) -> bool {
        // A lease of a clock that was ahead would last for ever.
        self.leased_until.is_none_or(|until| until <= now || until > now.plus(PERIOD))
    }
}

pub fn all(conn: &mut Conn) -> QueryResult<Vec<Pull>> {
    pulls::table.order(pulls::store).select(Pull::as_select()).load(conn)
}

/// [`all`], each with whether it is late.
pub fn with_lag(conn: &mut Conn, now: Moment) -> QueryResult<Vec<(Pull, bool)>> {
    let selling = selling_stores(conn, now)?;
    let pulls = all(conn)?.into_iter();
    let with_lag = |pull: Pull| {
        let is_late = pull.is_late(selling.contains(&pull.store), now);
        (pull, is_late)
    };
    Ok(pulls.map(with_lag).collect())
}

pub fn find(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Pull>> {
    pulls::table.find(store).select(Pull::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Pull>> {
    lock_first!(conn, pulls::table.find(store).select(Pull::as_select()))
}

/// The row of a store, which is made if there is none. The caller has locked the connection.
pub fn lock_or_begin(conn: &mut Conn, store: &StoreCode, now: Moment) -> QueryResult<Pull> {
    if let Some(found) = lock(conn, store)? {
        return Ok(found);
    }
    let new = Pull::new(store.clone(), now);
    diesel::insert_into(pulls::table).values(&new).execute(conn)?;
    Ok(new)
}

pub fn update(conn: &mut Conn, pull: &Pull) -> QueryResult<()> {
    on_db!(conn, |conn| diesel::update(pulls::table.find(&pull.store)).set(pull).execute(conn)).map(drop)
}

/// Notes that a message of the marketplace about the store arrived.
pub fn note_webhook(conn: &mut Conn, store: &StoreCode, at: Moment) -> QueryResult<()> {
    diesel::update(pulls::table.find(store)).set(pulls::last_webhook_at.eq(at)).execute(conn).map(drop)
}

/// Forgets how far the orders of a store are read: it is connected to another shop now.
pub fn forget(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(pulls::table.find(store)).execute(conn).map(drop)
}
