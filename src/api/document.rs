//! `/api/v1/openapi.json`: the description of every call, made from the handlers themselves, so that no call can be missing.

use super::{
    access::{ROOT, methods},
    problem::{Code, Problem, ProblemBody},
    routes,
};
use crate::web::page::without_slash;
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    dev::ResourceDef,
    get,
    http::header::{self, HeaderValue},
};
use std::sync::LazyLock;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, InfoBuilder, OpenApi, OpenApiBuilder,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_actix_web::OpenApiFactory;

const BEARER: &str = "bearer";

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    let calls = utoipa_actix_web::scope(ROOT).configure(|config| drop(routes(config)));
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    calls.schemas(&mut schemas);
    let mut components = Components::new();
    components.schemas.extend(schemas);
    components.add_security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let info = InfoBuilder::new().title("flashsale").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Flash sales across marketplaces: stock that one store can sell and no other. Bodies are JSON in UTF-8, at \
         most 4 MiB, plain or with `Content-Encoding: gzip`. In a list of independent items each one that cannot be \
         applied fails alone, with its place and a `code`. Every error is `application/problem+json` with a `code` \
         that never changes. An address that is not here answers 404 `not_found`, and another method 405 \
         `method_not_allowed` with `Allow`. With a slash at its end an address answers 308 with the one without.",
    ));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(calls.paths())
        .components(Some(components))
        .security(Some([SecurityRequirement::new(BEARER, [] as [&str; 0])]))
        .build()
});

/// Describe the API
#[utoipa::path(
    operation_id = "describeApi",
    tag = "document",
    security(()),
    responses((status = 200, description = "This document.", body = Object)),
)]
#[get("/openapi.json")]
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(&*DOCUMENT)
}

/// For an address that does not exist, or a method that it does not take.
pub async fn nothing_here(req: HttpRequest) -> HttpResponse {
    if let Some(moved) = without_slash(&req) {
        return moved;
    }
    let mut paths = DOCUMENT.paths.paths.iter();
    let found = paths.find(|(path, _)| ResourceDef::new(path.as_str()).is_match(req.path()));
    let Some((_, item)) = found else {
        return Problem::new(Code::NotFound, Code::NotFound.meaning()).error_response();
    };
    let allowed = methods(item).join(", ");
    let detail = format!("Use {allowed} here.");
    let mut response = Problem::new(Code::MethodNotAllowed, detail).error_response();
    let allowed = HeaderValue::from_str(&allowed).expect("methods are ASCII");
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}
