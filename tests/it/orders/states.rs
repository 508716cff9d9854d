//! Orders as the state that their stores say they are in: `PUT /api/v1/orders/{store}/{number}`, and what follows from it.

use crate::{
    api::{
        calls::{article, sale, shown},
        client::Api,
    },
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_verified, at, store_code},
    support::{Browser, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    actions::orders::match_lines,
    clock::new_id,
    db::stores::{
        components,
        listings::{self, Listing},
    },
    domain::stores::components::Components,
};
use serde_json::{Value, json};

fn line(id: &str, sku: &str, quantity: i64) -> Value {
    json!({"id": id, "sku": sku, "quantity": quantity})
}

fn state(status: &str, lines: Value) -> Value {
    json!({"status": status, "lines": lines})
}

/// What became of a state of order 1 of a store, in a word.
fn put(api: &Api, store: &str, state: &Value) -> String {
    let answer = api.put(&format!("/orders/{store}/1"), state).expect(200).body;
    answer["status"].as_str().expect("a status").to_owned()
}

/// On hand, committed, oversold and available of a SKU.
fn stock(api: &Api, sku: &str) -> [i64; 4] {
    let body = api.get(&format!("/skus?code={sku}")).expect(200).body;
    ["on_hand", "committed", "oversold", "available"].map(|name| body["skus"][0][name].as_i64().expect("units"))
}

fn order(api: &Api, store: &str) -> Value {
    api.get(&format!("/orders/{store}/1")).expect(200).body
}

/// A kit of a store.
fn kit(app: &TestApp, store: &str, seller_sku: &str, made_of: &str) -> Listing {
    let kit = Listing {
        id: new_id(at(0)),
        store: store_code(store),
        seller_sku: seller_sku.to_owned(),
        sku: None,
        title: String::new(),
        item_id: None,
        variant_id: None,
        created_at: at(0),
    };
    let made_of = Components::parse(made_of).expect("components");
    app.write(|conn| {
        listings::insert(conn, std::slice::from_ref(&kit)).expect("a listing");
        components::insert(conn, &[(kit.id, made_of.clone())]).expect("its components");
    });
    kit
}

#[test]
fn an_order_is_what_its_store_said_last_and_the_same_again_changes_nothing() {
    let app = TestApp::start();
    let api = article(&app);
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    // what the store says; on hand, committed, oversold and available after it
    for (said, word, after) in [
        (state("open", json!([line("1", "Product1", 10)])), "created", [100, 10, 0, 40]),
        (state("open", json!([line("1", "Product1", 70)])), "changed", [100, 70, 0, 30]),
        (state("open", json!([line("1", "Product1", 110)])), "changed", [100, 100, 10, 0]),
        (state("open", json!([line("1", "Product1", 62)])), "changed", [100, 62, 0, 38]),
        (state("open", json!([line("1", "Product1", 50), line("2", "Product1", 5)])), "changed", [100, 55, 0, 40]),
        (state("open", json!([line("2", "Product1", 5)])), "changed", [100, 5, 0, 40]),
        (state("cancelled", json!([])), "changed", [100, 0, 0, 40]),
        (state("open", json!([line("1", "Product1", 10)])), "changed", [100, 10, 0, 40]),
        (state("shipped", json!([line("1", "Product1", 10)])), "changed", [90, 0, 0, 40]),
    ] {
        assert_eq!(put(&api, "lazada", &said), word, "{said}");
        assert_eq!(stock(&api, "Product1"), after, "{said}");
        assert_eq!(put(&api, "lazada", &said), "unchanged", "{said} again");
        assert_eq!(stock(&api, "Product1"), after, "{said} again");
        assert_verified(&app.database, app.now());
    }
    assert_eq!(order(&api, "lazada")["status"], "shipped");
}

