//! Connects the demo's stores to the pretended marketplaces, as staff would do on the pages of the stores.

use super::{
    accepted, cause,
    data::{SKUS, STORES},
    marketplace::{Marketplace, ProductId},
    sku_code, store_code,
};
use crate::{
    actions::stores::{
        connect_store::{self, ConnectionInput},
        map_listings::{self, Mapping},
    },
    clock::Clock,
    connectors::seal::SealKey,
    db::{Database, Error},
    domain::stores::{connection::ConnectorKind, mapping::ListingIds},
};

/// SKUs that are variants of one product.
const VARIANTS: usize = 3;

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
        let kind = kind_of(of_marketplace);
        let access = marketplace.open_shop(code, kind);
        let input = ConnectionInput {
            credentials: Some(key.seal(&store, &access.credentials)),
            api_url: format!("{address}{}", access.api_path),
            rate: kind.default_rate().get().into(),
            store,
            kind,
        };
        accepted(database.write_blocking(|conn| connect_store::run(conn, &cause, input.clone())))?;
        let mappings = listed_on(code, kind, marketplace);
        let saved = database.write_blocking(|conn| Ok::<_, Error>(map_listings::run(conn, &mappings)?))?;
        for result in saved {
            result.unwrap_or_else(|refusal| panic!("the demo's data was refused: {refusal:?}"));
        }
    }
    Ok(())
}

fn kind_of(marketplace: &str) -> ConnectorKind {
    match marketplace {
        "Lazada" => ConnectorKind::Lazada,
        "Shopee" => ConnectorKind::Shopee,
        "Zalora" => ConnectorKind::Zalora,
        _ => ConnectorKind::Webhook,
    }
}

/// Adds the SKUs that a store lists to its shop, and returns their ids there.
fn listed_on(store: &str, kind: ConnectorKind, marketplace: &Marketplace) -> Vec<Mapping> {
    let mut mappings = Vec::new();
    for (place, (code, _, on_hand, _, stores)) in SKUS.iter().enumerate() {
        if !stores.split('|').any(|code| code == store) {
            continue;
        }
        let id = id_of(kind, place, code);
        marketplace.add_product(store, &id, code, *on_hand);
        let used = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
        let ids = ListingIds { seller_sku: (*code).to_owned(), item_id: used(id.item), variant_id: used(id.variant) };
        mappings.push(Mapping { sku: sku_code(code), store: store_code(store), ids });
    }
    mappings
}

/// Plausible ids of a marketplace for the SKU at this index of [`SKUS`].
fn id_of(kind: ConnectorKind, place: usize, code: &str) -> ProductId {
    let product = 2_807_246_100 + place / VARIANTS;
    let (item, variant) = match kind {
        ConnectorKind::Lazada => (product.to_string(), (13_449_296_000 + place).to_string()),
        ConnectorKind::Shopee => (product.to_string(), (1 + place % VARIANTS).to_string()),
        ConnectorKind::Zalora => ((510_400 + place).to_string(), String::new()),
        ConnectorKind::Webhook | ConnectorKind::File => (code.to_owned(), String::new()),
    };
    ProductId { item, variant }
}
