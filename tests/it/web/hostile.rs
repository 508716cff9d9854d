//! Every form of every page that links lead to, found by following them: each field gets hostile text, each
//! form loses its token, and each address is asked for things that are not there. A page that is new is tried as well.

use crate::{
    scene::{LAZADA, SHOPEE, article_shop, assert_verified, at, create, sale},
    support::{Browser, EMAIL, Page, TestApp, held_by, selector},
};
use flashsale::{domain::promotions::promotion::FlashSaleType::StockAllocation, web::query::href};
use scraper::Html;
use serde_json::json;
use std::collections::BTreeMap;

/// Hostile texts.
pub const TEXTS: [&str; 20] = [
    "",
    " ",
    "0",
    "-1",
    "1.5",
    "1e300",
    "-9223372036854775809",
    "99999999999999999999",
    "\u{0}",
    "a\u{0}b",
    "a\r\nb\u{7f}\u{1b}[31m",
    "\u{202e}gnp.exe",
    "حملة",
    "🎉👩‍👩‍👧‍👦",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE skus; --",
    "{{ 7 * 7 }}{% raw %}",
    "=HYPERLINK(\"http://evil.example\")",
    "../../etc/passwd",
];

/// What a form of ours needs beside the field that is tried, where its page leaves it empty.
const GOOD: [(&str, &str); 14] = [
    ("name", "Good"),
    ("code", "good"),
    ("seller_sku", "GOOD"),
    ("components", "Product1*2"),
    ("marketplace", "Lazada"),
    ("time_zone", "Asia/Singapore"),
    ("on_hand", "5"),
    ("buffer", "0"),
    ("counted", "100"),
    ("email", "good@example.com"),
    ("password", "twelve twelve sale"),
    ("type", "stock_allocation"),
    ("store", LAZADA),
    ("end", "2026-11-11T04:00"),
];

/// One form of a page.
struct Found {
    page: String,
    action: String,
    is_post: bool,
    /// What it would send as it is, where [`GOOD`] fills what is empty.
    filled: Vec<(String, String)>,
    /// Every name that it has, those of its buttons and of its unticked boxes among them, and whether a person types
    /// there.
    names: BTreeMap<String, bool>,
}

/// An address with a mark where it names one of many things, so that one of a kind is tried.
fn kind_of(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts: Vec<&str> = path.split('/').collect();
    let named = |at: usize| {
        at > 0 && matches!(parts[at - 1], "catalogue" | "stores") && !matches!(parts[at], "new" | "connect")
    };
    let kinds = parts.iter().enumerate().map(|(at, part)| if is_id(part) || named(at) { "*" } else { part });
    kinds.collect::<Vec<_>>().join("/")
}

/// Every page that links lead to from the dashboard: one of each kind, with an address of it.
fn pages(browser: &mut Browser, more: &[String]) -> BTreeMap<String, Page> {
    let (mut found, mut next) = (BTreeMap::new(), vec!["/".to_owned()]);
    next.extend(more.iter().cloned());
    while let Some(path) = next.pop() {
        let kind = kind_of(&path);
        if found.contains_key(&kind) {
            continue;
        }
        let page = browser.get(&path);
        if page.status == 303 {
            continue;
        }
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        let is_page = |href: &String| href.starts_with('/') && !href.starts_with("/static");
        next.extend(page.all_attributes("a", "href").into_iter().filter(is_page));
        found.insert(kind, page);
    }
    found
}

/// The forms of a page but the one that signs out.
fn forms(page: &Page) -> Vec<Found> {
    let html = Html::parse_document(&page.body);
    let one = |form: scraper::ElementRef<'_>| {
        let good = |name: &str| GOOD.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned());
        let mut filled = held_by(form);
        let control = selector("input, textarea, select, button");
        let is_typed = |field: scraper::ElementRef<'_>| field.attr("type") != Some("hidden");
        let names: BTreeMap<String, bool> =
            form.select(&control).filter_map(|field| Some((field.attr("name")?.to_owned(), is_typed(field)))).collect();
        filled.iter_mut().filter(|(_, value)| value.is_empty()).for_each(|(name, value)| {
            *value = good(name).unwrap_or_default();
        });
        let missing: Vec<&String> = names.keys().filter(|name| !filled.iter().any(|(held, _)| held == *name)).collect();
        let missing: Vec<(String, String)> =
            missing.into_iter().filter_map(|name| Some((name.clone(), good(name)?))).collect();
        filled.extend(missing);
        Found {
            page: page.path.clone(),
            action: form.attr("action").unwrap_or(&page.path).to_owned(),
            is_post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            filled,
            names,
        }
    };
    html.select(&selector("form")).map(one).filter(|form| form.action != "/sign-out").collect()
}

