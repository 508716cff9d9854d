//! What the marketplaces list comes in: it is read in parts, matched with the catalogue, accepted on its page, and seen by a
//! person before anything is pushed.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{add_sku, at, cause, read, sku_code, store_code, verified},
    support::{Browser, Page, TestApp},
};
use actix_web::rt::System;
use chrono::TimeDelta;
use flashsale::{
    actions::{
        catalogue::rename_sku,
        stores::{
            add_store::{self, NewStore},
            connect_store::{self, ConnectionInput},
            note_test,
        },
    },
    db::{
        self, Conn,
        engine::paging::Place,
        stores::{
            connections,
            fetches::{self, BETWEEN, EVERY, Fetch},
            found::{self, Found},
            listings::{self, Listing},
        },
    },
    demo::marketplace::{CallKind, Fault, Marketplace, PlannedFault, ProductId},
    domain::{
        money::Currency,
        stores::{
            connection::ConnectorKind,
            failure::{Failure, FailureClass},
            found::{FetchPhase, SaleStatus},
            matching::FoundState,
        },
    },
    marketplaces::{HttpClient, Timeouts, lazada, seal::SealKey, shopee, zalora},
    sync::{access::Access, found as sync_found},
};
use std::{num::NonZeroU32, time::Duration};

pub const STORE: &str = "shop-sg";

const KINDS: [ConnectorKind; 3] = [lazada::KIND, shopee::KIND, zalora::KIND];

/// A store that was connected just now.
pub struct Shop {
    pub app: TestApp,
    pub market: Marketplaces,
    pub kind: ConnectorKind,
    access: Access,
    pub browser: Browser,
    /// How it was connected.
    input: ConnectionInput,
}

/// Connects the store, or connects it again, and tests the connection.
fn connect(app: &TestApp, input: &ConnectionInput) {
    app.database.write_blocking(|conn| connect_store::run(conn, &cause(at(0)), input.clone())).expect("connected");
    app.write(|conn| {
        let connection = connections::find(conn, &store_code(STORE)).expect("a read").expect("a connection");
        note_test::run(conn, &connection, &note_test::Found::default(), at(0)).expect("tested")
    });
}

impl Shop {
    /// With so many products, of which each shows 7.
    pub fn open(kind: ConnectorKind, products: usize) -> Self {
        let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no")]);
        let market = Marketplaces::start(app.clock());
        let key = SealKey::random();
        let store = NewStore {
            code: store_code(STORE),
            name: "Shop SG".to_owned(),
            marketplace: kind.label().to_owned(),
            time_zone: "Asia/Singapore".parse().expect("a zone"),
            country: None,
            currency: Some(Currency::parse("SGD").expect("a currency")),
        };
        app.database.write_blocking(|conn| add_store::run(conn, store.clone(), at(0))).expect("a store");
        let opened = market.marketplace.open_shop(STORE, kind);
        // The limits of the documents are of real time, and the clock of a test stands still.
        market.marketplace.limit(STORE, NonZeroU32::new(10_000).expect("not 0"));
        market.marketplace.set_description_bytes(STORE, 200);
        market.marketplace.add_products(STORE, products, 7, |nth| format!("SKU-{nth}"));
        let input = ConnectionInput {
            store: store_code(STORE),
            kind,
            api_url: format!("{}{}", market.address, opened.api_path),
            credentials: Some(key.seal(&store_code(STORE), &opened.credentials)),
            rate: 1_000,
            warehouse: None,
            shop: None,
        };
        connect(&app, &input);
        let answer = Timeouts { connect: Duration::from_secs(1), whole: Duration::from_secs(10) };
        let http = HttpClient::new(answer, app.clock());
        let access = Access::new(app.database.clone(), app.clock(), Some(key), http);
        let browser = app.signed_in();
        Self { app, market, kind, access, browser, input }
    }

    /// Reads and matches what is due.
    pub fn read(&self) {
        System::new().block_on(sync_found::read_all(&self.access, &store_code(STORE))).expect("no database error");
    }

