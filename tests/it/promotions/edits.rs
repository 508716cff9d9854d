//! The page on which a running sale is edited, its history, and its duplicate, as staff use them.

use crate::{
    scene::{LAZADA, SHOPEE, add_sku, article_shop, assert_every_hold_fitted, assert_verified, create, sale},
    support::{Browser, EMAIL, PASSWORD, Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    actions::staff::add_user,
    domain::{promotions::promotion::FlashSaleType::StockAllocation, staff::account::Email},
    jobs::archive_ended_holds,
    web::passwords,
};

const COLLEAGUE: &str = "ann@example.com";

/// The article's shop with Product2 as well, and a sale of Lazada that holds 60 of Product1 until 21:00 in Singapore.
fn shop() -> (TestApp, Browser, String) {
    let (app, browser) = article_shop();
    add_sku(&app.database, "Product2", "Product 2", 100, &[LAZADA, SHOPEE]);
    let new = sale(app.now(), LAZADA, StockAllocation, &[("Product1", 60)]);
    let id = create(&app.database, app.now(), &new).expect("60 of 100 fit").id;
    (app, browser, format!("/promotions/{id}"))
}

/// A browser in which another member of staff is signed in.
fn colleague(app: &TestApp) -> Browser {
    let (email, hash) = (Email::parse(COLLEAGUE).expect("an address"), passwords::hash(PASSWORD));
    app.write(|conn| add_user::run(conn, &email, &hash, app.now()).expect("a colleague"));
    let mut browser = app.browser();
    assert_eq!(browser.get("/sign-in").submit(&[("email", COLLEAGUE), ("password", PASSWORD)]).status, 303);
    browser
}

fn edit(browser: &mut Browser, path: &str) -> Page {
    browser.get(&format!("{path}/edit"))
}

fn save(page: &Page, typed: &[(&str, &str)]) -> Page {
    page.submit(&[&[("press", "save")], typed].concat())
}

/// The page after a save that was accepted.
#[track_caller]
fn saved(page: &Page, typed: &[(&str, &str)]) -> Page {
    let sent = save(page, typed);
    assert_eq!(sent.status, 303, "{}", sent.text());
    sent.follow()
}

/// What is wrong with a form that was refused.
#[track_caller]
fn problems(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.title().starts_with("Error: "), "{}", page.title());
    page.all(".error-summary li")
}

fn check(app: &TestApp) {
    assert_verified(&app.database, app.now());
    assert_every_hold_fitted(&app.database);
}

#[test]
fn a_running_sale_is_renamed_moved_and_given_more_in_one_go() {
    let (app, mut browser, path) = shop();
    assert_eq!(browser.get(&path).attribute("a[href$='/edit']", "href"), Some(format!("{path}/edit")));
    let page = edit(&mut browser, &path);
    assert_eq!(page.attribute("#name", "value").as_deref(), Some("11.11 lazada-sg"));
    assert_eq!(page.attribute("#end", "value").as_deref(), Some("2026-11-10T21:00"));
    assert_eq!(page.all("#end-suffix"), ["Asia/Singapore"]);
    for (column, number) in [("Held", "60"), ("Sold", "0"), ("Remaining", "60"), ("Available now", "40")] {
        assert_eq!(page.cell("Product1", column), number, "{column}");
    }
    let after = saved(&page, &[("name", "12.12"), ("end", "2026-11-10T23:30"), ("quantity", "75")]);
    assert!(after.all("h1").contains(&"12.12".to_owned()), "{}", after.text());
    assert!(after.text().contains("10 Nov 2026, 23:30") && after.text().contains("The changes are saved"));
    assert_eq!(after.cell("Product1", "Held"), "75");
    assert_eq!(browser.get("/catalogue").cell("Product1", "Shopee SG"), "25");
    check(&app);
}

