//! PostgreSQL in earnest: a primary with a synchronous standby that takes over, PgBouncer, and TLS. On PostgreSQL only, with
//! servers of the tests' own.

use super::servers::{Folder, Pooler, Server};
use crate::{
    api::client::Api,
    program,
    support::{Browser, run_program},
};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types,
};
use flashsale::db::{Database, DatabaseUrl, PoolSize};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;

/// Whether these tests can run: the servers are those of the tests on PostgreSQL.
fn is_wanted() -> bool {
    std::env::var_os("FLASHSALE_TEST_DATABASE_URL").is_some()
}

/// A primary whose commits wait for its standby.
struct Pair {
    primary: Server,
    standby: Server,
    _folder: Folder,
}

impl Pair {
    fn start() -> Self {
        let folder = Folder::new();
        let primary = Server::new(&folder, "");
        let standby = primary.standby(&folder);
        let mut conn = connect(&primary);
        conn.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").expect("a setting");
        conn.batch_execute("SELECT pg_reload_conf()").expect("the setting is read");
        let pair = Self { primary, standby, _folder: folder };
        pair.wait_for_standby();
        pair
    }

    /// Both hosts, as an operator writes them.
    fn url(&self) -> String {
        format!("postgres://flashsale@{},{}/postgres?connect_timeout=2", self.primary.address(), self.standby.address())
    }

