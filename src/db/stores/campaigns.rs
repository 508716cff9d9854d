//! What the marketplaces' own promotions lock of each listing, as it was read last, and whether flash sales cover it.

use crate::{
    db::{
        Backend, Conn,
        engine::{
            among::among,
            paging::{Page, Place, at_pair, pair_key},
            schema::{campaigns as rows, listings},
            sql::Condition,
        },
        stores::listings::Listing,
    },
    domain::{
        code::StoreCode,
        id::ListingId,
        moment::Moment,
        stores::campaign::{self, Campaign},
    },
    insert_rows,
};
use chrono::TimeDelta;
use diesel::{dsl::not, prelude::*};
use std::collections::HashMap;

/// A campaign that was not read again for so long, although a pass over its store is done, is gone.
const GONE_AFTER: TimeDelta = TimeDelta::hours(3);

/// What is read unchanged is written again after so long, so that it is known to be there.
const WRITTEN_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rows, treat_none_as_default_value = false)]
pub struct Row {
    pub store: StoreCode,
    /// The same for all listings of one campaign of a store.
    pub campaign: String,
    pub listing: ListingId,
    pub name: String,
    /// The units of the listing that it locks.
    pub units: i64,
    pub starts_at: Option<Moment>,
    pub ends_at: Option<Moment>,
    /// A flash sale that ends then or later covers it.
    pub sale_until: Option<Moment>,
    pub read_at: Moment,
}

impl Row {
    fn new(store: &StoreCode, listing: ListingId, campaign: Campaign, read_at: Moment) -> Self {
        let sale_until = campaign.sale_until();
        let Campaign { id, name, units, starts_at, ends_at } = campaign;
        Self { store: store.clone(), campaign: id, listing, name, units, starts_at, ends_at, sale_until, read_at }
    }

    /// Its place in the list of its store.
    pub fn place(&self) -> String {
        pair_key(&self.campaign, self.listing.as_str())
    }
}

/// A campaign of a listing, as lists show it.
#[derive(Debug, Clone)]
pub struct Listed {
    pub row: Row,
    pub listing: Listing,
    /// Whether flash sales of the store hold at least as much for as long.
    pub is_covered: bool,
}

/// Which campaigns of a store a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter<'a> {
    All,
    /// Those that no flash sale covers.
    Uncovered,
    /// Those that no flash sale covers, of this campaign alone.
    UncoveredOf(&'a str),
}

/// What a read found of listings: the campaigns of each.
pub type Found = Vec<(ListingId, Vec<Campaign>)>;

/// Whether a hold of the store of the campaign covers it, but for the SKU and the units.
const COVERING: &str = "holds.settled = FALSE AND holds.store = campaigns.store \
    AND (campaigns.sale_until IS NULL OR holds.ends_at >= campaigns.sale_until) AND holds.ends_at > ";

/// Whether live holds of the store cover the campaign of a listing: one on its SKU, or on each component of a kit.
fn is_covered(now: Moment) -> Condition {
    Condition::default()
        .sql("CASE WHEN listings.sku <> '' THEN EXISTS (SELECT 1 FROM holds WHERE holds.sku = listings.sku AND ")
        .sql(COVERING)
        .moment(now)
        .sql(
            " AND holds.quantity >= campaigns.units) ELSE NOT EXISTS (SELECT 1 FROM kit_components \
             WHERE kit_components.listing = listings.id AND NOT EXISTS (SELECT 1 FROM holds \
             WHERE holds.sku = kit_components.sku AND ",
        )
        .sql(COVERING)
        .moment(now)
        .sql(" AND holds.quantity >= campaigns.units * kit_components.units)) END")
}

/// The campaigns of listings that are there, which are not over.
#[diesel::dsl::auto_type]
fn open(now: Moment) -> _ {
    let is_open = rows::ends_at.is_null().or(rows::ends_at.gt(now));
    rows::table.inner_join(listings::table.on(listings::id.eq(rows::listing))).filter(is_open)
}

/// The page at `place` of the campaigns of a store, by campaign.
pub fn page(
    conn: &mut Conn,
    store: &StoreCode,
    filter: Filter<'_>,
    place: &Place,
    now: Moment,
) -> QueryResult<Page<Listed>> {
    Ok(Page::new(place, part(conn, store, filter, place, now, Place::LIMIT)?))
}

