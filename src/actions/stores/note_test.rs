//! Records the result of the test of a connection. If it succeeded, which warehouses the seller has as well: after that the
//! store may be resumed, unless one of several has to be chosen first.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            connections::{self, Connection},
            failed_tests::{self, FailedTest},
            fetches, warehouses,
        },
    },
    domain::{moment::Moment, stores::warehouse::Warehouse},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    Tested,
    /// The connection has changed since the test began: the test says nothing about it.
    Changed,
    /// The seller has several warehouses, and none of them is chosen.
    NeedsWarehouse,
}

pub fn run(conn: &mut Conn, tested: &Connection, found: &[Warehouse], at: Moment) -> QueryResult<Noted> {
    let Some(mut connection) = connections::lock(conn, &tested.store)? else { return Ok(Noted::Changed) };
    if !connection.is_reached_as(tested) {
        return Ok(Noted::Changed);
    }
    failed_tests::set(conn, &tested.store, None)?;
    warehouses::replace(conn, &tested.store, found)?;
    let is_chosen = found.iter().any(|warehouse| connection.warehouse.as_ref() == Some(&warehouse.code));
    let has_choice = found.len() > 1 || (connection.warehouse.is_some() && !found.is_empty());
    if has_choice && !is_chosen {
        return Ok(Noted::NeedsWarehouse);
    }
    connection.tested_at = Some(at);
    if connection.pause_reason.as_deref() == Some(connections::NOT_TESTED) {
        connection.pause_reason = Some(connections::NOT_RESUMED.to_owned());
    }
    connections::update(conn, &connection)?;
    if connection.kind.has_list() {
        // What it lists is wanted as soon as it can be read.
        let fetch = fetches::find(conn, &connection.store)?;
        if fetch.is_none_or(|fetch| fetch.problem.is_some()) {
            fetches::ask(conn, &connection.store, at)?;
        }
    }
    Ok(Noted::Tested)
}

/// Records that a test failed: those who come later see it as well. It changes nothing else.
pub fn failed(conn: &mut Conn, tested: &Connection, problem: &str, at: Moment) -> QueryResult<()> {
    let connection = connections::lock(conn, &tested.store)?;
    if connection.is_none_or(|connection| !connection.is_reached_as(tested)) {
        return Ok(());
    }
    failed_tests::set(conn, &tested.store, Some(&FailedTest { at, problem: problem.to_owned() }))
}
