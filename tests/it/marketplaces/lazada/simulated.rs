//! The simulated Lazada against the documents, called by a client that signs by itself.

use super::{add_products, product, refusal, rig};
use crate::{
    marketplaces::connectors::{Rig, SHOP},
    support::moment,
};
use chrono::TimeDelta;
use flashsale::demo::marketplace::{Campaign, Fault, PlannedFault, ProductId, Warehouse};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;

const UPDATE: &str = "/product/stock/sellable/update";

/// Page 108068: the sorted parameters behind the path, without empty ones, as upper-case hexadecimals.
fn sign(secret: &str, path: &str, parameters: &BTreeMap<String, String>) -> String {
    let pairs = parameters.iter().filter(|(_, value)| !value.is_empty());
    let message = pairs.fold(path.to_owned(), |message, (name, value)| message + name + value);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect()
}

struct Client {
    rig: Rig,
    agent: ureq::Agent,
    /// What a call has besides its own parameters; tests change it.
    common: BTreeMap<String, String>,
}

impl Client {
    fn new() -> Self {
        let rig = rig();
        let access = rig.credentials.access().expect("a token").secret.expose_secret().to_owned();
        let mut common = BTreeMap::new();
        for (name, value) in [
            ("app_key", rig.credentials.id("app_key").to_owned()),
            ("timestamp", rig.now().utc().timestamp_millis().to_string()),
            ("sign_method", "sha256".to_owned()),
            ("access_token", access),
        ] {
            common.insert(name.to_owned(), value);
        }
        Self { rig, agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(), common }
    }

