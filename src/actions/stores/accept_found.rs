//! Lists here what a marketplace lists: with its ids, its seller SKU and its title. A row that cannot be listed stays as it is, with
//! the reason.

use super::map_listings;
use crate::{
    actions::orders::match_lines,
    clock,
    db::{
        Conn, QueryResult,
        catalogue::{
            pictures,
            skus::{self, Sku},
        },
        stores::{
            self, components, fetches,
            found::{self, Found},
            found_matches,
            listings::{self, Listing},
            retiring,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        stores::{components::Components, mapping::ListingIds, matching::FoundState},
        text::identifier,
    },
};
use std::collections::{BTreeSet, HashMap};

/// A row to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub key: String,
    /// `None` for the one that it is matched with.
    pub sku: Option<SkuCode>,
}

/// How many rows were done, and how many were not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    pub done: usize,
    pub refused: usize,
}

const TO_LIST_BOTH: &str =
    "To list both, give this one a seller SKU of its own at the marketplace, and fetch the listings again.";

/// The longest seller SKU of a listing.
const SELLER_SKU_CHARACTERS: usize = 100;

pub fn run(conn: &mut Conn, cause: &Cause, store: &StoreCode, choices: &[Choice]) -> QueryResult<Done> {
    // What is read and matched meanwhile waits.
    let fetch = fetches::lock(conn, store)?;
    let Some(kind) = stores::kind_of(conn, store)? else { return Ok(Done::default()) };
    let chosen: HashMap<&str, Option<&SkuCode>> =
        choices.iter().map(|choice| (choice.key.as_str(), choice.sku.as_ref())).collect();
    let keys: Vec<&str> = chosen.keys().copied().collect();
    let mut rows = found::with_keys(conn, store, &keys)?;
    rows.retain(|row| !matches!(row.state, FoundState::Gone | FoundState::Listed));
    let known = Known::load(conn, store, &rows, &chosen)?;
    let mut wanted = Vec::new();
    let mut new = Vec::new();
    let mut positions = Vec::new();
    let mut taken = BTreeSet::new();
    for (position, row) in rows.iter_mut().enumerate() {
        row.note.clear();
        match known.listing_for(row, chosen[row.key.as_str()], &mut taken, cause) {
            Ok(listing) => {
                let ids = ListingIds {
                    seller_sku: listing.seller_sku.clone(),
                    item_id: Some(row.item_id.clone()),
                    variant_id: row.variant_id.clone(),
                };
                if !known.by_seller_sku.contains_key(&listing.seller_sku) {
                    new.push(listing.clone());
                }
                wanted.push((listing, ids));
                positions.push(position);
            }
            Err(refusal) => row.note = refusal,
        }
    }
    listings::insert(conn, &new)?;
    let mut asked = Vec::new();
    let mut accepted = Vec::new();
    let new: BTreeSet<_> = new.into_iter().map(|listing| listing.id).collect();
    for ((position, (listing, _)), saved) in positions.into_iter().zip(&wanted).zip(map_listings::save(conn, &wanted)?)
    {
        match saved {
            Ok(_) => {
                rows[position].is_ignored = false;
                let picture = rows[position].picture.clone();
                asked.extend(listing.sku.clone().map(|sku| (sku, picture)));
                if new.contains(&listing.id) {
                    accepted.push(listing.clone());
                }
            }
            Err(taken) => {
                if new.contains(&listing.id) {
                    listings::delete(conn, listing.id)?;
                }
                rows[position].note = taken.to_string();
            }
        }
    }
    pictures::ask_all(conn, &asked)?;
    match_lines::of_listings(conn, cause, &accepted)?;
    let refused = rows.iter().filter(|row| !row.note.is_empty()).count();
    let done = Done { done: rows.len() - refused, refused };
    found_matches::refresh(conn, store, kind, rows, fetch.and_then(|fetch| fetch.complete_number()))?;
    Ok(done)
}

