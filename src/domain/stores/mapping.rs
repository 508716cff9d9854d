//! The ids that a marketplace uses for a listing: which ones each kind of marketplace needs, and how typed ids are parsed.

use super::connection::{ConnectorKind, IdFacts};
use crate::domain::text::{TextRefusal, identifier};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// The largest length of an id, in characters.
const LIMIT: usize = 100;

/// Parses the seller SKU of a listing.
pub fn parse_seller_sku(text: &str) -> Result<String, TextRefusal> {
    identifier("seller SKU", text, LIMIT)
}

/// The ids of a listing on its marketplace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingIds {
    /// The seller's own code for the listing.
    pub seller_sku: String,
    /// The marketplace's id of the item, if it has one.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant, if it has one.
    pub variant_id: Option<String>,
}

/// A field of [`ListingIds`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum IdField {
    SellerSku,
    Item,
    Variant,
}

impl IdField {
    /// Every field, in the order of the columns.
    pub const ALL: [Self; 3] = [Self::SellerSku, Self::Item, Self::Variant];

    /// The name in forms and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SellerSku => "seller_sku",
            Self::Item => "item_id",
            Self::Variant => "variant_id",
        }
    }
}

/// A product of a marketplace. Only one listing of a store may be mapped to it, because each listing sets its quantity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Product {
    item_id: String,
    variant_id: Option<String>,
}

/// What only one listing of a store may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Each listing sets the quantity of its product.
    Product(Product),
    /// Orders and files name a listing by it, and it is the id on marketplaces without ids of their own.
    SellerSku(String),
}

/// Another listing of the store has the product or the seller SKU. A listing is named by its SKU or, of a kit, its seller SKU.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the fields are")]
pub enum IdTaken {
    /// It is mapped to the product; `item` is the marketplace's name for an item id.
    #[error("{by} already has this {item} on {store}. Enter another, or clear it for {by} first.")]
    Product { by: String, item: &'static str, store: String },
    /// It has the seller SKU.
    #[error("Enter another seller SKU for {listing}: “{seller_sku}” is that of {by} on {store}.")]
    SellerSku { listing: String, seller_sku: String, by: String, store: String },
    /// It was taken off, and the store may still show it.
    #[error(
        "Try again once {store} shows 0 of {by}, which was taken off and has the same id there, or leave what it shows first."
    )]
    Retiring { by: String, store: String },
}

impl IdTaken {
    /// The other listing.
    pub fn by(&self) -> &str {
        match self {
            Self::Product { by, .. } | Self::SellerSku { by, .. } | Self::Retiring { by, .. } => by,
        }
    }

    /// The field to change.
    pub fn field(&self) -> IdField {
        match self {
            Self::Product { .. } | Self::Retiring { .. } => IdField::Item,
            Self::SellerSku { .. } => IdField::SellerSku,
        }
    }
}

/// The facts about an id on a marketplace of `kind`; `None` if the marketplace does not use it. Such an id is stored as typed.
fn facts(kind: ConnectorKind, field: IdField) -> Option<&'static IdFacts> {
    match field {
        IdField::SellerSku => None,
        IdField::Item => kind.facts().item.as_ref(),
        IdField::Variant => kind.facts().variant.as_ref(),
    }
}

/// The canonical form of an id: `05` is `5`, and so is `+5`, which earlier versions accepted. The marketplace's value for
/// "no id" is `None`.
fn canonical(kind: ConnectorKind, field: IdField, id: String) -> Option<String> {
    let Some(facts) = facts(kind, field).filter(|facts| facts.is_number) else { return Some(id) };
    let id = id.parse::<u64>().map_or(id, |number| number.to_string());
    Some(id).filter(|id| facts.none != Some(id))
}

/// Parses an optional id.
fn parse_id(kind: ConnectorKind, field: IdField, what: &'static str, text: &str) -> Result<Option<String>, String> {
    let id = match identifier(what, text, LIMIT) {
        Ok(id) => id,
        Err(TextRefusal::Missing { .. }) => return Ok(None),
        Err(refusal) => return Err(refusal.to_string()),
    };
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<u64>().is_ok();
    if facts(kind, field).is_some_and(|facts| facts.is_number) && !is_number {
        return Err(format!("Enter the {what} in digits: {} uses numbers.", kind.label()));
    }
    Ok(canonical(kind, field, id))
}

