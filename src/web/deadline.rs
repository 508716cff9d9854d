//! How long a request may wait for the database.

use super::state::State;
use crate::db::budget;
use actix_web::{
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

/// Middleware of the whole program: the waits of a request for the database take no longer than the deadline together. A
/// body may take longer to arrive, and a file longer to be sent.
pub async fn limit<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let state = req.app_data::<Data<State>>().expect("the program's state is always there");
    let deadline = state.database.deadline();
    budget::within(deadline, next.call(req)).await
}
