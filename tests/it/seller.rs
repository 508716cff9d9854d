//! Shops on simulated marketplaces, and a seller whose stores push to them: Product-0, Product-1, … are listed on a
//! store of every kind.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{add_stores, at, connect, list, list_kit, read, sku_code, stock, store_code},
    support::TestApp,
};
use chrono::TimeDelta;
use flashsale::{
    actions::stores::{
        connect_store::ConnectionInput,
        map_listings::{self, Mapping},
    },
    clock::Clock,
    db::{
        availability,
        stores::{
            connections, listings,
            pushes::{self, Push},
        },
    },
    demo::marketplace::ProductId,
    domain::{
        code::SkuCode,
        stores::{connection::ConnectorKind, mapping::ListingIds},
    },
    marketplaces::{HttpClient, Timeouts, lazada, seal::SealKey, shopee, webhook, zalora},
    sync::{
        access::Access,
        campaigns, messages,
        pull::Puller,
        push::{Pusher, Times},
    },
};
use secrecy::ExposeSecret;
use std::{num::NonZeroU32, sync::Arc, time::Duration};

/// A store of every kind that is pushed to.
pub const STORES: [(&str, ConnectorKind); 4] = [
    ("lazada-sg", lazada::KIND),
    ("shopee-sg", shopee::KIND),
    ("zalora-sg", zalora::KIND),
    ("own-shop", webhook::KIND),
];

/// How long the leases of the jobs last.
const LEASE: Duration = Duration::from_secs(5);

/// How long answers may take where no test is about that.
const PATIENT: Timeouts = Timeouts { connect: Duration::from_secs(2), whole: Duration::from_secs(20) };

/// The seller.
pub struct Seller {
    pub app: TestApp,
    pub market: Marketplaces,
    pub key: SealKey,
    pub products: usize,
    /// What kits on every store are made of: products with their units. The marketplaces know them as the products after
    /// the last.
    pub kits: Vec<Vec<(usize, i64)>>,
}

pub fn product(nth: usize) -> String {
    format!("Product-{nth}")
}

/// By what the marketplace of a kind knows a product.
pub fn product_id(kind: ConnectorKind, nth: usize) -> ProductId {
    match kind.as_str() {
        "lazada" | "shopee" => ProductId { item: (1_000 + nth).to_string(), variant: (9_000 + nth).to_string() },
        "zalora" => ProductId { item: (1_000 + nth).to_string(), variant: String::new() },
        _ => ProductId { item: product(nth), variant: String::new() },
    }
}

impl Seller {
    /// A seller with so many products, 100 of each, on every store. The server's jobs do not run: the test pushes.
    pub fn open(products: usize) -> Self {
        let mut app = TestApp::start();
        app.stop();
        let market = Marketplaces::start(app.clock());
        Self::settle_in(app, market, SealKey::random(), products)
    }

    /// The same with a server that shows pages, sends nothing and reads no orders.
    pub fn open_with_pages(products: usize) -> Self {
        let key = SealKey::random();
        let written = key.to_base64();
        let app = TestApp::start_with(&[
            ("FLASHSALE_PUSH", "no"),
            ("FLASHSALE_PULL", "no"),
            ("FLASHSALE_CREDENTIALS_KEY", written.expose_secret()),
        ]);
        let market = Marketplaces::start(app.clock());
        Self::settle_in(app, market, key, products)
    }

    /// The same with the machine's time, for servers of their own.
    pub fn open_now(products: usize) -> Self {
        let mut app = TestApp::start();
        app.stop();
        Self::settle_in(app, Marketplaces::start(Clock::system()), SealKey::random(), products)
    }

    fn settle_in(app: TestApp, market: Marketplaces, key: SealKey, products: usize) -> Self {
        let seller = Self { app, market, key, products, kits: Vec::new() };
        let stores = STORES.map(|(store, _)| store);
        add_stores(&seller.app.database, &stores);
        for nth in 0..products {
            stock(&seller.app.database, at(0), &product(nth), 100, 0);
            list(&seller.app.database, at(0), &product(nth), &stores).expect("listed");
        }
        STORES.iter().for_each(|(store, kind)| seller.connect(store, *kind));
        seller
    }

