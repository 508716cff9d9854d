//! The connector against shops as they are: promotions, warehouses, FBS items, sizes, delays.

use super::{product, refusal};
use crate::{
    marketplaces::connectors::{Rig, SHOP, classes},
    support::moment,
};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Campaign, Fault, PlannedFault, Warehouse},
    marketplaces::{FailureClass, Target, shopee},
};

const FBS: &str = "The current item belong to the full FBS shop, so normal stock must be equal to 0";

fn with_warehouses(codes: &[&str]) -> Rig {
    let rig = Rig::new(shopee::KIND);
    for code in codes {
        rig.marketplace.add_warehouse(SHOP, Warehouse { code: (*code).to_owned(), name: format!("Warehouse {code}") });
        if *code != codes[0] {
            rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
                product.elsewhere.insert((*code).to_owned(), 30);
            });
        }
    }
    rig
}

fn elsewhere(rig: &Rig, code: &str) -> Option<i64> {
    let products = rig.marketplace.products(SHOP);
    let (_, product) = products.iter().find(|(id, _)| *id == rig.id(1)).expect("product 1");
    product.elsewhere.get(code).copied()
}

#[test]
fn a_store_with_a_chosen_warehouse_sets_that_one_alone() {
    for (warehouse, main, other) in [("SGA", 40, 30), ("SGB", 100, 40)] {
        let mut rig = with_warehouses(&["SGA", "SGB"]);
        rig.warehouse = Some(warehouse.to_owned());
        assert_eq!(rig.push_one(40), Ok(40), "{warehouse}: what is in the others is not counted");
        assert_eq!((rig.shown(1), elsewhere(&rig, "SGB")), (Some(main), Some(other)), "{warehouse}");
    }
}

#[test]
fn a_store_without_a_chosen_warehouse_says_that_one_has_to_be_chosen() {
    let rig = with_warehouses(&["SGA", "SGB"]);
    let failure = rig.push_one(120).expect_err("no location");
    assert!(!failure.class.is_store_wide() && failure.class != FailureClass::Temporary, "{failure:?}");
    assert!(failure.message.to_lowercase().contains("warehouse"), "{failure}");
    assert_eq!((rig.shown(1), elsewhere(&rig, "SGB")), (Some(100), Some(30)));
}

#[test]
fn a_warehouse_that_the_shop_does_not_have_acknowledges_nothing() {
    let mut rig = with_warehouses(&["SGA", "SGB"]);
    rig.warehouse = Some("SGX".to_owned());
    let failure = rig.push_one(40).expect_err("no such location");
    assert!(!failure.class.is_store_wide() && failure.class != FailureClass::Temporary, "{failure:?}");
    assert_eq!((rig.shown(1), elsewhere(&rig, "SGB")), (Some(100), Some(30)));
}

/// The location `SGZ` that such a shop reads is not sent: it "does not have right to use seller location_id".
#[test]
fn a_shop_that_is_not_in_the_whitelist_is_written_without_a_location() {
    let rig = Rig::new(shopee::KIND);
    assert_eq!(rig.push_one(40), Ok(40));
    assert_eq!(rig.check(), Ok(()));
}

#[test]
fn an_fbs_item_is_said_to_be_shopee_s_and_other_items_are_set() {
    let rig = Rig::new(shopee::KIND);
    let other = product("8000", "0");
    rig.marketplace.add_product(SHOP, &other, "single", 100);
    rig.marketplace.change_product(SHOP, &rig.id(2), |product| {
        product.quantity = Some(0);
        product.fulfilled_by_marketplace = Some(119);
    });
    let answers = rig.push(&[rig.target(1, 120), rig.target(2, 120), rig.target(3, 120)]);
    assert_eq!(classes(&answers), [Err(FailureClass::NotWritable); 3], "Shopee says it of the item: {answers:?}");
    assert_eq!([1, 2, 3].map(|number| rig.shown(number)), [Some(100), Some(0), Some(100)]);
    let target = Target { item_id: Some(other.item), variant_id: None, ..rig.target(1, 120) };
    assert_eq!(classes(&rig.push(&[target])), [Ok(120)]);
}

