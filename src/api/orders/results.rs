//! What became of the orders of a call, as it is answered, and as it is stored for the key of the call.

use crate::{
    actions::orders::{take_calls::ToStore, take_orders::Outcome},
    api::{
        fields::FieldErrors,
        once::is_tried_again,
        problem::{Code, Facts},
    },
    db::{idempotency::FirstAnswer, orders::Line},
    domain::{
        code::{OrderNumber, SkuCode, StoreCode},
        orders::order::{NewLine, NewOrder, OrderRefusal},
        refusal::UnknownSku,
    },
};
use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What became of each order.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderResults {
    /// One for each order, in their order.
    pub results: Vec<OrderResult>,
}

/// What became of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
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
    /// The first of its fields that are wrong: a JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<String>,
    /// What explains a rejection.
    #[serde(flatten)]
    facts: Facts,
    /// Where the units of each line came from; none of a rejected order.
    lines: Vec<LineResult>,
}

/// What became of an order, in a word.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultStatus {
    Accepted,
    Duplicate,
    Rejected,
}

/// Where the units of a line came from.
#[derive(Debug, Clone, Serialize, ToSchema)]
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

impl LineResult {
    fn of((sku, from_hold, from_shared, oversold): StoredLine<String>) -> Self {
        Self { sku: SkuCode::trusted(sku), from_hold, from_shared, oversold }
    }
}

impl OrderResult {
    fn new(index: usize, order: &NewOrder, outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted(lines) => Self::accepted(order, lines.into_iter().map(LineResult::from).collect()),
            Outcome::Duplicate(recorded) => {
                let said = "It is already recorded with different lines, which stay as they are.";
                let detail = (!recorded.is_same).then(|| said.to_owned());
                let lines = recorded.lines.into_iter().map(LineResult::from).collect();
                Self { detail, lines, ..Self::of(&order.store, &order.number, ResultStatus::Duplicate) }
            }
            Outcome::Rejected(refusal) => {
                let detail = Some(refusal.to_string());
                let pointer = Some(format!("/orders/{index}{}", place_of(&refusal, &order.lines)));
                let (code, facts) = reason(refusal);
                Self {
                    code: Some(code),
                    detail,
                    pointer,
                    facts,
                    ..Self::of(&order.store, &order.number, ResultStatus::Rejected)
                }
            }
        }
    }

    fn accepted(order: &NewOrder, lines: Vec<LineResult>) -> Self {
        let took_nothing = lines.iter().all(|line| line.from_hold + line.from_shared + line.oversold == 0);
        let said = "It was cancelled before it arrived: nothing was taken for it.";
        let detail = took_nothing.then(|| said.to_owned());
        Self { detail, lines, ..Self::of(&order.store, &order.number, ResultStatus::Accepted) }
    }

    fn of(store: &StoreCode, number: &OrderNumber, status: ResultStatus) -> Self {
        Self {
            store: store.clone(),
            number: number.clone(),
            status,
            code: None,
            detail: None,
            pointer: None,
            facts: Facts::default(),
            lines: Vec::new(),
        }
    }

    /// For an order that cannot be read. The store and the number are what was sent as them.
    pub fn unreadable(index: usize, store: &str, number: &str, errors: &FieldErrors) -> Self {
        let store = StoreCode::trusted(store.to_owned());
        let number = OrderNumber::trusted(number.to_owned());
        Self {
            code: Some(Code::BadField),
            detail: Some(errors.in_words()),
            pointer: errors.first_pointer().map(|pointer| format!("/orders/{index}{pointer}")),
            ..Self::of(&store, &number, ResultStatus::Rejected)
        }
    }
}

pub(super) fn reason(refusal: OrderRefusal) -> (Code, Facts) {
    match refusal {
        // The order names its store itself.
        OrderRefusal::UnknownStore(_) => (Code::UnknownStore, Facts::default()),
        OrderRefusal::PlacedInFuture { .. } => (Code::PlacedInFuture, Facts::default()),
        OrderRefusal::WorthTooMuch { .. } => (Code::WorthTooMuch, Facts::default()),
        OrderRefusal::UnknownSku(UnknownSku { sku, .. }) => {
            (Code::UnknownSku, Facts { sku: Some(sku), ..Facts::default() })
        }
        OrderRefusal::UnknownSellerSku { .. } => (Code::UnknownSku, Facts::default()),
        OrderRefusal::NotListed { sku, store: _ } => (Code::NotListed, Facts { sku: Some(sku), ..Facts::default() }),
        OrderRefusal::NotEnoughStock { sku, asked, available } => (
            Code::NotEnoughStock,
            Facts { sku: Some(sku), asked: Some(asked), available: Some(available), ..Facts::default() },
        ),
    }
}

