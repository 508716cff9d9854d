//! `/imports`: the form for a file, and the imports so far.

use crate::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport, StartRefusal},
    },
    csv_file::CsvRefusal,
    db::{
        self, Failed,
        imports::{self, Import, questions},
    },
    domain::{id::ImportId, imports::import::ImportKind, moment::Moment, promotions::schedule},
    fault::log_fault,
    jobs::runner::Wake,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors, SelectOption},
        lists::{PageLinks, Place, PlaceQuery},
        page::{Layout, ok, refused, see_other},
        query::Query,
        uploaded_file::UploadedFile,
        visit::Visit,
    },
};
use actix_web::web::{Data, block};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;
use std::sync::Arc;

/// The imports whose first rows are applied before their page is shown.
const APPLIED_AT_ONCE: usize = 10;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ImportForm {
    /// Empty: it is recognized.
    kind: String,
    /// The keys of files that are kept, for a form without others.
    kept: Vec<String>,
    /// The button that was pressed.
    press: String,
}

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
    fn new(import: &Import, is_asked: bool, zone: Tz) -> Self {
        let (tone, state) = super::state(import, is_asked);
        Self {
            id: import.id.to_string(),
            file_name: import.file_name.clone(),
            kind: import.kind.label(),
            created_at: schedule::display(import.created_at, zone),
            created_by: import.created_by.clone(),
            rows_total: import.rows_total,
            rows_failed: import.rows_failed,
            tone,
            state,
        }
    }
}

#[derive(Template)]
#[template(path = "imports/list.html")]
struct ImportsPage {
    page: Layout,
    kinds: Vec<SelectOption>,
    /// The keys of the files of a form that was refused, and their names in one line.
    kept: Vec<String>,
    kept_names: String,
    errors: FormErrors,
    lines: Vec<Line>,
    links: PageLinks,
}

pub async fn show(visit: Visit, query: Query<PlaceQuery>) -> PageResult {
    page(&visit, query.0.place(), &ImportForm::default(), FormErrors::default()).await
}

async fn page(visit: &Visit, place: Place, form: &ImportForm, errors: FormErrors) -> PageResult {
    let read = move |conn: &mut db::Conn| Ok::<_, db::Error>((imports::page(conn, &place)?, questions::asked(conn)?));
    let (found, asked) = visit.database().read(read).await?;
    let is_refused = !errors.is_empty();
    let recognized = [("", "Recognize it from the first line")].into_iter();
    let kinds = recognized.chain(ImportKind::ALL.map(|kind| (kind.as_str(), kind.label())));
    let mut kept_names = Vec::new();
    let mut kept = Vec::new();
    for key in &form.kept {
        if let Some(name) = visit.state.kept_files.name(&visit.who.key_hash, key, visit.now) {
            kept_names.push(name);
            kept.push(key.clone());
        }
    }
    let page = ImportsPage {
        page: visit.layout("imports"),
        kept,
        kept_names: kept_names.join(", "),
        kinds: SelectOption::list(kinds, &form.kind),
        errors,
        lines: found.rows.iter().map(|import| Line::new(import, asked.contains(&import.id), visit.who.zone)).collect(),
        links: found.links("/imports", &[], |import| import.id),
    };
    if is_refused { refused(&page) } else { ok(&page) }
}

/// Stores each file as an import, and redirects to the page that shows the progress. Files that are only checked or refused
/// are kept, so that the next button that is pressed has them.
pub async fn submit(visit: Visit, wake: Data<Wake>, form: Form<ImportForm>) -> PageResult {
    let Form { mut fields, file } = form;
    let mut errors = FormErrors::default();
    let kind = match fields.kind.as_str() {
        "" => Ok(None),
        word => ImportKind::parse(word).map(Some).ok_or("Choose what the rows of the file are."),
    };
    let kind = errors.keep("kind", kind);
    let files = match file {
        Some(file) => file.into_all(),
        None => kept_files(&visit, &fields.kept).await?,
    };
    if files.is_empty() && fields.kept.is_empty() {
        errors.push("file", "Choose a file.");
    } else if files.is_empty() {
        errors.push("file", "Choose the file again: it was kept for an hour at most.");
    }
    let files = Arc::new(files);
    let is_check = fields.press == "check";
    let mut checks = Vec::new();
    if let Some(kind) = kind.filter(|_| !files.is_empty()) {
        match start(&visit, kind, is_check, files.clone()).await {
            Ok(imports) => {
                for import in imports.iter().take(APPLIED_AT_ONCE) {
                    apply_first_rows(&visit, import).await;
                }
                wake.wake();
                checks.extend(imports.iter().map(|import| import.id));
            }
            Err(Failed::Refused(refusals)) => refusals.iter().for_each(|words| errors.push("file", words)),
            Err(Failed::Database(error)) => return Err(error.into()),
        }
    }
    if is_check || !errors.is_empty() {
        fields.kept = keep(&visit, files, &checks);
    }
    match checks.as_slice() {
        _ if !errors.is_empty() => page(&visit, Place::Start, &fields, errors).await,
        [import] => Ok(see_other(&format!("/imports/{import}"))),
        _ => Ok(see_other("/imports#files")),
    }
}

