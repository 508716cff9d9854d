//! `/promotions`

use super::{LocalTime, store_of};
use crate::{
    db::{
        self,
        engine::search::SEARCH_LIMIT,
        promotions::list::{Filter, ListedPromotion},
        stores::Stores,
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        promotions::{
            promotion::{FlashSaleType, Status},
            schedule::duration_in_words,
        },
    },
    web::{
        error::{PageError, PageResult},
        form::SelectOption,
        lists::{self, ListQuery, PageLinks},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PromotionsQuery {
    q: String,
    status: String,
    r#type: String,
    store: String,
    after: String,
    before: String,
    notice: String,
}

impl PromotionsQuery {
    fn filter(&self) -> Filter {
        Filter {
            term: self.q.chars().take(SEARCH_LIMIT).collect(),
            status: Status::parse(&self.status),
            flash_sale_type: FlashSaleType::parse(&self.r#type),
            store: StoreCode::parse(&self.store).ok(),
        }
    }
}

impl ListQuery for PromotionsQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![("q", &self.q), ("status", &self.status), ("type", &self.r#type), ("store", &self.store)]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

#[derive(Template)]
#[template(path = "promotions/list.html")]
struct PromotionsPage {
    page: Layout,
    query: String,
    is_narrowed: bool,
    statuses: Vec<SelectOption>,
    types: Vec<SelectOption>,
    stores: Vec<SelectOption>,
    rows: Vec<Row>,
    links: PageLinks,
}

/// Fields that a draft does not have yet are empty.
struct Row {
    href: String,
    name: String,
    /// Who began a draft, and how long ago; else empty.
    begun: String,
    flash_sale_type: &'static str,
    store: String,
    status: &'static str,
    start: Option<LocalTime>,
    end: Option<LocalTime>,
    skus: i64,
    held: String,
    sold: String,
    remaining: String,
    sell_through: String,
}

impl Row {
    fn new(listed: ListedPromotion, stores: &Stores, now: Moment) -> Result<Self, PageError> {
        match listed {
            ListedPromotion::Draft(draft, skus) => Ok(Self {
                href: format!("/promotions/drafts/{}/details", draft.id),
                name: if draft.name.trim().is_empty() { "Unnamed draft".to_owned() } else { draft.name },
                begun: format!("begun by {}, {} ago", draft.created_by, duration_in_words(now.since(draft.created_at))),
                flash_sale_type: FlashSaleType::parse(&draft.flash_sale_type).map_or("", FlashSaleType::label),
                store: stores.get(&draft.store).map_or_else(String::new, |store| store.name.clone()),
                status: Status::Draft.label(),
                start: None,
                end: None,
                skus,
                held: String::new(),
                sold: String::new(),
                remaining: String::new(),
                sell_through: String::new(),
            }),
            ListedPromotion::Created(promotion, totals) => {
                let store = store_of(stores, &promotion.store)?;
                let status = promotion.status(now);
                Ok(Self {
                    href: format!("/promotions/{}", promotion.id),
                    begun: String::new(),
                    flash_sale_type: promotion.flash_sale_type.label(),
                    store: store.name.clone(),
                    status: status.label(),
                    start: Some(LocalTime::new(promotion.starts_at, store)),
                    end: Some(LocalTime::new(promotion.ends_at, store)),
                    skus: totals.skus,
                    held: totals.quantity.to_string(),
                    sold: totals.sold.to_string(),
                    remaining: totals.remaining(status).to_string(),
                    sell_through: totals.sell_through(),
                    name: promotion.name,
                })
            }
        }
    }
}

fn notice(word: &str) -> Option<String> {
    (word == "discarded").then(|| "The draft was discarded.".to_owned())
}

pub async fn show(visit: Visit, query: Query<PromotionsQuery>) -> PageResult {
    let Query(query) = query;
    let filter = query.filter();
    let place = query.place();
    let now = visit.now;
    let (found, stores) = visit
        .database()
        .read(move |conn| {
            let found = db::promotions::list::list(conn, &filter, &place, now)?;
            Ok::<_, db::Error>((found, db::stores::all(conn)?))
        })
        .await?;
    let statuses = Status::ALL.map(|status| (status.as_str(), status.label()));
    let types = FlashSaleType::ALL.map(|kind| (kind.as_str(), kind.label()));
    ok(&PromotionsPage {
        page: Layout { notice: notice(&query.notice), ..visit.layout("promotions") },
        is_narrowed: query.has_filters(),
        statuses: lists::options("All", statuses, &query.status),
        types: lists::options("All", types, &query.r#type),
        stores: lists::store_options("All", &stores, &query.store),
        links: found.links("/promotions", &query.filters(), ListedPromotion::id),
        rows: found.rows.into_iter().map(|row| Row::new(row, &stores, now)).collect::<Result<_, _>>()?,
        query: query.q,
    })
}
