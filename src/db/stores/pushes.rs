//! Pushes: the quantity that each listing of a connected store last acknowledged, and the state of sending the next. What
//! the listing should show is not here: it is computed at every use.

use crate::{
    db::{
        Conn,
        catalogue::{quantity_checks, skus},
        engine::{
            among::among,
            schema::{listings, pushes},
            sql::sql,
            types::{PlainSku, plain_sku},
        },
        stores::{
            components,
            listings::{Listing, ListingKey},
            retiring,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        stores::{
            failure::FailureClass,
            listing_state::{ListingSnapshot, Problem},
            push::ListingSync,
        },
    },
    in_prepared, on_db,
};
#[cfg(feature = "postgres")]
use diesel::upsert::excluded;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable},
};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = pushes)]
pub struct Push {
    pub listing: ListingId,
    /// The SKU of a plain listing.
    #[diesel(deserialize_as = PlainSku)]
    pub sku: Option<SkuCode>,
    pub store: StoreCode,
    /// Units that the store acknowledged last, if it ever did.
    pub acknowledged: Option<i64>,
    pub acknowledged_at: Option<Moment>,
    /// Since when it has been out of sync.
    pub behind_since: Option<Moment>,
    /// Since when it has shown too much, or what it shows has been unknown.
    pub lower_since: Option<Moment>,
    /// When the next try is due. While it is leased, when the lease ends.
    pub due_at: Option<Moment>,
    pub lease: Option<String>,
    /// Units that the listing may show as well: they are being sent, or were sent and the response is unknown.
    pub sending: Option<i64>,
    /// Whether orders of the store came in since it acknowledged: it may show fewer units than that.
    pub has_sold: bool,
    pub failures: i64,
    pub problem: Option<FailureClass>,
    /// The error message of the marketplace.
    pub problem_text: Option<String>,
    /// Units that the marketplace keeps for a campaign of its own.
    pub locked_quantity: Option<i64>,
    /// When the campaign ends, if the marketplace says so.
    pub locked_until: Option<Moment>,
    /// The number of the last quantity that was sent. It only grows.
    pub sequence: i64,
    /// Units that it showed fewer than known orders explained, when it was acknowledged: see [`Known`].
    ///
    /// [`Known`]: crate::domain::stores::look::Known
    pub missing: i64,
}

impl Push {
    /// The push of a listing that was not scanned yet.
    pub fn new(listing: &Listing) -> Self {
        let Listing { id, sku, store, .. } = listing;
        Self {
            listing: *id,
            sku: sku.clone(),
            store: store.clone(),
            acknowledged: None,
            acknowledged_at: None,
            behind_since: None,
            lower_since: None,
            due_at: None,
            lease: None,
            sending: None,
            has_sold: false,
            failures: 0,
            problem: None,
            problem_text: None,
            locked_quantity: None,
            locked_until: None,
            sequence: 0,
            missing: 0,
        }
    }

    pub fn key(&self) -> ListingKey<'_> {
        ListingKey { id: self.listing, sku: self.sku.as_ref(), store: &self.store }
    }

    /// A lease that has ended counts as none: its server is gone.
    pub fn sync(&self, should: i64, now: Moment) -> ListingSync {
        let is_on_its_way = self.lease.is_some() && !self.is_due(now);
        let Self { acknowledged, sending, has_sold, lower_since, .. } = *self;
        ListingSync { should, acknowledged, sending, has_sold, is_on_its_way, lower_since }
    }

    pub fn is_due(&self, now: Moment) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }

    /// Whether it is sent before the other pushes of its store: the listing is known to show too much, and did not fail.
    pub fn is_urgent(&self) -> bool {
        self.lower_since.is_some() && self.acknowledged.is_some() && self.problem.is_none()
    }

    pub fn snapshot(&self, should: i64, is_paused: bool, now: Moment) -> ListingSnapshot<'_> {
        ListingSnapshot {
            is_mapped: true,
            is_retiring: false,
            is_paused,
            is_due: self.is_due(now),
            listing: self.sync(should, now),
            problem: self.problem.map(|class| Problem {
                class,
                text: self.problem_text.as_deref().unwrap_or_default(),
                locked_quantity: self.locked_quantity,
            }),
        }
    }

    pub fn acknowledge(&mut self, units: i64, at: Moment) {
        self.acknowledged = Some(units);
        self.acknowledged_at = Some(at);
        self.sending = None;
    }

    pub fn clear_problem(&mut self) {
        self.failures = 0;
        self.problem = None;
        self.problem_text = None;
        self.locked_quantity = None;
        self.locked_until = None;
    }
}

