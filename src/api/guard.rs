//! The errors that the guard of the whole program would answer with a page are answered with a problem here.

use super::problem::Problem;
use crate::web::{
    error::PageError,
    guard::{Caught, answered, caught, of_library},
};
use actix_web::{
    ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

/// Middleware of the API: turns a panic, and an error that no handler answered, into a problem.
pub async fn guard(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let problem = match caught(req, next).await {
        Ok(response) => return Ok(response),
        Err(Caught::Panic(fault)) => Problem::fault(&fault),
        Err(Caught::Error(error)) => match error.as_error::<Problem>() {
            Some(problem) => problem.clone(),
            None if error.as_error::<PageError>().is_some() => return Err(error),
            None => Problem::from(of_library(&error)),
        },
    };
    Err(answered(problem.error_response()))
}
