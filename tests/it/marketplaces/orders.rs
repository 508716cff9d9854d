//! Orders: every connector that reads them, against the simulated marketplaces.

use super::connectors::{Rig, SHOP};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Fault, PlannedFault, UnitState},
    domain::{
        orders::{
            order::{Fulfiller, OrderStatus, Payment},
            pulled::PulledOrder,
        },
        stores::connection::ConnectorKind,
    },
    marketplaces::{
        FailureClass, lazada,
        orders::{OrderPage, Window},
        shopee, zalora,
    },
};
use std::{collections::BTreeSet, num::NonZeroU32};

const PULLED: [ConnectorKind; 3] = [lazada::KIND, shopee::KIND, zalora::KIND];

/// All that changed since `minutes` ago, and in how many parts it came.
fn read(rig: &Rig, minutes: i64) -> (Vec<PulledOrder>, usize) {
    let window = Window { from: rig.now().plus(-TimeDelta::minutes(minutes)), until: rig.now() };
    let mut orders = Vec::new();
    let mut parts = 0;
    let mut next: Option<String> = None;
    loop {
        let page = rig.runner.block_on(rig.connector().read_orders(window, next.as_deref())).expect("orders");
        assert_eq!(page.unreadable, Vec::<String>::new());
        orders.extend(page.orders);
        parts += 1;
        match page.next {
            Some(place) => next = Some(place),
            None => return (orders, parts),
        }
    }
}

fn named(rig: &Rig, ids: &[String]) -> OrderPage {
    rig.runner.block_on(rig.connector().read_named_orders(ids)).expect("orders")
}

/// By which the order with that number is asked for.
fn id_of(rig: &Rig, number: &str) -> String {
    let order = rig.marketplace.orders(SHOP).into_iter().find(|order| order.number == number).expect("an order");
    if rig.kind == shopee::KIND { order.number } else { order.id.to_string() }
}

/// Lets more time pass than a window of the tests has.
fn later(rig: &mut Rig) {
    rig.advance(TimeDelta::minutes(35));
    rig.refresh().expect("a token");
}

#[test]
fn every_order_that_changed_is_read_once_in_parts() {
    for kind in PULLED {
        let mut rig = Rig::new(kind);
        rig.marketplace.add_orders(SHOP, 40, &rig.id(1));
        later(&mut rig);
        rig.marketplace.add_orders(SHOP, 260, &rig.id(1));
        let (orders, parts) = read(&rig, 30);
        let numbers: BTreeSet<&str> = orders.iter().map(|order| order.number.as_str()).collect();
        assert_eq!((orders.len(), numbers.len()), (260, 260), "{kind:?}");
        assert!(parts >= 3, "{kind:?}: {parts}");
        assert_eq!(read(&rig, 60).0.len(), 300, "{kind:?}");
        later(&mut rig);
        assert_eq!(read(&rig, 30), (vec![], 1), "{kind:?}");
    }
}

#[test]
fn an_order_that_changes_is_read_again_as_it_is() {
    use OrderStatus::{Cancelled, Open, Shipped};
    for kind in PULLED {
        let mut rig = Rig::new(kind);
        let number = rig.marketplace.place_order(SHOP, &[(rig.id(1), 2), (rig.id(2), 1)], false).expect("an order");
        let order = read(&rig, 30).0.remove(0);
        assert_eq!((order.number.as_str(), order.payment, order.status()), (number.as_str(), Payment::Pending, Open));
        assert_eq!((order.placed_at, order.updated_at), (Some(rig.now()), Some(rig.now())), "{kind:?}");
        let units = |order: &PulledOrder, name: &str| -> i64 {
            let of_name = order.lines.iter().filter(|line| line.name() == name && line.status != Cancelled);
            of_name.map(|line| line.quantity).sum()
        };
        assert_eq!((units(&order, "seller-1"), units(&order, "seller-2")), (2, 1), "{kind:?}");
        assert_eq!(order.lines[0].price_minor(order.currency, order.currency), Some(7_990), "{kind:?}");
        for (state, status) in [
            (UnitState::Paid, Open),
            (UnitState::Packed, Open),
            (UnitState::Shipped, Shipped),
            (UnitState::Delivered, Shipped),
        ] {
            later(&mut rig);
            rig.marketplace.move_order(SHOP, &number, state);
            let order = read(&rig, 30).0.remove(0);
            assert_eq!((order.status(), order.payment), (status, Payment::Paid), "{kind:?} {state:?}");
            assert_eq!((order.updated_at, units(&order, "seller-1")), (Some(rig.now()), 2), "{kind:?} {state:?}");
        }
        later(&mut rig);
        rig.marketplace.change_order(SHOP, &number, |order| order.units[0].state = UnitState::Returned);
        let order = read(&rig, 30).0.remove(0);
        let returned: i64 = order.lines.iter().map(|line| line.returned).sum();
        assert_eq!((units(&order, "seller-1"), returned, order.status()), (1, 1, Shipped), "{kind:?}");
    }
}

