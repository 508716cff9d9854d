//! The fields of a body and of a query: their parsers, and the errors of all fields together.

use super::problem::{Code, Facts, FieldError, Problem};
use crate::domain::{
    catalogue::{stock::parse_units, stock_change::parse_difference},
    money::parse_minor,
};
use actix_web::HttpRequest;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};
use std::{collections::HashSet, fmt, marker::PhantomData};

/// The most items of one list in a body.
pub const ITEMS_LIMIT: usize = 1_000;

/// The most characters of a library's message that are sent back to the caller.
const QUOTED_LIMIT: usize = 200;

#[derive(Debug, Clone, Default)]
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

    /// Adds the errors of a value that is inside of another, at `pointer` there.
    pub fn add_inside(&mut self, pointer: &str, inner: Self) {
        for FieldError { pointer: rest, detail } in inner.0 {
            self.0.push(FieldError { pointer: format!("{pointer}{rest}"), detail });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the first of them is.
    pub fn first_pointer(&self) -> Option<&str> {
        self.0.first().map(|error| error.pointer.as_str())
    }

    pub fn problem(self) -> Problem {
        Problem::fields(Code::BadField, self.0)
    }

    /// What is wrong. What is wrong with many is said once.
    pub fn in_words(&self) -> String {
        let mut sentences: Vec<&str> = Vec::new();
        for FieldError { detail, .. } in &self.0 {
            if !sentences.contains(&detail.as_str()) {
                sentences.push(detail);
            }
        }
        sentences.join(" ")
    }
}

pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = in_utf8(body)?;
    let mut json = serde_json::Deserializer::from_slice(body);
    let read: Object<T> = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        unreadable(error.inner(), pointer)
    })?;
    json.end().map_err(|error| unreadable(&error, String::new()))?;
    Ok(read.0)
}

/// The body without a byte order mark, which some programs put before UTF-8.
fn in_utf8(body: &[u8]) -> Result<&[u8], Problem> {
    let is_utf16 = matches!(body, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, b'{', ..] | [b'{', 0, ..]);
    if is_utf16 {
        return Err(Problem::new(Code::BadJson, "Send the body in UTF-8: it is in UTF-16."));
    }
    Ok(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body))
}

fn unreadable(error: &serde_json::Error, pointer: String) -> Problem {
    match error.classify() {
        Category::Data => {
            Problem::fields(Code::BadField, vec![FieldError { pointer, detail: sentence(&words_of(error)) }])
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(Code::BadJson, format!("Send JSON: {}", sentence(&error.to_string())))
        }
    }
}

/// What the library says of a value, without the line and column that it adds: a pointer is better.
fn words_of(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    words.replace("invalid type: ", "found ").replace("invalid value: ", "found ")
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

/// A list of independent items: one that cannot be read fails alone. Of more than [`ITEMS_LIMIT`] items only their
/// number is known: the list is refused then.
#[derive(Debug)]
pub struct Items<T> {
    pub read: Vec<Result<T, UnreadItem>>,
    pub count: usize,
}

/// Things of a list, each with its index.
type Indexed<T> = Vec<(usize, T)>;

impl<T> Items<T> {
    /// The items that `parse` accepts, and what is wrong with the others, each with its index.
    pub fn parsed<P>(self, parse: impl Fn(T) -> Result<P, FieldErrors>) -> (Indexed<P>, Indexed<FieldErrors>) {
        let mut parsed = Vec::new();
        let mut failed = Vec::new();
        for (index, item) in self.read.into_iter().enumerate() {
            match item.map_err(|unread| unread.errors).and_then(&parse) {
                Ok(item) => parsed.push((index, item)),
                Err(errors) => failed.push((index, errors)),
            }
        }
        (parsed, failed)
    }
}

/// An item that is not of the form that it should have.
#[derive(Debug)]
pub struct UnreadItem {
    /// What is wrong with it; the pointers begin at the item.
    pub errors: FieldErrors,
    /// What was sent; null where that is no JSON.
    pub sent: serde_json::Value,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_seq(ItemsVisitor(PhantomData))
    }
}

struct ItemsVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ItemsVisitor<T> {
    type Value = Items<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
        let mut items = Items { read: Vec::new(), count: 0 };
        while items.count < ITEMS_LIMIT
            && let Some(item) = list.next_element::<&'de RawValue>()?
        {
            items.read.push(read_item(item));
            items.count += 1;
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            items.count += 1;
        }
        Ok(items)
    }
}

fn read_item<T: DeserializeOwned>(item: &RawValue) -> Result<T, UnreadItem> {
    let mut json = serde_json::Deserializer::from_str(item.get());
    let read: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut json);
    read.map(|object| object.0).map_err(|error| {
        let detail = sentence(&words_of(error.inner()));
        let errors = FieldErrors(vec![FieldError { pointer: pointer(error.path()), detail }]);
        UnreadItem { errors, sent: serde_json::from_str(item.get()).unwrap_or_default() }
    })
}

/// A number of units, `least` or more.
pub fn units(number: &serde_json::Number, least: i64) -> Result<i64, String> {
    parse_units(&number.to_string(), least)
}

/// A price in minor units.
pub fn minor_units(number: &serde_json::Number) -> Result<i64, String> {
    parse_minor(&number.to_string())
}

/// A difference of units, with its sign; not 0.
pub fn difference(number: &serde_json::Number) -> Result<i64, String> {
    parse_difference(&number.to_string())
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
    let query = req.query_string();
    if let Some(name) = sent_twice(query) {
        return Err(bad_parameter(&name, sentence(&format!("Send `{name}` once: it is here twice"))));
    }
    let form = serde_html_form::Deserializer::from_bytes(query.as_bytes());
    serde_path_to_error::deserialize(form).map_err(|error| {
        let name = match error.path().iter().next() {
            Some(Segment::Map { key }) => key.as_str(),
            _ => "",
        };
        bad_parameter(name, sentence(&error.inner().to_string()))
    })
}

/// The first parameter that a query has a second time.
fn sent_twice(query: &str) -> Option<String> {
    let parameters: Vec<(String, String)> = serde_html_form::from_str(query).ok()?;
    let mut names = HashSet::new();
    parameters.into_iter().map(|(name, _)| name).find(|name| !names.insert(name.clone()))
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