#[test]
fn an_older_state_changes_nothing_and_says_so() {
    let app = TestApp::start();
    let api = article(&app);
    let at = |minute: i64, status: &str, units: i64| {
        let mut state = state(status, json!([line("1", "Product1", units)]));
        state["updated_at"] = json!(format!("2026-11-10T11:{minute:02}:00Z"));
        state
    };
    assert_eq!(put(&api, "lazada", &at(10, "open", 3)), "created");
    assert_eq!(put(&api, "lazada", &at(20, "cancelled", 3)), "changed");
    let late = api.put("/orders/lazada/1", &at(15, "open", 5)).expect(200).body;
    assert_eq!((&late["status"], &late["code"]), (&json!("unchanged"), &json!("older_state")));
    assert_eq!(put(&api, "lazada", &at(20, "cancelled", 3)), "unchanged");
    assert_eq!(stock(&api, "Product1"), [100, 0, 0, 100]);
    assert_eq!(order(&api, "lazada")["updated_at"], "2026-11-10T11:20:00Z");
    assert_eq!(put(&api, "lazada", &at(21, "open", 5)), "changed");
    assert_eq!(stock(&api, "Product1"), [100, 5, 0, 95]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_line_may_have_a_status_of_its_own_and_another_sku() {
    let (app, _) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 10, &[LAZADA]);
    put(&api, LAZADA, &state("open", json!([line("1", "Product1", 4), line("2", "MUG", 3)])));
    let mut shipped = line("1", "Product1", 4);
    shipped["status"] = json!("shipped");
    let mut cancelled = line("2", "MUG", 3);
    cancelled["status"] = json!("cancelled");
    put(&api, LAZADA, &state("open", json!([shipped, line("2", "MUG", 3)])));
    assert_eq!((stock(&api, "Product1")[0], stock(&api, "MUG")[..2].to_vec()), (96, vec![10, 3]));
    assert_eq!(order(&api, LAZADA)["status"], "open", "a line is open");
    put(&api, LAZADA, &state("open", json!([shipped, cancelled])));
    assert_eq!(stock(&api, "MUG")[..2], [10, 0]);
    assert_eq!(order(&api, LAZADA)["status"], "shipped");
    put(&api, LAZADA, &state("open", json!([shipped, line("2", "Product1", 2)])));
    assert_eq!(stock(&api, "Product1")[..2], [96, 2], "the product of line 2 is another");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_first_message_and_a_state_are_of_one_order() {
    let (app, _) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 10, &[LAZADA]);
    let first = json!({"orders": [{"store": LAZADA, "number": "1", "lines": [
        {"sku": "Product1", "quantity": 2}, {"sku": "MUG", "quantity": 1}, {"sku": "Product1", "quantity": 5}]}]});
    api.post("/orders", &first).expect(200);
    let same = state("open", json!([line("b", "MUG", 1), line("c", "Product1", 5), line("a", "Product1", 2)]));
    assert_eq!(put(&api, LAZADA, &same), "unchanged");
    assert_eq!(
        put(&api, LAZADA, &state("open", json!([line("c", "Product1", 4), line("a", "Product1", 2)]))),
        "changed"
    );
    assert_eq!((stock(&api, "Product1")[1], stock(&api, "MUG")[1]), (6, 0));
    let again = api.post("/orders", &first).expect(200).body;
    assert_eq!(again["results"][0]["status"], "duplicate");
    api.post(&format!("/orders/{LAZADA}/1/ship"), &json!({})).expect(200);
    assert_eq!((stock(&api, "Product1")[..2].to_vec(), stock(&api, "MUG")[..2].to_vec()), (vec![94, 0], vec![10, 0]));
    assert_eq!(
        put(&api, LAZADA, &state("shipped", json!([line("c", "Product1", 4), line("a", "Product1", 2)]))),
        "unchanged"
    );
    assert_verified(&app.database, app.now());
}

#[test]
fn an_order_that_was_cancelled_before_it_came_takes_nothing_if_its_state_is_older() {
    let (app, _) = article_shop();
    let api = app.api();
    api.post(&format!("/orders/{LAZADA}/1/cancel"), &json!({})).expect(200);
    let mut late = state("open", json!([line("1", "Product1", 4)]));
    late["updated_at"] = json!("2026-11-10T11:00:00Z");
    assert_eq!(put(&api, LAZADA, &late), "unchanged");
    assert_eq!(stock(&api, "Product1")[1], 0);
    late["updated_at"] = json!("2026-11-10T12:01:00Z");
    assert_eq!(put(&api, LAZADA, &late), "changed");
    assert_eq!(stock(&api, "Product1")[1], 4);
    assert_verified(&app.database, app.now());
}

#[test]
fn an_unpaid_order_counts_and_is_marked_and_one_that_the_marketplace_ships_takes_nothing() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let mut unpaid = state("open", json!([line("1", "Product1", 4)]));
    unpaid["payment"] = json!("pending");
    put(&api, LAZADA, &unpaid);
    assert_eq!(stock(&api, "Product1")[1], 4);
    let page = browser.get(&format!("/orders/{LAZADA}/1"));
    assert!(page.text().contains("The customer has not paid yet"), "{}", page.text());
    assert!(browser.get("/orders").text().contains("Unpaid"));
    unpaid["payment"] = json!("paid");
    assert_eq!(put(&api, LAZADA, &unpaid), "changed");
    assert_eq!(order(&api, LAZADA)["payment"], "paid");
    unpaid["fulfilled_by"] = json!("marketplace");
    assert_eq!(put(&api, LAZADA, &unpaid), "changed");
    assert_eq!(stock(&api, "Product1")[1], 0);
    unpaid["status"] = json!("shipped");
    put(&api, LAZADA, &unpaid);
    assert_eq!(stock(&api, "Product1"), [100, 0, 0, 100]);
    assert!(browser.get(&format!("/orders/{LAZADA}/1")).text().contains("from its own warehouse"));
    assert_verified(&app.database, app.now());
}

