//! Connects a store to its marketplace, or changes how it is reached. A connection that leads to another place, or has
//! other credentials than before, is paused until it was tested and resumed.

use crate::{
    db::{
        Conn, Failed,
        catalogue::quantity_checks,
        stores::{
            self,
            connections::{self, Connection},
            pushes,
        },
    },
    domain::{catalogue::ledger::Cause, code::StoreCode, stores::connection::ConnectorKind},
};

/// How a store is to be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionInput {
    /// The store.
    pub store: StoreCode,
    /// The protocol it speaks.
    pub kind: ConnectorKind,
    /// Where its API is.
    pub api_url: String,
    /// Its credentials, sealed; `None` leaves those that are there.
    pub credentials: Option<String>,
    /// Requests a second that may be sent to it.
    pub rate: i64,
}

/// Why a store was not connected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectRefusal {
    /// There is no such store.
    #[error("There is no store “{0}”.")]
    UnknownStore(StoreCode),
    /// There are no credentials that could be left as they are.
    #[error("Enter the credentials: there are none yet.")]
    NoCredentials,
}

/// What is to be done with a connection that was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connected {
    /// Nothing: it leads where it did before, or nothing is sent to it.
    AsBefore,
    /// It is paused, and has to be tested and resumed.
    ToBeTested,
}

/// Connects the store.
///
/// # Errors
/// A [`ConnectRefusal`], or the database.
pub fn run(conn: &mut Conn, cause: &Cause, input: ConnectionInput) -> Result<Connected, Failed<ConnectRefusal>> {
    let ConnectionInput { store, kind, api_url, credentials, rate } = input;
    if stores::find(conn, &store)?.is_none() {
        return Err(Failed::Refused(ConnectRefusal::UnknownStore(store)));
    }
    pushes::lock_skus_of(conn, &store)?;
    let found = connections::lock(conn, &store)?;
    let is_elsewhere = found.as_ref().is_none_or(|before| before.kind != kind || before.api_url != api_url);
    let needs_test = kind.is_pushed() && (is_elsewhere || credentials.is_some());
    let kept = found.as_ref().filter(|before| before.kind == kind).map(|before| before.credentials.clone());
    let credentials = credentials.or(kept).ok_or(Failed::Refused(ConnectRefusal::NoCredentials))?;
    let mut connection = Connection {
        kind,
        api_url,
        credentials,
        rate,
        ..found.clone().unwrap_or_else(|| Connection::new(store.clone(), kind, cause.at, cause.actor.clone()))
    };
    connection.clear_problem();
    if needs_test {
        connection.tested_at = None;
        if connection.is_paused_by_program() {
            // It was paused for the credentials before.
            connection.resume();
        }
        connection.pause(cause.at, cause.actor.clone(), connections::NOT_TESTED.to_owned());
    } else if !kind.is_pushed() {
        connection.resume();
    }
    match found {
        Some(_) => connections::update(conn, &connection)?,
        None => connections::insert(conn, &connection)?,
    }
    if is_elsewhere {
        // What another marketplace acknowledged says nothing about this one.
        pushes::delete_all_of(conn, &store)?;
        quantity_checks::enqueue_store(conn, &store)?;
    }
    Ok(if needs_test { Connected::ToBeTested } else { Connected::AsBefore })
}
