//! Fixtures for the tests that call actions: stores, SKUs, orders and flash sales.

use crate::support::{Browser, NOON, TestApp, moment};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    actions::{
        catalogue::save_skus::{self, SkuInput, SkuRefusal},
        orders::{
            close_order,
            take_orders::{self, Delivery, Outcome},
        },
        promotions::{
            apply_changes::{self, EditRefusal, PromotionEdit},
            create_promotion::{self, CreateRefusal, NewPromotion},
            end_promotion::{self, EndRefusal},
        },
        stores::{
            add_store::{self, NewStore},
            connect_store::{self, ConnectionInput},
            note_test::{self, Found},
            pause_store,
        },
        verifications::verify,
    },
    clock::new_id,
    db::{
        Conn, Database, Failed,
        catalogue::{ledger::EntryRow, quantity_checks, skus},
        engine::schema::{ledger_entries, promotion_changes},
        promotions::{self, Promotion},
        stores::{
            components, connections,
            listings::{self, Listing},
        },
    },
    domain::{
        catalogue::ledger::{Cause, EntryKind},
        code::{OrderNumber, SkuCode, StoreCode},
        id::{ListingId, PromotionId},
        moment::Moment,
        orders::order::{IfShort, NewLine, NewOrder},
        promotions::{history::Change, promotion::FlashSaleType, sale_changes::SaleValues},
        stores::components::Components,
    },
    sync::push::scan::{self, Scanned},
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

/// `seconds` after noon, when every test begins.
pub fn at(seconds: i64) -> Moment {
    moment(NOON).plus(TimeDelta::seconds(seconds))
}

pub fn cause(at: Moment) -> Cause {
    Cause { actor: "ops@example.com".to_owned(), at, reason: String::new() }
}

/// Connects a store as staff would: the connection is saved, tested and resumed.
pub fn connect(database: &Database, input: &ConnectionInput) {
    let cause = cause(at(0));
    database.write_blocking(|conn| connect_store::run(conn, &cause, input.clone())).expect("connected");
    let connection = read(database, |conn| connections::find(conn, &input.store)).expect("a connection");
    let note =
        |conn: &mut Conn| Ok::<_, flashsale::db::Error>(note_test::run(conn, &connection, &Found::default(), at(0))?);
    database.write_blocking(note).expect("tested");
    database.write_blocking(|conn| pause_store::start(conn, &cause, &input.store)).expect("resumed");
}

/// Adds stores with these codes.
pub fn add_stores(database: &Database, codes: &[&str]) {
    codes.iter().for_each(|code| add_store(database, code, code));
}

/// Adds a store in Singapore.
fn add_store(database: &Database, code: &str, name: &str) {
    add_store_in(database, code, name, "Asia/Singapore");
}

/// Adds a store in this time zone.
pub fn add_store_in(database: &Database, code: &str, name: &str, zone: &str) {
    let store = NewStore {
        code: store_code(code),
        name: name.to_owned(),
        marketplace: "Lazada".to_owned(),
        time_zone: zone.parse().expect("a time zone"),
        country: None,
        currency: None,
    };
    database.write_blocking(|conn| add_store::run(conn, store.clone(), at(0))).expect("a store");
}

/// The article's shop: the stores Lazada SG, Shopee SG and Zalora SG, and 100 units of Product1, which all of them
/// list.
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
    let input = SkuInput { code: sku_code(code), name: Some(name), on_hand: Some(on_hand), buffer: None, listings };
    save(database, at(0), input).expect("a SKU");
}

/// Adds a SKU, or sets the units on hand and the buffer of an existing one.
pub fn stock(database: &Database, at: Moment, code: &str, on_hand: i64, buffer: i64) {
    let input = SkuInput {
        code: sku_code(code),
        name: Some(code.to_owned()),
        on_hand: Some(on_hand),
        buffer: Some(buffer),
        listings: None,
    };
    save(database, at, input).expect("a SKU");
}

/// Lists a SKU on these stores and no others.
pub fn list(database: &Database, at: Moment, code: &str, stores: &[&str]) -> Result<(), SkuRefusal> {
    let listings = Some(stores.iter().map(|code| store_code(code)).collect());
    let input = SkuInput { code: sku_code(code), name: Some(code.to_owned()), on_hand: None, buffer: None, listings };
    save(database, at, input)
}

