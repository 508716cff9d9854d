//! The list of drifts: its filters, its pages, and the indexes behind it.

use crate::{
    engine::migrations::plans,
    scene::{article_shop, at, list_kit, sku_code, store_code},
    seller::Seller,
    support::{Browser, Page},
};
use flashsale::{
    clock::new_id,
    db::{
        engine::paging::Place,
        stores::drifts::{self, Drift, Filter, page},
    },
    domain::moment::Moment,
};

const STORES: [&str; 2] = ["lazada-sg", "shopee-sg"];

/// Its shown number is its name.
fn drift(at: Moment, store: &str, sku: Option<&str>, shown: i64, corrected: bool) -> Drift {
    Drift {
        id: new_id(at),
        at,
        store: store_code(store),
        sku: sku.map(sku_code),
        seller_sku: sku.unwrap_or("SET of 2").to_owned(),
        expected: 90,
        shown,
        sent: 80,
        corrected,
    }
}

/// A seller with four drifts: 4 is the newest, and the third is of a kit.
fn drifted() -> (Seller, Browser) {
    let seller = Seller::open_with_pages(2);
    list_kit(&seller.app.database, at(0), STORES[0], "SET of 2", "Product-0*2");
    let found = [
        drift(at(1), STORES[0], Some("Product-0"), 1, true),
        drift(at(2), STORES[1], Some("Product-0"), 2, false),
        drift(at(2), STORES[0], None, 3, true),
        drift(at(4 * 3600), STORES[1], Some("Product-1"), 4, true),
    ];
    seller.app.write(|conn| drifts::insert(conn, &found).expect("kept"));
    let browser = seller.app.signed_in();
    (seller, browser)
}

fn shown(page: &Page) -> Vec<String> {
    page.all("tbody td[data-label=Shown]")
}

#[test]
fn an_empty_list_says_what_a_drift_is_and_pages_lead_to_it() {
    let (_app, mut browser) = article_shop();
    let page = browser.get("/drifts");
    assert!(page.text().contains("A drift is a number that a store showed and that neither"), "{}", page.text());
    assert!(page.text().contains("for 30 days"), "{}", page.text());
    let help = page.attribute(".empty a", "href").expect("a link");
    assert_eq!((help.as_str(), browser.get(&help).all("h3#drifts").len()), ("/help#drifts", 1));
    assert_eq!(browser.get("/stores").all("a[href='/drifts']"), ["Drifts"]);
    assert_eq!(browser.get("/help").all("a[href='/drifts']"), ["Drifts"]);
}

#[test]
fn a_drift_is_listed_with_what_came_of_it_and_leads_to_its_store_and_its_sku() {
    let (_seller, mut browser) = drifted();
    let page = browser.get("/drifts");
    let columns = ["Store", "When", "Listing", "Expected", "Result"];
    let row = |shown: &str| columns.map(|column| page.cell(shown, column));
    let when = "11 Nov 2026, 00:00:00 Asia/Singapore";
    assert_eq!(row("4"), ["shopee-sg", when, "Product-1", "90", "Set to 80"]);
    assert_eq!(row("2")[4], "80 were sent and not acknowledged");
    assert_eq!(row("3")[2], "SET of 2");
    let links = page.all_attributes("tbody tr:first-child a", "href");
    assert_eq!(links, ["/stores/shopee-sg#drifts", "/catalogue/Product-1"]);
    let kit = page.attribute("tbody a[href^='/kits']", "href").expect("a link to the kit");
    assert_eq!(browser.get(&kit).all("tbody th"), ["SET of 2"]);
    let of_store = browser.get("/stores/shopee-sg").attribute("a[href^='/drifts']", "href").expect("a link");
    assert_eq!(shown(&browser.get(&of_store)), ["4", "2"]);
    let dashboard = browser.get("/");
    assert_eq!(dashboard.all("a[href='/drifts']"), ["Drifts", "All drifts"], "the tile and the table");
    assert_eq!(dashboard.cell("SET of 2", "Store"), "lazada-sg");
}

