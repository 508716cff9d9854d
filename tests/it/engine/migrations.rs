//! The tables: migrations go up, down and up again, `schema.rs` says what they make, and a database of a newer program
//! is not changed.

use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, at, sku_code},
    support::{TestApp, on_postgres},
    sync::pushes::Shop,
};
use diesel::{
    Connection, QueryableByName, RunQueryDsl,
    connection::{InstrumentationEvent, SimpleConnection},
    sql_query,
    sql_types::Text,
};
use flashsale::{
    db::{
        Conn, Database, DatabaseUrl,
        catalogue::detail::{Wanted, ledger},
        engine::{migrate, paging::Place, session::Session},
    },
    domain::catalogue::ledger::EntryKind,
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::mpsc,
};

/// One column of one table: the words by which both databases and `schema.rs` are compared.
#[derive(Debug, QueryableByName, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Text)]
    column: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

#[derive(Debug, QueryableByName)]
struct Definition {
    #[diesel(sql_type = Text)]
    definition: String,
}

/// A connection of its own, as no request has one. It waits for what the server writes by itself, like the use of a token.
pub fn connect(url: &DatabaseUrl) -> Conn {
    match url {
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => Conn::Postgres(diesel::PgConnection::establish(url).expect("a connection")),
        DatabaseUrl::Sqlite(path) => {
            let mut conn = diesel::SqliteConnection::establish(path).expect("a connection");
            conn.batch_execute("PRAGMA busy_timeout = 10000").expect("a setting");
            Conn::Sqlite(conn)
        }
    }
}

/// Every column there is, but for those by which diesel knows what was run, and SQLite's search indexes with the
/// numbers of rows that they refer to.
fn columns(conn: &mut Conn) -> BTreeSet<Column> {
    let sql = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            "SELECT table_name::text AS of_table, column_name::text AS column, data_type ||
                    CASE is_nullable WHEN 'YES' THEN '' ELSE ' not null' END AS kind
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
        Conn::Sqlite(_) => {
            "SELECT m.name AS of_table, c.name AS column, lower(c.type) || iif(c.\"notnull\", ' not null', '') AS kind
             FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND instr(m.name, '_search') = 0
               AND NOT (c.name = 'number' AND c.pk = 1 AND c.type = 'INTEGER')"
        }
    };
    let columns: Vec<Column> = sql_query(sql).load(conn).expect("columns");
    columns.into_iter().filter(|column| column.of_table != "__diesel_schema_migrations").collect()
}

/// Every table, index, trigger and function, as the database itself defines it.
pub fn definitions(conn: &mut Conn) -> Vec<String> {
    let sql = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            "SELECT indexdef AS definition FROM pg_indexes WHERE schemaname = 'public'
             UNION ALL SELECT pg_get_constraintdef(c.oid) || ' on ' || t.relname FROM pg_constraint c
                JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
                WHERE n.nspname = 'public'
             UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
             UNION ALL SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
                WHERE l.lanname = 'plpgsql'
             ORDER BY 1"
        }
        Conn::Sqlite(_) => "SELECT sql AS definition FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1",
    };
    let definitions: Vec<Definition> = sql_query(sql).load(conn).expect("definitions");
    let of_diesel = |text: &String| text.contains("__diesel_schema_migrations");
    definitions.into_iter().map(|row| row.definition).filter(|text| !of_diesel(text)).collect()
}

#[test]
fn migrations_go_up_and_down_and_up_again() {
    let app = TestApp::start_empty(&[]);
    let mut conn = connect(&app.settings.database_url);
    let before = (columns(&mut conn), definitions(&mut conn));
    assert!(before.0.len() > 50 && before.1.len() > 20, "{before:?}");
    migrate::revert_all(&mut conn).expect("down");
    assert_eq!((columns(&mut conn), definitions(&mut conn)), (BTreeSet::new(), vec![]), "down leaves nothing behind");
    migrate::run(&mut conn).expect("up again");
    assert_eq!((columns(&mut conn), definitions(&mut conn)), before);
    migrate::run(&mut conn).expect("a second time changes nothing");
    assert_eq!((columns(&mut conn), definitions(&mut conn)), before);
}

