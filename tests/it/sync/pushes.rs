//! Planning, leasing and recording pushes, without a marketplace: the tests make up the responses.

use crate::{
    scene::{
        LAZADA, PATIENCE, SHOPEE, ZALORA, add_stores, at, cause, connect, create, end, list, read, sale, scan,
        scan_all, sku_code, stock, store_code, verified,
    },
    support::TestApp,
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    actions::stores::{connect_store::ConnectionInput, pause_store},
    db::{
        catalogue::quantity_changes,
        engine::schema::pushes as push_rows,
        stores::{
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self, Due, Lane, Push},
        },
    },
    domain::{
        code::SkuCode,
        id::ListingId,
        moment::Moment,
        promotions::promotion::FlashSaleType::StockAllocation,
        stores::failure::{Failure, FailureClass, Lock},
    },
    marketplaces::webhook,
    sync::push::{
        Times,
        lease::{self, Batch, Lease, Leased},
        record::{self, Reply, Response, Rules},
        scan::Scanned,
    },
};
use std::time::Duration;

pub const LEASE: TimeDelta = TimeDelta::seconds(20);
pub const STORES: [&str; 3] = [LAZADA, SHOPEE, ZALORA];

/// The article's shop, its stores connected.
pub struct Shop {
    pub app: TestApp,
}

impl Shop {
    pub fn open() -> Self {
        let mut shop = Self::with_pages();
        // Its jobs would scan as well.
        shop.app.stop();
        shop
    }

    /// The same with a server that sends nothing.
    pub fn with_pages() -> Self {
        let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no")]);
        add_stores(&app.database, &STORES);
        stock(&app.database, at(0), "Product1", 100, 0);
        list(&app.database, at(0), "Product1", &STORES).expect("listed");
        let shop = Self { app };
        STORES.iter().for_each(|store| shop.connect(store));
        shop
    }

    /// 50 units are in hand while every store shows 100: Lazada waits, a campaign of Shopee locks 60, and Zalora does
    /// not know the product.
    pub fn behind() -> Self {
        let shop = Self::with_pages();
        shop.settle(at(0));
        stock(&shop.app.database, at(0), "Product1", 50, 0);
        shop.scan(at(0));
        let lock = Lock { quantity: Some(60), until: Some(at(3600)) };
        for (store, failure) in [
            (SHOPEE, Failure::locked("Shopee keeps 60.", lock)),
            (ZALORA, Failure::mapping("Zalora knows no product 7.")),
        ] {
            let leased = shop.lease(store, "one", at(0));
            shop.answer(store, at(0), leased, &Err(failure));
        }
        shop
    }

    pub fn connect(&self, store: &str) {
        let input = ConnectionInput {
            store: store_code(store),
            kind: webhook::KIND,
            api_url: "https://shop.example".to_owned(),
            credentials: Some("sealed".to_owned()),
            rate: 10,
            warehouse: None,
            shop: None,
        };
        connect(&self.app.database, &input);
    }

    pub fn scan(&self, now: Moment) {
        scan_all(&self.app, now);
    }

    /// The connection of a store.
    fn connection(&self, store: &str) -> Connection {
        read(&self.app.database, |conn| connections::find(conn, &store_code(store))).expect("connected")
    }

    /// Leases the due listings of a store under the lease `id`.
    pub fn lease(&self, store: &str, id: &str, now: Moment) -> Vec<Leased> {
        self.lease_through(&self.connection(store), id, now, 10)
    }

    /// Leases up to `most` listings for a server that read `connection` before.
    fn lease_through(&self, connection: &Connection, id: &str, now: Moment, most: usize) -> Vec<Leased> {
        let times = Times { patience: PATIENCE, lease: Duration::from_secs(20), waits_for_orders: false };
        let lease_of = |lane| Lease { connection: connection.clone(), lane, id: id.to_owned(), length: LEASE, times };
        let mut lanes = Lane::ALL.into_iter().map(lease_of);
        let mut lease = lanes.next().expect("a lane");
        loop {
            let pick = |due: &[Listing]| (0..due.len().min(most)).collect();
            match self.app.write(|conn| lease::run(conn, || now, &lease, pick).expect("a lease")) {
                Batch::Leased { listings, .. } => return listings,
                Batch::Stale => {}
                Batch::None | Batch::Locked => match lanes.next() {
                    Some(next) => lease = next,
                    None => return Vec::new(),
                },
            }
        }
    }

