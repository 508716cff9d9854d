//! Random histories of events for stock and marketplaces: orders, counts, sales and their ends, buyers, faults of
//! every kind, campaigns, pauses, listings that are taken off and come back. Some orders are placed at a marketplace and not
//! known here until they are read. When things go quiet, every store shows what it should; and while nothing fails, no store is
//! raised while another shows more than it should, and none is given back what its buyers took.
//!
//! `FLASHSALE_SIMULATION_SEED` runs one other history, `FLASHSALE_PUSH_STEPS` sets how long each is.

use crate::{
    scene::{assert_verified, cause, create, list, order_number, read, sale, sku_code, stock, store_code},
    seller::{STORES, Seller, product},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    actions::{
        orders::take_orders::{self, Delivery},
        stores::pause_store,
    },
    db::{engine::schema::promotions, orders, stores::listings},
    demo::marketplace::{Campaign, ChangedBy, Fault, PlannedFault},
    domain::{
        code::{OrderNumber, StoreCode},
        id::PromotionId,
        orders::order::{IfShort, NewLine, NewOrder},
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
        stores::connection::ConnectorKind,
    },
    marketplaces::registry,
    sync::{pull::Puller, push::Pusher},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::collections::BTreeMap;

const PRODUCTS: usize = 3;

/// The kit on every store, which its marketplaces know as the product after the last: products with their units.
const KIT: [(usize, i64); 2] = [(0, 2), (1, 1)];

/// The products and the kit that have a product in common with one of them.
fn in_common_with(nth: usize) -> Vec<usize> {
    let is_in_kit = |nth: &usize| KIT.iter().any(|(product, _)| product == nth);
    match nth {
        PRODUCTS => (0..PRODUCTS).filter(is_in_kit).chain([PRODUCTS]).collect(),
        nth if is_in_kit(&nth) => vec![nth, PRODUCTS],
        nth => vec![nth],
    }
}

fn kind_of(store: &str) -> ConnectorKind {
    STORES.into_iter().find(|(code, _)| *code == store).expect("a store").1
}

/// Whether marketplaces fail in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    Foul,
}

#[test]
fn whatever_was_thrown_at_it_every_store_shows_what_it_should_when_things_go_quiet() {
    seeds().for_each(|seed| live_through(seed, Weather::Foul));
}

#[test]
fn while_nothing_fails_no_store_is_raised_while_another_shows_too_much() {
    seeds().for_each(|seed| live_through(seed, Weather::Fair));
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn seeds() -> impl Iterator<Item = u64> {
    number("FLASHSALE_SIMULATION_SEED").map_or(1..=3, |seed| seed..=seed)
}

fn live_through(seed: u64, weather: Weather) {
    println!("FLASHSALE_SIMULATION_SEED={seed}, {weather:?}");
    let mut seller = Seller::open(PRODUCTS);
    seller.add_kit(&KIT);
    let server = Server { pusher: seller.careful_pusher(), puller: seller.puller() };
    let mut history = History {
        seller: &seller,
        random: StdRng::seed_from_u64(seed),
        orders: 0,
        shown: BTreeMap::new(),
        pushed: BTreeMap::new(),
    };
    history.push(&server, weather);
    for _ in 0..number("FLASHSALE_PUSH_STEPS").unwrap_or(150) {
        history.step(weather);
        if history.random.random_ratio(1, 2) {
            history.push(&server, weather);
        }
    }
    history.calm();
    seller.come_in_step_by(|| seller.push_and_pull(&server.pusher, &server.puller), TimeDelta::hours(12));
    assert_verified(&seller.app.database, seller.app.now());
}

/// What pushes and reads orders.
struct Server {
    pusher: Pusher,
    puller: Puller,
}

struct History<'a> {
    seller: &'a Seller,
    random: StdRng,
    orders: u64,
    /// The quantity of every product on every store, and the last entry of the journal that was read.
    shown: BTreeMap<(String, String), i64>,
    /// The quantities that every store was sent last.
    pushed: BTreeMap<(String, String), i64>,
}

