//! What a refusal of Zalora means. The documents name statuses and the shape of problem+json, and no list of titles:
//! `openapi-standalone.yaml` has 400 “Bad Request”, 401 “Unauthorized error”, 403 “Access Denied”, 404 “Entity not found”,
//! 422 “Entity can not be processed”, 500, and 503 in maintenance. A page of HTML is never an answer of the API.

use crate::{
    domain::stores::failure::{Failure, FailureClass},
    marketplaces::{
        http::{Api, HttpAnswer},
        loose,
    },
};
use serde::Deserialize;

/// Whom a request asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Api,
    /// The address of tokens, which answers to the client ID and secret alone.
    Token,
}

/// What the body of a refusal says. Problem+json has the first four fields, OAuth (RFC 6749, section 5.2) the next two, and
/// maintenance the last.
#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    kind: String,
    #[serde(default, deserialize_with = "loose::text")]
    title: String,
    #[serde(default, deserialize_with = "loose::text")]
    detail: String,
    #[serde(default, deserialize_with = "loose::text")]
    message: String,
    #[serde(default, deserialize_with = "loose::text")]
    error: String,
    #[serde(default, deserialize_with = "loose::text")]
    error_description: String,
    #[serde(default, deserialize_with = "loose::text")]
    caused_by: String,
}

/// Whose answer a body is.
enum Body {
    OfApi(Problem),
    /// The documents do not say that a refusal has a body.
    Empty,
    /// Of a proxy or a CDN.
    Other,
}

/// The failure of a response that is not of 2xx.
pub(super) fn refusal(api: &Api, answer: &HttpAnswer, asked: Asked) -> Option<Failure> {
    let failure = answer.failed_by_status(api.name())?;
    let status = answer.status.as_u16();
    let body = read(&answer.body);
    let class = classify(asked, status, &body);
    let message = match &body {
        Body::OfApi(problem) if problem.is_maintenance() => "Zalora is in maintenance.".to_owned(),
        Body::OfApi(problem) if !problem.text().is_empty() => {
            api.quote(&format!("Zalora refused it: {} ({status})", problem.text()))
        }
        Body::Other if class == FailureClass::Unavailable => {
            format!("{} It is not an answer of the API.", failure.message)
        }
        Body::OfApi(_) | Body::Empty | Body::Other => failure.message,
    };
    if class == FailureClass::Temporary {
        tracing::warn!(status, answer = %message, "a refusal of Zalora that no table has");
    }
    let token_ended = class == FailureClass::Credentials && asked == Asked::Api;
    Some(Failure { class, message, token_ended, ..failure })
}

fn read(body: &[u8]) -> Body {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Body::Empty;
    }
    // Without this, a list would be read as the fields of a problem.
    if !body.starts_with(b"{") {
        return Body::Other;
    }
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if problem.is_of_api() => Body::OfApi(problem),
        Ok(_) | Err(_) => Body::Other,
    }
}

/// Words of refusals, in lower case, that decide instead of the status. All are guesses: the documents have no list.
static WORDS: &[(&str, FailureClass)] = &[
    ("fulfilled by", FailureClass::NotWritable),
    ("consignment", FailureClass::NotWritable),
    ("campaign", FailureClass::Locked),
    ("reserved", FailureClass::Locked),
];

fn classify(asked: Asked, status: u16, body: &Body) -> FailureClass {
    let problem = match body {
        // Requests are counted before an answer is written, so this is true of any body.
        _ if status == 429 => return FailureClass::Throttled,
        Body::Other => return FailureClass::Unavailable,
        Body::OfApi(problem) => problem.text().to_lowercase(),
        Body::Empty => String::new(),
    };
    match (asked, status) {
        // An empty one may be that of a firewall.
        (_, 403) if matches!(body, Body::Empty) => FailureClass::Unavailable,
        // `invalid_app_id`, `invalid_client` and whatever else refuses this client: no token can be had with it.
        (Asked::Token, 400 | 401 | 403 | 422) => FailureClass::Credentials,
        (Asked::Token, _) | (Asked::Api, 500..) => FailureClass::Unavailable,
        (Asked::Api, 401) => FailureClass::Credentials,
        // The application lacks a permission (“Make sure that the user is provided with proper permissions”).
        (Asked::Api, 403) => FailureClass::PermissionEnded,
        (Asked::Api, 400 | 404 | 409 | 422) => {
            let by_words = WORDS.iter().find(|(words, _)| problem.contains(words));
            match by_words {
                Some((_, class)) => *class,
                None if status == 409 => FailureClass::Temporary,
                None => FailureClass::Mapping,
            }
        }
        (Asked::Api, _) => FailureClass::Temporary,
    }
}

impl Problem {
    /// What it says, from the general to the particular.
    fn text(&self) -> String {
        let detail = if self.detail.is_empty() { &self.error_description } else { &self.detail };
        let mut parts: Vec<&str> = Vec::new();
        for part in [&self.title, &self.error, &self.message, detail] {
            if !part.is_empty() && !parts.contains(&part.as_str()) {
                parts.push(part);
            }
        }
        if parts.is_empty() && self.kind != "about:blank" {
            return self.kind.clone();
        }
        parts.join(": ")
    }