#[test]
fn the_schema_in_the_source_is_the_one_that_the_migrations_make() {
    let app = TestApp::start_empty(&[]);
    let found = columns(&mut connect(&app.settings.database_url));
    let found: BTreeSet<Column> = found.into_iter().map(|it| Column { kind: kind_of(&it.kind), ..it }).collect();
    let mut written = BTreeSet::new();
    for source in sources_of_schema() {
        written.extend(columns_of_source(&std::fs::read_to_string(source).expect("a source")));
    }
    let missing: Vec<&Column> = found.difference(&written).collect();
    let superfluous: Vec<&Column> = written.difference(&found).collect();
    assert!(missing.is_empty() && superfluous.is_empty(), "missing {missing:#?}, not there {superfluous:#?}");
}

/// `schema.rs` and the files in its folder.
fn sources_of_schema() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/engine/schema");
    let mut sources = vec![folder.with_extension("rs")];
    for entry in std::fs::read_dir(folder).expect("a folder") {
        sources.push(entry.expect("a file").path());
    }
    sources
}

/// The columns that a source names, in the words of [`Column::kind`].
fn columns_of_source(source: &str) -> BTreeSet<Column> {
    let mut of_table = String::new();
    let mut columns = BTreeSet::new();
    for line in source.lines().map(str::trim) {
        if let Some((name, _)) = line.strip_suffix(") {").and_then(|line| line.split_once(" (")) {
            of_table = name.to_owned();
        } else if let Some((column, kind)) = line.strip_suffix(',').and_then(|line| line.split_once(" -> ")) {
            let (column, kind) = (column.to_owned(), kind.to_owned());
            columns.insert(Column { of_table: of_table.clone(), column, kind });
        }
    }
    columns
}

/// What diesel calls the type that a database calls `name`.
fn kind_of(name: &str) -> String {
    let (name, is_set) = name.strip_suffix(" not null").map_or((name, false), |name| (name, true));
    let kind = match name {
        "text" => "Text",
        "bigint" => "BigInt",
        "integer" => "Integer",
        "boolean" => "Bool",
        "bytea" | "blob" => "Binary",
        "timestamp" | "timestamp without time zone" => "Timestamp",
        other => panic!("{other:?} is a type that tables do not use yet: say here what diesel calls it"),
    };
    if is_set { kind.to_owned() } else { format!("Nullable<{kind}>") }
}

#[test]
fn a_database_that_a_newer_program_made_is_left_alone() {
    let app = TestApp::start();
    let url = &app.settings.database_url;
    let mut conn = connect(url);
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')";
    conn.batch_execute(newer).expect("the mark of a newer program");
    let before = (columns(&mut conn), definitions(&mut conn));
    let refusal = Database::open(url, app.settings.pool).map(drop).expect_err("refused").to_string();
    assert!(refusal.contains("made by a newer flashsale") && refusal.contains("29991231000000"), "{refusal}");
    assert_eq!((columns(&mut conn), definitions(&mut conn)), before);
}

/// How a statement finds its rows, as the database itself says.
#[derive(Debug, QueryableByName)]
struct SqlitePlan {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[cfg(feature = "postgres")]
#[derive(Debug, QueryableByName)]
struct PostgresPlan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

/// The plan of every statement that `work` asks, each with its statement, on a connection as requests have one.
pub fn plans(url: &DatabaseUrl, work: impl FnOnce(&mut Conn)) -> Vec<(String, String)> {
    let conn = connect(url);
    let mut conn = Session::new(conn).expect("a setting").conn;
    let (said, heard) = mpsc::channel();
    conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            said.send(query.to_string()).expect("the test listens");
        }
    });
    work(&mut conn);
    let asked: Vec<String> = heard.try_iter().collect();
    let statements = asked.iter().map(|query| query.split("-- binds").next().unwrap_or_default().to_owned());
    statements.map(|statement| (plan(&mut conn, &statement), statement)).collect()
}

