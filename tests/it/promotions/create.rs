//! Creating a flash sale step by step, as staff do, and what becomes of it.

use crate::{
    scene::article_shop,
    support::{Browser, EMAIL, PASSWORD, Page, TestApp, article_stores, product1},
};
use chrono::TimeDelta;
use flashsale::{
    actions::catalogue::save_skus::{self, SkuInput},
    domain::{catalogue::ledger::Cause, code::SkuCode},
    jobs::archive_ended_holds,
};

/// 8 pm on 10 November in Singapore, in eight hours' time.
const END: &str = "2026-11-11T04:00";

/// The create form up to the products step, with the article's details.
fn details(app: &TestApp, kind: &str) -> Page {
    let begun = app.signed_in().get("/promotions/new").submit(&[]);
    let page = begun.follow();
    assert_eq!(
        page.attribute("#start", "value").as_deref(),
        Some("2026-11-10T20:00"),
        "the present minute in Singapore"
    );
    let sent = page.submit(&[("name", "11.11"), ("type", kind), ("store", "lazada-sg"), ("end", END)]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    sent.follow()
}

/// The same up to the review, with `quantity` of Product1.
fn review(app: &TestApp, kind: &str, quantity: &str) -> Page {
    let added = details(app, kind).submit(&[("press", "add"), ("add", "Product1")]).follow();
    let sent = added.submit(&[("press", "continue"), ("quantity", quantity)]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    sent.follow()
}

#[test]
fn the_article_s_flash_sale_is_created_step_by_step() {
    for (kind, label, lazada) in
        [("stock_allocation", "Stock Allocation", "60"), ("stock_reservation", "Stock Reservation", "100")]
    {
        let app = TestApp::start();
        article_stores(&app);
        product1(&app, 100);
        let review = review(&app, kind, "60");
        assert_eq!(review.cell("Product1", "Lazada SG"), format!("before 100 →, after {lazada}"));
        assert_eq!(review.cell("Product1", "Zalora SG"), "before 100 →, after 40");
        let created = review.submit_form("main form", &[]);
        let confirmation = created.follow();
        assert!(created.location.as_deref().is_some_and(|path| path.ends_with("/confirmation")));
        assert!(confirmation.text().contains("Promotion successfully created"), "{}", confirmation.text());
        let list = app.signed_in().get("/promotions");
        assert_eq!(list.cell("11.11", "Flash sale type"), label);
        assert_eq!(list.cell("11.11", "Status"), "Running");
        assert_eq!(list.cell("11.11", "Remaining"), "60");
        assert_eq!(list.cell("11.11", "End"), "11 Nov 2026, 04:00 Asia/Singapore");
    }
}

#[test]
fn creating_twice_with_the_same_form_makes_one_promotion() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let review = review(&app, "stock_allocation", "60");
    let (first, second) = (review.submit(&[]), review.submit(&[]));
    assert_eq!(first.location, second.location);
    assert_eq!(app.signed_in().get("/promotions").all("tbody tr").len(), 1);
}

#[test]
fn a_form_that_is_sent_sixteen_times_at_once_makes_one_promotion() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let review = review(&app, "stock_allocation", "60");
    let sent: Vec<Option<String>> = std::thread::scope(|scope| {
        let clicks: Vec<_> = (0..16).map(|_| scope.spawn(|| review.submit(&[]).location)).collect();
        clicks.into_iter().map(|click| click.join().expect("an answer")).collect()
    });
    assert!(sent[0].is_some() && sent.iter().all(|location| *location == sent[0]), "{sent:?}");
    assert_eq!(app.signed_in().get("/catalogue").cell("Product1", "Held"), "60");
}

