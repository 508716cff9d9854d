//! Adds a store.

use crate::{
    db::{
        Conn, Failed, QueryResult,
        staff::organization,
        stores::{self, Store, rename},
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        money::Currency,
        place::Country,
        text::{TextRefusal, single_line},
    },
};
use chrono_tz::Tz;

#[derive(Debug, Clone)]
pub struct NewStore {
    pub code: StoreCode,
    pub name: String,
    pub marketplace: String,
    pub time_zone: Tz,
    /// `None` for the country of the time zone.
    pub country: Option<Country>,
    /// `None` for the currency of the country, or else that of the organization.
    pub currency: Option<Currency>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddStoreRefusal {
    #[error("Choose another store code: “{0}” is taken.")]
    CodeTaken(StoreCode),
    #[error(transparent)]
    NameTaken(NameTaken),
}

/// Another store has the name: lists could not tell the two apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Choose another store name: the store “{code}” is already called {name}.")]
pub struct NameTaken {
    pub code: StoreCode,
    /// The name of the other store, which may differ in upper and lower case.
    pub name: String,
}

impl From<Store> for NameTaken {
    fn from(Store { code, name, .. }: Store) -> Self {
        Self { code, name }
    }
}

/// A store's name: one line of up to 80 characters.
pub fn parse_name(text: &str) -> Result<String, TextRefusal> {
    single_line("store name", text, 80)
}

/// A marketplace's name: one line of up to 40 characters.
pub fn parse_marketplace(text: &str) -> Result<String, TextRefusal> {
    single_line("marketplace", text, 40)
}

/// The country and the currency of a store: those that are chosen, or else the country of its time zone, and the currency
/// of its country, or of the organization.
pub fn place_of(
    conn: &mut Conn,
    time_zone: Tz,
    country: Option<Country>,
    currency: Option<Currency>,
) -> QueryResult<(Option<Country>, Option<Currency>)> {
    let country = country.or_else(|| Country::of_zone(time_zone));
    let currency = currency.or_else(|| country.and_then(Currency::of));
    match currency {
        None => Ok((country, organization::read(conn)?.currency)),
        some => Ok((country, some)),
    }
}

pub fn run(conn: &mut Conn, store: NewStore, now: Moment) -> Result<Store, Failed<AddStoreRefusal>> {
    let NewStore { code, name, marketplace, time_zone, country, currency } = store;
    let (country, currency) = place_of(conn, time_zone, country, currency)?;
    let time_zone = time_zone.name().to_owned();
    let store = Store { code, name, marketplace, time_zone, created_at: now, country, currency };
    stores::lock(conn)?;
    if let Some(other) = stores::spelled(conn, &store.code)? {
        return Err(Failed::Refused(AddStoreRefusal::CodeTaken(other.code)));
    }
    if rename::former_codes(conn)?.contains_key(&store.code) {
        return Err(Failed::Refused(AddStoreRefusal::CodeTaken(store.code)));
    }
    if let Some(other) = stores::called(conn, &store.name)? {
        return Err(Failed::Refused(AddStoreRefusal::NameTaken(other.into())));
    }
    stores::insert(conn, &store)?;
    Ok(store)
}