/// The plan of `statement`, whatever the values of its parameters are.
fn plan(conn: &mut Conn, statement: &str) -> String {
    match conn {
        Conn::Sqlite(conn) => {
            let steps: Vec<SqlitePlan> =
                sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(conn).expect("a plan");
            steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n")
        }
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            let parameters = (1..).take_while(|number| statement.contains(&format!("${number}")));
            let nulls = parameters.map(|_| "NULL").collect::<Vec<_>>().join(", ");
            let values = if nulls.is_empty() { nulls } else { format!(" ({nulls})") };
            let prepare = format!("SET plan_cache_mode = force_generic_plan; PREPARE looked_at AS {statement}");
            conn.batch_execute(&prepare).expect("a statement");
            let lines: Vec<PostgresPlan> =
                sql_query(format!("EXPLAIN EXECUTE looked_at{values}")).load(conn).expect("a plan");
            conn.batch_execute("DEALLOCATE looked_at").expect("it is there");
            lines.into_iter().map(|line| line.line).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn a_ledger_of_one_kind_or_sale_is_read_from_an_index_in_its_order() {
    let app = TestApp::start();
    let product = sku_code("Product1");
    let key = if on_postgres(&app.settings.database_url) { "ledger_entries_pkey" } else { "PRIMARY KEY" };
    let kinds = EntryKind::ALL.map(|kind| {
        let index = match kind {
            EntryKind::OpeningStock => "number",
            EntryKind::OrderTaken => key,
            _ => "ledger_entries_by_kind",
        };
        (Wanted::Kind(kind), index)
    });
    let of_sale = (Wanted::Sale(uuid::Uuid::nil().into()), "ledger_entries_of_promotion");
    for (wanted, index) in kinds.into_iter().chain([of_sale]) {
        for place in [Place::Start, Place::After("9".to_owned()), Place::Before("9".to_owned())] {
            let plans = plans(&app.settings.database_url, |conn| {
                ledger(conn, &product, wanted, &place).expect("a read");
            });
            let (plan, _) = plans.first().expect("a statement that looks for the entries");
            let sorts = plan.contains("Sort") || plan.contains("TEMP B-TREE");
            assert!(plan.contains(index) && !sorts, "{wanted:?} {place:?}\n{plan}");
        }
    }
}

/// What takes tables to the version before leases and back.
fn around_leases(conn: &Conn) -> (&'static str, &'static str) {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => (
            include_str!("../../../migrations/postgres/2026-11-28-000002_leases/down.sql"),
            include_str!("../../../migrations/postgres/2026-11-28-000002_leases/up.sql"),
        ),
        Conn::Sqlite(_) => (
            include_str!("../../../migrations/sqlite/2026-11-28-000002_leases/down.sql"),
            include_str!("../../../migrations/sqlite/2026-11-28-000002_leases/up.sql"),
        ),
    }
}

#[test]
fn what_the_version_before_had_claimed_in_a_hurry_is_leased() {
    let shop = Shop::open();
    shop.settle(at(0));
    let zalora = shop.push(ZALORA);
    let mut conn = connect(&shop.app.settings.database_url);
    let (down, up) = around_leases(&conn);
    conn.batch_execute(down).expect("the version before");
    conn.batch_execute(
        "INSERT INTO hurried_claims (claim, store, behind_since, due_at, listings) VALUES
             ('gone/1', 'lazada-sg', '2026-11-10 12:00:01', '2026-11-10 12:00:21', '[[\"Product1\", 50, true]]'),
             ('gone/2', 'shopee-sg', '2026-11-10 12:00:01', '2026-11-10 12:00:21',
              '[[\"Product1\", 120, false], [\"Product9\", 1, true]]')",
    )
    .expect("claims in a hurry");
    conn.batch_execute(up).expect("this version");
    let lowered = shop.push(LAZADA);
    assert_eq!((lowered.lease.as_deref(), lowered.sending), (Some("gone/1"), Some(50)));
    assert_eq!((lowered.behind_since, lowered.lower_since, lowered.due_at), (Some(at(1)), Some(at(1)), Some(at(21))));
    let raised = shop.push(SHOPEE);
    assert_eq!((raised.lease.as_deref(), raised.sending, raised.lower_since), (Some("gone/2"), Some(120), None));
    assert_eq!(shop.push(ZALORA), zalora);
    assert!(shop.lease(SHOPEE, "other", at(20)).is_empty(), "another server may still be sending it");
    let leased = shop.lease(SHOPEE, "other", at(21)).remove(0);
    assert_eq!((leased.quantity, leased.acknowledged, leased.at_most), (100, Some(100), Some(120)), "it may show more");
}

/// What takes tables to the version before currencies and back.
fn around_currencies(conn: &Conn) -> (&'static str, &'static str) {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => (
            include_str!("../../../migrations/postgres/2026-11-30-000006_currency/down.sql"),
            include_str!("../../../migrations/postgres/2026-11-30-000006_currency/up.sql"),
        ),
        Conn::Sqlite(_) => (
            include_str!("../../../migrations/sqlite/2026-11-30-000006_currency/down.sql"),
            include_str!("../../../migrations/sqlite/2026-11-30-000006_currency/up.sql"),
        ),
    }
}

