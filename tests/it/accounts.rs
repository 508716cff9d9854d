//! Signing in and out.

use crate::support::{EMAIL, PASSWORD, TestApp};

#[test]
fn whoever_is_not_signed_in_is_sent_to_sign_in_and_then_back() {
    let app = TestApp::start();
    let asked = app.browser().get("/stores");
    assert_eq!((asked.status, asked.location.as_deref()), (303, Some("/sign-in?next=%2Fstores")));
    let entered = asked.follow().submit(&[("email", EMAIL), ("password", PASSWORD)]);
    assert_eq!(entered.location.as_deref(), Some("/stores"));
    assert_eq!(entered.follow().status, 200);
}

#[test]
fn a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words() {
    let app = TestApp::start();
    for (email, password) in [(EMAIL, "another password"), ("nobody@example.com", PASSWORD), ("", "")] {
        let page = app.browser().get("/sign-in").submit(&[("email", email), ("password", password)]);
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert!(page.text().contains("they do not belong together"), "{}", page.text());
        assert_eq!(page.attribute("#email", "value").as_deref(), Some(email), "what was typed is kept");
    }
}

#[test]
fn signing_out_ends_the_session_for_good() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let out = browser.get("/stores").submit_form("header form", &[]);
    assert_eq!(out.location.as_deref(), Some("/sign-in"));
    assert_eq!(browser.get("/stores").status, 303);
}
