//! The country and the currency of a store.

use crate::{
    scene::{LAZADA, article_shop, store_code},
    support::TestApp,
};
use flashsale::db::stores;
use serde_json::{Value, json};

fn store(over: &[(&str, &str)]) -> Value {
    let mut store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Singapore"});
    for (field, value) in over {
        store[field] = json!(value);
    }
    store
}

#[test]
fn a_program_names_the_currency_or_the_country_or_leaves_both_to_the_time_zone() {
    for (over, country, currency) in [
        (&[][..], json!("SG"), json!("SGD")),
        (&[("country", "VN")], json!("VN"), json!("VND")),
        (&[("country", "id"), ("currency", "usd")], json!("ID"), json!("USD")),
        (&[("currency", "JPY")], json!("SG"), json!("JPY")),
        (&[("time_zone", "Asia/Jayapura")], json!("ID"), json!("IDR")),
        (&[("time_zone", "UTC")], Value::Null, Value::Null),
        (&[("time_zone", "UTC"), ("country", "PH")], json!("PH"), json!("PHP")),
    ] {
        let app = TestApp::start();
        let added = app.api().post("/stores", &store(over)).expect(201).body;
        assert_eq!((&added["country"], &added["currency"]), (&country, &currency), "{over:?}");
    }
}

#[test]
fn what_is_no_currency_country_or_place_is_refused_with_what_to_send() {
    let app = TestApp::start();
    let api = app.api();
    for (field, value, words) in [
        ("currency", "RP", "Choose a currency by its three letters (ISO 4217), like SGD: there is no “RP”."),
        ("currency", "", "Choose a currency by its three letters (ISO 4217), like SGD: there is no “”."),
        ("country", "Vietnam", "Choose a country by its two letters (ISO 3166), like SG: there is no “Vietnam”."),
        (
            "time_zone",
            "Etc/GMT+8",
            "Choose a place like Asia/Singapore instead: “Etc/GMT+8” means UTC−8, because its sign is the other way \
             round.",
        ),
    ] {
        let refused = api.post("/stores", &store(&[(field, value)])).expect(422);
        assert_eq!((refused.code(), refused.pointer()), ("bad_field", format!("/{field}").as_str()));
        assert_eq!(refused.body["errors"][0]["detail"], words);
    }
    let mut browser = app.signed_in();
    assert!(browser.get("/stores").text().contains("No stores yet"));
    let typed = [("name", "New"), ("code", "new"), ("marketplace", "Lazada"), ("time_zone", "etc/gmt-8")];
    let refused = browser.get("/stores/new").submit(&typed);
    assert_eq!(refused.status, 422);
    assert!(refused.all("#time_zone-error")[0].contains("“Etc/GMT-8” means UTC+8"), "{}", refused.text());
}

#[test]
fn the_forms_of_a_store_suggest_its_currency_and_let_people_choose_another() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    for (code, zone, country, currency, expected) in [
        ("a", "Asia/Manila", "", "", "PHP"),
        ("b", "Asia/Manila", "VN", "", "VND"),
        ("c", "Asia/Manila", "", "USD", "USD"),
        ("d", "UTC", "", "", "none yet"),
    ] {
        let typed = [
            ("name", code),
            ("code", code),
            ("marketplace", "Lazada"),
            ("time_zone", zone),
            ("country", country),
            ("currency", currency),
        ];
        let added = browser.get("/stores/new").submit(&typed);
        assert_eq!(added.status, 303, "{}", added.text());
        assert_eq!(added.follow().cell(code, "Currency"), expected);
    }
    let none = browser.get("/stores/d");
    assert!(none.text().contains("This store has no currency yet"), "{}", none.text());
    assert_eq!(none.attribute(".callout a", "href").as_deref(), Some("/stores/d/edit#currency"));
    let saved = browser.get("/stores/d/edit").submit(&[("currency", "KWD")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = saved.follow();
    assert!(page.text().contains("Currency KWD") && !page.text().contains("no currency yet"), "{}", page.text());
    let edit = browser.get("/stores/d/edit");
    assert_eq!(edit.attribute("#currency option[selected]", "value").as_deref(), Some("KWD"));
    assert_eq!(edit.attribute("#country option[selected]", "value").as_deref(), Some(""));
}

#[test]
fn a_store_without_a_currency_is_suggested_that_of_its_marketplaces_address() {
    let (app, mut browser) = article_shop();
    let lazada = store_code(LAZADA);
    app.write(|conn| {
        let mut store = stores::find(conn, &lazada).expect("a read").expect("the store");
        store.country = None;
        store.currency = None;
        stores::update(conn, &store).expect("an update");
    });
    let form = |browser: &mut crate::support::Browser| {
        let edit = browser.get("/stores/lazada-sg/edit");
        edit.attribute("#currency option[selected]", "value").unwrap_or_default()
    };
    assert_eq!(form(&mut browser), "");
    app.write(|conn| {
        let kind = flashsale::marketplaces::registry::find("lazada").expect("Lazada");
        let at = crate::scene::at(0);
        let mut connection = stores::connections::Connection::new(lazada.clone(), kind, at, "ops".to_owned());
        connection.api_url = "https://api.lazada.vn/rest".to_owned();
        stores::connections::insert(conn, &connection).expect("a connection");
    });
    assert_eq!(form(&mut browser), "VND");
}
