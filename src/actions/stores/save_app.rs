//! Saves the seller's app at a marketplace. Each store that is connected through an app has a copy of its keys: those of the
//! same app are given the new ones, or they would be refused as soon as the old ones end.

use crate::{
    db::{
        Conn, Failed,
        stores::{
            apps::{self, App},
            connections::{self, Connection},
            failed_tests,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::StoreCode,
        stores::{connection::ConnectorKind, failure::FailureClass},
    },
};

#[derive(Debug, Clone)]
pub struct AppInput {
    pub kind: ConnectorKind,
    /// Where the marketplace is reached; empty for its own live addresses.
    pub address: String,
    /// Sealed.
    pub app_keys: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveAppRefusal {
    /// The tokens that the marketplace is about to answer with would be lost: they are for the old keys.
    #[error("The access to the store {0} is just being renewed. Save the app again in a minute.")]
    BeingRenewed(StoreCode),
}

/// Returns how many stores were given new keys. `with_keys` makes their credentials, sealed; `None` for a store of another app,
/// or one that has these keys.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    input: AppInput,
    with_keys: impl Fn(&Connection) -> Option<String>,
) -> Result<usize, Failed<SaveAppRefusal>> {
    let AppInput { kind, address, app_keys } = input;
    apps::save(conn, &App { kind, address, app_keys, saved_at: cause.at, saved_by: cause.actor.clone() })?;
    let mut changed = 0;
    for found in connections::all(conn)? {
        let Some(mut connection) = connections::lock(conn, &found.store)?.filter(|locked| locked.kind == kind) else {
            continue;
        };
        let Some(credentials) = with_keys(&connection) else { continue };
        if connection.renewed_until.is_some_and(|until| until > cause.at) {
            return Err(Failed::Refused(SaveAppRefusal::BeingRenewed(connection.store)));
        }
        connection.credentials = credentials;
        if connection.problem == Some(FailureClass::Credentials) {
            // That was about the old keys. It is the same shop, so nothing has to be tested again.
            connections::lift_pause(conn, &mut connection)?;
        }
        connection.clear_problem();
        connections::update(conn, &connection)?;
        failed_tests::set(conn, &connection.store, None)?;
        changed += 1;
    }
    Ok(changed)
}
