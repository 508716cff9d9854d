//! Stock for the tests that act through the actions themselves: stores, SKUs and flash sales in a word each.

use crate::support::{Browser, NOON, TestApp, moment};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    actions::{
        add_store::{self, NewStore},
        create_promotion::{self, CreateRefusal, NewPromotion},
        end_promotion::{self, EndRefusal},
        save_skus::{self, SkuInput, SkuRefusal},
        take_orders::{self, Delivery, Outcome},
        verify,
    },
    clock::new_id,
    db::{
        Conn, Database, Failed,
        ledger::EntryRow,
        promotions::Promotion,
        schema::{ledger_entries, promotions},
    },
    domain::{
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        ledger::{Cause, EntryKind},
        moment::Moment,
        order::{IfShort, NewLine, NewOrder},
        promotion::FlashSaleType,
    },
};
use std::collections::HashMap;

pub const LAZADA: &str = "lazada-sg";
pub const SHOPEE: &str = "shopee-sg";
pub const ZALORA: &str = "zalora-sg";

pub fn sku_code(code: &str) -> SkuCode {
    SkuCode::parse(code).expect("a SKU code")
}

pub fn store_code(code: &str) -> StoreCode {
    StoreCode::parse(code).expect("a store code")
}

/// So many seconds after noon, when every test begins.
pub fn at(seconds: i64) -> Moment {
    moment(NOON).plus(TimeDelta::seconds(seconds))
}

pub fn cause(at: Moment) -> Cause {
    Cause { actor: "ops@example.com".to_owned(), at, reason: String::new() }
}

/// Adds stores of these codes.
pub fn add_stores(database: &Database, codes: &[&str]) {
    codes.iter().for_each(|code| add_store(database, code, code));
}

/// Adds a store in Singapore.
fn add_store(database: &Database, code: &str, name: &str) {
    let store = NewStore {
        code: store_code(code),
        name: name.to_owned(),
        marketplace: "Lazada".to_owned(),
        time_zone: chrono_tz::Tz::Asia__Singapore,
    };
    database.write_blocking(|conn| add_store::run(conn, store.clone(), at(0))).expect("a store");
}

/// The article's shop: stores that people call Lazada SG, Shopee SG and Zalora SG, and 100 pieces of Product1 on each.
pub fn article_shop() -> (TestApp, Browser) {
    let app = TestApp::start();
    for (code, name) in [(LAZADA, "Lazada SG"), (SHOPEE, "Shopee SG"), (ZALORA, "Zalora SG")] {
        add_store(&app.database, code, name);
    }
    add_sku(&app.database, "Product1", "Product 1", 100, &[LAZADA, SHOPEE, ZALORA]);
    let browser = app.signed_in();
    (app, browser)
}

/// Adds a SKU that these stores list.
pub fn add_sku(database: &Database, code: &str, name: &str, on_hand: i64, stores: &[&str]) {
    let listings = Some(stores.iter().map(|code| store_code(code)).collect());
    let name = name.to_owned();
    let input = SkuInput { code: sku_code(code), name, on_hand: Some(on_hand), buffer: None, listings };
    save(database, at(0), input).expect("a SKU");
}

/// Adds a SKU, or sets what is on hand and the buffer of one that exists.
pub fn stock(database: &Database, at: Moment, code: &str, on_hand: i64, buffer: i64) {
    let input = SkuInput {
        code: sku_code(code),
        name: code.to_owned(),
        on_hand: Some(on_hand),
        buffer: Some(buffer),
        listings: None,
    };
    save(database, at, input).expect("a SKU");
}

/// Lists a SKU on these stores and no others.
pub fn list(database: &Database, at: Moment, code: &str, stores: &[&str]) -> Result<(), SkuRefusal> {
    let listings = Some(stores.iter().map(|code| store_code(code)).collect());
    let input = SkuInput { code: sku_code(code), name: code.to_owned(), on_hand: None, buffer: None, listings };
    save(database, at, input)
}

/// Saves one SKU.
pub fn save(database: &Database, at: Moment, input: SkuInput) -> Result<(), SkuRefusal> {
    let answers = database.write_blocking(|conn| save_skus::run(conn, &cause(at), vec![input.clone()]));
    answers.expect("no database error").pop().expect("an answer a row").map(drop)
}

/// A flash sale of an hour.
pub fn sale(at: Moment, store: &str, kind: FlashSaleType, products: &[(&str, i64)]) -> NewPromotion {
    NewPromotion {
        id: new_id(at),
        name: format!("11.11 {store}"),
        flash_sale_type: kind,
        store: store_code(store),
        start: None,
        ends_at: at.plus(TimeDelta::hours(1)),
        products: products.iter().map(|(code, units)| (sku_code(code), *units)).collect(),
    }
}

