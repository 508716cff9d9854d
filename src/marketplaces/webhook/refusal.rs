//! What each status of a webhook’s response means. The README has the same table for those who write the receiver.

use crate::{
    domain::stores::failure::{Failure, FailureClass},
    marketplaces::http::HttpAnswer,
};
use serde::Deserialize;

/// The failure of a response that is not of 2xx.
pub(super) fn refusal(answer: &HttpAnswer, name: &str) -> Option<Failure> {
    let failure = answer.failed_by_status(name)?;
    let status = answer.status.as_u16();
    let class = classify(status, answer.is_page(), &answer.body);
    let message = match advice(status, class) {
        Some(advice) => format!("{} {advice}", failure.message),
        None => failure.message,
    };
    if class == FailureClass::Temporary && !KNOWN_TEMPORARY.contains(&status) {
        tracing::warn!(status, "an answer of a webhook that no table has");
    }
    // There is no token to renew, so its renewal is one more try before the store is paused: a firewall answers 403 as well.
    let token_ended = class == FailureClass::Credentials;
    Some(Failure { class, message, token_ended, ..failure })
}

/// A conflict of the receiver's own, and a request that is too large, of which halves are sent.
const KNOWN_TEMPORARY: [u16; 2] = [409, 413];

/// A redirection is not followed and has failed before. A page of HTML is that of a proxy or a CDN, which knows nothing about
/// the secret or a listing, and a 403 without a reason may be that of a firewall or a gateway. That a request is too large, or
/// that there are too many, is true of any answer.
fn classify(status: u16, is_page: bool, body: &[u8]) -> FailureClass {
    match status {
        429 => FailureClass::Throttled,
        413 => FailureClass::Temporary,
        _ if is_page => FailureClass::Unavailable,
        403 if !has_reason(body) => FailureClass::Unavailable,
        400 | 422 => FailureClass::Mapping,
        401 | 403 => FailureClass::Credentials,
        // A receiver that is being deployed, was moved or (410) wants no more: other listings would fail in the same way.
        404 | 405 | 408 | 410 | 415 | 500.. => FailureClass::Unavailable,
        _ => FailureClass::Temporary,
    }
}

/// What firewalls and gateways say without a reason, in lower case: the name of the status, or a number (Cloudflare).
const WITHOUT_A_REASON: &[&str] = &[
    "forbidden",
    "403",
    "403 forbidden",
    "access denied",
    "access denied.",
    "request blocked",
    "rbac: access denied",
    "missing authentication token",
];

/// Whether the body of a 403 says why, so that it is the receiver's own.
fn has_reason(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Gateway {
        message: String,
    }
    let text = String::from_utf8_lossy(body).trim().to_lowercase();
    let message = match serde_json::from_str::<Gateway>(&text) {
        Ok(gateway) => gateway.message,
        Err(_) => text,
    };
    !message.is_empty() && !message.starts_with("error code:") && !WITHOUT_A_REASON.contains(&message.as_str())
}

fn advice(status: u16, class: FailureClass) -> Option<&'static str> {
    match (status, class) {
        (404 | 405 | 410 | 415, _) => Some("Check the address and what receives there."),
        (403, FailureClass::Unavailable) => Some(
            "It has no reason of the receiver: a firewall or a gateway may have answered. Let requests through there, or \
             answer 401 if it is the secret.",
        ),
        (400 | 401 | 422, FailureClass::Unavailable) => Some("The page is not an answer of the receiver."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Credentials, Mapping, Temporary, Throttled, Unavailable};
    use reqwest::StatusCode;
    use std::time::Duration;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        let status = StatusCode::from_u16(status).expect("a status");
        HttpAnswer { status, retry_after: Some(Duration::from_secs(7)), body: body.as_bytes().to_vec(), _turn: None }
    }

    #[test]
    fn every_status_has_its_class() {
        let page = "\u{feff}\n<!DOCTYPE html><title>Attention Required! | Cloudflare</title>";
        for (status, body, class) in [
            (400, "{}", Mapping),
            (422, "", Mapping),
            (400, page, Unavailable),
            (422, page, Unavailable),
            (401, "", Credentials),
            (401, "wrong signature", Credentials),
            (403, r#"{"error":"signature"}"#, Credentials),
            (401, page, Unavailable),
            (403, page, Unavailable),
            (403, " <html>", Unavailable),
            (403, "", Unavailable),
            (403, " \r\n", Unavailable),
            (403, "error code: 1020", Unavailable),
            (403, r#"{"message":"Forbidden"}"#, Unavailable),
            (403, r#"{"message":"Missing Authentication Token"}"#, Unavailable),
            (403, r#"{"statusCode":403,"message":"Forbidden"}"#, Unavailable),
            (403, "RBAC: access denied", Unavailable),
            (403, "Forbidden", Unavailable),
            (403, "{}", Credentials),
            (403, r#"{"message":"The signature is wrong."}"#, Credentials),
            (403, "Forbidden: wrong signature", Credentials),
            (401, r#"{"message":"Unauthorized"}"#, Credentials),
            (402, "", Temporary),
            (404, "", Unavailable),
            (405, "", Unavailable),
            (408, "", Unavailable),
            (409, "", Temporary),
            (410, "", Unavailable),
            (410, page, Unavailable),
            (413, page, Temporary),
            (418, "", Temporary),
            (429, page, Throttled),
            (500, "{}", Unavailable),
            (503, page, Unavailable),
            (599, "", Unavailable),
        ] {
            let failure = refusal(&answer(status, body), "Webhook").expect("a failure");
            assert_eq!(failure.class, class, "{status} {body}");
            assert_eq!(failure.token_ended, class == Credentials, "{status} {body}");
            assert_eq!(failure.retry_after, Some(Duration::from_secs(7)), "{status}");
            assert!(failure.message.starts_with(&format!("Webhook answered {status}")), "{failure}");
        }
        for status in [200, 201, 202, 204, 207] {
            assert_eq!(refusal(&answer(status, page), "Webhook"), None, "{status}");
        }
    }
}