#[test]
fn returned_units_wait_for_staff_to_decide() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    put(&api, LAZADA, &state("shipped", json!([line("1", "Product1", 5)])));
    assert_eq!(stock(&api, "Product1")[0], 95);
    let mut fewer = line("1", "Product1", 2);
    fewer["returned"] = json!(3);
    let said = state("shipped", json!([fewer]));
    assert_eq!((put(&api, LAZADA, &said), put(&api, LAZADA, &said)), ("changed".to_owned(), "unchanged".to_owned()));
    assert_eq!(stock(&api, "Product1")[0], 95, "nothing comes back by itself");
    let line = order(&api, LAZADA)["lines"][0].clone();
    assert_eq!((&line["quantity"], &line["returned"]), (&json!(2), &json!(3)));
    assert!(browser.get("/").text().contains("lines to decide about"));
    let page = browser.get("/orders/returns");
    assert_eq!(page.cell("1", "Returned"), "3");
    let key = page.attribute("input[name=tick]", "value").expect("a tick");
    let done = page.press("Put back to stock", &[("tick-1", &key), ("units-1", "2")]);
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(done.follow().text().contains("2 units put back to stock."));
    assert_eq!(stock(&api, "Product1")[0], 97);
    // The button of the same page again.
    let again = page.press("Put back to stock", &[("tick-1", &key), ("units-1", "2")]);
    assert!(
        again.status == 422 && again.text().contains("Look at it again: 1 is to decide about now."),
        "{}",
        again.text()
    );
    let rest = browser.get("/orders/returns");
    assert_eq!(rest.press("Write off", &[("units-1", "1")]).status, 422, "nothing is ticked");
    let too_many = rest.press("Write off", &[("tick-1", &key), ("units-1", "2")]);
    assert!(too_many.status == 422 && too_many.text().contains("Enter 1 or less: as many came back."));
    assert_eq!(rest.press("Write off", &[("tick-1", &key), ("units-1", "1")]).status, 303);
    assert!(browser.get("/orders/returns").text().contains("Nothing to decide"));
    assert_eq!((stock(&api, "Product1")[0], put(&api, LAZADA, &said)), (97, "unchanged".to_owned()));
    let history = browser.get(&format!("/orders/{LAZADA}/1")).text();
    assert!(
        history.contains("2 returned units put back to stock.") && history.contains("1 returned unit written off.")
    );
    assert_verified(&app.database, app.now());
}

