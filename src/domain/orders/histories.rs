//! What states do to stock, one after the other: by a table, and whatever they are.

use super::{
    fulfilment::EndedSales,
    order::OrderStatus,
    state::{Effect, Part, Terms, WantedPart, differences, status_of},
};
use crate::domain::{
    catalogue::{availability::Availability, stock::Stock},
    code::{LineId, SkuCode, StoreCode},
    id::PromotionId,
    promotions::promotion::FlashSaleType::StockAllocation,
    testing::{LAZADA, SHOPEE, hold, noon, store},
};
use OrderStatus::{Cancelled, Open, Shipped};
use proptest::prelude::*;
use std::collections::HashMap;

fn sku(name: &str) -> SkuCode {
    SkuCode::trusted(name.to_owned())
}

fn line(id: &str, name: &str, units: i64, status: OrderStatus) -> WantedPart {
    WantedPart {
        id: Some(LineId::trusted(id.to_owned())),
        seller_sku: None,
        sku: sku(name),
        per_unit: 1,
        units,
        status,
        returned: 0,
        unit_price_minor: None,
    }
}

fn returned(returned: i64, wanted: WantedPart) -> WantedPart {
    WantedPart { returned, ..wanted }
}

/// 100 of A, of which Lazada holds 60, and 10 of B.
fn shop() -> HashMap<SkuCode, Availability> {
    let availability = |on_hand, holds| Availability { stock: Stock { on_hand, ..Stock::default() }, holds };
    HashMap::from([
        (sku("A"), availability(100, vec![hold(LAZADA, StockAllocation, 60, 0)])),
        (sku("B"), availability(10, vec![])),
    ])
}

/// An order and the stock, as states come in.
struct History {
    parts: Vec<Part>,
    available: HashMap<SkuCode, Availability>,
    store: StoreCode,
    takes: bool,
}

impl History {
    fn new(code: &str) -> Self {
        Self { parts: Vec::new(), available: shop(), store: store(code), takes: true }
    }

    /// Whether the state changed something.
    fn becomes(&mut self, status: OrderStatus, wanted: &[WantedPart]) -> bool {
        let ended = EndedSales::default();
        let terms = Terms { store: &self.store, placed_at: noon(), takes: self.takes, status, ended: &ended };
        let found = differences(&self.parts, wanted, &terms, &mut self.available);
        for difference in &found {
            let sum = difference.entries().into_iter().fold(Effect::default(), |mut sum, (_, effect)| {
                sum.stock += effect.stock;
                sum.sold += effect.sold;
                sum
            });
            let before = difference.before.as_ref().map_or_else(Effect::default, Part::effect);
            assert_eq!(sum, difference.after.effect() - before, "{difference:?}");
            match difference.known {
                Some(place) => self.parts[place] = difference.after.clone(),
                None => self.parts.push(difference.after.clone()),
            }
        }
        !found.is_empty()
    }

    /// On hand, committed, oversold and what the hold has sold of A.
    fn of(&self, name: &str) -> [i64; 4] {
        let Availability { stock, holds } = &self.available[&sku(name)];
        [stock.on_hand, stock.committed, stock.oversold, holds.first().map_or(0, |hold| hold.sold)]
    }

    /// The stock is what it was, and what the parts do to it; decided units aside.
    fn check(&self) -> Result<(), TestCaseError> {
        for (code, was) in shop() {
            let mut sum = Effect { stock: was.stock, sold: 0 };
            for part in self.parts.iter().filter(|part| part.sku == code) {
                let effect = part.effect();
                sum.stock += effect.stock;
                sum.sold += effect.sold;
                let taken = part.taken;
                prop_assert!(taken.from_hold >= 0 && taken.from_shared >= 0 && taken.oversold >= 0, "{part:?}");
                prop_assert!([0, part.quantity].contains(&taken.total()), "{part:?}");
                prop_assert!((0..=part.quantity).contains(&part.returned), "{part:?}");
                prop_assert!(part.decided <= part.returned, "{part:?}");
            }
            let is = &self.available[&code];
            let sold = is.holds.first().map_or(0, |hold| hold.sold);
            prop_assert_eq!((is.stock, sold), (sum.stock, sum.sold));
            prop_assert!(is.stock.committed >= 0 && is.stock.oversold >= 0);
            prop_assert!(is.holds.iter().all(|hold| (0..=hold.quantity).contains(&hold.sold)));
        }
        Ok(())
    }
}

