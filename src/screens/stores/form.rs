//! The form of a store, new or not.

use crate::{
    actions::stores::{add_store, edit_store::StoreEdit},
    db::stores::Store,
    web::form::FormErrors,
};
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct StoreForm {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) marketplace: String,
    pub(super) time_zone: String,
}

impl StoreForm {
    pub(super) fn of(store: &Store) -> Self {
        let Store { code, name, marketplace, time_zone, created_at: _ } = store.clone();
        Self { code: code.to_string(), name, marketplace, time_zone }
    }

    /// Everything but the code.
    pub(super) fn parse_edit(&self, errors: &mut FormErrors) -> Option<StoreEdit> {
        let name = errors.keep("name", add_store::parse_name(&self.name));
        let marketplace = errors.keep("marketplace", add_store::parse_marketplace(&self.marketplace));
        let time_zone = errors.keep("time_zone", add_store::parse_zone(&self.time_zone));
        Some(StoreEdit { name: name?, marketplace: marketplace?, time_zone: time_zone? })
    }
}

/// The zones that a form offers: places, and UTC; not the aliases for old programs.
pub(super) fn zone_names() -> impl Iterator<Item = &'static str> {
    let names = chrono_tz::TZ_VARIANTS.into_iter().map(chrono_tz::Tz::name);
    names.filter(|name| *name == "UTC" || (name.contains('/') && !name.starts_with("Etc/")))
}
