//! How fast the catalogue is, as ratios measured in one run: `cargo bench --bench pages`.
//!
//! A server of the release build is asked for pages of the catalogue (signed in, 50 rows, 5 stores) at 1,000 and at
//! 100,000 SKUs, and for a static file of as many bytes. The pages take turns, so that whatever else the machine does
//! meets all of them. Beside that: what the server needs when idle, how long it takes to start, and the core alone.

#[expect(dead_code, reason = "the benchmark of pushing uses more of it")]
mod support {
    pub mod load;
    pub mod server;
}

use chrono::{TimeDelta, Utc};
use flashsale::{
    actions::{self, catalogue::save_skus::SkuInput, promotions::create_promotion::NewPromotion},
    clock::new_id,
    db::{self, Database, PoolSize},
    domain::{
        catalogue::{ledger::Cause, quantity::Position, stock::Stock},
        code::{SkuCode, StoreCode},
        moment::Moment,
        promotions::{hold::Hold, promotion::FlashSaleType},
        staff::account::Email,
    },
    web::passwords,
};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use support::{load, server::Server};

const STORES: [&str; 5] = ["lazada-sg", "shopee-sg", "zalora-sg", "lazada-ph", "shop-eu"];
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "measured, not guessed";
/// Connections at once.
const CLIENTS: usize = 8;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(700);

/// The pages that are measured: what they are, and their addresses, of which `{deep}` is a code far in.
const PAGES: [(&str, &str); 6] = [
    ("first page", "/catalogue"),
    ("deep page", "/catalogue?after={deep}"),
    ("running flash sales", "/catalogue?flashsale=running"),
    ("search, rare", "/catalogue?q=needle"),
    ("search, many", "/catalogue?q=shirt+77"),
    ("search, nothing", "/catalogue?q=zzzzzz"),
];

fn main() {
    core_alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (small, large) = (folder.path().join("small.db"), folder.path().join("large.db"));
    fill(&small, 1_000, 100);
    fill(&large, 100_000, 10_000);
    idle(&large);
    pages(folder.path(), &small, &large);
}

/// The quantity of every store for a million SKUs with two holds each, on one core.
fn core_alone() {
    let stores = STORES.map(|code| StoreCode::parse(code).expect("a code"));
    let hold = |store: &StoreCode, flash_sale_type, quantity| Hold {
        promotion: new_id(now()),
        promotion_name: "bench".to_owned(),
        flash_sale_type,
        store: store.clone(),
        starts_at: now(),
        quantity,
        sold: 3,
    };
    let holds =
        [hold(&stores[0], FlashSaleType::StockAllocation, 60), hold(&stores[1], FlashSaleType::StockReservation, 20)];
    let began = Instant::now();
    let mut shown = 0;
    for on_hand in 0..1_000_000 {
        let stock = Stock { on_hand: on_hand % 500, ..Stock::default() };
        let position = Position { stock, holds: std::hint::black_box(&holds) };
        shown += stores.iter().map(|store| position.quantity_for(store).total()).sum::<i64>();
    }
    std::hint::black_box(shown);
    println!("core: 1,000,000 SKUs x 5 stores x 2 holds in {} ms", began.elapsed().as_millis());
}

fn now() -> Moment {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is its own clock")]
    Moment::from(Utc::now())
}

/// Makes a database of `skus` SKUs on five stores, of which `held` are in running flash sales.
fn fill(path: &Path, skus: usize, held: usize) {
    let url = format!("sqlite://{}", path.display()).parse().expect("a URL");
    let database = Database::open(&url, PoolSize::default()).expect("a database");
    let cause = Cause { actor: "bench".to_owned(), at: now(), reason: String::new() };
    write(&database, |conn| {
        let email = Email::parse(EMAIL).expect("an address");
        actions::staff::add_user::run(conn, &email, &passwords::hash(PASSWORD), cause.at).expect("a user");
        for code in STORES {
            let store = actions::stores::add_store::NewStore {
                code: StoreCode::parse(code).expect("a code"),
                name: code.to_owned(),
                marketplace: "Bench".to_owned(),
                time_zone: chrono_tz::UTC,
                country: None,
                currency: None,
            };
            actions::stores::add_store::run(conn, store, cause.at).expect("a store");
        }
    });
    let numbers: Vec<usize> = (0..skus).collect();
    for some in numbers.chunks(1_000) {
        let inputs: Vec<SkuInput> = some.iter().map(|number| sku(*number)).collect();
        write(&database, |conn| {
            let saved = actions::catalogue::save_skus::run(conn, &cause, inputs.clone()).expect("a save");
            assert!(saved.iter().all(Result::is_ok), "every SKU is saved");
        });
    }
    for (nth, some) in numbers.chunks(skus / held).map(|chunk| chunk[0]).collect::<Vec<_>>().chunks(1_000).enumerate() {
        let new = NewPromotion {
            id: new_id(cause.at),
            name: format!("sale {nth}"),
            flash_sale_type: FlashSaleType::ALL[nth % 2],
            store: StoreCode::parse(STORES[nth % STORES.len()]).expect("a code"),
            start: None,
            ends_at: cause.at.plus(TimeDelta::days(1)),
            products: some.iter().map(|number| (code(*number), 20)).collect(),
            listings: Vec::new(),
        };
        write(&database, |conn| {
            actions::promotions::create_promotion::run(conn, &cause, new.clone()).map(drop).expect("a sale")
        });
    }
}

