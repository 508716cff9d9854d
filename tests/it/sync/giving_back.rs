//! A push never gives back what a buyer took: the orders of a store are read before a quantity is raised there.

use crate::{
    scene::{assert_verified, read, stock, store_code},
    seller::{STORES, Seller, product, product_id},
};
use chrono::TimeDelta;
use flashsale::{
    db::stores::push_log,
    demo::marketplace::{CallKind, ChangedBy, Fault, PlannedFault},
    domain::stores::connection::ConnectorKind,
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
    seller.push_and_pull(&pusher, &puller);
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
