//! The API, as programs use it.

use crate::{
    api::client::{Answer, Api, JSON},
    orders::api::order,
    support::TestApp,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// A program on a database with the article's product: 100 pieces that Lazada, Shopee and Zalora list.
pub fn article(app: &TestApp) -> Api {
    let api = app.api();
    for (code, name, marketplace) in
        [("lazada", "Lazada SG", "Lazada"), ("shopee", "Shopee SG", "Shopee"), ("zalora", "Zalora SG", "Zalora")]
    {
        let store = json!({"code": code, "name": name, "marketplace": marketplace, "time_zone": "Asia/Singapore"});
        api.post("/stores", &store).expect(201);
    }
    let skus = json!({"skus": [{"code": "Product1", "name": "Product 1", "on_hand": 100,
        "listings": ["lazada", "shopee", "zalora"]}]});
    assert_eq!(api.put("/skus", &skus).expect(200).body, json!({"created": 1, "updated": 0, "failed": []}));
    api
}

/// A flash sale of the article's product.
pub fn sale(kind: &str, store: &str, quantity: impl Into<Value>) -> Value {
    json!({"name": "11.11", "type": kind, "store": store, "ends_at": "2026-11-11T23:59:00+08:00",
        "products": [{"sku": "Product1", "quantity": quantity.into()}]})
}

/// What each store shows of the article's product.
pub fn shown(api: &Api) -> Vec<(String, i64)> {
    let answer = api.get("/quantities?sku=Product1").expect(200);
    let rows = answer.body["quantities"].as_array().expect("quantities");
    rows.iter()
        .map(|row| (row["store"].as_str().expect("a store").to_owned(), row["quantity"].as_i64().expect("units")))
        .collect()
}

fn pairs(rows: [(&str, i64); 3]) -> Vec<(String, i64)> {
    rows.map(|(store, units)| (store.to_owned(), units)).to_vec()
}

#[test]
fn the_article_s_examples_show_what_the_article_says() {
    for (kind, lazada) in [("stock_allocation", 60), ("stock_reservation", 100)] {
        let app = TestApp::start();
        let api = article(&app);
        let created = api.post("/promotions", &sale(kind, "lazada", 60)).expect(201);
        assert_eq!(created.body["status"], "running");
        assert_eq!(created.body["starts_at"], "2026-11-10T12:00:00Z");
        assert_eq!(created.body["ends_at"], "2026-11-11T15:59:00Z");
        let product = json!([{"sku": "Product1", "quantity": 60, "held": 60, "sold": 0, "remaining": 60}]);
        assert_eq!(created.body["products"], product);
        assert_eq!(shown(&api), pairs([("lazada", lazada), ("shopee", 40), ("zalora", 40)]), "{kind}");
    }
}

#[test]
fn a_sale_ends_by_its_schedule_without_anything_having_to_run() {
    let app = TestApp::start();
    let api = article(&app);
    let id = api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201).body["id"].clone();
    app.advance(TimeDelta::days(2));
    assert_eq!(shown(&api), pairs([("lazada", 100), ("shopee", 100), ("zalora", 100)]));
    let path = format!("/promotions/{}", id.as_str().expect("an id"));
    let ended = api.get(&path).expect(200).body;
    assert_eq!((&ended["status"], &ended["products"][0]["remaining"]), (&json!("ended"), &json!(0)));
    assert_eq!(api.post(&format!("{path}/end"), &json!({})).expect(200).body, ended, "ending it now changes nothing");
}

