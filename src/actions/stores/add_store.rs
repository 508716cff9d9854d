//! Adds a store.

use crate::{
    db::{
        Conn, Failed,
        stores::{self, Store, rename},
    },
    domain::{
        code::StoreCode,
        moment::Moment,
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

/// A time zone by its IANA name, in upper or lower case.
pub fn parse_zone(text: &str) -> Result<Tz, String> {
    match single_line("time zone", text, 60) {
        Err(TextRefusal::Missing { .. }) => Err("Choose a time zone.".to_owned()),
        Err(refusal) => Err(refusal.to_string()),
        Ok(name) => {
            let zone = chrono_tz::TZ_VARIANTS.into_iter().find(|zone| zone.name().eq_ignore_ascii_case(&name));
            zone.ok_or_else(|| format!("Choose a time zone like Asia/Singapore: there is no “{name}”."))
        }
    }
}

pub fn run(conn: &mut Conn, store: NewStore, now: Moment) -> Result<Store, Failed<AddStoreRefusal>> {
    let NewStore { code, name, marketplace, time_zone } = store;
    let store = Store { code, name, marketplace, time_zone: time_zone.name().to_owned(), created_at: now };
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
