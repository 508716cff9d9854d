//! The places of lines in lists that are sorted by their orders: by number, store and position.

use crate::{
    db::engine::sql::Condition,
    domain::code::{OrderNumber, StoreCode},
};

/// Separates the parts of a key: no moment, position or code of a store has it.
pub(super) const SEPARATOR: char = '|';

pub(super) fn key(store: &StoreCode, number: &OrderNumber, position: i64) -> String {
    format!("{store}{SEPARATOR}{position}{SEPARATOR}{number}")
}

/// Adds the three values of a key to a row of values: `number, store, position)`. `None` if it is no key.
pub(super) fn values(row: Condition, key: &str) -> Option<Condition> {
    let (store, rest) = key.split_once(SEPARATOR)?;
    let (position, number) = rest.split_once(SEPARATOR)?;
    let position: i64 = position.parse().ok()?;
    Some(row.text(number).sql(", ").text(store).sql(", CAST(").text(position.to_string()).sql(" AS BIGINT))"))
}
