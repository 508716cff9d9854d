//! Gives a store another code. Its listings, orders, flash sales and connection stay as they are; orders that name the old
//! code are its own.

use crate::{
    db::{
        Conn, Failed,
        catalogue::quantity_checks,
        stores::{self, connections, fetches, pushes, rename},
    },
    domain::{code::StoreCode, moment::Moment},
};

/// The credentials of its connection, which are sealed for its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resealed {
    /// As they were read.
    pub before: String,
    /// The same, sealed for the new code.
    pub after: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameStoreRefusal {
    #[error("There is no store “{0}”.")]
    Unknown(StoreCode),
    #[error("Enter another code: “{0}” is its code now.")]
    Unchanged(StoreCode),
    #[error("Enter another code: “{0}” is taken.")]
    Taken(StoreCode),
    #[error("Enter another code: “{code}” was one of “{store}” before.")]
    Former { code: StoreCode, store: StoreCode },
    #[error("Someone changed its connection meanwhile: try again.")]
    ConnectionChanged,
}

pub fn run(
    conn: &mut Conn,
    at: Moment,
    from: &StoreCode,
    to: &StoreCode,
    credentials: Option<&Resealed>,
) -> Result<(), Failed<RenameStoreRefusal>> {
    let refused = |refusal| Err(Failed::Refused(refusal));
    fetches::lock(conn, from)?;
    stores::lock(conn)?;
    if stores::find(conn, from)?.is_none() {
        return refused(RenameStoreRefusal::Unknown(from.clone()));
    }
    if from == to {
        return refused(RenameStoreRefusal::Unchanged(to.clone()));
    }
    if let Some(other) = stores::spelled(conn, to)?.filter(|other| other.code != *from) {
        return refused(RenameStoreRefusal::Taken(other.code));
    }
    if let Some(store) = rename::former_codes(conn)?.remove(to).filter(|store| store != from) {
        return refused(RenameStoreRefusal::Former { code: to.clone(), store });
    }
    pushes::lock_skus_of(conn, from)?;
    quantity_checks::enqueue_store(conn, from)?;
    let connection = connections::lock(conn, from)?;
    rename::run(conn, from, to, at)?;
    if let Some(connection) = connection {
        let credentials = match credentials {
            _ if connection.credentials.is_empty() => String::new(),
            Some(resealed) if resealed.before == connection.credentials => resealed.after.clone(),
            Some(_) | None => return refused(RenameStoreRefusal::ConnectionChanged),
        };
        connections::update(conn, &connections::Connection { store: to.clone(), credentials, ..connection })?;
    }
    Ok(())
}
