//! `/stores`

use super::pulling::ReadUntil;
use crate::{
    db::{
        self,
        stores::{
            Store,
            connections::Connection,
            pulls,
            push_status::{Count, behind_at},
        },
    },
    web::{
        error::PageResult,
        form::SelectOption,
        lists,
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
    /// [`LAGGING`] for the stores whose orders lag alone.
    orders: String,
}

const LAGGING: &str = "lagging";

#[derive(Template)]
#[template(path = "stores/list.html")]
struct StoresPage {
    page: Layout,
    orders: Vec<SelectOption>,
    /// Whether all stores are listed that there are.
    is_whole: bool,
    stores: Vec<(Store, Pushing, ReadUntil)>,
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
    let read = move |conn: &mut db::Conn| {
        Ok::<_, db::Error>((db::stores::all(conn)?, behind_at(conn, now)?, pulls::with_lag(conn, now)?))
    };
    let (stores, behind, pulls) = visit.database().read(read).await?;
    let notice = stores.get(&query.added).map(|store| {
        format!("{} is added. Connect it to its marketplace on its page, so that quantities reach it.", store.name)
    });
    let is_whole = query.orders != LAGGING;
    let mut rows = Vec::new();
    for store in stores {
        let found = behind.iter().find(|(connection, _)| connection.store == store.code);
        let pull = pulls.iter().find(|(pull, _)| pull.store == store.code);
        let read = ReadUntil::new(&store, found.map(|(connection, _)| connection), pull, now);
        if is_whole || read.is_late {
            rows.push((store, Pushing::new(found), read));
        }
    }
    ok(&StoresPage {
        page: Layout { notice, ..visit.layout("stores") },
        orders: lists::options("All", [(LAGGING, "Lagging")], &query.orders),
        is_whole,
        stores: rows,
    })
}
