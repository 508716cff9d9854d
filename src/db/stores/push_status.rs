//! How far connected stores are in sync. What a listing should show is computed; only the pushes that are out of sync
//! are read, through partial indexes that have nothing else.

use crate::{
    db::{
        Backend, Conn,
        availability::ListingQuantities,
        engine::{
            among::among,
            paging::{Page, Place, at_pair, pair_key},
            schema::{connections as connection_rows, listings as listing_rows, pushes},
            sql::{SqlText, sql},
            types::{PlainSku, plain_sku},
        },
        stores::{
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
        stores::{
            failure::FailureClass,
            listing_state::{ListingSnapshot, ListingState},
        },
    },
    on_db,
};
use diesel::{
    dsl::{count_star, not},
    prelude::*,
    sql_types::{Bool, Integer},
};
use std::collections::HashMap;

/// Counting stops here: a page shows "1,000+".
pub const COUNT_LIMIT: i64 = 1_000;

/// A listing that is out of sync, or may be.
#[derive(Debug, Clone)]
pub struct Behind {
    /// What pages call it: its SKU or, of a kit, its seller SKU.
    pub name: String,
    pub push: Push,
    pub is_retiring: bool,
    /// Units that it should show now.
    pub should: i64,
}

impl Behind {
    /// Its place in the list.
    pub fn place(&self) -> String {
        pair_key(plain_sku(self.push.sku.as_ref()), self.push.listing.as_str())
    }

    pub fn snapshot(&self, connection: &Connection, now: Moment) -> ListingSnapshot<'_> {
        let snapshot = self.push.snapshot(self.should, connection.paused_at.is_some(), now);
        ListingSnapshot { is_retiring: self.is_retiring, ..snapshot }
    }
}

/// The same, for pages that compute what it should show themselves.
#[derive(Debug, Clone)]
pub struct Late {
    pub push: Push,
    pub is_paused: bool,
}

impl Late {
    pub fn snapshot(&self, should: i64, now: Moment) -> ListingSnapshot<'_> {
        self.push.snapshot(should, self.is_paused, now)
    }
}

/// Whether a listing is out of sync, or may be, in the words of the index by SKU: with those of [`IS_BEHIND`], the databases
/// choose an index that has the listings in sync as well.
pub(crate) const IS_LATE: SqlText<Bool> = sql("pushes.behind_since >= '1970-01-01 00:00:00'");

/// What the state of a push is made of. Reading its other moments would cost the catalogue a tenth of its time.
#[derive(Queryable, Selectable)]
#[diesel(table_name = pushes)]
struct State {
    listing: ListingId,
    #[diesel(deserialize_as = PlainSku)]
    sku: Option<SkuCode>,
    store: StoreCode,
    acknowledged: Option<i64>,
    due_at: Option<Moment>,
    lease: Option<String>,
    sending: Option<i64>,
    problem: Option<FailureClass>,
    problem_text: Option<String>,
    locked_quantity: Option<i64>,
}

impl From<State> for Push {
    fn from(state: State) -> Self {
        Self {
            listing: state.listing,
            sku: state.sku,
            store: state.store,
            acknowledged: state.acknowledged,
            acknowledged_at: None,
            behind_since: None,
            lower_since: None,
            due_at: state.due_at,
            lease: state.lease,
            sending: state.sending,
            failures: 0,
            problem: state.problem,
            problem_text: state.problem_text,
            locked_quantity: state.locked_quantity,
            locked_until: None,
            sequence: 0,
            missing: 0,
            has_sold: false,
        }
    }
}

/// The plain listings of some SKUs that are out of sync, one of each SKU and store.
#[derive(Debug, Clone, Default)]
pub struct LateListings(HashMap<(SkuCode, StoreCode), Late>);

impl LateListings {
    /// In one statement, because the catalogue reads it at each view.
    pub fn read<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Self> {
        let of_skus = pushes::table
            .inner_join(connection_rows::table.on(connection_rows::store.eq(pushes::store)))
            .filter(IS_LATE)
            .filter(among(conn, "pushes.sku", codes));
        let is_paused = connection_rows::paused_at.is_not_null();
        // Rows of the concrete database cost less than those of `MultiConnection`.
        let rows: Vec<(State, bool)> = on_db!(conn, |conn| of_skus.select((State::as_select(), is_paused)).load(conn))?;
        let mut late = HashMap::new();
        for (state, is_paused) in rows {
            let push = Push::from(state);
            let sku = push.sku.clone().expect("it was found by its SKU");
            late.insert((sku, push.store.clone()), Late { push, is_paused });
        }
        Ok(Self(late))
    }

