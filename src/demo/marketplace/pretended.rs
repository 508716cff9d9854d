//! What each pretended marketplace does in its own way.

use super::{
    ALL,
    call::Call,
    fault::{CallKind, Fault},
    shop::{ProductId, World},
};
use crate::{
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::Credentials,
};
use actix_web::HttpResponse;

/// One pretended marketplace.
pub(super) trait Pretended: Sync {
    /// The marketplace that it pretends to be.
    fn kind(&self) -> ConnectorKind;

    /// What a path of its API begins with: this decides for which marketplace a call is.
    fn prefix(&self) -> &'static str;

    /// The path of the API of a shop, to be put behind the address of the server.
    fn api_path(&self, _shop: &str) -> String {
        String::new()
    }

    /// What a store is given to be let in.
    fn new_credentials(&self, shop: &str, now: Moment) -> Credentials;

    /// How it numbers the product at a place of the demo's list, of which the seller's code is `code`.
    fn product_id(&self, place: usize, code: &str) -> ProductId;

    /// What the call to a path does.
    fn call_kind(&self, path: &str) -> CallKind;

    /// The shop that a call is for.
    fn shop_of(&self, world: &World, call: &Call) -> Option<String>;

    /// The response to a call for a shop that is not there.
    fn unknown_shop(&self) -> HttpResponse;

    /// The response to a call for a shop that is there.
    fn answer(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse;
}

/// The one that pretends to be `kind`.
///
/// # Panics
/// When there is none: nothing is pushed to a file.
pub(super) fn of_kind(kind: ConnectorKind) -> &'static dyn Pretended {
    let found = ALL.into_iter().find(|pretended| pretended.kind() == kind);
    found.unwrap_or_else(|| panic!("no marketplace pretends to be {kind:?}"))
}

/// The one that a call to `path` is for.
pub(super) fn of_path(path: &str) -> &'static dyn Pretended {
    let found = ALL.into_iter().find(|pretended| path.starts_with(pretended.prefix()));
    found.expect("every path begins with the prefix of the last one, which is empty")
}
