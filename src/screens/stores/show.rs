//! `/stores/{code}`

use super::{
    campaigns,
    connect::reconnect,
    pulling::{self, Pulling},
    pushing::{self, BehindQuery, Pushing},
};
use crate::{
    db::{
        self,
        promotions::running::soonest_ending,
        stores::{
            self, Store, Stores,
            connections::{self, Connection},
            listings::{self, Listing},
        },
    },
    domain::{code::StoreCode, promotions::schedule},
    marketplaces::registry,
    screens::promotions::running::{self, RunningRow},
    web::{
        error::{PageError, PageResult},
        form::FormErrors,
        guard::let_forms_lead_to,
        page::{Layout, ok, refused},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use std::collections::BTreeMap;

const RUNNING_ROWS: i64 = 50;

/// Listings that share their seller SKU, of which the page says so.
const SHARING_ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "stores/show.html")]
pub(super) struct StorePage {
    page: Layout,
    catalogue_href: String,
    promotions_href: String,
    running: Vec<RunningRow>,
    pushing: Option<Pushing>,
    pulling: Option<Pulling>,
    campaigns_part: Option<campaigns::Part>,
    /// Seller SKUs that several SKUs have, each in a sentence.
    shared: Vec<String>,
    /// The reason for a pause, as it was typed.
    reason: String,
    errors: FormErrors,
    store: Store,
    /// The origins of the marketplace's page, if the seller can be asked for permission again.
    reconnects_at: Option<Vec<String>>,
}

impl StorePage {
    async fn load(visit: &Visit, code: StoreCode, query: BehindQuery) -> Result<Self, PageError> {
        let now = visit.now;
        let asked = query.clone();
        let read = move |conn: &mut db::Conn| {
            let Some(store) = stores::find(conn, &code)? else { return Ok(None) };
            let running = soonest_ending(conn, Some(&code), now, RUNNING_ROWS)?;
            let connection = connections::find(conn, &code)?;
            let pulling = match &connection {
                Some(connection) => pulling::Read::of(conn, connection, now)?,
                None => None,
            };
            let campaigns =
                connection.as_ref().map(|connection| campaigns::Read::of(conn, connection, now)).transpose()?;
            let pushing = connection.map(|connection| pushing::Read::all(conn, connection, &asked, now)).transpose()?;
            let sharing = listings::sharing(conn, &code, SHARING_ROWS)?;
            let kind = pushing.as_ref().map(|read| read.connection().kind);
            let reconnects_at = reconnect::origins(conn, kind, &store.marketplace)?;
            Ok::<_, db::Error>(Some((store, running, pushing, (pulling, campaigns), sharing, reconnects_at)))
        };
        let (store, running, pushing, (pulling, campaigns), sharing, reconnects_at) =
            visit.database().read(read).await?.ok_or(PageError::NotFound)?;
        Ok(Self {
            page: Layout {
                notice: notice(&query.notice, pushing.as_ref().map(pushing::Read::connection), &store),
                ..visit.layout("stores")
            },
            catalogue_href: href("/catalogue", &[("store", store.code.as_str())]),
            promotions_href: href("/promotions", &[("store", store.code.as_str())]),
            running: running::rows(running, &Stores::from(vec![store.clone()]), now)?,
            pushing: pushing.map(|read| Pushing::new(read, &store, &query, reconnects_at.is_some(), now)),
            pulling: pulling.map(|read| Pulling::new(&read, visit, &store)),
            campaigns_part: match campaigns {
                Some(read) => campaigns::Part::new(read, &store)?,
                None => None,
            },
            shared: shared(sharing),
            reason: String::new(),
            errors: FormErrors::default(),
            store,
            reconnects_at,
        })
    }

    fn answer(&self) -> PageResult {
        let mut answer = if self.errors.is_empty() { ok(self)? } else { refused(self)? };
        let_forms_lead_to(&mut answer, self.reconnects_at.iter().flatten());
        Ok(answer)
    }

    /// Answers a form of this page that was refused.
    pub(super) async fn refuse(visit: &Visit, code: StoreCode, reason: String, errors: FormErrors) -> PageResult {
        let page = Self::load(visit, code, BehindQuery::default()).await?;
        Self { reason, errors, ..page }.answer()
    }
}

/// What is wrong where several SKUs have one seller SKU. They have had it since before it had to be unique.
fn shared(sharing: Vec<Listing>) -> Vec<String> {
    let mut of_seller_sku: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for listing in sharing {
        let name = listing.name().to_owned();
        of_seller_sku.entry(listing.seller_sku).or_default().push(name);
    }
    let mut sentences = Vec::new();
    for (seller_sku, skus) in of_seller_sku {
        if skus.len() > 1 {
            let skus = skus.join(", ");
            sentences.push(format!("{skus} have one seller SKU, “{seller_sku}”: give each its own, since this store can tell them apart by nothing else."));
        }
    }
    sentences
}

/// What a form of the page has done. What a test found is said as it is stored: anybody may follow the same address later.
fn notice(word: &str, connection: Option<&Connection>, store: &Store) -> Option<String> {
    let words = match word {
        "paused" => "Nothing is sent to this store until someone resumes it.",
        "resumed" => "Everything that is out of sync is sent now.",
        "still_paused" => "Nothing is sent: the store is paused. Resume it first.",
        "pushed" => "Everything that is out of sync is tried again now.",
        "connected" => "The connection is saved.",
        "to_be_tested" => "The connection is saved and paused. Test it, then resume it.",
        "left" => "Left as it is. The ledger says who left it.",
        "disconnected" => "This store is no longer connected. It goes on showing what it shows now.",
        "tested" | "tested_paused" => return tested(connection?, store),
        _ => return None,
    };
    Some(words.to_owned())
}

fn tested(connection: &Connection, store: &Store) -> Option<String> {
    let at = schedule::display(connection.tested_at?, store.zone());
    let mut words = format!("The test call of {at} was answered: the address and the credentials are right.");
    if registry::describe(connection.kind).has_entered_tokens() {
        words.push_str(
            " A refresh token counts once, so it is not tried before the access token ends: this page says if it is refused then.",
        );
    }
    if connection.paused_at.is_some() {
        words.push_str(" Resume, and quantities are sent.");
    }
    Some(words)
}

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<BehindQuery>) -> PageResult {
    StorePage::load(&visit, super::code_in(&code)?, query).await?.answer()
}