/// Where in its order the value is that was refused.
fn place_of(refusal: &OrderRefusal, lines: &[NewLine]) -> String {
    let of_line = |wanted: &SkuCode, field: &str| {
        let nth = lines.iter().position(|line| line.item.sku() == Some(wanted));
        nth.map_or_else(|| "/lines".to_owned(), |nth| format!("/lines/{nth}/{field}"))
    };
    match refusal {
        OrderRefusal::UnknownStore(_) => "/store".to_owned(),
        OrderRefusal::PlacedInFuture { .. } => "/placed_at".to_owned(),
        OrderRefusal::WorthTooMuch { .. } => "/lines".to_owned(),
        OrderRefusal::UnknownSellerSku { seller_sku, .. } => {
            let nth = lines.iter().position(|line| line.item.seller_sku() == Some(seller_sku)).unwrap_or(0);
            format!("/lines/{nth}/seller_sku")
        }
        OrderRefusal::UnknownSku(UnknownSku { sku, .. }) | OrderRefusal::NotListed { sku, .. } => of_line(sku, "sku"),
        OrderRefusal::NotEnoughStock { sku, .. } => of_line(sku, "quantity"),
    }
}

/// An order that came in, or the result of one that cannot be read.
pub type Parsed = Result<NewOrder, Box<OrderResult>>;

/// Results of orders that cannot be read, each with its place among all.
pub type Unreadable = Vec<(usize, OrderResult)>;

impl OrderResults {
    /// Of those that were tried, and of those that cannot be read, in the order in which they came in. `indices` are those
    /// of all of them in the body.
    pub fn new(
        indices: impl IntoIterator<Item = usize>,
        orders: &[NewOrder],
        outcomes: Vec<Outcome>,
        unreadable: Unreadable,
    ) -> Self {
        let mut tried = orders.iter().zip(outcomes);
        let mut results = Vec::with_capacity(orders.len() + unreadable.len());
        let mut unreadable = unreadable.into_iter().peekable();
        for (place, index) in indices.into_iter().enumerate() {
            results.push(match unreadable.next_if(|(of, _)| *of == place) {
                Some((_, result)) => result,
                None => {
                    let (order, outcome) = tried.next().expect("a result for each order");
                    OrderResult::new(index, order, outcome)
                }
            });
        }
        Self { results }
    }
}

/// What is stored as the answer to a call with a key; nothing, if all of its orders are tried again when the call comes
/// again. If all were accepted, that is only where the units of their lines came from: all else is in the call, and would be
/// most of what an order with a key writes more than one without.
pub fn to_store(orders: &[NewOrder], outcomes: &[Outcome], unreadable: &Unreadable) -> Option<ToStore> {
    let body = match accepted_lines(outcomes).filter(|_| unreadable.is_empty()) {
        Some(lines) => serde_json::to_string(&lines),
        None => {
            let count = orders.len() + unreadable.len();
            let answer = OrderResults::new(0..count, orders, outcomes.to_vec(), unreadable.clone());
            let is_open = |result: &OrderResult| result.code.is_some_and(is_tried_again);
            if answer.results.iter().all(is_open) {
                return None;
            }
            serde_json::to_string(&answer)
        }
    };
    Some(ToStore { status: StatusCode::OK.as_u16(), body: body.expect("our own answers are JSON") })
}

/// The whole answer to a call, of what was stored for it. `parsed` are the orders of the call.
pub fn whole(first: FirstAnswer, parsed: &[Parsed]) -> FirstAnswer {
    let Ok(stored) = serde_json::from_str::<Vec<Vec<StoredLine<String>>>>(&first.body) else { return first };
    assert_eq!(stored.len(), parsed.len(), "an answer of each order was stored");
    let mut results = Vec::with_capacity(parsed.len());
    for (order, lines) in parsed.iter().zip(stored) {
        let order = order.as_ref().expect("what was accepted can be read again");
        results.push(OrderResult::accepted(order, lines.into_iter().map(LineResult::of).collect()));
    }
    let body = serde_json::to_string(&OrderResults { results }).expect("our own answers are JSON");
    FirstAnswer { body, ..first }
}

/// The SKU of a line, and its units out of the hold, of what is shared, and of nothing.
type StoredLine<T> = (T, i64, i64, i64);

/// The lines of each order, if all were accepted.
fn accepted_lines(outcomes: &[Outcome]) -> Option<Vec<Vec<StoredLine<&str>>>> {
    let mut all = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let Outcome::Accepted(lines) = outcome else { return None };
        let mut stored = Vec::with_capacity(lines.len());
        for line in lines {
            stored.push((line.sku.as_str(), line.from_hold, line.from_shared, line.oversold));
        }
        all.push(stored);
    }
    Some(all)
}
