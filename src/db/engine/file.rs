//! The file of an SQLite database has to stay where it is. If it is deleted or replaced, an open connection goes on
//! writing into the old file, and all of that is lost; a new connection creates an empty file.

use super::{error::Error, url::DatabaseUrl};
use std::{fs, io, path::Path, sync::Arc};

/// The file of an SQLite database; `None` for a server.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFile(Option<Arc<(String, FileId)>>);

/// Identifies a file on this machine, whatever its name.
type FileId = (u64, u64);

impl DatabaseFile {
    /// The file that `url` names, created if it is missing.
    pub(crate) fn open(url: &DatabaseUrl) -> Result<Self, Error> {
        match url {
            #[cfg(feature = "postgres")]
            DatabaseUrl::Postgres(_) => Ok(Self(None)),
            DatabaseUrl::Sqlite(path) => {
                let id = make_missing(path).and_then(|()| file_id(path)).map_err(|error| {
                    Error::Setting(format!("cannot open the database file {path} for writing: {error}"))
                })?;
                Ok(Self(Some(Arc::new((path.clone(), id)))))
            }
        }
    }

    /// Checks that the file is still where it was.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Some((path, id)) = self.0.as_deref() else { return Ok(()) };
        match file_id(path) {
            Ok(found) if found == *id => Ok(()),
            Ok(_) => {
                Err(Error::Unreachable(format!("another file was put in the place of {path}: restart the server")))
            }
            Err(error) => Err(Error::Unreachable(format!("{path}: {error}"))),
        }
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
