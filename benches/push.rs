//! How fast quantities reach the stores, as ratios measured in one run: `cargo bench --bench push`.
//!
//! Pretended marketplaces answer at once. For 1,000 SKUs on four stores the time from the start of a sale to the last
//! acknowledgement is held against the bare requests: the same connectors, the same batches, as many at once, and no
//! database; beside it stands the time until all acknowledgements are kept. Then what the job needs on a million listings
//! that are in step, and how fast a page is while ten thousand listings change at once. `-- sale`, `-- quiet` and
//! `-- pages` run one of the three.

#[expect(dead_code, reason = "the benchmark of the pages uses more of it")]
mod support {
    pub mod load;
    pub mod server;
}

use chrono::{TimeDelta, Utc};
use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use flashsale::{
    actions::{
        self,
        catalogue::save_skus::SkuInput,
        promotions::create_promotion::NewPromotion,
        stores::{
            connect_store::{self, ConnectionInput},
            map_listings::{self, Mapping},
            pause_store,
        },
    },
    clock::{Clock, new_id},
    db::{
        self, Conn, Database, PoolSize,
        catalogue::quantity_checks,
        stores::{hurried_claims, pushes},
    },
    demo::marketplace::{Marketplace, ProductId},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        moment::Moment,
        promotions::promotion::FlashSaleType,
        staff::account::Email,
        stores::{connection::ConnectorKind, mapping::ListingIds},
    },
    jobs::push::{Pusher, Times},
    marketplaces::{Connector, Credentials, HttpClient, Target, lazada, seal::SealKey, shopee, webhook, zalora},
    web::passwords,
};
use futures_util::{StreamExt, future::join_all, stream};
use secrecy::ExposeSecret;
use std::{
    fs,
    net::TcpListener,
    path::Path,
    sync::mpsc,
    time::{Duration, Instant},
};
use support::{load, server::Server};

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STORES: [(&str, ConnectorKind); 4] = [
    ("lazada-sg", lazada::KIND),
    ("shopee-sg", shopee::KIND),
    ("zalora-sg", zalora::KIND),
    ("own-shop", webhook::KIND),
];
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "measured, not guessed";
/// SKUs that are variants of one product.
const VARIANTS: usize = 10;
/// Batches that are sent to one store at once, as the job does.
const AT_ONCE: usize = 4;
const ROUNDS: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let market = Market::start();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, part) in [("sale", a_sale as fn(&Path, &Market)), ("quiet", nothing_to_do), ("pages", pages_meanwhile)] {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            part(folder.path(), &market);
        }
    }
}

fn now() -> Moment {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is its own clock")]
    Moment::from(Utc::now())
}

fn cause() -> Cause {
    Cause { actor: "bench".to_owned(), at: now(), reason: String::new() }
}

/// The marketplaces, on a server of their own.
struct Market {
    marketplace: Marketplace,
    address: String,
}

impl Market {
    fn start() -> Self {
        let marketplace = Marketplace::new(Clock::system());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (served, (send, receive)) = (marketplace.clone(), mpsc::channel());
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = served.server(listener, None).expect("marketplaces");
                send.send(()).expect("the benchmark waits");
                server.await.expect("marketplaces");
            });
        });
        receive.recv().expect("marketplaces");
        Self { marketplace, address }
    }
}

fn code(number: usize) -> SkuCode {
    SkuCode::parse(&format!("SKU-{number:06}")).expect("a code")
}

fn store_code(code: &str) -> StoreCode {
    StoreCode::parse(code).expect("a code")
}

fn product_id(kind: ConnectorKind, number: usize) -> ProductId {
    match kind.as_str() {
        "lazada" | "shopee" => {
            ProductId { item: (1_000 + number / VARIANTS).to_string(), variant: (90_000 + number).to_string() }
        }
        "zalora" => ProductId { item: (1_000 + number).to_string(), variant: String::new() },
        _ => ProductId { item: code(number).to_string(), variant: String::new() },
    }
}

