//! The orders of the demo: some during its sales and some outside of them. Most are shipped, some are cancelled.

use super::{
    data::{hours, minutes},
    inputs::{accepted, cause, sku_code, store_code},
};
use crate::{
    actions::orders::{
        close_order,
        take_orders::{self, Delivery, Outcome},
    },
    db::{Conn, Error},
    domain::{
        code::OrderNumber,
        moment::Moment,
        orders::order::{IfShort, NewLine, NewOrder},
    },
};
use chrono::TimeDelta;

/// Orders of one store at regular intervals.
struct Stream {
    store: &'static str,
    /// The prefix of their order numbers.
    prefix: &'static str,
    /// How long ago the first order was placed.
    since: TimeDelta,
    /// The interval between orders.
    every: TimeDelta,
    orders: i32,
    /// The SKUs, which the orders cycle through, with unit prices in minor units of the store’s currency.
    goods: &'static [(&'static str, i64)],
    /// The time from an order to its shipment. If that is in the future, the order is open.
    ships_after: TimeDelta,
}

const fn stream(
    (store, prefix): (&'static str, &'static str),
    (since, every, orders): (TimeDelta, TimeDelta, i32),
    ships_after: TimeDelta,
    goods: &'static [(&'static str, i64)],
) -> Stream {
    Stream { store, prefix, since, every, orders, goods, ships_after }
}

/// The last two are for SKUs that are out of stock.
#[rustfmt::skip]
const STREAMS: [Stream; 10] = [
    // Payday Sale
    stream(("lazada-sg", "LZ-104"), (hours(671), minutes(65), 40), hours(30),
        &[("WR-TEE-BAS-BLK-M", 1_490), ("WR-SOK-CRW-3PK", 890), ("WR-TEE-BAS-BLK-L", 1_490), ("WR-CAP-DAD-NVY", 1_290)]),
    // Mega Brand Week
    stream(("lazada-sg", "LZ-107"), (minutes(1_900), minutes(42), 44), hours(14),
        &[("WR-TEE-BAS-BLK-M", 1_390), ("TC-CAS-I15", 990), ("WR-TEE-BAS-WHT-M", 1_390), ("TC-EAR-ANC", 12_900),
          ("WR-HOD-ZIP-GRY-M", 4_490)]),
    // Style Edit
    stream(("zalora-sg", "ZA-2291"), (minutes(1_170), minutes(80), 14), hours(15),
        &[("WR-SHT-LIN-WHT-M", 3_900), ("WR-BAG-CRO-BLK", 5_900), ("WR-JKT-DEN-IND-M", 7_900)]),
    // Gadget Rush: its earbuds are nearly sold out
    stream(("shopee-sg", "SP-88"), (minutes(355), minutes(9), 37), hours(24),
        &[("TC-EAR-ANC", 11_900), ("TC-PWB-20K", 3_490), ("TC-CAS-I15", 890), ("TC-SPK-MIN", 2_590)]),
    // Flash Hours
    stream(("lazada-ph", "PH-51"), (minutes(195), minutes(6), 31), hours(24),
        &[("TC-CHG-20W", 49_900), ("TC-PWB-10K", 89_900), ("TC-WAT-BND-M", 29_900)]),
    // Outside of sales
    stream(("shopee-id", "ID-730"), (hours(60), minutes(350), 9), hours(20),
        &[("TC-GLS-A55", 4_500_000), ("TC-STY-PEN", 9_900_000)]),
    stream(("shopee-vn", "VN-220"), (hours(45), minutes(480), 5), hours(20),
        &[("TC-STY-PEN", 159_000), ("TC-GLS-A55", 79_000)]),
    stream(("shopify-eu", "1"), (hours(50), minutes(410), 7), hours(26),
        &[("RM-CDL-CIT", 1_990), ("WR-CAP-DAD-NVY", 1_790)]),
    // Sold out
    stream(("shopee-id", "ID-733"), (minutes(310), minutes(1), 1), hours(24), &[("TC-RNG-STD", 3_900_000)]),
    stream(("shopee-sg", "SP-89"), (minutes(75), minutes(1), 1), hours(24), &[("RM-PLT-CER-L", 3_290)]),
];

/// One order in this many is cancelled by the customer.
const ONE_CANCELLED_IN: i32 = 11;
const CANCELLED_AFTER: TimeDelta = TimeDelta::minutes(50);

pub(super) struct OrderEvent {
    store: &'static str,
    number: OrderNumber,
    what: What,
}

enum What {
    Placed { sku: &'static str, units: i64, unit_price_minor: i64 },
    Shipped,
    Cancelled,
}

/// The events of all orders with how long ago they happened, oldest first.
pub(super) fn events() -> Vec<(TimeDelta, OrderEvent)> {
    let mut events: Vec<(TimeDelta, OrderEvent)> = STREAMS.iter().flat_map(of_stream).collect();
    events.sort_by_key(|(ago, _)| -*ago);
    events
}

fn of_stream(stream: &Stream) -> Vec<(TimeDelta, OrderEvent)> {
    let Stream { store, prefix, since, every, orders, goods, ships_after } = stream;
    let mut events = Vec::new();
    for nth in 0..*orders {
        let ago = *since - *every * nth;
        let number = OrderNumber::parse(&format!("{prefix}{:03}", 102 + nth * 3)).expect("a number of the demo");
        let place = usize::try_from(nth).expect("counted from 0");
        let (sku, unit_price_minor) = goods[place % goods.len()];
        // One to three units, with another period than the SKUs, so that quantities vary for each SKU.
        let units = 1 + i64::from((nth * 5 / 4) % 3);
        let placed = What::Placed { sku, units, unit_price_minor };
        events.push((ago, OrderEvent { store, number: number.clone(), what: placed }));
        let (closed_ago, closed) = match nth % ONE_CANCELLED_IN {
            7 => (ago - CANCELLED_AFTER, What::Cancelled),
            _ => (ago - *ships_after, What::Shipped),
        };
        if closed_ago > TimeDelta::zero() {
            events.push((closed_ago, OrderEvent { store, number, what: closed }));
        }
    }
    events
}

pub(super) fn apply(conn: &mut Conn, event: &OrderEvent, at: Moment) -> Result<(), Error> {
    let OrderEvent { store, number, what } = event;
    let store = store_code(store);
    let cause = cause(at, "");
    match what {
        What::Placed { sku, units, unit_price_minor } => {
            let line =
                NewLine { item: sku_code(sku).into(), quantity: *units, unit_price_minor: Some(*unit_price_minor) };
            let order = NewOrder { store, number: number.clone(), placed_at: None, lines: vec![line] };
            let delivery = Delivery { cause, if_short: IfShort::Record, orders: [order].into() };
            let outcomes = take_orders::run(conn, &[&delivery])?;
            assert!(matches!(outcomes[0][..], [Outcome::Accepted(_)]), "the demo's order {number} became {outcomes:?}");
            Ok(())
        }
        What::Shipped => accepted(close_order::ship(conn, &cause, (&store, number))),
        What::Cancelled => accepted(close_order::cancel(conn, &cause, (&store, number))),
    }
}
