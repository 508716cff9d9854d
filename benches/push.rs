//! How fast quantities reach the stores, as ratios measured in one run: `cargo bench --bench push`.
//!
//! Simulated marketplaces answer after 80 ms and are asked at the default pace of their kind. For a sale of 1,000 SKUs on four
//! stores the time from its start to the last acknowledgement is compared with the bare requests: the same batches, sent by a
//! plain program with the same pace, as many at the same time, and no database. Beside it: after how long the first lowering
//! leaves. Then what pushing needs on a million listings that are in sync, and how fast a page is while ten thousand listings
//! change at once. `-- sale`, `-- quiet`, `-- kits` and `-- pages` run one of them.

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
            save_listings::{self, ListingInput},
        },
    },
    clock::{Clock, new_id},
    db::{
        self, Conn, Database, PoolSize,
        catalogue::quantity_checks,
        stores::{
            connections,
            pushes::{self, Due, Lane},
        },
    },
    demo::marketplace::{self, Fault, Marketplace, ProductId, Refusal},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::promotion::FlashSaleType,
        staff::account::Email,
        stores::{components::Components, connection::ConnectorKind, mapping::ListingIds},
    },
    marketplaces::{
        ANSWER, Connector, Credentials, Endpoint, HttpClient, Rate, Target, lazada, seal::SealKey, shopee, webhook,
        zalora,
    },
    sync::{
        access::Access,
        push::{Pusher, Times},
    },
    web::passwords,
};
use futures_util::{StreamExt, future::join_all, stream};
use secrecy::ExposeSecret;
use std::{
    fs,
    net::TcpListener,
    num::NonZeroU32,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};
