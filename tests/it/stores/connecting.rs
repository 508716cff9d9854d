//! Connecting stores by signing in at the simulated marketplaces: the whole way, and every way that it can go wrong.

use crate::{
    marketplaces::simulated::Marketplaces,
    program::Server,
    scene::{read, store_code},
    support::{Browser, Page, TestApp, held_by, selector},
    web::watching::{add_user, logging, sign_in},
};
use chrono::TimeDelta;
use flashsale::{
    db::stores::{
        self,
        connections::{self, Connection},
        permissions::{self, Permission},
    },
    demo::{
        self,
        marketplace::{Fault, NewShop},
    },
    domain::stores::connection::ConnectorKind,
    marketplaces::{Credentials, lazada, registry, seal::SealKey, shopee},
    web::query::href,
};
use scraper::Html;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;

pub const LAZADA_SHOP: &[NewShop] = &[NewShop { code: "nordic", name: "Nordic Home", country: "MY" }];
const SHOPEE_SHOP: &[NewShop] = &[NewShop { code: "tea", name: "Tea House", country: "ID" }];
const SEVERAL: &[NewShop] = &[
    NewShop { code: "main-th", name: "Main Thailand", country: "TH" },
    NewShop { code: "main-my", name: "Main Malaysia", country: "MY" },
    NewShop { code: "main-vn", name: "Main Vietnam", country: "VN" },
];
const CROSS_BORDER: &[NewShop] = &[
    NewShop { code: "cb-sg", name: "Borderless", country: "SG" },
    NewShop { code: "cb-vn", name: "Borderless", country: "VN" },
];

/// A server with an app at each simulated marketplace.
pub struct Seller {
    pub app: TestApp,
    pub key: SealKey,
    pub marketplaces: Marketplaces,
    pub browser: Browser,
    /// Every secret that was given out.
    secrets: BTreeSet<String>,
}

impl Seller {
    pub fn open() -> Self {
        let key = SealKey::random();
        let text = key.to_base64().expose_secret().to_owned();
        let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
        let marketplaces = Marketplaces::start(app.clock());
        let browser = app.signed_in();
        let mut seller = Self { app, key, marketplaces, browser, secrets: BTreeSet::new() };
        for kind in registry::with_apps() {
            let address = seller.app.address.clone();
            let keys = seller.marketplaces.marketplace.open_app(kind, Some(&address));
            seller.enter_app(kind, &keys);
        }
        let marketplace = &seller.marketplaces.marketplace;
        marketplace.open_account(lazada::KIND, "nordic@seller.example", LAZADA_SHOP);
        marketplace.open_account(lazada::KIND, "border@seller.example", CROSS_BORDER);
        marketplace.open_account(shopee::KIND, "tea@seller.example", SHOPEE_SHOP);
        marketplace.open_account(shopee::KIND, "main@seller.example", SEVERAL);
        seller
    }

    /// Moves the clock, and signs in again: no session lasts so long.
    pub fn advance_days(&mut self, days: i64) {
        self.app.advance(TimeDelta::days(days));
        self.browser = self.app.signed_in();
    }

    /// Enters an app, as an administrator does.
    fn enter_app(&mut self, kind: ConnectorKind, keys: &Credentials) {
        let address = self.marketplaces.address.clone();
        enter_app(&mut self.browser, kind, keys, &address);
        for field in registry::describe(kind).app().expect("it has apps").fields.iter().filter(|it| it.is_secret()) {
            self.secrets.insert(keys.value(field.name).expose_secret().to_owned());
        }
    }

    /// Chooses the marketplace and the country, and returns the marketplace's page.
    pub fn begin(&mut self, kind: &str, country: &str) -> Page {
        let begun = self.browser.get("/stores/connect").submit(&[("marketplace", kind), ("country", country)]);
        self.to_marketplace(&begun)
    }

