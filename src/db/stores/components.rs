//! What kits are made of. A kit that is retiring has its components until it is gone: other listings of them wait for it
//! before they are raised.

use super::listings::Listing;
use crate::{
    db::{
        Conn,
        engine::{among::among, schema::kit_components},
    },
    domain::{
        code::SkuCode,
        id::ListingId,
        stores::components::{Component, Components},
    },
    insert_rows, on_db,
};
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = kit_components, treat_none_as_default_value = false)]
struct Row {
    listing: ListingId,
    sku: SkuCode,
    units: i64,
}

/// What each of `listings` is made of; of plain ones without a query.
pub fn of(conn: &mut Conn, listings: &[Listing]) -> QueryResult<HashMap<ListingId, Components>> {
    let kits = listings.iter().filter(|listing| listing.sku.is_none()).map(|listing| listing.id);
    let mut made_of = of_kits(conn, kits)?;
    for listing in listings {
        if let Some(sku) = &listing.sku {
            made_of.insert(listing.id, Components::plain(sku.clone()));
        }
    }
    Ok(made_of)
}

/// The components of each of the kits `ids`, without a query if there are none.
pub fn of_kits(
    conn: &mut Conn,
    ids: impl IntoIterator<Item = ListingId>,
) -> QueryResult<HashMap<ListingId, Components>> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(HashMap::new());
    }
    let of_kits = kit_components::table.filter(among(conn, "kit_components.listing", ids));
    let rows: Vec<Row> = on_db!(conn, |conn| of_kits.select(Row::as_select()).load(conn))?;
    let mut found: HashMap<ListingId, Vec<Component>> = HashMap::new();
    for Row { listing, sku, units } in rows {
        found.entry(listing).or_default().push(Component { sku, units });
    }
    let mut made_of = HashMap::new();
    for (listing, components) in found {
        let components = Components::new(components).unwrap_or_else(|refusal| panic!("kit {listing}: {refusal}"));
        made_of.insert(listing, components);
    }
    Ok(made_of)
}

/// The kits that each of `codes` is in, the retiring ones too.
pub fn kits_with<'a>(
    conn: &mut Conn,
    codes: impl IntoIterator<Item = &'a SkuCode>,
) -> QueryResult<Vec<(SkuCode, ListingId)>> {
    let with_codes = kit_components::table
        .filter(among(conn, "kit_components.sku", codes))
        .order((kit_components::sku, kit_components::listing))
        .select((kit_components::sku, kit_components::listing));
    on_db!(conn, |conn| with_codes.load(conn))
}

/// Adds the components of kits that have none. Their SKUs are locked; the caller queues checks of them.
pub fn insert(conn: &mut Conn, kits: &[(ListingId, Components)]) -> QueryResult<()> {
    let mut rows = Vec::new();
    for (listing, components) in kits {
        for Component { sku, units } in components.iter() {
            rows.push(Row { listing: *listing, sku: sku.clone(), units: *units });
        }
    }
    insert_rows!(conn, kit_components::table, rows)
}

pub fn delete(conn: &mut Conn, listing: ListingId) -> QueryResult<()> {
    diesel::delete(kit_components::table.filter(kit_components::listing.eq(listing))).execute(conn).map(drop)
}