#[test]
fn the_amounts_of_the_version_before_stay_what_they_are_and_its_stores_get_the_currency_that_is_known() {
    let app = TestApp::start();
    let api = app.api();
    let zones =
        [("sg", "Asia/Singapore"), ("vn", "Asia/Ho_Chi_Minh"), ("eu", "Europe/Berlin"), ("my", "UTC"), ("x", "UTC")];
    for (code, zone) in zones {
        let store = json!({"code": code, "name": code, "marketplace": "L", "time_zone": zone});
        api.post("/stores", &store).expect(201);
    }
    add_sku(&app.database, "TEE", "Tee", 100, &["sg", "vn", "x"]);
    let mut browser = app.signed_in();
    let connected = browser.get("/stores/my/connection?kind=file").submit(&[]);
    assert_eq!(connected.status, 303, "{}", connected.text());
    let mut conn = connect(&app.settings.database_url);
    let (down, up) = around_currencies(&conn);
    for (store, number, price) in [("sg", "1", 1250), ("vn", "1", 250_000), ("x", "1", 500)] {
        let line = json!({"sku": "TEE", "quantity": 1, "unit_price_minor": price});
        let order = json!({"store": store, "number": number, "lines": [line]});
        api.post("/orders", &json!({"orders": [order]})).expect(200);
    }
    conn.batch_execute(down).expect("the version before");
    // It took hundredths from people, and what the API sent as it was.
    conn.batch_execute(
        "UPDATE order_lines SET unit_price_minor = 250000 WHERE store = 'vn';
         INSERT INTO orders (store, number, status, placed_at, received_at, received_by, units, oversold)
             SELECT store, '2', status, placed_at, received_at, 'ops@example.com', units, oversold FROM orders
             WHERE store = 'vn';
         INSERT INTO order_lines
                 (store, number, position, sku, quantity, unit_price_minor, from_hold, from_shared, oversold)
             SELECT store, '2', position, sku, quantity, 25000000, from_hold, from_shared, oversold FROM order_lines
             WHERE store = 'vn';
         UPDATE connections SET api_url = 'https://api.lazada.com.my/rest' WHERE store = 'my'",
    )
    .expect("orders of before");
    conn.batch_execute(up).expect("this version");
    for (code, currency) in [("sg", "SGD"), ("vn", "VND"), ("eu", "EUR"), ("my", "MYR"), ("x", "none yet")] {
        assert_eq!(browser.get("/stores").cell(code, "Currency"), currency);
    }
    for (order, shown) in [("sg/1", "SGD 12.50"), ("vn/1", "VND 250,000"), ("vn/2", "VND 250,000"), ("x/1", "5.00")] {
        assert_eq!(browser.get(&format!("/orders/{order}")).cell("TEE", "Unit price"), shown, "{order}");
    }
}