    fn wait_for_standby(&self) {
        let mut conn = connect(&self.primary);
        let synchronous = "SELECT count(*) AS count FROM pg_stat_replication WHERE sync_state = 'sync'";
        wait_until("the standby follows", || count(&mut conn, synchronous) > 0);
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

fn count(conn: &mut PgConnection, query: &str) -> i64 {
    sql_query(query).get_result::<Count>(conn).expect("a count").count
}

fn connect(server: &Server) -> PgConnection {
    PgConnection::establish(&server.url()).expect("the server answers")
}

/// A shop on the database at `url`: a token of its API.
fn shop(url: &str, address: &str) -> String {
    let made = run_program(url, &["token", "add", "failover"]);
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let token = said.split_whitespace().last().unwrap_or_else(|| panic!("no token: {made:?}")).to_owned();
    let api = Api::new(address, &token);
    let store = json!({"code": "lazada-sg", "name": "L", "marketplace": "Lazada", "time_zone": "UTC"});
    api.post("/stores", &store).expect(201);
    let sku = json!({"code": "HOT", "name": "Hot", "on_hand": 1_000_000, "listings": ["lazada-sg"]});
    api.put("/skus", &json!({"skus": [sku]})).expect(200);
    token
}

fn order(number: &str) -> Value {
    let line = json!({"sku": "HOT", "quantity": 1});
    json!({"orders": [{"store": "lazada-sg", "number": number, "lines": [line]}]})
}

/// Whether the order is recorded by this answer or was before.
fn is_recorded(answer: &crate::api::client::Answer) -> bool {
    let status = answer.body["results"][0]["status"].as_str();
    answer.status == 200 && matches!(status, Some("accepted" | "duplicate"))
}

#[test]
fn a_standby_takes_over_with_every_order_that_was_acknowledged() {
    if !is_wanted() {
        return;
    }
    let pair = Pair::start();
    let server = program::Server::start(&pair.url());
    let token = shop(&pair.url(), &server.address);
    let acknowledged = Mutex::new(BTreeSet::new());
    let since = AtomicUsize::new(0);
    let has_ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (acknowledged, since, has_ended) = (&acknowledged, &since, &has_ended);
            let api = Api::new(&server.address, &token);
            scope.spawn(move || {
                let mut nth = 0;
                while !has_ended.load(Ordering::SeqCst) {
                    let number = format!("{client}-{nth}");
                    let answer = api.post_quickly("/orders", &order(&number));
                    if answer.is_some_and(|answer| is_recorded(&answer)) {
                        acknowledged.lock().expect("no client panics").insert(number);
                        since.fetch_add(1, Ordering::SeqCst);
                        nth += 1;
                    }
                }
            });
        }
        wait_until("orders are taken", || since.load(Ordering::SeqCst) >= 400);
        pair.primary.crash();
        pair.standby.promote();
        since.store(0, Ordering::SeqCst);
        let promoted = Instant::now();
        wait_until("orders are taken again", || since.load(Ordering::SeqCst) >= 400);
        assert!(promoted.elapsed() < Duration::from_secs(30), "orders are taken again: {:?}", promoted.elapsed());
        has_ended.store(true, Ordering::SeqCst);
    });
    let acknowledged = acknowledged.into_inner().expect("no client panics");
    let mut conn = connect(&pair.standby);
    let kept = count(&mut conn, "SELECT count(*) AS count FROM orders");
    let lines = count(&mut conn, "SELECT CAST(sum(quantity) AS BIGINT) AS count FROM order_lines");
    let committed = count(&mut conn, "SELECT committed AS count FROM skus WHERE code = 'HOT'");
    for number in &acknowledged {
        let query = format!("SELECT count(*) AS count FROM orders WHERE number = '{number}'");
        assert_eq!(count(&mut conn, &query), 1, "order {number} was acknowledged");
    }
    assert!(kept >= i64::try_from(acknowledged.len()).expect("few"), "{kept} of {}", acknowledged.len());
    assert_eq!((lines, committed), (kept, kept));
    let verified = run_program(&pair.url(), &["verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// Waits for something that happens within two minutes.
fn wait_until(what: &str, mut has_happened: impl FnMut() -> bool) {
    let began = Instant::now();
    while !has_happened() {
        assert!(began.elapsed() < Duration::from_secs(120), "it never happens: {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn without_its_standby_nothing_is_acknowledged_and_with_it_each_order_is_recorded_once() {
    if !is_wanted() {
        return;
    }
    let pair = Pair::start();
    let server = program::Server::start(&pair.url());
    let token = shop(&pair.url(), &server.address);
    pair.standby.crash();
    let mut conn = connect(&pair.primary);
    let standbys = "SELECT count(*) AS count FROM pg_stat_replication";
    wait_until("the standby is gone", || count(&mut conn, standbys) == 0);
    std::thread::scope(|scope| {
        let api = Api::new(&server.address, &token);
        let asked = scope.spawn(move || api.post_quickly("/orders", &order("WAITS")));
        let began = Instant::now();
        wait_until("a second passes", || began.elapsed() > Duration::from_secs(1) || asked.is_finished());
        if asked.is_finished() {
            let answer = asked.join().expect("the client does not panic");
            assert!(answer.is_none_or(|answer| answer.status == 503), "it may only say that it does not know");
            pair.standby.resume();
        } else {
            pair.standby.resume();
            drop(asked.join().expect("the client does not panic"));
        }
    });
    let api = Api::new(&server.address, &token);
    wait_until("the standby is back", || {
        api.post_quickly("/orders", &order("WAITS")).is_some_and(|answer| is_recorded(&answer))
    });
    assert_eq!(count(&mut conn, "SELECT committed AS count FROM skus WHERE code = 'HOT'"), 1);
}

#[test]
fn pgbouncer_is_used_with_a_session_for_each_connection_and_refused_without() {
    if !is_wanted() {
        return;
    }
    let folder = Folder::new();
    let postgres = Server::new(&folder, "");
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&folder, &postgres, mode);
        let url: DatabaseUrl = pooler.url().parse().expect("a URL");
        let refusal = Database::open(&url, PoolSize::default()).map(drop).expect_err(mode).to_string();
        assert!(refusal.contains("set pool_mode = session"), "{mode}: {refusal}");
        let said = run_program(&pooler.url(), &["token", "add", mode]);
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.contains("set pool_mode = session"), "{mode}: {said}");
    }
    let pooler = Pooler::start(&folder, &postgres, "session");
    let server = program::Server::start(&pooler.url());
    let token = shop(&pooler.url(), &server.address);
    let api = Api::new(&server.address, &token);
    for number in 0..50 {
        let answer = api.post("/orders", &order(&number.to_string())).expect(200);
        assert!(is_recorded(&answer), "{answer:?}");
    }
    assert_eq!(Browser::at(&server.address).get("/sign-in").status, 200);
    assert!(run_program(&pooler.url(), &["verify"]).status.success());
    let mut conn = connect(&postgres);
    assert_eq!(count(&mut conn, "SELECT committed AS count FROM skus WHERE code = 'HOT'"), 50);
}

#[test]
fn the_certificate_of_the_server_is_checked_where_the_url_says_so() {
    if !is_wanted() {
        return;
    }
    let folder = Folder::new();
    let (certificate, key) = certified("localhost");
    let (other, _) = certified("localhost");
    let certificate = folder.write("server.crt", &certificate);
    let key = folder.write("server.key", &key);
    let other = folder.write("other.crt", &other);
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a private key");
    let settings = format!("ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'", certificate.display(), key.display());
    let postgres = Server::new(&folder, &settings);
    let open = |host: &str, root: &Path| {
        let url = format!(
            "postgres://flashsale@{host}:{}/postgres?sslmode=verify-full&sslrootcert={}",
            postgres.port,
            root.display()
        );
        Database::open(&url.parse().expect("a URL"), PoolSize::default()).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(open("localhost", &certificate), Ok(()));
    let by_name = open("127.0.0.1", &certificate);
    let by_key = open("localhost", &other);
    assert!(by_name.clone().is_err_and(|said| said.contains("127.0.0.1")), "another name: {by_name:?}");
    assert!(by_key.clone().is_err_and(|said| said.contains("certificate verify failed")), "another key: {by_key:?}");
}

/// A new certificate for a name that vouches for itself, and its key.
fn certified(name: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("crt");
    let key = folder.path().join("key");
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", &format!("/CN={name}"), "-addext", &format!("subjectAltName=DNS:{name}")])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is there");
    assert!(made.status.success(), "{made:?}");
    let read = |path: &Path| std::fs::read_to_string(path).expect("it was written");
    (read(&certificate), read(&key))
}
