//! The tables of routes: every route has a permission, and every form has a page to return to.

use crate::{
    scene::{LAZADA, article_shop, at, create, sale, take},
    support::{Browser, EMAIL, PASSWORD, Page, TestApp},
};
use flashsale::{
    api, app,
    domain::{promotions::promotion::FlashSaleType, staff::permission::Access},
    web::routes::PageRoute,
};
use std::collections::HashMap;

/// The pages for people who are not signed in.
const PUBLIC: [&str; 5] = ["GET /sign-in", "POST /sign-in", "POST /sign-out", "GET /setup", "POST /setup"];

fn name(route: &PageRoute) -> String {
    format!("{} {}", route.method, route.path)
}

#[test]
fn every_route_of_the_pages_but_those_to_sign_in_needs_a_permission() {
    let app = TestApp::start();
    let (public, others): (Vec<PageRoute>, Vec<PageRoute>) =
        app::routes().into_iter().partition(|route| route.access == Access::Public);
    assert_eq!(public.iter().map(name).collect::<Vec<_>>(), PUBLIC);
    for route in others {
        let path = route.path.replace(['{', '}'], "");
        let mut browser = app.browser();
        let page = if route.method == "GET" { browser.get(&path) } else { browser.post(&path, &[]) };
        let to_sign_in = page.location.as_deref().is_some_and(|location| location.starts_with("/sign-in?next="));
        assert!(page.status == 303 && to_sign_in, "{}: {} {:?}", name(&route), page.status, page.location);
    }
}

#[test]
fn every_call_of_the_api_but_its_document_needs_a_permission() {
    let app = TestApp::start();
    let calls = api::calls();
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls {
        let path = format!("/api/v1{}", call.path.replace(['{', '}'], ""));
        let mut browser = app.browser();
        let answer = match call.method {
            "GET" => browser.get(&path),
            "POST" => browser.post(&path, &[]),
            "DELETE" => browser.delete(&path),
            method => browser.put(&path, method),
        };
        let expected = if call.path == "/openapi.json" { 200 } else { 401 };
        assert_eq!(answer.status, expected, "{} {path}", call.method);
        assert_eq!(call.access == Access::Public, expected == 200, "{} {path}", call.method);
    }
}

/// A shop with something at every address that has a name in it, and the path of each pattern.
pub(super) struct Shop {
    pub(super) app: TestApp,
    values: HashMap<&'static str, String>,
    draft: String,
    user: String,
    token: String,
    listing: String,
}

impl Shop {
    pub(super) fn new() -> Self {
        let (app, mut browser) = article_shop();
        let new = sale(at(0), LAZADA, FlashSaleType::StockAllocation, &[("Product1", 10)]);
        let promotion = create(&app.database, at(0), &new).expect("a promotion").id.to_string();
        take(&app.database, at(0), LAZADA, "1", &[("Product1", 1)]);
        let connected = browser.get("/stores/lazada-sg/connection?kind=file").submit(&[]);
        assert_eq!(connected.status, 303, "{}", connected.text());
        let draft = whole_draft(&mut browser);
        browser.get("/settings/tokens").submit(&[("name", "warehouse")]);
        let token = id_in(&browser.get("/settings/tokens"), "form[action$='/revoke']");
        let password = "another eleven eleven";
        browser.get("/settings/users").submit(&[("email", "second@example.com"), ("password", password)]);
        let ask = browser.get("/settings/users").attribute("a[href$='/disable']", "href").expect("a link");
        let user = ask.split('/').nth(3).expect("an id").to_owned();
        let values = HashMap::from([
            ("{code}", LAZADA.to_owned()),
            ("{store}", LAZADA.to_owned()),
            ("{number}", "1".to_owned()),
            ("{closing}", "ship".to_owned()),
            ("{marketplace}", "lazada".to_owned()),
            ("{sku}", "Product1".to_owned()),
            ("{id}", promotion),
        ]);
        browser.get("/stores/lazada-sg/listings/new").submit(&[("seller_sku", "PAIR"), ("components", "Product1*2")]);
        let edit = browser.get("/kits").attribute("a[href$='/edit']", "href").expect("a kit");
        let listing = edit.split('/').nth(4).expect("an id").to_owned();
        Self { app, values, draft, user, token, listing }
    }

    /// The address of a pattern.
    pub(super) fn path(&self, pattern: &str) -> String {
        let id = match pattern {
            _ if pattern.starts_with("/promotions/drafts/") => &self.draft,
            _ if pattern.starts_with("/settings/users/") => &self.user,
            _ if pattern.starts_with("/settings/tokens/") => &self.token,
            _ if pattern.starts_with("/stores/{code}/listings/") => &self.listing,
            _ => &self.values["{id}"],
        };
        let mut path = pattern.replace("{id}", id);
        for (name, value) in &self.values {
            path = path.replace(name, value);
        }
        path
    }
}

