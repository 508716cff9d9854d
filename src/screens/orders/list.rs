//! `/orders`

use super::{amount, path_of, state};
use crate::{
    db::{
        self, Conn,
        orders::list::{self, Filter, Key, ListedOrder, OrderList},
        stores::{self, Stores},
    },
    domain::{code::StoreCode, id::PromotionId, orders::order::OrderStatus, text::counted},
    screens::promotions::{LocalTime, store_of},
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        lists::{self, ListQuery, PageLinks, days},
        page::{Layout, ok},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

/// The filters and the place, as the address has them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrdersQuery {
    q: String,
    store: String,
    status: String,
    oversold: String,
    promotion: String,
    from: String,
    to: String,
    after: String,
    before: String,
    /// How many orders were just shipped.
    shipped: String,
    /// How many were just cancelled.
    cancelled: String,
}

impl ListQuery for OrdersQuery {
    fn filters(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("q", self.q.trim()),
            ("store", &self.store),
            ("status", &self.status),
            ("oversold", &self.oversold),
            ("promotion", &self.promotion),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn after_before(&self) -> [&str; 2] {
        [&self.after, &self.before]
    }
}

impl OrdersQuery {
    /// The zone that days are typed in.
    fn zone(&self, stores: &Stores) -> Tz {
        stores.zone(&self.store)
    }

    /// What the filters let through. One that means nothing lets everything through; of days that is said at the field.
    pub(super) fn filter(&self, stores: &Stores, errors: &mut FormErrors) -> Filter {
        let (from, until) = days(&self.from, &self.to, self.zone(stores), errors);
        Filter {
            search: self.q.clone(),
            store: StoreCode::parse(&self.store).ok(),
            status: OrderStatus::parse(&self.status),
            is_oversold: self.oversold == "yes",
            promotion: self.promotion.parse().ok(),
            from,
            until,
        }
    }

    fn notice(&self) -> Option<String> {
        let orders = |number: &str| number.parse::<u32>().ok().map(|number| counted(number, "order"));
        let shipped = orders(&self.shipped).map(|orders| format!("Shipped: {orders}."));
        shipped.or_else(|| orders(&self.cancelled).map(|orders| format!("Cancelled: {orders}.")))
    }
}

#[derive(Template)]
#[template(path = "orders/list.html")]
pub(super) struct OrdersPage {
    page: Layout,
    query: OrdersQuery,
    stores: Vec<SelectOption>,
    statuses: Vec<SelectOption>,
    oversold: Vec<SelectOption>,
    promotions: Vec<SelectOption>,
    zone: &'static str,
    rows: Vec<Row>,
    links: PageLinks,
    is_cut: bool,
    is_empty: bool,
    errors: FormErrors,
}

/// A row of the list, in words.
struct Row {
    href: String,
    number: String,
    store: String,
    placed: LocalTime,
    tone: &'static str,
    state: &'static str,
    units: i64,
    from_hold: i64,
    from_shared: i64,
    oversold: i64,
    value: String,
    /// What the box of an order that can be closed sends; empty for the others.
    choice: String,
    is_ticked: bool,
}

impl Row {
    fn new(listed: &ListedOrder, stores: &Stores, ticked: &[String]) -> Result<Self, PageError> {
        let ListedOrder { order, sums } = listed;
        let store = store_of(stores, &order.store)?;
        let (tone, state) = state(order);
        let choice = match order.status {
            OrderStatus::Open => super::selected::choice(&order.key()),
            OrderStatus::Shipped | OrderStatus::Cancelled => String::new(),
        };
        Ok(Self {
            href: path_of(&order.store, &order.number),
            number: order.number.to_string(),
            store: store.name.clone(),
            placed: LocalTime::new(order.placed_at, store),
            tone,
            state,
            units: order.units,
            from_hold: sums.from_hold,
            from_shared: sums.from_shared,
            oversold: order.oversold,
            value: amount(sums.value_minor),
            is_ticked: ticked.contains(&choice),
            choice,
        })
    }
}

/// What the page reads, in one snapshot.
struct Read {
    stores: Stores,
    promotions: Vec<(PromotionId, String)>,
    list: OrderList,
    is_empty: bool,
    errors: FormErrors,
}

impl Read {
    fn all(conn: &mut Conn, query: &OrdersQuery, mut errors: FormErrors) -> Result<Self, db::Error> {
        let stores = stores::all(conn)?;
        let filter = query.filter(&stores, &mut errors);
        let list = list::read(conn, &filter, &query.place())?;
        let is_empty = list.page.rows.is_empty() && list::is_empty(conn)?;
        Ok(Self { promotions: list::promotions(conn, filter.promotion)?, stores, list, is_empty, errors })
    }
}

impl OrdersPage {
    /// The page of `query`, with boxes that were ticked and what is wrong.
    pub(super) async fn load(
        visit: &Visit,
        query: OrdersQuery,
        ticked: &[String],
        errors: FormErrors,
    ) -> Result<Self, PageError> {
        let asked = query.clone();
        let read = visit.database().read(move |conn| Read::all(conn, &asked, errors)).await?;
        let Read { stores, promotions, list, is_empty, errors } = read;
        let of_status = OrderStatus::ALL.map(|status| (status.as_str(), status.label()));
        let of_promotion = promotions.into_iter().map(|(id, name)| (id.to_string(), name));
        Ok(Self {
            page: Layout { notice: query.notice(), ..visit.layout("orders") },
            zone: query.zone(&stores).name(),
            rows: list.page.rows.iter().map(|row| Row::new(row, &stores, ticked)).collect::<Result<_, _>>()?,
            links: list.page.links("/orders", &query.filters(), |row| Key::of(&row.order)),
            stores: lists::store_options("All stores", &stores, &query.store),
            statuses: lists::options("All", of_status, &query.status),
            oversold: lists::options("All", [("yes", "Oversold only")], &query.oversold),
            promotions: lists::options("All", of_promotion, &query.promotion),
            is_cut: list.is_cut,
            is_empty,
            errors,
            query,
        })
    }
}

/// Shows a page of the orders that the query asks for.
///
/// # Errors
/// When the database fails.
pub async fn show(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    ok(&OrdersPage::load(&visit, query, &[], FormErrors::default()).await?)
}
