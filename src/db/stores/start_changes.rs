//! What a store shows of its listings, and what it should show: the difference is what starting to push would change.

use super::{
    found,
    listings::{self, Listing},
};
use crate::{
    db::{
        Conn,
        availability::ListingQuantities,
        engine::paging::{Page, Place},
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::{
            connection::ConnectorKind,
            start::{Shift, Shifts},
        },
    },
};
use diesel::QueryResult;
use std::collections::HashMap;

/// Listings that are counted: more would take longer than a page may.
pub const MOST_COUNTED: usize = 100_000;

/// Rows that are read at once.
const PART: i64 = 1_000;

pub struct Change {
    pub listing: Listing,
    pub should: i64,
    /// What the store showed when its list was read.
    pub shown: Option<i64>,
}

impl Change {
    pub fn shift(&self) -> Shift {
        Shift::of(self.shown, self.should)
    }
}

/// The page at `place` of the listings of a store, by SKU.
pub fn page(conn: &mut Conn, store: &StoreCode, place: &Place, now: Moment) -> QueryResult<Page<Change>> {
    let Page { rows, has_previous, has_next } = Page::new(place, listings::of_store(conn, store, place, Place::LIMIT)?);
    Ok(Page { rows: changes(conn, store, rows, now)?, has_previous, has_next })
}

/// As many listings as an export takes at once, after the place `after`.
pub fn batch(conn: &mut Conn, store: &StoreCode, after: Option<String>, now: Moment) -> QueryResult<Vec<Change>> {
    let place = after.map_or(Place::Start, Place::After);
    let rows = listings::of_store(conn, store, &place, PART)?;
    changes(conn, store, rows, now)
}

/// What would change at a store of `kind`, of up to [`MOST_COUNTED`] listings that can be sent, and whether there are more.
pub fn count(conn: &mut Conn, store: &StoreCode, kind: ConnectorKind, now: Moment) -> QueryResult<(Shifts, bool)> {
    let mut shifts = Shifts::default();
    let mut after = None;
    let mut read = 0;
    loop {
        let part = batch(conn, store, after, now)?;
        let Some(last) = part.last() else { return Ok((shifts, false)) };
        after = Some(last.listing.place());
        read += part.len();
        for change in part.iter().filter(|change| change.listing.is_pushed_by(kind)) {
            shifts.add(change.shift());
        }
        if read >= MOST_COUNTED {
            return Ok((shifts, true));
        }
    }
}

fn changes(conn: &mut Conn, store: &StoreCode, rows: Vec<Listing>, now: Moment) -> QueryResult<Vec<Change>> {
    let quantities = ListingQuantities::read(conn, rows.iter().map(Listing::key), now)?;
    let mut keys = Vec::new();
    for listing in &rows {
        keys.extend(listing.item_id.as_ref().map(|item| found::key(item, listing.variant_id.as_deref())));
    }
    let mut shown: HashMap<String, Option<i64>> = HashMap::new();
    for row in found::with_keys(conn, store, &keys)? {
        shown.insert(row.key, row.shown);
    }
    let mut changes = Vec::with_capacity(rows.len());
    for listing in rows {
        let key = listing.item_id.as_ref().map(|item| found::key(item, listing.variant_id.as_deref()));
        changes.push(Change {
            should: quantities.of(listing.key()).total(),
            shown: key.and_then(|key| shown.get(&key).copied().flatten()),
            listing,
        });
    }
    Ok(changes)
}
