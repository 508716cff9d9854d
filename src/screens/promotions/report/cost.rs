//! What a flash sale cost the other stores: in all on the promotion's page, unless it takes long to add up, and product
//! by product on `/promotions/{id}/cost`, as far as that can be added up while somebody waits.

use crate::{
    db::{
        self, Conn,
        engine::paging::Page,
        promotions::{
            self, Promotion,
            costs::{self, BySku},
            holds::HoldRow,
            list::products,
        },
        stores::{self, Store, Stores, listings},
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

/// Entries of the ledger that are replayed for the page of the products at most. It ends before the product that would
/// take more, and the next one begins with it. A product that takes more by itself is in the exported report alone.
const ENTRIES: i64 = 20_000;

/// What one product cost one store.
enum Cell {
    NotListed,
    /// It takes more than [`ENTRIES`] to say.
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
    /// By store.
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
    /// What it cost in all; on the first page alone.
    costs: Option<Vec<CostRow>>,
    /// Whether there is something that was too much to add up.
    is_too_much: bool,
    rows: Vec<Row>,
    links: PageLinks,
}

/// What the page reads, in one snapshot.
struct Read {
    promotion: Promotion,
    products: Page<(HoldRow, String)>,
    /// The stores that list each of the products.
    listed: BTreeMap<SkuCode, Vec<StoreCode>>,
    costs: BySku,
    in_all: Option<BTreeMap<StoreCode, TotalCost>>,
    is_too_much: bool,
    stores: Stores,
}

fn read(conn: &mut Conn, id: PromotionId, place: &Place, now: Moment) -> Result<Option<Read>, db::Error> {
    let Some(promotion) = promotions::find(conn, id)? else { return Ok(None) };
    let products = products(conn, id, place)?;
    let mut codes: Vec<SkuCode> = products.rows.iter().map(|(hold, _)| hold.sku.clone()).collect();
    let (costs, in_all) = match place {
        Place::Start => costs::of_sale(conn, &promotion, now, ENTRIES)?,
        Place::After(_) => (costs::of_skus(conn, &promotion, &codes, now, ENTRIES)?, None),
        Place::Before(_) => {
            codes.reverse();
            (costs::of_skus(conn, &promotion, &codes, now, ENTRIES)?, None)
        }
    };
    let known = codes.iter().take_while(|sku| costs.contains_key(*sku)).count();
    // Every page leads on, so it has a product, even one that is too much.
    codes.truncate(known.max(1));
    Ok(Some(Read {
        listed: listings::stores_of(conn, &codes)?,
        is_too_much: known < codes.len() || *place == Place::Start && in_all.is_none(),
        products: products.cut(place, codes.len()),
        stores: stores::all(conn)?,
        costs,
        in_all,
        promotion,
    }))
}

impl Read {
    /// The stores beside that of the sale that list a product of the page.
    fn others(&self) -> Vec<&Store> {
        let is_listed = |store: &&Store| self.listed.values().flatten().any(|code| *code == store.code);
        self.stores.iter().filter(is_listed).filter(|store| store.code != self.promotion.store).collect()
    }

    fn row(&self, hold: &HoldRow, name: &str, others: &[&Store]) -> Row {
        let listed = self.listed.get(&hold.sku).map_or(&[][..], Vec::as_slice);
        let costs = self.costs.get(&hold.sku);
        let cell = |store: &&Store| match costs {
            Some(costs) => {
                let of_store = costs.iter().find(|(code, _)| *code == store.code);
                of_store.map_or(Cell::NotListed, |(_, cost)| Cell::new(cost))
            }
            None if listed.contains(&store.code) => Cell::TooMuch,
            None => Cell::NotListed,
        };
        Row {
            sku: hold.sku.to_string(),
            href: path_of(&hold.sku),
            name: name.to_owned(),
            cells: others.iter().map(cell).collect(),
        }
    }
}

/// Shows what each product of a flash sale cost each other store.
///
/// # Errors
/// When there is no such promotion, or the database fails.
pub async fn show(visit: Visit, path: Path<String>, query: Query<PlaceQuery>) -> PageResult {
    let (id, now) = (id_of(&path)?, visit.now);
    let place = query.0.place();
    let read = visit.database().read(move |conn| read(conn, id, &place, now)).await?;
    let read = read.ok_or(PageError::NotFound)?;
    let others = read.others();
    ok(&CostPage {
        page: visit.layout("promotions"),
        id,
        store: store_of(&read.stores, &read.promotion.store)?.name.clone(),
        costs: read.in_all.as_ref().map(|costs| CostRow::list(costs, &read.stores)),
        is_too_much: read.is_too_much,
        rows: read.products.rows.iter().map(|(hold, name)| read.row(hold, name, &others)).collect(),
        links: read.products.links(&format!("/promotions/{id}/cost"), &[], |(hold, _)| hold.sku.clone()),
        stores: others.iter().map(|store| store.name.clone()).collect(),
        name: read.promotion.name.clone(),
    })
}
