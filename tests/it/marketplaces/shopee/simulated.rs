//! The simulated Shopee itself, called by a plain HTTP client that signs on its own.

use super::{product, refusal};
use crate::{
    marketplaces::connectors::{Rig, SHOP},
    support::moment,
};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Campaign, Fault, PlannedFault, Refusal, Warehouse},
    marketplaces::{Credentials, shopee},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;
use std::num::NonZeroU32;

const REFRESH: &str = "/api/v2/auth/access_token/get";
const UPDATE: &str = "/api/v2/product/update_stock";
const BASE_INFO: &str = "/api/v2/product/get_item_base_info";
const PROMOTION: &str = "/api/v2/product/get_item_promotion";

fn sign(key: &str, base: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length");
    mac.update(base.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The values that every call has, in the order in which they are signed.
#[derive(Clone)]
struct Common {
    partner_id: String,
    timestamp: String,
    access_token: String,
    shop_id: String,
    key: String,
}

impl Common {
    fn of(rig: &Rig, credentials: &Credentials) -> Self {
        let access = credentials.access().expect("an access token");
        Self {
            partner_id: credentials.id("partner_id").to_owned(),
            timestamp: rig.now().utc().timestamp().to_string(),
            access_token: access.secret.expose_secret().to_owned(),
            shop_id: credentials.id("shop_id").to_owned(),
            key: credentials.value("partner_key").expose_secret().to_owned(),
        }
    }

    fn query(&self, path: &str) -> String {
        let base = format!("{}{path}{}{}{}", self.partner_id, self.timestamp, self.access_token, self.shop_id);
        let sign = sign(&self.key, &base);
        format!(
            "partner_id={}&timestamp={}&access_token={}&shop_id={}&sign={sign}",
            self.partner_id, self.timestamp, self.access_token, self.shop_id
        )
    }

    /// Of a call of the kind "Public", which has no token and no shop.
    fn public_query(&self, path: &str) -> String {
        let sign = sign(&self.key, &format!("{}{path}{}", self.partner_id, self.timestamp));
        format!("partner_id={}&timestamp={}&sign={sign}", self.partner_id, self.timestamp)
    }
}

struct Response {
    status: u16,
    retry_after: Option<String>,
    bytes: usize,
    content: Value,
}

impl Response {
    fn error(&self) -> &str {
        self.content["error"].as_str().expect("every answer has an error, which may be empty")
    }

    fn message(&self) -> &str {
        self.content["message"].as_str().expect("every answer has a message")
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn read(response: ureq::http::Response<ureq::Body>) -> Response {
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
    let status = response.status().as_u16();
    let text = response.into_body().read_to_string().expect("text");
    let content: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON, not {text}"));
    let request_id = content["request_id"].as_str().expect("every answer has a request_id");
    assert!(!request_id.is_empty());
    Response { status, retry_after, bytes: text.len(), content }
}

fn get_as(rig: &Rig, common: &Common, path: &str, parameters: &str) -> Response {
    let url = format!("{}{path}?{}&{parameters}", rig.url, common.query(path));
    read(agent().get(url).call().expect("an answer"))
}

fn get(rig: &Rig, path: &str, parameters: &str) -> Response {
    get_as(rig, &Common::of(rig, &rig.credentials), path, parameters)
}

fn update(rig: &Rig, body: &Value) -> Response {
    let common = Common::of(rig, &rig.credentials);
    let url = format!("{}{UPDATE}?{}", rig.url, common.query(UPDATE));
    read(agent().post(url).send_json(body).expect("an answer"))
}

fn refresh(rig: &Rig, credentials: &Credentials) -> Response {
    let common = Common::of(rig, credentials);
    let token = credentials.refresh().expect("a refresh token").secret.expose_secret();
    let partner_id: u64 = common.partner_id.parse().expect("a number");
    let shop_id: u64 = common.shop_id.parse().expect("a number");
    let body = json!({"refresh_token": token, "partner_id": partner_id, "shop_id": shop_id});
    let url = format!("{}{REFRESH}?{}", rig.url, common.public_query(REFRESH));
    read(agent().post(url).send_json(body).expect("an answer"))
}

fn stock_list(rows: &[(u64, i64)]) -> Value {
    rows.iter().map(|(model, stock)| json!({"model_id": model, "seller_stock": [{"stock": stock}]})).collect()
}

#[test]
fn the_signature_is_that_of_the_vectors() {
    let base = "851249/api/v2/product/update_stock1654673582367a0a8eb9d1837cbf7c43b587a0faa41001094";
    let digest = "7165f1e4394c73aafa5f69e25af72e1e5da29005db530005ef359044b8e69006";
    assert_eq!(sign("test_partner_key", base), digest);
    let base = "851249/api/v2/auth/token/get1654673582";
    let digest = "774452cdf5a888dd90cd5cccd5eb78ddc4b1e0b709657bb83ec2e35cda7d0120";
    assert_eq!(sign("test_partner_key", base), digest);
}

#[test]
fn the_gateway_refuses_with_codes_that_have_no_prefix() {
    const INFO: &str = "/api/v2/shop/get_shop_info";
    let rig = Rig::new(shopee::KIND);
    let right = Common::of(&rig, &rig.credentials);
    assert_eq!(get_as(&rig, &right, INFO, "").error(), "");
    let now = rig.now().utc().timestamp();
    let common = |change: fn(&mut Common)| {
        let mut common = right.clone();
        change(&mut common);
        common
    };
    for (common, error, message) in [
        (common(|common| common.key.push('x')), "error_sign", "Wrong sign."),
        (
            common(|common| common.partner_id = "1".to_owned()),
            "invalid_partner_id",
            "Invalid partner_id, please have a check.",
        ),
        (common(|common| common.shop_id = "1".to_owned()), "error_auth", "Invalid partner_id or shopid."),
        (common(|common| common.timestamp.clear()), "error_param", "no timestamp."),
        (
            common(|common| common.timestamp.push_str("000")),
            "error_param",
            "Timestamp is invalid, should be an integer between 0 and 4294967295.",
        ),
        (common(|common| common.access_token.clear()), "error_param", "There is no access_token in query."),
        (
            common(|common| common.access_token.push('x')),
            "invalid_acceess_token",
            "Invalid access_token, please have a check.",
        ),
    ] {
        let response = get_as(&rig, &common, INFO, "");
        assert_eq!((response.error(), response.message()), (error, message));
        assert_eq!(response.status, 403, "{error}");
        assert_eq!(response.content.get("response"), None, "{error}");
    }
    for (seconds, error) in [(-299, ""), (299, ""), (-301, "error_param"), (301, "error_param")] {
        let timely = Common { timestamp: (now + seconds).to_string(), ..right.clone() };
        assert_eq!(get_as(&rig, &timely, INFO, "").error(), error, "{seconds} s");
    }
    let nowhere = get(&rig, "/api/v2/product/nothing", "");
    assert_eq!(nowhere.message(), "Permission denied. This API is currently offline or the request path is incorrect.");
    let unsigned = read(
        agent()
            .get(format!("{}{INFO}?partner_id={}&timestamp={now}&shop_id={}", rig.url, right.partner_id, right.shop_id))
            .call()
            .expect("an answer"),
    );
    assert_eq!(unsigned.message(), "There is no sign in query.");
}

#[test]
fn too_many_calls_are_refused_in_the_documented_words_with_any_status() {
    let rig = Rig::new(shopee::KIND);
    let words = "Too many requests. You have reached the rate limit. Please try again later.";
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Throttle { seconds: 7 }).times(1));
    let response = get(&rig, "/api/v2/shop/get_shop_info", "");
    assert_eq!((response.status, response.error(), response.message()), (429, "error_rate_limit", words));
    assert_eq!(response.retry_after.as_deref(), Some("7"));
    rig.marketplace.limit(SHOP, NonZeroU32::MIN);
    assert_eq!(get(&rig, "/api/v2/shop/get_shop_info", "").error(), "");
    let response = get(&rig, "/api/v2/shop/get_shop_info", "");
    assert_eq!((response.status, response.error(), response.message()), (200, "error_rate_limit", words));
    assert_eq!(response.retry_after, None, "no document names such a header");
    let quota = "The total API call number made by your APP has reached the daily API call limit, please try again after 00: 00 (UTC+08:00)";
    for status in [None, Some(403), Some(429)] {
        rig.marketplace.refuse(SHOP, Some(refusal(status, "error_limit", quota)));
        let response = get(&rig, "/api/v2/shop/get_shop_info", "");
        assert_eq!(
            (response.status, response.error(), response.message()),
            (status.unwrap_or(200), "error_limit", quota)
        );
    }
}

#[test]
fn the_shop_and_the_refresh_are_answered_without_a_response() {
    let rig = Rig::new(shopee::KIND);
    let info = get(&rig, "/api/v2/shop/get_shop_info", "").content;
    assert_eq!(info.get("response"), None);
    assert_eq!(
        (&info["region"], &info["status"], &info["merchant_id"]),
        (&"SG".into(), &"NORMAL".into(), &Value::Null)
    );
    assert_eq!(info["shop_fulfillment_flag"], "Others");
    assert!(info["expire_time"].as_i64() > info["auth_time"].as_i64());
    let response = refresh(&rig, &rig.credentials);
    assert_eq!((response.status, response.error()), (200, ""));
    let content = response.content;
    assert_eq!((content.get("response"), content.get("warning")), (None, None));
    assert_eq!(
        (&content["expire_in"], content["shop_id"].is_u64(), content["partner_id"].is_u64()),
        (&14_400.into(), true, true)
    );
    assert!(content["access_token"].is_string() && content["refresh_token"].is_string());
}

#[test]
fn a_refresh_token_is_valid_once_and_the_old_access_token_five_minutes_more() {
    let mut rig = Rig::new(shopee::KIND);
    let first = rig.credentials.clone();
    assert_eq!(refresh(&rig, &first).error(), "");
    let used = refresh(&rig, &first);
    assert_eq!((used.error(), used.content.get("access_token")), ("error_shop_refresh_token", None));
    let old = |rig: &Rig| get_as(rig, &Common::of(rig, &first), "/api/v2/shop/get_shop_info", "");
    rig.advance(TimeDelta::seconds(299));
    assert_eq!(old(&rig).error(), "");
    rig.advance(TimeDelta::seconds(2));
    assert_eq!(old(&rig).error(), "invalid_acceess_token");
    rig.credentials = rig.marketplace.credentials(SHOP).expect("a shop");
    rig.advance(TimeDelta::seconds(4 * 3600 - 302));
    assert_eq!(get(&rig, "/api/v2/shop/get_shop_info", "").error(), "");
    rig.advance(TimeDelta::seconds(2));
    assert_eq!(get(&rig, "/api/v2/shop/get_shop_info", "").error(), "invalid_acceess_token", "after 4 hours");
    rig.advance(TimeDelta::days(30));
    let ended = refresh(&rig, &rig.credentials);
    assert_eq!((ended.error(), ended.message()), ("refresh_token_expired", "Your refresh_token expired."));
}

#[test]
fn a_revoked_permission_has_its_codes_in_every_call() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.set_revoked(SHOP, true);
    let call = get(&rig, "/api/v2/product/get_model_list", "item_id=7000");
    assert_eq!(
        (call.error(), call.message()),
        ("partner_shop_no_link", "Invalid partner_id or shop_id, please have a check.")
    );
    assert_eq!(refresh(&rig, &rig.credentials).error(), "shop_no_linked");
    rig.marketplace.set_revoked(SHOP, false);
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::EndedToken).on(CallKind::Read));
    assert_eq!(get(&rig, "/api/v2/shop/get_shop_info", "").message(), "Invalid access_token.");
}

