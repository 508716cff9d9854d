//! `/sign-out`

use crate::web::{error::PageResult, form::Form, page::see_other};
use actix_session::Session;

/// The form: a button.
#[derive(Debug, Default, serde::Deserialize)]
pub struct SignOutForm {}

/// Ends the session.
///
/// # Errors
/// None of its own.
pub async fn submit(session: Session, _: Form<SignOutForm>) -> PageResult {
    session.purge();
    Ok(see_other("/sign-in"))
}
