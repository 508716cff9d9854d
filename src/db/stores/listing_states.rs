//! What `/api/v1/pushes` reads: how the listings of connected stores stand, by store, then SKU. Each store is read on its
//! own, from an index that has its listings, or those in one state, in that order.

use super::push_status::in_state;
use crate::{
    db::{
        Backend, Conn, availability,
        engine::{
            among::among,
            paging::Place,
            schema::{listings as listing_rows, pushes},
        },
        stores::{
            self,
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::Push,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::listing_state::{ListingSnapshot, ListingState},
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Rows of a page.
pub const PAGE_ROWS: usize = 1_000;

/// Which listings.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this store alone.
    pub store: Option<StoreCode>,
    /// Of this SKU alone.
    pub sku: Option<SkuCode>,
    /// In this state alone, which is not [`ListingState::InSync`]: there are as many as there are listings.
    pub state: Option<ListingState>,
    /// After the row of this key.
    pub after: Option<(StoreCode, SkuCode)>,
}

/// How a listing stands.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its push; one of which nothing is known where there is none.
    pub push: Push,
    /// Units that it should show now.
    pub should: i64,
    /// Its state.
    pub state: ListingState,
    /// Why it does not show what it should, in words; empty where it does.
    pub why: String,
    /// When it is tried next, if it is.
    pub next_try: Option<Moment>,
    /// Units that it shows, or may, and should not, if anybody knows what it shows.
    pub exposed: Option<i64>,
}

/// A page of listings.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// By store, then SKU.
    pub rows: Vec<Row>,
    /// The key of the last listing that was looked at, if there are more after it.
    pub next: Option<(StoreCode, SkuCode)>,
}

/// A listing that was found, and whether somebody has said by what the marketplace knows it.
struct Found {
    push: Push,
    is_mapped: bool,
}

/// The page of `filter`, as things are at `now`.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Page> {
    let marketplaces: BTreeMap<StoreCode, String> =
        stores::all(conn)?.into_iter().map(|store| (store.code, store.marketplace)).collect();
    let (mut found, mut next) = (Vec::new(), None);
    for connection in connections::all(conn)?.into_iter().filter(|connection| is_wanted(filter, connection)) {
        let left = PAGE_ROWS + 1 - found.len();
        let of_store = of_store(conn, filter, &connection, now, left)?;
        found.extend(of_store.into_iter().map(|found| (found, connection.clone())));
        if found.len() > PAGE_ROWS {
            found.truncate(PAGE_ROWS);
            next = found.last().map(|(Found { push, .. }, _)| (push.store.clone(), push.sku.clone()));
            break;
        }
    }
    let available = availability::read(conn, found.iter().map(|(found, _)| &found.push.sku), now)?;
    let row = |(found, connection): (Found, Connection)| {
        let should = available[&found.push.sku].quantity_for(&found.push.store).total();
        let marketplace = marketplaces.get(&found.push.store).map_or("", String::as_str);
        Row::new(found, should, &connection, marketplace, now)
    };
    // The indexes tell what was so at the last look; what is so now may be another state.
    let is_in_state = |row: &Row| filter.state.is_none_or(|state| state == row.state);
    Ok(Page { rows: found.into_iter().map(row).filter(is_in_state).collect(), next })
}

fn is_wanted(filter: &Filter, connection: &Connection) -> bool {
    connection.kind.is_pushed()
        && filter.store.as_ref().is_none_or(|store| *store == connection.store)
        && filter.after.as_ref().is_none_or(|(store, _)| *store <= connection.store)
}

