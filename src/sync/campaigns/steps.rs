//! The transactions of reading campaigns: which store is due, which listings are read next, and what is stored after it.

use crate::{
    db::{
        self, Conn, QueryResult,
        engine::paging::Place,
        promotions::running,
        stores::{
            campaign_reads::{self, CampaignRead, Hint},
            campaigns::{self, Found},
            connections::{self, Connection},
            listings::{self, Listing},
        },
    },
    domain::{code::StoreCode, moment::Moment, stores::campaign},
    marketplaces::{campaigns::Campaigns, registry},
};
use chrono::TimeDelta;

/// How long a server may take for a part before another may read it.
const LEASE: TimeDelta = TimeDelta::minutes(5);

/// Listings of one part: a few requests.
const PART: i64 = 200;

/// Products of messages that are read in one go.
const HINTED: i64 = 50;

/// What one server reads in one go.
#[derive(Debug, Clone)]
pub struct Part {
    /// The row of the store while it is read.
    pub read: CampaignRead,
    pub listings: Vec<Listing>,
    /// The messages that it follows; none for a part of a pass.
    hints: Vec<Hint>,
}

/// Whether the campaigns of a store may be read: its connection was tested and is not paused.
fn is_ready(connection: &Connection, now: Moment) -> bool {
    let are_read = registry::describe(connection.kind).campaigns == Campaigns::AreRead;
    are_read && connection.tested_at.is_some() && connection.is_ready(now)
}

/// The stores whose campaigns are to be read now, by no other server.
pub fn due(conn: &mut Conn, now: Moment) -> QueryResult<Vec<StoreCode>> {
    let reads = campaign_reads::all(conn)?;
    let hinted = campaign_reads::hinted_stores(conn)?;
    let selling = running::selling_stores(conn, now)?;
    let mut due = Vec::new();
    for connection in connections::all(conn)?.into_iter().filter(|connection| is_ready(connection, now)) {
        let store = &connection.store;
        let period = campaign::period(selling.contains(store));
        let is_due = reads.iter().find(|read| read.store == *store).is_none_or(|read| {
            let is_hinted = read.due_at <= now && hinted.contains(store);
            read.is_free(now, LEASE) && (is_hinted || read.is_pass_due(period, now))
        });
        if is_due {
            due.push(connection.store);
        }
    }
    Ok(due)
}

/// What is read next of a store, for this server alone.
pub fn next(conn: &mut Conn, store: &StoreCode, now: Moment) -> Result<Option<Part>, db::Error> {
    let Some(connection) = connections::lock(conn, store)?.filter(|connection| is_ready(connection, now)) else {
        return Ok(None);
    };
    let mut read = campaign_reads::lock_or_begin(conn, store, now)?;
    if !read.is_free(now, LEASE) || read.due_at > now {
        return Ok(None);
    }
    let hints = campaign_reads::hints(conn, store, HINTED)?;
    let listings = if !hints.is_empty() {
        let items: Vec<&str> = hints.iter().map(|hint| hint.item_id.as_str()).collect();
        listings::with_items(conn, store, &items)?
    } else if read.is_pass_due(campaign::period(running::selling_stores(conn, now)?.contains(store)), now) {
        if read.place.is_none() {
            read.started_at = now;
        }
        let place = read.place.clone().map_or(Place::Start, Place::After);
        listings::mapped(conn, store, connection.kind, &place, PART)?
    } else {
        return Ok(None);
    };
    read.leased_until = Some(now.plus(LEASE));
    campaign_reads::update(conn, &read)?;
    Ok(Some(Part { read, listings, hints }))
}

/// Stores what was read, and where the next part begins. Returns whether that is due already.
pub fn record(conn: &mut Conn, part: &Part, found: &Found, now: Moment) -> Result<bool, db::Error> {
    let Part { read, listings, hints } = part;
    if campaign_reads::lock(conn, &read.store)?.as_ref() != Some(read) {
        // Another server has it, or the store is connected to another shop.
        return Ok(false);
    }
    campaigns::replace(conn, &read.store, found, now)?;
    let mut next = CampaignRead { failures: 0, problem_text: None, leased_until: None, ..read.clone() };
    if hints.is_empty() {
        let is_last = i64::try_from(listings.len()).is_ok_and(|count| count < PART);
        next.place = listings.last().filter(|_| !is_last).map(Listing::place);
        if is_last {
            next.finished_at = Some(now);
            campaigns::trim(conn, &read.store, read.started_at, now)?;
        }
    }
    for hint in hints {
        campaign_reads::follow_hint(conn, hint)?;
    }
    campaign_reads::update(conn, &next)?;
    Ok(true)
}

/// Ends the lease of a part that was not read, with `next` as the row. Returns whether it stood.
pub fn end(conn: &mut Conn, read: &CampaignRead, next: &CampaignRead) -> Result<bool, db::Error> {
    if campaign_reads::lock(conn, &read.store)?.as_ref() != Some(read) {
        return Ok(false);
    }
    campaign_reads::update(conn, next)?;
    Ok(true)
}
