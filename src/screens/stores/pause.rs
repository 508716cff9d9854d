//! The buttons of a connection: pausing a store, going on with it, and trying at once what is behind.

use super::{code_in, path_of, pushing::BehindQuery, show::StorePage};
use crate::{
    actions::stores::pause_store::{self, PauseRefusal},
    db::Failed,
    domain::text::single_line,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        page::{refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;
use serde::Deserialize;

/// The most characters of a reason.
const REASON_LIMIT: usize = 200;

/// Why a store is paused, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PauseForm {
    reason: String,
}

/// The form behind the button that resumes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResumeForm {
    /// Not empty: also without a test.
    untested: String,
}

/// Stops sending to a store.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn pause(visit: Visit, code: Path<String>, form: Form<PauseForm>) -> PageResult {
    let code = code_in(&code)?;
    let mut errors = FormErrors::default();
    let Some(reason) = errors.keep("reason", single_line("reason", &form.reason, REASON_LIMIT)) else {
        let page = StorePage::load(&visit, code, BehindQuery::default()).await?;
        return refused(&page.refused(form.fields.reason, errors));
    };
    let (cause, store) = (visit.cause(reason), code.clone());
    let done = visit.database().write(move |conn| pause_store::pause(conn, &cause, &store)).await;
    answer(done, &format!("{}?notice=paused", path_of(&code)))
}

/// Goes on with a store. One that was not tested goes on only if that is asked for.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn resume(visit: Visit, code: Path<String>, form: Form<ResumeForm>) -> PageResult {
    let code = code_in(&code)?;
    let cause = visit.cause("");
    let store = code.clone();
    let resume = if form.untested.is_empty() { pause_store::resume } else { pause_store::resume_untested };
    let done = visit.database().write(move |conn| resume(conn, &cause, &store)).await;
    if let Err(Failed::Refused(refusal @ PauseRefusal::NotTested(_))) = done {
        let mut errors = FormErrors::default();
        errors.push("", refusal);
        let page = StorePage::load(&visit, code, BehindQuery::default()).await?;
        return refused(&page.refused(String::new(), errors));
    }
    answer(done, &format!("{}?notice=resumed", path_of(&code)))
}

/// Has everything that is behind tried at once.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn push_now(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let (cause, store) = (visit.cause(""), code.clone());
    let done = visit.database().write(move |conn| pause_store::push_now(conn, &cause, &store)).await;
    answer(done, &format!("{}?notice=pushed", path_of(&code)))
}

fn answer(done: Result<(), Failed<PauseRefusal>>, on: &str) -> PageResult {
    match done {
        Ok(()) => Ok(see_other(on)),
        // Its page is gone, or says that it is not connected.
        Err(Failed::Refused(PauseRefusal::NotConnected(store) | PauseRefusal::NotTested(store))) => {
            Ok(see_other(&path_of(&store)))
        }
        Err(Failed::Refused(PauseRefusal::IsPaused(store))) => {
            Ok(see_other(&format!("{}?notice=still_paused", path_of(&store))))
        }
        Err(Failed::Database(error)) => Err(PageError::from(error)),
    }
}