use support::{load, server::Server};

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
/// Batches that are sent to one store at the same time, as the program does.
const AT_ONCE: usize = 8;
/// How long a marketplace takes to answer.
const ANSWERS_AFTER: Fault = Fault::Slow { milliseconds: 80 };
/// Requests a second where nothing is measured.
const FAST: i64 = 1_000;
const SALES: usize = 3;
const PAGES: usize = 7;
const CHANGES: usize = 9;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let market = Market::start();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts = [
        ("sale", a_sale as fn(&Path, &Market)),
        ("quiet", nothing_to_do),
        ("kits", kits),
        ("pages", pages_meanwhile),
        ("refused", refused_meanwhile),
        ("products", whole_products),
    ];
    for (name, part) in parts {
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
        let served = marketplace.clone();
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = marketplace::server(&served, listener, None).expect("marketplaces");
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

/// Has a store show 100 of each of these SKUs.
fn show(market: &Market, store: &str, kind: ConnectorKind, numbers: &[usize]) {
    for number in numbers {
        market.marketplace.add_product(store, &product_id(kind, *number), code(*number).as_str(), 100);
    }
}

/// A seller with so many SKUs on four stores, all connected.
struct Seller {
    database: Database,
    url: String,
    key: SealKey,
    skus: usize,
    ways: Vec<(&'static str, ConnectorKind, String, Credentials)>,
}

impl Seller {
    fn open(path: &Path, market: &Market, skus: usize) -> Self {
        Self::open_with(path, market, &(0..skus).collect::<Vec<_>>())
    }

    fn open_with(path: &Path, market: &Market, numbers: &[usize]) -> Self {
        let url = format!("sqlite://{}", path.display());
        let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
        let mut seller = Self { database, url, key: SealKey::random(), skus: numbers.len(), ways: Vec::new() };
        seller.write(|conn| {
            let email = Email::parse(EMAIL).expect("an address");
            actions::staff::add_user::run(conn, &email, &passwords::hash(PASSWORD), now()).expect("a user");
            for (code, _) in STORES {
                let store = actions::stores::add_store::NewStore {
                    code: store_code(code),
                    name: code.to_owned(),
                    marketplace: "Bench".to_owned(),
                    time_zone: chrono_tz::UTC,
                    country: None,
                    currency: None,
                };
                actions::stores::add_store::run(conn, store, now()).expect("a store");
            }
        });
        for some in numbers.chunks(1_000) {
            seller.count(some, 100);
        }
        for (store, kind) in STORES {
            seller.connect(market, store, kind, numbers);
        }
        seller
    }

    fn connect(&mut self, market: &Market, store: &'static str, kind: ConnectorKind, numbers: &[usize]) {
        let access = market.marketplace.open_shop(store, kind);
        // Where nothing is measured, more is sent than the documents allow.
        market.marketplace.limit(store, NonZeroU32::new(10_000).expect("not 0"));
        show(market, store, kind, numbers);
        let api_url = format!("{}{}", market.address, access.api_path);
        let credentials = with_token(store, kind, &api_url, access.credentials);
        let input = ConnectionInput {
            store: store_code(store),
            kind,
            api_url: api_url.clone(),
            credentials: Some(self.key.seal(&store_code(store), &credentials)),
            rate: FAST,
            warehouse: None,
            shop: None,
        };
        self.write(|conn| {
            connect_store::run(conn, &cause(), input.clone()).expect("connected");
            pause_store::start_untested(conn, &cause(), &input.store).expect("resumed");
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
            name: Some(format!("Cotton shirt {}", number % 97)),
            on_hand: Some(on_hand),
            buffer: None,
            listings: Some(STORES.map(|(code, _)| store_code(code)).to_vec()),
        };
        let inputs: Vec<SkuInput> = numbers.iter().map(input).collect();
        self.write(|conn| drop(actions::catalogue::save_skus::run(conn, &cause(), inputs.clone()).expect("saved")));
    }

    /// Lists a kit of the first three SKUs on each store.
    fn add_kit(&self, market: &Market) {
        let components = Components::parse("SKU-000000|SKU-000001|SKU-000002").expect("components");
        for (store, kind, ..) in &self.ways {
            let ProductId { item, variant } = product_id(*kind, 99_999);
            // A webhook is sent the seller SKU alone.
            let is_named = !kind.needs_item_id();
            let item = if is_named { "SET".to_owned() } else { item };
            let given = |id: &String| Some(id.clone()).filter(|id| !id.is_empty() && !is_named);
            let input = ListingInput {
                seller_sku: "SET".to_owned(),
                components: components.clone(),
                item_id: given(&item),
                variant_id: given(&variant),
            };
            market.marketplace.add_product(store, &ProductId { item, variant }, "SET", 100);
            self.write(|conn| {
                let saved = save_listings::run_one(conn, &cause(), &store_code(store), input.clone()).expect("saved");
                saved.expect("a store").expect("a kit");
            });
        }
    }

    fn pusher(&self) -> Pusher {
        let times = Times::of_server(Duration::from_secs(120), Duration::from_secs(5), false);
        let http = HttpClient::new(ANSWER, Clock::system());
        let access = Access::new(self.database.clone(), Clock::system(), Some(self.key.clone()), http);
        Pusher::new(Arc::new(access), times)
    }

    /// Has the marketplaces answer as slowly as they do and be asked at their default pace, or quickly.
    fn pace(&self, market: &Market, is_real: bool) {
        for (store, kind, ..) in &self.ways {
            market.marketplace.clear_faults(store);
            if is_real {
                market.marketplace.add_fault(store, ANSWERS_AFTER);
            }
            let rate = if is_real { i64::from(kind.default_rate().get()) } else { FAST };
            self.write(|conn| {
                let found = connections::find(conn, &store_code(store)).expect("a read");
                let connection = connections::Connection { rate, ..found.expect("a connection") };
                connections::update(conn, &connection).expect("a rate");
            });
        }
    }

    fn targets(&self, kind: ConnectorKind, quantity: i64) -> Vec<Target> {
        let target = |number| {
            let ProductId { item, variant } = product_id(kind, number);
            let given = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
            Target {
                sku: Some(code(number)),
                seller_sku: code(number).to_string(),
                item_id: given(item),
                variant_id: given(variant),
                quantity,
                at_most: Some(100),
                sequence: 1,
                seen: None,
            }
        };
        (0..self.skus).map(target).collect()
    }

    /// When each store acknowledged its last listing.
    fn last_acknowledgements(&self) -> [Moment; 4] {
        let codes: Vec<SkuCode> = (0..self.skus).map(code).collect();
        let of_skus = self.database.read_blocking(|conn| pushes::of_skus(conn, &codes).map_err(db::Error::from));
        let pushes: Vec<pushes::Push> = of_skus.expect("a read").into_values().flatten().collect();
        STORES.map(|(store, _)| {
            let of_store = pushes.iter().filter(|push| push.store.as_str() == store);
            of_store.map(|push| push.acknowledged_at.expect("acknowledged")).max().expect("a push")
        })
    }

    /// How many of these SKUs Shopee has refused.
    async fn failed_at_shopee(&self, numbers: &[usize]) -> usize {
        let codes: Vec<SkuCode> = numbers.iter().map(|number| code(*number)).collect();
        let of_skus = self.database.read(move |conn| pushes::of_skus(conn, &codes).map_err(db::Error::from));
        let pushes = of_skus.await.expect("a read").into_values().flatten();
        pushes.filter(|push| push.store.as_str() == SHOPEE && push.failures > 0).count()
    }

    async fn shown_at_shopee(&self, number: usize) -> Option<i64> {
        let code = code(number);
        let of_sku = self.database.read(move |conn| pushes::of_skus(conn, [&code]).map_err(db::Error::from));
        let pushes = of_sku.await.expect("a read").into_values().flatten();
        pushes.filter(|push| push.store.as_str() == SHOPEE).find_map(|push| push.acknowledged)
    }

    /// Whether every listing is in sync.
    async fn is_in_sync(&self) -> bool {
        self.are_in_sync(STORES.map(|(store, _)| store).to_vec()).await
    }

    async fn are_in_sync(&self, stores: Vec<&'static str>) -> bool {
        let are_in_sync = move |conn: &mut Conn| {
            if quantity_checks::is_any_due(conn, now())? {
                return Ok::<_, db::Error>(false);
            }
            let far = now().plus(TimeDelta::days(1));
            for store in stores {
                for lane in Lane::ALL {
                    if pushes::is_any_due(conn, &store_code(store), lane, Due::all(far))? {
                        return Ok(false);
                    }
                }
            }
            Ok(true)
        };
        self.database.read(are_in_sync).await.expect("a read")
    }
}

/// Credentials with which requests are sent at once: Zalora's token is fetched first, by the job as well.
fn with_token(store: &str, kind: ConnectorKind, api_url: &str, credentials: Credentials) -> Credentials {
    if kind != zalora::KIND {
        return credentials;
    }
    let http = HttpClient::default();
    let endpoint = Endpoint { store: &store_code(store), kind, api_url, warehouse: None };
    let connector = Connector::new(endpoint, credentials, &http, None).expect("a connector");
    actix_web::rt::System::new().block_on(connector.refresh()).expect("a token")
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
        let job = actix_web::rt::spawn(seller.pusher().run(true));
        until_in_sync(&seller).await;
        let mut ratios = Vec::new();
        let mut first_lowerings = Vec::new();
        for round in 0..SALES {
            seller.pace(market, true);
            let bare = bare_requests(&seller).await;
            // The seller does not know what they change: all is as before when the sale starts.
            let numbers: Vec<usize> = (0..seller.skus).collect();
            for (store, kind) in STORES {
                show(market, store, kind, &numbers);
            }
            let sale = whole_sale(&seller, market, round).await;
            for ((store, _), (sale, bare)) in STORES.iter().zip(sale.stores.iter().zip(bare)) {
                println!("  {store}: {sale:.2} s, {bare:.2} s for the bare requests: {:.2} x", sale / bare);
            }
            let last = |stores: [f64; 4]| stores.into_iter().fold(0.0, f64::max);
            ratios.push(last(sale.stores) / last(bare));
            first_lowerings.push(sale.first_lowering);
            seller.pace(market, false);
            seller.write(|conn| drop(actions::promotions::end_promotion::run(conn, &cause(), sale.id).expect("ended")));
            until_in_sync(&seller).await;
        }
        job.abort();
        println!(
            "a sale of 1,000 SKUs on 4 stores: {:.2} x the bare requests (worst {:.2} x); the first lowering leaves after \
             {:.0} ms (worst {:.0} ms)",
            median(ratios.clone()),
            worst(&ratios),
            median(first_lowerings.clone()) * 1_000.0,
            worst(&first_lowerings) * 1_000.0,
        );
    });
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn worst(numbers: &[f64]) -> f64 {
    numbers.iter().copied().fold(0.0, f64::max)
}

/// Sends a lower quantity of every listing, to all stores at the same time; answers how many seconds each store took.
async fn bare_requests(seller: &Seller) -> [f64; 4] {
    let http = HttpClient::default();
    let began = Instant::now();
    let stores = seller.ways.iter().map(|(store, kind, api_url, credentials)| {
        let pace = Some(Rate::per_second(kind.default_rate()));
        let endpoint = Endpoint { store: &store_code(store), kind: *kind, api_url, warehouse: None };
        let connector = Connector::new(endpoint, credentials.clone(), &http, pace);
        let connector = connector.expect("a connector");
        let targets = seller.targets(*kind, 99);
        async move {
            let batches = connector.batches(&targets).into_iter().map(|batch| {
                let of_batch: Vec<Target> = batch.iter().map(|place| targets[*place].clone()).collect();
                let connector = &connector;
                async move { connector.push(&of_batch).await }
            });
            let answers: Vec<_> = stream::iter(batches).buffer_unordered(AT_ONCE).collect().await;
            assert!(answers.iter().flatten().all(|answer| answer.result.is_ok()), "{answers:?}");
            began.elapsed().as_secs_f64()
        }
    });
    join_all(stores).await.try_into().expect("four stores")
}

/// How long a sale took, in seconds.
struct Sale {
    id: PromotionId,
    /// Until each store acknowledged its last listing.
    stores: [f64; 4],
    /// Until the first request that lowers a quantity arrived.
    first_lowering: f64,
}

/// Starts a sale and waits until all of it is acknowledged.
async fn whole_sale(seller: &Seller, market: &Market, round: usize) -> Sale {
    let sale = NewPromotion {
        id: new_id(now()),
        name: format!("sale {round}"),
        flash_sale_type: FlashSaleType::StockAllocation,
        store: store_code(STORES[0].0),
        start: None,
        ends_at: now().plus(TimeDelta::hours(1)),
        products: (0..seller.skus).map(|number| (code(number), 60)).collect(),
        listings: Vec::new(),
    };
    let id = sale.id;
    let writes = writes(&market.marketplace);
    seller
        .write(|conn| drop(actions::promotions::create_promotion::run(conn, &cause(), sale.clone()).expect("a sale")));
    let started = Instant::now();
    let started_at = now();
    let marketplace = market.marketplace.clone();
    let first = thread::spawn(move || {
        while self::writes(&marketplace) == writes {
            thread::park_timeout(Duration::from_millis(1));
        }
        started.elapsed().as_secs_f64()
    });
    until_in_sync(seller).await;
    let stores = seller.last_acknowledgements().map(|at| at.since(started_at).as_seconds_f64());
    Sale { id, stores, first_lowering: first.join().expect("a first lowering") }
}

/// How often quantities were set at all stores.
fn writes(marketplace: &Marketplace) -> u64 {
    STORES.iter().map(|(store, _)| marketplace.calls(store).writes).sum()
}

async fn until_in_sync(seller: &Seller) {
    while !seller.is_in_sync().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the job needs of a processor when a million listings are in sync.
fn nothing_to_do(folder: &Path, market: &Market) {
    let seller = full_seller(&folder.join("million.db"), market, 250_000);
    let server = serve(&seller);
    actix_web::rt::System::new().block_on(until_in_sync(&seller));
    let (before, began) = (server.processor_seconds(), Instant::now());
    std::thread::park_timeout(Duration::from_secs(10));
    let used = server.processor_seconds() - before;
    println!(
        "nothing to do on 1,000,000 listings: {:.2} % of a core, {:.1} MiB",
        used / began.elapsed().as_secs_f64() * 100.0,
        server.resident_kib() as f64 / 1_024.0
    );
}

/// A seller with so many SKUs on four stores, all in sync. The marketplaces know the first ten.
fn full_seller(path: &Path, market: &Market, skus: usize) -> Seller {
    let seller = Seller::open(path, market, 10);
    fill(
        path,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < {skus}) \
         INSERT INTO skus (code, name, search_key, on_hand, revision, created_at) \
         SELECT printf('SKU-%06d', i), 'Cotton shirt', printf('sku-%06d cotton shirt', i), 100, 1, '2026-01-01 00:00:00' FROM n; \
         INSERT OR IGNORE INTO listings (id, sku, store, seller_sku, created_at, item_id, variant_id) \
         SELECT lower(printf('0199c5a2-%s-7000-8000-%012d', hex(randomblob(2)), substr(skus.code, 5))), skus.code, stores.code, skus.code, '2026-01-01 00:00:00', '1', '1' FROM skus, stores; \
         INSERT OR IGNORE INTO pushes (listing, sku, store, acknowledged) SELECT id, sku, store, 100 FROM listings;"
        ),
    );
    seller
}

fn fill(path: &Path, rows: &str) {
    let mut conn = SqliteConnection::establish(path.to_str().expect("a path")).expect("a database");
    conn.batch_execute(rows).expect("rows");
}

fn serve(seller: &Seller) -> Server {
    let key = seller.key.to_base64();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.expose_secret())];
    Server::start(&seller.url, &Path::new(env!("CARGO_MANIFEST_DIR")).join("static"), &settings)
}

