//! Zalora's refusals: problem details, `{type, title, status, detail}`.
//!
//! The document has this shape for 422 only, as `application/json`. That the other refusals have it too, and the type
//! `application/problem+json` of RFC 7807, is a guess.

use crate::demo::marketplace::shop::Refusal;
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::json;

/// With this code, [`Refusal`] is the document's maintenance mode.
const MAINTENANCE: &str = "maintenance_mode";

/// How long the maintenance mode takes, in seconds.
const MAINTENANCE_SECONDS: &str = "120";

pub(super) fn refused(status: StatusCode, title: &str, detail: &str) -> HttpResponse {
    let problem = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    HttpResponse::build(status).content_type("application/problem+json").body(problem.to_string())
}

pub(super) fn unauthorized() -> HttpResponse {
    refused(StatusCode::UNAUTHORIZED, "Unauthorized", "The access token is not valid.")
}

pub(super) fn not_found(detail: &str) -> HttpResponse {
    refused(StatusCode::NOT_FOUND, "Entity not found", detail)
}

pub(super) fn unprocessable(detail: &str) -> HttpResponse {
    refused(StatusCode::UNPROCESSABLE_ENTITY, "Entity can not be processed", detail)
}

/// The document has a limit of calls but no answer to one too many: py-iconic-api reads 429 with whole seconds.
pub(super) fn throttled(seconds: u64) -> HttpResponse {
    let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "The rate limit is exceeded.");
    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    response
}

pub(super) fn of_refusal(refusal: &Refusal) -> HttpResponse {
    if refusal.code == MAINTENANCE {
        return HttpResponse::ServiceUnavailable().insert_header((header::RETRY_AFTER, MAINTENANCE_SECONDS)).json(
            json!({"message": "Service is unavailable due to maintenance mode", "caused_by": "maintenance_mode"}),
        );
    }
    let status = refusal.status.and_then(|status| StatusCode::from_u16(status).ok());
    refused(status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY), &refusal.code, &refusal.message)
}