#[test]
fn every_filter_narrows_the_drifts_and_so_do_several_together() {
    let (_seller, mut browser) = drifted();
    for (query, expected) in [
        ("", vec!["4", "3", "2", "1"]),
        ("store=lazada-sg", vec!["3", "1"]),
        ("result=corrected", vec!["4", "3", "1"]),
        ("result=not-corrected", vec!["2"]),
        ("sku=+Product-0+", vec!["2", "1"]),
        ("sku=Product-0&store=lazada-sg&result=corrected", vec!["1"]),
        ("store=lazada-sg&result=not-corrected", vec![]),
        ("result=lost&store=Not+a+code&after=x&before=%00", vec!["4", "3", "2", "1"]),
        ("store=%3Cscript%3E&result=%00", vec!["4", "3", "2", "1"]),
    ] {
        let page = browser.get(&format!("/drifts?{query}"));
        assert_eq!((page.status, shown(&page)), (200, expected.iter().map(|shown| (*shown).to_owned()).collect()));
    }
    let none = browser.get("/drifts?sku=Product-9");
    assert!(none.text().contains("No drift found"), "{}", none.text());
    let chosen = browser.get("/drifts?store=shopee-sg&result=corrected&sku=Product-1");
    assert_eq!(chosen.all("option[selected]"), ["shopee-sg", "Corrected"]);
    assert_eq!(chosen.attribute("#sku", "value").as_deref(), Some("Product-1"));
    let long = browser.get(&format!("/drifts?sku={}", "x".repeat(200)));
    assert!(long.all("#sku-error")[0].starts_with("Error: "), "{}", long.text());
    assert_eq!(shown(&long).len(), 4, "what means nothing lets everything through");
}

#[test]
fn drifts_are_paged_both_ways_also_where_many_are_of_one_moment() {
    let (seller, mut browser) = drifted();
    let many: Vec<_> =
        (100..220).map(|nth| drift(at(20_000 + nth / 60), STORES[0], Some("Product-1"), nth, nth % 3 == 0)).collect();
    seller.app.write(|conn| drifts::insert(conn, &many).expect("kept"));
    let expected: Vec<String> = (100..220).rev().filter(|nth| nth % 3 != 0).map(|nth| nth.to_string()).collect();
    let first = browser.get("/drifts?store=lazada-sg&result=not-corrected");
    let next = browser.get(&first.attribute("a[rel=next]", "href").expect("a page more"));
    assert_eq!((shown(&first), shown(&next)), (expected[..50].to_vec(), expected[50..].to_vec()));
    assert_eq!(next.attribute("a[rel=next]", "href"), None);
    let back = browser.get(&next.attribute("a[rel=prev]", "href").expect("the page before"));
    assert_eq!((shown(&back), back.attribute("a[rel=prev]", "href")), (shown(&first), None));
}

#[test]
fn every_combination_of_filters_is_read_from_an_index_in_its_order() {
    let (app, _) = article_shop();
    let key = format!("{}|{}", at(0), uuid::Uuid::nil());
    for bits in 0..8_u32 {
        let has = |bit: u32| bits & (1 << bit) != 0;
        let filter = Filter {
            store: has(0).then(|| store_code("lazada-sg")),
            is_corrected: has(1).then_some(false),
            sku: has(2).then(|| sku_code("Product1")),
        };
        for place in [Place::Start, Place::After(key.clone()), Place::Before(key.clone())] {
            let plans = plans(&app.settings.database_url, |conn| drop(page(conn, &filter, &place).expect("a read")));
            let [(plan, statement)] = &plans[..] else { panic!("one statement: {plans:?}") };
            let index = match bits {
                0 => "drifts_by_time",
                1 => "drifts_of_store",
                2 => "drifts_by_result",
                3 => "drifts_of_store_by_result",
                _ => "drifts_",
            };
            let walks = ["Sort", "TEMP B-TREE", "Seq Scan"].iter().any(|walk| plan.contains(walk));
            assert!(!walks && plan.contains(index), "{filter:?} {place:?}\n{statement}\n{plan}");
        }
    }
}
