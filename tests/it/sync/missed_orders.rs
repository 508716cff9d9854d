//! No order is missed because the marketplace had a fault, and no message keeps the sweeps waiting.

use super::pulling::{open, place, pull_of, pulled, status_of, sweep};
use crate::scene::{read, store_code};
use chrono::TimeDelta;
use flashsale::{
    db::stores::{
        connections,
        order_hints::{self, Hint},
    },
    demo::marketplace::{CallKind, Fault, PlannedFault},
    domain::{
        orders::order::OrderStatus,
        stores::pull::{OVERLAP, PERIOD},
    },
    marketplaces::{lazada, registry, shopee},
    sync::pull::steps::{self, Lease, Step},
};

#[test]
fn orders_that_are_listed_while_their_details_fail_are_read_later() {
    let (seller, puller) = open();
    let market = &seller.market.marketplace;
    for (store, kind) in [("lazada-sg", lazada::KIND), ("shopee-sg", shopee::KIND)] {
        let number = place(&seller, store, kind, 1);
        let before = pull_of(&seller, store).complete_until;
        // The list is answered, and then each request for details says that something is wrong.
        market.add_fault(store, PlannedFault::from(Fault::Slow { milliseconds: 1 }).on(CallKind::Orders).times(1));
        market.add_fault(store, PlannedFault::from(Fault::ErrorInside).on(CallKind::Orders));
        sweep(&seller, &puller);
        let failed = pull_of(&seller, store);
        assert_eq!(failed.complete_until, before, "{store}: raises wait");
        assert!(failed.failures > 0 && failed.problem_text.is_some(), "{store}: {failed:?}");
        // Longer than the next windows reach back.
        seller.app.advance(TimeDelta::minutes(20));
        market.clear_faults(store);
        seller.pull(&puller);
        assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store}");
        assert_eq!(pull_of(&seller, store).complete_until, Some(seller.app.now()), "{store}");
    }
}

#[test]
fn a_window_that_is_due_does_not_wait_for_the_last_message() {
    let (seller, _) = open();
    seller.app.advance(PERIOD);
    let now = seller.app.now();
    for (_, store, kind) in pulled() {
        let lease = Lease { store: store_code(store), id: "one".to_owned() };
        let pulling = registry::describe(kind).pulling.as_ref().expect("it is read");
        let connection = read(&seller.app.database, |conn| connections::find(conn, &lease.store)).expect("connected");
        seller.app.write(|conn| {
            for nth in 0..200 {
                let hint = Hint {
                    store: lease.store.clone(),
                    order_id: nth.to_string(),
                    message_key: String::new(),
                    noted_at: now,
                    read_at: None,
                };
                order_hints::note(conn, &hint).expect("noted");
            }
            assert!(steps::take(conn, &lease, now, now.plus(TimeDelta::seconds(60))).expect("taken"));
            let mut next = |was_named| {
                steps::next(conn, &lease, &connection, now, (pulling, TimeDelta::days(1)), was_named).expect("a step")
            };
            assert!(matches!(next(false), Some(Step::Named(_))), "{store}");
            assert!(matches!(next(true), Some(Step::Part { .. })), "{store}");
            assert!(matches!(next(false), Some(Step::Named(_))), "{store}");
        });
    }
}

#[test]
fn a_message_that_comes_again_while_its_order_is_read_has_it_read_again() {
    let (seller, _) = open();
    let now = seller.app.now();
    let hint = |key: &str, seconds: i64| Hint {
        store: store_code("shopee-sg"),
        order_id: "1".to_owned(),
        message_key: key.to_owned(),
        noted_at: now.plus(TimeDelta::seconds(seconds)),
        read_at: None,
    };
    let unread = seller.app.write(|conn| {
        for (key, seconds) in [("paid", 0), ("shipped", 1), ("paid", 2)] {
            assert!(order_hints::note(conn, &hint(key, seconds)).expect("noted"));
        }
        order_hints::mark_read(conn, &hint("paid", 0), now).expect("marked");
        order_hints::unread(conn, &store_code("shopee-sg"), 10).expect("a read")
    });
    assert_eq!(unread, [hint("paid", 2)]);
}

#[test]
fn a_window_answers_the_messages_from_before_it() {
    let (seller, puller) = open();
    let noted_at = seller.app.now();
    seller.app.advance(OVERLAP + PERIOD);
    for (_, store, _) in pulled() {
        seller.app.write(|conn| {
            for (order_id, noted_at) in [("old", noted_at), ("new", seller.app.now())] {
                let hint = Hint {
                    store: store_code(store),
                    order_id: order_id.to_owned(),
                    message_key: String::new(),
                    noted_at,
                    read_at: None,
                };
                order_hints::note(conn, &hint).expect("noted");
            }
            let now = seller.app.now();
            order_hints::mark_all_read(conn, &store_code(store), now.plus(-OVERLAP), now).expect("marked");
            let unread = order_hints::unread(conn, &store_code(store), 10).expect("a read");
            let ids: Vec<String> = unread.into_iter().map(|hint| hint.order_id).collect();
            assert_eq!(ids, ["new"], "{store}");
        });
    }
    seller.pull(&puller);
    for (_, store, _) in pulled() {
        assert_eq!(read(&seller.app.database, |conn| order_hints::unread(conn, &store_code(store), 10)), [], "{store}");
    }
}