impl Found {
    /// Sends the form with `value` in the field `name`.
    fn send(&self, browser: &mut Browser, action: &str, name: &str, value: &str) -> Page {
        let others = self.filled.iter().filter(|(field, _)| field != name);
        let fields: Vec<(&str, &str)> =
            others.map(|(field, value)| (field.as_str(), value.as_str())).chain([(name, value)]).collect();
        if self.is_post { browser.post(action, &fields) } else { browser.get(&href(action, &fields)) }
    }
}

/// Whether an answer is one that a person can do something with, and holds nothing that runs.
fn is_answer(page: &Page, what: &str) {
    assert!([200, 303, 403, 404, 409, 413, 422, 429].contains(&page.status), "{what}: {}", page.status);
    assert!(!page.body.contains("<script") && !page.body.contains("<img src=x"), "{what}: it is not escaped");
    if page.status == 422 {
        assert!(page.title().starts_with("Error: "), "{what}: {}", page.title());
        assert!(!page.all(".error-summary li").is_empty(), "{what}: {}", page.text());
    }
}

/// A shop with something of everything, and the addresses that no link leads to.
fn shop() -> (TestApp, Browser, Vec<String>) {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), SHOPEE, StockAllocation, &[("Product1", 20)])).expect("20 fit");
    let details = browser.get("/promotions/new").submit(&[]).location.expect("a draft");
    let typed = [("name", "11.11"), ("type", "stock_allocation"), ("store", LAZADA), ("end", "2026-11-11T04:00")];
    let products = browser.get(&details).submit(&typed).follow();
    let added = products.submit(&[("press", "add"), ("add", "Product1")]).follow();
    let review = added.submit(&[("press", "continue"), ("quantity", "5")]).location.expect("the review");
    let file = "sku,name,on_hand,stores\nTEE,Tee,5,lazada-sg\nMUG,Mug,many,\n";
    let import = browser.get("/imports").submit_file("file", "catalogue.csv", file.as_bytes());
    browser.get("/settings/tokens").submit_form("main form.form", &[("name", "warehouse")]);
    let colleague = [("email", "eve@example.com"), ("password", "twelve twelve sale")];
    browser.get("/settings/users").submit_form("main form.form", &colleague);
    let line = json!({"id": "1", "seller_sku": "NOT-LISTED", "quantity": 1});
    let order = json!({"status": "open", "lines": [line]});
    app.api().put(&format!("/orders/{SHOPEE}/1"), &order).expect(200);
    app.signed_in();
    (app, browser, vec![details, review, import.location.expect("an import")])
}

#[test]
fn every_field_of_every_form_is_answered_with_what_to_do_whatever_is_typed() {
    let (app, mut browser, more) = shop();
    let pages = pages(&mut browser, &more);
    let all: Vec<Found> = pages.values().flat_map(forms).collect();
    let fields: usize = all.iter().map(|form| form.names.len()).sum();
    assert!(pages.len() >= 20 && all.len() >= 20 && fields >= 60, "{} {} {fields}", pages.len(), all.len());
    let long: String = (0_u64..60_000).map(|n| char::from(b'!' + (n * n % 89) as u8)).collect();
    for form in all {
        for (name, is_typed) in &form.names {
            for value in TEXTS.into_iter().chain([long.as_str()]).filter(|value| form.is_post || value.len() < 9_999) {
                let what = format!("{} → {} with {name}={value:.40?}", form.page, form.action);
                let answer = form.send(&mut browser, &form.action, name, value);
                if !is_typed && answer.status == 400 {
                    continue; // Our pages send no such form: the page that says so is all there is to do.
                }
                is_answer(&answer, &what);
                if name == "csrf_token" {
                    assert_eq!(answer.status, 403, "{what}");
                } else if answer.status == 303 {
                    is_answer(&answer.follow(), &what);
                }
            }
        }
        if form.is_post {
            let nobodys = app.browser().post(&form.action, &[]).location;
            assert!(nobodys.is_some_and(|to| to.starts_with("/sign-in?next=")), "{}", form.action);
        }
    }
    assert_eq!(app.signed_in().get("/").status, 200, "the tables are still there, and {EMAIL} can sign in");
    assert_verified(&app.database, app.now());
}

