//! `/promotions/drafts/{id}/discard`

use crate::{
    actions::promotions::update_draft,
    screens::promotions::id_of,
    web::{error::PageResult, form::Form, page::see_other, visit::Visit},
};
use actix_web::web::Path;

/// The form: a button.
#[derive(Debug, Default, serde::Deserialize)]
pub struct DiscardForm {}

/// Throws the draft away.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, path: Path<String>, _: Form<DiscardForm>) -> PageResult {
    let id = id_of(&path)?;
    visit.database().write(move |conn| update_draft::discard(conn, id)).await?;
    Ok(see_other("/promotions"))
}