    /// Follows the way to the marketplace.
    pub fn to_marketplace(&self, begun: &Page) -> Page {
        let location = begun.location.clone().unwrap_or_else(|| panic!("{}: {}", begun.status, begun.text()));
        assert!(begun.status == 303 && location.starts_with(&self.marketplaces.address), "{location}");
        Browser::at("").get(&location)
    }

    /// Where the marketplace leads back to.
    pub fn answer(&self, page: &Page, account: &str, answer: &str) -> String {
        let back = answered(&self.marketplaces.address, page, account, answer);
        let path = back.strip_prefix(&self.app.address).unwrap_or_else(|| panic!("{back} is not ours"));
        path.to_owned()
    }

    /// Goes the whole way to the page that shows what the seller permitted.
    pub fn permit(&mut self, kind: &str, country: &str, account: &str) -> Page {
        let page = self.begin(kind, country);
        let back = self.answer(&page, account, "allow");
        let came_back = self.browser.get(&back);
        let location = came_back.location.clone().unwrap_or_else(|| panic!("{}", came_back.text()));
        assert!(came_back.status == 303 && location.starts_with("/stores/connect/"), "{location}");
        self.browser.get(&location)
    }

    pub fn connection(&self, code: &str) -> Option<Connection> {
        read(&self.app.database, |conn| connections::find(conn, &store_code(code)))
    }

    pub fn permission(&self, code: &str) -> Permission {
        read(&self.app.database, |conn| permissions::of(conn, &store_code(code)))
    }

    pub fn credentials(&self, code: &str) -> Credentials {
        let sealed = self.connection(code).expect("a connection").credentials;
        self.key.open(&store_code(code), &sealed).expect("credentials")
    }

    /// Presses Test and Resume on the page of a store.
    pub fn test_and_resume(&mut self, code: &str) {
        let page = self.browser.get(&format!("/stores/{code}"));
        let tested = page.submit_form(&format!("form[action='/stores/{code}/test']"), &[]);
        assert_eq!(
            tested.location.as_deref(),
            Some(&*format!("/stores/{code}?notice=tested_paused")),
            "{}",
            tested.text()
        );
        let resumed = tested.follow().submit_form(&format!("form[action='/stores/{code}/resume']"), &[]);
        assert_eq!(resumed.status, 303, "{}", resumed.text());
        if resumed.location.as_deref() == Some(&*format!("/stores/{code}/start")) {
            let started = resumed.follow().press("Start pushing", &[]);
            assert_eq!(started.status, 303, "{}", started.text());
        }
    }

    fn has_no_secret(&self, page: &Page) {
        for secret in &self.secrets {
            assert!(!page.body.contains(secret), "{}: {secret}", page.path);
        }
    }
}

fn enter_app(browser: &mut Browser, kind: ConnectorKind, keys: &Credentials, address: &str) {
    let kind_word = kind.as_str();
    let name = |field: &str| format!("{kind_word}_{field}");
    let mut typed = vec![(name("addresses"), "other".to_owned()), (name("address"), address.to_owned())];
    for field in registry::describe(kind).app().expect("it has apps").fields {
        typed.push((name(field.name), keys.value(field.name).expose_secret().to_owned()));
    }
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = browser.get("/settings/marketplaces");
    let saved = page.submit_form(&format!("section[aria-labelledby={kind_word}] form"), &typed);
    assert_eq!(saved.status, 303, "{}", saved.text());
}

/// Presses a button on the page of a simulated marketplace, and returns where it leads.
fn answered(address: &str, page: &Page, account: &str, answer: &str) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let names = page.all_attributes("form input[type=hidden]", "name");
    let values = page.all_attributes("form input[type=hidden]", "value");
    let mut fields: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    fields.extend([("account", account), ("answer", answer)]);
    let path = page.attribute("form", "action").expect("a form");
    let pressed = Browser::at("").get(&href(&format!("{address}{path}"), &fields));
    pressed.location.clone().unwrap_or_else(|| panic!("{}: {}", pressed.status, pressed.text()))
}