#[test]
fn a_quantity_that_does_not_fit_comes_back_with_what_is_available() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 40);
    let added = details(&app, "stock_allocation").submit(&[("press", "add"), ("add", "Product1")]).follow();
    for (typed, words) in [
        ("41", "Enter 40 or less: 40 are available now."),
        ("", "Enter a whole number, 1 or more."),
        ("0", "Enter 1 or more."),
        ("-3", "Enter 1 or more."),
        ("six", "Enter a whole number in digits, 1 or more."),
        ("1,000", "Enter 1000 without the comma."),
        ("99999999999999999999", "Enter 1000000000 or less."),
    ] {
        let page = added.submit(&[("press", "continue"), ("quantity", typed)]);
        assert_eq!(page.status, 422);
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert_eq!(page.all(".error-summary a"), [format!("Product1: {words}")], "{typed:?}");
        assert_eq!(page.attribute("#quantity-1", "value").as_deref(), Some(typed), "what was typed is kept");
        assert!(page.all("#quantity-1-error")[0].contains(words));
    }
}

#[test]
fn stock_that_somebody_took_meanwhile_brings_the_form_back_with_the_new_number() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let mine = review(&app, "stock_allocation", "60");
    app.write(|conn| {
        let cause = Cause { actor: EMAIL.to_owned(), at: app.now(), reason: "counted".to_owned() };
        let counted = SkuInput {
            code: SkuCode::parse("Product1").expect("a code"),
            name: Some("Product1".to_owned()),
            on_hand: Some(45),
            buffer: None,
            listings: None,
        };
        save_skus::run(conn, &cause, vec![counted]).expect("a stocktake");
    });
    let page = mine.submit(&[]);
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Product1: Enter 45 or less: 45 are available now."), "{}", page.text());
    assert_eq!(page.attribute("#quantity-1", "value").as_deref(), Some("60"));
    let corrected = page.submit(&[("press", "continue"), ("quantity", "45")]).follow();
    assert_eq!(corrected.submit(&[]).status, 303);
}

#[test]
fn a_second_live_hold_of_the_store_is_refused_and_names_the_first() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    assert_eq!(review(&app, "stock_allocation", "60").submit(&[]).status, 303);
    let products = details(&app, "stock_allocation");
    assert!(products.text().contains("Held by 11.11"), "{}", products.text());
    let added = products.submit(&[("press", "rows"), ("rows", "Product1,5")]).follow();
    let page = added.submit(&[("press", "continue")]);
    assert_eq!(page.status, 422);
    assert!(page.text().contains("end “11.11” first"), "{}", page.text());
}

#[test]
fn details_that_are_to_be_mended_are_kept_as_they_were_typed() {
    let app = TestApp::start();
    article_stores(&app);
    let page = app.signed_in().get("/promotions/new").submit(&[]).follow();
    let sent = page.submit(&[
        ("name", ""),
        ("store", "lazada-sg"),
        ("start", "2026-11-10T21:00"),
        ("end", "2026-11-10T19:00"),
    ]);
    assert_eq!(sent.status, 422);
    let words = sent.all(".error-summary a").join(" ");
    for part in [
        "Enter a promotion name.",
        "Choose Stock Allocation",
        "Set the start to the current time",
        "Set the end to a time that is still to come",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(sent.attribute("#start", "value").as_deref(), Some("2026-11-10T21:00"));
    assert_eq!(
        app.signed_in().get(&page.path).attribute("#end", "value").as_deref(),
        Some("2026-11-10T19:00"),
        "the draft kept it"
    );
    let gap = page.submit(&[
        ("name", "x"),
        ("type", "stock_allocation"),
        ("store", "shop-berlin"),
        ("end", "2027-03-28T02:30"),
    ]);
    assert!(gap.text().contains("does not exist in Europe/Berlin"), "{}", gap.text());
    let empty = page.submit(&[("name", "x"), ("type", "stock_allocation"), ("store", "lazada-sg"), ("end", "")]);
    assert_eq!(empty.all(".error-summary a"), ["Enter the end: a date and a time."]);
}

#[test]
fn a_start_that_was_typed_comes_before_the_end_and_is_said_to_be_now() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let page = app.signed_in().get("/promotions/new").submit(&[]).follow();
    let typed =
        [("name", "11.11"), ("type", "stock_allocation"), ("store", "lazada-sg"), ("start", "2026-11-10T20:10")];
    for end in ["2026-11-10T20:05", "2026-11-10T20:10"] {
        let refused = page.submit(&[&typed[..], &[("end", end)]].concat());
        assert_eq!(refused.status, 422);
        assert_eq!(refused.all("#end-error").len(), 1);
        assert!(refused.all("#end-error")[0].contains("it is before the start, or at the same time"), "{end}");
    }
    let products = page.submit(&[&typed[..], &[("end", "2026-11-11T20:00")]].concat()).follow();
    let added = products.submit(&[("press", "add"), ("add", "Product1")]).follow();
    let review = added.submit(&[("press", "continue"), ("quantity", "1")]).follow();
    assert!(
        review.text().contains(
            "Now, 10 Nov 2026, 20:00 Asia/Singapore . You typed 10 Nov 2026, 20:10, but the flash sale starts the moment you create it."
        ),
        "{}",
        review.text()
    );
    app.advance(TimeDelta::seconds(20));
    let later = app.signed_in().get(&review.path);
    assert!(later.text().contains("Lasts 1 day"), "{}", later.text());
    app.advance(TimeDelta::seconds(580));
    assert!(!app.signed_in().get(&review.path).text().contains("You typed"), "it is that minute now");
}

