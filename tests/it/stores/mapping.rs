//! The page of a store's listings and their ids on the marketplace.

use crate::{
    engine::migrations::plans,
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, connect as connect_store, list, read, sku_code, store_code},
    support::{Browser, Page, TestApp},
};
use flashsale::{
    actions::stores::{
        connect_store::ConnectionInput,
        map_listings::{self, Mapping},
    },
    db::{
        Conn,
        engine::paging::Place,
        stores::{
            listing_list::{Filter, Mapping as Wanted, page},
            listings, pushes,
        },
    },
    domain::stores::{connection::ConnectorKind, mapping::ListingIds},
    marketplaces::{file, lazada, registry, shopee, webhook, zalora},
};

const PAGE: &str = "/stores/lazada-sg/listings";

/// The ids of a SKU on Lazada.
pub fn ids(app: &TestApp, sku: &str) -> [String; 3] {
    let listing = read(&app.database, |conn| listings::find(conn, &sku_code(sku), &store_code(LAZADA)));
    let listing = listing.expect("a listing");
    [listing.seller_sku, listing.item_id.unwrap_or_default(), listing.variant_id.unwrap_or_default()]
}

fn mapping(sku: &str, item: &str, variant: &str) -> Mapping {
    let id = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let ids = ListingIds { seller_sku: sku.to_owned(), item_id: id(item), variant_id: id(variant) };
    Mapping { sku: sku_code(sku), store: store_code(LAZADA), ids }
}

/// Maps a SKU on Lazada to ids of any form.
pub fn map(app: &TestApp, sku: &str, item: &str, variant: &str) {
    let saved = app.write(|conn| map_listings::run(conn, &[mapping(sku, item, variant)]).expect("mapped"));
    assert_eq!(saved, [Ok(true)]);
}

/// Connects a store to a marketplace of a kind.
pub fn connect(app: &TestApp, store: &str, kind: ConnectorKind) {
    let input = ConnectionInput {
        store: store_code(store),
        kind,
        api_url: "https://shop.example".to_owned(),
        credentials: Some("sealed".to_owned()),
        rate: 10,
        warehouse: None,
        shop: None,
    };
    connect_store(&app.database, &input);
}

/// Sends the form with the values of some inputs, by their ids, over what it holds.
fn save(page: &Page, typed: &[(&str, &str)]) -> Page {
    page.submit_typed("main form[method=post]", typed)
}

fn skus(page: &Page) -> Vec<String> {
    page.all("tbody th")
}

fn value(page: &Page, id: &str) -> String {
    page.attribute(&format!("#{id}"), "value").unwrap_or_else(|| panic!("no {id} in {}", page.text()))
}

/// The article's shop with three SKUs more on Lazada, one of them mapped.
fn shop() -> (TestApp, Browser) {
    let (app, browser) = article_shop();
    for sku in ["Alpha", "Beta", "Gamma"] {
        add_sku(&app.database, sku, &format!("The {sku}"), 10, &[LAZADA]);
    }
    map(&app, "Alpha", "100", "200");
    (app, browser)
}

#[test]
fn what_is_not_mapped_comes_first_and_is_found_by_search_and_filter() {
    let (_app, mut browser) = shop();
    let page = browser.get("/stores/lazada-sg");
    assert_eq!(page.attribute("a[href$='/listings']", "href").as_deref(), Some(PAGE));
    let page = browser.get(PAGE);
    assert_eq!(skus(&page), ["Beta", "Gamma", "Product1", "Alpha"]);
    assert_eq!(page.all("thead th"), ["SKU", "Name", "Mapping", "Seller SKU", "ItemId", "SkuId"]);
    assert_eq!((page.cell("Beta", "Mapping"), page.cell("Alpha", "Mapping")), ("Unmapped".into(), "Mapped".into()));
    assert_eq!([value(&page, "seller_sku-4"), value(&page, "item_id-4")], ["Alpha", "100"]);
    assert_eq!(page.all("label[for=item_id-1]"), ["ItemId of Beta"]);
    for (query, found) in [
        ("mapping=unmapped", &["Beta", "Gamma", "Product1"][..]),
        ("mapping=mapped", &["Alpha"]),
        ("q=The", &["Beta", "Gamma", "Alpha"]),
        ("q=gamma", &["Gamma"]),
        ("q=The&mapping=mapped", &["Alpha"]),
        ("q=The&mapping=unmapped", &["Beta", "Gamma"]),
        ("q=Be", &["Beta"]),
    ] {
        assert_eq!(skus(&browser.get(&format!("{PAGE}?{query}"))), found, "{query}");
    }
    let none = browser.get(&format!("{PAGE}?q=nothing-like-it"));
    assert!(none.text().contains("No listing found"), "{}", none.text());
    assert_eq!(browser.get("/stores/nothing/listings").status, 404);
}

