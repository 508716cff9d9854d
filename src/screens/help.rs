//! `/help`: how to create a flash sale, step by step, and what the words mean.

use crate::{
    marketplaces::{
        app::{AppDescription, Connecting},
        registry,
    },
    web::{
        error::PageResult,
        page::{Layout, ok},
        visit::Visit,
    },
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

impl HelpPage {
    /// What each marketplace says of its apps.
    fn apps(&self) -> Vec<(&'static str, &'static AppDescription)> {
        let described = registry::ALL.iter().copied();
        described.filter_map(|description| Some((description.kind.label(), description.app()?))).collect()
    }

    /// The kinds that need none, each with what it needs instead.
    fn without_apps(&self) -> Vec<(&'static str, &'static str)> {
        let mut kinds = Vec::new();
        for description in registry::ALL {
            if let Connecting::ByKeys(words) = description.connecting {
                kinds.push((description.kind.label(), words));
            }
        }
        kinds
    }
}

pub async fn show(visit: Visit, req: HttpRequest) -> PageResult {
    let address = visit.state.settings.public_origin.clone().unwrap_or_else(|| {
        let asked = req.connection_info();
        format!("{}://{}", asked.scheme(), asked.host())
    });
    ok(&HelpPage { page: visit.layout("help"), address })
}
