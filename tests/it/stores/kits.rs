//! Kits: listings of several units or SKUs, by the API, by files, and on pages. What they show is table L of the design.

use crate::{
    api::client::Api,
    engine::migrations::plans,
    imports::files::finished,
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, create, sale, store_code},
    stores::mapping::connect,
    support::{Browser, Page, TestApp, run_program},
};
use flashsale::{
    db::{
        engine::paging::Place,
        stores::{
            kits::{self, Filter},
            listing_rows,
        },
    },
    domain::promotions::promotion::FlashSaleType::StockAllocation,
    marketplaces::{file, lazada},
};
use serde_json::{Value, json};

/// 8 pm on 10 November in Singapore is now; this is in eight hours' time.
const END: &str = "2026-11-11T04:00";

fn set(seller_sku: &str) -> Value {
    json!({"seller_sku": seller_sku, "components": [{"sku": "MUG", "units": 2}, {"sku": "PLATE", "units": 1}]})
}

fn put(api: &Api, store: &str, listings: Value) -> Value {
    api.put(&format!("/stores/{store}/listings"), &json!({"listings": listings})).expect(200).body
}

/// The design's shop: 100 MUG and 30 PLATE, and SET, which is two mugs and a plate, on Lazada and Shopee.
fn shop() -> (TestApp, Browser, Api) {
    let (app, browser) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 100, &[LAZADA, SHOPEE]);
    add_sku(&app.database, "PLATE", "Plate", 30, &[LAZADA, SHOPEE]);
    let api = app.api();
    for store in [LAZADA, SHOPEE] {
        assert_eq!(put(&api, store, json!([set("SET")])), json!({"created": 1, "updated": 0, "failed": []}));
    }
    (app, browser, api)
}

/// What a store should show of a listing.
fn quantity(api: &Api, store: &str, seller_sku: &str) -> i64 {
    let body = api.get(&format!("/stores/{store}/listings")).expect(200).body;
    let listings = body["listings"].as_array().expect("listings");
    let found = listings.iter().find(|listing| listing["seller_sku"] == seller_sku);
    found.unwrap_or_else(|| panic!("no {seller_sku}: {body}"))["quantity"].as_i64().expect("a number")
}

/// MUG and SET on Lazada, and on Shopee.
fn shown(api: &Api) -> [i64; 4] {
    let of = |store, seller_sku| quantity(api, store, seller_sku);
    [of(LAZADA, "MUG"), of(LAZADA, "SET"), of(SHOPEE, "MUG"), of(SHOPEE, "SET")]
}

fn promotion(products: Value) -> Value {
    json!({"name": "11.11", "type": "stock_allocation", "store": LAZADA, "ends_at": "2026-11-11T04:00:00+08:00",
        "products": products})
}

#[test]
fn a_kit_shows_what_its_components_allow_at_each_store() {
    let (_app, _browser, api) = shop();
    assert_eq!(shown(&api), [100, 30, 100, 30], "L1");
    api.post("/promotions", &promotion(json!([{"sku": "MUG", "quantity": 60}]))).expect(201);
    assert_eq!(shown(&api), [60, 30, 40, 20], "L2");
    let lines = json!([{"sku": "MUG", "quantity": 2}, {"sku": "PLATE", "quantity": 1}]);
    api.post("/orders", &json!({"orders": [{"store": SHOPEE, "number": "1", "lines": lines}]})).expect(200);
    assert_eq!(shown(&api), [60, 29, 38, 19], "L3");
}

#[test]
fn a_hold_on_a_kit_by_the_api_is_a_hold_on_its_components() {
    let (_app, mut browser, api) = shop();
    let created = api.post("/promotions", &promotion(json!([{"seller_sku": "SET", "quantity": 10}]))).expect(201);
    let held =
        |sku: &str, units: i64| json!({"sku": sku, "quantity": units, "held": units, "sold": 0, "remaining": units});
    assert_eq!(created.body["products"], json!([held("MUG", 20), held("PLATE", 10)]));
    assert_eq!(shown(&api), [20, 10, 80, 20], "L4");
    let page = browser.get(&format!("/promotions/{}", created.body["id"].as_str().expect("an id")));
    assert_eq!(page.all("#kits tbody th"), ["SET"], "the kit of this store alone");
    assert_eq!(page.cell("SET", "Quantity to push"), "10");
}