impl ListingIds {
    /// Parses the ids of a listing on a store of `kind`. `typed` has the order of [`IdField::ALL`]. An empty seller SKU is
    /// `usual`: the code of the SKU or, of a kit, what it has been. If all ids are empty, the listing is not mapped.
    /// Fails with every invalid or missing id.
    pub fn parse(
        kind: ConnectorKind,
        usual: impl AsRef<str>,
        typed: [&str; 3],
    ) -> Result<Self, Vec<(IdField, String)>> {
        let [seller_sku, item_id, variant_id] = typed;
        let item = kind.item_label().unwrap_or("item id");
        let variant = kind.variant_label().unwrap_or("variant id");
        let mut problems = Vec::new();
        let mut parse = |field, what, text| {
            let parsed = parse_id(kind, field, what, text);
            parsed.map_err(|refusal| problems.push((field, refusal))).ok().flatten()
        };
        let seller_sku = parse(IdField::SellerSku, "seller SKU", seller_sku);
        let item_id = parse(IdField::Item, item, item_id);
        let variant_id = parse(IdField::Variant, variant, variant_id);
        if problems.is_empty() && kind.needs_item_id() {
            let missing =
                |id, other| format!("Enter the {id} too: {} needs it together with the {other}.", kind.label());
            match (&item_id, &variant_id) {
                (Some(_), None) if kind.needs_variant_id() => {
                    problems.push((IdField::Variant, missing(variant, item)));
                }
                (None, Some(_)) => problems.push((IdField::Item, missing(item, variant))),
                (Some(_), None | Some(_)) | (None, None) => {}
            }
        }
        let seller_sku = seller_sku.unwrap_or_else(|| usual.as_ref().to_owned());
        if problems.is_empty() { Ok(Self { seller_sku, item_id, variant_id }) } else { Err(problems) }
    }

    /// What no other listing of a store of `kind` may have at the same time.
    pub fn claims(&self, kind: ConnectorKind) -> Vec<Claim> {
        let mut claims = vec![Claim::SellerSku(self.seller_sku.clone())];
        claims.extend(self.product(kind).map(Claim::Product));
        claims
    }

    /// The product that the ids refer to on a marketplace of `kind`; `None` if the listing is not mapped, or if the
    /// marketplace identifies listings by their seller SKU.
    pub fn product(&self, kind: ConnectorKind) -> Option<Product> {
        let Self { seller_sku: _, item_id, variant_id } = self.clone();
        let item_id = item_id.filter(|_| kind.needs_item_id())?;
        let variant_id = variant_id.filter(|_| kind.variant_label().is_some());
        Some(Product {
            item_id: canonical(kind, IdField::Item, item_id)?,
            variant_id: variant_id.and_then(|id| canonical(kind, IdField::Variant, id)),
        })
    }
}

