//! The report on a promotion's page, against what was counted by hand.

use crate::{
    api::{calls::article, client::Api},
    scene::{edit, read, sku_code},
    support::{Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    db::promotions::{self, costs},
    domain::{id::PromotionId, promotions::sale_changes::SaleValues},
};
use serde_json::{Value, json};

/// An order of some units of a product, each at a price in minor units or none.
fn order(store: &str, number: &str, sku: &str, units: i64, price: Option<i64>) -> Value {
    let line = json!({"sku": sku, "quantity": units, "unit_price_minor": price});
    json!({"store": store, "number": number, "lines": [line]})
}

fn send(api: &Api, orders: &[Value]) {
    let answer = api.post("/orders", &json!({"orders": orders})).expect(200);
    for result in answer.body["results"].as_array().expect("results") {
        assert_eq!(result["status"], "accepted");
    }
}

/// The article's shop with a second product, of which Lazada holds 60 and 20, and what its customers bought.
fn sale(app: &TestApp) -> (Api, String) {
    let api = article(app);
    let second = json!({"code": "Product2", "name": "Product 2", "on_hand": 30, "listings": ["lazada", "shopee"]});
    api.put("/skus", &json!({"skus": [second]})).expect(200);
    let created = api.post(
        "/promotions",
        &json!({"name": "11.11", "type": "stock_reservation", "store": "lazada", "ends_at": "2026-11-11T12:00:00Z",
            "products": [{"sku": "Product1", "quantity": 60}, {"sku": "Product2", "quantity": 20}]}),
    );
    let id = created.expect(201).body["id"].as_str().expect("an id").to_owned();
    send(
        &api,
        &[
            order("lazada", "1", "Product1", 10, Some(1250)),
            order("lazada", "2", "Product1", 55, Some(1200)),
            order("lazada", "3", "Product2", 5, None),
            order("lazada", "4", "Product2", 4, Some(300)),
            order("shopee", "1", "Product1", 40, Some(2000)),
            order("lazada", "5", "Product1", 3, Some(1000)),
        ],
    );
    api.post("/orders/lazada/4/cancel", &json!({})).expect(200);
    api.post("/orders/lazada/1/ship", &json!({})).expect(200);
    (api, format!("/promotions/{id}"))
}

/// The sale that has its page at `path`.
fn id_of(path: &str) -> PromotionId {
    path.rsplit('/').next().expect("an id").parse().expect("an id")
}

/// Takes a product out of the sale.
fn remove(app: &TestApp, path: &str, sku: &str) {
    let without = |wanted: &mut SaleValues| {
        wanted.products.remove(&sku_code(sku));
    };
    edit(&app.database, app.now(), id_of(path), without).expect("an edit");
}

/// Each tile as a person reads it.
fn tiles(page: &Page) -> Vec<String> {
    page.all(".tiles .tile")
}

fn cells(page: &Page, row: &str, columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| page.cell(row, column)).collect()
}

#[test]
fn the_tiles_count_open_and_shipped_orders_of_the_sale() {
    let app = TestApp::start();
    let (_, path) = sale(&app);
    let page = app.signed_in().get(&path);
    let running = [
        "Held 80 taken from the shared stock",
        "Sold from held stock 65 81.3% of the hold",
        "Sold from shared stock 5 on top of the hold",
        "Remaining 15 still held",
        "Oversold 3 sold with no stock left",
        "Revenue SGD 815.00 5 units without a price",
    ];
    assert_eq!(tiles(&page), running);
    let columns =
        ["Held", "Sold from held stock", "Sell-through", "Remaining", "Sold from shared stock", "Oversold", "Revenue"];
    assert_eq!(cells(&page, "Product1", &columns), ["60", "60", "100.0%", "0", "5", "3", "SGD 815.00"]);
    assert_eq!(cells(&page, "Product2", &columns), ["20", "5", "25.0%", "15", "0", "0", ""]);
    let list = app.signed_in().get("/promotions");
    assert_eq!(cells(&list, "11.11", &["Held", "Sold", "Remaining", "Sell-through"]), ["80", "65", "15", "81.3%"]);
}

