//! What is left to be done at the stores that quantities are pushed to. What a listing should show is computed; only
//! what is behind is read, through indexes that are as small as that.

use crate::{
    db::{
        Backend, Conn, availability,
        engine::{
            among::among,
            paging::{Page, Place},
            schema::{connections as connection_rows, listings as listing_rows, pushes},
            written::{Written, written},
        },
        stores::{
            connections::{self, Connection},
            listings::{self, Listing},
            pushes::{self as push_rows, Push},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{
            failure::FailureClass,
            listing_state::{ListingSnapshot, ListingState},
        },
    },
};
use diesel::{
    dsl::{count_star, not},
    prelude::*,
    sql_types::{Bool, Integer},
};
use std::collections::{HashMap, HashSet};

/// The most that is counted of anything: a page says "1,000+" of more.
pub const COUNT_LIMIT: i64 = 1_000;

/// A listing that shows something else than it should, or may.
#[derive(Debug, Clone)]
pub struct Behind {
    /// Its push.
    pub push: Push,
    /// Units that it should show now.
    pub should: i64,
}

impl Behind {
    /// How it stands at `now`, of the store of `connection`.
    #[must_use]
    pub fn snapshot(&self, connection: &Connection, now: Moment) -> ListingSnapshot<'_> {
        self.push.snapshot(self.should, connection.paused_at.is_some(), now)
    }
}

/// A listing that shows something else than it should, or may, as pages say it beside the number that it should show.
#[derive(Debug, Clone)]
pub struct Late {
    /// Its push.
    pub push: Push,
    /// Whether its store is paused.
    pub is_paused: bool,
}

impl Late {
    /// How it stands at `now`, if it should show `should`.
    #[must_use]
    pub fn snapshot(&self, should: i64, now: Moment) -> ListingSnapshot<'_> {
        self.push.snapshot(should, self.is_paused, now)
    }
}

/// Whether a store shows another number than it should, or may. As the index by SKU has it: asked with the words of the
/// others, databases would rather read what is in step too.
pub(crate) fn is_late() -> Written<Bool> {
    written("pushes.behind_since >= '1970-01-01 00:00:00'")
}

/// Out of sync of some SKUs.
#[derive(Debug, Clone, Default)]
pub struct LateListings(HashMap<(SkuCode, StoreCode), Late>);

impl LateListings {
    /// That of `codes`, in one statement: pages that show many SKUs ask at each view.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Self> {
        let rows: Vec<(Push, bool)> = pushes::table
            .inner_join(connection_rows::table.on(connection_rows::store.eq(pushes::store)))
            .filter(is_late())
            .filter(among(conn, "pushes.sku", codes))
            .select((Push::as_select(), connection_rows::paused_at.is_not_null()))
            .load(conn)?;
        let late = |(push, is_paused): (Push, bool)| ((push.sku.clone(), push.store.clone()), Late { push, is_paused });
        Ok(Self(rows.into_iter().map(late).collect()))
    }

    /// The listing of a SKU on a store, if it is behind.
    #[must_use]
    pub fn of(&self, sku: &SkuCode, store: &StoreCode) -> Option<&Late> {
        if self.0.is_empty() { None } else { self.0.get(&(sku.clone(), store.clone())) }
    }
}

/// What the stores of one SKU are known to show.
#[derive(Debug, Clone)]
pub struct OfSku {
    listings: Vec<Listing>,
    pushes: Vec<Push>,
    connections: Vec<Connection>,
}

impl OfSku {
    /// That of `code`.
    ///
    /// # Errors
    /// When the database fails.
    pub fn read(conn: &mut Conn, code: &SkuCode) -> QueryResult<Self> {
        Ok(Self {
            listings: listings::of_skus(conn, [code])?.remove(code).unwrap_or_default(),
            pushes: push_rows::of_skus(conn, [code])?.remove(code).unwrap_or_default(),
            connections: connections::all(conn)?,
        })
    }

    /// The connection of a store, if quantities are sent to it.
    #[must_use]
    pub fn connection(&self, store: &StoreCode) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.store == *store)
    }

    /// The push of a store, of one that is connected and whose listing is mapped.
    #[must_use]
    pub fn push(&self, store: &StoreCode) -> Option<&Push> {
        self.pushes.iter().find(|push| push.store == *store)
    }

    /// Whether the listing of a store can be pushed.
    #[must_use]
    pub fn is_mapped(&self, connection: &Connection) -> bool {
        let listing = self.listings.iter().find(|listing| listing.store == connection.store);
        listing.is_some_and(|listing| listing.is_pushed_by(connection.kind))
    }
}

/// A store that does not take what it is sent, or not all of it.
#[derive(Debug, Clone)]
pub struct FailingStore {
    /// Its connection.
    pub connection: Connection,
    /// Listings that the marketplace does not know as they are mapped.
    pub refused: i64,
    /// Listings whose stock a campaign keeps.
    pub blocked: i64,
    /// Listings that show something else than they should.
    pub behind: Count,
    /// Units that they show and should not.
    pub exposed: Count,
}

