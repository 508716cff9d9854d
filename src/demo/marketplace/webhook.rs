//! A shop of one's own behind a webhook: it checks the signature and the time, and shows what it is told.

use super::{
    call::{self, Call, Row, RowRefusal, refused, throttled},
    fault::{CallKind, Fault},
    pretended::Pretended,
    shop::{ProductId, World, credentials, random_text},
};
use crate::{
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, webhook},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// What stands before the shop's code.
const PREFIX: &str = "/webhook/";

const MOST_QUANTITIES: usize = 100;

pub(super) struct Webhook;

impl Pretended for Webhook {
    fn kind(&self) -> ConnectorKind {
        webhook::KIND
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn api_path(&self, shop: &str) -> String {
        format!("{PREFIX}{shop}")
    }

    fn new_credentials(&self, _shop: &str, _now: Moment) -> Credentials {
        credentials(webhook::KIND, [("secret", random_text())])
    }

    fn product_id(&self, _place: usize, code: &str) -> ProductId {
        ProductId { item: code.to_owned(), variant: String::new() }
    }

    fn call_kind(&self, _path: &str) -> CallKind {
        CallKind::Write
    }

    /// The shop that the path names.
    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        let code = call.path.strip_prefix(PREFIX)?;
        world.shops.get(code).filter(|shop| shop.kind == webhook::KIND).map(|_| code.to_owned())
    }

    fn unknown_shop(&self) -> HttpResponse {
        refused(StatusCode::NOT_FOUND, "There is no such shop.")
    }

    fn answer(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        answered(world, shop, call, fault, now)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[expect(dead_code, reason = "it has to be there")]
    store: String,
    #[expect(dead_code, reason = "it has to be there")]
    sent_at: Moment,
    quantities: Vec<Quantity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quantity {
    sku: String,
    seller_sku: String,
    quantity: i64,
}

fn answered(world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
    let found = &world.shops[shop];
    let given = call.header(webhook::SIGNATURE_HEADER);
    let time = given.strip_prefix("t=").and_then(|rest| rest.split(',').next()?.parse::<i64>().ok());
    let is_right =
        time.is_some_and(|time| webhook::signature(found.credentials.value("secret"), time, &call.body) == given);
    let is_timely = call::is_timely(time.and_then(|seconds| seconds.checked_mul(1_000)), now);
    if call.method != Method::POST {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "Only POST.");
    }
    if found.is_revoked || fault == Some(Fault::EndedToken) || !is_right || !is_timely {
        return refused(StatusCode::UNAUTHORIZED, "The signature is wrong, or old.");
    }
    let is_over = found.limit.as_ref().is_some_and(|limit| limit.check().is_err());
    match fault {
        Some(Fault::Throttle { seconds }) => return throttled(seconds),
        Some(Fault::ErrorInside) => return refused(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong."),
        Some(Fault::Echo) => return refused(StatusCode::SERVICE_UNAVAILABLE, &call.echo()),
        _ if is_over => return throttled(1),
        _ => {}
    }
    let Ok(message) = serde_json::from_slice::<Message>(&call.body) else {
        return refused(StatusCode::BAD_REQUEST, "The body is not a message.");
    };
    let rows: Vec<Row> = message.quantities.into_iter().map(Row::from).collect();
    if rows.len() > MOST_QUANTITIES || rows.iter().any(|row| row.quantity < 0) {
        return refused(StatusCode::UNPROCESSABLE_ENTITY, "Up to 100 quantities of 0 or more.");
    }
    let refusals = call::refusals(world, shop, &rows, fault, now);
    let fine = rows.iter().zip(&refusals).filter(|(_, refusal)| refusal.is_none()).map(|(row, _)| row);
    call::apply(world, shop, fine, fault, now);
    let failed: Vec<Value> = rows
        .iter()
        .zip(&refusals)
        .filter_map(|(row, refusal)| {
            let reason = match (*refusal)? {
                RowRefusal::Unknown => "There is no such product.",
                RowRefusal::Kept => "A campaign keeps more.",
                RowRefusal::Told => "It is frozen.",
            };
            Some(json!({"sku": row.id.item, "reason": reason}))
        })
        .collect();
    HttpResponse::Ok().json(json!({"failed": failed}))
}

impl From<Quantity> for Row {
    fn from(row: Quantity) -> Self {
        let id = ProductId { item: row.sku, variant: String::new() };
        Self { id, seller_sku: row.seller_sku, quantity: row.quantity }
    }
}