#[test]
fn what_does_not_fit_comes_back_with_the_numbers_and_nothing_is_half_done() {
    let (app, mut browser, path) = shop();
    let page = edit(&mut browser, &path);
    for (name, typed, words) in [
        ("quantity", "101", "Product1: Enter 100 or less: 40 more are available now."),
        ("quantity", "0", "Product1: Enter 1 or more."),
        ("quantity", "six", "Product1: Enter a whole number in digits, 1 or more."),
        ("name", " ", "Enter a promotion name."),
        ("end", "", "Enter the end: a date and a time."),
        (
            "end",
            "2026-11-10T20:00",
            "Set the end to a time that is still to come. It is 10 Nov 2026, 20:00 in Asia/Singapore. To end it at \
             once, press End now on its page.",
        ),
    ] {
        // Another change that would be fine alone.
        let fine = if name == "name" { ("end", "2026-11-10T22:00") } else { ("name", "12.12") };
        let refused = save(&edit(&mut browser, &path), &[(name, typed), fine]);
        assert_eq!(problems(&refused), [words], "{name}={typed:?}");
        let input = if name == "quantity" { "#quantity-1".to_owned() } else { format!("#{name}") };
        assert_eq!(refused.attribute(&input, "value").as_deref(), Some(typed), "what was typed is kept");
        assert!(refused.attribute(&input, "aria-invalid").is_some(), "{name}={typed:?}");
        browser.post(&format!("{path}/edit/discard"), &[("csrf_token", &csrf(&page))]);
    }
    let now = browser.get(&path);
    assert_eq!((now.all("h1"), now.cell("Product1", "Held")), (vec!["11.11 lazada-sg".to_owned()], "60".to_owned()));
    assert_eq!(now.all("[aria-label=History] tbody tr").len(), 1, "{}", now.text());
    check(&app);
}

fn csrf(page: &Page) -> String {
    page.attribute("main form input[name=csrf_token]", "value").expect("a token")
}

#[test]
fn products_are_searched_added_removed_and_kept_before_anything_is_saved() {
    let (app, mut browser, path) = shop();
    let found = edit(&mut browser, &path).submit(&[("press", "search"), ("q", "Product2")]).follow();
    let added = found.submit(&[("press", "add"), ("add", "Product2"), ("name", "12.12")]).follow();
    assert_eq!(added.attribute("#name", "value").as_deref(), Some("12.12"), "what was typed beside it stays");
    assert_eq!(problems(&save(&added, &[])), ["Product2: Enter a whole number, 1 or more."]);
    let typed = added.submit(&[("press", "rows"), ("rows", "Product2,30")]).follow();
    assert_eq!(typed.cell("Product2", "This store will show"), "30");
    assert_eq!(typed.cell("Product2", "Other stores will show"), "70");
    let removed = typed.submit(&[("remove", "Product1")]).follow();
    assert!(removed.cell("Product1", "Quantity").contains("to be removed"), "{}", removed.text());
    assert_eq!(removed.cell("Product1", "Other stores will show"), "100");
    let kept = removed.submit(&[("keep", "Product1")]).follow();
    assert_eq!(kept.attribute("#quantity-1", "value").as_deref(), Some("60"));
    assert_eq!(browser.get(&path).all("section tbody tr th a"), ["Product1"], "nothing is saved yet");
    let after = saved(&kept.submit(&[("remove", "Product1")]).follow(), &[]);
    assert_eq!(after.cell("Product2", "Held"), "30");
    assert_eq!(browser.get("/catalogue").cell("Product1", "Shopee SG"), "100");
    check(&app);
    let nothing = edit(&mut browser, &path).submit(&[("remove", "Product2")]).follow();
    let words = "Keep at least one product, or end the flash sale instead.";
    assert_eq!(problems(&save(&nothing, &[])), [words]);
}

#[test]
fn rows_of_unknown_products_add_nothing() {
    let (_app, mut browser, path) = shop();
    let refused = edit(&mut browser, &path).submit(&[("press", "rows"), ("rows", "Product2,5\nProduct9,5")]);
    assert_eq!(problems(&refused), ["Choose a SKU from the catalogue: there is no “Product9”."]);
    assert_eq!(refused.all("textarea#rows"), ["Product2,5 Product9,5"]);
    let refused = edit(&mut browser, &path).submit(&[("press", "rows"), ("rows", "product2,5")]);
    let words = "Choose a SKU from the catalogue: there is no “product2”, but there is “Product2”.";
    assert_eq!(problems(&refused), [words]);
    assert_eq!(edit(&mut browser, &path).all("#products input[name=sku]").len(), 1);
}

