//! Files that say by what the marketplaces know listings.

use crate::{
    scene::{article_shop, read, sku_code, store_code},
    support::run_program,
};
use flashsale::db::listings;

#[test]
fn a_file_maps_listings_and_what_cannot_be_mapped_comes_back_with_the_reason() {
    let (app, mut browser) = article_shop();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("listings.csv");
    let rows = "store,sku,seller_sku,item_id,variant_id\n\
                lazada-sg,Product1,P1-SG,28072,13449\n\
                shopee-sg,Product1,,28072,\n\
                lazada-sg,Product9,,1,2\n\
                Lazada SG,Product1,,1,2\n";
    std::fs::write(&file, rows).expect("a file");
    let command = || run_program(&app.url, &["import", "listings", file.to_str().expect("a path of text")]);
    let output = command();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Rows: 4. Mapped: 2. As before: 0. Failed: 2.\n");
    let failed = std::fs::read_to_string(folder.path().join("listings.csv.failed.csv")).expect("the failed rows");
    assert!(failed.contains("List “Product9” on lazada-sg first: that store does not sell it."), "{failed}");
    assert!(failed.contains("store: Use only lower-case letters"), "{failed}");
    let found = |store: &str| {
        let listing = read(&app.database, |conn| listings::find(conn, &sku_code("Product1"), &store_code(store)));
        let listing = listing.expect("a listing");
        (listing.seller_sku, listing.item_id, listing.variant_id)
    };
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(found("lazada-sg"), ("P1-SG".to_owned(), id("28072"), id("13449")));
    assert_eq!(found("shopee-sg"), ("Product1".to_owned(), id("28072"), None));
    assert_eq!(String::from_utf8_lossy(&command().stdout), "Rows: 4. Mapped: 0. As before: 2. Failed: 2.\n");
    let page = browser.get("/imports");
    let sample = browser.get(&page.attribute("a[href*='samples/listings']", "href").expect("a sample"));
    let columns: Vec<String> = page.all("#listings + p + dl dt");
    assert_eq!(sample.body.lines().next(), Some(columns.join(",").as_str()));
}
