//! Merges a SKU that was a mistake into the one that it is. Its stock, its open orders and its listings go there; what has
//! happened stays in its own ledger, and it is archived. Its code stays taken: orders that name it are those of the other.

use crate::{
    actions::stores::retire_listings,
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::{
            former_codes, ledger, pictures,
            rename::{self, OpenLine},
            skus::{self, Sku},
        },
        stores::{self, components, listings, pushes, retiring},
    },
    domain::{
        catalogue::{
            ledger::{Cause, Entry, EntryKind},
            stock::{MAX_UNITS, Stock},
        },
        code::{SkuCode, StoreCode},
        id::ListingId,
        stores::components::{Component, Components},
    },
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeRefusal {
    #[error("There is no SKU “{0}”.")]
    Unknown(SkuCode),
    #[error("Enter another SKU: this is the one to be merged.")]
    Same,
    #[error("“{0}” is archived. Enter a SKU of the catalogue.")]
    Archived(SkuCode),
    #[error("End “{promotion_name}” first: that flash sale holds “{sku}”.")]
    Held { sku: SkuCode, promotion_name: String },
    /// What a sale has sold belongs to its report.
    #[error("Ship or cancel the open order {0} first: it belongs to a flash sale of this SKU.")]
    OrderedInSale(String),
    /// The other SKU would be raised by units that the store still shows of this one.
    #[error("Take “{sku}” off {store} first, and wait until that shows 0 of it: it would sell the same units twice.")]
    StillShown { sku: SkuCode, store: String },
    #[error(
        "Change the kit “{seller_sku}” on {store} first: it is made of both, and would take too many units of one."
    )]
    Kit { seller_sku: String, store: String },
    #[error("Count the stock of both first: together they have more than {MAX_UNITS} units.")]
    TooMany,
}

/// What a merge would do, for the page that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergePlan {
    pub from: Sku,
    pub into: Sku,
    /// Lines of open orders that move.
    pub lines: Vec<OpenLine>,
    /// The kits that it is in, retiring ones too, with what they are made of then.
    pub kits: Vec<(ListingId, Components)>,
}

/// Checks whether `from` can be merged into `into`. Call [`run`] to do it.
pub fn plan(conn: &mut Conn, cause: &Cause, from: &SkuCode, into: &SkuCode) -> Result<MergePlan, Failed<MergeRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    if from == into {
        return refused(MergeRefusal::Same);
    }
    let locked = skus::lock(conn, [from, into])?;
    let available = availability::of(conn, &locked, skus::effective_now(&locked, cause.at))?;
    let mut found = Vec::new();
    for code in [from, into] {
        let Some(sku) = locked.iter().find(|sku| sku.code == *code) else {
            return refused(MergeRefusal::Unknown(code.clone()));
        };
        if sku.archived_at.is_some() {
            return refused(MergeRefusal::Archived(code.clone()));
        }
        if let Some(hold) = available[code].holds.first() {
            let promotion_name = hold.promotion_name.clone();
            return refused(MergeRefusal::Held { sku: code.clone(), promotion_name });
        }
        found.push(sku.clone());
    }
    let into = found.pop().expect("both were found");
    let from = found.pop().expect("both were found");
    if from.on_hand + into.on_hand > MAX_UNITS {
        return refused(MergeRefusal::TooMany);
    }
    if let Some(store) = still_shown(conn, cause, &from.code, &into.code)? {
        return refused(MergeRefusal::StillShown { sku: from.code, store });
    }
    let lines = rename::open_lines(conn, &from.code)?;
    if let Some(line) = lines.iter().find(|line| line.promotion.is_some()) {
        return refused(MergeRefusal::OrderedInSale(line.number.to_string()));
    }
    let kits = match kits(conn, &from.code, &into.code)? {
        Ok(kits) => kits,
        Err(refusal) => return refused(refusal),
    };
    Ok(MergePlan { from, into, lines, kits })
}

/// The kits that `from` is in, with `into` in its place.
fn kits(
    conn: &mut Conn,
    from: &SkuCode,
    into: &SkuCode,
) -> QueryResult<Result<Vec<(ListingId, Components)>, MergeRefusal>> {
    let ids: Vec<ListingId> = components::kits_with(conn, [from])?.into_iter().map(|(_, kit)| kit).collect();
    let mut kits = Vec::new();
    for (id, made_of) in components::of_kits(conn, ids)? {
        let mut units: BTreeMap<SkuCode, i64> = BTreeMap::new();
        for component in made_of.iter() {
            let sku = if component.sku == *from { into } else { &component.sku };
            *units.entry(sku.clone()).or_default() += component.units;
        }
        let made_of = units.into_iter().map(|(sku, units)| Component { sku, units }).collect();
        match Components::new(made_of) {
            Ok(made_of) => kits.push((id, made_of)),
            Err(_) => {
                let kit = listings::by_ids(conn, [&id])?.pop();
                let seller_sku = kit.as_ref().map(|kit| kit.seller_sku.clone()).unwrap_or_default();
                let store = kit.map(|kit| kit.store.to_string()).unwrap_or_default();
                return Ok(Err(MergeRefusal::Kit { seller_sku, store }));
            }
        }
    }
    Ok(Ok(kits))
}

