//! Shopee's messages ("push") about orders: code 3, the status of an order, and 8, units that it reserves; and about campaigns:
//! 7, units that a promotion locks of a product, and 9, a promotion.
//!
//! Shopee signs them with a key of their own, the “Live Push Partner Key” of the console, and with the partner key where
//! there is none: HMAC-SHA256 of `address|body`. The address is the one that is typed into the console.

use super::lost;
use crate::{
    domain::stores::failure::Failure,
    marketplaces::{
        app::App,
        campaigns::CampaignMessage,
        credentials::Credentials,
        hooks::{Lost, Message, Received, SignedHooks, is_same_signature},
        loose,
        orders::since_1970,
        signature::hmac_sha256,
    },
};
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use serde::Deserialize;

const ORDER_STATUS: i64 = 3;
const RESERVED_STOCK: i64 = 8;
const ITEM_PROMOTION: i64 = 7;
const PROMOTION: i64 = 9;

pub(super) struct ShopeeHooks;

#[derive(Deserialize)]
struct Push {
    #[serde(default, deserialize_with = "loose::number")]
    code: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    shop_id: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "loose::text")]
    ordersn: String,
    #[serde(default, deserialize_with = "loose::text")]
    status: String,
    #[serde(default, deserialize_with = "loose::text")]
    action: String,
    #[serde(default, deserialize_with = "loose::number")]
    update_time: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    item_id: String,
}

impl SignedHooks for ShopeeHooks {
    fn is_signed(&self, keys: &Credentials, received: Received<'_>) -> bool {
        let own = keys.value("push_key");
        let key = if own.expose_secret().is_empty() { keys.value("partner_key") } else { own };
        let expected = hmac_sha256(key, &[received.address.as_bytes(), b"|", received.body]);
        is_same_signature(received.authorization, &expected)
    }

    fn read(&self, body: &[u8]) -> Option<Message> {
        let Push { code, shop_id, data } = serde_json::from_slice(body).ok()?;
        let is_of_order = matches!(code, Some(ORDER_STATUS | RESERVED_STOCK));
        if !is_of_order || data.ordersn.is_empty() || shop_id.is_empty() {
            return None;
        }
        let time = data.update_time.map_or_else(String::new, |time| time.to_string());
        let key = format!("{} {}{} {time}", code.unwrap_or_default(), data.status, data.action);
        let changed_at = since_1970(data.update_time);
        Some(Message { shop: shop_id, order_id: data.ordersn, key, changed_at })
    }

    fn read_of_campaigns(&self, body: &[u8]) -> Option<CampaignMessage> {
        let Push { code, shop_id, data } = serde_json::from_slice(body).ok()?;
        let is_of_campaign = matches!(code, Some(ITEM_PROMOTION | PROMOTION)) && !shop_id.is_empty();
        is_of_campaign.then_some(CampaignMessage { shop: shop_id, item: data.item_id })
    }

    fn lost<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Lost, Failure>> {
        Box::pin(lost::lost(app))
    }

    fn confirm<'a>(&'a self, app: &'a App, last: i64) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(lost::confirm(app, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{registry, shopee};

    const BODY: &str = r#"{"data":{"ordersn":"220101ABC","status":"UNPAID","update_time":1767000000},"shop_id":1001,"code":3,"timestamp":1767000001}"#;
    const SIGNATURE: &str = "a4514d69981ff35b95098bcfcd422dade95dfee189801d5a801cd0ead7f91e7b";

    fn keys(partner_key: &str, push_key: &str) -> Credentials {
        let values = [("partner_id", "1"), ("partner_key", partner_key), ("push_key", push_key)];
        let values = values.map(|(name, value)| (name.to_owned(), value.into()));
        registry::describe(shopee::KIND).app_keys(values.into()).expect("all fields")
    }

    fn is_signed(keys: &Credentials, authorization: &str, address: &str, body: &str) -> bool {
        ShopeeHooks.is_signed(keys, Received { authorization, address, body: body.as_bytes() })
    }

    #[test]
    fn a_message_is_signed_with_the_push_key_or_the_partner_key_where_there_is_none() {
        let address = "https://app.example/hook/shopee";
        for (keys, signature, address, body, is_fine) in [
            (keys("x", "test_push_key"), SIGNATURE, address, BODY.to_owned(), true),
            (keys("test_push_key", ""), SIGNATURE, address, BODY.to_owned(), true),
            (keys("test_push_key", "x"), SIGNATURE, address, BODY.to_owned(), false),
            (keys("x", "test_push_key"), &SIGNATURE.to_uppercase(), address, BODY.to_owned(), true),
            (keys("x", "test_push_key"), "", address, BODY.to_owned(), false),
            (keys("x", "test_push_key"), SIGNATURE, "https://app.example/hook/shopee/", BODY.to_owned(), false),
            (keys("x", "test_push_key"), SIGNATURE, address, BODY.replace("UNPAID", "SHIPPED"), false),
        ] {
            assert_eq!(is_signed(&keys, signature, address, &body), is_fine, "{signature} {address} {body}");
        }
    }

    #[test]
    fn messages_about_orders_are_read_and_no_others() {
        let read = |body: &str| ShopeeHooks.read(body.as_bytes());
        let message = read(BODY).expect("a message");
        assert_eq!((message.shop.as_str(), message.order_id.as_str()), ("1001", "220101ABC"));
        assert_eq!(message.changed_at.expect("a time").to_string(), "2025-12-29T09:20:00Z");
        let reserved = r#"{"code":8,"shop_id":1001,"data":{"action":"place_order","ordersn":"220101ABC"}}"#;
        assert_eq!(read(reserved).expect("a message").changed_at, None);
        let of_campaigns = |body: &str| ShopeeHooks.read_of_campaigns(body.as_bytes());
        let message = |item: &str| Some(CampaignMessage { shop: "1001".to_owned(), item: item.to_owned() });
        assert_eq!(
            of_campaigns(r#"{"code":7,"shop_id":1001,"data":{"item_id":12,"action":"promo_end"}}"#),
            message("12")
        );
        assert_eq!(of_campaigns(r#"{"code":9,"shop_id":1001,"data":{"action":"promo_time_updated"}}"#), message(""));
        assert_eq!(of_campaigns(BODY), None);
        assert_eq!(of_campaigns(r#"{"code":7,"data":{"item_id":12}}"#), None);
        for other in [
            r#"{"code":7,"shop_id":1001,"data":{"item_id":1}}"#,
            r#"{"code":1,"data":{"shop_id":1001}}"#,
            r#"{"code":3,"shop_id":1001,"data":{"ordersn":""}}"#,
            "{}",
            "[]",
            "",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
