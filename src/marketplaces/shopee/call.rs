//! Calls of Shopee's API and what its answers say.
//!
//! Source: developer's guide 16, "API calls". Every answer has `error`, which is empty for a success, and `request_id`. The
//! content is under `response`, or beside these fields.

use super::{
    Shopee,
    refusal::{Reason, Refusal, last_part, until_next_quota},
    sign,
};
use crate::{
    domain::{moment::Moment, stores::failure::Failure},
    marketplaces::{
        http::{HttpAnswer, request_id},
        loose,
    },
};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::time::Duration;

/// Of answers with whole products: descriptions of 50 of them are 1 MiB.
const LONG_ANSWER_BYTES: usize = 4 << 20;

/// An answer of the API. Its content is read after the refusal, because refused requests have content of other types.
pub(super) struct ApiAnswer {
    status: StatusCode,
    retry_after: Option<Duration>,
    head: Head,
    content: Value,
}

/// What every answer of the API has. One without both fields is not the API's own.
#[derive(Deserialize)]
#[serde(try_from = "Value")]
struct Body {
    head: Head,
    content: Value,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default, deserialize_with = "loose::text")]
    error: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    request_id: String,
}

impl TryFrom<Value> for Body {
    type Error = String;

    fn try_from(content: Value) -> Result<Self, Self::Error> {
        if content.get("error").is_none() && content.get("request_id").is_none() {
            return Err("it has neither `error` nor `request_id`".to_owned());
        }
        let head = Head::deserialize(&content).map_err(|error| error.to_string())?;
        Ok(Self { head, content })
    }
}

impl ApiAnswer {
    fn read(answer: &HttpAnswer, name: &str) -> Result<Self, Failure> {
        let Body { head, content } = answer.json(name)?;
        Ok(Self { status: answer.status, retry_after: answer.retry_after, head, content })
    }

    pub(super) fn request_id(&self) -> Option<String> {
        request_id(&self.head.request_id)
    }

    /// The code of the refusal without the name of its module; empty for a success.
    pub(super) fn code(&self) -> String {
        last_part(&self.head.error)
    }

    /// The refusal of the whole request.
    pub(super) fn refusal(&self) -> Option<Refusal<'_>> {
        let Head { error, message, .. } = &self.head;
        let is_refused = !error.is_empty() || !self.status.is_success();
        is_refused.then_some(Refusal { status: self.status, error, message })
    }

    /// The refusal of one row for the reason that it gives.
    pub(super) fn refusal_of_row<'a>(&'a self, message: &'a str) -> Refusal<'a> {
        // The status of the answer is that of all rows.
        Refusal { status: StatusCode::OK, error: &self.head.error, message }
    }

    /// The content under `response`, if there is any.
    pub(super) fn response<T: DeserializeOwned>(&mut self) -> Option<T> {
        let response = self.content.get_mut("response").map(Value::take);
        response.and_then(|response| serde_json::from_value(response).ok())
    }

    /// The content beside the fields of every answer.
    pub(super) fn beside<T: DeserializeOwned>(self) -> Option<T> {
        serde_json::from_value(self.content).ok()
    }
}

impl Shopee {
    /// A request in the shop's name.
    fn request(&self, method: Method, path: &str, now: Moment) -> RequestBuilder {
        let partner_id = self.keys.id("partner_id");
        let shop_id = self.keys.id("shop_id");
        let timestamp = now.utc().timestamp().to_string();
        let token = self.keys.access().map_or("", |access| access.secret.expose_secret());
        let signature = sign(self.keys.value("partner_key"), &[partner_id, path, &timestamp, token, shop_id]);
        self.api.request(method, path).query(&[
            ("partner_id", partner_id),
            ("timestamp", &timestamp),
            ("access_token", token),
            ("shop_id", shop_id),
            ("sign", &signature),
        ])
    }

    /// A request of the app itself, which has neither a token nor a shop in its signature.
    fn public_request(&self, method: Method, path: &str, now: Moment) -> RequestBuilder {
        let partner_id = self.keys.id("partner_id");
        let timestamp = now.utc().timestamp().to_string();
        let signature = sign(self.keys.value("partner_key"), &[partner_id, path, &timestamp]);
        let query = [("partner_id", partner_id), ("timestamp", &timestamp), ("sign", &signature)];
        self.api.request(method, path).query(&query)
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<ApiAnswer, Failure> {
        let answer = self.api.send(|now| self.request(Method::GET, path, now).query(query)).await?;
        ApiAnswer::read(&answer, self.api.name())
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<ApiAnswer, Failure> {
        let answer = self.api.send(|now| self.request(Method::POST, path, now).json(body)).await?;
        ApiAnswer::read(&answer, self.api.name())
    }

    /// Asks for tokens, in nobody's name.
    pub(super) async fn ask_for_tokens<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        let sent = self.api.send(|now| self.public_request(Method::POST, path, now).json(body)).await?;
        let answer = ApiAnswer::read(&sent, self.api.name())?;
        if let Some(refusal) = answer.refusal() {
            let reason = refusal.reason_of_renewal(answer.request_id().is_some());
            return Err(self.failure(&answer, &refusal, reason));
        }
        answer.beside().ok_or_else(|| self.unreadable())
    }

    /// The content of a request of the app itself.
    pub(super) async fn read_as_app<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let sent = self.api.send(|now| self.public_request(Method::GET, path, now)).await?;
        let mut answer = ApiAnswer::read(&sent, self.api.name())?;
        self.accept(&answer)?;
        answer.response().ok_or_else(|| self.unreadable())
    }

