//! Makes SKUs of what a marketplace lists, and lists them: with its seller SKU as the code and its title as the name.

use super::accept_found::{self, Choice, Done};
use crate::{
    actions::catalogue::save_skus::{self, SkuInput, parse_name},
    db::{
        Conn, QueryResult,
        catalogue::skus,
        stores::{
            self, fetches,
            found::{self, Found},
            found_matches,
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
    let fetch = fetches::lock(conn, store)?;
    let Some(kind) = stores::kind_of(conn, store)? else { return Ok(Done::default()) };
    // One may have been listed by hand since they were matched.
    found_matches::refresh_with_keys(conn, store, kind, fetch.as_ref(), keys)?;
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
    let known: BTreeSet<SkuCode> = skus::find_all(conn, codes.values())?.into_iter().map(|sku| sku.code).collect();
    let mut inputs = Vec::new();
    let mut made = Vec::new();
    for row in &rows {
        let Some(code) = codes.get(&row.key) else { continue };
        if known.contains(code) {
            let note = format!("Accept it instead: “{code}” is a SKU already.");
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
