//! Steering a sale while it runs: what an edit does to its holds, to the other stores, to the ledger and to the history.

use crate::{
    scene::{
        LAZADA, SHOPEE, ZALORA, add_sku, add_stores, assert_every_hold_fitted, assert_verified, at, cancel, cause,
        create, edit, end, expected, read, sale, sku_code, stock, store_code, take,
    },
    support::{TestApp, on_postgres},
};
use chrono::TimeDelta;
use diesel::{RunQueryDsl, sql_query};
use flashsale::{
    actions::promotions::{
        apply_changes::{self, EditRefusal, PromotionEdit},
        end_promotion::EndRefusal,
    },
    db::{
        Database,
        catalogue::{
            detail::{Wanted, ledger},
            ledger::EntryRow,
        },
        engine::paging::Place,
        promotions::{self, changes},
    },
    domain::{
        catalogue::ledger::EntryKind,
        id::PromotionId,
        moment::Moment,
        promotions::{
            history::Change,
            promotion::FlashSaleType::{StockAllocation, StockReservation},
            sale_changes::SaleValues,
        },
    },
};

/// A shop with 100 pieces of Product1 and of Product2 on every store, and a sale of Lazada for an hour that holds 60 of
/// Product1.
fn shop() -> (TestApp, PromotionId) {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA, SHOPEE, ZALORA]);
    for code in ["Product1", "Product2"] {
        add_sku(&app.database, code, code, 100, &[LAZADA, SHOPEE, ZALORA]);
    }
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let id = create(&app.database, at(0), &new).expect("60 of 100 fit").id;
    (app, id)
}

fn hold(values: &mut SaleValues, code: &str, units: i64) {
    values.products.insert(sku_code(code), units);
}

fn remove(values: &mut SaleValues, code: &str) {
    values.products.remove(&sku_code(code)).expect("a product of the sale");
}

/// What Lazada and Shopee show of a SKU at `now`.
fn shown(database: &Database, code: &str, now: Moment) -> [i64; 2] {
    let sku = sku_code(code);
    read(database, |conn| {
        let available = flashsale::db::availability::read(conn, [&sku], now)?;
        Ok([LAZADA, SHOPEE].map(|store| available[&sku].quantity_for(&store_code(store)).total()))
    })
}

/// The entries of a SKU since its opening stock: kind, and how what is held and what is sold changed.
fn entries(database: &Database, code: &str) -> Vec<(EntryKind, i64, i64)> {
    let page = read(database, |conn| ledger(conn, &sku_code(code), Wanted::All, &Place::Start));
    let entry = |(entry, _): (EntryRow, Option<String>)| (entry.kind, entry.held_change, entry.sold_change);
    let mut entries: Vec<_> = page.rows.into_iter().map(entry).collect();
    entries.reverse();
    entries.split_off(1)
}

fn history(database: &Database, id: PromotionId) -> Vec<Change> {
    let page = read(database, |conn| changes::page(conn, id, &Place::Start));
    page.rows.into_iter().rev().map(|line| line.change).collect()
}

fn check(app: &TestApp, now: Moment) {
    assert_verified(&app.database, now);
    assert_every_hold_fitted(&app.database);
}

