//! `PUT /api/v1/orders/{store}/{number}`: an order as it is now at its store.

use super::{parse_path, results::reason, take::line_item};
use crate::{
    actions::orders::put_state::{self, Became, StateRefusal},
    api::{
        call::Call,
        fields::{FieldErrors, Object, check_count, minor_units, units},
        problem::{Code, Facts, Problem},
        refusals::refusals,
    },
    db::{
        self, Conn, Failed,
        orders::{self, Line, Order, unmatched, unmatched::UnmatchedLine},
        stores::rename,
    },
    domain::{
        code::{LineId, OrderNumber, SellerSku, SkuCode, StoreCode},
        orders::order::{Fulfiller, OrderRefusal, OrderState, OrderStatus, Payment, StateLine},
        promotions::schedule,
        refusal::UnknownSku,
    },
};
use actix_web::{HttpResponse, put, web::Path};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::HashSet;
use utoipa::ToSchema;

/// An order as it is now at its store.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderStateInput {
    /// When the customer placed it, with its offset from UTC (RFC 3339); now without it. It counts when the order is new.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-11T12:30:00+08:00")]
    placed_at: Option<String>,
    /// When the store changed it last. A state that is older than the one that is stored changes nothing.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-11-11T12:31:00+08:00")]
    updated_at: Option<String>,
    /// The status of every line without one of its own.
    #[schema(value_type = OrderStatus)]
    status: String,
    /// Whether it is paid. An unpaid order takes its units as well. As before without it; paid, if the order is new.
    #[schema(value_type = Option<Payment>)]
    payment: Option<String>,
    /// Who ships it. One that the marketplace ships from its own warehouse takes no stock, nor does one that had left before the
    /// orders of the store were read (`earlier`). As before without it; the seller,
    /// if the order is new.
    #[schema(value_type = Option<Fulfiller>)]
    fulfilled_by: Option<String>,
    /// Everything that the customer still wants. A line that was there before and is not among them counts 0.
    #[schema(value_type = Vec<StateLineInput>, max_items = 1000)]
    lines: Vec<Object<StateLineInput>>,
}

/// One line of an order as it is now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateLineInput {
    /// The store's id of the line, by which it is found again. Lines without one are found by what they name.
    #[schema(min_length = 1, max_length = 100, example = "2601")]
    id: Option<String>,
    /// The code of the SKU. Instead, `seller_sku` may name a listing of the store.
    #[schema(value_type = String, required = false, min_length = 1, example = "Product1")]
    sku: Option<String>,
    /// The seller SKU of a listing of the store. If none has it, the line is unmatched: it takes its units when one has.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, example = "SET-1")]
    seller_sku: Option<String>,
    /// How many the customer still wants.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000, example = 2)]
    quantity: Number,
    /// What one costs, in minor units of the store's currency.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    unit_price_minor: Option<Number>,
    /// Its own status; that of the order without it.
    #[schema(value_type = Option<OrderStatus>)]
    status: Option<String>,
    /// How many came back after they were shipped, besides `quantity`. They are on the page Returns until staff put them
    /// back to stock or write them off. Shipped units that the customer does not want any more count as returned as well.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000)]
    returned: Option<Number>,
}

impl OrderStateInput {
    fn parse(&self, (store, number): (StoreCode, OrderNumber)) -> Result<OrderState, Problem> {
        check_count("lines", self.lines.len())?;
        let mut errors = FieldErrors::default();
        let moment = |text: &Option<String>| text.as_deref().map(schedule::parse_rfc3339).transpose();
        let placed_at = errors.keep("/placed_at", moment(&self.placed_at));
        let updated_at = errors.keep("/updated_at", moment(&self.updated_at));
        let status = errors.keep("/status", status(&self.status));
        let payment = self.payment.as_deref().map(|text| Payment::parse(text).ok_or("Send pending or paid."));
        let payment = errors.keep("/payment", payment.transpose());
        let fulfiller = |text| Fulfiller::parse(text).ok_or("Send seller, marketplace or earlier.");
        let fulfilled_by = errors.keep("/fulfilled_by", self.fulfilled_by.as_deref().map(fulfiller).transpose());
        let mut lines = Vec::with_capacity(self.lines.len());
        let mut ids = HashSet::new();
        for (nth, Object(line)) in self.lines.iter().enumerate() {
            let pointer = format!("/lines/{nth}");
            match line.parse() {
                Ok(line) if line.id.as_ref().is_some_and(|id| !ids.insert(id.clone())) => {
                    errors.keep::<()>(format!("{pointer}/id"), Err("Send each line once: this id is here twice."));
                }
                Ok(line) => lines.push(line),
                Err(inner) => errors.add_inside(&pointer, inner),
            }
        }
        match (placed_at, updated_at, status, payment, fulfilled_by) {
            (Some(placed_at), Some(updated_at), Some(status), Some(payment), Some(fulfilled_by))
                if errors.is_empty() =>
            {
                Ok(OrderState { store, number, placed_at, updated_at, status, payment, fulfilled_by, lines })
            }
            _ => Err(errors.problem()),
        }
    }
}

