//! Stores, as staff add them.

use crate::{
    scene::{LAZADA, SHOPEE, article_shop, at, create, sale},
    support::TestApp,
};
use chrono::TimeDelta;
use flashsale::domain::promotions::promotion::FlashSaleType::StockAllocation;

#[test]
fn a_store_that_is_added_is_in_the_list() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let form =
        [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];
    let added = browser.get("/stores/new").submit(&form);
    assert_eq!(added.location.as_deref(), Some("/stores?added=lazada-sg"), "{}", added.text());
    let list = added.follow();
    assert!(list.text().contains("Lazada SG is added. Connect it to its marketplace"), "{}", list.text());
    assert_eq!(
        ["Time zone", "Pushing"].map(|column| list.cell("Lazada SG", column)),
        ["Asia/Singapore", "Not connected"]
    );
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

#[test]
fn a_store_has_a_page_with_its_running_flash_sales() {
    let (app, mut browser) = article_shop();
    let page = browser.get("/stores/lazada-sg");
    assert_eq!(page.all("h1"), ["Lazada SG"]);
    assert!(page.text().contains("This store has no running flash sale"), "{}", page.text());
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockAllocation, &[("Product1", 5)])).expect("5 fit");
    let page = browser.get("/stores/lazada-sg");
    let cell = |column| page.cell("11.11 lazada-sg", column);
    assert_eq!(["Ends in", "Held", "Sold", "Remaining"].map(cell), ["1 hour", "60", "0", "60"]);
    assert_eq!(cell("End"), "10 Nov 2026, 21:00 Asia/Singapore");
    assert!(!page.text().contains("11.11 shopee-sg"), "{}", page.text());
    let catalogue = browser.get(&page.attribute(".page-header a", "href").expect("a link"));
    assert_eq!(catalogue.attribute("#store option[selected]", "value").as_deref(), Some(LAZADA));
    app.advance(TimeDelta::hours(1));
    assert!(browser.get("/stores/lazada-sg").text().contains("This store has no running flash sale"));
}

#[test]
fn a_store_is_edited_and_keeps_its_code() {
    let (_app, mut browser) = article_shop();
    let form = browser.get("/stores/lazada-sg/edit");
    assert_eq!(form.attribute("#time_zone", "value").as_deref(), Some("Asia/Singapore"));
    let saved = form.submit(&[
        ("name", "Lazada MY"),
        ("time_zone", "asia/kuala_lumpur"),
        ("code", "another"),
        ("marketplace", "L"),
    ]);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg"), "{}", saved.text());
    let list = browser.get("/stores");
    let cell = |column| list.cell("Lazada MY", column);
    assert_eq!(["Code", "Marketplace", "Time zone"].map(cell), ["lazada-sg", "L", "Asia/Kuala_Lumpur"]);
}

#[test]
fn two_stores_are_not_called_the_same() {
    let (_app, mut browser) = article_shop();
    let words = "Choose another store name: the store “lazada-sg” is already called Lazada SG.";
    let added = browser.get("/stores/new").submit(&[
        ("name", " LAZADA sg "),
        ("code", "lazada-2"),
        ("marketplace", "Lazada"),
        ("time_zone", "Asia/Singapore"),
    ]);
    assert_eq!((added.status, added.all("#name-error")), (422, vec![format!("Error: {words}")]));
    assert_eq!(added.attribute("#code", "value").as_deref(), Some("lazada-2"), "what was typed is kept");
    let edited = browser.get("/stores/shopee-sg/edit").submit(&[("name", "lazada SG")]);
    assert_eq!((edited.status, edited.all("#name-error")), (422, vec![format!("Error: {words}")]));
    let own = browser.get("/stores/lazada-sg/edit").submit(&[("name", "LAZADA SG")]);
    assert_eq!(own.status, 303, "a store may be called as it is: {}", own.text());
}

#[test]
fn whatever_is_typed_into_the_forms_of_a_store_is_answered_with_what_to_do() {
    let (_app, mut browser) = article_shop();
    let long = "x".repeat(81);
    for (typed, refusals) in [("", 4), ("a\0b", 4), ("\u{202E}x", 4), ("🎉", 2), (&long, 4), ("<b>'; --", 2)] {
        let form = [("name", typed), ("code", typed), ("marketplace", typed), ("time_zone", typed)];
        for (path, refusals) in [("/stores/new", refusals), ("/stores/lazada-sg/edit", refusals - 1)] {
            let page = browser.get(path).submit(&form);
            assert_eq!((page.status, page.all(".error-summary li").len()), (422, refusals), "{path} {typed:?}");
            assert!(page.title().starts_with("Error: "), "{}", page.title());
            if !typed.contains('\0') {
                assert_eq!(page.attribute("#name", "value").as_deref(), Some(typed), "what was typed is kept");
            }
        }
    }
}

#[test]
fn a_store_that_does_not_exist_has_no_page() {
    let (_app, mut browser) = article_shop();
    let token = browser.get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token");
    for path in ["/stores/nothing", "/stores/%00", "/stores/Lazada%20SG", "/stores/nothing/edit"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    let typed = [("csrf_token", token.as_str()), ("name", "A"), ("marketplace", "A"), ("time_zone", "UTC")];
    assert_eq!(browser.post("/stores/nothing/edit", &typed).status, 404);
    let store = [("code", "new"), ("name", "New"), ("marketplace", "A"), ("time_zone", "UTC")];
    browser.get("/stores/new").submit(&store);
    let link = browser.get("/stores").attribute("tbody tr:nth-child(2) a", "href").expect("a link");
    assert_eq!((link.as_str(), browser.get(&link).all("h1")), ("/stores/~new", vec!["New".to_owned()]));
}
