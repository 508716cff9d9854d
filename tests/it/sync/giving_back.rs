//! A push never gives back what a buyer took: the orders of a store are read before a quantity is raised there.

use crate::{
    scene::{assert_verified, read, stock, store_code},
    seller::{STORES, Seller, product, product_id},
    support::Browser,
};
use chrono::TimeDelta;
use flashsale::{
    db::stores::{drifts, push_log},
    demo::marketplace::{CallKind, ChangedBy, Fault, PlannedFault},
    domain::stores::{connection::ConnectorKind, pull::PERIOD},
    marketplaces::registry,
    sync::{pull::Puller, push::Pusher},
};

/// The stores whose orders are read.
fn pulled() -> impl Iterator<Item = (usize, &'static str, ConnectorKind)> {
    let all = STORES.into_iter().enumerate();
    all.filter(|(_, (_, kind))| registry::describe(*kind).pulling.is_some())
        .map(|(nth, (code, kind))| (nth, code, kind))
}

/// A seller whose stores show 100 of each product, a while after that.
fn open(products: usize) -> (Seller, Pusher, Puller) {
    let seller = Seller::open(products);
    let (pusher, puller) = (seller.careful_pusher(), seller.puller());
    seller.come_in_step_by(|| seller.push_and_pull(&pusher, &puller), TimeDelta::hours(1));
    assert_eq!(seller.shown(0), [100; 4]);
    seller.app.advance(TimeDelta::seconds(5));
    (seller, pusher, puller)
}

fn count(seller: &Seller, nth: usize, on_hand: i64) {
    stock(&seller.app.database, seller.app.now(), &product(nth), on_hand, 0);
}

fn buy(seller: &Seller, store: &str, kind: ConnectorKind, units: i64) {
    let placed = seller.market.marketplace.place_order(store, &[(product_id(kind, 0), units)], true);
    placed.expect("the store shows as many");
}

/// The quantities that pushes set at a store after the change with this number.
fn pushed(seller: &Seller, store: &str, after: u64) -> Vec<i64> {
    let changes = seller.market.marketplace.journal(after).into_iter();
    changes.filter(|change| change.shop == store && change.by == ChangedBy::Push).map(|change| change.to).collect()
}

fn last_change(seller: &Seller) -> u64 {
    seller.market.marketplace.journal(0).len() as u64
}

#[test]
fn a_raise_does_not_give_back_what_a_buyer_took_since_the_orders_were_read() {
    let (seller, pusher, puller) = open(1);
    let mut on_hand = 100;
    let mut bought = 0;
    for (_, store, kind) in pulled() {
        let before = last_change(&seller);
        buy(&seller, store, kind, 3);
        bought += 3;
        on_hand += 20;
        count(&seller, 0, on_hand);
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), [on_hand - bought; 4], "{store}");
        assert_eq!(pushed(&seller, store, before), [on_hand - bought], "{store}: it was never sent more");
        seller.app.advance(TimeDelta::seconds(5));
    }
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn all_raises_of_a_store_share_one_read_of_its_orders() {
    let (seller, pusher, puller) = open(30);
    let calls = |store: &str| seller.market.marketplace.calls(store).orders;
    let before: Vec<u64> = pulled().map(|(_, store, _)| calls(store)).collect();
    (0..30).for_each(|nth| count(&seller, nth, 120));
    seller.push_and_pull(&pusher, &puller);
    assert_eq!(seller.differences(), vec![]);
    for ((_, store, _), before) in pulled().zip(before) {
        assert_eq!(calls(store) - before, 1, "{store}");
    }
}

#[test]
fn lowering_waits_for_no_orders() {
    let (seller, pusher, puller) = open(1);
    let calls = |store: &str| seller.market.marketplace.calls(store).orders;
    let before: Vec<u64> = pulled().map(|(_, store, _)| calls(store)).collect();
    count(&seller, 0, 50);
    seller.push_and_pull(&pusher, &puller);
    assert_eq!(seller.shown(0), [50; 4]);
    assert_eq!(pulled().map(|(_, store, _)| calls(store)).collect::<Vec<_>>(), before);
}

#[test]
fn while_the_orders_cannot_be_read_a_raise_waits_and_says_so_when_it_is_sent() {
    let (seller, pusher, puller) = open(1);
    for (_, store, _) in pulled() {
        let fault = PlannedFault::from(Fault::ServerError).on(CallKind::Orders);
        seller.market.marketplace.add_fault(store, fault);
    }
    count(&seller, 0, 120);
    seller.push_and_pull(&pusher, &puller);
    assert_eq!(seller.shown(0), [100, 100, 100, 120], "a store whose orders are not read waits for none");
    seller.app.advance(TimeDelta::seconds(119));
    seller.push_and_pull(&pusher, &puller);
    assert_eq!(seller.shown(0), [100, 100, 100, 120]);
    seller.app.advance(TimeDelta::seconds(2));
    seller.push_and_pull(&pusher, &puller);
    assert_eq!(seller.shown(0), [120; 4], "units that nobody can buy cost more in the end");
    for (_, store, _) in pulled() {
        let why = last_reason(&seller, store);
        assert!(why.ends_with("The orders of the store could not be read before it was raised."), "{store}: {why}");
    }
    assert!(!last_reason(&seller, "own-shop").contains("could not be read"));
}

/// Why the store was sent its last quantity.
fn last_reason(seller: &Seller, store: &str) -> String {
    let filter = push_log::Filter { store: Some(store_code(store)), ..push_log::Filter::default() };
    let last = read(&seller.app.database, |conn| push_log::after(conn, &filter, None, 1));
    last.first().expect("a push").why.clone()
}

