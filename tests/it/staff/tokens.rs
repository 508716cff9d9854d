//! API tokens, as staff and the command line make and revoke them.

use crate::support::{TestApp, run_program};

#[test]
fn a_token_is_shown_once_and_only_its_hash_is_kept() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let empty = browser.get("/settings/tokens");
    assert!(empty.text().contains("No API tokens yet"), "{}", empty.text());
    let made = empty.submit(&[("name", "warehouse")]);
    assert_eq!(made.status, 200, "{}", made.text());
    let token = made.all("code.token").join("");
    assert!(token.starts_with("fs_") && token.len() == 46, "{token}");
    let listed = browser.get("/settings/tokens");
    assert!(!listed.body.contains(&token));
    assert_eq!(listed.cell("warehouse", "Created by"), crate::support::EMAIL);
    assert_eq!(listed.cell("warehouse", "Created (UTC)"), "10 Nov 2026, 12:00");
}

#[test]
fn a_token_name_that_cannot_be_kept_or_is_taken_is_refused_at_the_field() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let page = browser.get("/settings/tokens");
    assert_eq!(page.submit(&[("name", "warehouse")]).status, 200);
    for (name, words) in [
        ("", "Enter a token name."),
        ("warehouse", "Choose another token name: “warehouse” is taken."),
        ("ware\u{202E}house", "Remove the hidden character U+202E from the token name."),
    ] {
        let refused = page.submit(&[("name", name)]);
        assert_eq!(refused.status, 422);
        assert!(refused.title().starts_with("Error: "));
        assert_eq!(refused.all(".error-summary a"), [words]);
        assert_eq!(refused.attribute("#name", "value").as_deref(), Some(name));
    }
}

#[test]
fn a_token_that_is_revoked_says_so_and_its_name_is_free_again() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    browser.get("/settings/tokens").submit(&[("name", "warehouse")]);
    let revoked = browser.get("/settings/tokens").submit_form("table form", &[]);
    assert_eq!(revoked.location.as_deref(), Some("/settings/tokens"));
    assert_eq!(revoked.follow().cell("warehouse", "Action"), "Revoked");
    assert_eq!(browser.get("/settings/tokens").submit_form("form.form", &[("name", "warehouse")]).status, 200);
}

#[test]
fn the_command_line_prints_a_token_and_nothing_else() {
    let app = TestApp::start();
    let made = run_program(&app.url, &["token", "add", "warehouse"]);
    let printed = String::from_utf8(made.stdout).expect("text");
    assert!(made.status.success() && printed.starts_with("fs_") && printed.trim_end().len() == 46, "{printed:?}");
    let again = run_program(&app.url, &["token", "add", "warehouse"]);
    assert_eq!((again.status.code(), again.stdout.is_empty()), (Some(1), true));
    assert!(String::from_utf8_lossy(&again.stderr).contains("“warehouse” is taken"));
    assert_eq!(app.signed_in().get("/settings/tokens").cell("warehouse", "Created by"), "command line");
}

#[test]
fn the_command_line_revokes_a_token_by_its_name() {
    let app = TestApp::start();
    assert!(run_program(&app.url, &["token", "add", "warehouse"]).status.success());
    assert!(run_program(&app.url, &["token", "revoke", "warehouse"]).status.success());
    assert_eq!(app.signed_in().get("/settings/tokens").cell("warehouse", "Action"), "Revoked");
    let again = run_program(&app.url, &["token", "revoke", "warehouse"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("no live token called “warehouse”"));
}

#[test]
fn a_token_shows_when_it_was_last_used_and_ends_with_its_maker() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    let made = browser.get("/settings/tokens").submit(&[("name", "warehouse")]);
    let token = format!("Bearer {}", made.all("code.token").join(""));
    assert_eq!(browser.get("/settings/tokens").cell("warehouse", "Last used (UTC)"), "not yet");
    app.advance(chrono::TimeDelta::hours(2));
    let call = |app: &TestApp| app.browser().get_with("/api/v1/skus", &[("Authorization", &token)]).status;
    assert_eq!(call(&app), 200);
    let is_noted = |browser: &mut crate::support::Browser| {
        browser.get("/settings/tokens").cell("warehouse", "Last used (UTC)") == "10 Nov 2026, 14:00"
    };
    assert!((0..200).any(|_| is_noted(&mut browser)), "{}", browser.get("/settings/tokens").text());
    // A colleague disables whoever made it.
    let typed = [("email", "eve@example.com"), ("password", crate::support::PASSWORD)];
    browser.get("/settings/users").submit_form("main form.form", &typed);
    let mut eve = app.browser();
    eve.get("/sign-in").submit(&typed);
    let own = [("current_password", crate::support::PASSWORD), ("new_password", "twelve twelve sale")];
    assert_eq!(eve.get("/settings/account").submit(&own).status, 303);
    let ask = eve.get("/settings/users").attribute("a[href$='/disable']", "href").expect("a link");
    let ask = eve.get(&ask);
    assert!(ask.text().contains("The API tokens that they made end for good"), "{}", ask.text());
    assert_eq!(ask.all("main li"), ["warehouse"]);
    assert_eq!(ask.submit(&[]).status, 303);
    assert_eq!(call(&app), 401);
    assert_eq!(eve.get("/settings/tokens").cell("warehouse", "Action"), "Revoked");
    eve.get("/settings/users").submit_form("form[action$='/enable']", &[]);
    assert_eq!(call(&app), 401, "it ended for good");
}
