//! A file that was only checked or refused need not be chosen again.

use crate::{scene::article_shop, support::Page};
use chrono::TimeDelta;

const FILE: &[u8] = b"sku,name,on_hand,stores\nNEW,New,5,lazada-sg\n";

fn check(page: &Page) -> Page {
    page.submit_file_with("file", "c.csv", FILE, &[("press", "check")]).follow()
}

#[test]
fn a_file_that_was_checked_is_imported_by_one_button() {
    let (app, mut browser) = article_shop();
    let checked = check(&browser.get("/imports"));
    assert!(checked.text().contains("Nothing was changed."), "{}", checked.text());
    let imported = checked.press("Import this file", &[]).follow();
    assert!(imported.text().contains("Go to the catalogue"), "{}", imported.text());
    assert_eq!(browser.get("/catalogue").cell("NEW", "On hand"), "5");
    assert_eq!(imported.all("h1"), ["c.csv"]);
    // Another session does not have it.
    let other = app.signed_in().get(&checked.path);
    assert!(!other.has_button("Import this file"), "{}", other.text());
    // After an hour it is gone, and the page says so.
    let again = check(&browser.get("/imports"));
    app.advance(TimeDelta::minutes(61));
    let late = again.press("Import this file", &[]);
    let words = "Choose the file again: it was kept for an hour at most.";
    assert_eq!((late.status, late.all(".error-summary a[href='#file']")), (422, vec![words.to_owned()]));
    let page = browser.get(&again.path);
    assert!(page.text().contains("Choose the file again to import it"), "{}", page.text());
}

#[test]
fn a_file_that_was_refused_is_still_in_the_form() {
    let (_app, mut browser) = article_shop();
    let page = browser.get("/imports");
    let refused = page.submit_file_with("file", "c.csv", FILE, &[("kind", "orders")]);
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("Still here, for an hour: c.csv"), "{}", refused.text());
    let imported = refused.press("Import", &[("kind", "catalogue")]);
    assert_eq!(imported.status, 303, "{}", imported.text());
    assert_eq!(browser.get("/catalogue").cell("NEW", "On hand"), "5");
    // Another file is taken instead of it.
    let other = b"sku,name,on_hand,stores\nOTHER,Other,6,lazada-sg\n";
    let sent = refused.submit_file_with("file", "o.csv", other, &[("kind", "catalogue")]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(sent.follow().all("h1"), ["o.csv"]);
    // Of several files, all are kept.
    let bad: &[u8] = b"nothing\nhere\n";
    let both = page.submit_files_with("file", &[("c.csv", FILE), ("bad.csv", bad)], &[]);
    assert!(both.text().contains("Still here, for an hour: c.csv, bad.csv"), "{}", both.text());
    assert_eq!(both.press("Import", &[]).status, 422);
}
