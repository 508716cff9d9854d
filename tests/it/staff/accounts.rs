//! The first account, signing in and out, sessions, and who may sign in.

use crate::support::{Browser, EMAIL, PASSWORD, Page, TestApp, article_stores};
use chrono::TimeDelta;
use flashsale::db::staff::users;
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Output, Stdio},
};

/// The password that tests change to.
const ANOTHER: &str = "twelve twelve sale";

fn sign_in(browser: &mut Browser, email: &str, password: &str) -> Page {
    browser.get("/sign-in").submit(&[("email", email), ("password", password)])
}

/// Adds a colleague who can sign in with [`PASSWORD`].
fn add_colleague(browser: &mut Browser, email: &str) {
    let added = browser
        .get("/settings/users")
        .submit_form("form[action='/settings/users']", &[("email", email), ("password", PASSWORD)]);
    assert_eq!(added.location.as_deref(), Some("/settings/users?notice=added"), "{}", added.text());
}

/// Signs in with the password that somebody else chose, and chooses another.
fn sign_in_first(browser: &mut Browser, email: &str) {
    assert_eq!(sign_in(browser, email, PASSWORD).status, 303);
    let typed = [("current_password", PASSWORD), ("new_password", ANOTHER)];
    let changed = browser.get("/settings/account").submit(&typed);
    assert_eq!(changed.status, 303, "{}", changed.text());
}

fn session_key(browser: &mut Browser) -> String {
    browser.get("/settings/account").attribute("input[name=session]", "value").expect("a session in the list")
}

#[test]
fn the_link_of_an_empty_database_makes_the_first_account_once() {
    let app = TestApp::start_empty(&[]);
    let mut browser = app.browser();
    let link = format!("/setup?token={}", app.setup_token);
    let missing = browser.get("/nothing-here");
    for other in ["/setup", "/setup?token=", "/setup?token=AAAA", "/setup?token=a&token=b"] {
        let page = browser.get(other);
        assert_eq!((page.status, page.text()), (404, missing.text()), "{other}");
    }
    let opened = browser.get(&link);
    assert_eq!((opened.status, opened.location.as_deref()), (303, Some("/setup")), "the secret leaves the address");
    let form = opened.follow();
    assert!(!form.body.contains(&app.setup_token), "and is not in the page");
    let short = form.submit(&[("email", "Ops@Example.com"), ("password", "short")]);
    assert_eq!(short.status, 422);
    assert!(short.text().contains("Use at least 12 characters (you typed 5)."), "{}", short.text());
    let mut stranger = app.browser();
    let csrf = stranger.get("/sign-in").attribute("input[name=csrf_token]", "value").expect("a token");
    let fields = [("csrf_token", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD), ("token", "guessed")];
    assert_eq!(stranger.post("/setup", &fields).status, 404);
    let guessed = [("Cookie", "flashsale_setup=guessed")];
    assert_eq!(app.browser().get_with("/setup", &guessed).status, 404);
    let created = short.submit(&[("password", PASSWORD)]);
    assert_eq!((created.status, created.location.as_deref()), (303, Some("/getting-started")), "{}", created.text());
    assert_eq!(browser.get("/settings/account").status, 200, "the person who created the account is signed in");
    let used = browser.get(&link);
    assert_eq!(
        (used.status, used.all("h1")),
        (404, vec!["This link has already been used".to_owned()]),
        "it works once"
    );
    assert_eq!(used.attribute("main a", "href").as_deref(), Some("/sign-in"));
    assert_eq!(browser.get("/setup?token=AAAA").text(), missing.text(), "only the link shows the form");
    assert_eq!(form.submit(&[("email", "second@example.com"), ("password", PASSWORD)]).status, 404);
    assert_eq!(app.write(|conn| users::all(conn).expect("a read")).len(), 1);
}

