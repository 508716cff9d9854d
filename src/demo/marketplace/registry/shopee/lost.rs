//! Messages that did not arrive, given out to the app: `GET /api/v2/push/get_lost_push_message` has the oldest hundred of three
//! days, and `POST /api/v2/push/confirm_consumed_lost_push_message` takes the number up to which they are not wanted again.
//! Both are calls of the app, and of no shop.

use super::{
    answers::{Refused, accepted, of_gateway},
    gateway::check_signature,
};
use crate::{
    demo::marketplace::{
        call::Call,
        orders::messages::LostMessage,
        shop::{Shop, World},
    },
    domain::moment::Moment,
    marketplaces::shopee,
};
use serde_json::{Value, json};

const LOST: &str = "/api/v2/push/get_lost_push_message";
const CONFIRM: &str = "/api/v2/push/confirm_consumed_lost_push_message";

const MOST: usize = 100;

/// `None` for any other call.
pub(super) fn content(world: &mut World, call: &Call, now: Moment) -> Option<Result<Value, Refused>> {
    match call.path.as_str() {
        LOST => Some(list(world, call, now)),
        CONFIRM => Some(confirm(world, call, now)),
        _ => None,
    }
}

/// The shops of the app that calls.
fn shops<'a>(world: &'a World, call: &Call, now: Moment) -> Result<Vec<(&'a String, &'a Shop)>, Refused> {
    let partner = call.parameter("partner_id");
    let is_of_app = |shop: &Shop| shop.has_credential(shopee::KIND, "partner_id", partner);
    let found: Vec<(&String, &Shop)> = world.shops.iter().filter(|(_, shop)| is_of_app(shop)).collect();
    let Some((_, first)) = found.first() else {
        return Err(of_gateway("invalid_partner_id", "Invalid partner_id, please have a check."));
    };
    check_signature(&first.credentials, true, call, now)?;
    Ok(found)
}

fn list(world: &World, call: &Call, now: Moment) -> Result<Value, Refused> {
    let shops = shops(world, call, now)?;
    let is_kept = |lost: &&LostMessage| shops.iter().any(|(code, _)| **code == lost.shop);
    let kept: Vec<&LostMessage> = world.lost.iter().filter(is_kept).collect();
    let mut given = Vec::new();
    for lost in kept.iter().take(MOST) {
        let envelope: Value = serde_json::from_str(&lost.body).unwrap_or_default();
        given.push(json!({
            "shop_id": envelope["shop_id"],
            "code": envelope["code"],
            "timestamp": envelope["timestamp"],
            "data": lost.body,
        }));
    }
    let last = kept.iter().take(MOST).next_back().map(|lost| lost.number);
    Ok(accepted(json!({
        "push_message_list": given,
        "has_next_page": kept.len() > MOST,
        "last_message_id": last,
    })))
}

fn confirm(world: &mut World, call: &Call, now: Moment) -> Result<Value, Refused> {
    let codes: Vec<String> = shops(world, call, now)?.into_iter().map(|(code, _)| code.clone()).collect();
    let body = call.json().unwrap_or_default();
    let Some(last) = body["last_message_id"].as_u64() else {
        return Err(of_gateway("error_param", "There is no last_message_id in body."));
    };
    world.lost.retain(|lost| lost.number > last || !codes.contains(&lost.shop));
    Ok(accepted(json!({})))
}
