//! `POST /stores/{code}/connection`: saves what was entered. It is paused until it was tested.

use super::{
    ConnectionPage, StoredStore,
    form::{ConnectionForm, Stored},
    kind_page,
};
use crate::{
    actions::stores::connect_store::{self, ConnectRefusal, Connected, ConnectionInput},
    db::Failed,
    domain::{
        code::StoreCode,
        stores::{api_address::ApiAddress, connection::ConnectorKind},
    },
    marketplaces::{
        registry,
        seal::{SealError, SealKey},
    },
    screens::stores::path_of,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{refused, see_other},
        visit::Visit,
    },
};
use actix_web::web::Path;

/// Saves the connection. Nothing is sent yet: the page of the store offers the test.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, code: Path<String>, form: Form<ConnectionForm>) -> PageResult {
    let store = StoredStore::load(&visit, &code).await?;
    let form = form.fields;
    let Some(kind) = registry::find(&form.kind) else { return refused(&kind_page(&visit, store)) };
    if !kind.is_pushed() {
        return save(&visit, of_file(store.store.code, kind)).await;
    }
    let description = registry::describe(kind);
    let mut errors = FormErrors::default();
    let key = errors.keep("", visit.state.settings.credentials_key.as_ref().ok_or(SealError::NoKey));
    let address = form.parse_address(kind, &mut errors);
    let rate = form.parse_rate(&mut errors);
    let stored = stored_for(&store, key, kind, address.as_ref());
    let credentials = form.parse_credentials(description, &stored, &mut errors);
    let (Some(key), Some(address), Some(rate), Some(credentials)) = (key, address, rate, credentials) else {
        let typed = form.secrets(description.fields);
        let is_kept = matches!(stored, Stored::Here(_)) && typed.is_empty();
        for field in typed {
            // The page does not repeat it, and an empty field means the one that is stored.
            if errors.at(field.name).is_empty() {
                errors.push(field.name, format!("Enter the {} again: it was not saved.", field.label));
            }
        }
        return refused(&ConnectionPage { errors, is_kept, ..ConnectionPage::new(&visit, store.store, kind, form) });
    };
    let code = store.store.code;
    let is_stored = matches!(&stored, Stored::Here(before) if before.is_same(&credentials));
    let sealed = (!is_stored).then(|| key.seal(&code, &credentials));
    let api_url = address.as_str().to_owned();
    save(&visit, ConnectionInput { store: code, kind, api_url, credentials: sealed, rate }).await
}

/// What is stored for a connection of `kind` at `address`. While the address is none, nothing is decided: the form is
/// refused for that alone.
fn stored_for(store: &StoredStore, key: Option<&SealKey>, kind: ConnectorKind, address: Option<&ApiAddress>) -> Stored {
    let Some(credentials) = store.credentials(key, kind) else { return Stored::Nothing };
    match address {
        Some(address) if !store.is_at(address) => Stored::Elsewhere,
        Some(_) | None => Stored::Here(credentials),
    }
}

/// A file has no address and no secrets, and needs no key.
fn of_file(store: StoreCode, kind: ConnectorKind) -> ConnectionInput {
    let rate = kind.default_rate().get().into();
    ConnectionInput { store, kind, api_url: String::new(), credentials: Some(String::new()), rate }
}

async fn save(visit: &Visit, input: ConnectionInput) -> PageResult {
    let path = path_of(&input.store);
    let cause = visit.cause("");
    match visit.database().write(move |conn| connect_store::run(conn, &cause, input.clone())).await {
        Ok(Connected::Ready) => Ok(see_other(&format!("{path}?notice=connected"))),
        Ok(Connected::NeedsTest) => Ok(see_other(&format!("{path}?notice=to_be_tested"))),
        Err(Failed::Refused(ConnectRefusal::UnknownStore(_))) => Err(PageError::NotFound),
        // It was disconnected while the form was on its way.
        Err(Failed::Refused(ConnectRefusal::NoCredentials)) => Ok(see_other(&format!("{path}/connection"))),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
