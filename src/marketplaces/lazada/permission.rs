//! The permission of a seller at Lazada: the page of the authorization, and the exchange of its code.
//!
//! Sources: `open.lazada.com`, "Seller authorization introduction" and the document of `/auth/token/create`. A cross-border
//! seller has one token for up to six sites; each of them is a shop here.

use super::{
    AUTH_URL, DESCRIPTION, FACTS, Lazada, NewTokens, SELLER,
    call::{ANSWER_BYTES, Parameters},
};
use crate::{
    domain::{
        moment::Moment,
        place::Country,
        stores::failure::{Failure, FailureClass},
    },
    marketplaces::{
        app::{Answered, App, AppDescription, Asked, Permission, Permits, Shop, at},
        credentials::{Credentials, Field, FieldKind},
        loose,
    },
};
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

pub(super) const APP: AppDescription = AppDescription {
    fields: &[
        Field { name: "app_key", label: "App key", hint: "", kind: FieldKind::Id },
        Field { name: "app_secret", label: "App secret", hint: "", kind: FieldKind::Secret },
    ],
    sandbox: None,
    countries: &["SG", "MY", "ID", "PH", "TH", "VN"],
    made_at: "Sign in at open.lazada.com with an account of a developer, open App Console and press Create App.",
    which: "Choose Seller In-house APP, for your own stores: up to 60 of them. An app of the Service Market is for programs that are sold, and its permission cannot be renewed.",
    approval: "Lazada looks at the app before it may be used, which often takes a few working days. Until then it is a test app: its permission lasts 30 days instead of 180, and only sellers on its list of testers can give it.",
    permits: &LazadaPermits,
};

/// Where the seller gives permission, for every country.
const AUTH_ORIGIN: &str = "https://auth.lazada.com";

const CREATE: &str = "/auth/token/create";

struct LazadaPermits;

/// The answer to a code, beside the tokens.
#[derive(Deserialize)]
struct Granted {
    #[serde(flatten)]
    tokens: NewTokens,
    #[serde(default, deserialize_with = "loose::text")]
    country: String,
    #[serde(default, deserialize_with = "loose::list")]
    country_user_info: Vec<Site>,
}

/// The seller at one site.
#[derive(Deserialize)]
struct Site {
    #[serde(default, deserialize_with = "loose::text")]
    country: String,
    #[serde(default, deserialize_with = "loose::text")]
    seller_id: String,
}

#[derive(Default, Deserialize)]
struct Profile {
    #[serde(default)]
    data: ProfileData,
}

#[derive(Default, Deserialize)]
pub(super) struct ProfileData {
    #[serde(default, deserialize_with = "loose::text")]
    name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) seller_id: String,
}

impl Lazada {
    /// Who the seller is.
    pub(super) async fn profile(&self) -> Result<ProfileData, Failure> {
        let answer = self.call::<Profile>(Method::GET, SELLER, Parameters::new(), ANSWER_BYTES).await?;
        Ok(answer.content.data)
    }
}

/// The id of a shop: the seller's ids of two countries may be the same.
pub(super) fn shop_id(country: &str, seller: &str) -> String {
    format!("{country}-{seller}")
}

impl Permits for LazadaPermits {
    fn page(&self, app: &App, asked: &Asked<'_>, _: Moment) -> String {
        let mut url = Url::parse(&app.at(AUTH_ORIGIN, "")).expect("an address that was checked");
        url.set_path("/oauth/authorize");
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("force_auth", "true")
            .append_pair("redirect_uri", asked.redirect)
            .append_pair("client_id", app.keys.id("app_key"))
            .append_pair("state", asked.state);
        url.into()
    }

    fn origin(&self, address: &str, _: Option<Country>) -> String {
        at(address, AUTH_ORIGIN, "")
    }

    fn exchange<'a>(&'a self, app: &'a App, answer: &'a Answered) -> BoxFuture<'a, Result<Permission, Failure>> {
        Box::pin(exchange(app, answer))
    }

    fn shop_of_seller(&self, country: Country, seller: &str) -> Option<String> {
        Some(shop_id(country.code(), seller))
    }
}

async fn exchange(app: &App, answer: &Answered) -> Result<Permission, Failure> {
    let code = answer.parameter("code");
    let auth_url = app.at(AUTH_URL, "/rest");
    let of_app = Lazada { api: app.api(&auth_url, code), keys: app.keys.clone(), warehouse: None };
    let parameters = Parameters::from([("code", code.to_owned())]);
    let granted: Granted = of_app.ask_for_tokens(&auth_url, CREATE, parameters).await?;
    let Granted { tokens, country, country_user_info: mut sites } = granted;
    if sites.is_empty() {
        sites.push(Site { country, seller_id: String::new() });
    }
    let credentials = credentials(app, tokens, of_app.api.now())?;
    let is_shared = sites.len() > 1;
    let mut shops = Vec::new();
    for site in sites {
        shops.extend(shop(app, &site, &credentials).await);
    }
    if shops.is_empty() {
        let message = "Lazada gave a permission for no country that flashsale knows.";
        return Err(Failure::new(FailureClass::PermissionEnded, message));
    }
    Ok(Permission { shops, is_shared })
}

