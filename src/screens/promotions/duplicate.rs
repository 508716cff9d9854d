//! `/promotions/{id}/duplicate`

use super::id_of;
use crate::{
    actions::promotions::duplicate_promotion,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Begins a draft of what the promotion is or was, and leads to its details.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn submit(visit: Visit, path: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let (id, now, by) = (id_of(&path)?, visit.now, visit.email.clone());
    let draft = visit.database().write(move |conn| duplicate_promotion::run(conn, now, &by, id)).await?;
    let draft = draft.ok_or(PageError::NotFound)?;
    Ok(see_other(&format!("/promotions/drafts/{draft}/details")))
}