#[test]
fn what_a_sale_returned_is_said_once_it_is_over() {
    let app = TestApp::start();
    let (api, path) = sale(&app);
    app.advance(TimeDelta::days(1));
    // It was placed while the sale ran, and came when nothing was held any more: it counts for the sale.
    let mut late = order("lazada", "6", "Product2", 1, Some(900));
    late["placed_at"] = json!("2026-11-11T11:00:00Z");
    send(&api, &[late]);
    let ended = [
        "Held 80 taken from the shared stock",
        "Sold from held stock 65 81.3% of the hold",
        "Sold from shared stock 6 on top of the hold",
        "Remaining 0 still held",
        "Returned 15 shared again",
        "Oversold 3 sold with no stock left",
        "Revenue SGD 824.00 5 units without a price",
    ];
    assert_eq!(tiles(&app.signed_in().get(&path)), ended);
    api.post("/orders/lazada/2/cancel", &json!({})).expect(200);
    let tiles = tiles(&app.signed_in().get(&path));
    assert_eq!(tiles[1], "Sold from held stock 15 18.8% of the hold");
    assert_eq!(tiles[4], "Returned 65 shared again", "what is cancelled after the end goes back to all");
    assert_eq!(tiles[6], "Revenue SGD 164.00 5 units without a price");
}

#[test]
fn a_revenue_of_any_size_is_added_up() {
    let app = TestApp::start();
    let (api, path) = sale(&app);
    let line = json!({"sku": "Product1", "quantity": 1_000_000, "unit_price_minor": 1_000_000_000});
    for nth in 0..12 {
        send(&api, &[json!({"store": "lazada", "number": format!("9-{nth}"), "lines": [line]})]);
    }
    let tiles = tiles(&app.signed_in().get(&path));
    assert_eq!(tiles[5], "Revenue SGD 120,000,000,000,815.00 5 units without a price");
}

#[test]
fn a_sale_that_sold_nothing_yet_has_no_revenue() {
    let app = TestApp::start();
    let api = article(&app);
    let created = api.post("/promotions", &crate::api::calls::sale("stock_allocation", "lazada", 60)).expect(201);
    let page = app.signed_in().get(&format!("/promotions/{}", created.body["id"].as_str().expect("an id")));
    assert_eq!(tiles(&page)[5], "Revenue –");
    assert_eq!(cells(&page, "Product1", &["Sell-through", "Revenue"]), ["0.0%", ""]);
}

/// The article's sale of 60 on Lazada, during which Shopee sells the other 40 at once, and five and then one more that
/// nothing is left for, and Zalora two. Lazada has sold everything an hour after the start.
fn hour_of_nothing(app: &TestApp) -> (Api, String) {
    let api = article(app);
    let second = json!({"code": "Product2", "name": "Product 2", "on_hand": 30, "listings": ["lazada", "shopee"]});
    api.put("/skus", &json!({"skus": [second]})).expect(200);
    let products = json!([{"sku": "Product1", "quantity": 60}, {"sku": "Product2", "quantity": 20}]);
    let created = api.post(
        "/promotions",
        &json!({"name": "11.11", "type": "stock_allocation", "store": "lazada", "ends_at": "2026-11-11T12:00:00Z",
            "products": products}),
    );
    let id = created.expect(201).body["id"].as_str().expect("an id").to_owned();
    send(&api, &[order("shopee", "1", "Product1", 40, None)]);
    app.advance(TimeDelta::minutes(30));
    send(&api, &[order("shopee", "2", "Product1", 5, None), order("zalora", "1", "Product1", 2, None)]);
    send(&api, &[order("shopee", "3", "Product1", 1, None)]);
    api.post("/orders/shopee/3/cancel", &json!({})).expect(200);
    (api, format!("/promotions/{id}"))
}

const COST: [&str; 4] = ["Time at zero", "Products at zero", "Short orders", "Short units"];

