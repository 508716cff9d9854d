//! The database of the program: two pools of connections, and the two ways to use them, [`Database::read`] and
//! [`Database::write`].

use super::{
    budget, clock_guard,
    connection::{self, Conn, Purpose},
    error::{Ending, Error, ErrorKind, Failure},
    file::DatabaseFile,
    migrate,
    pool::{Lease, Pool},
    progress::Progress,
    recent_keys::RecentKeys,
    session::Session,
    threads::{self, Task},
    url::DatabaseUrl,
};
use crate::clock::ClockGuard;
use diesel::{
    Connection,
    connection::{SimpleConnection, TransactionManager},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::watch, time};

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
    /// When a request that waits for the database is answered.
    pub deadline: Duration,
}

impl Default for PoolSize {
    fn default() -> Self {
        Self { readers: 4, writers: 4, wait: Duration::from_secs(4), deadline: Duration::from_secs(5) }
    }
}

impl PoolSize {
    /// The wait for a connection, and that for a lock: it ends before the deadline, so that the answer names it.
    pub(super) fn wait(&self) -> Duration {
        self.wait.min(self.deadline * 4 / 5)
    }

    /// How long a request waits in all: a little is left to send its answer.
    fn answer(&self) -> Duration {
        self.deadline - self.deadline / 20
    }
}

/// The database of the program. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    file: DatabaseFile,
    readers: Arc<Pool>,
    writers: Arc<Pool>,
    written: watch::Sender<()>,
    recent_keys: RecentKeys,
    deadline: Duration,
    /// Whether work may take longer than the deadline, as long as its connection does not hang.
    is_patient: bool,
    /// Refuses to write while the clock of the machine is off.
    pub(super) clock_guard: Option<Arc<ClockGuard>>,
}

impl Database {
    /// Opens the database at `url` and brings its tables up to date.
    pub fn open(url: &DatabaseUrl, size: PoolSize) -> Result<Self, Error> {
        let file = DatabaseFile::open(url)?;
        #[cfg(feature = "postgres")]
        super::server::check(url)?;
        migrate::run(&mut connection::open(url, Purpose::Writing, size.wait, None)?)?;
        let pool = |purpose, limit| {
            let file = file.clone();
            let target = url.clone();
            let open = move || {
                // SQLite would create a missing one.
                file.check()?;
                Ok(Session::new(connection::open(&target, purpose, size.wait(), Some(size.deadline))?)?)
            };
            Pool::new(limit, size.wait(), url.is_server(), Box::new(open))
        };
        let writers = if url.is_server() { size.writers } else { 1 };
        Ok(Self {
            readers: pool(Purpose::Reading, size.readers),
            writers: pool(Purpose::Writing, writers),
            file,
            written: watch::Sender::default(),
            recent_keys: RecentKeys::default(),
            deadline: size.answer(),
            is_patient: false,
            clock_guard: None,
        })
    }