/// A push as it is written.
#[derive(Insertable)]
#[diesel(table_name = pushes, treat_none_as_default_value = false)]
struct Row {
    listing: ListingId,
    sku: String,
    store: StoreCode,
    acknowledged: Option<i64>,
    acknowledged_at: Option<Moment>,
    behind_since: Option<Moment>,
    lower_since: Option<Moment>,
    due_at: Option<Moment>,
    lease: Option<String>,
    sending: Option<i64>,
    has_sold: bool,
    failures: i64,
    problem: Option<FailureClass>,
    problem_text: Option<String>,
    locked_quantity: Option<i64>,
    locked_until: Option<Moment>,
    sequence: i64,
    missing: i64,
}

impl From<&Push> for Row {
    fn from(push: &Push) -> Self {
        Self {
            listing: push.listing,
            sku: plain_sku(push.sku.as_ref()).to_owned(),
            store: push.store.clone(),
            acknowledged: push.acknowledged,
            acknowledged_at: push.acknowledged_at,
            behind_since: push.behind_since,
            lower_since: push.lower_since,
            due_at: push.due_at,
            lease: push.lease.clone(),
            sending: push.sending,
            has_sold: push.has_sold,
            failures: push.failures,
            problem: push.problem,
            problem_text: push.problem_text.clone(),
            locked_quantity: push.locked_quantity,
            locked_until: push.locked_until,
            sequence: push.sequence,
            missing: push.missing,
        }
    }
}

/// The pushes of plain listings of `codes`, the retiring ones too, by SKU.
pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Push>>> {
    let of_skus = pushes::table.filter(among(conn, "pushes.sku", codes));
    // Thousands are read when a sale starts. Rows of the concrete database cost less than those of `MultiConnection`.
    let rows: Vec<Push> = on_db!(conn, |conn| of_skus.select(Push::as_select()).load(conn))?;
    let mut of_sku: HashMap<SkuCode, Vec<Push>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone().expect("it was found by its SKU")).or_default().push(row);
    }
    Ok(of_sku)
}

/// The pushes of the listings with these ids, without a query if there are none.
pub fn of_listings<'a>(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = &'a ListingId>,
) -> QueryResult<HashMap<ListingId, Push>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(HashMap::new());
    }
    let of_listings = pushes::table.filter(among(conn, "pushes.listing", ids));
    let rows: Vec<Push> = on_db!(conn, |conn| of_listings.select(Push::as_select()).load(conn))?;
    Ok(rows.into_iter().map(|push| (push.listing, push)).collect())
}

/// Up to `limit` pushes after the listing `last`, by listing.
pub fn after(conn: &mut Conn, last: Option<ListingId>, limit: i64) -> QueryResult<Vec<Push>> {
    let after = last.map_or_else(String::new, |last| last.to_string());
    pushes::table
        .filter(pushes::listing.gt(after))
        .order(pushes::listing)
        .select(Push::as_select())
        .limit(limit)
        .load(conn)
}

/// A listing that is due.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct DuePush {
    pub listing: ListingId,
    pub failures: i64,
}

/// The pushes of a store are sent in two lanes, so that listings that fail delay no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Listings whose last request did not fail.
    First,
    /// Listings whose last request failed.
    Retries,
}

impl Lane {
    pub const ALL: [Self; 2] = [Self::First, Self::Retries];
}

/// Which pushes of a store are due.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    pub now: Moment,
    /// A push that raises a quantity is due if its time is not after this one; `None` if none is.
    pub raises: Option<Moment>,
}

impl Due {
    /// All whose time has come.
    pub fn all(now: Moment) -> Self {
        Self { now, raises: Some(now) }
    }
}

fn due_in(store: &StoreCode, lane: Lane, Due { now, raises }: Due) -> pushes::BoxedQuery<'_, crate::db::Backend> {
    let due = pushes::table.filter(pushes::store.eq(store)).filter(pushes::due_at.le(now)).into_boxed();
    let due = match raises {
        Some(until) if until >= now => due,
        Some(until) => due.filter(pushes::lower_since.is_not_null().or(pushes::due_at.le(until))),
        None => due.filter(pushes::lower_since.is_not_null()),
    };
    match lane {
        Lane::First => due.filter(pushes::problem.is_null()),
        Lane::Retries => due.filter(pushes::problem.is_not_null()),
    }
}

