//! `/verifications/{id}`

use super::Line;
use crate::{
    db::verifications,
    domain::id::VerificationId,
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::{
    http::header::{HeaderValue, REFRESH},
    web::Path,
};
use askama::Template;
use serde::Deserialize;

/// Whether the page loads itself again while it runs: not if it says `off`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    refresh: String,
}

#[derive(Template)]
#[template(path = "verifications/show.html")]
struct VerificationPage {
    page: Layout,
    line: Line,
    is_running: bool,
    refreshes: bool,
    /// The differences that are kept in words.
    listed: Vec<String>,
    differences: i64,
}

/// Shows what came of a verification, or that it is running.
///
/// # Errors
/// [`PageError::NotFound`] when there is none of that id, or when the database fails.
pub async fn show(visit: Visit, id: Path<String>, query: Query<ShowQuery>) -> PageResult {
    let id: VerificationId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = visit.database().read(move |conn| verifications::find(conn, id)).await?.ok_or(PageError::NotFound)?;
    let page = VerificationPage {
        page: visit.layout("dashboard"),
        line: Line::new(&found),
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
