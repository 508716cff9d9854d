//! Connecting a store: the form, the test of the saved connection, resuming, and the handling of secrets.

use crate::{
    marketplaces::simulated::Marketplaces,
    scene::{LAZADA, add_sku, add_stores, read, store_code},
    support::{Browser, Page, TestApp},
};
use flashsale::{
    actions::stores::connect_store::{self, ConnectionInput},
    db::stores::connections::{self, Connection},
    domain::{catalogue::ledger::Cause, stores::connection::ConnectorKind},
    marketplaces::{Credentials, file, lazada, registry, seal::SealKey, shopee, webhook, zalora},
};
use secrecy::ExposeSecret;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

/// A server that answers every call with a status, and records the calls.
struct Answering {
    address: String,
    status: Arc<Mutex<u16>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Answering {
    fn with(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let answering = Self { address, status: Arc::new(Mutex::new(status)), calls: Arc::default() };
        let (status, calls) = (Arc::clone(&answering.status), Arc::clone(&answering.calls));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a call");
                let mut reader = BufReader::new(stream.try_clone().expect("a reader"));
                let (mut head, mut length) = (String::new(), 0);
                while reader.read_line(&mut head).expect("a line") > 2 {
                    let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                    length = line.strip_prefix("content-length: ").map_or(length, |n| n.parse().expect("a length"));
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a body");
                calls.lock().expect("calls").push(head);
                let status = *status.lock().expect("a status");
                write!(stream, "HTTP/1.1 {status} Said\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}")
                    .expect("sent");
            }
        });
        answering
    }

    fn answer(&self, status: u16) {
        *self.status.lock().expect("a status") = status;
    }

    fn calls(&self) -> usize {
        self.calls.lock().expect("calls").len()
    }
}

const SECRET: &str = "a secret of the shop, nobody else's";

const TEST: &str = "form[action='/stores/lazada-sg/test']";
/// Where a store leads that is resumed for the first time.
const START: &str = "/stores/lazada-sg/start";
const RESUME: &str = "form[action='/stores/lazada-sg/resume']";

struct Shop {
    app: TestApp,
    key: SealKey,
    browser: Browser,
}

impl Shop {
    /// A shop with a store that is not connected, on a server that sends nothing.
    fn open() -> Self {
        let key = SealKey::random();
        let text = key.to_base64().expose_secret().to_owned();
        let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
        add_stores(&app.database, &[LAZADA]);
        add_sku(&app.database, "Product1", "Product 1", 100, &[LAZADA]);
        let browser = app.signed_in();
        Self { app, key, browser }
    }

    fn form(&mut self, kind: &str) -> Page {
        self.browser.get(&format!("/stores/lazada-sg/connection?kind={kind}"))
    }

    fn connection(&self) -> Option<Connection> {
        read(&self.app.database, |conn| connections::find(conn, &store_code(LAZADA)))
    }

    /// The stored secret.
    fn secret(&self) -> String {
        let sealed = self.connection().expect("a connection").credentials;
        assert!(!sealed.contains(SECRET), "{sealed}");
        let credentials = self.key.open(&store_code(LAZADA), &sealed).expect("credentials");
        assert_eq!(credentials.kind(), webhook::KIND);
        credentials.value("secret").expose_secret().to_owned()
    }

    /// Saves a webhook connection and returns the page of the store.
    fn save(&mut self, api: &Answering) -> Page {
        let saved = self.form("webhook").submit(&[("api_url", &api.address), ("secret", SECRET)]);
        assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg?notice=to_be_tested"), "{}", saved.text());
        saved.follow()
    }

    /// Saves, tests and resumes a connection.
    fn connect(&mut self, api: &Answering) {
        let tested = self.save(api).submit_form(TEST, &[]).follow();
        let resumed = tested.submit_form(RESUME, &[]);
        assert_eq!(resumed.location.as_deref(), Some(START), "{}", resumed.text());
        let started = resumed.follow().press("Start pushing", &[]);
        assert_eq!(started.location.as_deref(), Some("/stores/lazada-sg"), "{}", started.text());
    }

    fn is_paused(&self) -> bool {
        self.connection().expect("a connection").paused_at.is_some()
    }
}

