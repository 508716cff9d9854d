//! An `ANALYZE`, whoever asks for it, leaves nothing by which statements could be planned.

use super::migrations::{connect, definitions};
use crate::{
    support::{TestApp, on_postgres},
    sync::pushes::Shop,
};
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types};
use flashsale::db::{Conn, engine::migrate};

/// How many columns and indexes there are statistics of.
fn statistics(conn: &mut Conn) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = sql_types::BigInt)]
        count: i64,
    }
    let query = match conn {
        Conn::Sqlite(_) => "SELECT count(*) AS count FROM sqlite_master WHERE name LIKE 'sqlite_stat%'",
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => "SELECT count(*) AS count FROM pg_stats WHERE schemaname = 'public'",
    };
    sql_query(query).get_result::<Count>(conn).expect("a count").count
}

#[test]
fn statistics_of_an_earlier_version_go_and_do_not_come_back() {
    let shop = Shop::with_pages();
    let mut conn = connect(&shop.app.settings.database_url);
    if on_postgres(&shop.app.settings.database_url) {
        // What an earlier version has made: columns as PostgreSQL makes them.
        conn.batch_execute(
            "DO $$
             DECLARE found RECORD;
             BEGIN
                 FOR found IN
                     SELECT a.attrelid::regclass AS relation, a.attname AS name
                     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                     WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
                         AND c.relnamespace = 'public'::regnamespace
                 LOOP
                     EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS -1', found.relation, found.name);
                 END LOOP;
             END $$",
        )
        .expect("the columns of an earlier version");
    }
    let before = definitions(&mut conn);
    conn.batch_execute("ANALYZE").expect("statistics");
    assert!(statistics(&mut conn) > 0, "there are rows of which there are statistics");
    migrate::run(&mut conn).expect("the program starts");
    assert_eq!(statistics(&mut conn), 0);
    assert_eq!(definitions(&mut conn), before, "nothing else was changed");
    if on_postgres(&shop.app.settings.database_url) {
        conn.batch_execute("ANALYZE").expect("no statistics");
        assert_eq!(statistics(&mut conn), 0, "columns that are not to be looked at");
    }
}

#[test]
fn a_new_database_keeps_no_statistics() {
    let app = TestApp::start();
    let mut conn = connect(&app.settings.database_url);
    if on_postgres(&app.settings.database_url) {
        conn.batch_execute("ANALYZE").expect("no statistics");
    }
    assert_eq!(statistics(&mut conn), 0);
}
