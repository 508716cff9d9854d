//! `/stores/{code}/connection`: how a store is reached. The kind is chosen first, as a step of its own; then its address
//! and its credentials, which are tried before they are saved and never shown again.

mod check;
mod failed;
mod fields;
mod form;
pub mod submit;
pub mod test;

use super::{
    connection::{fields::Field, form::ConnectionForm},
    path_of,
};
use crate::{
    connectors::{
        Credentials,
        seal::{SealError, SealKey},
    },
    db::{
        self,
        stores::{
            self, Store,
            connections::{self, Connection},
        },
    },
    domain::stores::{api_address::ApiAddress, connection::ConnectorKind},
    web::{
        error::{PageError, PageResult},
        form::FormErrors,
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

/// Which kind of connection, as the address has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KindQuery {
    kind: String,
}

/// The step that asks how the store is to be reached.
#[derive(Template)]
#[template(path = "stores/kind.html")]
struct KindPage {
    page: Layout,
    path: String,
    store: Store,
    choices: Vec<Choice>,
}

/// A kind of connection, to be chosen.
struct Choice {
    value: &'static str,
    label: &'static str,
    selected: bool,
    hint: &'static str,
    example: &'static str,
    shown: [(String, i64); 0],
}

impl Choice {
    fn new(kind: ConnectorKind, likely: Option<ConnectorKind>) -> Self {
        let hint = match kind {
            ConnectorKind::Lazada => "Through Lazada Open Platform.",
            ConnectorKind::Shopee => "Through Shopee Open Platform.",
            ConnectorKind::Zalora => "Through Zalora’s Seller Center.",
            ConnectorKind::Webhook => "For your own shop or middleware: it receives signed JSON.",
            ConnectorKind::File => "For a marketplace without an API: you download it, or a program fetches it.",
        };
        let (value, label) = (kind.as_str(), kind.label());
        Self { value, label, selected: likely == Some(kind), hint, example: "", shown: [] }
    }
}

/// The form.
#[derive(Template)]
#[template(path = "stores/connection.html")]
struct ConnectionPage {
    page: Layout,
    path: String,
    store: Store,
    kind: ConnectorKind,
    fields: &'static [Field],
    form: ConnectionForm,
    errors: FormErrors,
    /// Whether secrets that are left empty stay as they are.
    is_kept: bool,
    /// What is to be done on the server before credentials can be kept; empty when nothing is.
    no_key: String,
    /// Whether it may be saved although the marketplace did not answer.
    may_save_unchecked: bool,
}

impl ConnectionPage {
    fn new(visit: &Visit, store: Store, kind: ConnectorKind, form: ConnectionForm) -> Self {
        let needs_key = visit.state.settings.credentials_key.is_none() && kind.is_pushed();
        Self {
            page: visit.layout("stores"),
            path: path_of(&store.code),
            store,
            kind,
            fields: fields::of(kind),
            form: form.without_secrets(),
            errors: FormErrors::default(),
            is_kept: false,
            no_key: if needs_key { SealError::NoKey.to_string() } else { String::new() },
            may_save_unchecked: false,
        }
    }

    fn address_hint(&self) -> &'static str {
        match self.kind {
            ConnectorKind::Lazada => {
                "Each country has its own: https://api.lazada.com.my/rest, https://api.lazada.co.id/rest …"
            }
            ConnectorKind::Shopee => "The same for every country.",
            ConnectorKind::Zalora => "Each country has its own: https://sellercenter-api.zalora.com.ph …",
            ConnectorKind::Webhook => "The address at which your program receives quantities.",
            ConnectorKind::File => "",
        }
    }

    fn secret_hint(&self, field: &Field) -> String {
        let kept = if self.is_kept { "It is saved, but not shown. Leave this empty to keep it." } else { "" };
        [field.hint, kept].join(" ").trim().to_owned()
    }
}

/// A store, and how it is reached if it is.
struct Stored {
    store: Store,
    connection: Option<Connection>,
}

impl Stored {
    async fn load(visit: &Visit, code: &str) -> Result<Self, PageError> {
        let code = super::code_in(code)?;
        let read = move |conn: &mut db::Conn| {
            let store = stores::find(conn, &code)?;
            Ok::<_, db::Error>((store, connections::find(conn, &code)?))
        };
        let (store, connection) = visit.database().read(read).await?;
        Ok(Self { store: store.ok_or(PageError::NotFound)?, connection })
    }

    /// The credentials that are stored for a connection of `kind`, if there are any that open.
    fn credentials(&self, key: Option<&SealKey>, kind: ConnectorKind) -> Option<Credentials> {
        let connection = self.connection.as_ref().filter(|connection| connection.kind == kind)?;
        key?.open(&self.store.code, &connection.credentials).ok()
    }

    /// Whether it is reached at the same place as `address`: secrets are only sent to where they were entered for.
    fn is_at(&self, address: &ApiAddress) -> bool {
        let before = self.connection.as_ref().map(|before| ApiAddress::parse(before.kind, &before.api_url));
        matches!(before, Some(Ok(before)) if before.origin() == address.origin())
    }
}

/// Shows the step that asks for the kind, or the form of one.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<KindQuery>) -> PageResult {
    let stored = Stored::load(&visit, &code).await?;
    let connected = stored.connection.as_ref().filter(|_| query.kind.is_empty()).map(|connection| connection.kind);
    let Some(kind) = ConnectorKind::parse(&query.kind).or(connected) else {
        return ok(&kind_page(&visit, stored));
    };
    let kept = stored.credentials(visit.state.settings.credentials_key.as_ref(), kind);
    let form = match &stored.connection {
        Some(connection) if connection.kind == kind => ConnectionForm::of(connection, kept.as_ref()),
        _ => ConnectionForm::new(kind),
    };
    ok(&ConnectionPage { is_kept: kept.is_some(), ..ConnectionPage::new(&visit, stored.store, kind, form) })
}

fn kind_page(visit: &Visit, Stored { store, connection }: Stored) -> KindPage {
    let connected = connection.map(|connection| connection.kind);
    let likely = connected.or_else(|| ConnectorKind::likely_for(&store.marketplace));
    KindPage {
        page: visit.layout("stores"),
        path: path_of(&store.code),
        choices: ConnectorKind::ALL.map(|kind| Choice::new(kind, likely)).into(),
        store,
    }
}
