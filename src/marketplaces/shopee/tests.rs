//! The requests of a push, against a server that answers as the documents say.

use super::{KIND, Shopee, sign};
use crate::{
    clock::Clock,
    domain::{
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::warehouse::Warehouse,
    },
    marketplaces::{
        Answer, Connector, Credentials, Endpoint, Failure, FailureClass, HttpClient, Target, Timeouts,
        answering::{Answering, Received, push},
        credentials::Token,
        push::Marketplace,
        registry,
    },
};
use actix_web::rt::System;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: &str = "2026-11-11T15:59:30Z";

fn moment(text: &str) -> Moment {
    chrono::DateTime::parse_from_rfc3339(text).expect("a moment").to_utc().into()
}

fn credentials() -> Credentials {
    let values = [("partner_id", "851249"), ("partner_key", "test_partner_key"), ("shop_id", "1001094")];
    let values = values.map(|(name, value)| (name.to_owned(), value.into())).into();
    let access = Token::entered("367a0a8eb9d1837cbf7c43b587a0faa4".into());
    let refresh = Token::entered("4c7259534969484e71734d695a6e6d55".into());
    registry::describe(KIND).credentials(values).expect("all fields").with_tokens(Some(access), Some(refresh))
}

fn connector(server: &Answering, warehouse: Option<&str>) -> Connector {
    let store = StoreCode::parse("shop").expect("a code");
    let endpoint = Endpoint { store: &store, kind: KIND, api_url: &server.address, warehouse };
    let http = HttpClient::new(Timeouts::default(), Clock::from_fn(|| moment(NOW)));
    Connector::new(endpoint, credentials(), &http, None).expect("a connection")
}

fn target(model: u64, quantity: i64, at_most: i64) -> Target {
    Target {
        sku: Some(SkuCode::parse(&format!("SKU-{model}")).expect("a code")),
        seller_sku: format!("seller-{model}"),
        item_id: Some("7000".to_owned()),
        variant_id: Some(model.to_string()),
        quantity,
        at_most: Some(at_most),
        sequence: 1,
        seen: None,
    }
}

/// Models that are raised to 40, so that nothing is read before.
fn raised(models: std::ops::RangeInclusive<u64>) -> Vec<Target> {
    models.map(|model| target(model, 40, 10)).collect()
}

fn accepted(response: &Value) -> (u16, String) {
    let body = json!({"error": "", "message": "", "warning": "", "request_id": "r-1", "response": response});
    (200, body.to_string())
}

fn refused(status: u16, error: &str, message: &str) -> (u16, String) {
    (status, json!({"error": error, "message": message, "request_id": "r-1"}).to_string())
}

fn is_of(request: &Received, call: &str) -> bool {
    request.line.contains(&format!("/{call}?"))
}

/// The models of a write.
fn stock_list(request: &Received) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(body["item_id"], 7000);
    body["stock_list"].as_array().expect("a list").clone()
}

/// The answer to a read of models 1 to 50, which all have this stock.
fn models(stock: &Value) -> (u16, String) {
    let model = |model: u64| json!({"model_id": model, "model_status": "MODEL_NORMAL", "stock_info_v2": stock});
    accepted(&json!({"tier_variation": [], "model": (1..=50).map(model).collect::<Vec<_>>()}))
}

fn in_one_place(quantity: i64) -> Value {
    json!({
        "summary_info": {"total_reserved_stock": 0, "total_available_stock": quantity},
        "seller_stock": [{"location_id": "IDZ", "stock": quantity, "if_saleable": true}],
        "shopee_stock": [{"location_id": "-", "stock": "0"}],
    })
}

fn in_two_places(reserved: i64, quantities: [i64; 2]) -> Value {
    let [first, second] = quantities;
    json!({
        "summary_info": {"total_reserved_stock": reserved, "total_available_stock": first + second},
        "seller_stock": [{"location_id": "IDZ", "stock": first}, {"location_id": "IDY", "stock": second}],
    })
}

fn failures(answers: Vec<Answer>) -> Vec<Failure> {
    answers.into_iter().map(|answer| answer.result.expect_err("a failure")).collect()
}