#[test]
fn products_and_kits_of_a_sale_that_take_the_same_sku_are_added_up() {
    let (_app, _browser, api) = shop();
    let products =
        |mugs: i64, sets: i64| json!([{"sku": "MUG", "quantity": mugs}, {"seller_sku": "SET", "quantity": sets}]);
    let refused = api.post("/promotions", &promotion(products(81, 10))).expect(422);
    assert_eq!(
        (refused.code(), &refused.body["sku"], &refused.body["asked"], &refused.body["available"]),
        ("not_enough_stock", &json!("MUG"), &json!(101), &json!(100))
    );
    let created = api.post("/promotions", &promotion(products(80, 10))).expect(201);
    assert_eq!(created.body["products"][0]["quantity"], 100);
    let unknown = api.post("/promotions", &promotion(json!([{"seller_sku": "NONE", "quantity": 1}]))).expect(422);
    assert_eq!(unknown.code(), "not_listed");
    assert_eq!(unknown.body["detail"], "Choose a listing of lazada-sg: it has none with the seller SKU “NONE”.");
    let twice = json!([{"seller_sku": "SET", "quantity": 1}, {"seller_sku": "SET", "quantity": 1}]);
    assert_eq!(api.post("/promotions", &promotion(twice)).expect(422).code(), "duplicate_sku");
    let both = api.post("/promotions", &promotion(json!([{"sku": "MUG", "seller_sku": "SET", "quantity": 1}])));
    assert_eq!(both.expect(422).pointer(), "/products/0/sku");
}

#[test]
fn a_bad_listing_fails_alone_with_its_index_and_its_code() {
    let (_app, mut browser, api) = shop();
    add_sku(&_app.database, "OLD", "Old", 5, &[]);
    browser.get("/catalogue/OLD/archive").submit(&[]);
    let of = |seller_sku: &str, components: Value| json!({"seller_sku": seller_sku, "components": components});
    let one = |sku: &str, units: i64| json!([{"sku": sku, "units": units}]);
    let body = put(
        &api,
        LAZADA,
        json!([
            of("PAIR", one("MUG", 2)),
            of("A", one("NOTHING", 2)),
            of("B", one("OLD", 2)),
            of("C", one("MUG", 0)),
            of("D", json!([{"sku": "MUG", "units": 1}, {"sku": "MUG", "units": 2}])),
            of("PAIR", one("MUG", 3)),
            of("MUG", one("MUG", 2)),
            of("E", json!([])),
            of("", one("MUG", 2)),
            json!({"seller_sku": "F"}),
            of("MUG-B", one("MUG", 1)),
        ]),
    );
    assert_eq!((&body["created"], &body["updated"]), (&json!(2), &json!(0)));
    let failed: Vec<(i64, &str, &str)> = body["failed"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            let text = |name: &str| item[name].as_str().expect("a text");
            (item["index"].as_i64().expect("an index"), text("code"), text("pointer"))
        })
        .collect();
    assert_eq!(
        failed,
        [
            (1, "unknown_sku", "/listings/1/components"),
            (2, "archived", "/listings/2/components"),
            (3, "bad_field", "/listings/3/components/0/units"),
            (4, "bad_field", "/listings/4/components"),
            (5, "duplicate_listing", "/listings/5/seller_sku"),
            (6, "bad_field", "/listings/6/seller_sku"),
            (7, "bad_field", "/listings/7/components"),
            (8, "bad_field", "/listings/8/seller_sku"),
            (9, "bad_field", "/listings/9"),
        ]
    );
    let details: Vec<&str> =
        body["failed"].as_array().expect("a list").iter().filter_map(|item| item["detail"].as_str()).collect();
    assert_eq!(details[2], "Enter 1 to 10,000 units of “MUG”: there are 0.");
    assert_eq!(
        details[5],
        "Enter another seller SKU: “MUG” is the code of a component, and a kit cannot be made of itself."
    );
    assert_eq!((quantity(&api, LAZADA, "PAIR"), quantity(&api, LAZADA, "MUG-B")), (50, 100));
    api.put("/stores/nowhere/listings", &json!({"listings": []})).expect(404);
}

