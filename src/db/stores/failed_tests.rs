//! The latest test of each connection, if it failed and the connection is unchanged since.

use crate::{
    db::{Conn, engine::schema::failed_tests},
    domain::{code::StoreCode, moment::Moment},
};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = failed_tests)]
pub struct FailedTest {
    pub store: StoreCode,
    pub at: Moment,
    /// What staff were told.
    pub problem: String,
}

pub fn of(conn: &mut Conn, store: &StoreCode) -> QueryResult<Option<FailedTest>> {
    failed_tests::table.find(store).select(FailedTest::as_select()).first(conn).optional()
}

pub fn replace(conn: &mut Conn, failed: &FailedTest) -> QueryResult<()> {
    forget(conn, &failed.store)?;
    diesel::insert_into(failed_tests::table).values(failed).execute(conn).map(drop)
}

pub fn forget(conn: &mut Conn, store: &StoreCode) -> QueryResult<()> {
    diesel::delete(failed_tests::table.find(store)).execute(conn).map(drop)
}
