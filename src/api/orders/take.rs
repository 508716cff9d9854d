//! `POST /api/v1/orders`: orders that come in.

use crate::{
    actions::orders::{
        take_calls,
        take_orders::{self, Delivery, Outcome},
    },
    api::{
        call::{self, Call, UncheckedCall},
        fields::{FieldErrors, Items, Object, UnreadItem, check_count, minor_units, units},
        once::{KeyHeader, SentKey, answered_before, check_same, key_of, once_for_each, sent_key},
        orders::results::{self, OrderResult, OrderResults, Parsed, Unreadable},
        problem::Problem,
        refusals::refusals,
    },
    db,
    domain::{
        code::{OrderNumber, SellerSku, SkuCode, StoreCode},
        orders::order::{IfShort, LineItem, NewLine, NewOrder},
        promotions::schedule,
        text::TextRefusal,
    },
    jobs::order_queue::{Answer, Denied, OrderQueue, Sent},
    web::connections,
};
use actix_web::{HttpResponse, post, web::Data};
use serde::Deserialize;
use serde_json::Number;
use std::sync::Arc;
use utoipa::ToSchema;

/// Orders, up to 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdersInput {
    /// What was sold, in the order in which it is to be taken.
    #[schema(value_type = Vec<OrderInput>, min_items = 1, max_items = 1000)]
    orders: Items<OrderInput>,
    /// What to do with an order that wants more of a SKU than its store is shown now: `record` it, because it was sold,
    /// and what is missing is oversold; or `reject` it, because it has not been sold yet, and take nothing.
    #[schema(value_type = Option<IfShort>)]
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
    /// The code of the SKU. Instead, `seller_sku` may name a listing of the store.
    #[schema(value_type = String, required = false, min_length = 1, example = "Product1")]
    sku: Option<String>,
    /// The seller SKU of a listing of the store. A kit takes its components, and is answered with a line for each.
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100, example = "SET-1")]
    seller_sku: Option<String>,
    /// How many.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000_000, example = 2)]
    quantity: Number,
    /// What one costs, in minor units of the store's currency: 1250 is SGD 12.50, or VND 1,250. Hundredths while the store
    /// has no currency.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000_000_000_000_i64, example = 1250)]
    unit_price_minor: Option<Number>,
}

impl OrdersInput {
    /// Only what belongs to the whole body refuses it: an order that cannot be read fails alone.
    fn parse(&self) -> Result<(IfShort, Vec<Parsed>), Problem> {
        check_count("orders", self.orders.count)?;
        let mut errors = FieldErrors::default();
        let if_short = errors.keep(
            "/if_short",
            match self.if_short.as_deref() {
                None => Ok(IfShort::default()),
                Some(text) => IfShort::parse(text).ok_or("Send record or reject."),
            },
        );
        errors.keep("/orders", if self.orders.count == 0 { Err("Send an order.") } else { Ok(()) });
        let Some(if_short) = if_short.filter(|_| errors.is_empty()) else { return Err(errors.problem()) };
        let mut orders = Vec::with_capacity(self.orders.count);
        for (index, item) in self.orders.read.iter().enumerate() {
            orders.push(match item {
                Ok(order) => order
                    .parse()
                    .map_err(|errors| Box::new(OrderResult::unreadable(index, &order.store, &order.number, &errors))),
                Err(UnreadItem { errors, sent }) => {
                    let text = |field: &str| sent[field].as_str().unwrap_or_default();
                    Err(Box::new(OrderResult::unreadable(index, text("store"), text("number"), errors)))
                }
            });
        }
        Ok((if_short, orders))
    }
}

impl OrderInput {
    fn parse(&self) -> Result<NewOrder, FieldErrors> {
        let mut errors = FieldErrors::default();
        let store = errors.keep("/store", parse_store(&self.store));
        let number = errors.keep("/number", OrderNumber::parse(&self.number));
        let placed_at = self.placed_at.as_deref().map(schedule::parse_rfc3339).transpose();
        let placed_at = errors.keep("/placed_at", placed_at);
        let count = check_count("lines", self.lines.len()).map_err(|problem| problem.detail);
        let count = if self.lines.is_empty() { Err("Send a line.".to_owned()) } else { count };
        let mut lines = Vec::new();
        if errors.keep("/lines", count).is_some() {
            for (nth, Object(line)) in self.lines.iter().enumerate() {
                match line.parse() {
                    Ok(line) => lines.push(line),
                    Err(inner) => errors.add_inside(&format!("/lines/{nth}"), inner),
                }
            }
        }
        match (store, number, placed_at) {
            (Some(store), Some(number), Some(placed_at)) if errors.is_empty() => {
                Ok(NewOrder { store, number, placed_at, lines })
            }
            _ => Err(errors),
        }
    }
}

impl OrderLineInput {
    fn parse(&self) -> Result<NewLine, FieldErrors> {
        let mut errors = FieldErrors::default();
        let item = line_item(self.sku.as_deref(), self.seller_sku.as_deref(), &mut errors);
        let quantity = errors.keep("/quantity", units(&self.quantity, 1));
        let price = self.unit_price_minor.as_ref().map(minor_units).transpose();
        let unit_price_minor = errors.keep("/unit_price_minor", price);
        match (item, quantity, unit_price_minor) {
            (Some(item), Some(quantity), Some(unit_price_minor)) => Ok(NewLine { item, quantity, unit_price_minor }),
            _ => Err(errors),
        }
    }
}

