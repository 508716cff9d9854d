//! The organization: its name, and the time zone that filters, logs and exports use.

use crate::{
    scene::{add_sku, add_stores},
    support::{Browser, EMAIL, PASSWORD, TestApp},
};
use chrono::TimeDelta;
use serde_json::json;

fn choose(browser: &mut Browser, zone: &str) {
    let saved = browser.get("/settings/organization").submit(&[("name", "Acme"), ("time_zone", zone)]);
    assert_eq!(saved.location.as_deref(), Some("/settings/organization?notice=saved"), "{}", saved.text());
}

/// Stores in two zones, so that they share none, and an order at 17:00 UTC of 10 November.
fn shop() -> (TestApp, Browser) {
    let app = TestApp::start();
    let api = app.api();
    add_stores(&app.database, &["sg"]);
    api.post("/stores", &json!({"code": "de", "name": "de", "marketplace": "X", "time_zone": "Europe/Berlin"}))
        .expect(201);
    add_sku(&app.database, "TEE", "Tee", 10, &["sg", "de"]);
    app.advance(TimeDelta::hours(5));
    let order =
        json!({"store": "sg", "number": "1", "lines": [{"sku": "TEE", "quantity": 1, "unit_price_minor": 100}]});
    api.post("/orders", &json!({"orders": [order]})).expect(200);
    let browser = app.signed_in();
    (app, browser)
}

#[test]
fn days_in_filters_are_those_of_the_organization() {
    let (_app, mut browser) = shop();
    let found = |browser: &mut Browser, day: &str| browser.get(&format!("/orders?from={day}&to={day}")).all("tbody th");
    // The list shows 11 November, 01:00 in Singapore.
    assert_eq!(found(&mut browser, "2026-11-10"), ["1"], "in UTC, before a zone is chosen");
    choose(&mut browser, "asia/singapore");
    assert_eq!(found(&mut browser, "2026-11-11"), ["1"]);
    assert_eq!(found(&mut browser, "2026-11-10"), [""; 0]);
    let list = browser.get("/orders");
    assert_eq!(list.all("label[for=from]"), ["Placed from (Asia/Singapore)"]);
    // Where a store is chosen, days are those of the store.
    assert_eq!(browser.get("/orders?store=de").all("label[for=from]"), ["Placed from (Europe/Berlin)"]);
    let file = browser.get("/orders.csv?from=2026-11-11").body;
    assert!(
        file.contains("sg,1,2026-11-10T17:00:00Z") && file.contains(",SGD,2026-11-11 01:00:00,Asia/Singapore"),
        "{file}"
    );
    let of_store = browser.get("/orders.csv?store=sg").body;
    assert!(of_store.contains("2026-11-11 01:00:00,Asia/Singapore"), "{of_store}");
    let header = browser.get("/push-log.csv").body;
    assert!(header.trim_end().ends_with("request_id,local_time,time_zone"), "{header}");
}

#[test]
fn logs_and_settings_show_times_of_the_organization_and_name_its_zone() {
    let (app, mut browser) = shop();
    browser.get("/settings/tokens").submit_form("form[action='/settings/tokens']", &[("name", "warehouse")]);
    let file = "sku,name,on_hand,stores\nMUG,Mug,5,sg\n";
    browser.get("/imports").submit_file_with("file", "mugs.csv", file.as_bytes(), &[("kind", "catalogue")]);
    browser.get("/verifications").submit(&[]);
    choose(&mut browser, "Asia/Singapore");
    let night = "11 Nov 2026, 01:00";
    let cell = |browser: &mut Browser, path: &str, row: &str, column: &str| browser.get(path).cell(row, column);
    assert_eq!(cell(&mut browser, "/settings/tokens", "warehouse", "Created (Asia/Singapore)"), night);
    assert_eq!(cell(&mut browser, "/settings/users", EMAIL, "Added (Asia/Singapore)"), "10 Nov 2026, 20:00");
    assert_eq!(cell(&mut browser, "/imports", "mugs.csv", "Imported (Asia/Singapore)"), night);
    for path in ["/verifications", "/settings/account", "/catalogue/TEE"] {
        let text = browser.get(path).text();
        assert!(text.contains(night) && text.contains("Asia/Singapore"), "{path}: {text}");
    }
    let page = browser.get("/settings/organization");
    assert_eq!(page.all(".account-name"), ["Acme", &format!("Signed in as {EMAIL}")]);
    assert_eq!(page.attribute("#time_zone", "value").as_deref(), Some("Asia/Singapore"));
    choose(&mut browser, "");
    assert_eq!(browser.get("/orders").all("label[for=from]"), ["Placed from (UTC)"], "the stores share no zone");
    drop(app);
}

#[test]
fn a_zone_that_means_something_else_is_refused_and_what_was_typed_stays() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let refused = browser.get("/settings/organization").submit(&[("name", "a\0b"), ("time_zone", "Etc/GMT+8")]);
    assert_eq!((refused.status, refused.title().starts_with("Error: ")), (422, true));
    assert!(refused.all("#time_zone-error")[0].contains("“Etc/GMT+8” means UTC−8"), "{}", refused.text());
    assert!(refused.all("#name-error")[0].contains("Remove the hidden character"), "{}", refused.text());
    assert_eq!(refused.attribute("#time_zone", "value").as_deref(), Some("Etc/GMT+8"));
    assert!(browser.get("/settings/account").all("nav a").contains(&"Organization".to_owned()));
}

#[test]
fn whoever_sets_the_program_up_is_asked_for_the_time_zone() {
    let app = TestApp::start_empty(&[]);
    let link = format!("/setup?token={}", app.setup_token);
    let mut abroad = app.browser();
    abroad.get(&link);
    let suggested = abroad.get_with("/setup", &[("Accept-Language", "en-SG,en;q=0.9")]);
    assert_eq!(suggested.attribute("#time_zone", "value").as_deref(), Some("Asia/Singapore"));
    let mut browser = app.browser();
    let form = browser.get(&link).follow();
    assert_eq!(form.attribute("#time_zone", "value").as_deref(), Some(""));
    let account = [("email", EMAIL), ("password", PASSWORD)];
    let wrong = form.submit(&[&account[..], &[("time_zone", "GMT+8")]].concat());
    assert_eq!(wrong.status, 422);
    assert!(wrong.all("#time_zone-error")[0].contains("there is no “GMT+8”"), "{}", wrong.text());
    assert_eq!(wrong.attribute("#time_zone", "value").as_deref(), Some("GMT+8"));
    let created = wrong.submit(&[("password", PASSWORD), ("time_zone", "Asia/Manila")]);
    assert_eq!(created.status, 303, "{}", created.text());
    assert_eq!(browser.get("/settings/users").cell(EMAIL, "Added (Asia/Manila)"), "10 Nov 2026, 20:00");
}