    fn connect(&self, store: &str, kind: ConnectorKind) {
        let access = self.market.marketplace.open_shop(store, kind);
        // The limits of the documents are of real time, and the clock of a test stands still.
        self.market.marketplace.limit(store, NonZeroU32::new(10_000).expect("not 0"));
        for nth in 0..self.products {
            self.market.marketplace.add_product(store, &product_id(kind, nth), &product(nth), 0);
            self.map(store, kind, nth, nth);
        }
        let input = ConnectionInput {
            store: store_code(store),
            kind,
            api_url: format!("{}{}", self.market.address, access.api_path),
            credentials: Some(self.key.seal(&store_code(store), &access.credentials)),
            rate: 1_000,
            warehouse: None,
            shop: None,
        };
        connect(&self.app.database, &input);
    }

    /// Says that the marketplace knows a product as what it calls its product `known_as`.
    pub fn map(&self, store: &str, kind: ConnectorKind, nth: usize, known_as: usize) {
        let ProductId { item, variant } = product_id(kind, known_as);
        let mapping = Mapping {
            sku: sku_code(&product(nth)),
            store: store_code(store),
            ids: ListingIds {
                seller_sku: product(nth),
                item_id: Some(item),
                variant_id: Some(variant).filter(|variant| !variant.is_empty()),
            },
        };
        let answers = self.app.write(|conn| map_listings::run(conn, std::slice::from_ref(&mapping)).expect("mapped"));
        assert!(answers[0].is_ok(), "{answers:?}");
    }

    /// Lists a kit on every store.
    pub fn add_kit(&mut self, made_of: &[(usize, i64)]) {
        let nth = self.products + self.kits.len();
        let parts: Vec<String> = made_of.iter().map(|(nth, units)| format!("{}*{units}", product(*nth))).collect();
        for (store, kind) in STORES {
            let id = product_id(kind, nth);
            self.market.marketplace.add_product(store, &id, &product(nth), 0);
            let listing = list_kit(&self.app.database, at(0), store, &product(nth), &parts.join("|"));
            let variant_id = Some(id.variant).filter(|variant| !variant.is_empty());
            let ids = ListingIds { seller_sku: product(nth), item_id: Some(id.item), variant_id };
            self.app.write(|conn| listings::map(conn, listing, &ids).expect("mapped"));
        }
        self.kits.push(made_of.to_vec());
    }

    /// The job, with a patience that tests have.
    pub fn pusher(&self) -> Pusher {
        self.pusher_that(false, Duration::from_millis(500))
    }

    /// The job of a server that reads orders as well: raises wait for them. It waits longer for answers, since a machine that is
    /// busy with other tests is no fault of a marketplace.
    pub fn careful_pusher(&self) -> Pusher {
        self.pusher_that(true, Duration::from_secs(10))
    }

    fn pusher_that(&self, waits_for_orders: bool, whole: Duration) -> Pusher {
        let times = Times::of_server(Duration::from_secs(120), LEASE, waits_for_orders);
        Pusher::new(self.access(Timeouts { connect: whole, whole }), times)
    }

    fn access(&self, answer: Timeouts) -> Arc<Access> {
        let (database, clock) = (self.app.database.clone(), self.app.clock());
        Arc::new(Access::new(database, clock.clone(), Some(self.key.clone()), HttpClient::new(answer, clock)))
    }

    /// What reads the orders, a day back for the first time.
    pub fn puller(&self) -> Puller {
        Puller::new(self.access(PATIENT), TimeDelta::days(1), LEASE)
    }

    /// Takes the messages that marketplaces could not deliver.
    pub fn fetch_lost(&self) {
        let access = self.access(PATIENT);
        actix_web::rt::System::new().block_on(messages::fetch_lost(&access)).expect("no database error");
    }

    /// Reads orders until no store is due at this moment.
    pub fn pull(&self, puller: &Puller) {
        actix_web::rt::System::new().block_on(async { while puller.run_once().await.expect("no database error") {} });
    }

    /// Reads the campaigns of every store that is due at this moment.
    pub fn read_campaigns(&self) {
        let access = self.access(PATIENT);
        let now = self.app.now();
        let due = read(&self.app.database, |conn| (campaigns::READING.due)(conn, now));
        actix_web::rt::System::new().block_on(async {
            for store in &due {
                campaigns::read_all(&access, store).await.expect("no database error");
            }
        });
    }

    /// Reads one part of the campaigns of a store. Returns whether the next one is due.
    pub fn read_part_of_campaigns(&self, store: &str) -> bool {
        let access = self.access(PATIENT);
        let store = store_code(store);
        let read = campaigns::read_part(&access, &store);
        actix_web::rt::System::new().block_on(read).expect("no database error")
    }