#[test]
fn what_was_shipped_and_then_cancelled_is_a_return() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    put(&api, LAZADA, &state("shipped", json!([line("1", "Product1", 5)])));
    put(&api, LAZADA, &state("cancelled", json!([line("1", "Product1", 5)])));
    assert_eq!(stock(&api, "Product1"), [95, 0, 0, 95]);
    assert_eq!(order(&api, LAZADA)["status"], "cancelled");
    assert_eq!(browser.get("/orders/returns").cell("1", "Returned"), "5");
    assert_eq!(put(&api, LAZADA, &state("shipped", json!([line("1", "Product1", 5)]))), "changed");
    assert!(browser.get("/orders/returns").text().contains("Nothing to decide"));
    assert_eq!(stock(&api, "Product1"), [95, 0, 0, 95], "it has left once");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_line_that_no_listing_has_takes_its_units_when_one_has() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let unmatched = json!({"id": "2", "seller_sku": "MUG", "quantity": 3, "unit_price_minor": 500});
    let said = state("open", json!([line("1", "Product1", 2), unmatched]));
    let answer = api.put(&format!("/orders/{LAZADA}/1"), &said).expect(200).body;
    assert_eq!(answer["lines"][1]["unmatched"], true, "{answer}");
    assert_eq!(stock(&api, "Product1")[1], 2, "the other line counts at once");
    assert_eq!(put(&api, LAZADA, &said), "unchanged");
    assert!(browser.get("/").text().contains("Unmatched lines"));
    assert!(
        browser.get(&format!("/orders/{LAZADA}/1")).text().contains("No listing of Lazada SG has these seller SKUs")
    );
    assert_eq!(order(&api, LAZADA)["unmatched"][0]["seller_sku"], "MUG");
    let sku = json!({"code": "MUG", "name": "Mug", "on_hand": 10, "listings": [LAZADA]});
    api.put("/skus", &json!({"skus": [sku]})).expect(200);
    assert_eq!(stock(&api, "MUG"), [10, 3, 0, 7]);
    let order = order(&api, LAZADA);
    assert_eq!((&order["unmatched"], &order["lines"][1]["sku"]), (&json!([]), &json!("MUG")));
    assert!(!browser.get("/").text().contains("Unmatched lines"));
    assert_eq!(put(&api, LAZADA, &said), "unchanged");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_kit_takes_its_components_each_as_its_own_line() {
    let (app, _) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 100, &[LAZADA, SHOPEE]);
    add_sku(&app.database, "PLATE", "Plate", 5, &[LAZADA, SHOPEE]);
    kit(&app, SHOPEE, "SET", "MUG*2|PLATE*1");
    let mut hold = sale("stock_allocation", SHOPEE, 1);
    hold["products"] = json!([{"sku": "MUG", "quantity": 8}]);
    api.post("/promotions", &hold).expect(201);
    let orders = |number: &str, kits: i64| {
        json!({"orders": [{"store": SHOPEE, "number": number, "lines": [
            {"seller_sku": "SET", "quantity": kits, "unit_price_minor": 1250}]}]})
    };
    let answer = api.post_once("kits", "/orders", &orders("2", 6)).expect(200).body;
    assert_eq!(api.post_once("kits", "/orders", &orders("2", 6)).expect(200).body, answer);
    let line = |sku: &str, from: [i64; 3]| json!({"sku": sku, "from_hold": from[0], "from_shared": from[1], "oversold": from[2]});
    assert_eq!(answer["results"][0]["lines"], json!([line("MUG", [8, 4, 0]), line("PLATE", [0, 5, 1])]));
    let again = api.post("/orders", &orders("2", 6)).expect(200).body;
    assert_eq!((&again["results"][0]["status"], &again["results"][0]["detail"]), (&json!("duplicate"), &Value::Null));
    let unknown =
        json!({"orders": [{"store": SHOPEE, "number": "3", "lines": [{"seller_sku": "TYPO", "quantity": 1}]}]});
    let refused = &api.post("/orders", &unknown).expect(200).body["results"][0];
    assert_eq!(
        (&refused["code"], &refused["pointer"]),
        (&json!("unknown_sku"), &json!("/orders/0/lines/0/seller_sku"))
    );
    // The order becomes one of two kits, whatever the kit is made of by then.
    let said = |kits: i64| state("open", json!([{"id": "x", "seller_sku": "SET", "quantity": kits}]));
    api.put(&format!("/orders/{SHOPEE}/2"), &said(2)).expect(200);
    assert_eq!((stock(&api, "MUG")[1], stock(&api, "PLATE")[1..3].to_vec()), (4, vec![2, 0]));
    assert_verified(&app.database, app.now());
}