/// A seller with so many SKUs on four stores, all connected and in step.
struct Seller {
    database: Database,
    url: String,
    key: SealKey,
    skus: usize,
    ways: Vec<(&'static str, ConnectorKind, String, Credentials)>,
}

impl Seller {
    fn open(path: &Path, market: &Market, skus: usize) -> Self {
        let url = format!("sqlite://{}", path.display());
        let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
        let mut seller = Self { database, url, key: SealKey::random(), skus, ways: Vec::new() };
        seller.write(|conn| {
            let email = Email::parse(EMAIL).expect("an address");
            actions::staff::add_user::run(conn, &email, &passwords::hash(PASSWORD), now()).expect("a user");
            for (code, _) in STORES {
                let store = actions::stores::add_store::NewStore {
                    code: store_code(code),
                    name: code.to_owned(),
                    marketplace: "Bench".to_owned(),
                    time_zone: chrono_tz::UTC,
                };
                actions::stores::add_store::run(conn, store, now()).expect("a store");
            }
        });
        let numbers: Vec<usize> = (0..skus).collect();
        for some in numbers.chunks(1_000) {
            seller.count(some, 100);
        }
        for (store, kind) in STORES {
            seller.connect(market, store, kind, &numbers);
        }
        seller
    }

    fn connect(&mut self, market: &Market, store: &'static str, kind: ConnectorKind, numbers: &[usize]) {
        let access = market.marketplace.open_shop(store, kind);
        for number in numbers {
            market.marketplace.add_product(store, &product_id(kind, *number), code(*number).as_str(), 100);
        }
        let api_url = format!("{}{}", market.address, access.api_path);
        let credentials = with_token(store, kind, &api_url, access.credentials);
        let input = ConnectionInput {
            store: store_code(store),
            kind,
            api_url: api_url.clone(),
            credentials: Some(self.key.seal(&store_code(store), &credentials)),
            rate: 1_000,
        };
        self.write(|conn| {
            connect_store::run(conn, &cause(), input.clone()).expect("connected");
            pause_store::resume_untested(conn, &cause(), &input.store).expect("resumed");
        });
        for some in numbers.chunks(1_000) {
            let mappings: Vec<Mapping> = some.iter().map(|number| mapping(store, kind, *number)).collect();
            self.write(|conn| drop(map_listings::run(conn, &mappings).expect("mapped")));
        }
        self.ways.push((store, kind, api_url, credentials));
    }

    fn write(&self, mut work: impl FnMut(&mut Conn)) {
        let written = self.database.write_blocking(|conn| {
            work(conn);
            Ok::<_, db::Error>(())
        });
        written.expect("a write");
    }

    /// Counts SKUs, which are new if they were not there.
    fn count(&self, numbers: &[usize], on_hand: i64) {
        let input = |number: &usize| SkuInput {
            code: code(*number),
            name: format!("Cotton shirt {}", number % 97),
            on_hand: Some(on_hand),
            buffer: None,
            listings: Some(STORES.map(|(code, _)| store_code(code)).to_vec()),
        };
        let inputs: Vec<SkuInput> = numbers.iter().map(input).collect();
        self.write(|conn| drop(actions::catalogue::save_skus::run(conn, &cause(), inputs.clone()).expect("saved")));
    }

    fn pusher(&self) -> Pusher {
        let times = Times::of_server(Duration::from_secs(120), Duration::from_secs(5));
        Pusher::new(self.database.clone(), Clock::system(), Some(self.key.clone()), times)
    }

    fn targets(&self, kind: ConnectorKind, quantity: i64) -> Vec<Target> {
        let target = |number| {
            let ProductId { item, variant } = product_id(kind, number);
            let given = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
            Target {
                sku: code(number),
                seller_sku: code(number).to_string(),
                item_id: given(item),
                variant_id: given(variant),
                quantity,
                at_most: Some(100),
            }
        };
        (0..self.skus).map(target).collect()
    }

    /// When the last store acknowledged the last listing.
    fn last_acknowledgement(&self) -> Moment {
        let codes: Vec<SkuCode> = (0..self.skus).map(code).collect();
        let of_skus = self.database.read_blocking(|conn| pushes::of_skus(conn, &codes).map_err(db::Error::from));
        let pushes = of_skus.expect("a read").into_values().flatten();
        pushes.map(|push| push.acknowledged_at.expect("acknowledged")).max().expect("a push")
    }

