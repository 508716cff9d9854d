//! Orders as no marketplace should send them: each is recorded or refused by a rule, those that came with it are recorded, and
//! nothing is counted twice. What programs may send is in `orders::states`, messages are in `stores::hooks` and `sync::pulling`.

use crate::{
    scene::{assert_verified, order_number, read, sku_code, store_code},
    seller::{Seller, product},
};
use chrono::TimeDelta;
use flashsale::{
    db::{
        catalogue::skus,
        orders,
        stores::{connections, pulls},
    },
    domain::{
        moment::Moment,
        money::Currency,
        orders::{
            order::{Fulfiller, OrderStatus, Payment},
            pulled::{PulledLine, PulledOrder},
        },
    },
    sync::pull::record,
};

const STORE: &str = "lazada-sg";

fn line(id: &str, nth: usize, quantity: i64) -> PulledLine {
    PulledLine {
        id: id.to_owned(),
        seller_sku: product(nth),
        item_id: "1000".to_owned(),
        variant_id: "9000".to_owned(),
        fulfilled_by: Fulfiller::Seller,
        quantity,
        returned: 0,
        status: OrderStatus::Open,
        price: "10.00".to_owned(),
    }
}

fn order(number: &str, at: Moment, lines: Vec<PulledLine>) -> PulledOrder {
    PulledOrder {
        number: order_number(number),
        placed_at: Some(at),
        updated_at: Some(at),
        payment: Payment::Paid,
        currency: None,
        lines,
    }
}

/// A seller with two products whose orders at [`STORE`] have been read before.
fn open() -> Seller {
    let seller = Seller::open(2);
    seller.pull(&seller.puller());
    seller.app.advance(TimeDelta::minutes(1));
    seller
}

/// Records orders, and returns why some were refused.
fn record(seller: &Seller, orders: &[PulledOrder]) -> Vec<String> {
    let store = store_code(STORE);
    let now = seller.app.now();
    let are_same = vec![false; orders.len()];
    let recorded = seller.app.write(|conn| {
        let connection = connections::find(conn, &store).expect("a read").expect("connected");
        let pull = pulls::find(conn, &store).expect("a read").expect("read before");
        record::run(conn, &connection, &pull, (orders, &are_same), now).expect("no database error")
    });
    assert_verified(&seller.app.database, now);
    recorded.refused
}

/// Units of open orders of a product, covered by stock or not.
fn promised(seller: &Seller, nth: usize) -> i64 {
    let code = sku_code(&product(nth));
    let sku = read(&seller.app.database, |conn| skus::find(conn, &code)).expect("a SKU");
    sku.committed + sku.oversold
}

fn is_recorded(seller: &Seller, number: &str) -> bool {
    let (store, number) = (store_code(STORE), order_number(number));
    read(&seller.app.database, |conn| orders::find(conn, &store, &number)).is_some()
}

#[test]
fn one_that_cannot_be_is_refused_and_those_beside_it_are_recorded() {
    for (what, odd, why) in [
        ("a negative quantity", (|at| order("odd", at, vec![line("1", 0, -3)])) as fn(Moment) -> PulledOrder, "units"),
        ("more units than can be", |at| order("odd", at, vec![line("1", 0, 1_000_000_001)]), "units"),
        ("more units than there are numbers", |at| order("odd", at, vec![line("1", 0, i64::MAX)]), "units"),
        (
            "units back that never left",
            |at| order("odd", at, vec![PulledLine { returned: i64::MAX, ..line("1", 0, i64::MAX) }]),
            "units",
        ),
        ("placed in the future", |at| order("odd", at.plus(TimeDelta::days(2)), vec![line("1", 0, 3)]), "future"),
        (
            "changed in the future",
            |at| PulledOrder {
                updated_at: Some(at.plus(TimeDelta::days(2))),
                ..order("odd", at, vec![line("1", 0, 3)])
            },
            "future",
        ),
        (
            "worth more than can be",
            |at| order("odd", at, vec![PulledLine { price: "9999999999999".to_owned(), ..line("1", 0, 1_000_000) }]),
            "worth",
        ),
    ] {
        let seller = open();
        let now = seller.app.now();
        let refused = record(
            &seller,
            &[order("a", now, vec![line("1", 0, 2)]), odd(now), order("z", now, vec![line("1", 0, 2)])],
        );
        assert!(refused.len() == 1 && refused[0].contains(why), "{what}: {refused:?}");
        assert_eq!((promised(&seller, 0), is_recorded(&seller, "odd")), (4, false), "{what}");
    }
}

