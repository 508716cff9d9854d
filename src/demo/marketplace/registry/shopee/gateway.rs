//! What Shopee's gateway checks in every call, and the refresh of tokens.

use super::{
    REFRESH,
    answers::{Refused, accepted_at_top, literally, of_gateway, planned},
    new_tokens,
};
use crate::{
    demo::marketplace::{
        call::{self, Call},
        fault::Fault,
        shop::{Shop, World},
        signing::{hexadecimal, hmac_sha256},
    },
    domain::moment::Moment,
    marketplaces::{Credentials, credentials::Token},
};
use actix_web::http::StatusCode;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// "The old access token works 5 more minutes" after a refresh.
const PREVIOUS_TOKEN_WORKS: TimeDelta = TimeDelta::minutes(5);

/// Checks the signature, the limit and the permission of a call, in the words of the pages' `common_error_list`.
pub(super) fn admit(shop: &Shop, call: &Call, fault: Option<Fault>, now: Moment) -> Result<(), Refused> {
    if let Some(refusal) = &shop.refusal {
        return Err(planned(refusal));
    }
    let is_public = call.path == REFRESH;
    check_signature(&shop.credentials, is_public, call, now)?;
    if let Some(Fault::Throttle { seconds }) = fault {
        let refused = too_many_requests().with_status(StatusCode::TOO_MANY_REQUESTS);
        return Err(refused.with_retry_after(seconds));
    }
    if shop.is_over_limit() {
        return Err(too_many_requests().with_status(StatusCode::OK));
    }
    if call.path == REFRESH { Ok(()) } else { check_token(shop, call, fault, now) }
}

fn too_many_requests() -> Refused {
    of_gateway("error_rate_limit", "Too many requests. You have reached the rate limit. Please try again later.")
}

/// `keys` are those of the app. A call `is_public` if it is made in the name of no shop.
pub(super) fn check_signature(keys: &Credentials, is_public: bool, call: &Call, now: Moment) -> Result<(), Refused> {
    for (name, message) in [
        ("partner_id", "There is no partner_id in query."),
        ("timestamp", "no timestamp."),
        ("sign", "There is no sign in query."),
    ] {
        if call.parameter(name).is_empty() {
            return Err(of_gateway("error_param", message));
        }
    }
    if call.parameter("partner_id") != keys.id("partner_id") {
        return Err(of_gateway("invalid_partner_id", "Invalid partner_id, please have a check."));
    }
    let Ok(seconds) = call.parameter("timestamp").parse::<u32>() else {
        let message = "Timestamp is invalid, should be an integer between 0 and 4294967295.";
        return Err(of_gateway("error_param", message));
    };
    if !call::is_timely(Some(i64::from(seconds) * 1_000), now) {
        return Err(of_gateway("error_param", "Timestamp is expired."));
    }
    let mut base = format!("{}{}{}", call.parameter("partner_id"), call.path, call.parameter("timestamp"));
    if !is_public {
        base += call.parameter("access_token");
        base += call.parameter("shop_id");
    }
    let key = keys.value("partner_key").expose_secret();
    if signature(key, &base) != call.parameter("sign") {
        return Err(of_gateway("error_sign", "Wrong sign."));
    }
    Ok(())
}

/// In lower case. The base is `partner_id + path + timestamp`, and for a shop `+ access_token + shop_id`.
fn signature(key: &str, base: &str) -> String {
    hexadecimal(&hmac_sha256(key, base.as_bytes()))
}

fn check_token(shop: &Shop, call: &Call, fault: Option<Fault>, now: Moment) -> Result<(), Refused> {
    let token = call.parameter("access_token");
    if token.is_empty() {
        return Err(of_gateway("error_param", "There is no access_token in query."));
    }
    if shop.is_revoked {
        return Err(of_gateway("partner_shop_no_link", "Invalid partner_id or shop_id, please have a check."));
    }
    if fault == Some(Fault::EndedToken) {
        return Err(of_gateway("error_auth", "Invalid access_token.").with_status(StatusCode::OK));
    }
    let is_previous = shop.previous_access.as_ref().is_some_and(|previous| {
        previous.secret.expose_secret() == token && previous.expires_at.is_none_or(|end| end > now)
    });
    if !is_previous && !shop.admits(token, now) {
        return Err(of_gateway("invalid_acceess_token", "Invalid access_token, please have a check."));
    }
    Ok(())
}

/// `POST /api/v2/auth/access_token/get`: "Refresh_token can be used once only". It has no access token, and its answers
/// have no `response`.
pub(super) fn refresh(world: &mut World, shop: &str, call: &Call, now: Moment) -> Result<Value, Refused> {
    let body = call.json().unwrap_or_default();
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let partner = found.credentials.id("partner_id").parse::<u64>().ok();
    if partner.is_none() || body["partner_id"].as_u64() != partner {
        return Err(of_gateway("error_param", "Invalid partner_id."));
    }
    let Some(refresh_token) = body["refresh_token"].as_str() else {
        return Err(literally("error_param", "Wrong parameters, detail: refresh_token is required."));
    };
    if found.is_revoked {
        return Err(literally("shop_no_linked", "Partner and shop has no linked."));
    }
    let current = found.credentials.refresh().cloned();
    let is_current = current.as_ref().is_some_and(|current| current.secret.expose_secret() == refresh_token);
    if is_current && current.and_then(|current| current.expires_at).is_some_and(|end| end <= now) {
        return Err(of_gateway("refresh_token_expired", "Your refresh_token expired."));
    }
    let previous = found.credentials.access().cloned();
    let Some(tokens) = found.renew(refresh_token, new_tokens(now)) else {
        let message = "Your refresh token is error ,please check refresh token or shopid.";
        return Err(literally("error_shop_refresh_token", message));
    };
    let latest = now.plus(PREVIOUS_TOKEN_WORKS);
    found.previous_access = previous.map(|token| {
        let ends_at = token.expires_at.map_or(latest, |end| end.min(latest));
        Token { expires_at: Some(ends_at), ..token }
    });
    Ok(accepted_at_top(json!({
        "partner_id": partner,
        "shop_id": body["shop_id"],
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expire_in": tokens.access.expires_at.map_or(0, |end| end.since(now).num_seconds()),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shopee has published no digest with its key: these were computed by an independent program.
    #[test]
    fn signatures_are_those_of_the_vectors() {
        let base = "851249/api/v2/product/update_stock1654673582367a0a8eb9d1837cbf7c43b587a0faa41001094";
        let expected = "7165f1e4394c73aafa5f69e25af72e1e5da29005db530005ef359044b8e69006";
        assert_eq!(signature("test_partner_key", base), expected);
        let base = "851249/api/v2/auth/token/get1654673582";
        let expected = "774452cdf5a888dd90cd5cccd5eb78ddc4b1e0b709657bb83ec2e35cda7d0120";
        assert_eq!(signature("test_partner_key", base), expected);
    }
}
