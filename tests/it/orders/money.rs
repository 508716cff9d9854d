//! Prices in the currencies of the stores: typed, sent, imported, shown and exported.

use crate::{
    api::client::Api,
    imports::files::{counts, finished},
    scene::{add_sku, assert_verified, store_code},
    support::{Browser, Page, TestApp},
};
use serde_json::{Value, json};

/// A shop with a store in each currency, and a SKU that all sell.
fn shop() -> (TestApp, Browser, Api) {
    let app = TestApp::start();
    let api = app.api();
    for (code, country) in [("sg", "SG"), ("id", "ID"), ("vn", "VN"), ("kw", "KW")] {
        let store =
            json!({"code": code, "name": code, "marketplace": "Lazada", "time_zone": "UTC", "country": country});
        api.post("/stores", &store).expect(201);
    }
    api.post("/stores", &json!({"code": "none", "name": "none", "marketplace": "L", "time_zone": "UTC"})).expect(201);
    add_sku(&app.database, "PHONE", "Phone", 1_000, &["sg", "id", "vn", "kw", "none"]);
    let browser = app.signed_in();
    (app, browser, api)
}

fn order(store: &str, number: &str, price: i64) -> Value {
    let line = json!({"sku": "PHONE", "quantity": 2, "unit_price_minor": price});
    json!({"store": store, "number": number, "lines": [line]})
}

fn take(api: &Api, orders: &[Value]) {
    let answer = api.post("/orders", &json!({"orders": orders})).expect(200).body;
    for result in answer["results"].as_array().expect("results") {
        assert_eq!(result["status"], "accepted", "{answer:#}");
    }
}

fn import(browser: &mut Browser, file: &str) -> Page {
    let sent = browser.get("/imports").submit_file_with("file", "orders.csv", file.as_bytes(), &[("kind", "orders")]);
    finished(browser, &sent.location.expect("the page of the import"))
}

const HEADER: &str = "store,order_number,placed_at,sku,quantity,unit_price";

/// The value of an order in the list.
fn value(browser: &mut Browser, number: &str) -> String {
    browser.get("/orders").cell(number, "Value")
}

#[test]
fn a_price_that_a_phone_in_rupiah_or_a_car_in_dong_has_keeps_no_order_out() {
    let (app, mut browser, api) = shop();
    take(
        &api,
        &[order("id", "A1", 1_500_000_000), order("vn", "A2", 30_000_000_000), order("sg", "A3", 1_000_000_000_000)],
    );
    let page = import(&mut browser, &format!("{HEADER}\nsg,B1,,PHONE,1,10000000.01\nid,B2,,PHONE,1,15499000\n"));
    assert_eq!(counts(&page), ["2", "2", "2", "0", "0"]);
    for (number, shown) in [
        ("A1", "IDR 30,000,000.00"),
        ("A2", "VND 60,000,000,000"),
        ("A3", "SGD 20,000,000,000.00"),
        ("B1", "SGD 10,000,000.01"),
        ("B2", "IDR 15,499,000.00"),
    ] {
        assert_eq!(value(&mut browser, number), shown);
    }
    assert_eq!(browser.get("/catalogue").cell("PHONE", "Committed"), "8");
    let dear = [order("vn", "most", 500_000_000_000_000)];
    take(&api, &dear);
    assert_eq!(value(&mut browser, "most"), "VND 1,000,000,000,000,000");
    assert_verified(&app.database, app.now());
}

#[test]
fn both_doors_mean_the_same_amount_in_every_currency() {
    let (_app, mut browser, api) = shop();
    let cases = [
        ("vn", 250_000, "250000", "VND 250,000"),
        ("vn", 250_000, "\"250,000\"", "VND 250,000"),
        ("sg", 123_450, "\"1,234.50\"", "SGD 1,234.50"),
        ("sg", 123_450, "\"1.234,50\"", "SGD 1,234.50"),
        ("id", 24_990_000, "249900", "IDR 249,900.00"),
        ("kw", 1_250, "1.250", "KWD 1.250"),
        ("none", 1_250, "12.50", "12.50"),
    ];
    for (nth, (store, minor, text, shown)) in cases.into_iter().enumerate() {
        let numbers = ["api", "csv", "form"].map(|door| format!("{door}{nth}"));
        take(&api, &[order(store, &numbers[0], minor)]);
        let page = import(&mut browser, &format!("{HEADER}\n{store},{},,PHONE,2,{text}\n", numbers[1]));
        assert_eq!(counts(&page)[2], "1", "{}", page.text());
        let price = text.trim_matches('"');
        let typed = [("store", store), ("number", &numbers[2]), ("sku", "PHONE"), ("quantity", "2"), ("price", price)];
        let typed = [&typed[..], &[("press", "take")]].concat();
        let taken = browser.get("/orders/new").submit(&typed);
        assert_eq!(taken.status, 303, "{}", taken.text());
        for number in &numbers {
            let page = browser.get(&format!("/orders/{store}/{number}"));
            assert_eq!(page.cell("PHONE", "Unit price"), shown, "{number}");
            let told = api.get(&format!("/orders/{store}/{number}")).expect(200).body;
            assert_eq!(told["lines"][0]["unit_price_minor"], minor, "{number}");
            let currency = shown.split_once(' ').map_or(Value::Null, |(currency, _)| json!(currency));
            assert_eq!(told["currency"], currency, "{number}");
        }
    }
}