    pub fn answer(&self, store: &str, now: Moment, leased: Vec<Leased>, result: &Result<i64, Failure>) {
        self.answer_each(store, now, leased, |_| result.clone());
    }

    fn answer_each(
        &self,
        store: &str,
        now: Moment,
        leased: Vec<Leased>,
        result: impl Fn(&Leased) -> Result<i64, Failure>,
    ) {
        let respond = |leased| {
            let reply = Reply { result: result(&leased), at: now, request_id: None, campaigns: None };
            Response { leased, look: None, reply, nearest: None }
        };
        let batch: Vec<Response> = leased.into_iter().map(respond).collect();
        self.record(store, now, &batch);
    }

    /// Records the responses to a batch, and waits for the server, which scans as well.
    pub fn record(&self, store: &str, now: Moment, batch: &[Response]) {
        let connection = self.connection(store);
        let rules = Rules { patience: PATIENCE, backoff: |failures, _| TimeDelta::seconds(10 * failures) };
        self.app.write(|conn| record::run(conn, || now, &connection, batch, rules).expect("recorded"));
        self.scan(now);
    }

    /// Sends the due quantities of a store, which acknowledges them, and returns them.
    pub fn send(&self, store: &str, now: Moment) -> Vec<i64> {
        let leased = self.lease(store, "one", now);
        let sent: Vec<i64> = leased.iter().map(|leased| leased.quantity).collect();
        if !sent.is_empty() {
            self.answer_each(store, now, leased, |leased| Ok(leased.quantity));
        }
        sent
    }

    /// Scans and sends until nothing is due.
    pub fn settle(&self, now: Moment) {
        loop {
            self.scan(now);
            if STORES.iter().all(|store| self.send(store, now).is_empty()) {
                break;
            }
        }
    }

    pub fn acknowledged(&self) -> [Option<i64>; 3] {
        let rows = read(&self.app.database, |conn| pushes::of_skus(conn, [&sku_code("Product1")]));
        let of = |store: &str| rows.values().flatten().find(|push| push.store.as_str() == store);
        STORES.map(|store| of(store).and_then(|push| push.acknowledged))
    }

    /// The SKU of a plain listing.
    fn sku_of(&self, listing: ListingId) -> SkuCode {
        let found = read(&self.app.database, |conn| listings::by_ids(conn, [&listing])).remove(0);
        found.sku.expect("a plain listing")
    }

    pub fn push(&self, store: &str) -> pushes::Push {
        let rows = read(&self.app.database, |conn| pushes::of_skus(conn, [&sku_code("Product1")]));
        let push = rows.into_values().flatten().find(|push| push.store.as_str() == store);
        push.expect("a push")
    }
}

#[test]
fn every_start_change_and_end_is_found_and_sent() {
    let shop = Shop::open();
    shop.settle(at(0));
    assert_eq!(shop.acknowledged(), [Some(100); 3]);
    let sale = create(&shop.app.database, at(10), &sale(at(10), LAZADA, StockAllocation, &[("Product1", 60)]));
    let ends_at = sale.expect("a sale").ends_at;
    shop.settle(at(10));
    assert_eq!(shop.acknowledged(), [Some(60), Some(40), Some(40)]);
    stock(&shop.app.database, at(20), "Product1", 110, 0);
    shop.settle(at(20));
    assert_eq!(shop.acknowledged(), [Some(60), Some(50), Some(50)]);
    shop.settle(ends_at.plus(TimeDelta::microseconds(-1)));
    assert_eq!(shop.acknowledged(), [Some(60), Some(50), Some(50)]);
    shop.settle(ends_at);
    assert_eq!(shop.acknowledged(), [Some(110); 3], "the end by schedule is found although nothing was written");
}

