//! Controls the simulated marketplaces from the same process.

use super::{
    call::Call,
    fault::{CallKind, Fault, PlannedFault},
    registry,
    shop::{App, Calls, Campaign, Change, ChangedBy, NewShop, Product, ProductId, Refusal, Shop, Warehouse, World},
    simulated::SimulatedMarketplace,
};
use crate::{
    clock::Clock,
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::Credentials,
};
use actix_web::HttpResponse;
use chrono::TimeDelta;
use governor::{Quota, RateLimiter};
use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
};

/// The shops of all simulated marketplaces. Clones share them.
#[derive(Clone)]
pub struct Marketplace {
    world: Arc<Mutex<World>>,
    clock: Clock,
}

/// What a store needs to push to a shop.
#[derive(Debug, Clone)]
pub struct Access {
    /// The path of the API, relative to the address of the server.
    pub api_path: String,
    pub credentials: Credentials,
}

impl Marketplace {
    pub fn new(clock: Clock) -> Self {
        Self { world: Arc::default(), clock }
    }

    /// Opens a shop, and replaces an earlier one with the same code.
    /// Its seller has given permission to the app of its marketplace, if there is one.
    pub fn open_shop(&self, code: &str, kind: ConnectorKind) -> Access {
        let simulated = registry::of_kind(kind);
        let mut world = self.world();
        let app = world.apps.get(kind.as_str()).map(|app| app.keys.clone());
        let credentials = simulated.new_credentials(code, app.as_ref(), self.now());
        let mut shop = Shop::new(kind, credentials.clone());
        code.clone_into(&mut shop.account);
        shop.address.clone_from(&world.address);
        if app.is_some() {
            shop.seller_id += 1 + world.shops.len() as u64;
        }
        world.shops.insert(code.to_owned(), shop);
        drop(world);
        if let Some(calls) = simulated.calls_per_second() {
            self.limit(code, calls);
        }
        Access { api_path: simulated.api_path(code), credentials }
    }

    /// Makes an app of a marketplace that has apps, and returns its keys. Sellers are only sent back to addresses that begin
    /// with `redirect`, if there is one. Shops that are opened later have this app.
    pub fn open_app(&self, kind: ConnectorKind, redirect: Option<&str>) -> Credentials {
        let asking = registry::ASKING.iter().find(|asking| asking.asks_for() == kind);
        let keys = asking.expect("the marketplace has apps").new_app();
        let app = App { keys: keys.clone(), redirect: redirect.map(str::to_owned), codes: BTreeMap::new() };
        self.world().apps.insert(kind.as_str(), app);
        keys
    }

    /// The keys of the app of a marketplace that has one.
    pub(super) fn app_keys(&self, kind: ConnectorKind) -> Option<Credentials> {
        self.world().apps.get(kind.as_str()).map(|app| app.keys.clone())
    }

    /// Gives a shop a name and a country, and returns the number of its seller.
    pub fn name_shop(&self, code: &str, name: &str, country: &str) -> u64 {
        let mut world = self.world();
        let shop = world.shops.get_mut(code).expect("the shop is open");
        name.clone_into(&mut shop.name);
        country.clone_into(&mut shop.country);
        shop.seller_id
    }

    /// Opens the shops of an account that has not given permission to anybody yet.
    pub fn open_account(&self, kind: ConnectorKind, account: &str, shops: &[NewShop]) {
        for new in shops {
            self.open_shop(new.code, kind);
            self.with(new.code, |shop| {
                new.name.clone_into(&mut shop.name);
                new.country.clone_into(&mut shop.country);
                account.clone_into(&mut shop.account);
                shop.credentials = shop.credentials.clone().with_tokens(None, None);
            });
        }
    }

    /// The id of the product at `position` in a list, which has the seller SKU `code`.
    pub fn product_id(kind: ConnectorKind, position: usize, code: &str) -> ProductId {
        registry::of_kind(kind).product_id(position, code)
    }

    pub fn limit(&self, shop: &str, calls_per_second: NonZeroU32) {
        let limit = RateLimiter::direct(Quota::per_second(calls_per_second));
        self.with(shop, |shop| shop.limit = Some(limit));
    }

    pub fn add_product(&self, shop: &str, id: &ProductId, seller_sku: &str, quantity: i64) {
        self.world().set(shop, id, seller_sku, quantity, ChangedBy::Hand, self.now());
    }

    /// Adds so many products, each with a seller SKU made of its position, and made a second after the one before it. It is
    /// cheap: a shop may have 100,000 of them.
    pub fn add_products(&self, shop: &str, count: usize, quantity: i64, seller_sku: impl Fn(usize) -> String) {
        let mut world = self.world();
        let now = self.now();
        let Some(found) = world.shops.get_mut(shop) else { return };
        for position in 0..count {
            let seller_sku = seller_sku(position);
            let id = registry::of_kind(found.kind).product_id(position, &seller_sku);
            let age = TimeDelta::seconds(i64::try_from(count - position).unwrap_or(0));
            let product = Product {
                seller_sku,
                quantity: Some(quantity),
                created_at: Some(now.plus(-age)),
                ..Product::default()
            };
            found.products.insert(id, product);
        }
    }

    /// Deletes a product, as its seller may do at the marketplace.
    pub fn delete_product(&self, shop: &str, id: &ProductId) {
        self.with(shop, |shop| drop(shop.products.remove(id)));
    }

    pub fn quantity(&self, shop: &str, id: &ProductId) -> Option<i64> {
        self.world().shops.get(shop)?.products.get(id)?.quantity
    }

    pub fn products(&self, shop: &str) -> Vec<(ProductId, Product)> {
        let world = self.world();
        let products = world.shops.get(shop).map(|shop| shop.products.clone().into_iter().collect());
        products.unwrap_or_default()
    }

