//! `flashsale verify`: silent while everything follows from the ledger, and exact when something does not.

use crate::{
    scene::{
        LAZADA, SHOPEE, ZALORA, add_stores, assert_verified, at, cause, create, end, list, order_number, sale, stock,
        store_code, take,
    },
    support::{TestApp, on_postgres, run_program},
};
use diesel::{prelude::*, sql_query};
use flashsale::{
    actions::{
        orders::{close_order, take_orders::Outcome},
        verifications::verify,
    },
    db::{self, engine::schema::promotions},
    domain::{
        id::PromotionId,
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
    },
};
use std::process::Output;

/// A shop with Product1, of which Lazada holds 60 and Shopee 20, and Product2, which has no hold.
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
    assert_eq!(printed, "2 SKUs, 4 ledger entries, 2 holds, 0 orders: no differences\n", "{output:?}");
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
    let summary = "2 SKUs, 4 ledger entries, 2 holds, 0 orders: 1 difference";
    assert_eq!(lines, ["SKU Product1, on hand: is 95, should be 100", summary], "{output:?}");
}

/// The same shop after orders: one that is open, one that is short, one that was shipped, one that was cancelled, and
/// one that was cancelled and has not come in.
fn shop_with_orders() -> (TestApp, PromotionId) {
    let (app, id) = shop();
    for (store, number, sku, units) in [
        (LAZADA, "open", "Product1", 5),
        (ZALORA, "short", "Product2", 9),
        (LAZADA, "back", "Product1", 4),
        (SHOPEE, "gone", "Product1", 3),
    ] {
        assert!(matches!(take(&app.database, at(0), store, number, &[(sku, units)]), Outcome::Accepted(_)));
    }
    let closed = app.database.write_blocking(|conn| {
        close_order::cancel(conn, &cause(at(0)), (&store_code(LAZADA), &order_number("back")))?;
        close_order::cancel(conn, &cause(at(0)), (&store_code(LAZADA), &order_number("early")))?;
        close_order::ship(conn, &cause(at(0)), (&store_code(SHOPEE), &order_number("gone")))
    });
    closed.expect("they are open");
    assert_verified(&app.database, at(0));
    (app, id)
}

/// What is found after these statements, which are then taken back.
fn found_after(app: &TestApp, tampering: &str) -> Vec<String> {
    let mut found = Vec::new();
    let rolled_back = app.database.write_blocking(|conn| {
        tampering.split("; ").try_for_each(|statement| sql_query(statement).execute(conn).map(drop))?;
        found = verify::run(conn, at(1))?.differences.iter().map(ToString::to_string).collect();
        Err::<(), db::Error>(db::Error::GivenUp)
    });
    assert!(matches!(rolled_back, Err(db::Error::GivenUp)), "{tampering}: {rolled_back:?}");
    found
}

/// Inserts a wrong ledger entry for `Product2` with these values, beginning with its number.
fn entry(number: i64, kind: &str, order: &str, promotion: &str, changes_and_balance: &str) -> String {
    format!(
        "INSERT INTO ledger_entries (sku, number, at, actor, kind, reason, order_number, promotion_id, store, \
         on_hand_change, committed_change, oversold_change, buffer_change, held_change, sold_change, on_hand_after, \
         committed_after, oversold_after, buffer_after, held_after, sold_after) VALUES ('Product2', {number}, '2026-11-10 12:00:00', 'x', \
         '{kind}', '', {order}, {promotion}, 'zalora-sg', {changes_and_balance})"
    )
}

