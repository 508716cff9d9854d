//! Edits a store. Its code, to which imports and API clients refer, is changed by [`super::rename_store`].

use super::add_store::NameTaken;
use crate::{
    db::{
        Conn, Failed,
        stores::{self, Store},
    },
    domain::{code::StoreCode, text::folded},
};
use chrono_tz::Tz;

#[derive(Debug, Clone)]
pub struct StoreEdit {
    pub name: String,
    pub marketplace: String,
    /// Schedules are stored in UTC, so a new time zone does not move the sales that exist.
    pub time_zone: Tz,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditStoreRefusal {
    #[error("There is no store “{0}”.")]
    UnknownStore(StoreCode),
    #[error(transparent)]
    NameTaken(NameTaken),
}

pub fn run(conn: &mut Conn, code: StoreCode, edit: StoreEdit) -> Result<Store, Failed<EditStoreRefusal>> {
    stores::lock(conn)?;
    let Some(found) = stores::find(conn, &code)? else {
        return Err(Failed::Refused(EditStoreRefusal::UnknownStore(code)));
    };
    let StoreEdit { name, marketplace, time_zone } = edit;
    // An unchanged name is not checked: two stores may share one since before names had to be unique.
    if folded(&name) != folded(&found.name)
        && let Some(other) = stores::called(conn, &name)?
    {
        return Err(Failed::Refused(EditStoreRefusal::NameTaken(other.into())));
    }
    let store = Store { name, marketplace, time_zone: time_zone.name().to_owned(), ..found };
    stores::update(conn, &store)?;
    Ok(store)
}
