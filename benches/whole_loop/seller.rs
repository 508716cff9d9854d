//! A seller with four stores on simulated marketplaces, and the parts of the program that push and read.

use super::table::Way;
use actix_web::rt::{self, System};
use flashsale::{
    actions::{
        catalogue::save_skus::{self, SkuInput},
        stores::{
            add_store::{self, NewStore},
            connect_store::{self, ConnectionInput},
            map_listings::{self, Mapping},
            pause_store,
            save_app::{self, AppInput},
        },
    },
    clock::Clock,
    db::{
        self, Conn, Database, PoolSize,
        stores::{
            connections::{self, Connection},
            permissions::{self, Permission},
        },
    },
    demo::marketplace::{self, Manner, Marketplace, ProductId},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{connection::ConnectorKind, mapping::ListingIds},
    },
    marketplaces::{ANSWER, HttpClient, hooks::Hooks, lazada, registry, seal::SealKey, shopee, zalora},
    server,
    settings::Settings,
    sync::{
        access::Access,
        pull::Puller,
        push::{Pusher, Times},
    },
    web::state::State,
};
use secrecy::ExposeSecret;
use std::{
    net::TcpListener,
    num::NonZeroU32,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub const STORES: [(&str, ConnectorKind); 4] = [
    ("lazada-my", lazada::KIND),
    ("lazada-sg", lazada::KIND),
    ("shopee-sg", shopee::KIND),
    ("zalora-sg", zalora::KIND),
];
pub const SKUS: usize = 1_000;

/// Requests a second where nothing is measured.
const FAST: u32 = 1_000;

/// How long the leases of the jobs last.
const LEASE: Duration = Duration::from_secs(5);

/// SKUs that are variants of one product.
const VARIANTS: usize = 10;

pub fn code(number: usize) -> SkuCode {
    SkuCode::parse(&format!("SKU-{number:04}")).expect("a code")
}

/// The number of the SKU with this seller SKU.
pub fn number_of(seller_sku: &str) -> usize {
    seller_sku["SKU-".len()..].parse().expect("a number")
}

pub fn store_code(code: &str) -> StoreCode {
    StoreCode::parse(code).expect("a code")
}

pub fn product_id(kind: ConnectorKind, number: usize) -> ProductId {
    if kind == zalora::KIND {
        return ProductId { item: (1_000 + number).to_string(), variant: String::new() };
    }
    ProductId { item: (1_000 + number / VARIANTS).to_string(), variant: (90_000 + number).to_string() }
}

pub fn cause(at: Moment) -> Cause {
    Cause { actor: "bench".to_owned(), at, reason: String::new() }
}

/// A clock that runs so many times as fast as that of the machine.
pub fn scaled(speed: u32) -> Clock {
    let system = Clock::system();
    let start = system.now();
    let began = Instant::now();
    Clock::from_fn(move || start.plus(chrono::TimeDelta::from_std(began.elapsed() * speed).expect("hours")))
}

/// Simulated marketplaces on a server of their own. The server ends with the process.
pub struct Market {
    pub marketplace: Marketplace,
    pub address: String,
}

impl Market {
    pub fn start(clock: Clock) -> Self {
        let marketplace = Marketplace::new(clock);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let served = marketplace.clone();
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            System::new().block_on(async {
                let server = marketplace::server(&served, listener, None).expect("marketplaces");
                send.send(()).expect("the benchmark waits");
                server.await.expect("marketplaces");
            });
        });
        receive.recv().expect("marketplaces");
        Self { marketplace, address }
    }
}

pub struct Seller {
    pub database: Database,
    pub clock: Clock,
    pub market: Market,
    url: String,
    key: SealKey,
}

impl Seller {
    /// A new seller with so many units on hand of each SKU, and fast marketplaces that show as many.
    pub fn open(url: &str, on_hand: impl Fn(usize) -> i64) -> Self {
        let clock = Clock::system();
        let market = Market::start(clock.clone());
        Self::open_on(market, clock, url, on_hand)
    }