#[test]
fn shopee_s_own_units_are_not_taken_for_the_seller_s() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
        product.quantity = Some(0);
        product.fulfilled_by_marketplace = Some(40);
    });
    let result = rig.push_one(40);
    assert_ne!(result, Ok(40), "40 units of Shopee's warehouse are no units of this seller");
}

#[test]
fn an_upcoming_promotion_keeps_its_units_from_now_on_until_its_end() {
    let rig = Rig::new(shopee::KIND);
    let end = moment("2026-11-10T14:00:00Z");
    let campaign = Campaign { quantity: 60, starts_at: Some(moment("2026-11-10T13:00:00Z")), ends_at: end };
    rig.marketplace.add_campaign(SHOP, &rig.id(1), campaign);
    for hour in 0..2 {
        let answers = rig.push(&[rig.target(1, 50), rig.target(2, 50)]);
        assert_eq!(classes(&answers), [Err(FailureClass::Locked), Ok(50)], "{hour}: {answers:?}");
        let lock = answers[0].result.as_ref().expect_err("locked").lock.expect("the promotion");
        assert_eq!((lock.quantity, lock.until), (Some(60), Some(end)), "{hour}");
        rig.advance(TimeDelta::hours(1));
    }
    assert_eq!(rig.push_one(50), Ok(50), "after its end");
}

#[test]
fn a_promotion_of_an_item_without_models_is_found_as_well() {
    let rig = Rig::new(shopee::KIND);
    let id = product("8000", "0");
    rig.marketplace.add_product(SHOP, &id, "single", 100);
    let end = moment("2026-11-10T14:00:00Z");
    rig.marketplace.add_campaign(SHOP, &id, Campaign { quantity: 60, starts_at: None, ends_at: end });
    for at_most in [Some(100), Some(10), None] {
        let target = Target { item_id: Some("8000".to_owned()), variant_id: None, at_most, ..rig.target(1, 50) };
        let answers = rig.push(&[target]);
        assert_eq!(classes(&answers), [Err(FailureClass::Locked)], "{at_most:?} {answers:?}");
        let lock = answers[0].result.as_ref().expect_err("locked").lock.expect("the promotion");
        assert_eq!((lock.quantity, lock.until), (Some(60), Some(end)), "{at_most:?}");
    }
    assert_eq!(rig.marketplace.quantity(SHOP, &id), Some(100));
}

#[test]
fn two_promotions_of_a_model_keep_their_sum_until_enough_of_it_is_free() {
    let rig = Rig::new(shopee::KIND);
    let first_end = moment("2026-11-10T13:00:00Z");
    rig.add_campaign(1, 30, first_end);
    rig.add_campaign(1, 40, moment("2026-11-10T14:00:00Z"));
    let lock = rig.push_one(50).expect_err("70 are kept").lock.expect("the promotions");
    assert_eq!((lock.quantity, lock.until), (Some(70), Some(first_end)));
    rig.advance(TimeDelta::hours(1));
    assert_eq!(rig.push_one(50), Ok(50), "40 are kept");
}

#[test]
fn whole_items_of_twenty_models_and_those_without_are_set() {
    let rig = Rig::new(shopee::KIND);
    for number in 4..=20 {
        rig.marketplace.add_product(SHOP, &rig.id(number), &format!("seller-{number}"), 100);
    }
    let targets: Vec<Target> = (1..=20).map(|number| rig.target(number, 7)).collect();
    assert!(rig.push(&targets).iter().all(|answer| answer.result == Ok(7)));
    assert_eq!(rig.marketplace.calls(SHOP).writes, 1);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 5);
    let target = Target { item_id: Some("8000".to_owned()), variant_id: Some("0".to_owned()), ..rig.target(1, 3) };
    assert_eq!(classes(&rig.push(&[target])), [Ok(3)]);
}

