//! What the connector does with a shop of realistic size, several warehouses, Lazada's own stock and campaigns.

use super::{add_products, product, rig};
use crate::{
    marketplaces::connectors::{Rig, SHOP, classes},
    support::moment,
};
use chrono::TimeDelta;
use flashsale::{
    demo::marketplace::{CallKind, Campaign, Fault, PlannedFault, Warehouse},
    marketplaces::{FailureClass, Target},
};

const SECOND: &str = "SG1001-WH-10010";

#[test]
fn fifty_products_of_40_kb_are_written_and_read_back() {
    let rig = rig();
    let targets = add_products(&rig, 50, 7, |number| format!("large-{number}"));
    rig.marketplace.set_description_bytes(SHOP, 20_000);
    let answers = rig.push(&targets);
    assert!(answers.iter().all(|answer| answer.result == Ok(7)), "{answers:?}");
    assert_eq!(rig.marketplace.calls(SHOP).writes, 1);
    let raised: Vec<Target> = targets.into_iter().map(|target| Target { quantity: 150, ..target }).collect();
    assert!(rig.push(&raised).iter().all(|answer| answer.result == Ok(150)));
}

#[test]
fn a_product_with_20_variants_is_read_for_the_one_that_was_written() {
    let rig = rig();
    for number in 1..=18 {
        let id = product(7001, 9_100 + number);
        rig.marketplace.add_product(SHOP, &id, &format!("variant-{number}"), 5);
        rig.marketplace.add_campaign(
            SHOP,
            &id,
            Campaign { quantity: 5, starts_at: None, ends_at: moment("2026-11-11T12:00:00Z") },
        );
    }
    assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(2, 41)])), [Ok(40), Ok(41)]);
    assert_eq!(rig.marketplace.quantity(SHOP, &product(7001, 9_101)), Some(5));
}

#[test]
fn the_product_of_one_listing_may_be_larger_than_many() {
    let rig = rig();
    rig.marketplace.set_description_bytes(SHOP, 400_000);
    assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(3, 41)])), [Ok(40), Ok(41)]);
}

/// 100 characters are 100 bytes of an address, or 900 where each has to be escaped.
#[test]
fn fifty_seller_skus_of_100_characters_make_no_address_longer_than_8_kb() {
    for character in ["A", "/", "ß", "中"] {
        let rig = rig();
        let name = |number: u64| format!("{number:02}{}", character.repeat(98));
        let targets = add_products(&rig, 50, 7, name);
        let answers = rig.push(&targets);
        assert!(answers.iter().all(|answer| answer.result == Ok(7)), "{character}: {:?}", answers[0]);
        assert_eq!(rig.marketplace.calls(SHOP).writes, 1, "{character}");
    }
}

#[test]
fn every_character_of_a_seller_sku_arrives() {
    let rig = rig();
    for (number, name) in ["A&B <\"'>", "]]>", "<![CDATA[", "&amp;", "\\%20+", "中文 😀", "a\",\"b"].iter().enumerate()
    {
        let id = product(70_100 + number as u64, 90_100 + number as u64);
        rig.marketplace.add_product(SHOP, &id, name, 100);
        let target = Target {
            seller_sku: (*name).to_owned(),
            item_id: Some(id.item.clone()),
            variant_id: Some(id.variant.clone()),
            ..rig.target(1, 40)
        };
        assert_eq!(classes(&rig.push(&[target])), [Ok(40)], "{name}");
        assert_eq!(rig.marketplace.quantity(SHOP, &id), Some(40), "{name}");
    }
}

/// A seller with two warehouses: the main one shows 100, and the second 30 of product 1.
fn rig_with_two_warehouses(chosen: Option<&str>) -> Rig {
    let mut rig = rig();
    for (code, name) in [("dropshipping", "Main"), (SECOND, "Second")] {
        rig.marketplace.add_warehouse(SHOP, Warehouse { code: code.to_owned(), name: name.to_owned() });
    }
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
        product.elsewhere.insert(SECOND.to_owned(), 30);
    });
    rig.warehouse = chosen.map(str::to_owned);
    rig
}

