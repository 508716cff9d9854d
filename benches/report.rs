//! How long the report of a big flash sale takes: `cargo bench --bench report`.
//!
//! A sale of 1,000 products with 100,000 order lines of its own store, beside 50,000 of the other stores, which ran for
//! a day. Each part of the report is read several times, in one process, on the same data; where
//! `FLASHSALE_TEST_DATABASE_URL` names a PostgreSQL server (and the program is built with `--features postgres`), there
//! as well.

use chrono::{TimeDelta, Utc};
use flashsale::{
    actions::{
        self,
        catalogue::save_skus::SkuInput,
        orders::take_orders::{self, Delivery},
        promotions::create_promotion::NewPromotion,
    },
    clock::new_id,
    db::{self, Conn, Database, PoolSize, promotions::Promotion},
    domain::{
        catalogue::ledger::Cause,
        code::{OrderNumber, SkuCode, StoreCode},
        moment::Moment,
        orders::order::{IfShort, NewLine, NewOrder},
        promotions::{buckets::Buckets, promotion::FlashSaleType, sales::Sales},
    },
};
use std::time::{Duration, Instant};

const STORES: [&str; 5] = ["lazada-sg", "shopee-sg", "zalora-sg", "lazada-ph", "shop-eu"];
const PRODUCTS: usize = 1_000;
/// Orders of one line of the sale's store, and of the others.
const ORDERS: [usize; 2] = [100_000, 50_000];
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    measure(&format!("sqlite://{}", folder.path().join("report.db").display()));
    #[cfg(feature = "postgres")]
    if let Ok(url) = std::env::var("FLASHSALE_TEST_DATABASE_URL") {
        use diesel::{Connection, RunQueryDsl};
        let name = format!("flashsale_bench_report_{}", std::process::id());
        let mut conn = diesel::PgConnection::establish(&url).expect("the server");
        diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut conn).expect("a database");
        measure(&format!("{}/{name}", url.rsplit_once('/').expect("a URL").0));
    }
}

fn measure(url: &str) {
    let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
    let began = Instant::now();
    let promotion = fill(&database);
    println!("{}: filled in {} s", url.split(':').next().unwrap_or_default(), began.elapsed().as_secs());
    let (id, now) = (promotion.id, promotion.starts_at.plus(TimeDelta::days(1)));
    let codes: Vec<SkuCode> = (0..PRODUCTS).map(sku).collect();
    let buckets = Buckets::covering(promotion.starts_at, now, chrono_tz::UTC);
    time("all over time", &database, |conn| {
        let sold = flashsale::db::promotions::report::over_time(conn, id, &buckets)?;
        Ok(sold.into_values().flatten().sum::<Sales>().units())
    });
    time("50 products", &database, |conn| {
        flashsale::db::promotions::report::sales_of(conn, id, &codes[..50]).map(|sold| sold.len())
    });
    let costs = |conn: &mut Conn, codes: &[SkuCode]| {
        flashsale::db::promotions::costs::of_skus(conn, &promotion, codes, now, i64::MAX)
    };
    time("cost of 50 products", &database, |conn| costs(conn, &codes[..50]).map(|costs| costs.len()));
    time("cost of all", &database, |conn| {
        codes.chunks(50).map(|some| costs(conn, some)).try_fold(0, |units, costs| {
            Ok(units + costs?.values().flatten().map(|(_, cost)| cost.short_units).sum::<i64>())
        })
    });
}

/// Prints the median of several readings, and what was read.
fn time<T: std::fmt::Display>(what: &str, database: &Database, read: impl Fn(&mut Conn) -> db::QueryResult<T>) {
    let mut times: Vec<(Duration, String)> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let answer = database.read_blocking(|conn| read(conn)).expect("a reading");
            (began.elapsed(), answer.to_string())
        })
        .collect();
    times.sort();
    let (median, answer) = &times[ROUNDS / 2];
    println!("{what:<24}{:>10.1} ms   ({answer})", median.as_secs_f64() * 1_000.0);
}

fn store(nth: usize) -> StoreCode {
    StoreCode::parse(STORES[nth % STORES.len()]).expect("a code")
}

fn sku(number: usize) -> SkuCode {
    SkuCode::parse(&format!("SKU-{number:06}")).expect("a code")
}

fn write<T>(database: &Database, mut work: impl FnMut(&mut Conn) -> T) -> T {
    database.write_blocking(|conn| Ok::<_, db::Error>(work(conn))).expect("a write")
}

/// Makes the stores, the SKUs, the sale and its orders, in the order in which they came in.
fn fill(database: &Database) -> Promotion {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is its own clock")]
    let began = Moment::from(Utc::now()).plus(-TimeDelta::days(1));
    let cause = |at| Cause { actor: "bench".to_owned(), at, reason: String::new() };
    write(database, |conn| {
        for (nth, name) in STORES.iter().enumerate() {
            let (code, name) = (store(nth), (*name).to_owned());
            let store = actions::stores::add_store::NewStore {
                code,
                name,
                marketplace: "Bench".to_owned(),
                time_zone: chrono_tz::UTC,
                country: None,
                currency: None,
            };
            actions::stores::add_store::run(conn, store, began).expect("a store");
        }
        let inputs = (0..PRODUCTS).map(|number| SkuInput {
            code: sku(number),
            name: Some(format!("Cotton shirt {}", number % 97)),
            on_hand: Some(140),
            buffer: None,
            listings: Some((0..STORES.len()).map(store).collect()),
        });
        actions::catalogue::save_skus::run(conn, &cause(began), inputs.collect()).expect("the SKUs");
    });
    let promotion = write(database, |conn| {
        let new = NewPromotion {
            id: new_id(began),
            name: "11.11".to_owned(),
            flash_sale_type: FlashSaleType::StockReservation,
            store: store(0),
            start: None,
            ends_at: began.plus(TimeDelta::days(1)),
            products: (0..PRODUCTS).map(|number| (sku(number), 110)).collect(),
            listings: Vec::new(),
        };
        actions::promotions::create_promotion::run(conn, &cause(began), new).expect("a sale")
    });
    let all = ORDERS[0] + ORDERS[1];
    let numbers: Vec<usize> = (0..all).collect();
    for some in numbers.chunks(1_000) {
        let at = began.plus(TimeDelta::milliseconds(i64::try_from(86_000_000 * some[0] / all).expect("a day")));
        let orders = some.iter().map(|number| order(*number)).collect();
        let delivery = Delivery { cause: cause(at), if_short: IfShort::Record, orders };
        write(database, |conn| take_orders::run(conn, &[&delivery]).expect("orders"));
    }
    promotion
}

/// Two of three orders are of the sale's store; the SKUs take turns.
fn order(number: usize) -> NewOrder {
    let nth = if number % 3 == 2 { 1 + number % 4 } else { 0 };
    NewOrder {
        store: store(nth),
        number: OrderNumber::parse(&format!("2026-{number}")).expect("a number"),
        placed_at: None,
        lines: vec![NewLine { item: sku(number * 7 % PRODUCTS).into(), quantity: 1, unit_price_minor: Some(1_290) }],
    }
}
