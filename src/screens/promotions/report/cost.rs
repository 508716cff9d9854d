//! The costs of a flash sale for the other stores: the totals on the promotion's page, unless they take long to add up,
//! and each product on `/promotions/{id}/cost`, as far as they can be added up while a page loads.

use crate::{
    db::{
        Conn,
        promotions::{self, costs, list::products},
        stores::{self, Store, listings},
    },
    domain::{
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::{
            cost::{Cost, TotalCost},
            schedule::duration_in_words,
        },
        text::counted,
    },
    screens::{
        catalogue::path_of,
        promotions::{id_of, store_of},
    },
    web::{
        error::{PageError, PageResult},
        lists::{PageLinks, Place, PlaceQuery},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// The total costs for one store.
pub struct CostRow {
    pub store: String,
    /// Products of the sale that the store lists.
    pub products: i64,
    /// Those that it showed 0 of for some time.
    pub products_at_zero: i64,
    /// The sum of these times: `3 hours 20 minutes`.
    pub at_zero: String,
    pub short_orders: usize,
    pub short_units: i64,
}

impl CostRow {
    pub fn list(costs: &BTreeMap<StoreCode, TotalCost>, stores: &[Store]) -> Vec<Self> {
        let mut rows = Vec::new();
        for store in stores {
            if let Some(TotalCost { products, products_at_zero, sum }) = costs.get(&store.code) {
                rows.push(Self {
                    store: store.name.clone(),
                    products: *products,
                    products_at_zero: *products_at_zero,
                    at_zero: at_zero(sum),
                    short_orders: sum.short_orders.len(),
                    short_units: sum.short_units,
                });
            }
        }
        rows
    }
}

fn at_zero(cost: &Cost) -> String {
    if cost.at_zero == TimeDelta::zero() { "never".to_owned() } else { duration_in_words(cost.at_zero) }
}

/// The most ledger entries that are replayed for one page of products. The page ends before the product that would
/// exceed the limit, and the next page begins with it. A product that exceeds it alone is only in the exported report.
const ENTRIES: i64 = 20_000;

enum Cell {
    NotListed,
    /// The product has more than [`ENTRIES`] entries.
    TooMuch,
    Cost {
        at_zero: String,
        /// `2 orders short of 8 units`; empty when there are none.
        short: String,
    },
}

impl Cell {
    fn new(cost: &Cost) -> Self {
        let short = match cost.short_orders.len() {
            0 => String::new(),
            orders => format!("{} short of {}", counted(orders, "order"), counted(cost.short_units, "unit")),
        };
        Self::Cost { at_zero: at_zero(cost), short }
    }
}

struct Row {
    sku: String,
    href: String,
    name: String,
    /// One for each of the page's stores.
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "promotions/report/cost_of_products.html")]
struct CostPage {
    page: Layout,
    id: PromotionId,
    name: String,
    store: String,
    stores: Vec<String>,
    /// The totals; only on the first page.
    costs: Option<Vec<CostRow>>,
    /// Whether a limit was exceeded.
    is_too_much: bool,
    rows: Vec<Row>,
    links: PageLinks,
}

impl CostPage {
    fn read(conn: &mut Conn, page: Layout, id: PromotionId, place: &Place, now: Moment) -> Result<Self, PageError> {
        let promotion = promotions::find(conn, id)?.ok_or(PageError::NotFound)?;
        let products = products(conn, id, "", place)?;
        let mut codes: Vec<SkuCode> = products.rows.iter().map(|(hold, _)| hold.sku.clone()).collect();
        let (costs, totals) = match place {
            Place::Start => costs::of_sale(conn, &promotion, now, ENTRIES)?,
            Place::After(_) => (costs::of_skus(conn, &promotion, &codes, now, ENTRIES)?, None),
            Place::Before(_) => {
                codes.reverse();
                (costs::of_skus(conn, &promotion, &codes, now, ENTRIES)?, None)
            }
        };
        let known = codes.iter().take_while(|sku| costs.contains_key(*sku)).count();
        // Each page has at least one product, even one that exceeds the limit: its key leads to the next page.
        codes.truncate(known.max(1));
        let listed = listings::stores_of(conn, &codes)?;
        let is_too_much = known < codes.len() || *place == Place::Start && totals.is_none();
        let products = products.cut(place, codes.len());

        let stores = stores::all(conn)?;
        let mut others: Vec<&Store> = Vec::new();
        for store in stores.iter() {
            if store.code != promotion.store && listed.values().flatten().any(|code| *code == store.code) {
                others.push(store);
            }
        }
        let mut rows = Vec::new();
        for (hold, name) in &products.rows {
            let costs = costs.get(&hold.sku);
            let mut cells = Vec::new();
            for store in &others {
                let is_listed = listed.get(&hold.sku).is_some_and(|codes| codes.contains(&store.code));
                cells.push(match costs.map(|costs| costs.iter().find(|(code, _)| *code == store.code)) {
                    Some(Some((_, cost))) => Cell::new(cost),
                    None if is_listed => Cell::TooMuch,
                    Some(None) | None => Cell::NotListed,
                });
            }
            rows.push(Row { sku: hold.sku.to_string(), href: path_of(&hold.sku), name: name.clone(), cells });
        }
        Ok(Self {
            page,
            id,
            store: store_of(&stores, &promotion.store)?.name.clone(),
            costs: totals.map(|costs| CostRow::list(&costs, &stores)),
            is_too_much,
            rows,
            links: products.links(&format!("/promotions/{id}/cost"), &[], |(hold, _)| hold.sku.clone()),
            stores: others.iter().map(|store| store.name.clone()).collect(),
            name: promotion.name,
        })
    }
}

pub async fn show(visit: Visit, path: Path<String>, query: Query<PlaceQuery>) -> PageResult {
    let id = id_of(&path)?;
    let now = visit.now;
    let place = query.0.place();
    let layout = visit.layout("promotions");
    let page = visit.database().read(move |conn| CostPage::read(conn, layout, id, &place, now)).await?;
    ok(&page)
}
