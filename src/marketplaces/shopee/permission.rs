//! The permission of a shop at Shopee: the signed link of the authorization, and the exchange of its code.
//!
//! Sources: developer's guide 20, and the documents of `v2.public.get_access_token` and `v2.shop.get_shop_info`. The link
//! takes no number of ours, so that it is in the address that the shop is sent back to. A main account permits all its
//! shops at once: the first refresh token counts once for each of them, after which each has its own.

use super::{DESCRIPTION, FACTS, NewTokens, SHOP, Shopee, id, sign};
use crate::{
    domain::{moment::Moment, place::Country, stores::failure::Failure},
    marketplaces::{
        app::{Answered, App, AppDescription, Asked, Permission, Permits, Shop, at},
        credentials::{Credentials, Field, FieldKind},
        loose,
    },
};
use futures_util::future::{BoxFuture, join_all};
use serde::Deserialize;
use serde_json::json;
use url::Url;

pub(super) const APP: AppDescription = AppDescription {
    fields: &[
        Field { name: "partner_id", label: "Partner ID", hint: "", kind: FieldKind::Number },
        Field { name: "partner_key", label: "Partner key", hint: "", kind: FieldKind::Secret },
        Field {
            name: "push_key",
            label: "Push key",
            hint: "From Push Mechanism: “Live Push Partner Key”. Leave it empty if there is none: Shopee then signs with the partner key.",
            kind: FieldKind::Secret,
        },
    ],
    sandbox: Some("https://partner.test-stable.shopeemobile.com"),
    countries: &["SG", "MY", "ID", "PH", "TH", "VN", "TW", "BR", "MX", "CL", "CO", "CN"],
    made_at: "Sign in at open.shopee.com, register as a developer, and press Add New App in the App List.",
    which: "Choose Seller In-house System, for your own shops. The other kinds are for programs that are sold.",
    approval: "Shopee looks at your registration as a developer, which often takes about a week, and again at the app when you press Go Live. Until then the app works with shops of the sandbox alone.",
    permits: &ShopeePermits,
};

const PAGE: &str = "/api/v2/shop/auth_partner";
const TOKENS: &str = "/api/v2/auth/token/get";

struct ShopeePermits;

/// The answer to a code, beside the tokens.
#[derive(Deserialize)]
struct Granted {
    #[serde(flatten)]
    tokens: NewTokens,
    #[serde(default, deserialize_with = "loose::list")]
    shop_id_list: Vec<u64>,
}

#[derive(Default, Deserialize)]
struct Profile {
    #[serde(default, deserialize_with = "loose::text")]
    shop_name: String,
    #[serde(default, deserialize_with = "loose::text")]
    region: String,
    #[serde(default, deserialize_with = "loose::number")]
    expire_time: Option<i64>,
}

impl Permits for ShopeePermits {
    fn page(&self, app: &App, asked: &Asked<'_>, now: Moment) -> String {
        let mut redirect = Url::parse(asked.redirect).expect("an address of ours");
        redirect.query_pairs_mut().append_pair("state", asked.state);
        let partner_id = app.keys.id("partner_id");
        let timestamp = now.utc().timestamp().to_string();
        let signature = sign(app.keys.value("partner_key"), &[partner_id, PAGE, &timestamp]);
        let mut url = Url::parse(&self.origin(&app.address, asked.country)).expect("an address that was checked");
        url.set_path(PAGE);
        url.query_pairs_mut()
            .append_pair("partner_id", partner_id)
            .append_pair("timestamp", &timestamp)
            .append_pair("sign", &signature)
            .append_pair("redirect", redirect.as_str());
        url.into()
    }

    fn origin(&self, address: &str, country: Option<Country>) -> String {
        origin(address, country)
    }

    fn exchange<'a>(&'a self, app: &'a App, answer: &'a Answered) -> BoxFuture<'a, Result<Permission, Failure>> {
        Box::pin(exchange(app, answer, self.origin(&app.address, answer.country)))
    }

    fn shop_of(&self, credentials: &Credentials) -> Option<String> {
        Some(credentials.id("shop_id").to_owned())
    }
}

/// Where the API of a country is, for an app with that address.
pub(super) fn origin(address: &str, country: Option<Country>) -> String {
    let of_country = FACTS.addresses.iter().find(|(code, _)| country.is_some_and(|it| it.code() == *code));
    let (_, live) = of_country.unwrap_or(&FACTS.addresses[0]);
    at(address, live, "")
}

async fn exchange(app: &App, answer: &Answered, api_url: String) -> Result<Permission, Failure> {
    let code = answer.parameter("code");
    let of_app = Shopee { api: app.api(&api_url, code), keys: app.keys.clone(), warehouse: None };
    let shop_id = answer.parameter("shop_id");
    let mut body = json!({"code": code, "partner_id": id(app.keys.id("partner_id"))});
    let (name, given) = match shop_id {
        "" => ("main_account_id", answer.parameter("main_account_id")),
        shop_id => ("shop_id", shop_id),
    };
    body[name] = id(given);
    let Granted { tokens, mut shop_id_list } = of_app.ask_for_tokens(TOKENS, &body).await?;
    if let Ok(shop) = shop_id.parse() {
        shop_id_list = vec![shop];
    }
    let (access, refresh) = tokens.tokens(of_app.api.now())?;
    let shops = shop_id_list.into_iter().map(|shop_id| {
        let own = [("shop_id".to_owned(), shop_id.to_string().into())];
        let of_store = app.credentials_of_store(&DESCRIPTION, own);
        let keys = of_store.with_tokens(Some(access.clone()), Some(refresh.clone()));
        shop(shop_id, Shopee { api: of_app.api.clone(), keys, warehouse: None })
    });
    Ok(Permission { shops: join_all(shops).await, is_shared: false })
}

