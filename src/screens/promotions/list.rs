//! `/promotions`

use super::{LocalTime, store_of};
use crate::{
    db::{
        self,
        engine::search::SEARCH_LIMIT,
        promotions::list::{Filter, ListedPromotion},
        stores::Store,
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        promotions::promotion::{FlashSaleType, Status},
    },
    web::{
        error::{PageError, PageResult},
        form::SelectOption,
        page::{Layout, ok},
        paging::{PageLinks, Place},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

/// The query of the list, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    status: String,
    r#type: String,
    store: String,
    after: String,
    before: String,
}

impl ListQuery {
    fn filter(&self) -> Filter {
        Filter {
            term: self.q.chars().take(SEARCH_LIMIT).collect(),
            status: Status::parse(&self.status),
            flash_sale_type: FlashSaleType::parse(&self.r#type),
            store: StoreCode::parse(&self.store).ok(),
        }
    }

    fn is_narrowed(&self) -> bool {
        [&self.q, &self.status, &self.r#type, &self.store].iter().any(|value| !value.is_empty())
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

/// A row of the list, in words. What a draft has not been given yet is empty.
struct Row {
    href: String,
    name: String,
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
    fn new(listed: ListedPromotion, stores: &[Store], now: Moment) -> Result<Self, PageError> {
        match listed {
            ListedPromotion::Draft(draft, skus) => Ok(Self {
                href: format!("/promotions/drafts/{}/details", draft.id),
                name: if draft.name.trim().is_empty() { "Unnamed draft".to_owned() } else { draft.name },
                flash_sale_type: FlashSaleType::parse(&draft.flash_sale_type).map_or("", FlashSaleType::label),
                store: stores
                    .iter()
                    .find(|store| store.code.as_str() == draft.store)
                    .map_or_else(String::new, |store| store.name.clone()),
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

/// Shows a page of the promotions that the query asks for.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, query: Query<ListQuery>) -> PageResult {
    let Query(query) = query;
    let (filter, now) = (query.filter(), visit.now);
    let place = Place::from_query(&query.after, &query.before);
    let (found, stores) = visit
        .database()
        .read(move |conn| {
            let found = db::promotions::list::list(conn, &filter, &place, now)?;
            Ok::<_, db::Error>((found, db::stores::all(conn)?))
        })
        .await?;
    let filters = [("q", &*query.q), ("status", &query.status), ("type", &query.r#type), ("store", &query.store)];
    let links = found.links("/promotions", &filters, ListedPromotion::id);
    let all_and = |label: &str| [(String::new(), label.to_owned())].into_iter();
    ok(&PromotionsPage {
        page: visit.layout("promotions"),
        is_narrowed: query.is_narrowed(),
        statuses: SelectOption::list(
            all_and("All").chain(Status::ALL.map(|one| (one.as_str().to_owned(), one.label().to_owned()))),
            &query.status,
        ),
        types: SelectOption::list(
            all_and("All").chain(FlashSaleType::ALL.map(|one| (one.as_str().to_owned(), one.label().to_owned()))),
            &query.r#type,
        ),
        stores: SelectOption::list(
            all_and("All").chain(stores.iter().map(|store| (store.code.to_string(), store.name.clone()))),
            &query.store,
        ),
        rows: found.rows.into_iter().map(|row| Row::new(row, &stores, now)).collect::<Result<_, _>>()?,
        links,
        query: query.q,
    })
}
