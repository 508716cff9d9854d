//! The refusals of single rows in the answer to a write.

use crate::marketplaces::{loose::Readable, target::Target};
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

/// A longer entry is taken for one that names no row: no document has one of more than a few hundred bytes.
const ENTRY_BYTES: usize = 8 << 10;

/// More entries than this are one entry that names no row: a request has up to 50 rows.
const ENTRIES: usize = 200;

/// The refusal of one row. No document has its fields: answers that were published name the row by `item_id`, or by the
/// ids of the request, with a code that may only repeat that of the whole answer.
#[derive(Debug, Default, Clone)]
pub(super) struct Detail {
    /// Its own, or else that of the whole answer.
    pub(super) code: String,
    /// The type of the whole answer.
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) item_id: String,
    pub(super) sku_id: String,
    pub(super) seller_sku: String,
}

impl Detail {
    /// The entries of `detail` in an answer with this code and type. Anything but a list of objects has none.
    pub(super) fn list(detail: Option<&RawValue>, code: &str, kind: &str) -> Vec<Self> {
        let unnamed = || Self { code: code.to_owned(), kind: kind.to_owned(), ..Self::default() };
        let Some(detail) = detail else { return Vec::new() };
        let Ok(count) = serde_json::from_str::<Readable<IgnoredAny>>(detail.get()) else { return Vec::new() };
        if count.entries.len() + count.unreadable > ENTRIES {
            return vec![unnamed()];
        }
        let entries: Vec<&RawValue> = serde_json::from_str(detail.get()).unwrap_or_default();
        let mut details = Vec::new();
        for entry in entries.into_iter().map(RawValue::get).filter(|entry| entry.starts_with('{')) {
            let readable = (entry.len() <= ENTRY_BYTES).then(|| serde_json::from_str(entry).ok()).flatten();
            details.push(readable.map_or_else(unnamed, |entry| Self::of(&entry, code, kind)));
        }
        details
    }

    fn of(entry: &Value, code: &str, kind: &str) -> Self {
        let own_code = text(entry, &["code"]);
        Self {
            code: if own_code.is_empty() { code.to_owned() } else { own_code },
            kind: kind.to_owned(),
            message: text(entry, &["message", "msg"]),
            item_id: text(entry, &["item_id", "ItemId", "itemId"]),
            sku_id: text(entry, &["sku_id", "SkuId", "skuId"]),
            seller_sku: text(entry, &["seller_sku", "SellerSku", "sellerSku"]),
        }
    }

    /// The index of the row that it is about. `None` if it names none of them or several: the variants of one product, or
    /// two products with the same seller SKU.
    pub(super) fn row(&self, rows: &[&Target]) -> Option<usize> {
        if rows.len() == 1 {
            return Some(0);
        }
        let is_named = |row: &Target| {
            let is_item = self.item_id.is_empty() || row.item_id.as_deref() == Some(self.item_id.as_str());
            if !self.sku_id.is_empty() {
                return row.variant_id.as_deref() == Some(self.sku_id.as_str());
            }
            if !self.seller_sku.is_empty() {
                return is_item && row.seller_sku == self.seller_sku;
            }
            is_item && !self.item_id.is_empty()
        };
        let mut named = rows.iter().enumerate().filter(|(_, row)| is_named(row));
        let (index, _) = named.next()?;
        named.next().is_none().then_some(index)
    }
}

/// The first of these fields that is a text or a number.
fn text(entry: &Value, names: &[&str]) -> String {
    for name in names {
        match entry.get(name) {
            Some(Value::String(text)) => return text.clone(),
            Some(Value::Number(number)) => return number.to_string(),
            _ => {}
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_detail_is_about_the_only_row_that_it_names() {
        let row = |item: &str, sku: &str, seller_sku: &str| Target {
            sku: crate::domain::code::SkuCode::parse("A").ok(),
            seller_sku: seller_sku.to_owned(),
            item_id: Some(item.to_owned()),
            variant_id: Some(sku.to_owned()),
            quantity: 1,
            at_most: None,
            sequence: 1,
            seen: None,
        };
        let rows = [row("1", "11", "red"), row("1", "12", "blue"), row("2", "21", "red")];
        let rows: Vec<&Target> = rows.iter().collect();
        for (entry, index) in [
            (json!({"sku_id": 12}), Some(1)),
            (json!({"SkuId": "21", "SellerSku": "red"}), Some(2)),
            (json!({"seller_sku": "blue"}), Some(1)),
            (json!({"seller_sku": "red"}), None),
            (json!({"seller_sku": "red", "item_id": 2}), Some(2)),
            (json!({"code": "E0501", "field": "bizCheck", "item_id": 2, "message": "…"}), Some(2)),
            (json!({"item_id": 1}), None),
            (json!({"sku_id": 99, "seller_sku": "blue"}), None),
            (json!({"field": "Product", "message": "Category is inactive"}), None),
        ] {
            let details = list(&json!([entry]));
            assert_eq!(details[0].row(&rows), index, "{entry}");
            assert_eq!(details[0].row(&rows[..1]), Some(0), "{entry}: there is no other");
        }
        for nothing in [json!(null), json!("text"), json!({"sku_id": 1}), json!(["text", 1])] {
            assert!(list(&nothing).is_empty(), "{nothing}");
        }
    }

    fn list(detail: &Value) -> Vec<Detail> {
        let detail = serde_json::value::to_raw_value(detail).expect("JSON");
        Detail::list(Some(&detail), "501", "ISP")
    }

    #[test]
    fn details_of_any_length_are_short_and_name_no_row_by_themselves() {
        let long = list(&json!([{ "sku_id": 11, "message": "x".repeat(1 << 20) }, { "sku_id": 12 }]));
        assert_eq!(long.iter().map(|detail| detail.sku_id.as_str()).collect::<Vec<_>>(), ["", "12"]);
        let many = list(&Value::from(vec![json!({ "sku_id": 11 }); 100_000]));
        assert_eq!((many.len(), many[0].sku_id.as_str(), many[0].code.as_str()), (1, "", "501"));
    }
}