/// Why an edit was refused, in words.
fn refused(answer: Result<Vec<Change>, EditRefusal>) -> Vec<String> {
    match answer {
        Err(EditRefusal::Refused(refusals)) => refusals.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hold_is_raised_up_to_what_is_free_and_lowered_down_to_what_it_sold() {
    let (app, id) = shop();
    let database = &app.database;
    edit(database, at(1), id, |sale| hold(sale, "Product1", 75)).expect("15 of 40 fit");
    assert_eq!(shown(database, "Product1", at(1)), [75, 25]);
    take(database, at(2), LAZADA, "1", &[("Product1", 10)]);
    let too_many = refused(edit(database, at(3), id, |sale| hold(sale, "Product1", 101)));
    assert_eq!(too_many, ["Enter 100 or less: 25 more are available now."]);
    let too_few = refused(edit(database, at(3), id, |sale| hold(sale, "Product1", 9)));
    assert_eq!(too_few, ["Enter 10 or more: 10 are sold."]);
    assert_eq!(shown(database, "Product1", at(3)), [65, 25]);
    edit(database, at(4), id, |sale| hold(sale, "Product1", 10)).expect("what was sold stays");
    assert_eq!(shown(database, "Product1", at(4)), [0, 90]);
    use EntryKind::{HoldLowered, HoldRaised, HoldTaken, OrderTaken};
    let expected = [(HoldTaken, 60, 0), (HoldRaised, 15, 0), (OrderTaken, 0, 10), (HoldLowered, -65, 0)];
    assert_eq!(entries(database, "Product1"), expected);
    check(&app, at(5));
}

#[test]
fn an_end_that_is_moved_takes_the_holds_along() {
    let (app, id) = shop();
    let database = &app.database;
    let ends = |seconds: i64| move |sale: &mut SaleValues| sale.ends_at = at(seconds);
    edit(database, at(1), id, ends(7_200)).expect("an hour later");
    assert_eq!(shown(database, "Product1", at(3_601)), [60, 40], "it is over at its old end no more");
    edit(database, at(3_700), id, ends(3_710)).expect("much sooner");
    assert_eq!(shown(database, "Product1", at(3_709)), [60, 40]);
    check(&app, at(3_709));
    assert_eq!(shown(database, "Product1", at(3_710)), [100, 100]);
    check(&app, at(3_710));
    let promotion = read(database, |conn| promotions::find(conn, id)).expect("it is there");
    assert_eq!((promotion.ends_at, promotion.scheduled_ends_at), (at(3_710), at(3_710)));
    assert_eq!(edit(database, at(3_710), id, ends(9_999)), Err(EditRefusal::AlreadyEnded));
    let moved = (EntryKind::HoldEndMoved, 0, 0);
    assert_eq!(entries(database, "Product1"), [(EntryKind::HoldTaken, 60, 0), moved, moved]);
}

#[test]
fn an_end_is_not_moved_into_the_past() {
    let (app, id) = shop();
    for seconds in [-1, 0, 1] {
        let answer = edit(&app.database, at(1), id, |sale| sale.ends_at = at(seconds));
        assert_eq!(refused(answer), ["Set the end to a time that is still to come."]);
    }
    check(&app, at(1));
}

#[test]
fn a_sale_that_was_moved_can_still_be_ended_and_says_when_it_was_to_end() {
    let (app, id) = shop();
    edit(&app.database, at(1), id, |sale| sale.ends_at = at(7_200)).expect("moved");
    let ended = end(&app.database, at(2), id).expect("ended");
    assert_eq!((ended.ends_at, ended.scheduled_ends_at), (at(2), at(7_200)));
    assert_eq!(shown(&app.database, "Product1", at(2)), [100, 100]);
    check(&app, at(2));
    let answer = edit(&app.database, at(3), id, |sale| sale.name = "12.12".to_owned());
    assert_eq!(answer, Err(EditRefusal::AlreadyEnded));
}

#[test]
fn products_are_added_and_removed_and_what_one_sold_stays_on_record() {
    let (app, id) = shop();
    let database = &app.database;
    edit(database, at(1), id, |sale| hold(sale, "Product2", 30)).expect("30 of 100 fit");
    take(database, at(2), LAZADA, "1", &[("Product2", 8)]);
    assert_eq!(shown(database, "Product2", at(2)), [22, 70]);
    edit(database, at(3), id, |sale| remove(sale, "Product2")).expect("one remains");
    assert_eq!(shown(database, "Product2", at(3)), [92, 92], "22 are shared again");
    check(&app, at(3));
    // Another sale of the store may hold it now, and the first may not.
    let other = create(database, at(4), &sale(at(4), LAZADA, StockReservation, &[("Product2", 5)])).expect("5 fit");
    let held = refused(edit(database, at(5), id, |sale| hold(sale, "Product2", 30)));
    assert!(held[0].contains("this store already holds it there"), "{held:?}");
    end(database, at(6), other.id).expect("ended");
    let more = refused(edit(database, at(7), id, |sale| hold(sale, "Product2", 101)));
    assert_eq!(more, ["Enter 100 or less: 92 more are available now."]);
    edit(database, at(7), id, |sale| hold(sale, "Product2", 20)).expect("12 beside the 8");
    assert_eq!(shown(database, "Product2", at(7)), [12, 80]);
    cancel(database, at(8), LAZADA, "1");
    assert_eq!(shown(database, "Product2", at(8)), [20, 80], "the hold is live, so its units are held again");
    let entries = entries(database, "Product2");
    let of_hold: Vec<_> =
        entries.iter().filter(|(_, held, _)| *held != 0).map(|(kind, held, _)| (*kind, *held)).collect();
    use EntryKind::{HoldRemoved, HoldTaken};
    assert_eq!(of_hold, [(HoldTaken, 30), (HoldRemoved, -22), (HoldTaken, 5), (HoldTaken, 12)]);
    check(&app, at(9));
}

#[test]
fn orders_of_a_product_that_was_removed_give_their_units_back_to_all_stores() {
    let (app, id) = shop();
    let database = &app.database;
    edit(database, at(1), id, |sale| hold(sale, "Product2", 30)).expect("30 of 100 fit");
    take(database, at(2), LAZADA, "1", &[("Product2", 8)]);
    take(database, at(2), LAZADA, "2", &[("Product2", 4)]);
    edit(database, at(3), id, |sale| remove(sale, "Product2")).expect("one remains");
    cancel(database, at(4), LAZADA, "1");
    assert_eq!(shown(database, "Product2", at(4)), [96, 96]);
    check(&app, at(4));
    database.write_blocking(|conn| flashsale::db::promotions::holds::settle_ended(conn, at(1_000))).expect("settled");
    cancel(database, at(1_001), LAZADA, "2");
    assert_eq!(shown(database, "Product2", at(1_001)), [100, 100]);
    check(&app, at(1_001));
    edit(database, at(1_002), id, |sale| hold(sale, "Product2", 100)).expect("all of it");
    assert_eq!(shown(database, "Product2", at(1_002)), [100, 0], "it is found although it had been settled");
    check(&app, at(1_002));
}

#[test]
fn one_product_remains_and_a_sale_that_is_over_is_left_alone() {
    let (app, id) = shop();
    let answer = refused(edit(&app.database, at(1), id, |sale| remove(sale, "Product1")));
    assert_eq!(answer, ["Keep at least one product, or end the flash sale instead."]);
    let over = edit(&app.database, at(3_600), id, |sale| sale.name = "12.12".to_owned());
    assert_eq!(over, Err(EditRefusal::AlreadyEnded));
    assert_eq!(history(&app.database, id).len(), 1);
}

#[test]
fn nothing_of_an_edit_is_done_if_one_part_of_it_is_refused() {
    let (app, id) = shop();
    let answer = edit(&app.database, at(1), id, |sale| {
        sale.name = "12.12".to_owned();
        sale.ends_at = at(7_200);
        hold(sale, "Product1", 61);
        hold(sale, "Product2", 101);
    });
    assert_eq!(refused(answer), ["Enter 100 or less: 100 are available now."]);
    let promotion = read(&app.database, |conn| promotions::find(conn, id)).expect("it is there");
    assert_eq!((promotion.name.as_str(), promotion.ends_at), ("11.11 lazada-sg", at(3_600)));
    assert_eq!(entries(&app.database, "Product1"), [(EntryKind::HoldTaken, 60, 0)]);
    assert_eq!(history(&app.database, id), [Change::Created { ends_at: at(3_600) }]);
}

#[test]
fn the_history_tells_the_whole_life_of_a_sale() {
    let (app, id) = shop();
    let database = &app.database;
    let changes = edit(database, at(1), id, |sale| {
        sale.name = "12.12".to_owned();
        sale.ends_at = at(7_200);
        hold(sale, "Product1", 55);
        hold(sale, "Product2", 20);
    });
    changes.expect("all of it");
    assert_eq!(edit(database, at(2), id, |_| {}), Ok(vec![]), "what changes nothing leaves no line");
    edit(database, at(3), id, |sale| remove(sale, "Product1")).expect("one remains");
    end(database, at(4), id).expect("ended");
    assert_eq!(end(database, at(5), id).map(drop), Err(EndRefusal::AlreadyEnded));
    let (one, two) = (sku_code("Product1"), sku_code("Product2"));
    let expected = [
        Change::Created { ends_at: at(3_600) },
        Change::Renamed { from: "11.11 lazada-sg".to_owned(), to: "12.12".to_owned() },
        Change::EndMoved { from: at(3_600), to: at(7_200) },
        Change::QuantityChanged { sku: one.clone(), from: 60, to: 55 },
        Change::ProductAdded { sku: two, quantity: 20 },
        Change::ProductRemoved { sku: one, quantity: 55, sold: 0 },
        Change::EndedEarly { scheduled: at(7_200), at: at(4) },
    ];
    assert_eq!(history(database, id), expected);
    check(&app, at(5));
}

#[test]
fn the_history_can_be_neither_changed_nor_deleted() {
    let (app, _) = shop();
    let mut statements = vec!["UPDATE promotion_changes SET actor = 'x'", "DELETE FROM promotion_changes"];
    if on_postgres(&app.settings.database_url) {
        statements.push("TRUNCATE promotion_changes");
    }
    for statement in statements {
        let error = app.database.write_blocking(|conn| {
            sql_query(statement).execute(conn)?;
            Ok::<_, flashsale::db::Error>(())
        });
        let words = error.expect_err(statement).to_string();
        assert!(words.contains("the history of a promotion is never"), "{statement}: {words}");
    }
}

#[test]
fn the_second_of_two_people_is_told_what_the_sale_is_now() {
    let (app, id) = shop();
    let database = &app.database;
    let promotion = read(database, |conn| promotions::find(conn, id)).expect("it is there");
    let shown = read(database, |conn| promotions::sale(conn, &promotion)).values();
    let wanted = |code: &str, units: i64| {
        let mut wanted = shown.clone();
        hold(&mut wanted, code, units);
        wanted
    };
    let save = |at, wanted: SaleValues, shown: &SaleValues| {
        let edit = PromotionEdit { shown: Some(shown.clone()), wanted };
        expected(database.write_blocking(|conn| apply_changes::run(conn, &cause(at), id, &edit)))
    };
    save(at(1), wanted("Product1", 70), &shown).expect("as it was shown");
    take(database, at(2), LAZADA, "1", &[("Product1", 5)]);
    let now = wanted("Product1", 70);
    assert_eq!(save(at(3), wanted("Product1", 65), &shown), Err(EditRefusal::Changed(now.clone())));
    assert_eq!(save(at(3), wanted("Product2", 5), &shown), Err(EditRefusal::Changed(now.clone())));
    assert_eq!(save(at(3), now.clone(), &shown), Ok(vec![]), "sending a form twice is no conflict");
    save(at(4), wanted("Product1", 65), &now).expect("overwritten knowingly, and units sold meanwhile are no conflict");
    check(&app, at(5));
}

// A request reads the clock and then waits for the locks: by its clock the sale runs, by that of another it is over.
#[test]
fn an_edit_that_waited_behind_one_that_found_the_stock_free_does_not_bring_the_sale_back() {
    let (app, id) = shop();
    let database = &app.database;
    create(database, at(3_601), &sale(at(3_601), SHOPEE, StockAllocation, &[("Product1", 100)])).expect("all is free");
    let late = |change: fn(&mut SaleValues)| edit(database, at(3_599), id, change);
    assert_eq!(late(|sale| sale.ends_at = at(9_999)), Err(EditRefusal::AlreadyEnded));
    assert_eq!(late(|sale| hold(sale, "Product1", 1)), Err(EditRefusal::AlreadyEnded));
    assert_eq!(shown(database, "Product1", at(3_602)), [0, 100]);
    check(&app, at(3_602));
}

#[test]
fn a_sale_that_staff_ended_is_left_alone_by_an_edit_whose_clock_is_behind() {
    let (app, id) = shop();
    end(&app.database, at(10), id).expect("it runs");
    let late = |change: fn(&mut SaleValues)| edit(&app.database, at(9), id, change);
    assert_eq!(late(|sale| sale.name = "12.12".to_owned()), Err(EditRefusal::AlreadyEnded));
    assert_eq!(late(|_| ()), Err(EditRefusal::AlreadyEnded));
    assert_eq!(history(&app.database, id).len(), 2, "created and ended");
    check(&app, at(10));
}

#[test]
fn a_sale_of_a_moment_ago_by_another_clock_can_be_changed() {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA]);
    add_sku(&app.database, "Product1", "Product1", 100, &[LAZADA]);
    let new = sale(at(2), LAZADA, StockAllocation, &[("Product1", 60)]);
    let id = create(&app.database, at(2), &new).expect("created").id;
    edit(&app.database, at(1), id, |sale| hold(sale, "Product1", 70)).expect("it is there, so it has started");
    assert_eq!(app.now().plus(TimeDelta::seconds(2)), at(2));
    check(&app, at(2));
}

