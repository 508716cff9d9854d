//! `/orders/{store}/{number}/ship` and `…/cancel`: ask before an order is shipped or cancelled, since both are final.

use super::{done_word, key_in, path_of, word_of};
use crate::{
    actions::orders::close_order::{self, CloseRefusal, Closing, IfShort},
    db::{
        self, Conn, Failed,
        orders::{
            OrderKey,
            detail::{OrderSheet, sheet},
            owed::Owed,
        },
        stores::connections,
    },
    domain::{code::SkuCode, orders::order::OrderStatus, text::counted},
    screens::catalogue,
    sync::pull::steps,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        query::href,
        visit::Visit,
    },
};
use actix_web::{HttpResponse, web::Path};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "orders/close.html")]
struct ClosePage {
    page: Layout,
    path: String,
    action: String,
    is_shipping: bool,
    sheet: OrderSheet,
    units: String,
    /// The marketplace that the orders of the store are read from; empty if they are not read.
    marketplace: &'static str,
    /// For each SKU of which the order is still short: what it lacks, in a sentence. Shipping it asks then.
    short: Vec<String>,
    /// The stocktake of the SKU that is short on hand; empty for none.
    count_href: String,
    errors: FormErrors,
}

pub(super) async fn close(
    visit: &Visit,
    closing: (Closing, IfShort),
    key: &OrderKey,
) -> Result<Result<(), CloseRefusal>, PageError> {
    let cause = visit.cause("");
    let (store, number) = key.clone();
    match visit.database().write(move |conn| close_order::run(conn, &cause, closing, (&store, &number))).await {
        Ok(()) => Ok(Ok(())),
        Err(Failed::Refused(refusal)) => Ok(Err(refusal)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn parse(path: &(String, String, String)) -> Result<(OrderKey, Closing), PageError> {
    let (store, number, word) = path;
    let closing = [Closing::Ship, Closing::Cancel].into_iter().find(|closing| word_of(*closing) == word);
    key_in(store, number).zip(closing).ok_or(PageError::NotFound)
}

async fn page(visit: &Visit, key: OrderKey, closing: Closing) -> Result<ClosePage, PageError> {
    let path = path_of(&key.0, &key.1);
    let now = visit.now;
    let read = move |conn: &mut Conn| {
        let Some(sheet) = sheet(conn, &key.0, &key.1)? else { return Ok(None) };
        let codes: Vec<SkuCode> = sheet.lines.iter().map(|named| named.line.sku.clone()).collect();
        let owed = if sheet.order.is_owed_units() { Owed::of_skus(conn, &codes, now)? } else { Owed::default() };
        let connection = connections::find(conn, &key.0)?;
        Ok::<_, db::Error>(Some((sheet, owed.skus_of(&key), connection)))
    };
    let (sheet, owed, connection) = visit.database().read(read).await?.ok_or(PageError::NotFound)?;
    let mut short = Vec::new();
    for (sku, of_sku) in owed {
        if closing == Closing::Ship && of_sku.short() > 0 {
            short.push(CloseRefusal::StillShort { sku, short: of_sku.short() }.to_string());
        }
    }
    Ok(ClosePage {
        short,
        marketplace: connection.filter(steps::is_read).map_or("", |connection| connection.kind.label()),
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

fn see_order(order_path: &str, notice: &str) -> HttpResponse {
    see_other(&href(order_path, &[("notice", notice)]))
}

/// Asks for confirmation. An order that is already closed leads to its page, which says so.
pub async fn show(visit: Visit, path: Path<(String, String, String)>) -> PageResult {
    let (key, closing) = parse(&path)?;
    let page = page(&visit, key, closing).await?;
    match page.sheet.order.status {
        OrderStatus::Open => ok(&page),
        OrderStatus::Shipped => Ok(see_order(&page.path, "was_shipped")),
        OrderStatus::Cancelled => Ok(see_order(&page.path, "was_cancelled")),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CloseForm {
    /// Set by the page that says that the order is still short.
    although_short: String,
}

/// Sending the form twice changes nothing more.
pub async fn submit(visit: Visit, path: Path<(String, String, String)>, form: Form<CloseForm>) -> PageResult {
    let (key, closing) = parse(&path)?;
    let order_path = path_of(&key.0, &key.1);
    let if_short = if form.although_short.is_empty() { IfShort::Ask } else { IfShort::Ship };
    match close(&visit, (closing, if_short), &key).await? {
        Ok(()) => Ok(see_order(&order_path, done_word(closing))),
        Err(CloseRefusal::Unknown(..) | CloseRefusal::UnknownStore(_)) => Err(PageError::NotFound),
        Err(CloseRefusal::AlreadyShipped) => Ok(see_order(&order_path, "was_shipped")),
        Err(CloseRefusal::AlreadyCancelled) => Ok(see_order(&order_path, "was_cancelled")),
        Err(refusal @ CloseRefusal::StillShort { .. }) => {
            let page = page(&visit, key, closing).await?;
            refused(&ClosePage { errors: FormErrors::of("", refusal), ..page })
        }
        Err(ref refusal @ CloseRefusal::NotOnHand { ref sku, .. }) => {
            let count_href = format!("{}/stocktake", catalogue::path_of(sku));
            let page = page(&visit, key, closing).await?;
            refused(&ClosePage { errors: FormErrors::of("", refusal), count_href, ..page })
        }
    }
}
