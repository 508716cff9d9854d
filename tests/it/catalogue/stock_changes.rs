//! Stock as a difference: by programs and by the form **Receive or adjust**.

use crate::{
    api::{
        calls::{article, together},
        client::{Answer, Api},
        fields::{hidden_texts, no_texts, with},
    },
    scene::{LAZADA, SHOPEE, article_shop, assert_verified, at, create, sale, sku_code, stock, take},
    support::{Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{db, domain::promotions::promotion::FlashSaleType::StockAllocation};
use serde_json::{Value, json};

fn change(sku: &str, change: impl Into<Value>, reason: &str) -> Value {
    json!({"sku": sku, "change": change.into(), "reason": reason})
}

fn send(api: &Api, changes: &[Value]) -> Answer {
    api.post("/stock-changes", &json!({"changes": changes})).expect(200)
}

/// Each result in short: its status, or its code, and the units on hand.
fn results(answer: &Answer) -> Vec<(String, Option<i64>)> {
    let mut all = Vec::new();
    for (index, result) in answer.body["results"].as_array().expect("results").iter().enumerate() {
        assert_eq!(result["index"], index);
        let is_applied = result["status"] == "applied";
        assert!(is_applied == result["code"].is_null() && (is_applied || result["status"] == "failed"), "{result}");
        let word = if is_applied { &result["status"] } else { &result["code"] };
        all.push((word.as_str().expect("a word").to_owned(), result["on_hand"].as_i64()));
    }
    all
}

fn applied(on_hand: i64) -> (String, Option<i64>) {
    ("applied".to_owned(), Some(on_hand))
}

fn failed(code: &str, on_hand: Option<i64>) -> (String, Option<i64>) {
    (code.to_owned(), on_hand)
}

fn on_hand(api: &Api) -> i64 {
    api.get("/skus?code=Product1").expect(200).body["skus"][0]["on_hand"].as_i64().expect("units")
}

#[test]
fn changes_are_added_up_and_what_would_leave_less_than_none_fails_alone() {
    let (app, mut browser) = article_shop();
    let api = app.api();
    let mut noted = change("Product1", 200, "received");
    noted["note"] = json!("PO 4711");
    let changes = [
        noted,
        change("Product1", -301, "correction"),
        change("Product1", -3, "damaged"),
        change("Nothing", 5, "received"),
        change("Product1", 1_000_000_000, "received"),
        change("Product1", 0, "correction"),
        change("Product1", 3, "damaged"),
        change("Product1", -297, "correction"),
        change("Product1", 1, "returned"),
    ];
    let answer = send(&api, &changes);
    let expected = [
        applied(300),
        failed("not_on_hand", Some(300)),
        applied(297),
        failed("unknown_sku", None),
        failed("too_many_on_hand", Some(297)),
        failed("bad_field", None),
        failed("bad_field", None),
        applied(0),
        applied(1),
    ];
    assert_eq!(results(&answer), expected);
    let words = "Take off 300 or fewer: “Product1” has 300 on hand, and −301 would leave less than none.";
    assert_eq!(answer.body["results"][1]["detail"], words);
    assert_eq!(answer.body["results"][3]["pointer"], "/changes/3/sku");
    assert_eq!(answer.body["results"][5]["pointer"], "/changes/5/change");
    assert_eq!(on_hand(&api), 1);
    let page = browser.get("/catalogue/Product1");
    for (kind, changed, after, why) in [
        ("Received", "On hand +200", "300", "PO 4711"),
        ("Damaged", "On hand −3", "297", ""),
        ("Correction", "On hand −297", "0", ""),
        ("Returned", "On hand +1", "1", ""),
    ] {
        let row = ["Change", "On hand", "Why"].map(|column| page.cell(kind, column));
        assert_eq!(row, [changed, after, why], "{kind}");
        assert_eq!(
            browser.get(&format!("/catalogue/Product1?kind={}", kind.to_lowercase())).cell(kind, "On hand"),
            after
        );
    }
    assert_verified(&app.database, app.now());
}

#[test]
fn a_change_that_cannot_be_read_fails_alone_and_a_body_that_is_none_is_refused() {
    let app = TestApp::start();
    let api = article(&app);
    let good = change("Product1", 1, "received");
    let mut received = 100;
    let mut fails_at = |bad: Value, pointer: &str| {
        let answer = send(&api, &[good.clone(), bad.clone(), good.clone()]);
        received += 2;
        assert_eq!(
            results(&answer),
            [applied(received - 1), failed("bad_field", None), applied(received)],
            "{bad:.300}"
        );
        assert_eq!(answer.body["results"][1]["pointer"], format!("/changes/1{pointer}"), "{bad:.300}");
    };
    for value in [no_texts(), hidden_texts()].concat() {
        fails_at(with(&good, "sku", Some(value)), "/sku");
    }
    for value in [json!("5"), json!(1.5), json!(1e300), json!(1_000_000_001), json!(i64::MIN), json!(null), json!([1])]
    {
        fails_at(with(&good, "change", Some(value)), "/change");
    }
    for value in [json!("lost"), json!("Received"), json!(""), json!(null), json!(1)] {
        fails_at(with(&good, "reason", Some(value)), "/reason");
    }
    for value in [json!(1), json!("a\0b"), json!("x".repeat(201))] {
        fails_at(with(&good, "note", Some(value)), "/note");
    }
    fails_at(with(&good, "colour", Some(json!("red"))), "/colour");
    for field in ["sku", "change", "reason"] {
        fails_at(with(&good, field, None), "");
    }
    fails_at(json!(null), "");
    fails_at(json!(["Product1", 1, "received"]), "");
    for body in [json!({}), json!([]), json!({"changes": {}}), json!({"changes": []}), json!({"changes": [], "x": 1})] {
        assert_eq!(api.post("/stock-changes", &body).expect(422).code(), "bad_field", "{body}");
    }
    let many = api.post("/stock-changes", &json!({"changes": vec![good.clone(); 1001]})).expect(422);
    assert_eq!((many.code(), &many.body["limit"]), ("too_many_items", &json!(1000)));
    assert_eq!(results(&send(&api, &vec![good; 1000])).last(), Some(&applied(received + 1000)));
}

#[test]
fn a_change_that_is_sent_again_with_its_key_is_applied_once() {
    let app = TestApp::start();
    let api = article(&app);
    let body = json!({"changes": [
        change("Product1", 5, "received"),
        change("New", 7, "received"),
        change("Product1", -500, "correction"),
    ]});
    let ask = || api.post_once("receipt 1".replace(' ', "-").as_str(), "/stock-changes", &body).expect(200);
    let first = ask();
    assert_eq!(results(&first), [applied(105), failed("unknown_sku", None), failed("not_on_hand", Some(105))]);
    assert_eq!(results(&ask()), results(&first), "nothing has changed");
    // Once the SKU is there, its change is applied with the same request, and the others are not applied again.
    api.put("/skus", &json!({"skus": [{"code": "New", "name": "New", "on_hand": 0}]})).expect(200);
    assert_eq!(results(&ask()), [applied(105), applied(7), failed("not_on_hand", Some(105))]);
    let replayed = ask();
    assert_eq!(results(&replayed), [applied(105), applied(7), failed("not_on_hand", Some(105))]);
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    assert_eq!(on_hand(&api), 105);
    let other = json!({"changes": [change("Product1", 6, "received")]});
    assert_eq!(api.post_once("receipt-1", "/stock-changes", &other).expect(422).code(), "idempotency_key_reused");
    assert_verified(&app.database, app.now());
}

#[test]
fn sixteen_programs_that_change_the_same_stock_lose_no_unit() {
    let app = TestApp::start();
    let api = article(&app);
    let programs: Vec<i64> = (1..=16).collect();
    together(&programs, |units| {
        for _ in 0..5 {
            send(&api, &[change("Product1", *units, "received"), change("Product1", -*units, "damaged")]);
            send(&api, &[change("Product1", *units, "returned")]);
        }
    });
    assert_eq!(on_hand(&api), 100 + 5 * (1..=16).sum::<i64>());
    assert_verified(&app.database, app.now());
}

/// What is wrong with a refused form.
fn refusals(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.title().starts_with("Error: Receive or adjust"), "{}", page.title());
    page.all(".error-summary li")
}

#[test]
fn staff_receive_units_as_a_difference_that_undoes_nobody() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let page = browser.get("/catalogue/Product1");
    let hrefs = page.all_attributes(".actions a", "href");
    assert!(page.text().contains("Receive or adjust") && hrefs.contains(&"/catalogue/Product1/adjust".to_owned()));
    let form = browser.get("/catalogue/Product1/adjust");
    assert!(form.text().contains("The books say 100 on hand"), "{}", form.text());
    let typed = [("change", "-50"), ("reason", "correction"), ("note", "a pallet was missing")];
    let preview = form.submit(&[&typed[..], &[("press", "preview")]].concat());
    assert_eq!(preview.status, 200, "{}", preview.text());
    for words in [
        "On hand becomes 50: 100 − 50.",
        "Available now becomes 0: it is 40.",
        "Flash sales hold 10 more than would be in hand.",
        "Nothing is recorded yet.",
    ] {
        assert!(preview.text().contains(words), "{words} in {}", preview.text());
    }
    assert_eq!(preview.attribute("#note", "value").as_deref(), Some("a pallet was missing"), "what was typed is kept");
    assert_eq!(preview.attribute("#reason option[selected]", "value").as_deref(), Some("correction"));
    // Meanwhile an order takes some, and a colleague counts.
    take(&app.database, at(1), SHOPEE, "SH-1", &[("Product1", 10)]);
    stock(&app.database, at(1), "Product1", 120, 0);
    app.advance(TimeDelta::seconds(2));
    let recorded = preview.submit(&typed);
    let page = recorded.follow();
    assert!(page.text().contains("Recorded: on hand is 70 now, and was 120 before."), "{}", page.text());
    let row = ["Change", "On hand", "Who", "Why"].map(|column| page.cell("Correction", column));
    assert_eq!(row, ["On hand −50", "70", "ops@example.com", "a pallet was missing"]);
    assert_verified(&app.database, app.now());
}

