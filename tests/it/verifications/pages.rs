//! The verification: stored with its result, shown with its age, started by staff and by the server.

use crate::{
    scene::{LAZADA, article_shop, at, create, read, sale, take},
    support::{Page, TestApp, run_program},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    clock::Clock,
    db::engine::schema::{skus, verifications},
    domain::promotions::promotion::FlashSaleType::StockAllocation,
    jobs::verify::Verifier,
};

fn tamper(app: &TestApp, on_hand: i64) {
    app.write(|conn| {
        diesel::update(skus::table).set(skus::on_hand.eq(on_hand)).execute(conn).expect("tampered");
    });
}

/// The tile of the dashboard: the age and the result.
fn tile(page: &Page) -> (String, String) {
    let shown = |css: &str| page.all(css).pop().expect("the last tile");
    assert_eq!(page.all(".tile dt").pop().as_deref(), Some("Last verified"));
    (shown(".tile-value"), shown(".tile-hint"))
}

fn verifier(app: &TestApp) -> Verifier {
    let (now, settings) = (app.now(), &app.settings);
    Verifier {
        database: app.database.clone(),
        url: settings.database_url.clone(),
        pool: settings.pool,
        clock: Clock::from_fn(move || now),
    }
}

/// Runs the job, and returns whether it was due.
fn job(app: &TestApp) -> bool {
    let verifier = verifier(app);
    let run = verifier.run_once(TimeDelta::hours(24));
    actix_web::rt::System::new().block_on(run).expect("no database error")
}

#[test]
fn whoever_wants_to_know_verifies_now_and_everybody_sees_what_came_of_it() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    take(&app.database, at(0), LAZADA, "1", &[("Product1", 5)]);
    assert_eq!(tile(&browser.get("/")), ("Never".to_owned(), "no verification yet".to_owned()));
    let list = browser.get("/verifications");
    assert!(list.text().contains("Never verified yet"), "{}", list.text());
    let result = list.submit(&[]).follow();
    assert!(result.text().contains("No differences"), "{}", result.text());
    assert_eq!(result.all("dd")[4..], ["1", "3", "1", "1"], "SKUs, entries, holds and orders");
    app.advance(TimeDelta::hours(3));
    assert_eq!(tile(&browser.get("/")), ("3 hours ago".to_owned(), "no differences".to_owned()));
    let page = browser.get("/verifications");
    let row = |column| page.cell("10 Nov 2026, 20:00", column);
    assert_eq!((row("By"), row("Result")), ("ops@example.com".to_owned(), "No differences".to_owned()));
}

#[test]
fn what_differs_is_on_the_dashboard_and_on_its_page() {
    let (app, mut browser) = article_shop();
    tamper(&app, 95);
    let result = browser.get("/verifications").submit(&[]).follow();
    assert_eq!(result.all("main li"), ["SKU Product1, on hand: is 95, should be 100"]);
    let dashboard = browser.get("/");
    assert_eq!(tile(&dashboard).1, "1 difference");
    let link = dashboard.all_attributes(".tile-danger a", "href").pop().expect("a link");
    assert_eq!(browser.get(&link).all("main li").len(), 1);
}

#[test]
fn the_server_verifies_by_itself_once_in_a_while() {
    let (app, mut browser) = article_shop();
    assert!(job(&app), "it never did");
    assert!(!job(&app));
    app.advance(TimeDelta::hours(23));
    assert!(!job(&app));
    app.advance(TimeDelta::hours(1));
    assert!(job(&app));
    let by = browser.get("/verifications").all("td[data-label=By]");
    assert_eq!(by, ["schedule", "schedule"]);
}

#[test]
fn one_runs_at_a_time_and_one_that_was_broken_off_keeps_nobody_from_another() {
    let (app, mut browser) = article_shop();
    let begin = || {
        let verifier = verifier(&app);
        let begun = verifier.begin(&app.database, "ops@example.com".to_owned());
        actix_web::rt::System::new().block_on(begun).expect("no database error")
    };
    let begun = begin().expect("none is running");
    assert_eq!(begin(), None);
    assert_eq!(browser.get("/verifications").submit(&[]).location.as_deref(), Some("/verifications"));
    let running = browser.get(&format!("/verifications/{}", begun.id));
    assert_eq!((running.headers["refresh"].as_bytes(), tile(&browser.get("/")).0.as_str()), (&b"2"[..], "Never"));
    let stop = running.all_attributes(".callout a", "href").pop().expect("a link that stops it");
    assert!(!browser.get(&stop).headers.contains_key("refresh"));
    app.advance(TimeDelta::hours(1) + TimeDelta::seconds(1));
    begin().expect("the other is given up");
    let results = browser.get("/verifications").all("td[data-label=Result]");
    assert_eq!(results, ["Running", "Did not finish"]);
}

#[test]
fn the_command_keeps_what_came_of_it() {
    let (app, _) = article_shop();
    assert!(run_program(&app.url, &["verify"]).status.success());
    tamper(&app, 95);
    assert!(!run_program(&app.url, &["verify"]).status.success());
    let kept: Vec<(String, Option<i64>, i64)> = read(&app.database, |conn| {
        let rows = verifications::table.order(verifications::id);
        rows.select((verifications::began_by, verifications::differences, verifications::entries)).load(conn)
    });
    let by_command = |differences| ("command line".to_owned(), Some(differences), 1);
    assert_eq!(kept, [by_command(0), by_command(1)]);
}

#[test]
fn the_first_fifty_differences_are_kept_and_all_are_counted() {
    let (app, mut browser) = article_shop();
    for number in 0..59 {
        crate::scene::add_sku(&app.database, &format!("SKU-{number}"), "A SKU", 10, &[]);
    }
    tamper(&app, 95);
    let result = browser.get("/verifications").submit(&[]).follow();
    assert_eq!(result.all("main li").len(), 50);
    assert!(result.text().contains("These are the first 50 of 60."), "{}", result.text());
}