/// A parameter of an address.
fn parameter(address: &str, name: &str) -> String {
    let (_, query) = address.split_once('?').expect("a query");
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{address} has no {name}")).to_owned()
}

/// Sends the page's form with one box not ticked.
fn submit_without(browser: &mut Browser, page: &Page, unticked: &str, typed: &[(&str, &str)]) -> Page {
    let html = Html::parse_document(&page.body);
    let form = html.select(&selector("main form[method=post]")).next().expect("a form");
    let mut fields = held_by(form);
    fields.retain(|(name, _)| name != unticked && typed.iter().all(|(of, _)| name != of));
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.extend(typed);
    browser.post(form.attr("action").expect("an action"), &fields)
}

fn errors(page: &Page) -> String {
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.title().starts_with("Error: Connect a store"), "{}", page.title());
    page.all(".error-summary li").join(" ")
}

#[test]
fn a_lazada_store_is_connected_from_the_press_of_a_button_to_its_first_test() {
    let mut seller = Seller::open();
    let stores = seller.browser.get("/stores");
    assert_eq!(stores.attribute("a[href='/stores/connect']", "href").as_deref(), Some("/stores/connect"));
    let page = seller.begin("lazada", "MY");
    assert!(
        page.text().contains("nordic@seller.example") && page.text().contains("Nordic Home (MY)"),
        "{}",
        page.text()
    );
    let back = seller.answer(&page, "nordic@seller.example", "allow");
    let came_back = seller.browser.get(&back);
    let permitted = came_back.follow();
    assert_eq!(permitted.title(), "Connect a store · flashsale");
    let filled = ["name", "code", "time_zone"].map(|field| permitted.attribute(&format!("#{field}-1"), "value"));
    assert_eq!(filled.map(Option::unwrap), ["Nordic Home", "lazada-my", "Asia/Kuala_Lumpur"]);
    assert_eq!(permitted.all("#country-1 option[selected]"), ["Malaysia"]);
    assert_eq!(permitted.attribute("#currency-1 option[selected]", "value").as_deref(), Some("MYR"));
    assert!(seller.connection("lazada-my").is_none(), "nothing is saved before the button is pressed");
    let saved = permitted.submit(&[("name-1", "Lazada MY")]);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-my/found"), "{}", saved.text());
    let found = saved.follow().text();
    assert!(found.contains("The store is connected. What it lists is being read."), "{found}");
    assert!(!found.contains("Fetch listings"), "it does already: {found}");
    let store = read(&seller.app.database, |conn| stores::find(conn, &store_code("lazada-my"))).expect("a store");
    assert_eq!((store.name.as_str(), store.marketplace.as_str()), ("Lazada MY", "Lazada"));
    let connection = seller.connection("lazada-my").expect("a connection");
    assert_eq!((connection.kind, connection.paused_at.is_some()), (lazada::KIND, true));
    assert_eq!(connection.api_url, format!("{}/rest", seller.marketplaces.address));
    let valid = seller.marketplaces.marketplace.credentials("nordic").expect("a shop");
    assert!(seller.credentials("lazada-my").is_same(&valid), "the tokens that the marketplace gave");
    let page = seller.browser.get("/stores/lazada-my");
    let facts = page.text();
    for fact in ["Access token until 10 Dec 2026", "Permission of the seller until 9 May 2027"] {
        assert!(facts.contains(fact), "{fact}: {facts}");
    }
    seller.test_and_resume("lazada-my");
    for token in [valid.access(), valid.refresh()] {
        seller.secrets.insert(token.expect("a token").secret.expose_secret().to_owned());
    }
    let again = seller.browser.get("/settings/marketplaces");
    for shown in [stores, came_back, permitted, page, again] {
        seller.has_no_secret(&shown);
    }
}