#[test]
fn a_store_is_raised_after_the_others_were_lowered_or_have_been_waited_for() {
    let shop = Shop::open();
    let kept = create(&shop.app.database, at(0), &sale(at(0), SHOPEE, StockAllocation, &[("Product1", 70)]));
    shop.settle(at(0));
    assert_eq!(shop.acknowledged(), [Some(30), Some(70), Some(30)]);
    // Shopee's hold ends, and at once Lazada has one: Lazada and Zalora are raised, Shopee lowered.
    end(&shop.app.database, at(10), kept.expect("a sale").id).expect("ended");
    let allocation = sale(at(10), LAZADA, StockAllocation, &[("Product1", 60)]);
    create(&shop.app.database, at(10), &allocation).expect("a sale");
    shop.scan(at(10));
    assert_eq!(shop.send(LAZADA, at(10)), [0; 0], "Shopee still shows 70");
    assert_eq!(shop.lease(SHOPEE, "slow", at(10)).len(), 1);
    assert_eq!(shop.send(ZALORA, at(129)), [0; 0], "Shopee has not acknowledged");
    assert_eq!(shop.send(ZALORA, at(130)), [40], "Shopee has been waited for");
    assert_eq!(shop.send(SHOPEE, at(130)), [40]);
    shop.scan(at(130));
    assert_eq!(shop.send(LAZADA, at(130)), [60], "Shopee has acknowledged");
}

#[test]
fn what_a_server_had_taken_when_it_died_another_sends_seconds_later() {
    let shop = Shop::open();
    shop.scan(at(0));
    let late = shop.lease(LAZADA, "dies", at(0));
    assert_eq!(late.len(), 1);
    assert!(shop.lease(LAZADA, "other", at(19)).is_empty(), "the first server has it to itself");
    let leased = shop.lease(LAZADA, "other", at(20));
    assert_eq!(leased.len(), 1);
    // The first server was only slow: its response is not recorded any more.
    shop.answer(LAZADA, at(21), late, &Ok(7));
    assert_eq!(shop.acknowledged()[0], None);
    shop.answer(LAZADA, at(21), leased, &Ok(100));
    assert_eq!(shop.acknowledged()[0], Some(100));
}

#[test]
fn nothing_is_leased_for_a_way_to_a_store_that_it_is_not_reached_by_any_more() {
    let shop = Shop::open();
    shop.scan(at(0));
    let before = shop.connection(LAZADA);
    let lease = |connection: &Connection, id: &str| shop.lease_through(connection, id, at(0), 10).len();
    for other in [
        Connection { api_url: "https://sandbox.example".to_owned(), ..before.clone() },
        Connection { credentials: "sealed before".to_owned(), ..before.clone() },
    ] {
        assert_eq!(lease(&other, "old"), 0);
    }
    assert_eq!(lease(&before, "new"), 1);
}

#[test]
fn what_was_sent_and_never_answered_may_be_shown_until_something_is_acknowledged() {
    let shop = Shop::open();
    let kept = create(&shop.app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]));
    shop.settle(at(0));
    assert_eq!(shop.acknowledged(), [Some(60), Some(40), Some(40)]);
    end(&shop.app.database, at(1), kept.expect("a sale").id).expect("ended");
    shop.scan(at(1));
    let lost = Failure { may_have_arrived: true, ..Failure::temporary("No answer came.") };
    let raised = shop.lease(SHOPEE, "one", at(1));
    assert_eq!((raised[0].quantity, raised[0].at_most), (100, Some(40)));
    shop.answer(SHOPEE, at(1), raised, &Err(lost));
    create(&shop.app.database, at(2), &sale(at(2), LAZADA, StockAllocation, &[("Product1", 60)])).expect("a sale");
    shop.scan(at(2));
    let push = shop.push(SHOPEE);
    assert_eq!((push.acknowledged, push.sending, push.sync(40, at(2)).exposed()), (Some(40), Some(100), 60));
    let again = shop.lease(SHOPEE, "two", at(12));
    assert_eq!((again[0].quantity, again[0].at_most), (40, Some(100)), "40 was acknowledged, and is sent again");
    // A conclusive refusal changes nothing, whatever the result of the request before it was.
    let lock = Lock { quantity: Some(50), until: None };
    shop.answer(SHOPEE, at(12), again, &Err(Failure::locked("Shopee keeps 50.", lock)));
    assert_eq!(shop.push(SHOPEE).sync(40, at(12)).exposed(), 60);
    let due_at = shop.push(SHOPEE).due_at.expect("it is tried again");
    assert_eq!(shop.send(SHOPEE, due_at), [40]);
    assert_eq!((shop.push(SHOPEE).sending, shop.acknowledged()[1]), (None, Some(40)));
}

