//! Reads products: `/products/get` answers with whole products, with the descriptions, the pictures and all SKUs of each,
//! which are 20 to 40 KB and can be more. Only the stock of the SKUs is read: [`Sku`].

use super::{
    Lazada,
    call::{Parameters, Refused},
    stock::Sku,
};
use crate::{
    domain::stores::failure::Failure,
    marketplaces::{
        loose::{self, Readable},
        target::Target,
    },
};
use reqwest::Method;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

const PRODUCTS: &str = "/products/get";

/// The most products of one answer: "the maximum is 50".
const PRODUCTS_OF_AN_ANSWER: usize = 50;

/// A longer answer is read in halves. 50 products of 40 KB are half of it, and four loops that read at once hold 16 MiB.
const ANSWER_BYTES: usize = 4 << 20;

/// The most bytes of the seller SKUs in a request's address. With the other parameters it has less than 4 KB.
const LIST_BYTES: usize = 3_000;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Products>,
}

#[derive(Default, Deserialize)]
struct Products {
    #[serde(default, deserialize_with = "loose::number")]
    total_products: Option<i64>,
    #[serde(default)]
    products: Readable<Product>,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    skus: Readable<Sku>,
}

/// Products that are too much by themselves, while no other was read. Once there are so many, it is not because of them.
const TOO_MUCH_ALONE: usize = 3;

impl Lazada {
    /// The stock of each row. A read that is too large, or that fails because of one of its products, is repeated in
    /// halves until that product is alone.
    pub(super) async fn read(&self, rows: &[&Target]) -> Result<Vec<Result<Sku, Failure>>, Failure> {
        let mut skus: Vec<Option<Result<Sku, Failure>>> = vec![None; rows.len()];
        let mut parts = parts(rows);
        parts.reverse();
        let mut is_any_read = false;
        let mut too_much_alone = BTreeSet::new();
        while let Some(part) = parts.pop() {
            let refused = match self.read_part(&rows[part.clone()]).await {
                Ok(found) => {
                    is_any_read = true;
                    for (index, sku) in part.zip(found) {
                        skus[index] = Some(sku);
                    }
                    continue;
                }
                Err(refused) => refused,
            };
            if !refused.is_too_much && refused.failure.class.is_store_wide() {
                return Err(*refused.failure);
            }
            if part.len() > 1 {
                let middle = part.start + part.len() / 2;
                parts.extend([middle..part.end, part.start..middle]);
                continue;
            }
            let is_another_item = refused.is_too_much && too_much_alone.insert(&rows[part.start].item_id);
            if is_another_item && !is_any_read {
                if too_much_alone.len() == TOO_MUCH_ALONE {
                    fill(&mut skus, &refused.failure);
                    break;
                }
                if too_much_alone.len() + 1 == TOO_MUCH_ALONE {
                    ask_for_the_last_next(&mut parts);
                }
            }
            skus[part.start] = Some(Err(*refused.failure));
        }
        Ok(skus.into_iter().map(|sku| sku.expect("every row was read or failed")).collect())
    }

    async fn read_part(&self, rows: &[&Target]) -> Result<Vec<Result<Sku, Failure>>, Refused> {
        let parameters = Parameters::from([
            ("filter", "all".to_owned()),
            ("limit", PRODUCTS_OF_AN_ANSWER.to_string()),
            ("offset", "0".to_owned()),
            ("options", "1".to_owned()),
            ("sku_seller_list", list(rows)),
        ]);
        let answer = self.call::<Answer>(Method::GET, PRODUCTS, parameters, ANSWER_BYTES).await?;
        let Products { total_products, products } = answer.content.data.unwrap_or_default();
        let listed = products.entries.len() + products.unreadable;
        let is_complete = total_products.is_none_or(|total| total <= i64::try_from(listed).unwrap_or(i64::MAX));
        let mut is_all_readable = products.unreadable == 0;
        let mut found = BTreeMap::new();
        for Product { skus } in products.entries {
            is_all_readable &= skus.unreadable == 0;
            found.extend(skus.entries.into_iter().map(|sku| (sku.sku_id.clone(), sku)));
        }
        let mut skus = Vec::new();
        for row in rows {
            let sku = row.variant_id.as_ref().and_then(|sku_id| found.remove(sku_id));
            if sku.is_none() && !is_complete {
                // Since 2023 products may have the same seller SKUs.
                let message = format!("Lazada has more than one answer holds of the SellerSku {}.", row.seller_sku);
                return Err(Refused { is_too_much: true, ..Failure::temporary(message).into() });
            }
            skus.push(sku.ok_or_else(|| if is_all_readable { unknown(row) } else { unreadable(row) }));
        }
        Ok(skus)
    }
}

/// Fails the rows that have no answer.
fn fill(skus: &mut [Option<Result<Sku, Failure>>], failure: &Failure) {
    for sku in skus {
        sku.get_or_insert_with(|| Err(failure.clone()));
    }
}

