//! By what a marketplace knows a listing, as somebody types it: what each kind of marketplace needs.

use super::{
    code::SkuCode,
    connection::ConnectorKind,
    text::{TextRefusal, single_line},
};

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

/// Reads an id that may be left empty.
///
/// # Errors
/// What to do about a text that is none.
pub fn parse_id(what: &'static str, text: &str) -> Result<Option<String>, TextRefusal> {
    match single_line(what, text, LIMIT) {
        Ok(text) => Ok(Some(text)),
        Err(TextRefusal::Missing { .. }) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

impl ListingIds {
    /// The ids of `sku` on a store of `kind` as they were typed: the seller's own, the item's and the variant's. A
    /// listing goes by the code of its SKU where no other is typed. All of them may be empty: then it is not mapped.
    ///
    /// # Errors
    /// Everything that is to be mended.
    pub fn parse(kind: ConnectorKind, sku: &SkuCode, typed: [&str; 3]) -> Result<Self, Vec<(IdField, IdRefusal)>> {
        let [seller_sku, item_id, variant_id] = typed;
        let (item, variant) = (kind.item_label().unwrap_or("item id"), kind.variant_label().unwrap_or("variant id"));
        let mut problems = Vec::new();
        let mut keep = |field, parsed: Result<Option<String>, IdRefusal>| {
            parsed.map_err(|refusal| problems.push((field, refusal))).ok().flatten()
        };
        let number = |what, text| match parse_id(what, text)? {
            Some(id) if kind.has_numbers_for_ids() && id.parse::<u64>().is_err() => {
                Err(IdRefusal::NoNumber(what, kind.label()))
            }
            id => Ok(id),
        };
        let seller_sku = keep(IdField::SellerSku, parse_id("seller SKU", seller_sku).map_err(IdRefusal::from));
        let item_id = keep(IdField::Item, number(item, item_id));
        let variant_id = keep(IdField::Variant, number(variant, variant_id));
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

    /// Whether a marketplace of `kind` takes both for the same product: two SKUs must not set the quantity of one.
    #[must_use]
    pub fn is_same_product(&self, other: &Self, kind: ConnectorKind) -> bool {
        let variant = |ids: &Self| ids.variant_id.clone().filter(|_| kind.variant_label().is_some());
        kind.needs_item_id()
            && self.item_id.is_some()
            && self.item_id == other.item_id
            && variant(self) == variant(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectorKind::{File, Lazada, Shopee, Webhook, Zalora};

    fn parse(kind: ConnectorKind, typed: [&str; 3]) -> Result<ListingIds, Vec<(IdField, String)>> {
        let sku = SkuCode::parse("P1").expect("a code");
        ListingIds::parse(kind, &sku, typed)
            .map_err(|problems| problems.into_iter().map(|(field, refusal)| (field, refusal.to_string())).collect())
    }

    fn ids(seller_sku: &str, item: &str, variant: &str) -> ListingIds {
        let id = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        ListingIds { seller_sku: seller_sku.to_owned(), item_id: id(item), variant_id: id(variant) }
    }

    #[test]
    fn ids_are_read_as_their_marketplace_needs_them() {
        for (kind, typed, read) in [
            (Lazada, [" A ", " 1 ", "2"], ids("A", "1", "2")),
            (Lazada, ["", "", ""], ids("P1", "", "")),
            (Shopee, ["A", "1", ""], ids("A", "1", "")),
            (Shopee, ["A", "1", "0"], ids("A", "1", "0")),
            (Zalora, ["A", "1", ""], ids("A", "1", "")),
            (Webhook, ["A", "", ""], ids("A", "", "")),
            (File, ["A", "kept", ""], ids("A", "kept", "")),
        ] {
            assert_eq!(parse(kind, typed), Ok(read), "{kind:?} {typed:?}");
        }
    }

    #[test]
    fn what_is_missing_or_no_number_is_said_at_its_field() {
        let long = "x".repeat(101);
        for (kind, typed, field, words) in [
            (Lazada, ["", "1", ""], IdField::Variant, "Enter the SkuId too: Lazada needs it beside the ItemId."),
            (Lazada, ["", "", "2"], IdField::Item, "Enter the ItemId too: Lazada needs it beside the SkuId."),
            (Shopee, ["", "", "2"], IdField::Item, "Enter the item_id too: Shopee needs it beside the model_id."),
            (Shopee, ["", "x", ""], IdField::Item, "Enter the item_id in digits: Shopee has numbers for ids."),
            (Zalora, ["", "-1", ""], IdField::Item, "Enter the productId in digits: Zalora has numbers for ids."),
            (
                Webhook,
                [&long, "", ""],
                IdField::SellerSku,
                "Shorten the seller SKU to 100 characters or fewer: it has 101.",
            ),
        ] {
            assert_eq!(parse(kind, typed), Err(vec![(field, words.to_owned())]), "{kind:?} {typed:?}");
        }
    }

    #[test]
    fn two_listings_are_one_product_by_the_ids_that_their_marketplace_tells_apart() {
        for (kind, one, other, is_same) in [
            (Lazada, ids("A", "1", "2"), ids("B", "1", "2"), true),
            (Lazada, ids("A", "1", "2"), ids("A", "1", "3"), false),
            (Lazada, ids("A", "", ""), ids("A", "", ""), false),
            (Shopee, ids("A", "1", ""), ids("B", "1", ""), true),
            (Zalora, ids("A", "1", "2"), ids("B", "1", ""), true),
            (Webhook, ids("A", "1", ""), ids("A", "1", ""), false),
        ] {
            assert_eq!(one.is_same_product(&other, kind), is_same, "{kind:?} {one:?} {other:?}");
        }
    }
}
