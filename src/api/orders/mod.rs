//! `/api/v1/orders`: one order, and what is done with it. [`take`] has those that come in, [`put`] what they are now, [`list`]
//! the list.
#![warn(missing_docs)]

pub mod list;
pub mod put;
mod results;
pub mod take;

use super::{
    call::Caller,
    problem::{Code, Facts, Problem},
    refusals::{OneRefusals, refusals},
};
use crate::{
    actions::orders::close_order::{self, CloseRefusal},
    db::{
        self, Conn, Failed,
        orders::{self, Line, Order, unmatched, unmatched::UnmatchedLine},
        stores,
    },
    domain::{
        catalogue::ledger::Cause,
        code::{LineId, OrderNumber, SellerSku, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::Currency,
        orders::order::{Fulfiller, OrderStatus, Payment},
    },
};
use actix_web::{HttpResponse, get, post, web::Path};
use serde::Serialize;
use utoipa::ToSchema;

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderBody {
    /// The code of the store that sold.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Its number there.
    #[schema(value_type = String)]
    number: OrderNumber,
    /// Its status.
    status: OrderStatus,
    /// Whether it has come in. If not, all that is known of it is that it was cancelled: check its store and number.
    known: bool,
    /// When the customer placed it.
    #[schema(value_type = String, format = DateTime)]
    placed_at: Moment,
    /// When its store changed it last; null if that was never said.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Moment>,
    /// Whether it is paid, as far as its store said.
    payment: Payment,
    /// Who ships it.
    fulfilled_by: Fulfiller,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// When it was shipped or cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Moment>,
    /// What its prices are in (ISO 4217): the currency of the store.
    #[schema(value_type = Option<String>, example = "SGD")]
    currency: Option<&'static str>,
    /// What was sold: of a kit each component. An order that was cancelled before it arrived has none yet.
    lines: Vec<OrderLine>,
    /// Lines that take nothing because no listing of the store has their seller SKU.
    unmatched: Vec<UnmatchedLineBody>,
}

/// A line of an order whose seller SKU no listing has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnmatchedLine)]
pub struct UnmatchedLineBody {
    /// The store's id of the line.
    #[schema(value_type = Option<String>)]
    id: Option<LineId>,
    /// What it names.
    #[schema(value_type = String)]
    seller_sku: SellerSku,
    /// How many of it.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Its status.
    status: OrderStatus,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLine {
    /// The store's id of the line, if it was said.
    #[schema(value_type = Option<String>)]
    id: Option<LineId>,
    /// The code of the SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// What the line names, if it names a listing.
    #[schema(value_type = Option<String>)]
    seller_sku: Option<SellerSku>,
    /// Its status, which may be another than that of the order.
    status: OrderStatus,
    /// Units that the customer wants; of a cancelled line those that it had.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Units that came back after they were shipped, besides.
    #[schema(minimum = 0)]
    returned: i64,
    /// What one costs, in minor units of `currency`, if it is known.
    #[schema(minimum = 0)]
    unit_price_minor: Option<i64>,
    /// The flash sale that it belongs to.
    #[schema(value_type = Option<String>, format = "uuid")]
    promotion: Option<PromotionId>,
    /// Units out of its hold.
    #[schema(minimum = 0)]
    from_hold: i64,
    /// Units of what is shared.
    #[schema(minimum = 0)]
    from_shared: i64,
    /// Units that nothing was left for.
    #[schema(minimum = 0)]
    oversold: i64,
}

impl OrderLine {
    fn new(line: Line, of_order: OrderStatus, currency: Option<Currency>) -> Self {
        // Recorded while the store had a currency with other decimals, it is in other units.
        let unit_price = line.unit_price().map(|price| price.minor_units_of(currency));
        let unit_price_minor = unit_price.map(|minor| i64::try_from(minor).unwrap_or(i64::MAX));
        Self {
            status: line.status(of_order),
            id: line.line_id,
            sku: line.sku,
            seller_sku: line.seller_sku,
            quantity: line.quantity - line.returned,
            returned: line.returned,
            unit_price_minor,
            promotion: line.promotion_id,
            from_hold: line.from_hold,
            from_shared: line.from_shared,
            oversold: line.oversold,
        }
    }
}

impl OrderBody {
    /// `currency` is that of the store.
    fn new(order: Order, lines: Vec<Line>, unmatched: Vec<UnmatchedLine>, currency: Option<Currency>) -> Self {
        let of_order = order.status;
        let lines = lines.into_iter().map(|line| OrderLine::new(line, of_order, currency)).collect();
        let unmatched = unmatched.into_iter().map(|line| UnmatchedLineBody {
            status: line.status(of_order),
            id: line.line_id,
            seller_sku: line.seller_sku,
            quantity: line.quantity - line.returned,
        });
        Self {
            known: !order.is_cancelled_before_arrival(),
            store: order.store,
            number: order.number,
            status: order.status,
            placed_at: order.placed_at,
            updated_at: order.updated_at,
            payment: order.payment,
            fulfilled_by: order.fulfilled_by,
            received_at: order.received_at,
            closed_at: order.closed_at,
            currency: currency.map(Currency::code),
            lines,
            unmatched: unmatched.collect(),
        }
    }
}

/// Show an order
#[utoipa::path(
    operation_id = "showOrder",
    tag = "orders",
    params(("store" = String, Path, description = "The code of its store."), ("number" = String, Path, description = "Its number there.")),
    responses((status = 200, description = "The order.", body = OrderBody), OneRefusals),
)]
#[get("/orders/{store}/{number}")]
pub async fn show(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (store, number) = parse_path(&path)?;
    let found = caller.database().read(move |conn| one(conn, &store, &number)).await?;
    found.map(|order| HttpResponse::Ok().json(order)).ok_or_else(not_found)
}

