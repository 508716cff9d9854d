//! What a person or a program watches the server by: whether it is there and ready, the log, and the ids of requests.

use crate::{
    program::{Server, program},
    support::{Browser, EMAIL, PASSWORD, TestApp, run_program},
};
use serde_json::Value;
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// Starts a server whose log goes to a file.
pub fn logging(folder: &Path, settings: &[(&str, &str)]) -> (Server, String, std::path::PathBuf) {
    let log = folder.join("log");
    let url = format!("sqlite://{}", folder.join("test.db").display());
    let mut command = program();
    command.envs(settings.iter().copied()).env("DATABASE_URL", &url);
    let to_log = std::fs::File::create(&log).expect("a log");
    (Server::spawn_logging(&mut command, to_log.into()), url, log)
}

pub fn add_user(url: &str, email: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flashsale"))
        .args(["user", "add", email])
        .env("DATABASE_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut input = command.stdin.take().expect("its input");
    input.write_all(format!("{PASSWORD}\n").as_bytes()).expect("typed");
    drop(input);
    assert!(command.wait().expect("it ends").success());
}

pub fn sign_in(browser: &mut Browser, password: &str) -> u16 {
    browser.get("/sign-in").submit(&[("email", EMAIL), ("password", password)]).status
}

#[test]
fn a_server_says_that_it_lives_and_whether_it_is_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    let server = Server::start(&url);
    let mut browser = Browser::at(&server.address);
    let live = browser.get("/healthz");
    assert_eq!((live.status, live.body.as_str()), (200, "ok\n"));
    let ready = browser.get("/readyz");
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (200, r#"{"status":"ready","checks":{"database":"ok","disk":"ok","clock":"ok","jobs":"ok"}}"#)
    );
    assert!(live.headers.get("set-cookie").is_none() && ready.headers.get("set-cookie").is_none());
    std::fs::rename(folder.path().join("test.db"), folder.path().join("moved")).expect("moved");
    let away = browser.get("/readyz");
    let told: Value = serde_json::from_str(&away.body).expect("JSON");
    assert_eq!((away.status, told["status"].as_str()), (503, Some("not_ready")));
    assert_eq!(told["checks"]["database"], "it cannot be read");
    assert_eq!(browser.get("/healthz").status, 200);
}

#[test]
fn every_answer_has_an_id_and_that_of_our_own_proxy_is_kept() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let mut ids = std::collections::BTreeSet::new();
    for path in ["/", "/nothing-here", "/static/css/app.css", "/api/v1/skus", "/healthz", "/sign-in"] {
        let page = browser.get_with(path, &[("X-Request-Id", "of-a-client")]);
        let id = page.headers["x-request-id"].to_str().expect("text").to_owned();
        assert!(id.len() == 16 && id != "of-a-client", "{path}: {id}");
        ids.insert(id);
    }
    assert_eq!(ids.len(), 6, "each has its own");
    let behind = TestApp::start_with(&[("FLASHSALE_TRUST_PROXY", "yes")]);
    for (given, is_kept) in [("a-1.b_2", true), ("", false), ("a b", false), ("x\"y", false), (&*"x".repeat(65), false)]
    {
        let page = behind.browser().get_with("/sign-in", &[("X-Request-Id", given)]);
        assert_eq!(page.headers["x-request-id"] == given, is_kept, "{given:?}");
    }
}

#[test]
fn what_matters_to_security_is_logged_with_who_and_from_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, url, log) = logging(folder.path(), &[("FLASHSALE_LOG_FORMAT", "json")]);
    add_user(&url, EMAIL);
    let mut browser = Browser::at(&server.address);
    assert_eq!(sign_in(&mut browser, "a wrong password"), 422);
    assert_eq!(sign_in(&mut browser, PASSWORD), 303);
    let refused = browser.post("/stores", &[("name", "x")]);
    assert_eq!(refused.status, 403);
    let unknown = [("Authorization", "Bearer fs_a-secret-that-nobody-has")];
    assert_eq!(browser.get_with("/api/v1/skus", &unknown).status, 401);
    for _ in 0..60 {
        browser.get_with("/api/v1/skus", &unknown);
    }
    let typed = [("email", "eve@example.com"), ("password", PASSWORD)];
    assert_eq!(browser.get("/settings/users").submit_form("main form.form", &typed).status, 303);
    assert_eq!(browser.get("/settings/tokens").submit(&[("name", "warehouse")]).status, 200);
    assert_eq!(browser.get("/settings/tokens").submit_form("table form", &[]).status, 303);
    let ask = browser.get("/settings/users").attribute("a[href$='/disable']", "href").expect("a link");
    assert_eq!(browser.get(&ask).submit(&[]).status, 303);
    browser.get("/").submit_form("header form", &[]);
    drop(server);
    let text = std::fs::read_to_string(log).expect("the log");
    for secret in [PASSWORD, "a wrong password", "a-secret-that-nobody-has", EMAIL, "eve@example.com"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let mut events = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        if line["target"] == "flashsale::security" {
            assert_eq!(line["from"], "127.0.0.1", "{line}");
            assert!(line["who"].as_str().is_some_and(|who| !who.is_empty()), "{line}");
            assert!(line["span"]["id"].as_str().is_some_and(|id| id.len() == 16), "{line}");
            events.push(line["event"].as_str().expect("a name").to_owned());
        }
    }
    let refusals = events.iter().filter(|event| *event == "token_refused").count();
    assert_eq!(refusals, 20, "strangers do not fill the disk");
    events.retain(|event| event != "token_refused");
    assert_eq!(
        events,
        [
            "sign_in_failed",
            "signed_in",
            "form_refused",
            "user_added",
            "token_made",
            "token_revoked",
            "user_disabled",
            "signed_out"
        ]
    );
    // The request of an answer is found by its id.
    let id = refused.headers["x-request-id"].to_str().expect("text");
    assert!(text.lines().any(|line| line.contains(id) && line.contains("form_refused")), "{text}");
}

#[test]
fn a_log_in_a_file_has_no_colours_and_an_unknown_format_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, url, log) = logging(folder.path(), &[]);
    add_user(&url, EMAIL);
    let mut browser = Browser::at(&server.address);
    assert_eq!(sign_in(&mut browser, PASSWORD), 303);
    drop(server);
    let text = std::fs::read_to_string(log).expect("the log");
    assert!(text.contains("event=\"signed_in\"") && !text.contains('\u{1b}'), "{text}");
    let refused = Command::new(env!("CARGO_BIN_EXE_flashsale")).env("FLASHSALE_LOG_FORMAT", "xml").output();
    let refused = refused.expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("“xml” is neither text nor json"), "{said}");
    assert!(run_program(&url, &["user", "enable", EMAIL]).status.success());
}
