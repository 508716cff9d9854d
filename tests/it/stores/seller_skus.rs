//! A seller SKU is that of one SKU of a store, through every door.

use crate::{
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, list, read, save, sku_code, store_code},
    stores::mapping::ids,
    support::TestApp,
};
use diesel::prelude::*;
use flashsale::{
    actions::{
        catalogue::save_skus::SkuInput,
        stores::map_listings::{self, Mapping},
    },
    db::engine::schema::listings,
    domain::stores::mapping::ListingIds,
};
use serde_json::json;

fn map(app: &TestApp, store: &str, wanted: &[(&str, &str)]) -> Vec<Result<bool, String>> {
    let mut mappings = Vec::new();
    for (sku, seller_sku) in wanted {
        let ids = ListingIds { seller_sku: (*seller_sku).to_owned(), item_id: None, variant_id: None };
        mappings.push(Mapping { sku: sku_code(sku), store: store_code(store), ids });
    }
    let saved = app.write(|conn| map_listings::run(conn, &mappings).expect("no database error"));
    saved.into_iter().map(|saved| saved.map_err(|refusal| refusal.to_string())).collect()
}

fn shop() -> TestApp {
    let (app, _) = article_shop();
    for sku in ["A", "B", "C"] {
        add_sku(&app.database, sku, sku, 10, &[LAZADA, SHOPEE]);
    }
    app
}

#[test]
fn a_second_sku_is_refused_a_seller_sku_and_both_are_named() {
    let app = shop();
    let taken = "Enter another seller SKU for B: “DUP” is that of A on Lazada SG.".to_owned();
    assert_eq!(map(&app, LAZADA, &[("A", "DUP"), ("B", "DUP")]), [Ok(true), Err(taken.clone())]);
    assert_eq!(map(&app, LAZADA, &[("B", "DUP")]), [Err(taken)]);
    assert_eq!(map(&app, SHOPEE, &[("B", "DUP")]), [Ok(true)], "another store has its own");
    assert_eq!(map(&app, LAZADA, &[("A", "B"), ("B", "A")]), [Ok(true), Ok(true)], "they may swap");
    assert_eq!([ids(&app, "A")[0].as_str(), ids(&app, "B")[0].as_str()], ["B", "A"]);
    let words = "Enter another seller SKU for C: “A” is that of B on Lazada SG.".to_owned();
    assert_eq!(map(&app, LAZADA, &[("C", "A")]), [Err(words)]);

    // The form and the file say the same.
    let mut browser = app.signed_in();
    let page =
        browser.get("/stores/lazada-sg/listings?q=C").submit_typed("main form[method=post]", &[("seller_sku-1", "A")]);
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.text().contains("Enter another seller SKU for C: “A” is that of B on Lazada SG."), "{}", page.text());
}

#[test]
fn a_sku_is_not_listed_where_another_has_its_code_as_seller_sku() {
    let app = shop();
    assert_eq!(map(&app, LAZADA, &[("A", "NEW")]), [Ok(true)]);
    let new = SkuInput {
        code: sku_code("NEW"),
        name: Some("New".to_owned()),
        on_hand: Some(1),
        buffer: None,
        listings: Some(vec![store_code(LAZADA)]),
    };
    let words = "Give “A” another seller SKU on Lazada SG first: it has “NEW” there, and NEW would get the same.";
    assert_eq!(save(&app.database, at(0), new).expect_err("refused").to_string(), words);
    let body = json!({"skus": [{"code": "NEW", "name": "New", "on_hand": 1, "listings": [LAZADA]}]});
    let answer = app.api().put("/skus", &body).expect(200).body;
    assert_eq!(
        (&answer["failed"][0]["code"], &answer["failed"][0]["detail"]),
        (&json!("seller_sku_taken"), &json!(words))
    );
    add_sku(&app.database, "NEW", "New", 1, &[SHOPEE]);
    list(&app.database, at(0), "NEW", &[SHOPEE]).expect("listed elsewhere");
}

#[test]
fn what_shared_a_seller_sku_before_stays_and_is_shown_until_each_has_its_own() {
    let app = shop();
    // As the migration finds it.
    app.write(|conn| {
        let two = listings::table.filter(listings::store.eq(LAZADA)).filter(listings::sku.eq_any(["A", "B"]));
        let set = (listings::seller_sku.eq("DUP"), listings::shared_by.eq(listings::sku));
        diesel::update(two).set(set).execute(conn).expect("two")
    });
    let mut browser = app.signed_in();
    assert!(browser.get("/stores/lazada-sg").text().contains("A, B have one seller SKU, “DUP”"));
    assert!(map(&app, LAZADA, &[("C", "DUP")])[0].is_err());
    let answer = app.api().delete("/stores/lazada-sg/listings/DUP");
    assert_eq!((answer.status, answer.code()), (409, "shared_seller_sku"));
    assert_eq!(map(&app, LAZADA, &[("B", "B")]), [Ok(true)]);
    assert!(!browser.get("/stores/lazada-sg").text().contains("have one seller SKU"));
    let left: Vec<String> =
        read(&app.database, |conn| listings::table.filter(listings::shared_by.ne("")).select(listings::sku).load(conn));
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(map(&app, LAZADA, &[("B", "Café")]), [Ok(true)]);
    let gone = app.api().delete("/stores/lazada-sg/listings/Cafe%CC%81");
    assert_eq!((gone.status, &gone.body["seller_sku"]), (202, &json!("Café")), "in another Unicode form");
}
