//! The query of a page: filters, searches, places in a list. All strings, so that nothing anybody types in an address
//! is answered with anything but a page.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;
use std::{
    convert::Infallible,
    future::{Ready, ready},
};

/// The query read into `T`, a struct of `String`s with `#[serde(default)]`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest for Query<T> {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        // No database keeps a text with the character 0: whoever types one gets the sign that browsers show for it.
        let query = req.query_string().replace("%00", "%EF%BF%BD");
        // A field given twice cannot be read into a String: such an address means nothing, and shows the plain page.
        ready(Ok(Self(serde_html_form::from_str(&query).unwrap_or_default())))
    }
}

/// `path` with those of `pairs` that have a value as its query.
#[must_use]
pub fn href(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
