//! The listings of one store with their ids on the marketplace. Those without come first.

use crate::{
    db::{
        Backend, Conn,
        catalogue::skus,
        engine::{
            paging::{PAGE_ROWS, Page, Place, at_pair, pair_key, pair_of},
            schema::{listings as rows, skus as sku_rows},
            search::{Searched, matching, matching_kits},
        },
        stores::{
            Store,
            kits::IS_KIT,
            listings::{self, Listing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        stores::connection::ConnectorKind,
        words::words,
    },
};
use diesel::prelude::*;
use std::collections::HashMap;

/// Whether a listing has the ids that its marketplace needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping {
    Missing,
    Mapped,
}

words!(Mapping {
    Missing => "unmapped", "Unmapped";
    Mapped => "mapped", "Mapped";
});

impl Mapping {
    pub fn of(listing: &Listing, kind: ConnectorKind) -> Self {
        match kind.is_mapped(listing.item_id.as_deref(), listing.variant_id.as_deref()) {
            true => Self::Mapped,
            false => Self::Missing,
        }
    }

    /// The prefix of a listing's place in the key of a row.
    fn mark(self) -> char {
        match self {
            Self::Missing => '-',
            Self::Mapped => '+',
        }
    }
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The words to search for in the code and the name of their SKU, or in a kit; empty for all.
    pub search: String,
    pub mapping: Option<Mapping>,
}

/// The key of a row: its place in the list.
pub fn key(listing: &Listing, kind: ConnectorKind) -> String {
    format!("{}{}", Mapping::of(listing, kind).mark(), listing.place())
}

/// The part of the list, and the place in it, that a key names.
fn of_key(key: &str) -> Option<(Mapping, String)> {
    let mapping = Mapping::ALL.into_iter().find(|mapping| key.starts_with(mapping.mark()))?;
    Some((mapping, key[1..].to_owned()))
}

/// The page at `place` of the listings of `store`, which is of `kind`.
pub fn page(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    filter: &Filter,
    place: &Place,
) -> QueryResult<Page<Listing>> {
    Ok(Page::new(place, part(conn, store, kind, filter, place, PAGE_ROWS + 1)?))
}

/// Like [`page`], but with as many rows as an export takes at once, after the row of a key if there is one.
pub fn batch(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    filter: &Filter,
    after: Option<String>,
) -> QueryResult<Vec<Listing>> {
    const ROWS: usize = 1_000;
    let place = after.map_or(Place::Start, Place::After);
    part(conn, store, kind, filter, &place, ROWS)
}

/// Limits a boxed query to the listings that have the ids of their marketplace, or that lack some; `None` if none can. A
/// macro, because the two queries have types of their own.
macro_rules! of_mapping {
    ($query:expr, $mapping:expr, $kind:expr) => {
        match ($mapping, $kind.needs_item_id(), $kind.needs_variant_id()) {
            (Mapping::Missing, false, _) => None,
            (Mapping::Mapped, false, _) => Some($query),
            (Mapping::Missing, true, false) => Some($query.filter(rows::item_id.is_null())),
            (Mapping::Mapped, true, false) => Some($query.filter(rows::item_id.is_not_null())),
            (Mapping::Missing, true, true) => {
                Some($query.filter(rows::item_id.is_null().or(rows::variant_id.is_null())))
            }
            (Mapping::Mapped, true, true) => {
                Some($query.filter(rows::item_id.is_not_null().and(rows::variant_id.is_not_null())))
            }
        }
    };
}

/// Up to `limit` rows from `place` on: first those of the part that the place is in, then of the next.
fn part(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    filter: &Filter,
    place: &Place,
    limit: usize,
) -> QueryResult<Vec<Listing>> {
    let mut found = Vec::new();
    for (mapping, place) in places(filter, place) {
        let left = i64::try_from(limit - found.len()).expect("a few rows");
        if left == 0 {
            break;
        }
        let is_searched = matching_kits(&filter.search).is_some();
        found.extend(match (is_searched, mapping) {
            (true, mapping) => searched(conn, store, kind, &filter.search, mapping, (&place, left))?,
            (false, Mapping::Missing) => listings::not_mapped(conn, store, kind, &place, left)?,
            (false, Mapping::Mapped) => listings::mapped(conn, store, kind, &place, left)?,
        });
    }
    Ok(found)
}

/// The parts that are read, each with the place in it. With a key that names no part, the page is the first or the last.
fn places(filter: &Filter, place: &Place) -> Vec<(Mapping, Place)> {
    let mut parts = filter.mapping.map_or_else(|| Mapping::ALL.to_vec(), |wanted| vec![wanted]);
    let (key, rest): (_, fn() -> Place) = match place {
        Place::Start => (None, || Place::Start),
        Place::After(key) => (of_key(key), || Place::Start),
        // All codes sort before this one.
        Place::Before(key) => (of_key(key), || Place::Before(char::MAX.to_string())),
    };
    let is_backwards = matches!(place, Place::Before(_));
    if is_backwards {
        parts.reverse();
    }
    let place_in = |part: Mapping| match &key {
        Some((of_key, row)) if *of_key == part && is_backwards => Some(Place::Before(row.clone())),
        Some((of_key, row)) if *of_key == part => Some(Place::After(row.clone())),
        // Going forward, the part before that of the key is done; going back, the part after it.
        Some((Mapping::Mapped, _)) if !is_backwards => None,
        Some((Mapping::Missing, _)) if is_backwards => None,
        Some(_) | None => Some(rest()),
    };
    parts.into_iter().filter_map(|part| Some((part, place_in(part)?))).collect()
}

/// The rows of one part that match a search: the kits come first, because they have no SKU.
fn searched(
    conn: &mut Conn,
    store: &StoreCode,
    kind: ConnectorKind,
    search: &str,
    mapping: Mapping,
    (place, limit): (&Place, i64),
) -> QueryResult<Vec<Listing>> {
    let is_among_kits = match place {
        Place::Start => true,
        Place::After(key) | Place::Before(key) => pair_of(key).0.is_empty(),
    };
    let (of_kits, of_skus) = match (place, is_among_kits) {
        (Place::Start, _) => (Some(Place::Start), Some(Place::Start)),
        (Place::After(_), true) => (Some(place.clone()), Some(Place::Start)),
        (Place::After(_), false) => (None, Some(place.clone())),
        (Place::Before(_), true) => (Some(place.clone()), None),
        // All ids sort before this one.
        (Place::Before(_), false) => (Some(Place::Before(pair_key("", &char::MAX.to_string()))), Some(place.clone())),
    };
    let mut found = Vec::new();
    let is_backwards = matches!(place, Place::Before(_));
    for is_kits in [!is_backwards, is_backwards] {
        let Some(place) = (if is_kits { &of_kits } else { &of_skus }) else { continue };
        let left = limit - i64::try_from(found.len()).expect("a few rows");
        found.extend(match is_kits {
            true => searched_kits(conn, (store, kind), search, mapping, (place, left))?,
            false => searched_skus(conn, (store, kind), search, mapping, (place, left))?,
        });
    }
    Ok(found)
}

fn searched_skus(
    conn: &mut Conn,
    (store, kind): (&StoreCode, ConnectorKind),
    search: &str,
    mapping: Mapping,
    (place, limit): (&Place, i64),
) -> QueryResult<Vec<Listing>> {
    let Some(matching) = matching(conn, Searched::Skus, search)? else { return Ok(Vec::new()) };
    let query = sku_rows::table.inner_join(rows::table).filter(matching).filter(rows::store.eq(store));
    let query = query.select(Listing::as_select()).limit(limit).into_boxed::<Backend>();
    let Some(query) = of_mapping!(query, mapping, kind) else { return Ok(Vec::new()) };
    at_pair!(query, place, sku_rows::code, rows::id).load(conn)
}

fn searched_kits(
    conn: &mut Conn,
    (store, kind): (&StoreCode, ConnectorKind),
    search: &str,
    mapping: Mapping,
    (place, limit): (&Place, i64),
) -> QueryResult<Vec<Listing>> {
    let Some(matching) = matching_kits(search) else { return Ok(Vec::new()) };
    let query = rows::table.filter(rows::store.eq(store)).filter(IS_KIT).filter(matching);
    let query = query.select(Listing::as_select()).limit(limit).into_boxed::<Backend>();
    let Some(query) = of_mapping!(query, mapping, kind) else { return Ok(Vec::new()) };
    at_pair!(query, place, rows::sku, rows::id).load(conn)
}

pub fn names<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, String>> {
    Ok(skus::find_all(conn, codes)?.into_iter().map(|sku| (sku.code, sku.name)).collect())
}

pub fn is_empty(conn: &mut Conn, store: &Store) -> QueryResult<bool> {
    Ok(listings::of_store(conn, &store.code, &Place::Start, 1)?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_in_the_part_of_its_key_and_goes_on_in_the_next() {
        use Mapping::{Mapped, Missing};
        let all = Filter::default();
        let start = Place::Start;
        let end = Place::Before(char::MAX.to_string());
        let after = |sku: &str| Place::After(sku.to_owned());
        let before = |sku: &str| Place::Before(sku.to_owned());
        for (place, parts) in [
            (Place::Start, vec![(Missing, start.clone()), (Mapped, start.clone())]),
            (after("-A"), vec![(Missing, after("A")), (Mapped, start.clone())]),
            (after("+A"), vec![(Mapped, after("A"))]),
            (before("-A"), vec![(Missing, before("A"))]),
            (before("+A"), vec![(Mapped, before("A")), (Missing, end.clone())]),
            (after("A"), vec![(Missing, start.clone()), (Mapped, start)]),
            (before("A"), vec![(Mapped, end.clone()), (Missing, end)]),
        ] {
            assert_eq!(places(&all, &place), parts, "{place:?}");
        }
        let mapped = Filter { mapping: Some(Mapped), ..all };
        assert_eq!(places(&mapped, &after("-A")), [(Mapped, Place::Start)]);
    }
}
