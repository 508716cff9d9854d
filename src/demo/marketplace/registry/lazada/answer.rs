//! Lazada's answers. Refusals come with the status 200 and have their code in the body.

use crate::demo::marketplace::shop::{ProductId, Refusal, random_text};
use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Value, json};

pub(super) struct Refused {
    status: StatusCode,
    body: Value,
}

impl Refused {
    /// `kind` is `ISV` for a mistake of the caller, `ISP` for one of the business, and `SYSTEM` for one of the platform
    /// (page 108138).
    pub(super) fn new(code: &str, kind: &str, message: &str) -> Self {
        let body = json!({"code": code, "type": kind, "message": message, "request_id": random_text()});
        Self { status: StatusCode::OK, body }
    }

    /// A refusal that a test has planned.
    pub(super) fn planned(refusal: &Refusal) -> Self {
        let status = refusal.status.and_then(|status| StatusCode::from_u16(status).ok());
        Self { status: status.unwrap_or(StatusCode::OK), ..Self::new(&refusal.code, &refusal.kind, &refusal.message) }
    }

    /// "Check the detail field in the API response to understand the SKU where the error occurred" (page of
    /// UpdateSellableQuantity). The fields of the detail are those of getonecart.com, "What does negative sellable on
    /// channel inventory mean?".
    pub(super) fn of_business(id: &ProductId, message: &str) -> Self {
        let mut refused = Self::new("501", "ISP", "E501: Update product failed");
        let item_id: Value = id.item.parse::<u64>().map_or(Value::Null, Value::from);
        refused.body["detail"] =
            json!([{"code": "E0501", "field": "bizCheck", "item_id": item_id, "message": message}]);
        refused
    }

    /// The words are those of page 121320, question 10.
    pub(super) fn throttled(seconds: u64) -> Self {
        let message = format!("Api access frequency exceeds the limit. this ban will last {seconds} seconds");
        Self::new("ApiCallLimit", "ISV", &message)
    }

    /// The words are those of page 121320, question 7. The type is a guess.
    pub(super) fn switched_off() -> Self {
        let message =
            "To ensure stability of service, this API service is disabled, please get more information from Notice.";
        Self::new("998", "SYSTEM", message)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!(
            "the input parameter \"{parameter}\" that is mandatory for processing this request is not supplied"
        );
        Self::new("MissingParameter", "ISV", &message)
    }
}

pub(super) fn accepted(mut content: Value) -> Value {
    content["code"] = "0".into();
    content["request_id"] = random_text().into();
    content
}

pub(super) fn respond(content: Result<Value, Refused>) -> HttpResponse {
    match content {
        Ok(content) => HttpResponse::Ok().json(content),
        Err(Refused { status, body }) => HttpResponse::build(status).json(body),
    }
}

/// The page of a front server, which knows nothing of the API.
pub(super) fn address_too_long() -> HttpResponse {
    let page =
        "<html><head><title>414 Request-URI Too Large</title></head><body>414 Request-URI Too Large</body></html>";
    HttpResponse::build(StatusCode::URI_TOO_LONG).content_type("text/html").body(page)
}