/// Saves one SKU.
/// Lists something on a store, under the locks of its SKUs: a kit or, of one unit of one SKU, one more plain listing.
pub fn list_kit(database: &Database, at: Moment, store: &str, seller_sku: &str, made_of: &str) -> ListingId {
    let made_of = Components::parse(made_of).expect("components");
    let skus: Vec<SkuCode> = made_of.iter().map(|component| component.sku.clone()).collect();
    let listing = Listing {
        sku: made_of.as_plain().cloned(),
        seller_sku: seller_sku.to_owned(),
        ..Listing::new(new_id(at), skus[0].clone(), store_code(store), at)
    };
    let insert = |conn: &mut Conn| {
        skus::lock(conn, &skus)?;
        listings::insert(conn, std::slice::from_ref(&listing))?;
        if listing.sku.is_none() {
            components::insert(conn, &[(listing.id, made_of.clone())])?;
        }
        quantity_checks::enqueue(conn, &skus)?;
        Ok::<_, flashsale::db::Error>(())
    };
    database.write_blocking(insert).expect("listed");
    listing.id
}

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
        listings: Vec::new(),
    }
}

/// Creates a flash sale.
pub fn create(database: &Database, at: Moment, new: &NewPromotion) -> Result<Promotion, Vec<CreateRefusal>> {
    expected(database.write_blocking(|conn| create_promotion::run(conn, &cause(at), new.clone())))
}

/// Ends a flash sale.
pub fn end(database: &Database, at: Moment, id: PromotionId) -> Result<Promotion, EndRefusal> {
    expected(database.write_blocking(|conn| end_promotion::run(conn, &cause(at), id)))
}

/// Changes a flash sale: `change` converts the current values to the wanted ones.
pub fn edit(
    database: &Database,
    at: Moment,
    id: PromotionId,
    change: impl Fn(&mut SaleValues),
) -> Result<Vec<Change>, EditRefusal> {
    expected(database.write_blocking(|conn| {
        let promotion = promotions::find(conn, id)?.expect("a promotion");
        let mut wanted = promotions::sale(conn, &promotion)?.values();
        change(&mut wanted);
        apply_changes::run(conn, &cause(at), id, &PromotionEdit { shown: None, wanted })
    }))
}

/// Cancels an order.
pub fn cancel(database: &Database, at: Moment, store: &str, number: &str) {
    let (store, number) = (store_code(store), order_number(number));
    let cancel = |conn: &mut Conn| close_order::cancel(conn, &cause(at), (&store, &number));
    expected(database.write_blocking(cancel)).expect("it was open");
}

pub fn order_number(number: &str) -> OrderNumber {
    OrderNumber::parse(number).expect("an order number")
}

/// Takes an order, which is recorded even if it is short.
pub fn take(database: &Database, at: Moment, store: &str, number: &str, lines: &[(&str, i64)]) -> Outcome {
    let line = |(sku, quantity): &(&str, i64)| NewLine {
        item: sku_code(sku).into(),
        quantity: *quantity,
        unit_price_minor: None,
    };
    let order = NewOrder {
        store: store_code(store),
        number: order_number(number),
        placed_at: None,
        lines: lines.iter().map(line).collect(),
    };
    let delivery = Delivery { cause: cause(at), if_short: IfShort::Record, orders: [order].into() };
    let outcomes = database.write_blocking(|conn| take_orders::run(conn, &[&delivery]));
    outcomes.expect("no database error").pop().and_then(|mut of_one| of_one.pop()).expect("an answer to the order")
}

/// The result or the refusal. An error of the database fails the test.
pub fn expected<T, Refusal: std::fmt::Debug>(answer: Result<T, Failed<Refusal>>) -> Result<T, Refusal> {
    match answer {
        Ok(value) => Ok(value),
        Err(Failed::Refused(refusal)) => Err(refusal),
        Err(Failed::Database(error)) => panic!("no refusal but an error: {error}"),
    }
}

/// The differences that `flashsale verify` finds.
pub fn verified(database: &Database, now: Moment) -> verify::Report {
    read(database, |conn| verify::run(conn, now))
}

/// Fails the test if the database differs from its ledger.
pub fn assert_verified(database: &Database, now: Moment) {
    let report = verified(database, now);
    assert!(report.differences.is_empty(), "{report}");
}

