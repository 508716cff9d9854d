//! `/stores/{code}/campaigns`: what the marketplace's own promotions lock, and the draft of a flash sale that covers one. The page
//! of the store has the first of them.

use super::{code_in, path_of};
use crate::{
    actions::promotions::draft_of_campaign,
    db::{
        self, Conn, QueryResult,
        stores::{
            self, Store, Stores,
            campaign_reads::{self, CampaignRead},
            campaigns::{self, Filter, Listed},
            components,
            connections::Connection,
            listings::{self, Listing},
        },
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::ListingId,
        moment::Moment,
        promotions::schedule,
        stores::components::Components,
        text::counted,
    },
    marketplaces::{campaigns::Campaigns, registry},
    screens::catalogue,
    web::{
        error::{PageError, PageResult},
        form::{Form, SelectOption},
        lists::{self, ListQuery, Page, PageLinks, Place},
        notices::done,
        page::{Layout, ok},
        query::{Query, href},
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// The campaigns that the page of a store has.
const FIRST: usize = 10;

/// The campaigns that the page of a SKU has.
const OF_SKU: usize = 50;

/// Counting those without a flash sale stops here.
pub const COUNTED: i64 = 50;

/// The value of the filter for those that no flash sale covers.
const WITHOUT: &str = "none";

/// A campaign of a listing, as lists show it.
pub struct CampaignRow {
    pub name: String,
    pub store: String,
    pub store_path: String,
    pub seller_sku: String,
    /// The SKU, or what a kit is made of; a kit has no `sku_path`.
    pub sku: String,
    pub sku_path: String,
    pub units: i64,
    pub from: String,
    pub until: String,
    pub zone: &'static str,
    pub is_covered: bool,
    /// The form that makes the draft of a flash sale, and the campaign that it sends; empty where another row of the campaign
    /// has it.
    pub action: String,
    pub campaign: String,
}

/// What is read for the rows.
pub type Rows = (Vec<Listed>, HashMap<ListingId, Components>);

/// The campaigns with what their listings are made of.
pub fn with_components(conn: &mut Conn, listed: Vec<Listed>) -> QueryResult<Rows> {
    let of: Vec<Listing> = listed.iter().map(|listed| listed.listing.clone()).collect();
    let made_of = components::of(conn, &of)?;
    Ok((listed, made_of))
}

/// The first campaigns of the listings of a SKU, kits with it too.
pub fn of_sku(conn: &mut Conn, sku: &SkuCode, now: Moment) -> QueryResult<Rows> {
    let listed = listings::containing(conn, [sku])?;
    let ids = listed.values().flatten().map(|listing| &listing.id);
    let found = campaigns::of_listings(conn, ids, now, OF_SKU)?;
    with_components(conn, found)
}

/// Each campaign has one button, in its first row that no flash sale covers: the draft has all of them.
pub fn rows((listed, made_of): Rows, stores: &Stores) -> Result<Vec<CampaignRow>, PageError> {
    let mut with_button: BTreeSet<(StoreCode, String)> = BTreeSet::new();
    let mut rows = Vec::new();
    for Listed { row, listing, is_covered } in listed {
        let store = crate::screens::promotions::store_of(stores, &row.store)?;
        let at = |moment: Option<Moment>| moment.map(|at| schedule::display(at, store.zone()));
        let store_path = path_of(&store.code);
        let has_button = !is_covered && with_button.insert((row.store.clone(), row.campaign.clone()));
        rows.push(CampaignRow {
            name: row.name,
            store: store.name.clone(),
            action: if has_button { format!("{store_path}/campaigns") } else { String::new() },
            store_path,
            seller_sku: listing.seller_sku,
            sku: made_of.get(&listing.id).map_or_else(String::new, |components| match components.as_plain() {
                Some(sku) => sku.to_string(),
                None => components.to_string(),
            }),
            sku_path: listing.sku.as_ref().map(catalogue::path_of).unwrap_or_default(),
            units: row.units,
            from: at(row.starts_at).unwrap_or_else(|| "not said".to_owned()),
            until: at(row.ends_at).unwrap_or_else(|| "not said".to_owned()),
            zone: store.zone().name(),
            is_covered,
            campaign: row.campaign,
        });
    }
    Ok(rows)
}

/// What the page of a store reads of its campaigns.
pub(super) struct Read {
    marketplace: &'static str,
    kind: Campaigns,
    read: Option<CampaignRead>,
    first: Rows,
    uncovered: i64,
}

impl Read {
    pub(super) fn of(conn: &mut Conn, connection: &Connection, now: Moment) -> QueryResult<Self> {
        let store = &connection.store;
        let limit = i64::try_from(FIRST + 1).expect("a small number");
        let first = campaigns::part(conn, store, Filter::All, &Place::Start, now, limit)?;
        Ok(Self {
            marketplace: connection.kind.label(),
            kind: registry::describe(connection.kind).campaigns,
            read: campaign_reads::find(conn, store)?,
            first: with_components(conn, first)?,
            uncovered: campaigns::count_uncovered(conn, store, now, COUNTED)?,
        })
    }
}

/// The part of a store's page about campaigns.
pub(super) struct Part {
    pub(super) marketplace: &'static str,
    pub(super) is_documented: bool,
    pub(super) read: String,
    pub(super) problem: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) uncovered_href: String,
    pub(super) has_more: bool,
    pub(super) href: String,
    pub(super) rows: Vec<CampaignRow>,
}

impl Part {
    /// `None` where the marketplace has no campaigns.
    pub(super) fn new(read: Read, store: &Store) -> Result<Option<Self>, PageError> {
        let is_documented = match read.kind {
            Campaigns::AreRead => true,
            Campaigns::AreNotDocumented => false,
            Campaigns::DoNotExist => return Ok(None),
        };
        let (mut first, made_of) = read.first;
        let has_more = first.len() > FIRST;
        first.truncate(FIRST);
        let href = format!("{}/campaigns", path_of(&store.code));
        Ok(Some(Self {
            marketplace: read.marketplace,
            is_documented,
            read: when_read(read.read.as_ref(), store),
            problem: problem(read.read.as_ref()),
            warning: warning(read.uncovered),
            uncovered_href: format!("{href}?sale={WITHOUT}"),
            has_more,
            href,
            rows: rows((first, made_of), &Stores::from(vec![store.clone()]))?,
        }))
    }
}

fn when_read(read: Option<&CampaignRead>, store: &Store) -> String {
    match read.and_then(|read| read.finished_at) {
        Some(at) => format!("Read at {}.", schedule::display_second(at, store.zone())),
        None => "Not read yet.".to_owned(),
    }
}

fn problem(read: Option<&CampaignRead>) -> Option<String> {
    let text = read?.problem_text.as_ref()?;
    Some(format!("The campaigns could not be read: {text}"))
}

fn warning(uncovered: i64) -> Option<String> {
    if uncovered == 0 {
        return None;
    }
    let are = if uncovered == 1 { "is in a campaign" } else { "are in campaigns" };
    Some(format!(
        "{} {are} without a flash sale: the other stores show units that the marketplace has locked here.",
        number(uncovered)
    ))
}

/// `1 listing`, or `50 or more listings`.
fn number(uncovered: i64) -> String {
    if uncovered < COUNTED { counted(uncovered, "listing") } else { format!("{COUNTED} or more listings") }
}

/// The stores with campaigns that no flash sale covers: the name of each, the address of its list, and how many listings.
pub fn uncovered(conn: &mut Conn, stores: &Stores, now: Moment) -> QueryResult<Vec<(String, String, String)>> {
    let mut found = Vec::new();
    for read in campaign_reads::all(conn)? {
        let uncovered = campaigns::count_uncovered(conn, &read.store, now, COUNTED)?;
        if uncovered > 0 {
            let list = format!("{}/campaigns?sale={WITHOUT}", path_of(&read.store));
            found.push((stores.name(&read.store).to_owned(), list, number(uncovered)));
        }
    }
    Ok(found)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CampaignsQuery {
    sale: String,
    after: String,
    before: String,
}

impl ListQuery for CampaignsQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("sale", &self.sale)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

#[derive(Template)]
#[template(path = "stores/campaigns.html")]
struct CampaignsPage {
    page: Layout,
    store: Store,
    path: String,
    query: CampaignsQuery,
    read: String,
    problem: Option<String>,
    options: Vec<SelectOption>,
    campaigns: Vec<CampaignRow>,
    links: PageLinks,
}

pub async fn show(visit: Visit, code: Path<String>, Query(query): Query<CampaignsQuery>) -> PageResult {
    let code = code_in(&code)?;
    let now = visit.now;
    let place = query.place();
    let filter = if query.sale == WITHOUT { Filter::Uncovered } else { Filter::All };
    let read = move |conn: &mut Conn| {
        let Some(store) = stores::find(conn, &code)? else { return Ok(None) };
        let Page { rows, has_previous, has_next } = campaigns::page(conn, &code, filter, &place, now)?;
        let places: Vec<String> = rows.iter().map(|listed| listed.row.place()).collect();
        let places = Page { rows: places, has_previous, has_next };
        let read = campaign_reads::find(conn, &code)?;
        Ok::<_, db::Error>(Some((store, with_components(conn, rows)?, places, read)))
    };
    let (store, listed, places, read) = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    let path = path_of(&store.code);
    ok(&CampaignsPage {
        page: visit.layout("stores"),
        read: when_read(read.as_ref(), &store),
        problem: problem(read.as_ref()),
        options: lists::options("All", [(WITHOUT, "Without one")], &query.sale),
        links: places.links(&format!("{path}/campaigns"), &query.filters(), Clone::clone),
        campaigns: rows(listed, &Stores::from(vec![store.clone()]))?,
        store,
        path,
        query,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SaleForm {
    campaign: String,
}

/// Makes the draft of a flash sale that covers a campaign, and leads to its review.
pub async fn submit(visit: Visit, code: Path<String>, form: Form<SaleForm>) -> PageResult {
    let code = code_in(&code)?;
    let list = href(&format!("{}/campaigns", path_of(&code)), &[]);
    let now = visit.now;
    let by = visit.who.email.clone();
    let campaign = form.campaign.replace('\0', "");
    let make = move |conn: &mut Conn| -> Result<_, PageError> {
        if stores::find(conn, &code)?.is_none() {
            return Err(PageError::NotFound);
        }
        Ok(draft_of_campaign::run(conn, now, &by, &code, &campaign)?)
    };
    let Some(made) = visit.database().write(make).await? else {
        return Ok(done(&list, "Flash sales cover all of that campaign by now, or it is over."));
    };
    let words = match made.is_cut {
        false => "This draft has what the campaign locks. It holds nothing until you create the promotion.",
        true => "This draft has the first products of the campaign: make another for the others once this one runs.",
    };
    Ok(done(&format!("/promotions/drafts/{}/review", made.draft), words))
}
