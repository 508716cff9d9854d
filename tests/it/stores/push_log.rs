//! The push log: its page, its export, and its retention.

use crate::{
    engine::migrations::plans,
    scene::{LAZADA, SHOPEE, ZALORA, article_shop, at, sku_code, stock, store_code},
    support::{Browser, Page, TestApp},
    sync::pushes::Shop,
};
use chrono::TimeDelta;
use flashsale::{
    clock::new_id,
    db::{
        engine::paging::Place,
        stores::push_log::{self, Filter, LoggedPush, Outcomes, page},
    },
    domain::{
        moment::Moment,
        stores::{
            failure::{Failure, FailureClass, Lock},
            push::PushOutcome,
        },
    },
    jobs::trim_push_log,
    sync::push::record::{Reply, Response},
};

/// A line of the log.
fn line(at: Moment, store: &str, sku: &str, quantity: i64, outcome: PushOutcome) -> LoggedPush {
    LoggedPush {
        id: new_id(at),
        at,
        store: store_code(store),
        sku: Some(sku_code(sku)),
        seller_sku: sku.to_owned(),
        quantity_before: Some(quantity + 1),
        quantity,
        why: format!("{quantity} in hand"),
        outcome,
        answer: String::new(),
        request_id: Some(format!("request {quantity}")),
    }
}

pub fn insert_lines(app: &TestApp, lines: &[LoggedPush]) {
    app.write(|conn| push_log::insert(conn, lines).expect("kept"));
}

/// The article's shop with four lines, whose names are the sent quantities: 4 is the newest.
pub fn logged() -> (TestApp, Browser) {
    let (app, browser) = article_shop();
    let mapping = PushOutcome::Failed(FailureClass::Mapping);
    let throttled = PushOutcome::Failed(FailureClass::Throttled);
    let lines = [
        line(at(0), LAZADA, "Product1", 1, PushOutcome::Acknowledged),
        line(at(1), SHOPEE, "Product1", 2, mapping),
        line(at(1), LAZADA, "MUG", 3, throttled),
        line(at(4 * 3600), SHOPEE, "Product1", 4, PushOutcome::Acknowledged),
    ];
    insert_lines(&app, &lines);
    (app, browser)
}

/// The quantities that a list shows.
fn sent(page: &Page) -> Vec<String> {
    page.all("tbody td[data-label=To]")
}

#[test]
fn a_log_without_lines_says_what_will_stand_there() {
    let (_app, mut browser) = article_shop();
    let page = browser.get("/push-log");
    assert!(page.text().contains("Nothing was sent yet"), "{}", page.text());
    assert!(page.text().contains("for 30 days"), "{}", page.text());
    assert_eq!(page.all_attributes(".empty a", "href"), ["/stores", "/help#pushing"]);
    assert_eq!(browser.get("/stores").all("a[href='/push-log']"), ["Push log"]);
}

#[test]
fn what_was_sent_stands_there_with_why_and_what_was_answered() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    stock(&shop.app.database, at(61), "Product1", 50, 0);
    shop.scan(at(61));
    let leased = shop.lease(ZALORA, "one", at(61));
    shop.answer(ZALORA, at(61), leased, &Err(Failure::mapping("Zalora knows no product 7.")));
    let mut browser = shop.app.signed_in();
    let page = browser.get("/push-log?outcome=mapping");
    let columns = ["Store", "SKU", "From", "To", "Why", "Answer", "Request id"];
    let when = "10 Nov 2026, 20:01:01 Asia/Singapore";
    let expected = [ZALORA, "Product1", "100", "50", "50 in hand", "Mapping Zalora knows no product 7.", "–"];
    assert_eq!(columns.map(|column| page.cell(when, column)), expected);
    let page = browser.get("/push-log?outcome=acknowledged&store=lazada-sg");
    let when = "10 Nov 2026, 20:00:00 Asia/Singapore";
    assert_eq!(["From", "To", "Answer"].map(|column| page.cell(when, column)), ["unknown", "100", "Acknowledged"]);
    assert_eq!(page.all_attributes("tbody a", "href"), ["/stores/lazada-sg", "/catalogue/Product1"]);

    assert_eq!(browser.get("/stores/lazada-sg").all("a[href='/push-log?store=lazada-sg']"), ["Push log of this store"]);
    assert_eq!(browser.get("/catalogue/Product1").all("a[href='/push-log?sku=Product1']"), ["Push log of this SKU"]);
}