    /// The same database for work that nobody waits for. It may take longer than an answer may, but it does not wait for
    /// a connection that hangs.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { is_patient: true, ..self.clone() }
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
        self.watched(move |progress| database.read_with(progress, work)).await
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
        self.watched(move |progress| database.write_with(progress, work)).await
    }

    /// [`Self::read`] for threads that may block: the command line.
    pub fn read_blocking<T, E: Ending>(&self, work: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E::Failure> {
        self.read_with(&Progress::default(), work)
    }

    /// [`Self::write`] for threads that may block: the command line.
    pub fn write_blocking<T, E: Ending>(&self, work: impl FnMut(&mut Conn) -> Result<T, E>) -> Result<T, E::Failure> {
        self.write_with(&Progress::default(), work)
    }

    /// Runs `work` on a thread and waits for its result, until the deadline.
    async fn watched<T, F>(&self, work: impl FnOnce(&Progress) -> Result<T, F> + Send + 'static) -> Result<T, F>
    where
        T: Send + 'static,
        F: Failure + Send + 'static,
    {
        let progress = Arc::<Progress>::default();
        let shared = progress.clone();
        let (task, mut result) = threads::task(move || work(&shared));
        self.run(progress, task).await?;
        result.try_recv().unwrap_or_else(|_| Err(Error::GivenUp.into()))
    }

    /// Runs a task, whose work has this progress, to its end, or gives it up at the deadline.
    async fn run(&self, progress: Arc<Progress>, task: Task) -> Result<(), Error> {
        let _waits = Waits(progress.clone());
        let mut working = threads::spawn(task);
        let Self { readers, writers, deadline, is_patient, .. } = self.clone();
        let pause = if is_patient { deadline / 5 } else { budget::left(deadline) };
        let since = Instant::now();
        // A task of its own: it gives up a connection that hangs although the client has hung up.
        let watching = actix_web::rt::spawn(async move {
            // An error is a panic of the work, which ends it too.
            while time::timeout(pause, &mut working).await.is_err() {
                if !is_patient || progress.hangs(deadline) {
                    let error = progress.give_up();
                    // Those that are idle may hang in the same way.
                    readers.close_idle();
                    writers.close_idle();
                    return Err(error);
                }
            }
            Ok(())
        });
        let done = watching.await.unwrap_or(Err(Error::GivenUp));
        if !is_patient {
            budget::spend(since.elapsed());
        }
        done
    }

    fn read_with<T, E: Ending>(
        &self,
        progress: &Progress,
        work: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E::Failure> {
        let mut lease = self.leased(Purpose::Reading, progress)?;
        ended(&mut lease, |conn| finish(conn, work, end_of_read))
    }

    fn write_with<T, E: Ending>(
        &self,
        progress: &Progress,
        mut work: impl FnMut(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E::Failure> {
        let mut tries = 1;
        loop {
            let mut lease = self.leased(Purpose::Writing, progress)?;
            let transaction = self.recent_keys.begun();
            let checked = |conn: &mut Conn| -> Result<T, E::Failure> {
                clock_guard::check(conn, self.clock_guard.as_ref())?;
                work(conn).map_err(Into::into)
            };
            let done = ended(&mut lease, |conn| finish(conn, checked, |conn| commit(conn, progress)));
            match done {
                Err(error) if tries < TRIES && error.database().is_some_and(Error::is_passing) => tries += 1,
                Ok(value) => {
                    self.recent_keys.committed(transaction);
                    self.written.send_replace(());
                    return Ok(value);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The same database with another deadline.
    #[must_use]
    pub fn within(&self, deadline: Duration) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// How long a request waits for the database in all.
    pub fn deadline(&self) -> Duration {
        self.deadline
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

    /// Where `db::idempotency` finds the answers to keys.
    pub fn recent_keys(&self) -> RecentKeys {
        self.recent_keys.clone()
    }

    /// A connection with a transaction begun.
    fn leased(&self, purpose: Purpose, progress: &Progress) -> Result<Lease, Error> {
        self.file.check()?;
        let pool = match purpose {
            Purpose::Reading => &self.readers,
            Purpose::Writing => &self.writers,
        };
        let mut lease = pool.lease()?;
        progress.begin(lease.seat())?;
        let begin = |session: &mut Session| -> Result<(), Error> {
            session.renew_plans()?;
            Ok(begin(&mut session.conn, purpose)?)
        };
        lease.begin(begin, || progress.is_given_up())?;
        Ok(lease)
    }
}

/// Of a request that waits for its work. When it is dropped, the client has gone.
struct Waits(Arc<Progress>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.forget();
    }
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
    let mut conn = connection::open(url, purpose, size.wait, None)?;
    migrate::check(&mut conn)?;
    if let (Conn::Sqlite(conn), Purpose::Reading) = (&mut conn, purpose) {
        conn.batch_execute("PRAGMA temp_store = FILE")?;
    }
    begin(&mut conn, purpose).map_err(Error::from)?;
    let end = |conn: &mut Conn| match purpose {
        Purpose::Reading => end_of_read(conn),
        Purpose::Writing => commit(conn, &Progress::of_one()),
    };
    finish(&mut conn, work, end)
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

/// Runs `work` in the transaction that was begun, then ends it with `commit` or rolls back.
fn finish<T, E: Ending>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, E>,
    commit: impl FnOnce(&mut Conn) -> Result<(), Error>,
) -> Result<T, E::Failure> {
    match work(conn) {
        Ok(value) => {
            commit(conn)?;
            Ok(value)
        }
        Err(error) => match Transactions::rollback_transaction(conn) {
            Ok(()) | Err(diesel::result::Error::BrokenTransactionManager) => Err(error.into()),
            Err(rollback) => Err(rollback.into()),
        },
    }
}

type Transactions = <Conn as Connection>::TransactionManager;

fn end_of_read(conn: &mut Conn) -> Result<(), Error> {
    Ok(Transactions::commit_transaction(conn)?)
}

/// Commits, unless the work was given up meanwhile: then it is rolled back.
fn commit(conn: &mut Conn, progress: &Progress) -> Result<(), Error> {
    if let Err(given_up) = progress.commit() {
        Transactions::rollback_transaction(conn)?;
        return Err(given_up);
    }
    Transactions::commit_transaction(conn).map_err(Error::of_commit)
}

/// Runs the last part of a transaction, and notes if its server has closed the connection.
fn ended<T, F: Failure>(lease: &mut Lease, work: impl FnOnce(&mut Conn) -> Result<T, F>) -> Result<T, F> {
    let done = work(lease.conn());
    let kind = done.as_ref().err().and_then(Failure::database).map(Error::kind);
    if matches!(kind, Some(ErrorKind::Unavailable | ErrorKind::OutcomeUnknown)) {
        lease.lose();
    }
    done
}
