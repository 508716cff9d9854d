//! `/orders`

use super::{amount, choice, chosen, path_of, state};
use crate::{
    db::{
        self, Conn,
        orders::{
            Order,
            list::{self, Filter, Key, ListedOrder},
            owed,
        },
        stores::{self, Stores},
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        orders::{coverage::Coverage, order::OrderStatus},
        text::counted,
    },
    screens::promotions::{LocalTime, store_of},
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        lists::{self, ListQuery, PageLinks, days},
        page::{Layout, ok},
        query::{Query, href},
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
    /// The orders that are ticked, wherever they are listed.
    order: Vec<String>,
    /// Orders that the form before has just shipped, for the notice; likewise `cancelled`.
    shipped: String,
    cancelled: String,
}

/// The most ticks that are kept while the list is filtered: an address has room for them.
const MAX_TICKS: usize = 200;

/// The filters, where they are fields of a form; nothing in a form without them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct FilterFields {
    q: Option<String>,
    store: Option<String>,
    status: Option<String>,
    oversold: Option<String>,
    promotion: Option<String>,
    from: Option<String>,
    to: Option<String>,
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
    pub(super) fn filter(&self, stores: &Stores, (zone, now): (Tz, Moment), errors: &mut FormErrors) -> Filter {
        let (from, until) = days(&self.from, &self.to, stores.zone_or(&self.store, zone), errors);
        Filter {
            search: self.q.clone(),
            store: StoreCode::parse(&self.store).ok(),
            status: OrderStatus::parse(&self.status),
            is_oversold: self.oversold == "yes",
            is_covered_at: match self.oversold.as_str() {
                "short" => Some((false, now)),
                "covered" => Some((true, now)),
                _ => None,
            },
            promotion: self.promotion.parse().ok(),
            from,
            until,
        }
    }

    /// With the filters of a form that has the list in it; the place in the list is kept if they are the same.
    pub(super) fn filtered_by(self, form: &FilterFields) -> Self {
        let FilterFields { q, store, status, oversold, promotion, from, to } = form;
        let filter = |typed: &Option<String>, now: &String| lists::in_address(typed.as_ref().unwrap_or(now));
        let typed = Self {
            q: filter(q, &self.q),
            store: filter(store, &self.store),
            status: filter(status, &self.status),
            oversold: filter(oversold, &self.oversold),
            promotion: filter(promotion, &self.promotion),
            from: filter(from, &self.from),
            to: filter(to, &self.to),
            ..Self::default()
        };
        if typed.filters() == self.filters() { self } else { typed }
    }

    /// The address of the list with these orders ticked.
    pub(super) fn with_ticks(&self, ticked: &[String]) -> String {
        let mut pairs = self.filters();
        let [after, before] = self.after_before();
        pairs.extend([("after", after), ("before", before)]);
        let ticked = ticked.iter().filter(|choice| chosen(choice).is_some()).take(MAX_TICKS);
        pairs.extend(ticked.map(|choice| ("order", choice.as_str())));
        href("/orders", &pairs)
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

/// The values of the filter of oversold orders, with their words.
const OVERSOLD: [(&str, &str); 3] = [("yes", "Oversold only"), ("short", "Still short"), ("covered", "Covered")];

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
    /// Ticked orders that are not among the rows.
    elsewhere: Vec<Elsewhere>,
    links: PageLinks,
    /// Which orders were not considered; empty if all were.
    cut: &'static str,
    is_empty: bool,
    errors: FormErrors,
}

struct Elsewhere {
    number: String,
    store: String,
    choice: String,
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
    /// Of an open order, the oversold units that are still missing, and those that stock covers.
    short: i64,
    covered: i64,
    value: String,
    /// The value of the checkbox; empty for an order that is not open.
    choice: String,
    is_ticked: bool,
}

impl Row {
    fn new(listed: &ListedOrder, stores: &Stores, ticked: &[String], coverage: Coverage) -> Result<Self, PageError> {
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
            short: coverage.short(),
            covered: coverage.covered,
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
        let (zone, now) = (visit.who.zone, visit.now);
        let read = move |conn: &mut Conn| {
            let stores = stores::all(conn)?;
            let filter = asked.filter(&stores, (zone, now), &mut errors);
            let list = list::read(conn, &filter, &asked.place())?;
            let is_empty = list.page.rows.is_empty() && list::is_empty(conn)?;
            let promotions = list::promotions(conn, filter.promotion)?;
            let orders: Vec<&Order> = list.page.rows.iter().map(|row| &row.order).collect();
            let coverage = owed::of_orders(conn, &orders, now)?;
            Ok::<_, db::Error>((stores, list, is_empty, promotions, coverage, errors))
        };
        let (stores, list, is_empty, promotions, coverage, errors) = visit.database().read(read).await?;
        let mut rows = Vec::new();
        for row in &list.page.rows {
            let coverage = coverage.get(&row.order.key()).copied().unwrap_or_default();
            rows.push(Row::new(row, &stores, ticked, coverage)?);
        }
        let mut elsewhere = Vec::new();
        for choice in ticked {
            let Some((store, number)) = chosen(choice) else { continue };
            if rows.iter().all(|row| row.choice != *choice) {
                let store = stores.name(&store).to_owned();
                elsewhere.push(Elsewhere { number: number.to_string(), store, choice: choice.clone() });
            }
        }
        let cut = match () {
            () if !list.is_cut => "",
            () if matches!(query.oversold.as_str(), "short" | "covered") => {
                "More than 5,000 open orders are oversold: only the oldest were looked at."
            }
            () => "Not all orders were searched: more than 1,000 match. Type more of the order number.",
        };
        let of_status = OrderStatus::ALL.map(|status| (status.as_str(), status.label()));
        let of_promotion = promotions.into_iter().map(|(id, name)| (id.to_string(), name));
        Ok(Self {
            page: Layout { notice: query.notice(), ..visit.layout("orders") },
            zone: stores.zone_or(&query.store, zone).name(),
            rows,
            elsewhere,
            links: list.page.links("/orders/selected", &query.filters(), |row| Key::of(&row.order)),
            stores: lists::store_options("All stores", &stores, &query.store),
            statuses: lists::options("All", of_status, &query.status),
            oversold: lists::options("All", OVERSOLD, &query.oversold),
            promotions: lists::options("All", of_promotion, &query.promotion),
            cut,
            is_empty,
            errors,
            query,
        })
    }
}

pub async fn show(visit: Visit, Query(query): Query<OrdersQuery>) -> PageResult {
    let ticked = query.order.clone();
    ok(&OrdersPage::load(&visit, query, &ticked, FormErrors::default()).await?)
}
