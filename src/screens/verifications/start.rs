//! `POST /verifications`

use crate::{
    fault::log_fault,
    jobs::verify::Verifier,
    web::{
        error::PageResult,
        form::{EmptyForm, Form},
        page::see_other,
        visit::Visit,
    },
};
use actix_web::{rt, web::Data};
use std::time::Duration;
use tokio::time;

/// How long the person waits for what comes of it before its page says that it is running.
const WAIT: Duration = Duration::from_millis(1_500);

/// Begins a verification and leads to its page; while one is running, to the list of them.
///
/// # Errors
/// When the database fails.
pub async fn submit(visit: Visit, verifier: Data<Verifier>, _: Form<EmptyForm>) -> PageResult {
    let Some(begun) = verifier.begin(visit.email.clone()).await? else { return Ok(see_other("/verifications")) };
    let path = format!("/verifications/{}", begun.id);
    let running = rt::spawn(async move {
        if let Err(error) = verifier.run(begun).await {
            log_fault(&error);
        }
    });
    // Done or not, its page tells.
    drop(time::timeout(WAIT, running).await);
    Ok(see_other(&path))
}
