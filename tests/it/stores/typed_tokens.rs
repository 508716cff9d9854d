//! Stores whose tokens were typed: whose shop they are is found out by the test of the connection, or is among the credentials.

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
    db::{
        Conn,
        stores::{fetches, permissions, pulls},
    },
    domain::{place::Country, stores::connection::ConnectorKind},
    marketplaces::{lazada, registry, seal::SealKey, shopee},
};
use secrecy::ExposeSecret;

/// A server with stores in Singapore, and a marketplace with shops.
struct Seller {
    app: TestApp,
    market: Marketplaces,
    key: SealKey,
    kind: ConnectorKind,
}

impl Seller {
    fn open(kind: ConnectorKind, stores: &[&str]) -> Self {
        let key = SealKey::random();
        let text = key.to_base64().expose_secret().to_owned();
        let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
        let market = Marketplaces::start(app.clock());
        for code in stores {
            let store = NewStore {
                code: store_code(code),
                name: format!("The {code} store"),
                marketplace: kind.label().to_owned(),
                time_zone: "Asia/Singapore".parse().expect("a zone"),
                country: Some(Country::parse("SG").expect("a country")),
                currency: None,
            };
            app.database.write_blocking(|conn| add_store::run(conn, store.clone(), at(0))).expect("a store");
        }
        Self { app, market, key, kind }
    }

    /// Opens a shop, and returns the connection of a store to it.
    fn shop(&self, shop: &str, store: &str) -> ConnectionInput {
        let opened = self.market.marketplace.open_shop(shop, self.kind);
        ConnectionInput {
            store: store_code(store),
            kind: self.kind,
            api_url: format!("{}{}", self.market.address, opened.api_path),
            credentials: Some(self.key.seal(&store_code(store), &opened.credentials)),
            rate: 1_000,
            warehouse: None,
            shop: registry::describe(self.kind).shop_of(&opened.credentials),
        }
    }

    fn connect(&self, input: &ConnectionInput) {
        let connect = |conn: &mut Conn| connect_store::run(conn, &cause(at(0)), input.clone());
        self.app.database.write_blocking(connect).expect("connected");
    }

    fn shop_of(&self, store: &str) -> Option<String> {
        read(&self.app.database, |conn| permissions::of(conn, &store_code(store))).shop
    }
}

#[test]
fn a_test_finds_the_shop_and_refuses_a_second_store_of_it() {
    for kind in [lazada::KIND, shopee::KIND] {
        let seller = Seller::open(kind, &["first", "second"]);
        let first = seller.shop("shop", "first");
        let number = seller.market.marketplace.name_shop("shop", "Nordic Home", "SG");
        let credentials = seller.market.marketplace.credentials("shop").expect("a shop");
        let sealed = Some(seller.key.seal(&store_code("second"), &credentials));
        seller.connect(&first);
        seller.connect(&ConnectionInput { store: store_code("second"), credentials: sealed, ..first });
        let mut browser = seller.app.signed_in();
        let test = |browser: &mut Browser, store: &str| {
            browser.get(&format!("/stores/{store}")).submit_form(&format!("form[action='/stores/{store}/test']"), &[])
        };
        let tested = test(&mut browser, "first");
        assert_eq!(tested.location.as_deref(), Some("/stores/first?notice=tested_paused"), "{}", tested.text());
        let shop = seller.shop_of("first").expect("a shop");
        if kind == lazada::KIND {
            assert_eq!(shop, format!("SG-{number}"), "as a message of Lazada names it");
        }
        assert!(test(&mut browser, "first").location.is_some(), "its own shop is not taken");

        let refused = test(&mut browser, "second");
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("already connected to the store The first store"), "{}", refused.text());
        assert_eq!(seller.shop_of("second"), None);
        let later = browser.get("/stores/second").text();
        assert!(later.contains("already connected to the store The first store"), "{later}");
    }
}

#[test]
fn the_tokens_of_another_shop_at_the_same_address_begin_anew() {
    let seller = Seller::open(shopee::KIND, &["store"]);
    let code = store_code("store");
    let first = seller.shop("shop", "store");
    let another = seller.shop("another", "store");
    assert_eq!(first.api_url, another.api_url);
    seller.connect(&first);
    seller.app.write(|conn| {
        permissions::set(conn, &code, &permissions::Permission { shop: first.shop.clone(), ..Default::default() })
            .expect("known");
    });
    let begin = || {
        seller.app.write(|conn| {
            pulls::lock_or_begin(conn, &code, at(0)).expect("begun");
            fetches::set_started(conn, &code, Some(at(0))).expect("started");
        });
    };
    let state = || {
        read(&seller.app.database, |conn| {
            Ok((pulls::find(conn, &code)?.is_some(), fetches::started_at(conn, &code)?.is_some()))
        })
    };
    begin();
    seller.connect(&first);
    assert_eq!(state(), (true, true), "the same shop with the tokens typed again");
    seller.connect(&another);
    assert_eq!(state(), (false, false), "its orders are read from the beginning, and a person starts pushing");
    assert_eq!(seller.shop_of("store"), None, "until a test finds out");
}
