//! Records that the test of a connection succeeded, and which warehouses the seller has. After that the store may be
//! resumed, unless one of several warehouses has to be chosen first.

use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            connections::{self, Connection},
            warehouses,
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
    Ok(Noted::Tested)
}