#[test]
fn what_was_lowered_and_never_answered_is_sent_again_whatever_is_refused_meanwhile() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 80, 0);
    shop.scan(at(1));
    let lost = Failure { may_have_arrived: true, ..Failure::temporary("No answer came.") };
    let lowered = shop.lease(SHOPEE, "one", at(1));
    shop.answer(SHOPEE, at(1), lowered, &Err(lost));
    stock(&shop.app.database, at(2), "Product1", 100, 0);
    shop.scan(at(2));
    let again = shop.lease(SHOPEE, "two", at(11));
    assert_eq!((again[0].quantity, again[0].sending, again[0].at_most), (100, Some(80), Some(100)));
    shop.answer(SHOPEE, at(11), again, &Err(Failure::new(FailureClass::Throttled, "Too many calls.")));
    assert_eq!(shop.push(SHOPEE).sending, Some(80), "it may show 80 still");
    // After the second failure in a row, the wait is twice as long.
    assert_eq!(shop.send(SHOPEE, at(31)), [100]);
    assert_eq!((shop.push(SHOPEE).sending, shop.push(SHOPEE).due_at), (None, None));
}

#[test]
fn what_was_lowered_to_what_a_campaign_keeps_and_never_answered_is_sent_again() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    shop.scan(at(1));
    let refused = Failure::locked("Shopee keeps 60.", Lock { quantity: Some(60), until: Some(at(300)) });
    let lost = Failure { may_have_arrived: true, ..Failure::temporary("No answer came.") };
    let reply = |failure| Reply { result: Err(failure), at: at(1), request_id: None, campaigns: None };
    let leased = shop.lease(SHOPEE, "one", at(1)).remove(0);
    shop.record(
        SHOPEE,
        at(1),
        &[Response { look: None, leased, reply: reply(refused), nearest: Some((60, reply(lost))) }],
    );
    let push = shop.push(SHOPEE);
    assert_eq!((push.acknowledged, push.sync(50, at(1)).exposed()), (Some(100), 50), "100 still, as far as is known");
    stock(&shop.app.database, at(2), "Product1", 100, 0);
    shop.settle(at(2));
    assert_eq!(shop.send(SHOPEE, at(300)), [0; 0]);
    assert_eq!((shop.acknowledged()[1], shop.push(SHOPEE).sending), (Some(100), None), "100 were sent again");
}

#[test]
fn what_failed_and_has_to_wait_for_others_stands_before_nothing_that_may_be_sent() {
    let shop = Shop::open();
    let kept = create(&shop.app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]));
    shop.settle(at(0));
    end(&shop.app.database, at(1), kept.expect("a sale").id).expect("ended");
    shop.scan(at(1));
    let raised = shop.lease(ZALORA, "one", at(1));
    shop.answer(ZALORA, at(1), raised, &Err(Failure::mapping("Zalora knows no product 7.")));
    // It will still be raised once Lazada is lowered.
    create(&shop.app.database, at(2), &sale(at(2), ZALORA, StockAllocation, &[("Product1", 70)])).expect("a sale");
    shop.scan(at(2));
    let due_at = shop.push(ZALORA).due_at.expect("it is tried again");
    assert_eq!(shop.lease(ZALORA, "two", due_at), []);
    assert_eq!(shop.push(ZALORA).due_at, Some(due_at.plus(TimeDelta::seconds(1))), "others may be sent meanwhile");
    assert_eq!((shop.send(LAZADA, due_at), shop.send(SHOPEE, due_at)), (vec![30], vec![30]));
    assert_eq!(shop.send(ZALORA, due_at.plus(TimeDelta::seconds(1))), [70]);
}

#[test]
fn a_scan_is_of_some_skus_and_says_whether_there_are_more() {
    let shop = Shop::open();
    list_another(&shop);
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    stock(&shop.app.database, at(1), "Product2", 5, 0);
    assert_eq!(scan(&shop.app, at(1), 1), Scanned { at: at(1), is_any_due: true, is_more: true });
    assert_eq!(shop.lease(LAZADA, "one", at(1)).len(), 1, "the first is sent before the second is scanned");
    assert_eq!(scan(&shop.app, at(1), 2), Scanned { at: at(1), is_any_due: true, is_more: false });
    assert_eq!(shop.lease(LAZADA, "two", at(1)).len(), 1);
    assert_eq!(scan(&shop.app, at(1), 2), Scanned { at: at(1), is_any_due: false, is_more: false });
}