#[test]
fn listings_are_changed_listed_and_taken_off_by_their_seller_sku() {
    let (_app, _browser, api) = shop();
    let three = json!([{"seller_sku": "SET", "components": [{"sku": "MUG", "units": 3}]}]);
    assert_eq!(put(&api, LAZADA, three.clone()), json!({"created": 0, "updated": 1, "failed": []}));
    assert_eq!(put(&api, LAZADA, three), json!({"created": 0, "updated": 1, "failed": []}));
    let body = api.get("/stores/lazada-sg/listings").expect(200).body;
    assert_eq!(body["next"], Value::Null);
    let seller_skus: Vec<&str> =
        body["listings"].as_array().expect("a list").iter().filter_map(|row| row["seller_sku"].as_str()).collect();
    assert_eq!(seller_skus, ["MUG", "PLATE", "Product1", "SET"]);
    assert_eq!(
        body["listings"][3],
        json!({"seller_sku": "SET", "title": "", "components": [{"sku": "MUG", "units": 3}], "item_id": null,
            "variant_id": null, "quantity": 33, "shown": null, "state": null})
    );
    let plain = json!([{"seller_sku": "SET", "components": [{"sku": "PLATE", "units": 1}]}]);
    put(&api, LAZADA, plain);
    assert_eq!(quantity(&api, LAZADA, "SET"), 30, "a kit may become plain");
    put(&api, LAZADA, json!([set("SET")]));
    api.put("/skus", &json!({"skus": [{"code": "MUG", "listings": [SHOPEE]}]})).expect(200);
    assert_eq!(quantity(&api, LAZADA, "SET"), 30, "the list of a SKU is that of its plain listings");
    let taken_off = api.delete("/stores/lazada-sg/listings/SET").expect(202).body;
    assert_eq!((&taken_off["seller_sku"], &taken_off["state"]), (&json!("SET"), &json!("gone")));
    let body = api.get("/stores/lazada-sg/listings").expect(200).body;
    assert_eq!(body["listings"].as_array().map(Vec::len), Some(2), "{body}");
    assert_eq!(api.get("/stores/lazada-sg/listings?state=soon").expect(400).code(), "bad_query");
    assert_eq!(api.get("/stores/nowhere/listings").expect(404).code(), "not_found");
}

#[test]
fn a_kit_has_ids_of_its_own_and_a_state_at_a_connected_store() {
    let (app, _browser, api) = shop();
    connect(&app, LAZADA, lazada::KIND);
    let listings = |query: &str| {
        let body = api.get(&format!("/stores/lazada-sg/listings{query}")).expect(200).body;
        let of = |row: &Value| row["seller_sku"].as_str().expect("a text").to_owned();
        body["listings"].as_array().expect("a list").iter().map(of).collect::<Vec<String>>()
    };
    assert_eq!(listings("?state=not_mapped"), ["SET", "MUG", "PLATE", "Product1"]);
    let mut mapped = set("SET");
    mapped["item_id"] = json!("100");
    mapped["variant_id"] = json!("7");
    assert_eq!(put(&api, LAZADA, json!([mapped]))["updated"], 1);
    assert_eq!(listings("?state=not_mapped"), ["MUG", "PLATE", "Product1"]);
    // Without the ids, they stay.
    assert_eq!(put(&api, LAZADA, json!([set("SET")]))["updated"], 1);
    let body = api.get("/stores/lazada-sg/listings").expect(200).body;
    assert_eq!((&body["listings"][3]["item_id"], &body["listings"][3]["variant_id"]), (&json!("100"), &json!("7")));
    let twin = json!([
        {"seller_sku": "TWIN", "components": [{"sku": "MUG", "units": 3}], "item_id": "100", "variant_id": "7"},
        {"seller_sku": "HALF", "components": [{"sku": "MUG", "units": 3}], "item_id": "100"}
    ]);
    let failed = put(&api, LAZADA, twin);
    assert_eq!(
        (&failed["failed"][0]["code"], &failed["failed"][0]["pointer"], &failed["failed"][1]["code"]),
        (&json!("id_taken"), &json!("/listings/0/item_id"), &json!("bad_field")),
        "{failed}"
    );
    assert_eq!(listings(""), ["MUG", "PLATE", "Product1", "SET"], "nothing is half done");
}

