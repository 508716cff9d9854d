//! Keeps what came of [`super::verify`], so that everybody sees when everything was last recomputed and what was found.

use super::verify::Report;
use crate::{
    clock::new_id,
    db::{
        Conn, QueryResult,
        verifications::{self, Verification, verify_stock::Counts},
    },
    domain::moment::Moment,
};
use chrono::TimeDelta;

/// The differences that are kept in words.
pub const LISTED: usize = 50;

/// After so long one is not running any more: its server was stopped.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(1);

/// Begins one at `now` for `actor`, unless one is running.
///
/// # Errors
/// When the database fails.
pub fn begin(conn: &mut Conn, now: Moment, actor: &str) -> QueryResult<Option<Verification>> {
    verifications::give_up(conn, now.plus(-GIVEN_UP_AFTER), now)?;
    let begun = Verification::begun(new_id(now), now, actor.to_owned());
    Ok(verifications::insert(conn, &begun)?.then_some(begun))
}

/// Whether the last was begun `every` so long before `now`, or there was none yet.
///
/// # Errors
/// When the database fails.
pub fn is_due(conn: &mut Conn, now: Moment, every: TimeDelta) -> QueryResult<bool> {
    let last = verifications::last(conn)?;
    Ok(last.is_none_or(|last| now.since(last.began_at) >= every))
}

/// Keeps what came of the one that was begun.
///
/// # Errors
/// When the database fails.
pub fn finish(conn: &mut Conn, begun: &Verification, at: Moment, report: &Report) -> QueryResult<()> {
    verifications::save(conn, &finished(begun, at, report))
}

/// Keeps that the one that was begun did not come to its end.
///
/// # Errors
/// When the database fails.
pub fn fail(conn: &mut Conn, begun: &Verification, at: Moment) -> QueryResult<()> {
    verifications::save(conn, &Verification { finished_at: Some(at), ..begun.clone() })
}

/// Keeps one that was begun by `actor` at another place, and is finished.
///
/// # Errors
/// When the database fails.
pub fn keep(
    conn: &mut Conn,
    (began_at, finished_at): (Moment, Moment),
    actor: &str,
    report: &Report,
) -> QueryResult<()> {
    let begun = Verification::begun(new_id(began_at), began_at, actor.to_owned());
    verifications::insert(conn, &finished(&begun, finished_at, report)).map(drop)
}

fn finished(begun: &Verification, at: Moment, report: &Report) -> Verification {
    let Counts { skus, entries, holds, orders } = report.counts;
    let listed: Vec<String> = report.differences.iter().take(LISTED).map(ToString::to_string).collect();
    Verification {
        finished_at: Some(at),
        skus,
        entries,
        holds,
        orders,
        differences: Some(i64::try_from(report.differences.len()).expect("fewer than can be counted")),
        listed: listed.join("\n"),
        ..begun.clone()
    }
}
