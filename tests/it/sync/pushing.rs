//! Pushes to the simulated marketplaces through every connector, with every fault.

use crate::{
    scene::{at, create, end, sale, sku_code, stock, store_code},
    seller::{STORES, Seller, product},
};
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use flashsale::{
    actions::{
        catalogue::save_skus,
        stores::{disconnect_store, pause_store},
    },
    db::{
        Conn,
        stores::{
            self,
            connections::{self, Connection},
            pushes,
        },
    },
    demo::marketplace::{Campaign, Fault, PlannedFault, ProductId},
    domain::{
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
        stores::failure::FailureClass,
    },
    marketplaces::zalora,
};
use std::time::Duration;

fn rows(seller: &Seller, nth: usize) -> Vec<pushes::Push> {
    let code = sku_code(&product(nth));
    let of_sku = crate::scene::read(&seller.app.database, |conn| pushes::of_skus(conn, [&code]));
    of_sku.into_values().flatten().collect()
}

fn row(seller: &Seller, store: &str) -> pushes::Push {
    rows(seller, 0).into_iter().find(|push| push.store.as_str() == store).expect("a push")
}

fn connection(seller: &Seller, store: &str) -> connections::Connection {
    crate::scene::read(&seller.app.database, |conn| connections::find(conn, &store_code(store))).expect("connected")
}

#[test]
fn the_article_s_sale_arrives_at_every_marketplace_and_goes_when_it_ends() {
    let seller = Seller::open(2);
    let pusher = seller.pusher();
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [100; 4]);
    let now = seller.app.now();
    let allocated = create(&seller.app.database, now, &sale(now, "lazada-sg", StockAllocation, &[("Product-0", 60)]));
    create(&seller.app.database, now, &sale(now, "shopee-sg", StockReservation, &[("Product-1", 60)])).expect("a sale");
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [60, 40, 40, 40]);
    assert_eq!(seller.shown(1), [40, 100, 40, 40]);
    end(&seller.app.database, seller.app.now(), allocated.expect("a sale").id).expect("ended");
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [100; 4]);
    seller.app.advance(TimeDelta::hours(1));
    seller.push(&pusher);
    assert_eq!(seller.shown(1), [100; 4], "the end by schedule needs no job");
}

#[test]
fn a_marketplace_that_fails_in_any_way_is_sent_the_right_quantity_in_the_end() {
    let faults = [
        Fault::Hang,
        Fault::Drop,
        Fault::DropAfter,
        Fault::Huge,
        Fault::Garbage,
        Fault::ServerError,
        Fault::ErrorInside,
        Fault::Throttle { seconds: 30 },
        Fault::EndedToken,
        Fault::RefuseSome,
        Fault::Twice,
    ];
    let seller = Seller::open(3);
    let pusher = seller.pusher();
    seller.push(&pusher);
    for (nth, fault) in faults.into_iter().enumerate() {
        // If the new access token is refused as well, the store is not retried automatically.
        let times = if fault == Fault::EndedToken { 1 } else { 2 };
        for (store, kind) in STORES {
            // A webhook has no token that ends: its 401 pauses the store.
            if fault != Fault::EndedToken || kind.as_str() != "webhook" {
                seller.market.marketplace.add_fault(store, PlannedFault::from(fault).times(times));
            }
        }
        (0..seller.products).for_each(|product_nth| {
            stock(&seller.app.database, seller.app.now(), &product(product_nth), 90 - nth as i64, 0);
        });
        seller.push(&pusher);
        STORES.iter().for_each(|(store, _)| seller.market.marketplace.clear_faults(store));
        seller.come_in_step(&pusher, TimeDelta::hours(2));
    }
}

#[test]
fn a_marketplace_that_is_down_for_an_hour_is_sent_what_is_right_when_it_is_back() {
    let seller = Seller::open(2);
    let pusher = seller.pusher();
    seller.push(&pusher);
    seller.market.marketplace.add_fault("shopee-sg", Fault::ServerError);
    stock(&seller.app.database, seller.app.now(), &product(0), 50, 0);
    for _ in 0..12 {
        seller.push(&pusher);
        seller.app.advance(TimeDelta::minutes(5));
    }
    assert_eq!(seller.shown(0), [50, 100, 50, 50]);
    let calls = seller.market.marketplace.calls("shopee-sg").writes;
    assert!(calls < 40, "a store that is down is called less and less often: {calls} calls");
    assert_eq!(connection(&seller, "shopee-sg").problem, Some(FailureClass::Unavailable));
    seller.market.marketplace.clear_faults("shopee-sg");
    seller.come_in_step(&pusher, TimeDelta::minutes(15));
    assert_eq!(connection(&seller, "shopee-sg").problem, None);
}