#[test]
fn a_model_list_has_what_the_page_requires() {
    let rig = Rig::new(shopee::KIND);
    for number in 4..=20 {
        rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
    }
    rig.add_campaign(1, 60, moment("2026-11-10T14:00:00Z"));
    let response = get(&rig, "/api/v2/product/get_model_list", "item_id=7000");
    let content = &response.content["response"];
    let models = content["model"].as_array().expect("a list");
    assert_eq!(models.len(), 20);
    let options = content["tier_variation"].as_array().expect("a list");
    for model in models {
        for (position, index) in model["tier_index"].as_array().expect("a list").iter().enumerate() {
            let index = usize::try_from(index.as_u64().expect("a number")).expect("small");
            assert!(options[position]["option_list"][index]["option"].is_string(), "{model}");
        }
        assert!(model["model_id"].is_u64() && model["promotion_id"].is_u64(), "{model}");
        assert!(model["price_info"][0]["current_price"].is_f64(), "{model}");
        assert_eq!(model["model_status"], "MODEL_NORMAL");
    }
    let first = models.iter().find(|model| model["model_id"] == 1).expect("the model 1");
    assert!(first["promotion_id"].as_u64() > Some(i64::MAX as u64), "a promotion's id is unsigned");
    assert_eq!(
        first["stock_info_v2"]["summary_info"],
        json!({"total_reserved_stock": 60, "total_available_stock": 100})
    );
    assert_eq!(
        first["stock_info_v2"]["seller_stock"],
        json!([{"location_id": "SGZ", "stock": 100, "if_saleable": true}])
    );
    let wrong = get(&rig, "/api/v2/product/get_model_list", "");
    assert_eq!((wrong.status, wrong.error()), (200, "product.error_param"));
    assert_eq!(wrong.message(), "invalid field ItemId: value must  Not Null");
    assert_eq!(get(&rig, "/api/v2/product/get_model_list", "item_id=1").error(), "product.error_item_not_found");
}

