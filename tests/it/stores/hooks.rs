//! Messages that are not from the marketplace, or about nothing of ours. Those that are: see `sync::pulling`.

use crate::{
    scene::{at, cause, read, store_code},
    seller::Seller,
    support::Browser,
};
use flashsale::{
    actions::stores::save_app::{self, AppInput},
    db::stores::order_hints,
    marketplaces::{lazada, registry, shopee},
};

/// A signature that fits: of the vectors, for the address in them.
const BODY: &str = r#"{"data":{"ordersn":"220101ABC","status":"UNPAID","update_time":1767000000},"shop_id":1001,"code":3,"timestamp":1767000001}"#;

fn save_app(seller: &Seller) {
    let values = [("partner_id", "1"), ("partner_key", "x"), ("push_key", "test_push_key")];
    let values = values.map(|(name, value)| (name.to_owned(), value.into()));
    let keys = registry::describe(shopee::KIND).app_keys(values.into()).expect("all fields");
    let input = AppInput { kind: shopee::KIND, address: String::new(), app_keys: seller.key.seal_app(&keys) };
    seller.app.write(|conn| save_app::run(conn, &cause(at(0)), input.clone(), |_| None).expect("saved"));
}

fn hints(seller: &Seller) -> usize {
    read(&seller.app.database, order_hints::stores_waiting).len()
}

fn post(browser: &mut Browser, path: &str, body: &[u8]) -> (u16, String) {
    let page = browser.post_body(path, "application/json", body);
    (page.status, page.body)
}

#[test]
fn a_message_that_is_not_signed_is_refused_and_nothing_is_stored() {
    let seller = Seller::open_with_pages(1);
    let mut browser = seller.app.browser();
    let refused = (401, String::new());
    assert_eq!(post(&mut browser, "/hook/shopee", BODY.as_bytes()), refused, "there is no app yet");
    save_app(&seller);
    assert_eq!(post(&mut browser, "/hook/shopee", BODY.as_bytes()), refused);
    let secret = seller.key.hook_secret(&store_code("zalora-sg"));
    let body = br#"{"event":"onOrderCreated","payload":{"OrderId":190,"OrderNr":"123221"}}"#;
    for (path, status) in [
        (format!("/hook/zalora/zalora-sg/{secret}x"), 401),
        (format!("/hook/zalora/lazada-sg/{secret}"), 401),
        (format!("/hook/zalora/nowhere/{secret}"), 401),
        (format!("/hook/shopee/zalora-sg/{secret}"), 404),
        (format!("/hook/zalora/zalora-sg/{secret}"), 200),
        ("/hook/zalora".to_owned(), 404),
        ("/hook/another".to_owned(), 404),
        ("/hook/file".to_owned(), 404),
    ] {
        assert_eq!(post(&mut browser, &path, body).0, status, "{path}");
    }
    assert_eq!(hints(&seller), 0, "nothing of a store that was never read");
    assert!(browser.get("/hook/shopee").status == 404 || browser.get("/hook/shopee").status == 405);
}

/// Signed in the same way.
const OF_LAZADA: &str = r#"{"seller_id":"1000001","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"2600","trade_order_line_id":"2601","status_update_time":1767000000},"timestamp":1767000000123,"site":"lazada_sg"}"#;
const SIGNATURE: &str = "de0cbcbd7f19f608152f8b1b420d1f7301e3191e3477627af802891d188ab4e5";

#[test]
fn a_message_with_a_good_signature_about_a_shop_that_is_no_store_is_answered_and_nothing_is_stored() {
    let seller = Seller::open_with_pages(1);
    let values = [("app_key", "123456"), ("app_secret", "test_app_secret")];
    let values = values.map(|(name, value)| (name.to_owned(), value.into()));
    let keys = registry::describe(lazada::KIND).app_keys(values.into()).expect("all fields");
    let input = AppInput { kind: lazada::KIND, address: String::new(), app_keys: seller.key.seal_app(&keys) };
    seller.app.write(|conn| save_app::run(conn, &cause(at(0)), input.clone(), |_| None).expect("saved"));
    let message = |authorization: &str| {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        let request = ureq::Agent::from(config).post(format!("{}/hook/lazada", seller.app.address));
        let request = request.content_type("application/json").header("authorization", authorization);
        request.send(OF_LAZADA).expect("an answer").status().as_u16()
    };
    assert_eq!((message(SIGNATURE), message(&SIGNATURE[1..])), (200, 401));
    assert_eq!(hints(&seller), 0);
}

#[test]
fn a_long_message_is_refused() {
    let seller = Seller::open_with_pages(1);
    save_app(&seller);
    let long = vec![b' '; 70 << 10];
    let (status, _) = post(&mut seller.app.browser(), "/hook/shopee", &long);
    assert_eq!(status, 413);
}