#[test]
fn what_is_known_to_show_too_much_is_sent_before_what_waits_longer() {
    let shop = Shop::open();
    list_another(&shop);
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product2", 9, 0);
    shop.scan(at(1));
    stock(&shop.app.database, at(2), "Product1", 50, 0);
    shop.scan(at(2));
    let due = |most| {
        let due =
            read(&shop.app.database, |conn| pushes::due(conn, &store_code(SHOPEE), Lane::First, Due::all(at(3)), most));
        due.into_iter().map(|due| shop.sku_of(due.listing)).collect::<Vec<_>>()
    };
    assert_eq!(due(1), [sku_code("Product1")]);
    assert_eq!(due(3), ["Product1", "Product2"].map(sku_code));
    let leased = shop.lease_through(&shop.connection(SHOPEE), "one", at(3), 1);
    let first: Vec<&str> = leased.iter().map(|leased| leased.listing.name()).collect();
    assert_eq!((first, shop.push(SHOPEE).is_urgent()), (vec!["Product1"], true));
    assert_eq!(shop.lease(SHOPEE, "two", at(3))[0].listing.name(), "Product2");
    // Refused listings do not block the others.
    shop.answer(SHOPEE, at(3), leased, &Err(Failure::mapping("No such product.")));
    assert!(!shop.push(SHOPEE).is_urgent());
}

#[test]
fn what_failed_is_retried_in_a_lane_of_its_own() {
    let shop = Shop::open();
    list_another(&shop);
    shop.scan(at(0));
    let leased = shop.lease_through(&shop.connection(SHOPEE), "one", at(0), 1);
    assert_eq!(leased[0].listing.name(), "Product1");
    shop.answer(SHOPEE, at(0), leased, &Err(Failure::mapping("No such product.")));
    let due_at = shop.push(SHOPEE).due_at.expect("it is tried again");
    let due = |lane| {
        let due = read(&shop.app.database, |conn| pushes::due(conn, &store_code(SHOPEE), lane, Due::all(due_at), 10));
        due.into_iter().map(|due| (shop.sku_of(due.listing), due.failures)).collect::<Vec<_>>()
    };
    assert_eq!(due(Lane::First), [(sku_code("Product2"), 0)]);
    assert_eq!(due(Lane::Retries), [(sku_code("Product1"), 1)]);
    for lane in Lane::ALL {
        let is_any =
            |at| read(&shop.app.database, |conn| pushes::is_any_due(conn, &store_code(SHOPEE), lane, Due::all(at)));
        assert!(is_any(due_at), "{lane:?}");
        assert_eq!(is_any(at(1)), lane == Lane::First, "{lane:?}");
    }
}

#[test]
fn an_answer_is_kept_as_of_when_it_came() {
    let shop = Shop::open();
    shop.scan(at(0));
    let leased = shop.lease(SHOPEE, "one", at(0)).remove(0);
    let reply = Reply { result: Ok(leased.quantity), at: at(2), request_id: None, campaigns: None };
    shop.record(SHOPEE, at(9), &[Response { leased, look: None, reply, nearest: None }]);
    assert_eq!(shop.push(SHOPEE).acknowledged_at, Some(at(2)));
    let connection = read(&shop.app.database, |conn| connections::find(conn, &store_code(SHOPEE))).expect("connected");
    assert_eq!(connection.last_push_at, Some(at(2)));
}