#[test]
fn items_are_listed_whole_and_found_by_repeated_and_joined_ids() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 5);
    for ids in ["item_id_list=7000,8000", "item_id_list=7000&item_id_list=8000", "item_id_list=%5B7000,8000%5D"] {
        let response = get(&rig, BASE_INFO, ids);
        let items = response.content["response"]["item_list"].as_array().expect("a list").clone();
        assert_eq!(items.len(), 2, "{ids}");
        assert_eq!((&items[0]["item_id"], &items[0]["has_model"]), (&7000.into(), &true.into()));
        assert_eq!((&items[1]["item_id"], &items[1]["has_model"]), (&8000.into(), &false.into()));
        assert_eq!(items[0].get("price_info"), None, "the prices are those of the models");
        assert_eq!(items[0]["stock_info_v2"]["summary_info"]["total_available_stock"], 300);
        assert_eq!(
            (&items[1]["item_sku"], &items[1]["stock_info_v2"]["seller_stock"][0]["stock"]),
            (&"single".into(), &5.into())
        );
        assert!(response.bytes > 20_000, "{} bytes for two items", response.bytes);
    }
    let some = get(&rig, BASE_INFO, "item_id_list=1,8000").content;
    assert_eq!(some["response"]["item_list"].as_array().map(Vec::len), Some(1));
    assert_eq!(get(&rig, BASE_INFO, "item_id_list=1").error(), "product.error_item_not_found");
    let many: Vec<String> = (1..=51).map(|id| id.to_string()).collect();
    assert_eq!(get(&rig, BASE_INFO, &format!("item_id_list={}", many.join(","))).error(), "product.error_param");
    let models = get(&rig, "/api/v2/product/get_model_list", "item_id=8000").content;
    assert_eq!((&models["error"], &models["response"]["model"]), (&"".into(), &json!([])), "an item without models");
}

