//! Kits through scan, plan, lease and record: they follow each of their components, wait for what shares one with them, and
//! are set to 0 before they go.

use super::pushes::Shop;
use crate::{
    engine::migrations::plans,
    scene::{
        LAZADA, PATIENCE, SHOPEE, assert_verified, at, cause, create, expected, list, list_kit, read, sale, sku_code,
        stock, store_code, take,
    },
};
use chrono::TimeDelta;
use flashsale::{
    actions::catalogue::{
        archive_sku::{self, ArchiveRefusal},
        merge_skus, rename_sku,
    },
    db::stores::{
        components, listings, push_log,
        push_log::Filter,
        pushes::{self, Push},
        retiring,
    },
    domain::{moment::Moment, promotions::promotion::FlashSaleType::StockAllocation, stores::components::Components},
    sync::push::scan,
};
use serde_json::{Value, json};

/// 100 MUG and 30 PLATE on Lazada and Shopee, and SET = 2 MUG + 1 PLATE: table L of the design.
fn shop_with_sets() -> Shop {
    let shop = Shop::with_pages();
    let database = &shop.app.database;
    for (sku, units) in [("MUG", 100), ("PLATE", 30)] {
        stock(database, at(0), sku, units, 0);
        list(database, at(0), sku, &[LAZADA, SHOPEE]).expect("listed");
    }
    for store in [LAZADA, SHOPEE] {
        list_kit(database, at(0), store, "SET", "MUG*2|PLATE*1");
    }
    shop
}

fn push(shop: &Shop, store: &str, seller_sku: &str) -> Option<Push> {
    read(&shop.app.database, |conn| {
        let found = listings::with_seller_skus(conn, &store_code(store), &[seller_sku])?;
        Ok(pushes::of_listings(conn, found.iter().map(|listing| &listing.id))?.into_values().next())
    })
}

/// What Lazada and Shopee show of MUG and SET, in the order of table L.
fn shown(shop: &Shop) -> [i64; 4] {
    [(LAZADA, "MUG"), (LAZADA, "SET"), (SHOPEE, "MUG"), (SHOPEE, "SET")].map(|(store, listing)| {
        push(shop, store, listing).and_then(|push| push.acknowledged).expect("it was acknowledged")
    })
}

/// What is leased of a store: the listings with what they are sent.
fn leased(shop: &Shop, store: &str, now: Moment) -> Vec<(String, i64)> {
    let leased = shop.lease(store, "one", now);
    let mut sent: Vec<(String, i64)> =
        leased.iter().map(|leased| (leased.listing.name().to_owned(), leased.quantity)).collect();
    sent.sort();
    for one in leased {
        let units = one.quantity;
        shop.answer(store, now, vec![one], &Ok(units));
    }
    sent
}

#[test]
fn stores_show_what_table_l_says() {
    let shop = shop_with_sets();
    let database = &shop.app.database;
    shop.settle(at(1));
    assert_eq!(shown(&shop), [100, 30, 100, 30], "L1");
    create(database, at(2), &sale(at(2), LAZADA, StockAllocation, &[("MUG", 60)])).expect("a sale");
    shop.settle(at(2));
    assert_eq!(shown(&shop), [60, 30, 40, 20], "L2");
    take(database, at(3), SHOPEE, "1", &[("MUG", 2), ("PLATE", 1)]);
    shop.settle(at(3));
    assert_eq!(shown(&shop), [60, 29, 38, 19], "L3");
    assert_verified(database, at(3));

    let shop = shop_with_sets();
    let of_sets = sale(at(2), LAZADA, StockAllocation, &[("MUG", 20), ("PLATE", 10)]);
    let sale = create(&shop.app.database, at(2), &of_sets).expect("a sale");
    shop.settle(at(2));
    assert_eq!(shown(&shop), [20, 10, 80, 20], "L4");
    shop.settle(sale.ends_at.plus(TimeDelta::microseconds(-1)));
    assert_eq!(shown(&shop), [20, 10, 80, 20]);
    shop.settle(sale.ends_at);
    assert_eq!(shown(&shop), [100, 30, 100, 30], "its end is found by the clock");
    assert_verified(&shop.app.database, sale.ends_at);
}

#[test]
fn a_kit_waits_until_listings_of_its_components_are_lowered_and_the_other_way_round() {
    let shop = shop_with_sets();
    let database = &shop.app.database;
    shop.settle(at(1));
    stock(database, at(2), "PLATE", 40, 0);
    stock(database, at(2), "MUG", 90, 0);
    shop.scan(at(2));
    let plain = || [("MUG".to_owned(), 90), ("PLATE".to_owned(), 40)];
    assert_eq!(leased(&shop, LAZADA, at(2)), plain(), "no set yet: Shopee still shows 100 MUG");
    assert_eq!(leased(&shop, SHOPEE, at(2)), plain());
    assert_eq!(leased(&shop, LAZADA, at(2)), [("SET".to_owned(), 40)]);
    shop.settle(at(2));
    assert_eq!(shown(&shop), [90, 40, 90, 40]);
    // The sets are lowered before any mug is raised.
    stock(database, at(3), "PLATE", 20, 0);
    stock(database, at(3), "MUG", 120, 0);
    shop.scan(at(3));
    let lowered = || [("PLATE".to_owned(), 20), ("SET".to_owned(), 20)];
    assert_eq!(leased(&shop, LAZADA, at(3)), lowered());
    assert_eq!(leased(&shop, LAZADA, at(3)), [], "Shopee still shows 40 sets");
    assert_eq!(leased(&shop, SHOPEE, at(3)), lowered());
    assert_eq!(leased(&shop, LAZADA, at(3)), [("MUG".to_owned(), 120)]);
    assert_verified(database, at(3));
}

