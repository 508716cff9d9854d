//! Pages mark every quantity that a store does not show yet.

use crate::{
    engine::migrations::plans,
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, at, cause, create, sale, sku_code, stock, store_code},
    support::Page,
    sync::pushes::Shop,
};
use diesel::{QueryResult, connection::SimpleConnection};
use flashsale::{
    actions::stores::pause_store,
    db::{
        Conn,
        catalogue::list::{self, Filter, Flashsale},
        engine::paging::Place,
        stores::{
            push_status::{LateListings, exposed},
            pushes,
        },
    },
    domain::{
        catalogue::ledger::Cause,
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
    },
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
    let why = "Lazada has locked 60 for its campaign. It should show 50: 50 units exposed.";
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
    shop.scan(at(0));
    let mut browser = shop.app.signed_in();
    let page = browser.get(&path);
    assert_eq!(page.cell("Product1", "shopee-sg should show"), "60");
    assert_eq!(page.cell("Product1", "shopee-sg shows"), "100 Waiting It is sent next.");
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
    let pause = |conn: &mut Conn| pause_store::pause(conn, &cause(at(0)), &store_code(LAZADA));
    shop.app.database.write_blocking(pause).expect("paused");
    assert_eq!(browser.get("/").all("#pushes").len(), 0, "staff paused it, and it shows what it should");
    let shop = paused_and_behind();
    let list = shop.app.signed_in().get("/stores");
    let expected = ["Paused 1 out of sync", "Connected 1 out of sync", "Connected 1 out of sync"];
    assert_eq!([LAZADA, SHOPEE, ZALORA].map(|store| list.cell(store, "Pushing")), expected);
    let page = shop.app.signed_in().get("/");
    assert_eq!((tile(&page), page.all("#pushes").len()), ("3".to_owned(), 1));
    assert!(page.text().contains("3 stores, 150 units exposed"), "{}", page.text());
    let row = |store: &str| ["State", "Listings", "Units exposed", "Why"].map(|column| page.cell(store, column));
    assert_eq!(row(LAZADA), ["Paused", "1", "50", "Their warehouse moves."]);
    assert_eq!(row(SHOPEE), ["Blocked", "1", "50", "1 listing locked by a campaign."]);
    assert_eq!(row(ZALORA), ["Refused", "1", "50", "1 listing refused: check the mapping."]);
}

/// A shop that pushes Alpha and Gamma to Lazada, Beta to Shopee and Zalora, and Product1 to all of them, with Alpha and Beta
/// behind and a sale of Alpha and Gamma.
fn alpha_and_beta_behind() -> Shop {
    let shop = Shop::with_pages();
    let database = &shop.app.database;
    for (code, stores) in [("Alpha", &[LAZADA][..]), ("Beta", &[SHOPEE, ZALORA]), ("Gamma", &[LAZADA])] {
        add_sku(database, code, code, 100, stores);
    }
    let both = [("Alpha", 5), ("Gamma", 5)];
    create(database, at(0), &sale(at(0), LAZADA, StockReservation, &both)).expect("they fit");
    shop.settle(at(0));
    ["Alpha", "Beta"].iter().for_each(|code| stock(database, at(0), code, 90, 0));
    shop.scan(at(0));
    shop
}

#[test]
fn the_catalogue_lists_what_is_behind_alone_with_the_other_filters() {
    let shop = alpha_and_beta_behind();
    let mut browser = shop.app.signed_in();
    for (query, found) in [
        ("", &["Alpha", "Beta"][..]),
        ("&store=lazada-sg", &["Alpha"]),
        ("&store=zalora-sg", &["Beta"]),
        ("&flashsale=running", &["Alpha"]),
        ("&flashsale=none", &["Beta"]),
        ("&flashsale=running&store=lazada-sg", &["Alpha"]),
        ("&flashsale=running&store=shopee-sg", &[]),
        ("&flashsale=none&store=lazada-sg", &[]),
        ("&q=alp", &["Alpha"]),
        ("&q=product", &[]),
        ("&q=bet&store=shopee-sg", &["Beta"]),
        ("&q=bet&store=lazada-sg", &[]),
        ("&q=alp&flashsale=running", &["Alpha"]),
        ("&q=bet&flashsale=running", &[]),
    ] {
        let page = browser.get(&format!("/catalogue?pushed=behind{query}"));
        assert_eq!(page.all("tbody th"), found, "{query}");
        assert_eq!(page.attribute("#pushed option[selected]", "value").as_deref(), Some("behind"));
    }
    let page = browser.get("/catalogue?pushed=behind&store=zalora-sg");
    let file = browser.get(&page.attribute("a[href^='/catalogue.csv']", "href").expect("a link"));
    assert_eq!(file.body.lines().skip(1).filter_map(|row| row.split(',').next()).collect::<Vec<_>>(), ["Beta"]);
    shop.settle(at(0));
    assert!(browser.get("/catalogue?pushed=behind").text().contains("No SKU found"));
    assert_eq!(browser.get("/catalogue?pushed=sometimes").all("tbody th").len(), 4, "a word that means nothing");
}

#[test]
fn what_is_behind_is_asked_for_where_something_is_pushed() {
    let shop = paused_and_behind();
    let mut browser = shop.app.signed_in();
    assert_eq!(browser.get("/").attribute("#pushes + p a", "href").as_deref(), Some("/catalogue?pushed=behind"));
    assert_eq!(browser.get("/catalogue?pushed=behind").all("tbody th"), ["Product1"]);
    let (_app, mut browser) = crate::scene::article_shop();
    assert_eq!(browser.get("/catalogue").attribute("#pushed", "name"), None);
}