#[test]
fn what_is_typed_is_kept_for_whoever_typed_it_until_it_is_saved_or_discarded() {
    let (app, mut browser, path) = shop();
    edit(&mut browser, &path).submit(&[("press", "update"), ("quantity", "70"), ("end", "2026-11-10T23:00")]);
    let resumed = edit(&mut Browser::at(&app.start_another()), &path);
    assert_eq!(resumed.status, 303, "another browser is asked to sign in first");
    let resumed = edit(&mut app.signed_in(), &path);
    assert_eq!(resumed.attribute("#quantity-1", "value").as_deref(), Some("70"));
    assert!(resumed.text().contains("not saved yet"), "{}", resumed.text());
    assert_eq!(resumed.cell("Product1", "This store will show"), "70");
    let theirs = edit(&mut colleague(&app), &path);
    assert_eq!(theirs.attribute("#quantity-1", "value").as_deref(), Some("60"));
    assert!(browser.get("/promotions?status=draft").all("tbody tr").is_empty(), "it is no draft of a promotion");
    resumed.submit_form("form[action$=discard]", &[]);
    assert_eq!(edit(&mut browser, &path).attribute("#quantity-1", "value").as_deref(), Some("60"));
}

#[test]
fn the_second_of_two_people_sees_what_changed_by_whom_and_decides() {
    let (app, mut browser, path) = shop();
    let mine = edit(&mut browser, &path);
    let theirs = edit(&mut colleague(&app), &path);
    saved(&theirs, &[("name", "12.12"), ("end", "2026-11-10T22:00"), ("quantity", "70")]);
    let conflict = save(&mine, &[("quantity", "50")]);
    assert_eq!(
        problems(&conflict),
        [
            format!("{COLLEAGUE} renamed it meanwhile, from “11.11 lazada-sg” to “12.12”."),
            format!("{COLLEAGUE} moved the end meanwhile, from 10 Nov 2026, 21:00 to 10 Nov 2026, 22:00."),
            format!(
                "Product1: {COLLEAGUE} changed the quantity meanwhile, from 60 to 70. You typed 50: save again to set \
                 that."
            ),
        ]
    );
    assert_eq!(conflict.attribute("#name", "value").as_deref(), Some("12.12"), "what was not touched is theirs");
    assert_eq!(conflict.attribute("#quantity-1", "value").as_deref(), Some("50"), "what was typed is kept");
    assert_eq!(browser.get(&path).cell("Product1", "Held"), "70");
    let after = saved(&conflict, &[]);
    assert_eq!((after.cell("Product1", "Held"), after.all("h1")), ("50".to_owned(), vec!["12.12".to_owned()]));
    check(&app);
}

#[test]
fn products_that_somebody_added_or_removed_meanwhile_are_told_and_left_to_decide() {
    let (app, mut browser, path) = shop();
    saved(&edit(&mut browser, &path).submit(&[("press", "rows"), ("rows", "Product2,30")]).follow(), &[]);
    let mine = edit(&mut browser, &path);
    let removed = edit(&mut colleague(&app), &path).submit(&[("remove", "Product2")]).follow();
    saved(&removed, &[]);
    let conflict = save(&mine, &[("name", "12.12")]);
    assert_eq!(problems(&conflict), [format!("Product2: {COLLEAGUE} removed it meanwhile.")]);
    let after = saved(&conflict, &[]);
    assert_eq!(after.all("h1"), ["12.12"]);
    assert_eq!(browser.get("/catalogue").cell("Product2", "Shopee SG"), "100", "it stays removed");
    check(&app);
}

#[test]
fn an_edit_that_another_tab_changed_is_looked_at_once_more() {
    let (_app, mut browser, path) = shop();
    let first = edit(&mut browser, &path).submit(&[("press", "update")]).follow();
    first.submit(&[("press", "rows"), ("rows", "Product2,30")]);
    let again = save(&first, &[("quantity", "65")]);
    assert_eq!(problems(&again), ["These changes were edited in another tab. Check them once more, then save."]);
    assert_eq!(again.all("#products input[name=sku]").len(), 2);
    assert_eq!(saved(&again, &[]).cell("Product2", "Held"), "30");
}

#[test]
fn saving_the_same_form_twice_changes_it_once() {
    let (app, mut browser, path) = shop();
    let page = edit(&mut browser, &path);
    saved(&page, &[("quantity", "70")]);
    let again = saved(&page, &[("quantity", "70")]);
    assert!(again.text().contains("Held") && again.cell("Product1", "Held") == "70");
    assert_eq!(browser.get(&path).all("[aria-label=History] tbody tr").len(), 2);
    check(&app);
}

