//! What the holds of a flash sale cost the other stores, computed by replaying the ledger of each of its SKUs from the
//! moment its hold was taken until it ended.

use crate::{
    db::{
        Conn,
        catalogue::ledger::EntryRow,
        engine::{
            among::among,
            schema::{holds, ledger_entries, promotions},
            sql::{SqlText, sql, sum},
        },
        promotions::{Promotion, list::product_codes, report::OF_HOLDS},
        stores::listings,
    },
    domain::{
        catalogue::{ledger::Entry, stock::Stock},
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            cost::{Cost, Costs, TotalCost},
            hold::{Hold, SETTLED_AFTER},
            promotion::FlashSaleType,
            timeline::{HoldLifetime, Timeline},
        },
    },
};
use diesel::{dsl::min, prelude::*, sql_types::BigInt};
use std::collections::{BTreeMap, HashMap};

/// The sizes of the first and of the largest part that is read of a SKU's ledger. Each part is twice the one before, so
/// that never more is read beyond the end than was needed.
const PART: (i64, i64) = (16, 1_024);

/// What a flash sale cost each other store, by SKU.
pub type BySku = BTreeMap<SkuCode, Vec<(StoreCode, Cost)>>;

/// How many SKUs [`of_skus`] reads together.
const SKUS: usize = 100;

/// What the flash sale `promotion` has cost each other store that lists a SKU now, until `now`: for each of `codes`, in
/// their order, until `most` entries have been replayed. SKUs beyond that are not in the result.
pub fn of_skus(
    conn: &mut Conn,
    promotion: &Promotion,
    codes: &[SkuCode],
    now: Moment,
    most: i64,
) -> QueryResult<BySku> {
    let mut costs = BySku::new();
    let mut left = most;
    for some in codes.chunks(SKUS) {
        let mut lifetimes = lifetimes(conn, promotion, some)?;
        let mut stores = listings::stores_of(conn, some)?;
        let first = first_entries(conn, promotion.id, some)?;
        for sku in some {
            let mut others = stores.remove(sku).unwrap_or_default();
            others.retain(|store| *store != promotion.store);
            let began = (promotion.id, sku, *first.get(sku).expect("a hold is taken with an entry"));
            let holds = lifetimes.remove(sku).unwrap_or_default();
            let Some(of_sku) = replay(conn, began, holds, others, now, &mut left)? else { return Ok(costs) };
            costs.insert(sku.clone(), of_sku);
        }
    }
    Ok(costs)
}

/// The same of all its SKUs, by code; and the sum for each store, if no SKU is missing.
pub fn of_sale(
    conn: &mut Conn,
    promotion: &Promotion,
    now: Moment,
    most: i64,
) -> QueryResult<(BySku, Option<BTreeMap<StoreCode, TotalCost>>)> {
    let codes = product_codes(conn, promotion.id)?;
    let costs = of_skus(conn, promotion, &codes, now, most)?;
    let in_all = (costs.len() == codes.len()).then(|| added_up(&costs));
    Ok((costs, in_all))
}

fn added_up(costs: &BySku) -> BTreeMap<StoreCode, TotalCost> {
    let mut totals = BTreeMap::<StoreCode, TotalCost>::new();
    for (store, cost) in costs.values().flatten() {
        totals.entry(store.clone()).or_default().add(cost.clone());
    }
    totals
}

/// The holds that are live at some time while `promotion` runs, not taken yet, oldest promotion first, with their ends.
fn lifetimes(
    conn: &mut Conn,
    promotion: &Promotion,
    codes: &[SkuCode],
) -> QueryResult<HashMap<SkuCode, Vec<(HoldLifetime, Moment)>>> {
    type Row = (SkuCode, PromotionId, String, FlashSaleType, StoreCode, Moment, Moment, Moment);
    let rows: Vec<Row> = holds::table
        .inner_join(promotions::table)
        .filter(among(conn, "holds.sku", codes))
        .filter(holds::ends_at.gt(promotion.starts_at).and(promotions::starts_at.le(promotion.ends_at)))
        .order((promotions::starts_at, promotions::id))
        .select((
            holds::sku,
            promotions::id,
            promotions::name,
            promotions::flash_sale_type,
            holds::store,
            promotions::starts_at,
            promotions::scheduled_ends_at,
            holds::ends_at,
        ))
        .load(conn)?;
    let mut lifetimes: HashMap<SkuCode, Vec<(HoldLifetime, Moment)>> = HashMap::new();
    for (sku, promotion, promotion_name, flash_sale_type, store, starts_at, scheduled, ended) in rows {
        let hold = Hold { promotion, promotion_name, flash_sale_type, store, starts_at, quantity: 0, sold: 0 };
        lifetimes.entry(sku).or_default().push((HoldLifetime { hold, is_taken: false, ends_at: scheduled }, ended));
    }
    Ok(lifetimes)
}

