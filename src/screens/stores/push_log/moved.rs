//! `/pushes` and `/pushes.csv`: where the push log was before.

use super::PATH;
use crate::web::page::moved;
use actix_web::{HttpRequest, HttpResponse};

pub async fn list(req: HttpRequest) -> HttpResponse {
    moved(&req, PATH)
}

pub async fn export(req: HttpRequest) -> HttpResponse {
    moved(&req, &format!("{PATH}.csv"))
}
