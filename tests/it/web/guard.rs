//! The checks around every request: forms of other sites, headers, cookies, panics, and hostile fields.

use crate::support::{Browser, EMAIL, PASSWORD, Page, TestApp};
use actix_web::{App, HttpServer, middleware::from_fn, web};
use flashsale::{api, web::guard};
use std::{io::ErrorKind, net::TcpListener};

const STORE: [(&str, &str); 4] =
    [("name", "Lazada SG"), ("code", "lazada-sg"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];

fn token_of(browser: &mut Browser) -> String {
    browser.get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token")
}

/// Sends the form of a new store with a token, as a page at some other place would.
fn add_store(browser: &mut Browser, token: &str, headers: &[(&str, &str)]) -> u16 {
    let fields: Vec<(&str, &str)> = STORE.into_iter().chain([("csrf_token", token)]).collect();
    browser.post_with("/stores", headers, &fields).status
}

#[test]
fn a_form_without_the_token_of_its_browser_changes_nothing() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let (mine, other) = (token_of(&mut browser), token_of(&mut app.signed_in()));
    assert_eq!(browser.post("/stores", &STORE).status, 403, "none");
    for token in ["", "x", &other, &mine[1..], &format!("{mine}x"), "\u{0}", "%00"] {
        assert_eq!(add_store(&mut browser, token, &[]), 403, "{token}");
    }
    let foreign = browser.post("/stores", &STORE);
    assert!(foreign.text().contains("This form has expired"), "{}", foreign.text());
    assert!(browser.get("/stores").text().contains("No stores yet"));
    assert_eq!(add_store(&mut browser, &mine, &[]), 303);
}

#[test]
fn a_form_that_a_browser_says_comes_from_elsewhere_changes_nothing_even_with_the_token() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let token = token_of(&mut browser);
    let own_host = app.address.trim_start_matches("http://").to_owned();
    for headers in [
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site"), ("Origin", app.address.as_str())],
        vec![("Origin", "https://evil.example")],
        vec![("Origin", "null")],
        vec![("Origin", "")],
        vec![("Origin", own_host.as_str())],
        vec![("Origin", "http://evil.example"), ("X-Forwarded-Host", "evil.example")],
        vec![("Origin", "http://evil.example"), ("Forwarded", "host=evil.example")],
    ] {
        assert_eq!(add_store(&mut browser, &token, &headers), 403, "{headers:?}");
    }
    let fields: Vec<(&str, &str)> = STORE.into_iter().chain([("csrf_token", token.as_str())]).collect();
    let refused = browser.post_with("/stores", &[("Origin", "https://sale.example")], &fields);
    let words = format!("The form came from https://sale.example, and this server was asked as {own_host}.");
    assert!(
        refused.text().contains(&words) && refused.text().contains("FLASHSALE_PUBLIC_ORIGIN"),
        "{}",
        refused.text()
    );
    assert!(browser.get("/stores").text().contains("No stores yet"));
    assert_eq!(add_store(&mut browser, &token, &[("Origin", &app.address)]), 303);
    let again = [("Sec-Fetch-Site", "same-origin"), ("Origin", app.address.as_str())];
    assert_eq!(add_store(&mut browser, &token, &again), 422, "there is one of that code");
}

#[test]
fn behind_a_proxy_the_public_origin_alone_is_ours() {
    let app = TestApp::start_with(&[("FLASHSALE_PUBLIC_ORIGIN", "http://sale.example")]);
    let mut browser = app.signed_in();
    let token = token_of(&mut browser);
    assert_eq!(add_store(&mut browser, &token, &[("Origin", &app.address)]), 403);
    assert_eq!(add_store(&mut browser, &token, &[("Origin", "http://sale.example")]), 303);
}

#[test]
fn every_answer_tells_browsers_to_be_careful_and_pages_are_kept_by_nobody() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    for (path, status, kept) in [
        ("/stores", 200, "private, no-store"),
        ("/sign-in", 200, "private, no-store"),
        ("/setup", 404, "private, no-store"),
        ("/nothing-here", 404, "private, no-store"),
        ("/api/v1/nothing-here", 404, "private, no-store"),
        ("/static/nothing-here.css", 404, "private, no-store"),
        ("/static/css/app.css?v=1", 200, "public, max-age=31536000, immutable"),
        ("/static/samples/catalogue.csv", 200, "private, no-store"),
    ] {
        let page = browser.get(path);
        assert_eq!(page.status, status, "{path}");
        let header = |name: &str| page.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), kept, "{path}");
        assert_eq!(header("strict-transport-security"), "", "not without HTTPS");
    }
    let refused = browser.post("/stores", &STORE);
    assert_eq!((refused.status, &refused.headers["cache-control"]), (403, &"private, no-store".parse().expect("text")));
}

