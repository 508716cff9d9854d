//! Listings with all that pages and the API show of them: what they are made of, what they should show, and what was sent.

use crate::{
    db::{
        Conn,
        availability::{ListingQuantities, of_kit},
        engine::{
            paging::{Place, at_pair, pair_key},
            schema::listings as rows,
        },
        stores::{
            components,
            connections::{self, Connection},
            kits::Kit,
            listing_states,
            listings::{self, Listing},
            pushes::{self, Push},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::{
            components::Components,
            listing_state::{ListingSnapshot, ListingState},
        },
    },
};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Rows of a page of the API.
const PAGE_ROWS: usize = 1_000;

/// A listing and its number.
#[derive(Debug, Clone)]
pub struct ListingRow {
    pub listing: Listing,
    pub components: Components,
    /// Units that it should show.
    pub quantity: i64,
    /// What the store shows of each component's SKU, or would.
    pub of_components: BTreeMap<SkuCode, i64>,
    /// What was sent; an empty one if nothing was.
    pub push: Push,
    pub is_retiring: bool,
    /// `None` where the store is not connected.
    pub connection: Option<Connection>,
}

impl ListingRow {
    /// `None` where nothing is pushed.
    pub fn state(&self, now: Moment) -> Option<ListingState> {
        Some(self.snapshot(now)?.state())
    }

    fn snapshot(&self, now: Moment) -> Option<ListingSnapshot<'_>> {
        let connection = self.connection.as_ref().filter(|connection| connection.kind.is_pushed())?;
        let snapshot = self.push.snapshot(self.quantity, connection.paused_at.is_some(), now);
        let is_mapped = self.listing.is_pushed_by(connection.kind);
        Some(ListingSnapshot { is_mapped, is_retiring: self.is_retiring, ..snapshot })
    }

    /// The sum behind the quantity of a kit, in words.
    pub fn sum(&self) -> String {
        self.components.sum_in_words(|sku| self.of_components[sku])
    }
}

/// Rows for `listed`, in their order.
pub fn of(conn: &mut Conn, listed: Vec<Listing>, now: Moment) -> QueryResult<Vec<ListingRow>> {
    with_states(conn, listed.into_iter().map(|listing| (listing, false)).collect(), now)
}

/// Rows for listings, each with whether it is retiring.
fn with_states(conn: &mut Conn, listed: Vec<(Listing, bool)>, now: Moment) -> QueryResult<Vec<ListingRow>> {
    let quantities = ListingQuantities::read(conn, listed.iter().map(|(listing, _)| listing.key()), now)?;
    let mut pushes = pushes::of_listings(conn, listed.iter().map(|(listing, _)| &listing.id))?;
    let connections: HashMap<StoreCode, Connection> =
        connections::all(conn)?.into_iter().map(|connection| (connection.store.clone(), connection)).collect();
    let mut rows = Vec::with_capacity(listed.len());
    for (listing, is_retiring) in listed {
        let components = match &listing.sku {
            Some(sku) => Components::plain(sku.clone()),
            None => quantities.kits[&listing.id].clone(),
        };
        let mut of_components = BTreeMap::new();
        for component in components.iter() {
            let units = quantities.available[&component.sku].quantity_for(&listing.store).total();
            of_components.insert(component.sku.clone(), units);
        }
        rows.push(ListingRow {
            quantity: if is_retiring { 0 } else { of_kit(&quantities.available, &components, &listing.store).total() },
            of_components,
            push: pushes.remove(&listing.id).unwrap_or_else(|| Push::new(&listing)),
            is_retiring,
            connection: connections.get(&listing.store).cloned(),
            components,
            listing,
        });
    }
    Ok(rows)
}

/// Rows for `kits`, in their order.
pub fn of_kits(conn: &mut Conn, kits: Vec<Kit>, now: Moment) -> QueryResult<Vec<ListingRow>> {
    of(conn, kits.into_iter().map(|kit| kit.listing).collect(), now)
}

/// A page of the listings of a store.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<ListingRow>,
    /// The place of the last listing that was read, if there are more after it.
    pub next: Option<String>,
}

/// The listings of `store` after a place: all by seller SKU, or those in one state, by SKU.
pub fn page(
    conn: &mut Conn,
    store: &StoreCode,
    state: Option<ListingState>,
    after: Option<String>,
    now: Moment,
) -> QueryResult<Page> {
    match state {
        None => by_seller_sku(conn, store, after, now),
        // No index has those that are in sync, and most are.
        Some(ListingState::InSync) => {
            let mut page = by_seller_sku(conn, store, after, now)?;
            page.rows.retain(|row| row.state(now) == state);
            Ok(page)
        }
        Some(_) => in_state(conn, store, state, after, now),
    }
}

fn by_seller_sku(conn: &mut Conn, store: &StoreCode, after: Option<String>, now: Moment) -> QueryResult<Page> {
    let place = after.map_or(Place::Start, Place::After);
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let query = rows::table.filter(rows::store.eq(store)).limit(limit).into_boxed();
    // As the index of seller SKUs has them, which some listings of one store may share.
    let query = at_pair!(query, &place, rows::seller_sku, rows::shared_by);
    let mut found: Vec<(Listing, String)> = query.select((Listing::as_select(), rows::shared_by)).load(conn)?;
    let has_more = found.len() > PAGE_ROWS;
    found.truncate(PAGE_ROWS);
    let last = found.last().filter(|_| has_more);
    let next = last.map(|(listing, shared_by)| pair_key(&listing.seller_sku, shared_by));
    let listed = found.into_iter().map(|(listing, _)| listing).collect();
    Ok(Page { rows: of(conn, listed, now)?, next })
}

fn in_state(
    conn: &mut Conn,
    store: &StoreCode,
    state: Option<ListingState>,
    after: Option<String>,
    now: Moment,
) -> QueryResult<Page> {
    let after = after.map(|place| (store.clone(), place));
    let filter = listing_states::Filter { store: Some(store.clone()), state, after, ..Default::default() };
    let page = listing_states::page(conn, &filter, now)?;
    let ids: Vec<ListingId> = page.rows.iter().map(|row| row.push.listing).collect();
    let mut found: HashMap<ListingId, (Listing, bool)> = HashMap::new();
    for listing in listings::by_ids(conn, &ids)? {
        found.insert(listing.id, (listing, false));
    }
    for listing in retiring::by_ids(conn, &ids)?.into_iter().map(RetiringListing::into_listing) {
        found.insert(listing.id, (listing, true));
    }
    let listed = ids.iter().filter_map(|id| found.remove(id)).collect();
    Ok(Page { rows: with_states(conn, listed, now)?, next: page.next.map(|(_, place)| place) })
}

/// A listing of `store`, with what it is made of.
pub fn find(conn: &mut Conn, store: &StoreCode, id: ListingId, now: Moment) -> QueryResult<Option<ListingRow>> {
    let found = listings::by_ids(conn, [&id])?;
    let of_store = found.into_iter().filter(|listing| listing.store == *store).collect();
    Ok(of(conn, of_store, now)?.pop())
}

/// What a listing is made of, in one text for each.
pub fn made_of(conn: &mut Conn, listed: &[Listing]) -> QueryResult<HashMap<ListingId, String>> {
    let made_of = components::of(conn, listed)?;
    Ok(made_of.into_iter().map(|(listing, components)| (listing, components.to_string())).collect())
}
