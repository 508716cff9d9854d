//! `/`: what runs, what ends soon, and what somebody has to look at. Until the first flash sale is made: how to begin.

mod attention;

use super::promotions::running::{self, RunningRow};
use crate::{
    db::{
        self,
        catalogue::skus::Sku,
        dashboard::{Found, NearlySold, ROWS, ShortHold, nearly_sold, owed_orders, owed_skus, short_holds},
        orders::Order,
        promotions::{
            Promotion,
            list::Totals,
            running::{Begun, begun, count, soonest_ending},
        },
        stores::{
            self, Stores,
            push_status::{Count, FailingStore, failing_stores},
        },
        verifications::{self, Verification},
    },
    domain::{moment::Moment, promotions::schedule::duration_in_words},
    screens::dashboard::attention::{NearlyRow, OrderRow, PushRow, ShortRow, SkuRow},
    web::{
        error::PageResult,
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
    short_count: usize,
    nearly: Vec<NearlyRow>,
    nearly_count: i64,
    orders: Vec<OrderRow>,
    orders_count: i64,
    units_owed: i64,
    skus: Vec<SkuRow>,
    skus_count: i64,
    /// The stores that do not take what they are sent.
    pushes: Vec<PushRow>,
    stores_count: i64,
    /// Listings that were not taken, and units that they show and should not.
    pushes_count: Count,
    exposed: Count,
    verified: Verified,
}

/// What came of the last verification.
struct Verified {
    /// How long ago it was begun: `3 hours ago`.
    ago: String,
    tone: &'static str,
    state: String,
    href: String,
}

impl DashboardPage {
    /// That a list has no more than its first rows.
    fn first_of(count: &i64) -> String {
        let rows = i64::try_from(ROWS).expect("a few rows");
        if *count > rows { format!("These are the first {rows} of {count}.") } else { String::new() }
    }
}

/// Everything on the page, of one moment.
struct Read {
    begun: Begun,
    stores: Stores,
    counts: (i64, i64),
    running: Vec<(Promotion, Totals)>,
    short: Vec<ShortHold>,
    nearly: Found<NearlySold>,
    orders: (Found<Order>, i64),
    skus: Found<Sku>,
    pushes: Vec<FailingStore>,
    verified: Option<Verification>,
}

impl Read {
    fn all(conn: &mut db::Conn, now: Moment) -> Result<Self, db::Error> {
        Ok(Self {
            begun: begun(conn)?,
            stores: stores::all(conn)?,
            counts: count(conn, now, now.plus(SOON))?,
            running: soonest_ending(conn, None, now, RUNNING_ROWS)?,
            short: short_holds(conn, now)?,
            nearly: nearly_sold(conn, now)?,
            orders: owed_orders(conn)?,
            skus: owed_skus(conn)?,
            pushes: failing_stores(conn, now)?,
            verified: verifications::last_finished(conn)?,
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
    let Read { begun, stores, counts, running, short, nearly, orders, skus, pushes, verified } = read;
    let (running_count, ending_count) = counts;
    let sum = |count: fn(&FailingStore) -> Count| pushes.iter().map(count).fold(Count::default(), |sum, of| sum + of);
    let (orders, units_owed) = orders;
    let page = DashboardPage {
        page: visit.layout("dashboard"),
        begun,
        running_count,
        ending_count,
        running: running::rows(running, &stores, now)?,
        short_count: short.len(),
        short: attention::rows(short.into_iter().take(ROWS), |short| ShortRow::new(short, &stores))?,
        nearly_count: nearly.count,
        nearly: attention::rows(nearly.rows, |hold| NearlyRow::new(hold, &stores))?,
        orders_count: orders.count,
        orders: attention::rows(orders.rows, |order| OrderRow::new(order, &stores, now))?,
        units_owed,
        skus_count: skus.count,
        skus: skus.rows.into_iter().map(SkuRow::new).collect(),
        stores_count: i64::try_from(pushes.len()).unwrap_or(i64::MAX),
        pushes_count: sum(FailingStore::listings),
        exposed: sum(|failing| failing.exposed),
        pushes: attention::rows(pushes.into_iter().take(ROWS), |failing| PushRow::new(failing, &stores))?,
        verified: Verified::new(verified.as_ref(), now),
    };
    ok(&page)
}

impl Verified {
    fn new(last: Option<&Verification>, now: Moment) -> Self {
        let list = "/verifications".to_owned();
        let Some(last) = last else {
            return Self { ago: "Never".to_owned(), tone: "", state: "no verification yet".to_owned(), href: list };
        };
        let passed = now.since(last.began_at);
        let ago = match passed < TimeDelta::minutes(1) {
            true => "Just now".to_owned(),
            false => format!("{} ago", duration_in_words(passed)),
        };
        match last.differences {
            None | Some(0) => Self { ago, tone: "", state: "no differences".to_owned(), href: list },
            Some(_) => {
                let (tone, state) = super::verifications::state(last);
                Self { ago, tone, state, href: format!("/verifications/{}", last.id) }
            }
        }
    }
}
