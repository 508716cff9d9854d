//! Takes one listing off its store, known by its seller SKU.

use super::retire_listings;
use crate::{
    db::{
        Conn, Failed, QueryResult, availability,
        catalogue::skus::{self, Sku},
        stores::{
            self, components,
            listings::{self, Listing},
            retiring,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
    },
};

/// What happened to the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// The SKU of a plain listing.
    pub sku: Option<SkuCode>,
    /// Whether its store may still show it. If not, it is gone.
    pub is_retiring: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlistRefusal {
    #[error("{store} has no listing with the seller SKU “{seller_sku}”.")]
    Unknown { store: StoreCode, seller_sku: String },
    #[error("Give each a seller SKU of its own first: “{seller_sku}” is that of “{}” and “{}”.", .names[0], .names[1])]
    Shared { seller_sku: String, sku: Option<SkuCode>, names: [String; 2] },
    #[error("End “{promotion_name}” first: that flash sale holds “{sku}” there.")]
    HeldThere { sku: SkuCode, promotion_name: String },
}

/// A second time changes nothing while it is retiring.
pub fn run(
    conn: &mut Conn,
    cause: &Cause,
    store: &StoreCode,
    seller_sku: &str,
) -> Result<Unlisted, Failed<UnlistRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    let unknown = UnlistRefusal::Unknown { store: store.clone(), seller_sku: seller_sku.to_owned() };
    if stores::find(conn, store)?.is_none() {
        return refused(unknown);
    }
    let found = listings::with_seller_skus(conn, store, &[seller_sku])?;
    let listing = match found.as_slice() {
        [] => {
            let retiring = retiring::with_seller_sku(conn, store, seller_sku)?;
            let unlisted = retiring.map(|retiring| Unlisted { sku: retiring.sku, is_retiring: true });
            return unlisted.ok_or(Failed::Refused(unknown));
        }
        [only] => only.id,
        [one, other, ..] => {
            let names = [one.name().to_owned(), other.name().to_owned()];
            return refused(UnlistRefusal::Shared { seller_sku: seller_sku.to_owned(), sku: one.sku.clone(), names });
        }
    };
    let made_of = components::of(conn, &found)?.remove(&listing).expect("a listing has components");
    let skus: Vec<SkuCode> = made_of.iter().map(|component| component.sku.clone()).collect();
    let locked = skus::lock(conn, &skus)?;
    // It may have been mapped to another seller SKU, or be made of something else, before its SKUs were locked.
    let now = listings::by_ids(conn, [&listing])?;
    let is_same = components::of(conn, &now)?.get(&listing) == Some(&made_of);
    let Some(listing) = now.into_iter().find(|listing| is_same && listing.seller_sku == seller_sku) else {
        return refused(unknown);
    };
    if let Some((sku, promotion_name)) = held_there(conn, cause, &locked, &listing)? {
        return refused(UnlistRefusal::HeldThere { sku, promotion_name });
    }
    let retiring = retire_listings::run(conn, cause, std::slice::from_ref(&listing))?;
    Ok(Unlisted { sku: listing.sku, is_retiring: !retiring.is_empty() })
}

/// A SKU of the listing that its store holds and would list no more, and the name of the flash sale.
fn held_there(
    conn: &mut Conn,
    cause: &Cause,
    locked: &[Sku],
    listing: &Listing,
) -> QueryResult<Option<(SkuCode, String)>> {
    let available = availability::of(conn, locked, skus::effective_now(locked, cause.at))?;
    let listed = listings::containing(conn, locked.iter().map(|sku| &sku.code))?;
    for Sku { code, .. } in locked {
        let Some(hold) = available[code].holds.iter().find(|hold| hold.store == listing.store) else { continue };
        let mut others = listed.get(code).into_iter().flatten();
        if !others.any(|other| other.store == listing.store && other.id != listing.id) {
            return Ok(Some((code.clone(), hold.promotion_name.clone())));
        }
    }
    Ok(None)
}
