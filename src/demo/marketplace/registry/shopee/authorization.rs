//! The permission of a shop: guide 20 and the page of `v2.public.get_access_token`.

use super::{
    Shopee,
    answers::{Refused, accepted_at_top, literally},
    gateway::check_signature,
    new_tokens,
};
use crate::{
    demo::marketplace::{
        authorization::{AsksSellers, is_registered},
        call::{Call, number},
        shop::{App, World, random_text},
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, registry, shopee},
};
use actix_web::{HttpResponse, http::Method};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

/// "The code is valid for 10 minutes and can be used once".
const CODE_LASTS: TimeDelta = TimeDelta::minutes(10);

/// The number of every main account here.
const MAIN_ACCOUNT: u64 = 770_001;

impl AsksSellers for Shopee {
    fn asks_for(&self) -> ConnectorKind {
        shopee::KIND
    }

    fn page_path(&self) -> &'static str {
        "/api/v2/shop/auth_partner"
    }

    fn exchange_path(&self) -> &'static str {
        "/api/v2/auth/token/get"
    }

    fn new_app(&self) -> Credentials {
        let values =
            [("partner_id", "2001001".to_owned()), ("partner_key", random_text()), ("push_key", random_text())];
        let values = values.map(|(name, value)| (name.to_owned(), value.into()));
        registry::describe(shopee::KIND).app_keys(values.into()).expect("a value for every field")
    }

    fn asked(&self, app: &App, call: &Call, now: Moment) -> Result<Url, String> {
        check_signature(&app.keys, true, call, now).map_err(|refused| refused.words())?;
        let redirect = call.parameter("redirect");
        let url = Url::parse(redirect).ok().filter(|_| is_registered(app, redirect));
        url.ok_or_else(|| "The redirect is not in the Redirect URL Domain of this app in the Console.".to_owned())
    }

    fn sent_back(&self, world: &World, shops: &[String], code: &str, to: &mut Url) {
        let mut query = to.query_pairs_mut();
        query.append_pair("code", code);
        match shops {
            [one] => query.append_pair("shop_id", world.shops[one].credentials.id("shop_id")),
            _ => query.append_pair("main_account_id", &MAIN_ACCOUNT.to_string()),
        };
    }

    fn exchange(&self, world: &mut World, call: &Call, now: Moment) -> HttpResponse {
        match tokens(world, call, now) {
            Ok(content) => HttpResponse::Ok().json(content),
            Err(refused) => refused.respond(),
        }
    }
}

fn tokens(world: &mut World, call: &Call, now: Moment) -> Result<Value, Refused> {
    let app = world.apps.get(shopee::KIND.as_str());
    let app = app.ok_or_else(|| literally("invalid_partner_id", "Invalid partner_id, please have a check."))?;
    check_signature(&app.keys, true, call, now)?;
    let body = call.json().unwrap_or_default();
    if call.method != Method::POST || body["partner_id"] != number(app.keys.id("partner_id")) {
        return Err(literally("error_param", "Invalid partner_id."));
    }
    let account = world.use_code(shopee::KIND, body["code"].as_str().unwrap_or_default(), CODE_LASTS, now);
    let account = account.ok_or_else(|| literally("invalid_code", "Invalid code, please have a check."))?;
    let shops = world.shops_of(shopee::KIND, &account);
    let ids: Vec<Value> = shops.iter().map(|shop| number(world.shops[shop].credentials.id("shop_id"))).collect();
    match &ids[..] {
        [one] if body["shop_id"] == *one => {}
        [_] => return Err(literally("invalid_shop_id", "Invalid shop_id.")),
        _ if body["main_account_id"].as_u64() == Some(MAIN_ACCOUNT) => {}
        _ => return Err(literally("invalid_main_acount_id", "Invalid main_account_id.")),
    }
    let tokens = new_tokens(now);
    for shop in &shops {
        let found = world.shops.get_mut(shop).expect("it was listed just now");
        found.is_revoked = false;
        found.previous_access = None;
        found.credentials = tokens.clone().put_into(found.credentials.clone());
    }
    Ok(accepted_at_top(json!({
        "access_token": tokens.access.secret.expose_secret(),
        "refresh_token": tokens.refresh.secret.expose_secret(),
        "expire_in": tokens.access.expires_at.map_or(0, |end| end.since(now).num_seconds()),
        "shop_id_list": if ids.len() > 1 { ids } else { Vec::new() },
        "merchant_id_list": [],
    })))
}