#[test]
fn every_address_is_asked_for_things_that_are_not_there() {
    let (app, mut browser, more) = shop();
    let pages = pages(&mut browser, &more);
    let foreign =
        ["x", "%00", "%FF", "~", "%2e%2e%2f", "0", "-1", "%F0%9F%8E%89", "'--", "019a0000-0000-7000-8000-000000000000"];
    let forms: Vec<Found> = pages.values().flat_map(forms).filter(|form| form.is_post).collect();
    let of_pages = pages.values().map(|page| (page.path.clone(), None));
    let of_forms = forms.iter().map(|form| (form.action.clone(), Some(form)));
    let mut tried = 0;
    for (path, form) in of_pages.chain(of_forms) {
        let kinds = kind_of(&path);
        for thing in foreign.iter().filter(|_| kinds.contains('*')) {
            let parts = kinds.split('/').zip(path.split(['?', '#']).next().unwrap_or_default().split('/'));
            let other: Vec<&str> = parts.map(|(kind, part)| if kind == "*" { thing } else { part }).collect();
            let other = other.join("/");
            let answer = match form {
                Some(form) => form.send(&mut browser, &other, "", ""),
                None => browser.get(&other),
            };
            // What was to be thrown away is gone: that is what was asked for.
            let is_gone = other.ends_with("/discard") && answer.status == 303;
            assert!(answer.status == 404 || is_gone, "{other}: {} {}", answer.status, answer.text());
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} addresses");
    for page in pages.values() {
        for name in
            ["q", "status", "type", "store", "flashsale", "kind", "after", "before", "refresh", "notice", "next"]
        {
            for value in TEXTS {
                let asked = href(page.path.split(['?', '#']).next().unwrap_or_default(), &[(name, value)]);
                let answer = browser.get(&asked);
                assert_eq!(answer.status, page.status, "{asked}");
                is_answer(&answer, &asked);
            }
        }
    }
    assert_eq!(app.browser().get("/settings/account").status, 303, "and no session was created");
}

#[test]
fn a_file_of_products_is_read_however_it_was_saved_or_refused_with_what_to_do() {
    let (_app, mut browser, more) = shop();
    let page = browser.get(&more[0].replace("details", "products"));
    let quantity = |page: &Page| page.attribute("#quantity-1", "value");
    for (units, file) in [
        ("7", &b"\xEF\xBB\xBFsku,quantity\r\nProduct1,7\r\n"[..]),
        ("8", b"SKU;Quantity\nProduct1;8"),
        ("9", b"\n\nProduct1\t9\t=1+1\n\n"),
    ] {
        let sent = page.submit_file_with("file", "rows.csv", file, &[("press", "rows")]);
        assert_eq!(sent.status, 303, "{}", sent.text());
        assert_eq!(quantity(&sent.follow()).as_deref(), Some(units));
    }
    let large = b"Product1,1\n".repeat(10_000_000);
    for (words, file) in [
        ("Paste rows or choose a file, with a SKU and a quantity", &b""[..]),
        ("Paste rows or choose a file, with a SKU and a quantity", b"sku,quantity\n"),
        ("this one is in another encoding", b"Caf\xE9,7\n"),
        ("this one is in another encoding", b"\xFF\xFEP\0r\0,\x007\0"),
        ("Row 1: Remove the hidden character", b"Prod\0uct1,7\n"),
        ("Row 2: give a SKU and a quantity", b"Product1,7\nProduct1"),
        ("there is no", b"=1+1,7\n"),
        ("Choose a file of at most 256 KiB", &large),
    ] {
        let sent = page.submit_file_with("file", "rows.csv", file, &[("press", "rows")]);
        assert_eq!((sent.status, sent.all("#rows-error").len()), (422, 1), "{words}: {}", sent.text());
        assert!(sent.text().contains(words), "{words}: {}", sent.text());
        assert_eq!(quantity(&sent).as_deref(), Some("5"), "{words}: what the form holds, and nothing of the file");
    }
}
