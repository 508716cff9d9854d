//! A database that is busy, read-only, gone, or newer than the program.

use crate::support::{NOON, Page, TestApp, moment, on_postgres};
use diesel::connection::SimpleConnection;
use flashsale::db::{self, Database, Error, ErrorKind};
use std::{
    panic::AssertUnwindSafe,
    process::{Command, Output},
    sync::mpsc,
};

const STORE: [(&str, &str); 4] =
    [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];

/// Waits for little, and with one connection for each purpose.
const SMALL: [(&str, &str); 3] =
    [("FLASHSALE_DATABASE_WAIT_MS", "200"), ("FLASHSALE_WRITERS", "1"), ("FLASHSALE_READERS", "1")];

fn number_of_stores(database: &Database) -> usize {
    database.read_blocking(db::stores::all).expect("a read").len()
}

/// Another program's connection to the database of a test.
fn other_connection(app: &TestApp) -> db::Conn {
    use diesel::Connection;
    #[cfg(feature = "postgres")]
    if on_postgres(&app.settings.database_url) {
        return db::Conn::Postgres(diesel::PgConnection::establish(&app.url).expect("a connection"));
    }
    let path = app.url.trim_start_matches("sqlite://");
    db::Conn::Sqlite(diesel::SqliteConnection::establish(path).expect("a connection"))
}

fn insert_store(conn: &mut db::Conn) {
    let store = db::stores::Store {
        code: flashsale::domain::code::StoreCode::parse("half").expect("a code"),
        name: "Half".to_owned(),
        marketplace: "Half".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        created_at: moment(NOON),
        country: None,
        currency: None,
    };
    db::stores::insert(conn, &store).expect("an insert");
}

fn refused_with(page: &Page, words: &str) {
    assert_eq!(page.status, 503, "{}", page.text());
    assert!(page.text().contains(words), "{}", page.text());
    assert!(page.text().contains("Nothing was changed."), "{}", page.text());
}

#[test]
fn a_panic_inside_a_write_leaves_nothing_behind_and_its_connection_to_nobody() {
    let app = TestApp::start_with(&SMALL);
    for _ in 0..3 {
        let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
            app.database.write_blocking(|conn| -> Result<(), Error> {
                insert_store(conn);
                panic!("half way");
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(number_of_stores(&app.database), 0);
    }
    let off_thread = actix_web::rt::System::new().block_on(app.database.write(|conn| -> Result<(), Error> {
        insert_store(conn);
        panic!("half way");
    }));
    assert!(matches!(off_thread, Err(Error::GivenUp)), "{off_thread:?}");
    assert_eq!(number_of_stores(&app.database), 0);
    app.write(insert_store);
    assert_eq!(number_of_stores(&app.database), 1, "the next write has a connection of its own, and is kept");
}

#[test]
fn a_panic_inside_a_read_leaves_the_next_reader_alone() {
    let app = TestApp::start_with(&SMALL);
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| {
        app.database.read_blocking(|_| -> Result<(), Error> { panic!("half way") })
    }));
    assert!(read.is_err());
    app.write(insert_store);
    assert_eq!(number_of_stores(&app.database), 1, "the snapshot of the panic is not handed on");
}

#[test]
fn a_database_that_another_program_has_locked_is_a_page_that_says_so_and_nothing_is_half_done() {
    let app = TestApp::start_with(&SMALL);
    let form = app.signed_in().get("/stores/new");
    let mut other = other_connection(&app);
    let lock = if on_postgres(&app.settings.database_url) { "BEGIN; LOCK TABLE stores" } else { "BEGIN IMMEDIATE" };
    other.batch_execute(lock).expect("a lock");
    let refused = form.submit(&STORE);
    refused_with(&refused, "The database is busy");
    assert_eq!(refused.headers["retry-after"], "5");
    other.batch_execute("ROLLBACK").expect("the lock is let go");
    assert_eq!(number_of_stores(&app.database), 0);
    assert_eq!(form.submit(&STORE).status, 303);
}

#[test]
fn a_session_that_cannot_be_looked_up_is_not_taken_for_nobody() {
    let app = TestApp::start_with(&SMALL);
    let mut browser = app.signed_in();
    let (entered, is_reading) = mpsc::channel();
    let (finish, may_finish) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let database = &app.database;
        scope.spawn(move || {
            database.read_blocking(|_| {
                entered.send(()).expect("the test waits");
                may_finish.recv().expect("the test says when");
                Ok::<_, Error>(())
            })
        });
        is_reading.recv().expect("the only reader is taken");
        refused_with(&browser.get("/stores"), "The database is busy");
        finish.send(()).expect("the reader waits");
    });
    assert_eq!(browser.get("/stores").status, 200, "the session is still valid");
}

