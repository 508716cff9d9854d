//! The form of a store, new or not.

use crate::{
    actions::stores::{add_store, edit_store::StoreEdit},
    db::stores::Store,
    domain::{
        money::Currency,
        place::{Country, parse_zone},
    },
    web::form::{FormErrors, SelectOption},
};
use chrono_tz::Tz;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StoreForm {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) marketplace: String,
    pub(super) time_zone: String,
    /// Empty for that of the time zone.
    pub(super) country: String,
    /// Empty for that of the country.
    pub(super) currency: String,
}

impl StoreForm {
    pub(super) fn of(store: &Store) -> Self {
        let Store { code, name, marketplace, time_zone, created_at: _, country, currency } = store.clone();
        Self {
            code: code.to_string(),
            name,
            marketplace,
            time_zone,
            country: country.map(Country::code).unwrap_or_default().to_owned(),
            currency: currency.map(Currency::code).unwrap_or_default().to_owned(),
        }
    }

    /// What is filled in for a new store that sells in `country`.
    pub(super) fn suggested(code: String, name: String, marketplace: &str, country: Option<Country>) -> Self {
        let zone = country.and_then(Country::main_zone);
        let currency = country.and_then(Currency::of);
        Self {
            code,
            name,
            marketplace: marketplace.to_owned(),
            time_zone: zone.map_or("", Tz::name).to_owned(),
            country: country.map(Country::code).unwrap_or_default().to_owned(),
            currency: currency.map(Currency::code).unwrap_or_default().to_owned(),
        }
    }

    /// One of several forms that were typed on one page. `value` has the value of a field.
    pub(super) fn typed(marketplace: &str, value: impl Fn(&str) -> String) -> Self {
        Self {
            code: value("code"),
            name: value("name"),
            marketplace: marketplace.to_owned(),
            time_zone: value("time_zone"),
            country: value("country"),
            currency: value("currency"),
        }
    }

    /// Everything but the code.
    pub(super) fn parse_edit(&self, errors: &mut FormErrors) -> Option<StoreEdit> {
        let name = errors.keep("name", add_store::parse_name(&self.name));
        let marketplace = errors.keep("marketplace", add_store::parse_marketplace(&self.marketplace));
        let time_zone = errors.keep("time_zone", parse_zone(&self.time_zone));
        let country = errors.keep("country", chosen(&self.country, Country::parse));
        let currency = errors.keep("currency", chosen(&self.currency, Currency::parse));
        Some(StoreEdit {
            name: name?,
            marketplace: marketplace?,
            time_zone: time_zone?,
            country: country?,
            currency: currency?,
        })
    }

    pub(super) fn countries(&self) -> Vec<SelectOption> {
        let of_zone = [(String::new(), "That of the time zone".to_owned())].into_iter();
        let countries = Country::all().into_iter().map(|country| (country.code().to_owned(), country.name()));
        SelectOption::list(of_zone.chain(countries), &self.country)
    }

    pub(super) fn currencies(&self) -> Vec<SelectOption> {
        currency_options("That of the country", &self.currency)
    }
}

/// All currencies, and `none` for nothing chosen.
pub fn currency_options(none: &str, chosen: &str) -> Vec<SelectOption> {
    let nothing = [(String::new(), none.to_owned())].into_iter();
    let label = |currency: Currency| (currency.code().to_owned(), format!("{currency}, {}", currency.name()));
    let mut currencies = Currency::all();
    // Programs may choose one that is no country's.
    currencies.extend(Currency::parse(chosen).ok().filter(|chosen| !Currency::all().contains(chosen)));
    SelectOption::list(nothing.chain(currencies.into_iter().map(label)), chosen)
}

/// The parsed value of a select; `None` if nothing was chosen.
pub fn chosen<T>(value: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if value.trim().is_empty() { Ok(None) } else { parse(value).map(Some) }
}