#[test]
fn the_kind_is_chosen_first_and_its_fields_follow() {
    let mut shop = Shop::open();
    let kinds = shop.browser.get("/stores/lazada-sg/connection");
    let labels: Vec<&str> = registry::kinds().map(ConnectorKind::label).collect();
    assert_eq!(kinds.all(".choice > label"), labels);
    assert_eq!(labels[..3], ["Lazada", "Shopee", "Zalora"]);
    assert_eq!(kinds.attribute("input[checked]", "value").as_deref(), Some("lazada"), "as its marketplace is called");
    for (kind, address, rate, labels) in [
        ("lazada", "https://api.lazada.sg/rest", "20", &["App key", "App secret", "Access token", "Refresh token"][..]),
        (
            "shopee",
            "https://partner.shopeemobile.com",
            "10",
            &["Partner ID", "Partner key", "Shop ID", "Access token", "Refresh token"],
        ),
        ("zalora", "https://sellercenter-api.zalora.sg", "20", &["Client ID", "Client secret"]),
        ("webhook", "", "10", &["Secret"]),
    ] {
        let form = shop.form(kind);
        assert_eq!(form.attribute("#api_url", "value").as_deref(), Some(address));
        assert_eq!(form.attribute("#rate", "value").as_deref(), Some(rate));
        assert_eq!(form.all(".field label")[2..], *labels, "{kind}");
        let empty = form.submit(&[("api_url", "")]);
        assert_eq!((empty.status, empty.all(".error-summary li").len()), (422, labels.len() + 1), "{kind}");
    }
    assert!(shop.connection().is_none());
}

#[test]
fn a_connection_is_saved_paused_then_tested_then_resumed_and_its_secret_is_never_shown() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    let form = shop.form("webhook");
    let saved = form.submit(&[("api_url", &api.address), ("secret", SECRET), ("rate", "7")]);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg?notice=to_be_tested"), "{}", saved.text());
    assert_eq!((api.calls(), shop.secret(), shop.is_paused()), (0, SECRET.to_owned(), true));
    let page = saved.follow();
    for words in ["7 requests a second", "No test of this connection has succeeded yet", "Not tested"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let tested = page.submit_form(TEST, &[]);
    assert_eq!(tested.location.as_deref(), Some("/stores/lazada-sg?notice=tested_paused"), "{}", tested.text());
    assert_eq!((api.calls(), shop.is_paused()), (1, true));
    let resumed = tested.follow().submit_form(RESUME, &[]);
    assert_eq!((resumed.location.as_deref(), shop.is_paused()), (Some(START), true), "{}", resumed.text());
    let started = resumed.follow().press("Start pushing", &[]);
    assert!(!shop.is_paused() && started.follow().text().contains("Connected"));
    let form = shop.browser.get("/stores/lazada-sg/connection");
    assert_eq!(form.attribute("#secret", "value").as_deref(), Some(""));
    assert!(form.all("#secret-hint").concat().contains("It is saved, but not shown"), "{}", form.text());
    assert!(!form.body.contains(SECRET) && !page.body.contains(SECRET));
    let again = form.submit(&[("rate", "9")]);
    assert_eq!(again.location.as_deref(), Some("/stores/lazada-sg?notice=connected"), "{}", again.text());
    assert_eq!((shop.connection().expect("kept").rate, shop.secret()), (9, SECRET.to_owned()));
    assert!(!shop.is_paused(), "another rate needs no test");
}

#[test]
fn a_store_is_not_resumed_before_its_connection_was_tested() {
    let (mut shop, api) = (Shop::open(), Answering::with(403));
    let page = shop.save(&api);
    let refused = page.submit_form(TEST, &[]);
    assert_eq!((refused.status, refused.all("#secret-error").len()), (422, 1), "{}", refused.text());
    assert!(refused.title().starts_with("Error: ") && !refused.body.contains(SECRET), "{}", refused.title());
    assert_eq!(shop.connection().expect("a connection").tested_at, None);
    let untested = page.submit_form(RESUME, &[("untested", "")]);
    assert_eq!((untested.status, shop.is_paused()), (422, true), "{}", untested.text());
    assert!(untested.all(".error-summary").concat().contains("Test the connection first."), "{}", untested.text());
    api.answer(200);
    page.submit_form(TEST, &[]).follow().submit_form(RESUME, &[]).follow().press("Start pushing", &[]);
    assert!(!shop.is_paused());
    let other = shop.browser.get("/stores/lazada-sg/connection").submit(&[("secret", "another secret")]).follow();
    assert!(shop.is_paused() && other.text().contains("Not tested"), "other credentials are tested again");
}