#[test]
fn unmatched_lines_of_a_kit_take_its_components_with_the_job() {
    let (app, _) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 100, &[SHOPEE]);
    put(&api, SHOPEE, &state("open", json!([{"id": "1", "seller_sku": "SET", "quantity": 3}])));
    let kit = kit(&app, SHOPEE, "SET", "MUG*2");
    app.write(|conn| {
        match_lines::of_listings(conn, &crate::scene::cause(at(1)), std::slice::from_ref(&kit)).expect("matched")
    });
    assert_eq!(stock(&api, "MUG")[1], 6);
    assert_verified(&app.database, app.now());
}

#[test]
fn unmatched_lines_take_their_units_with_the_listing_that_is_saved() {
    let (app, _) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 100, &[SHOPEE]);
    put(&api, SHOPEE, &state("open", json!([{"id": "1", "seller_sku": "SET", "quantity": 3}])));
    let set = json!({"listings": [{"seller_sku": "SET", "components": [{"sku": "MUG", "units": 2}]}]});
    assert_eq!(api.put(&format!("/stores/{SHOPEE}/listings"), &set).expect(200).body["created"], 1);
    assert_eq!(stock(&api, "MUG")[1], 6);
    assert_verified(&app.database, app.now());
}

#[test]
fn returns_are_paged_and_leaving_a_page_loses_nothing_that_was_typed() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    add_sku(&app.database, "MUG", "Mug", 500, &[LAZADA]);
    for nth in 0..60 {
        let mut returned = line("1", "MUG", 1);
        returned["returned"] = json!(1);
        api.put(&format!("/orders/{LAZADA}/{nth:03}"), &state("shipped", json!([returned]))).expect(200);
    }
    let first = browser.get("/orders/returns");
    let numbers = |page: &crate::support::Page| page.all("tbody th");
    assert_eq!((numbers(&first).len(), numbers(&first)[0].as_str()), (50, "000"));
    let refused = first.press("Next", &[("units-1", "7")]);
    assert_eq!((refused.status, numbers(&refused).len()), (422, 50), "{}", refused.text());
    assert!(refused.text().contains("another page would lose it"), "{}", refused.text());
    assert_eq!(refused.attribute("#units-1", "value").as_deref(), Some("7"), "what was typed is there");
    let second = first.press("Next", &[]).follow();
    assert_eq!(numbers(&second), (50..60).map(|nth| format!("{nth:03}")).collect::<Vec<_>>());
    let key = second.attribute("#tick-1", "value").expect("a line");
    let done = second.press("Put back to stock", &[("tick-1", &key)]);
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(numbers(&done.follow()).len(), 9, "on the same page");
    assert_eq!(numbers(&second.press("Previous", &[]).follow()), numbers(&first));
    assert_eq!(browser.get("/orders/returns?after=no+key").status, 200);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_late_order_counts_for_the_sale_in_which_it_was_placed() {
    let app = TestApp::start();
    let api = article(&app);
    let created = api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201).body;
    let id = created["id"].as_str().expect("an id").to_owned();
    app.advance(TimeDelta::minutes(30));
    api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200);
    app.advance(TimeDelta::minutes(30));
    let mut late = state("open", json!([line("1", "Product1", 4)]));
    late["placed_at"] = json!("2026-11-10T12:10:00Z");
    put(&api, "lazada", &late);
    assert_eq!(order(&api, "lazada")["lines"][0]["promotion"], id.as_str());
    let first = json!({"orders": [{"store": "lazada", "number": "2", "placed_at": "2026-11-10T12:20:00Z",
        "lines": [{"sku": "Product1", "quantity": 3}]}]});
    let taken = api.post("/orders", &first).expect(200).body;
    assert_eq!(taken["results"][0]["lines"][0]["from_shared"], 3, "the hold is over");
    let after = json!({"orders": [{"store": "lazada", "number": "3", "placed_at": "2026-11-10T12:40:00Z",
        "lines": [{"sku": "Product1", "quantity": 5}]}]});
    api.post("/orders", &after).expect(200);
    let report = app.signed_in().get(&format!("/promotions/{id}")).text();
    assert!(report.contains("Sold from shared stock 7"), "{report}");
    assert!(shown(&api).iter().all(|(_, units)| *units == 88));
    assert_verified(&app.database, app.now());
}

