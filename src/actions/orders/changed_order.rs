//! An order and its lines on their way from what is stored to what they become: what is saved of it, in the ledger as well.

use super::put_state::{Became, Known};
use crate::{
    db::{
        Conn, QueryResult,
        availability::{self, Available},
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
        orders::{self, Line, Order, changes, states, unmatched, unmatched::UnmatchedLine},
        promotions::holds,
        stores::Store,
    },
    domain::{
        catalogue::ledger::{Cause, Entry, EntryKind},
        code::{OrderNumber, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::decimals_of,
        orders::{
            history,
            matching::Pair,
            order::{Fulfiller, OrderStatus, Payment, StateLine},
            state::{Difference, Effect, Part, Terms, WantedPart, differences_of, status_of},
        },
    },
};

/// What an order becomes.
pub(super) struct ChangedOrder {
    known: Known,
    pub(super) order: Order,
    lines: Vec<Line>,
    unmatched: Vec<UnmatchedLine>,
    /// Of a line that is new or gets another price.
    price_decimals: i32,
    at: Moment,
    differences: Vec<Difference>,
}

impl ChangedOrder {
    /// `placed_at` is for an order that is new or has not arrived yet.
    pub(super) fn new(store: &Store, cause: &Cause, known: Known, (number, placed_at): (&OrderNumber, Moment)) -> Self {
        let new = || Order {
            store: store.code.clone(),
            number: number.clone(),
            status: OrderStatus::Open,
            placed_at,
            received_at: cause.at,
            received_by: cause.actor.clone(),
            closed_at: None,
            closed_by: None,
            units: 0,
            oversold: 0,
            updated_at: None,
            payment: Payment::Paid,
            fulfilled_by: Fulfiller::Seller,
        };
        let mut order = known.order.clone().unwrap_or_else(new);
        if order.is_cancelled_before_arrival() {
            order.placed_at = placed_at;
            order.received_at = cause.at;
            order.received_by.clone_from(&cause.actor);
        }
        Self {
            order,
            lines: known.lines.clone(),
            unmatched: known.unmatched.clone(),
            price_decimals: decimals_of(store.currency).cast_signed(),
            at: cause.at,
            known,
            differences: Vec::new(),
        }
    }

    /// Makes its parts what `wanted` makes of them, and adds `new` ones.
    pub(super) fn rearrange(
        &mut self,
        conn: &mut Conn,
        cause: &Cause,
        locked: &[Sku],
        wanted: impl Fn(WantedPart) -> WantedPart,
        (new, unmatched): (&[WantedPart], &[StateLine]),
    ) -> QueryResult<Available> {
        let known = self.known.parts();
        let mut parts: Vec<WantedPart> = known.iter().map(|part| wanted(part.as_wanted())).collect();
        parts.extend_from_slice(new);
        let pairs: Vec<Pair> = (0..parts.len()).map(|nth| ((nth < known.len()).then_some(nth), Some(nth))).collect();
        let now = skus::effective_now(locked, cause.at);
        let mut available = availability::of(conn, locked, now)?;
        let codes = locked.iter().map(|sku| &sku.code);
        let terms = Terms {
            store: &self.order.store,
            placed_at: self.order.placed_at,
            takes: self.order.fulfilled_by == Fulfiller::Seller,
            status: self.order.status,
            ended: &holds::ended(conn, codes, self.order.placed_at, now)?,
        };
        let found = differences_of(&known, &parts, &pairs, &terms, &mut available);
        self.apply(&found, unmatched);
        Ok(available)
    }

    /// Applies what the rules found, and replaces the lines that no listing has.
    pub(super) fn apply(&mut self, differences: &[Difference], unmatched: &[StateLine]) {
        self.differences = differences.to_vec();
        let of_order = self.order.status;
        let mut statuses: Vec<OrderStatus> = self.lines.iter().map(|line| line.status(of_order)).collect();
        for difference in differences {
            let after = &difference.after;
            match difference.known {
                Some(place) => {
                    statuses[place] = after.status;
                    change(&mut self.lines[place], after, (self.price_decimals, self.at));
                }
                None => {
                    let line = self.new_line(after);
                    self.lines.push(line);
                    statuses.push(after.status);
                }
            }
        }
        self.replace_unmatched(unmatched);
        self.settle(&statuses);
    }

    fn new_line(&self, part: &Part) -> Line {
        let mut line = Line {
            store: self.order.store.clone(),
            number: self.order.number.clone(),
            position: self.next_position(),
            sku: part.sku.clone(),
            quantity: part.quantity,
            unit_price_minor: None,
            promotion_id: None,
            from_hold: 0,
            from_shared: 0,
            oversold: 0,
            price_decimals: self.price_decimals,
            seller_sku: part.seller_sku.clone(),
            per_unit: part.per_unit,
            line_id: None,
            own_status: None,
            returned: 0,
            restocked: 0,
            written_off: 0,
            returned_at: None,
        };
        change(&mut line, part, (self.price_decimals, self.at));
        line
    }

    fn next_position(&self) -> i64 {
        let of_lines = self.lines.iter().map(|line| line.position);
        let of_unmatched = self.known.unmatched.iter().chain(&self.unmatched).map(|line| line.position);
        of_lines.chain(of_unmatched).max().map_or(0, |last| last + 1)
    }

    /// A line goes on at the position that it had.
    fn replace_unmatched(&mut self, wanted: &[StateLine]) {
        let mut before = std::mem::take(&mut self.unmatched);
        for line in wanted {
            let Some(seller_sku) = line.item.seller_sku() else { continue };
            let quantity = line.quantity + line.returned;
            if quantity == 0 {
                continue;
            }
            let is_it = |old: &UnmatchedLine| old.seller_sku == *seller_sku && old.line_id == line.id;
            let old = before.iter().position(is_it).map(|place| before.remove(place));
            let unmatched = UnmatchedLine {
                store: self.order.store.clone(),
                number: self.order.number.clone(),
                position: old.as_ref().map_or_else(|| self.next_position(), |old| old.position),
                line_id: line.id.clone(),
                seller_sku: seller_sku.clone(),
                quantity,
                own_status: line.status,
                returned: line.returned,
                unit_price_minor: line.unit_price_minor.or(old.and_then(|old| old.unit_price_minor)),
                price_decimals: self.price_decimals,
            };
            self.unmatched.push(unmatched);
        }
        self.unmatched.sort_by_key(|line| line.position);
    }

    /// Sets the status of the order, and that of the lines where it is another.
    fn settle(&mut self, of_lines: &[OrderStatus]) {
        let before = self.order.status;
        let of_unmatched: Vec<OrderStatus> = self.unmatched.iter().map(|line| line.status(before)).collect();
        let status = status_of(of_lines.iter().chain(&of_unmatched).copied());
        let own = |line: OrderStatus| (line != status).then_some(line);
        for (line, of_line) in self.lines.iter_mut().zip(of_lines) {
            line.own_status = own(*of_line);
        }
        for (line, of_line) in self.unmatched.iter_mut().zip(of_unmatched) {
            line.own_status = own(of_line);
        }
        let counted = self.lines.iter().filter(|line| !line.is_cancelled_alone());
        let of_unmatched = self.unmatched.iter().filter(|line| line.own_status != Some(OrderStatus::Cancelled));
        let units: i64 = counted.map(|line| line.quantity).sum();
        self.order.units = units + of_unmatched.map(|line| line.quantity).sum::<i64>();
        let in_status = self.lines.iter().filter(|line| line.own_status.is_none());
        self.order.oversold = in_status.map(|line| line.oversold).sum();
        self.order.status = status;
    }

    /// Who closed the order and when, if it is closed and was not before.
    fn close(&mut self, cause: &Cause) {
        let before = self.known.order.as_ref();
        if self.order.status == OrderStatus::Open {
            self.order.closed_at = None;
            self.order.closed_by = None;
        } else if before.is_none_or(|before| before.status != self.order.status) {
            self.order.closed_at = Some(cause.at);
            self.order.closed_by = Some(cause.actor.clone());
        }
    }

    /// Saves what has changed.
    pub(super) fn save(mut self, conn: &mut Conn, cause: &Cause, locked: Vec<Sku>) -> QueryResult<Became> {
        self.close(cause);
        let key = (&self.order.store, &self.order.number);
        let is_new = self.known.order.is_none();
        let was = match self.known.order.clone() {
            Some(was) => was,
            None => {
                orders::insert(conn, std::slice::from_ref(&self.order), &[])?;
                self.order.clone()
            }
        };
        states::save(conn, (&was, &self.known.lines), (&self.order, &self.lines))?;
        if self.unmatched != self.known.unmatched {
            unmatched::replace(conn, key, &self.unmatched)?;
        }
        let entries = entries(conn, key, &self.differences)?;
        if !entries.is_empty() {
            ledger::record(conn, cause, locked, entries)?;
        }
        if is_new {
            changes::add(conn, cause, key, &self.in_words())?;
            return Ok(Became::Created);
        }
        let sentences = self.in_words();
        if sentences.is_empty() {
            return Ok(Became::Unchanged);
        }
        changes::add(conn, cause, key, &sentences)?;
        Ok(Became::Changed)
    }

    /// What has changed, for the history of the order; empty for nothing.
    fn in_words(&self) -> String {
        let mut sentences: Vec<String> = self.differences.iter().filter_map(history::sentence).collect();
        if self.unmatched != self.known.unmatched {
            for line in &self.unmatched {
                sentences.push(history::unmatched(&line.seller_sku, line.quantity));
            }
            if self.unmatched.is_empty() {
                sentences.push("No line is unmatched any more.".to_owned());
            }
        }
        let Some(before) = &self.known.order else {
            sentences.push(format!("{}.", self.order.payment.label()));
            if self.order.fulfilled_by != Fulfiller::Seller {
                sentences.push(who_ships(self.order.fulfilled_by).to_owned());
            }
            return sentences.join(" ");
        };
        if before.payment != self.order.payment {
            sentences.push(format!("{}.", self.order.payment.label()));
        }
        if before.fulfilled_by != self.order.fulfilled_by {
            sentences.push(who_ships(self.order.fulfilled_by).to_owned());
        }
        if before.status != self.order.status {
            sentences.push(format!("{}.", self.order.status.label()));
        }
        sentences.join(" ")
    }
}

fn who_ships(fulfiller: Fulfiller) -> &'static str {
    match fulfiller {
        Fulfiller::Seller => "The seller ships it.",
        Fulfiller::Marketplace => "The marketplace ships it: it takes no stock.",
        Fulfiller::Earlier => "It was finished before the orders of its store were read: it takes no stock.",
    }
}

