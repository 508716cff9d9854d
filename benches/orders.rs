//! How many orders a second for one hot SKU the server takes through HTTP, each durable when it is answered, as ratios
//! measured in one run: `cargo bench --bench orders`.
//!
//! Each order is a request of its own with a token, from one of so many connections; a flash sale holds the SKU, and the
//! ledger is written. It is held against the same server with one transaction an order (`FLASHSALE_ORDERS_TOGETHER=1`),
//! and on SQLite against the least that could take orders at all (`support/bare.rs`), which shows as well how much is won
//! on this disk by committing together; they take turns. Where `FLASHSALE_TEST_DATABASE_URL` names a PostgreSQL server (and
//! the program is built with `--features postgres`), the same is measured there, with one server and with two at once.
//!
//! Words choose parts: `cargo bench --bench orders -- keys` measures how fast orders with a key are against those without,
//! `first-minute` how fast the first orders of a new PostgreSQL database are, against those after `ANALYZE`, and
//! `connections` how the rate changes with the number of clients.

#[expect(dead_code, reason = "the benchmark of the pages uses more of it")]
mod support {
    pub mod bare;
    pub mod load;
    pub mod server;
}

use chrono::{TimeDelta, Utc};
#[cfg(feature = "postgres")]
use diesel::{Connection, connection::SimpleConnection};
use flashsale::{
    actions::{
        self, catalogue::save_skus::SkuInput, promotions::create_promotion::NewPromotion, staff::add_token::NewToken,
        stores::add_store::NewStore,
    },
    clock::new_id,
    db::{self, Conn, Database, PoolSize},
    domain::{
        catalogue::{ledger::Cause, stock::MAX_UNITS},
        code::{SkuCode, StoreCode},
        moment::Moment,
        promotions::promotion::FlashSaleType,
    },
    web::tokens,
};
use std::{path::Path, time::Duration};
use support::{
    bare::{self, Bare},
    load::{self, Load},
    server::Server,
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Shorter rounds, and more of them, where two rates are compared that are close to each other.
const KEYED_ROUNDS: usize = 20;
const KEYED_ROUND: Duration = Duration::from_secs(1);
#[cfg(feature = "postgres")]
const FIRST_ROUNDS: usize = 30;
const STORE: &str = "lazada-sg";
/// Orders that are taken in one transaction: the setting's default, and one at a time.
const TOGETHER: &str = "256";
const ALONE: &str = "1";
const KEYED: &str = "keyed-";

fn main() {
    // The bare server is this program with the path of a database.
    if let Some(path) = std::env::args().nth(1).filter(|argument| argument.ends_with(".db")) {
        let together = std::env::args().nth(2).expect("how many orders it takes together");
        return bare::serve(&path, together.parse().expect("a number"));
    }
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|one| one == part);
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("{:<28}{:>8}{:>12}{:>10}{:>10}", "orders for one SKU", "clients", "a second", "p50 ms", "p99 ms");
    for clients in [16, 64] {
        if is_chosen("together") {
            on_sqlite(folder.path(), clients);
        }
        if is_chosen("keys") {
            let url = format!("sqlite://{}", folder.path().join(format!("keys-{clients}.db")).display());
            Shop::open(url).keys("SQLite", clients);
        }
    }
    #[cfg(feature = "postgres")]
    if let Ok(server) = std::env::var("FLASHSALE_TEST_DATABASE_URL") {
        if is_chosen("together") {
            on_postgres(&server);
        }
        if is_chosen("keys") {
            for clients in [16, 64] {
                on_new_database(&server, |shop| shop.keys("PostgreSQL", clients));
            }
        }
        if is_chosen("first-minute") {
            for clients in [16, 64] {
                on_new_database(&server, |shop| shop.first_minute(&server, clients));
            }
        }
        if is_chosen("connections") {
            on_new_database(&server, Shop::connections);
        }
    }
}