impl History<'_> {
    fn step(&mut self, weather: Weather) {
        let (database, now) = (&self.seller.app.database, self.seller.app.now());
        let nth = self.random.random_range(0..PRODUCTS);
        let store = STORES[self.random.random_range(0..STORES.len())].0;
        match self.random.random_range(0..if weather == Weather::Foul { 20 } else { 12 }) {
            0..=3 => {
                let listing = self.random.random_range(0..=PRODUCTS);
                self.order(store, listing);
            }
            4..=5 => stock(database, now, &product(nth), self.random.random_range(0..150), 0),
            6..=7 => {
                let kind = if self.random.random() { StockAllocation } else { StockReservation };
                // It may be refused: there is too little, or the store has one.
                drop(create(
                    database,
                    now,
                    &sale(now, store, kind, &[(&product(nth), self.random.random_range(1..70))]),
                ));
            }
            8 => self.end_some_sale(),
            9 => self.seller.app.advance(TimeDelta::minutes(self.random.random_range(1..20))),
            10..=11 => self.list_or_unlist(store, nth),
            12..=16 => self.fail(store),
            17 => self.seller.market.marketplace.clear_faults(store),
            18 => {
                let ends_at = now.plus(TimeDelta::minutes(self.random.random_range(1..60)));
                let quantity = self.random.random_range(1..80);
                let (id, _) = self.seller.market.marketplace.products(store).swap_remove(nth);
                self.seller.market.marketplace.add_campaign(
                    store,
                    &id,
                    Campaign { quantity, starts_at: None, ends_at },
                );
            }
            _ => drop(database.write_blocking(|conn| pause_store::pause(conn, &cause(now), &store_code(store)))),
        }
    }

    /// Takes a product off a store, or lists it there again.
    fn list_or_unlist(&mut self, store: &str, nth: usize) {
        let database = &self.seller.app.database;
        let code = sku_code(&product(nth));
        let mut stores: Vec<StoreCode> =
            read(database, |conn| listings::plain_stores_of(conn, [&code])).remove(&code).unwrap_or_default();
        let is_listed = stores.contains(&store_code(store));
        if is_listed {
            stores.retain(|listed| listed.as_str() != store);
        } else {
            stores.push(store_code(store));
        }
        let codes: Vec<&str> = stores.iter().map(StoreCode::as_str).collect();
        // It may be refused: a sale holds it there.
        let saved = list(database, self.seller.app.now(), &product(nth), &codes);
        if saved.is_ok() && !is_listed {
            let listing = read(database, |conn| listings::find(conn, &code, &store_code(store))).expect("listed");
            if listing.item_id.is_none() {
                // What the store shows of a new listing is unknown, so its first quantity is no raise.
                self.pushed.insert((store.to_owned(), product(nth)), i64::MAX);
            }
            self.seller.map(store, kind_of(store), nth, nth);
        }
    }

    /// A buyer buys what the store shows. The order arrives, or it is known at the marketplace alone.
    fn order(&mut self, store: &str, nth: usize) {
        let market = &self.seller.market.marketplace;
        let (id, found) = market.products(store).swap_remove(nth);
        let wanted = self.random.random_range(1..8);
        let is_read = registry::describe(kind_of(store)).pulling.is_some();
        if is_read && self.random.random_ratio(1, 2) {
            let units = wanted.min(found.quantity.unwrap_or(0));
            if units > 0 {
                market.place_order(store, &[(id, units)], true).expect("it shows as many");
            }
            return;
        }
        let sold = market.sell(store, &id, wanted);
        if sold == 0 {
            return;
        }
        self.orders += 1;
        let made_of = if nth == PRODUCTS { KIT.to_vec() } else { vec![(nth, 1)] };
        let order = NewOrder {
            store: store_code(store),
            number: OrderNumber::parse(&self.orders.to_string()).expect("a number"),
            placed_at: None,
            lines: made_of
                .iter()
                .map(|(nth, units)| NewLine {
                    item: sku_code(&product(*nth)).into(),
                    quantity: units * sold,
                    unit_price_minor: None,
                })
                .collect(),
        };
        let cause = cause(self.seller.app.now());
        let delivery = Delivery { cause, if_short: IfShort::Record, orders: [order].into() };
        self.seller.app.write(|conn| take_orders::run(conn, &[&delivery]).expect("taken"));
    }

    fn end_some_sale(&mut self) {
        let now = self.seller.app.now();
        let running: Vec<PromotionId> = read(&self.seller.app.database, |conn| {
            promotions::table
                .filter(promotions::ends_at.gt(now))
                .order(promotions::id)
                .select(promotions::id)
                .load(conn)
        });
        if !running.is_empty() {
            let id = running[self.random.random_range(0..running.len())];
            drop(crate::scene::end(&self.seller.app.database, now, id));
        }
    }

    fn fail(&mut self, store: &str) {
        let faults = [
            Fault::Slow { milliseconds: 20 },
            Fault::Drop,
            Fault::DropAfter,
            Fault::Garbage,
            Fault::ServerError,
            Fault::ErrorInside,
            Fault::Throttle { seconds: 60 },
            Fault::EndedToken,
            Fault::RefuseSome,
            Fault::Twice,
        ];
        let fault = faults[self.random.random_range(0..faults.len())];
        let order = PlannedFault::from(fault).times(self.random.random_range(1..5));
        self.seller.market.marketplace.add_fault(store, order);
    }

    /// Pushes what is due now, and checks what was raised meanwhile.
    fn push(&mut self, server: &Server, weather: Weather) {
        // The orders of a store are read once a second at most.
        self.seller.app.advance(TimeDelta::seconds(1));
        let read_before = self.orders_read();
        self.seller.push_and_pull(&server.pusher, &server.puller);
        let is_any_read = self.orders_read() != read_before;
        // A listing that was gone and comes back numbers its quantities from the time on.
        self.seller.app.advance(TimeDelta::milliseconds(1));
        let unread = self.unread();
        let should: Vec<Vec<i64>> = (0..=PRODUCTS).map(|nth| self.seller.should_show(nth)).collect();
        let from = self.shown.get(&(String::new(), String::new())).copied().unwrap_or(0);
        let journal = self.seller.market.marketplace.journal(from.unsigned_abs());
        for change in &journal {
            let sku = self.product_of(&change.shop, &change.product.item);
            let listing = (change.shop.clone(), product(sku));
            self.shown.insert(listing.clone(), change.to);
            if change.by != ChangedBy::Push {
                continue;
            }
            if weather == Weather::Fair && change.from.is_some_and(|from| change.to > from) {
                let of_store = unread.iter().find(|(store, _)| *store == change.shop);
                assert_eq!(of_store, None, "{change:?}: its orders were not read before it was raised");
            }
            // Units that were bought since then are unknown: less than the last push is no raise.
            let before = self.pushed.insert(listing, change.to).unwrap_or(0);
            // An order that was read meanwhile changes what other stores should show.
            if weather == Weather::Fair && change.to > before && !is_any_read {
                for other in in_common_with(sku) {
                    self.check_lowered((&change.shop, sku), other, &should[other]);
                }
            }
        }
        self.shown.insert((String::new(), String::new()), from + journal.len() as i64);
    }

    /// The orders that were placed at marketplaces and are known here, by store and number.
    fn orders_read(&self) -> Vec<(String, String)> {
        self.orders_placed().into_iter().filter(|key| self.is_known(key)).collect()
    }

    /// Those that are not.
    fn unread(&self) -> Vec<(String, String)> {
        self.orders_placed().into_iter().filter(|key| !self.is_known(key)).collect()
    }

    fn orders_placed(&self) -> Vec<(String, String)> {
        let of_store = |store: &str| self.seller.market.marketplace.orders(store);
        STORES
            .iter()
            .flat_map(|(store, _)| of_store(store).into_iter().map(|order| ((*store).to_owned(), order.number)))
            .collect()
    }

    fn is_known(&self, (store, number): &(String, String)) -> bool {
        let found =
            read(&self.seller.app.database, |conn| orders::find(conn, &store_code(store), &order_number(number)));
        found.is_some()
    }

    /// Fails the test if a store shows more of `other` than it should, unless that is what was raised.
    fn check_lowered(&self, raised: (&str, usize), other: usize, should: &[i64]) {
        for (store, should) in STORES.iter().map(|(store, _)| *store).zip(should) {
            let shown = self.shown.get(&(store.to_owned(), product(other))).copied().unwrap_or(0);
            assert!(
                shown <= *should || raised == (store, other),
                "{} was raised on {} while {store} showed {shown} of {}, and should {should}",
                product(raised.1),
                raised.0,
                product(other),
            );
        }
    }

    fn product_of(&self, shop: &str, item: &str) -> usize {
        let products = self.seller.market.marketplace.products(shop);
        products.iter().position(|(id, _)| id.item == item).expect("a product")
    }

    /// Removes all faults and resumes all stores.
    fn calm(&self) {
        let cause = cause(self.seller.app.now());
        for (store, _) in STORES {
            self.seller.market.marketplace.clear_faults(store);
            let resume = |conn: &mut _| pause_store::resume(conn, &cause, &store_code(store));
            self.seller.app.database.write_blocking(resume).expect("resumed");
        }
    }
}