/// On a million listings, of which a tenth are kits of three components: how long a change of one SKU takes until all its
/// listings are set, by marketplaces that answer at once, and how fast the catalogue is against as many SKUs without kits.
fn kits(folder: &Path, market: &Market) {
    const SKUS: usize = 225_000;
    const KITS: usize = 25_000;
    let without = full_seller(&folder.join("plain.db"), market, SKUS);
    let path = folder.join("kits.db");
    let seller = full_seller(&path, market, SKUS);
    fill(
        &path,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {KITS}) \
         INSERT OR IGNORE INTO listings (id, sku, store, seller_sku, created_at, item_id, variant_id) \
         SELECT lower(printf('0199c5a3-%s-7000-8000-%012d', hex(randomblob(2)), i)), '', stores.code, printf('KIT-%06d', i), '2026-01-01 00:00:00', '1', '1' FROM n, stores; \
         WITH part(nth) AS (VALUES (0), (1), (2)) \
         INSERT INTO kit_components (listing, sku, units) \
         SELECT id, printf('SKU-%06d', (substr(seller_sku, 5) * 8) + 10 + nth), 1 FROM listings, part WHERE sku = ''; \
         INSERT OR IGNORE INTO pushes (listing, sku, store, acknowledged) SELECT id, sku, store, 100 FROM listings;"
        ),
    );
    seller.add_kit(market);
    let times = actix_web::rt::System::new().block_on(async {
        let job = actix_web::rt::spawn(seller.pusher().run(true));
        until_in_sync(&seller).await;
        let mut times = Vec::new();
        for nth in 1..=CHANGES {
            let quantity = 100 - i64::try_from(nth).expect("a small number");
            let from = market.marketplace.journal(0).len() as u64;
            let began = Instant::now();
            seller.count(&[0], quantity);
            // A plain listing and a kit on each store.
            while market.marketplace.journal(from).iter().filter(|change| change.to == quantity).count() < 8 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            times.push(began.elapsed().as_secs_f64());
        }
        job.abort();
        times
    });
    println!(
        "a change of a SKU in a kit reaches its 8 listings of 1,000,000 after {:.0} ms, at most {:.0} ms",
        median(times.clone()) * 1_000.0,
        worst(&times) * 1_000.0
    );
    let servers = [&without, &seller].map(|seller| {
        let server = serve(seller);
        let cookies = server.signed_in(EMAIL, PASSWORD);
        (server, cookies)
    });
    let mut pages = [Vec::new(), Vec::new()];
    for _ in 0..PAGES {
        for ((server, cookies), times) in servers.iter().zip(&mut pages) {
            let address = &server.address;
            let request = format!("GET /catalogue HTTP/1.1\r\nHost: {address}\r\n{cookies}\r\n");
            let asked = load::ask(&[address], 1, Duration::from_secs(1), |_, _| request.clone().into_bytes(), |_| true);
            times.push(asked.percentile(50).as_secs_f64());
        }
    }
    let [plain, with_kits] = pages.map(median);
    println!(
        "the catalogue of {SKUS} SKUs: {:.2} ms with 100,000 kits, {:.2} ms without: {:.2} x as fast",
        with_kits * 1_000.0,
        plain * 1_000.0,
        plain / with_kits
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
    system.block_on(until_in_sync(&seller));
    let cookies = server.signed_in(EMAIL, PASSWORD);
    let ask = |time| {
        let Server { address, .. } = &server;
        let request = format!("GET /catalogue HTTP/1.1\r\nHost: {address}\r\n{cookies}\r\n");
        load::ask(&[address], 1, time, |_, _| request.clone().into_bytes(), |_| true)
    };
    let mut quiet = Vec::new();
    let mut meanwhile = Vec::new();
    let numbers: Vec<usize> = (0..seller.skus).collect();
    for round in 1..=PAGES {
        seller.pace(market, true);
        quiet.push(ask(Duration::from_secs(1)).percentile(50).as_secs_f64());
        seller.count(&numbers, 100 - i64::try_from(round).expect("a small number"));
        meanwhile.push(ask(Duration::from_secs(1)).percentile(50).as_secs_f64());
        seller.pace(market, false);
        system.block_on(until_in_sync(&seller));
    }
    let (quiet, meanwhile) = (median(quiet), median(meanwhile));
    println!(
        "the catalogue while 10,000 listings change at once: {:.2} ms, {:.2} ms when all is quiet: {:.2} x",
        meanwhile * 1_000.0,
        quiet * 1_000.0,
        meanwhile / quiet
    );
}

