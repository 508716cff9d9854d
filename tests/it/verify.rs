//! `flashsale verify`: silent while everything follows from the ledger, and exact when something does not.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_stores, assert_verified, at, create, end, list, sale, stock, verified},
    support::{TestApp, on_postgres, run_program},
};
use diesel::{RunQueryDsl, sql_query};
use flashsale::domain::{
    id::PromotionId,
    promotion::FlashSaleType::{StockAllocation, StockReservation},
};
use std::process::Output;

/// A shop with Product1, of which Lazada holds 60 and Shopee 20, and Product2, of which nobody holds any.
fn shop() -> (TestApp, PromotionId) {
    let app = TestApp::start();
    add_stores(&app.database, &[LAZADA, SHOPEE, ZALORA]);
    for (code, on_hand) in [("Product1", 100), ("Product2", 7)] {
        stock(&app.database, at(0), code, on_hand, 0);
        list(&app.database, at(0), code, &[LAZADA, SHOPEE, ZALORA]).expect("listed");
    }
    let of_lazada = sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let id = create(&app.database, at(0), &of_lazada).expect("60 fit").id;
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockReservation, &[("Product1", 20)])).expect("20 fit");
    (app, id)
}

fn command(app: &TestApp) -> Output {
    run_program(&app.url, &["verify"])
}

#[test]
fn nothing_differs_whatever_was_done_through_the_actions() {
    let (app, id) = shop();
    assert_verified(&app.database, at(0));
    stock(&app.database, at(1), "Product1", 50, 0);
    assert_verified(&app.database, at(1));
    stock(&app.database, at(2), "Product1", 120, 30);
    stock(&app.database, at(2), "Product2", 0, 0);
    assert_verified(&app.database, at(2));
    end(&app.database, at(3), id).expect("ended");
    assert_verified(&app.database, at(3));
    create(&app.database, at(4), &sale(at(4), LAZADA, StockReservation, &[("Product1", 70)])).expect("70 fit");
    assert_verified(&app.database, at(4));
    assert_verified(&app.database, at(7_200));
}