#[test]
fn of_two_who_use_the_link_at_once_one_gets_the_account() {
    let app = TestApp::start_empty(&[]);
    let link = format!("/setup?token={}", app.setup_token);
    let forms: Vec<Page> = (0..4).map(|_| app.browser().get(&link).follow()).collect();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let send = |(n, form): (usize, Page)| {
            scope
                .spawn(move || form.submit(&[("email", &format!("ops{n}@example.com")), ("password", PASSWORD)]).status)
        };
        let sent: Vec<_> = forms.into_iter().enumerate().map(send).collect();
        sent.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404, 404, 404]);
    assert_eq!(app.write(|conn| users::all(conn).expect("a read")).len(), 1);
}

#[test]
fn the_server_prints_the_link_while_there_is_no_account() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let printed = |lines: usize| -> Vec<String> {
        let mut server = Command::new(env!("CARGO_BIN_EXE_flashsale"))
            .envs([("DATABASE_URL", url.as_str()), ("FLASHSALE_BIND", "127.0.0.1:0")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let output = BufReader::new(server.stdout.take().expect("its output"));
        let lines = output.lines().take(lines).map(|line| line.expect("a line")).collect();
        server.kill().expect("it ran");
        server.wait().expect("it ended");
        lines
    };
    let lines = printed(2);
    let address = lines[0].strip_prefix("Address: ").expect("the address").to_owned();
    let token = lines[1].strip_prefix(&format!("Set up: {address}/setup?token=")).expect("the link");
    assert_eq!(token.len(), 43);
    assert_ne!(printed(2)[1].rsplit_once('=').expect("a link").1, token, "each start has a token of its own");
}

/// Runs `flashsale user WHAT EMAIL` and types a password.
fn user_command(app: &TestApp, what: &str, email: &str, password: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flashsale"))
        .args(["user", what, email])
        .env("DATABASE_URL", &app.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    // A refused address is refused before the password is read.
    drop(command.stdin.take().expect("its input").write_all(format!("{password}\r\n").as_bytes()));
    command.wait_with_output().expect("it ends")
}

#[test]
fn the_command_line_gives_whoever_forgot_their_password_another() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let changed = user_command(&app, "password", "Ops@Example.com", ANOTHER);
    assert_eq!(String::from_utf8_lossy(&changed.stdout), format!("Changed the password of {EMAIL}.\n"));
    assert_eq!(browser.get("/stores").status, 303, "sessions with the old password have ended");
    assert_eq!(sign_in(&mut app.browser(), EMAIL, PASSWORD).status, 422);
    assert_eq!(sign_in(&mut app.browser(), EMAIL, ANOTHER).status, 303);
    for (email, password, words) in [
        ("nobody@example.com", PASSWORD, "there is no account for nobody@example.com"),
        (EMAIL, "short", "Use at least 12 characters (you typed 5)."),
    ] {
        let refused = user_command(&app, "password", email, password);
        assert_eq!(refused.status.code(), Some(1), "{email}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{refused:?}");
    }
    assert_eq!(sign_in(&mut app.browser(), EMAIL, ANOTHER).status, 303);
}

#[test]
fn the_command_line_adds_users_and_refuses_with_words() {
    let app = TestApp::start();
    let add = |email: &str, password: &str| user_command(&app, "add", email, password);
    let added = add("New@Example.com", PASSWORD);
    assert_eq!(String::from_utf8_lossy(&added.stdout), "Added new@example.com.\n");
    assert!(added.status.success());
    let log = String::from_utf8_lossy(&added.stderr).into_owned();
    assert!(!log.contains("example.com") && !log.contains(PASSWORD), "{log}");
    assert_eq!(sign_in(&mut app.browser(), "new@example.com", PASSWORD).status, 303);
    for (email, password, words) in [
        ("new@example.com", PASSWORD, "new@example.com already has an account."),
        ("new", PASSWORD, "Enter an e-mail address like name@example.com."),
        ("other@example.com", "short", "Use at least 12 characters (you typed 5)."),
        ("other@example.com", "", "Enter a password."),
    ] {
        let refused = add(email, password);
        assert_eq!(refused.status.code(), Some(1), "{email}");
        assert!(refused.stdout.is_empty());
        assert!(String::from_utf8_lossy(&refused.stderr).contains(words), "{refused:?}");
    }
}

#[test]
fn whoever_is_not_signed_in_is_sent_to_sign_in_and_then_back() {
    let app = TestApp::start();
    let asked = app.browser().get("/stores");
    assert_eq!((asked.status, asked.location.as_deref()), (303, Some("/sign-in?next=%2Fstores")));
    let entered = asked.follow().submit(&[("email", EMAIL), ("password", PASSWORD)]);
    assert_eq!(entered.location.as_deref(), Some("/stores"));
    assert_eq!(entered.follow().status, 200);
    for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "/\u{0}", "/\r\nX: y"] {
        let page = app.browser().get("/sign-in");
        let entered = page.submit(&[("email", EMAIL), ("password", PASSWORD), ("next", elsewhere)]);
        assert_eq!((entered.status, entered.location.as_deref()), (303, Some("/")), "{elsewhere:?}");
    }
}