/// A store with twenty listings that are refused for lasting reasons: how long a change of a healthy one takes, against the
/// same store without them, also when all twenty are due again.
fn refused_meanwhile(folder: &Path, market: &Market) {
    let seller = Seller::open(&folder.join("refused.db"), market, 1_000 + REFUSALS.len());
    let healthy = seller.skus - REFUSALS.len();
    actix_web::rt::System::new().block_on(async {
        let job = actix_web::rt::spawn(seller.pusher().run(true));
        until_in_sync(&seller).await;
        seller.pace(market, true);
        let without = median_change(&seller, 0, &[]).await;
        for (nth, (error, message)) in REFUSALS.iter().enumerate() {
            let refusal =
                Refusal { status: None, code: (*error).to_owned(), kind: String::new(), message: (*message).to_owned() };
            let id = product_id(shopee::KIND, healthy + nth);
            market.marketplace.change_product(SHOPEE, &id, |product| product.refusal = Some(refusal));
        }
        let refused: Vec<usize> = (healthy..seller.skus).collect();
        let codes: Vec<SkuCode> = refused.iter().map(|number| code(*number)).collect();
        seller.count(&refused, 50);
        while seller.failed_at_shopee(&refused).await < refused.len() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let with = median_change(&seller, 100, &[]).await;
        let when_due = median_change(&seller, 200, &codes).await;
        job.abort();
        println!(
            "a change of a healthy listing beside {} that are refused: {:.0} ms, {:.0} ms without them: {:.2} x; when all of \
             them are due again: {:.0} ms, {:.2} x",
            REFUSALS.len(),
            with * 1_000.0,
            without * 1_000.0,
            with / without,
            when_due * 1_000.0,
            when_due / without
        );
    });
}