#[test]
fn a_kit_is_called_by_its_seller_sku_in_the_log_and_in_the_states() {
    let shop = shop_with_sets();
    shop.settle(at(1));
    let lines = read(&shop.app.database, |conn| push_log::after(conn, &Filter::default(), None, 100));
    let set = lines.iter().find(|line| line.seller_sku == "SET").expect("a line of the kit");
    assert_eq!((&set.sku, set.name()), (&None, "SET"));
    assert!(set.why.starts_with("30 kits: PLATE limits it (30 / 1). PLATE: "), "{}", set.why);
    let api = shop.app.api();
    stock(&shop.app.database, at(2), "PLATE", 20, 0);
    shop.scan(at(2));
    let waiting = api.get("/pushes?state=waiting&store=lazada-sg").expect(200).body;
    let row = |row: &Value| (row["sku"].clone(), row["seller_sku"].clone(), row["quantity"].clone());
    let rows: Vec<_> = waiting["pushes"].as_array().expect("rows").iter().map(row).collect();
    assert_eq!(rows, [(Value::Null, json!("SET"), json!(20)), (json!("PLATE"), Value::Null, json!(20))]);
    let mut browser = shop.app.signed_in();
    let page = browser.get("/stores/lazada-sg").text();
    assert!(page.contains("SET"), "{page}");
    assert!(browser.get("/push-log").text().contains("PLATE limits it"));
}

#[test]
fn programs_read_the_quantities_of_kits_and_that_they_changed() {
    let shop = shop_with_sets();
    shop.scan(at(1));
    let api = shop.app.api();
    let all = api.get("/quantities?store=shopee-sg").expect(200).body;
    let rows = all["quantities"].as_array().expect("rows");
    let plain = |sku: &str, quantity: i64| json!({"sku": sku, "store": SHOPEE, "quantity": quantity, "from_hold": 0, "from_shared": quantity});
    let components = json!([{"sku": "MUG", "units": 2}, {"sku": "PLATE", "units": 1}]);
    let set = |quantity: i64| {
        json!({"seller_sku": "SET", "components": components, "store": SHOPEE, "quantity": quantity, "from_hold": 0,
            "from_shared": quantity})
    };
    assert_eq!(rows, &[plain("MUG", 100), plain("PLATE", 30), plain("Product1", 100), set(30)]);
    let of_mug = api.get("/quantities?store=shopee-sg&sku=MUG").expect(200).body;
    assert_eq!(of_mug["quantities"], json!([plain("MUG", 100), set(30)]));
    let cursor = all["changes"].as_str().expect("a cursor");
    stock(&shop.app.database, at(2), "PLATE", 12, 0);
    shop.scan(at(2));
    let changed = api.get(&format!("/quantities?store=shopee-sg&cursor={cursor}")).expect(200).body;
    assert_eq!(
        (&changed["changed"], &changed["quantities"]),
        (&json!(["PLATE"]), &json!([plain("PLATE", 12), set(12)]))
    );
    let file = api.get("/stores/shopee-sg/quantities.csv").expect(200);
    assert!(file.body.as_str().expect("a file").contains("\n,SET,,,12\n"), "{}", file.body);
}

#[test]
fn a_kit_that_is_taken_off_shows_0_before_it_is_gone() {
    let shop = shop_with_sets();
    shop.settle(at(1));
    let api = shop.app.api();
    let answer = api.delete("/stores/shopee-sg/listings/SET");
    let body = json!({"store": SHOPEE, "seller_sku": "SET", "sku": null, "state": "retiring"});
    assert_eq!((answer.status, &answer.body), (202, &body));
    let now = shop.app.now();
    let found = read(&shop.app.database, |conn| retiring::with_seller_sku(conn, &store_code(SHOPEE), "SET"));
    let kit = found.expect("it is retiring");
    shop.scan(now);
    // What it still shows counts for the mugs.
    stock(&shop.app.database, now, "MUG", 120, 0);
    shop.scan(now);
    assert_eq!(leased(&shop, LAZADA, now), []);
    assert_eq!(leased(&shop, SHOPEE, now), [("SET".to_owned(), 0)]);
    let gone = read(&shop.app.database, |conn| {
        let components = components::of_kits(conn, [kit.id])?;
        Ok((retiring::find(conn, kit.id)?, components.len(), pushes::of_listings(conn, [&kit.id])?.len()))
    });
    assert_eq!(gone, (None, 0, 0));
    assert_eq!(leased(&shop, LAZADA, now), [("MUG".to_owned(), 120)]);
    assert_verified(&shop.app.database, now);
}

