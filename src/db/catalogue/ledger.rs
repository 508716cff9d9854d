//! The ledger, and every change of a stored total: an entry and the totals it changes are saved together, so that they
//! always agree.

use super::{
    detail::IN_INDEX_BY_KIND,
    quantity_checks,
    skus::{NewSku, Sku, search_key},
};
use crate::{
    db::{
        Conn, availability,
        engine::{
            schema::{ledger_entries, skus},
            sql::sql,
        },
        promotions::holds,
    },
    domain::{
        catalogue::{
            ledger::{Cause, Entry, EntryKind},
            stock::Stock,
        },
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::hold::SETTLED_AFTER,
    },
    insert_rows, on_db,
};
use diesel::{prelude::*, sql_types::Bool};
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = ledger_entries, treat_none_as_default_value = false)]
pub struct EntryRow {
    pub sku: SkuCode,
    pub number: i64,
    pub at: Moment,
    pub actor: String,
    pub kind: EntryKind,
    pub reason: String,
    pub promotion_id: Option<PromotionId>,
    pub store: Option<StoreCode>,
    pub on_hand_change: i64,
    pub committed_change: i64,
    pub oversold_change: i64,
    pub buffer_change: i64,
    pub held_change: i64,
    pub sold_change: i64,
    pub on_hand_after: i64,
    pub committed_after: i64,
    pub oversold_after: i64,
    pub buffer_after: i64,
    pub order_number: Option<OrderNumber>,
    pub held_after: Option<i64>,
    pub sold_after: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningSku {
    pub code: SkuCode,
    pub name: String,
    pub on_hand: i64,
    pub buffer: i64,
}

/// The number of a SKU's first entry: its opening stock.
pub const FIRST: i64 = 1;

/// Adds SKUs with their opening stock, which is the first entry of each.
pub fn open_skus(conn: &mut Conn, cause: &Cause, opening: &[OpeningSku]) -> QueryResult<()> {
    let rows: Vec<NewSku> = opening
        .iter()
        .map(|OpeningSku { code, name, on_hand, buffer }| NewSku {
            code: code.clone(),
            name: name.clone(),
            search_key: search_key(code, name),
            on_hand: *on_hand,
            buffer: *buffer,
            revision: FIRST,
            created_at: cause.at,
            last_at: cause.at,
        })
        .collect();
    insert_rows!(conn, skus::table, &rows)?;
    let entries: Vec<EntryRow> = opening
        .iter()
        .map(|sku| {
            let stock = Stock { on_hand: sku.on_hand, buffer: sku.buffer, ..Stock::default() };
            row(cause, Entry { change: stock, ..Entry::new(sku.code.clone(), EntryKind::OpeningStock) }, FIRST, stock)
        })
        .collect();
    insert_rows!(conn, ledger_entries::table, &entries)
}

/// Records `entries` and changes the totals of their SKUs. `locked` are those SKUs, as [`super::skus::lock`] returned
/// them in this transaction: it is a bug, and panics, if one is missing or has changed since. The key of the ledger and
/// the `CHECK`s of the tables back up the lock.
pub fn record(conn: &mut Conn, cause: &Cause, locked: Vec<Sku>, entries: Vec<Entry>) -> QueryResult<()> {
    record_each(conn, locked, entries.into_iter().map(|entry| (cause, entry)))
}

/// As [`record`], with a cause for each entry.
pub fn record_each<'a>(
    conn: &mut Conn,
    locked: Vec<Sku>,
    entries: impl IntoIterator<Item = (&'a Cause, Entry)>,
) -> QueryResult<()> {
    let before: BTreeMap<SkuCode, Sku> = locked.into_iter().map(|sku| (sku.code.clone(), sku)).collect();
    let mut after: BTreeMap<SkuCode, Sku> = BTreeMap::new();
    let mut rows: Vec<EntryRow> = Vec::new();
    for (cause, entry) in entries {
        let locked = before.get(&entry.sku).unwrap_or_else(|| panic!("{} was not locked", entry.sku));
        let sku = after.entry(entry.sku.clone()).or_insert_with(|| locked.clone());
        sku.apply(entry.change, cause.at);
        rows.push(row(cause, entry, sku.revision, sku.stock()));
    }
    balance_holds(conn, &mut rows)?;
    insert_rows!(conn, ledger_entries::table, &rows)?;
    let short = short_ones(conn, &rows, &after)?;
    for (code, sku) in &after {
        save_totals(conn, sku, before[code].revision, short.get(code).copied())?;
    }
    quantity_checks::enqueue(conn, after.keys())
}

/// The entries of one kind of `sku` after the one with the number `after`, oldest first.
pub fn of_kind_after(conn: &mut Conn, sku: &SkuCode, kind: EntryKind, after: i64) -> QueryResult<Vec<EntryRow>> {
    ledger_entries::table
        .filter(ledger_entries::sku.eq(sku))
        .filter(ledger_entries::kind.eq(kind))
        .filter(sql::<Bool>(IN_INDEX_BY_KIND))
        .filter(ledger_entries::number.gt(after))
        .order(ledger_entries::number)
        .select(EntryRow::as_select())
        .load(conn)
}

/// How many of the last entries of a SKU are looked at first, to find those since a moment.
const RECENT: i64 = 500;

/// The number of an entry of a SKU before all those from `since` on, which is not much older.
fn before(conn: &mut Conn, sku: &Sku, since: Moment) -> QueryResult<i64> {
    let mut count = RECENT;
    while count < sku.revision {
        let number = sku.revision - count;
        let entry =
            ledger_entries::table.filter(ledger_entries::sku.eq(&sku.code)).filter(ledger_entries::number.eq(number));
        let at: Moment = entry.select(ledger_entries::at).first(conn)?;
        if at < since {
            return Ok(number);
        }
        count *= 2;
    }
    Ok(0)
}

/// Units of a SKU that orders of a store took from `since` on, and those that they gave back.
pub fn moved_by_orders(conn: &mut Conn, sku: &Sku, store: &StoreCode, since: Moment) -> QueryResult<(i64, i64)> {
    let before = before(conn, sku, since)?;
    let of_orders = ledger_entries::table
        .filter(ledger_entries::sku.eq(&sku.code))
        .filter(ledger_entries::number.gt(before))
        .filter(ledger_entries::at.ge(since))
        .filter(ledger_entries::store.eq(store))
        .filter(ledger_entries::order_number.is_not_null());
    let changes: Vec<(i64, i64, i64)> = of_orders
        .select((ledger_entries::committed_change, ledger_entries::oversold_change, ledger_entries::on_hand_change))
        .load(conn)?;
    let mut taken = 0;
    let mut returned = 0;
    for (committed, oversold, on_hand) in changes {
        // What is shipped moves from one to the other.
        let units = committed + oversold - on_hand;
        taken += units.max(0);
        returned += (-units).max(0);
    }
    Ok((taken, returned))
}

/// Fills in the running balance of the hold in every entry that is about one. Callers change the hold before they
/// record the entry, so the hold's values now are its balance after the last entry.
fn balance_holds(conn: &mut Conn, rows: &mut [EntryRow]) -> QueryResult<()> {
    let key = |row: &EntryRow| row.promotion_id.map(|promotion| (row.sku.clone(), promotion));
    let keys: HashSet<(SkuCode, PromotionId)> = rows.iter().filter_map(key).collect();
    if keys.is_empty() {
        return Ok(());
    }
    let mut units = holds::units(conn, &keys)?;
    for row in rows.iter_mut().rev() {
        let Some(key) = key(row) else { continue };
        let (held, sold) = units.entry(key).or_default();
        row.held_after = Some(*held);
        row.sold_after = Some(*sold);
        *held -= row.held_change;
        *sold -= row.sold_change;
    }
    Ok(())
}

/// The SKUs whose on hand changed, and whether their holds now exceed it. Nothing else can make a hold short: it fits
/// when it is taken, and orders do not touch the units that back it.
fn short_ones(
    conn: &mut Conn,
    rows: &[EntryRow],
    after: &BTreeMap<SkuCode, Sku>,
) -> QueryResult<HashMap<SkuCode, bool>> {
    let counted: HashSet<&SkuCode> = rows.iter().filter(|row| row.on_hand_change != 0).map(|row| &row.sku).collect();
    let Some(now) = rows.iter().map(|row| row.at).max().filter(|_| !counted.is_empty()) else {
        return Ok(HashMap::new());
    };
    // A clock that is ahead would miss a hold that still runs by the clocks of others.
    let stock = counted.into_iter().map(|code| (code.clone(), after[code].stock()));
    let available = availability::of_stock(conn, stock, now.plus(-SETTLED_AFTER))?;
    let mut short = HashMap::with_capacity(available.len());
    for (code, availability) in available {
        let is_short = availability.position().held() > availability.stock.uncommitted();
        short.insert(code, is_short);
    }
    Ok(short)
}

/// Saves the totals of a SKU that was locked at `revision`, and `may_be_short` if that may have changed.
fn save_totals(conn: &mut Conn, sku: &Sku, revision: i64, may_be_short: Option<bool>) -> QueryResult<()> {
    let locked = diesel::update(skus::table.find(&sku.code).filter(skus::revision.eq(revision)));
    let totals = (
        skus::on_hand.eq(sku.on_hand),
        skus::committed.eq(sku.committed),
        skus::oversold.eq(sku.oversold),
        skus::buffer.eq(sku.buffer),
        skus::revision.eq(sku.revision),
        skus::last_at.eq(sku.last_at),
    );
    // On the connection itself, because a statement for either is prepared anew each time.
    let changed = on_db!(conn, |conn| match may_be_short {
        None => locked.set(totals).execute(conn)?,
        Some(may_be_short) => locked.set((totals, skus::may_be_short.eq(may_be_short))).execute(conn)?,
    });
    assert_eq!(changed, 1, "{} changed after revision {revision} although it was locked", sku.code);
    Ok(())
}

fn row(cause: &Cause, entry: Entry, number: i64, after: Stock) -> EntryRow {
    let Entry { sku, kind, store, promotion: promotion_id, order: order_number, change, held_change, sold_change } =
        entry;
    EntryRow {
        sku,
        number,
        at: cause.at,
        actor: cause.actor.clone(),
        kind,
        reason: cause.reason.clone(),
        promotion_id,
        store,
        on_hand_change: change.on_hand,
        committed_change: change.committed,
        oversold_change: change.oversold,
        buffer_change: change.buffer,
        held_change,
        sold_change,
        on_hand_after: after.on_hand,
        committed_after: after.committed,
        oversold_after: after.oversold,
        buffer_after: after.buffer,
        order_number,
        held_after: None,
        sold_after: None,
    }
}
