//! Connects the demo's stores to the simulated marketplaces, as staff would on the pages of the stores.

use super::{
    data::{CAMPAIGNS, GROUP, SKUS, STORES, TO_CONNECT, TO_MATCH, UNCONNECTED},
    inputs::{accepted, accepted_rows, cause, sku_code, store_code},
    marketplace::{Campaign, Manner, Marketplace, NewShop, Rates, picture_path},
};
use crate::{
    actions::stores::{
        connect_store::{self, ConnectionInput},
        map_listings::{self, Mapping},
        note_test::{self, Found},
        pause_store,
        save_app::{self, AppInput},
    },
    clock::Clock,
    db::{
        Database, Error,
        catalogue::pictures,
        stores::{
            connections,
            permissions::{self, Permission},
        },
    },
    domain::{
        catalogue::ledger::Cause,
        place::Country,
        stores::{api_address::ApiAddress, connection::ConnectorKind, mapping::ListingIds},
    },
    marketplaces::{Credentials, hooks::Hooks, registry, seal::SealKey},
};
use chrono::TimeDelta;

/// How long ago the campaigns of the marketplaces began.
const BEGUN: TimeDelta = TimeDelta::hours(5);

/// Opens a shop for each of the demo's stores and connects the store to it, but for the one that is left for the visitor. The
/// shop sells what the store lists, and shows all units on hand until the first push; its pictures become those of the SKUs.
/// `address` is that of the marketplaces; `key` encrypts the credentials.
pub fn connect(
    database: &Database,
    clock: &Clock,
    marketplace: &Marketplace,
    address: &str,
    key: &SealKey,
) -> Result<(), Error> {
    let cause = cause(clock.now(), "");
    open_apps(database, &cause, marketplace, address, key)?;
    for (code, name, of_marketplace, zone) in STORES {
        let store = store_code(code);
        let kind = registry::unconnected(of_marketplace);
        let country = zone.parse().ok().and_then(Country::of_zone).expect("a zone of a country");
        if code == TO_CONNECT.0 {
            marketplace.open_account(kind, TO_CONNECT.1, &[NewShop { code, name, country: country.code() }]);
            map_products(database, code, kind, marketplace)?;
            continue;
        }
        let access = marketplace.open_shop(code, kind);
        let seller_id = marketplace.name_shop(code, name, country.code());
        let permission = permission_of(&access.credentials, country, seller_id);
        let api_url = ApiAddress::parse(kind, &format!("{address}{}", access.api_path)).expect("our own address");
        let input = ConnectionInput {
            credentials: Some(key.seal(&store, &access.credentials)),
            api_url: api_url.as_str().to_owned(),
            rate: kind.default_rate().get().into(),
            warehouse: None,
            shop: None,
            store,
            kind,
        };
        let store = input.store.clone();
        accepted(database.write_blocking(|conn| connect_store::run(conn, &cause, input.clone())))?;
        database.write_blocking(|conn| Ok::<_, Error>(permissions::set(conn, &store, &permission)?))?;
        // The marketplace issued the credentials just now, so no test call is needed.
        database.write_blocking(|conn| {
            let connection = connections::find(conn, &store)?.expect("it was connected just now");
            Ok::<_, Error>(note_test::run(conn, &connection, &Found::default(), cause.at)?)
        })?;
        accepted(database.write_blocking(|conn| pause_store::start(conn, &cause, &store)))?;
        map_products(database, code, kind, marketplace)?;
    }
    start_campaigns(marketplace, clock);
    show_pictures(database, address)
}

/// The marketplaces have campaigns of their own, which lock some units.
fn start_campaigns(marketplace: &Marketplace, clock: &Clock) {
    let now = clock.now();
    for (store, sku, quantity, lasts) in CAMPAIGNS {
        let position = SKUS.iter().position(|row| row.0 == sku).expect("the demo has the SKU");
        let (_, _, of_marketplace, _) = STORES.iter().find(|row| row.0 == store).expect("the demo has the store");
        let id = Marketplace::product_id(registry::unconnected(of_marketplace), position, sku);
        let campaign = Campaign { quantity, starts_at: Some(now.plus(-BEGUN)), ends_at: now.plus(lasts) };
        marketplace.add_campaign(store, &id, campaign);
    }
}