impl StateLineInput {
    fn parse(&self) -> Result<StateLine, FieldErrors> {
        let mut errors = FieldErrors::default();
        let id = errors.keep("/id", self.id.as_deref().map(LineId::parse).transpose());
        let item = line_item(self.sku.as_deref(), self.seller_sku.as_deref(), &mut errors);
        let quantity = errors.keep("/quantity", units(&self.quantity, 0));
        let price = self.unit_price_minor.as_ref().map(minor_units).transpose();
        let unit_price_minor = errors.keep("/unit_price_minor", price);
        let status = errors.keep("/status", self.status.as_deref().map(status).transpose());
        let returned = self.returned.as_ref().map(|returned| units(returned, 0)).transpose();
        let returned = errors.keep("/returned", returned).flatten().unwrap_or(0);
        match (id, item, quantity, unit_price_minor, status) {
            (Some(id), Some(item), Some(quantity), Some(unit_price_minor), Some(status)) if errors.is_empty() => {
                Ok(StateLine { id, item, quantity, status, returned, unit_price_minor })
            }
            _ => Err(errors),
        }
    }
}

fn status(text: &str) -> Result<OrderStatus, &'static str> {
    OrderStatus::parse(text).ok_or("Send open, shipped or cancelled.")
}

/// What became of a state.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderStateResult {
    /// The code of the store.
    #[schema(value_type = String)]
    store: StoreCode,
    /// Its number there.
    #[schema(value_type = String)]
    number: OrderNumber,
    /// Whether the order is new, was changed, or is what it was.
    status: StateStatus,
    /// Why it is what it was, if the state was not the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<StateCode>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false)]
    detail: Option<&'static str>,
    /// The status of the order: open while a line is, then shipped if a line is.
    order_status: OrderStatus,
    /// The lines as they are now: of a kit one for each component.
    lines: Vec<StateLineResult>,
}

/// What became of a state, in a word.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum StateStatus {
    Created,
    Changed,
    Unchanged,
}

/// Why a state changed nothing.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateCode {
    /// Its `updated_at` is before the one that is stored.
    OlderState,
}

/// Where the units of a line come from now.
#[derive(Debug, Serialize, ToSchema)]
pub struct StateLineResult {
    /// The store's id of the line.
    #[schema(value_type = Option<String>)]
    id: Option<LineId>,
    /// The code of the SKU; null while the line is unmatched.
    #[schema(value_type = Option<String>)]
    sku: Option<SkuCode>,
    /// What the line names, if it names a listing.
    #[schema(value_type = Option<String>)]
    seller_sku: Option<SellerSku>,
    /// Units that the customer still wants; of an unmatched line how many of the listing.
    #[schema(minimum = 0)]
    quantity: i64,
    /// Its status.
    status: OrderStatus,
    /// Units that came back after they were shipped.
    #[schema(minimum = 0)]
    returned: i64,
    /// Units out of the store's own hold.
    #[schema(minimum = 0)]
    from_hold: i64,
    /// Units of what is shared.
    #[schema(minimum = 0)]
    from_shared: i64,
    /// Units that nothing was left for.
    #[schema(minimum = 0)]
    oversold: i64,
    /// Whether no listing of the store has the seller SKU, so that nothing was taken.
    unmatched: bool,
}

impl StateLineResult {
    /// A line that was cancelled takes nothing.
    fn new(order: &Order, line: Line) -> Self {
        let part = line.part(order.status);
        let is_cancelled = part.is_cancelled();
        let takes = |units: i64| if is_cancelled { 0 } else { units };
        Self {
            id: line.line_id,
            sku: Some(line.sku),
            seller_sku: line.seller_sku,
            quantity: takes(line.quantity - line.returned),
            status: part.status,
            returned: line.returned,
            from_hold: takes(line.from_hold),
            from_shared: takes(line.from_shared),
            oversold: takes(line.oversold),
            unmatched: false,
        }
    }