#[test]
fn a_form_that_is_sent_after_the_session_leads_back_to_its_page() {
    let app = TestApp::start();
    article_stores(&app);
    let mut browser = app.signed_in();
    let draft = browser.get("/promotions/new").submit(&[]).location.expect("a draft");
    let forms = [
        ("/stores/new", "main form[method=post]", "/stores/new"),
        ("/stores/lazada-sg/edit", "main form[method=post]", "/stores/lazada-sg/edit"),
        ("/imports", "main form[method=post]", "/imports"),
        (&*draft, "main form.form", &*draft),
        (&*draft, "form[action$=discard]", &*draft),
        ("/settings/account", "form[action='/settings/account']", "/settings/account"),
    ];
    let pages = forms.map(|(path, css, back)| (browser.get(path), css, back));
    browser.get("/").submit_form("header form", &[]);
    for (page, css, back) in pages {
        let sent = page.submit_form(css, &[]);
        assert_eq!(sent.status, 303, "{back}");
        let sign_in = sent.follow();
        assert!(sign_in.text().contains("You were signed out. Sign in to continue."), "{}", sign_in.text());
        assert_eq!(sign_in.attribute("input[name=next]", "value").as_deref(), Some(back));
    }
    let stranger = app.browser().get("/stores").follow();
    assert!(!stranger.text().contains("signed out"), "{}", stranger.text());
}

#[test]
fn a_wrong_password_and_an_unknown_address_are_refused_in_the_same_words() {
    let app = TestApp::start();
    for (email, password) in [(EMAIL, "another password"), ("nobody@example.com", PASSWORD), ("", "")] {
        let page = sign_in(&mut app.browser(), email, password);
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert!(page.text().contains("Wrong e-mail or password."), "{}", page.text());
        assert_eq!(page.attribute("#email", "value").as_deref(), Some(email), "what was typed is kept");
    }
}

#[test]
fn an_account_that_is_tried_too_often_is_closed_for_a_while_even_to_the_right_password() {
    let app = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "3")]);
    for _ in 0..3 {
        assert_eq!(sign_in(&mut app.browser(), EMAIL, "a wrong password").status, 422);
    }
    let refused = sign_in(&mut app.browser(), "OPS@example.com", PASSWORD);
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "101");
    assert!(refused.text().contains("Try again in 2 minutes."), "{}", refused.text());
    assert_eq!(sign_in(&mut app.browser(), "another@example.com", PASSWORD).status, 422, "other accounts are not");
    app.advance(TimeDelta::seconds(101));
    assert_eq!(sign_in(&mut app.browser(), EMAIL, PASSWORD).status, 303);
}