/// An item that has models is in `get_item_base_info` as well, with the sum of their stock.
#[test]
fn a_listing_without_a_model_of_an_item_with_models_is_a_wrong_mapping() {
    let rig = Rig::new(shopee::KIND);
    for quantity in [300, 40] {
        let target = Target { variant_id: None, ..rig.target(1, quantity) };
        let answers = rig.push(&[target]);
        assert_eq!(classes(&answers), [Err(FailureClass::Mapping)], "{quantity}: {answers:?}");
    }
}

#[test]
fn an_item_that_is_gone_is_a_wrong_mapping_and_costs_no_other() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 100);
    for (item_id, variant_id, at_most) in
        [("9000", Some("1"), Some(10)), ("9000", Some("1"), None), ("9001", None, Some(10)), ("9001", None, None)]
    {
        let item_id = Some(item_id.to_owned());
        let target = Target { item_id, variant_id: variant_id.map(str::to_owned), at_most, ..rig.target(1, 40) };
        let answers = rig.push(&[target]);
        assert_eq!(classes(&answers), [Err(FailureClass::Mapping)], "{variant_id:?} {at_most:?} {answers:?}");
    }
    assert_eq!(rig.push_one(40), Ok(40));
}

#[test]
fn slow_and_compressed_answers_are_answers() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Slow { milliseconds: 900 }).times(3));
    assert_eq!(rig.push_one(40), Ok(40), "each call has its own time limit");
    rig.marketplace.clear_faults(SHOP);
    rig.marketplace.add_fault(SHOP, Fault::Gzip);
    assert_eq!(rig.push_one(30), Ok(30));
}

#[test]
fn the_page_of_a_cdn_is_no_answer_of_the_api() {
    for status in [403, 404, 429, 503] {
        for kind in [CallKind::Write, CallKind::Read] {
            let rig = Rig::new(shopee::KIND);
            rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Page { status }).on(kind).times(1));
            let failure = rig.push_one(120).expect_err("a page");
            assert!(!failure.class.pauses(), "{status} {kind:?}: {failure:?}");
            assert_eq!(rig.push_one(120), Ok(120), "{status} {kind:?}");
        }
    }
}

/// The batches of a store are its items: what one is refused for is said of that one.
#[test]
fn a_refusal_of_one_item_is_none_of_the_store() {
    let rig = Rig::new(shopee::KIND);
    rig.marketplace.add_product(SHOP, &product("8000", "0"), "single", 100);
    for (code, message) in [
        ("error_server", FBS),
        ("product.error_item_not_found", "Product not found"),
        ("product.error_inner", "Update item failed timeout"),
        ("product.error_busi", "the product 24189251468 status is abnormal"),
        ("error_inner", "Invalid stock location ID"),
    ] {
        let planned = refusal(None, code, message);
        rig.marketplace.change_product(SHOP, &product("8000", "0"), |product| product.refusal = Some(planned));
        let bad = Target { item_id: Some("8000".to_owned()), variant_id: None, ..rig.target(1, 120) };
        let failure = rig.push(&[bad]).remove(0).result.expect_err("refused");
        assert!(!failure.class.is_store_wide(), "{code} {message}: {failure:?}");
        assert_eq!(rig.push_one(120), Ok(120), "{code}");
    }
}

/// Seen in Shopee's guides and in public clients; shops of Brazil and of China are not at the default host.
#[test]
fn the_hosts_of_brazil_and_china_are_offered() {
    let addresses: Vec<&str> = shopee::KIND.facts().addresses.iter().map(|(_, address)| *address).collect();
    for host in
        ["https://partner.shopeemobile.com", "https://openplatform.shopee.com.br", "https://openplatform.shopee.cn"]
    {
        assert!(addresses.iter().any(|address| address.trim_end_matches('/') == host), "{host} in {addresses:?}");
    }
}