#[test]
fn whoever_watches_the_server_may_ask_for_the_headers_alone() {
    let app = TestApp::start();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    for (path, status) in [
        ("/sign-in", 200),
        ("/", 303),
        ("/nothing-here", 404),
        ("/static/css/app.css", 200),
        ("/api/v1/openapi.json", 200),
    ] {
        let mut answer = agent.head(&format!("{}{path}", app.address)).call().expect("an answer");
        let body = answer.body_mut().read_to_string().expect("a body");
        assert_eq!((answer.status().as_u16(), body.as_str()), (status, ""), "{path}");
    }
}

/// The cookies that an answer sets.
fn cookies(page: &Page) -> Vec<String> {
    page.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text").to_owned()).collect()
}

#[test]
fn cookies_are_read_by_no_script_and_go_through_https_alone_where_people_do() {
    let app = TestApp::start();
    let mut browser = app.browser();
    let form = browser.get("/sign-in");
    let set = [cookies(&form), cookies(&form.submit(&[("email", EMAIL), ("password", PASSWORD)]))].concat();
    assert_eq!(set.len(), 3);
    for (cookie, name) in set.iter().zip(["flashsale_csrf=", "flashsale_session=", "flashsale_device="]) {
        assert!(cookie.starts_with(name), "{cookie}");
        assert!(["; HttpOnly", "; SameSite=Lax", "; Path=/"].iter().all(|part| cookie.contains(part)), "{cookie}");
        assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    }
    assert!(set[1].contains("; Max-Age=604800"), "{}", set[1]);

    let app = TestApp::start_with(&[("FLASHSALE_PUBLIC_ORIGIN", "https://sale.example")]);
    let page = app.browser().get("/sign-in");
    let csrf = cookies(&page).remove(0);
    assert!(csrf.starts_with("__Host-flashsale_csrf=") && csrf.contains("; Secure"), "{csrf}");
    assert_eq!(page.headers["strict-transport-security"], "max-age=31536000");
    // The test's browser sends no such cookie back through HTTP, as real ones would not either.
    let pair = csrf.split(';').next().expect("a cookie").to_owned();
    let fields = [("email", EMAIL), ("password", PASSWORD), ("csrf_token", pair.split_once('=').expect("a cookie").1)];
    let session = cookies(&app.browser().post_with("/sign-in", &[("Cookie", &pair)], &fields)).remove(0);
    assert!(session.starts_with("__Host-flashsale_session=") && session.contains("; Secure"), "{session}");
    let plain = session.trim_start_matches("__Host-").split(';').next().expect("a cookie").to_owned();
    assert_eq!(app.browser().get_with("/stores", &[("Cookie", &plain)]).status, 303, "the name without its prefix");
    assert_eq!(
        app.browser().get_with("/stores", &[("Cookie", session.split(';').next().expect("a cookie"))]).status,
        200
    );
}

#[test]
fn a_handler_that_panics_is_answered_with_an_id_and_the_next_request_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    async fn panics() -> &'static str {
        panic!("secret numbers: 41 and 42")
    }
    async fn fails() -> Result<&'static str, std::io::Error> {
        Err(ErrorKind::Other.into())
    }
    let (send, receive) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new(|| {
                App::new()
                    .wrap(from_fn(guard::guard))
                    .route("/panics", web::get().to(panics))
                    .service(
                        web::scope("/api").wrap(from_fn(api::guard::guard)).route("/v1/panics", web::get().to(panics)),
                    )
                    .route("/fails", web::get().to(fails))
                    .route("/serves", web::get().to(async || "served"))
            });
            let server = server.workers(1).listen(listener).expect("a server").run();
            send.send(server.handle()).expect("the test waits");
            server.await.expect("a server");
        });
    });
    let handle = receive.recv().expect("a server");
    let mut browser = Browser::at(&address);
    for _ in 0..3 {
        let page = browser.get("/panics");
        assert_eq!(page.status, 500);
        assert!(page.text().contains("in its log under") && !page.body.contains("secret numbers"), "{}", page.text());
        assert_eq!(page.headers["cache-control"], "private, no-store");
        assert_eq!(page.all("code")[0].len(), 8);
    }
    let problem = browser.get("/api/v1/panics");
    assert_eq!(
        (problem.status, &problem.headers["content-type"]),
        (500, &"application/problem+json".parse().expect("text"))
    );
    assert!(
        problem.body.contains("\"code\":\"fault\"") && !problem.body.contains("secret numbers"),
        "{}",
        problem.body
    );
    assert_eq!(browser.get("/serves").body, "served");
    assert_eq!(browser.get("/fails").status, 500);
    drop(handle.stop(false));
    server.join().expect("the server ends");
}