#[test]
fn the_times_of_a_draft_stand_beside_the_zone_they_are_in() {
    let app = TestApp::start();
    article_stores(&app);
    let page = app.signed_in().get("/promotions/new").submit(&[]).follow();
    assert_eq!(page.all("#start-suffix, #end-suffix"), ["the store's time zone"; 2], "which depends on the store");
    assert_eq!(page.attribute("#start", "value").as_deref(), Some("2026-11-10T20:00"));
    assert!(page.all("#start-hint")[0].ends_with("whichever store you choose: it is this moment in Asia/Singapore."));
    assert!(page.all("#store option")[2].contains("Europe/Berlin, now 13:00"), "{}", page.text());
    let berlin = page.submit(&[("store", "shop-berlin")]);
    assert_eq!(berlin.all("#start-suffix, #end-suffix"), ["Europe/Berlin"; 2]);
    assert_eq!(berlin.attribute("#start", "value").as_deref(), Some("2026-11-10T13:00"));
    assert!(berlin.all("#start-hint")[0].ends_with("Leave the time as it is."));
}

#[test]
fn the_start_that_is_offered_means_now_for_a_store_of_another_zone_too() {
    let app = TestApp::start();
    article_stores(&app);
    let page = app.signed_in().get("/promotions/new").submit(&[]).follow();
    let typed =
        [("name", "11.11"), ("type", "stock_allocation"), ("store", "shop-berlin"), ("end", "2026-11-10T14:00")];
    let products = page.submit(&typed);
    assert_eq!(products.status, 303, "{}", products.text());
    let details = app.signed_in().get(&page.path);
    assert_eq!(details.attribute("#start", "value").as_deref(), Some("2026-11-10T13:00"));
}

#[test]
fn stores_of_one_zone_have_it_beside_the_times_before_one_is_chosen() {
    let (_app, mut browser) = article_shop();
    let page = browser.get("/promotions/new").submit(&[]).follow();
    assert_eq!(page.all("#start-suffix, #end-suffix"), ["Asia/Singapore"; 2]);
    assert!(page.all("#start-hint")[0].ends_with("Leave the time as it is."));
}

