//! `/orders`

use super::{amount, choice, path_of, state};
use crate::{
    db::{
        self, Conn,
        orders::list::{self, Filter, Key, ListedOrder},
        stores::{self, Stores},
    },
    domain::{code::StoreCode, orders::order::OrderStatus, text::counted},
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

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct OrdersQuery {
    q: String,
    pub(super) store: String,
    status: String,
    oversold: String,
    promotion: String,
    from: String,
    to: String,
    after: String,
    before: String,
    /// Orders that the form before has just shipped, for the notice; likewise `cancelled`.
    shipped: String,
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
    /// A filter with an unknown value lets everything through; a wrong day is also an error of its field. Days are those of
    /// the chosen store, or of `zone`.
    pub(super) fn filter(&self, stores: &Stores, zone: Tz, errors: &mut FormErrors) -> Filter {
        let (from, until) = days(&self.from, &self.to, stores.zone_or(&self.store, zone), errors);
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
        for (word, number) in [("Shipped", &self.shipped), ("Cancelled", &self.cancelled)] {
            if let Ok(number) = number.parse::<u32>() {
                return Some(format!("{word}: {}.", counted(number, "order")));
            }
        }
        None
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
    /// The value of the checkbox; empty for an order that is not open.
    choice: String,
    is_ticked: bool,
}

impl Row {
    fn new(listed: &ListedOrder, stores: &Stores, ticked: &[String]) -> Result<Self, PageError> {
        let ListedOrder { order, sums } = listed;
        let store = store_of(stores, &order.store)?;
        let (tone, state) = state(order);
        let choice = match order.status {
            OrderStatus::Open => choice(&order.key()),
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
            value: amount(sums.value, store.currency),
            is_ticked: ticked.contains(&choice),
            choice,
        })
    }
}

impl OrdersPage {
    pub(super) async fn load(
        visit: &Visit,
        query: OrdersQuery,
        ticked: &[String],
        mut errors: FormErrors,
    ) -> Result<Self, PageError> {
        let asked = query.clone();
        let zone = visit.zone;
        let read = move |conn: &mut Conn| {
            let stores = stores::all(conn)?;
            let filter = asked.filter(&stores, zone, &mut errors);
            let list = list::read(conn, &filter, &asked.place())?;
            let is_empty = list.page.rows.is_empty() && list::is_empty(conn)?;
            let promotions = list::promotions(conn, filter.promotion)?;
            Ok::<_, db::Error>((stores, list, is_empty, promotions, errors))
        };
        let (stores, list, is_empty, promotions, errors) = visit.database().read(read).await?;
        let of_status = OrderStatus::ALL.map(|status| (status.as_str(), status.label()));
        let of_promotion = promotions.into_iter().map(|(id, name)| (id.to_string(), name));
        Ok(Self {
            page: Layout { notice: query.notice(), ..visit.layout("orders") },
            zone: stores.zone_or(&query.store, zone).name(),
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

pub async fn show(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    ok(&OrdersPage::load(&visit, query, &[], FormErrors::default()).await?)
}
