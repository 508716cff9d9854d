//! `POST /stores/{code}/connection`: saves the connection, paused until it is tested. Nothing is sent to the store yet.

use super::{
    ConnectionPage, StoredStore,
    form::{ConnectionForm, Stored},
    kind_page,
};
use crate::{
    actions::stores::connect_store::{self, ConnectRefusal, Connected, ConnectionInput},
    db::Failed,
    domain::stores::{api_address::ApiAddress, connection::ConnectorKind},
    marketplaces::{
        network::{Inside, names_inside},
        registry,
        seal::{SealError, SealKey},
    },
    screens::stores::path_of,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{refused, see_other},
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::web::Path;

pub async fn submit(visit: Visit, code: Path<String>, form: Form<ConnectionForm>) -> PageResult {
    let store = StoredStore::load(&visit, &code).await?;
    let form = form.fields;
    let Some(kind) = registry::find(&form.kind) else { return refused(&kind_page(&visit, store)) };
    let replaces = store.replaced_by(kind);
    if replaces.is_some_and(|before| before.as_str() != form.replaces) {
        let words = "Nothing was changed. Read what ends, and confirm it.";
        let page = ConnectionPage::new(&visit, store.store, kind, form, &[]);
        return refused(&ConnectionPage { errors: FormErrors::of("", words.to_owned()), replaces, ..page });
    }
    if !kind.is_pushed() {
        // A file has no address and no secrets, and needs no key.
        let rate = kind.default_rate().get().into();
        let input = ConnectionInput {
            store: store.store.code,
            kind,
            api_url: String::new(),
            credentials: Some(String::new()),
            rate,
            warehouse: None,
            shop: None,
        };
        return save(&visit, input).await;
    }
    let description = registry::describe(kind);
    let mut errors = FormErrors::default();
    let key = errors.keep("", visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey));
    let address = errors.keep("api_url", ApiAddress::parse(kind, &form.api_url));
    let is_inside = address.as_ref().is_some_and(|address| names_inside(address.as_str()));
    let address = if is_inside && !visit.state.settings.private_addresses {
        errors.keep("api_url", Err(Inside))
    } else {
        address
    };
    let rate = form.rate.trim().parse().ok().filter(|rate| (1..=1_000).contains(rate));
    let rate = errors.keep("rate", rate.ok_or("Enter how many requests a second it may be sent: 1 to 1000."));
    let stored = stored_for(&store, key, kind, address.as_ref());
    let credentials = form.parse_credentials(description, &stored, visit.state.clock.now(), &mut errors);
    let is_known = form.warehouse.is_empty() || store.warehouses.iter().any(|known| known.code == form.warehouse);
    errors.keep("warehouse", is_known.then_some(()).ok_or("Choose a warehouse of the list."));
    let (Some(key), Some(address), Some(rate), Some(credentials), true) = (key, address, rate, credentials, is_known)
    else {
        let typed = form.secrets(description.fields);
        let keeps_secrets = matches!(stored, Stored::SameAddress(_)) && typed.is_empty();
        for field in typed {
            // The page does not show it again, and an empty field would mean the stored secret.
            if errors.at(field.name).is_empty() {
                errors.push(field.name, format!("Enter the {} again: it was not saved.", field.label));
            }
        }
        let page = ConnectionPage::new(&visit, store.store, kind, form, &store.warehouses);
        return refused(&ConnectionPage { errors, keeps_secrets, ..page });
    };
    let code = store.store.code;
    let is_stored = matches!(&stored, Stored::SameAddress(before) if before.is_same(&credentials));
    let sealed = (!is_stored).then(|| key.seal(&code, &credentials));
    let api_url = address.as_str().to_owned();
    let warehouse = Some(form.warehouse.trim().to_owned()).filter(|code| !code.is_empty());
    let shop = description.shop_of(&credentials);
    save(&visit, ConnectionInput { store: code, kind, api_url, credentials: sealed, rate, warehouse, shop }).await
}

/// The stored credentials for a connection of `kind` at `address`. Without an address the form is refused anyway.
fn stored_for(store: &StoredStore, key: Option<&SealKey>, kind: ConnectorKind, address: Option<&ApiAddress>) -> Stored {
    let Some(credentials) = store.credentials(key, kind) else { return Stored::Nothing };
    match address {
        Some(address) if !store.is_at(address) => Stored::OtherAddress,
        Some(_) | None => Stored::SameAddress(credentials),
    }
}

async fn save(visit: &Visit, input: ConnectionInput) -> PageResult {
    let path = path_of(&input.store);
    let cause = visit.cause("");
    let about = format!("{} to {:?}", input.store, input.kind);
    match visit.database().write(move |conn| connect_store::run(conn, &cause, input.clone())).await {
        Ok(connected) => {
            visit.note(Event::ConnectionSaved, about);
            let notice = match connected {
                Connected::Ready => "connected",
                Connected::NeedsTest => "to_be_tested",
            };
            Ok(see_other(&format!("{path}?notice={notice}")))
        }
        Err(Failed::Refused(ConnectRefusal::UnknownStore(_))) => Err(PageError::NotFound),
        // Another request disconnected the store after the form had been read.
        Err(Failed::Refused(ConnectRefusal::NoCredentials)) => Ok(see_other(&format!("{path}/connection"))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
