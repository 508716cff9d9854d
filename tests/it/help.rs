//! The help.

use crate::support::TestApp;

#[test]
fn the_help_explains_both_types_with_the_article_s_numbers() {
    let app = TestApp::start();
    let page = app.signed_in().get("/help");
    assert_eq!(page.status, 200);
    let shown = |row| ["Lazada shows", "Shopee shows", "Zalora shows"].map(|column| page.cell(row, column));
    assert_eq!(shown("Stock Allocation of 60"), ["60", "40", "40"]);
    assert_eq!(shown("Stock Reservation of 60"), ["100 (60 + 40)", "40", "40"]);
}

#[test]
fn every_link_of_the_contents_leads_to_a_heading() {
    let app = TestApp::start();
    let page = app.signed_in().get("/help");
    let entries = page.all("main nav a");
    for (number, entry) in (1..).zip(&entries) {
        let target = page.attribute(&format!("main nav li:nth-child({number}) a"), "href").expect("a link");
        assert_eq!(page.all(&format!("h2{target}")), [entry.as_str()]);
    }
    assert_eq!(entries.len(), page.all("main h2").len());
}