/// The fields at which a page has errors.
fn wrong_fields(page: &Page) -> Vec<String> {
    page.all_attributes(".error-summary a", "href")
}

#[test]
fn a_refused_credential_is_shown_at_its_field_and_nothing_else_is_typed_again() {
    let mut shop = Shop::open();
    let market = Marketplaces::start(shop.app.clock());
    let access = market.marketplace.open_shop(LAZADA, lazada::KIND);
    let address = format!("{}{}", market.address, access.api_path);
    let keys = |name: &'static str| (name, value(&access.credentials, name));
    let right =
        [("api_url", address), keys("app_key"), keys("app_secret"), keys("access_token"), keys("refresh_token")];
    for (wrong, at) in [
        (&["app_key"][..], "app_key"),
        (&["app_secret"], "app_secret"),
        (&["access_token", "refresh_token"], "refresh_token"),
    ] {
        let typed = right.each_ref().map(|(name, value)| (*name, if wrong.contains(name) { "1" } else { value }));
        let page = shop.form("lazada").submit(&typed).follow();
        let refused = page.submit_form(TEST, &[]);
        assert_eq!((refused.status, wrong_fields(&refused)), (422, vec![format!("#{at}")]), "{}", refused.text());
        let corrected: Vec<_> =
            right.iter().filter(|(name, _)| *name == at).map(|(name, value)| (*name, &**value)).collect();
        let saved = refused.submit(&corrected).follow();
        let tested = saved.submit_form(TEST, &[]);
        // Staff who enter a refresh token alone have its access renewed by the test.
        assert_eq!(tested.status, 303, "{at}: {}", tested.text());
    }
}

/// The value of a field of credentials.
fn value(credentials: &Credentials, name: &str) -> String {
    let fields = registry::describe(credentials.kind()).fields;
    let field = fields.iter().find(|field| field.name == name).expect("a field");
    credentials.of_field(field).expect("a value").expose_secret().to_owned()
}

#[test]
fn a_refusal_that_names_no_credential_says_what_to_look_up() {
    let mut shop = Shop::open();
    let market = Marketplaces::start(shop.app.clock());
    let access = market.marketplace.open_shop(LAZADA, zalora::KIND);
    let client_id = access.credentials.id("client_id");
    let typed = [("api_url", market.address.as_str()), ("client_id", client_id), ("client_secret", "1")];
    let refused = shop.form("zalora").submit(&typed).follow().submit_form(TEST, &[]);
    let words = refused.all(".error-summary li").concat();
    assert!(wrong_fields(&refused).is_empty() && words.starts_with("Zalora refused these credentials: "), "{words}");
    assert!(words.ends_with("Check what you entered: Client ID, Client secret."), "{words}");
}

#[test]
fn access_that_has_to_be_fetched_or_has_ended_is_renewed_by_the_test_and_stored() {
    for kind in [lazada::KIND, shopee::KIND, zalora::KIND] {
        let mut shop = Shop::open();
        let market = Marketplaces::start(shop.app.clock());
        let access = market.marketplace.open_shop(LAZADA, kind);
        let address = format!("{}{}", market.address, access.api_path);
        let mut typed = vec![("api_url", address)];
        for field in registry::describe(kind).fields {
            typed.push((field.name, value(&access.credentials, field.name)));
        }
        let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = shop.form(kind.as_str()).submit(&typed).follow();
        market.marketplace.expire_access(LAZADA);
        let tested = page.submit_form(TEST, &[]);
        assert_eq!(tested.status, 303, "{kind:?}: {}", tested.text());
        let sealed = shop.connection().expect("a connection").credentials;
        let stored = shop.key.open(&store_code(LAZADA), &sealed).expect("credentials");
        let at_marketplace = market.marketplace.credentials(LAZADA).expect("credentials");
        assert!(stored.is_same(&at_marketplace), "{kind:?}: what was renewed is stored, since it renews once");
        assert_eq!(market.marketplace.calls(LAZADA).tokens, 1, "{kind:?}");
    }
}

