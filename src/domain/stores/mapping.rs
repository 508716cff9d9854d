//! By what a marketplace knows a listing, as somebody types it: what each kind of marketplace needs.

use super::connection::{ConnectorKind, IdFacts};
use crate::domain::{
    code::SkuCode,
    text::{TextRefusal, single_line},
};
use std::collections::{HashMap, HashSet};

/// The most characters of an id of a marketplace.
const LIMIT: usize = 100;

/// By what a marketplace knows a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingIds {
    /// What the seller calls it there.
    pub seller_sku: String,
    /// The marketplace's id of the item, if it has one.
    pub item_id: Option<String>,
    /// The marketplace's id of the variant, if it has one.
    pub variant_id: Option<String>,
}

/// One of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdField {
    /// What the seller calls it.
    SellerSku,
    /// The item.
    Item,
    /// The variant.
    Variant,
}

impl IdField {
    /// All of them, in the order of their columns.
    pub const ALL: [Self; 3] = [Self::SellerSku, Self::Item, Self::Variant];

    /// What forms and files call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SellerSku => "seller_sku",
            Self::Item => "item_id",
            Self::Variant => "variant_id",
        }
    }
}

/// A product of a marketplace: of all listings of a store that are mapped to it, one may set its quantity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Product {
    item_id: String,
    variant_id: Option<String>,
}

/// Another SKU of the store has the product: the two would set the quantity of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{by} has this {item} on {store}. Enter another, or empty that of {by} first.")]
pub struct ProductTaken {
    /// The SKU that has it.
    pub by: SkuCode,
    /// What the marketplace calls its id.
    pub item: &'static str,
    /// What people call the store.
    pub store: String,
}

/// What is to be mended in an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdRefusal {
    /// It is no text that could be one.
    #[error(transparent)]
    Text(#[from] TextRefusal),
    /// The marketplace has numbers for ids.
    #[error("Enter the {0} in digits: {1} has numbers for ids.")]
    NoNumber(&'static str, &'static str),
    /// The marketplace needs it beside the other.
    #[error("Enter the {0} too: {2} needs it beside the {1}.")]
    Missing(&'static str, &'static str, &'static str),
}

/// What `kind` says of an id. What the marketplace has no field for is stored as it is.
fn facts(kind: ConnectorKind, field: IdField) -> Option<&'static IdFacts> {
    match field {
        IdField::SellerSku => None,
        IdField::Item => kind.facts().item.as_ref(),
        IdField::Variant => kind.facts().variant.as_ref(),
    }
}

/// The one form of an id: a number is `5` and not `05`, nor the `+5` that was accepted once, and what stands for no id is
/// none.
fn canonical(kind: ConnectorKind, field: IdField, id: String) -> Option<String> {
    let Some(facts) = facts(kind, field).filter(|facts| facts.is_number) else { return Some(id) };
    let id = id.parse::<u64>().map_or(id, |number| number.to_string());
    Some(id).filter(|id| facts.none != Some(id))
}

/// Reads an id that may be left empty.
fn parse_id(kind: ConnectorKind, field: IdField, what: &'static str, text: &str) -> Result<Option<String>, IdRefusal> {
    let id = match single_line(what, text, LIMIT) {
        Ok(id) => id,
        Err(TextRefusal::Missing { .. }) => return Ok(None),
        Err(refusal) => return Err(refusal.into()),
    };
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<u64>().is_ok();
    if facts(kind, field).is_some_and(|facts| facts.is_number) && !is_number {
        return Err(IdRefusal::NoNumber(what, kind.label()));
    }
    Ok(canonical(kind, field, id))
}

