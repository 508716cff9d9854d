//! Asks for a fetch of what the marketplace lists for a store. It begins within seconds: see `sync/found/`.

use crate::{
    db::{
        Conn, Failed,
        stores::{connections, fetches},
    },
    domain::{code::StoreCode, moment::Moment},
};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchRefusal {
    #[error("Connect the store first: nothing can be read from it yet.")]
    NotConnected,
    #[error("Test the connection first.")]
    NotTested,
    #[error(
        "The marketplace has refused the credentials of the store: connect the store again, or test and resume it."
    )]
    CredentialsRefused,
    #[error("{0} does not say what it lists: map its listings by hand, or import them.")]
    NoList(&'static str),
}

pub fn run(conn: &mut Conn, store: &StoreCode, at: Moment) -> Result<(), Failed<FetchRefusal>> {
    let connection = connections::find(conn, store)?.ok_or(Failed::Refused(FetchRefusal::NotConnected))?;
    if !connection.kind.has_list() {
        return Err(Failed::Refused(FetchRefusal::NoList(connection.kind.label())));
    }
    if !connection.is_tested() {
        return Err(Failed::Refused(FetchRefusal::NotTested));
    }
    if connection.is_paused_by_program() {
        return Err(Failed::Refused(FetchRefusal::CredentialsRefused));
    }
    Ok(fetches::ask(conn, store, at)?)
}