/// The credentials of a store: those of the app with the seller's tokens.
fn credentials(app: &App, tokens: NewTokens, now: Moment) -> Result<Credentials, Failure> {
    let (access, refresh) = tokens.tokens(now)?;
    Ok(app.credentials_of_store(&DESCRIPTION, []).with_tokens(Some(access), Some(refresh)))
}

/// The seller's shop at a site, if it is one of those that are known. Its name is asked for there; without an answer it is
/// called after the site.
async fn shop(app: &App, site: &Site, credentials: &Credentials) -> Option<Shop> {
    let country = site.country.to_uppercase();
    let (_, live) = FACTS.addresses.iter().find(|(code, _)| *code == country)?;
    let api_url = app.at(live, "/rest");
    let of_store = Lazada { api: app.api(&api_url, ""), keys: credentials.clone(), warehouse: None };
    let ProfileData { name, seller_id } = of_store.profile().await.unwrap_or_default();
    let seller = if site.seller_id.is_empty() { seller_id } else { site.seller_id.clone() };
    Some(Shop {
        id: if seller.is_empty() { String::new() } else { shop_id(&country, &seller) },
        name: if name.trim().is_empty() { format!("Lazada {country}") } else { name },
        ends_at: DESCRIPTION.permission_end(credentials),
        country: Some(country),
        api_url,
        credentials: credentials.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{
        answering::Answering,
        http::HttpClient,
        registry::{self, describe},
    };
    use actix_web::rt::System;
    use secrecy::ExposeSecret;
    use std::collections::BTreeMap;

    fn app(address: &str) -> App {
        let keys = [("app_key", "123456"), ("app_secret", "helloworld")];
        let values = keys.map(|(name, value)| (name.to_owned(), value.into()));
        let keys = describe(super::super::KIND).app_keys(values.into()).expect("all fields");
        App::new(&APP, keys, address, &HttpClient::default())
    }

    #[test]
    fn the_page_is_lazada_s_own_and_has_no_secret() {
        let asked = Asked { redirect: "https://sale.example/connect/lazada", state: "a/b", country: None };
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let query = "response_type=code&force_auth=true&redirect_uri=https%3A%2F%2Fsale.example%2Fconnect%2Flazada\
                     &client_id=123456&state=a%2Fb";
        assert_eq!(app("").page(&asked, now), format!("https://auth.lazada.com/oauth/authorize?{query}"));
        let elsewhere = app("http://127.0.0.1:9000/");
        assert_eq!(elsewhere.page(&asked, now), format!("http://127.0.0.1:9000/oauth/authorize?{query}"));
        assert_eq!(APP.origins(""), ["https://auth.lazada.com"]);
    }

    const TOKENS: &str = r#""access_token":"access","refresh_token":"refresh","expires_in":2592000,"refresh_expires_in":15552000,"account":"seller@example.com","code":"0","request_id":"1""#;

    fn exchange_with(sites: &str) -> (Result<Permission, Failure>, Vec<String>) {
        let tokens = format!("{{{TOKENS},{sites}}}");
        let api = Answering::start(move |request| {
            let is_profile = request.line.contains(SELLER);
            let profile = r#"{"code":"0","request_id":"2","data":{"name":"Nordic Home","seller_id":1001}}"#;
            (200, if is_profile { profile.to_owned() } else { tokens.clone() })
        });
        let answered = Answered { parameters: BTreeMap::from([("code".into(), "0_abc".into())]), country: None };
        let app = app(&api.address);
        let answer = System::new().block_on(app.exchange(&answered));
        let lines = api.take().into_iter().map(|request| request.line);
        (answer, lines.collect())
    }

    #[test]
    fn one_site_is_a_shop_and_those_of_a_cross_border_seller_share_their_tokens() {
        let (one, lines) = exchange_with(r#""country":"sg","country_user_info":[{"country":"sg","seller_id":"1001"}]"#);
        let one = one.expect("a permission");
        assert_eq!(lines[0], "POST /rest/auth/token/create");
        let [shop] = &one.shops[..] else { panic!("{} shops", one.shops.len()) };
        assert_eq!(
            (shop.id.as_str(), shop.name.as_str(), shop.country.as_deref()),
            ("SG-1001", "Nordic Home", Some("SG"))
        );
        let tokens = [shop.credentials.access(), shop.credentials.refresh()];
        assert_eq!(
            tokens.map(|token| token.expect("a token").secret.expose_secret().to_owned()),
            ["access", "refresh"]
        );
        assert_eq!(shop.ends_at, shop.credentials.refresh().expect("a token").expires_at);
        assert!(!one.is_shared);
        let read = Permission::from_json(&one.to_json(), registry::credentials_of).expect("as it was written");
        assert_eq!(read.to_json().expose_secret(), one.to_json().expose_secret());
        let several = r#""country":"cb","country_user_info":[{"country":"sg","seller_id":"1"},{"country":"vn","seller_id":"2"},{"country":"xx","seller_id":"3"}]"#;
        let several = exchange_with(several).0.expect("a permission");
        assert_eq!(several.shops.iter().map(|shop| shop.id.as_str()).collect::<Vec<_>>(), ["SG-1", "VN-2"]);
        assert!(several.is_shared);
    }

    #[test]
    fn without_a_site_that_is_known_nothing_is_permitted() {
        let refused = exchange_with(r#""country":"xx","country_user_info":null"#).0.err().expect("refused");
        assert_eq!(refused.class, FailureClass::PermissionEnded);
    }
}
