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

const PATH: &str = "/push-log";

pub fn of_store(store: &StoreCode) -> String {
    href(PATH, &[("store", store.as_str())])
}

pub fn of_sku(sku: &SkuCode) -> String {
    href(PATH, &[("sku", sku.as_str())])
}

fn tone(outcome: PushOutcome) -> &'static str {
    use crate::domain::stores::failure::FailureClass::{Credentials, Locked, Mapping, Temporary, Throttled};
    match outcome {
        PushOutcome::Acknowledged => "success",
        PushOutcome::Failed(Throttled | Temporary | Locked) => "warning",
        PushOutcome::Failed(Credentials | Mapping) => "danger",
    }
}