/// What the rows are checked against. All SKUs are locked.
struct Known {
    skus: HashMap<SkuCode, Sku>,
    by_seller_sku: HashMap<String, Listing>,
    retiring: BTreeSet<String>,
}

impl Known {
    fn load(
        conn: &mut Conn,
        store: &StoreCode,
        rows: &[Found],
        chosen: &HashMap<&str, Option<&SkuCode>>,
    ) -> QueryResult<Self> {
        let mut seller_skus: BTreeSet<String> = rows.iter().map(|row| row.seller_sku.clone()).collect();
        let mut codes: BTreeSet<SkuCode> = BTreeSet::new();
        for row in rows {
            codes.extend(chosen[row.key.as_str()].or(row.sku.as_ref()).cloned());
        }
        seller_skus.extend(codes.iter().map(|code| code.as_str().to_owned()));
        let seller_skus: Vec<String> = seller_skus.into_iter().collect();
        let listed = listings::with_seller_skus(conn, store, &seller_skus)?;
        let made_of = components::of(conn, &listed)?;
        codes.extend(made_of.values().flat_map(Components::iter).map(|component| component.sku.clone()));
        let skus = skus::lock(conn, &codes)?;
        let going = retiring::with_ids(conn, store, &Vec::<String>::new(), &seller_skus)?;
        Ok(Self {
            skus: skus.into_iter().map(|sku| (sku.code.clone(), sku)).collect(),
            by_seller_sku: listed.into_iter().map(|listing| (listing.seller_sku.clone(), listing)).collect(),
            retiring: going.into_iter().map(|retiring| retiring.into_listing().seller_sku).collect(),
        })
    }

    /// The listing that a row becomes: one of ours that has no other product yet, or a new one. `taken` are the seller SKUs of the rows
    /// before it.
    fn listing_for(
        &self,
        row: &Found,
        chosen: Option<&SkuCode>,
        taken: &mut BTreeSet<String>,
        cause: &Cause,
    ) -> Result<Listing, String> {
        if let Some(listing) = self.by_seller_sku.get(&row.seller_sku) {
            if chosen.is_some_and(|sku| listing.sku.as_ref() != Some(sku)) {
                return Err(format!(
                    "“{}” is the seller SKU of {} here already. {TO_LIST_BOTH}",
                    row.seller_sku,
                    listing.name()
                ));
            }
            return first(&listing.seller_sku, taken).map(|()| listing.clone());
        }
        let code = chosen.or(row.sku.as_ref()).ok_or("Enter its SKU, or make one.")?;
        let sku =
            self.skus.get(code).ok_or_else(|| format!("Enter another SKU, or make one: there is no “{code}”."))?;
        if sku.archived_at.is_some() {
            return Err(format!("Bring “{code}” back first: it is archived."));
        }
        let seller_sku = identifier("seller SKU", &row.seller_sku, SELLER_SKU_CHARACTERS).ok();
        // An order names a listing by what the marketplace has: a seller SKU that would have to be changed is none.
        let seller_sku = seller_sku.filter(|text| *text == row.seller_sku).unwrap_or_else(|| code.to_string());
        if let Some(listing) = self.by_seller_sku.get(&seller_sku) {
            return Err(format!(
                "Give it a seller SKU of its own first: “{seller_sku}” is that of {}.",
                listing.name()
            ));
        }
        if self.retiring.contains(&seller_sku) {
            return Err(format!("Accept it once it shows 0: a listing “{seller_sku}” was taken off here."));
        }
        first(&seller_sku, taken)?;
        let new = Listing::new(clock::new_id(cause.at), code.clone(), row.store.clone(), cause.at);
        Ok(Listing { seller_sku, title: row.title.clone(), ..new })
    }
}

fn first(seller_sku: &str, taken: &mut BTreeSet<String>) -> Result<(), String> {
    match taken.insert(seller_sku.to_owned()) {
        true => Ok(()),
        false => {
            Err(format!("Accept one of them: another listing has the seller SKU “{seller_sku}” too. {TO_LIST_BOTH}"))
        }
    }
}