    /// Whether every listing is in step.
    fn is_in_step(&self) -> bool {
        let found = self.database.read_blocking(|conn| {
            let checks = quantity_checks::is_any_due(conn, now())?;
            let far = now().plus(TimeDelta::days(1));
            let mut behind = !hurried_claims::all(conn)?.is_empty();
            for (store, _) in STORES {
                behind |= pushes::is_any_due(conn, &store_code(store), far)?;
            }
            Ok::<_, db::Error>(checks || behind)
        });
        !found.expect("a read")
    }
}

/// Credentials with which requests are sent at once: Zalora's token is fetched first, by the job as well.
fn with_token(store: &str, kind: ConnectorKind, api_url: &str, credentials: Credentials) -> Credentials {
    if kind != zalora::KIND {
        return credentials;
    }
    let http = HttpClient::default();
    let connector = Connector::new(&store_code(store), kind, api_url, credentials, &http).expect("a connector");
    actix_web::rt::System::new().block_on(connector.refresh(now())).expect("a token")
}

fn mapping(store: &str, kind: ConnectorKind, number: usize) -> Mapping {
    let ProductId { item, variant } = product_id(kind, number);
    let given = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
    Mapping {
        sku: code(number),
        store: store_code(store),
        ids: ListingIds { seller_sku: code(number).to_string(), item_id: given(item), variant_id: given(variant) },
    }
}

/// From the start of a sale to the last acknowledgement, against the bare requests.
fn a_sale(folder: &Path, market: &Market) {
    let seller = Seller::open(&folder.join("sale.db"), market, 1_000);
    actix_web::rt::System::new().block_on(async {
        let pusher = seller.pusher();
        while pusher.run_once().await.expect("a push") {}
        let job = actix_web::rt::spawn(pusher.run(true));
        let (mut bare, mut acknowledged, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // The bare requests change nothing that the seller knows of: all is as before when the sale starts.
            bare.push(bare_requests(&seller, 100).await);
            let (last, all) = whole_sale(&seller, round).await;
            acknowledged.push(last);
            kept.push(all);
        }
        job.abort();
        let (bare, acknowledged, kept) = (median(bare), median(acknowledged), median(kept));
        println!(
            "a sale of 1,000 SKUs on 4 stores: {:.0} ms from its start to the last acknowledgement, {:.0} ms for the bare \
             requests: {:.2} x; {:.0} ms until all are kept: {:.2} x",
            acknowledged * 1_000.0,
            bare * 1_000.0,
            acknowledged / bare,
            kept * 1_000.0,
            kept / bare
        );
    });
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Sends a quantity of every listing, all stores at once; answers how many seconds that took.
async fn bare_requests(seller: &Seller, quantity: i64) -> f64 {
    let http = HttpClient::default();
    let connectors = seller.ways.iter().map(|(store, kind, api_url, credentials)| {
        Connector::new(&store_code(store), *kind, api_url, credentials.clone(), &http).expect("a connector")
    });
    let connectors: Vec<Connector> = connectors.collect();
    let began = Instant::now();
    let stores = connectors.iter().zip(&seller.ways).map(|(connector, (_, kind, ..))| {
        let targets = seller.targets(*kind, quantity - 1);
        async move {
            let batches = connector.batches(&targets).into_iter().map(|batch| {
                let of_batch: Vec<Target> = batch.iter().map(|place| targets[*place].clone()).collect();
                async move { connector.push(&of_batch, now()).await }
            });
            let answers: Vec<_> = stream::iter(batches).buffer_unordered(AT_ONCE).collect().await;
            assert!(answers.iter().flatten().all(|answer| answer.result.is_ok()), "{answers:?}");
        }
    });
    join_all(stores).await;
    began.elapsed().as_secs_f64()
}

/// Starts a sale and waits until all is acknowledged; answers how many seconds it took until the last store did, and until
/// that was kept. It is ended again.
async fn whole_sale(seller: &Seller, round: usize) -> (f64, f64) {
    let sale = NewPromotion {
        id: new_id(now()),
        name: format!("sale {round}"),
        flash_sale_type: FlashSaleType::StockAllocation,
        store: store_code(STORES[0].0),
        start: None,
        ends_at: now().plus(TimeDelta::hours(1)),
        products: (0..seller.skus).map(|number| (code(number), 60)).collect(),
    };
    let id = sale.id;
    seller
        .write(|conn| drop(actions::promotions::create_promotion::run(conn, &cause(), sale.clone()).expect("a sale")));
    let (began, started_at) = (Instant::now(), now());
    until_in_step(seller).await;
    let kept = began.elapsed().as_secs_f64();
    let acknowledged = seller.last_acknowledgement().since(started_at).as_seconds_f64();
    seller.write(|conn| drop(actions::promotions::end_promotion::run(conn, &cause(), id).expect("ended")));
    until_in_step(seller).await;
    (acknowledged, kept)
}

async fn until_in_step(seller: &Seller) {
    while !seller.is_in_step() {
        // It asks on the thread that sends.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What the job needs of a processor when a million listings are in step.
fn nothing_to_do(folder: &Path, market: &Market) {
    const SKUS: usize = 250_000;
    let path = folder.join("million.db");
    let seller = Seller::open(&path, market, 10);
    let mut conn = SqliteConnection::establish(path.to_str().expect("a path")).expect("a database");
    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < {SKUS}) \
         INSERT INTO skus (code, name, search_key, on_hand, revision, created_at) \
         SELECT printf('SKU-%06d', i), 'Cotton shirt', printf('sku-%06d cotton shirt', i), 100, 1, '2026-01-01 00:00:00' FROM n; \
         INSERT OR IGNORE INTO listings (sku, store, seller_sku, created_at, item_id, variant_id) \
         SELECT skus.code, stores.code, skus.code, '2026-01-01 00:00:00', '1', '1' FROM skus, stores; \
         INSERT OR IGNORE INTO pushes (sku, store, acknowledged) SELECT sku, store, 100 FROM listings;"
    );
    conn.batch_execute(&fill).expect("a million listings");
    let key = seller.key.to_base64();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.expose_secret())];
    let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let server = Server::start(&seller.url, &static_dir, &settings);
    actix_web::rt::System::new().block_on(until_in_step(&seller));
    let (before, began) = (server.processor_seconds(), Instant::now());
    std::thread::park_timeout(Duration::from_secs(10));
    let used = server.processor_seconds() - before;
    println!(
        "nothing to do on 1,000,000 listings: {:.2} % of a core, {:.1} MiB",
        used / began.elapsed().as_secs_f64() * 100.0,
        server.resident_kib() as f64 / 1_024.0
    );
}

