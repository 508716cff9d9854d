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
    use crate::domain::stores::failure::FailureClass as Class;
    match outcome {
        PushOutcome::Acknowledged => "success",
        PushOutcome::Failed(Class::NotWritable) => "neutral",
        PushOutcome::Failed(Class::Throttled | Class::Temporary | Class::Unavailable | Class::Locked) => "warning",
        PushOutcome::Failed(Class::Credentials | Class::PermissionEnded | Class::Mapping) => "danger",
    }
}
