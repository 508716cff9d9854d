//! Values as marketplaces write them: a number may come as a number or as a text, an absent one as null.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Float(f64),
    Text(String),
    None,
}

/// An id or a code: a number becomes its text, null an empty one.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Number(number) => number.to_string(),
        Loose::Float(number) => number.to_string(),
        Loose::Text(text) => text,
        Loose::None => String::new(),
    })
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Number(number) => Some(number),
        Loose::Text(text) => text.trim().parse().ok(),
        Loose::Float(_) | Loose::None => None,
    })
}

/// A list, where null may mean an empty one.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
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
    }
}
