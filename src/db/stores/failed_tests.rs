//! The latest test of each connection, if it failed and the connection is unchanged since. It is no part of
//! [`super::connections::Connection`]: it changes nothing about how a store is reached.

use crate::{
    db::{Conn, engine::schema::connections},
    domain::{code::StoreCode, moment::Moment},
};
use diesel::prelude::*;

pub struct FailedTest {
    pub at: Moment,
    /// What staff were told.
    pub problem: String,
}

pub fn of(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<FailedTest>> {
    let columns = (connections::failed_test_at, connections::failed_test);
    let stored: Option<(Option<Moment>, Option<String>)> =
        connections::table.find(store).select(columns).first(conn).optional()?;
    Ok(stored.and_then(|(at, problem)| Some(FailedTest { at: at?, problem: problem? })))
}

pub fn set(conn: &mut Conn, store: &StoreCode, failed: Option<&FailedTest>) -> QueryResult<()> {
    let at = failed.map(|failed| failed.at);
    let problem = failed.map(|failed| failed.problem.as_str());
    diesel::update(connections::table.find(store))
        .set((connections::failed_test_at.eq(at), connections::failed_test.eq(problem)))
        .execute(conn)
        .map(drop)
}
