//! What is claimed in a hurry comes to the same as what is not, whatever happens before it is written to the pushes. On
//! PostgreSQL nothing is claimed so, and the same holds.

use crate::{
    scene::{LAZADA, PATIENCE, SHOPEE, advance, at, read, sku_code, stock, store_code, take_turn, verified},
    seller::{Seller, product},
    support::TestApp,
    sync::pushes::{LEASE, STORES, Shop, list_another},
};
use flashsale::{
    actions::{
        advance_pushes::{Advanced, Look, Turn, Work},
        claim_pushes::{Claim, Claimed},
        stores::map_listings::{self, Mapping},
    },
    db::stores::{
        connections, hurried_claims,
        pushes::{self, Push},
    },
    domain::{code::SkuCode, moment::Moment, stores::mapping::ListingIds},
};

/// What a turn claims of every store that looks, `hurries` or not, and is called `id`.
fn claim_all(app: &TestApp, now: Moment, id: &str, hurries: bool) -> Vec<Claimed> {
    let work = |connection: connections::Connection| {
        let store = connection.store.clone();
        let claim = Claim { connection, id: format!("{id}/{store}"), limit: 10, lease: LEASE };
        Work { store, answers: Vec::new(), claim: Some(claim) }
    };
    let works = read(&app.database, connections::all).into_iter().map(work).collect();
    let turn = Turn { patience: PATIENCE, look: Look::Yes, most: 200, most_waiting: 500, hurries, works };
    take_turn(app, now, &turn).shares.into_iter().flat_map(|share| share.claimed).collect()
}

/// A turn that is not in a hurry and has nothing else to do, with room for `most` SKUs.
fn write_some(shop: &Shop, now: Moment, most: usize) -> Advanced {
    let turn = Turn { patience: PATIENCE, look: Look::No, most, most_waiting: 500, hurries: false, works: Vec::new() };
    take_turn(&shop.app, now, &turn)
}

/// Every push.
fn all_pushes(shop: &Shop) -> Vec<Push> {
    let codes = ["Product1", "Product2"].map(sku_code);
    let mut of_sku = read(&shop.app.database, |conn| pushes::of_skus(conn, &codes));
    codes.iter().flat_map(|code| of_sku.remove(code).unwrap_or_default()).collect()
}

/// The SKUs whose claims are not written yet.
fn unwritten(app: &TestApp) -> Vec<SkuCode> {
    let claims = read(&app.database, hurried_claims::all);
    claims.into_iter().flat_map(|claim| claim.listings).map(|listing| listing.sku).collect()
}

/// Whether claims are made in a hurry on this database.
fn are_possible(shop: &Shop) -> bool {
    read(&shop.app.database, |conn| Ok(hurried_claims::are_possible(conn)))
}

#[test]
fn it_comes_to_the_same_once_it_is_written() {
    let [hurried, patient] = [true, false].map(|hurries| {
        let shop = Shop::open();
        list_another(&shop);
        shop.settle(at(0));
        let before = all_pushes(&shop);
        // Lower and higher.
        stock(&shop.app.database, at(1), "Product1", 50, 0);
        stock(&shop.app.database, at(1), "Product2", 9, 0);
        let claimed = claim_all(&shop.app, at(1), "one", hurries);
        let is_unwritten = hurries && are_possible(&shop);
        assert_eq!(all_pushes(&shop) == before, is_unwritten);
        assert_eq!(unwritten(&shop.app).len(), if is_unwritten { 6 } else { 0 });
        assert!(verified(&shop.app.database, at(2)).differences.is_empty(), "they are claimed");
        assert_eq!(write_some(&shop, at(2), 1).is_unwritten, is_unwritten, "one SKU of two");
        assert!(!write_some(&shop, at(2), 1).is_unwritten);
        assert!(unwritten(&shop.app).is_empty());
        (claimed, all_pushes(&shop))
    });
    assert_eq!(hurried, patient);
    assert_eq!(hurried.0.len(), 6);
    assert!(hurried.1.iter().all(|push| push.claim.is_some() && push.sending.is_some()), "{hurried:?}");
}

#[test]
fn what_a_dead_server_may_have_sent_is_never_taken_for_what_a_store_shows() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    assert_eq!(claim_all(&shop.app, at(1), "dies", true).len(), 3);
    // Again it should show what was acknowledged before: the stores may show 50.
    stock(&shop.app.database, at(2), "Product1", 100, 0);
    shop.look(at(2));
    assert!(unwritten(&shop.app).is_empty(), "whoever looks at a SKU writes what was claimed of it");
    let lazada = shop.push(LAZADA);
    assert_eq!((lazada.acknowledged, lazada.sending), (Some(100), Some(50)));
    assert!(shop.claim(LAZADA, "other", at(20)).is_empty(), "the first server has it to itself");
    let again = shop.claim(LAZADA, "other", at(21));
    assert_eq!(again.iter().map(|claimed| claimed.quantity).collect::<Vec<_>>(), [100]);
}