/// The units of product 1 in the main warehouse and in the second.
fn in_warehouses(rig: &Rig) -> (Option<i64>, Option<i64>) {
    let products = rig.marketplace.products(SHOP);
    let (_, product) = products.iter().find(|(id, _)| *id == rig.id(1)).expect("product 1");
    (product.quantity, product.elsewhere.get(SECOND).copied())
}

#[test]
fn the_chosen_warehouse_is_set_and_the_other_is_not_counted() {
    for quantity in [10, 120] {
        let rig = rig_with_two_warehouses(Some("dropshipping"));
        assert_eq!(rig.push_one(quantity), Ok(quantity));
        assert_eq!(in_warehouses(&rig), (Some(quantity), Some(30)));
        let rig = rig_with_two_warehouses(Some(SECOND));
        assert_eq!(rig.push_one(quantity), Ok(quantity));
        assert_eq!(in_warehouses(&rig), (Some(100), Some(quantity)));
    }
}

/// Lazada does not list a warehouse that has nothing in stock (121233).
#[test]
fn a_chosen_warehouse_without_stock_shows_0() {
    let rig = rig_with_two_warehouses(Some(SECOND));
    assert_eq!(rig.push_one(0), Ok(0));
    assert_eq!(rig.push_one(0), Ok(0), "again");
    assert_eq!(rig.push_one(5), Ok(5));
    assert_eq!(in_warehouses(&rig), (Some(100), Some(5)));
}

/// "The inventory locked by channelInventories is not warehouse dependent, as long as the remaining available inventory for
/// the SKU is an integer greater than or equal to" it (121233).
#[test]
fn a_campaign_locks_the_units_that_the_other_warehouse_does_not_have() {
    let rig = rig_with_two_warehouses(Some("dropshipping"));
    rig.add_campaign(1, 35, moment("2026-11-11T12:00:00Z"));
    assert_eq!(rig.push_one(10), Ok(10));
    let failure = rig.push_one(4).expect_err("34 are fewer than 35");
    assert_eq!(failure.class, FailureClass::Locked, "{failure:?}");
    assert_eq!(failure.lock.and_then(|lock| lock.quantity), Some(5), "{failure:?}");
    assert_eq!(in_warehouses(&rig), (Some(10), Some(30)));
}

#[test]
fn a_warehouse_that_the_seller_does_not_have_acknowledges_nothing() {
    let rig = rig_with_two_warehouses(Some("SG1001-WH-99999"));
    for quantity in [10, 120] {
        let failure = rig.push_one(quantity).expect_err("it is not there");
        assert!(!failure.class.pauses(), "{failure:?}");
    }
    assert_eq!(in_warehouses(&rig), (Some(100), Some(30)));
}

/// Without a choice the single-warehouse format sets the main one. What the second has on sale is not what was sent.
#[test]
fn without_a_choice_the_other_warehouse_is_named_or_not_counted_but_never_taken_for_a_wrong_quantity() {
    let rig = rig_with_two_warehouses(None);
    for quantity in [10, 120] {
        match rig.push_one(quantity) {
            Ok(shown) => assert_eq!(shown, quantity),
            Err(failure) => assert!(failure.message.contains("warehouse"), "{failure:?}"),
        }
    }
}

/// "Single-warehouse sellers should not use the multi-warehouse format, otherwise an error may be reported" (121234).
#[test]
fn the_main_warehouse_of_a_seller_with_one_can_be_chosen() {
    let mut rig = rig();
    rig.warehouse = Some("dropshipping".to_owned());
    assert_eq!(classes(&rig.push(&[rig.target(1, 40), rig.target(3, 120)])), [Ok(40), Ok(120)]);
}

