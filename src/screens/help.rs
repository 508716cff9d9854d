//! `/help`: how to create a flash sale, step by step, and what the words mean.

use crate::web::{
    error::PageResult,
    page::{Layout, ok},
    visit::Visit,
};
use actix_web::HttpRequest;
use askama::Template;

#[derive(Template)]
#[template(path = "help/show.html")]
struct HelpPage {
    page: Layout,
    /// The server's own address, for the example of a request.
    address: String,
}

pub async fn show(visit: Visit, req: HttpRequest) -> PageResult {
    let address = visit.state.settings.public_origin.clone().unwrap_or_else(|| {
        let asked = req.connection_info();
        format!("{}://{}", asked.scheme(), asked.host())
    });
    ok(&HelpPage { page: visit.layout("help"), address })
}
