//! Keeps the rows of a file of stock changes from being applied a second time: differences add up, and nothing shows
//! afterwards that one of them was a mistake. People send a file again whole after they have fixed what failed, and a sheet
//! that they only add rows to.

use super::{import_stock_changes, start_import::StartRefusal};
use crate::{
    csv_file::Header,
    db::{
        Conn, Failed, QueryResult,
        imports::{self, Import, changes, questions},
        staff::organization,
    },
    domain::{moment::Moment, promotions::schedule, text::counted},
};
use chrono::TimeDelta;
use std::collections::HashMap;

/// How long the rows of a file are remembered.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// How often each change, by its hash, is in a file.
type Counts = HashMap<i64, usize>;

/// Refuses an import of which nothing was applied yet if it has the rows of an earlier one. Of an earlier one that failed in
/// part the rows that were applied are left out instead, if all of them are here: this is that file, fixed.
pub fn run(conn: &mut Conn, import: &mut Import, header: &Header, now: Moment) -> Result<(), Failed<StartRefusal>> {
    changes::lock(conn)?;
    if let Some(hash) = &import.content_hash
        && let Some(earlier) = imports::find_by_content(conn, hash)?
        && is_applied(&earlier)
    {
        let at = time_of(conn, &earlier)?;
        return Err(Failed::Refused(StartRefusal::AppliedBefore { file_name: earlier.file_name, at }));
    }
    changes::forget_before(conn, now.plus(-REMEMBERED))?;
    let counts = counts_of(conn, import, header)?;
    let mut done = applied_before(conn, import, counts)?;
    Ok(leave_out(conn, import, header, &mut done)?)
}

/// Whether rows of it were applied, or may be at any moment.
fn is_applied(import: &Import) -> bool {
    import.finished_at.is_none() || import.rows_created > 0
}

/// When it was imported, with the zone that the organization uses.
fn time_of(conn: &mut Conn, import: &Import) -> QueryResult<String> {
    let zone = organization::read(conn)?.zone(conn)?;
    Ok(format!("{} ({})", schedule::display(import.created_at, zone), zone.name()))
}

/// The changes in the queued rows of an import.
fn counts_of(conn: &mut Conn, import: &Import, header: &Header) -> QueryResult<Counts> {
    let mut counts = Counts::new();
    let mut after = -1;
    while let Some((first_row, rows)) = questions::rows_after(conn, import.id, after)? {
        after = first_row;
        for hash in rows.iter().filter_map(|row| import_stock_changes::hash_of(header, row)) {
            *counts.entry(hash).or_default() += 1;
        }
    }
    Ok(counts)
}

/// Those of `counts` that earlier imports have applied.
fn applied_before(conn: &mut Conn, import: &mut Import, mut counts: Counts) -> Result<Counts, Failed<StartRefusal>> {
    let mut done = Counts::new();
    let hashes: Vec<i64> = counts.keys().copied().collect();
    for id in changes::imports_with(conn, &hashes)? {
        let Some(earlier) = imports::find(conn, id)? else { continue };
        let applied = changes::hashes_of(conn, id)?;
        let again = taken_from(&mut counts, &applied);
        if again.len() * 2 <= applied.len() {
            give_back(&mut counts, &again);
            continue;
        }
        let at = time_of(conn, &earlier)?;
        let file_name = earlier.file_name;
        let is_fixed = earlier.finished_at.is_some() && earlier.rows_failed > 0 && again.len() == applied.len();
        let rows = counted(again.len(), "row");
        let were = if again.len() == 1 { "was" } else { "were" };
        if !is_fixed {
            let rows = format!("{rows} of this file {were}");
            return Err(Failed::Refused(StartRefusal::AppliedInPart { rows, file_name, at }));
        }
        import.add_notes(vec![format!(
            "{rows} {were} applied by the import of {file_name} at {at}, and not a second time. If they are further changes, \
             import them with a note that says so."
        )]);
        give_back(&mut done, &again);
    }
    Ok(done)
}

/// Takes each of `hashes` out of `counts` that is there, and returns those.
fn taken_from(counts: &mut Counts, hashes: &[i64]) -> Vec<i64> {
    let mut taken = Vec::new();
    for hash in hashes {
        if let Some(count) = counts.get_mut(hash).filter(|count| **count > 0) {
            *count -= 1;
            taken.push(*hash);
        }
    }
    taken
}

fn give_back(counts: &mut Counts, hashes: &[i64]) {
    for hash in hashes {
        *counts.entry(*hash).or_default() += 1;
    }
}

/// Takes the rows of `done` off the queue, and remembers the others.
fn leave_out(conn: &mut Conn, import: &mut Import, header: &Header, done: &mut Counts) -> QueryResult<()> {
    let mut after = -1;
    while let Some((first_row, rows)) = questions::rows_after(conn, import.id, after)? {
        after = first_row;
        let before = rows.len();
        let mut kept = Vec::with_capacity(before);
        let mut numbered = Vec::with_capacity(before);
        for row in rows {
            let hash = import_stock_changes::hash_of(header, &row);
            if hash.is_some_and(|hash| !taken_from(done, &[hash]).is_empty()) {
                import.rows_done += 1;
                import.rows_updated += 1;
                continue;
            }
            let number = first_row + i64::try_from(kept.len()).expect("a chunk has a few rows");
            numbered.extend(hash.map(|hash| (number, hash)));
            kept.push(row);
        }
        if kept.len() < before {
            imports::replace_chunk(conn, import.id, first_row, &kept)?;
        }
        if !import.is_check {
            changes::insert(conn, import.id, &numbered)?;
        }
    }
    Ok(())
}
