//! `/stores/{code}/quantities.csv`: what a store should show, to be uploaded to its marketplace by hand.

use super::code_in;
use crate::{
    db::stores,
    web::{
        error::{PageError, PageResult},
        quantities_file::QuantitiesFile,
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Sends the file.
///
/// # Errors
/// [`PageError::NotFound`], or the database. Once the file has begun, it breaks off, which browsers tell.
pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let store = code_in(&code)?;
    let wanted = store.clone();
    visit.database().read(move |conn| stores::find(conn, &wanted)).await?.ok_or(PageError::NotFound)?;
    let file = QuantitiesFile::open(visit.database().clone(), store, visit.now).await?;
    file.answer(|| async { Ok(()) })
}
