//! Messages that Shopee could not deliver: it stores them for three days, and gives out the oldest hundred that were not
//! confirmed. The number of a confirmation is that of the last message: all before it count as confirmed as well.
//!
//! Source: `v2.push.get_lost_push_message`, `v2.push.confirm_consumed_lost_push_message`.

use super::{Shopee, permission::origin};
use crate::{
    domain::stores::failure::Failure,
    marketplaces::{app::App, hooks::Lost, loose},
};
use serde::Deserialize;
use serde_json::{Value, json};

const LOST: &str = "/api/v2/push/get_lost_push_message";
const CONFIRM: &str = "/api/v2/push/confirm_consumed_lost_push_message";

#[derive(Default, Deserialize)]
struct LostMessages {
    #[serde(default, deserialize_with = "loose::list")]
    push_message_list: Vec<LostMessage>,
    #[serde(default)]
    has_next_page: bool,
    #[serde(default, deserialize_with = "loose::number")]
    last_message_id: Option<i64>,
}

#[derive(Deserialize)]
struct LostMessage {
    #[serde(default)]
    shop_id: Value,
    #[serde(default)]
    code: Value,
    /// The message as a text. Whether that is all of it or its `data` alone is said differently in two places.
    #[serde(default, deserialize_with = "loose::text")]
    data: String,
}

impl LostMessage {
    fn body(self) -> Vec<u8> {
        let Ok(data) = serde_json::from_str::<Value>(&self.data) else { return Vec::new() };
        let is_whole = data.get("data").is_some();
        let whole = if is_whole { data } else { json!({"code": self.code, "shop_id": self.shop_id, "data": data}) };
        whole.to_string().into_bytes()
    }
}

pub(super) async fn lost(app: &App) -> Result<Lost, Failure> {
    let read: LostMessages = of_app(app).read_as_app(LOST).await?;
    let last = read.last_message_id.filter(|_| !read.push_message_list.is_empty());
    let bodies = read.push_message_list.into_iter().map(LostMessage::body).collect();
    Ok(Lost { bodies, last, has_more: read.has_next_page })
}

pub(super) async fn confirm(app: &App, last: i64) -> Result<(), Failure> {
    of_app(app).post_as_app(CONFIRM, &json!({"last_message_id": last})).await
}

fn of_app(app: &App) -> Shopee {
    Shopee { api: app.own_api(&origin(&app.address, None)), keys: app.keys.clone(), warehouse: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{
        answering::Answering,
        hooks::{Hooks, SignedHooks},
        http::HttpClient,
        registry::describe,
    };
    use actix_web::rt::System;

    fn app(address: &str) -> App {
        let description = describe(super::super::KIND);
        let keys = [("partner_id", "851249"), ("partner_key", "test_partner_key"), ("push_key", "")];
        let values = keys.map(|(name, value)| (name.to_owned(), value.into()));
        let keys = description.app_keys(values.into()).expect("all fields");
        App::new(description.app().expect("it has apps"), keys, address, &HttpClient::default())
    }

    fn hooks() -> &'static dyn SignedHooks {
        match describe(super::super::KIND).pulling.as_ref().map(|pulling| &pulling.hooks) {
            Some(Hooks::OfApp(hooks)) => *hooks,
            _ => panic!("Shopee sends messages to an app"),
        }
    }

    #[test]
    fn lost_messages_are_read_as_if_they_had_arrived_and_confirmed_by_the_last_of_them() {
        let whole = r#"{"code":3,"shop_id":1001,"data":{"ordersn":"220101ABC","status":"UNPAID"},"timestamp":1}"#;
        let inside = r#"{"ordersn":"220101DEF","status":"CANCELLED"}"#;
        let list = json!([
            {"shop_id": 1001, "code": 3, "timestamp": 1, "data": whole},
            {"shop_id": 1001, "code": 3, "timestamp": 2, "data": inside},
            {"shop_id": 1001, "code": 3, "timestamp": 3, "data": "no JSON"},
        ]);
        let answer = json!({"error": "", "message": "", "request_id": "1", "response":
            {"push_message_list": list, "has_next_page": true, "last_message_id": 77}});
        let api = Answering::start(move |_| (200, answer.to_string()));
        let app = app(&api.address);
        let lost = System::new().block_on(hooks().lost(&app)).expect("messages");
        assert_eq!((lost.bodies.len(), lost.last, lost.has_more), (3, Some(77), true));
        let orders: Vec<Option<String>> =
            lost.bodies.iter().map(|body| hooks().read(body).map(|message| message.order_id)).collect();
        assert_eq!(orders, [Some("220101ABC".to_owned()), Some("220101DEF".to_owned()), None]);
        System::new().block_on(hooks().confirm(&app, 77)).expect("confirmed");
        let requests = api.take();
        let is_signed_by_app = |line: &str| line.contains("partner_id=851249") && !line.contains("access_token");
        assert!(requests.iter().all(|request| is_signed_by_app(&request.line)), "{requests:?}");
        assert_eq!(serde_json::from_slice::<Value>(&requests[1].body).expect("JSON"), json!({"last_message_id": 77}));
    }
}
