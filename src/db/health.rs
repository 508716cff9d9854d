//! What can be asked about the state of the database and its disk.

use crate::{db::Conn, domain::moment::Moment};
use chrono::TimeDelta;
use diesel::prelude::*;
use rustix::fs::{StatVfsMountFlags, statvfs};
use std::{
    io::{Error, ErrorKind},
    path::Path,
};

/// How far the clock that shows `now` is ahead of the database server's. `None` on SQLite, which has no clock of its own.
/// It is an error if the database cannot be read.
pub fn clock_ahead(conn: &mut Conn, now: Moment) -> QueryResult<Option<TimeDelta>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            let shown = diesel::dsl::sql::<diesel::sql_types::Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'");
            let shown: Moment = diesel::select(shown).get_result(conn)?;
            Ok(Some(now.since(shown)))
        }
        Conn::Sqlite(conn) => {
            let _ = now;
            crate::db::engine::schema::organization::table.count().get_result::<i64>(conn)?;
            Ok(None)
        }
    }
}

/// The bytes that may still be written to the file system of `folder`.
pub fn free_bytes(folder: &Path) -> Result<u64, Error> {
    let found = statvfs(folder)?;
    if found.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Err(ErrorKind::ReadOnlyFilesystem.into());
    }
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}