#[test]
fn an_address_that_tries_many_accounts_is_shut_out_and_cannot_say_it_is_another() {
    let tries = |app: &TestApp, n: usize| {
        let mut browser = app.browser();
        let token = browser.get("/sign-in").attribute("input[name=csrf_token]", "value").expect("a token");
        let (email, from) = (format!("user{n}@example.com"), format!("198.51.100.{n}"));
        let fields = [("csrf_token", token.as_str()), ("email", &email), ("password", "a wrong password")];
        browser.post_with("/sign-in", &[("X-Forwarded-For", &from)], &fields).status
    };
    let app = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "1")]);
    assert_eq!((0..4).map(|n| tries(&app, n)).collect::<Vec<_>>(), [422, 422, 422, 429]);
    let behind_proxy = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "1"), ("FLASHSALE_TRUST_PROXY", "yes")]);
    assert_eq!((0..4).map(|n| tries(&behind_proxy, n)).collect::<Vec<_>>(), [422; 4]);
}

#[test]
fn signing_out_ends_the_session_for_good() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let out = browser.get("/stores").submit_form("header form", &[]);
    assert_eq!(out.location.as_deref(), Some("/sign-in"));
    assert_eq!(browser.get("/stores").status, 303);
}

#[test]
fn a_session_ends_with_its_time_and_a_cookie_that_is_none_of_ours_is_nobody() {
    let app = TestApp::start_with(&[("FLASHSALE_SESSION_HOURS", "2")]);
    let mut browser = app.signed_in();
    app.advance(TimeDelta::minutes(119));
    assert_eq!(browser.get("/stores").status, 200);
    app.advance(TimeDelta::minutes(1));
    assert_eq!(browser.get("/stores").location.as_deref(), Some("/sign-in?next=%2Fstores"));
    let hash = session_key(&mut app.signed_in());
    for forged in ["", "x", &"x".repeat(4000), &hash, "%00", "' OR 1=1 --"] {
        let page = app.browser().get_with("/stores", &[("Cookie", &format!("flashsale_session={forged}"))]);
        assert_eq!(page.location.as_deref(), Some("/sign-in?next=%2Fstores"), "{forged}");
    }
}

#[test]
fn signing_in_anew_replaces_the_session_of_that_browser() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let before = session_key(&mut browser);
    assert_eq!(sign_in(&mut browser, EMAIL, PASSWORD).status, 303);
    let after = browser.get("/settings/account");
    assert_eq!(after.all("input[name=session]").len(), 1, "the session before is gone");
    assert_ne!(session_key(&mut browser), before);
}

#[test]
fn sessions_are_listed_and_ended_one_by_one_or_all_others_at_once_on_every_server() {
    let app = TestApp::start();
    let (mut here, mut there, mut third) = (app.signed_in(), app.signed_in(), app.signed_in());
    let page = here.get("/settings/account");
    assert_eq!(page.all("tbody tr").len(), 3);
    assert!(page.cell("10 Nov 2026, 12:00", "Expires (UTC)").starts_with("17 Nov 2026"), "{}", page.text());
    assert_eq!(page.all("tbody th .badge"), ["This session"]);
    let there_key = {
        let page = there.get("/settings/account");
        let rows = page.all("tbody tr");
        let mine = rows.iter().position(|row| row.contains("This session")).expect("this session");
        page.all_attributes("input[name=session]", "value")[mine].clone()
    };
    let ended = page.submit_form("form[action$='/end']", &[("session", &there_key)]);
    assert_eq!(ended.location.as_deref(), Some("/settings/account?notice=ended"));
    assert_eq!((there.get("/stores").status, third.get("/stores").status), (303, 200));
    assert_eq!(page.submit_form("form[action$='/end']", &[("session", &there_key)]).status, 404, "it has ended");
    assert!(ended.follow().text().contains("The session has ended."));
    page.submit_form("form[action$='/end-others']", &[]);
    assert_eq!((here.get("/stores").status, third.get("/stores").status), (200, 303));
    assert!(here.get("/settings/account").all("form[action$='/end-others']").is_empty());
}