#[test]
fn a_push_is_saved_whole() {
    let shop = Shop::open();
    shop.scan(at(0));
    let failed = Push {
        acknowledged: Some(1),
        acknowledged_at: Some(at(1)),
        behind_since: Some(at(2)),
        lower_since: Some(at(3)),
        due_at: Some(at(4)),
        lease: Some("one".to_owned()),
        sending: Some(5),
        failures: 6,
        problem: Some(FailureClass::Locked),
        problem_text: Some("Shopee keeps 7.".to_owned()),
        locked_quantity: Some(7),
        locked_until: Some(at(8)),
        ..shop.push(SHOPEE)
    };
    let listing = read(&shop.app.database, |conn| listings::by_ids(conn, [&failed.listing])).remove(0);
    let mut in_sync = Push::new(&listing);
    in_sync.acknowledge(11, at(11));
    shop.app.write(|conn| pushes::save(conn, std::slice::from_ref(&failed)).expect("saved"));
    assert_eq!(shop.push(SHOPEE), failed);
    shop.app.write(|conn| pushes::save(conn, std::slice::from_ref(&in_sync)).expect("saved"));
    assert_eq!(shop.push(SHOPEE), in_sync);
}

#[test]
fn a_store_that_asks_to_wait_is_left_alone_whatever_other_batches_are_answered() {
    let shop = Shop::open();
    list_another(&shop);
    shop.scan(at(0));
    let reply = |result| Reply { result, at: at(0), request_id: None, campaigns: None };
    let throttled =
        Failure { retry_after: Some(Duration::from_secs(60)), ..Failure::new(FailureClass::Throttled, "Wait.") };
    let mut leased = shop.lease(SHOPEE, "one", at(0));
    let (first, second) = (leased.remove(0), leased.remove(0));
    let (took, late) = (Ok(first.quantity), first.clone());
    shop.record(SHOPEE, at(0), &[Response { look: None, leased: first, reply: reply(took.clone()), nearest: None }]);
    shop.record(SHOPEE, at(0), &[Response { look: None, leased: second, reply: reply(Err(throttled)), nearest: None }]);
    let connection = || read(&shop.app.database, |conn| connections::find(conn, &store_code(SHOPEE))).expect("there");
    assert_eq!((connection().not_before, connection().last_push_at), (Some(at(60)), Some(at(0))));
    shop.record(SHOPEE, at(1), &[Response { look: None, leased: late, reply: reply(took), nearest: None }]);
    assert_eq!(connection().not_before, Some(at(60)), "what was on its way before says nothing against it");
    assert!(shop.lease(SHOPEE, "two", at(59)).is_empty() && shop.lease(SHOPEE, "two", at(60)).len() == 1);
}

/// Lists another SKU on every store.
pub fn list_another(shop: &Shop) {
    stock(&shop.app.database, at(0), "Product2", 7, 0);
    list(&shop.app.database, at(0), "Product2", &STORES).expect("listed");
}

#[test]
fn what_a_dead_server_sent_is_raised_in_its_turn_as_well() {
    let shop = Shop::open();
    let kept = create(&shop.app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]));
    shop.settle(at(0));
    assert_eq!(shop.lease(ZALORA, "none", at(0)), []);
    stock(&shop.app.database, at(1), "Product1", 90, 0);
    shop.scan(at(1));
    assert_eq!(shop.lease(ZALORA, "dies", at(1))[0].quantity, 30);
    end(&shop.app.database, at(2), kept.expect("a sale").id).expect("ended");
    create(&shop.app.database, at(2), &sale(at(2), SHOPEE, StockAllocation, &[("Product1", 20)])).expect("a sale");
    shop.scan(at(22));
    assert_eq!(shop.lease(ZALORA, "other", at(22)), [], "it is to show 70 now, and Lazada shows 60 and Shopee 40");
    assert_eq!(shop.send(SHOPEE, at(22)), [20]);
    assert_eq!(shop.send(ZALORA, at(22)), [70], "no store shows too much any more");
    assert_eq!(shop.send(LAZADA, at(22)), [70]);
}