#[test]
fn a_stock_or_a_hold_that_was_tampered_with_is_found_and_nothing_else() {
    let (app, id) = shop_with_orders();
    let of_lazada = "WHERE store = 'lazada-sg'";
    let (hold, foreign) = (format!("hold of {id} on Product1"), PromotionId::from(uuid::Uuid::nil()));
    let settled = "end of what was settled by 2026-11-10T12:00:01Z: is 2026-11-10T13:00:00Z, should be earlier";
    let product2 = "WHERE code = 'Product2'";
    for (tampering, found) in [
        (
            format!("UPDATE skus SET on_hand = 8 {product2}"),
            vec!["SKU Product2, on hand: is 8, should be 7".to_owned()],
        ),
        (
            format!("UPDATE skus SET committed = 3 {product2}"),
            vec!["SKU Product2, committed: is 3, should be 7".to_owned()],
        ),
        (
            format!("UPDATE skus SET oversold = 1 {product2}"),
            vec!["SKU Product2, oversold: is 1, should be 2".to_owned()],
        ),
        (format!("UPDATE skus SET buffer = 1 {product2}"), vec!["SKU Product2, buffer: is 1, should be 0".to_owned()]),
        (
            format!("UPDATE skus SET revision = 9 {product2}"),
            vec!["SKU Product2, number of entries: is 9, should be 2".to_owned()],
        ),
        (format!("UPDATE holds SET quantity = 61 {of_lazada}"), vec![format!("{hold}, quantity: is 61, should be 60")]),
        (format!("UPDATE holds SET sold = 6 {of_lazada}"), vec![format!("{hold}, sold: is 6, should be 5")]),
        (
            format!("UPDATE holds SET store = 'zalora-sg' {of_lazada}"),
            vec![format!("{hold}, store: is zalora-sg, should be lazada-sg")],
        ),
        (
            format!("UPDATE holds SET ends_at = '2026-11-10 12:30:00' {of_lazada}"),
            vec![format!("{hold}, end: is 2026-11-10T12:30:00Z, should be 2026-11-10T13:00:00Z")],
        ),
        (format!("UPDATE holds SET settled = TRUE {of_lazada}"), vec![format!("{hold}, {settled}")]),
        (
            "UPDATE holds SET store = 'shopee-sg'".to_owned(),
            vec![
                format!("{hold}, store: is shopee-sg, should be lazada-sg"),
                "SKU Product1, live holds of shopee-sg: is 2, should be 1 or none".to_owned(),
            ],
        ),
        (
            format!("DELETE FROM holds {of_lazada}"),
            vec![format!("{hold}, quantity: is 0, should be 60"), format!("{hold}, sold: is 0, should be 5")],
        ),
        (
            format!(
                "UPDATE holds SET removed = TRUE, quantity = 5, sold = 5, ends_at = '2026-11-10 12:00:00' {of_lazada}"
            ),
            vec![format!("{hold}, quantity: is 5, should be 60"), format!("{hold}, times stored: is 0, should be 1")],
        ),
        (
            entry(3, "stocktake", "NULL", "NULL", "5, 0, 0, 0, 0, 0, 13, 7, 2, 0, NULL, NULL")
                + &format!("; UPDATE skus SET on_hand = 12, revision = 3 {product2}"),
            vec!["SKU Product2, after entry 3, on hand: is 13, should be 12".to_owned()],
        ),
        (
            entry(4, "stocktake", "NULL", "NULL", "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL")
                + &format!("; UPDATE skus SET revision = 3 {product2}"),
            vec!["SKU Product2, after entry 4, number of the entry: is 4, should be 1".to_owned()],
        ),
        (
            entry(3, "hold_taken", "NULL", &format!("'{foreign}'"), "0, 0, 0, 0, 4, 0, 7, 7, 2, 0, 4, 0")
                + &format!("; UPDATE skus SET revision = 3 {product2}"),
            vec![format!("hold of {foreign} on Product2, quantity: is 0, should be 4")],
        ),
    ] {
        assert_eq!(found_after(&app, &tampering), found, "{tampering}");
    }
    assert_verified(&app.database, at(1));
}

