//! `/api/v1/openapi.json`: what every call takes and answers, made from the handlers themselves, so that none can be
//! there without being described.

use super::{
    problem::{self, Code, Problem, ProblemBody},
    routes,
};
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    dev::ResourceDef,
    get,
    http::header::{self, HeaderValue},
};
use std::{collections::BTreeMap, sync::LazyLock};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Response,
        ResponseBuilder, Type,
        schema::{AllOfBuilder, ObjectBuilder},
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_actix_web::OpenApiFactory;

/// Where the API is.
const ROOT: &str = "/api/v1";

/// Codes that any call may be answered with.
const ANYWHERE: [Code; 4] = [Code::Fault, Code::DatabaseBusy, Code::DatabaseReadOnly, Code::DatabaseUnavailable];

/// The name of the security scheme.
const BEARER: &str = "bearer";

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    let calls = utoipa_actix_web::scope(ROOT).configure(routes);
    let mut schemas = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut schemas);
    calls.schemas(&mut schemas);
    let mut components = Components::new();
    components.schemas.extend(schemas);
    components.add_security_scheme(BEARER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let info = InfoBuilder::new().title("flashsale").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Flash sales across marketplaces: stock that one store can sell and no other. Bodies are at most 4 MiB. Every \
         error is `application/problem+json` with a `code` that never changes. An address that is not here answers \
         404 `not_found`, and another method 405 `method_not_allowed` with `Allow`.",
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

/// The answers to a call that are problems of `codes`, by status.
pub fn problems(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut of_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes.iter().chain(&ANYWHERE) {
        of_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    of_status.into_iter().map(|(status, codes)| (status.to_string(), RefOr::T(response(&codes)))).collect()
}

/// The answer with one of `codes`, which are of one status.
fn response(codes: &[Code]) -> Response {
    let lines: Vec<String> = codes.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.meaning())).collect();
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes.iter().map(|code| code.as_str())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(ProblemBody::name()))
        .item(ObjectBuilder::new().property("code", code));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(lines.join("\n")).content(problem::CONTENT_TYPE, content).build()
}

/// Whatever no call answers: nothing is there, or it takes other methods.
pub async fn nothing_here(req: HttpRequest) -> HttpResponse {
    let calls = DOCUMENT.paths.paths.iter();
    let found = calls.clone().find(|(path, _)| ResourceDef::new(path.as_str()).is_match(req.path()));
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

fn methods(item: &PathItem) -> Vec<&'static str> {
    let PathItem { get, put, post, .. } = item;
    [("GET", get), ("PUT", put), ("POST", post)]
        .into_iter()
        .filter(|(_, call)| call.is_some())
        .map(|(method, _)| method)
        .collect()
}
