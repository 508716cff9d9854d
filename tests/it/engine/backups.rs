//! Copies of an SQLite database: after a clean stop, by `flashsale backup` while it is used, and put back by
//! `flashsale restore`.

use crate::{
    api::client::Api,
    program::Server,
    scene::{LAZADA, add_sku, add_stores, at, take},
    support::{Browser, TestApp, on_postgres},
    sync::pushes,
};
use diesel::prelude::*;
use flashsale::{
    db::{self, Database, PoolSize, engine::schema::orders},
    domain::code::OrderNumber,
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A shop of one SKU, in a folder of its own.
struct Shop {
    folder: tempfile::TempDir,
    app: TestApp,
}

impl Shop {
    /// Nothing on PostgreSQL, which has programs of its own for all this.
    fn open() -> Option<Self> {
        let app = TestApp::start();
        if on_postgres(&app.settings.database_url) {
            return None;
        }
        add_stores(&app.database, &[LAZADA]);
        add_sku(&app.database, "Product1", "Product 1", 1_000_000, &[LAZADA]);
        Some(Self { folder: tempfile::tempdir().expect("a folder"), app })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A copy of the shop that no program has open.
    fn closed(&self, name: &str) -> (PathBuf, Api) {
        let api = self.app.api();
        let path = self.path(name);
        let backed_up = flashsale(&self.app.url, &["backup", path.to_str().expect("text")]);
        assert!(backed_up.status.success(), "{}", said(&backed_up));
        (path, api)
    }
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

fn flashsale(url: &str, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_flashsale"));
    program.args(arguments).envs([("DATABASE_URL", url), ("FLASHSALE_DATABASE_WAIT_MS", "200")]);
    program.output().expect("it runs")
}

/// Stops a server that has begun to serve: before that, the signal ends it at once.
fn stop(server: Server) {
    assert_eq!(Browser::at(&server.address).get("/sign-in").location.as_deref(), None);
    server.stop();
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Sends orders one after another, until `count` are taken or the server is gone. Returns the numbers of those that are.
fn send_orders(api: &Api, name: &str, count: usize) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    for nth in 0..count {
        let number = format!("{name}-{nth}");
        let order = json!({"store": LAZADA, "number": number, "lines": [{"sku": "Product1", "quantity": 1}]});
        match api.post_quickly("/orders", &json!({"orders": [order]})) {
            Some(answer) if answer.status == 200 => drop(taken.insert(number)),
            _ => break,
        }
    }
    taken
}

/// The orders in a file, which is verified.
fn orders_in(path: &Path) -> BTreeSet<String> {
    let verified = flashsale(&url(path), &["verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    let url = url(path).parse().expect("a URL");
    let numbers = |conn: &mut db::Conn| orders::table.select(orders::number).load::<OrderNumber>(conn);
    let found = Database::inspect(&url, PoolSize::default(), numbers).expect("a read");
    found.into_iter().map(|number| number.to_string()).collect()
}

#[test]
fn a_clean_stop_leaves_one_file_that_has_everything() {
    let Some(shop) = Shop::open() else { return };
    let (path, api) = shop.closed("shop.db");
    let mut api = api;
    let mut taken = BTreeSet::new();
    for round in 0..3 {
        let server = Server::start(&url(&path));
        api = api.at(server.address.clone());
        std::thread::scope(|scope| {
            let sending = scope.spawn(|| send_orders(&api, &format!("{round}"), 100_000));
            while shop_orders(&api) < 20 {
                std::thread::park_timeout(std::time::Duration::from_millis(5));
            }
            server.stop();
            taken.extend(sending.join().expect("no panic"));
        });
        let log = shop.path("shop.db-wal");
        let bytes = fs::metadata(&log).map_or(0, |found| found.len());
        assert_eq!(bytes, 0, "the log has nothing that the file has not");
        let alone = shop.path(&format!("alone-{round}.db"));
        fs::copy(&path, &alone).expect("a copy of the file alone");
        assert!(orders_in(&alone).is_superset(&taken));
    }
}

/// How many orders the first page of the list has.
fn shop_orders(api: &Api) -> usize {
    api.get("/orders").body["orders"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_backup_is_made_while_orders_are_taken_and_is_verified() {
    let Some(shop) = Shop::open() else { return };
    let api = shop.app.api();
    let before = send_orders(&api, "before", 20);
    assert_eq!(before.len(), 20);
    for nth in 0..3 {
        let path = shop.path(&format!("backup-{nth}.db"));
        let backed_up = std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(send_orders(&api, &format!("during-{nth}"), 50).len(), 50));
            flashsale(&shop.app.url, &["backup", path.to_str().expect("text")])
        });
        assert!(backed_up.status.success() && said(&backed_up).contains("Backed up to"), "{}", said(&backed_up));
        assert!(orders_in(&path).is_superset(&before));
    }
    let left = fs::read_dir(shop.folder.path()).expect("a folder").count();
    assert_eq!(left, 3, "one file each");
}

#[test]
fn a_backup_that_cannot_be_made_says_why_and_leaves_nothing() {
    let Some(shop) = Shop::open() else { return };
    let existing = shop.path("existing.db");
    fs::write(&existing, "notes").expect("a file");
    let damaged = shop.path("damaged.db");
    fs::write(&damaged, "This is not a database, although it is long enough.".repeat(30)).expect("a file");
    let new = shop.path("new.db");
    let missing = shop.path("missing/new.db");
    for (from, to, words) in [
        (shop.app.url.clone(), &existing, "already: choose another name"),
        (shop.app.url.clone(), &missing, "cannot be written"),
        (url(&shop.path("nothing.db")), &new, "there is no database file"),
        (url(&damaged), &new, "no database of flashsale"),
        #[cfg(feature = "postgres")]
        ("postgres://nobody@127.0.0.1:1/x".to_owned(), &new, "pg_dump"),
    ] {
        let refused = flashsale(&from, &["backup", to.to_str().expect("text")]);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains(words), "{words}: {}", said(&refused));
    }
    assert_eq!(fs::read_to_string(&existing).expect("a file"), "notes");
    assert_eq!(fs::read_dir(shop.folder.path()).expect("a folder").count(), 2);
}

#[test]
fn a_restore_takes_the_place_of_the_database_and_keeps_the_old_one() {
    let Some(shop) = Shop::open() else { return };
    take(&shop.app.database, at(0), LAZADA, "1", &[("Product1", 1)]);
    let (backup, _) = shop.closed("backup.db");
    take(&shop.app.database, at(1), LAZADA, "2", &[("Product1", 1)]);
    let (live, _) = shop.closed("live.db");
    let text = backup.to_str().expect("text").to_owned();
    let refused = |arguments: &[&str], words: &str| {
        let output = flashsale(&url(&live), arguments);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    };
    refused(&["restore", &text], "add --replace");
    let server = Server::start(&url(&live));
    refused(&["restore", &text, "--replace"], "stop it first");
    stop(server);
    let damaged = shop.path("damaged.db");
    fs::write(&damaged, &fs::read(&backup).expect("a file")[..20_000]).expect("half a file");
    refused(&["restore", damaged.to_str().expect("text"), "--replace"], "flashsale: ");
    assert_eq!(orders_in(&live).len(), 2, "nothing was changed");

    let restored = flashsale(&url(&live), &["restore", &text, "--replace"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert_eq!(orders_in(&live), BTreeSet::from(["1".to_owned()]));
    assert_eq!(orders_in(&shop.path("live.db.before-restore")).len(), 2, "the old one is kept");
    let restored = flashsale(&url(&shop.path("elsewhere.db")), &["restore", &text]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert_eq!(orders_in(&shop.path("elsewhere.db")).len(), 1);
    stop(Server::start(&url(&live)));
}

#[test]
fn a_database_that_is_damaged_is_replaced_as_well() {
    let Some(shop) = Shop::open() else { return };
    let (backup, _) = shop.closed("backup.db");
    let live = shop.path("live.db");
    fs::write(&live, "Whatever this was, it is not a database any more.".repeat(300)).expect("a file");
    fs::write(shop.path("live.db-wal"), "its log").expect("a file");
    let restored = flashsale(&url(&live), &["restore", backup.to_str().expect("text"), "--replace"]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert_eq!(orders_in(&live).len(), 0);
    assert_eq!(fs::read_to_string(shop.path("live.db.before-restore-wal")).expect("its log"), "its log");
}

#[test]
fn a_log_that_is_removed_is_noticed_and_what_was_acknowledged_is_kept() {
    let Some(shop) = Shop::open() else { return };
    let api = shop.app.api();
    let taken = send_orders(&api, "before", 30);
    let path = PathBuf::from(shop.app.url.trim_start_matches("sqlite://"));
    let log = PathBuf::from(format!("{}-wal", path.display()));
    let elsewhere = shop.path("moved-wal");
    fs::rename(&log, &elsewhere).expect("a log");
    assert!(send_orders(&api, "lost", 1).is_empty());
    let refused = api.get("/orders").expect(503);
    assert_eq!(refused.code(), "database_unavailable");
    fs::rename(&elsewhere, &log).expect("a log");
    let more = send_orders(&api, "back", 10);
    assert_eq!(more.len(), 10, "it is back, and so is the server");
    fs::remove_file(&log).expect("a log");
    assert!(send_orders(&api, "lost", 1).is_empty());
    let alone = shop.path("alone.db");
    fs::copy(&path, &alone).expect("the file as a crash leaves it now");
    assert_eq!(orders_in(&alone), &taken | &more);
}

#[test]
fn after_a_restore_every_quantity_is_sent_again() {
    let shop = pushes::Shop::open();
    shop.settle(at(0));
    assert!(shop.lease(LAZADA, "one", at(1)).is_empty(), "all is in sync");
    shop.app.write(|conn| db::stores::pushes::forget_acknowledged(conn, at(2)).expect("forgotten"));
    assert_eq!(shop.push(LAZADA).acknowledged, None, "nobody knows what it shows");
    assert_eq!(shop.push(LAZADA).sending, Some(100), "but it may show this");
    shop.scan(at(2));
    for store in pushes::STORES {
        let leased = shop.lease(store, "one", at(2));
        assert_eq!(leased.iter().map(|it| it.quantity).collect::<Vec<_>>(), [100], "{store}");
    }
}