    pub fn of(&self, sku: &SkuCode, store: &StoreCode) -> Option<&Late> {
        if self.0.is_empty() { None } else { self.0.get(&(sku.clone(), store.clone())) }
    }
}

/// The plain listings of one SKU, with their pushes and the connections of its stores.
#[derive(Debug, Clone)]
pub struct OfSku {
    listings: Vec<Listing>,
    pub retiring: Vec<RetiringListing>,
    pushes: HashMap<ListingId, Push>,
    connections: Vec<Connection>,
}

impl OfSku {
    pub fn read(conn: &mut Conn, code: &SkuCode) -> QueryResult<Self> {
        let pushes = push_rows::of_skus(conn, [code])?.remove(code).unwrap_or_default();
        Ok(Self {
            listings: listings::of_skus(conn, [code])?.remove(code).unwrap_or_default(),
            retiring: retiring::of_skus(conn, [code])?.remove(code).unwrap_or_default(),
            pushes: pushes.into_iter().map(|push| (push.listing, push)).collect(),
            connections: connections::all(conn)?,
        })
    }

    pub fn connection(&self, store: &StoreCode) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.store == *store)
    }

    /// The first listing on `store`.
    pub fn listing(&self, store: &StoreCode) -> Option<&Listing> {
        self.listings.iter().find(|listing| listing.store == *store)
    }

    pub fn push(&self, listing: ListingId) -> Option<&Push> {
        self.pushes.get(&listing)
    }

    pub fn snapshot_of_retiring<'a>(&'a self, retiring: &RetiringListing, now: Moment) -> Option<ListingSnapshot<'a>> {
        let connection = self.connection(&retiring.store)?;
        let push = self.push(retiring.id)?;
        Some(ListingSnapshot { is_retiring: true, ..push.snapshot(0, connection.paused_at.is_some(), now) })
    }

    pub fn is_mapped(&self, connection: &Connection) -> bool {
        self.listing(&connection.store).is_some_and(|listing| listing.is_pushed_by(connection.kind))
    }
}

/// A store that refuses pushes, all or some.
#[derive(Debug, Clone)]
pub struct FailingStore {
    pub connection: Connection,
    /// Listings that the marketplace does not know as they are mapped.
    pub refused: i64,
    /// Listings whose stock a campaign locks.
    pub blocked: i64,
    /// Listings that are out of sync.
    pub behind: Count,
    /// Units that they show above what they should.
    pub exposed: Count,
}

impl FailingStore {
    /// The listings concerned: all that are out of sync if the store is paused or fails, else those that it refuses.
    pub fn listings(&self) -> Count {
        let takes_nothing = self.connection.paused_at.is_some() || self.connection.problem.is_some();
        if takes_nothing { self.behind } else { Count { number: self.refused + self.blocked, is_more: false } }
    }
}

/// The stores, by code, that fail or refuse listings at `now`, or that are paused while listings are out of sync.
pub fn failing_stores(conn: &mut Conn, now: Moment) -> QueryResult<Vec<FailingStore>> {
    let problems: Vec<(StoreCode, Option<FailureClass>, i64)> = pushes::table
        .filter(IS_BEHIND)
        .filter(sql::<Bool>("pushes.problem IN ('locked', 'mapping')"))
        .group_by((pushes::store, pushes::problem))
        .select((pushes::store, pushes::problem, count_star()))
        .load(conn)?;
    let number = |store: &StoreCode, class| {
        let found = problems.iter().find(|(of, problem, _)| of == store && *problem == Some(class));
        found.map_or(0, |(_, _, number)| *number)
    };
    let mut failing = Vec::new();
    for connection in connections::all(conn)? {
        let refused = number(&connection.store, FailureClass::Mapping);
        let blocked = number(&connection.store, FailureClass::Locked);
        let is_paused = connection.paused_at.is_some();
        if is_paused || connection.problem.is_some() || refused + blocked > 0 {
            let behind = count_in(conn, &connection, None, now)?;
            if connection.problem.is_none() && behind.is_none() {
                continue;
            }
            let exposed = exposed(conn, Some(&connection.store), now)?;
            failing.push(FailingStore { connection, refused, blocked, behind, exposed });
        }
    }
    Ok(failing)
}

