//! Every form of every page that a route names, filled with values of its own, sent by each of its buttons: what was
//! typed is saved, or it is in the page that comes back. And once after the session has ended, and once with a token that
//! the browser has lost: then the form comes back filled, and nothing was done.

use super::routes::Shop;
use crate::{
    scene::{LAZADA, SHOPEE, ZALORA, add_sku, at, list, take},
    support::{Browser, EMAIL, PASSWORD, Page, selector},
};
use diesel::prelude::*;
use flashsale::{
    app, db,
    db::engine::schema::kept_forms,
    domain::{
        promotions::schedule,
        staff::permission::{Access, Role},
    },
};
use scraper::{ElementRef, Html};
use std::collections::BTreeSet;

/// What a field with this name takes, where it takes no text of any kind.
const VALUES: [(&str, &str); 19] = [
    ("end", "2026-11-12T05:06"),
    ("placed_at", "2026-11-10T19:08"),
    ("quantity", "11"),
    ("price", "43.21"),
    ("sku", "Product1"),
    ("components", "Product1*3"),
    ("kit_quantity", "7"),
    ("rows", "Product3,19"),
    ("on_hand", "59"),
    ("counted", "97"),
    ("buffer", "13"),
    ("code", "typed-code"),
    ("time_zone", "Europe/Berlin"),
    ("email", "typed@example.com"),
    ("api_url", "https://typed.example/quantities"),
    ("rate", "17"),
    ("from", "2026-11-01"),
    ("to", "2026-11-30"),
    ("q", "Product"),
];

/// A control of a form, and what a person does with it.
struct Control {
    name: String,
    kind: String,
    /// What is sent; nothing for a box that is not ticked.
    value: Option<String>,
    /// Whether a person typed or chose it.
    is_typed: bool,
}

struct Filled {
    action: String,
    controls: Vec<Control>,
    /// The name, the value and the words of each button that a person sees.
    buttons: Vec<(String, String, String)>,
}

fn attribute(element: ElementRef<'_>, name: &str) -> String {
    element.attr(name).unwrap_or_default().to_owned()
}

/// The addresses of the links that lead to another part of what a form is about: its other steps, and other pages of the list
/// that it has.
fn links_that_leave(page: &Page) -> Vec<String> {
    let places = ["form[method=post] .steps a", "form[method=post] .pager a", "form[method=post] .filters a"];
    let beside = ["main > .steps a", "main > .pager a"];
    places.into_iter().chain(beside).flat_map(|css| page.all_attributes(css, "href")).collect()
}

/// The forms of a page that are sent by POST, but the one that signs out, each filled.
fn fill(page: &Page) -> Vec<Filled> {
    let html = Html::parse_document(&page.body);
    let mut forms = Vec::new();
    for form in html.select(&selector("main form[method=post]")) {
        let mut controls = Vec::new();
        let mut chosen: BTreeSet<String> = BTreeSet::new();
        for field in form.select(&selector("input, textarea, select")) {
            if let Some(control) = filled(field, &controls, &mut chosen) {
                controls.push(control);
            }
        }
        let mut buttons = Vec::new();
        for button in form.select(&selector("button")) {
            if !attribute(button, "class").contains("visually-hidden") {
                let words = button.text().collect::<String>().trim().to_owned();
                buttons.push((attribute(button, "name"), attribute(button, "value"), words));
            }
        }
        let action = form.attr("action").unwrap_or(&page.path).to_owned();
        forms.push(Filled { action, controls, buttons });
    }
    forms
}

/// `chosen` has the names of the groups of radios and boxes of which one was chosen.
fn filled(field: ElementRef<'_>, before: &[Control], chosen: &mut BTreeSet<String>) -> Option<Control> {
    let name = field.attr("name")?.to_owned();
    let kind = match field.value().name() {
        "input" => attribute(field, "type"),
        other => other.to_owned(),
    };
    let now = attribute(field, "value");
    let nth = before.iter().filter(|control| control.name == name).count();
    let (value, is_typed) = match kind.as_str() {
        "hidden" => (Some(now), false),
        "file" => return None,
        "checkbox" => {
            let is_checked = field.attr("checked").is_some();
            let is_first = !is_checked && chosen.insert(name.clone());
            ((is_first || is_checked).then_some(now), is_first)
        }
        "radio" => {
            let is_first = chosen.insert(name.clone());
            (is_first.then_some(now), is_first)
        }
        "select" => {
            let last = field.select(&selector("option")).last().map(|option| attribute(option, "value"));
            (Some(last.unwrap_or_default()), true)
        }
        // The start means now.
        _ if name == "start" => (Some(now), false),
        "password" => (Some(format!("the secret of {name}")), true),
        _ => (Some(typed(&name, nth)), true),
    };
    Some(Control { name, kind, value, is_typed })
}

