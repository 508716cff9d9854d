//! `/`: what runs, what ends soon, and what somebody has to look at. Until the first flash sale is made: how to begin.

use super::{
    catalogue::path_of,
    promotions::store_of,
    running::{self, RunningRow},
};
use crate::{
    db::{
        self,
        promotions::Promotion,
        reads::{
            promotions::Totals,
            running::{ATTENTION_ROWS, Begun, ShortHold, begun, count, oversold, short_holds, soonest_ending},
        },
        skus::Sku,
        stores::{self, Store},
    },
    domain::moment::Moment,
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        visit::Visit,
    },
};
use askama::Template;
use chrono::TimeDelta;

/// What counts as ending soon.
const SOON: TimeDelta = TimeDelta::hours(1);

/// The running flash sales that are listed.
const RUNNING_ROWS: i64 = 10;

#[derive(Template)]
#[template(path = "dashboard/show.html")]
struct DashboardPage {
    page: Layout,
    begun: Begun,
    running_count: i64,
    ending_count: i64,
    running: Vec<RunningRow>,
    short: Vec<ShortRow>,
    oversold: Vec<OversoldRow>,
}

/// A hold that is short.
struct ShortRow {
    sku: String,
    sku_path: String,
    promotion: String,
    promotion_path: String,
    store: String,
    remaining: i64,
    short_by: i64,
}

/// A SKU that open orders are owed units of.
struct OversoldRow {
    sku: String,
    sku_path: String,
    name: String,
    oversold: i64,
}

impl DashboardPage {
    /// How many there are, where a list has no more than its first rows.
    fn count_of(rows: usize) -> String {
        if rows < ATTENTION_ROWS { rows.to_string() } else { format!("{ATTENTION_ROWS} or more") }
    }
}

/// Everything on the page, of one moment.
struct Read {
    begun: Begun,
    stores: Vec<Store>,
    counts: (i64, i64),
    running: Vec<(Promotion, Totals)>,
    short: Vec<ShortHold>,
    oversold: Vec<Sku>,
}

impl Read {
    fn all(conn: &mut db::Conn, now: Moment) -> Result<Self, db::Error> {
        Ok(Self {
            begun: begun(conn)?,
            stores: stores::all(conn)?,
            counts: count(conn, now, now.plus(SOON))?,
            running: soonest_ending(conn, None, now, RUNNING_ROWS)?,
            short: short_holds(conn, now)?,
            oversold: oversold(conn)?,
        })
    }
}

/// Shows the dashboard.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit) -> PageResult {
    let now = visit.now;
    let read = visit.database().read(move |conn| Read::all(conn, now)).await?;
    let Read { begun, stores, counts: (running_count, ending_count), running, short, oversold } = read;
    let page = DashboardPage {
        page: visit.layout("dashboard"),
        begun,
        running_count,
        ending_count,
        running: running::rows(running, &stores, now)?,
        short: short.into_iter().map(|short| short_row(short, &stores)).collect::<Result<_, _>>()?,
        oversold: oversold.into_iter().map(oversold_row).collect(),
    };
    ok(&page)
}

fn short_row(short: ShortHold, stores: &[Store]) -> Result<ShortRow, PageError> {
    let ShortHold { sku, hold, short_by } = short;
    Ok(ShortRow {
        sku_path: path_of(&sku),
        sku: sku.to_string(),
        promotion_path: format!("/promotions/{}", hold.promotion),
        store: store_of(stores, &hold.store)?.name.clone(),
        remaining: hold.remaining(),
        promotion: hold.promotion_name,
        short_by,
    })
}

fn oversold_row(sku: Sku) -> OversoldRow {
    OversoldRow { sku_path: path_of(&sku.code), sku: sku.code.to_string(), name: sku.name, oversold: sku.oversold }
}