#[test]
fn a_product_that_was_removed_is_not_there_for_a_clock_that_is_behind() {
    let (app, id) = shop();
    let database = &app.database;
    edit(database, at(1), id, |sale| hold(sale, "Product2", 30)).expect("30 of 100 fit");
    edit(database, at(9), id, |sale| remove(sale, "Product2")).expect("one remains");
    assert_eq!(shown(database, "Product2", at(8)), [100, 100]);
    edit(database, at(8), id, |sale| hold(sale, "Product2", 100)).expect("all of it is free");
    check(&app, at(9));
}

#[test]
fn what_a_clock_ahead_removed_ended_no_later_than_a_sale_that_a_clock_behind_shortens() {
    let (app, id) = shop();
    let database = &app.database;
    edit(database, at(1), id, |sale| hold(sale, "Product2", 30)).expect("30 of 100 fit");
    edit(database, at(9), id, |sale| remove(sale, "Product2")).expect("one remains");
    edit(database, at(3), id, |sale| sale.ends_at = at(8)).expect("that is to come, by this clock");
    check(&app, at(9));
}

#[test]
fn a_hold_that_is_short_can_be_lowered_and_its_end_moved_but_not_raised() {
    let (app, id) = shop();
    let database = &app.database;
    stock(database, at(1), "Product1", 50, 0);
    let more = refused(edit(database, at(2), id, |sale| hold(sale, "Product1", 61)));
    assert_eq!(more, ["Enter 60 or less: no more are available now."]);
    edit(database, at(3), id, |sale| sale.ends_at = at(7_200)).expect("moved");
    edit(database, at(4), id, |sale| hold(sale, "Product1", 40)).expect("lowered");
    assert_eq!(shown(database, "Product1", at(5)), [40, 10]);
    assert_verified(database, at(5));
}
