//! `POST /orders/selected`: ships or cancels the orders that were ticked, each in a transaction of its own. What could
//! be done is done; what could not is shown with the reason, still ticked.

use super::{
    done_word,
    list::{OrdersPage, OrdersQuery},
    path_of,
};
use crate::{
    actions::orders::close_order::{self, CloseRefusal, Closing},
    db::{
        self, Failed,
        orders::{self, OrderKey},
        stores::{self, Stores},
    },
    domain::code::{OrderNumber, StoreCode},
    screens::{catalogue, promotions::store_of},
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        lists::ListQuery,
        page::{Layout, ok, refused, see_other},
        query::Query,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

/// The form, as it was sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SelectedForm {
    order: Vec<String>,
    /// The button that was pressed.
    press: String,
}

/// What the box of an order sends. No store's code has a slash.
pub(super) fn choice((store, number): &OrderKey) -> String {
    format!("{store}/{number}")
}

fn chosen(choice: &str) -> Option<OrderKey> {
    let (store, number) = choice.split_once('/')?;
    Some((StoreCode::parse(store).ok()?, OrderNumber::parse(number).ok()?))
}

/// Ships or cancels what was ticked; before it cancels, it asks.
///
/// # Errors
/// When the database fails. What was done until then is done, and doing it again changes nothing.
pub async fn submit(visit: Visit, Query(query): Query<OrdersQuery>, form: Form<SelectedForm>) -> PageResult {
    let keys: Vec<OrderKey> = form.order.iter().filter_map(|choice| chosen(choice)).collect();
    let problem = match form.press.as_str() {
        _ if keys.is_empty() => "Tick the orders first.",
        "ship" => return close_all(&visit, &query, Closing::Ship, keys).await,
        "cancel" => return ask(&visit, &query, keys).await,
        "confirm" => return close_all(&visit, &query, Closing::Cancel, keys).await,
        _ => "Press Ship or Cancel.",
    };
    let mut errors = FormErrors::default();
    errors.push("chosen", problem);
    refused(&OrdersPage::load(&visit, query, &form.order, errors).await?)
}

/// An order in a list of those that were ticked.
struct ChosenRow {
    href: String,
    number: String,
    store: String,
    choice: String,
    units: i64,
}

#[derive(Template)]
#[template(path = "orders/ask.html")]
struct AskPage {
    page: Layout,
    action: String,
    back: String,
    rows: Vec<ChosenRow>,
    units: i64,
}

async fn ask(visit: &Visit, query: &OrdersQuery, keys: Vec<OrderKey>) -> PageResult {
    let asked = keys.clone();
    let (found, stores) = visit
        .database()
        .read(move |conn| {
            let found = orders::find_all(conn, asked.iter().map(|(store, number)| (store, number)))?;
            Ok::<_, db::Error>((found, stores::all(conn)?))
        })
        .await?;
    let row = |key: &OrderKey| {
        let order = found.get(key)?;
        let name = store_of(&stores, &key.0).map(|store| store.name.clone());
        Some(name.map(|store| ChosenRow {
            href: path_of(&key.0, &key.1),
            number: key.1.to_string(),
            store,
            choice: choice(key),
            units: order.units,
        }))
    };
    let rows = keys.iter().filter_map(row).collect::<Result<Vec<_>, _>>()?;
    ok(&AskPage {
        page: visit.layout("orders"),
        action: query.here("/orders/selected"),
        back: query.here("/orders"),
        units: rows.iter().map(|row| row.units).sum(),
        rows,
    })
}

/// An order that was not closed, and what to do about it.
struct RefusedRow {
    href: String,
    number: String,
    store: String,
    choice: String,
    reason: String,
    /// Where its SKU is counted; empty where that does not help.
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
    rows: Vec<RefusedRow>,
}

impl RefusedRow {
    fn new((store, number): &OrderKey, refusal: &CloseRefusal, stores: &Stores) -> Self {
        let count_href = match refusal {
            CloseRefusal::NotOnHand { sku, .. } => format!("{}/stocktake", catalogue::path_of(sku)),
            CloseRefusal::Unknown(..)
            | CloseRefusal::UnknownStore(_)
            | CloseRefusal::AlreadyCancelled
            | CloseRefusal::AlreadyShipped => String::new(),
        };
        Self {
            href: path_of(store, number),
            number: number.to_string(),
            store: stores.name(store).to_owned(),
            choice: choice(&(store.clone(), number.clone())),
            reason: refusal.to_string(),
            count_href,
        }
    }
}

async fn close_all(visit: &Visit, query: &OrdersQuery, closing: Closing, keys: Vec<OrderKey>) -> PageResult {
    let mut refused_keys = Vec::new();
    let all = keys.len();
    for key in keys {
        if let Err(refusal) = close(visit, closing, &key).await? {
            refused_keys.push((key, refusal));
        }
    }
    let closed = all - refused_keys.len();
    if refused_keys.is_empty() {
        let number = closed.to_string();
        return Ok(see_other(&query.here_with("/orders", done_word(closing), &number)));
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
        rows: refused_keys.iter().map(|(key, refusal)| RefusedRow::new(key, refusal, &stores)).collect(),
    })
}

/// Closes one order: done, or refused.
///
/// # Errors
/// When the database fails.
pub(super) async fn close(
    visit: &Visit,
    closing: Closing,
    key: &OrderKey,
) -> Result<Result<(), CloseRefusal>, PageError> {
    let (cause, (store, number)) = (visit.cause(""), key.clone());
    let closed = visit.database().write(move |conn| close_order::run(conn, &cause, closing, (&store, &number))).await;
    match closed {
        Ok(()) => Ok(Ok(())),
        Err(Failed::Refused(refusal)) => Ok(Err(refusal)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