/// The numbers of the entries with which the flash sale took its holds on `codes`.
fn first_entries(conn: &mut Conn, id: PromotionId, codes: &[SkuCode]) -> QueryResult<HashMap<SkuCode, i64>> {
    let rows: Vec<(SkuCode, Option<i64>)> = ledger_entries::table
        .filter(ledger_entries::promotion_id.eq(id))
        .filter(OF_HOLDS)
        .filter(among(conn, "ledger_entries.sku", codes))
        .group_by(ledger_entries::sku)
        .select((ledger_entries::sku, min(ledger_entries::number)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(sku, first)| Some((sku, first?))).collect())
}

/// Replays the ledger of `sku` from its entry `first` on, with which `promotion` took its hold; `None` if that takes
/// more entries than are `left`.
fn replay(
    conn: &mut Conn,
    (promotion, sku, first): (PromotionId, &SkuCode, i64),
    holds: Vec<(HoldLifetime, Moment)>,
    others: Vec<StoreCode>,
    now: Moment,
    left: &mut i64,
) -> QueryResult<Option<Vec<(StoreCode, Cost)>>> {
    if others.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let own_end = holds.iter().find(|(lifetime, _)| lifetime.hold.promotion == promotion).map_or(now, |(_, end)| *end);
    let mut lifetimes: Vec<HoldLifetime> = holds.into_iter().map(|(lifetime, _)| lifetime).collect();
    for lifetime in lifetimes.iter_mut().filter(|lifetime| lifetime.hold.promotion != promotion) {
        (lifetime.is_taken, lifetime.hold.quantity, lifetime.hold.sold) =
            before(conn, sku, lifetime.hold.promotion, first)?;
    }
    let mut costs = None;
    let mut next = first;
    let mut part = PART.0;
    loop {
        let rows: Vec<EntryRow> = ledger_entries::table
            .filter(ledger_entries::sku.eq(sku))
            .filter(ledger_entries::number.ge(next))
            .order(ledger_entries::number)
            .limit(part)
            .select(EntryRow::as_select())
            .load(conn)?;
        let Some(last) = rows.last() else { break };
        // Clocks may differ by this much, so an entry of the sale may come after one from after the sale.
        let is_beyond = last.at > own_end.plus(SETTLED_AFTER);
        next = last.number + 1;
        *left -= i64::try_from(rows.len()).expect("a part of the ledger");
        if *left < 0 {
            return Ok(None);
        }
        for row in rows {
            let (at, entry, opening) = replayed(row);
            // The SKU's totals did not change with the first entry: it took the hold.
            let begin = || Costs::new(promotion, Timeline::new(at, opening, lifetimes.clone()), others.clone());
            costs.get_or_insert_with(begin).apply(at, &entry);
        }
        if is_beyond {
            break;
        }
        part = (part * 2).min(PART.1);
    }
    Ok(Some(costs.map_or_else(Vec::new, |costs: Costs| costs.finish(now.min(own_end)))))
}

/// Whether the hold of `promotion` on `sku` was taken before the entry `number`, its quantity then, and its sold units.
fn before(conn: &mut Conn, sku: &SkuCode, promotion: PromotionId, number: i64) -> QueryResult<(bool, i64, i64)> {
    /// Each time a hold is taken, or ended by staff, there is an entry.
    const TAKEN: SqlText<BigInt> = sql(
        "CASE ledger_entries.kind WHEN 'hold_taken' THEN 1 WHEN 'hold_removed' THEN -1 WHEN 'hold_ended_early' THEN -1
         ELSE 0 END",
    );
    let (taken, quantity, sold): (i64, i64, i64) = ledger_entries::table
        .filter(ledger_entries::promotion_id.eq(promotion))
        .filter(ledger_entries::sku.eq(sku))
        .filter(ledger_entries::number.lt(number))
        .select((sum(TAKEN), sum(ledger_entries::held_change), sum(ledger_entries::sold_change)))
        .first(conn)?;
    Ok((taken > 0, quantity, sold))
}

/// The moment of an entry, what it changed, and the totals before it.
fn replayed(row: EntryRow) -> (Moment, Entry, Stock) {
    let change = Stock {
        on_hand: row.on_hand_change,
        committed: row.committed_change,
        oversold: row.oversold_change,
        buffer: row.buffer_change,
    };
    let mut before = Stock {
        on_hand: row.on_hand_after,
        committed: row.committed_after,
        oversold: row.oversold_after,
        buffer: row.buffer_after,
    };
    before += -change;
    let entry = Entry {
        sku: row.sku,
        kind: row.kind,
        store: row.store,
        promotion: row.promotion_id,
        order: row.order_number,
        change,
        held_change: row.held_change,
        sold_change: row.sold_change,
    };
    (row.at, entry, before)
}