fn made_of(shop: &Shop) -> Vec<String> {
    read(&shop.app.database, |conn| {
        let kits = listings::with_seller_skus(conn, &store_code(LAZADA), &["SET"])?;
        Ok(components::of(conn, &kits)?.values().map(Components::to_string).collect())
    })
}

#[test]
fn kits_follow_a_component_that_is_renamed_or_merged_and_keep_it_from_being_archived() {
    let shop = shop_with_sets();
    let database = &shop.app.database;
    shop.settle(at(1));
    let cause = cause(at(2));
    let run = |conn: &mut _| rename_sku::run(conn, &cause, &sku_code("PLATE"), &sku_code("DISH"));
    expected(database.write_blocking(run)).expect("renamed");
    assert_eq!(made_of(&shop), ["DISH*1|MUG*2"]);
    stock(database, at(3), "DISH", 25, 0);
    shop.settle(at(3));
    assert_eq!(shown(&shop), [100, 25, 100, 25]);
    let archive = |conn: &mut _| archive_sku::archive(conn, &cause, &sku_code("DISH"));
    let refusal = expected(database.write_blocking(archive)).expect_err("it is in a kit");
    let in_kit = ArchiveRefusal::InKit { seller_sku: "SET".to_owned(), store: LAZADA.to_owned() };
    assert_eq!(refusal, in_kit);
    // Another code of what the dish is.
    stock(database, at(4), "BOWL", 7, 0);
    let merge = |conn: &mut _| merge_skus::run(conn, &cause, &sku_code("DISH"), &sku_code("BOWL"));
    expected(database.write_blocking(merge)).expect("merged");
    assert_eq!(made_of(&shop), ["BOWL*1|MUG*2"]);
    shop.settle(at(5));
    assert_eq!(shown(&shop), [100, 32, 100, 32]);
    assert_verified(database, at(5));
}

#[test]
fn each_of_several_listings_of_one_sku_shows_what_its_store_should() {
    let shop = shop_with_sets();
    let database = &shop.app.database;
    list_kit(database, at(0), LAZADA, "MUG-AGAIN", "MUG*1");
    list_kit(database, at(0), LAZADA, "MUG-PAIR", "MUG*2");
    shop.settle(at(1));
    let acknowledged = |listing| push(&shop, LAZADA, listing).and_then(|push| push.acknowledged);
    assert_eq!(["MUG", "MUG-AGAIN", "MUG-PAIR"].map(acknowledged), [Some(100), Some(100), Some(50)]);
    take(database, at(2), SHOPEE, "1", &[("MUG", 1)]);
    shop.settle(at(2));
    assert_eq!(["MUG", "MUG-AGAIN", "MUG-PAIR"].map(acknowledged), [Some(99), Some(99), Some(49)]);
    let rows = shop.app.api().get("/quantities?store=lazada-sg&sku=MUG").expect(200).body;
    assert_eq!(rows["quantities"].as_array().expect("rows").len(), 3, "a row for the SKU, one for each kit: {rows}");
    let of_lazada = shop.app.signed_in().get("/catalogue?store=lazada-sg");
    assert_eq!(of_lazada.all("tbody th"), ["MUG", "PLATE", "Product1"], "each SKU once");
    assert_verified(database, at(2));
}

#[test]
fn the_kits_of_a_sku_are_found_planned_leased_and_recorded_by_indexes_alone() {
    let mut shop = shop_with_sets();
    shop.app.stop();
    shop.settle(at(1));
    stock(&shop.app.database, at(2), "PLATE", 40, 0);
    stock(&shop.app.database, at(2), "MUG", 90, 0);
    let tables = ["listings", "kit_components", "pushes", "skus", "retiring_listings", "quantity_checks"];
    let walks: Vec<String> =
        tables.iter().flat_map(|table| [format!("SCAN {table}"), format!("Seq Scan on {table}")]).collect();
    let all = plans(&shop.app.settings.database_url, |conn| {
        scan::run(conn, || at(2), PATIENCE, 100).expect("a scan");
        let codes = [sku_code("MUG"), sku_code("PLATE")];
        let ids: Vec<_> = components::kits_with(conn, &codes).expect("kits").into_iter().map(|(_, kit)| kit).collect();
        listings::containing(conn, &codes).expect("listings");
        listings::stores_of(conn, &codes).expect("stores");
        components::of_kits(conn, ids.iter().copied()).expect("components");
        pushes::of_listings(conn, &ids).expect("pushes");
        retiring::by_ids(conn, &ids).expect("retiring");
        pushes::after(conn, None, 10).expect("pushes");
    });
    assert!(all.iter().any(|(_, statement)| statement.contains("kit_components")));
    for (plan, statement) in all {
        assert!(!walks.iter().any(|walk| plan.contains(walk.as_str())), "{statement}\n{plan}");
    }
}