/// Has the marketplaces send messages about orders to the program at `address`, not all of them well, and buyers buy. Product1 and
/// Product2 are left for the visitor: the help counts on what is there of them.
pub fn sell(marketplace: &Marketplace, address: &str, key: &SealKey) {
    let mut read = Vec::new();
    let unconnected = UNCONNECTED.iter().flat_map(|(kind, _, shops)| shops.iter().map(move |shop| (shop.code, *kind)));
    for (code, of_marketplace) in STORES.iter().map(|(code, _, kind, _)| (*code, *kind)).chain(unconnected) {
        let kind = registry::unconnected(of_marketplace);
        let Some(pulling) = &registry::describe(kind).pulling else { continue };
        let hook = match pulling.hooks {
            Hooks::OfApp(_) => format!("{address}/hook/{}", kind.as_str()),
            Hooks::OfStore(_) => {
                format!("{address}/hook/{}/{code}/{}", kind.as_str(), key.hook_secret(&store_code(code)))
            }
        };
        marketplace.send_messages(code, &hook, Manner::Unreliably);
        read.push(code);
    }
    read.retain(|code| *code != TO_CONNECT.0 && STORES.iter().any(|(store, ..)| store == code));
    marketplace.link_to(address);
    marketplace.set_buyers(&read, &["Product1", "Product2"], 1);
    marketplace.set_rates(Rates { are_buying: true, ..Rates::default() });
}

/// Adds the products of a store to its shop, and their ids to its listings.
fn map_products(database: &Database, store: &str, kind: ConnectorKind, marketplace: &Marketplace) -> Result<(), Error> {
    let mappings = listed_on(store, kind, marketplace);
    accepted_rows(database.write_blocking(|conn| Ok::<_, Error>(map_listings::run(conn, &mappings)?))?);
    Ok(())
}

/// The server fetches the pictures once it runs, as those of any listing.
fn show_pictures(database: &Database, address: &str) -> Result<(), Error> {
    let mut asked = Vec::new();
    for (code, ..) in SKUS {
        asked.push((sku_code(code), format!("{address}{}", picture_path(code))));
    }
    database.write_blocking(|conn| Ok::<_, Error>(pictures::ask_all(conn, &asked)?))
}

/// Makes an app of each marketplace that has apps, as an administrator would, and shops whose sellers have not given it
/// permission yet: they are for the visitor to connect.
fn open_apps(
    database: &Database,
    cause: &Cause,
    marketplace: &Marketplace,
    address: &str,
    key: &SealKey,
) -> Result<(), Error> {
    for kind in registry::with_apps() {
        let keys = marketplace.open_app(kind, None);
        let input = AppInput { kind, address: address.to_owned(), app_keys: key.seal_app(&keys) };
        accepted(database.write_blocking(|conn| save_app::run(conn, cause, input.clone(), |_| None)))?;
    }
    for (of_marketplace, account, shops) in UNCONNECTED {
        let kind = registry::unconnected(of_marketplace);
        marketplace.open_account(kind, account, shops);
        for shop in *shops {
            for (position, (sku, _, on_hand, _, stores)) in SKUS.iter().enumerate() {
                if stores.contains("lazada-ph") {
                    marketplace.add_product(shop.code, &Marketplace::product_id(kind, position, sku), sku, *on_hand);
                }
            }
            for (position, (seller_sku, shown)) in (SKUS.len()..).zip(TO_MATCH).filter(|_| *account == GROUP) {
                let id = Marketplace::product_id(kind, position, seller_sku);
                marketplace.add_product(shop.code, &id, seller_sku, shown);
            }
        }
    }
    Ok(())
}

/// What the marketplace would have said of the permission of a shop.
fn permission_of(credentials: &Credentials, country: Country, seller_id: u64) -> Permission {
    let description = registry::describe(credentials.kind());
    let of_seller = || format!("{}-{seller_id}", country.code());
    Permission {
        shop: description.app().map(|_| description.shop_of(credentials).unwrap_or_else(of_seller)),
        shared: None,
        access_ends_at: credentials.access().and_then(|access| access.expires_at),
        permission_ends_at: description.permission_end(credentials),
    }
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