/// A value for the field `name`, the `nth` with this name: each is different.
fn typed(name: &str, nth: usize) -> String {
    let fixed = VALUES.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned());
    match (name, fixed) {
        ("quantity", Some(fixed)) => (fixed.parse::<usize>().expect("a number") + 2 * nth).to_string(),
        ("price", Some(_)) => format!("4{nth}.21"),
        ("sku", Some(_)) => format!("Product{}", nth % 3 + 1),
        (_, Some(fixed)) => fixed,
        // The marketplace's ids are numbers on some.
        (_, None) => format!("Typed {name} {nth}"),
    }
}

impl Filled {
    fn fields<'a>(&'a self, button: Option<&'a (String, String, String)>) -> Vec<(&'a str, &'a str)> {
        let mut fields = Vec::new();
        for control in &self.controls {
            if let Some(value) = &control.value {
                fields.push((control.name.as_str(), value.as_str()));
            }
        }
        if let Some((name, value, _)) = button.filter(|(name, ..)| !name.is_empty()) {
            fields.push((name, value));
        }
        fields
    }

    /// What was typed and may come back: passwords do not.
    fn shown(&self) -> impl Iterator<Item = (&str, &str)> {
        let typed = self.controls.iter().filter(|control| control.is_typed && control.kind != "password");
        typed.filter_map(|control| {
            Some((control.name.as_str(), control.value.as_deref().filter(|text| !text.is_empty())?))
        })
    }
}

/// The values that the controls of a page's forms have, with their names.
fn held(page: &Page) -> BTreeSet<(String, String)> {
    let html = Html::parse_document(&page.body);
    let mut held = BTreeSet::new();
    for form in html.select(&selector("main form[method=post]")) {
        held.extend(crate::support::held_by(form).into_iter().map(|(name, value)| (name, value.trim().to_owned())));
    }
    held
}

/// Whether a page has `value`, in a field or in its text, as pages write it.
fn has(page: &Page, name: &str, value: &str) -> bool {
    let mut words = vec![value.to_owned()];
    for (code, name) in [(LAZADA, "Lazada SG"), (SHOPEE, "Shopee SG"), (ZALORA, "Zalora SG")] {
        if code == value {
            words.push(name.to_owned());
        }
    }
    words.extend(Role::parse(value).map(|role| role.label().to_owned()));
    if let Ok(at) = schedule::parse_local("time", value, chrono_tz::Tz::Asia__Singapore) {
        words.push(schedule::display(at, chrono_tz::Tz::Asia__Singapore));
    }
    // Rows become products with a quantity.
    let is_there = |part: &str| page.text().contains(part) || held(page).iter().any(|(_, value)| value == part);
    held(page).contains(&(name.to_owned(), value.to_owned()))
        || page.path.contains(value)
        || words.iter().any(|words| is_there(words))
        || name == "rows" && value.split(',').all(is_there)
}

/// The addresses of the pages that have a form, from the routes.
fn form_pages(shop: &Shop) -> Vec<String> {
    let forms = app::routes().into_iter().filter(|route| route.method == "POST" && route.access != Access::Public);
    let patterns: BTreeSet<&str> = forms.map(|route| route.form_page).collect();
    let mut pages = Vec::new();
    for pattern in patterns {
        let path = shop.path(pattern);
        match pattern {
            "/stores/{code}/connection" => {
                pages.extend(["webhook", "lazada", "shopee"].map(|kind| format!("{path}?kind={kind}")));
            }
            "/orders/{store}/{number}/{closing}" => pages.extend([path.clone(), path.replace("ship", "cancel")]),
            _ => pages.push(path),
        }
    }
    pages
}

fn shop() -> Shop {
    let shop = Shop::new();
    for code in ["Product2", "Product3"] {
        add_sku(&shop.app.database, code, code, 90, &["lazada-sg", "shopee-sg", "zalora-sg"]);
    }
    add_sku(&shop.app.database, "Product4", "Product4", 90, &[LAZADA]);
    list(&shop.app.database, at(0), "Product4", &[]).expect("retiring");
    shop
}

