//! `POST /stores/{code}/reconnect`: asks the seller of a store for permission again, or for the first time. Its listings stay,
//! and its credentials are replaced once the seller has given it.

use super::{lead_to_marketplace, open_app};
use crate::{
    db::{Conn, QueryResult, stores::apps},
    domain::stores::connection::ConnectorKind,
    marketplaces::registry,
    screens::stores::{connection::StoredStore, show::StorePage},
    sync::access::Access,
    web::{
        error::PageResult,
        form::{EmptyForm, Form, FormErrors},
        visit::Visit,
    },
};
use actix_web::{
    HttpRequest,
    web::{Data, Path},
};

/// The marketplace at which the seller of a store is asked, if it has apps: that of its connection or, while it has none,
/// the one that the name of its marketplace suggests.
pub fn kind_of(connected: Option<ConnectorKind>, marketplace: &str) -> Option<ConnectorKind> {
    let kind = connected.or_else(|| registry::likely_for(marketplace))?;
    registry::with_apps().find(|with_app| *with_app == kind)
}

/// The origins of the marketplace's page that asks the seller of a store. `None` if the marketplace has no apps, or its app
/// is not entered: then nobody can be asked.
pub fn origins(
    conn: &mut Conn,
    connected: Option<ConnectorKind>,
    marketplace: &str,
) -> QueryResult<Option<Vec<String>>> {
    let Some(kind) = kind_of(connected, marketplace) else { return Ok(None) };
    let saved = apps::find(conn, kind)?;
    Ok(saved.and_then(|saved| Some(registry::describe(kind).app()?.origins(&saved.address))))
}

pub async fn submit(
    visit: Visit,
    req: HttpRequest,
    code: Path<String>,
    access: Data<Access>,
    _: Form<EmptyForm>,
) -> PageResult {
    let StoredStore { store, connection, .. } = StoredStore::load(&visit, &code).await?;
    let kind = kind_of(connection.map(|connection| connection.kind), &store.marketplace);
    let app = match kind {
        Some(kind) => open_app(&visit, kind, access.http()).await?,
        None => Err(format!("Edit the connection instead: {} asks no seller for permission.", store.marketplace)),
    };
    match app {
        Ok(app) => lead_to_marketplace(&visit, &req, &app, store.country, Some(store.code)).await,
        Err(words) => StorePage::refuse(&visit, store.code, String::new(), FormErrors::of("", words)).await,
    }
}