/// Shopee publishes no example with its key. These are ours, so that a change of the signature is noticed.
#[test]
fn the_signature_is_that_of_the_parts_one_behind_the_other() {
    let token = "367a0a8eb9d1837cbf7c43b587a0faa4";
    for (parts, signature) in [
        (
            &["851249", "/api/v2/product/update_stock", "1654673582", token, "1001094"][..],
            "7165f1e4394c73aafa5f69e25af72e1e5da29005db530005ef359044b8e69006",
        ),
        (
            &["851249", "/api/v2/auth/token/get", "1654673582"][..],
            "774452cdf5a888dd90cd5cccd5eb78ddc4b1e0b709657bb83ec2e35cda7d0120",
        ),
    ] {
        assert_eq!(sign(&"test_partner_key".into(), parts), signature);
    }
}

#[test]
fn ids_are_numbers_and_a_model_may_be_left_out() {
    for (item, model, is_fine) in [
        (Some("1"), None, true),
        (Some("1"), Some("2"), true),
        (None, None, false),
        (Some(""), None, false),
        (Some("x"), None, false),
        (Some("1"), Some("x"), false),
    ] {
        let target =
            Target { item_id: item.map(str::to_owned), variant_id: model.map(str::to_owned), ..target(1, 1, 1) };
        assert_eq!(Shopee::unmapped(&target).is_none(), is_fine, "{item:?} {model:?}");
    }
}

#[test]
fn a_refusal_of_the_product_or_the_shop_costs_one_write() {
    for (status, error, message, class) in [
        (200, "product.error_item_not_found", "Product not found", FailureClass::Mapping),
        (200, "product.error_item_uneditable", "Can't edit this item.", FailureClass::Mapping),
        (
            200,
            "product.error_busi",
            "The merchant/shop has multi warehouse, please input location id",
            FailureClass::Mapping,
        ),
        (200, "product.error_auth", "Lack of location_id, please double check.", FailureClass::Mapping),
        (
            200,
            "error_server",
            "The current item belong to the full FBS shop, so normal stock must be equal to 0",
            FailureClass::NotWritable,
        ),
        (
            200,
            "product.error_wms_shop_block_upate_stock",
            "Warehouse shop can't update stock.",
            FailureClass::NotWritable,
        ),
        (
            200,
            "product.error_system_busy",
            "Our system is taking some time to respond, please try later.",
            FailureClass::Temporary,
        ),
        (403, "shop_no_linked", "Partner and shop has no linked.", FailureClass::PermissionEnded),
        (403, "source_ip_undeclared", "Request Source IP (10.0.0.1) is undeclared.", FailureClass::Credentials),
        (200, "error_rate_limit", "Too many requests. Please try again later.", FailureClass::Throttled),
        (200, "error_network", "Inner http call failed", FailureClass::Temporary),
    ] {
        let server = Answering::start(move |_| refused(status, error, message));
        let failures = failures(push(&connector(&server, None), &raised(1..=50)));
        assert!(failures.iter().all(|failure| failure.class == class), "{error}: {:?}", failures[0]);
        assert!(failures[0].message.contains(&format!("({error})")), "{}", failures[0]);
        assert_eq!(failures[0].request_id.as_deref(), Some("r-1"));
        assert_eq!(server.take().len(), 1, "{error}");
    }
}

#[test]
fn one_bad_model_is_found_and_the_others_are_set() {
    let server = Answering::start(|request| {
        if is_of(request, "get_model_list") {
            return models(&in_one_place(40));
        }
        let has_bad = stock_list(request).iter().any(|row| row["model_id"] == 5);
        if has_bad { refused(200, "product.error_param", "Wrong model_id.") } else { accepted(&json!({})) }
    });
    let answers = push(&connector(&server, None), &raised(1..=8));
    for (number, answer) in (1..=8).zip(answers) {
        let result = answer.result.map_err(|failure| failure.class);
        assert_eq!(result, if number == 5 { Err(FailureClass::Mapping) } else { Ok(40) }, "{number}");
    }
    let writes = server.take().iter().filter(|request| is_of(request, "update_stock")).count();
    assert!(writes <= 7, "{writes}");
}

