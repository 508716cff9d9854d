//! Stores, as staff add them.

use crate::{
    scene::{LAZADA, SHOPEE, article_shop, at, create, sale, store_code},
    seller::{STORES, Seller},
    support::{Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    db::stores::pulls::{self, Pull},
    domain::{moment::Moment, promotions::promotion::FlashSaleType::StockAllocation},
};

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

#[test]
fn the_list_says_up_to_when_the_orders_of_each_store_are_read_and_which_lag() {
    let seller = Seller::open_with_pages(0);
    let mut browser = seller.app.signed_in();
    let complete = |store: &str, until: Option<Moment>| {
        seller.app.write(|conn| {
            let pull = pulls::lock_or_begin(conn, &store_code(store), at(0)).expect("a row");
            pulls::update(conn, &Pull { complete_until: until, ..pull }).expect("saved");
        });
    };
    let orders = |page: &Page| STORES.map(|(store, _)| page.cell(store, "Orders"));
    assert_eq!(orders(&browser.get("/stores")), ["Not read yet", "Not read yet", "Not read yet", "Not read"]);
    complete("lazada-sg", Some(at(200)));
    complete("shopee-sg", None);
    seller.app.advance(TimeDelta::seconds(541));
    let page = browser.get("/stores");
    assert_eq!(orders(&page), ["Up to 20:03:20", "Lagging Not read yet", "Not read yet", "Not read"]);
    assert_eq!(page.attribute("form.filters", "action").as_deref(), Some("/stores"));
    let lagging = browser.get("/stores?orders=lagging");
    assert_eq!(
        (lagging.all("tbody th"), lagging.all("option[selected]")),
        (vec!["shopee-sg".into()], vec!["Lagging".into()])
    );
    for nonsense in ["late", "%00", "%3Cscript%3E", ""] {
        assert_eq!(browser.get(&format!("/stores?orders={nonsense}")).all("tbody th").len(), 4, "{nonsense}");
    }
    let dashboard = browser.get("/");
    assert_eq!(dashboard.all("a[href='/stores?orders=lagging']"), ["Stores that lag"]);
    assert_eq!(dashboard.cell("shopee-sg", "Complete up to"), "Not read yet");
    assert!(browser.get("/stores/shopee-sg").text().contains("Orders are read later than they should be."));
    complete("shopee-sg", Some(seller.app.now()));
    let none = browser.get("/stores?orders=lagging");
    assert!(none.text().contains("No store lags"), "{}", none.text());
    seller.app.advance(TimeDelta::days(1));
    let page = browser.get("/stores");
    assert_eq!(page.cell("shopee-sg", "Orders"), "Lagging Up to 10 Nov 2026, 20:09:01");
}

#[test]
fn the_orders_of_a_store_with_a_running_sale_lag_sooner() {
    let seller = Seller::open_with_pages(1);
    let mut browser = seller.app.signed_in();
    for store in ["lazada-sg", "shopee-sg"] {
        seller.app.write(|conn| drop(pulls::lock_or_begin(conn, &store_code(store), at(0)).expect("a row")));
    }
    create(&seller.app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product-0", 60)])).expect("60 fit");
    seller.app.advance(TimeDelta::seconds(61));
    assert_eq!(browser.get("/stores?orders=lagging").all("tbody th"), ["lazada-sg"]);
}
