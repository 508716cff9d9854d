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
