//! `GET /api/v1/orders`

use super::OrderBody;
use crate::{
    api::{
        call::Caller,
        cursor::{self, Cursors},
        fields,
        lists::{self, Named},
        problem::Problem,
        refusals::ListOfStoreRefusals,
    },
    db::{
        Conn,
        orders::{
            list::{Filter, Key, with_lines},
            unmatched,
        },
        stores,
    },
    domain::{code::StoreCode, orders::order::OrderStatus},
};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Orders of a page: each may have a thousand lines.
const PAGE_ROWS: usize = 100;

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// Of this store alone.
    #[param(required = false)]
    store: String,
    /// In this status alone.
    #[param(required = false, value_type = OrderStatus)]
    status: String,
    /// `next` of the page before, with the same store and status.
    #[param(required = false)]
    cursor: String,
}

impl OrdersQuery {
    fn cursors(&self) -> Cursors {
        Cursors::new("orders", &[&self.store, &self.status])
    }

    fn parse(&self) -> Result<(Filter, Option<Key>), Problem> {
        let status = |text: &str| OrderStatus::parse(text).ok_or("Send open, shipped or cancelled.");
        let filter = Filter {
            store: fields::filter("store", &self.store, StoreCode::parse)?,
            status: fields::filter("status", &self.status, status)?,
            ..Filter::default()
        };
        let last = self.cursors().read(&self.cursor)?;
        let last = last.map(|[key]| key.parse::<Key>().map_err(|_| cursor::refused())).transpose()?;
        Ok((filter, last))
    }
}

/// A page of orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct Orders {
    /// By when they were placed, the latest first.
    #[schema(max_items = 100)]
    orders: Vec<OrderBody>,
    /// The cursor of the next page; null on the last.
    next: Option<String>,
}

/// List the orders, the latest first
///
/// Pages hold up to 100.
#[utoipa::path(
    operation_id = "listOrders",
    tag = "orders",
    params(OrdersQuery),
    responses((status = 200, description = "A page of orders.", body = Orders), ListOfStoreRefusals),
)]
#[get("/orders")]
pub async fn list(caller: Caller, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let query = fields::from_query::<OrdersQuery>(&req)?;
    let (filter, last) = query.parse()?;
    let named = Named { store: filter.store.clone(), ..Named::default() };
    let read = move |conn: &mut Conn| {
        let rows = with_lines(conn, &filter, last.as_ref(), PAGE_ROWS + 1)?;
        let unmatched = unmatched::of_orders(conn, rows.iter().map(|(order, _)| order))?;
        Ok((rows, unmatched, stores::all(conn)?))
    };
    let (mut rows, mut unmatched, stores) = lists::read(&caller, named, read).await?;
    let has_next = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let last = rows.last().filter(|_| has_next);
    let next = last.map(|(order, _)| query.cursors().write(&[&Key::of(order).to_string()]));
    let mut orders = Vec::with_capacity(rows.len());
    for (order, lines) in rows {
        let currency = stores.get(&order.store).and_then(|store| store.currency);
        let unmatched = unmatched.remove(&order.key()).unwrap_or_default();
        orders.push(OrderBody::new(order, lines, unmatched, currency));
    }
    Ok(HttpResponse::Ok().json(Orders { orders, next }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problem::Code;

    #[test]
    fn a_cursor_with_a_text_that_no_database_has_is_refused() {
        for key in ["2026-11-11T00:00:00Z|lazada|a\0b", "2026-11-11T00:00:00Z|\0|1", "2026-11-11T00:00:00Z||"] {
            let cursor = OrdersQuery::default().cursors().write(&[key]);
            let query = OrdersQuery { cursor, ..OrdersQuery::default() };
            assert_eq!(query.parse().expect_err("refused").code, Code::BadCursor, "{key:?}");
        }
    }
}