/// Up to `limit` pushes to `store` in a lane that are due: the urgent ones first; those that have waited longest before
/// others.
pub fn due(conn: &mut Conn, store: &StoreCode, lane: Lane, until: Due, limit: usize) -> QueryResult<Vec<DuePush>> {
    let most = i64::try_from(limit).expect("a small number");
    let due = || {
        let of_lane = due_in(store, lane, until).order((pushes::due_at, pushes::listing));
        of_lane.select((pushes::listing, pushes::failures)).limit(most)
    };
    let is_urgent = pushes::lower_since.is_not_null().and(pushes::acknowledged.is_not_null());
    let mut found: Vec<DuePush> = match lane {
        Lane::First => due().filter(is_urgent).load(conn)?,
        Lane::Retries => Vec::new(),
    };
    if found.len() < limit {
        let urgent: HashSet<ListingId> = found.iter().map(|due| due.listing).collect();
        found.extend(due().load::<DuePush>(conn)?.into_iter().filter(|due| !urgent.contains(&due.listing)));
        found.truncate(limit);
    }
    Ok(found)
}

pub fn is_any_due(conn: &mut Conn, store: &StoreCode, lane: Lane, until: Due) -> QueryResult<bool> {
    // In the order of the index of what is due: PostgreSQL takes a third of all for that, and any index for as good.
    let first = due_in(store, lane, until).order((pushes::due_at, pushes::listing)).select(pushes::listing);
    first.first::<ListingId>(conn).optional().map(|listing| listing.is_some())
}

/// Whether a push that raises a quantity is due at `now`, but was not yet at `until`.
pub fn is_any_raise_due_after(
    conn: &mut Conn,
    store: &StoreCode,
    until: Option<Moment>,
    now: Moment,
) -> QueryResult<bool> {
    let raises = pushes::table.filter(pushes::store.eq(store)).filter(pushes::lower_since.is_null());
    let mut due = raises.filter(pushes::due_at.le(now)).into_boxed();
    if let Some(until) = until {
        due = due.filter(pushes::due_at.gt(until));
    }
    let last = due.order((pushes::due_at.desc(), pushes::listing.desc())).select(pushes::listing);
    last.first::<ListingId>(conn).optional().map(|listing| listing.is_some())
}

/// Extends a lease, and returns how many listings it still has.
pub fn extend(conn: &mut Conn, store: &StoreCode, lease: &str, until: Moment) -> QueryResult<usize> {
    let behind = || pushes::table.filter(pushes::store.eq(store)).filter(pushes::behind_since.is_not_null());
    let leased = || behind().filter(pushes::lease.eq(lease));
    let listings: Vec<(ListingId, PlainSku)> = leased().select((pushes::listing, pushes::sku)).load(conn)?;
    let codes = skus_of(conn, listings)?;
    skus::lock(conn, &codes)?;
    diesel::update(leased()).set(pushes::due_at.eq(until)).execute(conn)
}

/// The SKUs of listings: their own or, of kits, those of their components.
fn skus_of(conn: &mut Conn, listings: Vec<(ListingId, PlainSku)>) -> QueryResult<Vec<SkuCode>> {
    let mut codes = Vec::new();
    let mut kits = Vec::new();
    for (listing, sku) in listings {
        match Option::from(sku) {
            Some(sku) => codes.push(sku),
            None => kits.push(listing),
        }
    }
    for components in components::of_kits(conn, kits)?.values() {
        codes.extend(components.iter().map(|component| component.sku.clone()));
    }
    Ok(codes)
}

/// The SKUs of all listings of `store`, the retiring ones too: their own and those of the components of kits.
pub fn skus_of_store(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<SkuCode>> {
    let listed = listings::table.filter(listings::store.eq(store)).select((listings::id, listings::sku));
    let mut all: Vec<(ListingId, PlainSku)> = listed.load(conn)?;
    all.extend(retiring::keys_on(conn, store)?);
    skus_of(conn, all)
}

/// Locks the SKUs of all listings of `store`, the retiring ones too: a transaction that writes pushes locks their SKUs first, then the
/// connection. All listings, because each may have got a push by the time that it is locked.
pub fn lock_skus_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let codes = skus_of_store(conn, store)?;
    skus::lock(conn, &codes).map(drop)
}