#[test]
fn nobody_ends_the_session_of_somebody_else() {
    let app = TestApp::start();
    let mut mine = app.signed_in();
    add_colleague(&mut mine, "eve@example.com");
    let mut eve = app.browser();
    sign_in_first(&mut eve, "eve@example.com");
    let key = session_key(&mut mine);
    let refused = eve.get("/settings/account").submit_form("form[action$='/end']", &[("session", &key)]);
    assert_eq!((refused.status, mine.get("/stores").status), (404, 200));
}

#[test]
fn changing_the_password_needs_the_current_one_and_ends_the_other_sessions() {
    let app = TestApp::start();
    let (mut here, mut there) = (app.signed_in(), app.signed_in());
    let form = here.get("/settings/account");
    for (current, new, words) in [
        ("", ANOTHER, "Enter the current password."),
        ("a wrong password", ANOTHER, "Enter your current password: this one is wrong."),
        (PASSWORD, "short", "Use at least 12 characters (you typed 5)."),
    ] {
        let refused = form.submit(&[("current_password", current), ("new_password", new)]);
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains(words), "{}", refused.text());
        assert!(!refused.body.contains(ANOTHER), "passwords are not shown again");
    }
    assert_eq!(there.get("/stores").status, 200);
    let changed = form.submit(&[("current_password", PASSWORD), ("new_password", ANOTHER)]);
    assert!(changed.follow().text().contains("The password was changed"), "{}", changed.text());
    assert_eq!((here.get("/stores").status, there.get("/stores").status), (200, 303));
    assert_eq!(sign_in(&mut app.browser(), EMAIL, PASSWORD).status, 422);
    assert_eq!(sign_in(&mut app.browser(), EMAIL, ANOTHER).status, 303);
}

#[test]
fn guesses_of_the_current_password_count_like_tries_to_sign_in() {
    let app = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "3")]);
    let form = app.signed_in().get("/settings/account");
    let guess = || form.submit(&[("current_password", "a wrong password"), ("new_password", ANOTHER)]).status;
    assert_eq!([guess(), guess(), guess()], [422, 422, 429]);
}

#[test]
fn whoever_is_disabled_is_out_at_once_until_they_are_enabled_again() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    add_colleague(&mut browser, "eve@example.com");
    let mut eve = app.browser();
    sign_in_first(&mut eve, "eve@example.com");
    let list = browser.get("/settings/users");
    assert!(list.all("form[action$='/disable']").is_empty(), "it asks first");
    let ask = browser.get(&list.attribute("a[href$='/disable']", "href").expect("a link"));
    assert!(ask.text().contains("Disable this account? eve@example.com is signed out everywhere"), "{}", ask.text());
    assert_eq!(eve.get("/stores").status, 200, "asking changes nothing");
    let disabled = ask.submit(&[]);
    assert!(disabled.follow().cell("eve@example.com", "Status").contains("Disabled"));
    assert_eq!(eve.get("/stores").status, 303, "their sessions have ended");
    assert_eq!(sign_in(&mut eve, "eve@example.com", ANOTHER).status, 422);
    let enabled = browser.get("/settings/users").submit_form("form[action$='/enable']", &[]);
    assert_eq!(enabled.follow().cell("eve@example.com", "Status"), "Can sign in");
    assert_eq!(eve.get("/stores").status, 303, "the old session stays ended");
    assert_eq!(sign_in(&mut eve, "eve@example.com", ANOTHER).status, 303);
}