/// Up to `limit` listings of the store of `connection`.
fn of_store(
    conn: &mut Conn,
    filter: &Filter,
    connection: &Connection,
    now: Moment,
    limit: usize,
) -> QueryResult<Vec<Found>> {
    let after = filter.after.as_ref().filter(|(store, _)| *store == connection.store).map(|(_, sku)| sku);
    let limit = i64::try_from(limit).expect("a small number");
    match (filter.state, &filter.sku) {
        (None, _) | (_, Some(_)) => {
            let listed = listed(conn, filter, connection, after, limit)?;
            with_pushes(conn, connection, listed)
        }
        (Some(ListingState::NotMapped), None) => {
            let place = after.map_or(Place::Start, |sku| Place::After(sku.to_string()));
            let listed = listings::not_mapped(conn, &connection.store, connection.kind, &place, limit)?;
            let found = |listing: Listing| Found { push: Push::new(listing.sku, listing.store), is_mapped: false };
            Ok(listed.into_iter().map(found).collect())
        }
        (state @ Some(_), None) => {
            let Some(query) = in_state(connection, state, now) else { return Ok(Vec::new()) };
            let after = after.map_or("", SkuCode::as_str);
            let query = query.filter(pushes::sku.gt(after)).order(pushes::sku).select(Push::as_select()).limit(limit);
            let rows: Vec<Push> = query.load(conn)?;
            Ok(rows.into_iter().map(|push| Found { push, is_mapped: true }).collect())
        }
    }
}

fn listed(
    conn: &mut Conn,
    filter: &Filter,
    connection: &Connection,
    after: Option<&SkuCode>,
    limit: i64,
) -> QueryResult<Vec<Listing>> {
    let of_store = listing_rows::table
        .filter(listing_rows::store.eq(&connection.store))
        .order(listing_rows::sku)
        .select(Listing::as_select())
        .limit(limit);
    let mut query = of_store.into_boxed::<Backend>();
    if let Some(sku) = &filter.sku {
        query = query.filter(listing_rows::sku.eq(sku));
    }
    if let Some(sku) = after {
        query = query.filter(listing_rows::sku.gt(sku));
    }
    query.load(conn)
}

/// Listings of a store with their pushes; a listing that nobody has looked at yet has one of which nothing is known.
fn with_pushes(conn: &mut Conn, connection: &Connection, listed: Vec<Listing>) -> QueryResult<Vec<Found>> {
    let rows: Vec<Push> = pushes::table
        .filter(pushes::store.eq(&connection.store))
        .filter(among(conn, "pushes.sku", listed.iter().map(|listing| &listing.sku)))
        .select(Push::as_select())
        .load(conn)?;
    let mut of_sku: HashMap<SkuCode, Push> = rows.into_iter().map(|push| (push.sku.clone(), push)).collect();
    let found = |listing: Listing| {
        let is_mapped = listing.is_pushed_by(connection.kind);
        let push = of_sku.remove(&listing.sku).filter(|_| is_mapped);
        Found { push: push.unwrap_or_else(|| Push::new(listing.sku, listing.store)), is_mapped }
    };
    Ok(listed.into_iter().map(found).collect())
}

impl Row {
    fn new(found: Found, should: i64, connection: &Connection, marketplace: &str, now: Moment) -> Self {
        let Found { push, is_mapped } = found;
        let is_paused = connection.paused_at.is_some();
        let snapshot = ListingSnapshot { is_mapped, ..push.snapshot(should, is_paused, now) };
        let state = snapshot.state();
        let is_known = push.acknowledged.max(push.sending).is_some();
        Self {
            state,
            why: snapshot.why(marketplace),
            next_try: next_try(state, &push, connection, now),
            exposed: is_known.then(|| snapshot.listing.exposed()),
            should,
            push,
        }
    }
}

/// When it is tried next; a moment that has passed is now.
fn next_try(state: ListingState, push: &Push, connection: &Connection, now: Moment) -> Option<Moment> {
    match state {
        ListingState::InSync | ListingState::Sending | ListingState::Paused | ListingState::NotMapped => None,
        ListingState::Waiting | ListingState::Refused | ListingState::Blocked => {
            let at = push.due_at.max(connection.not_before).map_or(now, |at| at.max(now));
            connection.paused_at.is_none().then_some(at)
        }
    }
}