#[test]
fn a_failure_list_is_of_its_rows_alone() {
    for error in ["", "product.error_busi_update_stock_failed"] {
        let server = Answering::start(move |request| {
            if is_of(request, "get_model_list") {
                return models(&in_one_place(40));
            }
            let failed = [
                (1, "Stock should be larger than reserved stock."),
                (2, "The current item belong to the full FBS or B2C shop, so normal stock must be equal to 0"),
                (3, "Invalid access_token."),
            ];
            let failed = failed.map(|(model, reason)| json!({"model_id": model, "failed_reason": reason}));
            let response = json!({"failure_list": failed, "success_list": [{"model_id": 4, "stock": 40}]});
            (200, json!({"error": error, "message": "", "request_id": "r-1", "response": response}).to_string())
        });
        let answers = push(&connector(&server, None), &raised(1..=4));
        let results: Vec<_> =
            answers.into_iter().map(|answer| answer.result.map_err(|failure| failure.class)).collect();
        let expected = [FailureClass::Locked, FailureClass::NotWritable, FailureClass::Temporary].map(Err);
        assert_eq!(results[..3], expected, "{error}");
        assert_eq!(results[3], Ok(40), "{error}");
    }
}

#[test]
fn the_stock_of_the_chosen_warehouse_is_set_and_compared() {
    let server = Answering::start(|request| {
        if is_of(request, "update_stock") {
            return accepted(&json!({"success_list": [{"model_id": 1, "location_id": "IDY", "stock": 20}]}));
        }
        // 30 of the 40 reserved units are in the other warehouse.
        models(&in_two_places(40, [30, 20]))
    });
    let answers = push(&connector(&server, Some("IDY")), &[target(1, 20, 50)]);
    assert_eq!(answers[0].result, Ok(20));
    let requests = server.take();
    let write = requests.iter().find(|request| is_of(request, "update_stock")).expect("a write");
    let expected = json!([{"model_id": 1, "seller_stock": [{"location_id": "IDY", "stock": 20}]}]);
    assert_eq!(json!(stock_list(write)), expected);
    let read: Vec<&str> = requests.iter().map(|request| request.line.split('?').next().expect("a path")).collect();
    let [list, update] = ["GET /api/v2/product/get_model_list", "POST /api/v2/product/update_stock"];
    assert_eq!(read, [list, update, list], "no promotion has to be read");
}

#[test]
fn a_shop_with_several_warehouses_is_not_set_until_one_is_chosen() {
    let words = "This shop has several warehouses. Choose one under Edit connection.";
    let server = Answering::start(|_| models(&in_two_places(0, [30, 20])));
    let failure = failures(push(&connector(&server, None), &[target(1, 20, 50)])).remove(0);
    assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Mapping, words));
    assert!(server.take().iter().all(|request| is_of(request, "get_model_list")), "nothing is written");
    let server = Answering::start(|_| refused(200, "product.error_auth", "Lack of location_id, please double check."));
    let failure = failures(push(&connector(&server, None), &raised(1..=1))).remove(0);
    assert!(failure.class == FailureClass::Mapping && failure.message.starts_with(words), "{failure}");
    let failure = failures(push(&connector(&server, Some("IDX")), &raised(1..=1))).remove(0);
    assert!(failure.message.starts_with("It has no stock in the warehouse IDX. Choose another"), "{failure}");
    let server =
        Answering::start(
            |request| {
                if is_of(request, "update_stock") { accepted(&json!({})) } else { models(&in_one_place(40)) }
            },
        );
    assert_eq!(push(&connector(&server, None), &raised(1..=1))[0].result, Ok(40));
    let write = server.take().into_iter().find(|request| is_of(request, "update_stock")).expect("a write");
    assert_eq!(json!(stock_list(&write)), json!([{"model_id": 1, "seller_stock": [{"stock": 40}]}]));
}

#[test]
fn what_shopee_sends_from_its_own_warehouse_is_not_written() {
    let stock = json!({"seller_stock": [], "shopee_stock": [{"location_id": "SGF", "stock": "119"}]});
    let server = Answering::start(move |_| models(&stock));
    let failure = failures(push(&connector(&server, None), &[target(1, 20, 50)])).remove(0);
    assert_eq!(failure.class, FailureClass::NotWritable);
    assert_eq!(failure.message, "Shopee sends this product from its own warehouse, so its stock is not set here.");
    assert_eq!(server.take().len(), 1);
}

