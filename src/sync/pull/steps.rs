//! The transactions of reading orders: which store is due, what is read next, and what is stored after it.

use super::record::{self, Recorded};
use crate::{
    db::{
        self, Conn, QueryResult,
        promotions::running,
        stores::{
            connections::{self, Connection},
            order_hints::{self, Hint},
            pulls::{self, Pull},
            pushes,
        },
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::pull::{self, Reach},
    },
    marketplaces::{
        orders::{OrderPage, Pulling},
        registry,
    },
};
use chrono::TimeDelta;

/// The right of one server to read the orders of a store.
#[derive(Debug, Clone)]
pub struct Lease {
    pub store: StoreCode,
    pub id: String,
}

/// What is read in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Orders that messages were about.
    Named(Vec<Hint>),
    /// A part of a window.
    Part { window: Reach, page: Option<String> },
}

/// What was read.
pub struct Read {
    pub step: Step,
    pub page: OrderPage,
    /// For each order, whether this server has recorded it in this state before.
    pub is_same: Vec<bool>,
}

/// Whether the orders of a store may be read: its connection was tested and is not paused.
fn is_ready(connection: &Connection, now: Moment) -> bool {
    is_read(connection) && connection.is_ready(now)
}

/// Whether the orders of a store are read, as far as its connection goes.
pub fn is_read(connection: &Connection) -> bool {
    registry::describe(connection.kind).pulling.is_some() && connection.tested_at.is_some()
}

/// The stores whose orders are to be read now, by no other server.
pub fn due(conn: &mut Conn, now: Moment) -> QueryResult<Vec<StoreCode>> {
    let pulls = pulls::all(conn)?;
    let hinted = order_hints::stores_waiting(conn)?;
    let selling = running::selling_stores(conn, now)?;
    let mut due = Vec::new();
    for connection in connections::all(conn)? {
        let store = &connection.store;
        if !is_ready(&connection, now) {
            continue;
        }
        let is_due = match pulls.iter().find(|pull| pull.store == *store) {
            None => true,
            Some(pull) => {
                let is_hinted = hinted.contains(store) && (pull.failures == 0 || pull.due_at <= now);
                let period = pull::period(selling.contains(store));
                pull.is_free(now) && (is_hinted || is_sweep_due(conn, pull, period, now)?)
            }
        };
        if is_due {
            due.push(connection.store);
        }
    }
    Ok(due)
}

/// Whether the changes of a store are to be read, once in a `period` or because a quantity that is to be raised waits for them.
fn is_sweep_due(conn: &mut Conn, pull: &Pull, period: TimeDelta, now: Moment) -> QueryResult<bool> {
    if pull.due_at > now {
        return Ok(false);
    }
    let Some(until) = pull.complete_until else { return Ok(true) };
    if now.since(until) >= period || until > now || pull.window().is_some() {
        return Ok(true);
    }
    if !pull::may_be_read_for_raises(until, now) {
        return Ok(false);
    }
    pushes::is_any_raise_due_after(conn, &pull.store, pull::fresh_until(Some(until), now), now)
}

/// Takes the lease, unless another server has it.
pub fn take(conn: &mut Conn, lease: &Lease, now: Moment, until: Moment) -> QueryResult<bool> {
    let Some(connection) = connections::lock(conn, &lease.store)? else { return Ok(false) };
    let mut pull = pulls::lock_or_begin(conn, &lease.store, now)?;
    if !pull.is_free(now) || !is_ready(&connection, now) {
        return Ok(false);
    }
    pull.lease = Some(lease.id.clone());
    pull.leased_until = Some(until);
    pulls::update(conn, &pull)?;
    Ok(true)
}

/// Extends the lease. `false` if it does not stand any more.
pub fn extend(conn: &mut Conn, lease: &Lease, until: Moment) -> QueryResult<bool> {
    let Some(mut pull) = leased(conn, lease)? else { return Ok(false) };
    pull.leased_until = Some(until);
    pulls::update(conn, &pull)?;
    Ok(true)
}

/// The row of the store, if the lease stands.
fn leased(conn: &mut Conn, lease: &Lease) -> QueryResult<Option<Pull>> {
    Ok(pulls::lock(conn, &lease.store)?.filter(|pull| pull.lease.as_ref() == Some(&lease.id)))
}

