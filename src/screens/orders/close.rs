//! `/orders/{store}/{number}/ship` and `…/cancel`: ask before an order is shipped or cancelled, since both are final.

use super::{done_word, key_in, path_of, selected::close, word_of};
use crate::{
    actions::orders::close_order::{CloseRefusal, Closing},
    db::orders::{
        OrderKey,
        detail::{OrderSheet, sheet},
    },
    domain::{orders::order::OrderStatus, text::counted},
    screens::catalogue,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        query::href,
        visit::Visit,
    },
};
use actix_web::{HttpResponse, web::Path};
use askama::Template;

#[derive(Template)]
#[template(path = "orders/close.html")]
struct ClosePage {
    page: Layout,
    path: String,
    action: String,
    is_shipping: bool,
    sheet: OrderSheet,
    units: String,
    /// Where the SKU is counted of which there are too few; empty for none.
    count_href: String,
    errors: FormErrors,
}

fn asked(path: &(String, String, String)) -> Result<(OrderKey, Closing), PageError> {
    let (store, number, word) = path;
    let closing = [Closing::Ship, Closing::Cancel].into_iter().find(|closing| word_of(*closing) == word);
    key_in(store, number).zip(closing).ok_or(PageError::NotFound)
}

async fn page(visit: &Visit, key: OrderKey, closing: Closing) -> Result<ClosePage, PageError> {
    let path = path_of(&key.0, &key.1);
    let sheet = visit.database().read(move |conn| sheet(conn, &key.0, &key.1)).await?.ok_or(PageError::NotFound)?;
    Ok(ClosePage {
        page: visit.layout("orders"),
        action: format!("{path}/{}", word_of(closing)),
        path,
        is_shipping: closing == Closing::Ship,
        units: counted(sheet.order.units, "unit"),
        sheet,
        count_href: String::new(),
        errors: FormErrors::default(),
    })
}

/// The page of an order, with what has become of it.
fn see_with(order_path: &str, notice: &str) -> HttpResponse {
    see_other(&href(order_path, &[("notice", notice)]))
}

/// Asks whether the order is to be shipped or cancelled. One that was already leads to its page, which says so.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn show(visit: Visit, path: Path<(String, String, String)>) -> PageResult {
    let (key, closing) = asked(&path)?;
    let page = page(&visit, key, closing).await?;
    match page.sheet.order.status {
        OrderStatus::Open => ok(&page),
        OrderStatus::Shipped => Ok(see_with(&page.path, "was_shipped")),
        OrderStatus::Cancelled => Ok(see_with(&page.path, "was_cancelled")),
    }
}

/// Ships or cancels the order. Doing it twice does it once.
///
/// # Errors
/// [`PageError::NotFound`], or the database.
pub async fn submit(visit: Visit, path: Path<(String, String, String)>, _: Form<EmptyForm>) -> PageResult {
    let (key, closing) = asked(&path)?;
    let order_path = path_of(&key.0, &key.1);
    match close(&visit, closing, &key).await? {
        Ok(()) => Ok(see_with(&order_path, done_word(closing))),
        Err(CloseRefusal::Unknown(..) | CloseRefusal::UnknownStore(_)) => Err(PageError::NotFound),
        Err(CloseRefusal::AlreadyShipped) => Ok(see_with(&order_path, "was_shipped")),
        Err(CloseRefusal::AlreadyCancelled) => Ok(see_with(&order_path, "was_cancelled")),
        Err(refusal @ CloseRefusal::NotOnHand { .. }) => {
            let mut page = page(&visit, key, closing).await?;
            page.errors.push("", &refusal);
            if let CloseRefusal::NotOnHand { sku, .. } = refusal {
                page.count_href = format!("{}/stocktake", catalogue::path_of(&sku));
            }
            refused(&page)
        }
    }
}
