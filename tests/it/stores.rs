//! Stores, as staff add them.

use crate::support::TestApp;

#[test]
fn a_store_that_is_added_is_in_the_list() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let form =
        [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];
    let added = browser.get("/stores/new").submit(&form);
    assert_eq!(added.location.as_deref(), Some("/stores"), "{}", added.text());
    assert_eq!(added.follow().cell("Lazada SG", "Time zone"), "Asia/Singapore");
    let again = browser.get("/stores/new").submit(&form);
    assert_eq!(again.status, 422);
    assert!(again.text().contains("“lazada-sg” is taken"), "{}", again.text());
}

#[test]
fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let form =
        [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];
    assert_eq!(browser.post("/stores", &form).status, 403);
    let foreign = app.signed_in().get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token");
    assert_eq!(browser.get("/stores/new").submit(&[("csrf_token", &foreign)]).status, 403);
    assert!(browser.get("/stores").text().contains("No stores yet"));
}
