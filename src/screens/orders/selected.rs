//! `POST /orders/selected`: ships or cancels the ticked orders, each in its own transaction. The orders that were refused
//! are shown with the reason, still ticked.

use super::{
    choice, chosen,
    close::close,
    done_word,
    list::{FilterFields, OrdersPage, OrdersQuery},
    path_of,
};
use crate::{
    actions::orders::close_order::{CloseRefusal, Closing, IfShort},
    db::{
        self,
        orders::{self, Order, OrderKey, owed},
        stores::{self, Stores},
    },
    domain::text::counted,
    screens::{catalogue, promotions::store_of},
    web::{
        error::PageResult,
        form::{Form, FormErrors},
        lists::ListQuery,
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SelectedForm {
    order: Vec<String>,
    press: String,
    /// Set by the pages that come after the question.
    asked: String,
    #[serde(flatten)]
    filters: FilterFields,
}

/// Shipping and cancelling ask first.
pub async fn submit(visit: Visit, Query(query): Query<OrdersQuery>, form: Form<SelectedForm>) -> PageResult {
    let form = form.fields;
    let query = query.filtered_by(&form.filters);
    let keys: Vec<OrderKey> = form.order.iter().filter_map(|choice| chosen(choice)).collect();
    let is_asked = !form.asked.is_empty();
    let problem = match form.press.as_str() {
        "apply" => return Ok(see_other(&query.with_ticks(&form.order))),
        "clear" => return Ok(see_other(&OrdersQuery::default().with_ticks(&form.order))),
        _ if keys.is_empty() => "Tick the orders first.",
        "ship" if is_asked => return close_all(&visit, &query, (Closing::Ship, IfShort::Ask), keys).await,
        "ship_short" if is_asked => return close_all(&visit, &query, (Closing::Ship, IfShort::Ship), keys).await,
        "ship" => return ask(&visit, &query, Closing::Ship, keys).await,
        "cancel" => return ask(&visit, &query, Closing::Cancel, keys).await,
        "confirm" => return close_all(&visit, &query, (Closing::Cancel, IfShort::Ask), keys).await,
        _ => "Press Ship or Cancel.",
    };
    refused(&OrdersPage::load(&visit, query, &form.order, FormErrors::of("chosen", problem)).await?)
}

struct ChosenRow {
    href: String,
    number: String,
    store: String,
    choice: String,
    units: i64,
    /// Units that the order is still short of, if it is shipped.
    short: i64,
}

#[derive(Template)]
#[template(path = "orders/ask.html")]
struct AskPage {
    page: Layout,
    action: String,
    back: String,
    rows: Vec<ChosenRow>,
    units: i64,
    is_shipping: bool,
    /// How many of the orders are still short, if they are shipped.
    short: usize,
}

async fn ask(visit: &Visit, query: &OrdersQuery, closing: Closing, keys: Vec<OrderKey>) -> PageResult {
    let asked = keys.clone();
    let now = visit.now;
    let read = move |conn: &mut db::Conn| {
        let found = orders::find_all(conn, asked.iter().map(|(store, number)| (store, number)))?;
        let chosen: Vec<&Order> = asked.iter().filter_map(|key| found.get(key)).collect();
        let coverage = owed::of_orders(conn, &chosen, now)?;
        Ok::<_, db::Error>((found, coverage, stores::all(conn)?))
    };
    let (found, coverage, stores) = visit.database().read(read).await?;
    let is_shipping = closing == Closing::Ship;
    let mut rows = Vec::new();
    for key in &keys {
        let Some(order) = found.get(key) else { continue };
        let (store, number) = key;
        rows.push(ChosenRow {
            href: path_of(store, number),
            number: number.to_string(),
            store: store_of(&stores, store)?.name.clone(),
            choice: choice(key),
            units: order.units,
            short: coverage.get(key).filter(|_| is_shipping).map_or(0, |coverage| coverage.short()),
        });
    }
    ok(&AskPage {
        page: visit.layout("orders"),
        action: query.here("/orders/selected"),
        back: query.here("/orders"),
        units: rows.iter().map(|row| row.units).sum(),
        short: rows.iter().filter(|row| row.short > 0).count(),
        is_shipping,
        rows,
    })
}

/// `1 order is`, `2 orders are`
pub fn orders_are(number: &usize) -> String {
    format!("{} {}", counted(number, "order"), if *number == 1 { "is" } else { "are" })
}

struct RefusedRow {
    href: String,
    number: String,
    store: String,
    choice: String,
    reason: String,
    /// The stocktake of its SKU, where stock on hand was too low; else empty.
    count_href: String,
}

#[derive(Template)]
#[template(path = "orders/closed.html")]
struct ClosedPage {
    page: Layout,
    action: String,
    back: String,
    done: &'static str,
    press: &'static str,
    button: &'static str,
    closed: usize,
    /// Whether some were refused only because they are still short.
    is_any_short: bool,
    rows: Vec<RefusedRow>,
}

impl RefusedRow {
    fn new(key: &OrderKey, refusal: &CloseRefusal, stores: &Stores) -> Self {
        let (store, number) = key;
        let count_href = match refusal {
            CloseRefusal::NotOnHand { sku, .. } => format!("{}/stocktake", catalogue::path_of(sku)),
            CloseRefusal::Unknown(..)
            | CloseRefusal::UnknownStore(_)
            | CloseRefusal::AlreadyCancelled
            | CloseRefusal::AlreadyShipped
            | CloseRefusal::StillShort { .. } => String::new(),
        };
        Self {
            href: path_of(store, number),
            number: number.to_string(),
            store: stores.name(store).to_owned(),
            choice: choice(key),
            reason: refusal.to_string(),
            count_href,
        }
    }
}

async fn close_all(
    visit: &Visit,
    query: &OrdersQuery,
    (closing, if_short): (Closing, IfShort),
    keys: Vec<OrderKey>,
) -> PageResult {
    let mut refused_keys = Vec::new();
    let all = keys.len();
    for key in keys {
        if let Err(refusal) = close(visit, (closing, if_short), &key).await? {
            refused_keys.push((key, refusal));
        }
    }
    let closed = all - refused_keys.len();
    if refused_keys.is_empty() {
        return Ok(see_other(&query.here_with("/orders", done_word(closing), &closed.to_string())));
    }
    let stores = visit.database().read(stores::all).await?;
    let (press, button) = match closing {
        Closing::Ship => ("ship", "Ship"),
        Closing::Cancel => ("confirm", "Cancel orders"),
    };
    refused(&ClosedPage {
        page: visit.layout("orders"),
        action: query.here("/orders/selected"),
        back: query.here("/orders"),
        done: done_word(closing),
        press,
        button,
        closed,
        is_any_short: refused_keys.iter().any(|(_, refusal)| matches!(refusal, CloseRefusal::StillShort { .. })),
        rows: refused_keys.iter().map(|(key, refusal)| RefusedRow::new(key, refusal, &stores)).collect(),
    })
}
