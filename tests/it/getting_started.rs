//! The first steps of a new business, on a page that the dashboard leads to.

use crate::{scene::add_store_in, support::TestApp};
use flashsale::actions::staff::save_organization;

/// The titles of the steps, each with where it stands.
fn steps(app: &TestApp) -> Vec<String> {
    app.signed_in().get("/getting-started").all(".first-steps h2")
}

#[test]
fn an_empty_installation_is_led_from_its_name_to_the_first_flash_sale() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let link = browser.get("/").attribute("main section a.button", "href");
    assert_eq!(link.as_deref(), Some("/getting-started"));
    assert_eq!(
        steps(&app),
        [
            "1. Name your organization Next",
            "2. Connect a store",
            "3. Get its listings",
            "4. Add your SKUs",
            "5. Create the first flash sale"
        ]
    );
    let page = browser.get("/getting-started");
    let links = page.all_attributes("main a", "href");
    for path in ["/settings/organization", "/stores/connect", "/stores/new", "/imports", "/catalogue/new"] {
        assert!(links.iter().any(|link| link == path), "{path} in {links:?}");
    }
    for link in links {
        assert_eq!(browser.get(&link).status, 200, "{link}");
    }
}

#[test]
fn every_step_can_be_done_by_hand() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let organization = browser.get("/settings/organization");
    let saved = organization.submit(&[("name", "Nordic Living"), ("time_zone", "Asia/Singapore")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert_eq!(steps(&app)[..2], ["1. Name your organization Done", "2. Connect a store Next"]);
    let store =
        [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];
    assert_eq!(browser.get("/stores/new").submit(&store).status, 303);
    assert_eq!(steps(&app)[2], "3. Get its listings Next");
    let sku = [("code", "MUG"), ("name", "Mug"), ("on_hand", "10"), ("buffer", "0"), ("stores", "lazada-sg")];
    assert_eq!(browser.get("/catalogue/new").submit(&sku).status, 303);
    assert_eq!(
        steps(&app)[2..],
        ["3. Get its listings Done", "4. Add your SKUs Done", "5. Create the first flash sale Next"]
    );
    assert!(browser.get("/").text().contains("4 of 5 steps are done. Next: Create the first flash sale."));
}

#[test]
fn the_listings_of_each_store_are_a_click_away() {
    let app = TestApp::start();
    app.write(|conn| save_organization::run(conn, "Nordic", Some(chrono_tz::Asia::Singapore), None).expect("saved"));
    add_store_in(&app.database, "lazada-sg", "Lazada SG", "Asia/Singapore");
    let page = app.signed_in().get("/getting-started");
    let links = page.all_attributes("main a", "href");
    assert!(links.contains(&"/stores/lazada-sg/found".to_owned()), "{links:?}");
}

#[test]
fn whoever_opens_an_installation_without_an_account_reads_what_to_open() {
    let app = TestApp::start_empty(&[]);
    let mut browser = app.browser();
    let page = browser.get("/").follow();
    let words = "There is no account yet, so nobody can sign in. Open the link “Set up” that the server printed";
    assert!(page.text().contains(words), "{}", page.text());
}

#[test]
fn a_store_whose_country_is_not_known_has_the_currency_of_the_organization() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let wrong = browser.get("/settings/organization").submit(&[("currency", "???")]);
    assert_eq!(wrong.status, 422);
    let saved = browser.get("/settings/organization").submit(&[("time_zone", "Asia/Singapore"), ("currency", "SGD")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let kept = saved.follow();
    assert_eq!(kept.attribute("#currency option[selected]", "value").as_deref(), Some("SGD"));
    assert!(steps(&app)[0].ends_with("Done"), "{:?}", steps(&app));
    for (code, zone, currency) in [("nowhere", "UTC", "SGD"), ("manila", "Asia/Manila", "PHP")] {
        add_store_in(&app.database, code, code, zone);
        let stores = app.write(|conn| flashsale::db::stores::all(conn).expect("stores"));
        let store = stores.iter().find(|store| store.code.as_str() == code).expect("the store");
        assert_eq!(store.currency.map(|currency| currency.to_string()).as_deref(), Some(currency), "{code}");
    }
}