#[test]
fn an_update_sets_the_stock_of_up_to_50_models_of_an_item() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 5);
    let response = update(&rig, &json!({"item_id": 7000, "stock_list": stock_list(&[(1, 40), (9, 7), (2, 0)])}));
    assert_eq!((response.status, response.error()), (200, ""), "one bad model is no failure of the call");
    assert_eq!(
        response.content["response"]["success_list"],
        json!([{"model_id": 1, "stock": 40}, {"model_id": 2, "stock": 0}])
    );
    assert_eq!(
        response.content["response"]["failure_list"],
        json!([{"model_id": 9, "failed_reason": "Wrong model_id."}])
    );
    assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(40), Some(0), Some(100)], "others keep their stock");
    let all_bad = update(&rig, &json!({"item_id": 7000, "stock_list": stock_list(&[(9, 7)])}));
    assert_eq!((all_bad.status, all_bad.error()), (200, "product.error_busi_update_stock_failed"));
    assert_eq!(all_bad.content["response"]["failure_list"].as_array().map(Vec::len), Some(1));
    let single = update(&rig, &json!({"item_id": 8000, "stock_list": [{"seller_stock": [{"stock": 3}]}]}));
    assert_eq!(
        (single.error(), rig.marketplace.quantity(SHOP, &product("8000", "0"))),
        ("", Some(3)),
        "model_id is optional"
    );
    let many: Vec<(u64, i64)> = (1..=51).map(|model| (model, 1)).collect();
    for (body, error) in [
        (json!({"stock_list": stock_list(&[(1, 1)])}), "product.error_param"),
        (json!({"item_id": 7000, "stock_list": []}), "product.error_param"),
        (json!({"item_id": 7000, "stock_list": stock_list(&many)}), "product.error_param"),
        (json!({"item_id": 7000, "stock_list": stock_list(&[(1, 1), (1, 2)])}), "product.error_param"),
        (json!({"item_id": 7000, "stock_list": stock_list(&[(1, -1)])}), "product.error_param"),
        (json!({"item_id": "7000", "stock_list": stock_list(&[(1, 1)])}), "product.error_param"),
        (json!({"item_id": 1, "stock_list": stock_list(&[(1, 1)])}), "product.error_item_not_found"),
        (
            json!({"item_id": 7000, "stock_list": stock_list(&[(0, 1)])}),
            "product.error_edit_item_stock_for_item_has_model",
        ),
    ] {
        let response = update(&rig, &body);
        assert_eq!((response.status, response.error()), (200, error), "{body}");
    }
    assert_eq!(rig.shown(1), Some(40));
}