#[test]
fn a_price_that_the_currency_does_not_have_fails_its_row_with_what_to_enter() {
    let (_app, mut browser, api) = shop();
    let file = format!(
        "{HEADER},currency\nvn,1,,PHONE,1,2500.50,\nsg,2,,PHONE,1,1.234,\nsg,3,,PHONE,1,5,USD\nsg,4,,PHONE,1,5,sgd\n\
         none,5,,PHONE,1,5,USD\nsg,6,,PHONE,1,5,dollars\n"
    );
    let page = import(&mut browser, &file);
    assert_eq!(counts(&page), ["6", "2", "2", "0", "4"]);
    let failed = browser.get(&page.attribute("a[download]", "href").expect("a link to the failed rows")).body;
    for words in [
        "unit_price: Enter a price like 1250: VND has no decimals, and “2500.50” has more.",
        "unit_price: Enter 1234 if it is in thousands, or a price like 12.50: “1.234” can be read as either.",
        "currency: Give the prices in SGD, the currency of the store: the row has USD.",
        "currency: Choose a currency by its three letters (ISO 4217), like SGD: there is no “dollars”.",
    ] {
        assert!(failed.contains(words), "{failed}");
    }
    let typed = [
        ("store", "vn"),
        ("number", "7"),
        ("sku", "PHONE"),
        ("quantity", "1"),
        ("price", "250.000"),
        ("press", "take"),
    ];
    let refused = browser.get("/orders/new").submit(&typed);
    assert_eq!(refused.status, 422);
    assert!(refused.all("#price-1-error")[0].contains("“250.000” can be read as either"), "{}", refused.text());
    assert_eq!(refused.attribute("#price-1", "value").as_deref(), Some("250.000"));
    assert!(refused.text().contains("Prices are in VND"), "{}", refused.text());
    api.get("/orders/vn/7").expect(404);
}

#[test]
fn amounts_stay_what_they_are_when_a_store_gets_its_currency_later() {
    let (app, mut browser, api) = shop();
    import(&mut browser, &format!("{HEADER}\nnone,one,,PHONE,2,250000\nnone,two,,PHONE,1,2500.50\n"));
    assert_eq!(value(&mut browser, "one"), "500,000.00");
    let promotion = json!({"name": "11.11", "type": "stock_allocation", "store": "none",
        "ends_at": "2026-11-11T12:00:00Z", "products": [{"sku": "PHONE", "quantity": 60}]});
    let id = api.post("/promotions", &promotion).expect(201).body["id"].as_str().expect("an id").to_owned();
    take(&api, &[order("none", "three", 100)]);
    browser.get("/stores/none/edit").submit(&[("currency", "VND")]);
    take(&api, &[order("none", "four", 250_000)]);
    for (number, shown, minor) in [
        ("one", "VND 500,000", 250_000),
        ("two", "VND 2,500.50", 2_501),
        ("three", "VND 2", 1),
        ("four", "VND 500,000", 250_000),
    ] {
        assert_eq!(value(&mut browser, number), shown);
        let told = api.get(&format!("/orders/none/{number}")).expect(200).body;
        assert_eq!((&told["currency"], &told["lines"][0]["unit_price_minor"]), (&json!("VND"), &json!(minor)));
    }
    let report = browser.get(&format!("/promotions/{id}"));
    assert_eq!(report.cell("PHONE", "Revenue"), "VND 500,002", "amounts with other decimals are added up");
    let file = browser.get(&format!("/promotions/{id}/report.csv")).body;
    assert!(file.contains(",500002,VND,"), "{file}");
    let store = app.write(|conn| flashsale::db::stores::find(conn, &store_code("none")).expect("a read"));
    assert_eq!(store.and_then(|store| store.currency).map(|currency| currency.code()), Some("VND"));
}

#[test]
fn every_export_with_money_names_the_currency_and_is_imported_as_it_is() {
    let (_app, mut browser, api) = shop();
    take(&api, &[order("sg", "1", 123_450), order("vn", "1", 250_000), order("none", "1", 1_250)]);
    let orders = browser.get("/orders.csv").body;
    assert!(orders.lines().next().expect("a header").ends_with("value,currency,local_time,time_zone"), "{orders}");
    for row in [
        "sg,1,2026-11-10T12:00:00Z,open,2,0,2,0,2469.00,SGD,",
        "vn,1,2026-11-10T12:00:00Z,open,2,0,2,0,500000,VND,",
        "none,1,2026-11-10T12:00:00Z,open,2,0,2,0,25.00,,",
    ] {
        assert!(orders.contains(row), "{orders}");
    }
    let lines = browser.get("/order-lines.csv").body;
    assert!(lines.contains("PHONE,2,1234.50,open") && lines.contains("PHONE,2,250000,open"), "{lines}");
    let page = import(&mut browser, &lines);
    assert_eq!(counts(&page), ["3", "3", "0", "3", "0"], "all are known already: {}", page.text());
}
