//! The state of an order: what its store says it is now (design: section 7). [`differences`] holds it against what was known,
//! and decides what the order gives back and what it takes. So it does not matter how often a state comes, or what was
//! missed before it.
//!
//! - More units are taken as those of a new line would be; a line stays with the flash sale that it belongs to. Fewer are
//!   given back: oversold ones first, then shared ones, then those of the hold. What is given back is there for what the
//!   order takes.
//! - Units that were shipped have left. If the store says that the customer wants fewer of them, or none, they come back one
//!   day: they are returned units, and staff decide about them. If it says that they were not shipped after all, they are
//!   on hand again, unless staff have decided about some.
//! - A part that is cancelled stays with the numbers of what it took, and counts nothing.

use super::{
    fulfilment::{EndedSales, Taken},
    matching::{Pair, pairs},
    order::{OrderStatus, StateLine},
    parts::SoldPart,
};
use crate::domain::{
    catalogue::{availability::Availability, ledger::EntryKind, stock::Stock},
    code::{LineId, SellerSku, SkuCode, StoreCode},
    moment::Moment,
};
use std::collections::HashMap;

/// What one line of an order has of one SKU. A line of a kit has several parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The store's id of the line.
    pub id: Option<LineId>,
    /// What the line names, if that is not the SKU.
    pub seller_sku: Option<SellerSku>,
    /// The SKU.
    pub sku: SkuCode,
    /// Units of the SKU in one of what the line names.
    pub per_unit: i64,
    /// Units; of a shipped part all that left, also those that came back.
    pub quantity: i64,
    /// Open, shipped or cancelled.
    pub status: OrderStatus,
    /// Those of the shipped units that came back, or will.
    pub returned: i64,
    /// Those of the returned units that staff put back to stock or wrote off.
    pub decided: i64,
    /// The price of a unit.
    pub unit_price_minor: Option<i64>,
    /// Where the units come from, or came from before the part was cancelled. Nothing if its order takes nothing.
    pub taken: Taken,
}

/// A part as the store says it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Part`")]
pub struct WantedPart {
    pub id: Option<LineId>,
    pub seller_sku: Option<SellerSku>,
    pub sku: SkuCode,
    pub per_unit: i64,
    /// Units that the customer still wants.
    pub units: i64,
    pub status: OrderStatus,
    /// Units that came back after they were shipped, besides those that the customer still wants.
    pub returned: i64,
    pub unit_price_minor: Option<i64>,
}

impl WantedPart {
    /// What a line of a state has of one SKU.
    pub fn of(line: &StateLine, status: OrderStatus, part: SoldPart) -> Self {
        let SoldPart { seller_sku, sku, per_unit, units, unit_price_minor } = part;
        let returned = per_unit.saturating_mul(line.returned);
        Self { id: line.id.clone(), seller_sku, sku, per_unit, units, status, returned, unit_price_minor }
    }
}

/// What a part, or a change of it, does to the stock of its SKU and to the hold that it takes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// The totals.
    pub stock: Stock,
    /// Units sold from the hold.
    pub sold: i64,
}

impl std::ops::Sub for Effect {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { stock: self.stock - other.stock, sold: self.sold - other.sold }
    }
}

impl Part {
    /// Whether it counts nothing.
    pub fn is_cancelled(&self) -> bool {
        self.status == OrderStatus::Cancelled && self.returned == 0
    }

    /// Whether its units have left the warehouse.
    pub fn has_left(&self) -> bool {
        self.taken.total() > 0 && (self.status == OrderStatus::Shipped || self.returned > 0)
    }

    /// What it takes from the stock, or has taken out of it.
    fn active(&self) -> Taken {
        if self.is_cancelled() { Taken::default() } else { self.taken }
    }

    /// The same part, wanted as it is.
    pub fn as_wanted(&self) -> WantedPart {
        WantedPart {
            id: self.id.clone(),
            seller_sku: self.seller_sku.clone(),
            sku: self.sku.clone(),
            per_unit: self.per_unit,
            units: self.quantity - self.returned,
            status: self.status,
            returned: self.returned,
            unit_price_minor: self.unit_price_minor,
        }
    }

    /// What it does to the stock.
    pub fn effect(&self) -> Effect {
        let active = self.active();
        let commitment = active.commitment();
        let mut stock = commitment;
        if self.has_left() {
            stock += active.shipment();
        }
        Effect { stock, sold: active.from_hold }
    }
}

/// What decides how the parts of an order take units.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The store that sold.
    pub store: &'a StoreCode,
    /// When the order was placed.
    pub placed_at: Moment,
    /// Whether it is shipped from our warehouse. Else it takes nothing.
    pub takes: bool,
    /// The status of what the store does not name any more.
    pub status: OrderStatus,
    /// Where late orders look for their sale.
    pub ended: &'a EndedSales,
}

