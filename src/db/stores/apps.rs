//! The seller's apps at the marketplaces: at most one of each kind.

use crate::{
    db::{Conn, engine::schema::apps},
    domain::{moment::Moment, stores::connection::ConnectorKind},
};
use diesel::prelude::*;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = apps, treat_none_as_default_value = false)]
pub struct App {
    pub kind: ConnectorKind,
    /// Where the marketplace is reached; empty for its own live addresses.
    pub address: String,
    /// The id and the secrets of the app, sealed.
    pub app_keys: String,
    pub saved_at: Moment,
    pub saved_by: String,
}

pub fn all(conn: &mut Conn) -> QueryResult<Vec<App>> {
    apps::table.order(apps::kind).select(App::as_select()).load(conn)
}

pub fn find(conn: &mut Conn, kind: ConnectorKind) -> QueryResult<Option<App>> {
    apps::table.find(kind).select(App::as_select()).first(conn).optional()
}

/// Saves an app in the place of the one of its kind.
pub fn save(conn: &mut Conn, app: &App) -> QueryResult<()> {
    let App { kind, address, app_keys, saved_at, saved_by } = app;
    let new = (
        apps::address.eq(address),
        apps::app_keys.eq(app_keys),
        apps::saved_at.eq(saved_at),
        apps::saved_by.eq(saved_by),
    );
    if diesel::update(apps::table.find(kind)).set(new).execute(conn)? == 1 {
        return Ok(());
    }
    diesel::insert_into(apps::table).values(app).execute(conn).map(drop)
}
