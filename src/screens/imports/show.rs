//! `/imports/{id}`

use crate::{
    db::{
        self,
        imports::{self, Failure, Import},
    },
    domain::{
        id::ImportId,
        imports::import::{ImportKind, Imported},
        promotions::schedule,
    },
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
use chrono_tz::Tz;
use serde::Deserialize;

/// Failed rows that the page shows. The file has all of them.
const FAILURES_SHOWN: i64 = 50;

/// Characters of a failed row that the page shows.
const CHARACTERS_SHOWN: usize = 120;

/// Whether the page loads itself again while the import runs: not if it says `off`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    refresh: String,
}

#[derive(Template)]
#[template(path = "imports/show.html")]
struct ImportPage {
    page: Layout,
    import: Import,
    kind: ImportKind,
    tone: &'static str,
    state: &'static str,
    created_at: String,
    finished_at: String,
    /// Rows that were applied.
    rows_imported: i64,
    refreshes: bool,
    failures: Vec<FailureLine>,
    /// Whether there are more than those.
    has_more_failures: bool,
}

/// One row that failed.
struct FailureLine {
    line: u64,
    cells: String,
    reason: String,
}

impl ImportPage {
    fn new(visit: &Visit, import: Import, failures: Vec<Failure>, refreshes: bool) -> Self {
        let (tone, state) = super::state(&import);
        let shown = |at| schedule::display(at, Tz::UTC);
        Self {
            page: visit.layout("imports"),
            kind: import.kind,
            tone,
            state,
            created_at: shown(import.created_at),
            finished_at: import.finished_at.map(shown).unwrap_or_default(),
            rows_imported: import.rows_created + import.rows_updated,
            refreshes: refreshes && import.finished_at.is_none(),
            has_more_failures: import.rows_failed > FAILURES_SHOWN,
            import,
            failures: failures.into_iter().map(FailureLine::new).collect(),
        }
    }
}

impl FailureLine {
    fn new(failure: Failure) -> Self {
        let Failure { number: _, row, reason } = failure;
        Self { line: row.line, cells: shortened(&row.cells.join(", ")), reason }
    }
}

/// The beginning of a text that is too long for a cell of the page.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Shows how far an import is, and what came of it.
///
/// # Errors
/// [`PageError::NotFound`] when there is none of that id, or when the database fails.
pub async fn show(visit: Visit, id: Path<String>, query: Query<ShowQuery>) -> PageResult {
    let id: ImportId = id.parse().map_err(|_| PageError::NotFound)?;
    let read = move |conn: &mut db::Conn| match imports::find(conn, id)? {
        Some(import) => Ok::<_, db::Error>(Some((import, imports::failures(conn, id, -1, FAILURES_SHOWN)?))),
        None => Ok(None),
    };
    let (import, failures) = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    let page = ImportPage::new(&visit, import, failures, query.0.refresh != "off");
    let mut response = ok(&page)?;
    if page.refreshes {
        // A header rather than a meta element, which says the same but is known to checkers as a trap: here there is
        // a link to switch it off.
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}