#[test]
fn a_marketplace_that_does_not_answer_is_resumed_knowingly_and_nothing_is_typed_twice() {
    let (mut shop, api) = (Shop::open(), Answering::with(503));
    let page = shop.save(&api);
    let failed = page.submit_form(TEST, &[]);
    let words = failed.all(".error-summary").concat();
    assert!(failed.status == 422 && words.contains("No store answered at this address."), "{words}");
    assert!(!failed.body.contains(SECRET) && shop.is_paused());
    api.answer(200);
    assert_eq!(failed.submit_form(TEST, &[]).status, 303, "it is tried again with what was typed");
    api.answer(503);
    let form = shop.browser.get("/stores/lazada-sg/connection");
    let page = form.submit(&[("secret", "another secret")]).follow();
    let resumed = page.submit_form(RESUME, &[]);
    assert_eq!(resumed.location.as_deref(), Some(START), "{}", resumed.text());
    let refused = resumed.follow().press("Start pushing", &[]);
    assert!(refused.status == 422 && refused.text().contains("Test the connection first."), "{}", refused.text());
    let started = refused.submit_form("details form", &[]);
    assert_eq!((shop.secret(), shop.is_paused()), ("another secret".to_owned(), false));
    assert!(started.follow().text().contains("No test of this connection has succeeded yet"));
}

#[test]
fn secrets_are_sent_to_no_other_place_than_they_were_entered_for() {
    let (mut shop, api, other) = (Shop::open(), Answering::with(200), Answering::with(200));
    let page = shop.save(&api);
    let elsewhere = shop.browser.get("/stores/lazada-sg/connection").submit(&[("api_url", &other.address)]);
    assert_eq!((elsewhere.status, elsewhere.all("#secret-error").len()), (422, 1), "{}", elsewhere.text());
    let of_another_kind = elsewhere.submit(&[("kind", "lazada"), ("app_key", "1")]);
    assert_eq!(of_another_kind.status, 422, "secrets of one kind are none of another");
    let as_zalora = shop.form("zalora").submit(&[("api_url", &api.address), ("client_id", "1")]);
    assert_eq!(as_zalora.all("#client_secret-error"), ["Error: Enter a Client secret."]);
    page.submit_form(TEST, &[]).follow();
    assert_eq!((api.calls(), other.calls()), (1, 0), "the stored address is the one that is tested");
    let path = shop.browser.get("/stores/lazada-sg/connection").submit(&[("api_url", &format!("{}/x", api.address))]);
    assert_eq!(path.status, 303, "another path of the same place: {}", path.text());
    assert!(shop.is_paused(), "it is tested there as well");
}

const KEPT: &str = "It is saved, but not shown. Leave this empty to keep it.";

#[test]
fn secrets_that_are_kept_are_not_asked_for_when_another_field_is_wrong() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    shop.connect(&api);
    let form = shop.browser.get("/stores/lazada-sg/connection");
    for wrong in [&[("rate", "0")][..], &[("api_url", "shop")], &[("api_url", ""), ("rate", "0")]] {
        let refused = form.submit(wrong);
        assert_eq!(refused.all(".error-summary li").len(), wrong.len(), "{wrong:?}: {}", refused.text());
        assert!(refused.all("#secret-hint").concat().contains(KEPT), "{wrong:?}: {}", refused.text());
        let corrected = refused.submit(&[("api_url", &api.address), ("rate", "9")]);
        assert_eq!((corrected.status, shop.secret()), (303, SECRET.to_owned()), "{wrong:?}: {}", corrected.text());
    }
    assert_eq!(shop.form("lazada").submit(&[]).all("#app_secret-error"), ["Error: Enter an App secret."]);
}