#[test]
fn a_store_that_does_not_answer_after_its_permission_says_so_on_its_page() {
    let mut seller = Seller::open();
    let permitted = seller.permit("shopee", "ID", "tea@seller.example");
    seller.marketplaces.marketplace.add_fault("tea", Fault::ServerError);
    let saved = permitted.submit(&[]);
    assert_eq!(saved.location.as_deref(), Some("/stores/shopee-id?notice=to_be_tested"), "{}", saved.text());
    let page = saved.follow();
    assert!(page.text().contains("No store answered at this address."), "{}", page.text());
    assert!(seller.connection("shopee-id").is_some_and(|connection| connection.tested_at.is_none()));
    seller.marketplaces.marketplace.clear_faults("tea");
    seller.test_and_resume("shopee-id");
}

#[test]
fn a_shopee_shop_is_connected_and_its_permission_ends_when_shopee_says() {
    let mut seller = Seller::open();
    let permitted = seller.permit("shopee", "ID", "tea@seller.example");
    let filled = ["name", "code", "time_zone"].map(|field| permitted.attribute(&format!("#{field}-1"), "value"));
    assert_eq!(filled.map(Option::unwrap), ["Tea House", "shopee-id", "Asia/Jakarta"]);
    assert_eq!(permitted.attribute("#currency-1 option[selected]", "value").as_deref(), Some("IDR"));
    let saved = permitted.submit(&[]);
    assert_eq!(saved.location.as_deref(), Some("/stores/shopee-id/found"), "{}", saved.text());
    let valid = seller.marketplaces.marketplace.credentials("tea").expect("a shop");
    assert!(seller.credentials("shopee-id").is_same(&valid));
    let permission = seller.permission("shopee-id");
    assert_eq!(permission.shop.as_deref(), Some(valid.id("shop_id")));
    assert_eq!(permission.permission_ends_at, Some(seller.app.now().plus(TimeDelta::days(335))));
    seller.test_and_resume("shopee-id");
}

#[test]
fn all_shops_of_a_main_account_are_offered_and_saved_together_or_not_at_all() {
    let mut seller = Seller::open();
    let permitted = seller.permit("shopee", "TH", "main@seller.example");
    assert_eq!(permitted.all("input[type=checkbox]").len(), 3);
    let codes: Vec<_> =
        (1..=3).map(|number| permitted.attribute(&format!("#code-{number}"), "value").unwrap()).collect();
    // The marketplace lists them by their codes: Malaysia, Thailand, Vietnam.
    assert_eq!(codes, ["shopee-my", "shopee-th", "shopee-vn"]);
    // One of two has a name that the other has as well: neither is saved.
    let typed = [("name-1", "Main"), ("name-2", "Main"), ("time_zone-3", "nowhere")];
    let refused = permitted.submit(&typed);
    assert!(errors(&refused).contains("there is no “nowhere”"), "{}", refused.text());
    assert_eq!(refused.attribute("#time_zone-3", "value").as_deref(), Some("nowhere"), "it is kept");
    let refused = submit_without(&mut seller.browser, &refused, "pick-3", &[]);
    assert!(errors(&refused).contains("already called Main"), "{}", refused.text());
    assert!(seller.connection("shopee-my").is_none(), "all or none");
    let saved = refused.submit(&[("name-2", "Other")]);
    assert_eq!(saved.location.as_deref(), Some("/stores"), "{}", saved.text());
    assert!(
        saved.follow().text().contains("2 stores are connected. What they list is being read."),
        "{}",
        saved.follow().text()
    );
    assert!(seller.connection("shopee-vn").is_none(), "it was not ticked");
    for code in ["shopee-my", "shopee-th"] {
        seller.test_and_resume(code);
    }
    // The tokens of the first four hours are one; then each shop renews with its own.
    seller.app.advance(TimeDelta::hours(5));
    for code in ["shopee-my", "shopee-th"] {
        let page = seller.browser.get(&format!("/stores/{code}"));
        let tested = page.submit_form(&format!("form[action='/stores/{code}/test']"), &[]);
        assert_eq!(tested.status, 303, "{code}: {}", tested.text());
    }
    let access = |code: &str| seller.credentials(code).access().expect("a token").secret.expose_secret().to_owned();
    assert_ne!(access("shopee-my"), access("shopee-th"));
}