/// A part that is new or has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which of the known parts it is; `None` for a new one.
    pub known: Option<usize>,
    /// The part before.
    pub before: Option<Part>,
    /// The part now.
    pub after: Part,
}

impl Difference {
    /// The ledger entries of the change: what happened to a part that was plainly taken, shipped or cancelled, else the
    /// difference alone.
    pub fn entries(&self) -> Vec<(EntryKind, Effect)> {
        let after = self.after.effect();
        let Some(before) = &self.before else {
            let taken = self.after.active();
            if taken.total() == 0 {
                return Vec::new();
            }
            let commitment = Effect { stock: taken.commitment(), sold: taken.from_hold };
            let mut entries = vec![(EntryKind::OrderTaken, commitment)];
            if self.after.has_left() {
                entries.push((EntryKind::OrderShipped, Effect { stock: taken.shipment(), sold: 0 }));
            }
            return entries;
        };
        let change = after - before.effect();
        // Where a part that counts nothing came from may change as well: the ledger says that it is another then.
        if change == Effect::default() && before.taken == self.after.taken {
            return Vec::new();
        }
        let was_open = before.status == OrderStatus::Open && before.taken == self.after.taken;
        let kind = match self.after.status {
            OrderStatus::Shipped if was_open => EntryKind::OrderShipped,
            OrderStatus::Cancelled if was_open && self.after.is_cancelled() => EntryKind::OrderCancelled,
            OrderStatus::Open | OrderStatus::Shipped | OrderStatus::Cancelled => EntryKind::OrderChanged,
        };
        vec![(kind, change)]
    }
}

/// What a part should become.
#[derive(Debug, Clone, Copy)]
struct Target {
    units: i64,
    status: OrderStatus,
    returned: i64,
}

impl Target {
    fn of(known: Option<&Part>, wanted: Option<&WantedPart>, terms: &Terms<'_>) -> Self {
        let status = wanted.map_or(terms.status, |wanted| wanted.status);
        let units = wanted.filter(|_| status != OrderStatus::Cancelled).map_or(0, |wanted| wanted.units);
        let takes = takes(known, terms);
        let returned = wanted.filter(|_| takes).map_or(0, |wanted| wanted.returned);
        if let Some(known) = known.filter(|known| known.has_left() && takes) {
            let is_back = status == OrderStatus::Open && units > 0 && known.decided == 0;
            if !is_back {
                let returned = returned.max(known.decided).max(known.taken.total() - units);
                let is_cancelled = status == OrderStatus::Cancelled;
                let status = if is_cancelled { OrderStatus::Cancelled } else { OrderStatus::Shipped };
                return Self { units: units + returned, status, returned };
            }
        }
        match status {
            OrderStatus::Open if units > 0 => Self { units, status, returned: 0 },
            OrderStatus::Shipped if units + returned > 0 => Self { units: units + returned, status, returned },
            OrderStatus::Cancelled if returned > 0 => Self { units: returned, status, returned },
            OrderStatus::Open | OrderStatus::Shipped | OrderStatus::Cancelled => {
                Self { units: 0, status: OrderStatus::Cancelled, returned: 0 }
            }
        }
    }

    fn has_left(self) -> bool {
        self.status == OrderStatus::Shipped || self.returned > 0
    }
}

/// Whether a part takes units. What staff have decided about was ours, whoever the store says ships the order.
fn takes(known: Option<&Part>, terms: &Terms<'_>) -> bool {
    terms.takes || known.is_some_and(|known| known.decided > 0)
}

/// A part on its way from what it was to what it should be.
struct Step<'a> {
    known: Option<(usize, &'a Part)>,
    wanted: Option<&'a WantedPart>,
    target: Target,
    taken: Taken,
}

