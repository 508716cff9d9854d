//! `/api/v1/stock-changes`
#![warn(missing_docs)]

use crate::{
    actions::catalogue::change_stock,
    api::{
        call::Call,
        fields::{FieldErrors, Items, UnreadItem, check_count, difference},
        once::{KeyHeader, key_of, once_for_each},
        problem::Problem,
        refusals::refusals,
        words::described,
    },
    domain::{
        catalogue::stock_change::{ChangeReason, ChangeRefusal, StockChange, parse_note},
        code::SkuCode,
    },
};
use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

/// Changes of stock, up to 1,000.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockChangesInput {
    /// In the order in which they are to be applied. A SKU may be there more than once.
    #[schema(value_type = Vec<StockChangeInput>, min_items = 1, max_items = 1000)]
    changes: Items<StockChangeInput>,
}

/// One change of the units on hand of a SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockChangeInput {
    /// The code of the SKU.
    #[schema(min_length = 1, example = "Product1")]
    sku: String,
    /// The difference in units: what came in, or with a minus what went out. Not 0.
    #[schema(value_type = i64, minimum = -1_000_000_000, maximum = 1_000_000_000, example = 200)]
    change: Number,
    /// Why. What was received is more than 0, and what was damaged less.
    #[schema(value_type = ChangeReason)]
    reason: String,
    /// For the ledger, up to 200 characters.
    #[schema(example = "PO 4711")]
    note: Option<String>,
}

described!(ChangeReason, "ChangeReason", ChangeReason::ALL.map(ChangeReason::as_str), "Why the units on hand change.");

impl StockChangeInput {
    fn parse(&self) -> Result<StockChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        let sku = errors.keep("/sku", SkuCode::parse(&self.sku));
        let reason = ChangeReason::parse(&self.reason).ok_or("Send received, returned, damaged or correction.");
        let reason = errors.keep("/reason", reason);
        let units = errors.keep("/change", difference(&self.change));
        if let (Some(reason), Some(units)) = (reason, units) {
            errors.keep("/change", reason.check_sign(units));
        }
        let note = errors.keep("/note", parse_note(self.note.as_deref().unwrap_or_default()));
        match (sku, units, reason, note) {
            (Some(sku), Some(units), Some(reason), Some(note)) if errors.is_empty() => {
                Ok(StockChange { sku, units, reason, note })
            }
            _ => Err(errors),
        }
    }
}

/// What became of each change.
#[derive(Debug, Serialize, ToSchema)]
pub struct StockChangeResults {
    /// One for each change, in their order.
    results: Vec<StockChangeResult>,
}

/// What became of a change.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockChangeResult {
    /// Which change, counted from 0.
    index: usize,
    /// Whether it was applied.
    status: ChangeStatus,
    /// Units on hand after it; of one that failed because of them, the units on hand then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    on_hand: Option<i64>,
    /// Why it failed, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<FailedChangeCode>,
    /// Why it failed, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// The first of its fields that are wrong: a JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<String>,
}

/// What became of a change, in a word.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum ChangeStatus {
    Applied,
    Failed,
}

/// Why a change failed: a field is missing or has a value that is not allowed, there is no such SKU, fewer units are on
/// hand than it takes off, or more would be than a SKU can have.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FailedChangeCode {
    BadField,
    UnknownSku,
    NotOnHand,
    TooManyOnHand,
}

impl StockChangeResult {
    fn applied(index: usize, on_hand: i64) -> Self {
        Self { index, status: ChangeStatus::Applied, on_hand: Some(on_hand), code: None, detail: None, pointer: None }
    }

    fn refused(index: usize, refusal: &ChangeRefusal) -> Self {
        let (code, on_hand, field) = match refusal {
            ChangeRefusal::UnknownSku(_) => (FailedChangeCode::UnknownSku, None, "sku"),
            ChangeRefusal::NotOnHand { on_hand, .. } => (FailedChangeCode::NotOnHand, Some(*on_hand), "change"),
            ChangeRefusal::TooMany { on_hand, .. } => (FailedChangeCode::TooManyOnHand, Some(*on_hand), "change"),
        };
        let pointer = format!("/changes/{index}/{field}");
        Self { on_hand, ..Self::failed(index, code, refusal.to_string(), pointer) }
    }

    fn unreadable(index: usize, errors: &FieldErrors) -> Self {
        let pointer = format!("/changes/{index}{}", errors.first_pointer().unwrap_or_default());
        Self::failed(index, FailedChangeCode::BadField, errors.in_words(), pointer)
    }

    fn failed(index: usize, code: FailedChangeCode, detail: String, pointer: String) -> Self {
        let status = ChangeStatus::Failed;
        Self { index, status, on_hand: None, code: Some(code), detail: Some(detail), pointer: Some(pointer) }
    }
}

refusals!(ApplyRefusals: BadJson BadIdempotencyKey Unreadable TooLarge UnsupportedEncoding UnsupportedMediaType BadField
    IdempotencyKeyReused TooManyItems);

/// Change stock by differences
///
/// What came in, came back, broke or was counted wrong, as the difference of the units on hand. It undoes nobody else's
/// change, as an absolute number could. Each change is applied or fails alone. Send it with an `Idempotency-Key`:
/// without one, a request that is sent again is applied again.
#[utoipa::path(
    operation_id = "changeStock",
    tag = "skus",
    params(KeyHeader),
    request_body = StockChangesInput,
    responses((status = 200, description = "The result of each change.", body = StockChangeResults), ApplyRefusals),
)]
#[post("/stock-changes")]
pub async fn apply(call: Call<StockChangesInput>) -> Result<HttpResponse, Problem> {
    let key = key_of(&call)?;
    let items = call.body.changes;
    check_count("changes", items.count)?;
    let mut errors = FieldErrors::default();
    errors.keep("/changes", if items.count == 0 { Err("Send a change.") } else { Ok(()) });
    if !errors.is_empty() {
        return Err(errors.problem());
    }
    let parsed: Vec<Result<StockChange, FieldErrors>> =
        items.read.into_iter().map(|item| item.map_err(|UnreadItem { errors, .. }| errors)?.parse()).collect();
    let cause = call.caller.cause("");
    once_for_each(&call.caller, key, parsed.len(), move |conn, indices| {
        let changes: Vec<StockChange> =
            indices.iter().filter_map(|index| parsed[*index].as_ref().ok().cloned()).collect();
        let mut applied = change_stock::run(conn, &cause, &changes)?.into_iter();
        let mut results = Vec::with_capacity(indices.len());
        for index in indices.iter().copied() {
            results.push(match &parsed[index] {
                Err(errors) => StockChangeResult::unreadable(index, errors),
                Ok(_) => match applied.next().expect("a result for each change") {
                    Ok(on_hand) => StockChangeResult::applied(index, on_hand),
                    Err(refusal) => StockChangeResult::refused(index, &refusal),
                },
            });
        }
        Ok(results)
    })
    .await
}