#[test]
fn a_kit_that_was_taken_off_is_listed_again() {
    let (app, _browser, api) = shop();
    connect(&app, LAZADA, file::KIND);
    let taken_off = api.delete("/stores/lazada-sg/listings/SET").expect(202).body;
    assert_eq!(taken_off["state"], "retiring");
    let three = json!([{"seller_sku": "SET", "components": [{"sku": "MUG", "units": 3}]}]);
    assert_eq!(put(&api, LAZADA, three), json!({"created": 1, "updated": 0, "failed": []}));
    assert_eq!(quantity(&api, LAZADA, "SET"), 33);
    let file = api.get("/stores/lazada-sg/quantities.csv").expect(200).body;
    let rows: Vec<&str> = file.as_str().expect("a file").lines().filter(|row| row.contains("SET")).collect();
    assert_eq!(rows, [",SET,,,33"]);
}

#[test]
fn a_kit_keeps_what_a_running_sale_holds() {
    let (app, _browser, api) = shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("PLATE", 5)])).expect("a sale");
    // The plate is listed plainly too, so the kit may lose it.
    let mugs = json!([{"seller_sku": "SET", "components": [{"sku": "MUG", "units": 2}]}]);
    assert_eq!(put(&api, LAZADA, mugs.clone())["updated"], 1);
    put(&api, LAZADA, json!([set("SET")]));
    let plate_of_mugs = json!({"seller_sku": "PLATE", "components": [{"sku": "MUG", "units": 1}]});
    let both = put(&api, LAZADA, json!([mugs[0].clone(), plate_of_mugs]));
    let failed = &both["failed"][0];
    assert_eq!((&both["updated"], &failed["index"], &failed["code"]), (&json!(1), &json!(1), &json!("held_there")));
    put(&api, LAZADA, json!([set("SET")]));
    api.delete("/stores/lazada-sg/listings/PLATE").expect(202);
    let failed = put(&api, LAZADA, mugs);
    assert_eq!(failed["failed"][0]["code"], "held_there", "{failed}");
    assert_eq!(
        failed["failed"][0]["detail"],
        "Keep “PLATE” in it, or end “11.11 lazada-sg” first: that flash sale holds it there."
    );
}

#[test]
fn the_pages_of_long_lists_follow_each_other() {
    let (_app, mut browser, api) = shop();
    let many = |from: usize| {
        let of =
            |nth: usize| json!({"seller_sku": format!("KIT-{nth:04}"), "components": [{"sku": "MUG", "units": 2}]});
        Value::Array((from..from + 600).map(of).collect())
    };
    for from in [0, 600] {
        assert_eq!(put(&api, LAZADA, many(from))["created"], 600);
    }
    let first = api.get("/stores/lazada-sg/listings").expect(200).body;
    let next = first["next"].as_str().expect("a cursor");
    let second = api.get(&format!("/stores/lazada-sg/listings?cursor={next}")).expect(200).body;
    let count = |page: &Value| page["listings"].as_array().map_or(0, Vec::len);
    assert_eq!((count(&first), count(&second), &second["next"]), (1_000, 204, &Value::Null));
    let page = browser.get("/kits?q=kit-00");
    assert_eq!(page.all("tbody th").len(), 50);
    let more = browser.get(&page.attribute(".pager a[rel=next]", "href").expect("a page more"));
    assert_eq!(more.all("tbody th").first().map(String::as_str), Some("KIT-0050"));
    let back = browser.get(&more.attribute(".pager a[rel=prev]", "href").expect("the page before"));
    assert_eq!(back.all("tbody th"), page.all("tbody th"));
    let found = browser.get("/stores/lazada-sg/listings?q=kit-00");
    assert_eq!(found.all("tbody th").len(), 50);
    let more = browser.get(&found.attribute("button[formaction*='after=']", "formaction").expect("a page more"));
    assert_eq!(more.all("tbody th").len(), 50);
    let all = browser.get("/kits");
    let last = browser.get("/kits?after=lazada-sg%7CSET");
    assert_eq!((all.all("tbody th").len(), last.all("tbody th")), (50, vec!["SET".to_owned()]));
    let before = browser.get("/kits?before=shopee-sg%7CSET");
    assert_eq!(before.all("tbody th").last().map(String::as_str), Some("SET"));
    let file = browser.get("/kits.csv?store=lazada-sg");
    assert_eq!(file.body.lines().count(), 1_202);
}