    /// The same on marketplaces that run.
    pub fn open_on(market: Market, clock: Clock, url: &str, on_hand: impl Fn(usize) -> i64) -> Self {
        let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
        let seller = Self { database, clock, market, url: url.to_owned(), key: SealKey::random() };
        let now = seller.clock.now();
        for (store, kind) in STORES {
            let new = NewStore {
                code: store_code(store),
                name: store.to_owned(),
                marketplace: kind.label().to_owned(),
                time_zone: "Asia/Singapore".parse().expect("a zone"),
                country: None,
                currency: None,
            };
            seller.write(|conn| drop(add_store::run(conn, new.clone(), now).expect("a store")));
        }
        for some in (0..SKUS).collect::<Vec<_>>().chunks(100) {
            let input = |number: &usize| SkuInput {
                code: code(*number),
                name: Some(format!("Shirt {number}")),
                on_hand: Some(on_hand(*number)),
                buffer: None,
                listings: Some(STORES.map(|(store, _)| store_code(store)).to_vec()),
            };
            let inputs: Vec<SkuInput> = some.iter().map(input).collect();
            seller.write(|conn| drop(save_skus::run(conn, &cause(now), inputs.clone()).expect("saved")));
        }
        let shops = seller.open_shops(on_hand);
        for (store, kind, input, permission) in shops {
            seller.write(|conn| {
                connect_store::run(conn, &cause(now), input.clone()).expect("connected");
                permissions::set(conn, &input.store, &permission).expect("set");
                pause_store::start_untested(conn, &cause(now), &input.store).expect("resumed");
                let mut connection = connections::find(conn, &input.store).expect("a read").expect("connected");
                connection.tested_at = Some(now);
                connections::update(conn, &connection).expect("tested");
            });
            let mappings: Vec<Mapping> = (0..SKUS).map(|number| mapping(store, kind, number)).collect();
            seller.write(|conn| drop(map_listings::run(conn, &mappings).expect("mapped")));
        }
        seller
    }

    /// The seller of a copy of a database, on marketplaces of its own, which show what `shown` says.
    pub fn again(path: &Path, clock: Clock, shown: impl Fn(usize, usize) -> i64, speed: u32) -> Self {
        let url = format!("sqlite://{}", path.display());
        let database = Database::open(&url.parse().expect("a URL"), PoolSize::default()).expect("a database");
        let market = Market::start(clock.clone());
        let seller = Self { database, clock, market, url, key: SealKey::random() };
        let shops = seller.open_shops(|_| 0);
        for (nth, (store, kind, input, permission)) in shops.into_iter().enumerate() {
            for number in 0..SKUS {
                let id = product_id(kind, number);
                seller.market.marketplace.add_product(store, &id, code(number).as_str(), shown(nth, number));
            }
            let rate = i64::from(kind.default_rate().get() * speed);
            seller.write(|conn| {
                let found = connections::find(conn, &input.store).expect("a read").expect("connected");
                let credentials = input.credentials.clone().expect("credentials");
                let connection = Connection { credentials, api_url: input.api_url.clone(), rate, ..found };
                connections::update(conn, &connection).expect("connected");
                permissions::set(conn, &input.store, &permission).expect("set");
            });
        }
        seller
    }

    /// Opens the apps and the shops with their products, and returns what connects the stores to them.
    fn open_shops(
        &self,
        shown: impl Fn(usize) -> i64,
    ) -> Vec<(&'static str, ConnectorKind, ConnectionInput, Permission)> {
        let market = &self.market.marketplace;
        for kind in [lazada::KIND, shopee::KIND] {
            let app_keys = self.key.seal_app(&market.open_app(kind, None));
            let input = AppInput { kind, address: self.market.address.clone(), app_keys };
            self.write(|conn| {
                save_app::run(conn, &cause(self.clock.now()), input.clone(), |_| None).expect("saved");
            });
        }
        let mut shops = Vec::new();
        for (store, kind) in STORES {
            let access = market.open_shop(store, kind);
            // The program keeps the pace; the simulation would count another one.
            market.limit(store, NonZeroU32::new(100_000).expect("not 0"));
            let country = if store.ends_with("my") { "MY" } else { "SG" };
            let seller_id = market.name_shop(store, store, country);
            for number in 0..SKUS {
                market.add_product(store, &product_id(kind, number), code(number).as_str(), shown(number));
            }
            let described = registry::describe(kind);
            let of_seller = || format!("{country}-{seller_id}");
            let shop = described.app().map(|_| described.shop_of(&access.credentials).unwrap_or_else(of_seller));
            let permission = Permission { shop, ..Permission::default() };
            let input = ConnectionInput {
                credentials: Some(self.key.seal(&store_code(store), &access.credentials)),
                api_url: format!("{}{}", self.market.address, access.api_path),
                store: store_code(store),
                rate: FAST.into(),
                warehouse: None,
                shop: None,
                kind,
            };
            shops.push((store, kind, input, permission));
        }
        shops
    }