impl ListingIds {
    /// The ids of `sku` on a store of `kind` as they were typed, in the order of [`IdField::ALL`]. A
    /// listing goes by the code of its SKU where no other is typed. All of them may be empty: then it is not mapped.
    ///
    /// # Errors
    /// Everything that is to be mended.
    pub fn parse(kind: ConnectorKind, sku: &SkuCode, typed: [&str; 3]) -> Result<Self, Vec<(IdField, IdRefusal)>> {
        let [seller_sku, item_id, variant_id] = typed;
        let (item, variant) = (kind.item_label().unwrap_or("item id"), kind.variant_label().unwrap_or("variant id"));
        let mut problems = Vec::new();
        let mut keep = |field, what, text| {
            let parsed = parse_id(kind, field, what, text);
            parsed.map_err(|refusal| problems.push((field, refusal))).ok().flatten()
        };
        let seller_sku = keep(IdField::SellerSku, "seller SKU", seller_sku);
        let item_id = keep(IdField::Item, item, item_id);
        let variant_id = keep(IdField::Variant, variant, variant_id);
        if problems.is_empty() && kind.needs_item_id() {
            match (&item_id, &variant_id) {
                (Some(_), None) if kind.needs_variant_id() => {
                    problems.push((IdField::Variant, IdRefusal::Missing(variant, item, kind.label())));
                }
                (None, Some(_)) => problems.push((IdField::Item, IdRefusal::Missing(item, variant, kind.label()))),
                (Some(_), None | Some(_)) | (None, None) => {}
            }
        }
        let seller_sku = seller_sku.unwrap_or_else(|| sku.as_str().to_owned());
        if problems.is_empty() { Ok(Self { seller_sku, item_id, variant_id }) } else { Err(problems) }
    }

    /// The product that a marketplace of `kind` takes it for, if it has one and is known by such ids: two SKUs must not
    /// set the quantity of one.
    #[must_use]
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

/// Which of the SKUs in `wanted` cannot have the product that they are to have, by their places, each with the SKU that
/// has it. `kept` is what SKUs of the store have now; a SKU that is to have nothing gives up what it has.
///
/// SKUs change places with each other. Of two that want one product, the first gets it. One that is refused keeps what it
/// has, and whoever wanted that is refused as well. What a SKU has already it takes from nobody.
#[must_use]
pub fn taken(kept: &[(SkuCode, Product)], wanted: &[(SkuCode, Option<Product>)]) -> HashMap<usize, SkuCode> {
    let has: HashSet<(&SkuCode, &Product)> = kept.iter().map(|(sku, product)| (sku, product)).collect();
    let leaving: HashSet<&SkuCode> = wanted.iter().map(|(sku, _)| sku).collect();
    let to_stay = wanted.iter().filter(|(sku, product)| product.as_ref().is_some_and(|it| has.contains(&(sku, it))));
    let mut staying: HashSet<&SkuCode> = to_stay.map(|(sku, _)| sku).collect();
    loop {
        let stays = |sku: &SkuCode| staying.contains(sku) || !leaving.contains(sku);
        let stayed = kept.iter().filter(|(sku, _)| stays(sku));
        let mut owners: HashMap<&Product, &SkuCode> = stayed.map(|(sku, product)| (product, sku)).collect();
        let mut refused = HashMap::new();
        for (place, (sku, product)) in wanted.iter().enumerate() {
            let Some(product) = product else { continue };
            let owner = *owners.entry(product).or_insert(sku);
            if owner != sku && !has.contains(&(sku, product)) {
                refused.insert(place, owner.clone());
            }
        }
        let before = staying.len();
        staying.extend(refused.keys().map(|place| &wanted[*place].0));
        if staying.len() == before {
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
        for (kept, wanted, refused) in [
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
            // What one that is refused keeps is not free for another, and so on.
            ("A1 B2 X9", "A2 B9", "0:B 1:X"),
            ("A1 B2 C3 X9", "A2 B3 C9", "0:B 1:C 2:X"),
            ("B2 X9", "A2 C2 B9", "0:B 1:B 2:X"),
            ("A1 X9", "A9 A2 B1", "0:X 2:A"),
            // Two have one since before there was this rule: they may stay, and nobody else comes to it.
            ("A1 B1", "A1 B1", ""),
            ("A1 B1", "A2 C1", "1:B"),
            ("A1 B1", "A2 B1", ""),
            ("A1", "A2 C1 A1", "1:A"),
        ] {
            let kept: Vec<_> = products(kept).into_iter().filter_map(|(sku, has)| Some((sku, has?))).collect();
            let mut found: Vec<String> =
                taken(&kept, &products(wanted)).into_iter().map(|(place, by)| format!("{place}:{by}")).collect();
            found.sort();
            assert_eq!(found.join(" "), refused, "{wanted}");
        }
    }
}
