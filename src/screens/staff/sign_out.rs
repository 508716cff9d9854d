//! `/sign-out`

use crate::{
    actions::staff::end_session,
    db::Failed,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::see_other,
        security_log::{self, Event},
        sessions::{self, SignedIn},
        state::State,
    },
};
use actix_web::{
    HttpRequest,
    http::header::{HeaderName, HeaderValue},
    web::Data,
};

/// A session that has already ended is no error.
pub async fn submit(req: HttpRequest, state: Data<State>, _: Form<EmptyForm>) -> PageResult {
    if let Some(SignedIn { user_id, key_hash, .. }) = SignedIn::of(&req) {
        security_log::note_request(Event::SignedOut, &req, user_id);
        match state.database.at_any_time().write(move |conn| end_session::run(conn, user_id, &key_hash)).await {
            Ok(()) | Err(Failed::Refused(end_session::EndSessionRefusal::NoneOfTheirs)) => {}
            Err(Failed::Database(error)) => return Err(error.into()),
        }
    }
    let mut response = see_other("/sign-in");
    sessions::take_away(&req, &mut response)?;
    // What the browser has stored of the pages goes too; the cookie by which it is known stays.
    let stored = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), stored);
    Ok(response)
}
