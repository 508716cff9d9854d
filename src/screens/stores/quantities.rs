//! `/stores/{code}/quantities.csv`: what a store should show, to be uploaded to its marketplace by hand.

use super::find;
use crate::web::{error::PageResult, quantities_file::QuantitiesFile, visit::Visit};
use actix_web::web::Path;

pub async fn show(visit: Visit, code: Path<String>) -> PageResult {
    let store = find(&visit, &code).await?;
    let file = QuantitiesFile::open(visit.database().clone(), store.code, visit.now).await?;
    file.answer(|| async { Ok(()) })
}
