//! `/sign-out`

use crate::{
    actions::staff::end_session,
    app::State,
    db::Failed,
    web::{
        error::PageResult,
        form::Form,
        page::see_other,
        sessions::{self, SignedIn},
    },
};
use actix_web::{HttpRequest, web::Data};

/// The form: a button.
#[derive(Debug, Default, serde::Deserialize)]
pub struct SignOutForm {}

/// Ends the session. Whoever is not signed in any more is signed out.
///
/// # Errors
/// When the database fails.
pub async fn submit(req: HttpRequest, state: Data<State>, _: Form<SignOutForm>) -> PageResult {
    if let Some(SignedIn { user_id, key_hash, email: _ }) = SignedIn::of(&req) {
        match state.database.write(move |conn| end_session::run(conn, user_id, &key_hash)).await {
            Ok(()) | Err(Failed::Refused(end_session::EndSessionRefusal::NoneOfTheirs)) => {}
            Err(Failed::Database(error)) => return Err(error.into()),
        }
    }
    let mut response = see_other("/sign-in");
    sessions::take_away(&req, &mut response)?;
    Ok(response)
}