/// Every page where something that was sent may be found: where the answer leads, the page itself, and the lists.
fn pages_after(browser: &mut Browser, answer: Page, page: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut next = answer;
    while next.status == 303 {
        let follow = next.follow();
        pages.push(next);
        next = follow;
    }
    pages.push(next);
    let draft = |step: &str| page.replace("details", step).replace("products", step).replace("review", step);
    let lists = ["/settings/users", "/settings/tokens", "/stores/typed-code/edit"];
    let mut more = vec![page.to_owned()];
    more.extend(lists.map(str::to_owned));
    if page.contains("/drafts/") {
        more.extend(["details", "products", "review"].map(draft));
    }
    if page.ends_with("/edit") {
        more.push(page.trim_end_matches("/edit").to_owned());
    }
    for path in more {
        let page = browser.get(&path);
        if page.status == 200 {
            pages.push(page);
        }
    }
    pages
}

#[test]
fn whatever_is_typed_is_saved_or_comes_back_whichever_button_is_pressed() {
    let mut sent = 0;
    for (at, _) in form_pages(&shop()).into_iter().enumerate() {
        let mut nth = 0;
        loop {
            // A shop of its own for each button: some of them leave nothing to press another on.
            let shop = shop();
            let path = form_pages(&shop).swap_remove(at);
            let mut browser = shop.app.signed_in();
            let page = browser.get(&path);
            assert_eq!(page.status, 200, "{path}");
            let forms = fill(&page);
            let all: Vec<_> =
                forms.iter().flat_map(|form| form.buttons.iter().map(move |button| (form, button))).collect();
            let Some((form, button)) = all.get(nth) else { break };
            nth += 1;
            if form.shown().next().is_none() {
                continue;
            }
            let answer = browser.post(&form.action, &form.fields(Some(button)));
            let what = format!("{path}: {:?} pressed, answered with {} {:?}", button.2, answer.status, answer.location);
            assert!([200, 303, 422].contains(&answer.status), "{what}: {}", answer.text());
            let pages = pages_after(&mut browser, answer, &path);
            for (name, value) in form.shown() {
                // What a person searches for is no input, and neither is what to do with an order that was recorded.
                let is_filter = matches!(name, "q" | "find" | "mapping") || path == "/orders" && name != "order";
                let is_search = is_filter && !matches!(button.1.as_str(), "search" | "find" | "apply");
                let is_done = name == "if_short" && pages[0].status == 303;
                // An end that a button sets replaces the typed one.
                let is_set = name == "end" && button.1.starts_with("end_");
                // A row that is removed is gone.
                let is_removed = button.0 == "remove" && name == "quantity";
                let is_there = pages.iter().any(|page| has(page, name, value));
                let is_right = is_there || is_search || is_removed || is_done || is_set;
                assert!(is_right, "{what}: {name}={value} is nowhere: {}", pages[0].text());
            }
            sent += 1;
        }
    }
    assert!(sent > 20, "{sent} presses");
}

/// Signs in at the page that `sent` leads to, and returns the page that comes after.
fn sign_in_again(sent: &Page, email: &str) -> Page {
    let sign_in = sent.follow();
    assert!(sign_in.text().contains("You were signed out. Sign in to continue."), "{}", sign_in.text());
    let mut page = sign_in.submit(&[("email", email), ("password", PASSWORD)]).follow();
    while page.status == 303 {
        page = page.follow();
    }
    page
}

#[test]
fn a_form_that_is_sent_after_its_session_has_ended_comes_back_filled_and_is_not_executed() {
    let shop = shop();
    let mut browser = shop.app.signed_in();
    let mut sent = 0;
    for path in form_pages(&shop) {
        let page = browser.get(&path);
        for form in fill(&page) {
            browser.get("/").submit_form("header form", &[]);
            let answer = browser.post(&form.action, &form.fields(form.buttons.first()));
            assert_eq!(answer.status, 303, "{path}");
            let back = sign_in_again(&answer, EMAIL);
            assert_eq!(back.status, 200, "{path}");
            let words = back.text();
            assert!(words.contains("You were signed out: what you typed is here. Look at it and"), "{path}: {words}");
            for (name, value) in form.shown() {
                let pair = (name.to_owned(), value.to_owned());
                assert!(held(&back).contains(&pair), "{path}: {name}={value} is not in {:?}", held(&back));
            }
            // The page of the account lists the sessions: there is another one now.
            let is_same = path == "/settings/account" || browser.get(&path).text() == page.text();
            assert!(is_same, "{path}: something was done: {}", browser.get(&path).text());
            sent += 1;
        }
    }
    assert!(sent > 20, "{sent} forms");
    let read =
        |conn: &mut db::Conn| Ok::<_, db::Error>(kept_forms::table.select(kept_forms::fields).load::<String>(conn)?);
    let kept = shop.app.database.read_blocking(read).expect("a read");
    assert!(kept.len() <= 5 && !kept.is_empty(), "few are kept for one person: {}", kept.len());
    assert!(kept.iter().all(|fields| !fields.contains("secret")), "{kept:?}");
}

