//! What `/api/v1/quantities` and the files of quantities read: listings by SKU and store and then kits, or the listings of
//! changed SKUs in the order of the changes, with what they should show.

use crate::{
    db::{
        Backend, Conn,
        availability::{self, ListingQuantities, of_kit},
        catalogue::quantity_changes,
        engine::{among::among, paging::Place, schema::listings},
        stores::{
            components,
            listings::{self as of_listings, Listing},
            retiring::{self, RetiringListing},
        },
    },
    domain::{
        catalogue::quantity::Quantity,
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::components::Components,
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
    /// After a kit on `store`, in such a list. Kits come after the SKUs, by store.
    AfterKit { changes: i64, store: StoreCode, kit: ListingId },
    /// After the change of this number.
    Change(i64),
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub sku: Option<SkuCode>,
    pub store: Option<StoreCode>,
    pub begin: Begin,
}

/// What a store should show.
#[derive(Debug, Clone)]
pub struct Row {
    pub store: StoreCode,
    pub listed: Listed,
    pub quantity: Quantity,
}

#[derive(Debug, Clone)]
pub enum Listed {
    /// All plain listings of a SKU on the store.
    Sku(SkuCode),
    Kit {
        seller_sku: String,
        components: Components,
    },
}

#[derive(Debug, Clone)]
pub struct Page {
    /// By SKU, then store, and then kits; or of SKUs in the order of their changes, by store.
    pub rows: Vec<Row>,
    /// The changed SKUs, if changes were requested: `rows` are all of theirs, and the kits that they are in.
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
    let after = match &filter.begin {
        Begin::Start => None,
        Begin::After { changes, .. } | Begin::AfterKit { changes, .. } | Begin::Change(changes) if *changes > last => {
            return Ok(None);
        }
        Begin::Change(number) => return changed(conn, filter, *number, now).map(Some),
        after @ (Begin::After { .. } | Begin::AfterKit { .. }) => Some(after),
    };
    let changes = match after {
        Some(Begin::After { changes, .. } | Begin::AfterKit { changes, .. }) => *changes,
        _ => last,
    };
    list(conn, filter, after, changes, now).map(Some)
}

/// The SKUs are read in a query of their own: in a join, PostgreSQL scans all SKUs up to those of the page.
fn list(conn: &mut Conn, filter: &Filter, after: Option<&Begin>, changes: i64, now: Moment) -> QueryResult<Page> {
    let mut keys = Vec::new();
    let mut kits = Vec::new();
    let after_kit = match after {
        Some(Begin::AfterKit { store, kit, .. }) => Some((store, *kit)),
        _ => {
            let after = match after {
                Some(Begin::After { sku, store, .. }) => Some((sku, store)),
                _ => None,
            };
            keys = skus_on_stores(conn, filter, after, PAGE_ROWS + 1)?;
            None
        }
    };
    if keys.len() <= PAGE_ROWS {
        kits = kits_of_list(conn, filter, after_kit, PAGE_ROWS + 1 - keys.len())?;
    }
    let has_next = keys.len() + kits.len() > PAGE_ROWS;
    keys.truncate(PAGE_ROWS);
    kits.truncate(PAGE_ROWS - keys.len());
    let next = match (kits.last(), keys.last()) {
        _ if !has_next => None,
        (Some(kit), _) => Some(Begin::AfterKit { changes, store: kit.store.clone(), kit: kit.id }),
        (None, Some((sku, store))) => Some(Begin::After { changes, sku: sku.clone(), store: store.clone() }),
        (None, None) => None,
    };
    Ok(Page { rows: rows(conn, keys, kits, now)?, changed: None, next, changes })
}

/// The SKUs with the stores that list them plainly, after one of them.
fn skus_on_stores(
    conn: &mut Conn,
    filter: &Filter,
    after: Option<(&SkuCode, &StoreCode)>,
    limit: usize,
) -> QueryResult<Vec<(SkuCode, StoreCode)>> {
    let plain = listings::table.filter(listings::sku.gt("")).select((listings::sku, listings::store)).distinct();
    let mut query = plain.into_boxed::<Backend>();
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
    let limit = i64::try_from(limit).expect("a small number");
    query.order((listings::sku, listings::store)).limit(limit).load(conn)
}

/// The kits of the list, by store, after one of them: all, or those that a SKU is in.
fn kits_of_list(
    conn: &mut Conn,
    filter: &Filter,
    after: Option<(&StoreCode, ListingId)>,
    limit: usize,
) -> QueryResult<Vec<Listing>> {
    if let Some(sku) = &filter.sku {
        let mut kits = of_listings::kits_with(conn, [sku])?.remove(sku).unwrap_or_default();
        kits.retain(|kit| filter.store.as_ref().is_none_or(|store| kit.store == *store));
        kits.retain(|kit| after.is_none_or(|after| (&kit.store, kit.id) > after));
        kits.sort_by(|one, other| (&one.store, one.id).cmp(&(&other.store, other.id)));
        kits.truncate(limit);
        return Ok(kits);
    }
    let mut query = listings::table.filter(listings::sku.eq("")).into_boxed::<Backend>();
    if let Some(store) = &filter.store {
        query = query.filter(listings::store.eq(store));
    }
    if let Some((store, kit)) = after {
        query = query.filter(listings::store.ge(store)).filter(listings::store.gt(store).or(listings::id.gt(kit)));
    }
    let limit = i64::try_from(limit).expect("a small number");
    query.order((listings::store, listings::id)).limit(limit).select(Listing::as_select()).load(conn)
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
    let mut keys = Vec::new();
    let mut kits: Vec<Listing> = Vec::new();
    let mut known = BTreeSet::new();
    let mut changed = Vec::new();
    let mut changes = after;
    'pages: for some in found[..found.len().min(PAGE_ROWS)].chunks(TOGETHER) {
        let mut of_sku = stores_of(conn, filter.store.as_ref(), some)?;
        let mut kits_of_sku = of_listings::kits_with(conn, some.iter().map(|(sku, _)| sku))?;
        for (sku, number) in some {
            let stores = of_sku.remove(sku).unwrap_or_default();
            let mut with_sku = kits_of_sku.remove(sku).unwrap_or_default();
            with_sku.retain(|kit| filter.store.as_ref().is_none_or(|store| kit.store == *store));
            with_sku.retain(|kit| !known.contains(&kit.id));
            // A page has only whole SKUs, and at least one.
            let rows = keys.len() + kits.len() + stores.len() + with_sku.len();
            if !changed.is_empty() && rows > PAGE_ROWS {
                break 'pages;
            }
            keys.extend(stores.into_iter().map(|store| (sku.clone(), store)));
            known.extend(with_sku.iter().map(|kit| kit.id));
            kits.extend(with_sku);
            changed.push(sku.clone());
            changes = *number;
        }
    }
    let next = (changed.len() < found.len()).then_some(Begin::Change(changes));
    Ok(Page { rows: rows(conn, keys, kits, now)?, changed: Some(changed), next, changes })
}

