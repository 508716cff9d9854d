//! Orders that meet: thousands for too little stock, from many connections, singly and together, over several server
//! processes, while sales are created, edited and ended and orders are cancelled. What is sold is what there was, to the
//! unit.

use crate::{
    api::client::Api,
    program::Server,
    scene::{add_stores, assert_verified, at, edit, list, sku_code, stock},
    support::{TestApp, moment},
};
use chrono::TimeDelta;
use flashsale::{
    actions::promotions::apply_changes::EditRefusal,
    clock::Clock,
    db::catalogue::skus,
    domain::{id::PromotionId, promotions::sale_changes::ChangeRefusal, refusal::HoldRefusal},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CLIENTS: usize = 16;
const STORES: [&str; 3] = ["lazada-sg", "shopee-sg", "zalora-sg"];
const SKUS: [&str; 3] = ["Hot-1", "Hot-2", "Hot-3"];
const STOCK: i64 = 1_000;

/// Server processes on one database: one on SQLite, whose file one process writes best; several on PostgreSQL.
struct Race {
    app: TestApp,
    servers: Vec<Server>,
}

impl Race {
    fn start(servers: usize) -> Self {
        let app = TestApp::start();
        add_stores(&app.database, &STORES);
        for sku in SKUS {
            stock(&app.database, at(0), sku, STOCK, 0);
            list(&app.database, at(0), sku, &STORES).expect("listed");
        }
        let servers = (0..servers).map(|_| Server::start(&app.url)).collect();
        Self { app, servers }
    }

    /// Lets every client do `work` with a program of its own, at once.
    fn run<T: Send>(&self, work: impl Fn(usize, &Api) -> T + Sync) -> Vec<T> {
        let work = &work;
        std::thread::scope(|scope| {
            let client = |client: usize| {
                let api = self.app.api().at(self.servers[client % self.servers.len()].address.clone());
                scope.spawn(move || work(client, &api))
            };
            let clients: Vec<_> = (0..CLIENTS).map(client).collect();
            clients.into_iter().map(|client| client.join().expect("no client panics")).collect()
        })
    }

    /// Units that open orders have of each SKU, and what is on hand.
    fn committed(&self) -> BTreeMap<String, i64> {
        let codes = SKUS.map(sku_code);
        let rows = self.app.write(|conn| skus::find_all(conn, &codes).expect("a read"));
        assert!(rows.iter().all(|sku| sku.oversold == 0 && sku.committed <= sku.on_hand), "{rows:?}");
        rows.into_iter().map(|sku| (sku.code.to_string(), sku.committed)).collect()
    }
}

/// How many servers the races are run on.
fn servers() -> &'static [usize] {
    if std::env::var("FLASHSALE_TEST_DATABASE_URL").is_ok() { &[1, 2, 4] } else { &[1] }
}

fn order(store: &str, number: &str, sku: &str, units: i64) -> Value {
    json!({"store": store, "number": number, "lines": [{"sku": sku, "quantity": units}]})
}

/// Sends orders that are refused if they are short, and answers which of them were accepted.
fn send(api: &Api, orders: &[Value]) -> Vec<bool> {
    let body = json!({"orders": orders, "if_short": "reject"});
    let answer = api.post_quickly("/orders", &body).expect("an answer").expect(200).body;
    let results = answer["results"].as_array().expect("a result for each order");
    assert_eq!(results.len(), orders.len());
    results.iter().map(is_accepted).collect()
}

/// What became of an order, which has to be one of the two that it can be.
fn is_accepted(result: &Value) -> bool {
    match result["status"].as_str() {
        Some("accepted") => true,
        Some("rejected") => {
            assert_eq!(result["code"], "not_enough_stock", "{result}");
            false
        }
        _ => panic!("{result}"),
    }
}

#[test]
fn what_is_sold_is_what_there_was_to_the_unit() {
    /// Orders that each client sends one by one, and in how many batches of how many it sends others.
    const SINGLY: usize = 100;
    const BATCHES: usize = 10;
    const TOGETHER: usize = 40;
    for servers in servers() {
        let race = Race::start(*servers);
        let sold = race.run(|client, api| {
            let mut random = StdRng::seed_from_u64(client as u64);
            let mut sold: BTreeMap<&str, i64> = BTreeMap::new();
            let sizes = std::iter::repeat_n(1, SINGLY / 2)
                .chain(std::iter::repeat_n(TOGETHER, BATCHES))
                .chain(std::iter::repeat_n(1, SINGLY / 2));
            for (nth, size) in sizes.enumerate() {
                let wanted: Vec<(&str, i64)> =
                    (0..size).map(|_| (SKUS[random.random_range(0..3)], random.random_range(1..4))).collect();
                let order = |(place, (sku, units)): (usize, &(&str, i64))| {
                    order(STORES[client % 3], &format!("{client}-{nth}-{place}"), sku, *units)
                };
                let orders: Vec<Value> = wanted.iter().enumerate().map(order).collect();
                for (is_accepted, (sku, units)) in send(api, &orders).into_iter().zip(wanted) {
                    if is_accepted {
                        *sold.entry(sku).or_default() += units;
                    }
                }
            }
            sold
        });
        let mut total: BTreeMap<String, i64> = BTreeMap::new();
        sold.into_iter().flatten().for_each(|(sku, units)| *total.entry(sku.to_owned()).or_default() += units);
        assert_eq!(total, race.committed(), "every accepted order is there, on {servers} server(s)");
        assert_eq!(total, SKUS.map(|sku| (sku.to_owned(), STOCK)).into(), "all is sold, on {servers} server(s)");
        assert_verified(&race.app.database, Clock::system().now());
    }
}