/// Every connection, by store, with how many of its listings are out of sync.
pub fn behind_at(conn: &mut Conn, now: Moment) -> QueryResult<Vec<(Connection, Count)>> {
    let mut counted = Vec::new();
    for connection in connections::all(conn)? {
        let behind = count_in(conn, &connection, None, now)?;
        counted.push((connection, behind));
    }
    Ok(counted)
}

/// Whether a listing is out of sync. As text, so that both databases use the partial indexes.
const IS_BEHIND: SqlText<Bool> = sql("pushes.behind_since IS NOT NULL");

/// Whether the marketplace does not refuse the listing itself.
const IS_TAKEN: SqlText<Bool> =
    sql("(pushes.problem IS NULL OR pushes.problem NOT IN ('locked', 'mapping', 'not_writable'))");

/// The pushes of a store that are out of sync, in one state or in all. `None` if the state has no pushes. Those of retiring
/// listings are in no other state.
pub(super) fn in_state<'a>(
    connection: &'a Connection,
    state: Option<ListingState>,
    now: Moment,
) -> Option<pushes::BoxedQuery<'a, Backend>> {
    let is_paused = connection.paused_at.is_some();
    let all_of_store = pushes::table.filter(pushes::store.eq(&connection.store));
    let of_store = all_of_store.filter(not(retiring::IS_OF_PUSH));
    let leased = || pushes::lease.is_not_null().and(pushes::due_at.gt(now));
    let free = || pushes::lease.is_null().or(pushes::due_at.le(now));
    match state {
        None => Some(all_of_store.filter(IS_BEHIND).into_boxed()),
        Some(ListingState::Retiring) => Some(all_of_store.filter(IS_BEHIND).filter(retiring::IS_OF_PUSH).into_boxed()),
        Some(ListingState::Waiting) if is_paused => None,
        Some(ListingState::Paused) if !is_paused => None,
        Some(ListingState::Waiting | ListingState::Paused) => {
            Some(of_store.filter(IS_BEHIND).filter(IS_TAKEN).filter(free()).into_boxed())
        }
        Some(ListingState::Sending) => Some(of_store.filter(IS_BEHIND).filter(leased()).into_boxed()),
        Some(ListingState::Refused) => {
            Some(of_store.filter(pushes::problem.eq(FailureClass::Mapping)).filter(free()).into_boxed())
        }
        Some(ListingState::Blocked) => {
            Some(of_store.filter(pushes::problem.eq(FailureClass::Locked)).filter(free()).into_boxed())
        }
        Some(ListingState::NotWritable) => {
            Some(of_store.filter(pushes::problem.eq(FailureClass::NotWritable)).filter(free()).into_boxed())
        }
        Some(ListingState::InSync | ListingState::NotMapped) => None,
    }
}

/// The page at `place` of the listings of a store that are out of sync at `now`, in one state or in all, by SKU. Its keys are
/// those of [`Behind::place`].
pub fn page(
    conn: &mut Conn,
    connection: &Connection,
    state: Option<ListingState>,
    place: &Place,
    now: Moment,
) -> QueryResult<Page<Behind>> {
    let Some(query) = in_state(connection, state, now) else { return Ok(Page::new(place, Vec::new())) };
    let query = at_pair!(query, place, pushes::sku, pushes::listing);
    let rows: Vec<Push> = query.select(Push::as_select()).limit(Place::LIMIT).load(conn)?;
    let Page { rows, has_previous, has_next } = Page::new(place, rows);
    Ok(Page { rows: with_quantities(conn, rows, now)?, has_previous, has_next })
}

fn with_quantities(conn: &mut Conn, rows: Vec<Push>, now: Moment) -> QueryResult<Vec<Behind>> {
    let quantities = ListingQuantities::read(conn, rows.iter().map(Push::key), now)?;
    let retiring = retiring::among_ids(conn, rows.iter().map(|push| &push.listing))?;
    let names = kit_names(conn, &rows)?;
    let mut behind = Vec::with_capacity(rows.len());
    for push in rows {
        let seller_sku = names.get(&push.listing).map_or("", String::as_str);
        let name = listings::name_of(push.sku.as_ref(), seller_sku).to_owned();
        let is_retiring = retiring.contains(&push.listing);
        let should = if is_retiring { 0 } else { quantities.of(push.key()).total() };
        behind.push(Behind { name, push, is_retiring, should });
    }
    Ok(behind)
}

