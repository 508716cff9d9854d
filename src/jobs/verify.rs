//! Recomputes everything from the ledger, periodically and when staff start it. It reads one snapshot on a connection of its
//! own, so that no request waits for it.

use crate::{
    actions::verifications::{store_verification, verify},
    clock::Clock,
    db::{self, Conn, Database, DatabaseUrl, PoolSize, verifications::Verification},
};
use chrono::TimeDelta;

const SCHEDULE: &str = "schedule";

#[derive(Clone)]
pub struct Verifier {
    pub database: Database,
    /// The same database, for a connection of its own.
    pub url: DatabaseUrl,
    pub pool: PoolSize,
    pub clock: Clock,
}

impl Verifier {
    /// Begins a verification, which [`Self::run`] finishes. `None` if another one is running. The deadline is that of
    /// `database`.
    pub async fn begin(&self, database: &Database, actor: String) -> Result<Option<Verification>, db::Error> {
        let now = self.clock.now();
        database.write(move |conn| store_verification::begin(conn, now, &actor)).await
    }

    pub async fn run(&self, begun: Verification) -> Result<(), db::Error> {
        let url = self.url.clone();
        let pool = self.pool;
        let now = self.clock.now();
        let inspect = move || Database::inspect(&url, pool, |conn: &mut Conn| verify::run(conn, now));
        let report = db::off_thread(inspect).await;
        let at = self.clock.now();
        match report {
            Ok(report) => {
                if !report.differences.is_empty() {
                    tracing::error!(differences = report.differences.len(), "the database differs from its ledger");
                }
                self.database.write(move |conn| store_verification::finish(conn, &begun, at, &report)).await
            }
            Err(error) => {
                self.database.write(move |conn| store_verification::fail(conn, &begun, at)).await?;
                Err(error)
            }
        }
    }

    /// Recomputes everything if no verification has begun within `every`. Returns whether it did.
    pub async fn run_once(&self, every: TimeDelta) -> Result<bool, db::Error> {
        let now = self.clock.now();
        if !self.database.read(move |conn| store_verification::is_due(conn, now, every)).await? {
            return Ok(false);
        }
        let begin = move |conn: &mut Conn| match store_verification::is_due(conn, now, every)? {
            true => store_verification::begin(conn, now, SCHEDULE),
            false => Ok(None),
        };
        match self.database.write(begin).await? {
            Some(begun) => self.run(begun).await.map(|()| true),
            None => Ok(false),
        }
    }
}
