//! The JSON API, under `/api/v1`. It knows the actions and nothing of the pages. Every handler has its path and its
//! description in the document of the API.

pub mod access;
pub mod call;
pub mod catalogue;
pub mod cursor;
pub mod document;
pub mod fields;
pub mod guard;
pub mod lists;
pub mod once;
pub mod orders;
pub mod problem;
pub mod promotions;
pub mod refusals;
pub mod stores;
mod words;

use crate::domain::staff::permission::{
    Access::Public,
    Permission::{ManageCatalogue, ManageOrders, ManagePromotions, ManageStores, View},
};
use access::{AccessTable, CallAccess, Calls};
use actix_web::{dev::HttpServiceFactory, middleware::from_fn, web};
use catalogue::{quantities, skus, stock_changes};
use stores::{listings, push_log, pushes};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn scope() -> impl HttpServiceFactory {
    let calls = web::scope("/v1").configure(|config| {
        let access = routes(&mut ServiceConfig::new(config));
        config.app_data(access);
    });
    web::scope("/api")
        .wrap(from_fn(guard::guard))
        .service(calls.default_service(web::to(document::nothing_here)))
        .default_service(web::to(document::nothing_here))
}

pub fn calls() -> Vec<CallAccess> {
    let mut calls = Vec::new();
    drop(utoipa_actix_web::scope(access::ROOT).configure(|config| calls = routes(config).0));
    calls
}

/// Every call, as the document describes it, with who may use it.
pub fn routes(config: &mut ServiceConfig<'_>) -> AccessTable {
    Calls::new(config)
        .call(Public, document::show)
        .call(ManageStores, stores::add)
        .call(ManageCatalogue, skus::save::save)
        .call(View, skus::list::list)
        .call(ManageCatalogue, stock_changes::apply)
        .call(ManagePromotions, promotions::create)
        .call(View, promotions::list)
        .call(View, promotions::show)
        .call(ManagePromotions, promotions::end)
        .call(View, quantities::list)
        .call(ManageStores, listings::save::save)
        .call(View, listings::list::list)
        .call(ManageStores, listings::take_off)
        .call(View, pushes::list)
        .call(View, push_log::list)
        .call(View, quantities::file)
        .call(ManageOrders, orders::take::take)
        .call(View, orders::list::list)
        .call(View, orders::show)
        .call(ManageOrders, orders::put::put)
        .call(ManageOrders, orders::cancel)
        .call(ManageOrders, orders::ship)
        .noted()
}