const SHOPEE: &str = "shopee-sg";

/// Lasting refusals of single products, in the words of Shopee's documents.
const REFUSALS: [(&str, &str); 20] = [
    ("product.error_item_not_found", "Product not found"),
    ("product.error_item_uneditable", "The item cannot be edited."),
    ("product.error_busi", "the product status is abnormal"),
    ("product.error_param", "invalid field ItemId: value must Not Null"),
    ("product.error_invalid_model_id", "Model id is invalid."),
    ("product.error_model_not_found", "Model not found."),
    ("product.error_holiday_mode_change_stock", "The shop is in holiday mode."),
    ("product.error_promotion_cantnot_update_stock", "The stock cannot be updated during a promotion."),
    ("product.error_cannt_edit_stock_in_promotion", "The stock cannot be edited in a promotion."),
    ("product.error_model_update_stock_model_in_promotion", "The model is in a promotion."),
    ("product.error_busi_update_stock_failed", "Update stock failed."),
    ("error_server", "The current item belong to the full FBS shop, so normal stock must be equal to 0"),
    ("error_inner", "Update item failed, please try later."),
    ("product.error_auth", "Total stock must be more than reserved stock."),
    ("product.error_get_shop_fail", "Get shop failed. please try later."),
    ("product.error_item_banned", "The item is banned."),
    ("product.error_item_deleted", "The item is deleted."),
    ("product.error_invalid_stock", "Invalid stock."),
    ("product.error_unknown_thing", "Something that no document says."),
    ("warehouse.error_location_id", "Invalid stock location ID"),
];