#[test]
fn what_it_cost_the_other_stores_is_said_while_the_sale_runs_and_after() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    let page = app.signed_in().get(&path);
    assert_eq!(cells(&page, "Shopee SG", &COST), ["30 minutes", "1 of 2", "2", "6"]);
    assert_eq!(cells(&page, "Zalora SG", &COST), ["30 minutes", "1 of 1", "1", "2"]);
    app.advance(TimeDelta::minutes(30));
    send(&api, &[order("lazada", "1", "Product1", 60, None)]);
    app.advance(TimeDelta::hours(1));
    // No store is limited by the hold any more.
    send(&api, &[order("zalora", "2", "Product1", 7, None)]);
    app.advance(TimeDelta::days(3));
    let page = app.signed_in().get(&path);
    assert_eq!(cells(&page, "Shopee SG", &COST), ["1 hour", "1 of 2", "2", "6"]);
    assert_eq!(cells(&page, "Zalora SG", &COST), ["1 hour", "1 of 1", "1", "2"]);
    let products = app.signed_in().get(&format!("{path}/cost"));
    assert_eq!(products.cell("Product1", "Shopee SG"), "1 hour, 2 orders short of 6 units");
    assert_eq!(products.cell("Product2", "Shopee SG"), "never");
    assert_eq!(products.cell("Product2", "Zalora SG"), "not listed");
    assert_eq!(cells(&products, "Shopee SG", &COST), ["1 hour", "1 of 2", "2", "6"]);
}

#[test]
fn what_takes_long_to_add_up_is_not_added_up_on_the_page_of_the_sale() {
    let app = TestApp::start();
    let (_, path) = hour_of_nothing(&app);
    let id = id_of(&path);
    let within = |most: i64| {
        read(&app.database, |conn| {
            let promotion = promotions::find(conn, id)?.expect("a promotion");
            costs::of_sale(conn, &promotion, app.now(), most)
        })
    };
    let (some, in_all) = within(1);
    assert_eq!((some.len(), in_all), (0, None));
    let (some, in_all) = within(6);
    assert_eq!((some.into_keys().collect::<Vec<_>>(), in_all), (vec![sku_code("Product1")], None));
    let (all, in_all) = within(100);
    assert_eq!((all.len(), in_all.expect("few entries").len()), (2, 2));
}

/// So many thousand entries of Product1: orders of Zalora, each of a thousand units that nothing is left for.
fn thousands(api: &Api, thousands: usize) {
    let line = json!({"sku": "Product1", "quantity": 1});
    for nth in 0..thousands {
        send(api, &[json!({"store": "zalora", "number": format!("many-{nth}"), "lines": vec![&line; 1_000]})]);
    }
}

#[test]
fn what_takes_long_to_add_up_is_led_to_from_the_page_of_the_sale() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    thousands(&api, 5);
    let mut browser = app.signed_in();
    let page = browser.get(&path);
    assert!(page.text().contains("it takes a moment to add up how long the other stores showed 0"));
    assert!(page.all("[aria-labelledby=cost]").is_empty(), "{}", page.text());
    let link = page.attribute("#cost ~ p a", "href").expect("a link to the costs");
    let costs = browser.get(&link);
    assert_eq!(cells(&costs, "Zalora SG", &COST), ["30 minutes", "1 of 1", "6", "5002"]);
    assert_eq!(costs.cell("Product1", "Zalora SG"), "30 minutes, 6 orders short of 5002 units");
}

#[test]
fn what_takes_too_long_to_add_up_is_in_the_exported_report_and_the_other_products_are_on_the_next_page() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    thousands(&api, 20);
    let mut browser = app.signed_in();
    let first = browser.get(&format!("{path}/cost"));
    assert!(first.text().contains("had too many changes to add up here. The report as CSV has all of it"));
    assert!(first.all("[aria-labelledby=cost]").is_empty(), "{}", first.text());
    let too_much = |page: &Page| {
        assert_eq!(page.all("tbody th"), ["Product1"]);
        assert_eq!(cells(page, "Product1", &["Shopee SG", "Zalora SG"]), ["too many changes to add up here"; 2]);
    };
    too_much(&first);
    let second = browser.get(&first.attribute("a[rel=next]", "href").expect("a next page"));
    assert_eq!(
        (second.all("tbody th"), second.cell("Product2", "Shopee SG")),
        (vec!["Product2".to_owned()], "never".to_owned())
    );
    too_much(&browser.get(&second.attribute("a[rel=prev]", "href").expect("a page before")));
    let file = browser.get(&first.attribute("a[href$='report.csv']", "href").expect("the report")).body;
    let rows: Vec<&str> = file.lines().collect();
    assert!(rows[1].starts_with("Product1,") && rows[1].ends_with(",1800,2,6,1800,21,20002"), "{file}");
    assert!(rows[2].starts_with("Product2,") && rows[2].ends_with(",0,0,0,,,"), "{file}");
}

