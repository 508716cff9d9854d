//! Edits a store: all but its code, by which imports and programs know it.

use super::add_store::NameTaken;
use crate::{
    db::{
        Conn, Failed,
        stores::{self, Store},
    },
    domain::{code::StoreCode, text::folded},
};
use chrono_tz::Tz;

/// What a store is to be.
#[derive(Debug, Clone)]
pub struct StoreEdit {
    /// What people call it.
    pub name: String,
    /// The marketplace it is on.
    pub marketplace: String,
    /// Its time zone. Schedules are kept in UTC: those that were typed in another zone stay the same moments.
    pub time_zone: Tz,
}

/// Why a store was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditStoreRefusal {
    /// There is no such store.
    #[error("There is no store “{0}”.")]
    UnknownStore(StoreCode),
    /// Another one is called so.
    #[error(transparent)]
    NameTaken(NameTaken),
}

/// Brings the store of `code` up to date.
///
/// # Errors
/// An [`EditStoreRefusal`], or the database.
pub fn run(conn: &mut Conn, code: StoreCode, edit: StoreEdit) -> Result<Store, Failed<EditStoreRefusal>> {
    stores::lock(conn)?;
    let Some(found) = stores::find(conn, &code)? else {
        return Err(Failed::Refused(EditStoreRefusal::UnknownStore(code)));
    };
    let StoreEdit { name, marketplace, time_zone } = edit;
    // A store that keeps its name keeps it, whoever else has had it all along.
    if folded(&name) != folded(&found.name)
        && let Some(other) = stores::called(conn, &name)?
    {
        return Err(Failed::Refused(EditStoreRefusal::NameTaken(other.into())));
    }
    let store = Store { name, marketplace, time_zone: time_zone.name().to_owned(), ..found };
    stores::update(conn, &store)?;
    Ok(store)
}
