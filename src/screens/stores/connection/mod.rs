//! `/stores/{code}/connection`: how a store is reached. The kind is chosen first, as a step of its own; then its address
//! and its credentials, which are never shown again. A connection is saved paused and untested: the page of the store
//! offers **Test**, and then **Resume**.

mod form;
pub mod submit;
pub mod test;

use super::{connection::form::ConnectionForm, path_of};
use crate::{
    db::{
        self,
        stores::{
            self, Store,
            connections::{self, Connection},
        },
    },
    domain::stores::{api_address::ApiAddress, connection::ConnectorKind},
    marketplaces::{
        Credentials,
        credentials::Field,
        description::Description,
        registry,
        seal::{SealError, SealKey},
    },
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
    fn new(description: &Description, likely: Option<ConnectorKind>) -> Self {
        let Description { kind, hint, .. } = description;
        let selected = likely == Some(*kind);
        Self { value: kind.as_str(), label: kind.label(), selected, hint, example: "", shown: [] }
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
    description: &'static Description,
    form: ConnectionForm,
    errors: FormErrors,
    /// Whether secrets that are left empty stay as they are.
    is_kept: bool,
    /// What is to be done on the server before credentials can be stored; empty when nothing is.
    no_key: String,
}

impl ConnectionPage {
    fn new(visit: &Visit, store: Store, kind: ConnectorKind, form: ConnectionForm) -> Self {
        let needs_key = visit.state.settings.credentials_key.is_none() && kind.is_pushed();
        Self {
            page: visit.layout("stores"),
            path: path_of(&store.code),
            store,
            kind,
            description: registry::describe(kind),
            form,
            errors: FormErrors::default(),
            is_kept: false,
            no_key: if needs_key { SealError::NoKey.to_string() } else { String::new() },
        }
    }

    fn secret_hint(&self, field: &Field) -> String {
        let kept = if self.is_kept { "It is saved, but not shown. Leave this empty to keep it." } else { "" };
        [field.hint, kept].join(" ").trim().to_owned()
    }
}

/// A store, and how it is reached if it is.
struct StoredStore {
    store: Store,
    connection: Option<Connection>,
}

impl StoredStore {
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
    let stored = StoredStore::load(&visit, &code).await?;
    let connected = stored.connection.as_ref().filter(|_| query.kind.is_empty()).map(|connection| connection.kind);
    let Some(kind) = registry::find(&query.kind).or(connected) else {
        return ok(&kind_page(&visit, stored));
    };
    let kept = stored.credentials(visit.state.settings.credentials_key.as_ref(), kind);
    let form = match &stored.connection {
        Some(connection) if connection.kind == kind => {
            ConnectionForm::of(connection, registry::describe(kind).fields, kept.as_ref())
        }
        _ => ConnectionForm::new(kind),
    };
    ok(&ConnectionPage { is_kept: kept.is_some(), ..ConnectionPage::new(&visit, stored.store, kind, form) })
}

fn kind_page(visit: &Visit, StoredStore { store, connection }: StoredStore) -> KindPage {
    let connected = connection.map(|connection| connection.kind);
    let likely = connected.or_else(|| registry::likely_for(&store.marketplace));
    KindPage {
        page: visit.layout("stores"),
        path: path_of(&store.code),
        choices: registry::ALL.iter().map(|description| Choice::new(description, likely)).collect(),
        store,
    }
}