/// Replays the ledger and fails the test if any hold did not fit, together with the holds that were live then, when it
/// was taken or raised.
pub fn assert_every_hold_fitted(database: &Database) {
    let entries: Vec<EntryRow> = read(database, |conn| {
        ledger_entries::table
            .order((ledger_entries::sku, ledger_entries::number))
            .select(EntryRow::as_select())
            .load(conn)
    });
    let ends = Ends::read(database);
    // The unsold units of each hold, and the ends of the live holds.
    let mut kept: HashMap<(SkuCode, PromotionId), i64> = HashMap::new();
    let mut live: HashMap<SkuCode, Vec<(PromotionId, Moment)>> = HashMap::new();
    for entry in entries {
        let held = live.entry(entry.sku.clone()).or_default();
        held.retain(|(_, ends_at)| *ends_at > entry.at);
        let Some(promotion) = entry.promotion_id else { continue };
        *kept.entry((entry.sku.clone(), promotion)).or_default() += entry.held_change - entry.sold_change;
        match entry.kind {
            EntryKind::HoldTaken => held.push((promotion, ends.at(promotion, entry.at))),
            EntryKind::HoldEndMoved => held
                .iter_mut()
                .filter(|(moved, _)| *moved == promotion)
                .for_each(|(_, ends_at)| *ends_at = ends.at(promotion, entry.at)),
            EntryKind::HoldRemoved | EntryKind::HoldEndedEarly => held.retain(|(ended, _)| *ended != promotion),
            EntryKind::HoldRaised
            | EntryKind::HoldLowered
            | EntryKind::OpeningStock
            | EntryKind::Stocktake
            | EntryKind::Received
            | EntryKind::Returned
            | EntryKind::Damaged
            | EntryKind::Corrected
            | EntryKind::BufferChanged
            | EntryKind::OrderTaken
            | EntryKind::OrderCancelled
            | EntryKind::OrderShipped
            | EntryKind::OrderChanged
            | EntryKind::ReturnRestocked
            | EntryKind::ReturnWrittenOff
            | EntryKind::ListingLeft
            | EntryKind::Renamed
            | EntryKind::Archived
            | EntryKind::Restored
            | EntryKind::MergedHere
            | EntryKind::MergedAway
            | EntryKind::OrderMovedHere
            | EntryKind::OrderMovedAway => {}
        }
        // A product that is added again with as many units as it had sold takes none.
        if entry.held_change > 0 && matches!(entry.kind, EntryKind::HoldTaken | EntryKind::HoldRaised) {
            let sum: i64 = held.iter().map(|(promotion, _)| kept[&(entry.sku.clone(), *promotion)]).sum();
            let free = entry.on_hand_after - entry.committed_after - entry.buffer_after - entry.oversold_after;
            assert!(sum <= free, "{sum} held of {free}: {entry:?}");
        }
    }
}

/// The scheduled ends of each flash sale by its history: for each promotion, the time of each change and the end since
/// then.
struct Ends(HashMap<PromotionId, Vec<(Moment, Moment)>>);

impl Ends {
    fn read(database: &Database) -> Self {
        type Line = (PromotionId, Moment, String, Option<Moment>);
        let lines: Vec<Line> = read(database, |conn| {
            promotion_changes::table
                .order((promotion_changes::promotion_id, promotion_changes::number))
                .select((
                    promotion_changes::promotion_id,
                    promotion_changes::at,
                    promotion_changes::kind,
                    promotion_changes::ends_after,
                ))
                .load(conn)
        });
        let mut ends: HashMap<PromotionId, Vec<(Moment, Moment)>> = HashMap::new();
        for (promotion, at, kind, ends_after) in lines {
            let of_sale = ends.entry(promotion).or_default();
            let before = of_sale.last().map(|(_, ends_at)| *ends_at);
            let since = if kind == "ended_early" { before } else { ends_after.or(before) };
            of_sale.push((at, since.expect("a history begins with an end")));
        }
        Self(ends)
    }

    /// The end of `promotion` after the change at `at`.
    fn at(&self, promotion: PromotionId, at: Moment) -> Moment {
        let line = self.0[&promotion].iter().rfind(|(done_at, _)| *done_at == at);
        line.expect("what changes a hold stands in the history").1
    }
}

/// The result of a query.
pub fn read<T>(database: &Database, query: impl FnOnce(&mut Conn) -> QueryResult<T>) -> T {
    database.read_blocking(|conn| query(conn)).expect("a read of a test")
}

/// How long raising a store waits for the stores that have to be lowered.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// Scans all SKUs that may have changed by `now`, as the job would. If the job of a running server scans some of them,
/// waits for it.
pub fn scan_all(app: &TestApp, now: Moment) {
    let is_any_due = || read(&app.database, |conn| quantity_checks::is_any_due(conn, now));
    while scan(app, now, 200).is_more || is_any_due() {}
}

/// Scans up to `max` SKUs.
pub fn scan(app: &TestApp, now: Moment, max: usize) -> Scanned {
    app.write(|conn| scan::run(conn, || now, PATIENCE, max).expect("a scan"))
}
