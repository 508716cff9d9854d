//! What the databases know about the rows of the tables: nothing.
//!
//! The statements of the program are written for its indexes, and both databases find those without statistics. With the
//! statistics of a time when tables were small they would not: where every listing was of one SKU, the planner reads an
//! index whole to find the listings of a SKU, and goes on doing so while 40,000 SKUs are imported. So there are none, and
//! plans are the same before and after anybody's `ANALYZE`. How large a table is both see without it.

use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query};

/// Drops the statistics that an `ANALYZE` left behind.
pub fn forget_sqlite(conn: &mut SqliteConnection) -> QueryResult<()> {
    #[derive(diesel::QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Text)]
        name: String,
    }
    let found: Vec<Found> =
        sql_query("SELECT name FROM sqlite_master WHERE name IN ('sqlite_stat1', 'sqlite_stat4')").load(conn)?;
    for Found { name } in found {
        sql_query(format!("DROP TABLE {name}")).execute(conn)?;
    }
    Ok(())
}

/// Has `ANALYZE`, also that of autovacuum, keep no statistics of the columns of the program's tables, nor of the expressions
/// that are indexed. Statistics that an earlier version left go with the type of their column, which is set to what it is:
/// that is the only way to drop them without being a superuser, and it writes no rows.
#[cfg(feature = "postgres")]
const KEEP_NONE: &str = "
    DO $$
    DECLARE
        found RECORD;
    BEGIN
        FOR found IN
            SELECT c.oid::regclass AS of_table, string_agg(format('ALTER COLUMN %I TYPE %s %s', a.attname,
                format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attcollation <> 0 THEN 'COLLATE ' || a.attcollation::regcollation END), ', ') AS changes
            FROM pg_stats s
            JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = s.schemaname::regnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
            WHERE s.schemaname = current_schema() AND c.relkind = 'r' AND c.relowner = current_user::regrole
            GROUP BY c.oid
        LOOP
            EXECUTE format('ALTER TABLE %s %s', found.of_table, found.changes);
        END LOOP;
        FOR found IN
            SELECT CASE c.relkind WHEN 'i' THEN 'INDEX' ELSE 'TABLE' END AS kind, c.oid::regclass AS relation,
                string_agg(format('ALTER COLUMN %s SET STATISTICS 0',
                    CASE c.relkind WHEN 'i' THEN a.attnum::text ELSE quote_ident(a.attname) END), ', ') AS changes
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_index i ON i.indexrelid = c.oid
            WHERE c.relnamespace = current_schema()::regnamespace AND c.relowner = current_user::regrole
                AND a.attstattarget IS DISTINCT FROM 0
                AND (c.relkind = 'r' OR c.relkind = 'i' AND a.attnum <= i.indnkeyatts AND i.indkey[a.attnum - 1] = 0)
            GROUP BY c.oid, c.relkind
        LOOP
            EXECUTE format('ALTER %s %s %s', found.kind, found.relation, found.changes);
        END LOOP;
    END $$";

/// Keeps statistics of nothing on PostgreSQL.
#[cfg(feature = "postgres")]
pub fn keep_none(conn: &mut diesel::PgConnection) -> Result<(), super::error::Error> {
    Ok(diesel::connection::SimpleConnection::batch_execute(conn, KEEP_NONE)?)
}