    /// Pushes until there is nothing to do at this moment.
    pub fn push(&self, pusher: &Pusher) {
        actix_web::rt::System::new().block_on(async { while pusher.run_once().await.expect("no database error") {} });
    }

    /// Pushes, and reads orders, until there is nothing to do at this moment.
    pub fn push_and_pull(&self, pusher: &Pusher, puller: &Puller) {
        actix_web::rt::System::new().block_on(async {
            while pusher.run_once().await.expect("no database error")
                || puller.run_once().await.expect("no database error")
            {}
        });
    }

    /// Two of the stores may not be read after that.
    pub fn pause_lazada_and_forget_the_test_of_shopee(&self) {
        self.app.write(|conn| {
            let mut lazada = connections::lock(conn, &store_code("lazada-sg")).expect("a read").expect("connected");
            lazada.pause(at(0), "ops".to_owned(), "A holiday".to_owned());
            connections::update(conn, &lazada).expect("paused");
            let mut shopee = connections::lock(conn, &store_code("shopee-sg")).expect("a read").expect("connected");
            shopee.tested_at = None;
            connections::update(conn, &shopee).expect("not tested");
        });
    }

    /// What every store shows of a product.
    pub fn shown(&self, nth: usize) -> Vec<i64> {
        let of = |(store, kind): &(&str, ConnectorKind)| {
            self.market.marketplace.quantity(store, &product_id(*kind, nth)).unwrap_or(-1)
        };
        STORES.iter().map(of).collect()
    }

    /// What every store should show of it now: 0 where it is not listed.
    pub fn should_show(&self, nth: usize) -> Vec<i64> {
        let now = self.app.now();
        let Some(kit) = nth.checked_sub(self.products) else {
            return self.should_show_at(&sku_code(&product(nth)), now);
        };
        let made_of = &self.kits[kit];
        let of_store = |(store, _): &(&str, ConnectorKind)| {
            let allows = |(nth, units): &(usize, i64)| {
                let code = sku_code(&product(*nth));
                let available = read(&self.app.database, |conn| availability::read(conn, [&code], now));
                available[&code].quantity_for(&store_code(store)).total() / units
            };
            made_of.iter().map(allows).min().expect("a kit has components")
        };
        STORES.iter().map(of_store).collect()
    }

    fn should_show_at(
        &self,
        code: &flashsale::domain::code::SkuCode,
        now: flashsale::domain::moment::Moment,
    ) -> Vec<i64> {
        let (available, listed) = read(&self.app.database, |conn| {
            Ok((availability::read(conn, [code], now)?, listings::of_skus(conn, [code])?))
        });
        let position = available[code].position();
        let mut should = Vec::new();
        for (store, _) in STORES {
            let store = store_code(store);
            let is_listed = listed.get(code).is_some_and(|listings| listings.iter().any(|of| of.store == store));
            should.push(if is_listed { position.quantity_for(&store).total() } else { 0 });
        }
        should
    }

    /// The products of which some store does not show what it should, with both.
    pub fn differences(&self) -> Vec<(String, Vec<i64>, Vec<i64>)> {
        let row = |nth| (product(nth), self.shown(nth), self.should_show(nth));
        (0..self.products + self.kits.len()).map(row).filter(|(_, shown, should)| shown != should).collect()
    }

    /// What is stored of the products that are out of sync.
    fn stored(&self) -> Vec<Push> {
        let codes: Vec<_> = self.differences().iter().filter_map(|(name, ..)| SkuCode::parse(name).ok()).collect();
        read(&self.app.database, |conn| pushes::of_skus(conn, &codes)).into_values().flatten().collect()
    }

    /// Lets time pass and pushes, until every store shows what it should or so much has passed.
    pub fn come_in_step(&self, pusher: &Pusher, within: TimeDelta) {
        self.come_in_step_by(|| self.push(pusher), within);
    }

    /// The same where `push` pushes, and may do more.
    pub fn come_in_step_by(&self, push: impl Fn(), within: TimeDelta) {
        let step = TimeDelta::minutes(5);
        let mut passed = TimeDelta::zero();
        loop {
            push();
            if self.differences().is_empty() {
                return;
            }
            assert!(passed < within, "still not in sync: {:?}, stored is {:?}", self.differences(), self.stored());
            self.app.advance(step);
            passed += step;
        }
    }
}