#[test]
fn one_button_saves_the_page_and_what_was_not_touched_stays() {
    let (app, mut browser) = shop();
    connect(&app, LAZADA, lazada::KIND);
    let page = browser.get(&format!("{PAGE}?q=The"));
    let typed = [("item_id-1", " 101 "), ("variant_id-1", "201"), ("item_id-2", "101"), ("variant_id-2", "202")];
    let saved = save(&page, &typed);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg/listings?q=The&notice=saved"), "{}", saved.text());
    assert_eq!(ids(&app, "Beta"), ["Beta", "101", "201"]);
    assert_eq!(ids(&app, "Gamma"), ["Gamma", "101", "202"]);
    assert_eq!(ids(&app, "Alpha"), ["Alpha", "100", "200"]);
    let page = saved.follow();
    assert!(page.text().contains("Quantities are sent with it"), "{}", page.text());
    assert_eq!(save(&page, &[]).location.as_deref(), Some("/stores/lazada-sg/listings?q=The&notice=unchanged"));
    let unmapped = save(&browser.get(&format!("{PAGE}?q=Beta")), &[("item_id-1", ""), ("variant_id-1", "")]);
    assert_eq!(unmapped.status, 303, "{}", unmapped.text());
    assert_eq!(ids(&app, "Beta"), ["Beta", "", ""]);
    assert!(read(&app.database, |conn| pushes::of_skus(conn, [&sku_code("Beta")])).is_empty());
}