#[test]
fn what_was_removed_before_it_sold_anything_is_in_no_part_of_the_report() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    remove(&app, &path, "Product2");
    let mut browser = app.signed_in();
    let page = browser.get(&path);
    assert_eq!(page.all("[aria-label=Products] tbody th"), ["Product1"]);
    assert_eq!(page.cell("Shopee SG", "Products at zero"), "1 of 1");
    let costs = browser.get(&format!("{path}/cost"));
    assert_eq!(costs.all("[aria-label=Products] tbody th"), ["Product1"]);
    assert_eq!(costs.cell("Shopee SG", "Products at zero"), "1 of 1");
    let chosen = browser.get(&format!("{path}?sku=Product2"));
    assert!(chosen.all("#sku-error")[0].contains("This flash sale has no product “Product2”."));
    let file = browser.get(&format!("{path}/report.csv")).body;
    assert_eq!(file.lines().count(), 2, "{file}");
    let answer = api.get(&path).expect(200);
    assert_eq!(answer.body["products"].as_array().expect("products").len(), 1, "{}", answer.body);
}

#[test]
fn what_was_removed_after_it_sold_something_stays_on_record_as_long_as_that_counts() {
    let app = TestApp::start();
    let (api, path) = sale(&app);
    remove(&app, &path, "Product2");
    let columns = ["Held", "Sold from held stock", "Remaining", "Oversold"];
    let mut browser = app.signed_in();
    let page = browser.get(&path);
    assert_eq!(cells(&page, "Product2 Removed", &columns), ["5", "5", "0", "0"]);
    assert_eq!(tiles(&page)[1], "Sold from held stock 65 100.0% of the hold");
    assert_eq!(browser.get(&format!("{path}/cost")).cell("Product2", "Shopee SG"), "never");
    let file = browser.get(&format!("{path}/report.csv")).body;
    assert!(file.lines().any(|row| row.starts_with("Product2,Product 2,5,5,100.0%,0,0,")), "{file}");
    assert!(browser.get(&format!("{path}?sku=Product2")).all("#sku-error").is_empty());
    api.post("/orders/lazada/3/cancel", &json!({})).expect(200);
    assert_eq!(
        browser.get(&path).all("[aria-label=Products] tbody th"),
        ["Product1"],
        "what is cancelled counts nothing"
    );
}

#[test]
fn what_was_removed_and_sold_nothing_but_what_it_did_not_hold_stays_on_record() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    api.put("/skus", &json!({"skus": [{"code": "Product2", "name": "Product 2", "on_hand": 0}]})).expect(200);
    send(&api, &[order("lazada", "9", "Product2", 3, Some(500))]);
    remove(&app, &path, "Product2");
    let page = app.signed_in().get(&path);
    let columns = ["Held", "Sold from held stock", "Sold from shared stock", "Oversold", "Revenue"];
    assert_eq!(cells(&page, "Product2 Removed", &columns), ["0", "0", "0", "3", "SGD 15.00"]);
}

#[test]
fn a_hold_that_staff_end_costs_nothing_from_then_on() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    let id = path.rsplit('/').next().expect("an id").to_owned();
    api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200);
    app.advance(TimeDelta::minutes(30));
    send(&api, &[order("zalora", "2", "Product1", 70, None)]);
    app.advance(TimeDelta::minutes(30));
    assert_eq!(cells(&app.signed_in().get(&path), "Zalora SG", &COST), ["30 minutes", "1 of 1", "1", "2"]);
}

#[test]
fn a_sale_of_what_nobody_else_lists_costs_nobody_anything() {
    let app = TestApp::start();
    let api = article(&app);
    let alone = json!({"code": "Alone", "name": "Alone", "on_hand": 30, "listings": ["lazada"]});
    api.put("/skus", &json!({"skus": [alone]})).expect(200);
    let created = api.post(
        "/promotions",
        &json!({"name": "11.11", "type": "stock_allocation", "store": "lazada", "ends_at": "2026-11-11T12:00:00Z",
            "products": [{"sku": "Alone", "quantity": 20}]}),
    );
    let path = format!("/promotions/{}", created.expect(201).body["id"].as_str().expect("an id"));
    assert!(app.signed_in().get(&path).text().contains("No other store lists these products."));
    assert!(app.signed_in().get(&format!("{path}/cost")).text().contains("No other store lists these products"));
}