    /// Sells up to `units` units, as many as the shop shows, and returns how many.
    pub fn sell(&self, shop: &str, id: &ProductId, units: i64) -> i64 {
        let mut world = self.world();
        let product = world.shops.get(shop).and_then(|shop| shop.products.get(id));
        let shown = product.and_then(|product| product.quantity).unwrap_or(0);
        let sold = units.clamp(0, shown.max(0));
        if sold > 0 {
            world.set(shop, id, "", shown - sold, ChangedBy::Sale, self.now());
        }
        if let Some(shop) = world.shops.get_mut(shop)
            && let Some(product) = shop.products.get_mut(id)
            && registry::of_kind(shop.kind).keeps_open_orders_in_quantity()
        {
            product.reserved += sold;
        }
        sold
    }

    pub fn add_campaign(&self, shop: &str, id: &ProductId, campaign: Campaign) {
        self.with(shop, |shop| shop.products.entry(id.clone()).or_default().campaigns.push(campaign));
    }

    /// Adds a warehouse of the seller. The first one is the main one, which [`Product::quantity`] is about.
    pub fn add_warehouse(&self, shop: &str, warehouse: Warehouse) {
        self.with(shop, |shop| shop.warehouses.push(warehouse));
    }

    /// Changes a product as tests need it; it is added if the shop does not have it.
    pub fn change_product(&self, shop: &str, id: &ProductId, change: impl FnOnce(&mut Product)) {
        self.with(shop, |shop| change(shop.products.entry(id.clone()).or_default()));
    }

    /// Refuses every call of the shop, or none any more.
    pub fn refuse(&self, shop: &str, refusal: Option<Refusal>) {
        self.with(shop, |shop| shop.refusal = refusal);
    }

    /// Sets the size of each of a product's descriptions, where the marketplace answers with whole products.
    pub fn set_description_bytes(&self, shop: &str, bytes: usize) {
        self.with(shop, |shop| shop.description_bytes = bytes);
    }

    pub fn add_fault(&self, shop: &str, fault: impl Into<PlannedFault>) {
        let fault = fault.into();
        self.with(shop, |shop| shop.faults.add(fault));
    }

    pub fn clear_faults(&self, shop: &str) {
        self.with(shop, |shop| shop.faults.clear());
    }

    /// Lets the access token of a shop expire now. The refresh token remains valid.
    pub fn expire_access(&self, shop: &str) {
        let now = self.now();
        self.with(shop, |shop| shop.expire_access(now));
    }

    /// Revokes or restores the seller's permission. While it is revoked, no token is valid.
    pub fn set_revoked(&self, shop: &str, is_revoked: bool) {
        self.with(shop, |shop| shop.is_revoked = is_revoked);
    }

    /// Begins or ends the holiday of the seller, during which stock cannot be changed.
    pub fn set_holiday(&self, shop: &str, is_on_holiday: bool) {
        self.with(shop, |shop| shop.is_on_holiday = is_on_holiday);
    }

    /// Replaces the credentials that are valid, as when a seller enters another secret.
    pub fn set_credentials(&self, shop: &str, credentials: Credentials) {
        self.with(shop, |shop| shop.credentials = credentials);
    }

    /// The credentials that are valid now.
    pub fn credentials(&self, shop: &str) -> Option<Credentials> {
        self.world().shops.get(shop).map(|shop| shop.credentials.clone())
    }

    pub fn calls(&self, shop: &str) -> Calls {
        self.world().shops.get(shop).map(|shop| shop.calls).unwrap_or_default()
    }

    /// The changes after the one with the number `after`, oldest first.
    pub fn journal(&self, after: u64) -> Vec<Change> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.world().journal.iter().skip(after).cloned().collect()
    }

    /// The server is at this address from now on.
    pub(super) fn serve_at(&self, address: &str) {
        let mut world = self.world();
        address.clone_into(&mut world.address);
        for shop in world.shops.values_mut() {
            address.clone_into(&mut shop.address);
        }
    }

    /// The shops are those of the stores of the program at this address: orders have links to it.
    pub fn link_to(&self, program: &str) {
        program.clone_into(&mut self.world().program);
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no thread panics while it holds the lock")
    }

    fn with(&self, shop: &str, change: impl FnOnce(&mut Shop)) {
        if let Some(shop) = self.world().shops.get_mut(shop) {
            change(shop);
        }
    }

    /// Counts a call. Returns its shop and the fault to inject into it.
    pub(super) fn receive(&self, simulated: &dyn SimulatedMarketplace, call: &Call) -> Option<(String, Option<Fault>)> {
        let mut world = self.world();
        let code = simulated.shop_of(&world, call)?;
        let call_kind = simulated.call_kind(&call.path);
        let shop = world.shops.get_mut(&code)?;
        let count = match call_kind {
            CallKind::Write => &mut shop.calls.writes,
            CallKind::Read => &mut shop.calls.reads,
            CallKind::Orders => &mut shop.calls.orders,
            CallKind::Token => &mut shop.calls.tokens,
        };
        *count += 1;
        let fault = shop.faults.next(call_kind);
        Some((code, fault))
    }

    pub(super) fn respond(
        &self,
        simulated: &dyn SimulatedMarketplace,
        code: &str,
        call: &Call,
        fault: Option<Fault>,
    ) -> HttpResponse {
        let mut world = self.world();
        // The shop may have been replaced while a slow call was waiting.
        if !world.shops.contains_key(code) {
            return simulated.unknown_shop();
        }
        simulated.respond(&mut world, code, call, fault, self.now())
    }
}
