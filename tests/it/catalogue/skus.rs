//! The page of a SKU, and the forms that add, edit and count one.

use crate::{
    scene::{LAZADA, SHOPEE, add_sku, article_shop, at, create, end, sale, sku_code, stock, take},
    support::Page,
};
use chrono::TimeDelta;
use flashsale::{
    db::{self, catalogue::skus::Sku},
    domain::promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
};

fn stored(app: &crate::support::TestApp, code: &str) -> Option<Sku> {
    app.write(|conn| db::catalogue::skus::find(conn, &sku_code(code)).expect("a read"))
}

/// What is wrong with a refused form: the words of the summary, which stand at the fields as well.
fn refusals(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(page.title().starts_with("Error: "), "{}", page.title());
    let summary = page.all(".error-summary li");
    for words in &summary {
        let at_fields = page.all(".field-error");
        assert!(at_fields.iter().any(|field| *field == format!("Error: {words}")), "{words} in {at_fields:?}");
    }
    summary
}

#[test]
fn the_sum_behind_each_quantity_is_read_in_words() {
    let (app, mut browser) = article_shop();
    let created =
        create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let page = browser.get("/catalogue/Product1");
    assert_eq!(page.cell("Lazada SG", "Why"), "60 allocated to Lazada SG by 11.11 lazada-sg");
    assert_eq!(page.cell("Shopee SG", "Why"), "100 in hand − 60 allocated to Lazada SG by 11.11 lazada-sg");
    assert_eq!(page.cell("Shopee SG", "Quantity to push"), "40");
    assert_eq!(page.attribute("td.sum a", "href"), Some(format!("/promotions/{}", created.id)));
    app.advance(TimeDelta::hours(1));
    let page = browser.get("/catalogue/Product1");
    assert_eq!(page.cell("Lazada SG", "Why"), "100 in hand");
    assert!(page.text().contains("No flash sale holds this SKU"), "{}", page.text());
}

#[test]
fn a_reservation_is_explained_by_both_of_its_parts() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockReservation, &[("Product1", 60)])).expect("60 fit");
    let page = browser.get("/catalogue/Product1");
    let held = "60 reserved for Lazada SG by 11.11 lazada-sg";
    assert_eq!(page.cell("Lazada SG", "Why"), format!("{held} + 100 in hand − {held}"));
    assert_eq!(page.cell("Lazada SG", "Quantity to push"), "100");
}

#[test]
fn the_holds_of_a_sku_are_listed_with_what_is_in_hand_of_them() {
    let (app, mut browser) = article_shop();
    let first =
        create(&app.database, at(0), &sale(at(0), SHOPEE, StockReservation, &[("Product1", 5)])).expect("5 fit");
    end(&app.database, at(1), first.id).expect("it runs");
    app.advance(TimeDelta::seconds(2));
    create(&app.database, at(2), &sale(at(2), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    stock(&app.database, at(3), "Product1", 45, 0);
    app.advance(TimeDelta::seconds(2));
    let page = browser.get("/catalogue/Product1");
    let cell = |column| page.cell("11.11 lazada-sg", column);
    assert_eq!(["Quantity", "Sold", "Remaining", "In hand"].map(cell), ["60", "0", "60", "45 (short)"]);
    assert_eq!(cell("End"), "10 Nov 2026, 21:00 Asia/Singapore");
    assert_eq!(page.cell("11.11 shopee-sg", "Shared again"), "5");
    let warning = "“11.11 lazada-sg” still holds 60 for Lazada SG, but only 45 are in hand: it is 15 short.";
    assert!(page.text().contains(warning), "{}", page.text());
}

#[test]
fn a_stocktake_sets_what_is_on_hand_and_says_so_in_the_ledger() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/Product1/stocktake");
    assert!(form.text().contains("The books say 100 on hand"), "{}", form.text());
    let counted = form.submit(&[("counted", "97"), ("reason", "3 broken")]);
    assert_eq!(counted.location.as_deref(), Some("/catalogue/Product1"));
    let page = counted.follow();
    let row = |column| page.cell("Stocktake", column);
    assert_eq!(
        ["No.", "Change", "On hand", "Who", "Why"].map(row),
        ["2", "On hand −3", "97", "ops@example.com", "3 broken"]
    );
    assert_eq!(page.cell("1", "Change"), "On hand +100");
    assert_eq!(page.cell("Stocktake", "When (Asia/Singapore)"), "10 Nov 2026, 20:00");
    assert_eq!(stored(&app, "Product1").expect("stored").on_hand, 97);
    form.submit(&[("counted", "97")]);
    assert_eq!(stored(&app, "Product1").expect("stored").revision, 2, "a count that changes nothing is no entry");
}

#[test]
fn a_count_below_what_is_held_is_a_fact_and_is_warned_of() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let form = browser.get("/catalogue/Product1/stocktake");
    assert!(form.text().contains("a count under 60 leaves them short"), "{}", form.text());
    let page = form.submit(&[("counted", "50")]).follow();
    assert!(page.text().contains("it is 10 short"), "{}", page.text());
    assert_eq!(page.cell("Lazada SG", "Why"), "60 allocated to Lazada SG by 11.11 lazada-sg − 10 of it not in hand");
}

