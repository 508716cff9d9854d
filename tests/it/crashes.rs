//! The server is killed while it takes orders, a hundred times. What it answered is there, once, and nothing has to be
//! repaired.

use crate::{
    orders::order,
    program::Server,
    scene::{LAZADA, SHOPEE, add_stores, assert_verified, at, create, list, read, sale, stock},
    support::TestApp,
};
use diesel::prelude::*;
use flashsale::{clock::Clock, db::schema::orders, domain::promotion::FlashSaleType::StockAllocation};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{Mutex, mpsc},
};

const CRASHES: usize = 100;
const CLIENTS: usize = 8;

#[test]
fn what_was_answered_before_a_crash_is_there_after_it_once() {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA, SHOPEE]);
    stock(&app.database, at(0), "Product1", 1_000_000, 0);
    list(&app.database, at(0), "Product1", &[LAZADA, SHOPEE]).expect("listed");
    // A process reads the machine's clock.
    let now = Clock::system().now();
    create(&app.database, now, &sale(now, LAZADA, StockAllocation, &[("Product1", 500_000)])).expect("a sale");
    let answered = Mutex::new(BTreeSet::new());
    let mut random = StdRng::seed_from_u64(11);
    for crash in 0..CRASHES {
        until_killed(&app, crash, random.random_range(1..120), &answered);
        let kept: Vec<String> = read(&app.database, |conn| orders::table.select(orders::number).load(conn));
        let found: BTreeSet<String> = kept.iter().cloned().collect();
        let lost: Vec<_> = answered.lock().expect("no client panics").difference(&found).cloned().collect();
        assert!(lost.is_empty(), "crash {crash} lost {lost:?}");
        assert_eq!(kept.len(), found.len());
        assert_verified(&app.database, Clock::system().now());
    }
    assert!(answered.into_inner().expect("no client panics").len() > CRASHES, "orders were taken in between");
}

/// Sends orders to a server that is killed after so many answers, and keeps what it answered.
fn until_killed(app: &TestApp, crash: usize, answers: usize, answered: &Mutex<BTreeSet<String>>) {
    let mut server = Server::start(&app.url);
    let (given, gotten) = mpsc::channel();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (api, given) = (app.api().at(server.address.clone()), given.clone());
            scope.spawn(move || {
                for nth in 0.. {
                    let number = format!("{crash}-{client}-{nth}");
                    let body = json!({"orders": [order([LAZADA, SHOPEE][client % 2], &number, 1)]});
                    let Some(answer) = api.post_quickly("/orders", &body) else { return };
                    assert_eq!(answer.expect(200).body["results"][0]["status"], "accepted");
                    answered.lock().expect("no client panics").insert(number);
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