#[test]
fn a_form_that_is_sent_twice_is_recorded_once_and_a_second_delivery_is_recorded_again() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/Product1/adjust");
    let typed = [("change", "200"), ("reason", "received"), ("note", "PO 1")];
    for (press, words) in [
        ("first", "Recorded: on hand is 300 now, and was 100 before."),
        ("double click", "It was sent twice and recorded once: on hand is 300 now, and was 100 before."),
    ] {
        let page = form.submit(&typed).follow();
        assert!(page.text().contains(words), "{press}: {}", page.text());
    }
    let of_stock = |app: &TestApp| {
        app.write(|conn| db::catalogue::skus::find(conn, &sku_code("Product1")).expect("a read"))
            .expect("a SKU")
            .on_hand
    };
    assert_eq!(of_stock(&app), 300);
    // The same again from a form that was loaded since is another delivery; so is another number from the first form.
    assert_eq!(browser.get("/catalogue/Product1/adjust").submit(&typed).status, 303);
    assert_eq!(form.submit(&[("change", "201"), ("reason", "received"), ("note", "PO 1")]).status, 303);
    assert_eq!(of_stock(&app), 701);
    let sent = together(&[(); 8], |()| form.submit(&[("change", "-1"), ("reason", "damaged")]).status);
    assert_eq!((sent, of_stock(&app)), (vec![303; 8], 700));
    app.advance(TimeDelta::minutes(6));
    let later = browser.get("/catalogue/Product1?recorded=2");
    assert!(!later.text().contains("Recorded:"), "a notice is for the moment");
    assert_verified(&app.database, app.now());
}

