//! The database of the program: two pools of connections, and the two ways to use them, [`Database::read`] and
//! [`Database::write`].

use super::{
    clock_guard,
    connection::{self, Conn, Manager, Pooled, Purpose},
    error::{Ending, Error, ErrorKind, Failure},
    file::DatabaseFile,
    migrate,
    url::DatabaseUrl,
};
use crate::clock::ClockGuard;
use diesel::{
    Connection,
    connection::{SimpleConnection, TransactionManager},
    r2d2::{Pool, PooledConnection},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often a transaction is tried that fails because of another one.
const TRIES: usize = 5;

/// How many connections are open, and how long a request waits for one.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    pub readers: u32,
    /// Connections for writing. SQLite allows one writer at a time and gets one connection, so that requests queue in
    /// order instead of racing for the file's lock.
    pub writers: u32,
    /// How long a request waits for a free one, and then for the locks of other transactions.
    pub wait: Duration,
}

impl Default for PoolSize {
    fn default() -> Self {
        Self { readers: 4, writers: 4, wait: Duration::from_secs(10) }
    }
}

/// The database of the program. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    file: DatabaseFile,
    readers: Pool<Manager>,
    writers: Pool<Manager>,
    written: watch::Sender<()>,
    /// Refuses to write while the clock of the machine is off.
    pub(super) clock_guard: Option<Arc<ClockGuard>>,
}

impl Database {
    /// Opens the database at `url` and brings its tables up to date.
    pub fn open(url: &DatabaseUrl, size: PoolSize) -> Result<Self, Error> {
        let file = DatabaseFile::open(url)?;
        #[cfg(feature = "postgres")]
        super::server::check(url)?;
        migrate::run(&mut connection::open(url, Purpose::Writing, size.wait)?)?;
        let writers = match url {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => size.writers,
            DatabaseUrl::Sqlite(_) => 1,
        };
        let pool = |purpose, connections| {
            Pool::builder()
                .max_size(connections)
                .min_idle(Some(1))
                .test_on_check_out(false)
                .connection_timeout(size.wait)
                .error_handler(Box::new(LogPoolErrors))
                .build(Manager { url: url.clone(), file: file.clone(), purpose, wait: size.wait })
                .map_err(|error| Error::Unreachable(error.to_string()))
        };
        let readers = pool(Purpose::Reading, size.readers)?;
        let writers = pool(Purpose::Writing, writers)?;
        Ok(Self { file, readers, writers, written: watch::Sender::default(), clock_guard: None })
    }

