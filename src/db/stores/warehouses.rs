//! The warehouses that sellers have at their marketplaces, as of the last test of each connection.

use crate::{
    db::{Conn, engine::schema::warehouses},
    domain::{code::StoreCode, stores::warehouse::Warehouse},
};
use diesel::prelude::*;
use std::collections::BTreeMap;

pub fn of(conn: &mut Conn, store: &StoreCode) -> QueryResult<Vec<Warehouse>> {
    let rows: Vec<(String, String)> = warehouses::table
        .filter(warehouses::store.eq(store))
        .order(warehouses::code)
        .select((warehouses::code, warehouses::name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(code, name)| Warehouse { code, name }).collect())
}

pub fn replace(conn: &mut Conn, store: &StoreCode, found: &[Warehouse]) -> QueryResult<()> {
    diesel::delete(warehouses::table.filter(warehouses::store.eq(store))).execute(conn)?;
    let by_code: BTreeMap<&str, &str> =
        found.iter().map(|warehouse| (warehouse.code.as_str(), warehouse.name.as_str())).collect();
    for (code, name) in by_code {
        let row = (warehouses::store.eq(store), warehouses::code.eq(code), warehouses::name.eq(name));
        diesel::insert_into(warehouses::table).values(row).execute(conn)?;
    }
    Ok(())
}
