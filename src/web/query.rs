//! The query of a page: filters, searches, places in a list. All are strings, so that any query is answered with a page.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;
use std::{
    convert::Infallible,
    future::{Ready, ready},
};

/// `T` is a struct of `String`s with `#[serde(default)]`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest for Query<T> {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        // No database stores a text with the character 0. It becomes the sign that browsers show for it.
        let query = req.query_string().replace("%00", "%EF%BF%BD");
        // A field that appears twice cannot be read into a String: such an address shows the page without a query.
        ready(Ok(Self(serde_html_form::from_str(&query).unwrap_or_default())))
    }
}

/// `path` with a query of those `pairs` that have a value.
pub fn href(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