/// What the store says: the status, the lines, and on hand, committed, oversold and sold of A after that.
type Said = (OrderStatus, Vec<WantedPart>, [i64; 4]);

fn a(units: i64, status: OrderStatus) -> Vec<WantedPart> {
    vec![line("1", "A", units, status)]
}

/// Checks what each state of each history does: its name, the store, and the states.
fn check(rows: Vec<(&str, &str, Vec<Said>)>) {
    for (case, code, states) in rows {
        let mut history = History::new(code);
        for (nth, (status, wanted, after)) in states.into_iter().enumerate() {
            assert!(history.becomes(status, &wanted), "{case}, state {nth}");
            assert_eq!(history.of("A"), after, "{case}, state {nth}");
            assert!(!history.becomes(status, &wanted), "{case}, state {nth} again");
            history.check().unwrap_or_else(|error| panic!("{case}, state {nth}: {error}"));
        }
    }
}

#[test]
fn each_state_changes_the_stock_by_its_difference() {
    let rows: Vec<(&str, &str, Vec<Said>)> = vec![
        (
            "taken, shipped",
            LAZADA,
            vec![(Open, a(10, Open), [100, 10, 0, 10]), (Shipped, a(10, Shipped), [90, 0, 0, 10])],
        ),
        ("taken, cancelled", LAZADA, vec![(Open, a(70, Open), [100, 70, 0, 60]), (Cancelled, vec![], [100, 0, 0, 0])]),
        (
            "more and fewer: oversold first, then shared, then the hold",
            LAZADA,
            vec![
                (Open, a(50, Open), [100, 50, 0, 50]),
                (Open, a(110, Open), [100, 100, 10, 60]),
                (Open, a(95, Open), [100, 95, 0, 60]),
                (Open, a(30, Open), [100, 30, 0, 30]),
                (Open, a(0, Open), [100, 0, 0, 0]),
                (Open, a(5, Open), [100, 5, 0, 5]),
            ],
        ),
        (
            "shipped at once, and not after all",
            SHOPEE,
            vec![
                (Shipped, a(10, Shipped), [90, 0, 0, 0]),
                (Open, a(10, Open), [100, 10, 0, 0]),
                (Shipped, a(12, Shipped), [88, 0, 0, 0]),
            ],
        ),
        (
            "what was shipped comes back only by a decision",
            SHOPEE,
            vec![
                (Shipped, a(10, Shipped), [90, 0, 0, 0]),
                (Shipped, a(7, Shipped), [90, 0, 0, 0]),
                (Cancelled, vec![], [90, 0, 0, 0]),
                (Shipped, a(10, Shipped), [90, 0, 0, 0]),
                (Shipped, a(11, Shipped), [89, 0, 0, 0]),
                (Open, vec![], [89, 0, 0, 0]),
            ],
        ),
        (
            "one line shipped, one cancelled",
            LAZADA,
            vec![
                (Open, vec![line("1", "A", 4, Open), line("2", "A", 3, Open)], [100, 7, 0, 7]),
                (Open, vec![line("1", "A", 4, Shipped), line("2", "A", 3, Cancelled)], [96, 0, 0, 4]),
            ],
        ),
        (
            "another SKU, and back",
            LAZADA,
            vec![
                (Open, a(4, Open), [100, 4, 0, 4]),
                (Open, vec![line("1", "B", 4, Open)], [100, 0, 0, 0]),
                (Open, a(4, Open), [100, 4, 0, 4]),
            ],
        ),
    ];
    check(rows);
}

#[test]
fn units_that_are_missing_after_the_shipment_are_those_that_came_back() {
    let mut history = History::new(SHOPEE);
    history.becomes(Shipped, &[line("1", "A", 10, Shipped)]);
    assert!(history.becomes(Shipped, &[line("1", "A", 7, Shipped)]));
    assert!(!history.becomes(Shipped, &[returned(3, line("1", "A", 7, Shipped))]), "that is the same");
    assert_eq!(history.parts[0].returned, 3);
}

#[test]
fn what_is_given_back_is_there_for_what_the_order_takes() {
    let mut history = History::new(SHOPEE);
    history.becomes(Open, &[line("1", "B", 10, Open)]);
    history.becomes(Open, &[line("2", "B", 10, Open)]);
    assert_eq!(history.of("B"), [10, 10, 0, 0], "nothing is oversold");
}