#[test]
fn a_shop_with_several_warehouses_needs_a_location_in_each_row() {
    let rig = Rig::new(shopee::KIND);
    let normal = get(&rig, "/api/v2/shop/get_warehouse_detail", "");
    assert_eq!((normal.status, normal.error()), (200, "warehouse.error_not_in_whitelist"));
    assert_eq!(normal.message(), "Your shop is not in multi-warehouse whitelist.");
    let at = |location: &str| json!({"item_id": 7000, "stock_list": [{"model_id": 1, "seller_stock": [{"location_id": location, "stock": 30}]}]});
    let words = "You do not have right to use seller location_id, please only fill seller_stock filed.";
    assert_eq!(update(&rig, &at("SGZ")).message(), words);
    for code in ["SGA", "SGB"] {
        rig.marketplace.add_warehouse(SHOP, Warehouse { code: code.to_owned(), name: format!("Warehouse {code}") });
    }
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
        product.elsewhere.insert("SGB".to_owned(), 12);
    });
    let list = get(&rig, "/api/v2/shop/get_warehouse_detail", "warehouse_type=1").content["response"].clone();
    assert_eq!((&list[0]["location_id"], &list[1]["location_id"]), (&"SGA".into(), &"SGB".into()));
    let without = update(&rig, &json!({"item_id": 7000, "stock_list": stock_list(&[(1, 40)])}));
    assert_eq!(
        (without.error(), without.message()),
        ("product.error_busi", "The merchant/shop has multi warehouse, please input location id")
    );
    let some = json!({"item_id": 7000, "stock_list": [
        {"model_id": 1, "seller_stock": [{"location_id": "SGA", "stock": 1}]},
        {"model_id": 2, "seller_stock": [{"stock": 1}]},
    ]});
    assert_eq!(update(&rig, &some).message(), "Lack of location_id, please double check.");
    let words = "The location_id input is not matched the shop's location_id(more/wrong). Please double check.";
    assert_eq!(update(&rig, &at("SGC")).message(), words);
    let done = update(&rig, &at("SGB")).content["response"]["success_list"].clone();
    assert_eq!(done, json!([{"model_id": 1, "location_id": "SGB", "stock": 30}]));
    let models = get(&rig, "/api/v2/product/get_model_list", "item_id=7000").content;
    let stock = &models["response"]["model"][0]["stock_info_v2"];
    assert_eq!(stock["summary_info"]["total_available_stock"], 130);
    assert_eq!(stock["seller_stock"].as_array().map(Vec::len), Some(2));
    assert_eq!((rig.shown(1), stock["seller_stock"][1]["stock"].as_i64()), (Some(100), Some(30)));
}

#[test]
fn items_of_shopee_s_own_warehouse_take_no_stock_of_the_seller() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
        product.quantity = Some(0);
        product.fulfilled_by_marketplace = Some(119);
    });
    let refused = update(&rig, &json!({"item_id": 7000, "stock_list": stock_list(&[(1, 40)])}));
    let words = "The current item belong to the full FBS shop, so normal stock must be equal to 0";
    assert_eq!((refused.error(), refused.message()), ("error_server", words));
    assert_eq!(update(&rig, &json!({"item_id": 7000, "stock_list": stock_list(&[(1, 0)])})).error(), "");
    let models = get(&rig, "/api/v2/product/get_model_list", "item_id=7000").content;
    let model = &models["response"]["model"][0];
    assert_eq!(model["is_fulfillment_by_shopee"], true);
    assert_eq!(model["stock_info_v2"]["shopee_stock"][0]["stock"], "119", "a text, by the page");
    assert_eq!(get(&rig, "/api/v2/shop/get_shop_info", "").content["shop_fulfillment_flag"], "PFF - FBS Shop");
}