/// The files of this session with these keys, unless one of them is gone: a part of them is not what was chosen.
async fn kept_files(visit: &Visit, keys: &[String]) -> Result<Vec<UploadedFile>, PageError> {
    let state = visit.state.clone();
    let session = visit.who.key_hash.clone();
    let keys = keys.to_vec();
    let now = visit.now;
    let found = block(move || {
        let mut files = Vec::new();
        for key in keys {
            let Some(file) = state.kept_files.find(&session, &key, now)? else { return Ok(Vec::new()) };
            files.push(file);
        }
        Ok::<_, std::io::Error>(files)
    });
    let fault = |error: String| PageError::Fault(format!("a kept file could not be read: {error}"));
    found.await.map_err(|error| fault(error.to_string()))?.map_err(|error| fault(error.to_string()))
}

/// Keeps the files for this session, and returns their keys. `checks` has the check of each, where they were checked.
fn keep(visit: &Visit, files: Arc<Vec<UploadedFile>>, checks: &[ImportId]) -> Vec<String> {
    let Ok(files) = Arc::try_unwrap(files) else { return Vec::new() };
    let mut keys = Vec::new();
    for (nth, file) in files.into_iter().enumerate() {
        let check = checks.get(nth).copied();
        keys.extend(visit.state.kept_files.keep(&visit.who.key_hash, file, check, visit.now));
    }
    keys
}

/// Starts the imports of all files, or of none: if one is refused, its words are enough to send them all again.
async fn start(
    visit: &Visit,
    kind: Option<ImportKind>,
    is_check: bool,
    files: Arc<Vec<UploadedFile>>,
) -> Result<Vec<Import>, Failed<Vec<String>>> {
    let actor = visit.who.email.clone();
    let now = visit.now;
    // While others hold the lock of the writer, this fails in time.
    visit.database().write(|_| Ok::<_, db::Error>(())).await?;
    // A large file takes longer than anything may wait; it is work, and its connection is still given up if it hangs.
    let database = visit.database().patient();
    let started = database.write(move |conn| {
        let mut imports = Vec::new();
        let mut refusals = Vec::new();
        for file in files.iter() {
            let name = start_import::file_name(&file.name);
            let new = NewImport { kind, file_name: name.clone(), actor: actor.clone(), is_check };
            match start_one(conn, &new, now, file) {
                Ok(import) => imports.push(import),
                Err(Failed::Refused(refusal)) if files.len() == 1 => refusals.push(refusal.to_string()),
                Err(Failed::Refused(refusal)) => refusals.push(format!("{name}: {refusal}")),
                Err(Failed::Database(error)) => return Err(Failed::Database(error)),
            }
        }
        if refusals.is_empty() { Ok(imports) } else { Err(Failed::Refused(refusals)) }
    });
    started.await
}

fn start_one(
    conn: &mut db::Conn,
    new: &NewImport,
    now: Moment,
    file: &UploadedFile,
) -> Result<Import, Failed<StartRefusal>> {
    let content =
        file.content.reopen().map_err(|error| Failed::Refused(CsvRefusal::Unreadable(error.to_string()).into()));
    start_import::run(conn, new, now, content?)
}

/// Applies the first chunk immediately: a file of a few rows is done when its page is shown. If that fails, the job
/// applies these rows as well, as it does those of the other chunks.
async fn apply_first_rows(visit: &Visit, import: &Import) {
    let id = import.id;
    let now = visit.now;
    let applied = visit.database().write(move |conn| apply_import_chunk::run(conn, Some(id), now));
    if let Err(error) = applied.await {
        log_fault(&error);
    }
}