    fn read_part(&self) -> bool {
        System::new().block_on(sync_found::read_part(&self.access, &store_code(STORE))).expect("no database error")
    }

    /// Presses Fetch listings, and reads them.
    fn fetch_again(&mut self) {
        let page = self.browser.get("/stores/shop-sg/found");
        let asked = page.press("Fetch listings", &[]);
        assert_eq!(asked.status, 303, "{}", asked.text());
        self.read();
    }

    fn rows(&self) -> Vec<Found> {
        read(&self.app.database, |conn| found::after(conn, &store_code(STORE), None, None, 100_000))
    }

    fn row(&self, seller_sku: &str) -> Found {
        let of = self.rows().into_iter().find(|row| row.seller_sku == seller_sku);
        of.unwrap_or_else(|| panic!("no {seller_sku}"))
    }

    fn fetch(&self) -> Fetch {
        read(&self.app.database, |conn| fetches::find(conn, &store_code(STORE))).expect("a fetch")
    }

    fn listings(&self) -> Vec<Listing> {
        read(&self.app.database, |conn| listings::of_store(conn, &store_code(STORE), &Place::Start, 100_000))
    }

    fn marketplace(&self) -> &Marketplace {
        &self.market.marketplace
    }

    fn name(&self, nth: usize, seller_sku: &str, title: &str) {
        let id = Marketplace::product_id(self.kind, nth, "");
        self.marketplace().change_product(STORE, &id, |product| {
            seller_sku.clone_into(&mut product.seller_sku);
            title.clone_into(&mut product.title);
        });
    }

    fn found_page(&mut self, query: &str) -> Page {
        self.browser.get(&format!("/stores/shop-sg/found{query}"))
    }

