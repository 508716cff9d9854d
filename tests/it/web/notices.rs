//! What a form has done is said once, on the page that its answer leads to; and error pages have the menu.

use crate::{
    scene::{LAZADA, add_sku, article_shop, at, create, sale},
    support::{Browser, Page},
};
use flashsale::domain::promotions::promotion::FlashSaleType::StockAllocation;

fn notice(page: &Page) -> String {
    page.all("[role=status] p").join(" ")
}

/// The notice of the page that `sent` leads to, which is not there when that page is reloaded.
fn said_once(browser: &mut Browser, sent: &Page) -> String {
    assert_eq!(sent.status, 303, "{}", sent.text());
    let page = sent.follow();
    assert_eq!(page.status, 200, "{}", page.path);
    let said = notice(&page);
    let again = browser.get(&page.path);
    assert_eq!((again.status, notice(&again)), (200, String::new()), "{}: a reload says nothing", page.path);
    said
}

/// A page, what is typed into its form, and what the next page says.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

#[test]
fn what_a_form_has_done_is_said_once() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "Spare", "Spare", 5, &[]);
    let cases: [Case; 10] = [
        (
            "/catalogue/Product1/stocktake",
            &[("counted", "97"), ("reason", "yearly")],
            "Recorded: on hand is 97 now, and was 100 before.",
        ),
        (
            "/catalogue/Product1/adjust",
            &[("change", "3"), ("reason", "received")],
            "Recorded: on hand is 100 now, and was 97 before.",
        ),
        ("/catalogue/Product1/edit", &[("name", "Product One")], "The SKU is saved."),
        ("/catalogue/Spare/rename", &[("code", "Spare2")], "Renamed: it was Spare before."),
        ("/catalogue/Spare2/archive", &[], "The SKU is archived."),
        ("/catalogue/Spare2", &[], "The SKU is back in the catalogue."),
        ("/catalogue/new", &[("code", "New"), ("name", "New"), ("on_hand", "1")], "The SKU is added."),
        ("/stores/zalora-sg/edit", &[("name", "Zalora One")], "The store is saved."),
        ("/stores/zalora-sg/rename", &[("code", "zalora-one")], "Renamed: it was zalora-sg before."),
        ("/settings/organization", &[], "The organization was saved."),
    ];
    for (page, typed, words) in cases {
        let sent = browser.get(page).submit(typed);
        assert_eq!(said_once(&mut browser, &sent), words, "{page}");
    }
}

#[test]
fn a_draft_says_what_became_of_its_products() {
    let (_app, mut browser) = article_shop();
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let typed = [("name", "11.11"), ("type", "stock_allocation"), ("store", LAZADA), ("end", "2026-11-11T04:00")];
    let step = details.submit(&typed).follow();
    let added = step.press("Add", &[("add", "Product1")]);
    assert_eq!(said_once(&mut browser, &added), "Added: 1 product. Enter a quantity for each.");
    let rows = browser.get(&step.path).press("Add rows", &[("rows", "Product1,9")]);
    assert_eq!(said_once(&mut browser, &rows), "Added, or given the quantity of the rows: 1 product.");
    let removed = browser.get(&step.path).press("Remove Product1", &[]);
    assert_eq!(said_once(&mut browser, &removed), "Removed: 1 product.");
    let left = browser.get(&step.path).press("Leave as a draft", &[]);
    assert!(said_once(&mut browser, &left).starts_with("The draft is saved"));
    let discarded = browser.get(&details.path).submit_form("form[action$='/discard']", &[]);
    assert!(!said_once(&mut browser, &discarded).is_empty());
}

#[test]
fn nobody_is_told_of_something_that_was_not_done() {
    let (app, mut browser) = article_shop();
    for path in ["/orders?shipped=99", "/settings/organization?notice=saved", "/stores/lazada-sg?notice=connected"] {
        assert_eq!(notice(&browser.get(path)), "", "{path}");
    }
    // The notice of one form is not that of another page, and it waits for its own.
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 10)]);
    let id = create(&app.database, at(0), &new).expect("10 fit").id;
    let ended = browser.get(&format!("/promotions/{id}/end")).submit(&[]);
    assert_eq!(ended.location, Some(format!("/promotions/{id}?notice=ended")));
    assert_eq!(notice(&browser.get("/promotions")), "");
    assert!(said_once(&mut browser, &ended).starts_with("The flash sale has ended."));
}

#[test]
fn error_pages_have_the_menu_of_who_is_signed_in() {
    let (app, mut browser) = article_shop();
    let menu = browser.get("/").all("nav[aria-label=Main] a");
    assert_eq!(menu.len(), 8);
    let not_found = [
        "/nothing",
        "/orders/lazada-sg/NOPE",
        "/catalogue/NOPE",
        "/promotions/drafts/01980000-0000-7000-8000-000000000000/details",
    ];
    for path in not_found {
        let page = browser.get(path);
        assert_eq!((page.status, page.all("nav[aria-label=Main] a")), (404, menu.clone()), "{path}");
    }
    let without_token = browser.post("/stores", &[("name", "X")]);
    assert_eq!((without_token.status, without_token.all("nav[aria-label=Main] a")), (403, menu.clone()));
    let foreign = browser.post_with("/stores", &[("Sec-Fetch-Site", "cross-site")], &[("name", "X")]);
    assert_eq!((foreign.status, foreign.all("nav[aria-label=Main] a")), (403, menu.clone()));
    let too_large = "x".repeat(2 << 20);
    let large = browser.post("/stores", &[("name", &too_large)]);
    assert_eq!((large.status, large.all("nav[aria-label=Main] a")), (413, menu));
    // The way out works there too, and nobody else has a menu.
    let out = browser.get("/nothing").submit_form("header form", &[]);
    assert_eq!(out.location.as_deref(), Some("/sign-in"));
    assert!(app.browser().get("/nothing").all("nav[aria-label=Main] a").is_empty());
}
