//! `/imports`

use crate::{
    db::imports::Import,
    domain::{imports::import::ImportKind, promotions::schedule},
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        lists::{PageLinks, Place, PlaceQuery},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

/// The form, as it was sent; its file apart.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ImportForm {
    /// What the rows of the file are.
    pub kind: String,
}

/// One line of the list.
struct Line {
    id: String,
    file_name: String,
    kind: &'static str,
    created_at: String,
    created_by: String,
    rows_total: i64,
    rows_failed: i64,
    tone: &'static str,
    state: &'static str,
}

impl Line {
    fn new(import: &Import) -> Self {
        let (tone, state) = super::state(import);
        Self {
            id: import.id.to_string(),
            file_name: import.file_name.clone(),
            kind: import.kind.label(),
            created_at: schedule::display(import.created_at, Tz::UTC),
            created_by: import.created_by.clone(),
            rows_total: import.rows_total,
            rows_failed: import.rows_failed,
            tone,
            state,
        }
    }
}

/// The form for a file, and the files that were sent.
#[derive(Template)]
#[template(path = "imports/list.html")]
pub(super) struct ImportsPage {
    page: Layout,
    kinds: Vec<SelectOption>,
    errors: FormErrors,
    lines: Vec<Line>,
    links: PageLinks,
}

impl ImportsPage {
    /// The page at `place` of the list, with the form as it was sent.
    pub(super) async fn load(
        visit: &Visit,
        place: Place,
        form: &ImportForm,
        errors: FormErrors,
    ) -> Result<Self, PageError> {
        let imports = visit.database().read(move |conn| crate::db::imports::page(conn, &place)).await?;
        Ok(Self {
            page: visit.layout("imports"),
            kinds: SelectOption::list(ImportKind::ALL.map(|kind| (kind.as_str(), kind.label())), &form.kind),
            errors,
            lines: imports.rows.iter().map(Line::new).collect(),
            links: imports.links("/imports", &[], |import| import.id),
        })
    }
}

/// Shows the form and every import, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, query: Query<PlaceQuery>) -> PageResult {
    let place = query.0.place();
    ok(&ImportsPage::load(&visit, place, &ImportForm::default(), FormErrors::default()).await?)
}