/// Up to `limit` campaigns of a store from `place` on.
pub fn part(
    conn: &mut Conn,
    store: &StoreCode,
    filter: Filter<'_>,
    place: &Place,
    now: Moment,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    let mut query = open(now)
        .filter(rows::store.eq(store))
        .limit(limit)
        .select((Row::as_select(), Listing::as_select(), is_covered(now)))
        .into_boxed::<Backend>();
    match filter {
        Filter::All => {}
        Filter::Uncovered => query = query.filter(not(is_covered(now))),
        Filter::UncoveredOf(campaign) => query = query.filter(rows::campaign.eq(campaign)).filter(not(is_covered(now))),
    }
    let found: Vec<(Row, Listing, bool)> = at_pair!(query, place, rows::campaign, rows::listing).load(conn)?;
    Ok(found.into_iter().map(|(row, listing, is_covered)| Listed { row, listing, is_covered }).collect())
}

/// The first `most` campaigns of these listings, by store and campaign.
pub fn of_listings<'a>(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = &'a ListingId>,
    now: Moment,
    most: usize,
) -> QueryResult<Vec<Listed>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(Vec::new());
    }
    // Without ORDER BY and a limit: with them, PostgreSQL reads all campaigns in that order instead of using the index.
    let of_listings = among(conn, "campaigns.listing", ids);
    let found: Vec<(Row, Listing, bool)> =
        open(now).filter(of_listings).select((Row::as_select(), Listing::as_select(), is_covered(now))).load(conn)?;
    let mut listed: Vec<Listed> =
        found.into_iter().map(|(row, listing, is_covered)| Listed { row, listing, is_covered }).collect();
    listed.sort_by_cached_key(|of| (of.row.store.clone(), of.row.campaign.clone(), of.row.listing));
    listed.truncate(most);
    Ok(listed)
}

/// How many listings of a store are in campaigns that no flash sale covers, counted up to `limit`.
pub fn count_uncovered(conn: &mut Conn, store: &StoreCode, now: Moment, limit: i64) -> QueryResult<i64> {
    let found = part(conn, store, Filter::Uncovered, &Place::Start, now, limit)?;
    Ok(i64::try_from(found.len()).expect("a small number"))
}

/// Whether what was read of listings differs from what is stored, or is stored for long.
pub fn differ(conn: &mut Conn, store: &StoreCode, found: &Found, now: Moment) -> QueryResult<bool> {
    Ok(!changed(conn, store, found, now)?.is_empty())
}

/// The listings whose campaigns have to be written, each with its new rows.
fn changed(conn: &mut Conn, store: &StoreCode, found: &Found, now: Moment) -> QueryResult<Vec<(ListingId, Vec<Row>)>> {
    let of_listings = rows::table.filter(among(conn, "campaigns.listing", found.iter().map(|(listing, _)| listing)));
    let stored: Vec<Row> = of_listings.order(rows::campaign).select(Row::as_select()).load(conn)?;
    let mut of_listing: HashMap<ListingId, Vec<Row>> = HashMap::new();
    for row in stored {
        of_listing.entry(row.listing).or_default().push(row);
    }
    let mut changed = Vec::new();
    for (listing, campaigns) in found {
        let campaigns = campaign::arranged(campaigns.clone(), now).into_iter();
        let new: Vec<Row> = campaigns.map(|campaign| Row::new(store, *listing, campaign, now)).collect();
        let before = of_listing.remove(listing).unwrap_or_default();
        let is_recent = before.iter().all(|row| now.since(row.read_at) < WRITTEN_AGAIN_AFTER);
        let is_same = before.len() == new.len()
            && before.iter().zip(&new).all(|(one, other)| *one == Row { read_at: one.read_at, ..other.clone() });
        if !is_same || !is_recent {
            changed.push((*listing, new));
        }
    }
    Ok(changed)
}

/// Stores what was read of listings in place of what was known. The caller has locked the row of `campaign_reads`.
pub fn replace(conn: &mut Conn, store: &StoreCode, found: &Found, now: Moment) -> QueryResult<()> {
    let changed = changed(conn, store, found, now)?;
    if changed.is_empty() {
        return Ok(());
    }
    let of_listings = among(conn, "campaigns.listing", changed.iter().map(|(listing, _)| listing));
    diesel::delete(rows::table.filter(of_listings)).execute(conn)?;
    let new: Vec<Row> = changed.into_iter().flat_map(|(_, rows)| rows).collect();
    insert_rows!(conn, rows::table, new)
}

/// Deletes what is over, and what was not read any more although all listings were read since `began_at`.
pub fn trim(conn: &mut Conn, store: &StoreCode, began_at: Moment, now: Moment) -> QueryResult<()> {
    let is_gone = rows::ends_at.le(now).or(rows::read_at.lt(began_at.plus(-GONE_AFTER)));
    diesel::delete(rows::table.filter(rows::store.eq(store)).filter(is_gone)).execute(conn).map(drop)
}