/// What a line names: one of the two.
pub(super) fn line_item(sku: Option<&str>, seller_sku: Option<&str>, errors: &mut FieldErrors) -> Option<LineItem> {
    match (sku, seller_sku) {
        (Some(sku), None) => errors.keep("/sku", SkuCode::parse(sku)).map(LineItem::Sku),
        (None, Some(seller_sku)) => errors.keep("/seller_sku", SellerSku::parse(seller_sku)).map(LineItem::SellerSku),
        (Some(_), Some(_)) => errors.keep("/seller_sku", Err("Send sku or seller_sku, and not both.")),
        (None, None) => errors.keep("/sku", Err("Send sku or seller_sku.")),
    }
}

/// A code that no store can have is an unknown store: that refuses one order and not the others of the request.
fn parse_store(text: &str) -> Result<StoreCode, TextRefusal> {
    match StoreCode::parse(text) {
        Err(TextRefusal::NotAllowed { .. } | TextRefusal::OnlySigns { .. }) => Ok(StoreCode::trusted(text.to_owned())),
        parsed => parsed,
    }
}

fn split(parsed: impl IntoIterator<Item = Parsed>) -> (Vec<NewOrder>, Unreadable) {
    let mut orders = Vec::new();
    let mut unreadable = Vec::new();
    for (index, order) in parsed.into_iter().enumerate() {
        match order {
            Ok(order) => orders.push(order),
            Err(result) => unreadable.push((index, *result)),
        }
    }
    (orders, unreadable)
}

refusals!(TakeRefusals: BadJson BadIdempotencyKey Unreadable TooLarge UnsupportedEncoding UnsupportedMediaType BadField
    IdempotencyKeyReused TooManyItems);

/// Take orders
///
/// Each order is taken whole or not at all, whatever becomes of the others: see `results`. One that cannot be read is
/// rejected alone. What is answered is durable.
#[utoipa::path(
    operation_id = "takeOrders",
    tag = "orders",
    params(KeyHeader),
    request_body = OrdersInput,
    responses((status = 200, description = "The result of each order.", body = OrderResults), TakeRefusals),
)]
#[post("/orders")]
pub async fn take(call: UncheckedCall<OrdersInput>, queue: Data<OrderQueue>) -> Result<HttpResponse, Problem> {
    let (key, if_short, parsed) = match readable(&call) {
        Ok(readable) => readable,
        Err(problem) => {
            // The token comes first: a stranger learns nothing about the call.
            call.check().await?;
            return Err(problem);
        }
    };
    let count = parsed.len();
    let (orders, unreadable) = split(parsed);
    let key = key.map(|sent| Arc::new(with_results(sent, unreadable.clone())));
    let token_hash = call.token_hash.clone();
    let sent = Sent { token_hash, access: call.access, at: call.now, if_short, orders: orders.into(), key };
    let answer = queue.take(sent).await.map_err(failed)?.map_err(denied)?;
    connections::vouch(&call.req);
    match answer {
        Answer::Taken(orders, outcomes) => {
            Ok(HttpResponse::Ok().json(OrderResults::new(0..count, &orders, outcomes, unreadable)))
        }
        Answer::Before(first) => {
            let (key, if_short, parsed) = readable(&call)?;
            let key = key.expect("only a call with a key was answered before");
            let first = check_same(first, &key.request_hash)?;
            match answered_before(results::whole(first, &parsed)) {
                Some(response) => Ok(response),
                None => take_open(call.check().await?, if_short, parsed).await,
            }
        }
    }
}

/// The key of a call and its orders.
type Readable = (Option<SentKey>, IfShort, Vec<Parsed>);

fn readable(call: &UncheckedCall<OrdersInput>) -> Result<Readable, Problem> {
    let body = call.body.as_ref().map_err(Clone::clone)?;
    let key = sent_key(&call.req, &call.body_hash)?;
    let (if_short, parsed) = body.parse()?;
    Ok((key, if_short, parsed))
}

/// The key for the queue, with a function that says what is stored for it in the transaction that takes the orders.
fn with_results(SentKey { key, request_hash }: SentKey, unreadable: Unreadable) -> take_calls::SentKey {
    let to_store = move |orders: &[NewOrder], outcomes: &[Outcome]| results::to_store(orders, outcomes, &unreadable);
    take_calls::SentKey { key, request_hash, to_store: Box::new(to_store) }
}

/// Takes those orders of a call with a key that were refused before because something that they name was missing. These do
/// not queue with others.
async fn take_open(call: Call<OrdersInput>, if_short: IfShort, parsed: Vec<Parsed>) -> Result<HttpResponse, Problem> {
    let key = key_of(&call)?;
    let cause = call.caller.cause("");
    once_for_each(&call.caller, key, parsed.len(), move |conn, indices| {
        let (orders, unreadable) = split(indices.iter().map(|index| parsed[*index].clone()));
        let delivery = Delivery { cause: cause.clone(), if_short, orders: orders.into() };
        let outcomes = take_orders::run(conn, &[&delivery])?.into_iter().flatten().collect();
        Ok(OrderResults::new(indices.iter().copied(), &delivery.orders, outcomes, unreadable).results)
    })
    .await
}

fn failed(error: db::Error) -> Problem {
    let is_unknown = error.kind() == db::ErrorKind::OutcomeUnknown;
    let problem = Problem::from(error);
    if !is_unknown {
        return problem;
    }
    let detail = "It is not known whether the orders were recorded: the database did not confirm it. Send them again: one \
                  that was recorded is answered as a duplicate and changes nothing.";
    Problem { detail: detail.to_owned(), ..problem }
}

fn denied(denied: Denied) -> Problem {
    match denied {
        Denied::UnknownToken | Denied::HungUp => call::unauthorized(),
        Denied::NotPermitted => call::forbidden(),
    }
}
