//! The problems that a call may be answered with, for its part of the document.

use super::problem::{self, Code, ProblemBody};
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
        schema::{AllOfBuilder, ObjectBuilder},
    },
};

/// Codes that any call may be answered with.
const ANYWHERE: [Code; 4] = [Code::Fault, Code::DatabaseBusy, Code::DatabaseReadOnly, Code::DatabaseUnavailable];

/// Names the codes of the problems that a call may be answered with, for its part of the document; every call may
/// meet a fault or a database that fails.
macro_rules! refusals {
    ($name:ident: $($code:ident)*) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                use $crate::api::problem::Code;
                $crate::api::refusals::problems(&[$(Code::$code),*])
            }
        }
    };
}
pub(super) use refusals;

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
