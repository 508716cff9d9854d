//! `UpdateSellableQuantity`: its payload, and which rows an answer refuses (documents 121234 and 121320).

use super::{
    BATCH, Lazada,
    call::{ANSWER_BYTES, Parameters},
    detail::Detail,
    stock::DEFAULT_WAREHOUSE,
};
use crate::{
    domain::stores::failure::Failure,
    marketplaces::{
        push::{Confirmation, Written},
        target::Target,
    },
};
use quick_xml::escape::partial_escape;
use reqwest::Method;
use serde::Deserialize;
use std::collections::BTreeMap;

const UPDATE: &str = "/product/stock/sellable/update";

#[derive(Deserialize)]
struct Nothing {}

impl Lazada {
    /// Sets the quantities of up to [`BATCH`] rows. Rows that Lazada names in a refusal of the whole request fail, and the
    /// others are sent again without them.
    pub(super) async fn set(&self, rows: &[&Target]) -> Result<Written, Failure> {
        let mut refused_rows: BTreeMap<usize, Failure> = BTreeMap::new();
        let mut request_id = None;
        for _ in 0..BATCH {
            let indices: Vec<usize> = (0..rows.len()).filter(|index| !refused_rows.contains_key(index)).collect();
            if indices.is_empty() {
                break;
            }
            let sent: Vec<&Target> = indices.iter().map(|index| rows[*index]).collect();
            let parameters = Parameters::from([("payload", payload(&sent, self.warehouse.as_deref()))]);
            match self.call::<Nothing>(Method::POST, UPDATE, parameters, ANSWER_BYTES).await {
                Ok(accepted) => {
                    request_id = accepted.request_id;
                    let failure = |detail| self.row_failure(detail, request_id.clone());
                    // The request was accepted: rows that no detail is about have been set.
                    let unclear = |detail| Failure { may_have_arrived: true, ..failure(detail) };
                    for (index, detail) in named(&sent, &accepted.details).map_err(unclear)? {
                        refused_rows.insert(indices[index], failure(detail));
                    }
                    break;
                }
                Err(refused) => {
                    let named = named(&sent, &refused.details).unwrap_or_default();
                    if named.is_empty() || refused.failure.class.is_store_wide() {
                        let may_have_arrived = !refused_rows.is_empty() || refused.failure.may_have_arrived;
                        return Err(Failure { may_have_arrived, ..*refused.failure });
                    }
                    for (index, detail) in named {
                        let failure = self.row_failure(detail, refused.failure.request_id.clone());
                        refused_rows.insert(indices[index], failure);
                    }
                }
            }
        }
        let mut answers = Vec::new();
        for index in 0..rows.len() {
            answers.push(refused_rows.remove(&index).map_or(Ok(Confirmation::ReadBack), Err));
        }
        Ok(Written { rows: answers, request_id })
    }
}

/// The rows that are refused, each with its first detail. A detail that does not name one row may be about any of them, so
/// that it is an error.
fn named<'a>(rows: &[&Target], details: &'a [Detail]) -> Result<BTreeMap<usize, &'a Detail>, &'a Detail> {
    let mut named = BTreeMap::new();
    for detail in details {
        named.entry(detail.row(rows).ok_or(detail)?).or_insert(detail);
    }
    Ok(named)
}

/// The XML of the request: in the format of a seller with one warehouse, or else for the `chosen` one only. Lazada's default
/// warehouse is set by the first format in any case, and "single-warehouse sellers should not use the multi-warehouse
/// format, otherwise an error may be reported" (121234).
fn payload(rows: &[&Target], chosen: Option<&str>) -> String {
    let warehouse = chosen.filter(|code| !code.eq_ignore_ascii_case(DEFAULT_WAREHOUSE)).map(partial_escape);
    let mut skus = String::new();
    for row in rows {
        let item_id = partial_escape(row.item_id.as_deref().unwrap_or_default());
        let sku_id = partial_escape(row.variant_id.as_deref().unwrap_or_default());
        let seller_sku = partial_escape(&row.seller_sku);
        let quantity = format!("<SellableQuantity>{}</SellableQuantity>", row.quantity);
        let quantity = match &warehouse {
            None => quantity,
            Some(code) => format!(
                "<MultiWarehouseInventories><MultiWarehouseInventory><WarehouseCode>{code}</WarehouseCode>{quantity}\
                 </MultiWarehouseInventory></MultiWarehouseInventories>"
            ),
        };
        skus.push_str(&format!(
            "<Sku><ItemId>{item_id}</ItemId><SkuId>{sku_id}</SkuId><SellerSku>{seller_sku}</SellerSku>{quantity}</Sku>"
        ));
    }
    format!("<Request><Product><Skus>{skus}</Skus></Product></Request>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            sku: crate::domain::code::SkuCode::parse("A").ok(),
            seller_sku: "</SellerSku>&\"".to_owned(),
            item_id: Some("1".to_owned()),
            variant_id: Some("2".to_owned()),
            quantity: 40,
            at_most: None,
            sequence: 1,
            seen: None,
        }
    }

    const IDS: &str = "<ItemId>1</ItemId><SkuId>2</SkuId><SellerSku>&lt;/SellerSku&gt;&amp;\"</SellerSku>";

    #[test]
    fn texts_cannot_break_out_of_the_payload() {
        let target = target();
        let sku = format!("<Sku>{IDS}<SellableQuantity>40</SellableQuantity></Sku>");
        for chosen in [None, Some("dropshipping")] {
            assert_eq!(payload(&[&target, &target], chosen).matches(&sku).count(), 2);
        }
    }

    #[test]
    fn one_warehouse_is_set_and_the_others_are_not() {
        assert_eq!(
            payload(&[&target()], Some("MY10RV7&-WH-10002")),
            format!(
                "<Request><Product><Skus><Sku>{IDS}<MultiWarehouseInventories><MultiWarehouseInventory>\
                 <WarehouseCode>MY10RV7&amp;-WH-10002</WarehouseCode><SellableQuantity>40</SellableQuantity>\
                 </MultiWarehouseInventory></MultiWarehouseInventories></Sku></Skus></Product></Request>"
            )
        );
    }
}