#[test]
fn what_cannot_be_is_refused_with_the_numbers() {
    let app = TestApp::start();
    let api = article(&app);
    let refused = |path: &str, state: &Value| {
        let answer = api.put(path, state);
        (answer.status, answer.code().to_owned(), answer.body["errors"][0]["pointer"].as_str().map(str::to_owned))
    };
    let of_field = |pointer: &str| (422, "bad_field".to_owned(), Some(pointer.to_owned()));
    let with = |name: &str, value: Value| {
        let mut state = state("open", json!([line("1", "Product1", 1)]));
        state[name] = value;
        state
    };
    let one = "/orders/lazada/1";
    for (state, pointer) in [
        (state("open", json!([])), "/lines"),
        (state("gone", json!([])), "/status"),
        (state("open", json!([line("1", "Product1", -1)])), "/lines/0/quantity"),
        (state("open", json!([line("1", "Product1", 2_000_000_000)])), "/lines/0/quantity"),
        (state("open", json!([line("1", "Product1", 1), line("1", "Product1", 2)])), "/lines/1/id"),
        (state("open", json!([{"id": "1", "quantity": 1}])), "/lines/0/sku"),
        (state("open", json!([{"id": "1", "sku": "A", "seller_sku": "B", "quantity": 1}])), "/lines/0/seller_sku"),
        (with("updated_at", json!("2027-01-01T00:00:00Z")), "/updated_at"),
        (with("payment", json!("later")), "/payment"),
        (with("fulfilled_by", json!("me")), "/fulfilled_by"),
    ] {
        assert_eq!(refused(one, &state), of_field(pointer), "{state}");
    }
    let code = |status: u16, code: &str| (status, code.to_owned(), None);
    assert_eq!(refused(one, &with("placed_at", json!("2027-01-01T00:00:00Z"))), code(422, "placed_in_future"));
    assert_eq!(refused(one, &state("open", json!([line("1", "Nothing", 1)]))), code(422, "unknown_sku"));
    assert_eq!(refused("/orders/nowhere/1", &with("status", json!("open"))), code(404, "not_found"));
    assert_eq!(refused(one, &state("shipped", json!([line("1", "Product1", 101)]))), code(409, "not_on_hand"));
    assert_eq!(put(&api, "lazada", &with("placed_at", json!("2026-11-10T11:00:00Z"))), "created");
    assert_eq!(refused(one, &with("placed_at", json!("2025-11-10T11:00:00Z"))), code(409, "number_reused"));
    assert_eq!(stock(&api, "Product1"), [100, 1, 0, 99]);
    assert_verified(&app.database, app.now());
}

/// The last page of an order that was typed.
fn typed(browser: &mut Browser, fields: &[(&str, &str)]) -> crate::support::Page {
    let all: Vec<(&str, &str)> = [("store", SHOPEE), ("number", "9")]
        .into_iter()
        .chain(fields.iter().copied())
        .chain([("press", "take")])
        .collect();
    browser.get("/orders/new").submit(&all)
}

#[test]
fn a_seller_sku_is_typed_or_imported() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 100, &[SHOPEE]);
    kit(&app, SHOPEE, "SET", "MUG*2");
    let both = typed(&mut browser, &[("sku", "MUG"), ("seller_sku", "SET"), ("quantity", "1")]);
    assert!(both.status == 422 && both.text().contains("Line 1: Clear the SKU or the seller SKU"), "{}", both.text());
    let unknown = typed(&mut browser, &[("seller_sku", "TYPO"), ("quantity", "1")]);
    assert!(unknown.status == 422 && unknown.text().contains("shopee-sg lists no “TYPO”"), "{}", unknown.text());
    let taken = typed(&mut browser, &[("seller_sku", "SET"), ("quantity", "3")]);
    assert_eq!(taken.status, 303, "{}", taken.text());
    assert_eq!(taken.follow().cell("MUG as SET", "Quantity"), "6");
    let file = "store,order_number,placed_at,seller_sku,quantity,unit_price\nshopee-sg,10,,SET,2,5.00\nshopee-sg,11,,TYPO,2,\n";
    let sent = browser.get("/imports").submit_file_with("file", "orders.csv", file.as_bytes(), &[("kind", "")]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let done = crate::imports::files::finished(&mut browser, &sent.location.expect("the page of the import"));
    assert!(done.text().contains("shopee-sg lists no “TYPO”"), "{}", done.text());
    assert_eq!(stock(&app.api(), "MUG")[1], 10);
    assert_verified(&app.database, app.now());
}