/// Moves the last row to the front, by itself: the first ones may be the only products that are too much.
fn ask_for_the_last_next(parts: &mut Vec<Range<usize>>) {
    let Some(last) = parts.first_mut().filter(|part| part.len() > 1) else { return };
    last.end -= 1;
    let index = last.end;
    parts.push(index..index + 1);
}

/// As many rows at a time as fit into the address of a request.
fn parts(rows: &[&Target]) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut bytes = 0;
    for (index, row) in rows.iter().enumerate() {
        let row_bytes = encoded_bytes(&list(&[row]));
        match parts.last_mut() {
            Some(part) if bytes + row_bytes <= LIST_BYTES && part.len() < PRODUCTS_OF_AN_ANSWER => {
                part.end = index + 1;
                bytes += row_bytes;
            }
            _ => {
                parts.push(index..index + 1);
                bytes = row_bytes;
            }
        }
    }
    parts
}

/// The value of `sku_seller_list`.
fn list(rows: &[&Target]) -> String {
    let seller_skus: Vec<&str> = rows.iter().map(|row| row.seller_sku.as_str()).collect();
    serde_json::to_string(&seller_skus).expect("texts are JSON")
}

/// How many bytes a text has in an address.
fn encoded_bytes(text: &str) -> usize {
    form_urlencoded::byte_serialize(text.as_bytes()).map(str::len).sum()
}

/// Something in the answer has an unexpected shape, and may be what was asked for.
fn unreadable(row: &Target) -> Failure {
    Failure::temporary(format!("What Lazada says of the SellerSku {} cannot be read.", row.seller_sku))
}

pub(super) fn unknown(row: &Target) -> Failure {
    let sku_id = row.variant_id.as_deref().unwrap_or_default();
    Failure::mapping(format!("Lazada has no SKU with the SkuId {sku_id} and the SellerSku {}.", row.seller_sku))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(seller_sku: String) -> Target {
        Target {
            sku: crate::domain::code::SkuCode::parse("A").ok(),
            seller_sku,
            item_id: Some("1".to_owned()),
            variant_id: Some("2".to_owned()),
            quantity: 40,
            at_most: None,
            sequence: 1,
            seen: None,
        }
    }

    #[test]
    fn the_address_of_a_read_is_short_whatever_the_seller_skus_are() {
        for (text, count, most_parts) in [("A-1", 50, 1), ("A", 120, 3), ("Áo thun “đỏ” \\", 50, 2), ("中文", 50, 1)]
        {
            for length in [1, 10, 64] {
                let rows: Vec<Target> =
                    (0..count).map(|number| row(format!("{number}{}", text.repeat(length)))).collect();
                let rows: Vec<&Target> = rows.iter().collect();
                let parts = parts(&rows);
                assert_eq!(parts.iter().map(Range::len).sum::<usize>(), count);
                assert!(length > 1 || parts.len() <= most_parts, "{text} {}", parts.len());
                for part in parts {
                    let is_short = encoded_bytes(&list(&rows[part.clone()])) <= LIST_BYTES;
                    assert!((is_short || part.len() == 1) && part.len() <= 50, "{text} {length} {part:?}");
                }
            }
        }
        assert!(parts(&[]).is_empty());
    }

    #[test]
    fn whatever_else_a_product_has_is_left_out() {
        let text = r#"{"data":{"total_products":1,"products":[{"item_id":2807246166,"primary_category":8707,
            "images":["https://my-live.slatic.net/p/5.jpg"],"suspendedSkus":null,"variation":{},"trialProduct":false,
            "attributes":{"name":"x","description":"<p style=\"margin:0\">…</p>","description_en":"<article/>"},
            "skus":[{"Status":"active","quantity":20,"Images":[],"SellerSku":"12333-poi","price":102.0,
            "multiWarehouseInventories":[{"occupyQuantity":0,"quantity":20,"totalQuantity":20,"withholdQuantity":0,
            "warehouseCode":"dropshipping","sellableQuantity":20}],"fblWarehouseInventories":[],"special_price":0.0,
            "channelInventories":[{"channelName":"4a9198e3","startTime":"2022-05-28 00:00:00",
            "endTime":"2022-05-30 23:59:59","sellableQuantity":1}],"Available":20,"SkuId":13449296008}]}]},
            "code":"0","request_id":"21017d2816548274295911740"}"#;
        let answer: Answer = serde_json::from_str(text).expect("an answer of the document");
        let products = answer.data.expect("products").products.entries;
        let sku = &products[0].skus.entries[0];
        assert_eq!((sku.sku_id.as_str(), sku.quantity(None)), ("13449296008", Ok(20)));
        assert!(size_of::<Sku>() <= 128, "{}", size_of::<Sku>());
    }
}