#[test]
fn what_was_sent_as_near_as_a_campaign_lets_it_stands_there_too() {
    let shop = Shop::with_pages();
    shop.settle(at(0));
    stock(&shop.app.database, at(61), "Product1", 50, 0);
    shop.scan(at(61));
    let lock = Failure::locked("Shopee keeps 60.", Lock { quantity: Some(60), until: None });
    let lowered = Reply { result: Ok(60), at: at(63), request_id: Some("second request".to_owned()), campaigns: None };
    let refused = Reply { result: Err(lock), at: at(62), request_id: None, campaigns: None };
    let leased = shop.lease(SHOPEE, "one", at(61)).remove(0);
    shop.record(SHOPEE, at(70), &[Response { leased, look: None, reply: refused, nearest: Some((60, lowered)) }]);
    let page = shop.app.signed_in().get("/push-log?store=shopee-sg");
    assert_eq!(sent(&page), ["60", "50", "100"]);
    for (when, to) in [("20:01:03", "60"), ("20:01:02", "50")] {
        assert_eq!(page.cell(&format!("10 Nov 2026, {when} Asia/Singapore"), "To"), to, "as of the answer");
    }
    let column = |label: &str| page.all(&format!("tbody td[data-label='{label}']"));
    assert_eq!(column("From")[..2], ["100", "100"]);
    assert_eq!(column("Answer")[..2], ["Acknowledged", "Locked by a campaign Shopee keeps 60."]);
    assert_eq!(column("Request id")[..2], ["second request", "–"]);
    let why = "as few as a campaign lets it show, instead of 50: 50 in hand";
    assert_eq!(column("Why")[..2], [why, "50 in hand"]);
}

#[test]
fn every_filter_narrows_the_log_and_so_do_several_together() {
    let (_app, mut browser) = logged();
    for (query, expected) in [
        ("", vec!["4", "3", "2", "1"]),
        ("store=lazada-sg", vec!["3", "1"]),
        ("sku=Product1", vec!["4", "2", "1"]),
        ("sku=+Product1+&store=shopee-sg", vec!["4", "2"]),
        ("outcome=acknowledged", vec!["4", "1"]),
        ("outcome=mapping", vec!["2"]),
        ("outcome=temporary", vec![]),
        ("outcome=failed", vec!["3", "2"]),
        ("outcome=failed&store=lazada-sg", vec!["3"]),
        ("outcome=failed&sku=MUG&store=lazada-sg", vec!["3"]),
        ("outcome=failed&sku=MUG&store=shopee-sg", vec![]),
        ("from=2026-11-10&to=2026-11-10", vec!["3", "2", "1"]),
        ("to=2026-11-09", vec![]),
        // 16:00 UTC is midnight in Singapore.
        ("from=2026-11-11", vec!["4"]),
        ("from=2026-11-11&store=lazada-sg", vec![]),
        ("outcome=lost&store=Not+a+code", vec!["4", "3", "2", "1"]),
    ] {
        assert_eq!(sent(&browser.get(&format!("/push-log?{query}"))), expected, "{query}");
    }
    let none = browser.get("/push-log?outcome=temporary");
    assert!(none.text().contains("No push found"), "{}", none.text());
    let wrong = browser.get("/push-log?from=11/11/2026");
    assert_eq!(wrong.all("#from-error"), ["Error: Enter a date like 2026-11-11."]);
    assert_eq!(sent(&wrong).len(), 4, "what means nothing lets everything through");
    assert_eq!(wrong.all("label[for=from]"), ["Sent from (Asia/Singapore)"]);
    let long = browser.get(&format!("/push-log?sku={}", "x".repeat(200)));
    assert!(long.all("#sku-error")[0].starts_with("Error: "), "{}", long.text());
}

#[test]
fn the_log_is_paged_both_ways_also_where_much_was_answered_at_one_moment() {
    let (app, mut browser) = article_shop();
    let outcome = |nth: i64| match nth % 3 {
        0 => PushOutcome::Failed(FailureClass::Locked),
        _ => PushOutcome::Acknowledged,
    };
    let lines: Vec<_> = (0..120).map(|nth| line(at(nth / 60), LAZADA, "Product1", nth, outcome(nth))).collect();
    insert_lines(&app, &lines);
    for (query, expected) in [
        ("", (0..120).rev().collect::<Vec<i64>>()),
        ("?outcome=acknowledged", (0..120).rev().filter(|nth| nth % 3 != 0).collect()),
    ] {
        let (mut found, mut pages) = (Vec::new(), Vec::new());
        let mut page = browser.get(&format!("/push-log{query}"));
        loop {
            pages.push(sent(&page));
            found.extend(sent(&page));
            let Some(next) = page.attribute("a[rel=next]", "href") else { break };
            page = browser.get(&next);
        }
        assert_eq!(found, expected.iter().map(ToString::to_string).collect::<Vec<_>>(), "{query}");
        for before in pages.iter().rev().skip(1) {
            page = browser.get(&page.attribute("a[rel=prev]", "href").expect("a page before"));
            assert_eq!(sent(&page), *before, "{query}");
        }
        assert_eq!(page.attribute("a[rel=prev]", "href"), None);
    }
    for nonsense in ["x", "2026-11-10T12:00:00Z", "2026-11-10T12:00:00Z|x", "|"] {
        assert_eq!(sent(&browser.get(&format!("/push-log?after={nonsense}"))).len(), 50, "{nonsense}");
    }
}

