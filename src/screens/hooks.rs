//! `/hook/…`: messages of marketplaces about orders and campaigns. They are verified, stored as a hint and answered; the order,
//! or the campaigns, are read after that. Programs send them: there is no session, no page, and nothing of what is stored in an answer.

use crate::{
    db::{
        self,
        stores::{apps, connections, permissions, rename},
    },
    domain::{code::StoreCode, stores::connection::ConnectorKind},
    fault::log_fault,
    marketplaces::{
        hooks::{Hooks, Message, Received},
        registry,
        seal::SealKey,
    },
    sync::{campaigns, pull},
    web::{
        client, origin,
        security_log::{self, Event},
        state::State,
    },
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data, Path},
};

/// Longer messages are refused. Those about orders have less than 2 KB, unless an order has very many lines.
pub const BODY_BYTES: usize = 64 << 10;

/// The most characters of the id of an order or a product.
const ID_CHARACTERS: usize = 64;

/// `POST /hook/{marketplace}`: to the seller's app, signed by the marketplace.
pub async fn of_app(req: HttpRequest, state: Data<State>, marketplace: Path<String>, body: Bytes) -> HttpResponse {
    let Some(kind) = registry::find(&marketplace) else { return HttpResponse::NotFound().finish() };
    let Some(Hooks::OfApp(hooks)) = hooks_of(kind) else { return HttpResponse::NotFound().finish() };
    let stored = match state.database.read(move |conn| Ok::<_, db::Error>(apps::find(conn, kind)?)).await {
        Ok(stored) => stored,
        Err(error) => return failed(&error),
    };
    let key = state.settings.credentials_key.as_ref();
    let keys = stored.and_then(|stored| key?.open_app(kind, &stored.app_keys).ok());
    let authorization = req.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let address = format!("{}{}", origin::address(&req), req.path());
    let received = Received { authorization: authorization.unwrap_or_default(), address: &address, body: &body };
    if keys.is_none_or(|keys| !hooks.is_signed(&keys, received)) {
        return not_ours(&req, kind.as_str());
    }
    let of_order = hooks.read(&body);
    let of_campaigns = hooks.read_of_campaigns(&body);
    let shop = of_order.as_ref().map(|message| &message.shop).or(of_campaigns.as_ref().map(|message| &message.shop));
    let Some(shop) = shop.cloned() else { return HttpResponse::Ok().finish() };
    let key = key.cloned();
    let now = state.clock.now();
    let note = move |conn: &mut db::Conn| -> Result<(), db::Error> {
        let Some(store) = store_of(conn, kind, &shop, key.as_ref())? else { return Ok(()) };
        if let Some(message) = &of_order {
            note(conn, &store, message, now)?;
        }
        if let Some(message) = &of_campaigns
            && is_id(&message.item)
        {
            campaigns::note_message(conn, &store, &message.item, now)?;
        }
        Ok(())
    };
    answer(state.database.at_any_time().write(note).await)
}

/// `POST /hook/{marketplace}/{store}/{secret}`: to a store, from a marketplace that does not sign.
pub async fn of_store(
    req: HttpRequest,
    state: Data<State>,
    path: Path<(String, String, String)>,
    body: Bytes,
) -> HttpResponse {
    let (marketplace, store, secret) = path.into_inner();
    let Some(kind) = registry::find(&marketplace) else { return HttpResponse::NotFound().finish() };
    let Some(Hooks::OfStore(read)) = hooks_of(kind) else { return HttpResponse::NotFound().finish() };
    let store = StoreCode::in_address(&store);
    let key = state.settings.credentials_key.as_ref();
    let Some(store) = store.filter(|store| key.is_some_and(|key| key.is_hook_secret(store, &secret))) else {
        return not_ours(&req, kind.as_str());
    };
    let Some(message) = read(&body) else { return HttpResponse::Ok().finish() };
    let now = state.clock.now();
    let note = move |conn: &mut db::Conn| -> Result<(), db::Error> {
        // The address has the code that the store had when it was registered.
        let store = rename::former_codes(conn)?.remove(&store).unwrap_or_else(|| store.clone());
        match connections::find(conn, &store)? {
            Some(connection) if connection.kind == kind => note(conn, &store, &message, now),
            Some(_) | None => Ok(()),
        }
    };
    answer(state.database.at_any_time().write(note).await)
}

fn hooks_of(kind: ConnectorKind) -> Option<&'static Hooks> {
    registry::describe(kind).pulling.as_ref().map(|pulling| &pulling.hooks)
}

fn note(
    conn: &mut db::Conn,
    store: &StoreCode,
    message: &Message,
    now: crate::domain::moment::Moment,
) -> Result<(), db::Error> {
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
    conn: &mut db::Conn,
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

/// Marketplaces take an empty answer of 200 alone as a yes; after any other they send the message again.
fn answer(noted: Result<(), db::Error>) -> HttpResponse {
    match noted {
        Ok(()) => HttpResponse::Ok().finish(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &db::Error) -> HttpResponse {
    drop(log_fault(error));
    HttpResponse::ServiceUnavailable().finish()
}

fn not_ours(req: &HttpRequest, kind: &str) -> HttpResponse {
    security_log::note(Event::HookRefused, "nobody", client::address(req), kind);
    HttpResponse::Unauthorized().finish()
}