impl FailingStore {
    /// The listings that this is about: all that are behind of a store that takes nothing, else those that it refuses.
    #[must_use]
    pub fn listings(&self) -> Count {
        let takes_nothing = self.connection.paused_at.is_some() || self.connection.problem.is_some();
        if takes_nothing { self.behind } else { Count { number: self.refused + self.blocked, is_more: false } }
    }
}

/// The stores that do not answer, refuse listings, or are paused and behind at `now`, by code. One that staff paused and
/// that shows what it should harms nobody. Costs what is wrong, and not what there is.
///
/// # Errors
/// When the database fails.
pub fn failing_stores(conn: &mut Conn, now: Moment) -> QueryResult<Vec<FailingStore>> {
    let problems: Vec<(StoreCode, Option<FailureClass>, i64)> = pushes::table
        .filter(behind())
        .filter(written::<Bool>("pushes.problem IN ('locked', 'mapping')"))
        .group_by((pushes::store, pushes::problem))
        .select((pushes::store, pushes::problem, count_star()))
        .load(conn)?;
    let number = |store: &StoreCode, class| {
        let found = problems.iter().find(|(of, problem, _)| of == store && *problem == Some(class));
        found.map_or(0, |(_, _, number)| *number)
    };
    let mut failing = Vec::new();
    for connection in connections::all(conn)? {
        let (refused, blocked) =
            (number(&connection.store, FailureClass::Mapping), number(&connection.store, FailureClass::Locked));
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

/// Every connection at `now`, by store, with how many of its listings show something else than they should.
///
/// # Errors
/// When the database fails.
pub fn behind_at(conn: &mut Conn, now: Moment) -> QueryResult<Vec<(Connection, Count)>> {
    let mut counted = Vec::new();
    for connection in connections::all(conn)? {
        let behind = count_in(conn, &connection, None, now)?;
        counted.push((connection, behind));
    }
    Ok(counted)
}

/// The pushes that are behind. Written out, so that both databases use the indexes that say the same.
fn behind() -> Written<Bool> {
    written("pushes.behind_since IS NOT NULL")
}

/// The pushes whose marketplace has nothing against the listing itself.
fn is_taken() -> Written<Bool> {
    written("(pushes.problem IS NULL OR pushes.problem NOT IN ('locked', 'mapping'))")
}

/// A query of pushes, to be narrowed.
pub(super) type Pushes<'a> = pushes::BoxedQuery<'a, Backend>;

/// The pushes of a store in a state; those in step are none of them.
pub(super) fn in_state<'a>(connection: &'a Connection, state: Option<ListingState>, now: Moment) -> Option<Pushes<'a>> {
    let is_paused = connection.paused_at.is_some();
    let of_store = pushes::table.filter(pushes::store.eq(&connection.store));
    let leased = || pushes::lease.is_not_null().and(pushes::due_at.gt(now));
    let free = || pushes::lease.is_null().or(pushes::due_at.le(now));
    match state {
        None => Some(of_store.filter(behind()).into_boxed()),
        Some(ListingState::Waiting) if is_paused => None,
        Some(ListingState::Paused) if !is_paused => None,
        Some(ListingState::Waiting | ListingState::Paused) => {
            Some(of_store.filter(behind()).filter(is_taken()).filter(free()).into_boxed())
        }
        Some(ListingState::Sending) => Some(of_store.filter(behind()).filter(leased()).into_boxed()),
        Some(ListingState::Refused) => {
            Some(of_store.filter(pushes::problem.eq(FailureClass::Mapping)).filter(free()).into_boxed())
        }
        Some(ListingState::Blocked) => {
            Some(of_store.filter(pushes::problem.eq(FailureClass::Locked)).filter(free()).into_boxed())
        }
        Some(ListingState::InSync | ListingState::NotMapped) => None,
    }
}

/// The page at `place` of what is behind at the store of `connection` at `now`, in one state or in all, by SKU.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut Conn,
    connection: &Connection,
    state: Option<ListingState>,
    place: &Place,
    now: Moment,
) -> QueryResult<Page<Behind>> {
    let Some(query) = in_state(connection, state, now) else { return Ok(Page::new(place, Vec::new())) };
    let query = match place {
        Place::Start => query.order(pushes::sku),
        Place::After(sku) => query.filter(pushes::sku.gt(SkuCode::trusted(sku.clone()))).order(pushes::sku),
        Place::Before(sku) => query.filter(pushes::sku.lt(SkuCode::trusted(sku.clone()))).order(pushes::sku.desc()),
    };
    let rows: Vec<Push> = query.select(Push::as_select()).limit(Place::LIMIT).load(conn)?;
    let Page { rows, has_previous, has_next } = Page::new(place, rows);
    Ok(Page { rows: with_quantities(conn, rows, now)?, has_previous, has_next })
}

