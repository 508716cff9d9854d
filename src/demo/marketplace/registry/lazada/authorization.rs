//! The permission of a seller: the page "Seller authorization introduction" (108260) and that of GenerateAccessToken.

use super::{
    ACCESS_LIFETIME, Lazada,
    answer::{self, Refused, accepted},
    gateway::check_signature,
    new_tokens,
    seller::{country_of, sites},
};
use crate::{
    demo::marketplace::{
        authorization::{AsksSellers, is_registered},
        call::Call,
        shop::{App, World, random_text},
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, lazada, registry},
};
use actix_web::{HttpResponse, http::Method};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

/// "The code is valid for 30 minutes and can be used once".
const CODE_LASTS: TimeDelta = TimeDelta::minutes(30);

impl AsksSellers for Lazada {
    fn asks_for(&self) -> ConnectorKind {
        lazada::KIND
    }

    fn page_path(&self) -> &'static str {
        "/oauth/authorize"
    }

    fn exchange_path(&self) -> &'static str {
        "/rest/auth/token/create"
    }

    fn new_app(&self) -> Credentials {
        let values = [("app_key", "500100".to_owned()), ("app_secret", random_text())];
        let values = values.map(|(name, value)| (name.to_owned(), value.into()));
        registry::describe(lazada::KIND).app_keys(values.into()).expect("a value for every field")
    }

    fn asked(&self, app: &App, call: &Call, _: Moment) -> Result<Url, String> {
        if call.parameter("client_id") != app.keys.id("app_key") {
            return Err("The specified App Key is unknown.".to_owned());
        }
        if call.parameter("response_type") != "code" {
            return Err("The response_type has to be code.".to_owned());
        }
        let redirect = call.parameter("redirect_uri");
        let url = Url::parse(redirect).ok().filter(|_| is_registered(app, redirect));
        let mut url = url.ok_or("The redirect_uri is not the callback address of this app in the App Console.")?;
        if !call.parameter("state").is_empty() {
            url.query_pairs_mut().append_pair("state", call.parameter("state"));
        }
        Ok(url)
    }

    fn sent_back(&self, _: &World, _: &[String], code: &str, to: &mut Url) {
        to.query_pairs_mut().append_pair("code", code);
    }

    fn exchange(&self, world: &mut World, call: &Call, now: Moment) -> HttpResponse {
        answer::respond(tokens(world, call, now))
    }
}

fn tokens(world: &mut World, call: &Call, now: Moment) -> Result<Value, Refused> {
    let app = world.apps.get(lazada::KIND.as_str());
    let app = app.filter(|app| app.keys.id("app_key") == call.parameter("app_key"));
    let app = app.ok_or_else(|| Refused::new("InvalidAppKey", "ISV", "The specified App Key is unknown"))?;
    check_signature(&app.keys, "/auth/token/create", call, now)?;
    // Its page allows both methods. A code in an address would be logged, so here it is not accepted.
    if call.method != Method::POST {
        return Err(Refused::new("UnsupportedHTTPMethod", "ISV", "The HTTP method is not supported"));
    }
    let code = call.parameter("code");
    if code.is_empty() {
        return Err(Refused::missing("code"));
    }
    let account = world.use_code(lazada::KIND, code, CODE_LASTS, now);
    let account = account.ok_or_else(|| Refused::new("InvalidCode", "ISV", "Invalid authorization code"))?;
    let shops = world.shops_of(lazada::KIND, &account);
    let tokens = new_tokens(now);
    for shop in &shops {
        let found = world.shops.get_mut(shop).expect("it was listed just now");
        found.is_revoked = false;
        found.credentials = tokens.clone().put_into(found.credentials.clone());
    }
    Ok(accepted(json!({
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expires_in": ACCESS_LIFETIME.num_seconds(),
        "refresh_expires_in": super::REFRESH_LIFETIME.num_seconds(),
        "account": account,
        "account_id": null,
        "account_platform": "seller_center",
        "country": country_of(world, &shops),
        "country_user_info": sites(world, &shops),
    })))
}