#[test]
fn a_promotion_that_has_not_begun_locks_stock_until_its_end() {
    let now = moment(NOW).utc().timestamp();
    let server = Answering::start(move |request| {
        if is_of(request, "get_model_list") {
            let stock = json!({"summary_info": {"total_reserved_stock": 40}, "seller_stock": [{"stock": 100}]});
            return models(&stock);
        }
        let promotion = |model: u64, reserved: i64, ends_in: i64| {
            json!({
                "promotion_type": "Flash Sale", "promotion_id": 18_446_744_073_709_551_615_u64, "model_id": model,
                "start_time": now + 60, "end_time": now + ends_in, "promotion_staging": "upcoming",
                "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": reserved}},
            })
        };
        let promotions = [promotion(1, 40, 600), promotion(1, 0, 90_000), promotion(2, 40, 1_200)];
        accepted(&json!({"success_list": [{"item_id": 7000, "promotion": promotions}], "failure_list": []}))
    });
    let failures = failures(push(&connector(&server, None), &[target(1, 20, 100), target(2, 20, 100)]));
    for (failure, ends_in) in failures.iter().zip([600, 1_200]) {
        let lock = failure.lock.expect("a lock");
        let until = lock.until.expect("an end").utc().timestamp();
        assert_eq!((lock.quantity, until - now), (Some(40), ends_in));
    }
}

#[test]
fn the_warehouses_of_a_shop_are_listed_and_a_normal_shop_has_none() {
    for (answer, codes) in [
        (refused(200, "warehouse.error_not_in_whitelist", "Your shop is not in multi-warehouse whitelist."), vec![]),
        (refused(200, "warehouse.error_can_not_find_warehouse", ""), vec![]),
        (accepted(&json!([{"location_id": "IDZ", "warehouse_name": "warehouse1"}])), vec![("IDZ", "warehouse1")]),
        (accepted(&json!([])), vec![]),
    ] {
        let server = Answering::start(move |_| answer.clone());
        let warehouses = System::new().block_on(connector(&server, None).warehouses()).expect("a list");
        let expected: Vec<Warehouse> =
            codes.iter().map(|(code, name)| Warehouse { code: (*code).to_owned(), name: (*name).to_owned() }).collect();
        assert_eq!(warehouses, expected);
        assert!(server.take()[0].line.starts_with("GET /api/v2/shop/get_warehouse_detail?"));
    }
    let server = Answering::start(|_| refused(403, "shop_banned", ""));
    let failure = System::new().block_on(connector(&server, None).warehouses()).expect_err("refused");
    assert_eq!(failure.class, FailureClass::PermissionEnded);
}

#[test]
fn a_refused_renewal_ends_the_permission_and_is_not_tried_for_ever() {
    for (status, error, message, class) in [
        (200, "refresh_token_expired", "Your refresh_token expired.", FailureClass::PermissionEnded),
        (403, "refresh_token_expired", "Your refresh_token expired.", FailureClass::PermissionEnded),
        (
            403,
            "error_shop_refresh_token",
            "Your refresh token is error ,please check refresh token or shopid.",
            FailureClass::PermissionEnded,
        ),
        (403, "error_auth", "Invalid refresh_token.", FailureClass::PermissionEnded),
        (200, "shop_access_expired", "Your access to shop has expired.", FailureClass::PermissionEnded),
        (200, "shop_no_linked", "Partner and shop has no linked.", FailureClass::PermissionEnded),
        (200, "error_partner_key_expired", "Your API partner key has expired.", FailureClass::Credentials),
        (200, "error_param", "Invalid partner_id.", FailureClass::Credentials),
        (200, "error_server", "error server", FailureClass::Temporary),
        (429, "error_rate_limit", "Too many requests.", FailureClass::Throttled),
    ] {
        let server = Answering::start(move |_| refused(status, error, message));
        let failure = System::new().block_on(connector(&server, None).refresh()).expect_err("refused");
        assert_eq!((failure.class, failure.token_ended), (class, false), "{error} {status}");
    }
}

