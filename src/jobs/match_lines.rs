//! Matches the lines of orders whose seller SKU is that of a listing by now. Whoever adds a listing does it at once; this
//! finds what came in at the same moment, and listings that were given another seller SKU.

use super::runner::Run;
use crate::{
    actions::orders::match_lines,
    db::{self, Database, orders::unmatched},
    domain::{catalogue::ledger::Cause, moment::Moment},
};

/// Orders of one run.
const SOME: i64 = 100;

/// The orders are matched in transactions of their own.
pub async fn run_once(database: &Database, now: Moment) -> Result<Run, db::Error> {
    let found = database.read(|conn| Ok::<_, db::Error>(unmatched::orders_to_match(conn, SOME)?)).await?;
    let mut matched = 0;
    let count = found.len();
    for key in found {
        let cause = Cause { actor: "flashsale".to_owned(), at: now, reason: "a listing has its seller SKU".to_owned() };
        let is_matched =
            database.write(move |conn| Ok::<_, db::Error>(match_lines::of_order(conn, &cause, &key)?)).await?;
        matched += usize::from(is_matched);
    }
    let is_full = count == usize::try_from(SOME).expect("a small number");
    Ok(if is_full && matched > 0 { Run::More } else { Run::Done })
}
