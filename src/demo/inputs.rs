//! Converts the demo's data to the inputs of actions, and their results back. A refusal is a bug in the data, and
//! panics.

use crate::{
    db::{Error, Failed},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        moment::Moment,
    },
};
use std::fmt::Debug;

/// The e-mail address of the demo's account, the actor of all ledger entries.
pub const EMAIL: &str = "demo@flashsale.example";

pub(super) fn accepted<T, Refusal: Debug>(result: Result<T, Failed<Refusal>>) -> Result<T, Error> {
    match result {
        Ok(value) => Ok(value),
        Err(Failed::Database(error)) => Err(error),
        Err(Failed::Refused(refusal)) => panic!("the demo's data was refused: {refusal:?}"),
    }
}

pub(super) fn accepted_rows<T, Refusal: Debug>(results: Vec<Result<T, Refusal>>) {
    for result in results {
        result.unwrap_or_else(|refusal| panic!("the demo's data was refused: {refusal:?}"));
    }
}

pub(super) fn cause(at: Moment, reason: &str) -> Cause {
    Cause { actor: EMAIL.to_owned(), at, reason: reason.to_owned() }
}

pub(super) fn sku_code(code: &str) -> SkuCode {
    SkuCode::parse(code).unwrap_or_else(|refusal| panic!("the demo has a SKU {code:?}: {refusal}"))
}

pub(super) fn store_code(code: &str) -> StoreCode {
    StoreCode::parse(code).unwrap_or_else(|refusal| panic!("the demo has a store {code:?}: {refusal}"))
}
