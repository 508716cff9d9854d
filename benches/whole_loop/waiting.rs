//! The processor time of the program for orders that wait at a marketplace, and for a sweep that finds nothing. That of the
//! simulated marketplaces, which are threads of the same process, is not counted, and neither is that of a database server.

use super::{
    argument,
    seller::{Market, SKUS, STORES, Seller, code, product_id},
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{clock::Clock, db::catalogue::skus, domain::stores::pull::OVERLAP};
use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

const SWEEPS: u32 = 50;

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite://{}", folder.path().join("waiting.db").display());
    let url = std::env::var("FLASHSALE_TEST_DATABASE_URL").map_or(file, |server| new_database(&server));
    println!("on {}", url.split(':').next().unwrap_or_default());
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = ahead_by(ahead.clone());
    let before = threads();
    let market = Market::start(clock.clone());
    ureq::get(format!("{}/?stay=1", market.address)).call().expect("all of its threads run");
    // The threads that answer for the marketplaces, and no others.
    let of_marketplaces: BTreeSet<String> = threads().difference(&before).cloned().collect();
    let seller = Seller::open_on(market, clock, &url, |_| 1_000);
    seller.pull_all();
    let orders: usize = argument("orders", 10_000);
    for (nth, (store, kind)) in STORES.into_iter().skip(1).enumerate() {
        for number in 0..SKUS {
            // Lazada lists no more than 5,000 orders of one second.
            ahead.fetch_add(1, Ordering::SeqCst);
            seller.market.marketplace.add_orders(store, orders / SKUS, &product_id(kind, number));
        }
        ahead.fetch_add(180, Ordering::SeqCst);
        let (began, cpu) = (Instant::now(), processor_seconds(&of_marketplaces));
        seller.pull_all();
        println!(
            "{orders} orders of {store}: {:.1} s of processor time, {:.1?} in all",
            processor_seconds(&of_marketplaces) - cpu,
            began.elapsed()
        );
        let taken = orders / SKUS * SKUS * (nth + 1);
        assert_eq!(promised(&seller), i64::try_from(taken).expect("units"), "all of {store} are recorded");
    }
    ahead.fetch_add(OVERLAP.num_seconds() * 2, Ordering::SeqCst);
    seller.pull_all();
    let puller = seller.puller();
    System::new().block_on(async {
        let cpu = processor_seconds(&of_marketplaces);
        let calls = calls(&seller);
        for _ in 0..SWEEPS {
            ahead.fetch_add(180, Ordering::SeqCst);
            while puller.run_once().await.expect("no database error") {}
        }
        let each = (processor_seconds(&of_marketplaces) - cpu) / f64::from(SWEEPS) / STORES.len() as f64;
        assert!(self::calls(&seller) - calls >= u64::from(SWEEPS) * STORES.len() as u64, "each store was swept");
        println!("a sweep that finds nothing: {:.2} ms of processor time for each store", each * 1_000.0);
    });
}

/// The units of open orders, covered by stock or not.
fn promised(seller: &Seller) -> i64 {
    let codes: Vec<_> = (0..SKUS).map(code).collect();
    let found = seller.read(|conn| skus::find_all(conn, &codes).expect("a read"));
    found.iter().map(|sku| sku.committed + sku.oversold).sum()
}

/// How often the stores were asked for orders.
fn calls(seller: &Seller) -> u64 {
    STORES.iter().map(|(store, _)| seller.market.marketplace.calls(store).orders).sum()
}

/// A clock that is so many seconds ahead of that of the machine.
fn ahead_by(seconds: Arc<AtomicI64>) -> Clock {
    let system = Clock::system();
    Clock::from_fn(move || system.now().plus(TimeDelta::seconds(seconds.load(Ordering::SeqCst))))
}

/// Makes a database on the server, and returns its URL.
fn new_database(server: &str) -> String {
    #[cfg(feature = "postgres")]
    {
        use diesel::{Connection, RunQueryDsl};
        let name = format!("bench_{}", std::process::id());
        let mut connection = diesel::PgConnection::establish(server).expect("the server");
        diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut connection).expect("a database");
        let (start, _) = server.rsplit_once('/').expect("a URL");
        format!("{start}/{name}")
    }
    #[cfg(not(feature = "postgres"))]
    panic!("build with --features postgres for {server}")
}

fn threads() -> BTreeSet<String> {
    let listed = fs::read_dir("/proc/self/task").expect("Linux");
    listed.map(|entry| entry.expect("a thread").file_name().to_string_lossy().into_owned()).collect()
}

/// The processor time of the process without these threads.
fn processor_seconds(without: &BTreeSet<String>) -> f64 {
    let all = seconds_in("/proc/self/stat");
    let of_others: f64 = without.iter().map(|thread| seconds_in(&format!("/proc/self/task/{thread}/stat"))).sum();
    all - of_others
}

fn seconds_in(file: &str) -> f64 {
    let Ok(stat) = fs::read_to_string(file) else { return 0.0 };
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().expect("a number");
    (ticks(11) + ticks(12)) / 100.0
}