#[test]
fn a_draft_survives_signing_out_another_server_and_a_second_tab() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let added = details(&app, "stock_allocation").submit(&[("press", "add"), ("add", "Product1")]).follow();
    added.submit(&[("press", "save"), ("quantity", "33")]);
    app.advance(TimeDelta::days(3));
    let list = app.signed_in().get("/promotions?status=draft");
    assert_eq!((list.cell("11.11", "Status"), list.cell("11.11", "SKUs")), ("Draft".to_owned(), "1".to_owned()));
    let mut elsewhere = Browser::at(&app.start_another());
    elsewhere.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
    let resumed = elsewhere.get(&added.path);
    assert_eq!(resumed.attribute("#quantity-1", "value").as_deref(), Some("33"));
    let stale = app.signed_in().get(&added.path.replace("products", "review"));
    assert!(stale.text().contains("Set the end to a time that is still to come"), "{}", stale.text());
}

#[test]
fn a_review_of_a_draft_that_changed_in_another_tab_creates_nothing() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let review = review(&app, "stock_allocation", "60");
    let products = app.signed_in().get(&review.path.replace("review", "products"));
    products.submit(&[("press", "save"), ("quantity", "70")]);
    let again = review.submit(&[]);
    assert_eq!(again.status, 422);
    assert!(again.text().contains("changed in another tab"), "{}", again.text());
    assert_eq!(again.cell("Product1", "Quantity"), "70");
    assert_eq!(again.submit(&[]).status, 303);
}

#[test]
fn rows_are_added_all_or_none() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let products = details(&app, "stock_allocation");
    let page = products.submit(&[("press", "rows"), ("rows", "Product1,60\nProduct9,5")]);
    assert_eq!(page.status, 422);
    assert!(page.text().contains("there is no “Product9”"), "{}", page.text());
    assert_eq!(page.all("textarea#rows").join(""), "Product1,60 Product9,5");
    assert!(page.text().contains("None yet"), "{}", page.text());
    let added = products.submit(&[("press", "rows"), ("rows", "sku;quantity\r\nProduct1;60")]).follow();
    assert_eq!(added.attribute("#quantity-1", "value").as_deref(), Some("60"));
    assert_eq!(added.cell("Product1", "This store will show"), "60");
    assert_eq!(added.cell("Product1", "Other stores will show"), "40");
}

#[test]
fn a_sale_that_is_ended_gives_its_stock_back_at_once_and_for_good() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let confirmation = review(&app, "stock_allocation", "60").submit(&[]).follow();
    let path = confirmation.path.replace("/confirmation", "");
    let mut browser = app.signed_in();
    let asked = browser.get(&format!("{path}/end"));
    assert!(asked.text().contains("holds 60 units of 1 SKU for Lazada SG"), "{}", asked.text());
    let ended = asked.submit(&[]).follow();
    assert!(ended.text().contains("Ended") && ended.text().contains("The flash sale has ended."), "{}", ended.text());
    assert!(ended.text().contains(&format!("Ended early by {EMAIL}")), "{}", ended.text());
    assert_eq!(browser.get(&path).cell("Product1", "Remaining"), "0");
    let again = asked.submit(&[]);
    assert_eq!(again.location, Some(format!("{path}/end")), "ending it again changes nothing");
    let again = again.follow();
    assert_eq!(again.all("h1"), ["This flash sale has ended"]);
    let words = format!("{EMAIL} ended 11.11 early, on 10 Nov 2026, 20:00 Asia/Singapore .");
    assert!(again.text().contains(&words), "{}", again.text());
    assert!(again.all("main button").is_empty());
    assert_eq!(review(&app, "stock_allocation", "100").submit(&[]).status, 303, "all of it can be held again");
}

#[test]
fn a_sale_ends_by_its_schedule_without_anything_running() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let path = review(&app, "stock_allocation", "60").submit(&[]).follow().path.replace("/confirmation", "");
    app.advance(TimeDelta::hours(8) - TimeDelta::microseconds(1));
    assert_eq!(app.signed_in().get(&path).cell("Product1", "Remaining"), "60");
    app.advance(TimeDelta::microseconds(1));
    let page = app.signed_in().get(&path);
    assert!(page.all(".page-title").join("").contains("Ended"), "{}", page.text());
    assert_eq!(page.cell("Product1", "Remaining"), "0");
    let asked = app.signed_in().get(&format!("{path}/end"));
    assert!(asked.text().contains("11.11 ended by its schedule, on 11 Nov 2026, 04:00"), "{}", asked.text());
}

