//! The JSON rooms, under `/api/v1`. They know the actions and nothing of the pages. Every handler carries its path,
//! and its place in the document of the API with it.

pub mod call;
pub mod catalogue;
pub mod cursor;
pub mod document;
pub mod fields;
pub mod once;
pub mod orders;
pub mod problem;
pub mod promotions;
pub mod stores;
mod words;

use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything under `/api`.
pub fn scope() -> impl HttpServiceFactory {
    let nothing_here = || web::to(document::nothing_here);
    let calls = web::scope("/v1").configure(|config| routes(&mut ServiceConfig::new(config)));
    web::scope("/api").service(calls.default_service(nothing_here())).default_service(nothing_here())
}

/// Every call, as the document describes it.
fn routes(to: &mut ServiceConfig<'_>) {
    to.service(document::show)
        .service(stores::add)
        .service(crate::api::catalogue::skus::save)
        .service(promotions::create)
        .service(promotions::list)
        .service(promotions::show)
        .service(promotions::end)
        .service(crate::api::catalogue::quantities::list)
        .service(crate::api::stores::pushes::list)
        .service(crate::api::stores::push_log::list)
        .service(crate::api::catalogue::quantities::file)
        .service(orders::take)
        .service(orders::show)
        .service(orders::cancel)
        .service(orders::ship);
}

/// Names the codes of the problems that a call may be answered with, for its part of the document; every call may
/// meet a fault or a database that fails.
macro_rules! refusals {
    ($name:ident: $($code:ident)*) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                use $crate::api::problem::Code;
                $crate::api::document::problems(&[$(Code::$code),*])
            }
        }
    };
}
use refusals;