#[test]
fn more_than_is_leased_at_once_is_sent_once_each_by_marketplaces_that_are_slow() {
    let seller = Seller::open(210);
    let added = seller.market.marketplace.journal(0).len();
    for (store, _) in STORES {
        seller.market.marketplace.add_fault(store, PlannedFault::from(Fault::Slow { milliseconds: 100 }).times(40));
    }
    // A machine that is busy may take longer for a batch than a batch may take: then its rest is sent later.
    seller.come_in_step(&seller.pusher(), TimeDelta::minutes(10));
    let changed = seller.market.marketplace.journal(added as u64);
    assert_eq!(changed.len(), 210 * STORES.len(), "each changed once");
}

#[test]
fn a_store_that_may_be_asked_rarely_is_waited_for() {
    let seller = Seller::open(12);
    let pusher = seller.pusher();
    seller.push(&pusher);
    // Zalora knows none of these products, and gets one call for each.
    (0..12).for_each(|nth| seller.map("zalora-sg", zalora::KIND, nth, 500 + nth));
    let rare = Connection { rate: 5, ..connection(&seller, "zalora-sg") };
    seller.app.write(|conn| connections::update(conn, &rare).expect("a slow store"));
    seller.push(&pusher);
    for nth in 0..12 {
        let push = rows(&seller, nth).into_iter().find(|push| push.store.as_str() == "zalora-sg").expect("a push");
        assert_eq!(push.problem, Some(FailureClass::Mapping), "{push:?}");
    }
}

#[test]
fn revoked_credentials_pause_the_store_and_it_resumes_where_it_was() {
    for (nth, (store, kind)) in STORES.into_iter().enumerate() {
        let seller = Seller::open(1);
        let pusher = seller.pusher();
        seller.push(&pusher);
        seller.market.marketplace.set_revoked(store, true);
        stock(&seller.app.database, seller.app.now(), &product(0), 70, 0);
        seller.push(&pusher);
        let paused = connection(&seller, store);
        assert_eq!(paused.paused_by.as_deref(), Some("flashsale"), "{kind:?}");
        assert!(paused.problem.is_some_and(FailureClass::pauses), "{kind:?} {:?}", paused.problem);
        let mut shown = [70; 4];
        shown[nth] = 100;
        assert_eq!(seller.shown(0), shown, "{kind:?}");
        seller.market.marketplace.set_revoked(store, false);
        let cause = crate::scene::cause(seller.app.now());
        let resume = |conn: &mut _| pause_store::resume(conn, &cause, &store_code(store));
        seller.app.database.write_blocking(resume).expect("resumed");
        seller.push(&pusher);
        assert_eq!(seller.shown(0), [70; 4], "{kind:?}");
    }
}

#[test]
fn access_that_has_ended_is_renewed_without_anybody() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    seller.push(&pusher);
    for store in ["lazada-sg", "shopee-sg", "zalora-sg"] {
        seller.market.marketplace.expire_access(store);
    }
    stock(&seller.app.database, seller.app.now(), &product(0), 70, 0);
    seller.come_in_step(&pusher, TimeDelta::minutes(10));
    assert!(STORES.iter().all(|(store, _)| connection(&seller, store).paused_at.is_none()));
}

#[test]
fn nothing_is_pushed_below_what_a_campaign_of_the_marketplace_keeps_until_it_ends() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    seller.push(&pusher);
    let ends_at = seller.app.now().plus(TimeDelta::minutes(30));
    let id = ProductId { item: "1000".to_owned(), variant: "9000".to_owned() };
    seller.market.marketplace.add_campaign("shopee-sg", &id, Campaign { quantity: 60, starts_at: None, ends_at });
    stock(&seller.app.database, seller.app.now(), &product(0), 50, 0);
    seller.push(&pusher);
    let push = row(&seller, "shopee-sg");
    assert_eq!((push.problem, push.locked_quantity), (Some(FailureClass::Locked), Some(60)));
    assert_eq!(push.locked_until, Some(ends_at));
    assert_eq!(
        (push.sync(50, seller.app.now()).exposed(), seller.shown(0)),
        (10, vec![50, 60, 50, 50]),
        "as low as can be"
    );
    seller.app.advance(TimeDelta::minutes(29));
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [50, 60, 50, 50]);
    seller.app.advance(TimeDelta::minutes(1));
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [50; 4], "sent when the campaign ends");
}

