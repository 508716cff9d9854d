//! Values as marketplaces write them: a number may come as a number or as a text, an absent one as null. Nothing of another
//! type is kept, however long it is.

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{fmt, marker::PhantomData};

/// An id or a code: a number becomes its text, null an empty one.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Text)
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    text(deserializer).map(|text| text.trim().parse().ok())
}

struct Text;

impl Visitor<'_> for Text {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, a number or null")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<String, E> {
        Ok(String::new())
    }
}

/// A list, where null may mean an empty one.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What can be read of the entries of a list that was read already, and how many of them have another shape.
pub(super) fn each<T: DeserializeOwned>(entries: Vec<Value>) -> (Vec<T>, usize) {
    let count = entries.len();
    let read: Vec<T> = entries.into_iter().filter_map(|entry| serde_json::from_value(entry).ok()).collect();
    let unreadable = count - read.len();
    (read, unreadable)
}

/// What can be read of a list of objects, so that one entry of an unexpected shape fails alone.
pub(super) struct Readable<T> {
    pub(super) entries: Vec<T>,
    /// How many of them have another shape.
    pub(super) unreadable: usize,
}

impl<T> Default for Readable<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), unreadable: 0 }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries(PhantomData))
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Entries<T> {
    type Value = Readable<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or null")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Readable<T>, A::Error> {
        let mut readable = Readable::default();
        while let Some(entry) = list.next_element::<&RawValue>()? {
            // Without this, a list would be read as the fields of an object.
            let object = entry.get().starts_with('{').then_some(entry.get());
            match object.and_then(|object| serde_json::from_str(object).ok()) {
                Some(entry) => readable.entries.push(entry),
                None => readable.unreadable += 1,
            }
        }
        Ok(readable)
    }

    fn visit_unit<E: Error>(self) -> Result<Readable<T>, E> {
        Ok(Readable::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        id: String,
        #[serde(default, deserialize_with = "number")]
        stock: Option<i64>,
    }

    #[test]
    fn numbers_and_texts_are_read_alike() {
        for (json, id, stock) in [
            (r#"{"id":12,"stock":"7"}"#, "12", Some(7)),
            (r#"{"id":"12","stock":7}"#, "12", Some(7)),
            (r#"{"id":null,"stock":null}"#, "", None),
            (r#"{"stock":"many"}"#, "", None),
            (r#"{"id":"x","stock":1.5}"#, "x", None),
        ] {
            let row: Row = serde_json::from_str(json).expect(json);
            assert_eq!((row.id.as_str(), row.stock), (id, stock), "{json}");
        }
        for json in [r#"{"id":["x"]}"#, r#"{"id":{}}"#, r#"{"stock":true}"#] {
            assert!(serde_json::from_str::<Row>(json).is_err(), "{json}");
        }
        let id = serde_json::from_str::<Row>(r#"{"id":18446744073709551615}"#).expect("a row").id;
        assert_eq!(id, "18446744073709551615", "ids may be as long as 64 bits");
    }

    #[test]
    fn one_entry_of_another_shape_fails_alone() {
        for (json, read, unreadable) in [
            (r#"[{"id":1},"text",{"id":[]},{"id":"2"},null,[3]]"#, vec!["1", "2"], 4),
            ("null", vec![], 0),
            ("[]", vec![], 0),
        ] {
            let rows: Readable<Row> = serde_json::from_str(json).expect(json);
            let ids: Vec<&str> = rows.entries.iter().map(|row| row.id.as_str()).collect();
            assert_eq!((ids, rows.unreadable), (read, unreadable), "{json}");
        }
        assert!(serde_json::from_str::<Readable<Row>>("{}").is_err());
    }
}
