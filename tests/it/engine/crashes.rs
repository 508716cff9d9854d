//! The server is killed while it takes, cancels and ships orders and creates and ends sales, a hundred times. What it
//! acknowledged is stored once, and nothing has to be repaired. A call without a response happened once or not at all.

use crate::{
    api::client::{Answer, Api},
    program::Server,
    scene::{LAZADA, SHOPEE, add_stores, assert_verified, at, end, list, read, stock},
    support::{TestApp, on_postgres},
};
use diesel::{prelude::*, sql_query};
use flashsale::{
    clock::Clock,
    db::engine::schema::{orders, promotions},
    domain::{code::OrderNumber, id::PromotionId, moment::Moment, orders::order::OrderStatus},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, mpsc},
    time::Duration,
};

const CRASHES: usize = 100;
const CLIENTS: usize = 8;
const STORES: [&str; 2] = [LAZADA, SHOPEE];

/// The state of an order or a sale by the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Missing,
    Open,
    Cancelled,
    Shipped,
    /// A sale that staff ended.
    Ended,
}

/// The last acknowledged state of an order or a sale, and the call since then that has no response.
#[derive(Debug, Clone, Copy)]
struct Recorded {
    answered: State,
    asked: Option<State>,
}

/// All orders and sales of the calls, by the number of the order or the name of the sale.
type Journal = Mutex<HashMap<String, Recorded>>;

#[test]
fn what_was_answered_before_a_crash_is_there_after_it_once() {
    let app = TestApp::start();
    add_stores(&app.database, &STORES);
    for client in 0..CLIENTS {
        stock(&app.database, at(0), &product(client), 1_000_000, 0);
        list(&app.database, at(0), &product(client), &STORES).expect("listed");
    }
    let (orders, sales) = (Journal::default(), Journal::default());
    let mut random = StdRng::seed_from_u64(11);
    for crash in 0..CRASHES {
        until_killed(&app, crash, random.random_range(1..120), (&orders, &sales));
        until_nothing_is_under_way(&app);
        let now = Clock::system().now();
        agree(&orders, &kept_orders(&app), crash);
        agree(&sales, &kept_sales(&app, now), crash);
        assert_verified(&app.database, now);
        end_what_runs(&app, &sales, now);
    }
    let how_many = |journal: &Journal, state: State| {
        journal.lock().expect("no client panics").values().filter(|recorded| recorded.answered == state).count()
    };
    for state in [State::Open, State::Cancelled, State::Shipped] {
        assert!(how_many(&orders, state) > CRASHES, "orders came to be {state:?} in between");
    }
    assert!(how_many(&sales, State::Ended) > CRASHES / 2, "sales were created and ended in between");
}