/// The conflicts of new mappings: the positions in `wanted` of which another listing has a claim, each with that listing and
/// the claim. `current` are the claims of the store's listings now. A listing gives up the claims that it does not want any
/// more.
///
/// Listings may swap claims. If two want the same one, the first gets it. A listing that is refused keeps its current claims, so
/// one that wanted one of those is refused as well. A listing is never refused for a claim that it has.
pub fn conflicts<Id: Clone + Eq + Hash>(
    current: &[(Id, Claim)],
    wanted: &[(Id, Vec<Claim>)],
) -> HashMap<usize, (Id, Claim)> {
    let has: HashSet<(&Id, &Claim)> = current.iter().map(|(id, claim)| (id, claim)).collect();
    let changing: HashSet<&Id> = wanted.iter().map(|(id, _)| id).collect();
    let mut kept: HashSet<(&Id, &Claim)> = HashSet::new();
    for (id, claims) in wanted {
        kept.extend(claims.iter().map(|claim| (id, claim)).filter(|claim| has.contains(claim)));
    }
    // Each refusal lets one more listing keep its claims, which may cause another refusal: repeat until nothing changes.
    loop {
        let mut owners: HashMap<&Claim, &Id> = HashMap::new();
        for (id, claim) in current {
            if kept.contains(&(id, claim)) || !changing.contains(id) {
                owners.insert(claim, id);
            }
        }
        let mut refused = HashMap::new();
        for (position, (id, claims)) in wanted.iter().enumerate() {
            let is_taken = |claim: &&Claim| {
                let by_another = owners.get(*claim).is_some_and(|owner| *owner != id);
                by_another && !has.contains(&(id, *claim))
            };
            match claims.iter().find(is_taken) {
                Some(claim) => drop(refused.insert(position, (owners[claim].clone(), claim.clone()))),
                None => {
                    for claim in claims {
                        owners.entry(claim).or_insert(id);
                    }
                }
            }
        }
        let before = kept.len();
        let refused_ids: HashSet<&Id> = refused.keys().map(|position| &wanted[*position].0).collect();
        kept.extend(has.iter().copied().filter(|(id, _)| refused_ids.contains(id)));
        if kept.len() == before {
            return refused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::code::SkuCode;

    /// What SKUs have and are to have, as `A1 B2x`: the SKU, the item if there is one, and the seller SKU if there is one.
    fn claims(text: &str) -> Vec<(SkuCode, Vec<Claim>)> {
        let of_word = |word: &str| {
            let mut claims = Vec::new();
            for c in word.chars().skip(1) {
                claims.push(match c.is_ascii_digit() {
                    true => Claim::Product(Product { item_id: c.to_string(), variant_id: None }),
                    false => Claim::SellerSku(c.to_string()),
                });
            }
            (SkuCode::parse(&word[..1]).expect("a code"), claims)
        };
        text.split_whitespace().map(of_word).collect()
    }

    #[test]
    fn one_sku_of_a_store_has_a_product() {
        for (current, wanted, refused) in [
            ("", "A1 B2", ""),
            ("A1", "B1", "0:A"),
            ("A1", "A2 B1", ""),
            ("A1", "B1 A2", ""),
            ("A1", "A B1", ""),
            ("A1 B2", "A2 B1", ""),
            ("A1 B2 C3", "A2 B3 C1", ""),
            ("", "A1 B1 C1", "1:A 2:A"),
            ("", "A1 A1", ""),
            ("", "A1 A2 B1", "2:A"),
            // The product of a refused SKU is not free for another SKU, and so on.
            ("A1 B2 X9", "A2 B9", "0:B 1:X"),
            ("A1 B2 C3 X9", "A2 B3 C9", "0:B 1:C 2:X"),
            ("B2 X9", "A2 C2 B9", "0:B 1:B 2:X"),
            ("A1 X9", "A9 A2 B1", "0:X 2:A"),
            // Two SKUs share a product since before this rule: both may keep it, and no third SKU can get it.
            ("A1 B1", "A1 B1", ""),
            ("A1 B1", "A2 C1", "1:B"),
            ("A1 B1", "A2 B1", ""),
            ("A1", "A2 C1 A1", "1:A"),
            // Seller SKUs are claimed as products are, and who is refused for one keeps both.
            ("Ax By", "Ay Bx", ""),
            ("Ax", "Bx", "0:A"),
            ("A1x B2y", "A1x B1y", "1:A"),
            ("A1x B2y C3z", "B1x C2y", "0:A 1:B"),
            ("A1x B2x", "A1x B2x", ""),
            ("A1x B2x", "A3x C9x", "1:B"),
        ] {
            let mut has = Vec::new();
            for (sku, claims) in claims(current) {
                has.extend(claims.into_iter().map(|claim| (sku.clone(), claim)));
            }
            let refused_now = conflicts(&has, &claims(wanted));
            let mut found: Vec<String> = refused_now.into_iter().map(|(nth, (by, _))| format!("{nth}:{by}")).collect();
            found.sort();
            assert_eq!(found.join(" "), refused, "{wanted}");
        }
    }
}