#[test]
fn a_form_that_is_too_large_or_has_files_where_none_belong_is_refused() {
    let app = TestApp::start();
    let mut browser = app.browser();
    browser.get("/sign-in");
    let large = format!("email={}", "x".repeat(1 << 20));
    let page = browser.post_body("/sign-in", "application/x-www-form-urlencoded", large.as_bytes());
    assert_eq!(page.status, 413);
    assert!(page.text().contains("Send at most 1 MiB at once."), "{}", page.text());
    let part = |name: &str, file: &str, content: &str| {
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    let mut send = |parts: &str| {
        browser.post_body("/sign-in", "multipart/form-data; boundary=b", format!("{parts}--b--\r\n").as_bytes()).status
    };
    assert_eq!(send(&part("email", "", &"x".repeat(1 << 20))), 413);
    assert_eq!(send(&part("x", "", "").repeat(70_000)), 413, "many fields of nothing are large together");
    assert_eq!(send(&part("file", "stock.csv", "sku,on_hand")), 400, "a file without a session is refused");
    assert_eq!(send("no part"), 400);
    assert_eq!(send(&part("email", "", EMAIL)), 403, "and a form with parts needs its token as well");
}

/// Hostile texts.
const HOSTILE: [&str; 14] = [
    "",
    " ",
    "\u{0}",
    "a\u{0}b",
    "a\r\nb\u{7f}\u{1b}[31m",
    "\u{202e}gnp.exe",
    "حملة",
    "🎉👩‍👩‍👧‍👦",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE users; --",
    "{{ 7 * 7 }}{% raw %}",
    "=HYPERLINK(\"http://evil.example\")",
    "-9223372036854775809",
];

/// Sends a form once for every field and hostile text, with valid values in the other fields, and checks every
/// answer: it is refused with words, or what was typed stands on the page as text.
fn try_hostile(form: &Page, css: &str, good: &[(&str, &str)]) {
    let long = "é".repeat(5_000);
    for (field, _) in good {
        for text in HOSTILE.into_iter().chain([long.as_str()]) {
            let typed: Vec<(&str, &str)> =
                good.iter().map(|(name, value)| (*name, if name == field { text } else { *value })).collect();
            let answer = form.submit_form(css, &typed);
            assert!([303, 404, 422, 429].contains(&answer.status), "{field} {text:?}: {}", answer.status);
            let shown = if answer.status == 303 { answer.follow() } else { answer };
            assert!(shown.status < 500 && !shown.body.contains("<script>") && !shown.body.contains("<img"), "{text}");
        }
    }
}

#[test]
fn no_field_is_answered_with_an_error_of_the_server() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    try_hostile(&browser.get("/stores/new"), "main form", &STORE);
    let user = [("email", "new@example.com"), ("password", PASSWORD)];
    try_hostile(&browser.get("/settings/users"), "main form.form", &user);
    let passwords = [("current_password", "a wrong password"), ("new_password", "another password")];
    try_hostile(&browser.get("/settings/account"), "main form.form", &passwords);
    try_hostile(&browser.get("/settings/account"), "form[action$='/end']", &[("session", "x")]);
    let sign_in = [("email", EMAIL), ("password", "a wrong password"), ("next", "/")];
    try_hostile(&app.browser().get("/sign-in"), "main form", &sign_in);
    assert_eq!(app.signed_in().get("/stores").status, 200, "the tables are still there");
}

#[test]
fn no_field_of_the_first_account_is_answered_with_an_error_of_the_server() {
    for good in [[("email", EMAIL), ("password", "short")], [("email", "nobody"), ("password", PASSWORD)]] {
        let app = TestApp::start_empty(&[]);
        try_hostile(&app.browser().get(&format!("/setup?token={}", app.setup_token)).follow(), "main form", &good);
    }
    let app = TestApp::start_empty(&[]);
    let zone = [("time_zone", "Asia/Singapore"), ("password", "short")];
    try_hostile(&app.browser().get(&format!("/setup?token={}", app.setup_token)).follow(), "main form", &zone);
}