#[test]
fn a_database_that_takes_no_writes_is_a_page_that_says_so_and_can_be_read() {
    let app = TestApp::start_with(&SMALL);
    let mut browser = app.signed_in();
    let form = browser.get("/stores/new");
    let postgres = on_postgres(&app.settings.database_url);
    // The only connection that writes, from now on.
    let read_only = if postgres { "SET default_transaction_read_only = on" } else { "PRAGMA query_only = ON" };
    app.write(|conn| conn.batch_execute(read_only).expect("a setting"));
    refused_with(&form.submit(&STORE), "The database is read-only");
    assert_eq!(browser.get("/stores").status, 200);
    assert_eq!(number_of_stores(&app.database), 0);
}

#[test]
fn a_database_file_that_is_gone_or_another_one_is_a_page_that_says_so_and_nothing_is_written_into_the_void() {
    let app = TestApp::start_with(&SMALL);
    if on_postgres(&app.settings.database_url) {
        return; // A server's database that is gone has a test of its own.
    }
    let mut browser = app.signed_in();
    let form = browser.get("/stores/new");
    let path = app.url.trim_start_matches("sqlite://");
    let elsewhere = format!("{path}.moved");
    std::fs::rename(path, &elsewhere).expect("a file");
    refused_with(&form.submit(&STORE), "The database cannot be reached");
    refused_with(&browser.get("/stores"), "The database cannot be reached");
    assert!(!std::path::Path::new(path).exists(), "no empty database takes its place");
    std::fs::copy(&elsewhere, path).expect("a copy");
    refused_with(&form.submit(&STORE), "The database cannot be reached");
    std::fs::rename(&elsewhere, path).expect("a file");
    assert_eq!(number_of_stores(&app.database), 0);
    assert_eq!(form.submit(&STORE).status, 303, "it is back, and so is the server");
}

/// Starts the program, which is expected not to serve.
fn start(url: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flashsale"))
        .envs([("DATABASE_URL", url), ("FLASHSALE_BIND", "127.0.0.1:0"), ("FLASHSALE_DATABASE_WAIT_MS", "200")])
        .output()
        .expect("it runs")
}

#[test]
fn a_database_that_a_newer_program_made_is_left_alone() {
    let app = TestApp::start();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000001')";
    app.write(|conn| conn.batch_execute(newer).expect("a migration of the future"));
    let refused = start(&app.url);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("made by a newer flashsale") && words.contains("20991231000001"), "{words}");
    assert!(refused.stdout.is_empty(), "nothing is served");
}

#[test]
fn a_database_that_cannot_be_opened_stops_the_start_with_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("notes.txt"), "This is not a database, although it is long enough to look at.".repeat(20))
        .expect("a file");
    std::fs::write(path("gone.db-wal"), "orders").expect("a log");
    for (url, words) in [
        (format!("sqlite://{}", path("gone.db")), "was deleted or moved: put it back, or restore a backup"),
        (format!("sqlite://{}", path("missing/new.db")), "cannot open the database file"),
        (format!("sqlite://{}", folder.path().display()), "cannot open the database file"),
        (format!("sqlite://{}", path("notes.txt")), "file is not a database"),
        ("mysql://localhost/x".to_owned(), "must begin with sqlite:// (and a path) or postgres://"),
        #[cfg(feature = "postgres")]
        ("postgres://nobody:secret@127.0.0.1:1/x".to_owned(), "database connection"),
    ] {
        let refused = start(&url);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{url}: {said}");
        assert!(said.contains(words) && !said.contains("secret"), "{url}: {said}");
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use diesel::{Connection, PgConnection};

    /// A connection to the server's own database, if the tests run on a server.
    fn maintenance(app: &TestApp) -> Option<(PgConnection, String)> {
        let server = std::env::var("FLASHSALE_TEST_DATABASE_URL").ok()?;
        let name = app.url.rsplit_once('/').expect("a URL with a database").1.to_owned();
        Some((PgConnection::establish(&server).expect("the server"), name))
    }

    #[test]
    fn a_server_that_hung_up_is_called_again_without_anybody_noticing() {
        let app = TestApp::start();
        let Some((mut server, name)) = maintenance(&app) else { return };
        let mut browser = app.signed_in();
        let form = browser.get("/stores/new");
        for _ in 0..2 {
            let hang_up = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            server.batch_execute(&hang_up).expect("the connections end");
            assert_eq!(browser.get("/stores").status, 200);
        }
        assert_eq!(form.submit(&STORE).status, 303);
    }

    #[test]
    fn a_database_that_is_gone_is_a_page_that_says_so() {
        let app = TestApp::start_with(&[("FLASHSALE_DATABASE_WAIT_MS", "200")]);
        let Some((mut server, name)) = maintenance(&app) else { return };
        let mut browser = app.signed_in();
        server.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).expect("the database is gone");
        for path in ["/stores", "/stores/new"] {
            refused_with(&browser.get(path), "The database cannot be reached");
        }
        let read = app.database.read_blocking(db::stores::all);
        assert_eq!(read.expect_err("it is gone").kind(), ErrorKind::Unavailable);
    }
}
