//! `/`: the running flash sales, those that end soon, and the problems that need attention. Until the first flash sale
//! is created: how to get started.

mod attention;
pub mod getting_started;

use self::getting_started::Steps;
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::skus::Sku,
        dashboard::{ROWS, nearly_sold, owed_orders, returned_lines, short_holds, short_skus, unmatched_lines},
        promotions::running::{begun, count, soonest_ending},
        stores::{
            self, Store, Stores, connections, drifts, permissions, pulls,
            push_status::{Count, failing_stores},
        },
        verifications::{self, Verification},
    },
    domain::{
        moment::Moment,
        promotions::schedule::duration_in_words,
        stores::{look::DRIFTS_RECENT, permission::SHOWN_BEFORE_END},
    },
    screens::{
        dashboard::attention::{LateRow, NearlyRow, OrderRow, PermissionRow, PushRow, ShortRow},
        orders::unmatched::UnmatchedRow,
        promotions::running::{self, RunningRow},
        stores::{
            campaigns,
            connect::reconnect,
            drifts::{DriftRow, rows as drift_rows},
        },
    },
    web::{
        error::{PageError, PageResult},
        guard::let_forms_lead_to,
        page::{Layout, ok},
        visit::Visit,
    },
};
use askama::Template;
use chrono::TimeDelta;

/// A sale ends soon if it ends within this time.
const SOON: TimeDelta = TimeDelta::hours(1);

/// The most running flash sales that are listed.
const RUNNING_ROWS: i64 = 10;

#[derive(Template)]
#[template(path = "dashboard/show.html")]
struct DashboardPage {
    page: Layout,
    /// The first steps, until the first flash sale.
    steps: Option<Steps>,
    /// The address of the simulated marketplaces of a demo.
    simulated_marketplaces: Option<String>,
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
    covered_count: i64,
    /// `+` if there are more oversold orders than were read; else empty.
    orders_more: &'static str,
    skus: Vec<(Sku, i64)>,
    skus_count: i64,
    /// Lines of orders that take nothing because no listing has their seller SKU.
    unmatched: Vec<UnmatchedRow>,
    unmatched_count: i64,
    returns_count: i64,
    /// The stores that do not accept what is pushed to them.
    pushes: Vec<PushRow>,
    stores_count: i64,
    /// Stores that nothing is pushed to, because nobody has connected them.
    unconnected: Vec<Store>,
    /// Stores whose permission ends within a month, or has ended.
    permissions: Vec<PermissionRow>,
    /// Stores whose orders are read later than they should be.
    late: Vec<LateRow>,
    /// Stores with campaigns that no flash sale covers: the name, the list, and how many listings.
    campaigns: Vec<(String, String, String)>,
    /// What stores showed within a day and nothing explained.
    drifts: Vec<DriftRow>,
    drift_count: i64,
    /// Listings that these stores did not accept.
    pushes_count: Count,
    /// Units that these listings show and should not.
    exposed: Count,
    verified: Verified,
}

struct Verified {
    /// `3 hours ago`.
    ago: String,
    tone: &'static str,
    state: String,
    href: String,
}

