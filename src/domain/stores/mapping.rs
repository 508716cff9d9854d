//! The ids that a marketplace uses for a listing: which ones each kind of marketplace needs, and how typed ids are parsed.

use super::connection::{ConnectorKind, IdFacts};
use crate::domain::{
    code::SkuCode,
    text::{TextRefusal, single_line},
};
use std::collections::{HashMap, HashSet};

/// The largest length of an id, in characters.
const LIMIT: usize = 100;

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

/// Another SKU of the store is mapped to the product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{by} already has this {item} on {store}. Enter another, or clear it for {by} first.")]
pub struct ProductTaken {
    /// The SKU that is mapped to the product.
    pub by: SkuCode,
    /// The marketplace's name for an item id.
    pub item: &'static str,
    /// The name of the store.
    pub store: String,
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
    let id = match single_line(what, text, LIMIT) {
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
    /// Parses the ids of `sku` on a store of `kind`. `typed` has the order of [`IdField::ALL`]. An empty seller SKU is the
    /// code of the SKU. If all ids are empty, the listing is not mapped.
    /// Fails with every invalid or missing id.
    pub fn parse(kind: ConnectorKind, sku: &SkuCode, typed: [&str; 3]) -> Result<Self, Vec<(IdField, String)>> {
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
        let seller_sku = seller_sku.unwrap_or_else(|| sku.as_str().to_owned());
        if problems.is_empty() { Ok(Self { seller_sku, item_id, variant_id }) } else { Err(problems) }
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

/// The conflicts of new mappings: the positions in `wanted` whose product another SKU has, each with that SKU. `current`
/// are the products of the store's SKUs now. A SKU that wants `None` gives its product up.
///
/// SKUs may swap products. If two SKUs want the same product, the first gets it. A SKU that is refused keeps its current
/// product, so a SKU that wanted that one is refused as well. A SKU that wants its current product is never refused.
pub fn conflicts(current: &[(SkuCode, Product)], wanted: &[(SkuCode, Option<Product>)]) -> HashMap<usize, SkuCode> {
    let has: HashSet<(&SkuCode, &Product)> = current.iter().map(|(sku, product)| (sku, product)).collect();
    let changing: HashSet<&SkuCode> = wanted.iter().map(|(sku, _)| sku).collect();
    let mut keeping: HashSet<&SkuCode> = HashSet::new();
    for (sku, product) in wanted {
        if product.as_ref().is_some_and(|product| has.contains(&(sku, product))) {
            keeping.insert(sku);
        }
    }
    // Each refusal lets one more SKU keep its product, which may cause another refusal: repeat until nothing changes.
    loop {
        let mut owners: HashMap<&Product, &SkuCode> = HashMap::new();
        for (sku, product) in current {
            if keeping.contains(sku) || !changing.contains(sku) {
                owners.insert(product, sku);
            }
        }
        let mut refused = HashMap::new();
        for (position, (sku, product)) in wanted.iter().enumerate() {
            let Some(product) = product else { continue };
            let owner = *owners.entry(product).or_insert(sku);
            if owner != sku && !has.contains(&(sku, product)) {
                refused.insert(position, owner.clone());
            }
        }
        let before = keeping.len();
        keeping.extend(refused.keys().map(|position| &wanted[*position].0));
        if keeping.len() == before {
            return refused;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SKUs have and are to have, as `A1 B2`: the SKU and the item.
    fn products(text: &str) -> Vec<(SkuCode, Option<Product>)> {
        let product = |word: &str| {
            let (sku, item) = word.split_at(1);
            let item_id = Some(item.to_owned()).filter(|item| !item.is_empty());
            (SkuCode::parse(sku).expect("a code"), item_id.map(|item_id| Product { item_id, variant_id: None }))
        };
        text.split_whitespace().map(product).collect()
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
        ] {
            let current: Vec<_> = products(current).into_iter().filter_map(|(sku, has)| Some((sku, has?))).collect();
            let mut found: Vec<String> =
                conflicts(&current, &products(wanted)).into_iter().map(|(nth, by)| format!("{nth}:{by}")).collect();
            found.sort();
            assert_eq!(found.join(" "), refused, "{wanted}");
        }
    }
}
