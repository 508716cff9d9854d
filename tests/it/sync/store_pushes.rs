//! The page of a connected store: how it is doing, what is behind, and its buttons.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, at, stock},
    support::Page,
    sync::pushes::Shop,
};
use chrono::TimeDelta;
use flashsale::domain::stores::failure::{Failure, FailureClass, Lock};

fn tile(page: &Page, label: &str) -> String {
    let (labels, values) = (page.all(".tile dt"), page.all(".tile .tile-value"));
    let at = labels.iter().position(|found| found == label);
    at.map_or_else(|| panic!("no tile {label} in {labels:?}"), |at| values[at].clone())
}

fn rows(page: &Page) -> usize {
    page.all("table tbody tr").len()
}

/// A shop that shows 100 everywhere and should show 50.
fn behind() -> Shop {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    stock(&shop.app.database, at(0), "Product1", 50, 0);
    shop.scan(at(0));
    shop
}

/// Has what is due for a store fail.
fn fail(shop: &Shop, store: &str, failure: Failure) {
    let leased = shop.lease(store, "one", at(0));
    shop.answer(store, at(0), leased, &Err(failure));
}

#[test]
fn a_store_that_is_not_connected_says_so() {
    let (_app, mut browser) = crate::scene::article_shop();
    let page = browser.get("/stores/lazada-sg");
    assert!(page.text().contains("Not connected"), "{}", page.text());
    assert_eq!(page.attribute(".empty a", "href").as_deref(), Some("/stores/lazada-sg/connection"));
}

#[test]
fn a_store_that_shows_what_it_should_has_nothing_behind() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let page = shop.app.signed_in().get("/stores/lazada-sg");
    assert_eq!([tile(&page, "In sync"), tile(&page, "Waiting"), tile(&page, "Units exposed")], ["1", "0", "0"]);
    assert!(page.text().contains("Everything that is mapped is in sync."), "{}", page.text());
    assert!(page.text().contains("Last acknowledged 10 Nov 2026, 20:00"), "{}", page.text());
}

#[test]
fn what_is_behind_is_listed_with_what_stands_in_its_way() {
    let shop = behind();
    let lock = Lock { quantity: Some(60), until: Some(at(3600)) };
    fail(&shop, SHOPEE, Failure::locked("Shopee keeps 60.", lock));
    fail(&shop, ZALORA, Failure::mapping("Zalora knows no product 7."));
    let mut browser = shop.app.signed_in();

    let page = browser.get("/stores/lazada-sg");
    let cell = |page: &Page, column: &str| page.cell("Product1", column);
    let columns =
        ["Should show", "Shows", "State", "Units exposed", "Why not yet", "Next try", "Since (Asia/Singapore)"];
    let expected = ["50", "100", "Waiting", "50", "It is sent next.", "now", "10 Nov 2026, 20:00"];
    assert_eq!(columns.map(|column| cell(&page, column)), expected);
    assert_eq!(["In sync", "Waiting", "Units exposed"].map(|label| tile(&page, label)), ["0", "1", "50"]);

    let page = browser.get("/stores/shopee-sg");
    let why = "lazada has locked 60 for its campaign. It should show 50: 50 units exposed. Until 10 Nov 2026, 21:00.";
    assert_eq!(cell(&page, "Why not yet").to_lowercase(), why.to_lowercase());
    assert_eq!((cell(&page, "State"), cell(&page, "Next try")), ("Blocked".into(), "in 10 seconds".into()));
    assert_eq!(["Waiting", "Blocked"].map(|label| tile(&page, label)), ["0", "1"]);

    let page = browser.get("/stores/zalora-sg");
    assert_eq!(
        (cell(&page, "State"), cell(&page, "Why not yet")),
        ("Refused".into(), "Zalora knows no product 7. Fix its mapping".into())
    );
    let mapping_link = page.attribute("tbody td a[href*='/listings']", "href");
    assert_eq!(mapping_link.as_deref(), Some("/stores/zalora-sg/listings?q=Product1"));
    assert_eq!(["Waiting", "Refused"].map(|label| tile(&page, label)), ["0", "1"]);
    for (state, found) in [("", 1), ("waiting", 0), ("sending", 0), ("refused", 1), ("blocked", 0), ("paused", 0)] {
        assert_eq!(rows(&browser.get(&format!("/stores/zalora-sg?state={state}"))), found, "{state}");
    }

    assert_eq!(shop.lease(LAZADA, "two", at(0)).len(), 1);
    let page = browser.get("/stores/lazada-sg?state=sending");
    assert_eq!((cell(&page, "State"), cell(&page, "Why not yet")), ("Sending".into(), "50 are on the way.".into()));
    assert_eq!(["Waiting", "Sending"].map(|label| tile(&page, label)), ["0", "1"]);
    shop.app.advance(TimeDelta::seconds(20));
    let page = browser.get("/stores/lazada-sg");
    assert_eq!(cell(&page, "State"), "Waiting", "the server that was at it is gone");
    assert_eq!(["Waiting", "Sending"].map(|label| tile(&page, label)), ["1", "0"]);
}

