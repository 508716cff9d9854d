//! The two signatures of a delivery, as a receiver checks them. Each is in a library that integrators use: the first is
//! Stripe's scheme, the second that of Standard Webhooks (its `spec/standard-webhooks.md`).
//!
//! | header | content |
//! |---|---|
//! | `X-Flashsale-Signature` | `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`, with one `v1` for each valid secret |
//! | `webhook-id` | the id of the delivery |
//! | `webhook-timestamp` | seconds |
//! | `webhook-signature` | `v1,<base64 HMAC-SHA256 of "id.timestamp.body">`, with one after a space for each valid secret |
//!
//! A receiver knows one secret: it accepts a delivery if any of the signatures of a header is right.

use crate::{
    demo::marketplace::{
        call::{self, Call},
        signing::{hexadecimal, hmac_sha256},
    },
    domain::moment::Moment,
};
use base64::{Engine, prelude::BASE64_STANDARD};

const FLASHSALE: &str = "x-flashsale-signature";
pub(super) const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Before a secret that is written in base64.
const BASE64_PREFIX: &str = "whsec_";

/// Whether both signatures are right and recent.
pub(super) fn are_right(secret: &str, call: &Call, now: Moment) -> bool {
    is_right_in_flashsale_form(secret, call, now) && is_right_in_standard_form(secret, call, now)
}

fn is_right_in_flashsale_form(secret: &str, call: &Call, now: Moment) -> bool {
    let mut time = "";
    let mut given = Vec::new();
    for part in call.header(FLASHSALE).split(',') {
        match part.split_once('=') {
            Some(("t", value)) => time = value,
            Some(("v1", value)) => given.push(value),
            // Another version of the scheme may be added.
            Some(_) => {}
            None => return false,
        }
    }
    let mut message = format!("{time}.").into_bytes();
    message.extend_from_slice(&call.body);
    let right = hexadecimal(&hmac_sha256(secret, &message));
    is_recent(time, now) && given.contains(&right.as_str())
}

fn is_right_in_standard_form(secret: &str, call: &Call, now: Moment) -> bool {
    let id = call.header(ID);
    let time = call.header(TIMESTAMP);
    let mut message = format!("{id}.{time}.").into_bytes();
    message.extend_from_slice(&call.body);
    let right = format!("v1,{}", BASE64_STANDARD.encode(hmac_sha256(key(secret), &message)));
    // A dot separates the parts of the message, so the specification does not allow one in the id.
    let is_id = !id.is_empty() && !id.contains('.');
    is_id && is_recent(time, now) && call.header(SIGNATURE).split(' ').any(|given| given == right)
}

/// The key of a secret: its bytes, or what `whsec_` and base64 stand for.
fn key(secret: &str) -> Vec<u8> {
    let decoded = secret.strip_prefix(BASE64_PREFIX).and_then(|text| BASE64_STANDARD.decode(text).ok());
    decoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn is_recent(seconds: &str, now: Moment) -> bool {
    let milliseconds = seconds.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000));
    call::is_timely(milliseconds, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{
        http::{
            Method,
            header::{HeaderMap, HeaderName, HeaderValue},
        },
        web::Bytes,
    };
    use std::collections::BTreeMap;

    /// From the libraries of Standard Webhooks, whose tests all have it (`libraries/go/webhook_test.go`).
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const DELIVERY: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SECONDS: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const RIGHT: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn call(headers: &[(&'static str, &str)], body: &str) -> Call {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
        }
        Call {
            method: Method::POST,
            path: String::new(),
            query: String::new(),
            parameters: BTreeMap::new(),
            headers: map,
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    fn at(seconds: i64) -> Moment {
        chrono::DateTime::from_timestamp(seconds, 0).expect("a moment").into()
    }

    #[test]
    fn the_published_vector_of_standard_webhooks_is_right_and_nothing_near_it_is() {
        let is_right = |id: &str, seconds: &str, signature: &str, body: &str, now: i64| {
            let headers = [(ID, id), (TIMESTAMP, seconds), (SIGNATURE, signature)];
            is_right_in_standard_form(SECRET, &call(&headers, body), at(now))
        };
        let another = format!("v1,bm90IHRoaXMgb25l {RIGHT}");
        assert!(is_right(DELIVERY, "1614265330", RIGHT, BODY, SECONDS));
        assert!(is_right(DELIVERY, "1614265330", &another, BODY, SECONDS), "the second of two secrets");
        for (id, seconds, signature, body, now) in [
            ("msg_other", "1614265330", RIGHT, BODY, SECONDS),
            ("", "1614265330", RIGHT, BODY, SECONDS),
            (DELIVERY, "1614265331", RIGHT, BODY, SECONDS),
            (DELIVERY, "", RIGHT, BODY, SECONDS),
            (DELIVERY, "1614265330", "", BODY, SECONDS),
            (DELIVERY, "1614265330", RIGHT.trim_start_matches("v1,"), BODY, SECONDS),
            (DELIVERY, "1614265330", RIGHT, r#"{"test":2432232314}"#, SECONDS),
            (DELIVERY, "1614265330", RIGHT, BODY, SECONDS + 301),
        ] {
            assert!(!is_right(id, seconds, signature, body, now), "{id} {seconds} {signature} {body} {now}");
        }
    }

    /// Recomputed with another library: `hmac.new(b"shop-secret", b"1794312000.{}", "sha256").hexdigest()`.
    #[test]
    fn any_of_several_signatures_of_the_first_form_may_be_right() {
        let right = "bb5ebe2ac9fcb6fcae3d55d1dba323af52440736900163be5881ee4b715f82e7";
        let is_right = |header: &str, now: i64| {
            is_right_in_flashsale_form("shop-secret", &call(&[(FLASHSALE, header)], "{}"), at(now))
        };
        let now = 1_794_312_000;
        assert!(is_right(&format!("t={now},v1={right}"), now));
        assert!(is_right(&format!("t={now},v1=00,v1={right},v2=01"), now));
        for header in [
            format!("t={},v1={right}", now + 1),
            format!("v1={right}"),
            format!("t={now},v1={}", right.to_uppercase()),
            format!("t={now},v0={right}"),
            format!("t={now}"),
            String::new(),
        ] {
            assert!(!is_right(&header, now), "{header}");
        }
        assert!(!is_right(&format!("t={now},v1={right}"), now - 301));
    }
}