/// PostgreSQL may still commit the transactions of a killed server: until then their results are unknown.
pub fn until_nothing_is_under_way(app: &TestApp) {
    #[derive(QueryableByName)]
    struct Busy {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        busy: i64,
    }
    const BUSY: &str = "SELECT COUNT(*) AS busy FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let is_busy = || read(&app.database, |conn| sql_query(BUSY).get_result::<Busy>(conn)).busy > 0;
    while on_postgres(&app.settings.database_url) && is_busy() {
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Each client sells its own SKU: one store holds some units, and the others sell the rest.
fn product(client: usize) -> String {
    format!("Product{client}")
}

fn kept_orders(app: &TestApp) -> Vec<(String, State)> {
    let rows: Vec<(OrderNumber, OrderStatus)> =
        read(&app.database, |conn| orders::table.select((orders::number, orders::status)).load(conn));
    let state = |status| match status {
        OrderStatus::Open => State::Open,
        OrderStatus::Cancelled => State::Cancelled,
        OrderStatus::Shipped => State::Shipped,
    };
    rows.into_iter().map(|(number, status)| (number.to_string(), state(status))).collect()
}

fn kept_sales(app: &TestApp, now: Moment) -> Vec<(String, State)> {
    let rows: Vec<(String, Moment)> =
        read(&app.database, |conn| promotions::table.select((promotions::name, promotions::ends_at)).load(conn));
    let state = |ends_at| if ends_at > now { State::Open } else { State::Ended };
    rows.into_iter().map(|(name, ends_at)| (name, state(ends_at))).collect()
}

/// Ends the sales that a crash left running, so that every client can create one again.
fn end_what_runs(app: &TestApp, sales: &Journal, now: Moment) {
    let running: Vec<(PromotionId, String)> = read(&app.database, |conn| {
        promotions::table.filter(promotions::ends_at.gt(now)).select((promotions::id, promotions::name)).load(conn)
    });
    for (id, name) in running {
        end(&app.database, now, id).expect("it runs");
        let recorded = Recorded { answered: State::Ended, asked: None };
        sales.lock().expect("no client panics").insert(name, recorded);
    }
}

/// Fails the test unless each order and sale is stored once, as it was acknowledged or as the unanswered call asked.
/// That state counts as acknowledged from then on.
fn agree(journal: &Journal, kept: &[(String, State)], crash: usize) {
    let mut journal = journal.lock().expect("no client panics");
    let found: HashMap<&str, State> = kept.iter().map(|(key, state)| (key.as_str(), *state)).collect();
    assert_eq!(found.len(), kept.len(), "crash {crash} made something twice");
    for (key, recorded) in journal.iter_mut() {
        let is = found.get(key.as_str()).copied().unwrap_or(State::Missing);
        assert!(
            is == recorded.answered || Some(is) == recorded.asked,
            "after crash {crash} {key} is {is:?}: {recorded:?}"
        );
        *recorded = Recorded { answered: is, asked: None };
    }
    assert!(kept.iter().all(|(key, _)| journal.contains_key(key)), "crash {crash} left what no client asked for");
}

/// Lets clients work with a server that is killed after a number of responses.
fn until_killed(app: &TestApp, crash: usize, answers: usize, (orders, sales): (&Journal, &Journal)) {
    let mut server = Server::start(&app.url);
    let (given, gotten) = mpsc::channel();
    std::thread::scope(|scope| {
        for name in 0..CLIENTS {
            let (api, given) = (app.api().at(server.address.clone()), given.clone());
            let random = StdRng::seed_from_u64((crash * CLIENTS + name) as u64);
            let mut client = Client { crash, name, api, random, orders, sales, open: Vec::new(), sale: None };
            scope.spawn(move || {
                for nth in 0.. {
                    if client.step(nth).is_none() {
                        return;
                    }
                    given.send(()).expect("the test listens");
                }
            });
        }
        for _ in 0..answers {
            gotten.recv().expect("the server answers");
        }
        server.kill();
    });
}

/// A client that calls the server until the server is gone.
struct Client<'a> {
    crash: usize,
    name: usize,
    api: Api,
    random: StdRng,
    orders: &'a Journal,
    sales: &'a Journal,
    /// Its open orders, and the name and id of its running sale.
    open: Vec<String>,
    sale: Option<(String, String)>,
}

impl Client<'_> {
    fn store(&self) -> &'static str {
        STORES[self.name % 2]
    }

    /// Makes one call. Returns nothing if the server was gone before it responded.
    fn step(&mut self, nth: usize) -> Option<()> {
        match self.random.random_range(0..10) {
            0 => match self.sale.take() {
                None => self.create(nth),
                Some(sale) => self.end(sale),
            },
            1..=4 if !self.open.is_empty() => self.close(),
            _ => self.order(nth),
        }
    }

    fn order(&mut self, nth: usize) -> Option<()> {
        let number = format!("{}-{}-{nth}", self.crash, self.name);
        let lines = json!([{"sku": product(self.name), "quantity": self.random.random_range(1..4)}]);
        let order = json!({"store": self.store(), "number": number, "lines": lines});
        let answer = self.ask(self.orders, &number, State::Open, "/orders", &json!({"orders": [order]}))?;
        assert_eq!(answer.expect(200).body["results"][0]["status"], "accepted");
        self.open.push(number);
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        let number = self.open.swap_remove(self.random.random_range(0..self.open.len()));
        let (what, state) = if self.random.random() { ("cancel", State::Cancelled) } else { ("ship", State::Shipped) };
        let path = format!("/orders/{}/{number}/{what}", self.store());
        self.ask(self.orders, &number, state, &path, &json!({}))?.expect(200);
        Some(())
    }

    fn create(&mut self, nth: usize) -> Option<()> {
        let name = format!("Sale {}-{}-{nth}", self.crash, self.name);
        let products = json!([{"sku": product(self.name), "quantity": 100}]);
        let sale = json!({"name": name, "type": "stock_allocation", "store": self.store(),
            "ends_at": "9999-11-11T23:59:00+08:00", "products": products});
        let answer = self.ask(self.sales, &name, State::Open, "/promotions", &sale)?;
        let id = answer.expect(201).body["id"].as_str().expect("an id").to_owned();
        self.sale = Some((name, id));
        Some(())
    }

    fn end(&mut self, (name, id): (String, String)) -> Option<()> {
        self.ask(self.sales, &name, State::Ended, &format!("/promotions/{id}/end"), &json!({}))?.expect(200);
        Some(())
    }

    /// Makes a call about the order or sale `key` and records the response.
    fn ask(&self, journal: &Journal, key: &str, state: State, path: &str, body: &Value) -> Option<Answer> {
        let note = |recorded: Recorded| journal.lock().expect("no client panics").insert(key.to_owned(), recorded);
        let before =
            journal.lock().expect("no client panics").get(key).map_or(State::Missing, |recorded| recorded.answered);
        note(Recorded { answered: before, asked: Some(state) });
        let answer = self.api.post_quickly(path, body)?;
        note(Recorded { answered: state, asked: None });
        Some(answer)
    }
}