#[test]
fn a_failure_of_a_listing_makes_it_wait_and_one_of_the_store_all_of_it() {
    let shop = Shop::open();
    shop.scan(at(0));
    let lock = Lock { quantity: Some(120), until: Some(at(300)) };
    let leased = shop.lease(SHOPEE, "one", at(0));
    shop.answer(SHOPEE, at(0), leased, &Err(Failure::locked("Shopee keeps 120.", lock)));
    let push = shop.push(SHOPEE);
    assert_eq!((push.problem, push.locked_quantity), (Some(FailureClass::Locked), Some(120)));
    shop.scan(at(5));
    assert!(shop.lease(SHOPEE, "two", at(9)).is_empty() && shop.lease(SHOPEE, "two", at(10)).len() == 1);

    let leased = shop.lease(LAZADA, "one", at(0));
    shop.answer(LAZADA, at(0), leased, &Err(Failure::new(FailureClass::Throttled, "Too many.")));
    let connection = || read(&shop.app.database, |conn| connections::find(conn, &store_code(LAZADA))).expect("there");
    assert_eq!((connection().failures, connection().not_before), (1, Some(at(10))));
    assert!(shop.lease(LAZADA, "two", at(9)).is_empty(), "the store is not called");
    assert_eq!(shop.send(LAZADA, at(10)), [100]);
    assert_eq!((connection().failures, connection().last_push_at), (0, Some(at(10))));

    let leased = shop.lease(ZALORA, "one", at(0));
    let refused = Failure::new(FailureClass::Credentials, "The token is not known.");
    shop.answer(ZALORA, at(0), leased, &Err(refused));
    assert!(shop.lease(ZALORA, "two", at(3600)).is_empty(), "paused until staff resume it");
    shop.connect(ZALORA);
    assert_eq!(shop.send(ZALORA, at(3600)), [100], "new credentials go on where it was");
}

/// One row that was answered something else, or was never sent, does not hide why the store failed.
#[test]
fn a_failure_of_the_store_counts_whatever_another_row_of_the_batch_was_answered() {
    let shop = Shop::open();
    list_another(&shop);
    shop.scan(at(0));
    let throttled =
        Failure { retry_after: Some(Duration::from_secs(60)), ..Failure::new(FailureClass::Throttled, "Wait.") };
    let refused = Failure::new(FailureClass::Credentials, "The token is not known.");
    let down = Failure::unavailable("It is down.");
    for (store, of_store, waits_until) in
        [(LAZADA, throttled, Some(at(60))), (SHOPEE, refused, Some(at(10))), (ZALORA, down, None)]
    {
        let leased = shop.lease(store, "one", at(0));
        assert_eq!(leased.len(), 2);
        let class = of_store.class;
        shop.answer_each(store, at(0), leased, |leased| match leased.listing.name() {
            "Product1" => Err(Failure::mapping("Enter the ItemId.")),
            _ => Err(of_store.clone()),
        });
        let connection = shop.connection(store);
        assert_eq!((connection.problem, connection.not_before), (Some(class), waits_until), "{store}");
        assert_eq!(connection.paused_at.is_some(), class.pauses(), "{store}");
        assert_eq!(shop.push(store).failures, 1, "{store}: the other row has failed by itself");
        let pushes = read(&shop.app.database, |conn| pushes::of_skus(conn, [&sku_code("Product2")]));
        let push = pushes.values().flatten().find(|push| push.store == store_code(store)).expect("a push");
        assert_eq!(push.failures, i64::from(class == FailureClass::Unavailable), "{store}");
    }
}

#[test]
fn a_store_without_answers_is_left_alone_once_two_listings_in_a_row_had_none() {
    let shop = Shop::open();
    list_another(&shop);
    shop.scan(at(0));
    let down = || Err(Failure::unavailable("It is down."));
    let connection = || read(&shop.app.database, |conn| connections::find(conn, &store_code(LAZADA))).expect("there");
    let one = |now| shop.lease_through(&shop.connection(LAZADA), "one", now, 1);
    let first = one(at(0));
    let failed = first[0].listing.sku.clone();
    shop.answer(LAZADA, at(0), first, &down());
    assert_eq!((connection().failures, connection().problem), (0, Some(FailureClass::Unavailable)));
    let second = one(at(1));
    assert_ne!(second[0].listing.sku, failed, "the one that failed waits, and the other is sent");
    let sent = second[0].quantity;
    shop.answer(LAZADA, at(1), second, &Ok(sent));
    assert_eq!((connection().problem, connection().failed_listing), (None, None));
    let again = one(at(10));
    assert_eq!(again[0].listing.sku, failed);
    shop.answer(LAZADA, at(10), again, &down());
    assert_eq!((connection().failures, connection().not_before), (0, None), "the same one again is not the store");
    stock(&shop.app.database, at(11), "Product1", 60, 0);
    stock(&shop.app.database, at(11), "Product2", 6, 0);
    shop.scan(at(11));
    let other = one(at(11));
    assert_ne!(other[0].listing.sku, failed);
    shop.answer(LAZADA, at(11), other, &down());
    assert_eq!((connection().failures, connection().not_before), (1, Some(at(21))), "two in a row are");
    assert!(one(at(20)).is_empty());
    assert_eq!(one(at(21)).len(), 1);
}