/// Creates a flash sale.
pub fn create(database: &Database, at: Moment, new: &NewPromotion) -> Result<Promotion, Vec<CreateRefusal>> {
    expected(database.write_blocking(|conn| create_promotion::run(conn, &cause(at), new.clone())))
}

/// Ends one.
pub fn end(database: &Database, at: Moment, id: PromotionId) -> Result<Promotion, EndRefusal> {
    expected(database.write_blocking(|conn| end_promotion::run(conn, &cause(at), id)))
}

pub fn order_number(number: &str) -> OrderNumber {
    OrderNumber::parse(number).expect("an order number")
}

/// Takes an order, which is recorded even if it is short.
pub fn take(database: &Database, at: Moment, store: &str, number: &str, lines: &[(&str, i64)]) -> Outcome {
    let line =
        |(sku, quantity): &(&str, i64)| NewLine { sku: sku_code(sku), quantity: *quantity, unit_price_minor: None };
    let order = NewOrder {
        store: store_code(store),
        number: order_number(number),
        placed_at: None,
        lines: lines.iter().map(line).collect(),
    };
    let delivery = Delivery { cause: cause(at), if_short: IfShort::Record, orders: vec![order] };
    let outcomes = database.write_blocking(|conn| take_orders::run(conn, std::slice::from_ref(&delivery)));
    outcomes.expect("no database error").pop().and_then(|mut of_one| of_one.pop()).expect("an answer to the order")
}

/// The answer or the expected "no"; a failing database fails the test.
fn expected<T, Refusal: std::fmt::Debug>(answer: Result<T, Failed<Refusal>>) -> Result<T, Refusal> {
    match answer {
        Ok(value) => Ok(value),
        Err(Failed::Refused(refusal)) => Err(refusal),
        Err(Failed::Database(error)) => panic!("no refusal but an error: {error}"),
    }
}

/// What `flashsale verify` finds.
pub fn verified(database: &Database, now: Moment) -> verify::Report {
    read(database, |conn| verify::run(conn, now))
}

/// Fails the test unless everything agrees with the ledger.
pub fn assert_verified(database: &Database, now: Moment) {
    let report = verified(database, now);
    assert!(report.differences.is_empty(), "{report}");
}

/// Replays the ledger in the order in which things happened and fails the test unless every hold fitted, beside the
/// holds that were live then, when it was taken.
pub fn assert_every_hold_fitted(database: &Database) {
    let entries: Vec<EntryRow> = read(database, |conn| {
        ledger_entries::table
            .order((ledger_entries::sku, ledger_entries::number))
            .select(EntryRow::as_select())
            .load(conn)
    });
    let ends: HashMap<PromotionId, Moment> =
        read(database, |conn| promotions::table.select((promotions::id, promotions::scheduled_ends_at)).load(conn))
            .into_iter()
            .collect();
    let mut live: HashMap<SkuCode, Vec<(PromotionId, i64)>> = HashMap::new();
    for entry in entries {
        let held = live.entry(entry.sku.clone()).or_default();
        held.retain(|(promotion, _)| ends[promotion] > entry.at);
        match (entry.kind, entry.promotion_id) {
            (EntryKind::HoldTaken, Some(promotion)) => {
                held.push((promotion, entry.held_change));
                let sum: i64 = held.iter().map(|(_, units)| units).sum();
                let free = entry.on_hand_after - entry.committed_after - entry.buffer_after - entry.oversold_after;
                assert!(sum <= free, "{sum} held of {free}: {entry:?}");
            }
            (EntryKind::HoldEndedEarly, ended) => held.retain(|(promotion, _)| Some(*promotion) != ended),
            (EntryKind::OrderTaken | EntryKind::OrderCancelled, Some(of_order)) => held
                .iter_mut()
                .filter(|(promotion, _)| *promotion == of_order)
                .for_each(|(_, units)| *units -= entry.sold_change),
            (EntryKind::HoldTaken | EntryKind::OrderTaken | EntryKind::OrderCancelled, None)
            | (
                EntryKind::OpeningStock | EntryKind::Stocktake | EntryKind::BufferChanged | EntryKind::OrderShipped,
                _,
            ) => {}
        }
    }
}

/// What a query finds.
pub fn read<T>(database: &Database, query: impl FnOnce(&mut Conn) -> QueryResult<T>) -> T {
    database.read_blocking(|conn| query(conn)).expect("a read of a test")
}