    pub fn write(&self, mut work: impl FnMut(&mut Conn)) {
        let written = self.database.write_blocking(|conn| {
            work(conn);
            Ok::<_, db::Error>(())
        });
        written.expect("a write");
    }

    pub fn read<T>(&self, work: impl Fn(&mut Conn) -> T) -> T {
        self.database.read_blocking(|conn| Ok::<_, db::Error>(work(conn))).expect("a read")
    }

    pub fn access(&self) -> Arc<Access> {
        let http = HttpClient::new(ANSWER, self.clock.clone());
        Arc::new(Access::new(self.database.clone(), self.clock.clone(), Some(self.key.clone()), http))
    }

    pub fn puller(&self) -> Puller {
        Puller::new(self.access(), chrono::TimeDelta::days(1), LEASE)
    }

    pub fn pusher(&self, waits_for_orders: bool) -> Pusher {
        Pusher::new(self.access(), times(waits_for_orders))
    }

    /// Pushes until all is in sync, on fast marketplaces.
    pub fn push_all(&self) {
        let pusher = self.pusher(false);
        System::new().block_on(async { while pusher.run_once().await.expect("no database error") {} });
    }

    /// Reads orders until no store is due.
    pub fn pull_all(&self) {
        let puller = self.puller();
        System::new().block_on(async { while puller.run_once().await.expect("no database error") {} });
    }

    /// Runs what the server runs of pushing, reading and messages, in a thread.
    pub fn run(&self, way: Way, messages: Option<Manner>) -> Running {
        let key = self.key.to_base64();
        let url = self.url.clone();
        let variable = move |name: &str| match name {
            "DATABASE_URL" => Some(url.clone()),
            "FLASHSALE_PUSH" | "FLASHSALE_PULL" => Some("no".to_owned()),
            "FLASHSALE_CREDENTIALS_KEY" => Some(key.expose_secret().to_owned()),
            "FLASHSALE_PRIVATE_ADDRESSES" => Some("yes".to_owned()),
            "FLASHSALE_WORKERS" => Some("1".to_owned()),
            _ => None,
        };
        let settings = Settings::from_variables(variable).expect("settings");
        let (pusher, puller) = (self.access(), self.access());
        let (database, clock) = (self.database.clone(), self.clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        if let Some(manner) = messages {
            self.register(&address, manner);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            System::new().block_on(async {
                let state = State::new(settings, database, clock).expect("a state");
                rt::spawn(server::start(state, listener).expect("a server"));
                rt::spawn(Pusher::new(pusher, times(way.waits_for_orders())).run(true));
                if way.sweeps() {
                    rt::spawn(Puller::new(puller, chrono::TimeDelta::days(1), LEASE).run());
                }
                while !stopped.load(Ordering::SeqCst) {
                    rt::time::sleep(Duration::from_millis(20)).await;
                }
            });
        });
        Running { stop, thread: Some(thread) }
    }

    /// Has the marketplaces send their messages to the server at `address`.
    fn register(&self, address: &str, manner: Manner) {
        for (store, kind) in STORES {
            let pulling = registry::describe(kind).pulling.as_ref().expect("its orders are read");
            let hook = match pulling.hooks {
                Hooks::OfApp(_) => format!("{address}/hook/{}", kind.as_str()),
                Hooks::OfStore(_) => {
                    let secret = self.key.hook_secret(&store_code(store));
                    format!("{address}/hook/{}/{store}/{secret}", kind.as_str())
                }
            };
            self.market.marketplace.send_messages(store, &hook, manner);
        }
    }
}

fn times(waits_for_orders: bool) -> Times {
    Times::of_server(Duration::from_secs(120), LEASE, waits_for_orders)
}

/// The parts of the program that run in a thread, until this is dropped.
pub struct Running {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().expect("it runs").join().expect("it did not panic");
    }
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