fn writes(seller: &Seller, store: &str) -> u64 {
    seller.market.marketplace.calls(store).writes
}

/// A person types a number at the marketplace.
fn type_in(seller: &Seller, store: &str, kind: ConnectorKind, units: i64) {
    seller.market.marketplace.change_product(store, &product_id(kind, 0), |product| product.quantity = Some(units));
}

fn drifts_of(seller: &Seller, store: &str) -> Vec<(i64, i64, i64, bool)> {
    let code = store_code(store);
    let found = read(&seller.app.database, |conn| drifts::latest(conn, Some(&code), 10));
    found.iter().map(|drift| (drift.expected, drift.shown, drift.sent, drift.corrected)).collect()
}

#[test]
fn a_store_that_shows_no_more_than_it_should_already_is_not_written_to() {
    let (seller, pusher, puller) = open(1);
    let mut left = 100;
    for (_, store, kind) in pulled() {
        let before = writes(&seller, store);
        buy(&seller, store, kind, 10);
        left -= 10;
        seller.app.advance(PERIOD);
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), [left; 4], "{store}");
        assert_eq!(writes(&seller, store), before, "{store}: its own order has lowered it");
        assert_eq!(drifts_of(&seller, store), [], "{store}");
    }
}

#[test]
fn a_store_is_lowered_by_what_its_buyers_may_have_taken_as_well() {
    let (seller, pusher, puller) = open(1);
    let mut on_hand = 100;
    for (nth, store, kind) in pulled() {
        let before = last_change(&seller);
        buy(&seller, store, kind, 4);
        on_hand -= 20;
        count(&seller, 0, on_hand);
        let should = seller.should_show(0)[nth];
        seller.push(&pusher);
        assert_eq!(seller.shown(0)[nth], should - 4, "{store}: the order is not known yet");
        seller.app.advance(TimeDelta::seconds(6));
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.differences(), vec![], "{store}");
        assert_eq!(pushed(&seller, store, before), [should - 4], "{store}");
        assert_eq!(drifts_of(&seller, store), [], "{store}: the order explains it");
        seller.app.advance(TimeDelta::seconds(5));
    }
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn a_number_that_a_person_typed_is_read_twice_and_then_corrected() {
    let (seller, pusher, puller) = open(1);
    let mut on_hand = 100;
    for (nth, store, kind) in pulled() {
        type_in(&seller, store, kind, 30);
        on_hand += 20;
        count(&seller, 0, on_hand);
        seller.push_and_pull(&pusher, &puller);
        let mut shown = vec![on_hand; 4];
        shown[nth] = 30;
        assert_eq!(seller.shown(0), shown, "{store}: buyers may have taken what is missing");
        assert_eq!(drifts_of(&seller, store), [], "{store}");
        seller.app.advance(TimeDelta::seconds(4));
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), shown, "{store}: it is too early");
        seller.app.advance(TimeDelta::seconds(2));
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), [on_hand; 4], "{store}");
        assert_eq!(drifts_of(&seller, store), [(on_hand - 20, 30, on_hand, true)], "{store}");
        seller.app.advance(TimeDelta::seconds(5));
    }
}

#[test]
fn a_number_that_is_too_large_is_corrected_at_once() {
    let (seller, pusher, puller) = open(1);
    let mut on_hand = 100;
    for (_, store, kind) in pulled() {
        type_in(&seller, store, kind, 500);
        on_hand -= 5;
        count(&seller, 0, on_hand);
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), [on_hand; 4], "{store}");
        assert_eq!(drifts_of(&seller, store), [(on_hand + 5, 500, on_hand, true)], "{store}");
    }
}

#[test]
fn an_order_that_came_after_the_orders_were_read_is_no_drift() {
    let (seller, pusher, puller) = open(1);
    let mut on_hand = 100;
    let mut bought = 0;
    for (nth, store, kind) in pulled() {
        seller.app.advance(PERIOD);
        seller.pull(&puller);
        buy(&seller, store, kind, 3);
        bought += 3;
        on_hand += 20;
        count(&seller, 0, on_hand);
        seller.push(&pusher);
        assert_eq!(seller.shown(0)[nth], on_hand - 20 - bought, "{store}: it is not raised");
        seller.app.advance(TimeDelta::seconds(6));
        seller.push_and_pull(&pusher, &puller);
        assert_eq!(seller.shown(0), [on_hand - bought; 4], "{store}");
        assert_eq!(drifts_of(&seller, store), [], "{store}");
    }
}

#[test]
fn drifts_are_on_the_page_of_the_store_and_on_the_dashboard() {
    let seller = Seller::open_with_pages(1);
    let (pusher, puller) = (seller.careful_pusher(), seller.puller());
    seller.push_and_pull(&pusher, &puller);
    let mut browser: Browser = seller.app.signed_in();
    assert!(!browser.get("/").text().contains("Drifts"));
    type_in(&seller, "shopee-sg", flashsale::marketplaces::shopee::KIND, 500);
    count(&seller, 0, 90);
    seller.push_and_pull(&pusher, &puller);
    let dashboard = browser.get("/");
    assert!(dashboard.text().contains("numbers in stores that nothing explains"), "{}", dashboard.text());
    assert_eq!(dashboard.cell("shopee-sg", "Shown"), "500");
    let page = browser.get("/stores/shopee-sg");
    let text = page.text();
    assert!(text.contains("1 drift in 30 days") && text.contains("Set to 90"), "{text}");
    seller.app.advance(TimeDelta::days(2));
    assert!(!browser.get("/").text().contains("Drifts"));
}
