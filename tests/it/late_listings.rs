//! Where a store shows another number than it should, pages say so at the number.

use crate::{
    migrations::plans,
    pushes::Shop,
    scene::{LAZADA, SHOPEE, ZALORA, at, cause, create, sale, sku_code, store_code},
    support::Page,
};
use flashsale::{
    actions::pause_store,
    db::{
        Conn,
        paging::Place,
        reads::{
            catalogue::{self, Filter},
            pushes::LateListings,
        },
    },
    domain::{ledger::Cause, promotion::FlashSaleType::StockAllocation},
};

/// [`Shop::behind`] with Lazada paused.
fn paused_and_behind() -> Shop {
    let shop = Shop::behind();
    let pause = Cause { reason: "Their warehouse moves".to_owned(), ..cause(at(0)) };
    shop.app.database.write_blocking(|conn| pause_store::pause(conn, &pause, &store_code(LAZADA))).expect("paused");
    shop
}

fn cells(page: &Page, stores: [&str; 3]) -> [String; 3] {
    stores.map(|store| page.cell("Product1", store))
}

#[test]
fn the_catalogue_says_at_the_number_that_a_store_shows_another() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let page = shop.app.signed_in().get("/catalogue");
    assert_eq!(cells(&page, [LAZADA, SHOPEE, ZALORA]), ["100"; 3]);
    let shop = paused_and_behind();
    let page = shop.app.signed_in().get("/catalogue");
    let expected = ["50 shows 100, paused", "50 shows 100, blocked", "50 shows 100, refused"];
    assert_eq!(cells(&page, [LAZADA, SHOPEE, ZALORA]), expected);
    let links = page.all_attributes("td a.behind", "href");
    assert_eq!(links, ["/stores/lazada-sg", "/stores/shopee-sg", "/stores/zalora-sg"]);
    let file = shop.app.signed_in().get("/catalogue.csv");
    assert!(file.body.ends_with(",50,50,50\n"), "the file has what they should show: {}", file.body);
}

#[test]
fn the_page_of_a_sku_says_what_each_store_shows_and_what_stands_in_the_way() {
    let shop = paused_and_behind();
    let page = shop.app.signed_in().get("/catalogue/Product1");
    let shows = |store: &str| page.cell(store, "Store shows");
    assert_eq!(shows(LAZADA), "100 Paused The store is paused.");
    let why = "Lazada keeps 60 for its campaign; 50 would be right; 50 units exposed.";
    assert_eq!(shows(SHOPEE), format!("100 Blocked {why}"));
    assert_eq!(shows(ZALORA), "100 Refused Zalora knows no product 7.");
    let (_app, mut browser) = crate::scene::article_shop();
    assert_eq!(browser.get("/catalogue/Product1").cell("Lazada SG", "Store shows"), "not connected");
    let shop = Shop::with_pages();
    shop.settle(at(0));
    assert_eq!(shop.app.signed_in().get("/catalogue/Product1").cell(LAZADA, "Store shows"), "100");
}

#[test]
fn the_page_of_a_sale_says_that_its_store_shows_another_number() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let sold = create(&shop.app.database, at(0), &sale(at(0), SHOPEE, StockAllocation, &[("Product1", 60)]));
    let path = format!("/promotions/{}", sold.expect("60 fit").id);
    shop.look(at(0));
    let mut browser = shop.app.signed_in();
    assert_eq!(browser.get(&path).cell("Product1", "shopee-sg shows"), "60 shows 100, waiting");
    shop.settle(at(0));
    assert_eq!(browser.get(&path).cell("Product1", "shopee-sg shows"), "60");
}

#[test]
fn the_dashboard_lists_the_stores_that_do_not_take_what_they_are_sent() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    let mut browser = shop.app.signed_in();
    let page = browser.get("/");
    let tile = |page: &Page| {
        let at = page.all(".tile dt").iter().position(|label| label == "Failed pushes").expect("a tile");
        page.all(".tile-value")[at].clone()
    };
    assert_eq!((tile(&page), page.all("#pushes").len()), ("0".to_owned(), 0));
    let shop = paused_and_behind();
    let page = shop.app.signed_in().get("/");
    assert_eq!((tile(&page), page.all("#pushes").len()), ("3".to_owned(), 1));
    assert!(page.text().contains("3 stores, 150 units exposed"), "{}", page.text());
    let row = |store: &str| ["State", "Listings", "Units exposed", "Why"].map(|column| page.cell(store, column));
    assert_eq!(row(LAZADA), ["Paused", "1", "50", "Their warehouse moves."]);
    assert_eq!(row(SHOPEE), ["Blocked", "1", "50", "1 listing kept by a campaign."]);
    assert_eq!(row(ZALORA), ["Refused", "1", "50", "1 listing refused: look at the mapping."]);
}

#[test]
fn the_catalogue_asks_one_statement_more_and_an_index_of_what_is_behind_answers_it() {
    let shop = Shop::with_pages();
    let code = sku_code("Product1");
    let plans = |work: &dyn Fn(&mut Conn)| plans(&shop.app.settings.database_url, work);
    let found = plans(&|conn| drop(LateListings::read(conn, [&code]).expect("a read")));
    assert!(found.len() == 1 && found[0].0.contains("pushes_behind_of_sku"), "{found:?}");
    let page = plans(&|conn| drop(catalogue::read(conn, &Filter::default(), &Place::Start, at(0)).expect("a read")));
    let file = plans(&|conn| {
        drop(catalogue::read_batch(conn, &Filter::default(), &Place::Start, at(0)).expect("a read"));
    });
    assert_eq!(page.len(), file.len() + 1);
}
