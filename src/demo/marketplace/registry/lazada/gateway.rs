//! What happens to each call before and after it reaches its API: the signature, the time, the token and the limits.

use super::{PREFIX, answer::Refused, listings, orders, seller, stock};
use crate::{
    demo::marketplace::{
        call::Call,
        fault::Fault,
        shop::{Shop, World},
        signing::{hexadecimal, hmac_sha256},
    },
    domain::moment::Moment,
    marketplaces::Credentials,
};
use actix_web::http::Method;
use chrono::{DateTime, TimeDelta};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::collections::BTreeMap;

/// "The difference between the timestamp and UTC time should not exceed 7200 seconds" (page 108067).
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(7_200);

/// Of every call (page 108067). The access token is not: a call without one has an illegal one.
const COMMON_PARAMETERS: [&str; 4] = ["app_key", "timestamp", "sign_method", "sign"];

pub(super) fn content(
    world: &mut World,
    shop: &str,
    call: &Call,
    fault: Option<Fault>,
    now: Moment,
) -> Result<Value, Refused> {
    let path = call.path.strip_prefix(PREFIX).unwrap_or_default();
    admit(&world.shops[shop], path, call, fault, now)?;
    match fault {
        Some(Fault::Throttle { seconds }) => return Err(Refused::throttled(seconds)),
        Some(Fault::ErrorInside) => return Err(Refused::new("6", "ISP", "E006: Unexpected internal error")),
        Some(Fault::SwitchedOff) => return Err(Refused::switched_off()),
        Some(Fault::Echo) => return Err(Refused::new("6", "ISP", &call.echo())),
        _ => {}
    }
    let found = &world.shops[shop];
    if let Some(refusal) = &found.refusal {
        return Err(Refused::planned(refusal));
    }
    if found.is_over_limit() {
        return Err(Refused::throttled(1));
    }
    let is_read = call.method == Method::GET;
    let is_write = call.method == Method::POST;
    match path {
        "/seller/get" if is_read => Ok(seller::profile(shop, found)),
        "/seller/warehouse/get" if is_read => seller::warehouses(found, call),
        "/products/get" if is_read => listings::products(found, call, now),
        "/product/item/get" if is_read => listings::product(found, call, now),
        "/orders/get" if is_read => orders::list(found, call),
        "/orders/items/get" if is_read => orders::items(found, call),
        "/product/stock/sellable/update" if is_write => stock::update(world, shop, call, fault, now),
        // Its page allows both methods. A refresh by GET has its token in the address, so here it is not accepted.
        "/auth/token/refresh" if is_write => seller::refresh(world, shop, call, now),
        "/seller/get"
        | "/seller/warehouse/get"
        | "/products/get"
        | "/product/item/get"
        | "/orders/get"
        | "/orders/items/get"
        | "/product/stock/sellable/update"
        | "/auth/token/refresh" => {
            Err(Refused::new("UnsupportedHTTPMethod", "ISV", "The HTTP method is not supported"))
        }
        // The code is a guess: no page lists it.
        _ => Err(Refused::new("InvalidApiPath", "ISV", "The specified API path is unknown")),
    }
}

/// Checks what every call has to have.
fn admit(shop: &Shop, path: &str, call: &Call, fault: Option<Fault>, now: Moment) -> Result<(), Refused> {
    check_signature(&shop.credentials, path, call, now)?;
    if path == "/auth/token/refresh" {
        return Ok(());
    }
    if fault == Some(Fault::EndedToken) || !shop.admits(call.parameter("access_token"), now) {
        let message = "The specified access token is invalid or expired";
        return Err(Refused::new("IllegalAccessToken", "ISV", message));
    }
    Ok(())
}

/// Checks what a call has to have in nobody's name. `keys` are those of the app.
pub(super) fn check_signature(keys: &Credentials, path: &str, call: &Call, now: Moment) -> Result<(), Refused> {
    for name in COMMON_PARAMETERS {
        if call.parameter(name).is_empty() {
            return Err(Refused::missing(name));
        }
    }
    let secret = keys.value("app_secret").expose_secret();
    if call.parameter("sign_method") != "sha256" || signature(secret, path, &call.parameters) != call.parameter("sign")
    {
        let message = "The request signature does not conform to lazop standards";
        return Err(Refused::new("IncompleteSignature", "ISV", message));
    }
    if !is_timely(call.parameter("timestamp"), now) {
        // The code is a guess: no page lists it.
        return Err(Refused::new("IllegalTimestamp", "ISV", "The request timestamp is too old"));
    }
    Ok(())
}

/// The signature of a call (page 108068): all parameters but the signature itself, in the order of their names, behind the
/// path. Empty values are left out.
fn signature(secret: &str, path: &str, parameters: &BTreeMap<String, String>) -> String {
    let mut message = path.to_owned();
    for (name, value) in parameters {
        if name != "sign" && !value.is_empty() {
            message.push_str(name);
            message.push_str(value);
        }
    }
    hexadecimal(&hmac_sha256(secret, message.as_bytes())).to_uppercase()
}

/// The timestamp is in milliseconds or like `2017-11-11T12:00:00Z` (page 108067).
fn is_timely(timestamp: &str, now: Moment) -> bool {
    let then = match timestamp.parse::<i64>() {
        Ok(milliseconds) => DateTime::from_timestamp_millis(milliseconds),
        Err(_) => DateTime::parse_from_rfc3339(timestamp).ok().map(|then| then.to_utc()),
    };
    then.is_some_and(|then| now.since(Moment::from(then)).abs() <= CLOCK_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of page 108069, which page 108068 calculates.
    #[test]
    fn the_signature_is_that_of_the_documents() {
        let mut parameters = BTreeMap::new();
        for (name, value) in [
            ("app_key", "123456"),
            ("access_token", "test"),
            ("timestamp", "1517820392000"),
            ("sign_method", "sha256"),
            ("order_id", "1234"),
            ("sign", "not part of it"),
            ("empty", ""),
        ] {
            parameters.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(
            signature("helloworld", "/order/get", &parameters),
            "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
        );
    }

    #[test]
    fn a_timestamp_is_in_milliseconds_or_a_date_and_at_most_two_hours_away() {
        let now = Moment::from(DateTime::from_timestamp(1_510_401_600, 0).expect("a moment"));
        for (timestamp, is_accepted) in [
            ("1510401600000", true),
            ("1510394400000", true),
            ("1510394399000", false),
            ("1510408801000", false),
            ("1510401600", false),
            ("2017-11-11T12:00:00Z", true),
            ("2017-11-11T09:00:00Z", false),
            ("now", false),
        ] {
            assert_eq!(is_timely(timestamp, now), is_accepted, "{timestamp}");
        }
    }
}