#[test]
fn what_one_person_typed_is_not_shown_to_another_and_not_for_long() {
    let shop = shop();
    let mut browser = shop.app.signed_in();
    let other = [("email", "third@example.com"), ("password", PASSWORD)];
    browser.get("/settings/users").submit_form("main form.form", &other);
    let page = browser.get("/stores/new");
    browser.get("/").submit_form("header form", &[]);
    let sent = page.submit(&[("name", "Typed store")]);
    assert!(sent.follow().text().contains("What you typed is kept."), "{}", sent.follow().text());
    let others = sign_in_again(&sent, "third@example.com");
    assert_eq!((others.status, others.text().contains("what you typed")), (200, false), "{}", others.text());
    let mine = sign_in_again(&sent, EMAIL);
    assert_eq!(mine.attribute("#name", "value").as_deref(), Some("Typed store"));
    shop.app.advance(chrono::TimeDelta::minutes(31));
    let later = browser.get(&mine.path);
    assert_eq!((later.status, later.attribute("#name", "value").as_deref()), (200, Some("")));
}

#[test]
fn an_expired_form_comes_back_filled() {
    let shop = shop();
    let mut browser = shop.app.browser();
    let form = browser.get("/sign-in");
    let entered = form.submit(&[("email", EMAIL), ("password", PASSWORD)]);
    let cookie = entered.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a cookie").to_owned();
    let page = browser.get("/catalogue/Product1/stocktake");
    let token = page.attribute("input[name=csrf_token]", "value").expect("a token");
    let fields = [("csrf_token", token.as_str()), ("counted", "97"), ("reason", "the yearly count")];
    // A browser that has lost its token, but not its session.
    let mut lost = shop.app.browser();
    let sent = lost.post_with("/catalogue/Product1/stocktake", &[("Cookie", &cookie)], &fields);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let location = sent.location.clone().expect("the form");
    let back = shop.app.browser().get_with(&location, &[("Cookie", &cookie)]);
    let words = "The form had expired: what you typed is here. Look at it and press “Record stocktake” again.";
    assert!(back.text().contains(words), "{}", back.text());
    assert_eq!(back.attribute("#counted", "value").as_deref(), Some("97"));
    assert_eq!(back.attribute("#reason", "value").as_deref(), Some("the yearly count"));
    assert!(browser.get("/catalogue/Product1").text().contains("100"), "nothing was done");
    // A browser with another token: the form may be of another tab, or of somebody else.
    let mut other = shop.app.signed_in();
    let refused = other.post("/catalogue/Product1/stocktake", &fields);
    assert_eq!((refused.status, refused.all("h1")), (403, vec!["This form has expired".to_owned()]));
    let again = other.get(&refused.attribute("main a.button", "href").expect("a link"));
    assert_eq!(again.attribute("#counted", "value").as_deref(), Some("97"));
}

/// A shop with more than a page of everything that a form lists.
fn big_shop() -> Shop {
    let shop = shop();
    for nth in 0..60 {
        let code = format!("Many-{nth:02}");
        add_sku(&shop.app.database, &code, &code, 90, &[LAZADA, SHOPEE, ZALORA]);
        take(&shop.app.database, at(0), LAZADA, &format!("N-{nth:02}"), &[(&code, 1)]);
    }
    let mut browser = shop.app.signed_in();
    let rows: String = (0..60).map(|nth| format!("Many-{nth:02},1\n")).collect();
    for pattern in ["/promotions/drafts/{id}/products", "/promotions/{id}/edit"] {
        let sent = browser.get(&shop.path(pattern)).submit(&[("press", "rows"), ("rows", &rows)]);
        assert_eq!(sent.status, 303, "{}", sent.text());
    }
    shop
}

#[test]
fn no_link_leaves_what_a_form_is_about_without_its_button() {
    let shop = big_shop();
    let mut browser = shop.app.signed_in();
    let mut turned = 0;
    for path in form_pages(&shop) {
        let page = browser.get(&path);
        assert_eq!(page.status, 200, "{path}");
        let has_input = fill(&page).iter().any(|form| form.shown().next().is_some());
        assert!(!has_input || links_that_leave(&page).is_empty(), "{path}: {:?}", links_that_leave(&page));
        turned += usize::from(page.has_button("Next"));
    }
    assert_eq!(turned, 4, "the orders, the listings, the products of a draft and those of an edit");
}