/// Like [`lock_skus_of`], but only the SKUs whose listings are out of sync.
pub fn lock_skus_behind(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let behind = pushes::table.filter(pushes::store.eq(store)).filter(pushes::behind_since.is_not_null());
    let listings: Vec<(ListingId, PlainSku)> = behind.select((pushes::listing, pushes::sku)).load(conn)?;
    let codes = skus_of(conn, listings)?;
    skus::lock(conn, &codes).map(drop)
}

/// Inserts or replaces pushes.
pub fn save(conn: &mut Conn, pushes: &[Push]) -> QueryResult<()> {
    let rows: Vec<Row> = pushes.iter().map(Row::from).collect();
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => rows.chunks(1_000).try_for_each(|some| {
            diesel::insert_into(pushes::table)
                .values(some)
                .on_conflict(pushes::listing)
                .do_update()
                .set((
                    pushes::sku.eq(excluded(pushes::sku)),
                    pushes::acknowledged.eq(excluded(pushes::acknowledged)),
                    pushes::acknowledged_at.eq(excluded(pushes::acknowledged_at)),
                    pushes::behind_since.eq(excluded(pushes::behind_since)),
                    pushes::lower_since.eq(excluded(pushes::lower_since)),
                    pushes::due_at.eq(excluded(pushes::due_at)),
                    pushes::lease.eq(excluded(pushes::lease)),
                    pushes::sending.eq(excluded(pushes::sending)),
                    pushes::has_sold.eq(excluded(pushes::has_sold)),
                    pushes::failures.eq(excluded(pushes::failures)),
                    pushes::problem.eq(excluded(pushes::problem)),
                    pushes::problem_text.eq(excluded(pushes::problem_text)),
                    pushes::locked_quantity.eq(excluded(pushes::locked_quantity)),
                    pushes::locked_until.eq(excluded(pushes::locked_until)),
                    pushes::sequence.eq(excluded(pushes::sequence)),
                    pushes::missing.eq(excluded(pushes::missing)),
                ))
                .execute(conn)
                .map(drop)
        }),
        // Nothing refers to them, so replacing is safe; diesel caches no other prepared statement that upserts.
        Conn::Sqlite(conn) => in_prepared!(conn, diesel::replace_into(pushes::table), rows),
    }
}

pub fn delete(conn: &mut Conn, listing: ListingId) -> QueryResult<()> {
    diesel::delete(pushes::table.find(listing)).execute(conn).map(drop)
}

pub fn delete_all_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(pushes::table.filter(pushes::store.eq(store))).execute(conn).map(drop)
}

/// Makes the pushes of `store` that wait for a retry due at `now`.
pub fn hasten(conn: &mut Conn, store: &StoreCode, now: Moment) -> QueryResult<()> {
    let waiting =
        pushes::table.filter(pushes::store.eq(store)).filter(pushes::due_at.gt(now).and(pushes::lease.is_null()));
    diesel::update(waiting).set((pushes::due_at.eq(now), pushes::failures.eq(0))).execute(conn).map(drop)
}

/// Nobody knows any more what the stores show, because the data is from another time: what they acknowledged counts as sent
/// and not answered, and is sent again.
pub fn forget_acknowledged(conn: &mut Conn, now: Moment) -> QueryResult<()> {
    let sent = pushes::table.filter(pushes::sending.is_not_null().or(pushes::acknowledged.is_not_null()));
    diesel::update(sent)
        .set((
            pushes::sending.eq(sql::<Nullable<BigInt>>("COALESCE(pushes.sending, pushes.acknowledged)")),
            pushes::acknowledged.eq(None::<i64>),
            pushes::missing.eq(0),
            pushes::lease.eq(None::<String>),
            pushes::behind_since.eq(now),
            pushes::due_at.eq(now),
        ))
        .execute(conn)?;
    let listings: Vec<(ListingId, PlainSku)> = pushes::table.select((pushes::listing, pushes::sku)).load(conn)?;
    let codes = skus_of(conn, listings)?;
    quantity_checks::enqueue_for_pushes(conn, &codes)
}
