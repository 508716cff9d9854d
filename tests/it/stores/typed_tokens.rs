//! A store whose tokens were typed: the test of its connection finds out whose shop it is.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{at, cause, read, store_code},
    support::{Browser, TestApp},
};
use flashsale::{
    actions::stores::{
        add_store::{self, NewStore},
        connect_store::{self, ConnectionInput},
    },
    db::stores::permissions,
    domain::{place::Country, stores::connection::ConnectorKind},
    marketplaces::{lazada, seal::SealKey, shopee},
};
use secrecy::ExposeSecret;

const STORES: [&str; 2] = ["first", "second"];

/// Two stores in Singapore that are connected to one shop, and the number of its seller.
fn connected_twice(kind: ConnectorKind) -> (TestApp, Marketplaces, u64) {
    let key = SealKey::random();
    let text = key.to_base64().expose_secret().to_owned();
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
    let market = Marketplaces::start(app.clock());
    let opened = market.marketplace.open_shop("shop", kind);
    let seller = market.marketplace.name_shop("shop", "Nordic Home", "SG");
    for code in STORES {
        let store = NewStore {
            code: store_code(code),
            name: format!("The {code} store"),
            marketplace: kind.label().to_owned(),
            time_zone: "Asia/Singapore".parse().expect("a zone"),
            country: Some(Country::parse("SG").expect("a country")),
            currency: None,
        };
        let input = ConnectionInput {
            store: store_code(code),
            kind,
            api_url: format!("{}{}", market.address, opened.api_path),
            credentials: Some(key.seal(&store_code(code), &opened.credentials)),
            rate: 1_000,
            warehouse: None,
            shop: None,
        };
        app.database.write_blocking(|conn| add_store::run(conn, store.clone(), at(0))).expect("a store");
        app.database.write_blocking(|conn| connect_store::run(conn, &cause(at(0)), input.clone())).expect("connected");
    }
    (app, market, seller)
}

#[test]
fn a_test_finds_the_shop_and_refuses_a_second_store_of_it() {
    for kind in [lazada::KIND, shopee::KIND] {
        let (app, _market, seller) = connected_twice(kind);
        let shop_of = |store: &str| read(&app.database, |conn| permissions::of(conn, &store_code(store))).shop;
        let mut browser = app.signed_in();
        let test = |browser: &mut Browser, store: &str| {
            browser.get(&format!("/stores/{store}")).submit_form(&format!("form[action='/stores/{store}/test']"), &[])
        };
        let tested = test(&mut browser, "first");
        assert_eq!(tested.location.as_deref(), Some("/stores/first?notice=tested_paused"), "{}", tested.text());
        let shop = shop_of("first").expect("a shop");
        if kind == lazada::KIND {
            assert_eq!(shop, format!("SG-{seller}"), "as a message of Lazada names it");
        }
        assert!(test(&mut browser, "first").location.is_some(), "its own shop is not taken");

        let refused = test(&mut browser, "second");
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("already connected to the store The first store"), "{}", refused.text());
        assert_eq!(shop_of("second"), None);
        let later = browser.get("/stores/second").text();
        assert!(later.contains("already connected to the store The first store"), "{later}");
    }
}
