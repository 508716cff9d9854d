//! `/api/v1/orders`
#![warn(missing_docs)]

use super::{
    call::{self, Caller, UncheckedCall},
    fields::{FieldErrors, Object, check_count, minor_units, units},
    once::{Answer, KeyHeader, has_key, key_of, once},
    problem::{Code, Facts, Problem},
    refusals::{OneRefusals, refusals},
};
use crate::{
    actions::orders::{
        close_order::{self, CloseRefusal},
        take_orders::{self, Delivery, Outcome},
    },
    db::{
        self, Conn, Failed,
        orders::{self, Line, Order},
        stores,
    },
    domain::{
        catalogue::ledger::Cause,
        code::{OrderNumber, SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        money::Currency,
        orders::order::{IfShort, NewLine, NewOrder, OrderRefusal, OrderStatus},
        promotions::schedule,
        text::TextRefusal,
    },
    jobs::order_queue::{Denied, OrderQueue, Sent},
};
use actix_web::{
    HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// Orders, up to 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdersInput {
    /// What was sold, in the order in which it is to be taken.
    #[schema(value_type = Vec<OrderInput>, min_items = 1, max_items = 1000)]
    orders: Vec<Object<OrderInput>>,
    /// What to do with an order that wants more of a SKU than its store is shown now: `record` it, because it was sold,
    /// and what is missing is oversold; or `reject` it, because it has not been sold yet, and take nothing.
    #[schema(value_type = IfShort, required = false)]
    if_short: Option<String>,
}

/// One order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    /// The code of the store that sold.
    #[schema(min_length = 1, example = "lazada-sg")]
    store: String,
    /// Its number there, up to 64 characters. The store and the number name the order: a second one of the same name
    /// changes nothing.
    #[schema(min_length = 1, example = "LZ-10001")]
    number: String,
    /// When the customer placed it, with its offset from UTC (RFC 3339); now without it.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-11T12:30:00+08:00")]
    placed_at: Option<String>,
    /// What was sold.
    #[schema(value_type = Vec<OrderLineInput>, min_items = 1, max_items = 1000)]
    lines: Vec<Object<OrderLineInput>>,
}

/// One line of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLineInput {
    /// The code of the SKU.
    #[schema(min_length = 1, example = "Product1")]
    sku: String,
    /// Units.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000, example = 2)]
    quantity: Number,
    /// What one costs, in minor units of the store's currency: 1250 is SGD 12.50, or VND 1,250. Hundredths while the store
    /// has no currency.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    unit_price_minor: Option<Number>,
}

impl OrdersInput {
    fn parse(&self) -> Result<(IfShort, Vec<NewOrder>), Problem> {
        check_count("orders", self.orders.len())?;
        let mut errors = FieldErrors::default();
        let if_short = errors.keep(
            "/if_short",
            match self.if_short.as_deref() {
                None => Ok(IfShort::default()),
                Some(text) => IfShort::parse(text).ok_or("Send record or reject."),
            },
        );
        errors.keep("/orders", if self.orders.is_empty() { Err("Send an order.") } else { Ok(()) });
        let mut orders = Vec::new();
        for (index, Object(order)) in self.orders.iter().enumerate() {
            orders.extend(order.parse(index, &mut errors));
        }
        match if_short {
            Some(if_short) if errors.is_empty() => Ok((if_short, orders)),
            _ => Err(errors.problem()),
        }
    }
}

impl OrderInput {
    fn parse(&self, index: usize, errors: &mut FieldErrors) -> Option<NewOrder> {
        let at = |field: &str| format!("/orders/{index}/{field}");
        let store = errors.keep(at("store"), parse_store(&self.store));
        let number = errors.keep(at("number"), OrderNumber::parse(&self.number));
        let placed_at = self.placed_at.as_deref().map(schedule::parse_rfc3339).transpose();
        let placed_at = errors.keep(at("placed_at"), placed_at);
        let count = check_count("lines", self.lines.len()).map_err(|problem| problem.detail);
        errors.keep(at("lines"), if self.lines.is_empty() { Err("Send a line.".to_owned()) } else { count })?;
        let mut lines = Vec::new();
        for (nth, Object(line)) in self.lines.iter().enumerate() {
            lines.extend(line.parse(&at(&format!("lines/{nth}")), errors));
        }
        Some(NewOrder { store: store?, number: number?, placed_at: placed_at?, lines })
    }
}