#[test]
fn what_the_filters_let_through_is_a_file() {
    let (app, mut browser) = logged();
    let formula = LoggedPush {
        quantity_before: None,
        answer: "=HYPERLINK(\"http://x\")".to_owned(),
        ..line(at(2), SHOPEE, "MUG", 5, PushOutcome::Failed(FailureClass::Locked))
    };
    insert_lines(&app, &[formula]);
    let page = browser.get("/push-log?sku=MUG&outcome=failed");
    let file = page.all_attributes("p a", "href").into_iter().find(|href| href.contains(".csv")).expect("a link");
    let file = browser.get(&file);
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"pushes.csv\"");
    assert_eq!(
        file.body,
        "at,store,sku,from,to,why,outcome,answer,request_id,local_time,time_zone\n\
         2026-11-10T12:00:02Z,shopee-sg,MUG,,5,5 in hand,locked,\"'=HYPERLINK(\"\"http://x\"\")\",request 5,\
         2026-11-10 20:00:02,Asia/Singapore\n\
         2026-11-10T12:00:01Z,lazada-sg,MUG,4,3,3 in hand,throttled,,request 3,2026-11-10 20:00:01,Asia/Singapore\n"
    );
    let many: Vec<_> = (0..1_200).map(|nth| line(at(9), ZALORA, "Product1", nth, PushOutcome::Acknowledged)).collect();
    insert_lines(&app, &many);
    assert_eq!(browser.get("/push-log.csv").body.lines().count(), 1 + 5 + 1_200, "more than a batch");
}

/// Every combination of the filters.
fn filters() -> impl Iterator<Item = Filter> {
    let outcomes = [Outcomes::All, Outcomes::Failed, Outcomes::Only(PushOutcome::Acknowledged)];
    let of = |bits: u32, outcomes| {
        let has = |bit: u32| bits & (1 << bit) != 0;
        Filter {
            store: has(0).then(|| store_code(LAZADA)),
            sku: has(1).then(|| sku_code("Product1")),
            outcomes,
            from: has(2).then(|| at(0)),
            until: has(3).then(|| at(0)),
        }
    };
    (0..16_u32).flat_map(move |bits| outcomes.map(|outcomes| of(bits, outcomes)))
}

#[test]
fn every_combination_of_filters_is_read_from_an_index_in_its_order() {
    let (app, _) = article_shop();
    let key = format!("{}|{}", at(0), uuid::Uuid::nil());
    for filter in filters() {
        let index = match (&filter.store, &filter.sku) {
            (None, None) => "push_log_by_time",
            (Some(_), None) => "push_log_of_store",
            (None, Some(_)) => "push_log_of_sku",
            (Some(_), Some(_)) => "push_log_of_sku",
        };
        let outcomes = match filter.outcomes {
            Outcomes::All => FailureClass::ALL.len() + 1,
            Outcomes::Failed => FailureClass::ALL.len(),
            Outcomes::Only(_) => 1,
        };
        for place in [Place::Start, Place::After(key.clone()), Place::Before(key.clone())] {
            let plans = plans(&app.settings.database_url, |conn| {
                page(conn, &filter, &place).expect("a read");
            });
            let keys: Vec<_> = plans.iter().filter(|(_, statement)| statement.contains("ORDER BY")).collect();
            assert_eq!(keys.len(), outcomes, "{filter:?}: a statement for each outcome");
            for (plan, statement) in keys {
                let is_sorted = plan.contains("Sort") || plan.contains("TEMP B-TREE");
                assert!(plan.contains(index) && !is_sorted, "{filter:?} {place:?}\n{statement}\n{plan}");
            }
        }
    }
}

#[test]
fn what_was_kept_for_its_time_is_forgotten_and_no_more() {
    let (mut app, _) = logged();
    app.stop();
    let old: Vec<_> = (0..1_234)
        .map(|nth| {
            let class = FailureClass::ALL[usize::try_from(nth % 8).expect("a place")];
            let outcome = if nth % 2 == 0 { PushOutcome::Acknowledged } else { PushOutcome::Failed(class) };
            line(at(-nth), ZALORA, "Product1", nth, outcome)
        })
        .collect();
    insert_lines(&app, &old);
    let month = TimeDelta::days(30);
    let forget = |now: Moment| {
        let database = app.database.clone();
        actix_web::rt::System::new()
            .block_on(async move { trim_push_log::run_once(&database, now, month).await })
            .expect("forgotten")
    };
    let plans = plans(&app.settings.database_url, |conn| {
        push_log::delete_before(conn, at(-86_400), 10).expect("nothing");
    });
    let finds: Vec<_> = plans.iter().filter(|(_, statement)| statement.contains("ORDER BY")).collect();
    assert_eq!(finds.len(), FailureClass::ALL.len() + 1, "a statement for each outcome");
    finds.iter().for_each(|(plan, _)| assert!(plan.contains("push_log_by_time"), "{plan}"));

    assert_eq!(forget(at(-1_233).plus(month)), 0, "the oldest is just a month old");
    assert_eq!(forget(at(0).plus(month)), 1_233, "all but those of noon and after");
    assert_eq!(forget(at(0).plus(month)), 0);
    let left = app.write(|conn| page(conn, &Filter::default(), &Place::Start).expect("a read"));
    assert_eq!(left.rows.iter().map(|line| line.quantity).collect::<Vec<_>>(), [4, 3, 2, 0, 1]);
}
