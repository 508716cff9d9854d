//! What is typed into the forms of a promotion is kept by every button, and stores that the quantities do not reach are
//! pointed out before and after.

use crate::{
    scene::{LAZADA, SHOPEE, add_sku, add_store_in, article_shop, at, create, sale},
    support::{Browser, EMAIL, PASSWORD, Page, TestApp},
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

/// A shop with 120 products, and the rows of all of them, each with the quantity 2.
fn many() -> (TestApp, Browser, String) {
    let (app, browser) = article_shop();
    let mut rows = String::new();
    for nth in 0..120 {
        add_sku(&app.database, &format!("Many-{nth:03}"), if nth % 2 == 0 { "Even" } else { "Odd" }, 9, &[LAZADA]);
        rows.push_str(&format!("Many-{nth:03},2\n"));
    }
    (app, browser, rows)
}

fn codes(page: &Page) -> Vec<String> {
    page.all("#products tbody th a")
}

#[test]
fn the_products_of_a_draft_have_pages_and_a_search_and_no_button_loses_a_quantity() {
    let (_app, mut browser, rows) = many();
    let step = products(&mut browser);
    let last = step.press("Add rows", &[("rows", &rows)]).follow();
    assert_eq!((codes(&last).len(), codes(&last)[0].as_str()), (20, "Many-100"), "what was added comes last");
    assert!(last.text().contains("Products 101 to 120 of 120."), "{}", last.text());
    let second = last.press("Previous", &[("quantity-101", "7")]).follow();
    assert_eq!((codes(&second)[0].as_str(), second.has_button("Next")), ("Many-050", true));
    let first = second.press("Previous", &[("quantity-51", "8")]).follow();
    assert!(!first.has_button("Previous") && codes(&first)[0] == "Many-000");
    let found = first.press("Find", &[("quantity-1", "5"), ("find", "odd many-11")]).follow();
    assert_eq!(codes(&found), ["Many-111", "Many-113", "Many-115", "Many-117", "Many-119"]);
    let stays = found.press("Update the numbers", &[("quantity-112", "6")]).follow();
    assert_eq!(codes(&stays).len(), 5, "the search stays");
    let picked = stays.press("Search", &[("quantity-114", "4"), ("q", "Product1")]).follow();
    assert_eq!((codes(&picked).len(), picked.attribute("#q", "value").as_deref()), (5, Some("Product1")));
    // The step before, and back: the pages begin again.
    let details = picked.press("Details, done", &[("quantity-116", "3")]);
    assert_eq!(details.location, Some(step.path.replace("products", "details")));
    let again = browser.get(&step.path);
    let review = again.press("Continue", &[]).follow();
    let held = |sku: &str| review.cell(sku, "Quantity");
    let read = ["Many-000", "Many-050", "Many-100", "Many-111", "Many-113", "Many-115", "Many-117"].map(held);
    assert_eq!(read, ["5", "8", "7", "6", "4", "3", "2"]);
}

#[test]
fn what_is_wrong_is_shown_wherever_it_is_in_a_long_list() {
    let (_app, mut browser, rows) = many();
    let step = products(&mut browser);
    let last = step.press("Add rows", &[("rows", &rows)]).follow();
    let first = last.press("Previous", &[("quantity-120", "many")]).follow();
    let refused = first.press("Continue", &[]);
    assert_eq!((refused.status, codes(&refused)), (422, vec!["Many-119".to_owned()]));
    assert_eq!(refused.all(".error-summary a[href='#quantity-120']").len(), 1, "{}", refused.text());
    assert_eq!(quantity(&refused, 120).as_deref(), Some("many"));
    let review = refused.press("Continue", &[("quantity-120", "9")]);
    assert!(review.location.is_some_and(|to| to.ends_with("/review")), "corrected");
}

#[test]
fn the_products_of_a_running_sale_have_pages_and_a_search_in_its_edit() {
    let (app, mut browser, _) = many();
    let codes_of_sale: Vec<String> = (0..120).map(|nth| format!("Many-{nth:03}")).collect();
    let held: Vec<(&str, i64)> = codes_of_sale.iter().map(|code| (code.as_str(), 2)).collect();
    let new = sale(at(0), LAZADA, StockAllocation, &held);
    let path = format!("/promotions/{}", create(&app.database, at(0), &new).expect("2 fit").id);
    let page = browser.get(&format!("{path}/edit"));
    assert_eq!(codes(&page).len(), 50);
    let found = page.press("Find", &[("quantity-3", "5"), ("find", "Many-119")]).follow();
    assert_eq!(codes(&found), ["Many-119"]);
    let all = found.press("Find", &[("quantity-120", "many"), ("find", "")]).follow();
    assert_eq!(codes(&all).len(), 50);
    let refused = all.press("Save changes", &[]);
    assert_eq!((refused.status, codes(&refused)), (422, vec!["Many-119".to_owned()]));
    let saved = refused.press("Save changes", &[("quantity-120", "4")]);
    assert_eq!(saved.location, Some(format!("{path}?notice=changed")), "{}", saved.text());
    let one = browser.get(&format!("{path}?find=Many-119"));
    assert_eq!((codes(&one), one.cell("Many-119", "Held")), (vec!["Many-119".to_owned()], "4".to_owned()));
    assert_eq!(one.attribute("#find", "value").as_deref(), Some("Many-119"));
    let first = browser.get(&path);
    assert_eq!(
        (codes(&first).len(), first.cell("Many-002", "Held"), first.cell("Many-003", "Held")),
        (50, "5".to_owned(), "2".to_owned())
    );
    assert!(
        browser.get(&format!("{path}?find=nothing")).text().contains("No product of this flash sale has “nothing”.")
    );
    // Nothing but the two quantities was changed.
    let history = browser.get(&format!("{path}/history"));
    assert_eq!(history.all("tbody tr").len(), 3, "{}", history.text());
}

#[test]
fn a_part_of_a_long_form_comes_back_after_a_sign_in() {
    let (_app, mut browser, rows) = many();
    let step = products(&mut browser);
    let last = step.press("Add rows", &[("rows", &rows)]).follow();
    browser.get("/").submit_form("header form", &[]);
    let sent = last.press("Continue", &[("quantity-105", "3")]);
    let mut back = sent.follow().submit(&[("email", EMAIL), ("password", PASSWORD)]).follow();
    while back.status == 303 {
        back = back.follow();
    }
    assert_eq!((codes(&back)[0].as_str(), quantity(&back, 105).as_deref()), ("Many-100", Some("3")), "{}", back.text());
}

#[test]
fn a_button_sets_the_end_in_the_zone_of_the_store_and_loses_nothing() {
    let (app, mut browser) = article_shop();
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let typed = [("name", "Tonight"), ("store", LAZADA), ("type", "stock_allocation")];
    let set = |press: &str| details.submit(&[&typed[..], &[("press", press), ("end", "9pm")]].concat()).follow();
    for (press, end) in [
        ("end_2", "2026-11-10T22:00"),
        ("end_6", "2026-11-11T02:00"),
        ("end_24", "2026-11-11T20:00"),
        ("end_today", "2026-11-11T00:00"),
    ] {
        let page = set(press);
        let value = |id: &str| page.attribute(id, "value").unwrap_or_default();
        assert_eq!([value("#name"), value("#end")], ["Tonight", end], "{press}: {}", page.text());
        assert!(page.attribute("#type", "checked").is_some(), "{press}");
    }
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 10)]);
    let path = format!("/promotions/{}", create(&app.database, at(0), &new).expect("10 fit").id);
    let edit = browser.get(&format!("{path}/edit")).press("End of today", &[("quantity-1", "12")]).follow();
    assert_eq!(
        (edit.attribute("#end", "value").as_deref(), quantity(&edit, 1).as_deref()),
        (Some("2026-11-11T00:00"), Some("12"))
    );
    let saved = edit.press("Save changes", &[]);
    assert_eq!(saved.location, Some(format!("{path}?notice=changed")), "{}", saved.text());
}

