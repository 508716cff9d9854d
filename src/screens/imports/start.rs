//! `POST /imports`

use super::list::{ImportForm, ImportsPage};
use crate::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport, StartRefusal},
    },
    csv_file::CsvRefusal,
    db::{self, Failed, imports::Import},
    domain::imports::import::ImportKind,
    fault::log_fault,
    jobs::runner::Wake,
    web::{
        error::PageResult,
        form::{Form, FormErrors, UploadedFile},
        lists::Place,
        page::{refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Data;

/// Takes a file in and leads to its page, where the rest of it can be watched or left.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, wake: Data<Wake>, form: Form<ImportForm>) -> PageResult {
    let Form { fields, file } = form;
    let errors = match parse(&visit, &fields, file) {
        Ok((new, file)) => match start(&visit, new, file).await {
            Ok(import) => {
                apply_first_rows(&visit, &import).await;
                wake.wake();
                return Ok(see_other(&format!("/imports/{}", import.id)));
            }
            Err(Failed::Refused(refusal)) => at_file(refusal),
            Err(Failed::Database(error)) => return Err(error.into()),
        },
        Err(errors) => errors,
    };
    refused(&ImportsPage::load(&visit, Place::Start, &fields, errors).await?)
}

fn parse(
    visit: &Visit,
    form: &ImportForm,
    file: Option<UploadedFile>,
) -> Result<(NewImport, UploadedFile), FormErrors> {
    let mut errors = FormErrors::default();
    let kind = errors.keep("kind", ImportKind::parse(&form.kind).ok_or("Choose what the rows of the file are."));
    let file = errors.keep("file", file.ok_or("Choose a file."));
    match (kind, file) {
        (Some(kind), Some(file)) => {
            let file_name = start_import::file_name(&file.name);
            Ok((NewImport { kind, file_name, actor: visit.email.clone() }, file))
        }
        _ => Err(errors),
    }
}

fn at_file(refusal: StartRefusal) -> FormErrors {
    let mut errors = FormErrors::default();
    errors.push("file", refusal);
    errors
}

async fn start(visit: &Visit, new: NewImport, file: UploadedFile) -> Result<Import, Failed<StartRefusal>> {
    let now = visit.now;
    let read = move |conn: &mut db::Conn| {
        let content =
            file.content.reopen().map_err(|error| Failed::Refused(CsvRefusal::Unreadable(error.to_string()).into()));
        start_import::run(conn, &new, now, content?)
    };
    visit.database().write(read).await
}

/// Applies the first chunk at once: a file of a few rows is done when its page is shown. If that fails, the rows wait
/// for the job, as those of the other chunks do.
async fn apply_first_rows(visit: &Visit, import: &Import) {
    let (id, now) = (import.id, visit.now);
    let applied = visit.database().write(move |conn| apply_import_chunk::run(conn, Some(id), now));
    if let Err(error) = applied.await {
        log_fault(&error);
    }
}
