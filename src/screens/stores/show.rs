//! `/stores/{code}`

use super::pushing::{self, BehindQuery, Pushing};
use crate::{
    db::{
        self,
        promotions::running::soonest_ending,
        stores::{self, Store, Stores, connections},
    },
    domain::code::StoreCode,
    screens::promotions::running::{self, RunningRow},
    web::{
        error::{PageError, PageResult},
        form::FormErrors,
        page::{Layout, ok, refused},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;

const RUNNING_ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "stores/show.html")]
pub(super) struct StorePage {
    page: Layout,
    catalogue_href: String,
    promotions_href: String,
    running: Vec<RunningRow>,
    pushing: Option<Pushing>,
    /// The reason for a pause, as it was typed.
    reason: String,
    errors: FormErrors,
    store: Store,
}

impl StorePage {
    async fn load(visit: &Visit, code: StoreCode, query: BehindQuery) -> Result<Self, PageError> {
        let now = visit.now;
        let asked = query.clone();
        let read = move |conn: &mut db::Conn| {
            let Some(store) = stores::find(conn, &code)? else { return Ok(None) };
            let running = soonest_ending(conn, Some(&code), now, RUNNING_ROWS)?;
            let connection = connections::find(conn, &code)?;
            let pushing = connection.map(|connection| pushing::Read::all(conn, connection, &asked, now)).transpose()?;
            Ok::<_, db::Error>(Some((store, running, pushing)))
        };
        let (store, running, pushing) = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
        Ok(Self {
            page: Layout { notice: notice(&query.notice), ..visit.layout("stores") },
            catalogue_href: href("/catalogue", &[("store", store.code.as_str())]),
            promotions_href: href("/promotions", &[("store", store.code.as_str())]),
            running: running::rows(running, &Stores::from(vec![store.clone()]), now)?,
            pushing: pushing.map(|read| Pushing::new(read, &store, &query, now)),
            reason: String::new(),
            errors: FormErrors::default(),
            store,
        })
    }

    /// Answers a form of this page that was refused.
    pub(super) async fn refuse(visit: &Visit, code: StoreCode, reason: String, errors: FormErrors) -> PageResult {
        let page = Self::load(visit, code, BehindQuery::default()).await?;
        refused(&Self { reason, errors, ..page })
    }
}

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "paused" => "Nothing is sent to this store until someone resumes it.",
        "resumed" => "Everything that is out of sync is sent now.",
        "still_paused" => "Nothing is sent: the store is paused. Resume it first.",
        "pushed" => "Everything that is out of sync is tried again now.",
        "connected" => "The connection is saved.",
        "to_be_tested" => "The connection is saved and paused. Test it, then resume it.",
        "disconnected" => "This store is no longer connected. It goes on showing what it shows now.",
        "tested" => "The test call was answered: the address and the credentials are right.",
        "tested_paused" => {
            "The test call was answered: the address and the credentials are right. Resume, and quantities are sent."
        }
        _ => return None,
    };
    Some(words.to_owned())
}

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<BehindQuery>) -> PageResult {
    ok(&StorePage::load(&visit, super::code_in(&code)?, query).await?)
}