#[test]
fn what_a_campaign_keeps_is_said_on_the_pages_until_it_ends() {
    let seller = Seller::open_with_pages(1);
    let (pusher, mut browser) = (seller.pusher(), seller.app.signed_in());
    seller.push(&pusher);
    seller.app.write(|conn| {
        let store = stores::find(conn, &store_code("shopee-sg")).expect("a read").expect("a store");
        let named = stores::Store { marketplace: "Shopee".to_owned(), ..store };
        stores::update(conn, &named).expect("named");
    });
    let ends_at = seller.app.now().plus(TimeDelta::minutes(30));
    let id = ProductId { item: "1000".to_owned(), variant: "9000".to_owned() };
    seller.market.marketplace.add_campaign("shopee-sg", &id, Campaign { quantity: 60, starts_at: None, ends_at });
    stock(&seller.app.database, seller.app.now(), &product(0), 50, 0);
    seller.push(&pusher);
    let words = "Shopee has locked 60 for its campaign. It should show 50: 10 units exposed.";
    let page = browser.get("/stores/shopee-sg");
    assert_eq!(page.cell("Product-0", "Why not yet"), format!("{words} Until 10 Nov 2026, 20:30."));
    assert_eq!(["Should show", "Shows", "State"].map(|of| page.cell("Product-0", of)), ["50", "60", "Blocked"]);
    let page = browser.get("/catalogue/Product-0");
    assert_eq!(page.cell("shopee-sg", "Store shows"), format!("60 Blocked {words}"));
    assert_eq!(browser.get("/catalogue").cell("Product-0", "shopee-sg"), "50 shows 60, blocked");
    seller.app.advance(TimeDelta::minutes(30));
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [50; 4]);
    assert_eq!(browser.get("/catalogue/Product-0").cell("shopee-sg", "Store shows"), "50");
}

#[test]
fn a_listing_that_goes_or_a_store_that_is_disconnected_while_its_push_is_on_its_way_harms_nothing() {
    let seller = Seller::open(1);
    for store in ["lazada-sg", "own-shop"] {
        seller.market.marketplace.add_fault(store, Fault::Slow { milliseconds: 200 });
    }
    std::thread::scope(|scope| {
        let pushing = scope.spawn(|| seller.push(&seller.pusher()));
        while seller.market.marketplace.calls("own-shop").writes == 0 {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        seller.app.write(|conn| {
            disconnect_store::run(conn, &crate::scene::cause(seller.app.now()), &store_code("own-shop"))
                .expect("disconnected")
        });
        let input = save_skus::SkuInput {
            code: sku_code(&product(0)),
            name: Some(product(0)),
            on_hand: None,
            buffer: None,
            listings: Some(["shopee-sg", "zalora-sg"].map(store_code).to_vec()),
        };
        crate::scene::save(&seller.app.database, at(0), input).expect("saved");
        pushing.join().expect("no panic");
    });
    let mut left: Vec<String> = rows(&seller, 0).into_iter().map(|push| push.store.to_string()).collect();
    left.sort();
    assert_eq!(left, ["shopee-sg", "zalora-sg"]);
}

/// Makes the database refuse lines of Shopee in the push log, or accept them again.
fn refuse_shopee(seller: &Seller, is_refused: bool) {
    seller.app.write(|conn| {
        let statement = match (&*conn, is_refused) {
            (Conn::Sqlite(_), true) => {
                "CREATE TRIGGER refused BEFORE INSERT ON push_log WHEN NEW.store = 'shopee-sg' \
                 BEGIN SELECT RAISE(ABORT, 'refused'); END"
            }
            (Conn::Sqlite(_), false) => "DROP TRIGGER refused",
            #[cfg(feature = "postgres")]
            (Conn::Postgres(_), true) => {
                "ALTER TABLE push_log ADD CONSTRAINT refused CHECK (store <> 'shopee-sg') NOT VALID"
            }
            #[cfg(feature = "postgres")]
            (Conn::Postgres(_), false) => "ALTER TABLE push_log DROP CONSTRAINT refused",
        };
        conn.batch_execute(statement).expect("a statement");
    });
}

#[test]
fn what_cannot_be_kept_of_one_store_is_kept_of_the_others_and_sent_again_when_it_can() {
    let seller = Seller::open(2);
    let pusher = seller.pusher();
    seller.push(&pusher);
    refuse_shopee(&seller, true);
    stock(&seller.app.database, seller.app.now(), &product(0), 70, 0);
    let failed = actix_web::rt::System::new().block_on(pusher.run_once());
    assert!(failed.is_err(), "{failed:?}");
    for push in rows(&seller, 0) {
        let is_in_sync = push.sync(70, seller.app.now()).is_in_sync();
        assert_eq!(is_in_sync, push.store != store_code("shopee-sg"), "{push:?}");
    }
    refuse_shopee(&seller, false);
    // The lease has to end first.
    seller.app.advance(TimeDelta::seconds(10));
    seller.push(&pusher);
    assert!(row(&seller, "shopee-sg").sync(70, seller.app.now()).is_in_sync());
}

#[test]
fn a_clock_that_jumps_leaves_no_store_behind() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    let now = seller.app.now();
    create(&seller.app.database, now, &sale(now, "lazada-sg", StockAllocation, &[("Product-0", 60)])).expect("a sale");
    seller.push(&pusher);
    seller.app.advance(TimeDelta::hours(2));
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [100; 4]);
    seller.app.advance(-TimeDelta::hours(2));
    seller.come_in_step(&pusher, TimeDelta::minutes(5));
    assert_eq!(seller.shown(0), [60, 40, 40, 40]);
    seller.app.advance(TimeDelta::hours(1));
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [100; 4]);
}