#[test]
fn a_sale_that_is_ended_shares_its_stock_again_and_a_second_time_changes_nothing() {
    let app = TestApp::start();
    let api = article(&app);
    let created = api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201).body;
    let path = format!("/promotions/{}", created["id"].as_str().expect("an id"));
    assert_eq!(api.get(&path).expect(200).body, created);
    app.advance(TimeDelta::minutes(5));
    let ended = api.send("POST", &format!("{path}/end"), &[], None).expect(200).body;
    assert_eq!((&ended["status"], &ended["ends_at"]), (&json!("ended"), &json!("2026-11-10T12:05:00Z")));
    assert_eq!(shown(&api), pairs([("lazada", 100), ("shopee", 100), ("zalora", 100)]));
    app.advance(TimeDelta::minutes(5));
    assert_eq!(api.post(&format!("{path}/end"), &json!({})).expect(200).body, ended);
    for unknown in ["019a6d5e-0000-7000-8000-000000000000", "x", "%00", "..%2F..", &"9".repeat(3000)] {
        let refused = api.get(&format!("/promotions/{unknown}")).expect(404);
        assert_eq!(refused.code(), "not_found");
        api.post(&format!("/promotions/{unknown}/end"), &json!({})).expect(404);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_numbers_and_nothing_is_held() {
    let app = TestApp::start();
    let api = article(&app);
    api.put("/skus", &json!({"skus": [{"code": "Loose", "name": "Listed nowhere", "on_hand": 5}]})).expect(200);
    let too_much = api.post("/promotions", &sale("stock_allocation", "lazada", 101)).expect(422);
    assert_eq!(too_much.code(), "not_enough_stock");
    assert_eq!(
        [&too_much.body["sku"], &too_much.body["asked"], &too_much.body["available"]],
        [&json!("Product1"), &json!(101), &json!(100)]
    );
    let first = api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201).body;
    let again = api.post("/promotions", &sale("stock_reservation", "lazada", 1)).expect(409);
    assert_eq!((again.code(), &again.body["promotion"]), ("already_held", &first["id"]));
    let cases = [
        (json!({"store": "nowhere"}), "unknown_store"),
        (json!({"products": [{"sku": "Product9", "quantity": 1}]}), "unknown_sku"),
        (json!({"products": [{"sku": "Loose", "quantity": 1}]}), "not_listed"),
        (json!({"products": []}), "no_products"),
        (
            json!({"products": [{"sku": "Product1", "quantity": 1}, {"sku": "Product1", "quantity": 1}]}),
            "duplicate_sku",
        ),
        (json!({"ends_at": "2026-11-10T12:00:00Z"}), "end_not_in_future"),
        (json!({"ends_at": "2026-11-10T20:00:00+09:00"}), "end_not_in_future"),
    ];
    for (change, code) in cases {
        let mut body = sale("stock_allocation", "shopee", 1);
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(api.post("/promotions", &body).expect(422).code(), code, "{change}");
    }
    let several = json!([{"sku": "Product1", "quantity": 41}, {"sku": "Product9", "quantity": 1},
        {"sku": "Loose", "quantity": 1}]);
    let mut body = sale("stock_allocation", "shopee", 1);
    body["products"] = several;
    let refused = api.post("/promotions", &body).expect(422);
    let codes: Vec<&str> = refused.body["refusals"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|refusal| refusal["code"].as_str().expect("a code"))
        .collect();
    assert_eq!((refused.code(), codes), ("not_enough_stock", vec!["not_enough_stock", "unknown_sku", "not_listed"]));
    assert_eq!(shown(&api), pairs([("lazada", 60), ("shopee", 40), ("zalora", 40)]));
}

#[test]
fn skus_are_added_brought_up_to_date_and_refused_one_by_one() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let answer = api.put(
        "/skus",
        &json!({"skus": [
            {"code": "Product2", "name": "Product 2", "on_hand": 7, "buffer": 2, "listings": ["shopee"]},
            {"code": "Product1", "name": "Renamed", "on_hand": 110},
            {"code": "Product3", "name": "Product 3", "on_hand": -1},
            {"code": "Product4", "name": "Product 4", "on_hand": 1, "listings": ["nowhere"]},
            {"code": "Product1", "name": "Product 1", "on_hand": 1},
            {"code": "Product5", "name": "", "on_hand": 1.5, "buffer": 1e300},
        ]}),
    );
    let body = answer.expect(200).body;
    assert_eq!((&body["created"], &body["updated"]), (&json!(1), &json!(1)));
    let failed: Vec<(i64, &str)> = body["failed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|failed| (failed["index"].as_i64().expect("an index"), failed["code"].as_str().expect("a code")))
        .collect();
    assert_eq!(failed, [(2, "bad_field"), (3, "unknown_store"), (4, "duplicate_sku"), (5, "bad_field")]);
    assert_eq!(
        body["failed"][3]["detail"],
        "Enter a SKU name. On hand: Enter a whole number in digits, 0 or more. Buffer: Enter a whole number in digits, \
         0 or more."
    );
    assert_eq!(shown(&api), pairs([("lazada", 60), ("shopee", 50), ("zalora", 50)]));
    let of_second = api.get("/quantities?sku=Product2").expect(200).body;
    let row = json!([{"sku": "Product2", "store": "shopee", "quantity": 5, "from_hold": 0, "from_shared": 5}]);
    assert_eq!((&of_second["quantities"], &of_second["next"]), (&row, &Value::Null));
    let unlisting =
        json!({"skus": [{"code": "Product1", "name": "Product 1", "on_hand": 110, "listings": ["shopee"]}]});
    assert_eq!(api.put("/skus", &unlisting).expect(200).body["failed"][0]["code"], "held_there");
    assert_eq!(api.get("/quantities?sku=Product3").expect(422).code(), "unknown_sku", "it was not added");
}

