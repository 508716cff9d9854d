//! `GET /connect/{marketplace}`: the way back from the marketplace. Its number counts once, and only in the session that it
//! was given to; then the code is exchanged, and what the seller permitted is stored, sealed, until it is saved.

use super::{
    ConnectForm,
    found::{Granted, same_store},
    open_app, permitted, refuse,
};
use crate::{
    actions::stores::{ask_permission, connect_permitted},
    db::{
        Conn, Failed,
        stores::{self, authorizations::Authorization},
    },
    domain::{
        place::Country,
        stores::{
            connection::ConnectorKind,
            failure::{Failure, FailureClass},
        },
    },
    marketplaces::{
        app::{Answered, App},
        registry,
        seal::SealError,
    },
    screens::stores::show::StorePage,
    sync::access::Access,
    web::{
        error::{PageError, PageResult},
        form::FormErrors,
        page::see_other,
        query::Query,
        secrets::sha256_hex,
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::web::{Data, Path};
use std::collections::BTreeMap;

/// Longer values are of no marketplace.
const VALUE_LIMIT_CHARS: usize = 2_000;

pub async fn show(
    visit: Visit,
    marketplace: Path<String>,
    access: Data<Access>,
    Query(mut parameters): Query<BTreeMap<String, String>>,
) -> PageResult {
    let kind = registry::with_apps().find(|kind| kind.as_str() == marketplace.as_str()).ok_or(PageError::NotFound)?;
    parameters.retain(|_, value| value.chars().count() <= VALUE_LIMIT_CHARS);
    let answered = Answered { parameters, country: None };
    let state = answered.parameter("state");
    // Whoever denies at a marketplace that does not send our number back has begun here all the same.
    if state.is_empty() && !answered.parameter("error").is_empty() {
        return begin_again(&visit, kind, None, &denied(kind, answered.parameter("error"))).await;
    }
    let state_hash = sha256_hex(state);
    let session = visit.who.key_hash.clone();
    let now = visit.state.clock.now();
    let hash = state_hash.clone();
    let taken = visit.database().write(move |conn| ask_permission::take(conn, &hash, &session, kind, now)).await;
    let begun = match taken {
        Ok(begun) => begun,
        Err(Failed::Refused(refusal)) => return begin_again(&visit, kind, None, &refusal.to_string()).await,
        Err(Failed::Database(error)) => return Err(error.into()),
    };
    if !answered.parameter("error").is_empty() {
        return not_connected(&visit, &begun, &denied(kind, answered.parameter("error"))).await;
    }
    if answered.parameter("code").is_empty() {
        let words =
            format!("Nothing was connected: {} led back without a code. Begin again on this page.", kind.label());
        return not_connected(&visit, &begun, &words).await;
    }
    let app = match open_app(&visit, kind, access.http()).await? {
        Ok(app) => app,
        Err(words) => return not_connected(&visit, &begun, &words).await,
    };
    let answered = Answered { country: begun.country, ..answered };
    exchange(&visit, &access, &app, begun, answered).await
}

async fn exchange(
    visit: &Visit,
    access: &Data<Access>,
    app: &App,
    begun: Authorization,
    answered: Answered,
) -> PageResult {
    let kind = begun.kind;
    let permission = match app.exchange(&answered).await {
        Ok(permission) => permission,
        Err(failure) => return not_connected(visit, &begun, &refused_code(kind, &failure)).await,
    };
    let Some(key) = &visit.state.settings.credentials_key else {
        return not_connected(visit, &begun, &SealError::NoKey.to_string()).await;
    };
    visit.note(Event::PermissionGiven, format!("{}: {} shops", kind.as_str(), permission.shops.len()));
    let sealed = key.seal_permission(&begun.state_hash, &permission);
    let now = visit.state.clock.now();
    let hash = begun.state_hash.clone();
    let next = format!("/stores/connect/{hash}");
    let granted = Granted::new(visit, begun, permission, key).await?;
    let renewed = permitted::renewed(&granted, key);
    let save = move |conn: &mut Conn| {
        connect_permitted::renew(conn, &renewed)?;
        ask_permission::grant(conn, &hash, &sealed, now)
    };
    visit.database().write(save).await?;
    match same_store(&granted) {
        // The store is connected again, to the shop that it was connected to before: there is nothing to choose.
        Ok(Some(position)) => permitted::save_again(visit, access, &granted, position).await,
        Ok(None) => Ok(see_other(&next)),
        Err(words) => not_connected(visit, &granted.authorization, &words).await,
    }
}

/// The page on which whoever was sent back began, with why nothing was connected: that of the store that is connected again,
/// or the one on which a store is connected.
async fn not_connected(visit: &Visit, begun: &Authorization, words: &str) -> PageResult {
    if let Some(code) = begun.store.clone() {
        let wanted = code.clone();
        if visit.database().read(move |conn| stores::find(conn, &wanted)).await?.is_some() {
            return StorePage::refuse(visit, code, String::new(), FormErrors::of("", words)).await;
        }
    }
    begin_again(visit, begun.kind, begun.country, words).await
}

/// The page on which a store is connected, with why it was not.
async fn begin_again(visit: &Visit, kind: ConnectorKind, country: Option<Country>, words: &str) -> PageResult {
    let country = country.map(Country::code).unwrap_or_default().to_owned();
    let form = ConnectForm { marketplace: kind.as_str().to_owned(), country };
    refuse(visit, &form, FormErrors::of("", words)).await
}

/// What the marketplace's word for a refusal means. `access_denied` is that of OAuth 2.0 (RFC 6749, 4.1.2.1).
fn denied(kind: ConnectorKind, error: &str) -> String {
    let label = kind.label();
    if error.contains("denied") {
        return format!(
            "Nothing was connected: the permission was not given at {label}. To connect the store, begin again and allow it there, with the seller’s main account."
        );
    }
    let shown: String = error.chars().filter(|c| c.is_ascii_alphanumeric() || "_-. ".contains(*c)).take(60).collect();
    format!(
        "Nothing was connected: {label} led back with the error “{shown}”. Compare the app and the redirect address under Settings, Marketplaces with what is registered there, then begin again."
    )
}

/// Why a code was not exchanged, and what to do.
fn refused_code(kind: ConnectorKind, failure: &Failure) -> String {
    let label = kind.label();
    let message = failure.message.trim_end_matches('.');
    match failure.class {
        FailureClass::Credentials => format!(
            "Nothing was connected. {message}. Compare the keys of the {label} app under Settings, Marketplaces with those at {label}, then begin again."
        ),
        FailureClass::Throttled | FailureClass::Unavailable | FailureClass::Temporary => {
            format!("Nothing was connected. {message}. Begin again in a minute.")
        }
        _ => format!(
            "Nothing was connected. {message}. A code counts once and for some minutes: begin again on this page."
        ),
    }
}
