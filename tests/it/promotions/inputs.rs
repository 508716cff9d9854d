//! What is typed into the forms of a promotion is kept by every button, and stores that the quantities do not reach are
//! pointed out before and after.

use crate::{
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, create, sale},
    support::{Browser, Page},
};
use flashsale::domain::promotions::promotion::FlashSaleType::StockAllocation;

const DETAILS: [(&str, &str); 4] =
    [("name", "11.11"), ("type", "stock_allocation"), ("store", LAZADA), ("end", "2026-11-11T04:00")];

/// The products step of a new draft for Lazada SG.
fn products(browser: &mut Browser) -> Page {
    browser.get("/promotions/new").submit(&[]).follow().submit(&DETAILS).follow()
}

fn quantity(page: &Page, nth: usize) -> Option<String> {
    page.attribute(&format!("#quantity-{nth}"), "value")
}

#[test]
fn what_is_ticked_is_added_by_every_button() {
    let (app, mut browser) = article_shop();
    add_sku(&app.database, "Product2", "Product 2", 50, &[LAZADA]);
    for press in ["continue", "search", "save", "rows", "", "back", "leave"] {
        let page = products(&mut browser);
        let ticked = [("press", press), ("add", "Product1"), ("add", "Product2"), ("rows", "Product1,7"), ("q", "2")];
        let sent = page.submit(&ticked);
        let again = browser.get(&page.path);
        let both = [quantity(&again, 1), quantity(&again, 2)];
        assert_eq!(both, [Some("7".to_owned()), Some(String::new())], "{press}: {}", sent.text());
        // The quantity of the second is missing: Continue says so at its field.
        let status = if press == "continue" { 422 } else { 303 };
        assert_eq!(sent.status, status, "{press}: {}", sent.text());
        if press == "continue" {
            assert_eq!(sent.all(".error-summary a[href='#quantity-2']").len(), 1, "{}", sent.text());
        }
    }
}

#[test]
fn rows_with_an_error_stay_whichever_button_is_pressed() {
    let (_app, mut browser) = article_shop();
    let page = products(&mut browser);
    for press in ["continue", "search", "save", "leave", "back", "rows"] {
        let sent = page.submit(&[("press", press), ("add", "Product1"), ("rows", "Product1,many")]);
        assert_eq!((sent.status, sent.all("textarea#rows")), (422, vec!["Product1,many".to_owned()]), "{press}");
        assert!(sent.title().starts_with("Error: "), "{press}: {}", sent.title());
    }
}

#[test]
fn leaving_a_step_keeps_what_was_typed_on_it() {
    let (_app, mut browser) = article_shop();
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let left = details.submit(&[("press", "leave"), ("name", "Tonight"), ("end", "9pm")]);
    assert_eq!(left.location.as_deref(), Some("/promotions"));
    let resumed = browser.get(&details.path);
    assert_eq!(resumed.attribute("#name", "value").as_deref(), Some("Tonight"));
    assert_eq!(resumed.attribute("#end", "value").as_deref(), Some("9pm"));
    assert_eq!(resumed.attribute("#end", "type").as_deref(), Some("text"), "a browser would empty a field for times");
    let page = resumed.submit(&DETAILS).follow();
    let added = page.submit(&[("press", "add"), ("add", "Product1")]).follow();
    let back = added.submit(&[("press", "back"), ("quantity", "70")]);
    assert!(back.location.as_deref().is_some_and(|to| to.ends_with("/details")), "{:?}", back.location);
    assert_eq!(quantity(&browser.get(&page.path), 1).as_deref(), Some("70"));
}

#[test]
fn an_edit_takes_ticks_and_rows_with_every_button() {
    let (app, mut browser) = article_shop();
    for code in ["Product2", "Product3"] {
        add_sku(&app.database, code, code, 50, &[LAZADA]);
    }
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 10)]);
    let path = format!("/promotions/{}", create(&app.database, at(0), &new).expect("10 fit").id);
    let page = browser.get(&format!("{path}/edit"));
    let sent = page.submit(&[("press", "save"), ("add", "Product2"), ("rows", "Product3,5")]);
    assert_eq!(sent.status, 422, "a quantity is missing: {}", sent.text());
    assert_eq!(sent.all("#products tbody th a"), ["Product1", "Product2", "Product3"]);
    let typed = [("quantity-1", "10"), ("quantity-2", "20"), ("quantity-3", "5"), ("q", "")];
    let left = sent.submit_typed("main form", &[&typed[..], &[]].concat());
    assert_eq!(left.status, 303, "Enter: {}", left.text());
    let saved = browser.get(&format!("{path}/edit")).submit(&[("press", "leave")]);
    assert_eq!(saved.location, Some(format!("{path}?notice=unsaved")));
    assert_eq!(quantity(&browser.get(&format!("{path}/edit")), 2).as_deref(), Some("20"));
    let other = browser.get("/promotions").path;
    assert_eq!(other, "/promotions");
}

#[test]
fn leaving_an_edit_in_which_nothing_was_typed_leaves_no_edit() {
    let (app, mut browser) = article_shop();
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 10)]);
    let path = format!("/promotions/{}", create(&app.database, at(0), &new).expect("10 fit").id);
    let left = browser.get(&format!("{path}/edit")).submit(&[("press", "leave")]);
    assert_eq!(left.location.as_deref(), Some(path.as_str()));
    assert!(!browser.get(&format!("{path}/edit")).text().contains("not saved yet"));
}

