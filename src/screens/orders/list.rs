//! `/orders`

use super::{amount, path_of, state};
use crate::{
    db::{
        self, Conn,
        engine::paging::Place,
        orders::list::{self, Filter, Key, ListedOrder, OrderList},
        stores::{self, Store, common_zone},
    },
    domain::{
        code::StoreCode,
        id::PromotionId,
        orders::order::OrderStatus,
        promotions::schedule::{self, NotADay},
        text::counted,
    },
    screens::promotions::{LocalTime, store_of},
    web::{
        error::{PageError, PageResult},
        form::{FormErrors, SelectOption},
        page::{Layout, ok},
        paging::PageLinks,
        query::{Query, href},
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

impl OrdersQuery {
    /// The filters that are set, by their names.
    pub(super) fn filters(&self) -> [(&str, &str); 7] {
        [
            ("q", self.q.trim()),
            ("store", &self.store),
            ("status", &self.status),
            ("oversold", &self.oversold),
            ("promotion", &self.promotion),
            ("from", &self.from),
            ("to", &self.to),
        ]
    }

    fn has_filters(&self) -> bool {
        self.filters().iter().any(|(_, value)| !value.is_empty())
    }

    /// `path` with the filters alone.
    fn export_href(&self, path: &str) -> String {
        href(path, &self.filters())
    }

    /// `path` with the filters and the place.
    pub(super) fn href(&self, path: &str) -> String {
        self.href_with(path, ("", ""))
    }

    /// The same with one more pair.
    pub(super) fn href_with(&self, path: &str, more: (&str, &str)) -> String {
        let place = [("after", self.after.as_str()), ("before", &self.before), more];
        href(path, &self.filters().into_iter().chain(place).collect::<Vec<_>>())
    }

    /// The zone that days are typed in: that of the chosen store, or else the one that all have.
    pub(super) fn zone(&self, stores: &[Store]) -> Tz {
        let chosen = stores.iter().find(|store| store.code.as_str() == self.store);
        chosen.map_or_else(|| common_zone(stores), Store::zone)
    }

    /// What the filters let through. One that means nothing lets everything through; of days that is said at the field.
    pub(super) fn filter(&self, zone: Tz, errors: &mut FormErrors) -> Filter {
        let mut day = |field: &str, text: &str| match text.trim() {
            "" => None,
            text => errors.keep::<_>(field, schedule::parse_day(text, zone) as Result<_, NotADay>),
        };
        Filter {
            search: self.q.clone(),
            store: StoreCode::parse(&self.store).ok(),
            status: OrderStatus::parse(&self.status),
            is_oversold: self.oversold == "yes",
            promotion: self.promotion.parse().ok(),
            from: day("from", &self.from).map(|(begins, _)| begins),
            until: day("to", &self.to).map(|(_, ends)| ends),
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
    fn new(listed: &ListedOrder, stores: &[Store], ticked: &[String]) -> Result<Self, PageError> {
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
    stores: Vec<Store>,
    promotions: Vec<(PromotionId, String)>,
    list: OrderList,
    is_empty: bool,
    errors: FormErrors,
}

impl Read {
    fn all(conn: &mut Conn, query: &OrdersQuery, mut errors: FormErrors) -> Result<Self, db::Error> {
        let stores = stores::all(conn)?;
        let filter = query.filter(query.zone(&stores), &mut errors);
        let list = list::read(conn, &filter, &Place::from_query(&query.after, &query.before))?;
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
        let all = |label: &str| [(String::new(), label.to_owned())].into_iter();
        let of_store = stores.iter().map(|store| (store.code.to_string(), store.name.clone()));
        let of_status = OrderStatus::ALL.map(|status| (status.as_str().to_owned(), status.label().to_owned()));
        let of_promotion = promotions.into_iter().map(|(id, name)| (id.to_string(), name));
        Ok(Self {
            page: Layout { notice: query.notice(), ..visit.layout("orders") },
            zone: query.zone(&stores).name(),
            rows: list.page.rows.iter().map(|row| Row::new(row, &stores, ticked)).collect::<Result<_, _>>()?,
            links: list.page.links("/orders", &query.filters(), |row| Key::of(&row.order)),
            stores: SelectOption::list(all("All stores").chain(of_store), &query.store),
            statuses: SelectOption::list(all("All").chain(of_status), &query.status),
            oversold: SelectOption::list([("", "All"), ("yes", "Oversold only")], &query.oversold),
            promotions: SelectOption::list(all("All").chain(of_promotion), &query.promotion),
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
