//! Connects the demo's stores to the simulated marketplaces, as staff would on the pages of the stores.

use super::{
    data::{SKUS, STORES},
    inputs::{accepted, accepted_rows, cause, sku_code, store_code},
    marketplace::Marketplace,
};
use crate::{
    actions::stores::{
        connect_store::{self, ConnectionInput},
        map_listings::{self, Mapping},
        note_test, pause_store,
    },
    clock::Clock,
    db::{Database, Error, stores::connections},
    domain::stores::{api_address::ApiAddress, connection::ConnectorKind, mapping::ListingIds},
    marketplaces::{registry, seal::SealKey},
};

/// Opens a shop for each of the demo's stores and connects the store to it. The shop sells what the store lists, and shows
/// all units on hand until the first push. `address` is that of the marketplaces; `key` encrypts the credentials.
pub fn connect(
    database: &Database,
    clock: &Clock,
    marketplace: &Marketplace,
    address: &str,
    key: &SealKey,
) -> Result<(), Error> {
    let cause = cause(clock.now(), "");
    for (code, _, of_marketplace, _) in STORES {
        let store = store_code(code);
        let kind = registry::unconnected(of_marketplace);
        let access = marketplace.open_shop(code, kind);
        let api_url = ApiAddress::parse(kind, &format!("{address}{}", access.api_path)).expect("our own address");
        let input = ConnectionInput {
            credentials: Some(key.seal(&store, &access.credentials)),
            api_url: api_url.as_str().to_owned(),
            rate: kind.default_rate().get().into(),
            warehouse: None,
            store,
            kind,
        };
        let store = input.store.clone();
        accepted(database.write_blocking(|conn| connect_store::run(conn, &cause, input.clone())))?;
        // The marketplace issued the credentials just now, so no test call is needed.
        database.write_blocking(|conn| {
            let connection = connections::find(conn, &store)?.expect("it was connected just now");
            Ok::<_, Error>(note_test::run(conn, &connection, &[], cause.at)?)
        })?;
        accepted(database.write_blocking(|conn| pause_store::resume(conn, &cause, &store)))?;
        let mappings = listed_on(code, kind, marketplace);
        accepted_rows(database.write_blocking(|conn| Ok::<_, Error>(map_listings::run(conn, &mappings)?))?);
    }
    Ok(())
}

/// Adds the SKUs that a store lists to its shop, and returns their ids there.
fn listed_on(store: &str, kind: ConnectorKind, marketplace: &Marketplace) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for (position, (code, _, on_hand, _, stores)) in SKUS.iter().enumerate() {
        if !stores.split('|').any(|code| code == store) {
            continue;
        }
        let id = Marketplace::product_id(kind, position, code);
        marketplace.add_product(store, &id, code, *on_hand);
        let non_empty = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
        let item_id = non_empty(id.item);
        let variant_id = non_empty(id.variant);
        let ids = ListingIds { seller_sku: (*code).to_owned(), item_id, variant_id };
        mappings.push(Mapping { sku: sku_code(code), store: store_code(store), ids });
    }
    mappings
}
