//! How long a verification of a million entries takes, of orders with several lines and returns.

use super::{
    argument,
    seller::{SKUS, STORES, Seller, cause, code, store_code},
};
use flashsale::{
    actions::{orders::put_state, verifications::verify},
    domain::{
        code::{LineId, OrderNumber},
        orders::order::{OrderState, OrderStatus, StateLine},
    },
};
use std::time::Instant;

const TOGETHER: usize = 250;

/// Each order has three lines, each line an entry when it is taken, and one when it is shipped.
const ENTRIES_OF_AN_ORDER: usize = 6;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("verify.db").display());
    let orders: usize = argument("entries", 1_000_000) / ENTRIES_OF_AN_ORDER;
    let seller = Seller::open(&url, |_| 100_000_000);
    for status in [OrderStatus::Open, OrderStatus::Shipped] {
        for some in (0..orders).collect::<Vec<_>>().chunks(TOGETHER) {
            let now = seller.clock.now();
            seller.write(|conn| {
                for nth in some {
                    put_state::run(conn, &cause(now), state(*nth, status)).expect("recorded");
                }
            });
        }
    }
    let began = Instant::now();
    let report = seller.read(|conn| verify::run(conn, seller.clock.now()).expect("a read"));
    println!("{} entries with lines and returns verified in {:.1?}", orders * ENTRIES_OF_AN_ORDER, began.elapsed());
    assert!(report.differences.is_empty(), "{report}");
}

/// Of every tenth order that has been sent, a unit comes back.
fn state(nth: usize, status: OrderStatus) -> OrderState {
    let returned = i64::from(nth.is_multiple_of(10) && status == OrderStatus::Shipped);
    let line = |of: usize| StateLine {
        id: LineId::parse(&of.to_string()).ok(),
        item: code((nth * 3 + of) % SKUS).into(),
        quantity: 2 - returned,
        status: None,
        returned,
        unit_price_minor: Some(1_000),
    };
    OrderState {
        store: store_code(STORES[nth % STORES.len()].0),
        number: OrderNumber::parse(&nth.to_string()).expect("a number"),
        placed_at: None,
        updated_at: None,
        status,
        payment: None,
        fulfilled_by: None,
        lines: (0..3).map(line).collect(),
    }
}
