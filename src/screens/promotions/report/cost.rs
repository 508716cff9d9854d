//! What a flash sale cost the other stores: in all on the promotion's page, unless it takes long to add up, and product
//! by product on `/promotions/{id}/cost`.

use super::super::{id_of, store_of};
use crate::{
    db::{
        self, Conn,
        holds::HoldRow,
        paging::Page,
        promotions::{self, Promotion},
        reads::{costs, promotions::products},
        stores::{self, Store},
    },
    domain::{
        code::{SkuCode, StoreCode},
        cost::{Cost, TotalCost},
        id::PromotionId,
        moment::Moment,
        schedule::duration_in_words,
        text::counted,
    },
    screens::catalogue::path_of,
    web::{
        error::{PageError, PageResult},
        page::{Layout, ok},
        paging::{PageLinks, Place},
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What it cost a store on all products.
pub struct CostRow {
    /// What people call the store.
    pub store: String,
    /// Products of the sale that it lists.
    pub products: i64,
    /// Those that it showed nothing of for some time.
    pub products_at_zero: i64,
    /// How long, added up: `3 hours 20 minutes`.
    pub at_zero: String,
    /// Orders that were short.
    pub short_orders: usize,
    /// Units that they were short of.
    pub short_units: i64,
}

impl CostRow {
    /// The rows of all stores, in the order of `stores`.
    pub fn list(costs: &BTreeMap<StoreCode, TotalCost>, stores: &[Store]) -> Vec<Self> {
        let row = |store: &Store| {
            let TotalCost { products, products_at_zero, sum } = costs.get(&store.code)?;
            Some(Self {
                store: store.name.clone(),
                products: *products,
                products_at_zero: *products_at_zero,
                at_zero: at_zero(sum),
                short_orders: sum.short_orders.len(),
                short_units: sum.short_units,
            })
        };
        stores.iter().filter_map(row).collect()
    }
}

/// How long a store was at zero, in words.
fn at_zero(cost: &Cost) -> String {
    if cost.at_zero == TimeDelta::zero() { "never".to_owned() } else { duration_in_words(cost.at_zero) }
}

/// Where in the list of products.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct CostQuery {
    after: String,
    before: String,
}

/// What one product cost one store.
struct Cell {
    at_zero: String,
    /// `2 orders short of 8 units`; empty when there are none.
    short: String,
}

impl Cell {
    fn new(cost: &Cost) -> Self {
        let short = match cost.short_orders.len() {
            0 => String::new(),
            orders => format!("{} short of {}", counted(orders, "order"), counted(cost.short_units, "unit")),
        };
        Self { at_zero: at_zero(cost), short }
    }
}

struct Row {
    sku: String,
    href: String,
    name: String,
    /// By store; `None` where it does not list the product.
    cells: Vec<Option<Cell>>,
}

#[derive(Template)]
#[template(path = "promotions/report/cost_of_products.html")]
struct CostPage {
    page: Layout,
    id: PromotionId,
    name: String,
    store: String,
    stores: Vec<String>,
    /// What it cost in all; on the first page alone.
    costs: Option<Vec<CostRow>>,
    rows: Vec<Row>,
    links: PageLinks,
}

/// What the page reads, in one snapshot.
struct Read {
    promotion: Promotion,
    products: Page<(HoldRow, String)>,
    costs: BTreeMap<SkuCode, Vec<(StoreCode, Cost)>>,
    in_all: Option<BTreeMap<StoreCode, TotalCost>>,
    stores: Vec<Store>,
}

fn read(conn: &mut Conn, id: PromotionId, place: &Place, now: Moment) -> Result<Option<Read>, db::Error> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let products = products(conn, id, place)?;
    let codes: Vec<SkuCode> = products.rows.iter().map(|(hold, _)| hold.sku.clone()).collect();
    let costs = costs::of_skus(conn, &promotion, &codes, now)?;
    let in_all = match place {
        Place::Start => costs::in_all(conn, &promotion, now, i64::MAX)?,
        Place::After(_) | Place::Before(_) => None,
    };
    Ok(Some(Read { costs, in_all, stores: stores::all(conn)?, promotion, products }))
}

/// Shows what each product of a flash sale cost each other store.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<CostQuery>) -> PageResult {
    let (id, now) = (id_of(&path)?, visit.now);
    let place = Place::from_query(&query.0.after, &query.0.before);
    let read = visit.database().read(move |conn| read(conn, id, &place, now)).await?;
    let Read { promotion, products, costs, in_all, stores } = read.ok_or(PageError::NotFound)?;
    let is_listed = |store: &&Store| costs.values().flatten().any(|(code, _)| *code == store.code);
    let others: Vec<&Store> = stores.iter().filter(is_listed).collect();
    let row = |(hold, name): &(HoldRow, String)| {
        let of_sku = costs.get(&hold.sku).map_or(&[][..], Vec::as_slice);
        let cell =
            |store: &&Store| of_sku.iter().find(|(code, _)| *code == store.code).map(|(_, cost)| Cell::new(cost));
        Row {
            sku: hold.sku.to_string(),
            href: path_of(&hold.sku),
            name: name.clone(),
            cells: others.iter().map(cell).collect(),
        }
    };
    ok(&CostPage {
        page: visit.layout("promotions"),
        id,
        store: store_of(&stores, &promotion.store)?.name.clone(),
        costs: in_all.map(|costs| CostRow::list(&costs, &stores)),
        rows: products.rows.iter().map(row).collect(),
        links: products.links(&format!("/promotions/{id}/cost"), &[], |(hold, _)| hold.sku.clone()),
        stores: others.iter().map(|store| store.name.clone()).collect(),
        name: promotion.name,
    })
}
