//! The seller's own shop behind a webhook, as a careful integrator writes it from the README: it checks both signatures,
//! applies each delivery once, and ignores a row that is older than what it has applied for that SKU.
//!
//! Tests make it answer in other ways:
//!
//! | how | answer |
//! |---|---|
//! | [`Refusal`] of the shop | its status with `{"message"}`, or with the message alone if its kind is `text`; a redirect has a `Location` |
//! | [`Refusal`] of a product, code empty | the row is in `failed` by its `sku` |
//! | code `seller_sku` | … by its `seller_sku` only |
//! | code `unknown` | … by a `sku` that was not sent |
//! | code `object` | `failed` is an object: the SKUs with their reasons |
//! | the faults | a page of a CDN, a slow answer, too many requests, … |

mod signatures;

use crate::{
    demo::marketplace::{
        call::{self, Call, Row, RowRefusal, refused, throttled},
        fault::{CallKind, Fault},
        shop::{ProductId, Refusal, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, webhook},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode, header},
};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The code of the shop follows.
const PREFIX: &str = "/webhook/";

/// The version of the message that the receiver understands.
const VERSION: u32 = 1;

const MAX_QUANTITIES: usize = 100;

pub(super) struct Webhook;

impl SimulatedMarketplace for Webhook {
    fn kind(&self) -> ConnectorKind {
        webhook::KIND
    }