fn write(database: &Database, mut work: impl FnMut(&mut db::Conn)) {
    database
        .write_blocking(|conn| {
            work(conn);
            Ok::<_, db::Error>(())
        })
        .expect("a write");
}

fn code(number: usize) -> SkuCode {
    SkuCode::parse(&format!("SKU-{number:06}")).expect("a code")
}

fn sku(number: usize) -> SkuInput {
    let rare = if number == 777 { " needle" } else { "" };
    SkuInput {
        code: code(number),
        name: Some(format!("Cotton shirt {}{rare}", number % 97)),
        on_hand: Some(100),
        buffer: None,
        listings: Some(STORES.map(|code| StoreCode::parse(code).expect("a code")).to_vec()),
    }
}

fn serve(database: &Path, static_dir: &Path) -> Server {
    Server::start(&format!("sqlite://{}", database.display()), static_dir, &[])
}

fn idle(database: &Path) {
    let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let mut starts: Vec<u128> = (0..5).map(|_| serve(database, &static_dir).started_in.as_millis()).collect();
    starts.sort_unstable();
    println!("start to first answer at 100,000 SKUs: {} ms (median of 5)", starts[2]);
    let server = serve(database, &static_dir);
    println!("idle at 100,000 SKUs: {:.1} MiB resident", server.resident_kib() as f64 / 1024.0);
    let size = fs::metadata(env!("CARGO_BIN_EXE_flashsale")).expect("the program").len();
    println!("program: {:.1} MiB", size as f64 / f64::from(1 << 20));
}

/// One page that is measured.
struct Target<'a> {
    server: &'a Server,
    path: String,
    headers: &'a str,
    rates: Vec<f64>,
    bytes: usize,
    /// What all but one of a hundred answers took at most, in the last round.
    slow: Duration,
}

impl Target<'_> {
    fn measure(&mut self) {
        let Self { server: Server { address, .. }, path, headers, .. } = self;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
        let load = load::ask(&[address], CLIENTS, ROUND, |_, _| request.clone().into_bytes(), |_| true);
        self.rates.push(load.rate);
        self.bytes = load.bytes;
        self.slow = load.percentile(99);
    }

    fn median(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }
}

fn pages(folder: &Path, small: &Path, large: &Path) {
    let static_dir = folder.join("static");
    fs::create_dir_all(static_dir.join("css")).expect("a folder");
    fs::write(static_dir.join("css/app.css"), "").expect("a style sheet");
    let (small, large) = (serve(small, &static_dir), serve(large, &static_dir));
    let (small_cookies, large_cookies) = (small.signed_in(EMAIL, PASSWORD), large.signed_in(EMAIL, PASSWORD));
    println!(
        "{:<22}{:>10}{:>12}{:>12}{:>10}{:>12}{:>14}{:>14}",
        "catalogue", "bytes", "static/s", "100,000/s", "p99 ms", "1,000/s", "static ratio", "1,000 ratio"
    );
    for (name, path) in PAGES {
        let target = |server, path: String, headers| Target {
            server,
            path,
            headers,
            rates: Vec::new(),
            bytes: 0,
            slow: Duration::ZERO,
        };
        let mut at_large = target(&large, path.replace("{deep}", "SKU-090000"), &large_cookies);
        let mut at_small = target(&small, path.replace("{deep}", "SKU-000900"), &small_cookies);
        at_large.measure();
        fs::write(static_dir.join("page.html"), vec![b'x'; at_large.bytes]).expect("a static page");
        let mut at_rest = target(&large, "/static/page.html".to_owned(), "");
        at_rest.measure();
        for _ in 0..ROUNDS {
            [&mut at_rest, &mut at_large, &mut at_small].into_iter().for_each(Target::measure);
        }
        let (rest, full, few) = (at_rest.median(), at_large.median(), at_small.median());
        println!(
            "{name:<22}{:>10}{rest:>12.0}{full:>12.0}{:>10.2}{few:>12.0}{:>14}{:>14}",
            at_large.bytes,
            at_large.slow.as_secs_f64() * 1_000.0,
            format!("1 : {:.1}", rest / full),
            format!("{:.2}", few / full),
        );
    }
    println!("afterwards: {:.1} MiB resident at 100,000 SKUs", large.resident_kib() as f64 / 1024.0);
}
