//! Simulated marketplaces: a server that speaks as Lazada, Shopee, Zalora and a webhook do, as strictly as their
//! documents say, and shows what its shops were told. The stores of the demo push to it, so that numbers are seen to
//! arrive; the tests push to it and have it fail in every way there is.
//!
//! Each is a file, and a line in the list [`ALL`]. They are steered from the same process by [`Marketplace`], and from others by HTTP under `/control` (see `control.rs`).

mod call;
mod control;
mod fault;
mod lazada;
mod page;
mod pretended;
mod shop;
mod shopee;
mod webhook;
mod zalora;

use crate::{
    clock::Clock,
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::Credentials,
};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    web::{self, Bytes, Data, PayloadConfig},
};
use call::Call;
pub use fault::{CallKind, Fault, FaultOrder};
use pretended::Pretended;
pub use shop::{Calls, Campaign, Change, ChangedBy, Product, ProductId};
use shop::{Shop, World};
use std::{
    io,
    net::TcpListener,
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// All of them. The first one whose prefix fits takes a call, so the one without a prefix is the last.
static ALL: [&dyn Pretended; 4] = [&lazada::Lazada, &shopee::Shopee, &webhook::Webhook, &zalora::Zalora];

/// The most bytes of a call.
const CALL_BYTES: usize = 4 << 20;

/// The marketplaces, and what steers them. Clones are the same ones.
#[derive(Clone)]
pub struct Marketplace {
    world: Arc<Mutex<World>>,
    clock: Clock,
}

/// What a store has to be given to push to a shop.
#[derive(Debug, Clone)]
pub struct Access {
    /// The path of its API, to be put behind the address of the server.
    pub api_path: String,
    /// Its credentials.
    pub credentials: Credentials,
}

impl Marketplace {
    /// Marketplaces without shops, whose time `clock` tells.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { world: Arc::default(), clock }
    }

    /// A server of them. It runs when the answer is awaited, inside an actix system, and leaves signals to others. Style
    /// sheets come from `static_dir`, if there is one.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn server(&self, listener: TcpListener, static_dir: Option<PathBuf>) -> io::Result<Server> {
        let marketplace = Data::new(self.clone());
        let server = HttpServer::new(move || {
            let app = App::new()
                .app_data(marketplace.clone())
                .app_data(PayloadConfig::new(CALL_BYTES))
                .route("/", web::get().to(page::show))
                .service(control::scope());
            let app = match &static_dir {
                Some(folder) => app.service(actix_files::Files::new("/static", folder)),
                None => app,
            };
            app.default_service(web::to(answer))
        });
        // A call that hangs holds nobody up when the server is told to stop.
        Ok(server.workers(1).shutdown_timeout(0).disable_signals().tcp_nodelay(true).listen(listener)?.run())
    }

    /// Opens a shop, and answers what a store needs to push to it. One that was there is gone.
    ///
    /// # Panics
    /// When nothing is pushed to that kind.
    pub fn open_shop(&self, code: &str, kind: ConnectorKind) -> Access {
        let pretended = pretended::of_kind(kind);
        let credentials = pretended.new_credentials(code, self.now());
        self.world().shops.insert(code.to_owned(), Shop::new(kind, credentials.clone()));
        Access { api_path: pretended.api_path(code), credentials }
    }

    /// How the marketplace of `kind` numbers the product at a place of a list, of which the seller's code is `code`.
    ///
    /// # Panics
    /// When nothing is pushed to that kind.
    #[must_use]
    pub fn product_id(kind: ConnectorKind, place: usize, code: &str) -> ProductId {
        pretended::of_kind(kind).product_id(place, code)
    }

    /// Lets a shop take so many calls a second.
    pub fn limit(&self, shop: &str, calls_a_second: NonZeroU32) {
        self.with(shop, |shop| shop.limit(calls_a_second));
    }

    /// Puts a product on sale that shows `quantity`.
    pub fn add_product(&self, shop: &str, id: &ProductId, seller_sku: &str, quantity: i64) {
        self.world().set(shop, id, seller_sku, quantity, ChangedBy::Hand, self.now());
    }

    /// Takes a product off sale.
    pub fn remove_product(&self, shop: &str, id: &ProductId) {
        self.with(shop, |shop| drop(shop.products.remove(id)));
    }

    /// What a shop shows of a product, if it was told.
    #[must_use]
    pub fn quantity(&self, shop: &str, id: &ProductId) -> Option<i64> {
        self.world().shops.get(shop)?.products.get(id)?.quantity
    }

    /// Every product of a shop.
    #[must_use]
    pub fn products(&self, shop: &str) -> Vec<(ProductId, Product)> {
        let world = self.world();
        let products = world.shops.get(shop).map(|shop| shop.products.clone().into_iter().collect());
        products.unwrap_or_default()
    }

    /// Sells units to a buyer, as many as there are; answers how many.
    pub fn sell(&self, shop: &str, id: &ProductId, units: i64) -> i64 {
        let mut world = self.world();
        let product = world.shops.get(shop).and_then(|shop| shop.products.get(id));
        let shown = product.and_then(|product| product.quantity).unwrap_or(0);
        let sold = units.clamp(0, shown.max(0));
        if sold > 0 {
            world.set(shop, id, "", shown - sold, ChangedBy::Sale, self.now());
        }
        sold
    }

    /// Has a campaign keep units of a product.
    pub fn keep(&self, shop: &str, id: &ProductId, campaign: Campaign) {
        self.with(shop, |shop| shop.products.entry(id.clone()).or_default().campaigns.push(campaign));
    }

    /// Orders a shop to do something wrong.
    pub fn order(&self, shop: &str, order: impl Into<FaultOrder>) {
        let order = order.into();
        self.with(shop, |shop| shop.faults.add(order));
    }

    /// Has a shop do everything right again.
    pub fn behave(&self, shop: &str) {
        self.with(shop, |shop| shop.faults.clear());
    }

    /// Lets the access token of a shop end now. A new one is given for the refresh token.
    pub fn end_access(&self, shop: &str) {
        let now = self.now();
        self.with(shop, |shop| shop.end_access(now));
    }

    /// Takes the permission back that a shop gave, or gives it again: until then nothing lets anybody in.
    pub fn revoke(&self, shop: &str, is_revoked: bool) {
        self.with(shop, |shop| shop.is_revoked = is_revoked);
    }

    /// The credentials that count now.
    #[must_use]
    pub fn credentials(&self, shop: &str) -> Option<Credentials> {
        self.world().shops.get(shop).map(|shop| shop.credentials.clone())
    }

    /// How often a shop was asked.
    #[must_use]
    pub fn calls(&self, shop: &str) -> Calls {
        self.world().shops.get(shop).map(|shop| shop.calls).unwrap_or_default()
    }

    /// Everything that changed after the change of that number, in its order.
    #[must_use]
    pub fn journal(&self, after: u64) -> Vec<Change> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.world().journal.iter().skip(after).cloned().collect()
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("nobody panics with the marketplaces in hand")
    }

    fn with(&self, shop: &str, change: impl FnOnce(&mut Shop)) {
        if let Some(shop) = self.world().shops.get_mut(shop) {
            change(shop);
        }
    }

    /// The shop that a call is for and what it is to do wrong, counted.
    fn receive(&self, pretended: &dyn Pretended, call: &Call) -> Option<(String, Option<Fault>)> {
        let mut world = self.world();
        let code = pretended.shop_of(&world, call)?;
        let call_kind = pretended.call_kind(&call.path);
        let shop = world.shops.get_mut(&code)?;
        let count = match call_kind {
            CallKind::Write => &mut shop.calls.writes,
            CallKind::Read => &mut shop.calls.reads,
            CallKind::Token => &mut shop.calls.tokens,
        };
        *count += 1;
        let fault = shop.faults.next(call_kind);
        Some((code, fault))
    }

    fn respond(&self, pretended: &dyn Pretended, code: &str, call: &Call, fault: Option<Fault>) -> HttpResponse {
        let mut world = self.world();
        if !world.shops.contains_key(code) {
            return pretended.unknown_shop();
        }
        pretended.answer(&mut world, code, call, fault, self.now())
    }
}

/// Answers a call of a marketplace's API.
async fn answer(request: HttpRequest, body: Bytes, marketplace: Data<Marketplace>) -> HttpResponse {
    let call = Call::read(&request, body);
    let pretended = pretended::of_path(&call.path);
    let Some((code, fault)) = marketplace.receive(pretended, &call) else { return pretended.unknown_shop() };
    match fault {
        Some(Fault::Slow { milliseconds }) => tokio::time::sleep(Duration::from_millis(milliseconds)).await,
        Some(Fault::Hang) => tokio::time::sleep(fault::HANGS_FOR).await,
        Some(Fault::Drop) => return call::broken(),
        Some(Fault::Huge) => return call::huge(),
        Some(Fault::Garbage) => return call::garbage(),
        Some(Fault::ServerError) => return HttpResponse::InternalServerError().body("Something went wrong."),
        _ => {}
    }
    let answer = marketplace.respond(pretended, &code, &call, fault);
    if fault == Some(Fault::DropAfter) { call::broken() } else { answer }
}