/// How fast the catalogue is while ten thousand listings change at once.
fn pages_meanwhile(folder: &Path, market: &Market) {
    let seller = Seller::open(&folder.join("pages.db"), market, 2_500);
    let key = seller.key.to_base64();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.expose_secret())];
    let static_dir = folder.join("static");
    fs::create_dir_all(static_dir.join("css")).expect("a folder");
    fs::write(static_dir.join("css/app.css"), "").expect("a style sheet");
    let server = Server::start(&seller.url, &static_dir, &settings);
    let system = actix_web::rt::System::new();
    system.block_on(until_in_step(&seller));
    let cookies = server.signed_in(EMAIL, PASSWORD);
    let ask = |time| {
        let Server { address, .. } = &server;
        let request = format!("GET /catalogue HTTP/1.1\r\nHost: {address}\r\n{cookies}\r\n");
        load::ask(&[address], 1, time, |_, _| request.clone().into_bytes(), |_| true)
    };
    let (mut quiet, mut meanwhile) = (Vec::new(), Vec::new());
    let numbers: Vec<usize> = (0..seller.skus).collect();
    for round in 1..=ROUNDS {
        quiet.push(ask(Duration::from_secs(1)).percentile(50).as_secs_f64());
        seller.count(&numbers, 100 + i64::try_from(round).expect("a small number"));
        meanwhile.push(ask(Duration::from_secs(1)).percentile(50).as_secs_f64());
        system.block_on(until_in_step(&seller));
    }
    let (quiet, meanwhile) = (median(quiet), median(meanwhile));
    println!(
        "the catalogue while 10,000 listings change at once: {:.2} ms, {:.2} ms when all is quiet: {:.2} x",
        meanwhile * 1_000.0,
        quiet * 1_000.0,
        meanwhile / quiet
    );
}
