//! `/stores/{code}/connection`: how a store is reached. The kind is chosen first, as a step of its own; then its address
//! and its credentials, whose secrets are never shown again. A connection is saved paused and untested: the page of the
//! store offers **Test**, and then **Resume**.

mod form;
pub mod submit;
pub mod test;

use super::{code_in, path_of};
use crate::{
    db::{
        self,
        stores::{
            self, Store,
            connections::{self, Connection},
            warehouses,
        },
    },
    domain::stores::{
        api_address::{ApiAddress, have_same_origin},
        connection::ConnectorKind,
        warehouse::Warehouse,
    },
    marketplaces::{
        Credentials,
        credentials::Field,
        description::Description,
        registry,
        seal::{SealError, SealKey},
    },
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, RadioOption, SelectOption},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use form::ConnectionForm;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KindQuery {
    kind: String,
}

#[derive(Template)]
#[template(path = "stores/kind.html")]
struct KindPage {
    page: Layout,
    path: String,
    store: Store,
    choices: Vec<RadioOption>,
}

#[derive(Template)]
#[template(path = "stores/connection.html")]
struct ConnectionPage {
    page: Layout,
    path: String,
    store: Store,
    kind: ConnectorKind,
    description: &'static Description,
    form: ConnectionForm,
    /// The warehouses to choose from; empty for a seller with one.
    warehouses: Vec<SelectOption>,
    errors: FormErrors,
    /// Whether an empty field leaves a stored secret unchanged.
    keeps_secrets: bool,
    /// The connection whose credentials would be deleted, if this is the form of a file.
    replaces: Option<ConnectorKind>,
    /// What the server's settings lack to store credentials; empty for nothing.
    no_key: String,
}

impl ConnectionPage {
    fn new(visit: &Visit, store: Store, kind: ConnectorKind, form: ConnectionForm, warehouses: &[Warehouse]) -> Self {
        let needs_key = visit.state.settings.credentials_key.is_none() && kind.is_pushed();
        Self {
            page: visit.layout("stores"),
            path: path_of(&store.code),
            store,
            kind,
            description: registry::describe(kind),
            warehouses: warehouse_options(warehouses, &form.warehouse),
            form,
            errors: FormErrors::default(),
            keeps_secrets: false,
            replaces: None,
            no_key: if needs_key { SealError::NoKey.to_string() } else { String::new() },
        }
    }

    fn secret_hint(&self, field: &Field) -> String {
        let saved = if self.keeps_secrets { "It is saved, but not shown. Leave this empty to keep it." } else { "" };
        [field.hint, saved].join(" ").trim().to_owned()
    }
}

fn warehouse_options(warehouses: &[Warehouse], chosen: &str) -> Vec<SelectOption> {
    if warehouses.len() < 2 && chosen.is_empty() {
        return Vec::new();
    }
    let mut labels = vec![(String::new(), "Choose a warehouse".to_owned())];
    for warehouse in warehouses {
        labels.push((warehouse.code.clone(), warehouse.label()));
    }
    SelectOption::list(labels, chosen)
}

pub(super) struct StoredStore {
    pub(super) store: Store,
    pub(super) connection: Option<Connection>,
    pub(super) warehouses: Vec<Warehouse>,
}

impl StoredStore {
    pub(super) async fn load(visit: &Visit, code: &str) -> Result<Self, PageError> {
        let code = code_in(code)?;
        let read = move |conn: &mut db::Conn| {
            let store = stores::find(conn, &code)?;
            let connection = connections::find(conn, &code)?;
            Ok::<_, db::Error>((store, connection, warehouses::of(conn, &code)?))
        };
        let (store, connection, warehouses) = visit.database().read(read).await?;
        Ok(Self { store: store.ok_or(PageError::NotFound)?, connection, warehouses })
    }

    /// The stored credentials for `kind`, if there are any and the key opens them.
    fn credentials(&self, key: Option<&SealKey>, kind: ConnectorKind) -> Option<Credentials> {
        let connection = self.connection.as_ref().filter(|connection| connection.kind == kind)?;
        key?.open(&self.store.code, &connection.credentials).ok()
    }

    /// The connection through which quantities are sent, if `kind` would end that.
    fn replaced_by(&self, kind: ConnectorKind) -> Option<ConnectorKind> {
        let sent = self.connection.as_ref().map(|connection| connection.kind).filter(|before| before.is_pushed());
        sent.filter(|_| !kind.is_pushed())
    }

    /// Whether the stored address has the same origin: secrets are only sent to the address they were entered for.
    fn is_at(&self, address: &ApiAddress) -> bool {
        let before = self.connection.as_ref();
        before.is_some_and(|before| have_same_origin(before.kind, &before.api_url, address.as_str()))
    }
}

pub async fn show(visit: Visit, code: Path<String>, Query(mut query): Query<KindQuery>) -> PageResult {
    let stored = StoredStore::load(&visit, &code).await?;
    // A form that is shown again is one of the kind that was chosen for it.
    if let Some(kind) = visit.kept.as_ref().and_then(|kept| kept.all("kind").into_iter().next()) {
        query.kind = kind;
    }
    let connected = stored.connection.as_ref().filter(|_| query.kind.is_empty()).map(|connection| connection.kind);
    let Some(kind) = registry::find(&query.kind).or(connected) else {
        return ok(&kind_page(&visit, stored));
    };
    let credentials = stored.credentials(visit.state.settings.credentials_key.as_ref(), kind);
    let form = match &stored.connection {
        Some(connection) if connection.kind == kind => {
            ConnectionForm::of(connection, registry::describe(kind).fields, credentials.as_ref())
        }
        _ => ConnectionForm::new(kind),
    };
    let replaces = stored.replaced_by(kind);
    let page = ConnectionPage::new(&visit, stored.store, kind, form, &stored.warehouses);
    ok(&ConnectionPage { keeps_secrets: credentials.is_some(), replaces, ..page })
}

fn kind_page(visit: &Visit, StoredStore { store, connection, .. }: StoredStore) -> KindPage {
    let connected = connection.map(|connection| connection.kind);
    let likely = connected.or_else(|| registry::likely_for(&store.marketplace));
    let mut choices = Vec::new();
    for description in registry::ALL {
        let kind = description.kind;
        choices.push(RadioOption::new(kind.as_str(), kind.label(), description.hint, likely == Some(kind)));
    }
    KindPage { page: visit.layout("stores"), path: path_of(&store.code), choices, store }
}