pub fn run(conn: &mut Conn, cause: &Cause, from: &SkuCode, into: &SkuCode) -> Result<(), Failed<MergeRefusal>> {
    let MergePlan { from, into, lines, kits } = plan(conn, cause, from, into)?;
    let cause = Cause { reason: format!("“{}” was merged into “{}”", from.code, into.code), ..cause.clone() };
    merge_listings(conn, &cause, &from.code, &into.code)?;
    for (kit, _) in &kits {
        components::delete(conn, *kit)?;
    }
    components::insert(conn, &kits)?;
    rename::move_open_lines(conn, &from.code, &into.code, &lines)?;
    pictures::merge(conn, &from.code, &into.code)?;
    skus::archive(conn, &from.code, Some(cause.at))?;
    former_codes::insert(conn, &from.code, &into.code, true, cause.at)?;
    let entries = entries(&from, &into, &lines);
    ledger::record(conn, &cause, vec![from, into], entries)?;
    Ok(())
}

/// A store that may show units of `from` under a listing that would not become that of `into`.
fn still_shown(conn: &mut Conn, cause: &Cause, from: &SkuCode, into: &SkuCode) -> QueryResult<Option<String>> {
    let of_into = stores_of(conn, into)?;
    let retiring = retiring::keys_of(conn, [from])?;
    for push in pushes::of_skus(conn, [from])?.remove(from).unwrap_or_default() {
        let goes = of_into.contains(&push.store) || retiring.contains_key(&push.listing);
        if goes && push.sync(0, cause.at).may_show_what_was_sent() {
            let store = stores::find(conn, &push.store)?;
            return Ok(store.map(|store| store.name));
        }
    }
    Ok(None)
}

/// The stores that list `sku`, or may still show it.
fn stores_of(conn: &mut Conn, sku: &SkuCode) -> QueryResult<BTreeSet<StoreCode>> {
    let listed = listings::plain_stores_of(conn, [sku])?.remove(sku).unwrap_or_default();
    let retiring = retiring::keys_of(conn, [sku])?.into_values();
    Ok(listed.into_iter().chain(retiring).collect())
}

/// The stock goes first: its units are what the orders are committed to.
fn entries(from: &Sku, into: &Sku, lines: &[OpenLine]) -> Vec<Entry> {
    let on_hand = Stock { on_hand: from.on_hand, ..Stock::default() };
    let gone = Stock { on_hand: -from.on_hand, buffer: -from.buffer, ..Stock::default() };
    let mut entries = vec![
        Entry { change: on_hand, ..Entry::new(into.code.clone(), EntryKind::MergedHere) },
        Entry { change: gone, ..Entry::new(from.code.clone(), EntryKind::MergedAway) },
    ];
    for line in lines {
        let committed = line.from_hold + line.from_shared;
        let of_line = |sku: &SkuCode, kind, sign: i64| {
            let change = Stock { committed: sign * committed, oversold: sign * line.oversold, ..Stock::default() };
            let (store, order) = (Some(line.store.clone()), Some(line.number.clone()));
            Entry { store, order, change, ..Entry::new(sku.clone(), kind) }
        };
        entries.push(of_line(&from.code, EntryKind::OrderMovedAway, -1));
        entries.push(of_line(&into.code, EntryKind::OrderMovedHere, 1));
    }
    entries
}

/// Stores that do not sell the other SKU go on with the listing, and with what it shows. Elsewhere it is taken off.
fn merge_listings(conn: &mut Conn, cause: &Cause, from: &SkuCode, into: &SkuCode) -> QueryResult<()> {
    let of_into = stores_of(conn, into)?;
    let mut retired = Vec::new();
    for listing in listings::of_skus(conn, [from])?.remove(from).unwrap_or_default() {
        if of_into.contains(&listing.store) {
            retired.push(listing);
        } else {
            listings::move_to(conn, listing.id, into)?;
        }
    }
    retire_listings::run(conn, cause, &retired).map(drop)
}
