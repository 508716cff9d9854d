//! The invariants, which are checked on the database after each step.

use diesel::prelude::*;
use flashsale::{
    db::{
        Conn,
        availability::Available,
        catalogue::{ledger::EntryRow, skus::Sku},
        dashboard::ShortHold,
        engine::schema::ledger_entries,
    },
    domain::{
        catalogue::{quantity::Position, stock::Stock},
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::hold::Hold,
    },
};
use std::collections::HashMap;

/// The state by the ledger until now.
#[derive(Default)]
pub struct Always {
    /// The sum and the number of the entries of each SKU.
    stock: HashMap<SkuCode, (i64, Stock)>,
    /// The same for each hold.
    holds: HashMap<(SkuCode, PromotionId), OfHold>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct OfHold {
    quantity: i64,
    sold: i64,
    /// The sold and the backed units after the step before.
    sold_before: i64,
    backed_before: i64,
}

/// The rows that are read after each step.
pub struct Read {
    /// The entries that the step wrote.
    entries: Vec<EntryRow>,
    /// The ends of the sales with live holds.
    ends: HashMap<PromotionId, Moment>,
    /// The holds that are short by the dashboard, with the missing units, if something was written.
    short: Option<HashMap<(SkuCode, PromotionId), i64>>,
}

impl Always {
    /// Reads the rows in addition to `skus` and what is `available` of them `now`.
    pub fn read(&self, conn: &mut Conn, skus: &[Sku], available: &Available, now: Moment) -> QueryResult<Read> {
        let mut entries = Vec::new();
        for sku in skus {
            let last = self.stock.get(&sku.code).map_or(0, |(number, _)| *number);
            if sku.revision != last {
                let since = ledger_entries::table
                    .filter(ledger_entries::sku.eq(&sku.code).and(ledger_entries::number.gt(last)))
                    .order(ledger_entries::number);
                entries.extend(since.select(EntryRow::as_select()).load(conn)?);
            }
        }
        let live: Vec<Hold> = available.values().flat_map(|availability| &availability.holds).cloned().collect();
        let ends = if live.is_empty() { HashMap::new() } else { flashsale::db::catalogue::detail::ends(conn, &live)? };
        // Only what changed can have become short, and few entries do.
        let short = if entries.is_empty() { None } else { Some(flashsale::db::dashboard::short_holds(conn, now)?) };
        let by_hold = |short: Vec<ShortHold>| {
            short.into_iter().map(|short| ((short.sku, short.hold.promotion), short.short_by)).collect()
        };
        Ok(Read { entries, ends, short: short.map(by_hold) })
    }

    /// Replays the new entries.
    pub fn replay(&mut self, read: &Read) {
        for entry in &read.entries {
            let (number, stock) = self.stock.entry(entry.sku.clone()).or_default();
            *number += 1;
            *stock += Stock {
                on_hand: entry.on_hand_change,
                committed: entry.committed_change,
                oversold: entry.oversold_change,
                buffer: entry.buffer_change,
            };
            if let Some(promotion) = entry.promotion_id {
                let hold = self.holds.entry((entry.sku.clone(), promotion)).or_default();
                hold.quantity += entry.held_change;
                hold.sold += entry.sold_change;
            }
        }
    }

    /// Checks a SKU and the holds that are live on it `now`. If orders arrived, nothing else happened since the last
    /// check.
    pub fn check(&mut self, sku: &Sku, holds: &[Hold], read: &Read, now: Moment, took: bool) -> Result<(), String> {
        let found = |what: String| Err(format!("{}: {what}", sku.code));
        let stock = sku.stock();
        let replayed = self.stock.get(&sku.code).copied().unwrap_or_default();
        if replayed != (sku.revision, stock) {
            return found(format!("the ledger replays to {replayed:?}, kept is {:?}", (sku.revision, stock)));
        }
        let position = Position { stock, holds };
        let backed: Vec<(&Hold, i64)> = position.backed().collect();
        for (hold, backed) in &backed {
            if read.ends[&hold.promotion] <= now {
                return found(format!("a hold outlives its promotion: {hold:?}"));
            }
            if !(0..=hold.remaining()).contains(backed) || !(0..=hold.quantity).contains(&hold.sold) {
                return found(format!("{backed} units back {hold:?}"));
            }
            let kept = self.holds.entry((sku.code.clone(), hold.promotion)).or_default();
            if (kept.quantity, kept.sold) != (hold.quantity, hold.sold) {
                return found(format!("the ledger replays to {kept:?}, kept is {hold:?}"));
            }
            let short_by =
                |short: &HashMap<_, i64>| short.get(&(sku.code.clone(), hold.promotion)).copied().unwrap_or(0);
            if let Some(short_by) =
                read.short.as_ref().map(short_by).filter(|units| *units != hold.remaining() - backed)
            {
                return found(format!("the dashboard says {short_by} are missing of {hold:?}, which {backed} back"));
            }
            let left = kept.backed_before - (hold.sold - kept.sold_before);
            if took && *backed != left {
                return found(format!("an order left {backed} to back {hold:?}, not {left}"));
            }
            (kept.sold_before, kept.backed_before) = (hold.sold, *backed);
        }
        let promised: i64 = backed.iter().map(|(_, backed)| backed).sum();
        if promised > stock.uncommitted().max(0) {
            return found(format!("{promised} units are promised of {stock:?}"));
        }
        let claimed = stock.committed + position.held() + stock.buffer + stock.oversold;
        if claimed <= stock.on_hand && claimed + position.shared() != stock.on_hand {
            return found(format!("{claimed} claimed and {} shared of {stock:?}", position.shared()));
        }
        Ok(())
    }
}
