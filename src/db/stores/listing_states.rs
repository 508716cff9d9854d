//! What `/api/v1/pushes` reads: the states of the listings of connected stores, by store, then SKU. Each store is read on
//! its own, from an index that has its listings, or those in one state, in that order.

use super::push_status::in_state;
use crate::{
    db::{
        Conn,
        availability::ListingQuantities,
        engine::{
            paging::{Place, at_pair},
            schema::pushes,
        },
        stores::{
            self,
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self as push_rows, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::listing_state::{ListingSnapshot, ListingState},
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Rows of a page.
pub const PAGE_ROWS: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub store: Option<StoreCode>,
    pub sku: Option<SkuCode>,
    /// Not [`ListingState::InSync`]: no index has those.
    pub state: Option<ListingState>,
    pub after: Option<(StoreCode, String)>,
}

#[derive(Debug, Clone)]
pub struct Row {
    pub seller_sku: String,
    /// An empty one where there is none.
    pub push: Push,
    pub should: i64,
    pub state: ListingState,
    /// Why it is out of sync, in words; empty if it is in sync.
    pub why: String,
    pub next_try: Option<Moment>,
    /// Units that it shows, or may show, above what it should; `None` if what it shows is unknown.
    pub exposed: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By store, then SKU; kits, which have none, come first.
    pub rows: Vec<Row>,
    /// The store and the place there of the last listing that was read, if there are more after it.
    pub next: Option<(StoreCode, String)>,
}

struct Found {
    listing: Listing,
    push: Push,
    is_mapped: bool,
    is_retiring: bool,
}

pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Page> {
    let marketplaces: BTreeMap<StoreCode, String> =
        stores::all(conn)?.into_iter().map(|store| (store.code, store.marketplace)).collect();
    let mut found = Vec::new();
    let mut next = None;
    for connection in connections::all(conn)?.into_iter().filter(|connection| is_wanted(filter, connection)) {
        let left = PAGE_ROWS + 1 - found.len();
        let of_store = of_store(conn, filter, &connection, now, left)?;
        found.extend(of_store.into_iter().map(|found| (found, connection.clone())));
        if found.len() > PAGE_ROWS {
            found.truncate(PAGE_ROWS);
            next = found.last().map(|(Found { listing, .. }, _)| (listing.store.clone(), listing.place()));
            break;
        }
    }
    let quantities = ListingQuantities::read(conn, found.iter().map(|(found, _)| found.listing.key()), now)?;
    let mut rows = Vec::with_capacity(found.len());
    for (found, connection) in found {
        let should = match found.is_retiring {
            true => 0,
            false => quantities.of(found.listing.key()).total(),
        };
        let marketplace = marketplaces.get(&found.push.store).map_or("", String::as_str);
        let row = Row::new(found, should, &connection, marketplace, now);
        // The index has the state of the last scan, which may have changed since.
        if filter.state.is_none_or(|state| state == row.state) {
            rows.push(row);
        }
    }
    Ok(Page { rows, next })
}

fn is_wanted(filter: &Filter, connection: &Connection) -> bool {
    connection.kind.is_pushed()
        && filter.store.as_ref().is_none_or(|store| *store == connection.store)
        && filter.after.as_ref().is_none_or(|(store, _)| *store <= connection.store)
}

fn of_store(
    conn: &mut Conn,
    filter: &Filter,
    connection: &Connection,
    now: Moment,
    limit: usize,
) -> QueryResult<Vec<Found>> {
    let after = filter.after.as_ref().filter(|(store, _)| *store == connection.store).map(|(_, place)| place);
    let limit = i64::try_from(limit).expect("a small number");
    let place = after.map_or(Place::Start, |place| Place::After(place.clone()));
    match (filter.state, &filter.sku) {
        (_, Some(sku)) => {
            let listed = listings::of_sku_on(conn, sku, &connection.store)?;
            let mut retiring = retiring::of_skus(conn, [sku])?.remove(sku).unwrap_or_default();
            retiring.retain(|retiring| retiring.store == connection.store);
            let mut found = with_pushes(conn, connection, listed, false)?;
            found.extend(retiring_with_pushes(conn, connection, retiring)?);
            sort(&mut found);
            found.retain(|found| after.is_none_or(|after| found.listing.place() > *after));
            Ok(found)
        }
        (None, None) => {
            let listed = listings::of_store(conn, &connection.store, &place, limit)?;
            let retiring = retiring::of_store(conn, &connection.store, &place, limit)?;
            let mut found = with_pushes(conn, connection, listed, false)?;
            found.extend(retiring_with_pushes(conn, connection, retiring)?);
            sort(&mut found);
            found.truncate(usize::try_from(limit).expect("a small number"));
            Ok(found)
        }
        (Some(ListingState::Retiring), None) => {
            let retiring = retiring::of_store(conn, &connection.store, &place, limit)?;
            retiring_with_pushes(conn, connection, retiring)
        }
        (Some(ListingState::NotMapped), None) => {
            let listed = listings::not_mapped(conn, &connection.store, connection.kind, &place, limit)?;
            with_pushes(conn, connection, listed, false)
        }
        (state @ Some(_), None) => {
            let Some(query) = in_state(connection, state, now) else { return Ok(Vec::new()) };
            // Every SKU is greater than that or equal. The condition makes SQLite take the index that has them in order.
            let query = query.filter(pushes::sku.ge(""));
            let query = at_pair!(query, &place, pushes::sku, pushes::listing).select(Push::as_select()).limit(limit);
            let rows: Vec<Push> = query.load(conn)?;
            of_pushes(conn, rows)
        }
    }
}

fn sort(found: &mut [Found]) {
    found.sort_by(|one, other| {
        let key = |found: &Found| (found.listing.sku.clone(), found.listing.id);
        key(one).cmp(&key(other))
    });
}

/// The pushes of listings that are not retiring, with their listings.
fn of_pushes(conn: &mut Conn, pushes: Vec<Push>) -> QueryResult<Vec<Found>> {
    let listed = listings::by_ids(conn, pushes.iter().map(|push| &push.listing))?;
    let mut of_id: HashMap<ListingId, Listing> = listed.into_iter().map(|listing| (listing.id, listing)).collect();
    let mut found = Vec::with_capacity(pushes.len());
    for push in pushes {
        if let Some(listing) = of_id.remove(&push.listing) {
            found.push(Found { listing, push, is_mapped: true, is_retiring: false });
        }
    }
    Ok(found)
}

/// Listings of a store with their pushes; one that was not scanned yet has an empty push.
fn with_pushes(
    conn: &mut Conn,
    connection: &Connection,
    listed: Vec<Listing>,
    is_retiring: bool,
) -> QueryResult<Vec<Found>> {
    let mut pushes = push_rows::of_listings(conn, listed.iter().map(|listing| &listing.id))?;
    let mut found = Vec::with_capacity(listed.len());
    for listing in listed {
        let is_mapped = listing.is_pushed_by(connection.kind);
        let push = pushes.remove(&listing.id).filter(|_| is_mapped);
        let push = push.unwrap_or_else(|| Push::new(&listing));
        found.push(Found { listing, push, is_mapped, is_retiring });
    }
    Ok(found)
}

fn retiring_with_pushes(
    conn: &mut Conn,
    connection: &Connection,
    retiring: Vec<RetiringListing>,
) -> QueryResult<Vec<Found>> {
    with_pushes(conn, connection, retiring.into_iter().map(RetiringListing::into_listing).collect(), true)
}

impl Row {
    fn new(found: Found, should: i64, connection: &Connection, marketplace: &str, now: Moment) -> Self {
        let Found { listing, push, is_mapped, is_retiring } = found;
        let is_paused = connection.paused_at.is_some();
        let snapshot = ListingSnapshot { is_mapped, is_retiring, ..push.snapshot(should, is_paused, now) };
        let state = snapshot.state();
        let is_known = push.acknowledged.max(push.sending).is_some();
        Self {
            state,
            why: snapshot.why(marketplace),
            next_try: next_try(snapshot.sync_state(), &push, connection, now),
            exposed: is_known.then(|| snapshot.listing.exposed()),
            should,
            seller_sku: listing.seller_sku,
            push,
        }
    }
}

/// A moment that has passed is now.
fn next_try(state: ListingState, push: &Push, connection: &Connection, now: Moment) -> Option<Moment> {
    match state {
        ListingState::InSync | ListingState::Sending | ListingState::Paused | ListingState::NotMapped => None,
        ListingState::Waiting
        | ListingState::Refused
        | ListingState::Blocked
        | ListingState::NotWritable
        | ListingState::Retiring => {
            let at = push.due_at.max(connection.not_before).map_or(now, |at| at.max(now));
            connection.paused_at.is_none().then_some(at)
        }
    }
}
