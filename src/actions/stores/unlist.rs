//! Takes one listing off its store, known by its seller SKU.

use super::retire_listings;
use crate::{
    db::{
        Conn, Failed, availability,
        catalogue::skus,
        stores::{self, listings, retiring},
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
    },
};

/// What happened to the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    pub sku: SkuCode,
    /// Whether its store may still show it. If not, it is gone.
    pub is_retiring: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlistRefusal {
    #[error("{store} has no listing with the seller SKU “{seller_sku}”.")]
    Unknown { store: StoreCode, seller_sku: String },
    #[error("Give each a seller SKU of its own first: “{seller_sku}” is that of “{}” and “{}”.", .skus[0], .skus[1])]
    Shared { seller_sku: String, skus: [SkuCode; 2] },
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
    let sku = match found.as_slice() {
        [] => {
            let retiring = retiring::with_seller_sku(conn, store, seller_sku)?;
            return retiring.map(|sku| Unlisted { sku, is_retiring: true }).ok_or(Failed::Refused(unknown));
        }
        [only] => only.sku.clone(),
        [one, other, ..] => {
            let skus = [one.sku.clone(), other.sku.clone()];
            return refused(UnlistRefusal::Shared { seller_sku: seller_sku.to_owned(), skus });
        }
    };
    let locked = skus::lock(conn, [&sku])?;
    // It may have been mapped to another seller SKU before it was locked.
    if listings::find(conn, &sku, store)?.is_none_or(|listing| listing.seller_sku != seller_sku) {
        return refused(unknown);
    }
    let available = availability::of(conn, &locked, skus::effective_now(&locked, cause.at))?;
    if let Some(hold) = available[&sku].holds.iter().find(|hold| hold.store == *store) {
        return refused(UnlistRefusal::HeldThere { sku, promotion_name: hold.promotion_name.clone() });
    }
    let retiring = retire_listings::run(conn, cause, &[(sku.clone(), store.clone())])?;
    Ok(Unlisted { sku, is_retiring: !retiring.is_empty() })
}