#[test]
fn stock_in_lazada_s_own_warehouse_is_said_to_be_not_ours() {
    for (quantity, at_most) in [(40, Some(119)), (40, None)] {
        let rig = rig();
        rig.marketplace.change_product(SHOP, &rig.id(1), |product| {
            product.quantity = Some(0);
            product.fulfilled_by_marketplace = Some(119);
        });
        let target = Target { at_most, ..rig.target(1, quantity) };
        let answers = rig.push(&[target, rig.target(2, 41), rig.target(3, 120)]);
        let expected = [Err(FailureClass::NotWritable), Ok(41), Ok(120)];
        assert_eq!(classes(&answers), expected, "{quantity} {at_most:?}: {answers:?}");
        assert_eq!(rig.shown(1), Some(0), "{quantity} {at_most:?}: nothing is set");
        let failure = answers[0].result.as_ref().expect_err("not writable");
        assert!(failure.message.contains("Lazada") && failure.message.contains("warehouse"), "{failure}");
    }
}

#[test]
fn in_a_mega_campaign_a_listing_is_locked_against_lowering_only() {
    let mut rig = rig();
    let end = moment("2026-11-11T12:00:00Z");
    rig.marketplace.change_product(SHOP, &rig.id(1), |product| product.only_rises_until = Some(end));
    let answers = rig.push(&[rig.target(1, 40), rig.target(3, 41)]);
    assert_eq!(classes(&answers), [Err(FailureClass::Locked), Ok(41)], "{answers:?}");
    assert_eq!(rig.shown(1), Some(100));
    assert_eq!(rig.push_one(120), Ok(120));
    rig.advance(TimeDelta::days(1));
    rig.refresh().expect("new tokens");
    assert_eq!(rig.push_one(40), Ok(40));
}

/// Campaigns that have ended are still listed: two are in the example on the page of GetProducts.
#[test]
fn a_campaign_that_has_ended_locks_nothing() {
    let rig = rig();
    rig.add_campaign(1, 90, moment("2026-11-10T11:00:00Z"));
    rig.add_campaign(1, 30, moment("2026-11-11T12:00:00Z"));
    assert_eq!(rig.push_one(40), Ok(40));
    let failure = rig.push_one(20).expect_err("locked");
    assert_eq!(failure.lock.and_then(|lock| lock.quantity), Some(30), "{failure:?}");
}

#[test]
fn a_refresh_is_saved_with_the_end_that_lazada_says() {
    let mut rig = rig();
    let end = rig.credentials.refresh().and_then(|token| token.expires_at).expect("an end");
    rig.advance(TimeDelta::days(10));
    rig.refresh().expect("new tokens");
    let saved = rig.credentials.refresh().and_then(|token| token.expires_at);
    assert_eq!(saved, Some(end), "its life does not begin again (108260)");
    let access = rig.credentials.access().and_then(|token| token.expires_at);
    assert_eq!(access, Some(rig.now().plus(TimeDelta::days(30))));
}

/// Each request has its own time limit, which is 1.5 s here: together they take longer.
#[test]
fn three_slow_calls_in_a_row_succeed() {
    let rig = rig();
    rig.marketplace.add_fault(SHOP, Fault::Slow { milliseconds: 900 });
    assert_eq!(rig.push_one(40), Ok(40));
}

#[test]
fn a_compressed_answer_is_read() {
    let rig = rig();
    rig.marketplace.add_fault(SHOP, Fault::Gzip);
    assert_eq!(rig.push_one(40), Ok(40));
}

/// A proxy's page says nothing about the credentials or the listing.
#[test]
fn the_page_of_a_proxy_pauses_nothing() {
    for status in [403, 404, 414, 502] {
        for kind in [CallKind::Read, CallKind::Write] {
            let rig = rig();
            rig.marketplace.add_fault(SHOP, PlannedFault::from(Fault::Page { status }).on(kind).times(1));
            let failure = rig.push_one(40).expect_err("a page");
            assert_eq!(failure.class, FailureClass::Unavailable, "{status} {kind:?}: {failure:?}");
            assert_eq!(rig.push_one(40), Ok(40), "{status} {kind:?}");
        }
    }
}