#[test]
fn the_command_sums_up_and_says_that_nothing_differs() {
    let (app, _) = shop();
    let output = command(&app);
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(printed, "2 SKUs, 4 ledger entries, 2 holds: no differences\n", "{output:?}");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_command_lists_what_differs_with_both_numbers_and_fails() {
    let (app, _) = shop();
    let tampering = "UPDATE skus SET on_hand = 95 WHERE code = 'Product1'";
    app.write(|conn| sql_query(tampering).execute(conn).expect("tampered"));
    let output = command(&app);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = printed.lines().collect();
    let summary = "2 SKUs, 4 ledger entries, 2 holds: 1 difference";
    assert_eq!(lines, ["SKU Product1, on hand: is 95, should be 100", summary], "{output:?}");
}

#[test]
fn whatever_is_tampered_with_is_found() {
    const ENTRY: &str = "INSERT INTO ledger_entries (sku, number, at, actor, kind, reason, promotion_id, on_hand_change, \
         committed_change, oversold_change, buffer_change, held_change, sold_change, on_hand_after, committed_after, \
         oversold_after, buffer_after) VALUES ('Product2', ";
    let (app, id) = shop();
    let of_lazada = "WHERE store = 'lazada-sg'";
    let hold = format!("hold of {id} on Product1");
    let foreign = PromotionId::from(uuid::Uuid::nil());
    for (tampering, found) in [
        ("UPDATE skus SET committed = 3".to_owned(), "SKU Product2, committed: is 3, should be 0".to_owned()),
        ("UPDATE skus SET oversold = 2".to_owned(), "SKU Product1, oversold: is 2, should be 0".to_owned()),
        ("UPDATE skus SET buffer = 1".to_owned(), "SKU Product1, buffer: is 1, should be 0".to_owned()),
        ("UPDATE skus SET revision = 9".to_owned(), "SKU Product2, number of entries: is 9, should be 1".to_owned()),
        (format!("UPDATE holds SET quantity = 61 {of_lazada}"), format!("{hold}, quantity: is 61, should be 60")),
        (format!("UPDATE holds SET sold = 5 {of_lazada}"), format!("{hold}, sold: is 5, should be 0")),
        (
            format!("UPDATE holds SET store = 'zalora-sg' {of_lazada}"),
            format!("{hold}, store: is zalora-sg, should be lazada-sg"),
        ),
        (
            format!("UPDATE holds SET ends_at = '2026-11-10 12:30:00' {of_lazada}"),
            format!("{hold}, end: is 2026-11-10T12:30:00Z, should be 2026-11-10T13:00:00Z"),
        ),
        (
            format!("UPDATE holds SET settled = TRUE {of_lazada}"),
            format!(
                "{hold}, end of what was settled by 2026-11-10T12:00:01Z: is 2026-11-10T13:00:00Z, should be earlier"
            ),
        ),
        (
            "UPDATE holds SET store = 'lazada-sg'".to_owned(),
            "SKU Product1, live holds of lazada-sg: is 2, should be 1 or none".to_owned(),
        ),
        (format!("DELETE FROM holds {of_lazada}"), format!("{hold}, quantity: is 0, should be 60")),
        (
            format!("{ENTRY} 2, '2026-11-10 12:00:00', 'x', 'stocktake', '', NULL, 5, 0, 0, 0, 0, 0, 13, 0, 0, 0)"),
            "SKU Product2, after entry 2, on hand: is 13, should be 12".to_owned(),
        ),
        (
            format!("{ENTRY} 4, '2026-11-10 12:00:00', 'x', 'stocktake', '', NULL, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0)"),
            "SKU Product2, after entry 4, number of the entry: is 4, should be 1".to_owned(),
        ),
        (
            format!(
                "{ENTRY} 2, '2026-11-10 12:00:00', 'x', 'hold_taken', '', '{foreign}', 0, 0, 0, 0, 4, 0, 7, 0, 0, 0)"
            ),
            format!("hold of {foreign} on Product2, quantity: is 0, should be 4"),
        ),
    ] {
        let mut report = String::new();
        let rolled_back = app.database.write_blocking(|conn| {
            sql_query(&tampering).execute(conn)?;
            report = flashsale::actions::verify::run(conn, at(1))?.to_string();
            Err::<(), flashsale::db::Error>(flashsale::db::Error::GivenUp)
        });
        assert!(matches!(rolled_back, Err(flashsale::db::Error::GivenUp)), "{tampering}: {rolled_back:?}");
        assert!(report.lines().any(|line| line == found), "{tampering}\n{report}");
    }
    assert_eq!(verified(&app.database, at(1)).differences, []);
}

#[test]
fn the_ledger_can_be_neither_changed_nor_deleted() {
    let (app, _) = shop();
    let mut statements = vec!["UPDATE ledger_entries SET on_hand_change = 1", "DELETE FROM ledger_entries"];
    if on_postgres(&app.settings.database_url) {
        statements.push("TRUNCATE ledger_entries");
    }
    for statement in statements {
        let error = app.database.write_blocking(|conn| {
            sql_query(statement).execute(conn)?;
            Ok::<_, flashsale::db::Error>(())
        });
        let words = error.expect_err(statement).to_string();
        assert!(words.contains("ledger entries are never"), "{statement}: {words}");
    }
    assert_verified(&app.database, at(0));
}

#[test]
fn the_command_looks_at_what_there_is_and_makes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("typo.db");
    let empty = folder.path().join("empty.db");
    std::fs::write(&empty, "").expect("an empty file");
    for (path, words) in [(&missing, "there is no database file"), (&empty, "cannot be read as one of flashsale")] {
        let url = format!("sqlite://{}", path.display());
        let output = run_program(&url, &["verify"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::read(&empty).expect("still there"), b"");
}
