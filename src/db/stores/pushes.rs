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
        },
        stores::retiring,
    },
    domain::{
        code::{SkuCode, StoreCode},
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

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = pushes, treat_none_as_default_value = false)]
pub struct Push {
    pub sku: SkuCode,
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
}

impl Push {
    /// The push of a listing that was not scanned yet.
    pub fn new(sku: SkuCode, store: StoreCode) -> Self {
        Self {
            sku,
            store,
            acknowledged: None,
            acknowledged_at: None,
            behind_since: None,
            lower_since: None,
            due_at: None,
            lease: None,
            sending: None,
            failures: 0,
            problem: None,
            problem_text: None,
            locked_quantity: None,
            locked_until: None,
            sequence: 0,
        }
    }

    /// A lease that has ended counts as none: its server is gone.
    pub fn sync(&self, should: i64, now: Moment) -> ListingSync {
        let is_on_its_way = self.lease.is_some() && !self.is_due(now);
        let Self { acknowledged, sending, lower_since, .. } = *self;
        ListingSync { should, acknowledged, sending, is_on_its_way, lower_since }
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

pub fn of_skus<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<HashMap<SkuCode, Vec<Push>>> {
    let of_skus = pushes::table.filter(among(conn, "pushes.sku", codes));
    // Thousands are read when a sale starts. Rows of the concrete database cost less than those of `MultiConnection`.
    let rows: Vec<Push> = on_db!(conn, |conn| of_skus.select(Push::as_select()).load(conn))?;
    let mut of_sku: HashMap<SkuCode, Vec<Push>> = HashMap::new();
    for row in rows {
        of_sku.entry(row.sku.clone()).or_default().push(row);
    }
    Ok(of_sku)
}

/// Up to `limit` SKUs after `last` that have pushes, by code.
pub fn skus_after(conn: &mut Conn, last: Option<&SkuCode>, limit: i64) -> QueryResult<Vec<SkuCode>> {
    let after = last.map_or("", SkuCode::as_str);
    pushes::table
        .filter(pushes::sku.gt(after))
        .order(pushes::sku)
        .select(pushes::sku)
        .distinct()
        .limit(limit)
        .load(conn)
}

/// A listing that is due.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct DuePush {
    pub sku: SkuCode,
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

fn due_in(store: &StoreCode, lane: Lane, now: Moment) -> pushes::BoxedQuery<'_, crate::db::Backend> {
    let due = pushes::table.filter(pushes::store.eq(store)).filter(pushes::due_at.le(now)).into_boxed();
    match lane {
        Lane::First => due.filter(pushes::problem.is_null()),
        Lane::Retries => due.filter(pushes::problem.is_not_null()),
    }
}

/// Up to `limit` pushes to `store` in a lane that are due at `now`: the urgent ones first; those that have waited longest before
/// others.
pub fn due(conn: &mut Conn, store: &StoreCode, lane: Lane, now: Moment, limit: usize) -> QueryResult<Vec<DuePush>> {
    let most = i64::try_from(limit).expect("a small number");
    let due = || {
        let of_lane = due_in(store, lane, now).order((pushes::due_at, pushes::sku));
        of_lane.select((pushes::sku, pushes::failures)).limit(most)
    };
    let is_urgent = pushes::lower_since.is_not_null().and(pushes::acknowledged.is_not_null());
    let mut found: Vec<DuePush> = match lane {
        Lane::First => due().filter(is_urgent).load(conn)?,
        Lane::Retries => Vec::new(),
    };
    if found.len() < limit {
        let urgent: HashSet<SkuCode> = found.iter().map(|due| due.sku.clone()).collect();
        found.extend(due().load::<DuePush>(conn)?.into_iter().filter(|due| !urgent.contains(&due.sku)));
        found.truncate(limit);
    }
    Ok(found)
}

pub fn is_any_due(conn: &mut Conn, store: &StoreCode, lane: Lane, now: Moment) -> QueryResult<bool> {
    due_in(store, lane, now).select(pushes::sku).first::<SkuCode>(conn).optional().map(|sku| sku.is_some())
}

/// Extends a lease, and returns how many listings it still has.
pub fn extend(conn: &mut Conn, store: &StoreCode, lease: &str, until: Moment) -> QueryResult<usize> {
    let behind = || pushes::table.filter(pushes::store.eq(store)).filter(pushes::behind_since.is_not_null());
    let leased = || behind().filter(pushes::lease.eq(lease));
    let codes: Vec<SkuCode> = leased().select(pushes::sku).load(conn)?;
    skus::lock(conn, &codes)?;
    diesel::update(leased()).set(pushes::due_at.eq(until)).execute(conn)
}

/// Locks the SKUs of all listings of `store`, the retiring ones too: a transaction that writes pushes locks their SKUs first, then the
/// connection. All listings, because each may have got a push by the time that it is locked.
pub fn lock_skus_of(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let mut codes: Vec<SkuCode> = listings::table.filter(listings::store.eq(store)).select(listings::sku).load(conn)?;
    codes.extend(retiring::skus_of(conn, store)?);
    skus::lock(conn, &codes).map(drop)
}

/// Like [`lock_skus_of`], but only the SKUs whose listings are out of sync.
pub fn lock_skus_behind(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    let behind = pushes::table.filter(pushes::store.eq(store)).filter(pushes::behind_since.is_not_null());
    let codes: Vec<SkuCode> = behind.select(pushes::sku).load(conn)?;
    skus::lock(conn, &codes).map(drop)
}

/// Inserts or replaces pushes.
pub fn save(conn: &mut Conn, rows: &[Push]) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => rows.chunks(1_000).try_for_each(|some| {
            diesel::insert_into(pushes::table)
                .values(some)
                .on_conflict((pushes::sku, pushes::store))
                .do_update()
                .set((
                    pushes::acknowledged.eq(excluded(pushes::acknowledged)),
                    pushes::acknowledged_at.eq(excluded(pushes::acknowledged_at)),
                    pushes::behind_since.eq(excluded(pushes::behind_since)),
                    pushes::lower_since.eq(excluded(pushes::lower_since)),
                    pushes::due_at.eq(excluded(pushes::due_at)),
                    pushes::lease.eq(excluded(pushes::lease)),
                    pushes::sending.eq(excluded(pushes::sending)),
                    pushes::failures.eq(excluded(pushes::failures)),
                    pushes::problem.eq(excluded(pushes::problem)),
                    pushes::problem_text.eq(excluded(pushes::problem_text)),
                    pushes::locked_quantity.eq(excluded(pushes::locked_quantity)),
                    pushes::locked_until.eq(excluded(pushes::locked_until)),
                    pushes::sequence.eq(excluded(pushes::sequence)),
                ))
                .execute(conn)
                .map(drop)
        }),
        // Nothing refers to them, so replacing is safe; diesel caches no other prepared statement that upserts.
        Conn::Sqlite(conn) => in_prepared!(conn, diesel::replace_into(pushes::table), rows),
    }
}

pub fn delete(conn: &mut Conn, sku: &SkuCode, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(pushes::table.find((sku, store))).execute(conn).map(drop)
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
            pushes::lease.eq(None::<String>),
            pushes::behind_since.eq(now),
            pushes::due_at.eq(now),
        ))
        .execute(conn)?;
    let skus: Vec<SkuCode> = pushes::table.select(pushes::sku).distinct().load(conn)?;
    quantity_checks::enqueue_for_pushes(conn, &skus)
}