/// What one client of the mixture has done so far.
struct Seller<'a> {
    race: &'a Race,
    api: &'a Api,
    store: &'static str,
    name: usize,
    random: StdRng,
    open: Vec<String>,
    sales: Vec<PromotionId>,
}

impl Seller<'_> {
    /// Does something, one thing in four to a sale or an order that it has.
    fn step(&mut self, nth: usize) {
        match self.random.random_range(0..12) {
            0 => self.create(),
            1..=2 if !self.sales.is_empty() => self.edit(),
            3 if !self.sales.is_empty() => {
                let id = self.sales.swap_remove(self.random.random_range(0..self.sales.len()));
                self.api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200);
            }
            4..=6 if !self.open.is_empty() => {
                let number = self.open.swap_remove(self.random.random_range(0..self.open.len()));
                let what = if self.random.random_ratio(3, 4) { "cancel" } else { "ship" };
                self.api.post(&format!("/orders/{}/{number}/{what}", self.store), &json!({})).expect(200);
            }
            _ => self.sell(nth),
        }
    }

    fn sku(&mut self) -> &'static str {
        SKUS[self.random.random_range(0..3)]
    }

    fn create(&mut self) {
        let sale = json!({"name": "11.11", "type": "stock_allocation", "store": self.store,
            "ends_at": "9999-11-11T23:59:00+08:00",
            "products": [{"sku": self.sku(), "quantity": self.random.random_range(1..60)}]});
        let created = self.api.post("/promotions", &sale);
        match created.status {
            201 => self.sales.push(created.body["id"].as_str().expect("an id").parse().expect("an id")),
            409 => assert_eq!(created.code(), "already_held"),
            _ => assert_eq!(created.expect(422).code(), "not_enough_stock"),
        }
    }

    /// Renames one of its sales, moves its end, raises, lowers, adds or removes a product: beside the servers, as one
    /// more of them would.
    fn edit(&mut self) {
        let id = self.sales[self.random.random_range(0..self.sales.len())];
        let (what, sku, units) = (self.random.random_range(0..5), self.sku(), self.random.random_range(1..60));
        let now = Clock::system().now();
        let edited = edit(&self.race.app.database, now, id, |sale| match what {
            0 => sale.name = format!("11.11 with {units}"),
            1 => sale.ends_at = moment("9999-01-01T00:00:00Z").plus(TimeDelta::days(units)),
            2 => drop(sale.products.remove(&sku_code(sku))),
            _ => drop(sale.products.insert(sku_code(sku), units)),
        });
        match edited {
            Ok(_) => {}
            Err(EditRefusal::Refused(refusals)) => assert!(refusals.iter().all(is_about_stock), "{refusals:?}"),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }

    /// Sends an order, or a few of them together.
    fn sell(&mut self, nth: usize) {
        let few = if self.random.random_ratio(1, 4) { 8 } else { 1 };
        let numbers: Vec<String> = (0..few).map(|place| format!("{}-{nth}-{place}", self.name)).collect();
        let orders: Vec<Value> = numbers
            .iter()
            .map(|number| {
                let (sku, units) = (self.sku(), self.random.random_range(1..9));
                order(self.store, number, sku, units)
            })
            .collect();
        let accepted = send(self.api, &orders);
        self.open.extend(numbers.into_iter().zip(accepted).filter_map(|(number, is_open)| is_open.then_some(number)));
    }
}

/// Whether an edit was refused for what there is, has been sold or is held: that changes while it is decided on.
fn is_about_stock(refusal: &ChangeRefusal) -> bool {
    match refusal {
        ChangeRefusal::NoProducts
        | ChangeRefusal::TooFew { .. }
        | ChangeRefusal::TooMany { .. }
        | ChangeRefusal::Product(HoldRefusal::NotEnoughStock { .. } | HoldRefusal::AlreadyHeld { .. }) => true,
        ChangeRefusal::TooManyProducts(_)
        | ChangeRefusal::Schedule(_)
        | ChangeRefusal::Product(HoldRefusal::UnknownSku(_) | HoldRefusal::NotListed { .. }) => false,
    }
}

#[test]
fn orders_creations_edits_ends_and_cancels_in_any_mixture_sell_nothing_twice() {
    const STEPS: usize = 120;
    for servers in servers() {
        let race = Race::start(*servers);
        race.run(|client, api| {
            let mut seller = Seller {
                race: &race,
                api,
                store: STORES[client % 3],
                name: client,
                random: StdRng::seed_from_u64(client as u64),
                open: Vec::new(),
                sales: Vec::new(),
            };
            (0..STEPS).for_each(|nth| seller.step(nth));
        });
        race.committed();
        assert_verified(&race.app.database, Clock::system().now());
    }
}