#[test]
fn a_refused_change_keeps_what_was_typed_and_says_what_to_do() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/Product1/adjust");
    let at_zero = "Take off 100 or fewer: “Product1” has 100 on hand, and −101 would leave less than none.";
    for (change, reason, words) in [
        ("", "", vec!["Enter the difference, such as 200 or −3.", "Choose why the stock changes."]),
        ("0", "received", vec!["Enter the difference, such as 200 or −3: 0 changes nothing."]),
        ("five", "received", vec!["Enter the difference as a whole number in digits, such as 200 or −3."]),
        ("-101", "damaged", vec![at_zero]),
        ("3", "damaged", vec!["Enter −3: damaged units leave the stock. If the number was wrong, choose Correction."]),
        ("1000000000", "received", vec!["Add less: “Product1” has 100 on hand, and 1000000000 is the most."]),
    ] {
        for press in ["", "preview"] {
            let fields = [("change", change), ("reason", reason), ("note", "why <b>"), ("press", press)];
            let refused = form.submit(&fields);
            assert_eq!(refusals(&refused), words, "{change} {reason} {press}");
            assert_eq!(refused.attribute("#change", "value").as_deref(), Some(change));
            assert_eq!(refused.attribute("#note", "value").as_deref(), Some("why <b>"));
            let chosen = refused.attribute("#reason option[selected]", "value");
            assert_eq!(chosen.as_deref().unwrap_or_default(), reason);
        }
    }
    let long = "x".repeat(201);
    let refused = form.submit(&[("change", "1"), ("reason", "received"), ("note", &long)]);
    assert_eq!(refusals(&refused), ["Shorten the note to 200 characters or fewer: it has 201."]);
    assert_eq!(browser.get("/catalogue/Nothing/adjust").status, 404);
    assert_eq!(on_hand(&app.api()), 100);
}