#[test]
fn promotions_reserve_stock_before_they_begin() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 100);
    let start = moment("2026-11-10T13:00:00Z");
    let ends_at = moment("2026-11-10T14:00:00Z");
    rig.marketplace.add_campaign(SHOP, &rig.id(1), Campaign { quantity: 60, starts_at: Some(start), ends_at });
    rig.marketplace.add_campaign(
        SHOP,
        &product("8000", "0"),
        Campaign { quantity: 70, starts_at: Some(start), ends_at },
    );
    let list = get(&rig, PROMOTION, "item_id_list=7000,8000,9").content["response"].clone();
    assert_eq!(list["failure_list"][0]["item_id"], 9);
    let promotion = &list["success_list"][0]["promotion"][0];
    assert_eq!((&promotion["model_id"], &promotion["promotion_staging"]), (&1.into(), &"upcoming".into()));
    assert_eq!(promotion["start_time"], start.utc().timestamp());
    assert_eq!(promotion["end_time"], ends_at.utc().timestamp());
    assert_eq!(promotion["promotion_stock_info_v2"]["summary_info"]["total_reserved_stock"], 60);
    let low = json!({"item_id": 7000, "stock_list": stock_list(&[(1, 59), (2, 59)])});
    let response = update(&rig, &low).content["response"].clone();
    assert_eq!(
        response["failure_list"],
        json!([{"model_id": 1, "failed_reason": "Stock should be larger than reserved stock."}])
    );
    let single = update(&rig, &json!({"item_id": 8000, "stock_list": stock_list(&[(0, 69)])}));
    assert_eq!(
        (single.error(), single.message()),
        ("product.error_param", "Can not update item with stock less than reserved stock")
    );
    rig.advance(TimeDelta::minutes(90));
    let list = get(&rig, PROMOTION, "item_id_list=7000").content["response"].clone();
    assert_eq!(list["success_list"][0]["promotion"][0]["promotion_staging"], "ongoing");
    rig.advance(TimeDelta::minutes(30));
    let list = get(&rig, PROMOTION, "item_id_list=7000").content["response"].clone();
    assert_eq!(list["success_list"][0]["promotion"], json!([]));
    assert_eq!(update(&rig, &low).content["response"]["failure_list"], json!([]));
    assert_eq!(get(&rig, PROMOTION, "item_id_list=7000,7000").message(), "Repeat item_id.");
}

#[test]
fn refusals_of_a_product_and_of_the_holiday_have_the_documented_shape() {
    let rig = Rig::new(shopee::KIND);
    let body = json!({"item_id": 7000, "stock_list": stock_list(&[(1, 40), (2, 40)])});
    rig.marketplace.set_holiday(SHOP, true);
    let refused = update(&rig, &body);
    assert_eq!(
        (refused.error(), refused.message()),
        ("product.error_holiday_mode_change_stock", "Cannot change stock in holiday mode.")
    );
    rig.marketplace.set_holiday(SHOP, false);
    let refuse =
        |refusal: Refusal| rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.refusal = Some(refusal));
    refuse(refusal(
        None,
        "product.error_item_uneditable",
        "Can't edit this item. item status can not support editing.",
    ));
    let refused = update(&rig, &body);
    assert_eq!((refused.status, refused.error()), (200, "product.error_item_uneditable"));
    assert_eq!((refused.content.get("response"), rig.shown(2)), (None, Some(100)), "the whole call is refused");
    refuse(refusal(None, "product.error_busi_update_stock_failed", "Stock should be within 0-10000000 for model A"));
    let partly = update(&rig, &body);
    let failed = json!([{"model_id": 1, "failed_reason": "Stock should be within 0-10000000 for model A"}]);
    assert_eq!(
        (partly.error(), &partly.content["response"]["failure_list"]),
        ("", &failed),
        "the row alone is refused"
    );
    assert_eq!(rig.shown(2), Some(40));
}
