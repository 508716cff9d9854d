//! The errors that the guard of the whole program would answer with a page are answered with a problem here. It also notes
//! when a token was used, and logs those that were refused.

use super::{
    call::{KnownToken, token_hash},
    problem::Problem,
};
use crate::web::{
    error::PageError,
    guard::{Caught, answered, caught, of_library},
    security_log::{self, Event},
    state::State,
};
use actix_web::{
    HttpMessage, HttpRequest, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::StatusCode,
    middleware::Next,
    web::Data,
};

/// Middleware of the API: turns a panic, and an error that no handler answered, into a problem.
pub async fn guard(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let problem = match caught(req, next).await {
        Ok(response) => {
            // What an extractor refuses is a response too.
            note_token(response.request(), response.status());
            return Ok(response);
        }
        Err(Caught::Panic(fault)) => Problem::fault(&fault),
        Err(Caught::Error(error)) => match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None if error.as_error::<PageError>().is_some() => return Err(error),
            None => Problem::from(of_library(&error)),
        },
    };
    Err(answered(problem.error_response()))
}

/// Notes what became of the token of a call.
fn note_token(req: &HttpRequest, status: StatusCode) {
    if status == StatusCode::UNAUTHORIZED {
        let who = if token_hash(req).is_ok() { "an unknown or revoked token" } else { "no token" };
        security_log::note_request(Event::TokenRefused, req, who);
        return;
    }
    if status == StatusCode::FORBIDDEN {
        security_log::note_request(Event::PermissionRefused, req, "a token");
    }
    // The queue of orders checks tokens by itself, and what succeeds has passed; the document of the API needs none.
    let has_passed = status.is_success() && !req.path().ends_with("/openapi.json");
    if !has_passed && req.extensions().get::<KnownToken>().is_none() {
        return;
    }
    let Some(state) = req.app_data::<Data<State>>() else { return };
    if let Ok(hash) = token_hash(req) {
        state.token_uses.note(&state.database, hash, state.clock.now());
    }
}