#[test]
fn what_changes_again_meanwhile_is_sent_after_what_was_claimed() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    let claimed = claim_all(&shop.app, at(1), "one", true);
    stock(&shop.app.database, at(2), "Product1", 70, 0);
    assert!(claim_all(&shop.app, at(2), "two", true).is_empty(), "they are on their way");
    for store in STORES {
        let of_store = claimed.iter().filter(|claimed| claimed.listing.store.as_str() == store).cloned().collect();
        shop.answer(store, at(3), of_store, &Ok(50));
    }
    assert_eq!(shop.acknowledged(), [Some(50); 3]);
    shop.settle(at(4));
    assert_eq!(shop.acknowledged(), [Some(70); 3]);
}

#[test]
fn what_was_claimed_of_another_product_says_nothing_about_this_one() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    let mut claimed = claim_all(&shop.app, at(1), "one", true);
    claimed.retain(|claimed| claimed.listing.store.as_str() == SHOPEE);
    let ids = ListingIds { seller_sku: "another".to_owned(), item_id: None, variant_id: None };
    let mappings = [Mapping { sku: sku_code("Product1"), store: store_code(SHOPEE), ids }];
    let mapped = shop.app.write(|conn| map_listings::run(conn, &mappings).expect("a mapping"));
    assert_eq!(mapped, [Ok(true)]);
    shop.answer(SHOPEE, at(2), claimed, &Ok(50));
    let push = shop.push(SHOPEE);
    assert_eq!((push.acknowledged, push.claim, push.sending), (None, None, None), "nobody knows what it shows");
    assert_eq!(shop.send(SHOPEE, at(3)), [50]);
}

#[test]
fn what_failed_before_or_waits_is_written_at_once() {
    let shop = Shop::behind();
    let before = shop.push(SHOPEE);
    assert!(before.problem.is_some());
    let due_at = before.due_at.expect("it is tried again");
    let claimed = claim_all(&shop.app, due_at, "one", true);
    assert!(claimed.iter().any(|claimed| claimed.listing.store.as_str() == SHOPEE), "{claimed:?}");
    assert!(unwritten(&shop.app).is_empty());
    let push = shop.push(SHOPEE);
    assert_eq!((push.claim.as_deref(), push.problem), (Some("one/shopee-sg"), before.problem));
    advance(&shop.app, due_at, Look::No, None);
    assert_eq!(shop.push(SHOPEE), push);
}

#[test]
fn what_is_on_its_way_is_neither_claimed_nor_written_again() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    assert_eq!(claim_all(&shop.app, at(1), "one", false).len(), 3);
    let before = all_pushes(&shop);
    stock(&shop.app.database, at(1), "Product1", 60, 0);
    assert!(claim_all(&shop.app, at(1), "two", true).is_empty());
    assert!(unwritten(&shop.app).is_empty());
    assert_eq!(all_pushes(&shop), before);
}

#[test]
fn what_is_still_being_sent_is_kept_from_others() {
    let shop = Shop::open();
    shop.settle(at(0));
    stock(&shop.app.database, at(1), "Product1", 50, 0);
    claim_all(&shop.app, at(1), "one", true);
    shop.app.write(|conn| hurried_claims::extend(conn, &store_code(LAZADA), "one", at(90)).expect("extended"));
    advance(&shop.app, at(30), Look::No, None);
    let is_extended = are_possible(&shop);
    assert_eq!(shop.push(LAZADA).due_at == Some(at(90)), is_extended);
    assert_eq!(shop.claim(LAZADA, "other", at(89)).is_empty(), is_extended);
    assert_eq!(shop.claim(SHOPEE, "other", at(30)).len(), 1, "its server is gone");
}

#[test]
fn what_a_server_that_is_gone_had_claimed_is_sent_by_one_that_has_run_all_along() {
    let seller = Seller::open(12);
    let pusher = seller.pusher();
    seller.push(&pusher);
    for nth in 0..12 {
        stock(&seller.app.database, seller.app.now(), &product(nth), 50, 0);
    }
    assert_eq!(claim_all(&seller.app, seller.app.now(), "gone", true).len(), 40, "ten of each store");
    seller.push(&pusher);
    assert_eq!((seller.shown(0), seller.shown(9)), (vec![100; 4], vec![50; 4]), "some are the other server's still");
    seller.app.advance(LEASE);
    seller.push(&pusher);
    assert!(seller.differences().is_empty(), "{:?}", seller.differences());
    assert!(unwritten(&seller.app).is_empty());
}
