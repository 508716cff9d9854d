//! Stores the runs of [`super::verify`] and their reports, so that all staff see when the last one ran and what it found.

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

/// The most differences that are stored as text. All are counted.
pub const LISTED: usize = 50;

/// A run that began this long ago has been interrupted: its server was stopped.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(1);

/// Starts a run, unless one is running.
pub fn begin(conn: &mut Conn, now: Moment, actor: &str) -> QueryResult<Option<Verification>> {
    verifications::give_up(conn, now.plus(-GIVEN_UP_AFTER), now)?;
    let begun = Verification::begun(new_id(now), now, actor.to_owned());
    Ok(verifications::insert(conn, &begun)?.then_some(begun))
}

/// Whether the last run began at least `every` ago, or there was none yet.
pub fn is_due(conn: &mut Conn, now: Moment, every: TimeDelta) -> QueryResult<bool> {
    let last = verifications::last(conn)?;
    Ok(last.is_none_or(|last| now.since(last.began_at) >= every))
}

pub fn finish(conn: &mut Conn, begun: &Verification, at: Moment, report: &Report) -> QueryResult<()> {
    verifications::save(conn, &finished(begun, at, report))
}

/// Stores that the run failed: it has an end but no report.
pub fn fail(conn: &mut Conn, begun: &Verification, at: Moment) -> QueryResult<()> {
    verifications::save(conn, &Verification { finished_at: Some(at), ..begun.clone() })
}

/// Stores a finished run of the command line, which does not use [`begin`] because the database may be read-only.
pub fn store(
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
        differences: Some(i64::try_from(report.differences.len()).expect("the number fits in 64 bits")),
        listed: listed.join("\n"),
        ..begun.clone()
    }
}
