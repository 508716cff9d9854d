//! How much reading what a marketplace lists costs beside the requests: `cargo bench --bench listings`.
//!
//! A simulated Lazada lists 100,000 variants. The time until all of them are read, stored and matched with 100,000 SKUs is
//! compared with the bare requests, and memory is looked at meanwhile. There is no limit of pace, and answers come at once; with
//! `-- paced` they come after 80 ms, at the default pace of Lazada.

use chrono::TimeDelta;
use flashsale::{
    actions::{
        catalogue::save_skus::{self, SkuInput},
        stores::{
            add_store::{self, NewStore},
            connect_store::{self, ConnectionInput},
            found_tasks,
            note_test::{self, Found},
        },
    },
    clock::Clock,
    db::{
        self, Conn, Database, PoolSize,
        stores::{connections, found, start_changes},
    },
    demo::marketplace::{self, Fault, Marketplace},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        moment::Moment,
        stores::{found::FoundTask, matching::FoundState},
    },
    marketplaces::{ANSWER, HttpClient, lazada, seal::SealKey},
    sync::{access::Access, found as sync_found},
};
use std::{
    env, fs,
    net::TcpListener,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const LISTINGS: usize = 100_000;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("bench.db").display()).parse().expect("a URL");
    let database = Database::open(&url, PoolSize::default()).expect("a database");
    let clock = Clock::system();
    let marketplace = Marketplace::new(clock.clone());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let served = marketplace.clone();
    thread::spawn(move || {
        let serve = async { marketplace::server(&served, listener, None).expect("a server").await };
        actix_web::rt::System::new().block_on(serve)
    });
    let key = SealKey::random();
    let is_paced = env::args().any(|argument| argument == "paced");
    let rate = if is_paced { lazada::KIND.default_rate().get() } else { 1_000 };
    let store = connect(&database, &clock, &marketplace, (&address, rate), &key);
    if is_paced {
        marketplace.add_fault("lazada-sg", Fault::Slow { milliseconds: 80 });
    }
    add_skus(&database, &clock);
    let access = Access::new(database.clone(), clock.clone(), Some(key), HttpClient::new(ANSWER, clock.clone()));
    actix_web::rt::System::new().block_on(async {
        let bare = bare(&access, &store).await;
        let before = resident_kib();
        let (most, stop) = watch();
        let start = Instant::now();
        sync_found::read_all(&access, &store).await.expect("a database");
        let all = start.elapsed();
        stop.store(true, Ordering::SeqCst);
        let matched = database.read({
            let store = store.clone();
            move |conn| found::counts(conn, &store)
        });
        let matched = matched.await.expect("counts").into_iter().find(|(state, _)| *state == FoundState::Matched);
        println!("{LISTINGS} listings, matched: {}", matched.expect("a state").1);
        println!(
            "read, stored and matched: {all:.1?}; the bare requests: {bare:.1?}; our own: {:.1?}",
            all - bare.min(all)
        );
        accept_all(&database, &store, clock.now()).await;
        let start = Instant::now();
        let now = clock.now();
        let counting = database.read(move |conn| start_changes::count(conn, &store, lazada::KIND, now));
        let (shifts, _) = counting.await.expect("a database");
        let took = start.elapsed();
        let all = shifts.rising + shifts.falling + shifts.to_zero + shifts.same + shifts.unknown;
        println!("what starting to push would change at {all} listings, counted in {took:.2?}");
        println!("memory: {before} KiB before, at most {} KiB meanwhile", most.load(Ordering::SeqCst));
    });
}

/// Accepts what is matched, as the job does.
async fn accept_all(database: &Database, store: &StoreCode, now: Moment) {
    let cause = Cause { actor: "bench".to_owned(), at: now, reason: String::new() };
    let store = store.clone();
    let begin = move |conn: &mut Conn| found_tasks::begin(conn, &cause, &store, FoundTask::AcceptMatched);
    assert!(database.write(begin).await.is_ok(), "no other task is under way");
    while database.write(move |conn| Ok::<_, db::Error>(found_tasks::run(conn, now)?)).await.expect("a database") {}
}

fn connect(
    database: &Database,
    clock: &Clock,
    marketplace: &Marketplace,
    (address, rate): (&str, u32),
    key: &SealKey,
) -> StoreCode {
    let store = StoreCode::parse("lazada-sg").expect("a code");
    let cause = Cause { actor: "bench".to_owned(), at: clock.now(), reason: String::new() };
    let new = NewStore {
        code: store.clone(),
        name: "Lazada SG".to_owned(),
        marketplace: "Lazada".to_owned(),
        time_zone: "Asia/Singapore".parse().expect("a zone"),
        country: None,
        currency: None,
    };
    database.write_blocking(|conn| add_store::run(conn, new.clone(), cause.at)).expect("a store");
    let opened = marketplace.open_shop("lazada-sg", lazada::KIND);
    marketplace.limit("lazada-sg", NonZeroU32::new(1_000_000).expect("not 0"));
    marketplace.add_products("lazada-sg", LISTINGS, 7, |nth| format!("SKU-{nth}"));
    let input = ConnectionInput {
        store: store.clone(),
        kind: lazada::KIND,
        api_url: format!("{address}{}", opened.api_path),
        credentials: Some(key.seal(&store, &opened.credentials)),
        rate: rate.into(),
        warehouse: None,
        shop: None,
    };
    database.write_blocking(|conn| connect_store::run(conn, &cause, input.clone())).expect("connected");
    let tested = |conn: &mut db::Conn| {
        let connection = connections::find(conn, &input.store)?.expect("it was connected just now");
        Ok::<_, db::Error>(note_test::run(conn, &connection, &Found::default(), cause.at)?)
    };
    database.write_blocking(tested).expect("tested");
    store
}

fn add_skus(database: &Database, clock: &Clock) {
    let cause = Cause { actor: "bench".to_owned(), at: clock.now().plus(-TimeDelta::hours(1)), reason: String::new() };
    let codes: Vec<usize> = (0..LISTINGS).collect();
    for some in codes.chunks(1_000) {
        let add = |conn: &mut db::Conn| {
            let input = |nth: &usize| SkuInput {
                code: SkuCode::parse(&format!("SKU-{nth}")).expect("a code"),
                name: Some(format!("SKU {nth}")),
                on_hand: Some(5),
                buffer: None,
                listings: None,
            };
            save_skus::run(conn, &cause, some.iter().map(input).collect()).map(drop)
        };
        database.write_blocking(|conn| Ok::<_, db::Error>(add(conn)?)).expect("SKUs");
    }
}

/// The same requests and nothing else.
async fn bare(access: &Access, store: &StoreCode) -> Duration {
    let open = access.open(store).await.expect("a database").expect("it can be opened");
    let start = Instant::now();
    let mut place: Option<String> = None;
    loop {
        place = open.connector.list(place.as_deref()).await.expect("a part").next;
        if place.is_none() {
            return start.elapsed();
        }
    }
}

/// Looks at the memory of the process until it is stopped.
#[expect(clippy::disallowed_methods, reason = "it samples at a rate")]
fn watch() -> (Arc<AtomicU64>, Arc<AtomicBool>) {
    let most = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (seen, stopped) = (most.clone(), stop.clone());
    thread::spawn(move || {
        while !stopped.load(Ordering::SeqCst) {
            seen.fetch_max(resident_kib(), Ordering::SeqCst);
            thread::sleep(Duration::from_millis(50));
        }
    });
    (most, stop)
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
