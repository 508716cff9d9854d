//! `/verifications`

use super::Line;
use crate::web::{
    error::PageResult,
    lists::{PageLinks, PlaceQuery},
    page::{Layout, ok},
    query::Query,
    visit::Visit,
};
use askama::Template;

#[derive(Template)]
#[template(path = "verifications/list.html")]
struct VerificationsPage {
    page: Layout,
    hours: u32,
    lines: Vec<Line>,
    links: PageLinks,
}

/// Shows the last verifications.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, Query(query): Query<PlaceQuery>) -> PageResult {
    let place = query.place();
    let found = visit.database().read(move |conn| crate::db::verifications::page(conn, &place)).await?;
    ok(&VerificationsPage {
        page: visit.layout("dashboard"),
        hours: visit.state.settings.verify_hours,
        links: found.links("/verifications", &[], |verification| verification.id),
        lines: found.rows.iter().map(Line::new).collect(),
    })
}