#[test]
fn every_quantity_of_a_listing_has_a_greater_number_than_the_one_before() {
    let shop = Shop::open();
    shop.scan(at(0));
    let mut numbers = Vec::new();
    // Twice in one moment, and then after the clock was set back.
    for (seconds, on_hand) in [(10, 90), (10, 80), (0, 70), (5, 60)] {
        stock(&shop.app.database, at(seconds), "Product1", on_hand, 0);
        shop.scan(at(seconds));
        let leased = shop.lease(LAZADA, "one", at(seconds));
        numbers.push(leased[0].sequence);
        shop.answer(LAZADA, at(seconds), leased, &Ok(on_hand));
    }
    assert!(numbers.is_sorted_by(|before, after| before < after), "{numbers:?}");
}

#[test]
fn a_paused_store_is_followed_and_sent_what_it_should_show_then() {
    let shop = Shop::open();
    shop.settle(at(0));
    let (zalora, why) = (store_code(ZALORA), cause(at(1)));
    shop.app.database.write_blocking(|conn| pause_store::pause(conn, &why, &zalora)).expect("paused");
    stock(&shop.app.database, at(2), "Product1", 90, 0);
    stock(&shop.app.database, at(3), "Product1", 80, 0);
    shop.settle(at(3));
    assert_eq!(shop.acknowledged(), [Some(80), Some(80), Some(100)]);
    let resumed = cause(at(4));
    shop.app.database.write_blocking(|conn| pause_store::resume(conn, &resumed, &zalora)).expect("resumed");
    assert_eq!(shop.send(ZALORA, at(4)), [80]);
}

#[test]
fn what_is_read_back_as_another_quantity_is_sent_again_after_a_while() {
    let shop = Shop::open();
    shop.scan(at(0));
    let leased = shop.lease(LAZADA, "one", at(0));
    shop.answer(LAZADA, at(0), leased, &Ok(97));
    assert_eq!((shop.send(SHOPEE, at(0)), shop.send(ZALORA, at(0))), (vec![100], vec![100]));
    shop.scan(at(1));
    assert_eq!(shop.acknowledged()[0], Some(97));
    assert!(shop.lease(LAZADA, "two", at(9)).is_empty());
    assert_eq!(shop.send(LAZADA, at(10)), [100]);
}

#[test]
fn changes_of_quantities_are_numbered_once_each() {
    let shop = Shop::open();
    shop.scan(at(0));
    let last = || read(&shop.app.database, quantity_changes::last);
    let before = last();
    stock(&shop.app.database, at(1), "Product1", 90, 0);
    shop.scan(at(1));
    assert_eq!(last(), before + 1);
    shop.connect(LAZADA);
    shop.scan(at(1));
    assert_eq!(last(), before + 1, "what was looked at and is the same has not changed");
    let found = read(&shop.app.database, |conn| quantity_changes::after(conn, before, 10));
    assert_eq!(found, [(sku_code("Product1"), before + 1)]);
}

#[test]
fn a_store_that_shows_another_quantity_and_is_forgotten_is_a_difference_that_verify_finds() {
    let shop = Shop::open();
    shop.settle(at(0));
    assert!(verified(&shop.app.database, at(0)).differences.is_empty());
    shop.app.write(|conn| {
        let lost = diesel::update(push_rows::table.find(shop.push(SHOPEE).listing)).set(push_rows::acknowledged.eq(90));
        lost.execute(conn).expect("tampered with")
    });
    let report = verified(&shop.app.database, at(0)).to_string();
    assert!(report.contains("SKU Product1, quantity at shopee-sg with no push due: is 90, should be 100"), "{report}");
    stock(&shop.app.database, at(1), "Product1", 80, 0);
    assert!(verified(&shop.app.database, at(1)).differences.is_empty(), "it will be looked at");
}