#[test]
fn what_cannot_be_saved_is_said_at_its_row_and_nothing_is_saved() {
    let (app, mut browser) = shop();
    let page = browser.get(&format!("{PAGE}?q=The"));
    let refused = save(&page, &[("item_id-1", "101"), ("variant_id-1", "201"), ("item_id-2", "102")]);
    assert_eq!(refused.status, 422);
    assert!(refused.title().starts_with("Error: "), "{}", refused.title());
    let words = "Gamma: Enter the SkuId too: Lazada needs it together with the ItemId.";
    assert_eq!(refused.all(".error-summary li"), [words]);
    assert_eq!(refused.attribute(".error-summary a", "href").as_deref(), Some("#variant_id-2"));
    assert_eq!(refused.all("#variant_id-2-error"), [format!("Error: {words}")]);
    assert_eq!([value(&refused, "item_id-1"), value(&refused, "item_id-2")], ["101", "102"]);
    assert_eq!(ids(&app, "Beta"), ["Beta", "", ""], "all or nothing");
    let saved = save(&refused, &[("variant_id-2", "202")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert_eq!((ids(&app, "Beta")[1].as_str(), ids(&app, "Gamma")[1].as_str()), ("101", "102"));
}

#[test]
fn two_skus_of_a_store_cannot_have_one_id() {
    let (app, mut browser) = shop();
    let page = browser.get(&format!("{PAGE}?mapping=unmapped"));
    let ids_of = |nth: usize, item, variant| [(format!("item_id-{nth}"), item), (format!("variant_id-{nth}"), variant)];
    let typed = [ids_of(1, "100", "200"), ids_of(2, "7", "8"), ids_of(3, "7", "8")].concat();
    let typed: Vec<(&str, &str)> = typed.iter().map(|(id, text)| (id.as_str(), *text)).collect();
    let refused = save(&page, &typed);
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.all(".error-summary li"),
        [
            "Beta: Alpha already has this ItemId on Lazada SG. Enter another, or clear it for Alpha first.",
            "Product1: Gamma already has this ItemId on Lazada SG. Enter another, or clear it for Gamma first.",
        ]
    );
    assert_eq!(refused.attribute(".error-summary a", "href").as_deref(), Some("#item_id-1"));
    assert_eq!(ids(&app, "Gamma"), ["Gamma", "", ""]);
    map(&app, "Beta", "300", "400");
    let both = browser.get(&format!("{PAGE}?mapping=mapped"));
    let swapped = [("item_id-1", "300"), ("variant_id-1", "400"), ("item_id-2", "100"), ("variant_id-2", "200")];
    let saved = save(&both, &swapped);
    assert_eq!(saved.status, 303, "two SKUs change places at once: {}", saved.text());
    assert_eq!((ids(&app, "Alpha")[1].as_str(), ids(&app, "Beta")[1].as_str()), ("300", "100"));
}

#[test]
fn a_number_is_one_id_in_all_its_forms() {
    let (app, mut browser) = shop();
    connect(&app, LAZADA, shopee::KIND);
    let page = browser.get(&format!("{PAGE}?q=The"));
    let refused = save(&page, &[("item_id-1", "+100")]);
    assert_eq!(
        refused.all(".error-summary li"),
        ["Beta: Enter the item_id in digits: Shopee uses numbers."],
        "{}",
        refused.text()
    );
    let refused = save(&page, &[("item_id-1", "0100"), ("variant_id-1", "0200")]);
    assert_eq!(
        refused.all(".error-summary li"),
        ["Beta: Alpha already has this item_id on Lazada SG. Enter another, or clear it for Alpha first."]
    );
    let saved = save(&page, &[("item_id-1", "0300"), ("variant_id-1", "0")]);
    assert_eq!((saved.status, ids(&app, "Beta")), (303, ["Beta", "300", ""].map(String::from)), "{}", saved.text());
    // Such ids were stored before ids were normalized.
    for (item, variant) in [("00300", ""), ("300", "0"), ("+300", "+0")] {
        map(&app, "Beta", "9", "");
        let other_form = |conn: &mut Conn| {
            let beta = listings::find(conn, &sku_code("Beta"), &store_code(LAZADA))?.expect("a listing");
            listings::map(conn, beta.id, &mapping("Beta", item, variant).ids)
        };
        app.write(|conn| other_form(conn).expect("stored"));
        let refused = save(&browser.get(&format!("{PAGE}?q=Gamma")), &[("item_id-1", "300")]);
        let words = "Gamma: Beta already has this item_id on Lazada SG. Enter another, or clear it for Beta first.";
        assert_eq!(refused.all(".error-summary li"), [words], "{item} {variant}");
    }
}

#[test]
fn what_somebody_else_mapped_meanwhile_is_told_before_it_is_overwritten() {
    let (app, mut browser) = shop();
    let page = browser.get(&format!("{PAGE}?q=The"));
    map(&app, "Beta", "1", "2");
    let refused = save(&page, &[("seller_sku-1", "B-1"), ("item_id-2", "5"), ("variant_id-2", "6")]);
    assert_eq!(refused.status, 422);
    let words = "Beta: Someone else mapped it meanwhile: Seller SKU Beta, ItemId 1, SkuId 2. Check what you typed and \
                 save again.";
    assert_eq!(refused.all(".error-summary li"), [words]);
    assert_eq!(["seller_sku-1", "item_id-1", "variant_id-1"].map(|id| value(&refused, id)), ["B-1", "1", "2"]);
    assert_eq!(ids(&app, "Gamma"), ["Gamma", "", ""]);
    assert_eq!(save(&refused, &[]).status, 303);
    assert_eq!(
        (ids(&app, "Beta"), ids(&app, "Gamma")),
        (["B-1", "1", "2"].map(String::from), ["Gamma".to_owned(), "5".to_owned(), "6".to_owned()])
    );
    let page = browser.get(&format!("{PAGE}?q=Gamma"));
    list(&app.database, at(1), "Gamma", &[SHOPEE]).expect("listed elsewhere");
    let refused = save(&page, &[("item_id-1", "9")]);
    assert_eq!(refused.all(".error-summary li"), ["Gamma: Lazada SG no longer lists it."]);
}

#[test]
fn each_marketplace_is_asked_for_the_ids_that_it_needs() {
    let (app, mut browser) = shop();
    for (kind, columns) in [
        (lazada::KIND, &["Seller SKU", "ItemId", "SkuId"][..]),
        (shopee::KIND, &["Seller SKU", "item_id", "model_id"]),
        (zalora::KIND, &["Seller SKU", "productId"]),
        (webhook::KIND, &["Seller SKU"]),
        (file::KIND, &["Seller SKU"]),
    ] {
        connect(&app, LAZADA, kind);
        let page = browser.get(PAGE);
        assert_eq!(page.all("thead th")[3..], *columns, "{kind:?}");
        let mapped = browser.get(&format!("{PAGE}?mapping=mapped"));
        assert_eq!(skus(&mapped).len(), if kind.needs_item_id() { 1 } else { 4 }, "{kind:?}");
        // An id that the marketplace does not use is stored as typed.
        let saved = save(&browser.get(&format!("{PAGE}?q=Alpha")), &[("seller_sku-1", kind.as_str())]);
        assert_eq!(saved.status, 303, "{}", saved.text());
        assert_eq!(ids(&app, "Alpha"), [kind.as_str(), "100", "200"]);
    }
}

#[test]
fn the_mapping_is_exported_as_the_import_reads_it() {
    let (_app, mut browser) = shop();
    let link = browser.get(PAGE).attribute("main a[href*='listings.csv']", "href").expect("a link");
    let file = browser.get(&link);
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8");
    let rows: Vec<&str> = file.body.lines().collect();
    assert_eq!(rows[0], "store,sku,seller_sku,item_id,variant_id,name,components");
    assert_eq!(
        (rows.len(), rows[1], rows[4]),
        (5, "lazada-sg,Beta,Beta,,,The Beta,Beta*1", "lazada-sg,Alpha,Alpha,100,200,The Alpha,Alpha*1")
    );
    let some = browser.get(&format!("{PAGE}.csv?mapping=mapped"));
    assert_eq!(some.body.lines().count(), 2);
    let filled = file.body.replace("lazada-sg,Beta,Beta,,", "lazada-sg,Beta,Beta,5,6");
    let page =
        browser.get("/imports").submit_file_with("file", "listings.csv", filled.as_bytes(), &[("kind", "listings")]);
    assert_eq!(page.status, 303, "{}", page.text());
}

#[test]
fn a_long_list_has_pages_in_both_directions_across_both_parts() {
    let (app, mut browser) = article_shop();
    for nth in 0..120 {
        add_sku(&app.database, &format!("S-{nth:03}"), "Many", 1, &[LAZADA]);
    }
    for nth in (0..120).filter(|nth| nth % 2 == 0) {
        map(&app, &format!("S-{nth:03}"), "1", &nth.to_string());
    }
    for query in ["", "?q=Many"] {
        let mut page = browser.get(&format!("{PAGE}{query}"));
        let mut pages = vec![skus(&page)];
        while page.has_button("Next") {
            page = page.press("Next", &[]).follow();
            pages.push(skus(&page));
        }
        for expected in pages.iter().rev().skip(1) {
            page = page.press("Previous", &[]).follow();
            assert_eq!(skus(&page), *expected);
        }
        assert!(!page.has_button("Previous"));
        let all = pages.concat();
        let unmapped = if query.is_empty() { 61 } else { 60 };
        assert_eq!((pages.len(), all.len()), (3, unmapped + 60), "{query}");
        assert!(all[..unmapped].is_sorted() && all[unmapped..].is_sorted(), "{all:?}");
    }
}

#[test]
fn turning_the_pages_asks_before_what_was_typed_would_be_lost() {
    let (app, mut browser) = article_shop();
    for nth in 0..60 {
        add_sku(&app.database, &format!("S-{nth:03}"), "Many", 1, &[LAZADA]);
    }
    let first = browser.get(PAGE);
    let asks = first.press("Next", &[("item_id-2", "77")]);
    let words = "Save first: 1 row is not saved yet. The other page is shown once they are.";
    assert_eq!((asks.status, asks.all(".error-summary a[href='#q']")), (422, vec![words.to_owned()]));
    assert_eq!(asks.attribute("#item_id-2", "value").as_deref(), Some("77"));
    let second = first.press("Next", &[]).follow();
    assert_ne!(skus(&first), skus(&second));
    let cleared = browser.get(&format!("{PAGE}?q=S-00")).press("Clear", &[]);
    assert_eq!(cleared.location.as_deref(), Some(PAGE));
}

#[test]
fn a_form_that_is_not_ours_saves_nothing() {
    let (app, mut browser) = shop();
    let token = browser.get(PAGE).attribute("input[name=csrf_token]", "value").expect("a token");
    let answer = browser.post(PAGE, &[("csrf_token", &token), ("sku", "Beta"), ("item_id", "1")]);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(ids(&app, "Beta"), ["Beta", "", ""]);
}

/// Texts in the plan of a statement that reads more rows than it returns, or sorts them.
const WALKS: [&str; 5] = ["Sort", "TEMP B-TREE", "SCAN listings", "SCAN skus", "Seq Scan"];

#[test]
fn every_filter_is_read_from_an_index_in_the_order_of_the_list() {
    let (app, _) = article_shop();
    let store = store_code(LAZADA);
    let places = ["-A", "+A"].map(|key| [Place::After(key.to_owned()), Place::Before(key.to_owned())]);
    for kind in registry::kinds() {
        for mapping in [None, Some(Wanted::Missing), Some(Wanted::Mapped)] {
            for place in places.iter().flatten().chain([&Place::Start]) {
                let filter = Filter { search: String::new(), mapping };
                let plans = plans(&app.settings.database_url, |conn| {
                    page(conn, &store, kind, &filter, place).expect("a read");
                });
                for (plan, statement) in plans {
                    let walks = WALKS.iter().any(|walk| plan.contains(walk));
                    let has_index = match statement.contains("IS NULL") || statement.contains("IS NOT NULL") {
                        true => plan.contains("listings_with"),
                        false => plan.contains("listings_of_store"),
                    };
                    assert!(!walks && has_index, "{kind:?} {filter:?} {place:?}\n{statement}\n{plan}");
                }
            }
        }
    }
}

#[test]
fn whoever_has_a_product_is_found_through_an_index_for_many_rows_at_once() {
    let (app, _) = shop();
    let rows = [mapping("Alpha", "100", "200"), mapping("Beta", "5", "6"), mapping("Gamma", "7", "8")];
    app.write(|conn| map_listings::run(conn, &rows).expect("mapped"));
    let plans_of = |rows: &[Mapping]| {
        plans(&app.settings.database_url, |conn| {
            let saved = map_listings::run(conn, rows).expect("mapped");
            assert!(saved.iter().all(|saved| *saved == Ok(false)), "{saved:?}");
        })
    };
    let of_rows = plans_of(&rows);
    assert_eq!(of_rows.len(), plans_of(&rows[..1]).len(), "not a statement for each row: {of_rows:#?}");
    let by_item: Vec<_> = of_rows.iter().filter(|(_, statement)| statement.contains("ltrim(listings")).collect();
    assert_eq!(by_item.len(), 1, "{of_rows:#?}");
    assert!(by_item[0].0.contains("listings_by_item"), "{by_item:#?}");
    for (plan, statement) in &of_rows {
        let walks = ["SCAN listings", "SCAN skus", "Seq Scan"].iter().any(|walk| plan.contains(walk));
        assert!(!walks, "{statement}\n{plan}");
    }
}

#[test]
fn a_filter_of_the_listings_asks_before_what_was_typed_would_be_lost() {
    let (_app, mut browser) = crate::scene::article_shop();
    browser.get("/stores/lazada-sg/connection?kind=file").submit(&[]);
    let page = browser.get("/stores/lazada-sg/listings");
    let applied = page.submit(&[("press", "apply"), ("q", "Product1")]);
    assert_eq!(applied.location.as_deref(), Some("/stores/lazada-sg/listings?q=Product1"));
    let asks = page.submit(&[("press", "apply"), ("q", "Product1"), ("seller_sku", "MINE")]);
    let words = "Save first: 1 row is not saved yet. The list is filtered once they are.";
    assert_eq!((asks.status, asks.all(".error-summary a[href='#q']")), (422, vec![words.to_owned()]));
    assert_eq!(asks.attribute("input[name=seller_sku]", "value").as_deref(), Some("MINE"));
    let saved = asks.submit(&[]);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg/listings?q=Product1&notice=saved"));
    assert_eq!(saved.follow().attribute("input[name=seller_sku]", "value").as_deref(), Some("MINE"));
}