impl DashboardPage {
    fn read(conn: &mut Conn, page: Layout, now: Moment) -> Result<Self, PageError> {
        let stores = stores::all(conn)?;
        let (running_count, ending_count) = count(conn, now, now.plus(SOON))?;
        let short = short_holds(conn, now)?;
        let nearly = nearly_sold(conn, now)?;
        let owed = owed_orders(conn, now)?;
        let skus = short_skus(conn, now)?;
        let unmatched = unmatched_lines(conn)?;
        let mut orders = Vec::new();
        for (order, units) in owed.rows {
            orders.push(OrderRow::new(order, units, &stores, now)?);
        }
        let failing = failing_stores(conn, now)?;
        let mut pushes_count = Count::default();
        let mut exposed = Count::default();
        for store in &failing {
            pushes_count = pushes_count + store.listings();
            exposed = exposed + store.exposed;
        }
        Ok(Self {
            page,
            steps: Some(begun(conn)?).filter(|begun| !begun.has_promotions).map(Steps::new),
            simulated_marketplaces: None,
            running_count,
            ending_count,
            running: running::rows(soonest_ending(conn, None, now, RUNNING_ROWS)?, &stores, now)?,
            short_count: short.len(),
            short: short.into_iter().take(ROWS).map(|short| ShortRow::new(short, &stores)).collect::<Result<_, _>>()?,
            nearly_count: nearly.count,
            nearly: nearly.rows.into_iter().map(|hold| NearlyRow::new(hold, &stores)).collect::<Result<_, _>>()?,
            orders_count: owed.short,
            orders,
            units_owed: owed.units_short,
            covered_count: owed.covered,
            orders_more: if owed.is_cut { "+" } else { "" },
            skus_count: skus.count,
            unmatched_count: unmatched.count,
            unmatched: unmatched.rows.into_iter().map(|line| UnmatchedRow::new(line, &stores)).collect(),
            returns_count: returned_lines(conn)?,
            skus: skus.rows,
            unconnected: not_connected(conn, &stores)?,
            permissions: ending(conn, &stores, now)?,
            late: late(conn, &stores, now)?,
            campaigns: campaigns::uncovered(conn, &stores, now)?,
            drifts: recent_drifts(conn, &stores, now)?,
            drift_count: drifts::count_since(conn, None, now.plus(-DRIFTS_RECENT))?,
            stores_count: i64::try_from(failing.len()).unwrap_or(i64::MAX),
            pushes: failing.into_iter().take(ROWS).map(|row| PushRow::new(row, &stores)).collect::<Result<_, _>>()?,
            pushes_count,
            exposed,
            verified: Verified::new(verifications::last_finished(conn)?, now),
        })
    }

    /// The note under a list that is longer than what is shown of it.
    fn first_of(count: &i64) -> String {
        let rows = i64::try_from(ROWS).expect("a few rows");
        if *count > rows { format!("These are the first {rows} of {count}.") } else { String::new() }
    }
}

/// The stores that nobody has connected, neither to a marketplace nor as a file.
fn not_connected(conn: &mut Conn, stores: &Stores) -> QueryResult<Vec<Store>> {
    let connected = connections::all(conn)?;
    let mut found = stores.to_vec();
    found.retain(|store| connected.iter().all(|connection| connection.store != store.code));
    Ok(found)
}

/// The stores whose permission ends within a month, or has ended.
fn ending(conn: &mut Conn, stores: &Stores, now: Moment) -> Result<Vec<PermissionRow>, PageError> {
    let mut rows = Vec::new();
    for ending in permissions::ending(conn, now.plus(SHOWN_BEFORE_END))? {
        let reconnects_at = reconnect::origins(conn, Some(ending.kind), "")?;
        rows.push(PermissionRow::new(&ending, reconnects_at, stores, now)?);
    }
    Ok(rows)
}

/// The stores whose orders are complete up to a time that is too long ago.
fn late(conn: &mut Conn, stores: &Stores, now: Moment) -> Result<Vec<LateRow>, PageError> {
    let connections = connections::all(conn)?;
    let mut rows = Vec::new();
    for (pull, is_late) in pulls::with_lag(conn, now)? {
        let Some(connection) = connections.iter().find(|connection| connection.store == pull.store) else { continue };
        if is_late {
            rows.push(LateRow::new(connection, &pull, stores, now)?);
        }
    }
    Ok(rows)
}

/// What stores showed within a day and nothing explained, the latest first.
fn recent_drifts(conn: &mut Conn, stores: &Stores, now: Moment) -> Result<Vec<DriftRow>, PageError> {
    let rows = i64::try_from(ROWS).expect("a few rows");
    let mut recent = drifts::latest(conn, None, rows)?;
    recent.retain(|drift| drift.at >= now.plus(-DRIFTS_RECENT));
    drift_rows(&recent, stores)
}

impl Verified {
    fn new(last: Option<Verification>, now: Moment) -> Self {
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
                let (tone, state) = super::verifications::state(&last);
                Self { ago, tone, state, href: format!("/verifications/{}", last.id) }
            }
        }
    }
}

pub async fn show(visit: Visit) -> PageResult {
    let now = visit.now;
    let layout = visit.layout("dashboard");
    let mut page = visit.database().read(move |conn| DashboardPage::read(conn, layout, now)).await?;
    page.simulated_marketplaces.clone_from(&visit.state.settings.simulated_marketplaces);
    let mut answer = ok(&page)?;
    let_forms_lead_to(&mut answer, page.permissions.iter().filter_map(|row| row.reconnects_at.as_ref()).flatten());
    Ok(answer)
}