#[test]
fn what_was_sold_over_time_is_drawn_and_stands_in_a_table() {
    let app = TestApp::start();
    let (api, path) = sale(&app);
    app.advance(TimeDelta::minutes(50));
    // Orders count by when they were placed, not by when they come in.
    let mut placed = order("lazada", "6", "Product2", 2, None);
    placed["placed_at"] = json!("2026-11-10T12:31:00Z");
    send(&api, &[placed]);
    let columns = ["Units sold", "From held stock", "From shared stock", "Oversold", "Left in the hold"];
    let page = app.signed_in().get(&path);
    assert_eq!(cells(&page, "10 Nov 2026, 20:00", &columns), ["73", "65", "5", "3", "15"]);
    assert_eq!(cells(&page, "10 Nov 2026, 20:28", &columns), ["0", "0", "0", "0", "15"]);
    assert_eq!(cells(&page, "10 Nov 2026, 20:30", &columns), ["2", "2", "0", "0", "13"]);
    let summary = "75 units sold, in steps of 2 minutes: the most, 73, from 10 Nov 2026, 20:00 on. 13 units left in \
        the hold at the end.";
    assert_eq!(page.all_attributes(".chart [role=img]", "aria-label"), [summary, summary], "one for each width");
    assert_eq!(page.all(".chart svg").len(), 2);
    let second = app.signed_in().get(&format!("{path}?sku=Product2"));
    assert_eq!(cells(&second, "10 Nov 2026, 20:00", &columns), ["5", "5", "0", "0", "15"]);
    assert_eq!(cells(&second, "10 Nov 2026, 20:30", &columns), ["2", "2", "0", "0", "13"]);
    assert_eq!(tiles(&second)[1], tiles(&page)[1], "the tiles are those of all products");
    let other = app.signed_in().get(&format!("{path}?sku=Nothing"));
    assert!(other.all("#sku-error")[0].contains("This flash sale has no product “Nothing”."));
}

#[test]
fn a_hold_that_was_raised_stands_higher_from_then_on() {
    let app = TestApp::start();
    let (_, path) = sale(&app);
    app.advance(TimeDelta::minutes(10));
    let id = id_of(&path);
    let raised = |wanted: &mut SaleValues| {
        wanted.products.insert(sku_code("Product2"), 25);
    };
    edit(&app.database, app.now(), id, raised).expect("an edit");
    app.advance(TimeDelta::minutes(10));
    let page = app.signed_in().get(&path);
    let left = |row: &str| page.cell(row, "Left in the hold");
    assert_eq!([left("10 Nov 2026, 20:09"), left("10 Nov 2026, 20:10")], ["15", "20"]);
}

#[test]
fn the_report_is_exported_product_by_product_and_no_cell_of_it_runs() {
    let app = TestApp::start();
    let (api, path) = hour_of_nothing(&app);
    let renamed = json!({"code": "Product1", "name": "=1+1", "on_hand": 100});
    api.put("/skus", &json!({"skus": [renamed]})).expect(200);
    let file = app.signed_in().get(&format!("{path}/report.csv")).body;
    let rows: Vec<&str> = file.lines().collect();
    assert_eq!(
        rows[0],
        "sku,name,held,sold_from_hold,sell_through,remaining,returned,sold_from_shared,oversold,revenue,currency,\
         units_without_price,store,shopee seconds_at_zero,shopee short_orders,shopee short_units,\
         zalora seconds_at_zero,zalora short_orders,zalora short_units"
    );
    assert_eq!(rows[1], "Product1,'=1+1,60,0,0.0%,60,0,0,0,,SGD,0,lazada,1800,2,6,1800,1,2");
    assert_eq!(rows[2], "Product2,Product 2,20,0,0.0%,20,0,0,0,,SGD,0,lazada,0,0,0,,,");
    assert_eq!(app.signed_in().get("/promotions/nothing/report.csv").status, 404);
}