#[test]
fn nobody_disables_themselves_or_adds_an_address_twice() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let me = app.write(|conn| users::find_by_email(conn, EMAIL).expect("a read")).expect("the first user").id;
    let page = browser.get("/settings/users");
    assert_eq!(page.cell(EMAIL, "Action"), "This is you");
    let token = page.attribute("input[name=csrf_token]", "value").expect("a token");
    let oneself = browser.post(&format!("/settings/users/{me}/disable"), &[("csrf_token", &token)]);
    assert_eq!(oneself.status, 422);
    assert!(oneself.text().contains("you cannot disable your own"), "{}", oneself.text());
    for id in ["nonsense", "018f0000-0000-7000-8000-000000000000", "%00"] {
        let path = format!("/settings/users/{id}/disable");
        assert_eq!(browser.post(&path, &[("csrf_token", &token)]).status, 404, "{id}");
    }
    let again = page.submit_form("main form.form", &[("email", "OPS@example.com"), ("password", PASSWORD)]);
    assert_eq!(again.status, 422);
    assert!(again.text().contains("ops@example.com already has an account."), "{}", again.text());
}

#[test]
fn whoever_was_given_a_password_has_to_choose_another_before_anything_else() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    add_colleague(&mut browser, "eve@example.com");
    let listed = browser.get("/settings/users").cell("eve@example.com", "Status");
    assert_eq!(listed, "Can sign in with the password that you gave them");
    let mut eve = app.browser();
    assert_eq!(sign_in(&mut eve, "eve@example.com", PASSWORD).status, 303);
    for path in ["/", "/stores", "/settings/users", "/settings/tokens"] {
        let page = eve.get(path);
        assert_eq!((page.status, page.location.as_deref()), (303, Some("/settings/account")), "{path}");
    }
    let page = eve.get("/settings/account");
    assert!(page.text().contains("Somebody else chose your password."), "{}", page.text());
    let token = page.attribute("input[name=csrf_token]", "value").expect("a token");
    let made = eve.post("/settings/tokens", &[("csrf_token", &token), ("name", "warehouse")]);
    assert_eq!(made.location.as_deref(), Some("/settings/account"));
    assert!(browser.get("/settings/tokens").text().contains("No API tokens yet"));
    let same = page.submit(&[("current_password", PASSWORD), ("new_password", PASSWORD)]);
    assert_eq!((same.status, same.all("#new_password-error").len()), (422, 1), "{}", same.text());
    let changed = page.submit(&[("current_password", PASSWORD), ("new_password", ANOTHER)]);
    assert_eq!(changed.status, 303, "{}", changed.text());
    assert_eq!(eve.get("/stores").status, 200);
    assert!(!eve.get("/settings/account").text().contains("Somebody else chose"));
    assert_eq!(browser.get("/settings/users").cell("eve@example.com", "Status"), "Can sign in");
}

#[test]
fn passwords_that_are_guessed_first_are_refused_wherever_one_is_chosen() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let account = browser.get("/settings/account");
    let users = browser.get("/settings/users");
    for password in ["123456789012", "passwordpassword", "            ", "flashsale2026!", "qwertyuiop123"] {
        let changed = account.submit(&[("current_password", PASSWORD), ("new_password", password)]);
        assert_eq!((changed.status, changed.all("#new_password-error").len()), (422, 1), "{password}");
        let typed = [("email", "eve@example.com"), ("password", password)];
        let added = users.submit_form("main form.form", &typed);
        assert_eq!((added.status, added.all("#password-error").len()), (422, 1), "{password}");
        let refused = user_command(&app, "add", "eve@example.com", password);
        assert_eq!(refused.status.code(), Some(1), "{password}");
    }
    for own in ["eve@example.com", "eve.example.com!"] {
        let added = users.submit_form("main form.form", &[("email", "eve@example.com"), ("password", own)]);
        assert!(added.all("#password-error").concat().contains("those are guessed first"), "{}", added.text());
    }
    let link = TestApp::start_empty(&[]);
    let setup = link.browser().get(&format!("/setup?token={}", link.setup_token)).follow();
    let refused = setup.submit(&[("email", EMAIL), ("password", "ops@example.com")]);
    assert_eq!((refused.status, refused.all("#password-error").len()), (422, 1), "{}", refused.text());
}

