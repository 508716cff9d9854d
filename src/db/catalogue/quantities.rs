//! What `/api/v1/quantities` and the files of quantities read: listings by SKU and store, or the listings of changed
//! SKUs in the order of the changes, with what is available of each SKU.

use crate::{
    db::{
        Backend, Conn,
        availability::{self, Available},
        catalogue::quantity_changes,
        engine::{among::among, paging::Place, schema::listings},
        stores::{
            listings::{self as of_listings, Listing},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

pub const PAGE_ROWS: usize = 1_000;

/// How many SKUs' listings are read in one query.
const TOGETHER: usize = 100;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Begin {
    #[default]
    Start,
    /// After the listing of `sku` on `store`, in a list whose first page was read after the change number `changes`.
    After { changes: i64, sku: SkuCode, store: StoreCode },
    /// After the change of this number.
    Change(i64),
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub sku: Option<SkuCode>,
    pub store: Option<StoreCode>,
    pub begin: Begin,
}

#[derive(Debug, Clone)]
pub struct Page {
    /// By SKU, then store; or of SKUs in the order of their changes, by store.
    pub listings: Vec<(SkuCode, StoreCode)>,
    pub available: Available,
    /// The changed SKUs, if changes were requested: `listings` are all of theirs.
    pub changed: Option<Vec<SkuCode>>,
    pub next: Option<Begin>,
    /// The number of a change: whatever changes after this page and the pages before it gets a later number.
    pub changes: i64,
}

/// The page of `filter` at `now`; `None` if it begins after a change that does not exist.
///
/// The number of the last change is read in the same snapshot as the first page. A change that the page already shows
/// but that gets its number later is shown again; a change that it does not show yet always gets a later number.
pub fn page(conn: &mut Conn, filter: &Filter, now: Moment) -> QueryResult<Option<Page>> {
    let (last, numbered_at) = quantity_changes::last_at(conn)?;
    let now = quantity_changes::latest(numbered_at, now);
    match &filter.begin {
        Begin::Start => list(conn, filter, None, last, now).map(Some),
        Begin::After { changes, .. } | Begin::Change(changes) if *changes > last => Ok(None),
        Begin::After { changes, sku, store } => list(conn, filter, Some((sku, store)), *changes, now).map(Some),
        Begin::Change(number) => changed(conn, filter, *number, now).map(Some),
    }
}

/// The SKUs are read in a query of their own: in a join, PostgreSQL scans all SKUs up to those of the page.
fn list(
    conn: &mut Conn,
    filter: &Filter,
    after: Option<(&SkuCode, &StoreCode)>,
    changes: i64,
    now: Moment,
) -> QueryResult<Page> {
    let mut query = listings::table.select((listings::sku, listings::store)).into_boxed::<Backend>();
    if let Some(sku) = &filter.sku {
        query = query.filter(listings::sku.eq(sku));
    }
    if let Some(store) = &filter.store {
        query = query.filter(listings::store.eq(store));
    }
    if let Some((sku, store)) = after {
        // The first condition is implied by the second, but only the first lets an index start there.
        query = query.filter(listings::sku.ge(sku)).filter(listings::sku.gt(sku).or(listings::store.gt(store)));
    }
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let mut listings: Vec<(SkuCode, StoreCode)> =
        query.order((listings::sku, listings::store)).limit(limit).load(conn)?;
    let has_next = listings.len() > PAGE_ROWS;
    listings.truncate(PAGE_ROWS);
    let last = listings.last().cloned().filter(|_| has_next);
    let next = last.map(|(sku, store)| Begin::After { changes, sku, store });
    Ok(Page { available: available(conn, &listings, now)?, listings, changed: None, next, changes })
}

/// The listings of the SKUs that changed after the change number `after`, in the order of the changes.
fn changed(conn: &mut Conn, filter: &Filter, after: i64, now: Moment) -> QueryResult<Page> {
    let limit = i64::try_from(PAGE_ROWS + 1).expect("a small number");
    let found: Vec<(SkuCode, i64)> = match &filter.sku {
        Some(sku) => {
            let number = quantity_changes::of_sku_after(conn, sku, after)?;
            number.map(|number| (sku.clone(), number)).into_iter().collect()
        }
        None => quantity_changes::after(conn, after, limit)?,
    };
    let mut listings = Vec::new();
    let mut changed = Vec::new();
    let mut changes = after;
    'pages: for some in found[..found.len().min(PAGE_ROWS)].chunks(TOGETHER) {
        let mut of_sku = stores_of(conn, filter.store.as_ref(), some)?;
        for (sku, number) in some {
            let stores = of_sku.remove(sku).unwrap_or_default();
            // A page has only whole SKUs, and at least one.
            if !changed.is_empty() && listings.len() + stores.len() > PAGE_ROWS {
                break 'pages;
            }
            listings.extend(stores.into_iter().map(|store| (sku.clone(), store)));
            changed.push(sku.clone());
            changes = *number;
        }
    }
    let next = (changed.len() < found.len()).then_some(Begin::Change(changes));
    Ok(Page { available: available(conn, &listings, now)?, listings, changed: Some(changed), next, changes })
}

/// The stores that list each of some SKUs, or only `store`.
fn stores_of(
    conn: &mut Conn,
    store: Option<&StoreCode>,
    changed: &[(SkuCode, i64)],
) -> QueryResult<HashMap<SkuCode, Vec<StoreCode>>> {
    let of_skus = among(conn, "listings.sku", changed.iter().map(|(sku, _)| sku));
    let mut query = listings::table
        .filter(of_skus)
        .select((listings::sku, listings::store))
        .order((listings::sku, listings::store))
        .into_boxed::<Backend>();
    if let Some(store) = store {
        query = query.filter(listings::store.eq(store));
    }
    let mut of_sku: HashMap<SkuCode, Vec<StoreCode>> = HashMap::new();
    for (sku, store) in query.load::<(SkuCode, StoreCode)>(conn)? {
        of_sku.entry(sku).or_default().push(store);
    }
    Ok(of_sku)
}

fn available(conn: &mut Conn, listings: &[(SkuCode, StoreCode)], now: Moment) -> QueryResult<Available> {
    let codes: BTreeSet<&SkuCode> = listings.iter().map(|(sku, _)| sku).collect();
    availability::read(conn, codes, now)
}

pub struct OfStore {
    /// By SKU, with the retiring ones.
    pub listings: Vec<Listing>,
    retiring: BTreeSet<SkuCode>,
    available: Available,
    pub has_next: bool,
}

impl OfStore {
    /// Units that the store should show.
    pub fn quantity(&self, listing: &Listing) -> i64 {
        match self.retiring.contains(&listing.sku) {
            true => 0,
            false => self.available[&listing.sku].quantity_for(&listing.store).total(),
        }
    }
}

/// Up to [`PAGE_ROWS`] listings of `store` after a SKU, at `now`.
pub fn of_store(conn: &mut Conn, store: &StoreCode, after: Option<SkuCode>, now: Moment) -> QueryResult<OfStore> {
    let place = after.map_or(Place::Start, |sku| Place::After(sku.to_string()));
    let limit = i64::try_from(PAGE_ROWS).expect("a small number");
    let mut listings = of_listings::of_store(conn, store, &place, limit)?;
    let retiring_listings = retiring::of_store(conn, store, &place, limit)?;
    let retiring = retiring_listings.iter().map(|listing| listing.sku.clone()).collect();
    listings.extend(retiring_listings.into_iter().map(RetiringListing::into_listing));
    listings.sort_by(|one, other| one.sku.cmp(&other.sku));
    listings.truncate(PAGE_ROWS);
    let available = availability::read(conn, listings.iter().map(|listing| &listing.sku), now)?;
    Ok(OfStore { has_next: listings.len() == PAGE_ROWS, listings, retiring, available })
}