/// Makes a line what its part is. The status is set with that of the order.
fn change(line: &mut Line, part: &Part, (price_decimals, at): (i32, Moment)) {
    line.quantity = part.quantity;
    if part.unit_price_minor != line.unit_price_minor {
        line.unit_price_minor = part.unit_price_minor;
        line.price_decimals = price_decimals;
    }
    line.promotion_id = part.taken.promotion;
    line.from_hold = part.taken.from_hold;
    line.from_shared = part.taken.from_shared;
    line.oversold = part.taken.oversold;
    line.seller_sku.clone_from(&part.seller_sku);
    line.per_unit = part.per_unit;
    line.line_id.clone_from(&part.id);
    if part.returned > line.returned {
        line.returned_at = Some(at);
    }
    line.returned = part.returned;
}

/// The ledger's entries, after the holds were changed.
fn entries(
    conn: &mut Conn,
    (store, number): (&StoreCode, &OrderNumber),
    differences: &[Difference],
) -> QueryResult<Vec<Entry>> {
    let mut entries = Vec::new();
    for difference in differences {
        let after = &difference.after;
        for (kind, Effect { stock, sold }) in difference.entries() {
            let promotion = promotion_of(difference, kind);
            let held_change = match (sold, promotion) {
                (0, _) => 0,
                (sold, Some(promotion)) if sold > 0 => {
                    holds::sell(conn, &after.sku, promotion, sold)?;
                    0
                }
                (sold, Some(promotion)) => holds::give_back(conn, &after.sku, promotion, -sold)?,
                (sold, None) => panic!("{sold} units came from a hold without a promotion"),
            };
            entries.push(Entry {
                store: Some(store.clone()),
                promotion,
                order: Some(number.clone()),
                change: stock,
                held_change,
                sold_change: sold,
                ..Entry::new(after.sku.clone(), kind)
            });
        }
    }
    Ok(entries)
}

/// The flash sale that an entry is about: the one that the part belongs to, or did before it gave everything back.
fn promotion_of(difference: &Difference, kind: EntryKind) -> Option<PromotionId> {
    let before = difference.before.as_ref().and_then(|before| before.taken.promotion);
    let after = difference.after.taken.promotion;
    if kind == EntryKind::OrderTaken { after } else { after.or(before) }
}
