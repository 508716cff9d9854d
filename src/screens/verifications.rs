//! `/verifications`: the runs that recompute the stock from the ledger, and the differences that they found.

use crate::{
    db::verifications::{self, Verification},
    domain::{id::VerificationId, promotions::schedule, text::counted},
    fault::log_fault,
    jobs::verify::Verifier,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        lists::{PageLinks, PlaceQuery},
        page::{Layout, ok, see_other},
        query::Query,
        visit::Visit,
    },
};
use actix_web::{
    http::header::{HeaderValue, REFRESH},
    rt,
    web::{Data, Path},
};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;
use std::time::Duration;
use tokio::time;

/// A short verification is finished within this time, and its page shows the result at once.
const WAIT: Duration = Duration::from_millis(1_500);

struct Line {
    href: String,
    /// In the zone of the organization.
    began_at: String,
    began_by: String,
    /// `1.25 s`; empty until it is finished.
    took: String,
    tone: &'static str,
    state: String,
    counts: [(&'static str, i64); 4],
}

impl Line {
    fn new(verification: &Verification, zone: Tz) -> Self {
        let (tone, state) = state(verification);
        let Verification { id, began_at, began_by, finished_at, skus, entries, holds, orders, .. } = verification;
        let took = finished_at.map(|finished_at| finished_at.since(*began_at).num_milliseconds());
        Self {
            href: format!("/verifications/{id}"),
            began_at: schedule::display(*began_at, zone),
            began_by: began_by.clone(),
            took: took.map_or_else(String::new, |ms| format!("{}.{:02} s", ms / 1_000, ms % 1_000 / 10)),
            tone,
            state,
            counts: [("SKUs", *skus), ("Ledger entries", *entries), ("Holds", *holds), ("Orders", *orders)],
        }
    }
}

/// The tone of the badge, and its words.
pub fn state(verification: &Verification) -> (&'static str, String) {
    match (verification.finished_at, verification.differences) {
        (None, _) => ("neutral", "Running".to_owned()),
        (Some(_), None) => ("warning", "Did not finish".to_owned()),
        (Some(_), Some(0)) => ("success", "No differences".to_owned()),
        (Some(_), Some(found)) => ("danger", counted(found, "difference")),
    }
}

#[derive(Template)]
#[template(path = "verifications/list.html")]
struct VerificationsPage {
    page: Layout,
    hours: u32,
    lines: Vec<Line>,
    links: PageLinks,
}

pub async fn list(visit: Visit, Query(query): Query<PlaceQuery>) -> PageResult {
    let place = query.place();
    let found = visit.database().read(move |conn| verifications::page(conn, &place)).await?;
    ok(&VerificationsPage {
        page: visit.layout("dashboard"),
        hours: visit.state.settings.verify_hours,
        links: found.links("/verifications", &[], |verification| verification.id),
        lines: found.rows.iter().map(|verification| Line::new(verification, visit.who.zone)).collect(),
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    /// `off` stops the reloading of the page while the verification runs.
    refresh: String,
}

#[derive(Template)]
#[template(path = "verifications/show.html")]
struct VerificationPage {
    page: Layout,
    line: Line,
    is_running: bool,
    refreshes: bool,
    /// The differences that are stored in words: the first ones only.
    listed: Vec<String>,
    differences: i64,
}

pub async fn show(visit: Visit, id: Path<String>, query: Query<ShowQuery>) -> PageResult {
    let id: VerificationId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = visit.database().read(move |conn| verifications::find(conn, id)).await?.ok_or(PageError::NotFound)?;
    let page = VerificationPage {
        page: visit.layout("dashboard"),
        line: Line::new(&found, visit.who.zone),
        is_running: found.finished_at.is_none(),
        refreshes: found.finished_at.is_none() && query.0.refresh != "off",
        listed: found.listed.lines().map(str::to_owned).collect(),
        differences: found.differences.unwrap_or(0),
    };
    let mut response = ok(&page)?;
    if page.refreshes {
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// Starts a verification, unless one is running.
pub async fn start(visit: Visit, verifier: Data<Verifier>, _: Form<EmptyForm>) -> PageResult {
    let begun = verifier.begin(visit.database(), visit.who.email.clone()).await?;
    let Some(begun) = begun else { return Ok(see_other("/verifications")) };
    let path = format!("/verifications/{}", begun.id);
    let running = rt::spawn(async move {
        if let Err(error) = verifier.run(begun).await {
            log_fault(&error);
        }
    });
    // Its page shows whether it has finished.
    drop(time::timeout(WAIT, running).await);
    Ok(see_other(&path))
}