#[test]
fn a_stranger_keeps_nobody_out_of_an_account() {
    let app = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "3"), ("FLASHSALE_TRUST_PROXY", "yes")]);
    let from = |browser: &mut Browser, address: &str, password: &str| {
        let token = browser.get("/sign-in").attribute("input[name=csrf_token]", "value").expect("a token");
        let fields = [("csrf_token", token.as_str()), ("email", EMAIL), ("password", password)];
        browser.post_with("/sign-in", &[("X-Forwarded-For", address)], &fields).status
    };
    let mut known = app.browser();
    assert_eq!(from(&mut known, "192.0.2.1", PASSWORD), 303);
    known.get("/").submit_form("header form", &[]);
    let attack = |address: &str| from(&mut app.browser(), address, "a wrong password");
    let tried: Vec<u16> = (0..20).map(|_| attack("198.51.100.1")).collect();
    assert_eq!((&tried[..3], tried[19]), (&[422, 422, 422][..], 429), "the stranger is shut out");
    assert_eq!(from(&mut app.browser(), "192.0.2.9", PASSWORD), 303, "from another address the owner gets in");
    for n in 2..40 {
        attack(&format!("198.51.100.{n}"));
    }
    assert_eq!(from(&mut app.browser(), "192.0.2.77", PASSWORD), 429, "many addresses together are limited");
    assert_eq!(from(&mut known, "198.51.100.1", PASSWORD), 303, "a browser that is known goes on wherever it is");
    let forged = [("Cookie", format!("flashsale_device={}", "x".repeat(43)))];
    let page = app.browser().get_with("/sign-in", &[("Cookie", &forged[0].1)]);
    assert_eq!(page.status, 200);
    let mut guesses = Vec::new();
    for _ in 0..4 {
        guesses.push(from(&mut known, "192.0.2.1", "a wrong password"));
    }
    assert_eq!(guesses[3], 429, "whoever has the browser does not guess without end: {guesses:?}");
}

#[test]
fn the_operator_disables_and_enables_accounts_but_not_the_last_one() {
    let app = TestApp::start();
    let last = user_command(&app, "disable", EMAIL, "");
    assert_eq!(last.status.code(), Some(1));
    let words = String::from_utf8_lossy(&last.stderr).into_owned();
    assert!(words.contains("this is the last account that can sign in and manage users"), "{words}");
    let mut browser = app.signed_in();
    add_colleague(&mut browser, "eve@example.com");
    let disabled = user_command(&app, "disable", EMAIL, "");
    assert!(disabled.status.success(), "{disabled:?}");
    assert_eq!(browser.get("/stores").status, 303);
    assert_eq!(user_command(&app, "disable", "eve@example.com", "").status.code(), Some(1));
    assert!(user_command(&app, "enable", EMAIL, "").status.success());
    assert_eq!(sign_in(&mut browser, EMAIL, PASSWORD).status, 303);
}

#[test]
fn a_form_of_an_earlier_session_is_refused_and_comes_back() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/stores/new");
    // The cookie of the form's token stays, the session is another one: what a neighbouring host could set.
    sign_in(&mut browser, EMAIL, PASSWORD);
    let typed =
        [("name", "Typed store"), ("code", "typed"), ("marketplace", "Lazada"), ("time_zone", "Asia/Singapore")];
    let refused = page.submit(&typed);
    assert_eq!((refused.status, refused.all("h1")), (403, vec!["This form has expired".to_owned()]));
    assert!(browser.get("/stores").text().contains("No stores yet"));
    let again = browser.get(&refused.attribute("main a.button", "href").expect("a link"));
    assert_eq!(again.attribute("#name", "value").as_deref(), Some("Typed store"));
    assert_eq!(again.submit(&typed).status, 303);
}

