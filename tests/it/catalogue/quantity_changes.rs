//! `/api/v1/quantities` answers what changed since an earlier answer, and nothing that changed is missed.

use crate::{
    api::{calls::sale, client::Api},
    engine::migrations::plans,
    scene::{
        LAZADA, SHOPEE, ZALORA, add_sku, article_shop, at, cancel, create, list, sale as sale_of, scan_all, sku_code,
        stock, take,
    },
    support::TestApp,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flashsale::{
    db::catalogue::{
        quantities::{Begin, Filter, page},
        quantity_checks,
    },
    domain::promotions::promotion::FlashSaleType::StockAllocation,
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A program that follows the quantities.
struct Follower {
    api: Api,
    filter: &'static str,
    cursor: String,
}

/// The answer to a question for what changed: each row, and the SKUs that changed.
type Changed = (Vec<(String, String, i64)>, Vec<String>);

impl Follower {
    /// One that has read all.
    fn new(app: &TestApp, filter: &'static str) -> Self {
        scan_all(app, app.now());
        let mut follower = Self { api: app.api(), filter, cursor: String::new() };
        let body = follower.ask();
        assert_eq!((&body["next"], &body["changed"]), (&Value::Null, &Value::Null));
        follower
    }

    fn ask(&mut self) -> Value {
        let path = format!("/quantities?cursor={}{}", self.cursor, self.filter);
        let body = self.api.get(&path).expect(200).body;
        self.cursor = body["changes"].as_str().expect("a cursor").to_owned();
        body
    }

    /// What changed since the last time.
    fn changed(&mut self) -> Changed {
        let body = self.ask();
        assert_eq!(body["next"], Value::Null);
        rows_of(&body)
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn rows_of(body: &Value) -> Changed {
    let row = |row: &Value| (text(&row["sku"]), text(&row["store"]), row["quantity"].as_i64().expect("units"));
    let rows = body["quantities"].as_array().expect("rows").iter().map(row).collect();
    (rows, body["changed"].as_array().expect("what changed").iter().map(text).collect())
}

fn changed(sku: &str, rows: &[(&str, i64)]) -> Changed {
    let row = |(store, units): &(&str, i64)| (sku.to_owned(), (*store).to_owned(), *units);
    (rows.iter().map(row).collect(), vec![sku.to_owned()])
}

const NOTHING: Changed = (Vec::new(), Vec::new());

#[test]
fn what_changed_is_answered_once_and_what_did_not_is_not() {
    let (app, _) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[SHOPEE]);
    let mut follower = Follower::new(&app, "");
    assert_eq!(follower.changed(), NOTHING);
    take(&app.database, at(0), SHOPEE, "SH-1", &[("Product1", 10)]);
    scan_all(&app, at(0));
    let expected = changed("Product1", &[(LAZADA, 90), (SHOPEE, 90), (ZALORA, 90)]);
    assert_eq!((follower.changed(), follower.changed()), (expected, NOTHING));
    stock(&app.database, at(0), "MUG", 7, 0);
    stock(&app.database, at(0), "Product1", 110, 0);
    scan_all(&app, at(0));
    let (rows, skus) = follower.changed();
    assert_eq!((rows.len(), skus.len()), (4, 2), "{rows:?}");
}

#[test]
fn what_changed_and_changed_back_is_told_again_to_whoever_asked_in_between() {
    let (app, _) = article_shop();
    scan_all(&app, at(0));
    take(&app.database, at(0), SHOPEE, "SH-1", &[("Product1", 10)]);
    let mut follower = Follower { api: app.api(), filter: "", cursor: String::new() };
    assert_eq!(follower.ask()["quantities"][0]["quantity"], 90);
    cancel(&app.database, at(0), SHOPEE, "SH-1");
    scan_all(&app, at(0));
    assert_eq!(follower.changed(), changed("Product1", &[(LAZADA, 100), (SHOPEE, 100), (ZALORA, 100)]));
}

#[test]
fn the_end_of_a_sale_by_its_schedule_is_a_change() {
    let (app, _) = article_shop();
    let new = sale_of(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let ends_at = create(&app.database, at(0), &new).expect("a sale").ends_at;
    let mut follower = Follower::new(&app, "");
    app.advance(ends_at.since(at(0)));
    scan_all(&app, ends_at);
    assert_eq!(follower.changed(), changed("Product1", &[(LAZADA, 100), (SHOPEE, 100), (ZALORA, 100)]));
}

#[test]
fn a_server_whose_clock_is_behind_does_not_list_what_was_before_a_change_that_is_numbered() {
    let (app, _) = article_shop();
    let new = sale_of(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let ends_at = create(&app.database, at(0), &new).expect("a sale").ends_at;
    scan_all(&app, at(0));
    app.advance(ends_at.since(at(5)));
    // Another server has reached the end already.
    scan_all(&app, ends_at);
    let mut follower = Follower { api: app.api(), filter: "", cursor: String::new() };
    let listed = follower.ask();
    assert_eq!(listed["quantities"][1]["quantity"], 100, "the end would be missed for good");
    assert_eq!(follower.changed(), NOTHING);
}

#[test]
fn what_a_clock_numbered_that_was_hours_ahead_is_not_taken_for_now() {
    let (app, _) = article_shop();
    let new = sale_of(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    create(&app.database, at(0), &new).expect("a sale");
    scan_all(&app, at(86_400));
    let mut follower = Follower { api: app.api(), filter: "", cursor: String::new() };
    assert_eq!(follower.ask()["quantities"][1]["quantity"], 40);
}

#[test]
fn the_moment_of_a_clock_that_was_hours_ahead_is_forgotten_with_the_next_change() {
    let (app, _) = article_shop();
    let new = sale_of(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let ends_at = create(&app.database, at(0), &new).expect("a sale").ends_at;
    scan_all(&app, at(86_400));
    stock(&app.database, at(0), "Product1", 110, 0);
    scan_all(&app, at(0));
    app.advance(ends_at.since(at(5)));
    stock(&app.database, app.now(), "Product1", 120, 0);
    // The job of the server may have scanned that. Once its clock is right, the end is scanned again.
    let end = [(&sku_code("Product1"), ends_at)];
    app.write(|conn| quantity_checks::enqueue_at(conn, end).expect("a check"));
    // Another server has reached the end already.
    scan_all(&app, ends_at);
    let mut follower = Follower { api: app.api(), filter: "", cursor: String::new() };
    assert_eq!(follower.ask()["quantities"][1]["quantity"], 120, "the end would be missed for good");
    assert_eq!(follower.changed(), NOTHING);
}

#[test]
fn a_listing_that_is_gone_is_a_change_of_its_sku() {
    let (app, _) = article_shop();
    let mut follower = Follower::new(&app, "");
    list(&app.database, at(0), "Product1", &[LAZADA, SHOPEE]).expect("unlisted");
    scan_all(&app, at(0));
    assert_eq!(follower.changed(), changed("Product1", &[(LAZADA, 100), (SHOPEE, 100)]));
    list(&app.database, at(0), "Product1", &[]).expect("unlisted");
    scan_all(&app, at(0));
    assert_eq!(follower.changed(), changed("Product1", &[]));
    list(&app.database, at(0), "Product1", &[ZALORA]).expect("listed");
    scan_all(&app, at(0));
    assert_eq!(follower.changed(), changed("Product1", &[(ZALORA, 100)]));
}

#[test]
fn the_changes_of_a_store_and_of_a_sku_are_those_alone() {
    let (app, _) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 5, &[SHOPEE]);
    let mut of_store = Follower::new(&app, "&store=shopee-sg");
    let mut of_sku = Follower::new(&app, "&sku=MUG");
    let mut of_both = Follower::new(&app, "&sku=MUG&store=lazada-sg");
    take(&app.database, at(0), SHOPEE, "SH-1", &[("Product1", 10)]);
    scan_all(&app, at(0));
    assert_eq!(of_store.changed(), changed("Product1", &[(SHOPEE, 90)]));
    assert_eq!(of_sku.changed(), NOTHING);
    stock(&app.database, at(0), "MUG", 7, 0);
    scan_all(&app, at(0));
    assert_eq!(of_sku.changed(), changed("MUG", &[(SHOPEE, 7)]));
    assert_eq!(of_both.changed(), changed("MUG", &[]));
    assert_eq!(of_store.changed(), changed("MUG", &[(SHOPEE, 7)]));
}

#[test]
fn changes_are_numbered_where_nothing_is_pushed_and_without_anybody_who_asks_for_it() {
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no")]);
    let api = crate::api::calls::article(&app);
    let first = api.get("/quantities?sku=Product1").expect(200).body;
    api.post("/promotions", &sale("stock_allocation", "lazada", 60)).expect(201);
    let path = format!("/quantities?sku=Product1&cursor={}", text(&first["changes"]));
    let asked = Instant::now();
    loop {
        let body = api.get(&path).expect(200).body;
        if body["quantities"][0]["quantity"] == 60 {
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "the job numbers it: {body:#}");
        std::thread::yield_now();
    }
}

#[test]
fn what_changes_while_the_pages_are_read_is_not_missed_and_changes_have_pages_too() {
    let (app, _) = article_shop();
    for number in 0..700 {
        add_sku(&app.database, &format!("S-{number:04}"), "Many", 5, &[SHOPEE, ZALORA]);
    }
    scan_all(&app, at(0));
    let api = app.api();
    let first = api.get("/quantities").expect(200).body;
    stock(&app.database, at(0), "Product1", 77, 0);
    scan_all(&app, at(0));
    let second = api.get(&format!("/quantities?cursor={}", text(&first["next"]))).expect(200).body;
    assert_eq!((&second["next"], &second["changes"]), (&Value::Null, &first["changes"]));
    let since = api.get(&format!("/quantities?cursor={}", text(&second["changes"]))).expect(200).body;
    assert_eq!(rows_of(&since), changed("Product1", &[(LAZADA, 77), (SHOPEE, 77), (ZALORA, 77)]));

    for number in 0..700 {
        stock(&app.database, at(0), &format!("S-{number:04}"), 6, 0);
    }
    scan_all(&app, at(0));
    let page = api.get(&format!("/quantities?cursor={}", text(&since["changes"]))).expect(200).body;
    assert_eq!(page["quantities"].as_array().map(Vec::len), Some(1_000), "whole SKUs");
    // What changes again comes again.
    stock(&app.database, at(0), "S-0000", 8, 0);
    scan_all(&app, at(0));
    let last = api.get(&format!("/quantities?cursor={}", text(&page["next"]))).expect(200).body;
    let (rows, skus) = rows_of(&last);
    assert_eq!((skus.len(), &last["next"]), (201, &Value::Null));
    assert!(rows.contains(&("S-0000".to_owned(), SHOPEE.to_owned(), 8)));
}

#[test]
fn a_cursor_after_a_change_that_never_was_is_refused() {
    let (app, _) = article_shop();
    let api = app.api();
    let ours = api.get("/quantities").expect(200).body["changes"].as_str().map(str::to_owned).expect("a cursor");
    let ours = String::from_utf8(URL_SAFE_NO_PAD.decode(ours).expect("base64")).expect("a text");
    let list = ours.split_inclusive('\n').take(2).collect::<String>();
    for key in ["changes\n999", "changes\n-1", "changes\nx", "list\n999\nProduct1\nlazada-sg", "list\n0\nProduct1"] {
        let cursor = URL_SAFE_NO_PAD.encode(format!("{list}{key}"));
        assert_eq!(api.get(&format!("/quantities?cursor={cursor}")).expect(400).code(), "bad_cursor", "{key:?}");
    }
}

#[test]
fn what_changed_is_read_from_indexes() {
    let (app, _) = article_shop();
    scan_all(&app, at(0));
    for store in [None, Some(crate::scene::store_code(SHOPEE))] {
        for sku in [None, Some(sku_code("Product1"))] {
            let filter = Filter { sku: sku.clone(), store: store.clone(), begin: Begin::Change(0) };
            let plans = plans(&app.settings.database_url, |conn| {
                page(conn, &filter, at(0)).expect("a read").expect("a page");
            });
            let of_changes = plans.iter().filter(|(_, statement)| statement.contains("quantity_changes"));
            for (plan, statement) in of_changes {
                let walks = ["Sort", "TEMP B-TREE", "SCAN quantity_changes", "Seq Scan"];
                assert!(!walks.iter().any(|walk| plan.contains(walk)), "{filter:?}\n{statement}\n{plan}");
            }
        }
    }
}
