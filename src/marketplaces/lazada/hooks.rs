//! Lazada's messages ("LPM") about orders: type 0, one for each item whose status changes, and type 10, a reverse order; and
//! about products: types 3 to 5.
//!
//! The header is HMAC-SHA256 of the app's key and the body, with the app's secret. Lazada waits for 500 ms.

use super::permission::shop_id;
use crate::marketplaces::{
    credentials::Credentials,
    hooks::{Message, Received, SignedHooks, is_same_signature},
    loose,
    orders::since_1970,
    signature::hmac_sha256,
};
use serde::Deserialize;

const ORDER: i64 = 0;
const REVERSE_ORDER: i64 = 10;
const PRODUCTS: std::ops::RangeInclusive<i64> = 3..=5;

pub(super) struct LazadaHooks;

#[derive(Deserialize)]
struct Push {
    #[serde(default, deserialize_with = "loose::text")]
    seller_id: String,
    #[serde(default, deserialize_with = "loose::number")]
    message_type: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    site: String,
    #[serde(default)]
    data: Data,
}

impl Push {
    /// The shop that it is about, as `Permission::shop` has it.
    fn shop(&self) -> Option<String> {
        let country = self.site.strip_prefix("lazada_")?.to_uppercase();
        (!self.seller_id.is_empty()).then(|| shop_id(&country, &self.seller_id))
    }
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "loose::text")]
    trade_order_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    trade_order_line_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    order_status: String,
    #[serde(default, deserialize_with = "loose::text")]
    reverse_status: String,
    #[serde(default, deserialize_with = "loose::number")]
    status_update_time: Option<i64>,
}

impl SignedHooks for LazadaHooks {
    fn is_signed(&self, keys: &Credentials, received: Received<'_>) -> bool {
        let expected = hmac_sha256(keys.value("app_secret"), &[keys.id("app_key").as_bytes(), received.body]);
        is_same_signature(received.authorization, &expected)
    }

    fn read(&self, body: &[u8]) -> Option<Message> {
        let push: Push = serde_json::from_slice(body).ok()?;
        let shop = push.shop()?;
        let Push { message_type, data, .. } = push;
        let is_of_order = matches!(message_type, Some(ORDER | REVERSE_ORDER));
        if !is_of_order || data.trade_order_id.is_empty() {
            return None;
        }
        let time = data.status_update_time.map_or_else(String::new, |time| time.to_string());
        Some(Message {
            shop,
            key: format!("{} {}{} {time}", data.trade_order_line_id, data.order_status, data.reverse_status),
            order_id: data.trade_order_id,
            changed_at: since_1970(data.status_update_time),
        })
    }

    fn shop_of_products(&self, body: &[u8]) -> Option<String> {
        let push: Push = serde_json::from_slice(body).ok()?;
        push.message_type.filter(|of| PRODUCTS.contains(of)).and_then(|_| push.shop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{lazada, registry};

    const BODY: &str = r#"{"seller_id":"1000001","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"2600","trade_order_line_id":"2601","status_update_time":1767000000},"timestamp":1767000000123,"site":"lazada_sg"}"#;
    const SIGNATURE: &str = "de0cbcbd7f19f608152f8b1b420d1f7301e3191e3477627af802891d188ab4e5";

    #[test]
    fn a_message_is_signed_with_the_key_and_the_secret_of_the_app() {
        for (app_key, secret, signature, body, is_fine) in [
            ("123456", "test_app_secret", SIGNATURE, BODY.to_owned(), true),
            ("123457", "test_app_secret", SIGNATURE, BODY.to_owned(), false),
            ("123456", "another", SIGNATURE, BODY.to_owned(), false),
            ("123456", "test_app_secret", "", BODY.to_owned(), false),
            ("123456", "test_app_secret", SIGNATURE, BODY.replace("unpaid", "pending"), false),
        ] {
            let values = [("app_key", app_key), ("app_secret", secret)];
            let values = values.map(|(name, value)| (name.to_owned(), value.into()));
            let keys = registry::describe(lazada::KIND).app_keys(values.into()).expect("all fields");
            let address = "https://app.example/hook/lazada";
            let received = Received { authorization: signature, address, body: body.as_bytes() };
            assert_eq!(LazadaHooks.is_signed(&keys, received), is_fine, "{app_key} {secret} {body}");
        }
    }

    #[test]
    fn messages_about_orders_are_read_and_no_others() {
        let read = |body: &str| LazadaHooks.read(body.as_bytes());
        let message = read(BODY).expect("a message");
        assert_eq!((message.shop.as_str(), message.order_id.as_str()), ("SG-1000001", "2600"));
        assert_eq!(message.key, "2601 unpaid 1767000000");
        let numbers = BODY.replace("\"1000001\"", "1000001").replace("\"2600\"", "2600");
        assert_eq!(read(&numbers), Some(message), "numbers and texts alike");
        for other in [
            BODY.replace("\"message_type\":0", "\"message_type\":3"),
            BODY.replace("lazada_sg", "another"),
            BODY.replace("\"2600\"", "\"\""),
            "{}".to_owned(),
            String::new(),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }
}