    fn prefix(&self) -> &'static str {
        PREFIX
    }

    fn api_path(&self, shop: &str) -> String {
        format!("{PREFIX}{shop}")
    }

    fn new_credentials(&self, _shop: &str, _: Option<&Credentials>, _now: Moment) -> Credentials {
        credentials(webhook::KIND, [("secret", random_text())])
    }

    fn product_id(&self, _position: usize, code: &str) -> ProductId {
        ProductId { item: code.to_owned(), variant: String::new() }
    }

    fn call_kind(&self, _path: &str) -> CallKind {
        CallKind::Write
    }

    fn shop_of(&self, world: &World, call: &Call) -> Option<String> {
        let code = call.path.strip_prefix(PREFIX)?;
        world.shops.get(code).filter(|shop| shop.kind == webhook::KIND).map(|_| code.to_owned())
    }

    fn unknown_shop(&self) -> HttpResponse {
        refused(StatusCode::NOT_FOUND, "There is no such shop.")
    }

    fn respond(&self, world: &mut World, shop: &str, call: &Call, fault: Option<Fault>, now: Moment) -> HttpResponse {
        let found = &world.shops[shop];
        if let Some(refusal) = &found.refusal {
            return of_refusal(refusal);
        }
        if call.method != Method::POST {
            return refused(StatusCode::METHOD_NOT_ALLOWED, "Only POST.");
        }
        let secret = found.credentials.value("secret").expose_secret();
        if found.is_revoked || fault == Some(Fault::EndedToken) || !signatures::are_right(secret, call, now) {
            return refused(StatusCode::UNAUTHORIZED, "A signature is wrong, or old.");
        }
        match fault {
            Some(Fault::Throttle { seconds }) => return throttled(seconds),
            Some(Fault::ErrorInside) => return refused(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong."),
            Some(Fault::Echo) => return refused(StatusCode::SERVICE_UNAVAILABLE, &call.echo()),
            _ if found.is_over_limit() => return throttled(1),
            _ => {}
        }
        let message = match read(call) {
            Ok(message) => message,
            Err(reason) => return refused(StatusCode::BAD_REQUEST, reason),
        };
        let answer = match found.deliveries.answers.get(&message.id) {
            Some(answer) => answer.clone(),
            None => deliver(world, shop, message, fault, now),
        };
        // A receiver may answer without a body: then no row has failed.
        if answer.is_null() { HttpResponse::NoContent().finish() } else { HttpResponse::Ok().json(answer) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    version: u32,
    id: String,
    #[expect(dead_code, reason = "the field is required")]
    store: String,
    #[expect(dead_code, reason = "the field is required")]
    sent_at: Moment,
    quantities: Vec<Quantity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quantity {
    /// Null for a kit, which is known by its seller SKU.
    sku: Option<String>,
    seller_sku: String,
    quantity: i64,
    sequence: i64,
}

fn read(call: &Call) -> Result<Message, &'static str> {
    let message: Message = serde_json::from_slice(&call.body).map_err(|_| "The body is not a message.")?;
    if message.version != VERSION {
        return Err("The version of the message is not known.");
    }
    if message.id.is_empty() || message.id != call.header(signatures::ID) {
        return Err("The id of the message is not that of the delivery.");
    }
    if message.quantities.len() > MAX_QUANTITIES || message.quantities.iter().any(|row| row.quantity < 0) {
        return Err("Up to 100 quantities of 0 or more.");
    }
    Ok(message)
}

/// A row that is refused, and how the answer names it.
struct Failed {
    row: Row,
    reason: String,
    named_by: String,
}

/// Applies the rows of a delivery, and returns the answer: `null` if no row has failed.
fn deliver(world: &mut World, shop: &str, message: Message, fault: Option<Fault>, now: Moment) -> Value {
    let mut rows = Vec::new();
    let mut sequences = Vec::new();
    for Quantity { sku, seller_sku, quantity, sequence } in message.quantities {
        let item = sku.unwrap_or_else(|| seller_sku.clone());
        let applied = world.shops[shop].deliveries.sequences.get(&item);
        // Requests may overtake each other: an older quantity is dropped, and is no failure.
        if applied.is_none_or(|applied| sequence > *applied) {
            rows.push(Row { id: ProductId { item, variant: String::new() }, seller_sku, quantity });
            sequences.push(sequence);
        }
    }
    let checked = call::check(world, shop, rows, fault, now);
    let mut applied = Vec::new();
    let mut failed = Vec::new();
    for ((row, refusal), sequence) in checked.into_iter().zip(sequences) {
        let refused = world.shops[shop].products.get(&row.id).and_then(|product| product.refusal.clone());
        match (refusal, refused) {
            (Some(refusal), _) => {
                failed.push(Failed { row, reason: reason(refusal).to_owned(), named_by: String::new() });
            }
            (None, Some(refusal)) => failed.push(Failed { row, reason: refusal.message, named_by: refusal.code }),
            (None, None) => {
                let shop = world.shops.get_mut(shop).expect("the caller found the shop");
                shop.deliveries.sequences.insert(row.id.item.clone(), sequence);
                applied.push((row, None));
            }
        }
    }
    call::apply(world, shop, &applied, fault, now);
    let answer = answer(failed);
    let shop = world.shops.get_mut(shop).expect("the caller found the shop");
    shop.deliveries.answers.insert(message.id, answer.clone());
    answer
}

fn reason(refusal: RowRefusal) -> &'static str {
    match refusal {
        RowRefusal::UnknownProduct => "There is no such product.",
        RowRefusal::Locked => "A campaign keeps more.",
        RowRefusal::Frozen => "It is frozen.",
    }
}

fn answer(failed: Vec<Failed>) -> Value {
    if failed.is_empty() {
        return Value::Null;
    }
    if failed.iter().any(|failed| failed.named_by == "object") {
        let reasons: Map<String, Value> =
            failed.into_iter().map(|Failed { row, reason, .. }| (row.id.item, reason.into())).collect();
        return json!({"failed": reasons});
    }
    let mut rows = Vec::new();
    for Failed { row, reason, named_by } in failed {
        rows.push(match named_by.as_str() {
            "seller_sku" => json!({"seller_sku": row.seller_sku, "reason": reason}),
            "unknown" => json!({"sku": format!("{}-of-another-store", row.id.item), "reason": reason}),
            _ => json!({"sku": row.id.item, "reason": reason}),
        });
    }
    json!({"failed": rows})
}

/// The answer of a receiver that refuses every call, or of what is in front of it.
fn of_refusal(refusal: &Refusal) -> HttpResponse {
    let status = refusal.status.and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let mut response = HttpResponse::build(status);
    if status.is_redirection() {
        response.insert_header((header::LOCATION, "https://another.example/webhook"));
    }
    if refusal.kind == "text" {
        return response.content_type("text/plain; charset=utf-8").body(refusal.message.clone());
    }
    response.json(json!({"message": refusal.message}))
}
