//! What a seller permitted, compared with the stores that there are.

use crate::{
    db::{
        self, Conn,
        stores::{
            self, Store, Stores,
            authorizations::Authorization,
            connections::{self, Connection},
            permissions,
        },
    },
    domain::{code::StoreCode, stores::connection::ConnectorKind, text::folded},
    marketplaces::{
        app::{Permission, Shop},
        registry,
        seal::SealKey,
    },
    web::visit::Visit,
};

pub(super) struct Granted {
    pub(super) authorization: Authorization,
    pub(super) permission: Permission,
    pub(super) stores: Stores,
    /// The store that is connected again, if it is not for a new one.
    pub(super) again: Option<Again>,
    /// For each permitted shop the store that has it already.
    pub(super) taken: Vec<Option<Store>>,
}

pub(super) struct Again {
    pub(super) store: Store,
    pub(super) connection: Option<Connection>,
    /// The marketplace's id of the shop that it is connected to, if that is known.
    shop: Option<String>,
}

/// A connection of the same marketplace, with the id of its shop, if that is known.
struct Known {
    connection: Connection,
    shop: Option<String>,
}

/// The connections of a marketplace. Where the id of the shop was not recorded, it may be among the credentials.
fn known(conn: &mut Conn, kind: ConnectorKind, key: &SealKey) -> Result<Vec<Known>, db::Error> {
    let mut known = Vec::new();
    for connection in connections::all(conn)?.into_iter().filter(|connection| connection.kind == kind) {
        let recorded = permissions::of(conn, &connection.store)?.shop;
        let opened = || key.open(&connection.store, &connection.credentials).ok();
        let shop = recorded.or_else(|| registry::describe(kind).shop_of(&opened()?));
        known.push(Known { connection, shop });
    }
    Ok(known)
}

impl Granted {
    pub(super) async fn new(
        visit: &Visit,
        authorization: Authorization,
        permission: Permission,
        key: &SealKey,
    ) -> Result<Self, db::Error> {
        let kind = authorization.kind;
        let key = key.clone();
        let read = move |conn: &mut Conn| Ok::<_, db::Error>((stores::all(conn)?, known(conn, kind, &key)?));
        let (stores, known) = visit.database().read(read).await?;
        let again = authorization.store.as_ref().and_then(|code| stores.get(code)).map(|store| {
            let before = known.iter().find(|known| known.connection.store == store.code);
            Again {
                store: store.clone(),
                connection: before.map(|before| before.connection.clone()),
                shop: before.and_then(|before| before.shop.clone()),
            }
        });
        let of_again = again.as_ref().map(|again| again.store.code.clone());
        let mut taken = Vec::new();
        for shop in &permission.shops {
            let by = known.iter().find(|known| !shop.id.is_empty() && known.shop.as_deref() == Some(&shop.id));
            let by = by.filter(|by| Some(&by.connection.store) != of_again.as_ref());
            taken.push(by.and_then(|by| stores.get(&by.connection.store)).cloned());
        }
        Ok(Self { authorization, permission, stores, again, taken })
    }
}

/// The position of the shop that the store is connected to again. `None` if staff have to choose: the store is new, or it
/// is not known which shop it was connected to. Fails with what to do if the seller permitted another shop.
pub(super) fn same_store(granted: &Granted) -> Result<Option<usize>, String> {
    let Some(wanted) = &granted.authorization.store else { return Ok(None) };
    let Some(again) = &granted.again else {
        return Err(format!("Nothing was connected: there is no store “{wanted}” any more. Begin again on this page."));
    };
    let shops = &granted.permission.shops;
    let name = &again.store.name;
    if let Some(before) = &again.shop {
        if let Some(position) = shops.iter().position(|shop| shop.id == *before) {
            return Ok(Some(position));
        }
        let names: Vec<&str> = shops.iter().map(|shop| shop.name.as_str()).collect();
        return Err(format!(
            "{name} was not changed: the permission is for {}, and {name} is connected to another shop ({before}). Press Reconnect on its page again, and sign in with the account of that shop. To connect another shop, connect it as a store of its own.",
            names.join(", ")
        ));
    }
    match (&shops[..], &granted.taken[..]) {
        ([_], [Some(other)]) => Err(already(&shops[0], other)),
        ([_], _) => Ok(Some(0)),
        _ => Ok(None),
    }
}

/// What to do about a shop that a store has already.
pub(super) fn already(shop: &Shop, store: &Store) -> String {
    format!(
        "No store was added: {} is already connected to the store {}, which has this new permission now. To connect another shop, sign in at the marketplace with the account of that shop.",
        shop.name, store.name
    )
}

/// A code for a new store: `lazada-sg`, or with a number behind it if that is taken.
pub(super) fn free_code(kind: ConnectorKind, shop: &Shop, taken: &[String]) -> String {
    let country = shop.country.as_deref().unwrap_or_default().to_lowercase();
    let base = if country.is_empty() { kind.as_str().to_owned() } else { format!("{}-{country}", kind.as_str()) };
    free(&base, |number| format!("{base}-{number}"), taken)
}

/// A name for a new store: the shop's, or with the marketplace and the country behind it if that is taken.
pub(super) fn free_name(kind: ConnectorKind, shop: &Shop, taken: &[String]) -> String {
    let name: String = shop.name.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    let country = shop.country.as_deref().unwrap_or_default();
    let place = format!("{} {country}", kind.label());
    let longer = |number| match number {
        2 => format!("{name} ({})", place.trim()),
        number => format!("{name} ({}, {})", place.trim(), number - 1),
    };
    free(&name, longer, taken)
}

fn free(first: &str, numbered: impl Fn(usize) -> String, taken: &[String]) -> String {
    let is_free = |text: &str| taken.iter().all(|taken| folded(taken) != folded(text));
    if is_free(first) {
        return first.to_owned();
    }
    (2..).map(numbered).find(|text| is_free(text)).expect("there are more numbers than stores")
}

/// What has to be free of each store.
pub(super) fn codes(stores: &Stores) -> Vec<String> {
    stores.iter().map(|store| store.code.to_string()).collect()
}

pub(super) fn names(stores: &Stores) -> Vec<String> {
    stores.iter().map(|store| store.name.clone()).collect()
}

/// The code of a store that exists.
pub(super) fn code_of(again: &Again) -> StoreCode {
    again.store.code.clone()
}
