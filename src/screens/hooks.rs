//! `/hook/…`: messages of marketplaces about orders, products and campaigns. They are verified, stored as a hint and answered;
//! the order, the list or the campaigns are read after that. Programs send them: there is no session, no page, and nothing of
//! what is stored in an answer.

use crate::{
    db::{
        self,
        stores::{apps, connections, fetches, rename},
    },
    domain::{code::StoreCode, stores::connection::ConnectorKind},
    fault::log_fault,
    marketplaces::{
        hooks::{Hooks, Received, StoreMessage},
        registry,
    },
    sync::messages::{self, Said},
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
    let Some(said) = Said::read(*hooks, &body) else { return HttpResponse::Ok().finish() };
    let key = key.cloned();
    let now = state.clock.now();
    let note = move |conn: &mut db::Conn| messages::note(conn, kind, &said, key.as_ref(), now);
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
            Some(connection) if connection.kind == kind => match &message {
                StoreMessage::Order(message) => messages::note_order(conn, &store, message, now),
                StoreMessage::Products => Ok(fetches::bring_forward(conn, &store, now)?),
            },
            Some(_) | None => Ok(()),
        }
    };
    answer(state.database.at_any_time().write(note).await)
}

fn hooks_of(kind: ConnectorKind) -> Option<&'static Hooks> {
    registry::describe(kind).pulling.as_ref().map(|pulling| &pulling.hooks)
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
