//! The buttons of a connection: pause, resume, and retry at once what is out of sync.

use super::{code_in, path_of, show::StorePage};
use crate::{
    actions::stores::pause_store::{self, PauseRefusal},
    db::Failed,
    domain::text::single_line,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::web::Path;
use serde::Deserialize;

const REASON_LIMIT_CHARS: usize = 200;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PauseForm {
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResumeForm {
    /// Not empty: resume also without a test.
    untested: String,
}

pub async fn pause(visit: Visit, code: Path<String>, form: Form<PauseForm>) -> PageResult {
    let code = code_in(&code)?;
    let mut errors = FormErrors::default();
    let Some(reason) = errors.keep("reason", single_line("reason", &form.reason, REASON_LIMIT_CHARS)) else {
        return StorePage::refuse(&visit, code, form.fields.reason, errors).await;
    };
    let cause = visit.cause(reason);
    let store = code.clone();
    let done = visit.database().write(move |conn| pause_store::pause(conn, &cause, &store)).await;
    answer(done, &format!("{}?notice=paused", path_of(&code)))
}

/// A connection that was never tested is resumed only if the form says so.
pub async fn resume(visit: Visit, code: Path<String>, form: Form<ResumeForm>) -> PageResult {
    let code = code_in(&code)?;
    let cause = visit.cause("");
    let store = code.clone();
    let resume = if form.untested.is_empty() { pause_store::resume } else { pause_store::resume_untested };
    let done = visit.database().write(move |conn| resume(conn, &cause, &store)).await;
    if let Err(Failed::Refused(PauseRefusal::NotStarted(store))) = done {
        return Ok(see_other(&format!("{}/start", path_of(&store))));
    }
    if let Err(Failed::Refused(refusal @ PauseRefusal::NotTested(_))) = done {
        return StorePage::refuse(&visit, code, String::new(), FormErrors::of("", refusal)).await;
    }
    answer(done, &format!("{}?notice=resumed", path_of(&code)))
}

/// Retries everything that is out of sync at once.
pub async fn push_now(visit: Visit, code: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let code = code_in(&code)?;
    let cause = visit.cause("");
    let store = code.clone();
    let done = visit.database().write(move |conn| pause_store::push_now(conn, &cause, &store)).await;
    answer(done, &format!("{}?notice=pushed", path_of(&code)))
}

fn answer(done: Result<(), Failed<PauseRefusal>>, on: &str) -> PageResult {
    match done {
        Ok(()) => Ok(see_other(on)),
        // The page of the store says that it is not connected, or is not found.
        Err(Failed::Refused(
            PauseRefusal::NotConnected(store) | PauseRefusal::NotTested(store) | PauseRefusal::NotStarted(store),
        )) => Ok(see_other(&path_of(&store))),
        Err(Failed::Refused(PauseRefusal::IsPaused(store))) => {
            Ok(see_other(&format!("{}?notice=still_paused", path_of(&store))))
        }
        Err(Failed::Database(error)) => Err(PageError::from(error)),
    }
}
