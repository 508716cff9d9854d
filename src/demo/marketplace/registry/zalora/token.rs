//! The token of an hour for the id and the secret of an application.
//!
//! The document sends them with the scheme Basic and the grant type in a form, also a form of several parts (`curl
//! --form`). As fields of the form they are accepted as well: zalora-ex sends them so.

use crate::{
    demo::marketplace::{
        call::Call,
        shop::{World, random_text},
    },
    domain::moment::Moment,
    marketplaces::credentials::Token,
};
use actix_web::{HttpResponse, http::StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret;
use serde_json::json;

/// "The token is valid for 3600 seconds (1 hour)".
const TOKEN_SECONDS: i64 = 3_600;

/// The application that asks for a token.
pub(super) struct Client {
    pub(super) id: String,
    secret: String,
}

impl Client {
    pub(super) fn of(call: &Call) -> Self {
        let basic = call.header("authorization").strip_prefix("Basic ");
        let decoded = basic.and_then(|basic| String::from_utf8(BASE64_STANDARD.decode(basic).ok()?).ok());
        if let Some((id, secret)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) {
            return Self { id: id.to_owned(), secret: secret.to_owned() };
        }
        Self { id: call.parameter("client_id").to_owned(), secret: call.parameter("client_secret").to_owned() }
    }
}

pub(super) fn issue(world: &mut World, shop: &str, call: &Call, now: Moment) -> HttpResponse {
    if !asks_for_client_credentials(call) {
        return refused("unsupported_grant_type", "The grant type is not client_credentials.");
    }
    let found = world.shops.get_mut(shop).expect("the caller found the shop");
    let is_right = found.credentials.value("client_secret").expose_secret() == Client::of(call).secret;
    if found.is_revoked || !is_right {
        return refused("invalid_client", "Client authentication failed.");
    }
    let token = random_text();
    let access = Token::new(token.clone(), Some(TOKEN_SECONDS), now);
    found.credentials = found.credentials.clone().with_tokens(Some(access), None);
    HttpResponse::Ok().json(json!({"access_token": token, "expires_in": TOKEN_SECONDS, "token_type": "Bearer"}))
}

fn asks_for_client_credentials(call: &Call) -> bool {
    let is_form_of_parts = call.header("content-type").starts_with("multipart/form-data");
    if !is_form_of_parts {
        return call.parameter("grant_type") == "client_credentials";
    }
    let body = String::from_utf8_lossy(&call.body);
    body.contains("name=\"grant_type\"") && body.contains("\r\nclient_credentials\r\n")
}

/// A live call with a made-up id was answered with 400 and `invalid_app_id` (platform-mcp, `catalog/…/zalora.json`).
pub(super) fn unknown_client() -> HttpResponse {
    refused("invalid_app_id", "The application is not known.")
}

/// The shape is a guess: that of RFC 6749, section 5.2.
fn refused(error: &str, description: &str) -> HttpResponse {
    HttpResponse::build(StatusCode::BAD_REQUEST).json(json!({"error": error, "error_description": description}))
}