    /// Waits for what was asked for all listings of a state.
    fn wait_for_task(&mut self) -> Page {
        loop {
            let page = self.found_page("");
            if !page.text().contains("so far") {
                return page;
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

#[test]
fn what_each_marketplace_lists_is_found_with_all_that_it_says() {
    for kind in KINDS {
        let shop = Shop::open(kind, 250);
        shop.read();
        let rows = shop.rows();
        assert_eq!(rows.len(), 250, "{kind:?}");
        let row = shop.row("SKU-17");
        let id = Marketplace::product_id(kind, 17, "SKU-17");
        assert_eq!(row.item_id, id.item, "{kind:?}");
        assert_eq!(row.variant_id, Some(id.variant).filter(|id| !id.is_empty()), "{kind:?}");
        assert_eq!((row.shown, row.status, row.state), (Some(7), SaleStatus::Live, FoundState::Unmatched), "{kind:?}");
        assert!(!row.title.is_empty() && row.picture.starts_with("http://127.0.0.1"), "{kind:?} {row:?}");
        assert_eq!(row.currency.expect("a currency").code(), "SGD");
        let price = row.price_minor.expect("a price");
        assert_eq!(
            price,
            if kind == lazada::KIND { 10_200 } else { [7_990, 5_990][usize::from(kind == zalora::KIND)] }
        );
        let fetch = shop.fetch();
        assert_eq!((fetch.phase, fetch.found, fetch.unreadable), (FetchPhase::Done, 250, 0), "{kind:?}");
        assert_eq!(fetch.due_at, at(0).plus(fetches::EVERY), "it is read again by itself");
    }
}

#[test]
fn a_product_that_buyers_do_not_see_says_why() {
    for kind in KINDS {
        let shop = Shop::open(kind, 100);
        // Of different products, or sets: a marketplace may have one status for all variants of one.
        let statuses = [(3, SaleStatus::Inactive), (33, SaleStatus::Pending), (63, SaleStatus::Rejected)];
        for (nth, status) in statuses {
            let id = Marketplace::product_id(kind, nth, "");
            shop.marketplace().change_product(STORE, &id, |product| product.status = Some(status));
        }
        shop.read();
        for (nth, status) in statuses {
            assert_eq!(shop.row(&format!("SKU-{nth}")).status, status, "{kind:?} {nth}");
        }
    }
}

#[test]
fn more_than_an_offset_reaches_is_read_all_the_same() {
    // An offset ends at 10,000.
    const PRODUCTS: usize = 10_200;
    let shop = Shop::open(lazada::KIND, 0);
    shop.marketplace().set_description_bytes(STORE, 0);
    for nth in 0..PRODUCTS {
        let id = ProductId { item: (1_000_000 + nth).to_string(), variant: (5_000_000 + nth).to_string() };
        let made_at = at(0).plus(-TimeDelta::minutes(i64::try_from(nth).expect("few")));
        shop.marketplace().change_product(STORE, &id, |product| {
            product.seller_sku = format!("SKU-{nth}");
            product.created_at = Some(made_at);
        });
    }
    shop.read();
    assert_eq!((shop.fetch().found, shop.rows().len()), (10_200, PRODUCTS));
}

#[test]
fn a_fetch_goes_on_where_a_server_that_was_killed_left_it() {
    for kind in KINDS {
        let shop = Shop::open(kind, 1_000);
        assert!(shop.read_part() && shop.read_part(), "{kind:?}: there is more");
        let before = shop.fetch();
        assert!(before.found > 0 && before.found < 1_000 && before.place.is_some(), "{before:?}");
        // The next request is not answered, and the server dies meanwhile.
        shop.marketplace().add_fault(STORE, PlannedFault::from(Fault::Hang).on(CallKind::Read).times(1));
        System::new().block_on(async {
            let store = store_code(STORE);
            let part = sync_found::read_part(&shop.access, &store);
            tokio::time::timeout(Duration::from_millis(500), part).await.expect_err("it hangs");
        });
        shop.marketplace().clear_faults(STORE);
        assert!(!shop.read_part(), "another server waits for the first");
        shop.app.advance(TimeDelta::minutes(5));
        let calls = shop.marketplace().calls(STORE).reads;
        shop.read();
        assert_eq!((shop.fetch().found, shop.rows().len()), (1_000, 1_000), "{kind:?}");
        assert!(shop.marketplace().calls(STORE).reads > calls);
    }
}

#[test]
fn what_disappears_is_marked_and_comes_back() {
    for kind in KINDS {
        let mut shop = Shop::open(kind, 60);
        shop.read();
        let id = Marketplace::product_id(kind, 30, "");
        let product = shop.marketplace().products(STORE).into_iter().find(|(of, _)| *of == id).expect("a product").1;
        shop.marketplace().delete_product(STORE, &id);
        shop.fetch_again();
        let row = shop.row("SKU-30");
        assert_eq!((row.state, row.gone_at.is_some()), (FoundState::Gone, true), "{kind:?}");
        let text = shop.found_page("?state=gone").text();
        assert!(text.contains("SKU-30") && text.contains("Gone (1)"), "{text}");
        shop.marketplace().change_product(STORE, &id, |new| *new = product.clone());
        shop.fetch_again();
        assert_eq!((shop.row("SKU-30").state, shop.row("SKU-30").gone_at), (FoundState::Unmatched, None), "{kind:?}");
    }
}

#[test]
fn nothing_is_marked_as_gone_while_something_cannot_be_read() {
    let mut shop = Shop::open(lazada::KIND, 9);
    shop.read();
    shop.marketplace().delete_product(STORE, &Marketplace::product_id(lazada::KIND, 3, ""));
    // Each product is longer than any answer may be.
    shop.marketplace().set_description_bytes(STORE, 3 << 20);
    shop.fetch_again();
    assert_eq!((shop.fetch().found, shop.fetch().unreadable), (0, 3), "{:?}", shop.fetch());
    assert!(shop.rows().iter().all(|row| row.gone_at.is_none()));
    let text = shop.found_page("").text();
    assert!(text.contains("3 products could not be read"), "{text}");
}

#[test]
fn a_marketplace_that_fails_is_asked_again_later_and_its_page_says_so() {
    for kind in KINDS {
        for fault in [Fault::ServerError, Fault::Drop, Fault::Garbage, Fault::Throttle { seconds: 30 }] {
            let mut shop = Shop::open(kind, 60);
            shop.marketplace().add_fault(STORE, PlannedFault::from(fault).on(CallKind::Read).times(1));
            shop.read();
            let fetch = shop.fetch();
            assert!(fetch.problem.is_some() && fetch.due_at > at(0), "{kind:?} {fault:?} {fetch:?}");
            let text = shop.found_page("").text();
            assert!(text.contains("did not answer"), "{text}");
            shop.app.advance(TimeDelta::minutes(10));
            shop.read();
            assert_eq!((shop.fetch().found, shop.fetch().problem), (60, None), "{kind:?} {fault:?}");
        }
    }
}

#[test]
fn a_token_that_has_ended_is_renewed_and_a_permission_that_has_ended_pauses_the_store() {
    for kind in KINDS {
        let shop = Shop::open(kind, 60);
        shop.marketplace().expire_access(STORE);
        shop.read();
        assert_eq!(shop.fetch().found, 60, "{kind:?} {:?}", shop.fetch());
        shop.app.advance(TimeDelta::hours(4));
        shop.marketplace().set_revoked(STORE, true);
        shop.read();
        assert!(shop.fetch().problem.is_some(), "{kind:?}");
        assert_eq!(shop.rows().len(), 60, "{kind:?}: what was read stays");
    }
}

#[test]
fn a_token_that_ends_after_another_failure_is_renewed_as_well() {
    for kind in KINDS {
        let shop = Shop::open(kind, 60);
        shop.marketplace().add_fault(STORE, PlannedFault::from(Fault::ServerError).on(CallKind::Read).times(1));
        shop.read();
        assert_eq!(shop.fetch().failures, 1, "{kind:?} {:?}", shop.fetch());
        shop.marketplace().expire_access(STORE);
        shop.app.advance(TimeDelta::minutes(10));
        shop.read();
        assert_eq!((shop.fetch().found, shop.fetch().problem), (60, None), "{kind:?}");
        let connection = read(&shop.app.database, |conn| connections::find(conn, &store_code(STORE)));
        assert!(!connection.expect("connected").is_paused_by_program(), "{kind:?}");
    }
}

/// Pauses the store, which was pushed to, because its credentials were refused, as a push does.
fn refuse_credentials(shop: &Shop) {
    let connection = shop.app.write(|conn| {
        let mut connection = connections::lock(conn, &store_code(STORE)).expect("a read").expect("connected");
        connection.resume();
        connections::update(conn, &connection).expect("resumed");
        connection
    });
    let refused = Failure::new(FailureClass::Credentials, "The access token is unknown.".to_owned());
    System::new().block_on(shop.access.fail(&connection, refused)).expect("no database error");
}

#[test]
fn a_fetch_that_waits_for_other_credentials_goes_on_as_soon_as_they_are_tested() {
    for kind in KINDS {
        let mut shop = Shop::open(kind, 1_000);
        assert!(shop.read_part(), "{kind:?}: there is more");
        refuse_credentials(&shop);
        shop.read();
        let calls = shop.marketplace().calls(STORE).reads;
        shop.app.advance(TimeDelta::hours(5));
        shop.read();
        let fetch = shop.fetch();
        assert!(fetch.found < 1_000 && fetch.phase == FetchPhase::Reading, "{kind:?} {fetch:?}");
        assert_eq!(shop.marketplace().calls(STORE).reads, calls, "{kind:?}: it is not asked meanwhile");
        let asked = shop.found_page("").press("Fetch listings", &[]);
        assert!(asked.status == 422 && asked.text().contains("has refused the credentials"), "{}", asked.text());

        connect(&shop.app, &shop.input);
        shop.read();
        assert_eq!((shop.fetch().found, shop.fetch().phase), (1_000, FetchPhase::Done), "{kind:?}");
    }
}

#[test]
fn what_was_read_is_matched_although_the_credentials_are_refused() {
    let shop = Shop::open(zalora::KIND, 60);
    while shop.fetch().phase != FetchPhase::Matching {
        shop.read_part();
    }
    refuse_credentials(&shop);
    shop.read();
    assert_eq!(shop.fetch().phase, FetchPhase::Done, "{:?}", shop.fetch());
}

#[test]
fn what_is_new_while_the_list_is_read_has_it_read_again_soon_after_the_end() {
    let shop = Shop::open(lazada::KIND, 1_000);
    assert!(shop.read_part(), "there is more");
    let now = shop.app.now();
    shop.app.write(|conn| fetches::bring_forward(conn, &store_code(STORE), now).expect("noted"));
    shop.read();
    let fetch = shop.fetch();
    assert_eq!((fetch.number, fetch.phase, fetch.due_at), (1, FetchPhase::Done, now.plus(BETWEEN)));
    shop.app.advance(BETWEEN);
    shop.read();
    let fetch = shop.fetch();
    assert_eq!((fetch.number, fetch.due_at), (2, now.plus(BETWEEN).plus(EVERY)), "nothing was new since");
}

/// A shop in every state.
fn mixed(kind: ConnectorKind) -> Shop {
    let shop = Shop::open(kind, 9);
    for (code, on_hand) in [("MUG-01", 10), ("PLATE", 3), ("TEE/Red", 0)] {
        add_sku(&shop.app.database, code, code, on_hand, &[]);
    }
    for (nth, seller_sku, title) in [
        (0, "MUG-01", "A mug"),
        (1, "plate", "A plate"),
        (2, "TEE RED", "A tee"),
        (3, "SAME", "One of two"),
        (4, "SAME", "Two of two"),
        (5, "", "Without a seller SKU"),
        (6, "NEW-1", "Something new"),
        (7, "NEW-2", "Something newer"),
        (8, "NOT-OURS", "A gift"),
    ] {
        shop.name(nth, seller_sku, title);
    }
    shop.read();
    shop
}

#[test]
fn seller_skus_are_matched_with_the_codes_of_skus() {
    for kind in KINDS {
        let mut shop = mixed(kind);
        for (seller_sku, state, sku) in [
            ("MUG-01", FoundState::Matched, Some("MUG-01")),
            ("plate", FoundState::Suggested, Some("PLATE")),
            ("TEE RED", FoundState::Suggested, Some("TEE/Red")),
            ("SAME", FoundState::Ambiguous, None),
            ("", FoundState::Unmatched, None),
            ("NEW-1", FoundState::Unmatched, None),
        ] {
            let row = shop.row(seller_sku);
            assert_eq!((row.state, row.sku), (state, sku.map(sku_code)), "{kind:?} {seller_sku}");
        }
        let text = shop.found_page("").text();
        for words in ["Matched (1)", "Suggested (2)", "Ambiguous (2)", "Unmatched (4)", "Ignored (0)", "A mug"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let narrowed = shop.found_page("?state=suggested&q=tee").text();
        assert!(narrowed.contains("TEE RED") && !narrowed.contains("plate"), "{narrowed}");
    }
}

#[test]
fn matched_listings_are_accepted_with_one_press() {
    for kind in KINDS {
        let mut shop = mixed(kind);
        let asked = shop.found_page("").press("Accept all matched (1)", &[]);
        assert_eq!(asked.status, 303, "{}", asked.text());
        let text = shop.wait_for_task().text();
        assert!(text.contains("Accepting all matched listings: 1 done."), "{text}");
        let listings = shop.listings();
        let id = Marketplace::product_id(kind, 0, "");
        assert_eq!(listings.len(), 1, "{kind:?}");
        let listing = &listings[0];
        assert_eq!((listing.sku.clone(), listing.seller_sku.as_str()), (Some(sku_code("MUG-01")), "MUG-01"));
        assert_eq!(listing.item_id, Some(id.item));
        assert_eq!(listing.variant_id, Some(id.variant).filter(|id| !id.is_empty()));
        assert!(listing.title.contains("A mug") || kind == zalora::KIND, "{listing:?}");
        assert_eq!((shop.row("MUG-01").state, shop.row("MUG-01").listing), (FoundState::Listed, Some(listing.id)));
        verified(&shop.app.database, at(60));
        // The server fetches the listing's picture for the SKU.
        while shop.browser.get("/catalogue/MUG-01").attribute("h1 img", "src").is_none() {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

#[test]
fn ticked_listings_are_accepted_as_they_are_suggested_or_as_what_is_typed() {
    let mut shop = mixed(lazada::KIND);
    let plate = shop.row("plate").key;
    let page = shop.found_page("?state=suggested");
    let accepted = page.press("Accept", &[("tick", &plate)]);
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    assert_eq!(shop.row("plate").state, FoundState::Listed);
    // Another SKU is typed, without a tick.
    let page = shop.found_page("?q=NEW-1");
    let unknown = page.press("Accept", &[("sku-0", "NOBODY")]);
    assert_eq!(unknown.status, 422);
    assert!(unknown.text().contains("there is no “NOBODY”"), "{}", unknown.text());
    assert_eq!(unknown.attribute("#sku-0", "value").as_deref(), Some("NOBODY"), "what was typed stays");
    let typed = page.press("Accept", &[("sku-0", "PLATE")]);
    assert_eq!(typed.status, 303, "{}", typed.text());
    assert_eq!(shop.row("NEW-1").sku, Some(sku_code("PLATE")));
    assert_eq!(shop.listings().len(), 2, "a SKU may be listed twice");
    let refused = page.press("Accept", &[("sku-0", "a\u{200b}b")]);
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Remove the hidden character"), "{}", refused.text());
    let nothing = shop.found_page("?state=matched").press("Accept", &[]);
    assert!(nothing.status == 422 && nothing.text().contains("Tick the listings first."), "{}", nothing.text());
}

#[test]
fn what_is_suggested_follows_a_sku_that_is_renamed() {
    let mut shop = mixed(lazada::KIND);
    let plate = shop.row("plate");
    assert_eq!((plate.state, plate.sku), (FoundState::Suggested, Some(sku_code("PLATE"))));
    shop.app
        .write(|conn| rename_sku::run(conn, &cause(at(0)), &sku_code("PLATE"), &sku_code("DISH")).expect("renamed"));
    let page = shop.found_page("?state=suggested");
    let accepted = page.press("Accept", &[("tick", &plate.key)]);
    assert_eq!(accepted.status, 303, "{}", accepted.text());
    let plate = shop.row("plate");
    assert_eq!((plate.state, plate.sku), (FoundState::Listed, Some(sku_code("DISH"))));
}

#[test]
fn two_with_one_seller_sku_are_not_listed_both() {
    let mut shop = mixed(shopee::KIND);
    let keys: Vec<String> = shop.rows().into_iter().filter(|row| row.seller_sku == "SAME").map(|row| row.key).collect();
    let page = shop.found_page("?state=ambiguous");
    let done = page.press("Accept", &[("sku-0", "PLATE"), ("sku-1", "PLATE"), ("tick", &keys[0])]).text();
    assert!(done.contains("1 listing accepted. 1 not"), "{done}");
    assert!(done.contains("another listing has the seller SKU “SAME” too"), "{done}");
    assert_eq!(shop.listings().len(), 1);
}

#[test]
fn skus_are_made_of_listings_with_what_they_show_or_with_nothing() {
    for (words, on_hand) in
        [("Make SKUs of all unmatched (4), with what they show on hand", 7), ("The same, with 0 on hand", 0)]
    {
        let mut shop = mixed(lazada::KIND);
        shop.found_page("").press(words, &[]);
        let text = shop.wait_for_task().text();
        assert!(text.contains("Making SKUs of all unmatched listings: 4 done."), "{text}");
        let row = shop.row("");
        let made = format!("{}-{}", row.item_id, row.variant_id.expect("a variant"));
        for (code, name) in [("NEW-1", "Something new"), (made.as_str(), "One of two")] {
            let sku = read(&shop.app.database, |conn| db::catalogue::skus::find(conn, &sku_code(code))).expect("made");
            assert_eq!(sku.on_hand, on_hand, "{code}");
            assert!(sku.name.contains(name), "{}: the name is that of the product", sku.name);
        }
        assert_eq!(shop.rows().iter().filter(|row| row.state == FoundState::Listed).count(), 4);
        verified(&shop.app.database, at(60));
    }
}

#[test]
fn what_was_made_a_kit_is_listed_at_once_and_becomes_no_sku_as_well() {
    let mut shop = mixed(lazada::KIND);
    let row = shop.row("NEW-1");
    let variant = row.variant_id.expect("a variant");
    let form = shop
        .browser
        .get(&format!("/stores/shop-sg/listings/new?seller_sku=NEW-1&item_id={}&variant_id={variant}", row.item_id));
    let made = form.submit_form("form[action='/stores/shop-sg/listings/new']", &[("components", "MUG-01*2")]);
    assert_eq!(made.status, 303, "{}", made.text());
    assert_eq!(shop.row("NEW-1").state, FoundState::Listed);
    shop.found_page("").press("Make SKUs of all unmatched (3), with what they show on hand", &[]);
    shop.wait_for_task();
    let sku = read(&shop.app.database, |conn| db::catalogue::skus::find(conn, &sku_code("NEW-1")));
    assert!(sku.is_none(), "a kit has the seller SKU");
}

#[test]
fn the_seller_sku_of_a_kit_without_ids_becomes_no_sku_as_well() {
    let mut shop = mixed(lazada::KIND);
    let form = shop.browser.get("/stores/shop-sg/listings/new?seller_sku=NEW-1");
    let made = form.submit_form("form[action='/stores/shop-sg/listings/new']", &[("components", "MUG-01*2")]);
    assert_eq!(made.status, 303, "{}", made.text());
    shop.found_page("").press("Make SKUs of all unmatched (4), with what they show on hand", &[]);
    let text = shop.wait_for_task().text();
    assert!(text.contains("3 done, and 1 not") && text.contains("“NEW-1” is listed here already"), "{text}");
    let sku = read(&shop.app.database, |conn| db::catalogue::skus::find(conn, &sku_code("NEW-1")));
    assert!(sku.is_none(), "a kit has the seller SKU");
}

#[test]
fn what_is_not_ours_is_ignored_and_stays_so() {
    let mut shop = mixed(zalora::KIND);
    let gift = shop.row("NOT-OURS").key;
    let same = shop.rows().into_iter().find(|row| row.seller_sku == "SAME").expect("one of two").key;
    let page = shop.found_page("");
    let ignored = page.press("Ignore", &[("tick", &gift)]);
    assert_eq!(ignored.status, 303);
    page.press("Ignore", &[("tick", &same)]);
    shop.app.advance(TimeDelta::hours(4));
    shop.read();
    assert_eq!(shop.row("NOT-OURS").state, FoundState::Ignored);
    let other = shop.rows().into_iter().find(|row| row.seller_sku == "SAME" && row.key != same).expect("the other");
    assert_eq!(other.state, FoundState::Unmatched, "it is the only one with its seller SKU that counts");
    shop.found_page("?state=ignored").press("Stop ignoring", &[("tick", &gift)]);
    assert_eq!(shop.row("NOT-OURS").state, FoundState::Unmatched);
}

#[test]
fn ticks_stay_while_the_list_is_filtered_and_what_was_typed_is_asked_about() {
    let mut shop = mixed(lazada::KIND);
    let gift = shop.row("NOT-OURS").key;
    let filtered = shop.found_page("").press("Apply", &[("tick", &gift), ("q", "mug")]);
    let text = filtered.follow().text();
    assert!(text.contains("Also ticked, and not in this list") && text.contains(&gift), "{text}");
    let asked = shop.found_page("").press("Apply", &[("sku-0", "OTHER"), ("q", "mug")]);
    assert!(asked.status == 422 && asked.text().contains("Accept what you typed first"), "{}", asked.text());
}

#[test]
fn nothing_is_pushed_until_a_person_has_seen_what_would_change() {
    let mut shop = mixed(lazada::KIND);
    for press in ["Accept all matched (1)", "Accept all suggested (2)"] {
        shop.found_page("").press(press, &[]);
        shop.wait_for_task();
    }
    let store = shop.browser.get("/stores/shop-sg");
    let resumed = store.submit_form("form[action='/stores/shop-sg/resume']", &[]);
    assert_eq!(resumed.location.as_deref(), Some("/stores/shop-sg/start"), "{}", resumed.text());
    let start = resumed.follow();
    // MUG-01 rises from 7 to 10, PLATE falls to 3, and TEE/Red goes to 0.
    let tiles = start.all("dl.tiles dd.tile-value");
    assert_eq!(tiles, ["1", "1", "1", "0", "0"], "{}", start.text());
    let csv = shop.browser.get("/stores/shop-sg/start.csv").body;
    for line in ["7,10,rises", "7,3,falls", "7,0,to_zero"] {
        assert!(csv.contains(line), "{csv}");
    }
    let paused = |shop: &Shop| {
        read(&shop.app.database, |conn| connections::find(conn, &store_code(STORE))).expect("connected").paused_at
    };
    assert!(paused(&shop).is_some());
    let started = start.press("Start pushing", &[]);
    assert_eq!(started.location.as_deref(), Some("/stores/shop-sg"), "{}", started.text());
    assert!(started.follow().text().contains("Pushing has started."));
    assert_eq!(paused(&shop), None);
    // From now on it is paused and resumed as any other.
    shop.app.write(|conn| {
        let mut connection = connections::find(conn, &store_code(STORE)).expect("a read").expect("a connection");
        connection.pause(at(60), "ops@example.com".to_owned(), "stocktake".to_owned());
        connections::update(conn, &connection).expect("paused");
    });
    let resumed = shop.browser.get("/stores/shop-sg").submit_form("form[action='/stores/shop-sg/resume']", &[]);
    assert_eq!(resumed.location.as_deref(), Some("/stores/shop-sg?notice=resumed"));
}

#[test]
fn a_store_with_many_new_matches_waits_for_a_person_again() {
    let mut shop = Shop::open(lazada::KIND, 150);
    for nth in 0..150 {
        add_sku(&shop.app.database, &format!("SKU-{nth}"), "Some", 5, &[]);
    }
    shop.read();
    shop.browser.get("/stores/shop-sg/start").press("Start pushing", &[]);
    shop.found_page("").press("Accept all matched (150)", &[]);
    let text = shop.wait_for_task().text();
    assert!(text.contains("150 done."), "{text}");
    assert!(shop.browser.get("/stores/shop-sg").text().contains("Many of its listings have other matches now"));
    let start = shop.browser.get("/stores/shop-sg/start");
    assert_eq!(start.all("dl.tiles dd.tile-value"), ["0", "150", "0", "0", "0"]);
}

#[test]
fn a_store_that_cannot_be_asked_says_so() {
    let mut shop = Shop::open(lazada::KIND, 1);
    shop.app.write(|conn: &mut Conn| connections::delete(conn, &store_code(STORE)).expect("disconnected"));
    let page = shop.found_page("");
    assert!(page.status == 200 && !page.body.contains("/fetch\""), "{}", page.text());
    assert_eq!(shop.browser.get("/stores/shop-sg/start").status, 404);
    assert_eq!(shop.browser.get("/stores/nothing/found").status, 404);
}