fn with_quantities(conn: &mut Conn, rows: Vec<Push>, now: Moment) -> QueryResult<Vec<Behind>> {
    let available = availability::read(conn, rows.iter().map(|push| &push.sku), now)?;
    let with_quantity = |push: Push| Behind { should: available[&push.sku].quantity_for(&push.store).total(), push };
    Ok(rows.into_iter().map(with_quantity).collect())
}

/// A number that is counted up to [`COUNT_LIMIT`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// What was counted.
    pub number: i64,
    /// Whether there is more.
    pub is_more: bool,
}

impl Count {
    fn of(rows: usize) -> Self {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        Self { number: rows.min(COUNT_LIMIT), is_more: rows > COUNT_LIMIT }
    }

    /// Whether there is none.
    #[must_use]
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
    /// In step; nothing where the store lists too many to be counted: all others are.
    pub in_step: Option<i64>,
    /// To be sent.
    pub waiting: Count,
    /// On their way.
    pub sending: Count,
    /// Not as the marketplace has them.
    pub refused: Count,
    /// Kept by a campaign.
    pub blocked: Count,
    /// Not mapped.
    pub not_mapped: Count,
    /// Units that the store shows, or may, and should not.
    pub exposed: Count,
}

/// Counts the listings of the store of `connection`, as they stand at `now`.
///
/// # Errors
/// When the database fails.
pub fn counts(conn: &mut Conn, connection: &Connection, now: Moment) -> QueryResult<Counts> {
    let mut count = |state| count_in(conn, connection, Some(state), now);
    Ok(Counts {
        waiting: count(ListingState::Waiting)? + count(ListingState::Paused)?,
        sending: count(ListingState::Sending)?,
        refused: count(ListingState::Refused)?,
        blocked: count(ListingState::Blocked)?,
        not_mapped: not_mapped(conn, connection)?,
        exposed: exposed(conn, Some(&connection.store), now)?,
        in_step: in_step(conn, connection)?,
    })
}

/// How many listings of a store are behind, in a state or in all.
fn count_in(conn: &mut Conn, connection: &Connection, state: Option<ListingState>, now: Moment) -> QueryResult<Count> {
    let Some(query) = in_state(connection, state, now) else { return Ok(Count::default()) };
    let ones = query.select(1.into_sql::<Integer>()).limit(COUNT_LIMIT + 1).load::<i32>(conn)?;
    Ok(Count::of(ones.len()))
}

/// How many of a store's listings cannot be pushed because nobody said by what the marketplace knows them.
fn not_mapped(conn: &mut Conn, connection: &Connection) -> QueryResult<Count> {
    let found = listings::not_mapped(conn, &connection.store, connection.kind, &Place::Start, COUNT_LIMIT + 1)?;
    Ok(Count::of(found.len()))
}

/// Units that `store`, or all of them, show and should not at `now`, as far as [`COUNT_LIMIT`] listings go.
///
/// # Errors
/// When the database fails.
pub fn exposed(conn: &mut Conn, store: Option<&StoreCode>, now: Moment) -> QueryResult<Count> {
    let mut query = pushes::table
        .filter(behind())
        .filter(pushes::lower_since.is_not_null())
        .order((pushes::store, pushes::sku))
        .select((pushes::store, pushes::sku))
        .limit(COUNT_LIMIT + 1)
        .into_boxed::<Backend>();
    if let Some(store) = store {
        query = query.filter(pushes::store.eq(store));
    }
    // Their keys first, of which the index alone knows enough.
    let keys: HashSet<(StoreCode, SkuCode)> = query.load(conn)?.into_iter().collect();
    let is_more = keys.len() as i64 > COUNT_LIMIT;
    let of_skus = push_rows::of_skus(conn, keys.iter().map(|(_, sku)| sku))?;
    let rows = of_skus.into_values().flatten().filter(|push| keys.contains(&(push.store.clone(), push.sku.clone())));
    let rows: Vec<Push> = rows.collect();
    let rows = with_quantities(conn, rows, now)?;
    Ok(Count { number: rows.iter().map(|row| row.push.sync(row.should, now).exposed()).sum(), is_more })
}

/// How many listings of a store with no more than [`COUNT_LIMIT`] of them are in step.
fn in_step(conn: &mut Conn, connection: &Connection) -> QueryResult<Option<i64>> {
    let listed = listing_rows::table
        .filter(listing_rows::store.eq(&connection.store))
        .select(listing_rows::sku)
        .order(listing_rows::sku)
        .limit(COUNT_LIMIT + 1);
    let codes: Vec<SkuCode> = listed.load(conn)?;
    if codes.len() as i64 > COUNT_LIMIT {
        return Ok(None);
    }
    let looked_at = pushes::table.filter(pushes::store.eq(&connection.store)).filter(not(behind()));
    looked_at.filter(among(conn, "pushes.sku", &codes)).count().get_result(conn).map(Some)
}