#[test]
fn a_secret_that_was_typed_into_a_refused_form_is_not_said_to_be_kept() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    let refused = shop.form("webhook").submit(&[("api_url", &api.address), ("secret", SECRET), ("rate", "0")]);
    assert_eq!(refused.all("#secret-error"), ["Error: Enter the Secret again: it was not saved."]);
    assert!(!refused.all("#secret-hint").concat().contains(KEPT) && !refused.body.contains(SECRET));
    assert_eq!(refused.attribute("#api_url", "value"), Some(api.address.clone()), "what is no secret stays");
    shop.connect(&api);
    let form = shop.browser.get("/stores/lazada-sg/connection");
    let lost = form.submit(&[("api_url", "shop"), ("secret", "another one")]);
    assert!(!lost.all("#secret-hint").concat().contains(KEPT), "it would be the one before: {}", lost.text());
    assert_eq!(lost.all("#secret-error"), ["Error: Enter the Secret again: it was not saved."]);
}

#[test]
fn whoever_changes_the_address_is_told_why_secrets_are_asked_for_again() {
    let (mut shop, api, other) = (Shop::open(), Answering::with(200), Answering::with(200));
    shop.connect(&api);
    let form = shop.browser.get("/stores/lazada-sg/connection");
    let refused = form.submit(&[("api_url", &other.address), ("rate", "0")]);
    assert_eq!(refused.all("#secret-error"), ["Error: The address has changed: enter the Secret again."]);
    assert!(!refused.all("#secret-hint").concat().contains(KEPT), "{}", refused.text());
    let back = refused.submit(&[("api_url", &api.address), ("rate", "9")]);
    assert_eq!((back.status, other.calls()), (303, 0), "{}", back.text());
}

#[test]
fn without_a_key_nothing_is_saved_but_a_file() {
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no")]);
    add_stores(&app.database, &[LAZADA]);
    let (mut browser, api) = (app.signed_in(), Answering::with(200));
    let form = browser.get("/stores/lazada-sg/connection?kind=webhook");
    assert!(form.text().contains("Set FLASHSALE_CREDENTIALS_KEY on the server"), "{}", form.text());
    let refused = form.submit(&[("api_url", &api.address), ("secret", SECRET)]);
    assert_eq!((refused.status, api.calls()), (422, 0), "{}", refused.text());
    assert!(!refused.body.contains(SECRET));
    let saved = browser.get("/stores/lazada-sg/connection?kind=file").submit(&[]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let connection = read(&app.database, |conn| connections::find(conn, &store_code(LAZADA))).expect("connected");
    assert_eq!(connection.kind, file::KIND);
    assert!(saved.follow().text().contains("Connection to CSV file"));
}

#[test]
fn a_connection_is_tested_as_it_is_kept() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    shop.connect(&api);
    let page = shop.browser.get("/stores/lazada-sg");
    let before = shop.connection();
    let tested = page.submit_form(TEST, &[]).follow();
    assert!(tested.text().contains("the address and the credentials are right"), "{}", tested.text());
    for (status, words) in [(503, "Webhook answered 503"), (401, "Webhook answered 401")] {
        api.answer(status);
        let failed = page.submit_form(TEST, &[]);
        assert_eq!(failed.status, 422);
        assert!(failed.all(".error-summary").concat().contains(words), "{}", failed.text());
    }
    assert_eq!((shop.connection(), api.calls()), (before, 4), "a test that fails changes nothing");
}

#[test]
fn a_test_that_failed_is_said_to_those_who_come_later_and_with_what_to_do() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    let page = shop.save(&api);
    page.submit_form(TEST, &[]).follow();
    api.answer(503);
    let failed = page.submit_form(TEST, &[]);
    assert!(failed.all(".error-summary").concat().contains("Then test again."), "{}", failed.text());
    let later = shop.browser.get("/stores/lazada-sg");
    assert!(
        later.text().contains("The latest test failed, on 10 Nov 2026, 20:00: Webhook answered 503"),
        "{}",
        later.text()
    );
    shop.browser.get("/stores/lazada-sg/connection").submit(&[("rate", "9")]);
    assert!(
        shop.browser.get("/stores/lazada-sg").text().contains("The latest test failed"),
        "that is not about the rate"
    );
    api.answer(401);
    assert_eq!(later.submit_form(TEST, &[]).status, 422);
    let refused = shop.browser.get("/stores/lazada-sg").text();
    assert!(refused.contains("The latest test failed") && refused.contains("Webhook answered 401"), "{refused}");
    shop.browser.get("/stores/lazada-sg/connection").submit(&[("secret", "another secret")]);
    assert!(!shop.browser.get("/stores/lazada-sg").text().contains("The latest test failed"), "of other credentials");
    later.submit_form(TEST, &[]);
    api.answer(200);
    later.submit_form(TEST, &[]).follow();
    assert!(!shop.browser.get("/stores/lazada-sg").text().contains("The latest test failed"));
}

