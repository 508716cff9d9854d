//! The file of an SQLite database, and its log (`-wal`) with the newest transactions, have to stay where they are. If one
//! is deleted or replaced, an open connection goes on writing into the old one, and all of that is lost; a new connection
//! creates an empty file.

use super::{error::Error, url::DatabaseUrl};
use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query};
use std::{
    fs, io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// How long the last checkpoint waits for reads and writes that are under way.
const LAST_WAIT_MS: u32 = 2_000;

/// The file of an SQLite database; `None` for a server.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile(Option<Arc<OpenFile>>);

struct OpenFile {
    path: String,
    id: FileId,
    /// The log, if the file system can have one.
    log: Option<(String, FileId)>,
    /// A connection that does no work. While it is open, SQLite does not remove the log, so one that is not there was
    /// removed by somebody else.
    keeper: Mutex<Option<SqliteConnection>>,
    /// The log is missing, and what it had was saved.
    is_saved: AtomicBool,
    is_closed: AtomicBool,
}

/// Identifies a file on this machine, whatever its name.
type FileId = (u64, u64);

#[derive(diesel::QueryableByName)]
struct Mode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

/// The result of a checkpoint.
#[derive(diesel::QueryableByName)]
struct Checkpoint {
    /// Not 0 if a connection was in the way.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

impl DatabaseFile {
    /// The file that `url` names, created if it is missing.
    pub(crate) fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        match url {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => Ok(Self(None)),
            DatabaseUrl::Sqlite(path) => Ok(Self(Some(Arc::new(OpenFile::open(path)?)))),
        }
    }

    /// Checks that the file and its log are still where they were.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.0.as_deref().map_or(Ok(()), OpenFile::check)
    }

    /// Refuses all work from now on, and copies the log into the file, so that the file alone has everything. Returns whether
    /// it could.
    pub(crate) fn close(&self) -> Result<bool, Error> {
        self.0.as_deref().map_or(Ok(true), OpenFile::close)
    }
}

impl OpenFile {
    fn open(path: &str) -> Result<Self, Error> {
        let log = format!("{path}-wal");
        if !Path::new(path).exists() && fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            return Err(Error::Setting(format!(
                "{path} is missing, but its log {log} is there, so it was deleted or moved: put it back, or restore a \
                 backup. To begin with an empty database, move the log away."
            )));
        }
        let id = make_missing(path)
            .and_then(|()| file_id(path))
            .map_err(|error| Error::Setting(format!("cannot open the database file {path} for writing: {error}")))?;
        let mut keeper = SqliteConnection::establish(path)?;
        keeper.batch_execute(&format!("PRAGMA busy_timeout = {LAST_WAIT_MS}; PRAGMA synchronous = FULL"))?;
        let mode: Mode = sql_query("PRAGMA journal_mode = WAL").get_result(&mut keeper)?;
        // The first read opens the log.
        keeper.batch_execute("SELECT COUNT(*) FROM sqlite_master")?;
        let log = if mode.journal_mode == "wal" {
            let id = file_id(&log).map_err(|error| Error::Unreachable(format!("{log}: {error}")))?;
            Some((log, id))
        } else {
            None
        };
        Ok(Self {
            path: path.to_owned(),
            id,
            log,
            keeper: Mutex::new(Some(keeper)),
            is_saved: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
        })
    }

    fn check(&self) -> Result<(), Error> {
        let Self { path, id, .. } = self;
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::Unreachable("the program is stopping".to_owned()));
        }
        match file_id(path) {
            Ok(found) if found == *id => {}
            Ok(_) => {
                let words = format!("another file was put in the place of {path}: restart the server");
                return Err(Error::Unreachable(words));
            }
            Err(error) => return Err(Error::Unreachable(format!("{path}: {error}"))),
        }
        let Some((log, id)) = &self.log else { return Ok(()) };
        match file_id(log) {
            Ok(found) if found == *id => {
                if self.is_saved.load(Ordering::Relaxed) {
                    self.is_saved.store(false, Ordering::Release);
                }
                Ok(())
            }
            Ok(_) => {
                let words = format!("another file was put in the place of {log}: put it back, or restart the server");
                Err(Error::Unreachable(words))
            }
            Err(error) => {
                self.save_lost_log();
                Err(Error::Unreachable(format!("{log}: {error}: put it back, or restart the server")))
            }
        }
    }

    /// The log was removed, but it is still open here: what it has is copied into the file, so that nothing of it is lost.
    fn save_lost_log(&self) {
        if self.is_saved.load(Ordering::Acquire) {
            return;
        }
        match self.checkpoint("FULL") {
            Ok(true) => {
                self.is_saved.store(true, Ordering::Release);
                tracing::error!(
                    path = self.path,
                    "the log of the database was removed; what it had is in the file now"
                );
            }
            Ok(false) => tracing::error!(path = self.path, "the log of the database was removed and is not saved yet"),
            Err(error) => tracing::error!(path = self.path, %error, "the log of the database was removed"),
        }
    }

    fn close(&self) -> Result<bool, Error> {
        self.is_closed.store(true, Ordering::Release);
        let is_whole = self.checkpoint("TRUNCATE")?;
        drop(self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(is_whole)
    }

    /// Copies the log into the file. Returns whether all of it is there.
    fn checkpoint(&self, how: &str) -> Result<bool, Error> {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(conn) = keeper.as_mut() else { return Ok(true) };
        let done: Checkpoint = sql_query(format!("PRAGMA wal_checkpoint({how})")).get_result(conn)?;
        Ok(done.busy == 0)
    }
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)
    }
}

/// Creates the file if it is missing, readable only by its owner: it contains password hashes.
fn make_missing(path: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn file_id(path: impl AsRef<Path>) -> io::Result<FileId> {
    let found = fs::metadata(path)?;
    #[cfg(unix)]
    return Ok((std::os::unix::fs::MetadataExt::dev(&found), std::os::unix::fs::MetadataExt::ino(&found)));
    #[cfg(not(unix))]
    return Ok((0, u64::from(found.is_file())));
}