/// The shop, whose name, region and end of permission are asked for. Without an answer it is called after its id.
async fn shop(shop_id: u64, of_shop: Shopee) -> Shop {
    let answer = of_shop.get(SHOP, &[]).await.ok().filter(|answer| answer.refusal().is_none());
    let Profile { shop_name, region, expire_time } = answer.and_then(|answer| answer.beside()).unwrap_or_default();
    let ends_at = expire_time.and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0)).map(Moment::from);
    Shop {
        id: shop_id.to_string(),
        name: if shop_name.trim().is_empty() { format!("Shopee {shop_id}") } else { shop_name },
        country: Some(region.to_uppercase()).filter(|region| !region.is_empty()),
        api_url: of_shop.api.url().to_owned(),
        credentials: of_shop.keys,
        ends_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{answering::Answering, http::HttpClient, registry::describe};
    use actix_web::rt::System;
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    fn app(address: &str) -> App {
        let keys = [("partner_id", "851249"), ("partner_key", "test_partner_key"), ("push_key", "")];
        let values = keys.map(|(name, value)| (name.to_owned(), value.into()));
        let keys = describe(super::super::KIND).app_keys(values.into()).expect("all fields");
        App::new(&APP, keys, address, &HttpClient::default())
    }

    #[test]
    fn the_page_is_signed_and_leads_back_with_our_number() {
        let brazil = Country::parse("BR").ok();
        let now = Moment::from(chrono::DateTime::from_timestamp(1_654_673_582, 0).expect("a moment"));
        for (address, country, host) in [
            ("", None, "https://partner.shopeemobile.com"),
            ("", brazil, "https://openplatform.shopee.com.br"),
            ("http://127.0.0.1:9000", brazil, "http://127.0.0.1:9000"),
        ] {
            let asked = Asked { redirect: "https://sale.example/connect/shopee", state: "a-b", country };
            let page = Url::parse(&app(address).page(&asked, now)).expect("an address");
            assert!(page.as_str().starts_with(&format!("{host}{PAGE}?partner_id=851249&timestamp=1654673582&sign=")));
            let redirect = page.query_pairs().find(|(name, _)| name == "redirect").expect("a redirect").1;
            assert_eq!(redirect, "https://sale.example/connect/shopee?state=a-b");
            assert!(!page.as_str().contains("test_partner_key"), "{page}");
        }
        assert_eq!(APP.origins("").len(), 3);
        assert_eq!(APP.origins("http://127.0.0.1:9000/"), ["http://127.0.0.1:9000"]);
    }

    fn exchange_of(came_back: (&str, &str)) -> (Permission, Vec<Value>) {
        let api = Answering::start(|request| {
            let profile =
                r#"{"error":"","request_id":"2","shop_name":"Nordic Home","region":"SG","expire_time":1700000000}"#;
            let tokens = r#"{"error":"","message":"","request_id":"1","access_token":"access","refresh_token":"refresh","expire_in":14400,"shop_id_list":[11,12],"merchant_id_list":[]}"#;
            (200, if request.line.contains(SHOP) { profile.to_owned() } else { tokens.to_owned() })
        });
        let parameters = [("code", "abc"), came_back].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let answered = Answered { parameters: parameters.into(), country: None };
        let permission = System::new().block_on(app(&api.address).exchange(&answered)).expect("a permission");
        let requests = api.take();
        let with_body = requests.iter().filter(|request| !request.body.is_empty());
        let bodies = with_body.map(|request| serde_json::from_slice(&request.body).expect("JSON"));
        (permission, bodies.collect())
    }

    #[test]
    fn one_shop_or_all_of_a_main_account_are_permitted() {
        let (one, bodies) = exchange_of(("shop_id", "11"));
        assert_eq!(bodies, [json!({"code": "abc", "partner_id": 851249, "shop_id": 11})]);
        let [shop] = &one.shops[..] else { panic!("{} shops", one.shops.len()) };
        assert_eq!((shop.id.as_str(), shop.name.as_str(), shop.country.as_deref()), ("11", "Nordic Home", Some("SG")));
        assert_eq!(shop.credentials.id("shop_id"), "11");
        assert_eq!(shop.credentials.access().expect("a token").secret.expose_secret(), "access");
        assert_eq!(shop.ends_at.expect("an end").utc().timestamp(), 1_700_000_000);
        assert_eq!(DESCRIPTION.shop_of(&shop.credentials).as_deref(), Some("11"));
        let (all, bodies) = exchange_of(("main_account_id", "77"));
        assert_eq!(bodies, [json!({"code": "abc", "partner_id": 851249, "main_account_id": 77})]);
        assert_eq!(all.shops.iter().map(|shop| shop.id.as_str()).collect::<Vec<_>>(), ["11", "12"]);
        assert!(!all.is_shared, "each has its own chain of tokens");
    }
}