/// The median of how long it takes until Shopee shows a changed quantity. The listings of `due` become due at the moment of
/// each change.
async fn median_change(seller: &Seller, first: usize, due: &[SkuCode]) -> f64 {
    let mut times = Vec::new();
    for nth in 0..CHANGES {
        let number = first + nth * VARIANTS;
        let began = Instant::now();
        seller.count(&[number], 40);
        seller.write(|conn| make_refused_due(conn, due));
        while seller.shown_at_shopee(number).await != Some(40) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        times.push(began.elapsed().as_secs_f64());
        // The pace of the store allows a burst after a second without requests: each change begins with one.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    median(times)
}

/// Makes every listing of Shopee that was refused due now. What it has failed before stays counted.
fn make_refused_due(conn: &mut Conn, refused: &[SkuCode]) {
    let of_skus = pushes::of_skus(conn, refused).expect("a read");
    let of_shopee =
        of_skus.into_values().flatten().filter(|push| push.store.as_str() == SHOPEE && push.lease.is_none());
    let due: Vec<pushes::Push> = of_shopee.map(|push| pushes::Push { due_at: Some(now()), ..push }).collect();
    pushes::save(conn, &due).expect("a write");
}

/// What the server needs while it reads 5,000 whole products of 40 KB.
fn whole_products(folder: &Path, market: &Market) {
    const PRODUCTS: usize = 5_000;
    let numbers: Vec<usize> = (0..PRODUCTS).map(|product| product * VARIANTS).collect();
    let seller = Seller::open_with(&folder.join("products.db"), market, &numbers);
    market.marketplace.set_description_bytes("lazada-sg", 40_000);
    seller.pace(market, true);
    let key = seller.key.to_base64();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.expose_secret())];
    let static_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let server = Server::start(&seller.url, &static_dir, &settings);
    let idle = server.resident_kib();
    let mut most = idle;
    actix_web::rt::System::new().block_on(async {
        while !seller.are_in_sync(vec!["lazada-sg"]).await {
            most = most.max(server.resident_kib());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    println!(
        "while {PRODUCTS} listings of whole products of 40 KB are read: {:.1} MiB, idle {:.1} MiB",
        most as f64 / 1_024.0,
        idle as f64 / 1_024.0
    );
}
