//! What the customers of the demo bought: orders that came in during its sales and beside them, some of them shipped or
//! cancelled since.

use super::{accepted, cause, sku_code, store_code};
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

/// Orders that come in one after another.
struct Stream {
    store: &'static str,
    /// What their numbers begin with.
    prefix: &'static str,
    /// How long ago the first came in.
    since: TimeDelta,
    /// How long after the one before each came in.
    every: TimeDelta,
    orders: i32,
    /// What they are of, in turn, and what a piece costs in minor units.
    goods: &'static [(&'static str, i64)],
    /// How long after it came in each was shipped, if that is over by now.
    ships_after: TimeDelta,
}

const fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

const fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

const fn stream(
    (store, prefix): (&'static str, &'static str),
    (since, every, orders): (TimeDelta, TimeDelta, i32),
    ships_after: TimeDelta,
    goods: &'static [(&'static str, i64)],
) -> Stream {
    Stream { store, prefix, since, every, orders, goods, ships_after }
}

/// Those of the sales, and what was sold beside them. The last two are of what there is none of.
#[rustfmt::skip]
const STREAMS: [Stream; 9] = [
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
    // Gadget Rush: its earbuds are nearly sold
    stream(("shopee-sg", "SP-88"), (minutes(355), minutes(9), 37), hours(24),
        &[("TC-EAR-ANC", 11_900), ("TC-PWB-20K", 3_490), ("TC-CAS-I15", 890), ("TC-SPK-MIN", 2_590)]),
    // Flash Hours
    stream(("lazada-ph", "PH-51"), (minutes(195), minutes(6), 31), hours(24),
        &[("TC-CHG-20W", 49_900), ("TC-PWB-10K", 89_900), ("TC-WAT-BND-M", 29_900)]),
    // Beside the sales
    stream(("shopee-id", "ID-730"), (hours(60), minutes(350), 9), hours(20),
        &[("TC-GLS-A55", 4_500_000), ("TC-STY-PEN", 9_900_000)]),
    stream(("shopify-eu", "1"), (hours(50), minutes(410), 7), hours(26),
        &[("RM-CDL-CIT", 1_990), ("WR-CAP-DAD-NVY", 1_790)]),
    // Sold out
    stream(("shopee-id", "ID-733"), (minutes(310), minutes(1), 1), hours(24), &[("TC-RNG-STD", 3_900_000)]),
    stream(("shopee-sg", "SP-89"), (minutes(75), minutes(1), 1), hours(24), &[("RM-PLT-CER-L", 3_290)]),
];

/// One order in so many is cancelled by the customer, so long after it came in.
const CANCELLED: (i32, TimeDelta) = (11, TimeDelta::minutes(50));

/// What happens to an order.
pub(super) struct OrderEvent {
    store: &'static str,
    number: OrderNumber,
    what: What,
}

enum What {
    ComesIn { sku: &'static str, units: i64, unit_price_minor: i64 },
    IsShipped,
    IsCancelled,
}

/// What happened to orders, oldest first: how long ago, and what.
pub(super) fn events() -> Vec<(TimeDelta, OrderEvent)> {
    let mut events: Vec<(TimeDelta, OrderEvent)> = STREAMS.iter().flat_map(of_stream).collect();
    events.sort_by_key(|(ago, _)| -*ago);
    events
}

fn of_stream(stream: &Stream) -> impl Iterator<Item = (TimeDelta, OrderEvent)> {
    let Stream { store, prefix, since, every, orders, goods, ships_after } = stream;
    (0..*orders).flat_map(move |nth| {
        let ago = *since - *every * nth;
        let number = OrderNumber::parse(&format!("{prefix}{:03}", 102 + nth * 3)).expect("a number of the demo");
        let event = move |what| OrderEvent { store, number: number.clone(), what };
        let place = usize::try_from(nth).expect("counted from 0");
        let (sku, unit_price_minor) = goods[place % goods.len()];
        // One, two or three pieces, not in step with what they are of.
        let units = 1 + i64::from((nth * 5 / 4) % 3);
        let (closed_ago, closing) = match nth % CANCELLED.0 {
            7 => (ago - CANCELLED.1, What::IsCancelled),
            _ => (ago - *ships_after, What::IsShipped),
        };
        let comes_in = (ago, event(What::ComesIn { sku, units, unit_price_minor }));
        let is_closed = (closed_ago > TimeDelta::zero()).then(|| (closed_ago, event(closing)));
        std::iter::once(comes_in).chain(is_closed)
    })
}

/// Does what happens to an order at `at`.
///
/// # Errors
/// When the database fails.
pub(super) fn apply(conn: &mut Conn, event: &OrderEvent, at: Moment) -> Result<(), Error> {
    let OrderEvent { store, number, what } = event;
    let (store, cause) = (store_code(store), cause(at, ""));
    match what {
        What::ComesIn { sku, units, unit_price_minor } => {
            let line = NewLine { sku: sku_code(sku), quantity: *units, unit_price_minor: Some(*unit_price_minor) };
            let order = NewOrder { store, number: number.clone(), placed_at: None, lines: vec![line] };
            let delivery = Delivery { cause, if_short: IfShort::Record, orders: vec![order] };
            let outcomes = take_orders::run(conn, &[&delivery])?;
            let is_taken = |outcome: &Outcome| matches!(outcome, Outcome::Accepted(_));
            assert!(outcomes.iter().flatten().all(is_taken), "the demo's order {number} became {outcomes:?}");
            Ok(())
        }
        What::IsShipped => accepted(close_order::ship(conn, &cause, (&store, number))),
        What::IsCancelled => accepted(close_order::cancel(conn, &cause, (&store, number))),
    }
}