#[test]
fn an_address_that_names_no_promotion_is_not_found() {
    let app = TestApp::start();
    let mut browser = app.signed_in();
    for path in [
        "/promotions/nonsense",
        "/promotions/01900000-0000-7000-8000-000000000000",
        "/promotions/01900000-0000-7000-8000-000000000000/end",
        "/promotions/drafts/01900000-0000-7000-8000-000000000000/review",
        "/promotions/%00/confirmation",
    ] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
}

#[test]
fn the_list_is_searched_filtered_and_paged() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    assert_eq!(review(&app, "stock_allocation", "60").submit(&[]).status, 303);
    let mut browser = app.signed_in();
    for _ in 0..60 {
        browser.get("/promotions/new").submit(&[]);
    }
    for (query, rows) in [
        ("?q=11.1", 1),
        ("?q=nothing", 0),
        ("?q=%25", 0),
        ("?status=running", 1),
        ("?status=ended", 0),
        ("?type=stock_allocation", 1),
        ("?type=stock_reservation", 0),
        ("?store=lazada-sg", 1),
        ("?store=zalora-sg", 0),
        ("?status=nonsense&store=%00", 50),
    ] {
        assert_eq!(browser.get(&format!("/promotions{query}")).all("tbody tr").len(), rows, "{query}");
    }
    let first = browser.get("/promotions");
    let second = browser.get(&first.attribute("a[rel=next]", "href").expect("a next page"));
    assert_eq!(second.all("tbody tr").len(), 11, "sixty drafts and a promotion");
    let back = browser.get(&second.attribute("a[rel=prev]", "href").expect("a previous page"));
    assert_eq!(back.all("tbody tr"), first.all("tbody tr"));
}

#[test]
fn settling_what_is_over_changes_nothing_that_anybody_sees() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let path = review(&app, "stock_allocation", "60").submit(&[]).follow().path.replace("/confirmation", "");
    let settle = |app: &TestApp| {
        let (database, now) = (app.database.clone(), app.now());
        actix_web::rt::System::new()
            .block_on(async move { archive_ended_holds::run_once(&database, now).await })
            .expect("settling")
    };
    assert_eq!(settle(&app), 0, "a running hold is not settled");
    app.advance(TimeDelta::hours(9));
    let before = app.signed_in().get(&path).text();
    assert_eq!((settle(&app), settle(&app)), (1, 0));
    assert_eq!(app.signed_in().get(&path).text(), before);
    assert_eq!(app.signed_in().get("/catalogue").cell("Product1", "Lazada SG"), "100");
}