#[test]
fn the_sites_of_a_cross_border_seller_renew_their_one_token_together() {
    let mut seller = Seller::open();
    let saved = seller.permit("lazada", "SG", "border@seller.example").submit(&[]);
    assert_eq!(saved.location.as_deref(), Some("/stores"), "{}", saved.text());
    let names = read(&seller.app.database, stores::all).iter().map(|store| store.name.clone()).collect::<Vec<_>>();
    assert_eq!(names, ["Borderless", "Borderless (Lazada VN)"]);
    let end = seller.permission("lazada-sg").permission_ends_at;
    seller.advance_days(31);
    for code in ["lazada-sg", "lazada-vn"] {
        let page = seller.browser.get(&format!("/stores/{code}"));
        let tested = page.submit_form(&format!("form[action='/stores/{code}/test']"), &[]);
        assert_eq!(tested.status, 303, "{code}: {}", tested.text());
        assert_eq!(seller.permission(code).permission_ends_at, end, "a renewal does not make the permission longer");
        assert_eq!(
            seller.permission(code).access_ends_at,
            Some(seller.app.now().plus(TimeDelta::days(30))),
            "its access begins anew"
        );
    }
    let valid = seller.marketplaces.marketplace.credentials("cb-sg").expect("a shop");
    for code in ["lazada-sg", "lazada-vn"] {
        assert!(seller.credentials(code).is_same(&valid), "{code}");
    }
    assert_eq!(seller.marketplaces.marketplace.calls("cb-sg").tokens, 1, "one renewal is enough for both");
}

#[test]
fn a_way_back_counts_once_in_time_and_in_its_own_session() {
    let mut seller = Seller::open();
    let page = seller.begin("lazada", "MY");
    let back = seller.answer(&page, "nordic@seller.example", "allow");
    // Somebody else's, in another session: it is refused there, and counts here all the same.
    let other = seller.app.signed_in().get(&back);
    assert!(errors(&other).contains("begun in another browser"), "{}", other.text());
    assert_eq!(seller.browser.get(&back).status, 303);
    let twice = seller.browser.get(&back);
    assert!(errors(&twice).contains("which counts once"), "{}", twice.text());
    let unknown = seller.browser.get("/connect/lazada?code=1&state=made-up");
    assert!(errors(&unknown).contains("was not begun here"), "{}", unknown.text());
    let without = seller.browser.get("/connect/lazada");
    assert!(errors(&without).contains("was not begun here"), "{}", without.text());
    assert_eq!(seller.browser.get("/connect/zalora?state=1").status, 404);
    // That of one marketplace does not count for another.
    let page = seller.begin("shopee", "ID");
    let back = seller.answer(&page, "tea@seller.example", "allow");
    let swapped = seller.browser.get(&back.replace("/connect/shopee", "/connect/lazada"));
    assert!(errors(&swapped).contains("was not begun here"), "{}", swapped.text());
    seller.app.advance(TimeDelta::minutes(10));
    let late = seller.browser.get(&back);
    assert!(errors(&late).contains("more than 10 minutes"), "{}", late.text());
    assert_eq!(read(&seller.app.database, stores::all).len(), 0, "nothing is half done");
    // What is on the page that says so leads on.
    let begun = late.submit(&[("marketplace", "shopee"), ("country", "ID")]);
    assert_eq!(seller.to_marketplace(&begun).status, 200);
}