#[test]
fn a_long_list_of_what_is_behind_has_pages() {
    let shop = behind();
    for number in 0..60 {
        add_sku(&shop.app.database, &format!("Tee-{number:02}"), "Tee", 10, &[LAZADA]);
    }
    shop.scan(at(0));
    let mut browser = shop.app.signed_in();
    let first = browser.get("/stores/lazada-sg?state=waiting");
    assert_eq!((rows(&first), tile(&first, "Waiting")), (50, "61".to_owned()));
    assert_eq!(first.cell("Tee-00", "Shows"), "unknown");
    let next = browser.get(&first.attribute("a[rel=next]", "href").expect("a second page"));
    assert_eq!((rows(&next), next.attribute("a[rel=next]", "href")), (11, None));
    let back = browser.get(&next.attribute("a[rel=prev]", "href").expect("a first page"));
    assert_eq!(back.all("tbody th"), first.all("tbody th"));
}

#[test]
fn a_store_is_paused_with_a_reason_and_resumed() {
    let shop = behind();
    let mut browser = shop.app.signed_in();
    let pause = "form[action='/stores/lazada-sg/pause']";
    let refused = browser.get("/stores/lazada-sg").submit_form(pause, &[("reason", " ")]);
    assert_eq!((refused.status, refused.all("#reason-error")), (422, vec!["Error: Enter a reason.".to_owned()]));
    assert!(refused.title().starts_with("Error: "), "{}", refused.title());

    let page = refused.submit_form(pause, &[("reason", "Their warehouse moves")]).follow();
    let said = "ops@example.com paused it on 10 Nov 2026, 20:00: Their warehouse moves.";
    assert!(page.text().contains(said), "{}", page.text());
    assert_eq!((page.cell("Product1", "State"), tile(&page, "Paused")), ("Paused".to_owned(), "1".to_owned()));
    assert_eq!(page.cell("Product1", "Next try"), "when the store is resumed");
    assert!(shop.lease(LAZADA, "one", at(0)).is_empty());

    let page = page.submit_form("form[action='/stores/lazada-sg/resume']", &[]).follow();
    assert_eq!((page.cell("Product1", "State"), tile(&page, "Waiting")), ("Waiting".to_owned(), "1".to_owned()));
    assert_eq!(shop.lease(LAZADA, "one", at(0)).len(), 1);
}

#[test]
fn a_store_whose_credentials_are_refused_says_so() {
    let shop = behind();
    fail(&shop, LAZADA, Failure::new(FailureClass::Credentials, "The token is not known."));
    let page = shop.app.signed_in().get("/stores/lazada-sg");
    let said = "Nothing has been sent since 10 Nov 2026, 20:00. Its credentials were refused: The token is not known.";
    assert!(page.text().contains(said), "{}", page.text());
    assert_eq!(page.cell("Product1", "State"), "Paused");
}

#[test]
fn a_store_that_is_left_alone_is_tried_at_once_when_somebody_asks() {
    let shop = behind();
    fail(&shop, LAZADA, Failure::new(FailureClass::Throttled, "Lazada answered with the status 429."));
    let mut browser = shop.app.signed_in();
    let page = browser.get("/stores/lazada-sg");
    let said =
        "Too many requests: Lazada answered with the status 429. 1 request failed in a row. Retrying in 10 seconds.";
    assert!(page.text().contains(said), "{}", page.text());
    assert_eq!(page.cell("Product1", "Next try"), "in 10 seconds");
    assert!(shop.lease(LAZADA, "two", at(0)).is_empty());
    let page = page.submit_form("form[action='/stores/lazada-sg/push']", &[]).follow();
    assert!(!page.text().contains("429. 1 request"), "{}", page.text());
    assert_eq!(shop.lease(LAZADA, "two", at(0)).len(), 1);
    // A page that was left open, and the store was paused meanwhile.
    let store = crate::scene::store_code(LAZADA);
    shop.app.write(|conn| {
        flashsale::actions::stores::pause_store::pause(conn, &crate::scene::cause(at(0)), &store).is_ok()
    });
    let late = page.submit_form("form[action='/stores/lazada-sg/push']", &[]).follow();
    assert!(late.text().contains("Nothing is sent: the store is paused. Resume it first."), "{}", late.text());
}

#[test]
fn the_buttons_of_a_store_that_is_not_connected_do_nothing() {
    let (_app, mut browser) = crate::scene::article_shop();
    let token = browser.get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token");
    for button in ["pause", "resume", "push"] {
        let form = [("csrf_token", token.as_str()), ("reason", "Because")];
        let answer = browser.post(&format!("/stores/lazada-sg/{button}"), &form);
        assert_eq!(answer.location.as_deref(), Some("/stores/lazada-sg"), "{button}");
    }
}
