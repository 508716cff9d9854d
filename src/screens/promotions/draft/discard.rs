//! `/promotions/drafts/{id}/discard`

use crate::{
    actions::promotions::update_draft,
    screens::promotions::id_of,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Throws the draft away.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id = id_of(&path)?;
    visit.database().write(move |conn| update_draft::discard(conn, id)).await?;
    Ok(see_other("/promotions"))
}
