//! How long a catalogue of 100,000 SKUs on 4 stores takes to import, against the plainest loop that puts the same rows
//! into the same tables: one prepared statement a row, in one transaction. Both on SQLite, each on a file of its own.
//! And how many order lines of a file of a million are recorded in a second: at its beginning, at its end, and in all.
//!
//! `cargo bench --bench import`, or `cargo bench --bench import -- orders` for the second alone

use diesel::{
    Connection, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};
use flashsale::{
    actions::imports::{
        apply_import_chunk,
        start_import::{self, NewImport},
    },
    clock::{Clock, new_id},
    db::{
        self, Database, DatabaseUrl, Failed, PoolSize,
        engine::schema::{ledger_entries, listings, skus},
        imports::Import,
        stores::Store,
    },
    domain::{code::StoreCode, id::ListingId, imports::import::ImportKind, moment::Moment, text::folded},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const SKUS: usize = 100_000;
const STORES: [&str; 4] = ["lazada-sg", "shopee-sg", "zalora-sg", "shopify-eu"];

/// How often each is measured; the least time of each counts.
const TIMES: usize = 3;

/// Lines of the file of orders, two for each order, and the SKUs that they are of.
const ORDER_LINES: usize = 1_000_000;
const SOLD_SKUS: usize = 1_000;

fn main() {
    if !std::env::args().any(|argument| argument == "orders") {
        catalogue();
    }
    orders();
}

fn catalogue() {
    let rows = rows();
    let least = |measure: &dyn Fn(&[Row]) -> Duration| (0..TIMES).map(|_| measure(&rows)).min().expect("measured");
    let (plain, import) = (least(&plain_loop), least(&import));
    println!("{SKUS} SKUs × {} stores, the least of {TIMES} times on SQLite", STORES.len());
    println!("plain loop  {:>6.2} s", plain.as_secs_f64());
    println!("import      {:>6.2} s", import.as_secs_f64());
    println!("ratio       {:>6.2}", import.as_secs_f64() / plain.as_secs_f64());
}

/// Imports a file of orders into a database with the SKUs.
fn orders() {
    const PART: i64 = 100_000;
    let folder = tempfile::tempdir().expect("a folder");
    let (database, _) = prepared(folder.path());
    let stock: String = (0..SOLD_SKUS).map(|n| format!("SKU-{n:06},Name,1000000,{}\n", STORES[0])).collect();
    import_file(&database, ImportKind::Catalogue, &format!("sku,name,on_hand,stores\n{stock}"), |_| {});
    let mut file = "store,order_number,placed_at,sku,quantity,unit_price\n".to_owned();
    let mut sku = 0;
    for line in 0..ORDER_LINES {
        // Any SKU, far from the one before.
        sku = (sku * 1_103_515_245 + 12_345) % 2_147_483_648;
        file.push_str(&format!("{},LZ-{:09},,SKU-{:06},2,12.50\n", STORES[0], line / 2, sku / 65_536 % SOLD_SKUS));
    }
    let since = Instant::now();
    let mut marks = vec![(0, Duration::ZERO)];
    let import = import_file(&database, ImportKind::Orders, &file, |import| {
        let (rows, _) = marks[marks.len() - 1];
        if import.rows_done / PART > rows / PART {
            marks.push((import.rows_done, since.elapsed()));
        }
    });
    let all = since.elapsed();
    assert_eq!((import.rows_created, import.rows_failed), (ORDER_LINES as i64, 0));
    println!("{ORDER_LINES} order lines of {SOLD_SKUS} SKUs, lines a second, the file’s reading in the first of them");
    let rate = |(from, began): (i64, Duration), (to, ended): (i64, Duration)| {
        (to - from) as f64 / (ended - began).as_secs_f64()
    };
    for pair in marks.windows(2) {
        println!("up to {:>9} {:>8.0}", pair[1].0, rate(pair[0], pair[1]));
    }
    println!("in all          {:>8.0}", ORDER_LINES as f64 / all.as_secs_f64());
}

/// A code, a name and what is on hand.
struct Row {
    code: String,
    name: String,
    on_hand: i64,
}

fn rows() -> Vec<Row> {
    const COLOURS: [&str; 7] = ["red", "white", "black", "hanging", "vintage", "green", "silver"];
    const THINGS: [&str; 9] = [
        "heart holder",
        "lantern",
        "metal sign",
        "mug",
        "lunch bag",
        "cake tins",
        "alarm clock",
        "jumbo bag",
        "bunting",
    ];
    (0..SKUS)
        .map(|n| Row {
            code: format!("SKU-{n:06}"),
            name: format!("{} {} no {n}", COLOURS[n % COLOURS.len()], THINGS[n % THINGS.len()]),
            on_hand: i64::try_from(n % 500).expect("small") + 1,
        })
        .collect()
}

/// A database with the stores, in its own folder.
fn prepared(folder: &Path) -> (Database, String) {
    let path = folder.join("bench.db").display().to_string();
    let url: DatabaseUrl = format!("sqlite://{path}").parse().expect("a URL");
    let database = Database::open(&url, PoolSize::default()).expect("a database");
    let created_at = Clock::system().now();
    let add = |conn: &mut db::Conn| -> QueryResult<()> {
        STORES.iter().try_for_each(|code| {
            let (name, time_zone) = ((*code).to_owned(), "UTC".to_owned());
            let code = StoreCode::trusted(name.clone());
            db::stores::insert(
                conn,
                &Store { code, marketplace: name.clone(), name, time_zone, created_at, country: None, currency: None },
            )
        })
    };
    database.write_blocking(|conn| add(conn)).expect("stores");
    (database, path)
}

/// Reads the file, stores its chunks and applies them, as an upload and the command line do.
fn import(rows: &[Row]) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    let (database, _) = prepared(folder.path());
    let mut file = "sku,name,on_hand,stores\n".to_owned();
    for Row { code, name, on_hand } in rows {
        file.push_str(&format!("{code},{name},{on_hand},{}\n", STORES.join("|")));
    }
    let since = Instant::now();
    let import = import_file(&database, ImportKind::Catalogue, &file, |_| {});
    let taken = since.elapsed();
    assert_eq!((import.rows_created, import.rows_failed), (SKUS as i64, 0));
    taken
}