#[test]
fn a_ledger_says_what_was_left_in_the_hold_and_is_filtered_by_flash_sale() {
    let (app, mut browser) = article_shop();
    let of = |store, units| sale(at(0), store, StockAllocation, &[("Product1", units)]);
    create(&app.database, at(0), &of(LAZADA, 60)).expect("60 fit");
    create(&app.database, at(0), &of(SHOPEE, 20)).expect("20 fit");
    for (number, units) in [("1", 5), ("2", 10)] {
        take(&app.database, at(1), LAZADA, number, &[("Product1", units)]);
    }
    let page = browser.get("/catalogue/Product1");
    let left = |page: &Page| page.all("td[data-label='Left in hold']");
    assert_eq!(left(&page), ["45", "55", "20", "60", ""]);
    assert!(page.text().contains("Order taken 2 : 11.11 lazada-sg , Lazada SG"), "{}", page.text());
    let links = page.all_attributes("td[data-label=Ledger] a", "href");
    let of_lazada = browser.get(&links[0]);
    assert_eq!(left(&of_lazada), ["45", "55", "60"]);
    assert!(of_lazada.text().contains("Only the entries of 11.11 lazada-sg are shown."), "{}", of_lazada.text());
}

#[test]
fn a_ledger_is_paged_and_filtered_by_kind() {
    let (app, mut browser) = article_shop();
    for second in 1..=60 {
        stock(&app.database, at(second), "Product1", 100 + second, second % 2);
    }
    let numbers = |page: &Page| page.all("tbody td.num:last-child");
    let first = browser.get("/catalogue/Product1");
    assert_eq!(numbers(&first)[0], "121");
    let second = browser.get(&first.attribute("a[rel=next]", "href").expect("a second page"));
    let third = browser.get(&second.attribute("a[rel=next]", "href").expect("a third page"));
    assert_eq!(numbers(&third).last().map(String::as_str), Some("1"));
    assert_eq!(third.attribute("a[rel=next]", "href"), None);
    let back = browser.get(&third.attribute("a[rel=prev]", "href").expect("a page before"));
    assert_eq!(numbers(&back), numbers(&second));
    let buffers = browser.get("/catalogue/Product1?kind=buffer_changed");
    assert_eq!(numbers(&buffers).len(), 50);
    let rest = browser.get(&buffers.attribute("a[rel=next]", "href").expect("a second page"));
    assert_eq!(rest.attribute("#kind option[selected]", "value").as_deref(), Some("buffer_changed"));
    assert_eq!(numbers(&rest).len(), 10);
    for query in ["after=x", "before=x", "after=-1", "kind=x", "after=99999999999999999999"] {
        assert_eq!(browser.get(&format!("/catalogue/Product1?{query}")).status, 200, "{query}");
    }
}