#[test]
fn an_order_that_was_tampered_with_is_found_and_nothing_else() {
    let (app, id) = shop_with_orders();
    let other: PromotionId = app.write(|conn| {
        let of_shopee = promotions::table.filter(promotions::store.eq(SHOPEE)).select(promotions::id);
        of_shopee.first(conn).expect("the sale of the other store")
    });
    let (closed_at, revision) = ("closed_at = '2026-11-10 12:00:00'", "UPDATE skus SET revision = 3");
    let never_change = match on_postgres(&app.settings.database_url) {
        true => "DROP TRIGGER ledger_entries_never_change ON ledger_entries",
        false => "DROP TRIGGER ledger_entries_never_change",
    };
    let cases: [(String, &[&str]); 14] = [
        (
            "UPDATE orders SET units = 6 WHERE number = 'open'".into(),
            &["order open of lazada-sg, units: is 6, should be 5"],
        ),
        (
            "UPDATE orders SET oversold = 1 WHERE number = 'short'".into(),
            &["order short of zalora-sg, oversold: is 1, should be 2"],
        ),
        (
            format!("UPDATE orders SET status = 'shipped', {closed_at} WHERE number = 'open'"),
            &[
                "order open of lazada-sg, Product1, status: is shipped, should be open",
                "order open of lazada-sg among those of {id}, status: is open, should be shipped",
            ],
        ),
        (
            "UPDATE orders SET status = 'cancelled' WHERE number = 'gone'".into(),
            &[
                "order gone of shopee-sg, Product1, status: is cancelled, should be shipped",
                "order gone of shopee-sg among those of {other}, status: is shipped, should be cancelled",
            ],
        ),
        (
            "UPDATE orders SET status = 'open', closed_at = NULL WHERE number = 'early'".into(),
            &["order early of lazada-sg, status without lines: is open, should be cancelled"],
        ),
        (
            "UPDATE order_lines SET from_hold = 3, from_shared = 1 WHERE number = 'back'".into(),
            &[
                "order back of lazada-sg, Product1, from the hold: is 3, should be 4",
                "order back of lazada-sg, Product1, from shared: is 1, should be 0",
            ],
        ),
        (
            "UPDATE order_lines SET from_shared = 8, oversold = 1 WHERE number = 'short'".into(),
            &[
                "order short of zalora-sg, oversold: is 2, should be 1",
                "order short of zalora-sg, Product2, from shared: is 8, should be 7",
                "order short of zalora-sg, Product2, oversold: is 1, should be 2",
            ],
        ),
        (
            "UPDATE order_lines SET promotion_id = NULL WHERE number = 'open'".into(),
            &[
                "order open of lazada-sg, Product1, promotion: is none, should be {id}",
                "order open of lazada-sg among those of {id}, times listed: is 1, should be 0",
            ],
        ),
        (
            "UPDATE order_lines SET sku = 'Product2' WHERE number = 'open'".into(),
            &[
                "order open of lazada-sg, Product1, lines: is 0, should be 1",
                "order open of lazada-sg, Product2, lines: is 1, should be 0",
            ],
        ),
        (
            entry(3, "order_taken", "'short'", "NULL", "0, 0, 0, 0, 0, 0, 7, 7, 2, 0, NULL, NULL")
                + "; "
                + revision
                + " WHERE code = 'Product2'",
            &["order short of zalora-sg, Product2, lines: is 1, should be 2"],
        ),
        (
            entry(3, "order_shipped", "'short'", "NULL", "0, 0, 0, 0, 0, 0, 7, 7, 2, 0, NULL, NULL")
                + "; "
                + revision
                + " WHERE code = 'Product2'",
            &["order short of zalora-sg, Product2, status: is open, should be shipped"],
        ),
        (
            format!("{never_change}; UPDATE ledger_entries SET sold_after = 8 WHERE kind = 'order_cancelled'"),
            &["SKU Product1, after entry 7, sold of the hold: is 8, should be 5"],
        ),
        (
            entry(3, "stocktake", "NULL", "NULL", "0, 5, 0, 0, 0, 0, 7, 12, 2, 0, NULL, NULL")
                + "; "
                + revision
                + ", committed = 12 WHERE code = 'Product2'",
            &["SKU Product2, entry 3 (Stocktake) without an order, change of committed: is 5, should be 0"],
        ),
        (
            format!(
                "{never_change}; UPDATE ledger_entries SET on_hand_change = -4, on_hand_after = on_hand_after - 1 \
                 WHERE kind = 'order_shipped'; UPDATE skus SET on_hand = on_hand - 1 WHERE code = 'Product1'"
            ),
            &["order gone of shopee-sg, Product1, on hand when it was closed: is -3, should be -4"],
        ),
    ];
    for (tampering, found) in cases {
        let named = |line: &&str| line.replace("{id}", id.as_ref()).replace("{other}", other.as_ref());
        let found: Vec<String> = found.iter().map(named).collect();
        assert_eq!(found_after(&app, &tampering), found, "{tampering}");
    }
    assert_verified(&app.database, at(1));
}

#[test]
fn a_list_of_orders_of_a_sale_that_was_tampered_with_is_found_and_nothing_else() {
    let (app, id) = shop_with_orders();
    let of_open = format!("order open of lazada-sg among those of {id}");
    let open = "WHERE number = 'open'";
    let another = |status: &str| {
        format!(
            "INSERT INTO promotion_orders (promotion_id, status, placed_at, number, store, is_oversold) VALUES \
             ('{id}', '{status}', '2026-11-10 12:00:00', 'short', 'zalora-sg', TRUE)"
        )
    };
    for (tampering, found) in [
        (format!("DELETE FROM promotion_orders {open}"), format!("{of_open}, times listed: is 0, should be 1")),
        (
            format!("UPDATE promotion_orders SET status = 'cancelled' {open}"),
            format!("{of_open}, status: is cancelled, should be open"),
        ),
        (
            format!("UPDATE promotion_orders SET placed_at = '2026-11-10 11:00:00' {open}"),
            format!("{of_open}, placed: is 2026-11-10T11:00:00Z, should be 2026-11-10T12:00:00Z"),
        ),
        (
            format!("UPDATE promotion_orders SET is_oversold = TRUE {open}"),
            format!("{of_open}, oversold: is yes, should be no"),
        ),
        (another("open"), format!("order short of zalora-sg among those of {id}, times listed: is 1, should be 0")),
        (
            another("shipped").replace("'short', 'zalora-sg'", "'open', 'lazada-sg'"),
            format!("{of_open}, times listed: is 2, should be 1"),
        ),
    ] {
        assert_eq!(found_after(&app, &tampering), [found], "{tampering}");
    }
    assert_verified(&app.database, at(1));
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
