//! Saves the seller's app at a marketplace, or deletes it. Stores that were connected through it stay connected: they have
//! keys of their own.

use crate::{
    db::{
        Conn, QueryResult,
        stores::apps::{self, App},
    },
    domain::{catalogue::ledger::Cause, stores::connection::ConnectorKind},
};

#[derive(Debug, Clone)]
pub struct AppInput {
    pub kind: ConnectorKind,
    /// Where the marketplace is reached; empty for its own live addresses.
    pub address: String,
    /// Sealed.
    pub app_keys: String,
}

pub fn run(conn: &mut Conn, cause: &Cause, input: AppInput) -> QueryResult<()> {
    let AppInput { kind, address, app_keys } = input;
    apps::save(conn, &App { kind, address, app_keys, saved_at: cause.at, saved_by: cause.actor.clone() })
}