    /// Whether it has the form of the API: a gateway in front of it may answer with a message alone.
    fn is_of_api(&self) -> bool {
        let own = [&self.kind, &self.title, &self.error, &self.caused_by];
        own.iter().any(|text| !text.is_empty())
    }

    fn is_maintenance(&self) -> bool {
        self.caused_by == "maintenance_mode"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::http::HttpClient;
    use FailureClass::{Credentials, Locked, Mapping, NotWritable, PermissionEnded, Temporary, Throttled, Unavailable};
    use reqwest::StatusCode;
    use std::time::Duration;

    const PAGE: &str = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>";

    fn failure(asked: Asked, status: u16, body: &str) -> Failure {
        let api = Api::new(&HttpClient::default(), "http://localhost", "Zalora", vec!["s3cret".into()], None);
        let status = StatusCode::from_u16(status).expect("a status");
        let answer = HttpAnswer {
            status,
            retry_after: Some(Duration::from_secs(9)),
            body: body.as_bytes().to_vec(),
            _turn: None,
        };
        refusal(&api, &answer, asked).expect("a refusal")
    }

    fn problem(title: &str, status: u16, detail: &str) -> String {
        serde_json::json!({ "type": "about:blank", "title": title, "status": status, "detail": detail }).to_string()
    }

    #[test]
    fn every_refusal_of_the_api_has_its_class() {
        for (status, body, class) in [
            (400, problem("Bad Request", 400, "productId has to be a number"), Mapping),
            (401, problem("Unauthorized error", 401, "The access token expired"), Credentials),
            (401, String::new(), Credentials),
            (401, PAGE.to_owned(), Unavailable),
            (403, problem("Access Denied", 403, ""), PermissionEnded),
            (403, String::new(), Unavailable),
            (403, PAGE.to_owned(), Unavailable),
            (403, "[]".to_owned(), Unavailable),
            (403, "error code: 1020".to_owned(), Unavailable),
            (404, problem("Entity not found", 404, ""), Mapping),
            (404, String::new(), Mapping),
            (404, PAGE.to_owned(), Unavailable),
            (405, problem("Method Not Allowed", 405, ""), Temporary),
            (409, problem("Conflict", 409, ""), Temporary),
            (409, problem("Conflict", 409, "Stock is reserved for a campaign"), Locked),
            (413, "{}".to_owned(), Unavailable),
            (403, r#"{"message":"Forbidden"}"#.to_owned(), Unavailable),
            (422, problem("Entity can not be processed", 422, "quantity has to be 0 or more"), Mapping),
            (422, problem("Entity can not be processed", 422, "Product is fulfilled by venture"), NotWritable),
            (422, problem("Campaign stock", 422, ""), Locked),
            (429, problem("Too Many Requests", 429, ""), Throttled),
            (429, PAGE.to_owned(), Throttled),
            (500, problem("Service Unavailable", 500, "campaign"), Unavailable),
            (503, r#"{"message":"Service is unavailable","caused_by":"maintenance_mode"}"#.to_owned(), Unavailable),
            (502, PAGE.to_owned(), Unavailable),
        ] {
            let failure = failure(Asked::Api, status, &body);
            assert_eq!(failure.class, class, "{status} {body}");
            assert_eq!(failure.token_ended, class == Credentials, "{status} {body}");
            assert_eq!(failure.retry_after, Some(Duration::from_secs(9)), "{status} {body}");
        }
    }

    #[test]
    fn only_the_token_address_s_own_refusal_is_about_the_client() {
        let refused = |code: &str| format!(r#"{{"error":"{code}","error_description":"Client not found"}}"#);
        for (status, body, class) in [
            (400, refused("invalid_app_id"), Credentials),
            (400, refused("invalid_client"), Credentials),
            (401, refused("invalid_client"), Credentials),
            (400, problem("invalid_app_id", 400, ""), Credentials),
            (401, String::new(), Credentials),
            (403, problem("Access Denied", 403, ""), Credentials),
            (403, String::new(), Unavailable),
            (400, PAGE.to_owned(), Unavailable),
            (403, PAGE.to_owned(), Unavailable),
            (404, PAGE.to_owned(), Unavailable),
            (404, "{}".to_owned(), Unavailable),
            (429, String::new(), Throttled),
            (500, "{}".to_owned(), Unavailable),
            (503, PAGE.to_owned(), Unavailable),
        ] {
            let failure = failure(Asked::Token, status, &body);
            assert_eq!(failure.class, class, "{status} {body}");
            assert!(!failure.token_ended, "{status} {body}: there is nothing to renew it with");
        }
    }

    #[test]
    fn what_zalora_says_is_quoted_and_a_page_is_not() {
        for (status, body, message) in [
            (422, problem("Not allowed", 422, "s3cret is over"), "Zalora refused it: Not allowed: … is over (422)"),
            (422, problem("Same", 422, "Same"), "Zalora refused it: Same (422)"),
            (400, r#"{"error":"x","error_description":"y"}"#.to_owned(), "Zalora refused it: x: y (400)"),
            (503, r#"{"message":"m","caused_by":"maintenance_mode"}"#.to_owned(), "Zalora is in maintenance."),
            (403, PAGE.to_owned(), "Zalora answered 403 Forbidden. It is not an answer of the API."),
            (404, String::new(), "Zalora answered 404 Not Found."),
        ] {
            assert_eq!(failure(Asked::Api, status, &body).message, message);
        }
    }
}