/// The seller SKUs of the kits among pushes.
fn kit_names(conn: &mut Conn, pushes: &[Push]) -> QueryResult<HashMap<ListingId, String>> {
    let kits = || pushes.iter().filter(|push| push.sku.is_none()).map(|push| &push.listing);
    let mut names = HashMap::new();
    for listing in listings::by_ids(conn, kits())? {
        names.insert(listing.id, listing.seller_sku);
    }
    for retiring in retiring::by_ids(conn, kits())? {
        names.insert(retiring.id, retiring.seller_sku);
    }
    Ok(names)
}

/// A number that is counted up to [`COUNT_LIMIT`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub number: i64,
    pub is_more: bool,
}

impl Count {
    pub(super) fn of(rows: usize) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        Self { number: rows.min(COUNT_LIMIT), is_more: rows > COUNT_LIMIT }
    }

    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { number: self.number + other.number, is_more: self.is_more || other.is_more }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.number, if self.is_more { "+" } else { "" })
    }
}

/// How many listings of a store are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// In sync; `None` where the store has more than [`COUNT_LIMIT`] listings.
    pub in_step: Option<i64>,
    pub waiting: Count,
    pub sending: Count,
    pub refused: Count,
    pub blocked: Count,
    pub not_writable: Count,
    pub not_mapped: Count,
    pub retiring: i64,
    /// Units that the store shows, or may show, above what it should.
    pub exposed: Count,
}

pub fn counts(conn: &mut Conn, connection: &Connection, now: Moment) -> QueryResult<Counts> {
    let mut count = |state| count_in(conn, connection, Some(state), now);
    Ok(Counts {
        waiting: count(ListingState::Waiting)? + count(ListingState::Paused)?,
        sending: count(ListingState::Sending)?,
        refused: count(ListingState::Refused)?,
        blocked: count(ListingState::Blocked)?,
        not_writable: count(ListingState::NotWritable)?,
        not_mapped: not_mapped(conn, connection)?,
        retiring: retiring::count_of(conn, &connection.store)?,
        exposed: exposed(conn, Some(&connection.store), now)?,
        in_step: in_step(conn, connection)?,
    })
}

fn count_in(conn: &mut Conn, connection: &Connection, state: Option<ListingState>, now: Moment) -> QueryResult<Count> {
    let Some(query) = in_state(connection, state, now) else { return Ok(Count::default()) };
    let ones = query.select(1.into_sql::<Integer>()).limit(COUNT_LIMIT + 1).load::<i32>(conn)?;
    Ok(Count::of(ones.len()))
}

/// How many listings of a store have no ids of the marketplace and cannot be pushed.
fn not_mapped(conn: &mut Conn, connection: &Connection) -> QueryResult<Count> {
    let found = listings::not_mapped(conn, &connection.store, connection.kind, &Place::Start, COUNT_LIMIT + 1)?;
    Ok(Count::of(found.len()))
}

/// Units that `store`, or all stores, show above what they should at `now`, of up to [`COUNT_LIMIT`] listings.
pub fn exposed(conn: &mut Conn, store: Option<&StoreCode>, now: Moment) -> QueryResult<Count> {
    let mut query = pushes::table
        .filter(IS_BEHIND)
        .filter(pushes::lower_since.is_not_null())
        .order((pushes::store, pushes::sku, pushes::listing))
        .select(pushes::listing)
        .limit(COUNT_LIMIT + 1)
        .into_boxed::<Backend>();
    if let Some(store) = store {
        query = query.filter(pushes::store.eq(store));
    }
    // The keys first: the index alone answers that.
    let keys: Vec<ListingId> = query.load(conn)?;
    let is_more = keys.len() as i64 > COUNT_LIMIT;
    let rows = push_rows::of_listings(conn, &keys)?.into_values().collect();
    let rows = with_quantities(conn, rows, now)?;
    Ok(Count { number: rows.iter().map(|row| row.push.sync(row.should, now).exposed()).sum(), is_more })
}

fn in_step(conn: &mut Conn, connection: &Connection) -> QueryResult<Option<i64>> {
    let listed = listing_rows::table
        .filter(listing_rows::store.eq(&connection.store))
        .select(listing_rows::id)
        .order((listing_rows::sku, listing_rows::id))
        .limit(COUNT_LIMIT + 1);
    let ids: Vec<ListingId> = listed.load(conn)?;
    if ids.len() as i64 > COUNT_LIMIT {
        return Ok(None);
    }
    let scanned = pushes::table.filter(pushes::store.eq(&connection.store)).filter(not(IS_BEHIND));
    scanned.filter(among(conn, "pushes.listing", &ids)).count().get_result(conn).map(Some)
}
