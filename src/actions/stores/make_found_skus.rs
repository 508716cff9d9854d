//! Makes SKUs of what a marketplace lists, and lists them: with its seller SKU as the code and its title as the name.

use super::accept_found::{self, Choice, Done};
use crate::{
    actions::catalogue::save_skus::{self, SkuInput, parse_name},
    db::{
        Conn, QueryResult,
        catalogue::skus,
        stores::{
            fetches,
            found::{self, Found},
            listings,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        stores::matching::{FoundState, new_code},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Makes a SKU of each of the rows with these keys. Its units on hand are those that it shows, or none.
pub fn run(conn: &mut Conn, cause: &Cause, store: &StoreCode, keys: &[String], with_stock: bool) -> QueryResult<Done> {
    fetches::lock(conn, store)?;
    let mut rows = found::with_keys(conn, store, keys)?;
    rows.retain(|row| !matches!(row.state, FoundState::Gone | FoundState::Listed));
    let mut refused: Vec<Found> = Vec::new();
    let mut codes: BTreeMap<String, SkuCode> = BTreeMap::new();
    for mut row in rows.iter().cloned() {
        match new_code(&row.seller_sku, &row.item_id, row.variant_id.as_deref()) {
            Some(code) => drop(codes.insert(row.key, code)),
            None => {
                "Add the SKU in the catalogue first: its ids make no code.".clone_into(&mut row.note);
                refused.push(row);
            }
        }
    }
    let seller_skus: Vec<&str> =
        rows.iter().map(|row| row.seller_sku.as_str()).filter(|text| !text.is_empty()).collect();
    let listed = listings::with_seller_skus(conn, store, &seller_skus)?;
    let listed: BTreeSet<&str> = listed.iter().map(|listing| listing.seller_sku.as_str()).collect();
    let known: BTreeSet<SkuCode> = skus::find_all(conn, codes.values())?.into_iter().map(|sku| sku.code).collect();
    let mut inputs = Vec::new();
    let mut made = Vec::new();
    for row in &rows {
        let Some(code) = codes.get(&row.key) else { continue };
        let note = match (known.contains(code), listed.contains(row.seller_sku.as_str())) {
            (true, _) => format!("Accept it instead: “{code}” is a SKU already."),
            (false, true) => {
                format!("Give that listing these ids instead: “{}” is listed here already.", row.seller_sku)
            }
            (false, false) => String::new(),
        };
        if !note.is_empty() {
            refused.push(Found { note, ..row.clone() });
            continue;
        }
        inputs.push(SkuInput {
            code: code.clone(),
            name: Some(parse_name(&row.title).unwrap_or_else(|_| code.to_string())),
            on_hand: Some(row.shown.filter(|_| with_stock).unwrap_or(0).max(0)),
            buffer: None,
            listings: None,
        });
        made.push((row, code.clone()));
    }
    let mut choices = Vec::new();
    for ((row, code), saved) in made.into_iter().zip(save_skus::run(conn, cause, inputs)?) {
        match saved {
            Ok(_) => choices.push(Choice { key: row.key.clone(), sku: Some(code) }),
            Err(refusal) => refused.push(Found { note: refusal.to_string(), ..row.clone() }),
        }
    }
    found::save(conn, &refused)?;
    let accepted = accept_found::run(conn, cause, store, &choices)?;
    Ok(Done { refused: accepted.refused + refused.len(), ..accepted })
}
