//! The warehouses of a seller. Shops that Shopee has not admitted to several warehouses have none with a code.
//!
//! Source: `v2.shop.get_warehouse_detail`.

use super::Shopee;
use crate::{
    domain::stores::{failure::Failure, warehouse::Warehouse},
    marketplaces::loose,
};
use serde::Deserialize;

const WAREHOUSES: &str = "/api/v2/shop/get_warehouse_detail";

/// Refusals of a shop that has no warehouses with a code: it is not admitted to several, has no address for one, or is in
/// a country without them.
const NO_WAREHOUSES: [&str; 3] = ["error_not_in_whitelist", "error_can_not_find_warehouse", "error_region_not_valid"];

/// Buyers' returns are sent there; nothing is sold from it.
const RETURN_WAREHOUSE: i64 = 2;

/// An address of a warehouse. Several may have the same stock, and then have the same `location_id`.
#[derive(Deserialize)]
struct Address {
    #[serde(default, deserialize_with = "loose::text")]
    location_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    warehouse_name: String,
    #[serde(default, deserialize_with = "loose::number")]
    warehouse_type: Option<i64>,
}

impl Shopee {
    pub(super) async fn read_warehouses(&self) -> Result<Vec<Warehouse>, Failure> {
        let mut answer = self.get(WAREHOUSES, &[]).await?;
        if NO_WAREHOUSES.contains(&answer.code().as_str()) {
            return Ok(Vec::new());
        }
        self.accept(&answer)?;
        let addresses: Option<Vec<Address>> = answer.response();
        Ok(warehouses(addresses.ok_or_else(|| self.unreadable())?))
    }
}

/// One warehouse for each stock, in the order of the addresses.
fn warehouses(addresses: Vec<Address>) -> Vec<Warehouse> {
    let mut warehouses: Vec<Warehouse> = Vec::new();
    for Address { location_id: code, warehouse_name: name, warehouse_type } in addresses {
        if code.is_empty() || warehouse_type == Some(RETURN_WAREHOUSE) {
            continue;
        }
        match warehouses.iter_mut().find(|known| known.code == code) {
            Some(known) if known.name.is_empty() => known.name = name,
            Some(known) if !name.is_empty() => known.name = format!("{}, {name}", known.name),
            Some(_) => {}
            None => warehouses.push(Warehouse { code, name }),
        }
    }
    warehouses
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_with_the_same_stock_are_one_warehouse() {
        let given = json!([
            {"warehouse_id": 6, "warehouse_name": "North", "warehouse_type": 1, "location_id": "IDZ", "address_id": 1},
            {"warehouse_id": 7, "warehouse_name": "South", "warehouse_type": 1, "location_id": "IDY"},
            {"warehouse_id": 8, "warehouse_name": "East", "location_id": "IDZ"},
            {"warehouse_id": 9, "warehouse_name": "Returns", "warehouse_type": 2, "location_id": "IDR"},
            {"warehouse_id": 10, "warehouse_name": null, "location_id": "IDX"},
            {"warehouse_id": 11, "warehouse_name": "Without", "location_id": ""},
        ]);
        let warehouses = warehouses(serde_json::from_value(given).expect("addresses"));
        let shown: Vec<_> = warehouses.iter().map(|given| (given.code.as_str(), given.name.as_str())).collect();
        assert_eq!(shown, [("IDZ", "North, East"), ("IDY", "South"), ("IDX", "")]);
    }
}