refusals!(CancelRefusals: NotFound AlreadyShipped);

/// Cancel an order
///
/// Its units go back to where they came from: to the hold, while that is live, else to what is shared. A second time
/// changes nothing. An order that did not come in yet is remembered as cancelled, and takes nothing when it does: the
/// answer has `known: false`, in case its number was a typing error.
#[utoipa::path(
    operation_id = "cancelOrder",
    tag = "orders",
    params(("store" = String, Path, description = "The code of its store."), ("number" = String, Path, description = "Its number there.")),
    responses((status = 200, description = "The order, which is cancelled.", body = OrderBody), CancelRefusals),
)]
#[post("/orders/{store}/{number}/cancel")]
pub async fn cancel(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    close(caller, path, close_order::cancel).await
}

refusals!(ShipRefusals: NotFound AlreadyCancelled NotOnHand);

/// Ship an order
///
/// Its units leave the warehouse. A second time changes nothing.
#[utoipa::path(
    operation_id = "shipOrder",
    tag = "orders",
    params(("store" = String, Path, description = "The code of its store."), ("number" = String, Path, description = "Its number there.")),
    responses((status = 200, description = "The order, which is shipped.", body = OrderBody), ShipRefusals),
)]
#[post("/orders/{store}/{number}/ship")]
pub async fn ship(caller: Caller, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    close(caller, path, close_order::ship).await
}

/// Ships or cancels an order.
type Close = fn(&mut Conn, &Cause, (&StoreCode, &OrderNumber)) -> Result<(), Failed<CloseRefusal>>;

async fn close(caller: Caller, path: Path<(String, String)>, close: Close) -> Result<HttpResponse, Problem> {
    let (store, number) = parse_path(&path)?;
    let cause = caller.cause("");
    let closed = caller.database().write(move |conn| {
        close(conn, &cause, (&store, &number))?;
        Ok::<_, Failed<CloseRefusal>>(one(conn, &store, &number)?.expect("what was closed is there"))
    });
    match closed.await {
        Ok(order) => Ok(HttpResponse::Ok().json(order)),
        Err(Failed::Refused(refusal)) => Err(refused(refusal)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn refused(refusal: CloseRefusal) -> Problem {
    let detail = refusal.to_string();
    let (code, facts) = match refusal {
        CloseRefusal::Unknown(..) | CloseRefusal::UnknownStore(_) => return not_found(),
        CloseRefusal::AlreadyCancelled => (Code::AlreadyCancelled, Facts::default()),
        CloseRefusal::AlreadyShipped => (Code::AlreadyShipped, Facts::default()),
        CloseRefusal::StillShort { .. } => unreachable!("a program is not asked: it tells what has happened"),
        CloseRefusal::NotOnHand { sku, units, on_hand } => (
            Code::NotOnHand,
            Facts { sku: Some(sku), asked: Some(units), available: Some(on_hand), ..Facts::default() },
        ),
    };
    Problem::new(code, detail).with(facts)
}

fn one(conn: &mut Conn, store: &StoreCode, number: &OrderNumber) -> db::QueryResult<Option<OrderBody>> {
    let Some(order) = orders::find(conn, store, number)? else { return Ok(None) };
    let lines = orders::lines(conn, store, number)?;
    let unmatched = unmatched::of_order(conn, store, number)?;
    let currency = stores::find(conn, store)?.and_then(|store| store.currency);
    Ok(Some(OrderBody::new(order, lines, unmatched, currency)))
}

fn parse_path(path: &(String, String)) -> Result<(StoreCode, OrderNumber), Problem> {
    StoreCode::parse(&path.0).ok().zip(OrderNumber::parse(&path.1).ok()).ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound, "There is no such order.")
}
