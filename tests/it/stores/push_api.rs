//! The API of pushes: the state of the listings of connected stores, and the log.

use crate::{
    api::client::Api,
    engine::migrations::plans,
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, at, cause, connect, store_code},
    stores::push_log::logged,
    sync::pushes::Shop,
};
use flashsale::{
    actions::stores::{connect_store::ConnectionInput, pause_store},
    db::stores::listing_states::{Filter, page},
    domain::stores::{failure::Failure, listing_state::ListingState},
    marketplaces::{file, shopee},
};
use serde_json::{Value, json};

fn pushes(api: &Api, query: &str) -> Vec<Value> {
    let body = api.get(&format!("/pushes{query}")).expect(200).body;
    assert_eq!(body["next"], Value::Null);
    body["pushes"].as_array().expect("pushes").clone()
}

/// The stores of some pushes with a member of each.
fn of_each(pushes: &[Value], member: &str) -> Vec<(String, Value)> {
    pushes.iter().map(|push| (push["store"].as_str().expect("a store").to_owned(), push[member].clone())).collect()
}

fn pairs<const N: usize>(expected: [(&str, Value); N]) -> Vec<(String, Value)> {
    expected.map(|(store, value)| (store.to_owned(), value)).to_vec()
}

#[test]
fn a_program_sees_what_every_store_shows_and_should() {
    let shop = Shop::with_pages();
    let api = shop.app.api();
    shop.scan(at(0));
    let push = &pushes(&api, "?store=lazada-sg")[0];
    assert_eq!(
        (&push["state"], &push["acknowledged"], &push["exposed"]),
        (&json!("waiting"), &Value::Null, &Value::Null)
    );
    // The job of the server scans as well; the SKUs that it has locked are skipped here.
    while pushes(&api, "?store=lazada-sg")[0]["state"] != "in_step" {
        shop.settle(at(0));
    }
    assert_eq!(
        pushes(&api, "?store=lazada-sg"),
        [json!({
            "sku": "Product1", "store": LAZADA, "quantity": 100, "acknowledged": 100,
            "acknowledged_at": "2026-11-10T12:00:00Z", "state": "in_step", "why": "", "behind_since": null,
            "next_try": null, "exposed": 0,
        })]
    );
}

#[test]
fn what_is_behind_is_there_with_its_state_and_is_found_by_it() {
    let shop = Shop::behind();
    let api = shop.app.api();
    let all = pushes(&api, "");
    let expected = [(LAZADA, json!("waiting")), (SHOPEE, json!("blocked")), (ZALORA, json!("refused"))];
    assert_eq!(of_each(&all, "state"), pairs(expected));
    assert_eq!(of_each(&all, "exposed"), pairs([(LAZADA, json!(50)), (SHOPEE, json!(50)), (ZALORA, json!(50))]));
    let (now, soon) = (json!("2026-11-10T12:00:00Z"), json!("2026-11-10T12:00:10Z"));
    assert_eq!(of_each(&all, "next_try"), pairs([(LAZADA, now.clone()), (SHOPEE, soon.clone()), (ZALORA, soon)]));
    assert_eq!(of_each(&all, "behind_since"), pairs([(LAZADA, now.clone()), (SHOPEE, now.clone()), (ZALORA, now)]));
    assert_eq!(all[2]["why"], "Zalora knows no product 7.");

    let in_state = |state: &str| {
        let found = pushes(&api, &format!("?state={state}"));
        of_each(&found, "store").into_iter().map(|(store, _)| store).collect::<Vec<_>>()
    };
    let states = ["waiting", "sending", "refused", "blocked", "paused", "not_mapped"];
    let none = Vec::<String>::new;
    let found = [vec![LAZADA.to_owned()], none(), vec![ZALORA.to_owned()], vec![SHOPEE.to_owned()], none(), none()];
    assert_eq!(states.map(in_state), found);
    assert_eq!(pushes(&api, "?state=blocked&store=lazada-sg"), [] as [Value; 0]);
    assert_eq!(pushes(&api, "?state=blocked&sku=Product1").len(), 1);
    assert_eq!(api.get("/pushes?sku=Nothing").expect(422).code(), "unknown_sku");

    assert_eq!(shop.lease(LAZADA, "two", at(0)).len(), 1);
    assert_eq!(in_state("sending"), [LAZADA]);
    let (zalora, why) = (store_code(ZALORA), cause(at(0)));
    shop.app.database.write_blocking(|conn| pause_store::pause(conn, &why, &zalora)).expect("paused");
    let paused = &pushes(&api, "?store=zalora-sg")[0];
    assert_eq!((&paused["state"], &paused["next_try"]), (&json!("refused"), &Value::Null));
}

#[test]
fn listings_that_nobody_mapped_and_stores_that_nothing_is_pushed_to_are_told_apart() {
    let shop = Shop::with_pages();
    let api = shop.app.api();
    let connect_to = |store: &str, kind| {
        let input = ConnectionInput {
            store: store_code(store),
            kind,
            api_url: "https://shop.example".to_owned(),
            credentials: Some("sealed".to_owned()),
            rate: 10,
            warehouse: None,
            shop: None,
        };
        connect(&shop.app.database, &input);
    };
    connect_to(SHOPEE, shopee::KIND);
    connect_to(ZALORA, file::KIND);
    shop.scan(at(0));
    let expected = [(LAZADA, json!("waiting")), (SHOPEE, json!("not_mapped"))];
    assert_eq!(of_each(&pushes(&api, ""), "state"), pairs(expected));
    let not_mapped = pushes(&api, "?state=not_mapped");
    assert_eq!(of_each(&not_mapped, "exposed"), pairs([(SHOPEE, Value::Null)]));
}

