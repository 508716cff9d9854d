//! `/imports/{id}`, and `/imports/{id}/failed-rows.csv`

use crate::{
    actions::imports::{
        summary::summary,
        write_failed_rows::{write_header, write_rows},
    },
    db::{
        Database,
        imports::{self, Failure, Import, questions},
    },
    domain::{
        id::ImportId,
        imports::import::{ImportKind, Imported},
        promotions::schedule,
    },
    web::{
        download,
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

/// Failed rows on the page. The file has all of them.
const FAILURES_SHOWN: i64 = 50;

/// Characters of a failed row on the page.
const CHARACTERS_SHOWN: usize = 120;

/// Rows of the file that are in memory at once.
const PART_ROWS: i64 = 1_000;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    /// `off` stops the reloading of the page while the import runs.
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
    rows_imported: i64,
    /// What it came to, in sentences.
    summary: Vec<String>,
    notes: Vec<String>,
    refreshes: bool,
    /// What it asks before any of it is applied.
    question: Option<String>,
    failures: Vec<FailureLine>,
    has_more_failures: bool,
    /// The key of the file, where this was its check and it is kept for this session.
    kept: Option<String>,
}

struct FailureLine {
    line: u64,
    cells: String,
    reason: String,
}

impl FailureLine {
    fn new(failure: Failure) -> Self {
        let Failure { number: _, row, reason } = failure;
        let mut cells = row.cells.join(", ");
        if let Some((end, _)) = cells.char_indices().nth(CHARACTERS_SHOWN) {
            cells.truncate(end);
            cells.push('…');
        }
        Self { line: row.line, cells, reason }
    }
}

pub async fn show(visit: Visit, id: Path<String>, query: Query<ShowQuery>) -> PageResult {
    let id: ImportId = id.parse().map_err(|_| PageError::NotFound)?;
    let read = visit.database().read(move |conn| {
        let import = imports::find(conn, id)?.ok_or(PageError::NotFound)?;
        let question = questions::find(conn, id)?;
        Ok::<_, PageError>((import, imports::failures(conn, id, -1, FAILURES_SHOWN)?, question))
    });
    let (import, failures, question) = read.await?;
    let (tone, state) = super::state(&import, question.is_some());
    let page = ImportPage {
        page: visit.layout("imports"),
        kind: import.kind,
        tone,
        state,
        created_at: schedule::display(import.created_at, visit.who.zone),
        finished_at: import.finished_at.map(|at| schedule::display(at, visit.who.zone)).unwrap_or_default(),
        rows_imported: import.rows_created + import.rows_updated,
        summary: summary(&import),
        notes: import.notes(),
        refreshes: query.0.refresh != "off" && import.finished_at.is_none() && question.is_none(),
        question,
        kept: visit.state.kept_files.of_check(&visit.who.key_hash, id, visit.now),
        has_more_failures: import.rows_failed > FAILURES_SHOWN,
        import,
        failures: failures.into_iter().map(FailureLine::new).collect(),
    };
    let mut response = ok(&page)?;
    if page.refreshes {
        // A header, because checkers report the meta element that does the same as a trap: they cannot see that the
        // page has a link to switch it off.
        response.headers_mut().insert(REFRESH, HeaderValue::from_static("2"));
    }
    Ok(response)
}

/// Sends the failed rows as a file that can be fixed and imported as it is: the columns of the original file, and the
/// reason of each.
pub async fn failed_rows(visit: Visit, id: Path<String>) -> PageResult {
    let id: ImportId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = visit.database().read(move |conn| imports::find(conn, id)).await?;
    let import = found.ok_or(PageError::NotFound)?;
    let kind = import.kind;
    let header = import.header();
    let first = download::rows(|file| write_header(file, kind, &header))?;
    let start = (visit.database().clone(), -1);
    Ok(download::csv("failed-rows.csv", first, start, move |(database, after): (Database, i64)| {
        let header = header.clone();
        async move {
            let failures = database.read(move |conn| imports::failures(conn, id, after, PART_ROWS)).await?;
            let Some(last) = failures.last().map(|failure| failure.number) else { return Ok(None) };
            Ok(Some((download::rows(|file| write_rows(file, kind, &header, &failures))?, (database, last))))
        }
    }))
}