impl OrderLineInput {
    fn parse(&self, at: &str, errors: &mut FieldErrors) -> Option<NewLine> {
        let sku = errors.keep(format!("{at}/sku"), SkuCode::parse(&self.sku));
        let quantity = errors.keep(format!("{at}/quantity"), units(&self.quantity, 1));
        let price = self.unit_price_minor.as_ref().map(minor_units).transpose();
        let unit_price_minor = errors.keep(format!("{at}/unit_price_minor"), price);
        Some(NewLine { sku: sku?, quantity: quantity?, unit_price_minor: unit_price_minor? })
    }
}

/// A code that no store can have is an unknown store: that refuses one order and not the others of the request.
fn parse_store(text: &str) -> Result<StoreCode, TextRefusal> {
    match StoreCode::parse(text) {
        Err(TextRefusal::NotAllowed { .. }) => Ok(StoreCode::trusted(text.to_owned())),
        parsed => parsed,
    }
}

/// What became of each order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderResults {
    /// One for each order, in their order.
    results: Vec<OrderResult>,
}

/// What became of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderResult {
    /// The code of the store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Its number there.
    #[schema(value_type = String)]
    number: OrderNumber,
    /// Whether it was recorded now, had been recorded before, or was not recorded.
    status: ResultStatus,
    /// Why it was rejected, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    code: Option<Code>,
    /// Why it was rejected, or what else there is to know about it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// What explains a rejection.
    #[serde(flatten)]
    facts: Facts,
    /// Where the units of each line came from; none of a rejected order.
    lines: Vec<LineResult>,
}

/// What became of an order, in a word.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ResultStatus {
    Accepted,
    Duplicate,
    Rejected,
}

/// Where the units of a line came from.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineResult {
    /// The code of the SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// Units out of the store's own hold.
    #[schema(minimum = 0)]
    from_hold: i64,
    /// Units of what is shared.
    #[schema(minimum = 0)]
    from_shared: i64,
    /// Units that nothing was left for.
    #[schema(minimum = 0)]
    oversold: i64,
}

impl From<Line> for LineResult {
    fn from(line: Line) -> Self {
        let Line { sku, from_hold, from_shared, oversold, .. } = line;
        Self { sku, from_hold, from_shared, oversold }
    }
}

impl OrderResult {
    fn new(order: NewOrder, outcome: Outcome) -> Self {
        let said = said(&order, &outcome).map(str::to_owned);
        let (status, lines, refusal) = match outcome {
            Outcome::Accepted(lines) => (ResultStatus::Accepted, lines, None),
            Outcome::Duplicate(lines) => (ResultStatus::Duplicate, lines, None),
            Outcome::Rejected(refusal) => (ResultStatus::Rejected, Vec::new(), Some(refusal)),
        };
        let detail = refusal.as_ref().map(ToString::to_string).or(said);
        let (code, facts) = refusal.map(reason).unzip();
        let lines = lines.into_iter().map(LineResult::from).collect();
        let NewOrder { store, number, .. } = order;
        Self { store, number, status, code, detail, facts: facts.unwrap_or_default(), lines }
    }
}

fn said(order: &NewOrder, outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Accepted(lines) if lines.iter().all(|line| line.from_hold + line.from_shared + line.oversold == 0) => {
            Some("It was cancelled before it arrived: nothing was taken for it.")
        }
        Outcome::Duplicate(lines) if !take_orders::is_same(&order.lines, lines) => {
            Some("It is already recorded with different lines, which stay as they are.")
        }
        Outcome::Accepted(_) | Outcome::Duplicate(_) | Outcome::Rejected(_) => None,
    }
}

fn reason(refusal: OrderRefusal) -> (Code, Facts) {
    match refusal {
        // The order names its store itself.
        OrderRefusal::UnknownStore(_) => (Code::UnknownStore, Facts::default()),
        OrderRefusal::PlacedInFuture { .. } => (Code::PlacedInFuture, Facts::default()),
        OrderRefusal::WorthTooMuch { .. } => (Code::WorthTooMuch, Facts::default()),
        OrderRefusal::UnknownSku(sku) => (Code::UnknownSku, Facts { sku: Some(sku), ..Facts::default() }),
        OrderRefusal::NotListed { sku, store: _ } => (Code::NotListed, Facts { sku: Some(sku), ..Facts::default() }),
        OrderRefusal::NotEnoughStock { sku, asked, available } => (
            Code::NotEnoughStock,
            Facts { sku: Some(sku), asked: Some(asked), available: Some(available), ..Facts::default() },
        ),
    }
}

