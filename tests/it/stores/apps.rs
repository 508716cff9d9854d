//! The settings of the apps at the marketplaces: what is typed, what is refused, and that no secret is shown again.

use crate::{
    scene::read,
    support::{Browser, Page, TestApp},
};
use flashsale::{
    db::stores::apps,
    marketplaces::{lazada, seal::SealKey, shopee},
};
use secrecy::ExposeSecret;

const SECRET: &str = "a secret of the app, nobody else's";
const PATH: &str = "/settings/marketplaces";

const LAZADA_APP: &str = "section[aria-labelledby=lazada] form";
const SHOPEE_APP: &str = "section[aria-labelledby=shopee] form";

fn with_key() -> (TestApp, SealKey, Browser) {
    let key = SealKey::random();
    let text = key.to_base64().expose_secret().to_owned();
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
    let browser = app.signed_in();
    (app, key, browser)
}

fn save_shopee(page: &Page, typed: &[(&str, &str)]) -> Page {
    page.submit_form(SHOPEE_APP, typed)
}

#[test]
fn an_app_is_saved_sealed_and_its_secrets_are_never_shown_again() {
    let (app, key, mut browser) = with_key();
    let page = browser.get(PATH);
    assert_eq!(page.title(), "Marketplaces · flashsale");
    assert_eq!(page.all("main section h2"), ["Lazada", "Shopee"]);
    for address in ["/connect/lazada", "/connect/shopee", "/hook/lazada", "/hook/shopee"] {
        let shown = format!("{}{address}", app.address);
        assert!(page.all("main code").contains(&shown), "{shown}: {:?}", page.all("main code"));
    }
    assert!(page.text().contains("make an OAuth application"), "what Zalora needs: {}", page.text());
    let typed = [("shopee_partner_id", "2001001"), ("shopee_partner_key", SECRET), ("shopee_addresses", "sandbox")];
    let saved = save_shopee(&page, &typed);
    assert_eq!((saved.status, saved.location.as_deref()), (303, Some(PATH)), "{}", saved.text());
    let page = saved.follow();
    assert!(page.text().contains("The Shopee app is saved."), "{}", page.text());
    assert_eq!(page.attribute("#shopee_partner_id", "value").as_deref(), Some("2001001"));
    assert_eq!(page.attribute("input[name=shopee_addresses][checked]", "value").as_deref(), Some("sandbox"));
    assert!(!page.body.contains(SECRET), "{}", page.body);
    let stored = read(&app.database, |conn| apps::find(conn, shopee::KIND)).expect("an app");
    assert!(!stored.app_keys.contains(SECRET) && stored.address.contains("test-stable"), "{stored:?}");
    // What is left empty stays as it is, for the same address.
    let renamed = save_shopee(&page, &[("shopee_partner_id", "2001002")]);
    assert_eq!(renamed.status, 303, "{}", renamed.text());
    let stored = read(&app.database, |conn| apps::find(conn, shopee::KIND)).expect("an app");
    let keys = key.open_app(shopee::KIND, &stored.app_keys).expect("keys");
    assert_eq!((keys.id("partner_id"), keys.value("partner_key").expose_secret()), ("2001002", SECRET));
    // Secrets are only sent to the address that they were entered for.
    let moved = save_shopee(&browser.get(PATH), &[("shopee_addresses", "live")]);
    assert_eq!(moved.status, 422);
    assert_eq!(moved.all(".error-summary a"), ["Enter a Partner key."], "{}", moved.text());
    assert!(read(&app.database, |conn| apps::find(conn, lazada::KIND)).is_none());
}

#[test]
fn what_is_wrong_with_an_app_is_said_at_its_field_and_nothing_is_saved() {
    let (app, _, mut browser) = with_key();
    for (form, typed, error) in [
        (LAZADA_APP, &[][..], "Enter an App key."),
        (LAZADA_APP, &[("lazada_app_key", "1")], "Enter an App secret."),
        (SHOPEE_APP, &[("shopee_partner_id", "x"), ("shopee_partner_key", "k")], "a whole number"),
        (SHOPEE_APP, &[("shopee_addresses", "moon")], "Choose which addresses are used."),
        (LAZADA_APP, &[("lazada_addresses", "sandbox")], "Choose which addresses are used."),
        (LAZADA_APP, &[("lazada_addresses", "other")], "Enter the address of the API."),
        (
            LAZADA_APP,
            &[("lazada_addresses", "other"), ("lazada_address", "http://api.example")],
            "Use an address with https",
        ),
        (
            LAZADA_APP,
            &[("lazada_app_key", ""), ("lazada_app_secret", SECRET)],
            "Enter the App secret again: it was not saved.",
        ),
    ] {
        let refused = browser.get(PATH).submit_form(form, typed);
        assert_eq!(refused.status, 422, "{typed:?}: {}", refused.text());
        assert!(refused.title().starts_with("Error: Marketplaces"), "{}", refused.title());
        let summary = refused.all(".error-summary li").join(" ");
        assert!(summary.contains(error), "{typed:?}: {summary}");
        assert!(!refused.body.contains(SECRET));
    }
    assert_eq!(read(&app.database, apps::all).len(), 0);
}

#[test]
fn without_a_key_of_the_server_no_app_is_saved_and_the_page_says_what_to_set() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get(PATH);
    assert!(page.text().contains("Set FLASHSALE_CREDENTIALS_KEY on the server"), "{}", page.text());
    let refused = page.submit_form(LAZADA_APP, &[("lazada_app_key", "1"), ("lazada_app_secret", SECRET)]);
    assert_eq!(refused.status, 422);
    assert!(refused.all(".error-summary li").join(" ").contains("FLASHSALE_CREDENTIALS_KEY"), "{}", refused.text());
}

#[test]
fn apps_and_connections_are_for_administrators() {
    let (app, _, mut browser) = with_key();
    let password = "twelve twelve sale";
    let added = browser.get("/settings/users");
    added.submit(&[("email", "eve@example.com"), ("password", password), ("role", "staff")]);
    let mut eve = app.browser();
    eve.get("/sign-in").submit(&[("email", "eve@example.com"), ("password", password)]);
    let own = "a password of her own";
    let changed = [("current", password), ("new", own), ("password", own), ("new_password", own)];
    eve.get("/settings/account").submit(&changed);
    for path in [PATH, "/stores/connect", "/stores/connect/x", "/connect/lazada?code=1&state=2"] {
        let page = eve.get(path);
        assert!(page.status == 403 || page.location.as_deref() == Some("/settings/account"), "{path}: {}", page.status);
    }
    let back = app.browser().get("/connect/lazada?code=secret&state=2").location;
    assert_eq!(back.as_deref(), Some("/sign-in?next=%2Fstores%2Fconnect"), "no code is in an address of ours");
}
