//! The fields of a body and of a query: their parsers, and the errors of all fields together.

use super::problem::{Code, Facts, FieldError, Problem};
use crate::domain::{catalogue::stock::parse_units, money::parse_minor};
use actix_web::HttpRequest;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use std::{fmt, marker::PhantomData};

/// The most items of one list in a body.
pub const ITEMS_LIMIT: usize = 1_000;

/// The most characters of a library's message that are sent back to the caller.
const QUOTED_LIMIT: usize = 200;

#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The value, or `None` after adding the error at `pointer`.
    pub fn keep<T>(&mut self, pointer: impl Into<String>, parsed: Result<T, impl ToString>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(detail) => {
                self.0.push(FieldError { pointer: pointer.into(), detail: detail.to_string() });
                None
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn problem(self) -> Problem {
        Problem::fields(Code::BadField, self.0)
    }

    pub fn in_words(&self) -> String {
        self.0.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join(" ")
    }
}

pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read: Object<T> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        unreadable(error.inner(), pointer)
    })?;
    json.end().map_err(|error| unreadable(&error, String::new()))?;
    Ok(read.0)
}

fn unreadable(error: &serde_json::Error, pointer: String) -> Problem {
    let words = error.to_string();
    match error.classify() {
        Category::Data => {
            // serde adds the line and column; the pointer is better.
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            let words = words.replace("invalid type: ", "found ").replace("invalid value: ", "found ");
            Problem::fields(Code::BadField, vec![FieldError { pointer, detail: sentence(&words) }])
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(Code::BadJson, format!("Send JSON: {}", sentence(&words)))
        }
    }
}

/// A library's message as a sentence, cut if it is long.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.extend(letters.by_ref().take(QUOTED_LIMIT));
    sentence.push(if letters.next().is_some() { '…' } else { '.' });
    sentence
}

/// `path` as a JSON pointer (RFC 6901).
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

/// A `T` that is sent as an object. Deserializers that serde derives accept an array for a struct as well.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// A number of units, `least` or more.
pub fn units(number: &serde_json::Number, least: i64) -> Result<i64, String> {
    parse_units(&number.to_string(), least)
}

/// A price in minor units.
pub fn minor_units(number: &serde_json::Number) -> Result<i64, String> {
    parse_minor(&number.to_string())
}

/// Refuses more than [`ITEMS_LIMIT`] items.
pub fn check_count(what: &str, count: usize) -> Result<(), Problem> {
    if count <= ITEMS_LIMIT {
        return Ok(());
    }
    Err(Problem::new(Code::TooManyItems, format!("Send at most {ITEMS_LIMIT} {what} at once: there are {count}."))
        .with(Facts { limit: Some(ITEMS_LIMIT), ..Facts::default() }))
}

/// Reads the query of `req` into `T`, a struct of `String`s with `#[serde(default, deny_unknown_fields)]`.
pub fn from_query<T: DeserializeOwned>(req: &HttpRequest) -> Result<T, Problem> {
    serde_html_form::from_str(req.query_string()).map_err(|error| bad_parameter("", sentence(&error.to_string())))
}

/// For a parameter of the query that cannot be read, or the whole query if `name` is empty.
pub fn bad_parameter(name: &str, detail: impl ToString) -> Problem {
    Problem::fields(Code::BadQuery, vec![FieldError { pointer: format!("?{name}"), detail: detail.to_string() }])
}

/// The parsed parameter of the query; `None` if it is empty.
pub fn filter<T, E: ToString>(
    name: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Problem> {
    match text {
        "" => Ok(None),
        text => parse(text).map(Some).map_err(|detail| bad_parameter(name, detail)),
    }
}