fn on_sqlite(folder: &Path, clients: usize) {
    let shop = Shop::open(format!("sqlite://{}", folder.join(format!("{clients}.db")).display()));
    let (mut together, mut alone, mut least, mut least_alone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut keyed = Vec::new();
    for round in 0..ROUNDS {
        together.push(shop.measure(clients, 1, TOGETHER, &format!("together-{round}")));
        keyed.push(shop.measure(clients, 1, TOGETHER, &format!("{KEYED}{round}")));
        alone.push(shop.measure(clients, 1, ALONE, &format!("alone-{round}")));
        least.push(bare(&folder.join(format!("bare-{clients}-{round}.db")), clients, TOGETHER));
        least_alone.push(bare(&folder.join(format!("bare-alone-{clients}-{round}.db")), clients, ALONE));
    }
    let together = median("together", clients, together);
    let keyed = median("with an Idempotency-Key", clients, keyed);
    let alone = median("one transaction an order", clients, alone);
    let least = median("the least that could be", clients, least);
    let least_alone = median("the same, one at a time", clients, least_alone);
    println!(
        "SQLite, {clients} clients: together {:.1} × one transaction an order (the least that could be: {:.1} ×), {:.2} of \
         the least that could be; with an Idempotency-Key {:.2} × together",
        together / alone,
        least / least_alone,
        together / least,
        keyed / together
    );
}

/// What the bare server does on a new database at `path`, with so many orders in one commit.
fn bare(path: &Path, clients: usize, at_once: &str) -> Load {
    let server = Bare::start(path, at_once);
    let request = |client: usize, nth: usize| {
        let number = number("bare", clients, client, nth);
        let body = format!(r#"{{"sku":1,"quantity":1,"number":"{number}"}}"#);
        format!(
            "POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    load::ask(&[&server.address], clients, ROUND, request, is_accepted)
}

/// The number of an order. As those of marketplaces, later ones are about higher ones.
fn number(run: &str, clients: usize, client: usize, nth: usize) -> String {
    format!("{run}-{:010}", nth * clients + client)
}

fn is_accepted(body: &[u8]) -> bool {
    body.windows(10).any(|ten| ten == b"\"accepted\"")
}

#[cfg(feature = "postgres")]
fn on_postgres(server: &str) {
    for (clients, servers) in [(16, 1), (64, 1), (64, 2)] {
        on_new_database(server, |shop| {
            let (together, keyed, alone) = shop.turns(clients, servers);
            println!(
                "PostgreSQL, {clients} clients, {servers} server(s): together {:.1} × one transaction an order; with an \
                 Idempotency-Key {:.2} × together",
                together / alone,
                keyed / together
            );
        });
    }
}

#[cfg(feature = "postgres")]
fn on_new_database(server: &str, measure: impl FnOnce(&Shop)) {
    let name = format!("flashsale_bench_{}", std::process::id());
    administer(server, &format!("CREATE DATABASE {name}"));
    let shop = Shop::open(in_database(server, &name));
    measure(&shop);
    drop(shop);
    administer(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
}

#[cfg(feature = "postgres")]
fn in_database(server: &str, name: &str) -> String {
    server.rsplit_once('/').map(|(address, _)| format!("{address}/{name}")).expect("a URL with a database")
}

#[cfg(feature = "postgres")]
fn administer(server: &str, statement: &str) {
    let mut conn = diesel::PgConnection::establish(server).expect("a server");
    conn.batch_execute(statement).expect("a statement");
}

fn now() -> Moment {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is its own clock")]
    Moment::from(Utc::now())
}

/// A database with a hot SKU that a flash sale holds, and a token to send orders with.
struct Shop {
    url: String,
    token: String,
}

impl Shop {
    fn open(url: String) -> Self {
        let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
        let secret = tokens::new_secret();
        let cause = Cause { actor: "bench".to_owned(), at: now(), reason: String::new() };
        let (store, sku) = (StoreCode::parse(STORE).expect("a code"), SkuCode::parse("HOT").expect("a code"));
        let filled = database.write_blocking(|conn| {
            fill(conn, &cause, &store, &sku, &secret.hash);
            Ok::<_, db::Error>(())
        });
        filled.expect("a write");
        Self { url, token: secret.token }
    }

    /// The median rate with waiting orders taken together, with a key each, and with one transaction an order, in turns.
    #[cfg(feature = "postgres")]
    fn turns(&self, clients: usize, servers: usize) -> (f64, f64, f64) {
        let mut together = Vec::new();
        let mut keyed = Vec::new();
        let mut alone = Vec::new();
        for round in 0..ROUNDS {
            together.push(self.measure(clients, servers, TOGETHER, &format!("together-{round}")));
            keyed.push(self.measure(clients, servers, TOGETHER, &format!("{KEYED}{round}")));
            alone.push(self.measure(clients, servers, ALONE, &format!("alone-{round}")));
        }
        let together = median("together", clients, together);
        let keyed = median("with an Idempotency-Key", clients, keyed);
        (together, keyed, median("one transaction an order", clients, alone))
    }

    /// Orders without a key and with one, in turns on one server; of every two rounds the other kind is first.
    fn keys(&self, database: &str, clients: usize) {
        let server = self.server(TOGETHER);
        let mut without = Vec::new();
        let mut with = Vec::new();
        for round in 0..KEYED_ROUNDS {
            for is_keyed in [round % 2 == 0, round % 2 == 1] {
                let (name, loads) = if is_keyed { (KEYED, &mut with) } else { ("plain-", &mut without) };
                loads.push(self.ask(&[&server.address], clients, KEYED_ROUND, &format!("{name}{round}")));
            }
        }
        let mut ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with.rate / without.rate).collect();
        ratios.sort_by(f64::total_cmp);
        let without = median("without a key", clients, without);
        let with = median("with an Idempotency-Key", clients, with);
        println!(
            "{database}, {clients} clients: with an Idempotency-Key {:.2} × without; of two next to each other {:.2} ×",
            with / without,
            ratios[ratios.len() / 2]
        );
    }

    /// The first minute of a new database, and as long after `ANALYZE`.
    #[cfg(feature = "postgres")]
    fn first_minute(&self, server: &str, clients: usize) {
        let address = server;
        let server = self.server(TOGETHER);
        let minute = |name: &str| -> Vec<Load> {
            let run = |nth: usize| self.ask(&[&server.address], clients, ROUND, &format!("{name}-{nth}"));
            (0..FIRST_ROUNDS).map(run).collect()
        };
        let first = minute("first");
        let rates: Vec<String> = first.iter().step_by(5).map(|load| format!("{:.0}", load.rate)).collect();
        let name = self.url.rsplit('/').next().expect("the name of a database");
        administer(&in_database(address, name), "ANALYZE");
        let then = minute("analyzed");
        let first = median("the first minute", clients, first);
        let then = median("after ANALYZE", clients, then);
        println!(
            "PostgreSQL, {clients} clients: the first minute {:.2} × the rate after ANALYZE; every tenth second {}",
            first / then,
            rates.join(", ")
        );
    }

    /// More and more clients of one server, in turns.
    #[cfg(feature = "postgres")]
    fn connections(&self) {
        let server = self.server(TOGETHER);
        let all = [16, 32, 64, 128, 256];
        let mut loads: Vec<Vec<Load>> = all.iter().map(|_| Vec::new()).collect();
        for round in 0..ROUNDS {
            for (clients, loads) in all.iter().zip(&mut loads) {
                loads.push(self.ask(&[&server.address], *clients, ROUND, &format!("of-{clients}-{round}")));
            }
        }
        let mut rates = Vec::new();
        for (clients, loads) in all.into_iter().zip(loads) {
            rates.push(median("together", clients, loads));
        }
        let against: Vec<String> = rates.iter().map(|rate| format!("{:.2}", rate / rates[0])).collect();
        println!("PostgreSQL, {all:?} clients: {} × the rate of 16", against.join(", "));
    }

    fn server(&self, at_once: &str) -> Server {
        let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
        Server::start(&self.url, &static_dir, &[("FLASHSALE_ORDERS_TOGETHER", at_once)])
    }

    fn measure(&self, clients: usize, servers: usize, at_once: &str, run: &str) -> Load {
        let servers: Vec<Server> = (0..servers).map(|_| self.server(at_once)).collect();
        let addresses: Vec<&str> = servers.iter().map(|server| server.address.as_str()).collect();
        self.ask(&addresses, clients, ROUND, run)
    }

    /// A run whose name begins with [`KEYED`] sends a random key with each order.
    fn ask(&self, addresses: &[&str], clients: usize, time: Duration, run: &str) -> Load {
        let request = |client: usize, nth: usize| {
            let number = number(run, clients, client, nth);
            let body = format!(
                r#"{{"orders":[{{"store":"{STORE}","number":"{number}","lines":[{{"sku":"HOT","quantity":1,"unit_price_minor":1250}}]}}]}}"#
            );
            let Self { token, .. } = self;
            let key = if run.starts_with(KEYED) {
                format!("Idempotency-Key: {:032x}\r\n", rand::random::<u128>())
            } else {
                String::new()
            };
            format!(
                "POST /api/v1/orders HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n{key}\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        load::ask(addresses, clients, time, request, is_accepted)
    }
}

fn fill(conn: &mut Conn, cause: &Cause, store: &StoreCode, sku: &SkuCode, token_hash: &str) {
    let new = NewStore {
        code: store.clone(),
        name: "Lazada SG".to_owned(),
        marketplace: "Lazada".to_owned(),
        time_zone: chrono_tz::UTC,
        country: None,
        currency: None,
    };
    actions::stores::add_store::run(conn, new, cause.at).expect("a store");
    let input = SkuInput {
        code: sku.clone(),
        name: Some("Hot".to_owned()),
        on_hand: Some(MAX_UNITS),
        buffer: None,
        listings: Some(vec![store.clone()]),
    };
    actions::catalogue::save_skus::run_one(conn, cause, input).expect("a save").expect("a SKU");
    let sale = NewPromotion {
        id: new_id(cause.at),
        name: "11.11".to_owned(),
        flash_sale_type: FlashSaleType::StockAllocation,
        store: store.clone(),
        start: None,
        ends_at: cause.at.plus(TimeDelta::days(1)),
        products: vec![(sku.clone(), MAX_UNITS / 2)],
        listings: Vec::new(),
    };
    actions::promotions::create_promotion::run(conn, cause, sale).map(drop).expect("a sale");
    let token = NewToken { name: "bench".to_owned(), hash: token_hash.to_owned(), created_by: "bench".to_owned() };
    actions::staff::add_token::run(conn, token, cause.at).expect("a token");
}

/// The median of the rates, with a line about that round.
fn median(what: &str, clients: usize, mut loads: Vec<Load>) -> f64 {
    loads.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let load = &loads[loads.len() / 2];
    let ms = |percent| load.percentile(percent).as_secs_f64() * 1_000.0;
    println!("{what:<28}{clients:>8}{:>12.0}{:>10.2}{:>10.2}", load.rate, ms(50), ms(99));
    load.rate
}
