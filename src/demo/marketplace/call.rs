//! What the simulated marketplaces have in common: reading a call, and answering it wrongly.

use super::{
    fault::Fault,
    shop::{ChangedBy, ProductId, World},
};
use crate::domain::moment::Moment;
use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::{Method, StatusCode, header},
    web::Bytes,
};
use chrono::TimeDelta;
use futures_util::stream;
use serde_json::{Value, json};
use std::{collections::BTreeMap, io};

/// How far a call's clock may be from ours.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// A call, as it came.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// The parameters of the address, and of the body if that is a form.
    pub(super) parameters: BTreeMap<String, String>,
    pub(super) headers: header::HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn read(request: &HttpRequest, body: Bytes) -> Self {
        let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
        let mut parameters: BTreeMap<String, String> = pairs(request.query_string().as_bytes()).into_iter().collect();
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            parameters.extend(pairs(&body));
        }
        Self {
            method: request.method().clone(),
            path: request.path().to_owned(),
            parameters,
            headers: request.headers().clone(),
            body,
        }
    }

    /// A parameter; empty if it is not there.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Everything that was sent, in one text.
    pub(super) fn echo(&self) -> String {
        let parameters: Vec<String> = self.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let authorization = self.header("authorization");
        format!("{} {authorization} {}", parameters.join(" "), String::from_utf8_lossy(&self.body))
    }
}

/// A row of a call that sets quantities.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) id: ProductId,
    pub(super) seller_sku: String,
    pub(super) quantity: i64,
}

/// Why a row is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowRefusal {
    /// There is no such product.
    Unknown,
    /// A campaign keeps more.
    Kept,
    /// It is told to.
    Told,
}

/// Why each row is refused, if it is.
pub(super) fn refusals(
    world: &World,
    shop: &str,
    rows: &[Row],
    fault: Option<Fault>,
    now: Moment,
) -> Vec<Option<RowRefusal>> {
    let shop = &world.shops[shop];
    let refusal = |(place, row): (usize, &Row)| {
        if !shop.products.contains_key(&row.id) {
            Some(RowRefusal::Unknown)
        } else if row.quantity < shop.kept(&row.id, now) {
            Some(RowRefusal::Kept)
        } else if fault == Some(Fault::RefuseSome) && place % 2 == 0 {
            Some(RowRefusal::Told)
        } else {
            None
        }
    };
    rows.iter().enumerate().map(refusal).collect()
}

/// Sets what the rows say, as well as the fault allows.
pub(super) fn apply<'a>(
    world: &mut World,
    shop: &str,
    rows: impl Iterator<Item = &'a Row> + Clone,
    fault: Option<Fault>,
    now: Moment,
) {
    let times = match fault {
        Some(Fault::Ignore) => 0,
        Some(Fault::Twice) => 2,
        _ => 1,
    };
    for _ in 0..times {
        for row in rows.clone() {
            world.set(shop, &row.id, &row.seller_sku, row.quantity, ChangedBy::Push, now);
        }
    }
}

/// Whether a call's time, in milliseconds since 1970, is near enough to ours.
pub(super) fn is_timely(milliseconds: Option<i64>, now: Moment) -> bool {
    let then = milliseconds.and_then(chrono::DateTime::from_timestamp_millis).map(Moment::from);
    then.is_some_and(|then| now.since(then).abs() <= CLOCK_TOLERANCE)
}

/// The answer of a marketplace that puts its errors inside a success.
pub(super) fn inside_success(answer: Value, fault: Option<Fault>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(Fault::Throttle { seconds }) = fault {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    response.json(answer)
}

/// A refusal by its status.
pub(super) fn refused(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({"message": message}))
}

/// A refusal for too many calls.
pub(super) fn throttled(seconds: u64) -> HttpResponse {
    let mut response = HttpResponse::TooManyRequests();
    response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    response.json(json!({"message": "Too many requests."}))
}

/// An id as the number that it is.
pub(super) fn number(id: &str) -> Value {
    id.parse::<u64>().map_or_else(|_| id.into(), Into::into)
}

/// An answer that breaks off in the middle.
pub(super) fn broken() -> HttpResponse {
    let parts = [Ok(Bytes::from_static(b"{\"code\":")), Err(io::Error::other("the connection breaks off"))];
    HttpResponse::Ok().content_type("application/json").body(SizedStream::new(1_000, stream::iter(parts)))
}

/// An answer of 100 MB.
pub(super) fn huge() -> HttpResponse {
    let part = Bytes::from(vec![b' '; 64 * 1024]);
    let parts = stream::iter((0..1_600).map(move |_| Ok::<_, io::Error>(part.clone())));
    HttpResponse::Ok().content_type("application/json").streaming(parts)
}

/// An answer that means nothing.
pub(super) fn garbage() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(Bytes::from_static(b"\x00\xff<html>{{{\"code\": \xf0\x28"))
}