/// A shop with so many SKUs, of which Lazada and Zalora show nothing yet, and their codes.
fn many_behind(count: usize) -> (Shop, Vec<String>) {
    let shop = Shop::with_pages();
    let codes: Vec<String> = (0..count).map(|number| format!("SKU-{number:03}")).collect();
    codes.iter().for_each(|code| add_sku(&shop.app.database, code, code, 2, &[LAZADA, ZALORA]));
    shop.scan(at(0));
    (shop, codes)
}

/// Sets all SKUs but the first ten in sync, and updates the statistics of PostgreSQL.
fn catch_up(conn: &mut Conn) -> QueryResult<()> {
    let in_step = "UPDATE pushes SET acknowledged = 2, behind_since = NULL, lower_since = NULL, due_at = NULL
                   WHERE sku >= 'SKU-010'";
    conn.batch_execute(in_step)?;
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => conn.batch_execute("ANALYZE pushes"),
        Conn::Sqlite(_) => Ok(()),
    }
}

#[test]
fn many_skus_that_are_behind_have_pages_in_both_directions() {
    let (shop, codes) = many_behind(120);
    let mut browser = shop.app.signed_in();
    for (query, store) in
        [("pushed=behind&after=Q", ""), ("pushed=behind&q=sku", ""), ("pushed=behind&after=Q", ZALORA)]
    {
        let mut pages = vec![browser.get(&format!("/catalogue?{query}&store={store}"))];
        while let Some(next) = pages[pages.len() - 1].attribute("a[rel=next]", "href") {
            pages.push(browser.get(&next));
        }
        let forwards: Vec<Vec<String>> = pages.iter().map(|page| page.all("tbody th")).collect();
        assert_eq!(forwards.concat(), codes, "{query} {store}");
        let mut page = pages.pop().expect("the last page");
        for expected in forwards.iter().rev().skip(1) {
            page = browser.get(&page.attribute("a[rel=prev]", "href").expect("a page before"));
            assert_eq!(page.all("tbody th"), *expected, "{query} {store}");
        }
    }
}

#[test]
fn what_is_behind_is_read_from_an_index_that_has_nothing_else() {
    let (shop, _) = many_behind(400);
    shop.app.write(|conn| catch_up(conn).expect("an update"));
    let after = || Place::After("A".to_owned());
    for store in [None, Some(store_code(LAZADA))] {
        for flashsale in [None, Some(Flashsale::None), Some(Flashsale::Running)] {
            for place in [Place::Start, after(), Place::Before("Z".to_owned())] {
                let filter = Filter { flashsale, store: store.clone(), is_behind: true, ..Filter::default() };
                let plans = plans(&shop.app.settings.database_url, |conn| {
                    drop(list::read(conn, &filter, &place, at(0)).expect("a read"));
                });
                let (plan, statement) = &plans[0];
                // What flash sales hold is in the order of codes before PostgreSQL puts the stores of each in order.
                let (index, sort) = match flashsale {
                    Some(Flashsale::Running) => ("holds_open", "TEMP B-TREE"),
                    None | Some(Flashsale::None) => ("pushes_behind", "Sort"),
                };
                let walks = [sort, "TEMP B-TREE", "SCAN skus", "SCAN listings", "Seq Scan"];
                let walks = walks.iter().any(|walk| plan.contains(walk));
                assert!(!walks && plan.contains(index), "{filter:?} {place:?}\n{statement}\n{plan}");
            }
        }
    }
}

#[test]
fn what_is_on_its_way_and_what_is_too_much_are_read_from_what_is_behind() {
    let (shop, _) = many_behind(400);
    shop.app.write(|conn| catch_up(conn).expect("an update"));
    let (store, url) = (store_code(LAZADA), &shop.app.settings.database_url);
    let extended = plans(url, |conn| {
        pushes::extend(conn, &store, "run", at(0)).expect("an update");
    });
    let exposed = plans(url, |conn| {
        exposed(conn, Some(&store), at(0)).expect("a read");
    });
    for (plan, statement) in extended.iter().filter(|(_, statement)| statement.contains("pushes")).chain(&exposed[..1])
    {
        assert!(plan.contains("pushes_behind"), "{statement}\n{plan}");
    }
    assert!(extended.len() >= 2, "{extended:?}");
}

#[test]
fn the_catalogue_asks_one_statement_more_and_an_index_of_what_is_behind_answers_it() {
    let shop = Shop::with_pages();
    let code = sku_code("Product1");
    let plans = |work: &dyn Fn(&mut Conn)| plans(&shop.app.settings.database_url, work);
    let found = plans(&|conn| drop(LateListings::read(conn, [&code]).expect("a read")));
    assert!(found.len() == 1 && found[0].0.contains("pushes_behind_of_sku"), "{found:?}");
    let page = plans(&|conn| drop(list::read(conn, &Filter::default(), &Place::Start, at(0)).expect("a read")));
    let file = plans(&|conn| {
        drop(list::read_batch(conn, &Filter::default(), &Place::Start, at(0)).expect("a read"));
    });
    assert_eq!(page.len(), file.len() + 1);
}