#[test]
fn an_end_asks_for_the_store_where_the_zone_depends_on_it() {
    let (app, mut browser) = article_shop();
    add_store_in(&app.database, "shop-berlin", "Shop Berlin", "Europe/Berlin");
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let asked = details.submit(&[("press", "end_today"), ("name", "Tonight"), ("end", "")]);
    let words = "Choose the store first: the end is in its time zone.";
    assert_eq!((asked.status, asked.all(".error-summary a[href='#store']")), (422, vec![words.to_owned()]));
    assert_eq!(asked.attribute("#name", "value").as_deref(), Some("Tonight"));
    let set = asked.submit(&[("press", "end_today"), ("name", "Tonight"), ("store", "shop-berlin")]).follow();
    assert_eq!(set.attribute("#end", "value").as_deref(), Some("2026-11-11T00:00"));
}

#[test]
fn the_name_of_a_sale_over_its_edit_takes_what_was_typed_with_it() {
    let (app, mut browser) = article_shop();
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 10)]);
    let path = format!("/promotions/{}", create(&app.database, at(0), &new).expect("10 fit").id);
    let left = browser.get(&format!("{path}/edit")).press(&new.name, &[("quantity-1", "12")]);
    assert_eq!(left.location, Some(format!("{path}?notice=unsaved")), "{}", left.text());
    assert_eq!(quantity(&browser.get(&format!("{path}/edit")), 1).as_deref(), Some("12"));
}