#[test]
fn lists_of_kits_and_of_listings_are_read_from_indexes_in_their_order() {
    let (app, _browser, _api) = shop();
    let store = store_code(LAZADA);
    let stores = [store.clone()];
    let key = || "lazada-sg|SET".to_owned();
    let url = &app.settings.database_url;
    let mut asked = Vec::new();
    for place in [Place::Start, Place::After(key()), Place::Before(key())] {
        let of_kits = plans(url, |conn| drop(kits::page(conn, &stores, &Filter::default(), &place).expect("a read")));
        asked.extend(of_kits.into_iter().map(|plan| ("listings_kits", plan)));
    }
    for after in [None, Some("SET|".to_owned())] {
        let of_all =
            plans(url, |conn| drop(listing_rows::page(conn, &store, None, after.clone(), at(0)).expect("a read")));
        asked.extend(of_all.into_iter().map(|plan| ("listings_by_seller_sku", plan)));
    }
    let lists = asked.iter().filter(|(_, (_, statement))| statement.contains("LIMIT"));
    let mut number = 0;
    for (index, (plan, statement)) in lists {
        let walks = ["Sort", "TEMP B-TREE", "SCAN", "Seq Scan"].iter().any(|walk| plan.contains(walk));
        assert!(!walks && plan.contains(index), "{statement}\n{plan}");
        number += 1;
    }
    assert_eq!(number, 5);
}

#[test]
fn pages_show_kits_with_the_component_that_limits_them() {
    let (_app, mut browser, _api) = shop();
    let sku = browser.get("/catalogue/MUG");
    assert_eq!(sku.cell("SET", "Components"), "MUG*2|PLATE*1");
    assert_eq!(sku.cell("SET", "Why"), "30 sets: PLATE limits it (30 / 1); MUG would allow 50");
    let catalogue = browser.get("/catalogue");
    assert_eq!(catalogue.attribute("nav a[href='/kits']", "href").as_deref(), Some("/kits"));
    for (query, found) in [("", 2), ("?store=shopee-sg", 1), ("?q=plate", 2), ("?q=set%20mug", 2), ("?q=cup", 0)] {
        assert_eq!(browser.get(&format!("/kits{query}")).all("tbody th").len(), found, "{query}");
    }
    let names = |page: Page| page.all("tbody th");
    assert_eq!(names(browser.get("/stores/lazada-sg/listings?q=plate")), ["SET", "PLATE"]);
    let list = browser.get("/kits?store=lazada-sg");
    assert_eq!(list.cell("SET", "Quantity to push"), "30");
    let file = browser.get("/kits.csv?store=lazada-sg");
    let rows: Vec<&str> = file.body.lines().collect();
    assert_eq!(
        rows[0].trim_start_matches('\u{feff}'),
        "store,seller_sku,components,item_id,variant_id,title,quantity,shown,state"
    );
    assert_eq!(rows[1], "lazada-sg,SET,MUG*2|PLATE*1,,,,30,,");
}