/// What is read next. Without anything, the lease ends. A window that is due is read after at most one step of orders that
/// messages were about: during a sale there may always be some.
pub fn next(
    conn: &mut Conn,
    lease: &Lease,
    used: &Connection,
    now: Moment,
    (pulling, first_reach): (&Pulling, TimeDelta),
    was_named: bool,
) -> QueryResult<Option<Step>> {
    let is_same = connections::find(conn, &lease.store)?
        .is_some_and(|stored| stored.kind == used.kind && stored.api_url == used.api_url && is_ready(&stored, now));
    let Some(mut pull) = leased(conn, lease)? else { return Ok(None) };
    if !is_same {
        release(&mut pull);
        pulls::update(conn, &pull)?;
        return Ok(None);
    }
    let period = pull::period(running::selling_stores(conn, now)?.contains(&pull.store));
    let is_sweep_due = is_sweep_due(conn, &pull, period, now)?;
    if !(was_named && is_sweep_due) {
        let hints = order_hints::unread(conn, &lease.store, pulling.most_named)?;
        if !hints.is_empty() {
            return Ok(Some(Step::Named(hints)));
        }
    }
    if !is_sweep_due {
        release(&mut pull);
        pulls::update(conn, &pull)?;
        return Ok(None);
    }
    if let Some(window) = pull.window() {
        return Ok(Some(Step::Part { window, page: pull.page }));
    }
    let first = pull.began_at.plus(-first_reach);
    let window = pull::next_window(pull.progress(), first, now, (period, pulling.longest_window));
    pull.set_window(Some(window));
    pulls::update(conn, &pull)?;
    Ok(Some(Step::Part { window, page: None }))
}

/// Records what was read and moves the cursor behind it. `false` if the lease does not stand any more: then the cursor stays
/// where the other server has it. What was read is true all the same.
pub fn done(
    conn: &mut Conn,
    lease: &Lease,
    used: &Connection,
    now: Moment,
    Read { step, page, is_same }: &Read,
    until: Moment,
) -> Result<bool, db::Error> {
    // The SKUs of the orders are locked before the row of the store, as everywhere.
    let Some(found) = pulls::find(conn, &lease.store)? else { return Ok(false) };
    let recorded = record::run(conn, used, &found, (&page.orders, is_same), now)?;
    let Some(mut pull) = leased(conn, lease)? else { return Ok(false) };
    note(&mut pull, &recorded, &page.unreadable);
    pull.failures = 0;
    pull.problem_text = None;
    pull.leased_until = Some(until);
    match step {
        Step::Named(hints) => {
            for hint in hints {
                order_hints::mark_read(conn, hint, now)?;
            }
        }
        Step::Part { window, .. } => match &page.next {
            Some(next) => pull.page = Some(next.clone()),
            None => {
                pull.complete(*window);
                // The window had the orders of older messages: a store that was paused may have many.
                order_hints::mark_all_read(conn, &pull.store, window.until.plus(-pull::OVERLAP), now)?;
                pull.due_at = now;
            }
        },
    }
    pulls::update(conn, &pull)?;
    Ok(true)
}

/// Ends the lease, if it stands, after `change`.
pub fn end(conn: &mut Conn, lease: &Lease, change: impl FnOnce(&mut Pull)) -> QueryResult<()> {
    let Some(mut pull) = leased(conn, lease)? else { return Ok(()) };
    change(&mut pull);
    release(&mut pull);
    pulls::update(conn, &pull)
}

fn release(pull: &mut Pull) {
    pull.lease = None;
    pull.leased_until = None;
}

/// Notes the orders that could not be read or recorded: they are shown on the page of the store. One that cannot be read comes
/// again with each window of the overlap: the same one in a row counts once.
fn note(pull: &mut Pull, recorded: &Recorded, unreadable: &[String]) {
    for why in unreadable.iter().chain(&recorded.refused) {
        if pull.refused_text.as_ref() == Some(why) {
            continue;
        }
        tracing::warn!(store = %pull.store, why, "an order was not recorded");
        pull.refused += 1;
        pull.refused_text = Some(why.clone());
    }
}
