//! The list of the simulated marketplaces.

use super::{lazada::Lazada, shopee::Shopee, simulated::SimulatedMarketplace, webhook::Webhook, zalora::Zalora};
use crate::domain::stores::connection::ConnectorKind;

/// A call goes to the first one whose prefix its path has, so the one with an empty prefix is the last.
static ALL: [&dyn SimulatedMarketplace; 4] = [&Lazada, &Shopee, &Webhook, &Zalora];

/// # Panics
/// If `kind` is not simulated because it has no API: a store may fetch a file instead.
pub(super) fn of_kind(kind: ConnectorKind) -> &'static dyn SimulatedMarketplace {
    let found = ALL.into_iter().find(|marketplace| marketplace.kind() == kind);
    found.unwrap_or_else(|| panic!("no simulated marketplace has the kind {kind:?}"))
}

pub(super) fn of_path(path: &str) -> &'static dyn SimulatedMarketplace {
    let found = ALL.into_iter().find(|marketplace| path.starts_with(marketplace.prefix()));
    found.expect("every path begins with the empty prefix of the last one")
}