#[test]
fn a_sale_that_is_over_cannot_be_edited_and_says_so() {
    let (app, mut browser, path) = shop();
    let open = edit(&mut browser, &path);
    open.submit(&[("press", "update"), ("quantity", "70")]);
    app.advance(TimeDelta::hours(1));
    assert_eq!(edit(&mut browser, &path).all("h1"), ["This flash sale has ended"]);
    assert_eq!(save(&open, &[("name", "12.12")]).location, Some(format!("{path}/edit")));
    assert!(browser.get(&path).all(".page-header a").is_empty(), "neither Edit nor End now");
    app.advance(TimeDelta::minutes(11));
    let (database, now) = (app.database.clone(), app.now());
    actix_web::rt::System::new()
        .block_on(async move { archive_ended_holds::run_once(&database, now).await })
        .expect("settled");
    let kept: i64 = app.write(|conn| {
        use diesel::prelude::*;
        flashsale::db::engine::schema::promotion_drafts::table.count().get_result(conn).expect("a count")
    });
    assert_eq!(kept, 0, "what was typed is forgotten: it can never be saved");
}

#[test]
fn the_history_is_shown_and_paged() {
    let (_app, mut browser, path) = shop();
    for number in 0..60 {
        saved(&edit(&mut browser, &path), &[("name", &format!("Name {number}"))]);
    }
    let page = browser.get(&path);
    let latest = page.all("[aria-label=History] tbody tr");
    assert!(latest[0].contains("Name 58") && latest[0].contains("Name 59") && latest[0].contains(EMAIL), "{latest:?}");
    assert_eq!(latest.len(), 8);
    let whole = browser.get(&page.attribute("a[href$='/history']", "href").expect("the whole history"));
    assert_eq!(whole.all("tbody tr").len(), 50);
    let rest = browser.get(&whole.attribute("a[rel=next]", "href").expect("a next page"));
    assert!(rest.all("tbody tr").last().is_some_and(|row| row.contains("Created")), "{}", rest.text());
    let back = browser.get(&rest.attribute("a[rel=prev]", "href").expect("a previous page"));
    assert_eq!(back.all("tbody tr"), whole.all("tbody tr"));
    assert_eq!(browser.get("/promotions/01900000-0000-7000-8000-000000000000/history").status, 404);
}

#[test]
fn a_duplicate_is_a_draft_of_the_same_from_now_on() {
    let (app, mut browser, path) = shop();
    saved(&edit(&mut browser, &path).submit(&[("press", "rows"), ("rows", "Product2,30")]).follow(), &[]);
    app.advance(TimeDelta::hours(3));
    let details = browser.get(&path).submit_form("form[action$=duplicate]", &[]).follow();
    assert!(details.path.ends_with("/details"), "{}", details.path);
    assert_eq!(details.attribute("#name", "value").as_deref(), Some("11.11 lazada-sg (copy)"));
    assert_eq!(details.attribute("#start", "value").as_deref(), Some("2026-11-10T23:00"));
    assert_eq!(details.attribute("#end", "value").as_deref(), Some("2026-11-11T00:00"), "an hour, as before");
    let products = details.submit(&[]).follow();
    let quantities = products.all_attributes("input[name=quantity]", "value");
    assert_eq!(quantities, ["60", "30"]);
    let review = products.submit(&[("press", "continue")]).follow();
    assert_eq!(review.submit(&[]).status, 303);
    check(&app);
}

#[test]
fn nothing_that_anybody_sends_to_the_edit_is_answered_with_a_fault() {
    let (_app, mut browser, path) = shop();
    let odd = ["", " ", "-1", "1e300", "9223372036854775808", "a\0b", "a\u{202E}b", "<script>x</script>", "%s {{ x }}"];
    let fields = [
        "name",
        "end",
        "shown_name",
        "shown_end",
        "revision",
        "sku",
        "quantity",
        "shown",
        "removing",
        "remove",
        "keep",
        "q",
        "add",
        "rows",
        "press",
    ];
    for field in fields {
        for value in odd {
            for press in ["search", "add", "rows", "update", "save"] {
                let page = edit(&mut browser, &path);
                let mut typed = vec![("press", press), (field, value)];
                typed.dedup_by_key(|(name, _)| *name);
                let status = page.submit(&typed).status;
                assert!([303, 400, 422].contains(&status), "{press} {field}={value:?}: {status}");
            }
        }
    }
    let page = edit(&mut browser, &path);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(!page.body.contains("<script>"), "what was typed is escaped");
}
