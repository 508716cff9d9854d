//! The shapes of Shopee's answers.

use crate::demo::marketplace::shop::{Refusal, random_text};
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

/// An answer that says why a call is refused.
pub(super) struct Refused {
    status: StatusCode,
    content: Value,
    /// In seconds. No document names such a header; a fault asks for it.
    retry_after: Option<u64>,
}

impl Refused {
    fn new(status: StatusCode, error: &str, message: &str) -> Self {
        let content = json!({"error": error, "message": message, "request_id": random_text()});
        Self { status, content, retry_after: None }
    }

    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub(super) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// With a `response` beside the error.
    pub(super) fn with_response(mut self, response: Value) -> Self {
        self.content["response"] = response;
        self
    }

    /// Its message alone, for a page.
    pub(super) fn words(&self) -> String {
        self.content["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.json(self.content)
    }
}

/// A refusal of the gateway, before the call reaches a module: its code has no prefix. Public code has recorded
/// `invalid_acceess_token` with the status 403; that the others have it as well is a guess, because the documents name no
/// status.
pub(super) fn of_gateway(error: &str, message: &str) -> Refused {
    Refused::new(StatusCode::FORBIDDEN, error, message)
}

/// A refusal of the module "product". Its pages list the codes without a prefix, and show them with it in `error_example`:
/// `product.error_param`.
pub(super) fn of_product(error: &str, message: &str) -> Refused {
    Refused::new(StatusCode::OK, &format!("product.{error}"), message)
}

/// A refusal whose code is sent as it is.
pub(super) fn literally(error: &str, message: &str) -> Refused {
    Refused::new(StatusCode::OK, error, message)
}

/// A refusal that a test has asked for.
pub(super) fn planned(refusal: &Refusal) -> Refused {
    let status = refusal.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::OK);
    Refused::new(status, &refusal.code, &refusal.message)
}

/// The answer of the module "product", with its content in `response`.
pub(super) fn accepted(response: Value) -> Value {
    json!({"error": "", "message": "", "warning": "", "request_id": random_text(), "response": response})
}

/// An answer with its content beside the error, and without `response` and `warning`: so have it the pages of
/// `get_shop_info` and `refresh_access_token`.
pub(super) fn accepted_at_top(mut content: Value) -> Value {
    content["error"] = "".into();
    content["message"] = "".into();
    content["request_id"] = random_text().into();
    content
}
