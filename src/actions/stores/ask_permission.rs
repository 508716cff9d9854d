//! Asks a seller for permission at a marketplace: begins, and takes the way back, which counts once and in the session in
//! which it was begun.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        stores::authorizations::{self, Authorization},
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        place::Country,
        stores::{
            connection::ConnectorKind,
            permission::{TIME_AT_THE_MARKETPLACE, TIME_TO_SAVE},
        },
    },
};

#[derive(Debug, Clone)]
pub struct Begin {
    /// SHA-256 of the number that goes to the marketplace and comes back.
    pub state_hash: String,
    /// The session in which it is begun.
    pub session_hash: String,
    pub kind: ConnectorKind,
    pub country: Option<Country>,
    /// The store that is connected again; `None` for a new one.
    pub store: Option<StoreCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WayBackRefusal {
    #[error("Nothing was connected: this way back from the marketplace was not begun here. Begin again on this page.")]
    Unknown,
    #[error(
        "Nothing was connected: this was begun in another browser, by somebody else, or before you last signed in. Begin again on this page."
    )]
    AnotherSession,
    #[error(
        "Nothing more was connected: the marketplace has led back this way before, which counts once. If the store is not in the list of stores, begin again on this page."
    )]
    Used,
    #[error(
        "Nothing was connected: it took more than 10 minutes, and the permission counts no longer. Begin again on this page."
    )]
    Late,
}

pub fn begin(conn: &mut Conn, begin: Begin, now: Moment) -> QueryResult<()> {
    let Begin { state_hash, session_hash, kind, country, store } = begin;
    let expires_at = now.plus(TIME_AT_THE_MARKETPLACE);
    let new =
        Authorization { state_hash, session_hash, kind, country, store, expires_at, used_at: None, granted: None };
    authorizations::insert(conn, &new)
}

/// Takes the way back that a person came from the marketplace of `kind`. In another session it uses up nothing.
pub fn take(
    conn: &mut Conn,
    state_hash: &str,
    session_hash: &str,
    kind: ConnectorKind,
    now: Moment,
) -> Result<Authorization, Failed<WayBackRefusal>> {
    let found = authorizations::lock(conn, state_hash)?.filter(|found| found.kind == kind);
    let Some(found) = found else { return Err(Failed::Refused(WayBackRefusal::Unknown)) };
    if found.session_hash != session_hash {
        return Err(Failed::Refused(WayBackRefusal::AnotherSession));
    }
    if found.used_at.is_some() {
        return Err(Failed::Refused(WayBackRefusal::Used));
    }
    if found.expires_at <= now {
        return Err(Failed::Refused(WayBackRefusal::Late));
    }
    authorizations::use_up(conn, state_hash, now)?;
    Ok(found)
}

/// Stores what the seller permitted, sealed, until the stores are saved.
pub fn grant(conn: &mut Conn, state_hash: &str, granted: &str, now: Moment) -> QueryResult<()> {
    authorizations::grant(conn, state_hash, granted, now.plus(TIME_TO_SAVE))
}