#[test]
fn a_price_in_another_currency_is_not_taken_for_one_of_the_store() {
    let seller = open();
    let now = seller.app.now();
    let odd = PulledOrder { currency: Currency::parse("IDR").ok(), ..order("1", now, vec![line("1", 0, 3)]) };
    assert_eq!(record(&seller, std::slice::from_ref(&odd)), Vec::<String>::new());
    assert_eq!(promised(&seller, 0), 3, "the units count");
    let (store, number) = (store_code(STORE), order_number("1"));
    let lines = read(&seller.app.database, |conn| orders::lines(conn, &store, &number));
    assert_eq!(lines[0].unit_price_minor, None);
}

#[test]
fn a_line_whose_product_changes_gives_back_the_one_and_takes_the_other() {
    let seller = open();
    for (round, (nth, units)) in [(0, 3), (1, 3), (0, 5), (1, 0), (1, 2)].into_iter().enumerate() {
        seller.app.advance(TimeDelta::minutes(1));
        let now = seller.app.now();
        assert_eq!(record(&seller, &[order("1", now, vec![line("1", nth, units)])]), Vec::<String>::new(), "{round}");
        assert_eq!((promised(&seller, nth), promised(&seller, 1 - nth)), (units, 0), "{round}");
    }
}

#[test]
fn a_number_that_comes_again_after_a_year_is_that_of_another_order_and_refused() {
    let seller = open();
    let now = seller.app.now();
    record(&seller, &[order("1", now, vec![line("1", 0, 3)])]);
    seller.app.advance(TimeDelta::days(365));
    let again = order("1", seller.app.now(), vec![line("1", 0, 5)]);
    let refused = record(&seller, &[again, order("2", seller.app.now(), vec![line("1", 1, 1)])]);
    assert!(refused.len() == 1 && refused[0].starts_with("Order 1: "), "{refused:?}");
    assert_eq!((promised(&seller, 0), promised(&seller, 1)), (3, 1), "the first one is what it was");
}

#[test]
fn an_order_of_two_thousand_lines_is_recorded_whole_and_once() {
    let seller = open();
    seller.app.advance(TimeDelta::minutes(1));
    let now = seller.app.now();
    let lines = |units: i64| (0..2_000).map(|nth| line(&nth.to_string(), nth % 2, units)).collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(record(&seller, &[order("1", now, lines(1))]), Vec::<String>::new());
        assert_eq!((promised(&seller, 0), promised(&seller, 1)), (1_000, 1_000));
    }
    seller.app.advance(TimeDelta::minutes(1));
    record(&seller, &[order("1", seller.app.now(), lines(0))]);
    assert_eq!((promised(&seller, 0), promised(&seller, 1)), (0, 0));
}

#[test]
fn lines_with_the_same_id_are_counted_each() {
    let seller = open();
    let now = seller.app.now();
    for _ in 0..2 {
        record(&seller, &[order("1", now, vec![line("1", 0, 2), line("1", 0, 3)])]);
        assert_eq!(promised(&seller, 0), 5);
    }
}

#[test]
fn an_order_that_alternates_between_two_states_is_what_it_was_last() {
    let seller = open();
    let placed_at = seller.app.now();
    for round in 0..20 {
        seller.app.advance(TimeDelta::seconds(1));
        let mut said = order("1", placed_at, vec![line("1", 0, 4)]);
        said.updated_at = Some(seller.app.now());
        if round % 2 == 1 {
            said.lines[0].status = OrderStatus::Cancelled;
        }
        let older = PulledOrder { updated_at: Some(placed_at), ..order("1", placed_at, vec![line("1", 0, 9)]) };
        for state in [&said, &said, &older] {
            assert_eq!(record(&seller, std::slice::from_ref(state)), Vec::<String>::new());
            assert_eq!(promised(&seller, 0), if round % 2 == 0 { 4 } else { 0 }, "{round}");
        }
    }
}