/// Makes a draft in which every step has what it needs, and returns its id.
fn whole_draft(browser: &mut Browser) -> String {
    let begun = browser.get("/promotions/new").submit(&[]);
    let address = begun.location.clone().expect("a draft");
    let details =
        [("name", "12.12"), ("type", "stock_allocation"), ("store", "shopee-sg"), ("end", "2026-11-11T04:00")];
    let products = begun.follow().submit(&details).follow();
    let added = products.submit(&[("press", "add"), ("add", "Product1")]).follow();
    let review = added.submit(&[("press", "continue"), ("quantity", "5")]);
    assert_eq!(review.status, 303, "{}", review.text());
    address.split('/').nth(3).expect("an id").to_owned()
}

/// The id in the action of a form.
fn id_in(page: &Page, css: &str) -> String {
    let action = page.attribute(css, "action").unwrap_or_else(|| panic!("no {css}: {}", page.text()));
    action.split('/').nth(3).expect("an id").to_owned()
}

#[test]
fn a_form_that_is_sent_after_its_session_has_ended_leads_to_a_page_that_exists() {
    let shop = Shop::new();
    let forms = app::routes().into_iter().filter(|route| route.method == "POST" && route.access != Access::Public);
    let mut sent = 0;
    for route in forms {
        let mut browser = shop.app.signed_in();
        browser.get("/").submit_form("header form", &[]);
        let back = signed_in_again(&mut browser, &shop.path(route.path));
        assert_eq!(back.status, 200, "{} leads to {}: {}", name(&route), back.path, back.text());
        sent += 1;
    }
    assert!(sent > 20, "{sent} forms");
}

/// Sends a form to `path`, signs in as asked, and returns the page that this leads to: a step of a draft may lead on to
/// the one before it.
fn signed_in_again(browser: &mut Browser, path: &str) -> Page {
    let sent = browser.post(path, &[]);
    assert_eq!(sent.status, 303, "{path}");
    let sign_in = sent.follow();
    assert!(sign_in.text().contains("You were signed out. Sign in to continue."), "{path}: {}", sign_in.text());
    let mut page = sign_in.submit(&[("email", EMAIL), ("password", PASSWORD)]).follow();
    while page.status == 303 {
        page = page.follow();
    }
    page
}

#[test]
fn ticked_orders_that_are_shipped_after_the_session_has_ended_lead_to_the_orders() {
    let shop = Shop::new();
    let mut browser = shop.app.signed_in();
    let orders = browser.get("/orders");
    browser.get("/").submit_form("header form", &[]);
    let action = "/orders/selected";
    assert!(orders.body.contains(action), "{}", orders.text());
    let back = signed_in_again(&mut browser, action);
    assert_eq!((back.status, back.path.as_str()), (200, "/orders"));
    let new = signed_in_again(&mut shop.app.browser(), "/orders");
    assert_eq!((new.status, new.path.as_str()), (200, "/orders/new"));
}

#[test]
fn the_push_log_is_found_where_it_was() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    for (before, now) in [
        ("/pushes", "/push-log"),
        ("/pushes?store=a%20b&outcome=failed", "/push-log?store=a%20b&outcome=failed"),
        ("/pushes.csv?sku=A", "/push-log.csv?sku=A"),
    ] {
        let page = browser.get(before);
        assert_eq!((page.status, page.location.as_deref()), (308, Some(now)));
        assert_eq!(page.follow().status, 200, "{now}");
    }
}

#[test]
fn an_address_with_a_slash_at_its_end_is_the_one_without() {
    let (app, mut browser) = article_shop();
    for (path, location) in [
        ("/catalogue/", "/catalogue"),
        ("/orders/?status=open&q=%2F", "/orders?status=open&q=%2F"),
        ("/catalogue/Product1//", "/catalogue/Product1"),
        ("/catalogue/a%2Fb/", "/catalogue/a%2Fb"),
        ("/api/v1/quantities/?store=lazada-sg", "/api/v1/quantities?store=lazada-sg"),
        ("/api/v1/orders/lazada-sg/1/ship/", "/api/v1/orders/lazada-sg/1/ship"),
    ] {
        let moved = browser.get(path);
        assert_eq!((moved.status, moved.location.as_deref()), (308, Some(location)), "{path}");
    }
    let moved = browser.post("/api/v1/orders/", &[]);
    assert_eq!((moved.status, moved.location.as_deref()), (308, Some("/api/v1/orders")));
    let mut stranger = app.browser();
    assert_eq!(stranger.get("/catalogue/").location.as_deref(), Some("/catalogue"));
    for path in
        ["/nothing/", "//", "//evil.example/", "///evil.example//", "/api/v1/nothing/", "/api/", "/catalogue/x/y/z/"]
    {
        let page = browser.get(path);
        assert_eq!((page.status, page.location.as_deref()), (404, None), "{path}");
    }
}