#[test]
fn what_a_test_found_is_said_as_it_is_stored() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    let page = shop.save(&api);
    let said = "The test call of 10 Nov 2026, 20:00 was answered";
    assert!(!shop.browser.get("/stores/lazada-sg?notice=tested").text().contains("was answered"));
    let tested = page.submit_form(TEST, &[]).follow();
    assert!(tested.text().contains(said) && tested.text().contains("Resume, and quantities are sent."));
    tested.submit_form(RESUME, &[]);
    let later = shop.browser.get("/stores/lazada-sg?notice=tested_paused").text();
    assert!(!later.contains("was answered") && later.contains("Tested 10 Nov 2026, 20:00"), "it is said once: {later}");
}

#[test]
fn a_connected_store_is_asked_before_a_file_replaces_its_connection() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    shop.connect(&api);
    let token = shop.browser.get("/stores/lazada-sg/connection").attribute("input[name=csrf_token]", "value");
    let (path, token) = ("/stores/lazada-sg/connection", token.expect("a token"));
    let unasked = shop.browser.post(path, &[("csrf_token", token.as_str()), ("kind", "file")]);
    assert_eq!((unasked.status, shop.secret()), (422, SECRET.to_owned()));
    assert!(unasked.all(".error-summary").concat().contains("Nothing was changed."), "{}", unasked.text());
    let asked = shop.form("file");
    assert!(asked.text().contains("its credentials for Webhook are deleted"), "{}", asked.text());
    let saved = asked.submit(&[]).follow();
    let connection = shop.connection().expect("a connection");
    assert_eq!((connection.kind, connection.credentials.as_str()), (file::KIND, ""));
    assert!(saved.text().contains("Last fetched by a program never"), "{}", saved.text());
    assert!(!shop.form("file").text().contains("are deleted"), "nothing is lost any more");
}

#[test]
fn a_slash_at_the_end_of_an_address_is_no_other_address() {
    let mut shop = Shop::open();
    let market = Marketplaces::start(shop.app.clock());
    let access = market.marketplace.open_shop(LAZADA, lazada::KIND);
    let address = format!("{}{}", market.address, access.api_path);
    let keys = |name: &'static str| (name, value(&access.credentials, name));
    let right = [
        ("api_url", address.clone()),
        keys("app_key"),
        keys("app_secret"),
        keys("access_token"),
        keys("refresh_token"),
    ];
    let typed: Vec<(&str, &str)> = right.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tested = shop.form("lazada").submit(&typed).follow().submit_form(TEST, &[]).follow();
    assert!(tested.text().contains("A refresh token counts once, so it is not tried"), "{}", tested.text());
    tested.submit_form(RESUME, &[]);
    let before = shop.connection();
    for slashes in ["/", "//"] {
        let form = shop.browser.get("/stores/lazada-sg/connection");
        let saved = form.submit(&[("api_url", &format!("{address}{slashes}"))]);
        assert_eq!(saved.location.as_deref(), Some("/stores/lazada-sg?notice=connected"), "{}", saved.text());
        assert_eq!(shop.connection(), before, "{slashes}");
    }
}

#[test]
fn a_store_is_disconnected_after_it_was_asked() {
    let (mut shop, api) = (Shop::open(), Answering::with(200));
    shop.form("webhook").submit(&[("api_url", &api.address), ("secret", SECRET)]);
    let asked = shop.browser.get("/stores/lazada-sg/disconnect");
    assert!(asked.text().contains("its credentials for Webhook are deleted"), "{}", asked.text());
    assert!(shop.connection().is_some());
    let gone = asked.submit(&[]).follow();
    assert!(gone.text().contains("Not connected") && shop.connection().is_none(), "{}", gone.text());
    let again = shop.browser.get("/stores/lazada-sg/disconnect");
    assert_eq!(again.location.as_deref(), Some("/stores/lazada-sg"));
}