#[test]
fn what_staff_have_decided_about_stays_shipped() {
    let mut history = History::new(SHOPEE);
    history.becomes(Shipped, &[line("1", "A", 5, Shipped)]);
    history.becomes(Cancelled, &[]);
    assert_eq!((history.parts[0].status, history.parts[0].returned), (Cancelled, 5));
    // Two were put back, and the store says that three are open.
    history.parts[0].decided = 2;
    history.becomes(Open, &[line("1", "A", 3, Open)]);
    assert_eq!((history.parts[0].status, history.parts[0].quantity, history.parts[0].returned), (Shipped, 5, 2));
    assert_eq!(history.of("A"), [95, 0, 0, 0]);
    history.becomes(Shipped, &[line("1", "A", 5, Shipped)]);
    assert_eq!((history.parts[0].quantity, history.of("A")), (7, [93, 0, 0, 0]), "two more have left");
}

#[test]
fn an_order_that_the_marketplace_ships_takes_nothing() {
    let mut history = History::new(LAZADA);
    history.takes = false;
    for status in [Open, Shipped, Cancelled] {
        history.becomes(status, &[line("1", "A", 5, status)]);
        assert_eq!(history.of("A"), [100, 0, 0, 0]);
    }
    history.takes = true;
    history.becomes(Open, &[line("1", "A", 5, Open)]);
    assert_eq!(history.of("A"), [100, 5, 0, 5], "it is ours after all");
    history.takes = false;
    history.becomes(Open, &[line("1", "A", 5, Open)]);
    assert_eq!(history.of("A"), [100, 0, 0, 0]);
}

#[test]
fn a_line_stays_with_its_sale() {
    let mut history = History::new(LAZADA);
    let holds = std::mem::take(&mut history.available.get_mut(&sku("A")).expect("A").holds);
    history.becomes(Open, &[line("1", "A", 5, Open)]);
    history.available.get_mut(&sku("A")).expect("A").holds = holds;
    history.becomes(Open, &[line("1", "A", 8, Open)]);
    assert_eq!(history.of("A"), [100, 8, 0, 0], "it was taken before the sale");
    assert_eq!(history.parts[0].taken.promotion, None::<PromotionId>);
}

#[test]
fn an_order_is_open_while_a_line_is() {
    for (lines, status) in [
        (vec![Open, Shipped, Cancelled], Open),
        (vec![Cancelled, Shipped], Shipped),
        (vec![Cancelled, Cancelled], Cancelled),
        (vec![], Cancelled),
    ] {
        assert_eq!(status_of(lines.clone()), status, "{lines:?}");
    }
}

fn any_line() -> impl Strategy<Value = WantedPart> {
    let status = prop_oneof![Just(Open), Just(Open), Just(Shipped), Just(Cancelled)];
    (0..3_usize, any::<bool>(), 0..60_i64, status, 0..4_i64).prop_map(|(id, is_a, units, status, back)| {
        let back = if status == Open { 0 } else { back };
        returned(back, line(["1", "2", "3"][id], if is_a { "A" } else { "B" }, units, status))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_states_in_any_order_and_twice_leave_what_the_last_says(
        is_of_sale in any::<bool>(),
        states in prop::collection::vec(
            (prop::collection::vec(any_line(), 0..4), any::<bool>(), 0..8_usize, 0..3_i64), 1..12),
    ) {
        let mut history = History::new(if is_of_sale { LAZADA } else { SHOPEE });
        for (mut wanted, is_ours, decides, units) in states {
            let mut ids = std::collections::HashSet::new();
            wanted.retain(|line| ids.insert(line.id.clone()));
            history.takes = is_ours || decides > 0;
            history.becomes(Open, &wanted);
            history.check()?;
            prop_assert!(!history.becomes(Open, &wanted), "the same state again changes something");
            for line in wanted.iter().filter(|line| line.units > 0 && line.status != Cancelled && history.takes) {
                let part = history.parts.iter().find(|part| part.id == line.id && part.sku == line.sku);
                let part = part.expect("the line is there");
                prop_assert_eq!(part.quantity - part.returned, line.units);
                prop_assert!(part.status == line.status || part.decided > 0);
            }
            // Staff decide about a return.
            let count = history.parts.len().max(1);
            if let Some(part) = history.parts.get_mut(decides % count) {
                part.decided += units.min(part.returned - part.decided);
            }
        }
    }
}