#[test]
fn quantities_are_paged_and_filtered_by_store_and_sku() {
    let app = TestApp::start();
    let api = article(&app);
    let skus: Vec<Value> = (0..1000)
        .map(|n| json!({"code": format!("S-{n:04}"), "name": "Many", "on_hand": n, "listings": ["shopee", "zalora"]}))
        .collect();
    assert_eq!(api.put("/skus", &json!({"skus": skus})).expect(200).body["created"], 1000);
    let (mut all, mut path, mut pages) = (Vec::new(), "/quantities".to_owned(), 0);
    loop {
        let page = api.get(&path).expect(200).body;
        pages += 1;
        all.extend(page["quantities"].as_array().expect("a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = format!("/quantities?cursor={next}"),
            None => break,
        }
    }
    assert_eq!((pages, all.len()), (3, 2003));
    let keys: Vec<(&str, &str)> =
        all.iter().map(|row| (row["sku"].as_str().expect("a SKU"), row["store"].as_str().expect("a store"))).collect();
    assert!(keys.is_sorted() && keys[0] == ("Product1", "lazada"), "{:?}", &keys[..5]);
    let of_store = api.get("/quantities?store=zalora").expect(200).body;
    assert_eq!(of_store["quantities"].as_array().expect("a list").len(), 1000);
    let next = of_store["next"].as_str().expect("a second page");
    let rest = api.get(&format!("/quantities?store=zalora&cursor={next}")).expect(200).body;
    assert_eq!((&rest["quantities"][0]["sku"], &rest["next"]), (&json!("S-0999"), &Value::Null));
    let one = api.get("/quantities?store=zalora&sku=S-0007&cursor=").expect(200).body;
    assert_eq!(one["quantities"][0]["quantity"], 7);
    let body = api.get("/quantities?store=lazada&sku=S-0007").expect(200).body;
    let nothing = json!({"quantities": [], "changed": null, "next": null, "changes": body["changes"]});
    assert_eq!(body, nothing, "the store does not list it");
}

#[test]
fn promotions_are_listed_newest_first_and_filtered_by_status_and_store() {
    let app = TestApp::start();
    let api = article(&app);
    assert_eq!(api.get("/promotions").expect(200).body, json!({"promotions": [], "next": null}));
    let mut ids = Vec::new();
    for n in 0..60 {
        app.advance(TimeDelta::seconds(1));
        let store = if n % 2 == 0 { "lazada" } else { "shopee" };
        let id = api.post("/promotions", &sale("stock_allocation", store, 1)).expect(201).body["id"].clone();
        if n < 58 {
            api.post(&format!("/promotions/{}/end", id.as_str().expect("an id")), &json!({})).expect(200);
        }
        ids.insert(0, id);
    }
    let list = |query: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = api.get(&format!("/promotions?{query}&cursor={cursor}")).expect(200).body;
            let rows = page["promotions"].as_array().expect("a list");
            assert!(rows.iter().all(|row| row["products"][0]["quantity"] == 1), "{rows:?}");
            found.extend(rows.iter().map(|row| row["id"].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => return found,
            }
        }
    };
    let of_lazada: Vec<Value> = ids.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(list(""), ids);
    assert_eq!(list("status=running"), ids[..2]);
    assert_eq!(list("status=ended"), ids[2..]);
    assert_eq!(list("store=lazada"), of_lazada);
    assert_eq!(list("store=lazada&status=running"), of_lazada[..1]);
    assert_eq!(list("store=lazada&status=ended"), of_lazada[1..]);
    assert!(list("store=zalora").is_empty());
}

#[test]
fn only_a_token_that_counts_is_answered() {
    let app = TestApp::start();
    let api = article(&app);
    let calls = [
        ("GET", "/quantities"),
        ("GET", "/pushes"),
        ("GET", "/push-log"),
        ("GET", "/promotions"),
        ("GET", "/promotions/x"),
        ("POST", "/promotions/x/end"),
        ("POST", "/promotions"),
        ("POST", "/stores"),
        ("POST", "/orders"),
        ("GET", "/orders"),
        ("PUT", "/skus"),
        ("GET", "/skus"),
        ("POST", "/stock-changes"),
    ];
    let revoked = app.stranger(Some(revoked_token(&app, "a former program")));
    for token in [None, Some(String::new()), Some("fs_wrong".to_owned()), Some("x".repeat(5000))] {
        let stranger = app.stranger(token);
        for (method, path) in calls {
            let refused = stranger.send(method, path, &[], Some(b"not JSON at all")).expect(401);
            assert_eq!((refused.code(), refused.header("www-authenticate")), ("unauthorized", Some("Bearer")));
        }
    }
    assert_eq!(revoked.get("/quantities").expect(401).code(), "unauthorized");
    for scheme in ["Basic b3BzOng=", "Bearer", "Token x"] {
        let header = [("authorization", scheme)];
        app.stranger(None).send("GET", "/quantities", &header, None).expect(401);
    }
    assert_eq!(app.stranger(None).get("/openapi.json").expect(200).body, *api.document());
}

