//! The list of the simulated marketplaces, and a file for each.

mod lazada;
mod shopee;
mod webhook;
mod zalora;

use super::{authorization::AsksSellers, simulated::SimulatedMarketplace};
use crate::domain::stores::connection::ConnectorKind;
use lazada::Lazada;
use shopee::Shopee;
use webhook::Webhook;
use zalora::Zalora;

static ALL: &[&dyn SimulatedMarketplace] = &[&Lazada, &Shopee, &Webhook, &Zalora];

/// Those with a page on which sellers give an app permission.
pub(super) static ASKING: &[&dyn AsksSellers] = &[&Lazada, &Shopee];

/// # Panics
/// If `kind` is not simulated because it has no API: a store may fetch a file instead.
pub(super) fn of_kind(kind: ConnectorKind) -> &'static dyn SimulatedMarketplace {
    let found = ALL.iter().find(|marketplace| marketplace.kind() == kind);
    *found.unwrap_or_else(|| panic!("no simulated marketplace has the kind {kind:?}"))
}

/// The marketplace whose prefix is the longest of those that the path begins with: one of them has an empty prefix.
pub(super) fn of_path(path: &str) -> &'static dyn SimulatedMarketplace {
    let candidates = ALL.iter().filter(|marketplace| path.starts_with(marketplace.prefix()));
    *candidates.max_by_key(|marketplace| marketplace.prefix().len()).expect("one has an empty prefix")
}