#[test]
fn whatever_is_typed_into_the_form_of_a_connection_is_answered_with_what_to_do() {
    let mut shop = Shop::open();
    for typed in ["a\0b", "\u{202E}x", "<b>'; --", "-1", "99999999999999999999", &"x".repeat(5_000)] {
        for (kind, refusals) in [("lazada", 2), ("shopee", 4), ("zalora", 2), ("webhook", 2)] {
            let fields = ["api_url", "rate", "app_key", "partner_id", "shop_id", "client_id", "secret"];
            let typed: Vec<(&str, &str)> = fields.into_iter().map(|field| (field, typed)).collect();
            let page = shop.form(kind).submit(&typed);
            assert_eq!(page.status, 422, "{kind} {typed:?}");
            assert!(page.all(".error-summary li").len() >= refusals, "{kind} {typed:?}: {}", page.text());
        }
    }
    assert_eq!(shop.browser.get("/stores/nothing/connection").status, 404);
    assert_eq!(shop.browser.get("/stores/nothing/disconnect").status, 404);
}

#[test]
fn an_address_inside_the_own_network_is_reached_only_if_the_setting_allows_it() {
    let key = SealKey::random();
    let text = key.to_base64().expose_secret().to_owned();
    let settings =
        [("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", text.as_str()), ("FLASHSALE_PRIVATE_ADDRESSES", "no")];
    let app = TestApp::start_with(&settings);
    add_stores(&app.database, &[LAZADA]);
    add_sku(&app.database, "Product1", "Product 1", 100, &[LAZADA]);
    let browser = app.signed_in();
    let (mut shop, api) = (Shop { app, key, browser }, Answering::with(200));
    let port = api.address.rsplit(':').next().expect("a port").to_owned();
    for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1"]
    {
        let scheme = if host.starts_with("1") && !host.starts_with("127") { "https" } else { "http" };
        let typed = [("api_url", format!("{scheme}://{host}:{port}/"))];
        let refused = shop.form("webhook").submit(&[("api_url", &typed[0].1), ("secret", SECRET)]);
        assert_eq!(refused.status, 422, "{host}");
        let words = refused.all("#api_url-error").concat();
        assert!(words.contains("Use an address outside the network of this server"), "{host}: {words}");
    }
    assert!(shop.connection().is_none());
    // A connection of the time before the setting is not reached either.
    let input = ConnectionInput {
        store: store_code(LAZADA),
        kind: webhook::KIND,
        api_url: api.address.clone(),
        credentials: Some(shop.key.seal(&store_code(LAZADA), &webhook_credentials())),
        rate: 10,
        warehouse: None,
        shop: None,
    };
    let cause = Cause { actor: "test".to_owned(), at: shop.app.now(), reason: String::new() };
    shop.app.write(|conn| connect_store::run(conn, &cause, input.clone()).expect("connected"));
    let failed = shop.browser.get("/stores/lazada-sg").submit_form(TEST, &[]);
    assert!(failed.text().contains("No store answered at this address."), "{}", failed.text());
    assert_eq!((failed.status, api.calls()), (422, 0), "nothing was sent");
}

/// The credentials of a webhook with [`SECRET`].
fn webhook_credentials() -> Credentials {
    let values = [("secret".to_owned(), SECRET.into())].into();
    registry::describe(webhook::KIND).credentials(values).expect("all fields")
}

#[test]
fn before_a_test_has_succeeded_every_failure_but_refused_credentials_is_told_in_the_same_words() {
    let (mut shop, api) = (Shop::open(), Answering::with(404));
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let mut told = Vec::new();
    for (address, status) in [
        (api.address.clone(), 404),
        (api.address.clone(), 302),
        (api.address.clone(), 503),
        (format!("http://{closed}"), 0),
    ] {
        api.answer(status);
        let page = shop.form("webhook").submit(&[("api_url", &address), ("secret", SECRET)]).follow();
        told.push(page.submit_form(TEST, &[]).all(".error-summary").concat());
    }
    assert!(told[0].contains("No store answered at this address."), "{told:?}");
    assert!(told.iter().all(|words| *words == told[0]), "{told:?}");
}
