//! The seller's own shop behind a webhook: it checks the signature and the timestamp, and shows the quantities.

use crate::{
    demo::marketplace::{
        call::{self, Call, Row, RowRefusal, refused, throttled},
        fault::{CallKind, Fault},
        shop::{ProductId, World, credentials, random_text},
        simulated::SimulatedMarketplace,
    },
    domain::{moment::Moment, stores::connection::ConnectorKind},
    marketplaces::{Credentials, webhook},
};
use actix_web::{
    HttpResponse,
    http::{Method, StatusCode},
};
use serde::Deserialize;
use serde_json::json;

/// The code of the shop follows.
const PREFIX: &str = "/webhook/";

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

    fn new_credentials(&self, _shop: &str, _now: Moment) -> Credentials {
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
        match fault {
            Some(Fault::Throttle { seconds }) => return throttled(seconds),
            Some(Fault::ErrorInside) => return refused(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong."),
            Some(Fault::Echo) => return refused(StatusCode::SERVICE_UNAVAILABLE, &call.echo()),
            _ if found.is_over_limit() => return throttled(1),
            _ => {}
        }
        let Ok(message) = serde_json::from_slice::<Message>(&call.body) else {
            return refused(StatusCode::BAD_REQUEST, "The body is not a message.");
        };
        let mut rows = Vec::new();
        for Quantity { sku, seller_sku, quantity } in message.quantities {
            rows.push(Row { id: ProductId { item: sku, variant: String::new() }, seller_sku, quantity });
        }
        if rows.len() > MAX_QUANTITIES || rows.iter().any(|row| row.quantity < 0) {
            return refused(StatusCode::UNPROCESSABLE_ENTITY, "Up to 100 quantities of 0 or more.");
        }
        let rows = call::check(world, shop, rows, fault, now);
        call::apply(world, shop, &rows, fault, now);
        let mut failed = Vec::new();
        for (row, refusal) in &rows {
            let reason = match refusal {
                None => continue,
                Some(RowRefusal::UnknownProduct) => "There is no such product.",
                Some(RowRefusal::Locked) => "A campaign keeps more.",
                Some(RowRefusal::Frozen) => "It is frozen.",
            };
            failed.push(json!({"sku": row.id.item, "reason": reason}));
        }
        HttpResponse::Ok().json(json!({"failed": failed}))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[expect(dead_code, reason = "the field is required")]
    store: String,
    #[expect(dead_code, reason = "the field is required")]
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
