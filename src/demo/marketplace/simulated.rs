//! The interface of a simulated marketplace: what differs between them.

use super::{
    call::Call,
    fault::{CallKind, Fault},
    orders::messages::{Changed, Signed},
    shop::{ProductId, World},
};
use crate::{
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::Credentials,
};
use actix_web::HttpResponse;
use std::num::NonZeroU32;

pub(super) trait SimulatedMarketplace: Sync {
    fn kind(&self) -> ConnectorKind;

    /// The prefix of the paths of its API, by which a call is routed to it.
    fn prefix(&self) -> &'static str;

    /// The path of a shop's API, relative to the address of the server.
    fn api_path(&self, _shop: &str) -> String {
        String::new()
    }

    /// The credentials of a new shop: with the keys of `app`, if its marketplace has one.
    fn new_credentials(&self, shop: &str, app: Option<&Credentials>, now: Moment) -> Credentials;

    /// The id of the product at `position` in the demo's list, which has the seller SKU `code`.
    fn product_id(&self, position: usize, code: &str) -> ProductId;

    /// The documented limit of calls for one shop, if there is one.
    fn calls_per_second(&self) -> Option<NonZeroU32> {
        None
    }

    /// Whether the quantity of its API contains the units of open orders, which it subtracts itself.
    fn keeps_open_orders_in_quantity(&self) -> bool {
        false
    }

    /// The number of the order with this id.
    fn order_number(&self, id: u64) -> String {
        id.to_string()
    }

    /// The messages about a new or changed order, where the marketplace sends some.
    fn messages(&self, _world: &World, _changed: &Changed<'_>) -> Vec<Signed> {
        Vec::new()
    }

    /// The response to a call of an app that is for no shop; `None` for any other call.
    fn of_app(&self, _world: &mut World, _call: &Call, _now: Moment) -> Option<HttpResponse> {
        None
    }

    fn call_kind(&self, path: &str) -> CallKind;

    /// The code of the shop that a call is for.
    fn shop_of(&self, world: &World, call: &Call) -> Option<String>;

    /// The response to a call for an unknown shop.
    fn unknown_shop(&self) -> HttpResponse;

    /// The response to a call whose shop is unknown, where it depends on the call.
    fn unknown_caller(&self, _call: &Call) -> HttpResponse {
        self.unknown_shop()
    }

    /// The response to a call for the shop with the code `shop`, which exists.
    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse;
}