#[test]
fn a_sku_is_added_with_its_stock_and_its_stores() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/new");
    let typed = [
        ("code", "MUG/1 é?"),
        ("name", "Mug"),
        ("on_hand", "12"),
        ("buffer", "2"),
        ("stores", LAZADA),
        ("stores", SHOPEE),
    ];
    let added = form.submit(&typed);
    assert_eq!(added.status, 303, "{}", added.text());
    let page = added.follow();
    assert_eq!(page.all("h1"), ["MUG/1 é?"]);
    assert_eq!(page.cell("Shopee SG", "Why"), "12 in hand − 2 kept back as buffer");
    assert_eq!(page.cell("Opening stock", "Change"), "On hand +12, Buffer +2");
    assert_eq!(browser.get("/catalogue").cell("MUG/1 é?", "Zalora SG"), "not listed");
    let again = form.submit(&[("name", "Another"), ("on_hand", "5"), ("code", "MUG/1 é?")]);
    assert_eq!(refusals(&again), ["Choose another SKU code: “MUG/1 é?” is taken."]);
    assert_eq!(again.attribute("#name", "value").as_deref(), Some("Another"), "what was typed is kept");
    assert_eq!(stored(&app, "MUG/1 é?").expect("stored").on_hand, 12);
}

#[test]
fn a_code_that_differs_in_upper_and_lower_case_alone_is_not_added_by_hand() {
    let (app, mut browser) = article_shop();
    for code in ["tee", "x", "50%_\"a", "Éclair 1"] {
        add_sku(&app.database, code, "! of a name", 1, &[]);
    }
    for (typed, existing) in
        [("PRODUCT1", "Product1"), ("Tee", "tee"), ("X", "x"), ("50%_\"A", "50%_\"a"), ("éCLAIR 1", "Éclair 1")]
    {
        let refused = browser.get("/catalogue/new").submit(&[("code", typed), ("name", "A"), ("on_hand", "1")]);
        let words =
            format!("Choose another SKU code: “{existing}” already exists, and differs only in upper and lower case.");
        assert_eq!(refusals(&refused), [words]);
        assert_eq!(refused.attribute("#code", "value").as_deref(), Some(typed), "what was typed is kept");
    }
    for another in ["TE", "TEES", "Y", "50%_\"", "50x_\"A", "ÉCLAIR"] {
        let added = browser.get("/catalogue/new").submit(&[("code", another), ("name", "A"), ("on_hand", "1")]);
        assert_eq!(added.status, 303, "{another}: {}", added.text());
    }
    add_sku(&app.database, "TEE", "of an import", 1, &[]);
    assert!(stored(&app, "TEE").is_some(), "codes are exact");
}

#[test]
fn codes_that_paths_have_another_meaning_for_have_pages_too() {
    let (app, mut browser) = article_shop();
    for code in ["new", ".", "..", "~new", "a/../b", "%2F", "?", "#", "+", "a b", "双十一"] {
        add_sku(&app.database, code, code, 1, &[LAZADA]);
        assert_eq!(browser.get("/catalogue").cell(code, "On hand"), "1");
        let path = flashsale::screens::catalogue::path_of(&sku_code(code));
        assert_eq!(browser.get(&path).all("h1"), [code]);
        let counted = browser.get(&format!("{path}/stocktake")).submit(&[("counted", "2")]);
        assert_eq!(counted.location.as_deref(), Some(path.as_str()));
    }
}

#[test]
fn an_edit_changes_the_name_the_buffer_and_the_stores_and_never_the_stock() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/Product1/edit");
    assert_eq!(browser.get("/catalogue/Product1/stocktake").submit(&[("counted", "70")]).status, 303);
    let saved = form.submit(&[("name", "Product one"), ("buffer", "5"), ("stores", SHOPEE)]);
    assert_eq!(saved.location.as_deref(), Some("/catalogue/Product1"), "{}", saved.text());
    let sku = stored(&app, "Product1").expect("stored");
    assert_eq!((sku.name.as_str(), sku.on_hand, sku.buffer), ("Product one", 70, 5));
    let page = browser.get("/catalogue?q=product+one");
    let shown = ["Lazada SG", "Shopee SG", "Zalora SG"].map(|store| page.cell("Product1", store));
    assert_eq!(shown, ["not listed", "65", "not listed"]);
}

