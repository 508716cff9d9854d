//! What the simulated marketplaces have in common: parsing a call, setting quantities, and faulty responses.

use super::{
    fault::Fault,
    shop::{ChangedBy, ProductId, World},
};
use crate::domain::moment::Moment;
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BoxBody, SizedStream, to_bytes},
    http::{Method, StatusCode, header},
    web::Bytes,
};
use chrono::TimeDelta;
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// The largest difference between the timestamp of a call and the clock.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    /// Those of the query string, and of the body if that is a form.
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) headers: header::HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn read(request: &HttpRequest, body: Bytes) -> Self {
        let mut parameters: BTreeMap<String, String> =
            form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            parameters.extend(form_urlencoded::parse(&body).into_owned());
        }
        Self {
            method: request.method().clone(),
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            parameters,
            headers: request.headers().clone(),
            body,
        }
    }

    /// A parameter, or an empty text if the call does not have it.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// All values of a parameter of the query string, which may be repeated.
    pub(super) fn values(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(self.query.as_bytes()).into_owned();
        pairs.filter(|(given, _)| given == name).map(|(_, value)| value).collect()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// All content of the call in one text, secrets included.
    pub(super) fn echo(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let authorization = self.header("authorization");
        format!("{} {authorization} {}", parameters.join(" "), String::from_utf8_lossy(&self.body))
    }
}

/// A row of a call that sets quantities.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) id: ProductId,
    pub(super) seller_sku: String,
    pub(super) quantity: i64,
}

/// Why a row is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowRefusal {
    UnknownProduct,
    /// A campaign has locked more units.
    Locked,
    /// The fault [`Fault::RefuseSome`].
    Frozen,
}

/// The rows with the reason for each one that is refused.
pub(super) fn check(
    world: &World,
    shop: &str,
    rows: Vec<Row>,
    fault: Option<Fault>,
    now: Moment,
) -> Vec<(Row, Option<RowRefusal>)> {
    let shop = &world.shops[shop];
    let mut checked = Vec::with_capacity(rows.len());
    for (position, row) in rows.into_iter().enumerate() {
        let refusal = if !shop.products.contains_key(&row.id) {
            Some(RowRefusal::UnknownProduct)
        } else if row.quantity < shop.locked(&row.id, now) {
            Some(RowRefusal::Locked)
        } else if fault == Some(Fault::RefuseSome) && position % 2 == 0 {
            Some(RowRefusal::Frozen)
        } else {
            None
        };
        checked.push((row, refusal));
    }
    checked
}

/// Sets the quantities of the rows that are not refused, as far as the fault allows it.
pub(super) fn apply(
    world: &mut World,
    shop: &str,
    rows: &[(Row, Option<RowRefusal>)],
    fault: Option<Fault>,
    now: Moment,
) {
    let times = match fault {
        Some(Fault::Ignore) => 0,
        Some(Fault::Twice) => 2,
        _ => 1,
    };
    for _ in 0..times {
        for (row, refusal) in rows {
            if refusal.is_none() {
                world.set(shop, &row.id, &row.seller_sku, row.quantity, ChangedBy::Push, now);
            }
        }
    }
}

/// Whether the timestamp of a call, in milliseconds since 1970, is recent.
pub(super) fn is_timely(milliseconds: Option<i64>, now: Moment) -> bool {
    let then = milliseconds.and_then(chrono::DateTime::from_timestamp_millis).map(Moment::from);
    then.is_some_and(|then| now.since(then).abs() <= CLOCK_TOLERANCE)
}

pub(super) fn refused(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"message": message}))
}

pub(super) fn throttled(seconds: u64) -> HttpResponse {
    let mut response = HttpResponse::TooManyRequests();
    response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    response.json(json!({"message": "Too many requests."}))
}

/// An id as a JSON number, if it is one.
pub(super) fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| id.into(), Into::into)
}

/// The page of a CDN that blocks a call.
pub(super) fn page(status: u16) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
    let page =
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>Blocked</body></html>";
    HttpResponse::build(status).content_type("text/html; charset=UTF-8").body(page)
}

/// The same response with its body compressed.
pub(super) async fn compressed(response: HttpResponse) -> HttpResponse {
    let (response, body) = response.into_parts();
    let body = to_bytes(body).await.unwrap_or_default();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&body).expect("a vector takes everything");
    let mut response = response.set_body(BoxBody::new(encoder.finish().expect("a vector takes everything")));
    response.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static("gzip"));
    response
}

/// A response whose connection breaks after a few bytes.
pub(super) fn truncated() -> HttpResponse {
    let parts = [Ok(Bytes::from_static(b"{\"code\":")), Err(io::Error::other("the connection breaks"))];
    HttpResponse::Ok().content_type("application/json").body(SizedStream::new(1_000, stream::iter(parts)))
}

/// A response of 100 MB.
pub(super) fn huge() -> HttpResponse {
    let part = Bytes::from(vec![b' '; 64 * 1024]);
    let parts = stream::iter((0..1_600).map(move |_| Ok::<_, io::Error>(part.clone())));
    HttpResponse::Ok().content_type("application/json").streaming(parts)
}

/// A response that is not JSON.
pub(super) fn garbage() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(Bytes::from_static(b"\x00\xff<html>{{{\"code\": \xf0\x28"))
}
