//! What a server claimed in a hurry: of listings that were in step, and are to be sent before there is time to write that to
//! the push of each. Whoever looks at a SKU brings its pushes up to date first; nothing else that decides reads the push of
//! a listing whose claim stands here, because it looks like one that nothing is to be done about.

use super::pushes::Push;
use crate::{
    db::{
        Conn,
        engine::{
            json::{from_json, to_json},
            schema::hurried_claims,
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use diesel::prelude::*;

/// One claim, as far as it was not written to pushes yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HurriedClaim {
    /// Its id.
    pub id: String,
    /// The store.
    pub store: StoreCode,
    /// When it was made: its listings had been in step until then.
    pub at: Moment,
    /// When another server takes over.
    pub until: Moment,
    /// Its listings.
    pub listings: Vec<HurriedListing>,
}

/// A listing of such a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HurriedListing {
    /// Its SKU.
    pub sku: SkuCode,
    /// Units that it may show as well from then on: those that are sent.
    pub sending: i64,
    /// Whether it may show too much.
    pub is_too_much: bool,
}

impl HurriedClaim {
    /// Keeps in the push of one of its listings that it was claimed. One that is not in step is another by now: its store
    /// was connected anew, or the listing mapped to another product.
    pub fn amend(&self, listing: &HurriedListing, push: &mut Push) {
        if push.is_in_step() {
            push.claim = Some(self.id.clone());
            push.sending = Some(listing.sending);
            (push.behind_since, push.due_at) = (Some(self.at), Some(self.until));
            push.lower_since = listing.is_too_much.then_some(self.at);
        }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = hurried_claims)]
struct Row {
    claim: String,
    store: StoreCode,
    behind_since: Moment,
    due_at: Moment,
    listings: String,
}

impl From<&HurriedClaim> for Row {
    fn from(claim: &HurriedClaim) -> Self {
        let HurriedClaim { id, store, at, until, listings } = claim;
        let listings: Vec<_> = listings.iter().map(|it| (&it.sku, it.sending, it.is_too_much)).collect();
        let (claim, store) = (id.clone(), store.clone());
        Self { claim, store, behind_since: *at, due_at: *until, listings: to_json(&listings) }
    }
}

impl TryFrom<Row> for HurriedClaim {
    type Error = diesel::result::Error;

    fn try_from(row: Row) -> QueryResult<Self> {
        let Row { claim, store, behind_since, due_at, listings } = row;
        let listings: Vec<(String, i64, bool)> = from_json(&listings)?;
        let listing = |(sku, sending, is_too_much)| HurriedListing { sku: SkuCode::trusted(sku), sending, is_too_much };
        let listings = listings.into_iter().map(listing).collect();
        Ok(Self { id: claim, store, at: behind_since, until: due_at, listings })
    }
}

/// Whether claims may be made in a hurry: not where one transaction may have a SKU of a claim locked, and another the next.
/// SQLite has one that writes.
#[must_use]
pub fn are_possible(conn: &Conn) -> bool {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => false,
        Conn::Sqlite(_) => true,
    }
}

/// All there are, the first that were made before the others.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<HurriedClaim>> {
    if !are_possible(conn) {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> =
        hurried_claims::table.order((hurried_claims::behind_since, hurried_claims::claim)).load(conn)?;
    rows.into_iter().map(HurriedClaim::try_from).collect()
}

/// Whether one has ended by `now`: its server is gone.
///
/// # Errors
/// When the database fails.
pub fn is_any_ended(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    if !are_possible(conn) {
        return Ok(false);
    }
    let ended = hurried_claims::table.filter(hurried_claims::due_at.le(now)).select(hurried_claims::claim);
    ended.first::<String>(conn).optional().map(|claim| claim.is_some())
}

/// Has those of `store` whose ids begin with `run` end at `until`, as [`super::pushes::extend`].
///
/// # Errors
/// When the database fails.
pub fn extend(conn: &mut Conn, store: &StoreCode, run: &str, until: Moment) -> QueryResult<()> {
    if !are_possible(conn) {
        return Ok(());
    }
    let of_store = hurried_claims::table.filter(hurried_claims::store.eq(store));
    let of_run = of_store.filter(hurried_claims::claim.like(format!("{run}%")));
    diesel::update(of_run).set(hurried_claims::due_at.eq(until)).execute(conn).map(drop)
}

/// Keeps a claim, or what is left of it.
///
/// # Errors
/// When the database fails.
pub fn save(conn: &mut Conn, claim: &HurriedClaim) -> QueryResult<()> {
    if claim.listings.is_empty() {
        return diesel::delete(hurried_claims::table.find(&claim.id)).execute(conn).map(drop);
    }
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => unreachable!("none is made there"),
        Conn::Sqlite(conn) => {
            diesel::replace_into(hurried_claims::table).values(Row::from(claim)).execute(conn).map(drop)
        }
    }
}
