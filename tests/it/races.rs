//! Requests that meet: whatever their order, what is held fits, and everybody else is told why.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_stores, at, create, end, list, sale, sku_code, stock},
    support::TestApp,
};
use diesel::prelude::*;
use flashsale::{
    actions::{create_promotion::CreateRefusal, end_promotion::EndRefusal},
    db::schema::ledger_entries,
    domain::{promotion::FlashSaleType::StockAllocation, refusal::HoldRefusal},
};

const STORES: [&str; 3] = [LAZADA, SHOPEE, ZALORA];

/// A shop with 100 pieces of Product1 on every store.
fn shop() -> TestApp {
    let app = TestApp::start();
    add_stores(&app.database, &STORES);
    stock(&app.database, at(0), "Product1", 100, 0);
    list(&app.database, at(0), "Product1", &STORES).expect("listed");
    app
}

// A request reads the clock and then waits for the lock: one that asked earlier may decide later.
#[test]
fn a_creation_that_waited_behind_a_later_one_counts_its_hold() {
    let app = shop();
    let product = [("Product1", 60)];
    create(&app.database, at(2), &sale(at(2), LAZADA, StockAllocation, &product)).expect("60 of 100 fit");
    let refusal = create(&app.database, at(1), &sale(at(1), SHOPEE, StockAllocation, &product));
    let sku = sku_code("Product1");
    let not_enough = HoldRefusal::NotEnoughStock { sku, asked: 60, available: 40 };
    assert_eq!(refusal.expect_err("60 of 40"), vec![CreateRefusal::Product(not_enough)]);
    let refusal = create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 1)]));
    let refusals = refusal.expect_err("a second hold of the store");
    assert!(matches!(refusals[..], [CreateRefusal::Product(HoldRefusal::AlreadyHeld { .. })]), "{refusals:?}");
}

#[test]
fn a_sale_is_ended_once_even_if_the_second_request_is_the_older_one() {
    let app = shop();
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let created = create(&app.database, at(0), &new).expect("created");
    let ended = end(&app.database, at(2), created.id).expect("ended");
    assert_eq!(ended.ends_at, at(2));
    assert_eq!(end(&app.database, at(1), created.id), Err(EndRefusal::AlreadyEnded));
}

#[test]
fn a_sale_can_be_ended_by_a_request_that_is_older_than_the_sale() {
    let app = shop();
    let new = sale(at(2), LAZADA, StockAllocation, &[("Product1", 60)]);
    let created = create(&app.database, at(2), &new).expect("created");
    let ended = end(&app.database, at(1), created.id).expect("ended");
    assert_eq!((ended.starts_at, ended.ends_at), (at(2), at(2)), "it ran for no time");
}

#[test]
fn the_ledger_is_in_the_order_in_which_things_happened_not_in_which_they_were_asked_for() {
    let app = shop();
    stock(&app.database, at(5), "Product1", 90, 0);
    stock(&app.database, at(3), "Product1", 95, 0);
    let counted: Vec<(i64, i64)> = app.write(|conn| {
        ledger_entries::table
            .order((ledger_entries::sku, ledger_entries::number))
            .select((ledger_entries::number, ledger_entries::on_hand_after))
            .load(conn)
            .expect("the ledger")
    });
    assert_eq!(counted, [(1, 100), (2, 90), (3, 95)]);
}