impl OrderResults {
    fn new(results: impl IntoIterator<Item = (NewOrder, Outcome)>) -> Self {
        Self { results: results.into_iter().map(|(order, outcome)| OrderResult::new(order, outcome)).collect() }
    }
}

refusals!(TakeRefusals: BadJson BadIdempotencyKey Unreadable TooLarge UnsupportedMediaType BadField
    IdempotencyKeyReused TooManyItems);

/// Take orders
///
/// Each order is taken whole or not at all, whatever becomes of the others: see `results`. What is answered is durable.
#[utoipa::path(
    operation_id = "takeOrders",
    tag = "orders",
    params(KeyHeader),
    request_body = OrdersInput,
    responses((status = 200, description = "The result of each order.", body = OrderResults), TakeRefusals),
)]
#[post("/orders")]
pub async fn take(call: UncheckedCall<OrdersInput>, queue: Data<OrderQueue>) -> Result<HttpResponse, Problem> {
    if !has_key(&call.req)
        && let Ok(body) = &call.body
        && let Ok((if_short, orders)) = body.parse()
    {
        let UncheckedCall { token_hash, access, now: at, .. } = call;
        let sent = Sent { token_hash, access, at, if_short, orders };
        let results = queue.take(sent).await?.map_err(denied)?;
        return Ok(HttpResponse::Ok().json(OrderResults::new(results)));
    }
    let call = call.check().await?;
    let key = key_of(&call)?;
    let (if_short, orders) = call.body.parse()?;
    let delivery = Delivery { cause: call.caller.cause(""), if_short, orders };
    // The answer is stored with the key in the transaction that takes the orders: these do not queue with others.
    once(&call.caller, key, move |conn| {
        let outcomes = take_orders::run(conn, &[&delivery])?.into_iter().flatten();
        let results = delivery.orders.clone().into_iter().zip(outcomes);
        Ok(Answer::new(StatusCode::OK, &OrderResults::new(results)))
    })
    .await
}

fn denied(denied: Denied) -> Problem {
    match denied {
        Denied::UnknownToken => call::unauthorized(),
        Denied::NotPermitted => call::forbidden(),
    }
}

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
    /// When the customer placed it.
    #[schema(value_type = String, format = DateTime)]
    placed_at: Moment,
    /// When it came in.
    #[schema(value_type = String, format = DateTime)]
    received_at: Moment,
    /// When it was shipped or cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Moment>,
    /// What its prices are in (ISO 4217): the currency of the store.
    #[schema(value_type = Option<String>, example = "SGD")]
    currency: Option<&'static str>,
    /// What was sold. An order that was cancelled before it arrived has none yet.
    lines: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLine {
    /// The code of the SKU.
    #[schema(value_type = String)]
    sku: SkuCode,
    /// Units.
    #[schema(minimum = 1)]
    quantity: i64,
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
    fn new(line: Line, currency: Option<Currency>) -> Self {
        // Recorded while the store had a currency with other decimals, it is in other units.
        let unit_price = line.unit_price().map(|price| price.minor_units_of(currency));
        let unit_price_minor = unit_price.map(|minor| i64::try_from(minor).unwrap_or(i64::MAX));
        let Line { sku, quantity, promotion_id: promotion, from_hold, from_shared, oversold, .. } = line;
        Self { sku, quantity, unit_price_minor, promotion, from_hold, from_shared, oversold }
    }
}

impl OrderBody {
    /// `currency` is that of the store.
    fn new(order: Order, lines: Vec<Line>, currency: Option<Currency>) -> Self {
        let Order { store, number, status, placed_at, received_at, closed_at, .. } = order;
        let lines = lines.into_iter().map(|line| OrderLine::new(line, currency)).collect();
        let currency = currency.map(Currency::code);
        Self { store, number, status, placed_at, received_at, closed_at, currency, lines }
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
/// changes nothing. An order that did not come in yet is remembered as cancelled, and takes nothing when it does.
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
    let currency = stores::find(conn, store)?.and_then(|store| store.currency);
    Ok(Some(OrderBody::new(order, lines, currency)))
}

fn parse_path(path: &(String, String)) -> Result<(StoreCode, OrderNumber), Problem> {
    StoreCode::parse(&path.0).ok().zip(OrderNumber::parse(&path.1).ok()).ok_or_else(not_found)
}

fn not_found() -> Problem {
    Problem::new(Code::NotFound, "There is no such order.")
}