#[test]
fn nothing_that_anybody_types_into_the_steps_is_answered_with_a_fault() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let odd = [
        "",
        " ",
        "-1",
        "0",
        "1e300",
        "9223372036854775808",
        "a\0b",
        "a\u{202E}b",
        "\u{1F525}\u{1F525}",
        "<script>alert(1)</script>",
        "'; DROP TABLE skus; --",
        "{{ name }} %s %n",
    ];
    // Text that does not compress: an index of PostgreSQL takes a long one only if it does.
    let long: String =
        (0_u64..50_000).map(|n| char::from(b'!' + (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 57) as u8 % 90)).collect();
    let filled = [
        ("name", "11.11"),
        ("type", "stock_allocation"),
        ("store", "lazada-sg"),
        ("start", "2026-11-10T20:00"),
        ("end", END),
    ];
    let details = app.signed_in().get("/promotions/new").submit(&[]).follow();
    let name = "n".repeat(300);
    let refused = details.submit(&[("name", &name)]);
    assert_eq!(refused.attribute("#name", "value").as_ref(), Some(&name), "what was typed is kept");
    for value in odd.into_iter().chain([long.as_str()]) {
        for (field, _) in filled {
            let mut typed = filled;
            typed.iter_mut().filter(|(name, _)| *name == field).for_each(|pair| pair.1 = value);
            let answer = details.submit(&typed);
            assert!([303, 422].contains(&answer.status), "{field}={value:.40?}: {}", answer.status);
            assert!(!answer.body.contains("<script>"), "{field}={value:.40?} is escaped");
        }
        assert_eq!(details.submit(&filled).status, 303);
        let products = details.path.replace("details", "products");
        let page = app.signed_in().get(&products);
        for field in ["q", "add", "rows", "remove", "press", "sku", "quantity"] {
            for press in ["search", "add", "rows", "save", "continue"] {
                let mut typed = vec![("press", press), ("sku", "Product1"), ("quantity", "5")];
                typed.retain(|(name, _)| *name != field);
                typed.push((field, value));
                let answer = page.submit(&typed);
                assert!([303, 422].contains(&answer.status), "{press} {field}={value:.40?}: {}", answer.status);
            }
        }
        let query = flashsale::web::query::href(&products, &[("q", &value.chars().take(2000).collect::<String>())]);
        assert_eq!(app.signed_in().get(&query).status, 200);
    }
}

#[test]
fn a_tab_that_is_left_open_leads_to_what_became_of_its_draft() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let review = review(&app, "stock_allocation", "60");
    let stale = app.signed_in().get(&review.path.replace("review", "products"));
    let confirmation = review.submit(&[]).location;
    assert_eq!(stale.submit(&[("press", "add"), ("add", "Product1")]).location, confirmation);
    let discarded = details(&app, "stock_allocation");
    discarded.submit_form("main form[action$=products]", &[("press", "save")]);
    app.signed_in().get(&discarded.path.replace("products", "details")).submit_form("form[action$=discard]", &[]);
    let gone = discarded.submit(&[("press", "add"), ("add", "Product1")]);
    assert_eq!((gone.status, gone.all("h1")), (404, vec!["This draft no longer exists".to_owned()]));
    assert_eq!(gone.attribute("main a", "href").as_deref(), Some("/promotions"));
    for step in ["details", "products", "review"] {
        let at = |page: &Page| page.path.rsplit_once('/').expect("a step").0.to_owned();
        let page = app.signed_in().get(&format!("{}/{step}", at(&discarded)));
        assert_eq!((page.status, page.all("h1")), (404, gone.all("h1")), "{step}");
        let page = app.signed_in().get(&format!("{}/{step}", at(&review)));
        assert_eq!(page.location, confirmation, "{step} of what is a promotion by now");
    }
    assert_eq!(app.signed_in().get(&confirmation.expect("a confirmation")).status, 200);
}

#[test]
fn a_confirmation_that_is_opened_after_the_sale_leads_to_the_promotion() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let confirmation = review(&app, "stock_allocation", "60").submit(&[]).follow();
    app.advance(TimeDelta::days(1));
    let again = app.signed_in().get(&confirmation.path);
    assert_eq!(again.location, Some(confirmation.path.replace("/confirmation", "")));
}

#[test]
fn a_promotion_stands_where_it_was_created_not_where_its_draft_was_begun() {
    let app = TestApp::start();
    article_stores(&app);
    product1(&app, 100);
    let early = review(&app, "stock_allocation", "60");
    app.advance(TimeDelta::minutes(5));
    app.signed_in().get("/promotions/new").submit(&[]);
    assert_eq!(early.submit(&[]).status, 303);
    assert_eq!(app.signed_in().get("/promotions").all("tbody tr th"), ["11.11", "Unnamed draft"]);
    assert_eq!(app.signed_in().get("/promotions?status=running&q=11").all("tbody tr th"), ["11.11"]);
}
