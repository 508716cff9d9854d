//! `flashsale backup` and `flashsale restore`

use clap::Args;
use flashsale::{
    actions::verifications::verify,
    clock::Clock,
    db::{self, Conn, Database, DatabaseCopy, DatabaseUrl, PoolSize},
    settings::Settings,
};
use std::{
    error::Error,
    path::{Path, PathBuf},
};

#[derive(Args)]
pub struct BackupCommand {
    /// The new file.
    file: PathBuf,
}

#[derive(Args)]
pub struct RestoreCommand {
    /// The file that `flashsale backup` made.
    file: PathBuf,
    /// Put it in the place of the database that is there. The old one gets another name.
    #[arg(long)]
    replace: bool,
}

/// Copies the database while servers use it, and verifies the copy before it gets its name.
pub fn back_up(settings: &Settings, command: &BackupCommand) -> Result<(), Box<dyn Error>> {
    let path = sqlite_path(settings)?;
    let to = &command.file;
    if to.exists() {
        return Err(format!("there is a file {} already: choose another name", to.display()).into());
    }
    let copy = DatabaseCopy::of(Path::new(&path), to, settings.pool.wait)?;
    copy.check()?;
    let report = if copy.is_current()? { Some(verified(&copy.url()?, settings.pool)?) } else { None };
    copy.keep_as(to)?;
    println!("Backed up to {}.", to.display());
    match report {
        Some(report) => told(&report),
        None => {
            println!("The file is whole. It is of an earlier version: start flashsale on it to bring it up to date.");
            Ok(())
        }
    }
}

/// Puts a backup in the place of the database, after it was brought to this version and verified.
pub fn restore(settings: &Settings, command: &RestoreCommand) -> Result<(), Box<dyn Error>> {
    let path = sqlite_path(settings)?;
    let to = Path::new(&path);
    if to.exists() && !command.replace {
        return Err(format!("there is a database {path} already: stop its server and add --replace").into());
    }
    let copy = DatabaseCopy::of(&command.file, to, settings.pool.wait)?;
    copy.check()?;
    copy.migrate()?;
    let url = copy.url()?;
    let report = verified(&url, settings.pool)?;
    let now = Clock::system().now();
    Database::amend(&url, settings.pool, |conn| db::stores::pushes::forget_acknowledged(conn, now))?;
    let old = copy.replace(to)?;
    println!("Restored {} to {path}.", command.file.display());
    if let Some(old) = old {
        println!("The old database is {} now.", old.display());
    }
    println!(
        "What happened after the backup is not in it: send the orders since then again; those that are known change \
         nothing. Every quantity is sent to the stores again. Programs that follow the quantities have to read all of them anew."
    );
    told(&report)
}

/// The path of the SQLite file. On PostgreSQL its own programs copy and restore.
fn sqlite_path(settings: &Settings) -> Result<String, String> {
    match &settings.database_url {
        DatabaseUrl::Sqlite(path) => Ok(path.clone()),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => {
            Err("the database is on a PostgreSQL server: back it up with pg_dump, and restore it with pg_restore"
                .to_owned())
        }
    }
}

fn verified(url: &DatabaseUrl, pool: PoolSize) -> Result<verify::Report, db::Error> {
    let now = Clock::system().now();
    Database::inspect(url, pool, |conn: &mut Conn| verify::run(conn, now))
}

/// Prints the result of the verification, and fails if there are differences.
fn told(report: &verify::Report) -> Result<(), Box<dyn Error>> {
    println!("{report}");
    if report.differences.is_empty() {
        return Ok(());
    }
    Err("the copy is whole, but it does not agree with its ledger: the differences are listed above".into())
}