    /// A request of the app itself that changes something.
    pub(super) async fn post_as_app(&self, path: &str, body: &Value) -> Result<(), Failure> {
        let sent = self.api.send(|now| self.public_request(Method::POST, path, now).json(body)).await?;
        self.accept(&ApiAnswer::read(&sent, self.api.name())?)
    }

    /// The content of a request that has to be accepted.
    pub(super) async fn read_response<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let mut answer = self.get(path, query).await?;
        self.accept(&answer)?;
        answer.response().ok_or_else(|| self.unreadable())
    }

    /// The content of a request that has to be accepted, of up to [`LONG_ANSWER_BYTES`]. `None` if the answer has more.
    pub(super) async fn read_long_response<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<T>, Failure> {
        let request = |now| self.request(Method::GET, path, now).query(query);
        let Some(answer) = self.api.send_for_up_to(LONG_ANSWER_BYTES, request).await? else { return Ok(None) };
        let mut answer = ApiAnswer::read(&answer, self.api.name())?;
        self.accept(&answer)?;
        answer.response().map(Some).ok_or_else(|| self.unreadable())
    }

    /// Fails if the request was refused as a whole.
    pub(super) fn accept(&self, answer: &ApiAnswer) -> Result<(), Failure> {
        match answer.refusal() {
            Some(refusal) => Err(self.failure(answer, &refusal, refusal.reason())),
            None => Ok(()),
        }
    }

    pub(super) fn unreadable(&self) -> Failure {
        Failure::unavailable(format!("{} sent an answer that cannot be read.", self.api.name()))
    }

    /// The failure of a refused request, or of one of its rows.
    pub(super) fn failure(&self, answer: &ApiAnswer, refusal: &Refusal<'_>, reason: Reason) -> Failure {
        let code = self.api.quote(refusal.error);
        let message = self.api.quote(refusal.message);
        let said = match (message.is_empty(), code.is_empty()) {
            (false, false) => format!("Shopee refused it: {message} ({code})"),
            (false, true) => format!("Shopee refused it: {message}"),
            (true, false) => format!("Shopee refused it: ({code})"),
            (true, true) => format!("Shopee answered {} without a reason.", answer.status),
        };
        if reason == Reason::Unknown {
            tracing::warn!(code, message, "Shopee refused a request for a reason that is not in our table");
        }
        let message = match self.explanation(reason) {
            Some(explanation) => format!("{explanation} {said}"),
            None => said,
        };
        let retry_after = match reason {
            Reason::Quota => Some(until_next_quota(self.api.now())),
            _ => answer.retry_after,
        };
        Failure {
            retry_after,
            token_ended: reason == Reason::AccessEnded,
            request_id: answer.request_id(),
            ..Failure::new(reason.class(), message)
        }
    }

    /// What a reason means for staff, where Shopee's own words do not say it.
    fn explanation(&self, reason: Reason) -> Option<String> {
        match reason {
            Reason::Warehouse => Some(match &self.warehouse {
                None => SEVERAL_WAREHOUSES.to_owned(),
                Some(code) => format!("It has no stock in the warehouse {code}. {CHOOSE_ANOTHER}"),
            }),
            Reason::Fulfilled => Some(FULFILLED.to_owned()),
            Reason::NotWritable => Some("Shopee does not let sellers set this stock.".to_owned()),
            Reason::HasModels => Some("The product has models: enter the model_id.".to_owned()),
            Reason::ClockDiffers => Some("Set this machine’s clock.".to_owned()),
            Reason::Holiday => Some("The shop is in holiday mode.".to_owned()),
            _ => None,
        }
    }
}

pub(super) const SEVERAL_WAREHOUSES: &str = "This shop has several warehouses. Choose one under Edit connection.";
pub(super) const CHOOSE_ANOTHER: &str = "Choose another under Edit connection.";
pub(super) const FULFILLED: &str = "Shopee sends this product from its own warehouse, so its stock is not set here.";
