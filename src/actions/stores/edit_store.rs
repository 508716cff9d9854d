//! Edits a store. Its code, to which imports and API clients refer, is changed by [`super::rename_store`].

use super::add_store::{NameTaken, place_of};
use crate::{
    db::{
        Conn, Failed,
        stores::{self, Store},
    },
    domain::{code::StoreCode, money::Currency, place::Country, text::folded},
};
use chrono_tz::Tz;

#[derive(Debug, Clone)]
pub struct StoreEdit {
    pub name: String,
    pub marketplace: String,
    /// Schedules are stored in UTC, so a new time zone does not move the sales that exist.
    pub time_zone: Tz,
    /// `None` for the country of the time zone.
    pub country: Option<Country>,
    /// `None` for the currency of the country. Orders that are recorded already are in this currency too: their amounts stay
    /// what they are, with their decimals.
    pub currency: Option<Currency>,
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
    let StoreEdit { name, marketplace, time_zone, country, currency } = edit;
    // An unchanged name is not checked: two stores may share one since before names had to be unique.
    if folded(&name) != folded(&found.name)
        && let Some(other) = stores::called(conn, &name)?
    {
        return Err(Failed::Refused(EditStoreRefusal::NameTaken(other.into())));
    }
    let (country, currency) = place_of(conn, time_zone, country, currency)?;
    let time_zone = time_zone.name().to_owned();
    let store = Store { name, marketplace, time_zone, country, currency, ..found };
    stores::update(conn, &store)?;
    Ok(store)
}
