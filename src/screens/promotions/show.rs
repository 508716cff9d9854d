//! `/promotions/{id}`: the holds of a promotion, its sales, and what is left.

use super::{
    LocalTime,
    by_hand::ByHand,
    history::History,
    id_of,
    report::{CostRow, OverTime, Sold, SoldBySku, SoldOverTime, Tiles},
    store_of,
};
use crate::{
    db::{
        Conn, QueryResult, availability,
        promotions::{
            self, Promotion, changes, costs,
            holds::HoldRow,
            list::{self, Totals},
            report::has_product,
        },
        stores::{self, Store, Stores, kits, listing_rows, pushes, reach},
    },
    domain::{
        code::SkuCode,
        id::PromotionId,
        moment::Moment,
        promotions::{promotion::Status, schedule},
    },
    screens::{
        catalogue::path_of,
        stores::{kits::KitRow, listing_state::AtStore},
    },
    web::{
        error::{PageError, PageResult},
        lists::{PageLinks, Place},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    after: String,
    before: String,
    /// The product whose sales over time are shown; empty for all.
    sku: String,
    /// The words to find in the products.
    find: String,
    notice: String,
}

/// The kits that the page has.
const KITS: usize = 50;

/// The most ledger entries that are replayed for the costs on this page: more take longer than the rest of the page.
const COST_ENTRIES: i64 = 5_000;

struct ProductRow {
    sku: String,
    href: String,
    name: String,
    /// Whether it was removed while the sale ran.
    is_removed: bool,
    held: i64,
    remaining: i64,
    sold: Sold,
    /// Units that are held but not in hand.
    short: i64,
    should_show: i64,
    at_store: AtStore,
}

#[derive(Template)]
#[template(path = "promotions/show.html")]
struct PromotionPage {
    page: Layout,
    id: PromotionId,
    name: String,
    flash_sale_type: &'static str,
    status: &'static str,
    is_running: bool,
    store: String,
    start: LocalTime,
    end: LocalTime,
    scheduled_end: LocalTime,
    left: String,
    created: LocalTime,
    created_by: String,
    ended_by: Option<String>,
    tiles: Tiles,
    sold: SoldOverTime,
    /// The costs of the other stores, unless they take too long to add up.
    costs: Option<Vec<CostRow>>,
    products: Vec<ProductRow>,
    /// The kits of the store that these products are in: what they show follows from the holds.
    kits: Vec<KitRow>,
    find: String,
    /// The chosen product of the sales over time, which a search keeps.
    sku: String,
    /// Whether there are more products than a page shows, or some were looked for.
    is_searched: bool,
    by_hand: ByHand,
    links: PageLinks,
    history: History,
}

impl PromotionPage {
    fn read(conn: &mut Conn, page: Layout, id: PromotionId, query: &ShowQuery, now: Moment) -> Result<Self, PageError> {
        let promotion = promotions::find(conn, id)?.ok_or(PageError::NotFound)?;
        let status = promotion.status(now);
        let stores = stores::all(conn)?;
        let store = store_of(&stores, &promotion.store)?;

        let sku = query.sku.trim();
        let mut chosen = SkuCode::parse(&query.sku).ok();
        if let Some(code) = &chosen
            && !has_product(conn, id, code)?
        {
            chosen = None;
        }
        let is_known = chosen.is_some() || sku.is_empty();
        let sold = SoldBySku::read(conn, &promotion, store.zone(), now)?;
        let over_time = OverTime::read(conn, &promotion, &sold, chosen.as_ref())?;

        let listed = list::products(conn, id, &query.find, &Place::from_query(&query.after, &query.before))?;
        let products = products(conn, (&promotion, store), &listed.rows, &sold, now)?;
        let kits = match status {
            Status::Running => kits_with(conn, (&stores, store), &listed.rows, now)?,
            Status::Draft | Status::Ended => Vec::new(),
        };
        let totals = list::totals(conn, [id])?.remove(&id).unwrap_or_default();
        let (_, costs) = costs::of_sale(conn, &promotion, now, COST_ENTRIES)?;
        let by_hand = match status {
            Status::Running => {
                let codes = list::product_codes(conn, id)?;
                ByHand::read(conn, &stores, &store.code, &codes, format!("/promotions/{id}/quantities.csv"))?
            }
            Status::Draft | Status::Ended => ByHand::default(),
        };
        let find = query.find.trim();
        let path = format!("/promotions/{id}");
        let history = History::latest(&changes::page(conn, id, &Place::Start)?, store);
        Ok(Self {
            page,
            id,
            flash_sale_type: promotion.flash_sale_type.label(),
            status: status.label(),
            is_running: status == Status::Running,
            store: store.name.clone(),
            start: LocalTime::new(promotion.starts_at, store),
            end: LocalTime::new(promotion.ends_at, store),
            scheduled_end: LocalTime::new(promotion.scheduled_ends_at, store),
            left: schedule::duration_in_words(promotion.ends_at.since(now)),
            created: LocalTime::new(promotion.created_at, store),
            created_by: promotion.created_by,
            ended_by: promotion.ended_by,
            tiles: Tiles::new(totals, sold.of_all(), status, store.currency),
            sold: SoldOverTime::new(&over_time, sku, is_known, store.zone())?,
            costs: costs.map(|costs| CostRow::list(&costs, &stores)),
            is_searched: listed.has_previous || listed.has_next || !find.is_empty(),
            links: listed.links(&path, &[("sku", sku), ("find", find)], |(hold, _)| hold.sku.clone()).at("products"),
            find: find.to_owned(),
            sku: sku.to_owned(),
            products,
            kits,
            by_hand,
            history,
            name: promotion.name,
        })
    }

    fn orders_path(&self, more_query: &str) -> String {
        format!("/orders?promotion={}{more_query}", self.id)
    }
}

fn products(
    conn: &mut Conn,
    (promotion, store): (&Promotion, &Store),
    rows: &[(HoldRow, String)],
    sold: &SoldBySku,
    now: Moment,
) -> QueryResult<Vec<ProductRow>> {
    let codes = || rows.iter().map(|(hold, _)| &hold.sku);
    let available = availability::read(conn, codes(), now)?;
    let reached = reach::of(conn, std::slice::from_ref(store), codes())?.pop();
    let listed = reached.iter().flat_map(|reached| reached.listings.values());
    let pushes = pushes::of_listings(conn, listed.map(|listing| &listing.id))?;
    let connection = reached.as_ref().and_then(|reached| reached.connection.as_ref());
    let status = promotion.status(now);
    let mut products = Vec::new();
    for (hold, name) in rows {
        let position = available[&hold.sku].position();
        let should_show = position.quantity_for(&store.code).total();
        let listing = reached.as_ref().and_then(|reached| reached.listings.get(&hold.sku));
        let push = listing.and_then(|listing| pushes.get(&listing.id));
        let is_mapped = reached.as_ref().zip(listing).is_some_and(|(reached, listing)| reached.is_mapped(listing));
        let at_store = match listing {
            None if connection.is_some() => AtStore { shows: "sold in kits".to_owned(), ..AtStore::default() },
            Some(_) | None => AtStore::new(store, (connection, is_mapped), push, should_show, now),
        };
        let backed = position.hold_of(&store.code).map_or(0, |(_, backed)| backed);
        let totals = Totals { skus: 1, quantity: hold.quantity, sold: hold.sold };
        let remaining = totals.remaining(status);
        products.push(ProductRow {
            href: path_of(&hold.sku),
            sku: hold.sku.to_string(),
            name: name.clone(),
            is_removed: hold.removed,
            held: hold.quantity,
            remaining,
            sold: Sold::new(totals, sold.of(&hold.sku), store.currency),
            short: if status == Status::Running { remaining - backed } else { 0 },
            should_show,
            at_store,
        });
    }
    Ok(products)
}

/// The first kits of the store that have one of the products among their components.
fn kits_with(
    conn: &mut Conn,
    (stores, store): (&Stores, &Store),
    rows: &[(HoldRow, String)],
    now: Moment,
) -> QueryResult<Vec<KitRow>> {
    let mut kits = kits::with_skus(conn, rows.iter().map(|(hold, _)| &hold.sku), usize::MAX)?;
    kits.retain(|kit| kit.listing.store == store.code);
    kits.truncate(KITS);
    let rows = listing_rows::of_kits(conn, kits, now)?;
    Ok(rows.iter().map(|row| KitRow::new(row, stores, now)).collect())
}

fn notice(word: &str) -> Option<String> {
    match word {
        "changed" => Some("The changes are saved and in effect.".to_owned()),
        "unsaved" => {
            Some("Your changes are not in effect: they are kept under Edit until you save or discard them.".to_owned())
        }
        "unchanged" => Some("There was nothing to change.".to_owned()),
        "ended" => Some("The flash sale has ended. What was left of its stock is shared again.".to_owned()),
        _ => None,
    }
}

pub async fn show(visit: Visit, path: Path<String>, Query(query): Query<ShowQuery>) -> PageResult {
    let id = id_of(&path)?;
    let now = visit.now;
    let layout = Layout { notice: notice(&query.notice), ..visit.layout("promotions") };
    let page = visit.database().read(move |conn| PromotionPage::read(conn, layout, id, &query, now)).await?;
    ok(&page)
}