#[test]
fn a_store_that_runs_a_flash_sale_of_a_sku_keeps_it() {
    let (app, mut browser) = article_shop();
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    let form = browser.get("/catalogue/Product1/edit");
    let refused = form.submit(&[("name", "Changed"), ("stores", SHOPEE)]);
    let words = "Keep it listed on Lazada SG, or end “11.11 lazada-sg” first: that flash sale holds it there.";
    assert_eq!(refusals(&refused), [words]);
    assert_eq!(refused.attribute("#name", "value").as_deref(), Some("Changed"), "what was typed is kept");
    assert_eq!(refused.all("input[checked] + label"), ["Shopee SG"]);
    assert_eq!(stored(&app, "Product1").expect("stored").name, "Product 1", "nothing was changed");
    app.advance(TimeDelta::hours(1));
    assert_eq!(form.submit(&[("stores", SHOPEE)]).status, 303);
}

#[test]
fn whatever_is_typed_into_the_forms_is_answered_with_what_to_do() {
    let (app, mut browser) = article_shop();
    let long = "x".repeat(201);
    let odd =
        ["", "-1", "1.5", "1e9", "9999999999999", "a\0b", "\u{202E}5", "🎉", "<b>5</b>", "'; DROP TABLE skus", &long];
    for typed in odd {
        let counted = browser.get("/catalogue/Product1/stocktake").submit(&[("counted", typed), ("reason", &long)]);
        assert_eq!(refusals(&counted).len(), 2, "{typed:?}");
        let edited = browser.get("/catalogue/Product1/edit").submit(&[("name", ""), ("buffer", typed)]);
        assert_eq!(refusals(&edited).len(), 2, "{typed:?}");
        let added = browser.get("/catalogue/new").submit(&[
            ("code", &long),
            ("name", &long),
            ("on_hand", typed),
            ("buffer", typed),
            ("stores", "No Store!"),
        ]);
        assert_eq!(refusals(&added).len(), 5, "{typed:?}");
        assert_eq!(added.attribute("#code", "value").as_deref(), Some(long.as_str()), "what was typed is kept");
    }
    let unknown = [("code", "B"), ("name", "B"), ("on_hand", "1"), ("stores", "no-store")];
    let refused = browser.get("/catalogue/new").submit(&unknown);
    assert_eq!(refusals(&refused), ["Add the store “no-store” first: there is no such store."]);
    assert!(stored(&app, "B").is_none());
}

#[test]
fn a_sku_that_does_not_exist_has_no_page() {
    let (_app, mut browser) = article_shop();
    for path in
        ["/catalogue/Nothing", "/catalogue/%00", "/catalogue/%FF", "/catalogue/Nothing/edit", "/catalogue/x/stocktake"]
    {
        let page = browser.get(path);
        assert_eq!(page.status, 404, "{path}: {}", page.text());
        assert_eq!(page.all("h1"), ["Page not found"]);
    }
    let form = browser.get("/catalogue/Product1/stocktake");
    let token = form.attribute("input[name=csrf_token]", "value").expect("a token");
    for path in ["/catalogue/Nothing/stocktake", "/catalogue/Nothing/edit"] {
        let shown = [("shown", "1"), ("shown_name", "A"), ("shown_buffer", "1")];
        let typed: Vec<_> = [("csrf_token", token.as_str()), ("counted", "1"), ("name", "A"), ("buffer", "0")]
            .into_iter()
            .chain(shown)
            .collect();
        assert_eq!(browser.post(path, &typed).status, 404, "{path}");
    }
}

/// The values of hidden fields.
fn hidden(page: &Page, name: &str) -> Vec<String> {
    page.all_attributes(&format!("main input[type=hidden][name={name}]"), "value")
}

