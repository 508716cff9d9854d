//! Lists that are stored in one column, as JSON.

use diesel::result::{Error::DeserializationError, QueryResult};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts and numbers are JSON")
}

/// The value of a column.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> QueryResult<T> {
    serde_json::from_str(text).map_err(|error| DeserializationError(error.into()))
}
