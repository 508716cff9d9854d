//! `/stores`

use crate::{
    db::{
        self,
        stores::{
            Store,
            connections::Connection,
            push_status::{Count, behind_at},
        },
    },
    web::{
        error::PageResult,
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StoresQuery {
    /// The store that was just added, for the notice.
    added: String,
}

#[derive(Template)]
#[template(path = "stores/list.html")]
struct StoresPage {
    page: Layout,
    stores: Vec<(Store, Pushing)>,
}

struct Pushing {
    word: &'static str,
    tone: &'static str,
    /// How many of its listings are out of sync; empty for none.
    behind: String,
}

impl Pushing {
    fn new(connection: Option<&(Connection, Count)>) -> Self {
        let Some((connection, behind)) = connection else {
            return Self { word: "Not connected", tone: "neutral", behind: String::new() };
        };
        let (word, tone) = match connection {
            Connection { paused_at: Some(_), .. } => ("Paused", "warning"),
            Connection { problem: Some(class), .. } => (class.label(), "danger"),
            Connection { kind, .. } if !kind.is_pushed() => ("File", "success"),
            Connection { .. } => ("Connected", "success"),
        };
        let behind = if behind.is_none() { String::new() } else { format!("{behind} out of sync") };
        Self { word, tone, behind }
    }
}

pub async fn show(visit: Visit, Query(query): Query<StoresQuery>) -> PageResult {
    let now = visit.now;
    let read = move |conn: &mut db::Conn| Ok::<_, db::Error>((db::stores::all(conn)?, behind_at(conn, now)?));
    let (stores, behind) = visit.database().read(read).await?;
    let notice = stores.get(&query.added).map(|store| {
        format!("{} is added. Connect it to its marketplace on its page, so that quantities reach it.", store.name)
    });
    let mut rows = Vec::new();
    for store in stores {
        let connection = behind.iter().find(|(connection, _)| connection.store == store.code);
        rows.push((store, Pushing::new(connection)));
    }
    ok(&StoresPage { page: Layout { notice, ..visit.layout("stores") }, stores: rows })
}
