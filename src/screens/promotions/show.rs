//! `/promotions/{id}`: what a promotion holds, what was sold of it, and what is left.

use super::{
    LocalTime,
    history::History,
    id_of,
    report::{CostRow, OverTime, Sold, SoldBySku, SoldOverTime, Tiles},
    store_of,
};
use crate::{
    db::{
        self, Conn,
        availability::{self, Available},
        engine::paging::Page,
        promotions::{
            self, Promotion,
            changes::{self, Line},
            costs,
            holds::HoldRow,
            list::{Totals, products, totals},
            report::has_product,
        },
        stores::{self, Store, Stores, push_status::LateListings},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{cost::TotalCost, promotion::Status, schedule},
    },
    screens::{catalogue::path_of, stores::listing_state::BehindNote},
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
use std::collections::BTreeMap;

/// Where in the list of products, and of which of them the report shows what was sold over time.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ShowQuery {
    after: String,
    before: String,
    sku: String,
    notice: String,
}

/// Entries of the ledger that are replayed for this page at most, to say what the sale cost the other stores: more take
/// longer than the rest of it.
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
    shown: String,
    /// That the store shows another number.
    behind: Option<BehindNote>,
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
    /// What it cost the other stores, unless that takes long to add up.
    costs: Option<Vec<CostRow>>,
    products: Vec<ProductRow>,
    links: PageLinks,
    history: History,
}

impl PromotionPage {
    /// The list of the sale's orders, with `more` in its query.
    fn orders_path(&self, more: &str) -> String {
        format!("/orders?promotion={}{more}", self.id)
    }
}

/// What the page reads, in one snapshot.
struct Read {
    promotion: Promotion,
    totals: Totals,
    sold: SoldBySku,
    over_time: OverTime,
    /// Whether it has the product that was asked for.
    is_known: bool,
    costs: Option<BTreeMap<StoreCode, TotalCost>>,
    stores: Stores,
    products: Page<(HoldRow, String)>,
    lines: Page<Line>,
    /// What the store does not show yet as it should.
    late: LateListings,
    /// What is available of each product.
    available: Available,
}

fn read(conn: &mut Conn, id: PromotionId, place: &Place, sku: &str, now: Moment) -> Result<Option<Read>, db::Error> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let products = products(conn, id, place)?;
    let asked = SkuCode::parse(sku).ok();
    let chosen = match &asked {
        Some(sku) if has_product(conn, id, sku)? => Some(sku),
        Some(_) | None => None,
    };
    let stores = stores::all(conn)?;
    let zone = stores.get(&promotion.store).map_or(chrono_tz::UTC, Store::zone);
    let sold = SoldBySku::read(conn, &promotion, zone, now)?;
    let over_time = OverTime::read(conn, &promotion, &sold, chosen)?;
    let codes = || products.rows.iter().map(|(hold, _)| &hold.sku);
    let available = availability::read(conn, codes(), now)?;
    Ok(Some(Read {
        available,
        late: LateListings::read(conn, codes())?,
        totals: totals(conn, [id])?.remove(&id).unwrap_or_default(),
        sold,
        over_time,
        is_known: chosen.is_some() || sku.trim().is_empty(),
        costs: costs::of_sale(conn, &promotion, now, COST_ENTRIES)?.1,
        lines: changes::page(conn, id, &Place::Start)?,
        stores,
        promotion,
        products,
    }))
}

impl ProductRow {
    fn new(hold: &HoldRow, name: &str, (status, now): (Status, Moment), read: &Read) -> Self {
        let store = &read.promotion.store;
        let position = read.available[&hold.sku].position();
        let shown = position.quantity_for(store).total();
        let backed = position.hold_of(store).map_or(0, |(_, backed)| backed);
        let totals = Totals { skus: 1, quantity: hold.quantity, sold: hold.sold };
        let remaining = totals.remaining(status);
        Self {
            href: path_of(&hold.sku),
            sku: hold.sku.to_string(),
            name: name.to_owned(),
            is_removed: hold.removed,
            held: hold.quantity,
            remaining,
            sold: Sold::new(totals, read.sold.of(&hold.sku)),
            short: if status == Status::Running { remaining - backed } else { 0 },
            shown: shown.to_string(),
            behind: BehindNote::of(&read.late, (&hold.sku, store), shown, now),
        }
    }
}

/// What was just done, in words.
fn notice(word: &str) -> Option<String> {
    match word {
        "changed" => Some("The changes are saved and in effect.".to_owned()),
        "unchanged" => Some("There was nothing to change.".to_owned()),
        "ended" => Some("The flash sale has ended. What was left of its stock is shared again.".to_owned()),
        _ => None,
    }
}

/// Shows a promotion.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<ShowQuery>) -> PageResult {
    let (id, now) = (id_of(&path)?, visit.now);
    let place = Place::from_query(&query.0.after, &query.0.before);
    let sku = query.0.sku.clone();
    let read = visit.database().read(move |conn| read(conn, id, &place, &sku, now)).await?;
    let read = read.ok_or(PageError::NotFound)?;
    let status = read.promotion.status(now);
    let product = |(hold, name): &(HoldRow, String)| ProductRow::new(hold, name, (status, now), &read);
    let rows = read.products.rows.iter().map(product).collect();
    let Read { promotion, totals, sold, over_time, is_known, costs, stores, products, lines, .. } = read;
    let store = store_of(&stores, &promotion.store)?;
    ok(&PromotionPage {
        page: Layout { notice: notice(&query.0.notice), ..visit.layout("promotions") },
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
        tiles: Tiles::new(totals, sold.of_all(), status),
        sold: SoldOverTime::new(&over_time, query.0.sku.trim(), is_known, store.zone())?,
        costs: costs.map(|costs| CostRow::list(&costs, &stores)),
        links: products
            .links(&format!("/promotions/{id}"), &[("sku", query.0.sku.trim())], |(hold, _)| hold.sku.clone()),
        products: rows,
        history: History::latest(&lines, store),
        name: promotion.name,
    })
}