#[test]
fn orders_of_a_token_that_counted_until_now_are_refused() {
    let app = TestApp::start();
    let api = article(&app);
    let order = json!({"orders": [order("lazada", "1", 1)]});
    let unreadable = |program: &Api| program.send("POST", "/orders", &[], Some(b"not JSON at all"));
    type Ask<'a> = &'a dyn Fn(&Api) -> Answer;
    let asks: [Ask<'_>; 4] = [
        &|program| program.post("/orders", &order),
        &|program| program.post_once("key", "/orders", &order),
        &|program| program.post("/orders", &json!({"orders": []})),
        &unreadable,
    ];
    let names = ["one", "two", "three", "four"];
    for (ask, name) in asks.into_iter().zip(names) {
        let revoked = app.stranger(Some(revoked_token(&app, name)));
        assert_eq!(ask(&revoked).expect(401).code(), "unauthorized", "{name}");
    }
    api.get("/orders/lazada/1").expect(404);
}

/// A token that staff made and revoked on the page.
fn revoked_token(app: &TestApp, name: &str) -> String {
    let mut browser = app.signed_in();
    let token = browser.get("/settings/tokens").submit_form("form.form", &[("name", name)]);
    let token = token.all("code.token").join("");
    let program = app.stranger(Some(token.clone()));
    program.get("/quantities").expect(200);
    let page = browser.get("/settings/tokens");
    assert_eq!(page.submit_form("table form", &[]).status, 303);
    token
}

#[test]
fn a_signed_in_browser_is_a_stranger_here() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    assert_eq!(browser.get("/api/v1/quantities").status, 401);
    assert_eq!(browser.post("/api/v1/stores", &[("code", "x")]).status, 401);
}

#[test]
fn an_address_or_a_method_that_is_not_there_is_a_problem_and_not_a_page() {
    let app = TestApp::start();
    let api = article(&app);
    for path in ["", "/", "/orders/lazada", "/stores/lazada", "/promotions/x/y/z", "/..%2f..", "/nothing/"] {
        assert_eq!(api.get(path).expect(404).code(), "not_found", "{path}");
    }
    for (method, path, allowed) in [
        ("GET", "/stores", "POST"),
        ("DELETE", "/stores", "POST"),
        ("POST", "/skus", "GET, PUT"),
        ("PUT", "/promotions", "GET, POST"),
        ("GET", "/promotions/x/end", "POST"),
        ("PATCH", "/promotions/x", "GET"),
        ("POST", "/quantities", "GET"),
        ("PUT", "/orders", "GET, POST"),
        ("OPTIONS", "/openapi.json", "GET"),
    ] {
        let refused = api.send(method, path, &[JSON], Some(b"{}")).expect(405);
        assert_eq!((refused.code(), refused.header("allow")), ("method_not_allowed", Some(allowed)), "{method} {path}");
    }
    assert_eq!(app.browser().get("/api/nothing").headers["content-type"], "application/problem+json");
}

#[test]
fn sixteen_programs_that_want_the_same_stock_get_what_fits_and_a_clear_refusal() {
    let app = TestApp::start();
    let api = article(&app);
    let stores: Vec<String> = (0..16).map(|n| format!("store-{n}")).collect();
    for code in &stores {
        let store = json!({"code": code, "name": code, "marketplace": "Lazada", "time_zone": "Asia/Manila"});
        api.post("/stores", &store).expect(201);
    }
    let listed = json!({"skus": [{"code": "Product1", "name": "Product 1", "on_hand": 100, "listings": stores}]});
    assert_eq!(api.put("/skus", &listed).expect(200).body["updated"], 1);
    let statuses = together(&stores, |store| api.post("/promotions", &sale("stock_allocation", store, 10)).status);
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 6, "{statuses:?}");
}

#[test]
fn sixteen_programs_that_add_the_same_store_or_sku_add_it_once() {
    let app = TestApp::start();
    let api = article(&app);
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    let statuses = together(&[(); 16], |()| api.post("/stores", &store).status);
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 15, "{statuses:?}");
    let sku = json!({"skus": [{"code": "New", "name": "New", "on_hand": 1, "listings": ["new"]}]});
    let created = together(&[(); 16], |()| api.put("/skus", &sku).expect(200).body["created"].clone());
    assert_eq!(created.iter().filter(|created| **created == 1).count(), 1, "{created:?}");
}

/// Does `what` for every one of `of` at the same time.
pub fn together<Of: Sync, T: Send>(of: &[Of], what: impl Fn(&Of) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(of.len());
    std::thread::scope(|scope| {
        let threads: Vec<_> = of
            .iter()
            .map(|one| {
                let (barrier, what) = (&barrier, &what);
                scope.spawn(move || {
                    barrier.wait();
                    what(one)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of a test")).collect()
    })
}
