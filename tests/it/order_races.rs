//! Orders that meet: too many for too little stock, from many connections, over several server processes, while sales
//! are created and ended and orders are cancelled. What is sold is what there was, to the unit.

use crate::{
    api_client::Api,
    program::Server,
    scene::{add_stores, assert_verified, at, list, sku_code, stock},
    support::TestApp,
};
use flashsale::{clock::Clock, db::skus};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CLIENTS: usize = 16;
const STORES: [&str; 3] = ["lazada-sg", "shopee-sg", "zalora-sg"];
const SKUS: [&str; 3] = ["Hot-1", "Hot-2", "Hot-3"];
const STOCK: i64 = 300;

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
    json!({"orders": [{"store": store, "number": number, "lines": [{"sku": sku, "quantity": units}]}], "if_short": "reject"})
}

/// What became of an order, which has to be one of the two that it can be.
fn is_accepted(api: &Api, order: &Value) -> bool {
    let answer = api.post_quickly("/orders", order).expect("an answer").expect(200).body;
    let result = &answer["results"][0];
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
    const ORDERS: usize = 200;
    for servers in servers() {
        let race = Race::start(*servers);
        let sold = race.run(|client, api| {
            let mut random = StdRng::seed_from_u64(client as u64);
            let mut sold: BTreeMap<&str, i64> = BTreeMap::new();
            for nth in 0..ORDERS {
                let (sku, units) = (SKUS[random.random_range(0..3)], random.random_range(1..4));
                if is_accepted(api, &order(STORES[client % 3], &format!("{client}-{nth}"), sku, units)) {
                    *sold.entry(sku).or_default() += units;
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

#[test]
fn orders_creations_ends_and_cancels_in_any_mixture_sell_nothing_twice() {
    const STEPS: usize = 60;
    for servers in servers() {
        let race = Race::start(*servers);
        race.run(|client, api| {
            let mut random = StdRng::seed_from_u64(client as u64);
            let (store, mut open, mut sales) = (STORES[client % 3], Vec::new(), Vec::new());
            for nth in 0..STEPS {
                let sku = SKUS[random.random_range(0..3)];
                match random.random_range(0..10) {
                    0 => {
                        let sale = json!({"name": "11.11", "type": "stock_allocation", "store": store,
                            "ends_at": "9999-11-11T23:59:00+08:00",
                            "products": [{"sku": sku, "quantity": random.random_range(1..60)}]});
                        let created = api.post("/promotions", &sale);
                        match created.status {
                            201 => sales.push(created.body["id"].as_str().expect("an id").to_owned()),
                            409 => assert_eq!(created.code(), "already_held"),
                            _ => assert_eq!(created.expect(422).code(), "not_enough_stock"),
                        }
                    }
                    1 if !sales.is_empty() => {
                        let id = sales.swap_remove(random.random_range(0..sales.len()));
                        api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200);
                    }
                    2..=3 if !open.is_empty() => {
                        let number: String = open.swap_remove(random.random_range(0..open.len()));
                        let what = if random.random_ratio(3, 4) { "cancel" } else { "ship" };
                        api.post(&format!("/orders/{store}/{number}/{what}"), &json!({})).expect(200);
                    }
                    _ => {
                        let number = format!("{client}-{nth}");
                        if is_accepted(api, &order(store, &number, sku, random.random_range(1..9))) {
                            open.push(number);
                        }
                    }
                }
            }
        });
        race.committed();
        assert_verified(&race.app.database, Clock::system().now());
    }
}
