//! Recomputes everything from the ledger, from time to time and when somebody asks. It reads one snapshot on a connection
//! of its own: nobody waits for it.

use crate::{
    actions::verifications::{store_verification, verify},
    clock::Clock,
    db::{self, Conn, Database, DatabaseUrl, PoolSize, verifications::Verification},
    fault::log_fault,
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::time;

/// How often the job looks whether it is time.
const LOOK: Duration = Duration::from_secs(60);

/// Who stands beside what the job did by itself.
const SCHEDULE: &str = "schedule";

/// What recomputes.
#[derive(Clone)]
pub struct Verifier {
    /// Where the results are kept.
    pub database: Database,
    /// The same database, for connections of its own.
    pub url: DatabaseUrl,
    /// How long those wait.
    pub pool: PoolSize,
    /// The time.
    pub clock: Clock,
}

impl Verifier {
    /// Begins for `actor`, unless it is being done: what was begun is then to be given to [`Self::run`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self, actor: String) -> Result<Option<Verification>, db::Error> {
        let now = self.clock.now();
        self.database.write(move |conn| store_verification::begin(conn, now, &actor)).await
    }

    /// Recomputes everything and keeps what came of it.
    ///
    /// # Errors
    /// When the database fails: what was begun did not come to its end.
    pub async fn run(&self, begun: Verification) -> Result<(), db::Error> {
        let (url, pool, now) = (self.url.clone(), self.pool, self.clock.now());
        let inspect = move || Database::inspect(&url, pool, |conn: &mut Conn| verify::run(conn, now));
        let report = actix_web::web::block(inspect).await.unwrap_or(Err(db::Error::GivenUp));
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

    /// Recomputes everything if that was not begun within the time `every`; answers whether it did.
    ///
    /// # Errors
    /// When the database fails.
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

    /// Does so for as long as the server runs. A server that was just started has other things to do.
    pub async fn run_every(self, every: TimeDelta) {
        loop {
            time::sleep(LOOK).await;
            if let Err(error) = self.run_once(every).await {
                drop(log_fault(&error));
            }
        }
    }
}
