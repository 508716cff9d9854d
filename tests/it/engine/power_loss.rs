//! The power is cut. What a disk then has is built from copies of the files: what was synced is there, and of what was
//! written since then any sectors are there, or not. An order that was acknowledged has to be in each such state, once, and
//! one that was not yet acknowledged whole or not at all.

use crate::{
    scene::{LAZADA, add_sku, add_stores, assert_verified, at, take},
    support::{TestApp, on_postgres},
};
use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{fs, path::Path};

/// What disks write whole.
const SECTOR: usize = 512;

/// The part of the log that SQLite syncs by itself before it uses the log again from its beginning.
const LOG_HEADER: usize = 32;

const ORDERS: usize = 60;
const ORDERS_BETWEEN_CHECKPOINTS: usize = 12;
const CUTS_IN_A_COMMIT: usize = 4;
const CUTS_IN_A_CHECKPOINT: usize = 20;

/// The files of a database at one moment.
#[derive(Clone)]
struct Disk {
    file: Vec<u8>,
    log: Vec<u8>,
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct Checked {
    #[diesel(sql_type = diesel::sql_types::Text)]
    integrity_check: String,
}

impl Disk {
    fn of(path: &Path) -> Self {
        let log = fs::read(format!("{}-wal", path.display())).expect("a log");
        Self { file: fs::read(path).expect("a file"), log }
    }

    /// Starts the database as after a power cut, and returns how many orders it has.
    #[track_caller]
    fn orders_after_start(&self, folder: &Path) -> usize {
        let path = folder.join("after.db");
        for end in ["", "-wal", "-shm"] {
            let file = folder.join(format!("after.db{end}"));
            match end {
                "" => fs::write(&file, &self.file).expect("a file"),
                "-wal" => fs::write(&file, &self.log).expect("a log"),
                _ => drop(fs::remove_file(&file)),
            }
        }
        let mut conn = SqliteConnection::establish(path.to_str().expect("text")).expect("it opens");
        let checked: Vec<Checked> = sql_query("PRAGMA integrity_check").load(&mut conn).expect("a check");
        assert_eq!(checked[0].integrity_check, "ok");
        // Each order took one unit, in one transaction with its entry.
        for query in [
            "SELECT COUNT(*) AS count FROM orders",
            "SELECT COUNT(*) AS count FROM order_lines",
            "SELECT committed AS count FROM skus",
            "SELECT COUNT(*) AS count FROM ledger_entries WHERE kind = 'order_taken'",
        ]
        .windows(2)
        {
            let [one, other] = [query[0], query[1]]
                .map(|query| sql_query(query).get_result::<Counted>(&mut conn).expect("a count").count);
            assert_eq!(one, other, "{query:?}");
        }
        let orders: Counted = sql_query("SELECT COUNT(*) AS count FROM orders").get_result(&mut conn).expect("a count");
        usize::try_from(orders.count).expect("a count")
    }
}

/// `before`, of which some sectors from byte `from` on were written as in `after`, and of which the end may be missing.
fn torn(before: &[u8], after: &[u8], from: usize, random: &mut StdRng) -> Vec<u8> {
    let longest = before.len().max(after.len());
    let length = if random.random() { longest } else { random.random_range(before.len()..=longest) };
    let share = random.random_range(0..=4);
    let mut torn = before.to_vec();
    torn.resize(length, 0);
    for begin in (0..length).step_by(SECTOR) {
        let end = (begin + SECTOR).min(length).min(after.len());
        let begin = begin.max(from);
        if begin < end && random.random_range(0..4) < share {
            torn[begin..end].copy_from_slice(&after[begin..end]);
        }
    }
    torn
}

#[test]
fn a_power_cut_loses_no_acknowledged_order_and_halves_none() {
    let mut app = TestApp::start();
    if on_postgres(&app.settings.database_url) {
        return; // How a server writes is its own matter.
    }
    app.stop();
    add_stores(&app.database, &[LAZADA]);
    add_sku(&app.database, "Product1", "Product 1", 1_000, &[LAZADA]);
    let path = Path::new(app.url.trim_start_matches("sqlite://"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut other = SqliteConnection::establish(path.to_str().expect("text")).expect("a connection");
    let mut random = StdRng::seed_from_u64(6);
    let mut whole = 0;
    other.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").expect("a checkpoint");
    let mut before = Disk::of(path);
    for nth in 0..ORDERS {
        if nth % ORDERS_BETWEEN_CHECKPOINTS == ORDERS_BETWEEN_CHECKPOINTS - 1 {
            other.batch_execute("PRAGMA wal_checkpoint(PASSIVE)").expect("a checkpoint");
            let after = Disk::of(path);
            assert!(after.file != before.file && after.log == before.log, "the log is copied into the file");
            for _ in 0..CUTS_IN_A_CHECKPOINT {
                let file = torn(&before.file, &after.file, 0, &mut random);
                let cut = Disk { file, log: before.log.clone() };
                assert_eq!(cut.orders_after_start(folder.path()), nth, "in a checkpoint");
            }
            before = after;
        }
        take(&app.database, at(0), LAZADA, &format!("{nth}"), &[("Product1", 1)]);
        let after = Disk::of(path);
        assert!(after.file == before.file, "a commit is written into the log alone");
        let begins_anew = after.log[..LOG_HEADER] != before.log[..LOG_HEADER];
        if begins_anew {
            let mut log = before.log.clone();
            log[..LOG_HEADER].copy_from_slice(&after.log[..LOG_HEADER]);
            before.log = log;
            assert_eq!(before.orders_after_start(folder.path()), nth, "with the new header");
        }
        for _ in 0..CUTS_IN_A_COMMIT {
            let log = torn(&before.log, &after.log, LOG_HEADER, &mut random);
            let is_whole = log.starts_with(&after.log);
            let kept = Disk { log, ..before.clone() }.orders_after_start(folder.path());
            assert!(kept == nth || kept == nth + 1, "{kept} of {nth} orders, and one that was being taken");
            assert!(!is_whole || kept == nth + 1, "all of it was written");
            whole += usize::from(kept == nth + 1);
        }
        assert_eq!(after.orders_after_start(folder.path()), nth + 1, "the next sync has ended: it is acknowledged");
        before = after;
    }
    assert!(whole > 0 && whole < ORDERS * CUTS_IN_A_COMMIT, "{whole} cuts came after everything was written");
    assert_verified(&app.database, at(0));
}

#[test]
fn every_connection_that_writes_waits_until_the_disk_has_it() {
    #[derive(diesel::QueryableByName)]
    struct Synchronous {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        synchronous: i32,
    }
    let app = TestApp::start();
    if on_postgres(&app.settings.database_url) {
        return;
    }
    let found = app.write(|conn| sql_query("PRAGMA synchronous").get_result::<Synchronous>(conn).expect("a setting"));
    assert_eq!(found.synchronous, 2, "FULL");
}
