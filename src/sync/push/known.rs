//! What is known of leased listings when their store has said what they show: what they should show now, and what orders of
//! the store took and gave back since it was asked last.

use super::{
    group::{self, Wanted},
    lease::Leased,
};
use crate::{
    db::{
        Conn, QueryResult, availability,
        catalogue::{
            ledger,
            skus::{self, Sku},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::{components::Components, look::Known},
    },
    marketplaces::{Failure, Seen},
};
use std::collections::{BTreeSet, HashMap};

/// The listings that the store said something of, each with the units that it shows.
pub(super) fn shown(batch: &[Leased], looked: &[Result<Option<Seen>, Failure>]) -> Vec<(Leased, i64)> {
    let mut all = Vec::new();
    for (leased, seen) in batch.iter().zip(looked) {
        if let Ok(Some(Seen { shown: Some(shown), .. })) = seen {
            all.push((leased.clone(), *shown));
        }
    }
    all
}

/// Without listings that are gone.
pub(super) fn read(
    conn: &mut Conn,
    store: &StoreCode,
    shown: &[(Leased, i64)],
    now: Moment,
) -> QueryResult<HashMap<ListingId, Known>> {
    let ids = shown.iter().map(|(leased, _)| leased.listing.id).collect();
    let members = group::read(conn, &Wanted::Listings(ids))?;
    let codes: BTreeSet<&SkuCode> =
        members.iter().flat_map(|member| member.components.iter()).map(|component| &component.sku).collect();
    let found = skus::find_all(conn, codes)?;
    let available = availability::of(conn, &found, now)?;
    let of_code: HashMap<&SkuCode, &Sku> = found.iter().map(|sku| (&sku.code, sku)).collect();
    let mut should = HashMap::new();
    let mut components = HashMap::new();
    for member in members {
        should.insert(member.listing.id, member.should(&available));
        components.insert(member.listing.id, member.components);
    }
    let mut known = HashMap::new();
    for (leased, shown) in shown {
        let id = leased.listing.id;
        let (Some(should), Some(components)) = (should.get(&id), components.get(&id)) else { continue };
        let is_as_it_was = leased.acknowledged == Some(*shown) && leased.missing == 0;
        let (taken, returned) = match leased.acknowledged_at {
            Some(since) if !is_as_it_was => moved(conn, store, components, &of_code, since)?,
            Some(_) | None => (0, 0),
        };
        known.insert(
            id,
            Known {
                // More than what was leased is sent with the next lease, which other stores may have to wait for.
                should: leased.quantity.min(*should),
                acknowledged: leased.acknowledged,
                missing: leased.missing,
                sending: leased.sending,
                taken,
                returned,
                is_raise: leased.is_raise,
            },
        );
    }
    Ok(known)
}

/// Of one listing, the units that orders of the store took since `since`, and those that they gave back. An order of another
/// listing with the same SKUs counts as well: it cannot be told apart in the ledger.
fn moved(
    conn: &mut Conn,
    store: &StoreCode,
    components: &Components,
    of_code: &HashMap<&SkuCode, &Sku>,
    since: Moment,
) -> QueryResult<(i64, i64)> {
    let mut least: Option<(i64, i64)> = None;
    for component in components.iter() {
        let (taken, returned) = ledger::moved_by_orders(conn, of_code[&component.sku], store, since)?;
        let of_one = (taken / component.units, returned / component.units);
        least = Some(least.map_or(of_one, |least| (least.0.min(of_one.0), least.1.min(of_one.1))));
    }
    Ok(least.unwrap_or_default())
}