/// `note` is told the progress after each transaction.
fn import_file(database: &Database, kind: ImportKind, file: &str, mut note: impl FnMut(&Import)) -> Import {
    let clock = Clock::system();
    let new = NewImport { kind: Some(kind), file_name: "bench.csv".into(), actor: "bench".into(), is_check: false };
    let start = |conn: &mut db::Conn| start_import::run(conn, &new, clock.now(), file.as_bytes());
    let mut import = match database.write_blocking(start) {
        Ok(import) => import,
        Err(Failed::Refused(refusal)) => panic!("{refusal}"),
        Err(Failed::Database(error)) => panic!("{error}"),
    };
    while import.finished_at.is_none() {
        let id = Some(import.id);
        let apply = |conn: &mut db::Conn| apply_import_chunk::run(conn, id, clock.now());
        import = database.write_blocking(apply).expect("a database").expect("rows that wait");
        note(&import);
    }
    import
}

/// Inserts the same rows one after another.
fn plain_loop(rows: &[Row]) -> Duration {
    type Transaction = AnsiTransactionManager;
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, path) = prepared(folder.path());
    let mut conn = SqliteConnection::establish(&path).expect("a connection");
    conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192")
        .expect("settings");
    let (now, since) = (Clock::system().now(), Instant::now());
    Transaction::begin_transaction_sql(&mut conn, "BEGIN IMMEDIATE").expect("begun");
    rows.iter().try_for_each(|row| insert(&mut conn, row, now)).expect("inserted");
    Transaction::commit_transaction(&mut conn).expect("committed");
    let taken = since.elapsed();
    assert_eq!(skus::table.count().get_result(&mut conn), Ok(SKUS as i64));
    taken
}

fn insert(conn: &mut SqliteConnection, row: &Row, now: Moment) -> QueryResult<()> {
    let Row { code, name, on_hand } = row;
    diesel::insert_into(skus::table)
        .values((
            skus::code.eq(code),
            skus::name.eq(name),
            skus::search_key.eq(folded(&format!("{code} {name}"))),
            skus::on_hand.eq(on_hand),
            skus::committed.eq(0),
            skus::oversold.eq(0),
            skus::buffer.eq(0),
            skus::revision.eq(1),
            skus::created_at.eq(now),
        ))
        .execute(conn)?;
    diesel::insert_into(ledger_entries::table)
        .values((
            ledger_entries::sku.eq(code),
            ledger_entries::number.eq(1),
            ledger_entries::at.eq(now),
            ledger_entries::actor.eq("bench"),
            ledger_entries::kind.eq("opening_stock"),
            ledger_entries::reason.eq("Import of bench.csv"),
            ledger_entries::on_hand_change.eq(on_hand),
            ledger_entries::committed_change.eq(0),
            ledger_entries::oversold_change.eq(0),
            ledger_entries::buffer_change.eq(0),
            ledger_entries::held_change.eq(0),
            ledger_entries::sold_change.eq(0),
            ledger_entries::on_hand_after.eq(on_hand),
            ledger_entries::committed_after.eq(0),
            ledger_entries::oversold_after.eq(0),
            ledger_entries::buffer_after.eq(0),
        ))
        .execute(conn)?;
    STORES.iter().try_for_each(|store| {
        let listing = (
            listings::id.eq(new_id::<ListingId>(now)),
            listings::sku.eq(code),
            listings::store.eq(store),
            listings::seller_sku.eq(code),
            listings::created_at.eq(now),
        );
        diesel::insert_into(listings::table).values(listing).execute(conn).map(drop)
    })
}
