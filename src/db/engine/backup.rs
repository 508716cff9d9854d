//! Copies of an SQLite database: made while servers use it, and put in its place. `VACUUM INTO` writes one snapshot of all
//! transactions into one file, and nobody waits for it.

use super::{connection::Conn, error::Error, migrate, url::DatabaseUrl};
use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query, sql_types::Text};
use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::{NamedTempFile, TempPath};

/// The most of what an integrity check finds that is shown.
const SHOWN: usize = 5;

/// A whole copy of a database, in a file of its own. The file goes if it is not given a name.
pub struct DatabaseCopy {
    path: TempPath,
    wait: Duration,
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl DatabaseCopy {
    /// Copies the database in the file `from` into the folder of `to`, where it will be.
    pub fn of(from: &Path, to: &Path, wait: Duration) -> Result<Self, Error> {
        if !from.is_file() {
            return Err(Error::Setting(format!("there is no database file {}", from.display())));
        }
        let file = NamedTempFile::new_in(folder_of(to)).map_err(|error| not_written(to, &error))?;
        let copy = Self { path: file.into_temp_path(), wait };
        let mut source = Conn::Sqlite(open(from, wait)?);
        migrate::check_known(&mut source)?;
        sql_query("VACUUM INTO ?").bind::<Text, _>(text(&copy.path)?).execute(&mut source)?;
        Ok(copy)
    }

    pub fn url(&self) -> Result<DatabaseUrl, Error> {
        Ok(DatabaseUrl::Sqlite(text(&self.path)?.to_owned()))
    }

    /// Reads every page of the copy, as SQLite checks it.
    pub fn check(&self) -> Result<(), Error> {
        let mut conn = open(&self.path, self.wait)?;
        let found: Vec<Found> = sql_query("PRAGMA integrity_check").load(&mut conn)?;
        let words: Vec<String> = found.into_iter().map(|row| row.integrity_check).collect();
        if words == ["ok"] {
            return Ok(());
        }
        let shown: Vec<&str> = words.iter().take(SHOWN).map(String::as_str).collect();
        Err(Error::Setting(format!("the database is damaged, and was not copied: {}", shown.join("; "))))
    }

    /// Whether its tables are those of this program.
    pub fn is_current(&self) -> Result<bool, Error> {
        Ok(migrate::check(&mut Conn::Sqlite(open(&self.path, self.wait)?)).is_ok())
    }

    /// Brings its tables to the version of this program.
    pub fn migrate(&self) -> Result<(), Error> {
        migrate::run(&mut Conn::Sqlite(open(&self.path, self.wait)?))
    }

    /// Gives it the name `to`, which no file has.
    pub fn keep_as(self, to: &Path) -> Result<(), Error> {
        self.sync(to)?;
        self.path.persist_noclobber(to).map_err(|error| not_written(to, &error.error))?;
        sync_folder(to)
    }

    /// Puts it in the place of the database in the file `to`, which nobody may have open. Returns the other name that the old
    /// file has now, if there was one. At every moment there is a whole database in its place.
    pub fn replace(self, to: &Path) -> Result<Option<PathBuf>, Error> {
        self.sync(to)?;
        let old = if to.exists() { Some(set_aside(to, self.wait)?) } else { None };
        self.path.persist(to).map_err(|error| not_written(to, &error.error))?;
        sync_folder(to)?;
        Ok(old)
    }

    fn sync(&self, to: &Path) -> Result<(), Error> {
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|error| not_written(to, &error))
    }
}

/// Gives the old database a second name beside its own. Its log is copied into it first, which works only if nobody else has
/// it open; where it cannot be read at all, its log is kept beside it.
fn set_aside(path: &Path, wait: Duration) -> Result<PathBuf, Error> {
    let aside = free_name(path);
    let log = with_end(path, "-wal");
    let log_aside = with_end(&aside, "-wal");
    // SQLite removes the log of a file that it cannot read.
    if log.exists() {
        fs::copy(&log, &log_aside).map_err(|error| not_written(&log_aside, &error))?;
    }
    let closed = open(path, wait).and_then(|mut conn| Ok(conn.batch_execute("PRAGMA journal_mode = DELETE")?));
    match closed {
        Err(error) if error.to_string().contains("locked") => {
            remove_if_there(&log_aside)?;
            let words = format!("a server or another program uses {}: stop it first", path.display());
            return Err(Error::Setting(words));
        }
        // The new database must not find the log of the old one.
        Err(_) => remove_if_there(&log)?,
        Ok(()) => remove_if_there(&log_aside)?,
    }
    // Some file systems have no second names.
    let named = fs::hard_link(path, &aside).or_else(|_| fs::copy(path, &aside).map(drop));
    named.map_err(|error| not_written(&aside, &error))?;
    Ok(aside)
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(not_written(path, &error)),
        _ => Ok(()),
    }
}

/// `flashsale.db.before-restore`, or the same with a number.
fn free_name(path: &Path) -> PathBuf {
    let mut number = 1;
    let mut name = with_end(path, ".before-restore");
    while name.exists() {
        number += 1;
        name = with_end(path, &format!(".before-restore-{number}"));
    }
    name
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Opens a file as it is.
fn open(path: &Path, wait: Duration) -> Result<SqliteConnection, Error> {
    let mut conn = SqliteConnection::establish(text(path)?)?;
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis().clamp(1, 60_000)))?;
    Ok(conn)
}

fn text(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| Error::Setting(format!("{} is not a path of text", path.display())))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new name is durable once its folder is.
fn sync_folder(path: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let folder = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
        folder.map_err(|error| not_written(path, &error))?;
    }
    Ok(())
}

fn not_written(path: &Path, error: &io::Error) -> Error {
    Error::Setting(format!("{} cannot be written: {error}", path.display()))
}
