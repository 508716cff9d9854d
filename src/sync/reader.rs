//! Reads something of each store from its marketplace, for as long as the server runs. Each store has a task of its own while
//! there is something to read: one that is slow holds up no other.

use super::access::Access;
use crate::{
    db::{self, Conn, QueryResult},
    domain::{code::StoreCode, moment::Moment},
    fault::log_fault,
};
use futures_util::future::LocalBoxFuture;
use std::{cell::RefCell, collections::BTreeSet, rc::Rc, sync::Arc};
use tokio::task;

/// What is read of each store.
#[derive(Clone, Copy)]
pub struct Reading {
    /// For the log.
    pub what: &'static str,
    /// The stores of which a part is due.
    pub due: fn(&mut Conn, Moment) -> QueryResult<Vec<StoreCode>>,
    /// Reads all that is due of a store.
    pub read: for<'a> fn(&'a Access, &'a StoreCode) -> LocalBoxFuture<'a, Result<(), db::Error>>,
}

pub struct Reader {
    access: Arc<Access>,
    reading: Reading,
    busy: Rc<RefCell<BTreeSet<StoreCode>>>,
}

impl Reader {
    pub fn new(access: Arc<Access>, reading: Reading) -> Self {
        Self { access, reading, busy: Rc::default() }
    }

    /// Starts reading what is due.
    pub async fn run_once(&self) -> Result<(), db::Error> {
        let now = self.access.clock().now();
        let Reading { what, due, read } = self.reading;
        let stores = self.access.database().read(move |conn| Ok::<_, db::Error>(due(conn, now)?)).await?;
        for store in stores {
            if !self.busy.borrow_mut().insert(store.clone()) {
                continue;
            }
            let access = self.access.clone();
            let busy = self.busy.clone();
            task::spawn_local(async move {
                if let Err(error) = read(&access, &store).await {
                    drop(log_fault(&format!("reading the {what} of {store}: {error}")));
                }
                busy.borrow_mut().remove(&store);
            });
        }
        Ok(())
    }
}
