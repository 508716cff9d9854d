//! `/push-log.csv`: every entry that matches the filters of the list, read and sent in batches.

use super::list::PushesQuery;
use crate::{
    csv_file::CsvWriter,
    db::stores::{
        self,
        push_log::{self, Key, LoggedPush},
    },
    domain::promotions::schedule,
    web::{download, error::PageResult, form::FormErrors, query::Query, visit::Visit},
};
use chrono_tz::Tz;
use std::io;

/// `sku` is that of a plain listing or, of a kit, its seller SKU. `at` is in UTC, `local_time` in `time_zone`: that of the chosen store, or of the organization.
const COLUMNS: [&str; 11] =
    ["at", "store", "sku", "from", "to", "why", "outcome", "answer", "request_id", "local_time", "time_zone"];

const BATCH_ROWS: i64 = 1_000;

pub async fn show(visit: Visit, Query(query): Query<PushesQuery>) -> PageResult {
    let header = download::rows(|file| file.row(COLUMNS))?;
    let database = visit.database().clone();
    let stores = database.read(stores::all).await?;
    let filter = query.filter(&stores, visit.who.zone, &mut FormErrors::default());
    let zone = stores.zone_or(&query.store, visit.who.zone);
    Ok(download::csv("pushes.csv", header, None, move |last| {
        let database = database.clone();
        let filter = filter.clone();
        async move {
            let lines = database.read(move |conn| push_log::after(conn, &filter, last, BATCH_ROWS)).await?;
            let Some(last) = lines.last().map(Key::of) else { return Ok(None) };
            let rows = download::rows(|file| lines.iter().try_for_each(|line| write(file, line, zone)))?;
            Ok(Some((rows, Some(last))))
        }
    }))
}

fn write(file: &mut CsvWriter<impl io::Write>, line: &LoggedPush, zone: Tz) -> io::Result<()> {
    let LoggedPush { at, store, quantity_before, quantity, why, outcome, answer, request_id, .. } = line;
    file.row([
        at.to_string().as_str(),
        store.as_str(),
        line.name(),
        &quantity_before.map_or_else(String::new, |units| units.to_string()),
        &quantity.to_string(),
        why,
        outcome.as_str(),
        answer,
        request_id.as_deref().unwrap_or_default(),
        &schedule::local_in_file(*at, zone),
        zone.name(),
    ])
}
