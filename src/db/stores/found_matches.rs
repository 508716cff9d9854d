//! What found listings are now, from the catalogue and from our listings: the rules are in
//! [`crate::domain::stores::matching`].

use super::{
    fetches::Fetch,
    found::{self, Found},
    listings::{self, Listing},
};
use crate::{
    db::{
        Conn,
        catalogue::{former_codes, skus},
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            connection::ConnectorKind,
            mapping::{ListingIds, Product},
            matching::{self, Facts, Match, Ours, code_of, likeness},
        },
    },
};
use diesel::QueryResult;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Rows of a part: few enough that others need not wait long.
const PART: i64 = 500;

/// Matches the rows after the place of `fetch`, and marks those that it did not see. Returns the key of the last one; `None` if
/// there was none.
pub fn refresh_part(conn: &mut Conn, fetch: &Fetch, kind: ConnectorKind, now: Moment) -> QueryResult<Option<String>> {
    let mut rows = found::after(conn, &fetch.store, None, fetch.place.as_deref(), PART)?;
    for row in &mut rows {
        if row.seen_in == fetch.number {
            row.gone_at = None;
        } else if fetch.unreadable == 0 {
            // What could not be read may be any of them.
            row.gone_at = row.gone_at.or(Some(now));
        }
    }
    let last = rows.last().map(|row| row.key.clone());
    refresh(conn, &fetch.store, kind, rows, fetch.complete_number())?;
    Ok(last)
}

/// Matches the rows with these keys again: whatever they belong to was changed. `fetch` is locked.
pub fn refresh_with_keys<T: AsRef<str>>(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    fetch: Option<&Fetch>,
    keys: &[T],
) -> QueryResult<()> {
    let rows = found::with_keys(conn, store, keys)?;
    refresh(conn, store, kind, rows, fetch.and_then(Fetch::complete_number))
}

/// Matches rows of one store again, and saves those that are something else now. `number` is that of the latest fetch, if all of it
/// could be read.
pub fn refresh(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    rows: Vec<Found>,
    number: Option<i64>,
) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let known = Known::load(conn, store, kind, &rows, number)?;
    let before = found::with_keys(conn, store, &rows.iter().map(|row| &row.key).collect::<Vec<_>>())?;
    let mut changed = Vec::new();
    for (row, before) in rows.into_iter().zip(before) {
        let listing = known.listing_of(&row, kind);
        if let Some(listing) = listing.filter(|listing| listing.title != row.title) {
            listings::entitle(conn, listing.id, &row.title)?;
        }
        let Match { state, sku } = known.decide(&row, listing);
        let sku = listing.map_or(sku, |listing| listing.sku.clone());
        let row = Found { state, sku, listing: listing.map(|listing| listing.id), ..row };
        if row != before {
            changed.push(row);
        }
    }
    found::save(conn, &changed)
}

/// What the rows of a part are compared with.
struct Known {
    by_product: HashMap<Product, Listing>,
    by_seller_sku: HashMap<String, Listing>,
    shared: HashSet<String>,
    skus: BTreeSet<SkuCode>,
    /// The SKUs of today that had these codes.
    former: HashMap<SkuCode, SkuCode>,
    alike: HashMap<String, Vec<SkuCode>>,
}

impl Known {
    fn load(
        conn: &mut Conn,
        store: &StoreCode,
        kind: ConnectorKind,
        rows: &[Found],
        number: Option<i64>,
    ) -> QueryResult<Self> {
        let items: Vec<&String> = rows.iter().map(|row| &row.item_id).collect();
        let with_seller_sku = rows.iter().map(|row| row.seller_sku.as_str()).filter(|text| !text.is_empty());
        let seller_skus: Vec<&str> = with_seller_sku.collect();
        let codes: BTreeSet<SkuCode> = seller_skus.iter().filter_map(|text| code_of(text)).collect();
        let likenesses: Vec<String> = codes.iter().filter_map(|code| likeness(code.as_str())).collect();
        let mut by_product = HashMap::new();
        for listing in listings::with_items(conn, store, &items)? {
            by_product.extend(listing.ids().product(kind).map(|product| (product, listing)));
        }
        let mut by_seller_sku = HashMap::new();
        for listing in listings::with_seller_skus(conn, store, &seller_skus)? {
            by_seller_sku.insert(listing.seller_sku.clone(), listing);
        }
        let existing = skus::find_all(conn, &codes)?.into_iter().filter(|sku| sku.archived_at.is_none());
        Ok(Self {
            by_product,
            by_seller_sku,
            shared: found::shared(conn, store, &seller_skus, number)?,
            skus: existing.map(|sku| sku.code).collect(),
            former: former_codes::of(conn, &codes)?,
            alike: found::alike(conn, &likenesses)?,
        })
    }

    /// Our listing of the same product.
    fn listing_of(&self, row: &Found, kind: ConnectorKind) -> Option<&Listing> {
        let ids = ListingIds {
            seller_sku: row.seller_sku.clone(),
            item_id: Some(row.item_id.clone()),
            variant_id: row.variant_id.clone(),
        };
        self.by_product.get(&ids.product(kind)?)
    }

    fn decide(&self, row: &Found, listing: Option<&Listing>) -> Match {
        let code = code_of(&row.seller_sku);
        let exact = code.as_ref().and_then(|code| self.skus.get(code));
        let alike = code.as_ref().and_then(|code| self.alike.get(&likeness(code.as_str())?));
        let former = code.as_ref().and_then(|code| self.former.get(code));
        let ours = self.by_seller_sku.get(&row.seller_sku);
        matching::decide(&Facts {
            seller_sku: &row.seller_sku,
            is_gone: row.gone_at.is_some(),
            is_ignored: row.is_ignored,
            is_listed: listing.is_some(),
            is_shared: self.shared.contains(&row.seller_sku),
            ours: ours.map(|listing| Ours { sku: listing.sku.as_ref(), has_ids: listing.item_id.is_some() }),
            exact,
            alike: former.map_or(alike.map_or(&[][..], Vec::as_slice), std::slice::from_ref),
        })
    }
}