    /// Reads the database at `url` as it is: nothing is created, and no table is changed. It has its own connection,
    /// which sorts on disk, so that reading the whole database takes no connection or memory from requests.
    pub fn inspect<T, E: Ending>(
        url: &DatabaseUrl,
        size: PoolSize,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E::Failure> {
        in_existing(url, Purpose::Reading, size, work)
    }

    /// Writes into the database at `url` as it is: nothing is created, and no table is changed.
    pub fn amend<T, E: Ending>(
        url: &DatabaseUrl,
        size: PoolSize,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E::Failure> {
        in_existing(url, Purpose::Writing, size, work)
    }

    /// Runs `work` on one snapshot of the data, outside of the async threads.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E::Failure>
    where
        T: Send + 'static,
        E: Ending,
        E::Failure: Send + 'static,
    {
        let database = self.clone();
        off_the_async_threads(move || database.read_blocking(work)).await.unwrap_or_else(|| Err(Error::GivenUp.into()))
    }

    /// Runs `work` in one transaction that may write, outside of the async threads. It is committed if `work` succeeds
    /// and rolled back if it fails. `work` is retried, a bounded number of times, if another transaction caused the
    /// failure.
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E::Failure>
    where
        T: Send + 'static,
        E: Ending,
        E::Failure: Send + 'static,
    {
        let database = self.clone();
        off_the_async_threads(move || database.write_blocking(work)).await.unwrap_or_else(|| Err(Error::GivenUp.into()))
    }

    /// [`Self::read`] for threads that may block: the command line and jobs.
    pub fn read_blocking<T, E: Ending>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E::Failure> {
        let mut pooled = self.taken(Purpose::Reading)?;
        finish(&mut pooled.conn, work)
    }

    /// [`Self::write`] for threads that may block: the command line and jobs.
    pub fn write_blocking<T, E: Ending>(
        &self,
        mut work: impl FnMut(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E::Failure> {
        let mut tries = 1;
        loop {
            let mut pooled = self.taken(Purpose::Writing)?;
            let checked = |conn: &mut Conn| -> Result<T, E::Failure> {
                clock_guard::check(conn, self.clock_guard.as_ref())?;
                work(conn).map_err(Into::into)
            };
            match finish(&mut pooled.conn, checked) {
                Err(error) if tries < TRIES && error.database().is_some_and(Error::is_passing) => tries += 1,
                Ok(value) => {
                    self.written.send_replace(());
                    return Ok(value);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Refuses all work from now on. An SQLite file has everything afterwards, without its log, unless another program
    /// uses it: returns whether it has.
    pub fn close(&self) -> Result<bool, Error> {
        self.file.close()
    }

    /// Changes whenever this program has written something.
    pub fn written(&self) -> watch::Receiver<()> {
        self.written.subscribe()
    }

    /// A connection with a transaction begun. If its server has closed it, it is dropped and the next one is tried: no
    /// query has run on it yet.
    fn taken(&self, purpose: Purpose) -> Result<PooledConnection<Manager>, Error> {
        self.file.check()?;
        let pool = match purpose {
            Purpose::Reading => &self.readers,
            Purpose::Writing => &self.writers,
        };
        let mut lost = 0;
        loop {
            let mut pooled = pool.get().map_err(|error| match pool.state().connections {
                0 => Error::Unreachable(error.to_string()),
                _ => Error::NoneFree(error.to_string()),
            })?;
            match pooled.begin(purpose).map_err(Error::from) {
                Ok(()) => return Ok(pooled),
                Err(error) => {
                    pooled.is_lost = error.kind() == ErrorKind::Unavailable;
                    if !pooled.is_lost || lost == pool.max_size() {
                        return Err(error);
                    }
                    lost += 1;
                }
            }
        }
    }
}

/// What `work` returns, or nothing if it panicked. It is boxed, so that the task around it is compiled once and not for
/// every query of the program.
async fn off_the_async_threads<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, mut answer) = tokio::sync::oneshot::channel();
    let task: Box<dyn FnOnce() + Send> = Box::new(move || drop(sender.send(work())));
    actix_web::web::block(task).await.ok()?;
    answer.try_recv().ok()
}

/// Runs `work` in one transaction on the database at `url`, which has to exist and has a connection of its own for it.
fn in_existing<T, E: Ending>(
    url: &DatabaseUrl,
    purpose: Purpose,
    size: PoolSize,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E::Failure> {
    if let DatabaseUrl::Sqlite(path) = url
        && !std::path::Path::new(path).is_file()
    {
        return Err(Error::Setting(format!("there is no database file {path}")).into());
    }
    let mut conn = connection::open(url, purpose, size.wait)?;
    migrate::check(&mut conn)?;
    if let (Conn::Sqlite(conn), Purpose::Reading) = (&mut conn, purpose) {
        conn.batch_execute("PRAGMA temp_store = FILE")?;
    }
    begin(&mut conn, purpose).map_err(Error::from)?;
    finish(&mut conn, work)
}

impl Pooled {
    fn begin(&mut self, purpose: Purpose) -> diesel::QueryResult<()> {
        self.plans.renew(&mut self.conn)?;
        begin(&mut self.conn, purpose)
    }
}

/// Begins a transaction. One that writes takes SQLite's write lock at once: a deferred one fails if it has to take it
/// later. One that reads sees a single snapshot.
fn begin(conn: &mut Conn, purpose: Purpose) -> diesel::QueryResult<()> {
    use diesel::connection::AnsiTransactionManager as Ansi;
    match (conn, purpose) {
        #[cfg(feature = "postgres")]
        (Conn::Postgres(conn), Purpose::Reading) => {
            Ansi::begin_transaction_sql(conn, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        }
        #[cfg(feature = "postgres")]
        (Conn::Postgres(conn), Purpose::Writing) => Ansi::begin_transaction_sql(conn, "BEGIN"),
        (Conn::Sqlite(conn), Purpose::Reading) => Ansi::begin_transaction_sql(conn, "BEGIN"),
        (Conn::Sqlite(conn), Purpose::Writing) => Ansi::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
    }
}

/// Runs `work` in the transaction that was begun, then commits or rolls back.
fn finish<T, E: Ending>(conn: &mut Conn, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E::Failure> {
    type Manager = <Conn as Connection>::TransactionManager;
    match work(conn) {
        Ok(value) => {
            Manager::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => match Manager::rollback_transaction(conn) {
            Ok(()) | Err(diesel::result::Error::BrokenTransactionManager) => Err(error.into()),
            Err(rollback) => Err(rollback.into()),
        },
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl<E: std::error::Error> diesel::r2d2::HandleError<E> for LogPoolErrors {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "a database connection could not be opened");
    }
}