#[test]
fn what_was_permitted_is_shown_to_its_session_alone_for_an_hour_and_saved_once() {
    let mut seller = Seller::open();
    let permitted = seller.permit("lazada", "MY", "nordic@seller.example");
    let path = permitted.path.clone();
    let other = seller.app.signed_in().get(&path);
    assert!(other.text().contains("begun in another browser"), "{}", other.text());
    let nothing = seller.browser.get("/stores/connect/made-up");
    assert!(nothing.text().contains("begin again"), "{}", nothing.text());
    assert_eq!(permitted.submit(&[]).status, 303);
    let twice = permitted.submit(&[("code-1", "other"), ("name-1", "Other")]);
    assert!(errors(&twice).contains("begin again"), "{}", twice.text());
    assert_eq!(read(&seller.app.database, stores::all).len(), 1);
    let permitted = seller.permit("shopee", "ID", "tea@seller.example");
    seller.app.advance(TimeDelta::hours(1));
    let late = permitted.submit(&[]);
    assert!(errors(&late).contains("older than an hour"), "{}", late.text());
    assert!(seller.connection("shopee-id").is_none());
}

#[test]
fn a_permission_that_is_denied_or_refused_connects_nothing_and_says_what_to_do() {
    let mut seller = Seller::open();
    for (kind, country) in [("lazada", "MY"), ("shopee", "ID")] {
        let page = seller.begin(kind, country);
        let back = seller.answer(&page, "", "deny");
        let denied = seller.browser.get(&back);
        assert!(errors(&denied).contains("the permission was not given"), "{}", denied.text());
        assert_eq!(denied.attribute("input[name=marketplace][checked]", "value").as_deref(), Some(kind));
        assert_eq!(denied.attribute("#country option[selected]", "value").as_deref(), Some(country));
        // A code of another permission, which counted already.
        let page = seller.begin(kind, country);
        let account = if kind == "lazada" { "nordic@seller.example" } else { "tea@seller.example" };
        let back = seller.answer(&page, account, "allow");
        let code = parameter(&back, "code");
        let refused = seller.browser.get(&back.replace(&code, "used-already"));
        let words = errors(&refused);
        assert!(words.contains("Nothing was connected") && words.to_lowercase().contains("begin again"), "{words}");
        assert!(words.contains("code"), "{words}");
        let page = seller.begin(kind, country);
        let back = seller.answer(&page, account, "allow");
        let without = seller.browser.get(&back.replace("code=", "other="));
        assert!(errors(&without).contains("without a code"), "{}", without.text());
    }
    assert_eq!(read(&seller.app.database, stores::all).len(), 0);
    let odd = seller.browser.get("/connect/lazada?error=%3Cscript%3Einvalid_scope");
    assert!(errors(&odd).contains("the error “scriptinvalid_scope”"), "{}", odd.text());
}

#[test]
fn keys_that_the_marketplace_refuses_lead_to_the_settings() {
    let mut seller = Seller::open();
    let real = seller.marketplaces.marketplace.open_app(lazada::KIND, None);
    let values = [("app_key", real.id("app_key")), ("app_secret", "not the secret")];
    let wrong = values.map(|(name, value)| (name.to_owned(), value.into()));
    let wrong = registry::describe(lazada::KIND).app_keys(wrong.into()).expect("all fields");
    seller.enter_app(lazada::KIND, &wrong);
    let page = seller.begin("lazada", "MY");
    let back = seller.answer(&page, "nordic@seller.example", "allow");
    let refused = seller.browser.get(&back);
    let words = errors(&refused);
    assert!(words.contains("Compare the keys of the Lazada app under Settings, Marketplaces"), "{words}");
    // An app that the marketplace does not know is told by the marketplace, and nobody comes back.
    let values = [("app_key", "1"), ("app_secret", "s")].map(|(name, value)| (name.to_owned(), value.into()));
    let unknown = registry::describe(lazada::KIND).app_keys(values.into()).expect("all fields");
    seller.enter_app(lazada::KIND, &unknown);
    let page = seller.begin("lazada", "MY");
    assert!(page.status == 400 && page.text().contains("App Key is unknown"), "{}", page.text());
}

