//! What a store should show as a file, for a marketplace without an API.

use crate::{
    scene::{LAZADA, add_sku, article_shop, at, create, read, sale, store_code},
    support::TestApp,
};
use flashsale::{
    db::stores::connections,
    domain::{moment::Moment, promotions::promotion::FlashSaleType::StockAllocation},
    marketplaces::file,
};

fn fetched_at(app: &TestApp) -> Option<Moment> {
    let connection = read(&app.database, |conn| connections::find(conn, &store_code(LAZADA))).expect("connected");
    assert_eq!(connection.kind, file::KIND);
    connection.last_push_at
}

#[test]
fn a_store_of_a_file_is_downloaded_by_people_and_fetched_by_programs() {
    let (app, mut browser) = article_shop();
    let saved = browser.get("/stores/lazada-sg/connection?kind=file").submit(&[]);
    let page = saved.follow();
    add_sku(&app.database, "=1+1", "Formula", 7, &[LAZADA]);
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let link = page.attribute("a[href$='quantities.csv']", "href").expect("a link");
    let expected = "sku,seller_sku,item_id,variant_id,quantity\n=1+1,=1+1,,,7\nProduct1,Product1,,,60\n";
    let file = browser.get(&link);
    assert_eq!((file.status, file.body.as_str()), (200, expected));
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"quantities-lazada-sg.csv\"");
    assert_eq!(fetched_at(&app), None, "a person is no program");
    let api = app.api();
    let file = api.get("/stores/lazada-sg/quantities.csv").expect(200);
    assert_eq!(file.body, expected);
    assert_eq!(fetched_at(&app), Some(app.now()));
    let page = browser.get("/stores/lazada-sg");
    assert!(page.text().contains("Last fetched by a program 10 Nov 2026, 20:00"), "{}", page.text());
    assert!(page.all(".tile").is_empty(), "its listings never count as out of sync");
    let other = api.get("/stores/shopee-sg/quantities.csv").expect(200);
    assert_eq!(other.body, "sku,seller_sku,item_id,variant_id,quantity\nProduct1,Product1,,,40\n");
    assert_eq!(browser.get("/stores/nothing/quantities.csv").status, 404);
}

#[test]
fn a_file_of_many_listings_has_each_once() {
    let (app, _) = article_shop();
    let rows: Vec<serde_json::Value> = (0..2_100)
        .map(|nth| {
            let code = format!("S-{nth:04}");
            serde_json::json!({"code": code, "name": code, "on_hand": nth, "listings": [LAZADA]})
        })
        .collect();
    let api = app.api();
    for some in rows.chunks(1_000) {
        api.put("/skus", &serde_json::json!({"skus": some})).expect(200);
    }
    let file = api.get("/stores/lazada-sg/quantities.csv").expect(200);
    let lines: Vec<&str> = file.body.as_str().expect("a file").lines().collect();
    assert_eq!(lines.len(), 2_102);
    assert!((0..2_100).all(|nth| lines[nth + 2] == format!("S-{nth:04},S-{nth:04},,,{nth}")));
}
