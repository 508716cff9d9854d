//! The log of what was sent to the stores: the list, and its export.

pub mod export;
pub mod list;
pub mod moved;

use crate::{
    domain::{
        code::{SkuCode, StoreCode},
        stores::push::PushOutcome,
    },
    web::query::href,
};

/// The address of the list.
const PATH: &str = "/push-log";

/// The address of what was sent to a store.
#[must_use]
pub fn of_store(store: &StoreCode) -> String {
    href(PATH, &[("store", store.as_str())])
}

/// The address of what was sent of a SKU.
#[must_use]
pub fn of_sku(sku: &SkuCode) -> String {
    href(PATH, &[("sku", sku.as_str())])
}

/// The tone of an outcome's badge.
fn tone(outcome: PushOutcome) -> &'static str {
    use crate::domain::stores::failure::FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};
    match outcome {
        PushOutcome::Acknowledged => "success",
        PushOutcome::Failed(Throttled | Temporary | Locked) => "warning",
        PushOutcome::Failed(Credentials | Mapping) => "danger",
    }
}