#[test]
fn a_redirect_address_that_is_not_registered_is_told_by_the_marketplace() {
    let mut seller = Seller::open();
    for kind in registry::with_apps() {
        let keys = seller.marketplaces.marketplace.open_app(kind, Some("https://other.example"));
        seller.enter_app(kind, &keys);
        let page = seller.begin(kind.as_str(), "SG");
        assert_eq!(page.status, 400, "{}", page.text());
        assert!(page.text().contains("redirect"), "{}", page.text());
    }
}

#[test]
fn a_marketplace_that_cannot_be_reached_leaves_everything_as_it_was() {
    let mut seller = Seller::open();
    let page = seller.begin("lazada", "MY");
    let back = seller.answer(&page, "nordic@seller.example", "allow");
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let keys = seller.marketplaces.marketplace.open_app(lazada::KIND, None);
    enter_app(&mut seller.browser, lazada::KIND, &keys, &format!("http://{nobody}"));
    let refused = seller.browser.get(&back);
    let words = errors(&refused);
    assert!(words.contains("cannot be reached") && words.contains("Begin again in a minute"), "{words}");
    assert_eq!(read(&seller.app.database, stores::all).len(), 0);
}

#[test]
fn what_is_chosen_first_is_checked() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/stores/connect");
    assert_eq!(page.title(), "Connect a store · flashsale");
    assert!(page.has_button("Continue"));
    for text in ["FLASHSALE_CREDENTIALS_KEY", "register an app", "make an OAuth application"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    for (typed, error) in [
        (&[("marketplace", ""), ("country", "SG")][..], "Choose a marketplace."),
        (&[("marketplace", "zalora"), ("country", "SG")], "Choose a marketplace."),
        (&[("marketplace", "lazada"), ("country", "")], "Choose the country of the store."),
        (&[("marketplace", "lazada"), ("country", "BR")], "Lazada has stores in Singapore, Malaysia"),
        (&[("marketplace", "lazada"), ("country", "XX")], "there is no “XX”"),
        (&[("marketplace", "lazada"), ("country", "SG")], "FLASHSALE_CREDENTIALS_KEY"),
    ] {
        let refused = page.submit(typed);
        assert!(errors(&refused).contains(error), "{typed:?}: {}", refused.text());
    }
    let key = SealKey::random().to_base64().expose_secret().to_owned();
    let app = TestApp::start_with(&[("FLASHSALE_CREDENTIALS_KEY", &key)]);
    let refused = app.signed_in().get("/stores/connect").submit(&[("marketplace", "shopee"), ("country", "TW")]);
    assert!(errors(&refused).contains("Enter the Shopee app first"), "{}", refused.text());
}

#[test]
fn a_browser_may_follow_the_form_to_the_marketplace_and_no_other_page_s() {
    let mut seller = Seller::open();
    let policy = |page: &Page| page.headers["content-security-policy"].to_str().expect("text").to_owned();
    let connect = policy(&seller.browser.get("/stores/connect"));
    let allowed = format!("form-action 'self' {};", seller.marketplaces.address);
    assert!(connect.contains(&allowed), "{connect}");
    let refused = policy(&seller.browser.get("/connect/lazada?state=x"));
    assert!(refused.contains(&allowed), "{refused}");
    for path in ["/", "/stores", "/settings/marketplaces"] {
        let policy = policy(&seller.browser.get(path));
        assert!(policy.contains("form-action 'self';"), "{path}: {policy}");
    }
}

