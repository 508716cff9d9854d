//! The refusals of each call, for the document of the API.

use super::problem::{self, Code, ProblemBody};
use std::collections::BTreeMap;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
        schema::{AllOfBuilder, ObjectBuilder},
    },
};

/// The codes of every call: it needs a token with a permission, and it may have a fault or a database that fails.
const OF_EVERY_CALL: [Code; 8] = [
    Code::Unauthorized,
    Code::Forbidden,
    Code::Fault,
    Code::DatabaseBusy,
    Code::DatabaseReadOnly,
    Code::DatabaseUnavailable,
    Code::OutcomeUnknown,
    Code::ClockOff,
];

/// Defines the refusals of a call: those of its own, and those of every call.
macro_rules! refusals {
    ($name:ident: $($code:ident)*) => {
        pub(super) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                use $crate::api::problem::Code;
                $crate::api::refusals::problems(&[$(Code::$code),*])
            }
        }
    };
}
pub(super) use refusals;

// Of calls that list rows, and of calls for one row.
refusals!(ListRefusals: BadQuery BadCursor CursorOfAnotherList UnknownStore UnknownSku);
refusals!(ListOfStoreRefusals: BadQuery BadCursor CursorOfAnotherList UnknownStore);
refusals!(ListOfSkuRefusals: BadQuery BadCursor CursorOfAnotherList UnknownSku);
refusals!(OneRefusals: NotFound);

/// The responses with `codes` and [`OF_EVERY_CALL`], by status.
pub fn problems(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut of_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes.iter().chain(&OF_EVERY_CALL) {
        of_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    of_status.into_iter().map(|(status, codes)| (status.to_string(), RefOr::T(response(&codes)))).collect()
}

/// The response with one of `codes`, which have the same status.
fn response(codes: &[Code]) -> Response {
    let lines: Vec<String> = codes.iter().map(|code| format!("- `{}`: {}", code.as_str(), code.meaning())).collect();
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes.iter().map(|code| code.as_str())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(ProblemBody::name()))
        .item(ObjectBuilder::new().property("code", code));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(lines.join("\n")).content(problem::CONTENT_TYPE, content).build()
}