/// The stores that list each of some SKUs plainly, or only `store`.
fn stores_of(
    conn: &mut Conn,
    store: Option<&StoreCode>,
    changed: &[(SkuCode, i64)],
) -> QueryResult<HashMap<SkuCode, Vec<StoreCode>>> {
    let of_skus = among(conn, "listings.sku", changed.iter().map(|(sku, _)| sku));
    let mut query = listings::table
        .filter(of_skus)
        .select((listings::sku, listings::store))
        .distinct()
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

fn rows(conn: &mut Conn, keys: Vec<(SkuCode, StoreCode)>, kits: Vec<Listing>, now: Moment) -> QueryResult<Vec<Row>> {
    let mut made_of = components::of_kits(conn, kits.iter().map(|kit| kit.id))?;
    let mut codes: BTreeSet<&SkuCode> = keys.iter().map(|(sku, _)| sku).collect();
    for component in made_of.values().flat_map(Components::iter) {
        codes.insert(&component.sku);
    }
    let available = availability::read(conn, codes, now)?;
    let mut rows = Vec::with_capacity(keys.len() + kits.len());
    for (sku, store) in keys {
        let quantity = available[&sku].quantity_for(&store);
        rows.push(Row { store, listed: Listed::Sku(sku), quantity });
    }
    for Listing { id, store, seller_sku, .. } in kits {
        let components = made_of.remove(&id).expect("a kit has components");
        let quantity = of_kit(&available, &components, &store);
        rows.push(Row { store, listed: Listed::Kit { seller_sku, components }, quantity });
    }
    Ok(rows)
}

pub struct OfStore {
    /// By SKU, with the retiring ones.
    pub listings: Vec<Listing>,
    retiring: BTreeSet<ListingId>,
    quantities: ListingQuantities,
    pub has_next: bool,
}

impl OfStore {
    /// Units that the store should show.
    pub fn quantity(&self, listing: &Listing) -> i64 {
        match self.retiring.contains(&listing.id) {
            true => 0,
            false => self.quantities.of(listing.key()).total(),
        }
    }
}

/// Up to [`PAGE_ROWS`] listings of `store` after the place of one, at `now`.
pub fn of_store(conn: &mut Conn, store: &StoreCode, after: Option<String>, now: Moment) -> QueryResult<OfStore> {
    let place = after.map_or(Place::Start, Place::After);
    let limit = i64::try_from(PAGE_ROWS).expect("a small number");
    let mut listings = of_listings::of_store(conn, store, &place, limit)?;
    let retiring_listings = retiring::of_store(conn, store, &place, limit)?;
    let retiring = retiring_listings.iter().map(|listing| listing.id).collect();
    listings.extend(retiring_listings.into_iter().map(RetiringListing::into_listing));
    listings.sort_by(|one, other| (&one.sku, one.id).cmp(&(&other.sku, other.id)));
    listings.truncate(PAGE_ROWS);
    let quantities = ListingQuantities::read(conn, listings.iter().map(Listing::key), now)?;
    Ok(OfStore { has_next: listings.len() == PAGE_ROWS, listings, retiring, quantities })
}
