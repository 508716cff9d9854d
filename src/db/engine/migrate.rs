//! The tables: migrations are built into the program and run when it starts.

use super::{connection::Conn, error::Error};
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
#[cfg(feature = "postgres")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the tables up to date.
pub fn run(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            // Two servers that start at once must not migrate at once.
            diesel::RunQueryDsl::execute(diesel::sql_query("SELECT pg_advisory_lock(5471390)"), conn)?;
            let outcome = run_all(conn, POSTGRES);
            diesel::RunQueryDsl::execute(diesel::sql_query("SELECT pg_advisory_unlock(5471390)"), conn)?;
            outcome
        }
        Conn::Sqlite(conn) => run_all(conn, SQLITE),
    }
}

/// Checks that the tables are those of this program, without changing anything.
pub fn check(conn: &mut Conn) -> Result<(), Error> {
    let applied = applied(conn);
    let is_current = applied.map_err(Into::into).and_then(|applied| match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => are_all::<diesel::pg::Pg>(&applied, POSTGRES),
        Conn::Sqlite(_) => are_all::<diesel::sqlite::Sqlite>(&applied, SQLITE),
    });
    match is_current {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::Migration(
            "the database was made by another version of flashsale, or is not one of flashsale: nothing was checked; use the program \
             that made it, or start this one on it first"
                .to_owned(),
        )),
        Err(error) => Err(Error::Migration(format!("the database cannot be read as one of flashsale: {error}"))),
    }
}

/// Checks that this is a database of flashsale, of this version or of an earlier one, without changing anything.
pub fn check_known(conn: &mut Conn) -> Result<(), Error> {
    let applied =
        applied(conn).map_err(|error| Error::Migration(format!("this is no database of flashsale: {error}")))?;
    let known = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => versions::<diesel::pg::Pg>(POSTGRES),
        Conn::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(SQLITE),
    };
    let known = known.map_err(failed)?;
    match applied.iter().find(|version| !known.contains(version)) {
        Some(newer) => Err(Error::Migration(format!(
            "the database was made by a newer flashsale (it has the migration {newer}, which this program does not know): \
             use that program"
        ))),
        None => Ok(()),
    }
}

/// The versions that were applied. Diesel's own function would first create its table if that is missing.
fn applied(conn: &mut Conn) -> diesel::QueryResult<Vec<String>> {
    #[derive(diesel::QueryableByName)]
    struct Applied {
        #[diesel(sql_type = diesel::sql_types::Text)]
        version: String,
    }
    let rows: Vec<Applied> = diesel::RunQueryDsl::load(
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version"),
        conn,
    )?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

fn are_all<DB: diesel::backend::Backend>(
    applied: &[String],
    source: EmbeddedMigrations,
) -> diesel::migration::Result<bool> {
    Ok(versions::<DB>(source)? == applied)
}

/// The versions that this program knows, in their order.
fn versions<DB: diesel::backend::Backend>(source: EmbeddedMigrations) -> diesel::migration::Result<Vec<String>> {
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    let mut known: Vec<String> = known.iter().map(|one| one.name().version().to_string()).collect();
    known.sort_unstable();
    Ok(known)
}

/// Reverts every migration, newest first. For tests.
pub fn revert_all(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => conn.revert_all_migrations(POSTGRES).map(drop).map_err(failed),
        Conn::Sqlite(conn) => conn.revert_all_migrations(SQLITE).map(drop).map_err(failed),
    }
}

fn run_all<DB: diesel::backend::Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: EmbeddedMigrations,
) -> Result<(), Error> {
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(failed)?;
    let applied = conn.applied_migrations().map_err(failed)?;
    let newer = applied.iter().find(|version| known.iter().all(|one| one.name().version() != **version));
    if let Some(newer) = newer {
        return Err(Error::Migration(format!(
            "the database was made by a newer flashsale (it has the migration {newer}, which this program does not \
             know): nothing was changed; start the newer program"
        )));
    }
    conn.run_pending_migrations(source).map(drop).map_err(failed)
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Migration(format!("bringing the database up to date failed: {error}"))
}