#[test]
fn one_button_removes_what_has_nothing_and_one_lowers_what_has_too_little() {
    let (app, mut browser) = article_shop();
    for (code, on_hand) in [("None1", 0), ("None2", 0), ("Few1", 3), ("Few2", 4)] {
        add_sku(&app.database, code, code, on_hand, &[LAZADA]);
    }
    let page = products(&mut browser);
    let rows = "Product1,10\nNone1,5\nNone2,5\nFew1,9\nFew2,9";
    let refused = page.submit(&[("press", "continue"), ("rows", rows)]);
    assert_eq!((refused.status, refused.all(".error-summary li").len()), (422, 4), "{}", refused.text());
    let buttons = refused.all("button[name=press]");
    for words in ["Remove the 2 that have nothing", "Lower 2 to what is available"] {
        assert!(buttons.contains(&words.to_owned()), "{buttons:?}");
    }
    let held = |page: &Page| page.all("#products tbody th a");
    let press = |page: &Page, press: &str| {
        let mut typed: Vec<(&str, &str)> = vec![("press", press)];
        let quantities = page.all_attributes("#products input[name=quantity]", "value");
        typed.extend(quantities.iter().map(|quantity| ("quantity", quantity.as_str())));
        page.submit(&typed).follow()
    };
    let fewer = press(&refused, "remove_empty");
    assert_eq!(held(&fewer), ["Product1", "Few1", "Few2"]);
    let lowered = press(&fewer, "lower");
    assert_eq!([1, 2, 3].map(|nth| quantity(&lowered, nth).unwrap_or_default()), ["10", "3", "4"]);
    let replaced = lowered.submit(&[("press", "replace"), ("rows", "Few2,1\nProduct1,2")]).follow();
    assert_eq!(held(&replaced), ["Product1", "Few2"]);
    let unknown = replaced.submit(&[("press", "replace"), ("rows", "Nope,1")]);
    assert_eq!((unknown.status, held(&unknown)), (422, vec!["Product1".to_owned(), "Few2".to_owned()]));
}

#[test]
fn a_store_that_is_not_connected_is_pointed_out_before_and_after_with_the_quantities_to_type() {
    let (_app, mut browser) = article_shop();
    let added = products(&mut browser).submit(&[("press", "add"), ("add", "Product1")]).follow();
    let review = added.submit(&[("press", "continue"), ("quantity", "60")]).follow();
    let words = "Lazada SG is not connected: type these quantities there yourself, or connect it.";
    let is_warned = |page: &Page| page.all(".callout-warning p")[0].starts_with(words);
    assert!(is_warned(&review), "{}", review.text());
    assert!(review.text().contains("Shopee SG is not connected"), "{}", review.text());
    assert!(review.text().contains("What each store should show, before and after"), "{}", review.text());
    let file = browser.get(&review.attribute("a[download]", "href").expect("a file")).body;
    let rows: Vec<&str> = file.lines().collect();
    assert_eq!(
        rows,
        [
            "store,sku,seller_sku,name,quantity",
            "lazada-sg,Product1,Product1,Product 1,60",
            "shopee-sg,Product1,Product1,Product 1,40",
            "zalora-sg,Product1,Product1,Product 1,40",
        ]
    );
    let confirmation = review.submit(&[]).follow();
    assert!(is_warned(&confirmation), "{}", confirmation.text());
    let promotion = browser.get(&confirmation.path.replace("/confirmation", ""));
    assert!(is_warned(&promotion), "{}", promotion.text());
    assert_eq!(promotion.cell("Product1", "Lazada SG should show"), "60");
    assert_eq!(promotion.cell("Product1", "Lazada SG shows"), "not connected");
    assert_eq!(browser.get(&format!("{}/quantities.csv", promotion.path)).body, file);
    let dashboard = browser.get("/");
    let at = dashboard.all(".tile dt").iter().position(|label| label == "Stores not connected").expect("a tile");
    assert_eq!(dashboard.all(".tile-value")[at], "3");
}

#[test]
fn a_paused_store_and_one_that_takes_a_file_are_pointed_out() {
    let (_app, mut browser) = article_shop();
    browser.get("/stores/lazada-sg/connection?kind=file").submit(&[]);
    let added = products(&mut browser).submit(&[("press", "add"), ("add", "Product1")]).follow();
    let review = added.submit(&[("press", "continue"), ("quantity", "60")]).follow();
    let words = "Lazada SG takes its quantities as a file: download them, and upload them there.";
    assert!(review.text().contains(words), "{}", review.text());
    assert!(review.text().contains(SHOPEE) || review.text().contains("Shopee SG is not connected"));
}

#[test]
fn a_sale_of_more_than_a_month_is_pointed_out() {
    let (_app, mut browser) = article_shop();
    for (end, is_long) in [("2026-12-10T20:00", false), ("2027-01-10T20:00", true)] {
        let details = browser.get("/promotions/new").submit(&[]).follow();
        let typed = [("name", "Long"), ("type", "stock_allocation"), ("store", LAZADA), ("end", end)];
        let added = details.submit(&typed).follow().submit(&[("press", "add"), ("add", "Product1")]).follow();
        let review = added.submit(&[("press", "continue"), ("quantity", "6")]).follow();
        assert_eq!(review.text().contains("Change the end if that is a slip."), is_long, "{end}: {}", review.text());
    }
}