#[test]
fn the_log_has_neither_codes_nor_keys_nor_tokens() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = SealKey::random().to_base64().expose_secret().to_owned();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.as_str()), ("RUST_LOG", "trace"), ("FLASHSALE_PUSH", "no")];
    let (server, url, log): (Server, String, _) = logging(folder.path(), &settings);
    add_user(&url, crate::support::EMAIL);
    let mut browser = Browser::at(&server.address);
    assert_eq!(sign_in(&mut browser, crate::support::PASSWORD), 303);
    let marketplaces = Marketplaces::start(flashsale::clock::Clock::system());
    let keys = marketplaces.marketplace.open_app(lazada::KIND, None);
    enter_app(&mut browser, lazada::KIND, &keys, &marketplaces.address);
    marketplaces.marketplace.open_account(lazada::KIND, "nordic@seller.example", LAZADA_SHOP);
    let begun = browser.get("/stores/connect").submit(&[("marketplace", "lazada"), ("country", "MY")]);
    let page = Browser::at("").get(&begun.location.expect("the marketplace"));
    let back = answered(&marketplaces.address, &page, "nordic@seller.example", "allow");
    let code = parameter(&back, "code");
    let state = parameter(&back, "state");
    let came_back = browser.get(back.strip_prefix(&server.address).expect("ours"));
    assert_eq!(came_back.follow().submit(&[]).status, 303);
    let given = marketplaces.marketplace.credentials("nordic").expect("a shop");
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("permission_given") && log.contains("app_saved"), "{log}");
    let tokens =
        [given.access(), given.refresh()].map(|token| token.expect("a token").secret.expose_secret().to_owned());
    let app_secret = keys.value("app_secret").expose_secret().to_owned();
    for secret in [code, state, app_secret].into_iter().chain(tokens) {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
}

#[test]
fn a_visitor_of_the_demo_connects_the_store_that_is_left() {
    let key = SealKey::random();
    let text = key.to_base64().expose_secret().to_owned();
    let app = TestApp::start_with(&[("FLASHSALE_PUSH", "no"), ("FLASHSALE_CREDENTIALS_KEY", &text)]);
    demo::fill(&app.database, &app.clock()).expect("the demo's data");
    let marketplaces = Marketplaces::start(app.clock());
    let marketplace = &marketplaces.marketplace;
    demo::connect(&app.database, &app.clock(), marketplace, &marketplaces.address, &key).expect("connected");
    let mut browser = app.signed_in();
    let begun = browser.get("/stores/connect").submit(&[("marketplace", "lazada"), ("country", "MY")]);
    let page = Browser::at("").get(&begun.location.expect("the marketplace"));
    let back = answered(&marketplaces.address, &page, "outlet@seller.example", "allow");
    let permitted = browser.get(back.strip_prefix(&app.address).expect("ours")).follow();
    assert_eq!(permitted.attribute("#name-1", "value").as_deref(), Some("Demo Outlet"));
    let saved = permitted.submit(&[]);
    assert_eq!(saved.location.as_deref(), Some("/stores/lazada-my/found"), "{}", saved.text());
    // The demo's own store that nobody has connected yet. Its listings know the marketplace's ids already.
    let store = browser.get("/stores/shopee-vn");
    assert!(store.text().contains("Not connected"), "{}", store.text());
    let begun = store.submit_form("form[action='/stores/shopee-vn/reconnect']", &[]);
    let page = Browser::at("").get(&begun.location.expect("the marketplace"));
    let back = answered(&marketplaces.address, &page, "vietnam@seller.example", "allow");
    let saved = browser.get(back.strip_prefix(&app.address).expect("ours"));
    assert_eq!(saved.location.as_deref(), Some("/stores/shopee-vn?notice=tested"), "{}", saved.text());
    let resumed = saved.follow().submit_form("form[action='/stores/shopee-vn/resume']", &[]);
    assert_eq!(resumed.status, 303, "{}", resumed.text());
    // A store of the demo is connected: its seller's account cannot be connected a second time.
    let begun = browser.get("/stores/connect").submit(&[("marketplace", "lazada"), ("country", "SG")]);
    let page = Browser::at("").get(&begun.location.expect("the marketplace"));
    let back = answered(&marketplaces.address, &page, "lazada-sg", "allow");
    let taken = browser.get(back.strip_prefix(&app.address).expect("ours")).follow();
    assert!(taken.text().contains("already connected to the store Lazada SG"), "{}", taken.text());
    assert!(taken.has_button("Continue"));
}