impl Step<'_> {
    fn sku(&self) -> &SkuCode {
        match (self.known, self.wanted) {
            (Some((_, known)), _) => &known.sku,
            (None, Some(wanted)) => &wanted.sku,
            (None, None) => unreachable!("a pair has one of both"),
        }
    }

    /// Gives back the units that are too many, and takes back on hand what was not shipped after all.
    fn give_back(&mut self, availability: &mut Availability, terms: &Terms<'_>) {
        let Some((_, known)) = self.known else { return };
        let takes = takes(Some(known), terms);
        let active = known.active();
        let wanted = if takes { self.target.units } else { 0 };
        self.taken = active.without((active.total() - wanted).max(0));
        if known.has_left() && self.target.has_left() && takes {
            return;
        }
        let now = Effect { stock: self.taken.commitment(), sold: self.taken.from_hold };
        let change = now - known.effect();
        availability.change(change.stock, active.promotion, change.sold);
    }

    /// Takes the units that are missing.
    fn take(&mut self, availability: &mut Availability, terms: &Terms<'_>) {
        let missing = self.target.units - self.taken.total();
        if missing <= 0 || !takes(self.known.map(|(_, known)| known), terms) {
            return;
        }
        if self.taken.total() > 0 {
            self.taken = self.taken + availability.take_more(self.taken.promotion, missing);
            return;
        }
        let taken = availability.take(terms.store, missing, terms.placed_at);
        let promotion = taken.promotion.or_else(|| terms.ended.of(self.sku(), terms.store, terms.placed_at));
        self.taken = Taken { promotion, ..taken };
    }

    /// The part as it should be, if there is one.
    fn part(&self) -> Option<Part> {
        let Target { units, status, returned } = self.target;
        if let Some((_, known)) = self.known {
            let mut part = known.clone();
            if let Some(wanted) = self.wanted {
                part.id = wanted.id.clone().or(part.id);
                part.unit_price_minor = wanted.unit_price_minor.or(part.unit_price_minor);
                if part.seller_sku.is_none() {
                    part.seller_sku.clone_from(&wanted.seller_sku);
                    part.per_unit = wanted.per_unit;
                }
            }
            part.status = status;
            part.returned = returned;
            if units > 0 {
                part.quantity = units;
                part.taken = if self.taken.total() > 0 { self.taken } else { Taken::default() };
            }
            return Some(part);
        }
        let wanted = self.wanted?;
        let quantity = if units > 0 { units } else { wanted.units };
        (quantity > 0).then(|| Part {
            id: wanted.id.clone(),
            seller_sku: wanted.seller_sku.clone(),
            sku: wanted.sku.clone(),
            per_unit: wanted.per_unit,
            quantity,
            status,
            returned,
            decided: 0,
            unit_price_minor: wanted.unit_price_minor,
            taken: self.taken,
        })
    }
}

/// What changes of an order of the `known` parts so that it is what is `wanted` now. `available` has every SKU of both, and
/// is changed with it.
pub fn differences(
    known: &[Part],
    wanted: &[WantedPart],
    terms: &Terms<'_>,
    available: &mut HashMap<SkuCode, Availability>,
) -> Vec<Difference> {
    differences_of(known, wanted, &pairs(known, wanted), terms, available)
}

/// The same, where it is known which of the wanted parts is which of the known ones.
pub fn differences_of(
    known: &[Part],
    wanted: &[WantedPart],
    pairs: &[Pair],
    terms: &Terms<'_>,
    available: &mut HashMap<SkuCode, Availability>,
) -> Vec<Difference> {
    let mut steps = Vec::new();
    for (place, nth) in pairs.iter().copied() {
        let known = place.map(|place| (place, &known[place]));
        let wanted = nth.map(|nth| &wanted[nth]);
        let target = Target::of(known.map(|(_, part)| part), wanted, terms);
        steps.push(Step { known, wanted, target, taken: Taken::default() });
    }
    let of = |step: &Step<'_>| step.sku().clone();
    for step in &mut steps {
        let availability = available.get_mut(&of(step)).expect("every SKU of the order is there");
        step.give_back(availability, terms);
    }
    for step in &mut steps {
        let availability = available.get_mut(&of(step)).expect("every SKU of the order is there");
        step.take(availability, terms);
    }
    let mut differences = Vec::new();
    for step in steps {
        let before = step.known.map(|(_, part)| part.clone());
        let Some(after) = step.part() else { continue };
        if before.as_ref() == Some(&after) {
            continue;
        }
        if after.has_left() {
            // What leaves the warehouse leaves last: all units were taken before.
            let left_before = before.as_ref().filter(|before| before.has_left());
            let shipped = left_before.map_or_else(Stock::default, |before| before.taken.shipment());
            let availability = available.get_mut(&after.sku).expect("every SKU of the order is there");
            availability.change(after.taken.shipment() - shipped, None, 0);
        }
        differences.push(Difference { known: step.known.map(|(place, _)| place), before, after });
    }
    differences
}

/// The status of an order whose lines have these.
pub fn status_of(lines: impl IntoIterator<Item = OrderStatus>) -> OrderStatus {
    let mut status = OrderStatus::Cancelled;
    for line in lines {
        match line {
            OrderStatus::Open => return OrderStatus::Open,
            OrderStatus::Shipped => status = OrderStatus::Shipped,
            OrderStatus::Cancelled => {}
        }
    }
    status
}