#[test]
fn one_unit_may_be_cancelled_alone_and_then_all() {
    for kind in PULLED {
        let rig = Rig::new(kind);
        let number = rig.marketplace.place_order(SHOP, &[(rig.id(1), 2)], true).expect("an order");
        assert_eq!(rig.marketplace.quantity(SHOP, &rig.id(1)), Some(98));
        rig.marketplace.change_order(SHOP, &number, |order| order.units[1].state = UnitState::Cancelled);
        assert_eq!(rig.marketplace.quantity(SHOP, &rig.id(1)), Some(99), "{kind:?}: it can be bought again");
        let order = read(&rig, 30).0.remove(0);
        let wanted = order.lines.iter().filter(|line| line.status == OrderStatus::Open);
        assert_eq!(wanted.map(|line| line.quantity).sum::<i64>(), 1, "{kind:?}");
        rig.marketplace.move_order(SHOP, &number, UnitState::Cancelled);
        assert_eq!(read(&rig, 30).0[0].status(), OrderStatus::Cancelled, "{kind:?}");
        assert_eq!(rig.marketplace.quantity(SHOP, &rig.id(1)), Some(100), "{kind:?}");
    }
}

#[test]
fn what_the_marketplace_sends_itself_is_said_to_be_its_own() {
    for kind in PULLED {
        let rig = Rig::new(kind);
        let number = rig.marketplace.place_order(SHOP, &[(rig.id(1), 1)], true).expect("an order");
        assert_eq!(read(&rig, 30).0[0].fulfilled_by(), Fulfiller::Seller, "{kind:?}");
        rig.marketplace.change_order(SHOP, &number, |order| order.is_of_marketplace = true);
        let order = named(&rig, &[id_of(&rig, &number)]).orders.remove(0);
        assert_eq!(order.fulfilled_by(), Fulfiller::Marketplace, "{kind:?}");
    }
}

#[test]
fn orders_are_read_by_their_ids_whatever_else_is_asked_for() {
    for kind in PULLED {
        let rig = Rig::new(kind);
        rig.marketplace.add_orders(SHOP, 49, &rig.id(1));
        let mut ids: Vec<String> =
            rig.marketplace.orders(SHOP).iter().map(|order| id_of(&rig, &order.number)).collect();
        assert_eq!(named(&rig, &ids).orders.len(), 49, "{kind:?}");
        ids.push("99999999".to_owned());
        assert_eq!(named(&rig, &ids).orders.len(), 49, "{kind:?}: one that does not exist");
        assert_eq!(named(&rig, &ids[49..]).orders, vec![], "{kind:?}");
    }
}

#[test]
fn a_failure_says_whether_it_is_of_the_store() {
    for kind in PULLED {
        let rig = Rig::new(kind);
        rig.marketplace.add_orders(SHOP, 1, &rig.id(1));
        let window = Window { from: rig.now().plus(-TimeDelta::minutes(30)), until: rig.now() };
        for (fault, class) in [
            (Fault::Throttle { seconds: 9 }, FailureClass::Throttled),
            (Fault::EndedToken, FailureClass::Credentials),
            (Fault::ServerError, FailureClass::Unavailable),
            (Fault::Garbage, FailureClass::Unavailable),
            (Fault::Drop, FailureClass::Unavailable),
        ] {
            rig.marketplace.add_fault(SHOP, PlannedFault::from(fault).on(CallKind::Orders).times(1));
            let failure = rig.runner.block_on(rig.connector().read_orders(window, None)).expect_err("a failure");
            assert_eq!((failure.class, failure.token_ended), (class, fault == Fault::EndedToken), "{kind:?} {fault:?}");
        }
        assert_eq!(read(&rig, 30).0.len(), 1, "{kind:?}");
    }
}

#[test]
fn words_that_no_document_has_count_as_taken() {
    for kind in PULLED {
        let rig = Rig::new(kind);
        let number = rig.marketplace.place_order(SHOP, &[(rig.id(1), 1)], true).expect("an order");
        rig.marketplace.change_order(SHOP, &number, |order| order.units[0].word = Some("A_NEW_ONE"));
        assert_eq!(read(&rig, 30).0[0].status(), OrderStatus::Open, "{kind:?}");
    }
}

#[test]
fn the_list_of_lazada_goes_on_behind_what_it_may_skip() {
    let rig = Rig::new(lazada::KIND);
    // The limit of the documents is of real time, and the clock of the test stands still.
    rig.marketplace.limit(SHOP, NonZeroU32::new(10_000).expect("not 0"));
    for _ in 0..6 {
        rig.marketplace.add_orders(SHOP, 900, &rig.id(1));
        rig.advance(TimeDelta::seconds(2));
    }
    let (orders, _) = read(&rig, 30);
    let numbers: BTreeSet<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    assert_eq!(numbers.len(), 5_400, "each, and some of them twice");
}