#[test]
fn an_edit_does_not_undo_what_somebody_else_changed_meanwhile() {
    let (app, mut browser) = article_shop();
    let (mine, theirs) = (browser.get("/catalogue/Product1/edit"), browser.get("/catalogue/Product1/edit"));
    let saved = theirs.submit(&[("name", "X"), ("buffer", "5"), ("stores", LAZADA), ("stores", SHOPEE)]);
    assert_eq!(saved.status, 303, "{}", saved.text());
    let refused = mine.submit(&[("name", "Mine")]);
    assert_eq!(refused.status, 422);
    assert!(refused.title().starts_with("Error: "), "{}", refused.title());
    assert_eq!(
        refused.all(".error-summary li"),
        [
            "Someone changed this SKU meanwhile: the name is now “X”; the buffer is now 5; it is now listed on Lazada SG, \
          Shopee SG. Check what you typed and save again."
        ]
    );
    assert_eq!(refused.attribute("#name", "value").as_deref(), Some("Mine"), "what was typed is kept");
    assert_eq!(refused.attribute("#buffer", "value").as_deref(), Some("5"), "an untouched field has their value");
    assert_eq!(refused.all("input[checked] + label"), ["Lazada SG", "Shopee SG"]);
    assert_eq!(stored(&app, "Product1").expect("stored").name, "X", "nothing was changed");
    assert_eq!(refused.submit(&[]).status, 303, "now it was seen");
    let sku = stored(&app, "Product1").expect("stored");
    assert_eq!((sku.name.as_str(), sku.buffer), ("Mine", 5));
    let late = refused.submit(&[("name", "Mine")]);
    assert_eq!(late.status, 303, "a form that is sent twice overwrites nothing: {}", late.text());
    assert_eq!(stored(&app, "Product1").expect("stored").revision, sku.revision);
}

#[test]
fn of_several_who_save_one_sku_at_once_one_does_and_the_others_are_told() {
    let (app, mut browser) = article_shop();
    let forms: Vec<Page> = (0..6).map(|_| browser.get("/catalogue/Product1/edit")).collect();
    let saved: Vec<Page> = std::thread::scope(|scope| {
        let save = |(nth, form): (usize, Page)| scope.spawn(move || form.submit(&[("name", &format!("Name {nth}"))]));
        let saving: Vec<_> = forms.into_iter().enumerate().map(save).collect();
        saving.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    });
    let name = stored(&app, "Product1").expect("stored").name;
    let conflicts = saved.iter().filter(|page| page.text().contains(&format!("the name is now “{name}”")));
    assert_eq!(conflicts.count(), 5);
    assert_eq!(saved.iter().filter(|page| page.status == 303).count(), 1);
}

#[test]
fn what_an_edit_does_not_overwrite_may_change_meanwhile() {
    let (app, mut browser) = article_shop();
    let form = browser.get("/catalogue/Product1/edit");
    create(&app.database, at(0), &sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)])).expect("60 fit");
    browser.get("/catalogue/Product1/stocktake").submit(&[("counted", "90")]);
    assert_eq!(form.submit(&[("name", "Renamed")]).status, 303);
    assert_eq!(stored(&app, "Product1").expect("stored").name, "Renamed");
    let token = form.attribute("input[name=csrf_token]", "value").expect("a token");
    let bare = [("csrf_token", token.as_str()), ("name", "A"), ("buffer", "0"), ("counted", "1")];
    for path in ["/catalogue/Product1/edit", "/catalogue/Product1/stocktake"] {
        assert_eq!(browser.post(path, &bare).status, 400, "a form that does not say what it showed: {path}");
    }
}

#[test]
fn a_stocktake_does_not_undo_one_that_it_did_not_see() {
    let (app, mut browser) = article_shop();
    let (mine, theirs) = (browser.get("/catalogue/Product1/stocktake"), browser.get("/catalogue/Product1/stocktake"));
    assert_eq!(hidden(&mine, "shown"), ["100"]);
    assert_eq!(theirs.submit(&[("counted", "80")]).status, 303);
    let empty = mine.submit(&[("counted", "")]);
    let refused = empty.submit(&[("counted", "95"), ("reason", "5 broken")]);
    assert_eq!(
        refusals(&refused),
        [
            "Someone changed this SKU meanwhile: the books now say 80 on hand. Check what you counted and record it again."
        ]
    );
    assert_eq!(refused.attribute("#counted", "value").as_deref(), Some("95"), "what was typed is kept");
    assert_eq!(refused.attribute("#reason", "value").as_deref(), Some("5 broken"));
    assert_eq!(stored(&app, "Product1").expect("stored").on_hand, 80, "nothing was changed");
    browser.get("/catalogue/Product1/edit").submit(&[("buffer", "3")]);
    assert_eq!(refused.submit(&[]).status, 303, "another buffer is no other count");
    assert_eq!(stored(&app, "Product1").expect("stored").on_hand, 95);
}
