//! Messages of marketplaces: what they are about has to be read again. Those that a marketplace could not deliver are fetched.

use super::{access::Access, campaigns, pull};
use crate::{
    db::{
        self, Conn,
        stores::{apps, connections, fetches, permissions},
    },
    domain::{code::StoreCode, moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{
        app::App,
        campaigns::CampaignMessage,
        hooks::{Hooks, Message, SignedHooks},
        registry,
        seal::SealKey,
    },
};

/// The most characters of the id of an order or a product.
const ID_CHARACTERS: usize = 64;

/// How often messages that could not be delivered are asked for in a row: each answer has some.
const ANSWERS: usize = 50;

/// What a message to an app says.
#[derive(Debug, Clone)]
pub struct Said {
    of_order: Option<Message>,
    of_campaigns: Option<CampaignMessage>,
    /// The shop whose products it is about.
    of_products: Option<String>,
}

impl Said {
    /// `None` if it is about nothing of ours.
    pub fn read(hooks: &dyn SignedHooks, body: &[u8]) -> Option<Self> {
        let said = Self {
            of_order: hooks.read(body),
            of_campaigns: hooks.read_of_campaigns(body),
            of_products: hooks.shop_of_products(body),
        };
        let is_any = said.of_order.is_some() || said.of_campaigns.is_some() || said.of_products.is_some();
        is_any.then_some(said)
    }
}

/// Notes what a message to an app says, which is of nothing unless one of our stores is the shop.
pub fn note(
    conn: &mut Conn,
    kind: ConnectorKind,
    said: &Said,
    key: Option<&SealKey>,
    now: Moment,
) -> Result<(), db::Error> {
    if let Some(message) = &said.of_order
        && let Some(store) = store_of(conn, kind, &message.shop, key)?
    {
        note_order(conn, &store, message, now)?;
    }
    if let Some(message) = &said.of_campaigns
        && is_id(&message.item)
        && let Some(store) = store_of(conn, kind, &message.shop, key)?
    {
        campaigns::note_message(conn, &store, &message.item, now)?;
    }
    if let Some(shop) = &said.of_products
        && let Some(store) = store_of(conn, kind, shop, key)?
    {
        fetches::bring_forward(conn, &store, now)?;
    }
    Ok(())
}

/// Notes that an order of a store has to be read.
pub fn note_order(conn: &mut Conn, store: &StoreCode, message: &Message, now: Moment) -> Result<(), db::Error> {
    if is_id(&message.order_id) {
        pull::note_message(conn, store, message, now)?;
    }
    Ok(())
}

fn is_id(text: &str) -> bool {
    text.chars().count() <= ID_CHARACTERS && !text.contains('\0')
}

/// The store of a shop. That of a store whose tokens were typed is in its credentials, if it is known at all.
fn store_of(
    conn: &mut Conn,
    kind: ConnectorKind,
    shop: &str,
    key: Option<&SealKey>,
) -> Result<Option<StoreCode>, db::Error> {
    if let Some(store) = permissions::store_of(conn, kind, shop)? {
        return Ok(Some(store));
    }
    let Some(key) = key else { return Ok(None) };
    for connection in connections::all(conn)?.into_iter().filter(|connection| connection.kind == kind) {
        let credentials = key.open(&connection.store, &connection.credentials).ok();
        let found = credentials.and_then(|credentials| registry::describe(kind).shop_of(&credentials));
        if found.as_deref() == Some(shop) {
            return Ok(Some(connection.store));
        }
    }
    Ok(None)
}

/// Takes the messages that the marketplaces of our apps could not deliver. They are confirmed once they are noted.
pub async fn fetch_lost(access: &Access) -> Result<(), db::Error> {
    let Some(key) = access.key() else { return Ok(()) };
    for stored in access.database().read(|conn| Ok::<_, db::Error>(apps::all(conn)?)).await? {
        let description = registry::describe(stored.kind);
        let hooks = match description.pulling.as_ref().map(|pulling| &pulling.hooks) {
            Some(Hooks::OfApp(hooks)) => *hooks,
            Some(Hooks::OfStore(_)) | None => continue,
        };
        let keys = key.open_app(stored.kind, &stored.app_keys).ok();
        let Some((keys, of_apps)) = keys.zip(description.app()) else { continue };
        let app = App::new(of_apps, keys, &stored.address, access.http());
        fetch_lost_of(access, key, hooks, &app).await?;
    }
    Ok(())
}

async fn fetch_lost_of(access: &Access, key: &SealKey, hooks: &dyn SignedHooks, app: &App) -> Result<(), db::Error> {
    for _ in 0..ANSWERS {
        let lost = match hooks.lost(app).await {
            Ok(lost) => lost,
            Err(failure) => {
                // The sweeps read what the messages are about.
                tracing::info!(marketplace = app.kind().label(), failure.message, "lost messages were not fetched");
                return Ok(());
            }
        };
        let Some(last) = lost.last else { return Ok(()) };
        let said: Vec<Said> = lost.bodies.iter().filter_map(|body| Said::read(hooks, body)).collect();
        let kind = app.kind();
        let key = key.clone();
        let now = access.clock().now();
        let save = move |conn: &mut Conn| said.iter().try_for_each(|said| note(conn, kind, said, Some(&key), now));
        access.database().at_any_time().write(save).await?;
        if let Err(failure) = hooks.confirm(app, last).await {
            tracing::info!(marketplace = app.kind().label(), failure.message, "lost messages were not confirmed");
            return Ok(());
        }
        if !lost.has_more {
            return Ok(());
        }
    }
    Ok(())
}
