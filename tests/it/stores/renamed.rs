//! Stores that get another code.

use crate::{
    scene::{
        LAZADA, SHOPEE, article_shop, assert_verified, at, create, end, expected, list, read, sale, sku_code,
        store_code, take,
    },
    seller::{STORES, Seller, product},
};
use flashsale::{
    actions::{
        orders::take_orders::Outcome,
        stores::rename_store::{self, RenameStoreRefusal, Resealed},
    },
    db::stores::{connections, listings},
    domain::promotions::promotion::FlashSaleType::StockAllocation,
};
use serde_json::json;

#[test]
fn a_store_keeps_all_that_it_has_under_another_code() {
    let (app, mut browser) = article_shop();
    let id =
        create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 60)])).expect("a sale").id;
    take(&app.database, at(2), LAZADA, "1", &[("Product1", 10)]);
    let page = browser.get("/stores/lazada-sg/rename").submit_form("form.form", &[("code", "laz")]).follow();
    assert!(page.text().contains("Store code laz"), "{}", page.text());
    assert_verified(&app.database, at(3));
    let listed = read(&app.database, |conn| listings::stores_of(conn, [&sku_code("Product1")]));
    assert!(listed[&sku_code("Product1")].contains(&store_code("laz")));
    assert_eq!(browser.get("/orders/laz/1").status, 200);

    // An order that names the old code is one of the store, and takes from its sale. The same order is known.
    let Outcome::Accepted(lines) = take(&app.database, at(4), LAZADA, "2", &[("Product1", 5)]) else {
        panic!("it is refused")
    };
    assert_eq!((lines[0].store.as_str(), lines[0].from_hold), ("laz", 5));
    assert!(matches!(take(&app.database, at(4), LAZADA, "1", &[("Product1", 10)]), Outcome::Duplicate(_)));
    end(&app.database, at(5), id).expect("ended");
    assert_verified(&app.database, at(5));

    // The old code is nobody else's.
    let body = json!({"code": LAZADA, "name": "Another", "marketplace": "Lazada", "time_zone": "Asia/Singapore"});
    assert_eq!(app.api().post("/stores", &body).expect(409).code(), "code_taken");
    for (to, words) in [
        (SHOPEE, "Enter another code: “shopee-sg” is taken."),
        ("laz", "Enter another code: “laz” is its code now."),
        ("..", "Use at least one letter or digit in the store code."),
        ("a b", "Use only letters, digits, “-”, “_” and “.” in the store code: it has “ ”."),
    ] {
        let page = browser.get("/stores/laz/rename").submit_form("form.form", &[("code", to)]);
        assert_eq!((page.status, page.all("#code-error")), (422, vec![format!("Error: {words}")]));
    }
    let page = browser.get("/stores/laz/rename").submit_form("form.form", &[("code", LAZADA)]);
    assert_eq!(page.status, 303, "back again");
    assert_verified(&app.database, at(6));
}

#[test]
fn a_connected_store_is_pushed_to_under_its_new_code() {
    let seller = Seller::open(1);
    let pusher = seller.pusher();
    seller.push(&pusher);
    list(&seller.app.database, at(0), &product(0), &STORES.map(|(store, _)| store)[..3]).expect("unlisted");
    let (from, to) = (store_code("lazada-sg"), store_code("laz"));
    let connection = read(&seller.app.database, |conn| connections::find(conn, &from)).expect("connected");
    let credentials = seller.key.open(&from, &connection.credentials).expect("its key");
    let resealed = Resealed { before: connection.credentials, after: seller.key.seal(&to, &credentials) };
    let other = Resealed { before: "another".to_owned(), ..resealed.clone() };
    let rename = |resealed: &Resealed| {
        let work = |conn: &mut _| rename_store::run(conn, at(1), &from, &to, Some(resealed));
        expected(seller.app.database.write_blocking(work))
    };
    assert_eq!(rename(&other), Err(RenameStoreRefusal::ConnectionChanged));
    rename(&resealed).expect("renamed");
    crate::scene::stock(&seller.app.database, at(2), &product(0), 70, 0);
    seller.push(&pusher);
    assert_eq!(seller.shown(0), [70, 70, 70, 0]);
    assert_verified(&seller.app.database, at(2));
}