#[test]
fn pages_go_on_from_store_to_store() {
    let shop = Shop::with_pages();
    for number in 0..600 {
        add_sku(&shop.app.database, &format!("S-{number:04}"), "Many", 5, &[LAZADA, SHOPEE]);
    }
    shop.scan(at(0));
    let api = shop.app.api();
    for state in ["", "&state=waiting"] {
        let first = api.get(&format!("/pushes?{state}")).expect(200).body;
        let rows = first["pushes"].as_array().expect("pushes");
        assert_eq!((rows.len(), &rows[999]["store"], &rows[999]["sku"]), (1_000, &json!(SHOPEE), &json!("S-0397")));
        let cursor = first["next"].as_str().expect("a second page");
        let rest = pushes(&api, &format!("?cursor={cursor}{state}"));
        assert_eq!((rest.len(), &rest[0]["sku"], &rest[202]["store"]), (203, &json!("S-0398"), &json!(ZALORA)));
    }
}

#[test]
fn every_filter_of_what_stands_behind_is_read_from_an_index_in_its_order() {
    let shop = Shop::with_pages();
    shop.scan(at(0));
    let states = ListingState::ALL.map(Some).into_iter().chain([None]);
    for state in states.filter(|state| *state != Some(ListingState::InSync)) {
        for store in [None, Some(store_code(LAZADA))] {
            let after = Some((store_code(LAZADA), "A|".to_owned()));
            let filter = Filter { store, sku: None, state, after };
            let plans = plans(&shop.app.settings.database_url, |conn| {
                page(conn, &filter, at(0)).expect("a read");
            });
            let lists = |statement: &str| {
                statement.contains("ORDER BY") && statement.contains("LIMIT") && !statement.contains("connections")
            };
            for (plan, statement) in plans.iter().filter(|(_, statement)| lists(statement)) {
                let walks = ["Sort", "TEMP B-TREE", "SCAN", "Seq Scan"];
                assert!(!walks.iter().any(|walk| plan.contains(walk)), "{filter:?}\n{statement}\n{plan}");
            }
        }
    }
}

#[test]
fn a_program_reads_the_log_the_newest_first() {
    let (app, _) = logged();
    let api = app.api();
    let sent = |query: &str| {
        let body = api.get(&format!("/push-log{query}")).expect(200).body;
        let lines = body["pushes"].as_array().expect("pushes").clone();
        lines.iter().map(|line| line["quantity"].as_i64().expect("units")).collect::<Vec<_>>()
    };
    for (query, expected) in [
        ("", vec![4, 3, 2, 1]),
        ("?store=lazada-sg", vec![3, 1]),
        ("?sku=Product1&store=shopee-sg", vec![4, 2]),
        ("?outcome=failed", vec![3, 2]),
        ("?outcome=acknowledged&sku=Product1", vec![4, 1]),
        ("?since=2026-11-10T20:00:01%2B08:00", vec![4, 3, 2]),
        ("?since=2026-11-10T16:00:00.000001Z", vec![]),
    ] {
        assert_eq!(sent(query), expected, "{query}");
    }
    let line = &api.get("/push-log?outcome=mapping").expect(200).body["pushes"][0];
    let expected = json!({
        "id": line["id"], "at": "2026-11-10T12:00:01Z", "store": SHOPEE, "sku": "Product1", "quantity_before": 3,
        "quantity": 2, "why": "2 in hand", "outcome": "mapping", "answer": "", "request_id": "request 2",
    });
    assert_eq!(*line, expected);
}

#[test]
fn the_log_has_pages_for_programs() {
    let shop = Shop::with_pages();
    for number in 0..1_100 {
        add_sku(&shop.app.database, &format!("S-{number:04}"), "Many", 5, &[LAZADA]);
    }
    shop.scan(at(0));
    loop {
        let leased = shop.lease(LAZADA, "one", at(0));
        if leased.is_empty() {
            break;
        }
        shop.answer(LAZADA, at(0), leased, &Err(Failure::mapping("No.")));
    }
    let api = shop.app.api();
    let first = api.get("/push-log?outcome=failed").expect(200).body;
    let cursor = first["next"].as_str().expect("a second page");
    let rest = api.get(&format!("/push-log?outcome=failed&cursor={cursor}")).expect(200).body;
    let lines = |body: &Value| body["pushes"].as_array().expect("pushes").clone();
    assert_eq!((lines(&first).len(), lines(&rest).len(), &rest["next"]), (1_000, 101, &Value::Null));
    assert!(lines(&rest).iter().all(|line| !lines(&first).contains(line)));
}

#[test]
fn what_the_calls_about_pushes_cannot_read_is_refused() {
    let shop = Shop::with_pages();
    let api = shop.app.api();
    for path in [
        "/pushes?state=in_step",
        "/pushes?state=Waiting",
        "/pushes?store=a%20b",
        "/pushes?x=x",
        "/push-log?outcome=lost",
        "/push-log?since=yesterday",
        "/push-log?sku=a%00b",
    ] {
        assert_eq!(api.get(path).expect(400).code(), "bad_query", "{path}");
    }
    for path in ["/pushes?cursor=x", "/push-log?cursor=x", "/push-log?cursor=YWJj"] {
        assert_eq!(api.get(path).expect(400).code(), "bad_cursor", "{path}");
    }
}