#[test]
fn a_form_of_staff_needs_the_mark_of_its_session() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let token = browser.get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token");
    let bare = token.split('.').next().expect("the secret");
    let of_person = token.rsplit_once('.').expect("a mark").0;
    for token in [bare, of_person] {
        let fields = [
            ("csrf_token", token),
            ("name", "S"),
            ("code", "s"),
            ("marketplace", "Lazada"),
            ("time_zone", "Asia/Singapore"),
        ];
        assert_eq!(browser.post("/stores", &fields).status, 403, "{token}");
    }
}

#[test]
fn staff_without_the_role_of_an_administrator_manage_no_users_tokens_and_connections() {
    let app = TestApp::start();
    article_stores(&app);
    let mut browser = app.signed_in();
    let typed = [("email", "eve@example.com"), ("password", PASSWORD), ("role", "staff")];
    let users = browser.get("/settings/users");
    let offered = users.all_attributes("form:not([novalidate]) input[name=role][required]:not([checked])", "value");
    assert_eq!(offered, ["administrator", "staff"], "browsers ask for one of them");
    let added = users.submit_form("main form.form", &typed);
    assert_eq!(added.status, 303, "{}", added.text());
    let mut eve = app.browser();
    sign_in_first(&mut eve, "eve@example.com");
    for path in ["/", "/promotions/new", "/catalogue/new", "/orders/new", "/imports", "/stores/new", "/verifications"] {
        assert_eq!(eve.get(path).status, 200, "{path}");
    }
    for path in ["/settings/users", "/settings/tokens", "/settings/organization", "/stores/lazada-sg/connection"] {
        assert_eq!(eve.get(path).status, 403, "{path}");
    }
    let links = eve.get("/settings/account").all_attributes("nav.subnav a", "href");
    assert_eq!(links, ["/settings/account"], "no way to what is refused");
    assert!(eve.get("/stores/lazada-sg").all("a[href$='/connection']").is_empty());
    assert!(!browser.get("/stores/lazada-sg").all("a[href$='/connection']").is_empty());
    let token = eve.get("/stores/new").attribute("input[name=csrf_token]", "value").expect("a token");
    let fields = [("csrf_token", token.as_str()), ("name", "warehouse")];
    assert_eq!(eve.post("/settings/tokens", &fields).status, 403);
    let list = browser.get("/settings/users");
    assert!(list.cell("eve@example.com", "Role").starts_with("Staff"), "{}", list.text());
    let link = list.all_attributes("a[href$='/role']", "href").into_iter().next().expect("a link");
    let changed = browser.get(&link).submit(&[("role", "administrator")]);
    assert_eq!(changed.location.as_deref(), Some("/settings/users?notice=role"), "{}", changed.text());
    assert_eq!(eve.get("/settings/users").status, 200, "at once");
    let back = browser.get(&link).submit(&[("role", "staff")]);
    assert_eq!((back.status, eve.get("/settings/users").status), (303, 403));
}

#[test]
fn the_last_administrator_stays_one() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let link = browser.get("/settings/users").attribute("a[href$='/role']", "href").expect("a link");
    let refused = browser.get(&link).submit(&[("role", "staff")]);
    assert_eq!((refused.status, refused.all("#role-error").len()), (422, 1), "{}", refused.text());
    assert!(refused.title().starts_with("Error: "), "{}", refused.title());
    assert_eq!(browser.get(&link).submit(&[("role", "root")]).status, 422);
    let typed = [("email", "eve@example.com"), ("password", PASSWORD), ("role", "staff")];
    browser.get("/settings/users").submit_form("main form.form", &typed);
    assert_eq!(browser.get(&link).submit(&[("role", "staff")]).status, 422, "staff are no administrators");
    assert_eq!(user_command(&app, "disable", EMAIL, "").status.code(), Some(1));
    assert_eq!(browser.get("/settings/users").status, 200);
}