    /// All parameters of a call with its signature.
    fn signed(&self, path: &str, parameters: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut all = self.common.clone();
        for (name, value) in parameters {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        let signature = sign(self.rig.credentials.id("app_secret"), path, &all);
        all.insert("sign".to_owned(), signature);
        all
    }

    fn send(&self, method: &str, path: &str, parameters: &BTreeMap<String, String>) -> (u16, String) {
        let url = format!("{}{path}", self.rig.url);
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let mut response = match method {
            "GET" => self.agent.get(format!("{url}?{encoded}")).call().expect("an answer"),
            _ => {
                let form = "application/x-www-form-urlencoded;charset=utf-8";
                self.agent.post(url).content_type(form).send(encoded).expect("an answer")
            }
        };
        let body = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("a text");
        (response.status().as_u16(), body)
    }

    /// The answer of a call that is right so far.
    fn call(&self, method: &str, path: &str, parameters: &[(&str, &str)]) -> Value {
        let (status, body) = self.send(method, path, &self.signed(path, parameters));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// The products of a read with `filter=all`.
    fn products(&self, parameters: &[(&str, &str)]) -> Value {
        let parameters: Vec<_> = [("filter", "all")].into_iter().chain(parameters.iter().copied()).collect();
        let answer = self.call("GET", "/products/get", &parameters);
        assert_eq!(answer["code"], "0", "{answer}");
        answer["data"].clone()
    }

    fn sku(&self, number: usize) -> Value {
        let data = self.products(&[("sku_seller_list", &format!("[\"seller-{number}\"]"))]);
        let skus = data["products"][0]["skus"].as_array().expect("SKUs").clone();
        skus.into_iter().find(|sku| sku["SellerSku"] == format!("seller-{number}")).expect("the SKU")
    }

    fn update(&self, skus: &str) -> Value {
        let payload = format!("<Request><Product><Skus>{skus}</Skus></Product></Request>");
        self.call("POST", UPDATE, &[("payload", &payload)])
    }

    fn set(&self, number: u64, units: i64) -> Value {
        self.update(&sku_row(&self.rig.id(number), &format!("<SellableQuantity>{units}</SellableQuantity>")))
    }
}

fn sku_row(id: &ProductId, stock: &str) -> String {
    format!("<Sku><ItemId>{}</ItemId><SkuId>{}</SkuId>{stock}</Sku>", id.item, id.variant)
}

fn warehouse_row(code: &str, units: i64) -> String {
    format!(
        "<MultiWarehouseInventory><WarehouseCode>{code}</WarehouseCode><SellableQuantity>{units}</SellableQuantity>\
         </MultiWarehouseInventory>"
    )
}

fn warehouses(rows: &[String]) -> String {
    format!("<MultiWarehouseInventories>{}</MultiWarehouseInventories>", rows.concat())
}

#[test]
fn the_signature_of_this_client_is_that_of_the_documents() {
    for (path, parameters, signature) in [
        (
            "/order/get",
            vec![("access_token", "test"), ("order_id", "1234")],
            "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A",
        ),
        // Also calculated by the official SDK.
        (
            "/auth/token/create",
            vec![("code", "0_abc")],
            "8CA09E756FA8DF96FF7B3F0914463ACBF6EAC8894CDEE2030B613397349999F1",
        ),
    ] {
        let common = [("app_key", "123456"), ("sign_method", "sha256"), ("timestamp", "1517820392000")];
        let mut all = BTreeMap::new();
        for (name, value) in common.into_iter().chain(parameters) {
            all.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(sign("helloworld", path, &all), signature, "{path}");
    }
}

#[test]
fn a_call_needs_its_common_parameters_a_signature_the_time_and_a_token() {
    let mut client = Client::new();
    let answer = client.call("GET", "/seller/get", &[]);
    assert_eq!((&answer["code"], &answer["data"]["status"]), (&json!("0"), &json!("ACTIVE")));
    let code = |parameters: &BTreeMap<String, String>| {
        let (status, body) = client.send("GET", "/seller/get", parameters);
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(status, 200);
        assert!(answer["request_id"].is_string() && answer["message"].is_string(), "{answer}");
        (answer["code"].as_str().expect("a code").to_owned(), answer["type"].as_str().expect("a type").to_owned())
    };
    for name in ["timestamp", "sign_method", "sign"] {
        let mut parameters = client.signed("/seller/get", &[]);
        parameters.remove(name);
        assert_eq!(code(&parameters), ("MissingParameter".to_owned(), "ISV".to_owned()), "{name}");
    }
    for (name, value) in [("sign", "00"), ("access_token", "another"), ("unsigned", "1")] {
        let mut parameters = client.signed("/seller/get", &[]);
        parameters.insert(name.to_owned(), value.to_owned());
        assert_eq!(code(&parameters).0, "IncompleteSignature", "{name}");
    }
    let lower = client.signed("/seller/get", &[])["sign"].to_lowercase();
    let mut parameters = client.signed("/seller/get", &[]);
    parameters.insert("sign".to_owned(), lower);
    assert_eq!(code(&parameters).0, "IncompleteSignature");
    assert_eq!(code(&client.signed("/seller/get", &[("access_token", "another")])).0, "IllegalAccessToken");
    assert_eq!(code(&client.signed("/seller/get", &[("access_token", "")])).0, "IllegalAccessToken");
    for (minutes, expected) in [(-119, "0"), (119, "0"), (-121, "IllegalTimestamp"), (121, "IllegalTimestamp")] {
        let at = client.rig.now().plus(TimeDelta::minutes(minutes)).utc().timestamp_millis();
        client.common.insert("timestamp".to_owned(), at.to_string());
        assert_eq!(client.call("GET", "/seller/get", &[])["code"], expected, "{minutes} minutes");
    }
}

#[test]
fn a_call_has_one_method_and_a_known_path() {
    let client = Client::new();
    assert_eq!(client.call("GET", UPDATE, &[])["code"], "UnsupportedHTTPMethod");
    assert_eq!(client.call("POST", "/products/get", &[])["code"], "UnsupportedHTTPMethod");
    assert_eq!(client.call("GET", "/orders/nowhere", &[])["code"], "InvalidApiPath");
}

#[test]
fn whole_products_are_listed_however_few_skus_are_asked_for() {
    let client = Client::new();
    let data = client.products(&[("sku_seller_list", "[\"seller-2\"]")]);
    assert_eq!(data["total_products"], 1);
    let product = &data["products"][0];
    assert_eq!(product["item_id"], 7001, "a number");
    assert_eq!(product["created_time"], "1704067200000", "milliseconds as a text");
    assert_eq!(product["updated_time"], client.rig.now().utc().timestamp_millis().to_string());
    let seller_skus: Vec<_> = product["skus"].as_array().expect("SKUs").iter().map(|sku| &sku["SellerSku"]).collect();
    assert_eq!(seller_skus, ["seller-1", "seller-2"], "the other variant as well");
    for name in ["description", "description_en", "short_description", "short_description_en"] {
        let text = product["attributes"][name].as_str().expect("HTML");
        assert!(text.starts_with('<') && text.ends_with('>'), "{name}: {text}");
    }
    assert_eq!(product["images"].as_array().expect("images").len(), 8);
    let sku = &product["skus"][0];
    assert_eq!((&sku["SkuId"], &sku["quantity"], &sku["Available"]), (&json!(9001), &json!(100), &json!(100)));
    let stock = json!([{
        "warehouseCode": "dropshipping", "sellableQuantity": 100, "withholdQuantity": 0, "occupyQuantity": 0,
        "totalQuantity": 100, "quantity": 100,
    }]);
    assert_eq!(sku["multiWarehouseInventories"], stock);
    assert_eq!((&sku["fblWarehouseInventories"], &sku["channelInventories"]), (&json!([]), &json!([])));
    let alone = client.call("GET", "/product/item/get", &[("item_id", "7001")]);
    assert_eq!(alone["data"]["skus"].as_array().map(Vec::len), Some(2));
    assert_eq!(client.call("GET", "/product/item/get", &[("item_id", "1")])["code"], "208");
}

#[test]
fn products_have_the_size_that_a_test_wants() {
    let client = Client::new();
    for number in 3..20 {
        client.rig.marketplace.add_product(SHOP, &product(7001, 9100 + number), &format!("variant-{number}"), 5);
    }
    client.rig.marketplace.set_description_bytes(SHOP, 15_000);
    let data = client.products(&[("sku_seller_list", "[\"seller-1\"]")]);
    let product = data["products"][0].to_string();
    assert!((40_000..60_000).contains(&product.len()), "{} bytes", product.len());
}

#[test]
fn a_list_of_products_has_pages_a_filter_and_limits() {
    let client = Client::new();
    add_products(&client.rig, 58, 0, |number| format!("more-{number}"));
    let count = |parameters: &[(&str, &str)]| {
        let data = client.products(parameters);
        assert_eq!(data["total_products"], 60);
        data["products"].as_array().expect("products").len()
    };
    assert_eq!(count(&[]), 20, "the default of page 108150");
    assert_eq!(count(&[("limit", "50")]), 50);
    assert_eq!(count(&[("limit", "50"), ("offset", "50")]), 10);
    assert_eq!(count(&[("update_after", "2026-11-10T12:00:00+0000")]), 20);
    assert_eq!(client.products(&[("update_after", "2026-11-10T20:00:01+0800")])["total_products"], 0);
    client.rig.marketplace.add_product(SHOP, &client.rig.id(3), "seller-3", 0);
    let sold_out = client.call("GET", "/products/get", &[("filter", "sold-out")]);
    assert_eq!(sold_out["data"]["products"][0]["item_id"], 7002);
    let hundred_and_one = json!(vec!["a"; 101]).to_string();
    for (name, value, code) in [
        ("limit", "51", "19"),
        ("limit", "0", "19"),
        ("limit", "all", "19"),
        ("offset", "10001", "14"),
        ("offset", "-1", "14"),
        ("filter", "everything", "36"),
        ("filter", "", "36"),
        ("update_after", "2026-11-10", "17"),
        ("sku_seller_list", "seller-1", "70"),
        ("sku_seller_list", &hundred_and_one, "70"),
    ] {
        let answer = client.call("GET", "/products/get", &[("filter", "all"), (name, value)]);
        assert_eq!(answer["code"], code, "{name}={value}: {answer}");
    }
}

#[test]
fn an_address_longer_than_8_kb_is_refused_by_the_front_server() {
    let client = Client::new();
    let long = json!(["中".repeat(900)]).to_string();
    let parameters = client.signed("/products/get", &[("filter", "all"), ("sku_seller_list", &long)]);
    let (status, body) = client.send("GET", "/products/get", &parameters);
    assert_eq!(status, 414);
    assert!(body.starts_with("<html>"), "{body}");
}

#[test]
fn an_update_sets_the_sellable_quantity_and_not_the_seller_sku() {
    let client = Client::new();
    assert_eq!(client.set(1, 20)["data"], json!({}));
    assert_eq!(client.rig.shown(1), Some(20));
    let id = client.rig.id(2);
    // The comments are those of the example on the page.
    let row = format!(
        "<!--single warehouse demo--><Sku><ItemId>{}</ItemId><SkuId>{}</SkuId><SellerSku>Other &amp; new</SellerSku>\
         <SellableQuantity>7</SellableQuantity><Unknown>1</Unknown></Sku>",
        id.item, id.variant
    );
    assert_eq!(client.update(&row)["code"], "0");
    assert_eq!((&client.sku(2)["quantity"], client.rig.shown(2)), (&json!(7), Some(7)));
    for (payload, code) in [
        ("", "6"),
        ("{\"Request\":{}}", "6"),
        ("<Request><Product><Skus><Sku><SellableQuantity>1</SellableQuantity></Sku></Skus></Product></Request>", "6"),
        ("<Request><Product><Skus></Skus></Product></Request>", "30"),
    ] {
        assert_eq!(client.call("POST", UPDATE, &[("payload", payload)])["code"], code, "{payload}");
    }
    let rows = sku_row(&id, "<SellableQuantity>1</SellableQuantity>");
    assert_eq!(client.update(&rows.repeat(50))["code"], "0");
    assert_eq!(client.update(&rows.repeat(51))["code"], "4171");
    assert_eq!(client.set(2, -1)["code"], "501");
    assert_eq!(client.rig.shown(2), Some(1));
}

#[test]
fn a_product_that_is_not_found_is_a_detail_of_a_success() {
    let client = Client::new();
    let unknown = sku_row(&client.rig.id(9), "<SellableQuantity>5</SellableQuantity>");
    let known = sku_row(&client.rig.id(1), "<SellableQuantity>6</SellableQuantity>");
    let answer = client.update(&(unknown + &known));
    assert_eq!(answer["code"], "0");
    assert_eq!(answer["detail"], json!([{"code": "E0501", "field": "ItemId", "message": "ITEM_NOT_FOUND"}]));
    assert_eq!(client.rig.shown(1), Some(6));
}

#[test]
fn several_warehouses_are_set_one_by_one_and_shown_together() {
    let client = Client::new();
    let id = client.rig.id(1);
    let multi = |rows: &[String]| client.update(&sku_row(&id, &warehouses(rows)));
    assert_eq!(multi(&[warehouse_row("dropshipping", 5)])["code"], "501", "a seller with one warehouse");
    for (code, name) in [("dropshipping", "Main"), ("SG1001-WH-10010", "Second")] {
        let warehouse = Warehouse { code: code.to_owned(), name: name.to_owned() };
        client.rig.marketplace.add_warehouse(SHOP, warehouse);
    }
    client.rig.marketplace.change_product(SHOP, &id, |product| {
        product.elsewhere.insert("SG1001-WH-10010".to_owned(), 30);
        product.reserved = 4;
    });
    client.set(1, 10);
    let shown = |sku: &Value| {
        let stock = sku["multiWarehouseInventories"].as_array().expect("warehouses").clone();
        stock.iter().map(|row| (row["warehouseCode"].clone(), row["sellableQuantity"].clone())).collect::<Vec<_>>()
    };
    let sku = client.sku(1);
    assert_eq!(sku["quantity"], 40, "the total");
    assert_eq!(shown(&sku), [(json!("dropshipping"), json!(10)), (json!("SG1001-WH-10010"), json!(30))]);
    let main = &sku["multiWarehouseInventories"][0];
    assert_eq!((&main["occupyQuantity"], &main["totalQuantity"]), (&json!(4), &json!(14)));
    assert_eq!(multi(&[warehouse_row("SG1001-WH-10010", 7)])["code"], "0");
    assert_eq!(shown(&client.sku(1)), [(json!("dropshipping"), json!(10)), (json!("SG1001-WH-10010"), json!(7))]);
    multi(&[warehouse_row("Dropshipping", 1), warehouse_row("SG1001-WH-10010", 2)]);
    assert_eq!(shown(&client.sku(1)), [(json!("dropshipping"), json!(1)), (json!("SG1001-WH-10010"), json!(2))]);
    assert_eq!(multi(&[warehouse_row("SG1001-WH-10010", 0)])["code"], "0");
    assert_eq!(shown(&client.sku(1)), [(json!("dropshipping"), json!(1))], "what is not in stock is not listed");
    assert_eq!(multi(&[warehouse_row("elsewhere", 7)])["code"], "501");
    let listed = client.call("GET", "/seller/warehouse/get", &[("addressTypes", "[\"warehouse\"]")]);
    let codes: Vec<_> = listed["result"]["module"].as_array().expect("warehouses").iter().collect();
    assert_eq!((&codes[0]["code"], &codes[1]["name"]), (&json!("dropshipping"), &json!("Second")));
    assert_eq!(client.call("GET", "/seller/warehouse/get", &[])["code"], "MissingParameter");
}

#[test]
fn a_campaign_keeps_its_units_until_it_ends() {
    let client = Client::new();
    let starts_at = Some(moment("2026-11-10T10:00:00Z"));
    let ends_at = moment("2026-11-11T17:00:00Z");
    client.rig.marketplace.add_campaign(SHOP, &client.rig.id(1), Campaign { quantity: 60, starts_at, ends_at });
    let channel = &client.sku(1)["channelInventories"][0];
    assert_eq!(channel["startTime"], "2026-11-10 17:00:00", "in the time of the site");
    assert_eq!(channel["endTime"], "2026-11-11 23:59:59");
    assert_eq!(channel["sellableQuantity"], 60);
    assert_eq!(client.sku(1)["quantity"], 100, "the campaign's units are in it");
    let refused = client.set(1, 59);
    assert_eq!((&refused["code"], &refused["type"]), (&json!("501"), &json!("ISP")));
    let detail = json!([{
        "code": "E0501", "field": "bizCheck", "item_id": 7001,
        "message": "negative sellable on channel inventory,entityId=9001,id=1",
    }]);
    assert_eq!(refused["detail"], detail);
    assert_eq!(client.set(1, 60)["code"], "0");
    client.rig.advance(TimeDelta::hours(30));
    let mut client = client;
    client.common.insert("timestamp".to_owned(), client.rig.now().utc().timestamp_millis().to_string());
    assert_eq!(client.set(1, 5)["code"], "0");
    assert_eq!(client.sku(1)["channelInventories"][0]["sellableQuantity"], 60, "it is listed after its end");
}

/// "The inventory locked by channelInventories is not warehouse dependent" (121233).
#[test]
fn a_campaign_counts_the_units_of_all_warehouses() {
    let client = Client::new();
    let id = client.rig.id(1);
    for code in ["dropshipping", "SG1001-WH-10010"] {
        let warehouse = Warehouse { code: code.to_owned(), name: String::new() };
        client.rig.marketplace.add_warehouse(SHOP, warehouse);
    }
    client.rig.marketplace.change_product(SHOP, &id, |product| {
        product.elsewhere.insert("SG1001-WH-10010".to_owned(), 30);
    });
    client.rig.add_campaign(1, 35, moment("2026-11-11T12:00:00Z"));
    assert_eq!(client.set(1, 5)["code"], "0");
    assert_eq!(client.set(1, 4)["code"], "501");
    let row = sku_row(&id, &warehouses(&[warehouse_row("SG1001-WH-10010", 29)]));
    assert_eq!(client.update(&row)["code"], "501");
}

#[test]
fn in_a_mega_campaign_stock_rises_but_does_not_fall() {
    let client = Client::new();
    let end = client.rig.now().plus(TimeDelta::hours(1));
    client.rig.marketplace.change_product(SHOP, &client.rig.id(1), |product| product.only_rises_until = Some(end));
    let refused = client.set(1, 99);
    assert_eq!(refused["code"], "4170");
    let message = refused["message"].as_str().expect("a message");
    assert!(message.contains("in effect between 2026-11-10 19:00:00 - 2026-11-10 20:00:00"), "{message}");
    assert_eq!((client.set(1, 101)["code"].clone(), client.rig.shown(1)), (json!("0"), Some(101)));
    client.rig.advance(TimeDelta::hours(1));
    assert_eq!(client.set(1, 1)["code"], "0");
}

#[test]
fn stock_in_lazada_s_own_warehouse_is_listed_apart_and_not_lowered() {
    let client = Client::new();
    client.rig.marketplace.change_product(SHOP, &client.rig.id(1), |product| {
        product.quantity = Some(0);
        product.fulfilled_by_marketplace = Some(119);
    });
    let sku = client.sku(1);
    assert_eq!((&sku["quantity"], &sku["multiWarehouseInventories"][0]["quantity"]), (&json!(119), &json!(0)));
    let stock = &sku["fblWarehouseInventories"][0];
    assert_eq!((&stock["warehouseCode"], &stock["sellableQuantity"]), (&json!("AChoice-ID-V-JIT"), &json!(119)));
    assert_eq!((&stock["occupyQuantity"], &stock["totalQuantity"]), (&json!(1), &json!(120)));
    assert_eq!(client.set(1, 118)["code"], "501");
    assert_eq!(client.set(1, 119)["code"], "0");
    assert_eq!(client.sku(1)["quantity"], 238, "the seller's own warehouse was set");
}

#[test]
fn more_than_50_calls_in_a_second_are_throttled() {
    let client = Client::new();
    let refused = (0..1_000).map(|_| client.call("GET", "/seller/get", &[])).find(|answer| answer["code"] != "0");
    let refused = refused.expect("a second has fewer calls");
    assert_eq!(refused["code"], "ApiCallLimit");
    assert_eq!(refused["message"], "Api access frequency exceeds the limit. this ban will last 1 seconds");
}

#[test]
fn a_refresh_gives_new_tokens_and_the_second_one_ends_as_before() {
    let mut client = Client::new();
    client.common.remove("access_token");
    let refresh =
        |client: &Client, token: &str| client.call("POST", "/auth/token/refresh", &[("refresh_token", token)]);
    let first = client.rig.credentials.refresh().expect("a token").secret.expose_secret().to_owned();
    client.rig.advance(TimeDelta::days(10));
    client.common.insert("timestamp".to_owned(), client.rig.now().utc().timestamp_millis().to_string());
    let answer = refresh(&client, &first);
    assert_eq!((&answer["code"], &answer["expires_in"]), (&json!("0"), &json!(30 * 86_400)));
    assert_eq!(answer["refresh_expires_in"], 170 * 86_400);
    assert_eq!((&answer["country"], &answer["account_platform"]), (&json!("sg"), &json!("seller_center")));
    assert_eq!(refresh(&client, &first)["code"], "IllegalRefreshToken");
    assert_eq!(refresh(&client, "")["code"], "MissingParameter");
    let second = answer["refresh_token"].as_str().expect("a token").to_owned();
    client.rig.advance(TimeDelta::days(170));
    client.common.insert("timestamp".to_owned(), client.rig.now().utc().timestamp_millis().to_string());
    assert_eq!(refresh(&client, &second)["code"], "IllegalRefreshToken");
    client.rig.marketplace.refuse(SHOP, Some(refusal("AUTH_TYPE_UNSUPPORTED", "ISV", "only be authorized by market")));
    assert_eq!(refresh(&client, &second)["code"], "AUTH_TYPE_UNSUPPORTED");
}

#[test]
fn planned_refusals_have_the_shapes_of_the_documents() {
    let client = Client::new();
    let plan = |code: &str, message: &str| {
        let planned = refusal(code, "ISP", message);
        client.rig.marketplace.change_product(SHOP, &client.rig.id(1), |product| product.refusal = Some(planned));
        client.set(1, 40)
    };
    let whole = plan("513", "Internal call exception");
    assert_eq!((&whole["code"], &whole["type"], &whole["detail"]), (&json!("513"), &json!("ISP"), &Value::Null));
    let overview = plan("501", "SELLER_NOT_PERMITTED");
    assert_eq!((&overview["code"], &overview["message"]), (&json!("501"), &json!("E501: Update product failed")));
    assert_eq!(overview["detail"][0]["message"], "SELLER_NOT_PERMITTED");
    let inside = plan("E0501", "ITEM_NOT_FOUND");
    assert_eq!((&inside["code"], &inside["detail"][0]["sku_id"]), (&json!("0"), &json!("9001")));
    assert_eq!(client.rig.shown(1), Some(100));
    client.rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::SwitchedOff).times(1));
    assert_eq!(client.call("GET", "/seller/get", &[])["code"], "998");
    client.rig.marketplace.refuse(SHOP, Some(refusal("SellerNotVerified", "ISV", "Seller not verified")));
    assert_eq!(client.call("GET", "/seller/get", &[])["code"], "SellerNotVerified");
}
