//! Records the result of the test of a connection. If it succeeded, which warehouses the seller has as well: after that the
//! store may be resumed, unless one of several has to be chosen first.

use super::connect_store::{forget_quantities, forget_shop, is_other};
use crate::{
    db::{
        Conn, QueryResult,
        stores::{
            connections::{self, Connection},
            failed_tests::{self, FailedTest},
            fetches,
            permissions::{self, Permission},
            pushes, warehouses,
        },
    },
    domain::{code::StoreCode, moment::Moment, stores::warehouse::Warehouse},
};

/// What a test that succeeded has found out about the seller.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The marketplace's id of the shop, if it is known.
    pub shop: Option<String>,
    pub warehouses: Vec<Warehouse>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    Tested,
    /// Another store is connected to the same shop.
    ShopTaken(StoreCode),
    /// The connection has changed since the test began: the test says nothing about it.
    Changed,
    /// The seller has several warehouses, and none of them is chosen.
    NeedsWarehouse,
}

pub fn run(conn: &mut Conn, tested: &Connection, found: &Found, at: Moment) -> QueryResult<Noted> {
    let permission = permissions::of(conn, &tested.store)?;
    let is_other_shop = is_other(permission.shop.as_deref(), found.shop.as_deref());
    if is_other_shop {
        pushes::lock_skus_of(conn, &tested.store)?;
    }
    let Some(mut connection) = connections::lock(conn, &tested.store)? else { return Ok(Noted::Changed) };
    if !connection.is_reached_as(tested) {
        return Ok(Noted::Changed);
    }
    if let Some(shop) = &found.shop {
        let by = permissions::store_of(conn, connection.kind, shop)?;
        if let Some(by) = by.filter(|by| *by != connection.store) {
            return Ok(Noted::ShopTaken(by));
        }
        // Now it is known which store the marketplace's messages about it are for.
        permissions::set(conn, &connection.store, &Permission { shop: Some(shop.clone()), ..permission })?;
    }
    if is_other_shop {
        forget_shop(conn, &connection.store)?;
        forget_quantities(conn, &connection.store)?;
    }
    failed_tests::set(conn, &tested.store, None)?;
    let Found { warehouses, .. } = found;
    warehouses::replace(conn, &tested.store, warehouses)?;
    let is_chosen = warehouses.iter().any(|warehouse| connection.warehouse.as_ref() == Some(&warehouse.code));
    let has_choice = warehouses.len() > 1 || (connection.warehouse.is_some() && !warehouses.is_empty());
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