    fn unmatched(order: &Order, line: UnmatchedLine) -> Self {
        Self {
            status: line.status(order.status),
            id: line.line_id,
            sku: None,
            seller_sku: Some(line.seller_sku),
            quantity: line.quantity - line.returned,
            returned: line.returned,
            from_hold: 0,
            from_shared: 0,
            oversold: 0,
            unmatched: true,
        }
    }
}

refusals!(PutRefusals: BadJson Unreadable TooLarge UnsupportedEncoding UnsupportedMediaType BadField TooManyItems NotFound
    UnknownSku PlacedInFuture WorthTooMuch NotOnHand NumberReused);

/// Say what an order is now
///
/// The difference to what was known is what it gives back or takes: the same state again changes nothing, and neither does
/// one with an older `updated_at`. What was missed does not matter. Units that were shipped have left: if the customer
/// wants fewer of them, they are returns.
#[utoipa::path(
    operation_id = "putOrder",
    tag = "orders",
    params(("store" = String, Path, description = "The code of its store."), ("number" = String, Path, description = "Its number there.")),
    request_body = OrderStateInput,
    responses((status = 200, description = "What became of the order.", body = OrderStateResult), PutRefusals),
)]
#[put("/orders/{store}/{number}")]
pub async fn put(call: Call<OrderStateInput>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let state = call.body.parse(parse_path(&path)?)?;
    let cause = call.caller.cause("");
    let saved = call.caller.database().write(move |conn| {
        let became = put_state::run(conn, &cause, state.clone())?;
        Ok::<_, Failed<StateRefusal>>(result(conn, (&state.store, &state.number), became)?)
    });
    match saved.await {
        Ok(result) => Ok(HttpResponse::Ok().json(result)),
        Err(Failed::Refused(refusal)) => Err(refused(refusal)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn result(
    conn: &mut Conn,
    (store, number): (&StoreCode, &OrderNumber),
    became: Became,
) -> db::QueryResult<OrderStateResult> {
    let store = rename::former_codes(conn)?.remove(store).unwrap_or_else(|| store.clone());
    let order = orders::find(conn, &store, number)?.expect("what was saved is there");
    let mut lines = Vec::new();
    for line in orders::lines(conn, &store, number)? {
        lines.push(StateLineResult::new(&order, line));
    }
    for line in unmatched::of_order(conn, &store, number)? {
        lines.push(StateLineResult::unmatched(&order, line));
    }
    let is_older = became == Became::Older;
    Ok(OrderStateResult {
        store,
        number: number.clone(),
        status: match became {
            Became::Created => StateStatus::Created,
            Became::Changed => StateStatus::Changed,
            Became::Unchanged | Became::Older => StateStatus::Unchanged,
        },
        code: is_older.then_some(StateCode::OlderState),
        detail: is_older.then_some("Nothing was changed: a newer state of this order is known."),
        order_status: order.status,
        lines,
    })
}

fn refused(refusal: StateRefusal) -> Problem {
    let detail = refusal.to_string();
    let field = |pointer: &str| {
        let mut errors = FieldErrors::default();
        errors.keep::<()>(pointer, Err(&detail));
        errors.problem()
    };
    match refusal {
        StateRefusal::Order(OrderRefusal::UnknownStore(_)) => Problem::new(Code::NotFound, detail),
        StateRefusal::Order(OrderRefusal::UnknownSku(UnknownSku { sku, .. })) => {
            Problem::new(Code::UnknownSku, detail).with(Facts { sku: Some(sku), ..Facts::default() })
        }
        StateRefusal::Order(refusal) => {
            let (code, facts) = reason(refusal);
            Problem::new(code, detail).with(facts)
        }
        StateRefusal::NoLines => field("/lines"),
        StateRefusal::UpdatedInFuture => field("/updated_at"),
        StateRefusal::NumberReused { .. } => Problem::new(Code::NumberReused, detail),
        StateRefusal::NotOnHand { sku, units, on_hand } => Problem::new(Code::NotOnHand, detail).with(Facts {
            sku: Some(sku),
            asked: Some(units),
            available: Some(on_hand),
            ..Facts::default()
        }),
    }
}
