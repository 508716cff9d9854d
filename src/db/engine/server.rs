//! What is asked of a PostgreSQL server before it is used.
//!
//! A connection of the program is a session: it has prepared statements, settings of its own, and locks. A pooler that gives
//! a session to another client after each transaction mixes them up: statements are not found, and other clients get the
//! settings of a connection that cannot write.

use super::{
    error::Error,
    url::{DatabaseUrl, is_unchecked},
};
use diesel::{Connection, PgConnection, connection::SimpleConnection};

const REFUSAL: &str = "DATABASE_URL leads to a pooler that gives one session to several clients (PgBouncer with pool_mode = \
                       transaction or statement), and flashsale needs sessions of its own: set pool_mode = session for its \
                       database, or name PostgreSQL itself in DATABASE_URL";

/// Refuses a pooler that mixes sessions up, and warns of a server that anybody could pretend to be.
pub fn check(url: &DatabaseUrl) -> Result<(), Error> {
    let DatabaseUrl::Postgres(url) = url else { return Ok(()) };
    if is_unchecked(url) && std::env::var_os("PGSSLMODE").is_none() {
        tracing::warn!(
            "the certificate of the database server is not checked: add ?sslmode=verify-full to DATABASE_URL (README, \
             PostgreSQL)"
        );
    }
    keeps_sessions_apart(url)
}

/// What one connection sets, another one must not find. A pooler that mixes sessions up gives the second the session that
/// was used last.
fn keeps_sessions_apart(url: &str) -> Result<(), Error> {
    let mut one = PgConnection::establish(url)?;
    let mut other = PgConnection::establish(url)?;
    let mark = format!("{:032x}", rand::random::<u128>());
    one.batch_execute(&format!("SELECT set_config('flashsale.session', '{mark}', FALSE)"))?;
    let is_found = other.batch_execute(&format!(
        "DO $$ BEGIN IF current_setting('flashsale.session', TRUE) = '{mark}' THEN RAISE 'found'; END IF; END $$"
    ));
    match is_found {
        Ok(()) => Ok(()),
        Err(error) if error.to_string().contains("found") => Err(Error::Setting(REFUSAL.to_owned())),
        Err(error) => Err(error.into()),
    }
}
