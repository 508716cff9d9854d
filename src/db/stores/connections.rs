//! Connections: how each store is reached, and its state.

use crate::{
    db::{
        Conn,
        engine::{connection::lock_first, schema::connections},
        stores::fetches,
    },
    domain::{
        code::StoreCode,
        id::ListingId,
        moment::Moment,
        stores::{
            connection::ConnectorKind,
            failure::{Failure, FailureClass},
        },
    },
    on_db,
};
use diesel::prelude::*;

/// The actor that pauses a store whose credentials are refused.
pub const PROGRAM: &str = "flashsale";

/// Why a store is paused whose connection was saved and not tested yet.
pub const NOT_TESTED: &str = "It is not tested yet";

/// Why a store is paused whose connection was tested and not resumed since.
pub const NOT_RESUMED: &str = "Tested, but not resumed yet";

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connections, treat_none_as_default_value = false, treat_none_as_null = true, primary_key(store))]
pub struct Connection {
    pub store: StoreCode,
    pub kind: ConnectorKind,
    pub api_url: String,
    /// Its credentials, sealed.
    pub credentials: String,
    /// How many requests a second may be sent to it.
    pub rate: i64,
    pub paused_at: Option<Moment>,
    /// Who paused it: staff, or the program.
    pub paused_by: Option<String>,
    pub pause_reason: Option<String>,
    /// How many requests failed as a whole since the last success.
    pub failures: i64,
    pub problem: Option<FailureClass>,
    /// The error message of the marketplace.
    pub problem_text: Option<String>,
    /// Until when nothing is sent: it is backing off.
    pub not_before: Option<Moment>,
    /// When it last acknowledged a quantity.
    pub last_push_at: Option<Moment>,
    /// Until when one server has leased the renewal of its access.
    pub renewed_until: Option<Moment>,
    pub created_at: Moment,
    pub created_by: String,
    /// When a test of the connection as it is now succeeded.
    pub tested_at: Option<Moment>,
    /// The first listing of the latest batch that failed as a whole, unless the store has answered since.
    pub failed_listing: Option<ListingId>,
    /// The marketplace's code of the warehouse whose stock is set, for a seller with several.
    pub warehouse: Option<String>,
}

impl Connection {
    pub fn new(store: StoreCode, kind: ConnectorKind, at: Moment, by: String) -> Self {
        Self {
            store,
            kind,
            api_url: String::new(),
            credentials: String::new(),
            rate: i64::from(kind.default_rate().get()),
            paused_at: None,
            paused_by: None,
            pause_reason: None,
            failures: 0,
            problem: None,
            problem_text: None,
            not_before: None,
            last_push_at: None,
            renewed_until: None,
            created_at: at,
            created_by: by,
            tested_at: None,
            failed_listing: None,
            warehouse: None,
        }
    }

    /// Pauses it, unless it is paused already.
    pub fn pause(&mut self, at: Moment, by: String, reason: String) {
        if self.paused_at.is_none() {
            self.paused_at = Some(at);
            self.paused_by = Some(by);
            self.pause_reason = Some(reason);
        }
    }

    /// Pauses it until a person resumes it. A pause of the program, which may end by itself, is replaced.
    pub fn pause_until_resumed(&mut self, at: Moment, by: String, reason: String) {
        if self.is_paused_by_program() {
            self.resume();
        }
        self.pause(at, by, reason);
    }

    pub fn resume(&mut self) {
        self.paused_at = None;
        self.paused_by = None;
        self.pause_reason = None;
    }

    /// Whether quantities may be sent to it as far as its connection goes: a file needs no test.
    pub fn is_tested(&self) -> bool {
        self.tested_at.is_some() || !self.kind.is_pushed()
    }

    /// Whether it was paused because its credentials were refused.
    pub fn is_paused_by_program(&self) -> bool {
        self.paused_by.as_deref() == Some(PROGRAM)
    }

    /// Whether what its marketplace lists may be read: its credentials were tested, or staff resumed it without a test, and
    /// they were not refused since.
    pub fn may_read_list(&self) -> bool {
        (self.is_tested() || self.paused_at.is_none()) && !self.is_paused_by_program()
    }

    /// Whether quantities may be sent to it at `now`.
    pub fn is_ready(&self, now: Moment) -> bool {
        self.kind.is_pushed() && self.paused_at.is_none() && self.not_before.is_none_or(|until| until <= now)
    }

    /// Whether it is to the same warehouse of the same API as `other`, with the same access.
    pub fn is_reached_as(&self, other: &Self) -> bool {
        let is_same_access = self.api_url == other.api_url && self.credentials == other.credentials;
        is_same_access && self.kind == other.kind && self.warehouse == other.warehouse
    }

    /// Notes why the store failed as a whole, or may have.
    pub fn note_problem(&mut self, failure: &Failure) {
        self.problem = Some(failure.class);
        self.problem_text = Some(failure.message.clone());
    }

    /// Clears the failures of the store as a whole.
    pub fn clear_problem(&mut self) {
        self.failures = 0;
        self.problem = None;
        self.problem_text = None;
        self.not_before = None;
        self.failed_listing = None;
    }
}

pub fn all(conn: &mut Conn) -> QueryResult<Vec<Connection>> {
    connections::table.order(connections::store).select(Connection::as_select()).load(conn)
}

pub fn find(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Connection>> {
    connections::table.find(store).select(Connection::as_select()).first(conn).optional()
}

pub fn lock(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<Connection>> {
    lock_first!(conn, connections::table.find(store).select(Connection::as_select()))
}

pub fn insert(conn: &mut Conn, connection: &Connection) -> QueryResult<()> {
    diesel::insert_into(connections::table).values(connection).execute(conn).map(drop)
}

/// Ends the pause of a store whose credentials were refused, once it has others for the same shop; but not before a person has
/// seen what pushing would change there.
pub fn lift_pause(conn: &mut Conn, connection: &mut Connection) -> QueryResult<()> {
    if connection.is_paused_by_program() && fetches::started_at(conn, &connection.store)?.is_some() {
        connection.resume();
    }
    Ok(())
}

pub fn update(conn: &mut Conn, connection: &Connection) -> QueryResult<()> {
    on_db!(conn, |conn| diesel::update(connections::table.find(&connection.store)).set(connection).execute(conn))
        .map(drop)
}

/// Deletes the connection of a store, with the state of its pushes.
pub fn delete(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(connections::table.find(store)).execute(conn).map(drop)
}