#[test]
fn the_end_of_access_is_read_as_a_time_as_well() {
    let now = moment(NOW);
    for expire_in in [14_400, now.utc().timestamp() + 14_400] {
        let server = Answering::start(move |_| {
            let body = json!({
                "error": "", "message": "", "request_id": "r-1", "partner_id": 851_249, "shop_id": 1_001_094,
                "access_token": "71594a4c54537649697341796363674a",
                "refresh_token": "516c6b577753554375764a63704d7245", "expire_in": expire_in,
            });
            (200, body.to_string())
        });
        let renewed = System::new().block_on(connector(&server, None).refresh()).expect("new tokens");
        let end = renewed.access().and_then(|access| access.expires_at).expect("an end");
        assert_eq!(end.since(now), chrono::TimeDelta::hours(4));
    }
}

#[test]
fn the_quota_of_the_day_is_waited_for() {
    let message = "The total API call number made by your APP has reached the daily API call limit, please try again \
                   after 00: 00 (UTC+08:00)";
    let server = Answering::start(move |_| refused(200, "error_limit", message));
    let failure = failures(push(&connector(&server, None), &raised(1..=1))).remove(0);
    assert_eq!((failure.class, failure.retry_after), (FailureClass::Throttled, Some(Duration::from_secs(30))));
}

#[test]
fn an_answer_that_is_not_shopee_s_proves_nothing_and_pauses_nothing() {
    for (status, body) in [
        (200, "{}"),
        (200, "[]"),
        (200, r#"{"ok":true}"#),
        (200, r#"{"error":"","request_id":"r","#),
        (200, r#"{"error":{"code":403},"request_id":"r"}"#),
        (401, r#"{"message":"Unauthorized"}"#),
        (403, r#"{"message":"Forbidden"}"#),
        (403, "<html><title>Attention Required! | Cloudflare</title></html>"),
        (404, "null"),
        (500, r#"{"status":500,"error":"Internal Server Error","path":"/"}"#),
        (503, ""),
    ] {
        let server = Answering::start(move |_| (status, body.to_owned()));
        let connector = connector(&server, None);
        let failure = failures(push(&connector, &raised(1..=1))).remove(0);
        assert_eq!(failure.class, FailureClass::Unavailable, "{status} {body}: {failure}");
        let system = System::new();
        for failure in [
            system.block_on(connector.check()).expect_err(body),
            system.block_on(connector.refresh()).expect_err(body),
            system.block_on(connector.warehouses()).expect_err(body),
        ] {
            assert_eq!(failure.class, FailureClass::Unavailable, "{status} {body}: {failure}");
        }
    }
    // A read without its content is no empty product.
    let server = Answering::start(|_| (200, json!({"error": "", "request_id": "r"}).to_string()));
    let failure = failures(push(&connector(&server, None), &[target(1, 20, 50)])).remove(0);
    assert_eq!(failure.class, FailureClass::Unavailable);
    // A refusal may have content of any type.
    let body = r#"{"error":"product.error_item_not_found","message":null,"request_id":7,"response":"-"}"#;
    let server = Answering::start(move |_| (200, body.to_owned()));
    let failure = failures(push(&connector(&server, None), &[target(1, 20, 50)])).remove(0);
    assert_eq!(failure.class, FailureClass::Mapping);
}

#[test]
fn a_refusal_that_is_not_known_is_of_the_listing_and_has_its_code() {
    let message = "x".repeat(400);
    let server = Answering::start(move |_| refused(403, "product.error_of_tomorrow", &message));
    let failure = failures(push(&connector(&server, None), &raised(1..=1))).remove(0);
    assert_eq!(failure.class, FailureClass::Temporary);
    assert!(failure.message.ends_with("… (product.error_of_tomorrow)"), "{failure}");
}

#[test]
fn a_product_with_models_needs_the_id_of_one() {
    let server = Answering::start(|_| {
        let item = json!({"item_id": 7000, "has_model": true, "stock_info_v2": in_one_place(40)});
        accepted(&json!({"item_list": [item]}))
    });
    let bare = Target { variant_id: None, ..target(1, 20, 50) };
    let failure = failures(push(&connector(&server, None), &[bare])).remove(0);
    assert_eq!((failure.class, failure.message.contains("enter the model_id")), (FailureClass::Mapping, true));
    assert!(server.take()[0].line.starts_with("GET /api/v2/product/get_item_base_info?"));
}
