//! Connects the demo's stores to the simulated marketplaces, as staff would on the pages of the stores.

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

/// How many SKUs are variants of one product.
const VARIANTS: usize = 3;

/// Opens a shop for each of the demo's stores, which sells what the store lists and still shows all that is in hand, and
/// connects the store to it. The marketplaces are at `address`; `key` seals the credentials.
///
/// # Errors
/// When the database fails.
pub fn connect(
    database: &Database,
    clock: &Clock,
    marketplace: &Marketplace,
    address: &str,
    key: &SealKey,
) -> Result<(), Error> {
    let cause = cause(clock.now(), "");
    for (code, _, of_marketplace, _) in STORES {
        let (store, kind) = (store_code(code), kind_of(of_marketplace));
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
        saved.into_iter().for_each(|saved| {
            saved.unwrap_or_else(|refusal| panic!("the demo's data was refused: {refusal:?}"));
        });
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

/// Puts on sale what a store lists, and answers by which ids.
fn listed_on(store: &str, kind: ConnectorKind, marketplace: &Marketplace) -> Vec<Mapping> {
    let listed = SKUS.iter().enumerate().filter(|(_, (.., stores))| stores.split('|').any(|code| code == store));
    listed
        .map(|(place, (code, _, on_hand, ..))| {
            let id = id_of(kind, place, code);
            marketplace.add_product(store, &id, code, *on_hand);
            let given = |id: String| Some(id).filter(|id| !id.is_empty() && kind.needs_item_id());
            Mapping {
                sku: sku_code(code),
                store: store_code(store),
                ids: ListingIds {
                    seller_sku: (*code).to_owned(),
                    item_id: given(id.item),
                    variant_id: given(id.variant),
                },
            }
        })
        .collect()
}

/// How a marketplace would number the SKU at that place of the list.
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