#[test]
fn listings_are_added_changed_and_removed_on_the_page_of_a_store() {
    let (_app, mut browser, api) = shop();
    let list = browser.get("/stores/lazada-sg/listings");
    let filled = browser.get(&format!("/stores/{LAZADA}/listings/new?seller_sku=SET-9&item_id=77"));
    assert_eq!(
        filled.attribute("#seller_sku", "value").as_deref(),
        Some("SET-9"),
        "as the page of found listings leads here"
    );
    let add = browser.get(&list.attribute("a[href$='/listings/new']", "href").expect("Add listing"));
    for (seller_sku, components, field, words) in [
        ("", "MUG*2", "#seller_sku-error", "Enter a seller SKU."),
        ("PAIR", "", "#components-error", "Enter at least one component."),
        ("PAIR", "MUG*0", "#components-error", "Enter 1 to 10,000 units of “MUG”: there are 0."),
        ("PAIR", "CUP*2", "#components-error", "Choose a SKU from the catalogue: there is no “CUP”."),
        (
            "SET",
            "MUG*2",
            "#seller_sku-error",
            "Enter another seller SKU, or edit that listing: “SET” is listed there already.",
        ),
    ] {
        let refused = add.submit(&[("seller_sku", seller_sku), ("components", components)]);
        assert_eq!(refused.status, 422, "{seller_sku} {components}");
        assert_eq!(refused.all(field), [format!("Error: {words}")], "{seller_sku} {components}");
        assert!(refused.title().starts_with("Error: Add listing"), "{}", refused.title());
        assert_eq!(refused.attribute("#components", "value").as_deref(), Some(components));
    }
    let added = add.submit(&[("seller_sku", "PAIR"), ("components", " mug * 2 ".to_uppercase().as_str())]);
    assert_eq!(added.status, 303, "{}", added.text());
    let list = added.follow();
    assert!(list.text().contains("Listed: PAIR."), "{}", list.text());
    assert_eq!(quantity(&api, LAZADA, "PAIR"), 50);
    let edit = browser.get(&link_of(&list, "PAIR"));
    let saved = edit.submit(&[("components", "MUG*4")]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    assert_eq!(quantity(&api, LAZADA, "PAIR"), 25);
    let stale = edit.submit(&[("components", "MUG*5")]);
    assert_eq!(stale.status, 422);
    assert!(stale.text().contains("Someone else changed it meanwhile to MUG*4."), "{}", stale.text());
    let ask = browser.get(&edit.attribute("a[href$='/remove']", "href").expect("Remove"));
    let removed = ask.submit(&[]).follow();
    assert!(removed.text().contains("Taken off: PAIR."), "{}", removed.text());
    let listings = api.get("/stores/lazada-sg/listings").expect(200).body;
    assert_eq!(listings["listings"].as_array().map(Vec::len), Some(4));
}

/// The page of a kit, from the list of a store.
fn link_of(list: &Page, seller_sku: &str) -> String {
    let html = scraper::Html::parse_document(&list.body);
    let links = scraper::Selector::parse("main a[href$='/edit']").expect("a selector");
    let found = html.select(&links).find(|link| link.text().collect::<String>().contains(seller_sku));
    let found = found.unwrap_or_else(|| panic!("no link of {seller_sku} in {}", list.body));
    found.attr("href").expect("an address").to_owned()
}

/// The create form up to the products step.
fn products_step(browser: &mut Browser) -> Page {
    let details = browser.get("/promotions/new").submit(&[]).follow();
    let sent = details.submit(&[("name", "11.11"), ("type", "stock_allocation"), ("store", LAZADA), ("end", END)]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    sent.follow()
}

#[test]
fn a_kit_is_held_by_the_create_form_as_its_components() {
    let (_app, mut browser, api) = shop();
    let step = products_step(&mut browser);
    let found = step.submit(&[("press", "search"), ("q", "set")]).follow();
    assert_eq!(found.cell("SET", "Available now"), "30");
    let added = found.submit(&[("press", "add"), ("add_kit", "SET")]).follow();
    assert_eq!(added.cell("SET", "Components"), "MUG*2|PLATE*1");
    let refused = added.submit(&[("press", "continue"), ("kit_quantity", "31")]);
    assert_eq!(refused.status, 422);
    let words = "SET: Enter 30 or less: 30 are available now, because of “PLATE”.";
    assert_eq!(refused.all("#kit-quantity-1-error"), [format!("Error: {words}")]);
    let saved = refused.submit(&[("press", "save"), ("kit_quantity", "10")]).follow();
    assert_eq!(saved.cell("SET", "This store will show"), "SET 10 MUG 20 PLATE 10");
    assert_eq!(saved.cell("SET", "Other stores will show"), "SET: 20 MUG: 80 PLATE: 20");
    let review = saved.submit(&[("press", "continue")]).follow();
    let file = browser.get(&review.attribute("a[href$='quantities.csv']", "href").expect("a file"));
    for row in ["lazada-sg,,SET,MUG*2|PLATE*1,10", "shopee-sg,,SET,MUG*2|PLATE*1,20", "shopee-sg,MUG,MUG,Mug,80"] {
        assert!(file.body.lines().any(|line| line == row), "no {row} in {}", file.body);
    }
    assert_eq!((review.cell("MUG", "Quantity"), review.cell("PLATE", "Quantity")), ("20".to_owned(), "10".to_owned()));
    assert_eq!(review.cell("MUG", "Shopee SG"), "before 100 →, after 80");
    assert_eq!(review.cell("SET", "Lazada SG"), "before 30 →, after 10");
    assert_eq!(review.cell("SET", "Shopee SG"), "before 30 →, after 20");
    let created = review.submit_form("main form", &[]);
    assert!(created.location.as_deref().is_some_and(|path| path.ends_with("/confirmation")), "{}", created.text());
    assert_eq!(shown(&api), [20, 10, 80, 20], "L4");
}

#[test]
fn rows_of_a_sale_may_name_kits_and_what_no_longer_fits_is_said_at_the_kit() {
    let (app, mut browser, api) = shop();
    let step = products_step(&mut browser);
    let added = step.submit(&[("press", "rows"), ("rows", "SET,10\nMUG,50")]).follow();
    assert_eq!(added.attribute("#kit-quantity-1", "value").as_deref(), Some("10"));
    assert_eq!(added.attribute("#quantity-1", "value").as_deref(), Some("50"));
    let refused = added.submit(&[("press", "continue"), ("quantity", "81")]);
    assert_eq!(
        refused.all("#quantity-1-error"),
        ["Error: MUG: Enter 80 or less: 100 are available now, and the kits of this promotion take 20."]
    );
    let review = refused.submit(&[("press", "continue"), ("quantity", "50")]).follow();
    assert_eq!(review.cell("MUG", "Quantity"), "70");
    add_sku(&app.database, "PLATE", "Plate", 8, &[LAZADA, SHOPEE]);
    let refused = review.submit_form("main form", &[]);
    assert_eq!(refused.status, 422);
    let words = "Error: PLATE: Enter 8 or less: 8 are available now.";
    assert_eq!(refused.all("#kit-quantity-1-error"), [words]);
    let replaced = refused.submit(&[("press", "replace"), ("rows", "SET,5")]).follow();
    assert_eq!(replaced.attribute("#kit-quantity-1", "value").as_deref(), Some("5"));
    assert!(replaced.attribute("#quantity-1", "value").is_none(), "the products are replaced");
    api.delete("/stores/lazada-sg/listings/SET").expect(202);
    let gone = replaced.submit(&[("press", "continue")]);
    assert_eq!(
        gone.all("#kit-quantity-1-error"),
        ["Error: SET: Remove it: this store has no listing with this seller SKU."]
    );
    let removed = gone.submit(&[("remove_kit", "SET")]).follow();
    assert!(removed.text().contains("None yet."), "{}", removed.text());
}

/// Imports a file of listings, and answers what is said and the rows that failed.
fn import(app: &TestApp, content: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("listings.csv");
    std::fs::write(&file, content).expect("a file");
    let output = run_program(&app.url, &["import", "listings", file.to_str().expect("a path of text")]);
    let failed = std::fs::read_to_string(folder.path().join("listings.csv.failed.csv")).unwrap_or_default();
    (String::from_utf8_lossy(&output.stdout).into_owned(), failed)
}

#[test]
fn a_file_says_what_listings_are_made_of() {
    let (app, mut browser, api) = shop();
    let (said, failed) = import(
        &app,
        "store,seller_sku,components\n\
         zalora-sg,PAIR,MUG*2\n\
         zalora-sg,SET-Z, PLATE | MUG*2 \n\
         zalora-sg,BAD,MUG*none\n\
         zalora-sg,BAD,CUP*2\n\
         nowhere,SET,MUG*2\n\
         zalora-sg,PAIR,MUG*5\n",
    );
    assert!(said.starts_with("Rows: 6. ") && said.contains("Failed: 3."), "{said}");
    assert!(failed.contains("“MUG*none” has no number after its last “*”."), "{failed}");
    assert!(
        failed.contains("there is no “CUP”") && failed.contains("Choose a store: there is no “nowhere”."),
        "{failed}"
    );
    assert_eq!((quantity(&api, "zalora-sg", "PAIR"), quantity(&api, "zalora-sg", "SET-Z")), (20, 30));
    let (said, _) = import(&app, "store,seller_sku,components\nzalora-sg,PAIR,MUG*5\n");
    assert!(said.contains("As before: 1."), "{said}");
    // An export is read again, and changes nothing.
    let export = browser.get("/stores/lazada-sg/listings.csv");
    let rows: Vec<&str> = export.body.lines().collect();
    assert_eq!(rows[0].trim_start_matches('\u{feff}'), "store,sku,seller_sku,item_id,variant_id,name,components");
    assert!(rows.contains(&"lazada-sg,,SET,,,,MUG*2|PLATE*1"), "{rows:?}");
    assert!(rows.contains(&"lazada-sg,MUG,MUG,,,Mug,MUG*1"), "{rows:?}");
    let before = api.get("/stores/lazada-sg/listings").expect(200).body;
    let sent = browser.get("/imports").submit_file("file", "listings.csv", export.body.as_bytes());
    let page = finished(&mut browser, &sent.location.expect("the page of the import"));
    assert!(page.text().contains("Failed 0"), "{}", page.text());
    assert_eq!(api.get("/stores/lazada-sg/listings").expect(200).body, before);
}
