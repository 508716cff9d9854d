//! Campaigns of the marketplaces: they are read, shown, and made into flash sales.

use crate::{
    scene::{LAZADA, add_sku, article_shop, at, cause, create, list_kit, read, sale, store_code},
    seller::{Seller, product, product_id},
    stores::mapping::connect,
    support::{Browser, Page, TestApp},
};
use chrono::TimeDelta;
use flashsale::{
    actions::stores::save_app::{self, AppInput},
    db::{
        Conn,
        engine::paging::Place,
        stores::{
            campaign_reads::{self, CampaignRead},
            campaigns::{self, Filter, Row},
            listings, rename,
        },
    },
    demo::marketplace::{CallKind, Campaign, Fault, PlannedFault},
    domain::{
        id::ListingId,
        moment::Moment,
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
        stores::{campaign, connection::ConnectorKind},
    },
    marketplaces::{lazada, registry, shopee},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use std::fmt::Write;

/// The stores whose marketplaces have campaigns.
const READ: [(&str, ConnectorKind); 2] = [("lazada-sg", lazada::KIND), ("shopee-sg", shopee::KIND)];

fn add(seller: &Seller, (store, kind): (&str, ConnectorKind), nth: usize, quantity: i64, ends_at: Moment) {
    let campaign = Campaign { quantity, starts_at: None, ends_at };
    seller.market.marketplace.add_campaign(store, &product_id(kind, nth), campaign);
}

/// The units that are known to be locked of each listing of a store.
fn known(seller: &Seller, store: &str) -> Vec<(String, i64)> {
    let now = seller.app.now();
    let all = |conn: &mut Conn| campaigns::part(conn, &store_code(store), Filter::All, &Place::Start, now, 1_000);
    let listed = read(&seller.app.database, all);
    let mut known: Vec<(String, i64)> =
        listed.into_iter().map(|listed| (listed.listing.seller_sku, listed.row.units)).collect();
    known.sort();
    known
}

fn state(seller: &Seller, store: &str) -> CampaignRead {
    read(&seller.app.database, |conn| campaign_reads::find(conn, &store_code(store))).expect("it is read")
}

/// Makes the flash sale of the first campaign of a page that has none.
fn make_sale(page: &Page) -> Page {
    let made = page.submit_form("main form[method=post][action$='/campaigns']", &[]);
    assert_eq!(made.status, 303, "{}", made.text());
    made.follow()
}

#[test]
fn a_campaign_is_pointed_out_until_the_flash_sale_that_one_press_drafts_covers_it() {
    let seller = Seller::open_with_pages(3);
    seller.push(&seller.pusher());
    let ends_at = seller.app.now().plus(TimeDelta::hours(30));
    for of in READ {
        add(&seller, of, 0, 40, ends_at);
        add(&seller, of, 1, 15, ends_at);
    }
    seller.read_campaigns();
    let mut browser = seller.app.signed_in();
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 40), (product(1), 15)], "{store}");
        let page = browser.get(&format!("/stores/{store}"));
        let warning =
            "2 listings are in campaigns without a flash sale: the other stores show units that the marketplace";
        assert!(page.text().contains(warning), "{}", page.text());
        let shown = ["Listing", "Units locked", "Until"].map(|of| page.cell(&product(0), of));
        assert_eq!(shown, ["Product-0", "40", "12 Nov 2026, 02:00 Asia/Singapore"], "{store}");
        assert_eq!(page.all("main form[method=post][action$='/campaigns']").len(), 1, "one press for both listings");
        let sku = browser.get("/catalogue/Product-1");
        let name = sku.all("[aria-label=Campaigns] tbody th");
        assert_eq!(name.len(), 2, "{name:?}");
        assert_eq!(sku.cell(&name[0], "Units locked"), "15");
        let dashboard = browser.get("/");
        assert!(dashboard.text().contains(&format!("{store}: 2 listings")), "{}", dashboard.text());

        let list = browser.get(&format!("/stores/{store}/campaigns?sale=none"));
        let review = make_sale(&list);
        assert_eq!(review.status, 200, "{}", review.text());
        for words in ["This draft has what the campaign locks", "Stock Reservation", store, "12 Nov 2026, 02:00"] {
            assert!(review.text().contains(words), "{words}: {}", review.text());
        }
        assert_eq!(["Product-0", "Product-1"].map(|sku| review.cell(sku, "Quantity")), ["40", "15"], "{store}");
        assert_eq!(review.submit(&[("press", "create")]).status, 303);
        let list = browser.get(&format!("/stores/{store}/campaigns?sale=none"));
        assert!(list.text().contains("Flash sales cover every campaign."), "{}", list.text());
        assert!(!browser.get("/").text().contains(&format!("{store}: ")), "{store}");
        let all = browser.get(&format!("/stores/{store}/campaigns"));
        assert_eq!(all.cell("Product-0", "Flash sale"), "Covered", "{store}");
    }
    let again = browser.get("/stores/shopee-sg/campaigns");
    let key = campaign_of(&seller, "shopee-sg");
    let token = again.attribute("input[name=csrf_token]", "value").expect("a token");
    let answer = browser.post("/stores/shopee-sg/campaigns", &[("csrf_token", &token), ("campaign", &key)]);
    assert!(answer.follow().text().contains("Flash sales cover all of that campaign by now"));
    let unknown = browser.post("/stores/nowhere/campaigns", &[("csrf_token", &token), ("campaign", "1")]);
    assert_eq!(unknown.status, 404);
}

/// The first campaign of a store.
fn campaign_of(seller: &Seller, store: &str) -> String {
    let now = seller.app.now();
    let all = |conn: &mut Conn| campaigns::part(conn, &store_code(store), Filter::All, &Place::Start, now, 1);
    read(&seller.app.database, all).remove(0).row.campaign
}

#[test]
fn what_is_gone_or_over_is_not_shown_any_more() {
    let mut seller = Seller::open(3);
    let now = seller.app.now();
    let (soon, later) = (now.plus(TimeDelta::minutes(10)), now.plus(TimeDelta::hours(10)));
    for of in READ {
        add(&seller, of, 0, 10, soon);
        add(&seller, of, 1, 20, later);
    }
    // It has not begun.
    let campaign = Campaign { quantity: 5, starts_at: Some(soon), ends_at: later };
    seller.market.marketplace.add_campaign("shopee-sg", &product_id(shopee::KIND, 2), campaign);
    seller.add_kit(&[(0, 2)]);
    add(&seller, READ[0], 3, 7, later);
    seller.read_campaigns();
    assert_eq!(known(&seller, "lazada-sg"), [(product(0), 10), (product(1), 20), (product(3), 7)]);
    assert_eq!(known(&seller, "shopee-sg"), [(product(0), 10), (product(1), 20), (product(2), 5)]);
    seller.app.advance(TimeDelta::minutes(10));
    assert_eq!(known(&seller, "lazada-sg"), [(product(1), 20), (product(3), 7)], "it is over, whatever was read");
    for nth in [1, 3] {
        let id = product_id(lazada::KIND, nth);
        seller.market.marketplace.change_product("lazada-sg", &id, |product| product.campaigns.clear());
    }
    seller.read_campaigns();
    assert_eq!(known(&seller, "lazada-sg").len(), 2, "it is not time yet");
    seller.app.advance(TimeDelta::minutes(20));
    seller.read_campaigns();
    assert_eq!(known(&seller, "lazada-sg"), []);
    assert_eq!(known(&seller, "shopee-sg"), [(product(1), 20), (product(2), 5)]);
    let stored = read(&seller.app.database, |conn| {
        campaigns::part(conn, &store_code("shopee-sg"), Filter::All, &Place::Start, at(0), 100)
    });
    assert_eq!(stored.len(), 2, "what is over is deleted");
}

#[test]
fn a_store_with_a_running_sale_is_read_every_three_minutes_and_any_other_every_half_hour() {
    let seller = Seller::open(1);
    let now = seller.app.now();
    create(&seller.app.database, now, &sale(now, "lazada-sg", StockAllocation, &[("Product-0", 10)])).expect("a sale");
    seller.read_campaigns();
    let reads_after = |seconds: i64| -> [bool; 2] {
        let calls = || READ.map(|(store, _)| seller.market.marketplace.calls(store).reads);
        let before = calls();
        seller.app.advance(TimeDelta::seconds(seconds));
        seller.read_campaigns();
        let after = calls();
        [after[0] > before[0], after[1] > before[1]]
    };
    assert_eq!(reads_after(179), [false, false]);
    assert_eq!(reads_after(1), [true, false]);
    assert_eq!(reads_after(27 * 60), [true, true]);
}

#[test]
fn a_pass_over_many_listings_goes_on_where_a_server_stopped() {
    let seller = Seller::open(201);
    let ends_at = seller.app.now().plus(TimeDelta::hours(1));
    let last = "Product-99";
    for (store, kind) in READ {
        add(&seller, (store, kind), 0, 10, ends_at);
        add(&seller, (store, kind), 99, 20, ends_at);
        assert!(seller.read_part_of_campaigns(store), "{store}: there is more");
        assert!(state(&seller, store).place.is_some() && state(&seller, store).finished_at.is_none(), "{store}");
        assert_eq!(known(&seller, store), [(product(0), 10)], "{store}");
    }
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 10), (last.to_owned(), 20)], "{store}");
        assert_eq!(state(&seller, store).finished_at, Some(seller.app.now()), "{store}");
    }
}

#[test]
fn a_marketplace_that_does_not_answer_is_asked_again_later_and_the_page_says_why() {
    let seller = Seller::open_with_pages(1);
    let market = &seller.market.marketplace;
    for (store, kind) in READ {
        add(&seller, (store, kind), 0, 10, seller.app.now().plus(TimeDelta::hours(9)));
        market.add_fault(store, PlannedFault::from(Fault::ServerError).on(CallKind::Read).times(1));
    }
    seller.read_campaigns();
    let mut browser = seller.app.signed_in();
    for (store, _) in READ {
        let page = browser.get(&format!("/stores/{store}"));
        assert!(page.text().contains("The campaigns could not be read:"), "{}", page.text());
        assert!(state(&seller, store).due_at > seller.app.now(), "{store}");
    }
    seller.app.advance(TimeDelta::minutes(5));
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 10)], "{store}");
        let page = browser.get(&format!("/stores/{store}"));
        assert!(!page.text().contains("could not be read"), "{}", page.text());
    }
    let zalora = browser.get("/stores/zalora-sg");
    assert!(zalora.text().contains("Zalora documents no way to ask for its campaigns"), "{}", zalora.text());
    assert!(!browser.get("/stores/own-shop").text().contains("Campaigns"));
}

#[test]
fn the_access_that_has_ended_is_renewed_and_the_campaigns_are_read() {
    let seller = Seller::open(1);
    for (store, kind) in READ {
        add(&seller, (store, kind), 0, 10, seller.app.now().plus(TimeDelta::hours(9)));
        seller.market.marketplace.expire_access(store);
    }
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 10)], "{store}");
    }
}

#[test]
fn the_access_that_ends_after_another_failure_is_renewed_as_well() {
    let seller = Seller::open(1);
    let market = &seller.market.marketplace;
    for (store, kind) in READ {
        add(&seller, (store, kind), 0, 10, seller.app.now().plus(TimeDelta::hours(9)));
        market.add_fault(store, PlannedFault::from(Fault::ServerError).on(CallKind::Read).times(1));
    }
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(state(&seller, store).failures, 1, "{store}");
        market.expire_access(store);
    }
    seller.app.advance(TimeDelta::minutes(5));
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 10)], "{store}");
    }
}

#[test]
fn what_is_read_before_a_listing_is_lowered_is_known_at_once() {
    let seller = Seller::open(1);
    seller.push(&seller.pusher());
    for of in READ {
        add(&seller, of, 0, 60, seller.app.now().plus(TimeDelta::hours(9)));
    }
    crate::scene::stock(&seller.app.database, seller.app.now(), &product(0), 50, 0);
    let pusher = seller.pusher();
    for _ in 0..20 {
        seller.push(&pusher);
        if seller.shown(0) == [60, 60, 50, 50] {
            break;
        }
        // A request that took too long on a busy machine is sent again.
        seller.app.advance(TimeDelta::minutes(1));
    }
    assert_eq!(seller.shown(0), [60, 60, 50, 50]);
    for (store, _) in READ {
        assert_eq!(known(&seller, store), [(product(0), 60)], "{store}");
    }
}

#[test]
fn a_paused_store_and_one_that_is_not_tested_are_not_asked() {
    let seller = Seller::open(1);
    seller.pause_lazada_and_forget_the_test_of_shopee();
    seller.read_campaigns();
    for (store, _) in READ {
        assert_eq!(seller.market.marketplace.calls(store).reads, 0, "{store}");
    }
}

/// Posts a message to Shopee's address, signed as Shopee does.
fn post(seller: &Seller, body: &str) -> u16 {
    let address = format!("{}/hook/shopee", seller.app.address);
    let mut mac = Hmac::<Sha256>::new_from_slice(b"test_push_key").expect("a key");
    mac.update(format!("{address}|{body}").as_bytes());
    let mut signature = String::new();
    for byte in mac.finalize().into_bytes() {
        write!(signature, "{byte:02x}").expect("text");
    }
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let request = ureq::Agent::from(config).post(&address).content_type("application/json");
    request.header("authorization", &signature).send(body).expect("an answer").status().as_u16()
}

#[test]
fn a_message_about_a_promotion_has_the_campaigns_of_its_product_read_again() {
    let seller = Seller::open_with_pages(2);
    let values = [("partner_id", "1"), ("partner_key", "x"), ("push_key", "test_push_key")];
    let values = values.map(|(name, value)| (name.to_owned(), value.into()));
    let keys = registry::describe(shopee::KIND).app_keys(values.into()).expect("all fields");
    let input = AppInput { kind: shopee::KIND, address: String::new(), app_keys: seller.key.seal_app(&keys) };
    seller.app.write(|conn| save_app::run(conn, &cause(at(0)), input.clone(), |_| None).expect("saved"));
    seller.read_campaigns();
    let ends_at = seller.app.now().plus(TimeDelta::hours(9));
    add(&seller, READ[1], 0, 10, ends_at);
    add(&seller, READ[1], 1, 20, ends_at);
    let shop = seller.market.marketplace.credentials("shopee-sg").expect("a shop");
    let shop = shop.value("shop_id").expose_secret().to_owned();
    let of_item = format!(r#"{{"code":7,"shop_id":{shop},"data":{{"item_id":1000,"action":"promo_lock_stock"}}}}"#);
    for _ in 0..2 {
        assert_eq!(post(&seller, &of_item), 200);
    }
    assert_eq!(known(&seller, "shopee-sg"), [], "the message itself changes nothing");
    seller.read_campaigns();
    assert_eq!(known(&seller, "shopee-sg"), [(product(0), 10)], "that product alone");
    let of_none = format!(r#"{{"code":9,"shop_id":{shop},"data":{{"action":"promo_time_updated"}}}}"#);
    assert_eq!(post(&seller, &of_none), 200);
    seller.read_campaigns();
    assert_eq!(known(&seller, "shopee-sg"), [(product(0), 10), (product(1), 20)], "all of the store");
    let of_a_stranger = r#"{"code":7,"shop_id":77,"data":{"item_id":1000}}"#;
    assert_eq!(post(&seller, of_a_stranger), 200);
    let unknown = format!(r#"{{"code":7,"shop_id":{shop},"data":{{"item_id":77}}}}"#);
    assert_eq!(post(&seller, &unknown), 200);
    seller.read_campaigns();
    assert!(read(&seller.app.database, campaign_reads::hinted_stores).is_empty(), "followed");
}

/// A shop with MUG, PLATE and the kit SET of two mugs and a plate, on a connected Lazada.
fn shop_with_a_kit() -> (TestApp, Browser, ListingId, ListingId) {
    let (app, browser) = article_shop();
    add_sku(&app.database, "MUG", "Mug", 100, &[LAZADA]);
    add_sku(&app.database, "PLATE", "Plate", 30, &[LAZADA]);
    let set = list_kit(&app.database, at(0), LAZADA, "SET", "MUG*2|PLATE*1");
    connect(&app, LAZADA, lazada::KIND);
    let code = crate::scene::sku_code("MUG");
    let mug = read(&app.database, |conn| listings::find(conn, &code, &store_code(LAZADA))).expect("listed").id;
    (app, browser, mug, set)
}

fn lock(app: &TestApp, found: &[(ListingId, i64, Option<Moment>)]) {
    let now = app.now();
    let campaigns = found.iter().map(|(listing, units, ends_at)| {
        let (id, name) = ("7".to_owned(), "Campaign 7".to_owned());
        (*listing, vec![campaign::Campaign { id, name, units: *units, starts_at: None, ends_at: *ends_at }])
    });
    let campaigns = campaigns.collect();
    app.write(|conn| campaigns::replace(conn, &store_code(LAZADA), &campaigns, now).expect("stored"));
}

#[test]
fn a_kit_becomes_a_kit_of_the_draft_and_what_does_not_fit_is_said_there() {
    let (app, mut browser, mug, set) = shop_with_a_kit();
    let ends_at = app.now().plus(TimeDelta::hours(5));
    lock(&app, &[(mug, 30, Some(ends_at)), (set, 10, Some(ends_at))]);
    let review = make_sale(&browser.get("/stores/lazada-sg/campaigns"));
    assert_eq!(review.status, 200, "{}", review.text());
    assert_eq!((review.cell("MUG", "Quantity"), review.cell("PLATE", "Quantity")), ("50".to_owned(), "10".to_owned()));
    lock(&app, &[(mug, 30, None), (set, 50, Some(ends_at))]);
    let refused = make_sale(&browser.get("/catalogue/PLATE"));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.title().starts_with("Error: "), "without an end it asks for one: {}", refused.title());
    assert!(refused.text().contains("Enter the end"), "{}", refused.text());
    lock(&app, &[(mug, 0, None), (set, 50, Some(ends_at))]);
    let refused = make_sale(&browser.get("/catalogue/PLATE"));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(
        refused.text().contains("Enter 30 or less: 30 are available now, because of “PLATE”."),
        "{}",
        refused.text()
    );
}

#[test]
fn a_campaign_is_covered_by_holds_of_its_store_that_are_as_large_and_as_long() {
    let (app, _browser, mug, set) = shop_with_a_kit();
    let hour = app.now().plus(TimeDelta::hours(1));
    let is_covered = |listing: ListingId, units: i64, ends_at: Option<Moment>| -> bool {
        lock(&app, &[(listing, units, ends_at)]);
        let now = app.now();
        let found = read(&app.database, |conn| {
            let all = campaigns::part(conn, &store_code(LAZADA), Filter::All, &Place::Start, now, 10)?;
            let open = campaigns::part(conn, &store_code(LAZADA), Filter::Uncovered, &Place::Start, now, 10)?;
            Ok((all, open.len()))
        });
        let of = found.0.iter().find(|listed| listed.row.listing == listing).expect("it is listed");
        assert!(of.is_covered || found.1 > 0, "the filter says the same");
        of.is_covered
    };
    let seconds = |seconds: i64| Some(hour.plus(TimeDelta::seconds(seconds)));
    assert!(!is_covered(mug, 1, seconds(0)) && !is_covered(set, 1, seconds(0)), "there is no sale");
    create(&app.database, app.now(), &sale(app.now(), LAZADA, StockReservation, &[("MUG", 40)])).expect("a sale");
    for (units, ends_at, covered) in [
        (40, seconds(0), true),
        (41, seconds(0), false),
        (40, seconds(59), true),
        (40, seconds(60), false),
        (1, seconds(-600), true),
        (40, None, true),
    ] {
        assert_eq!(is_covered(mug, units, ends_at), covered, "{units} {ends_at:?}");
        assert!(!is_covered(set, units, ends_at), "no plate is held");
    }
    create(&app.database, app.now(), &sale(app.now(), LAZADA, StockReservation, &[("PLATE", 25)])).expect("a sale");
    for (units, covered) in [(20, true), (21, false)] {
        assert_eq!(is_covered(set, units, seconds(0)), covered, "{units} sets are {} mugs", 2 * units);
    }
    app.advance(TimeDelta::hours(1));
    assert!(!is_covered(mug, 1, seconds(600)), "the sale is over");
}

#[test]
fn the_list_of_a_store_is_paged_by_key() {
    let (app, mut browser, mug, _) = shop_with_a_kit();
    let ends_at = Some(app.now().plus(TimeDelta::hours(5)));
    let many: Vec<campaign::Campaign> = (0..120)
        .map(|nth| campaign::Campaign {
            id: format!("{nth:03}"),
            name: format!("Campaign {nth:03}"),
            units: 1,
            starts_at: None,
            ends_at,
        })
        .collect();
    let now = app.now();
    let found = vec![(mug, many)];
    app.write(|conn| campaigns::replace(conn, &store_code(LAZADA), &found, now).expect("stored"));
    let mut path = "/stores/lazada-sg/campaigns?sale=none".to_owned();
    let mut names = Vec::new();
    loop {
        let page = browser.get(&path);
        names.extend(page.all("tbody th"));
        match page.attribute("a[rel=next]", "href") {
            Some(next) => path = next,
            None => break,
        }
    }
    let expected: Vec<String> = (0..120).map(|nth| format!("Campaign {nth:03}")).collect();
    assert_eq!(names, expected);
    let store = browser.get("/stores/lazada-sg");
    assert!(store.text().contains("50 or more listings are in campaigns without a flash sale"), "{}", store.text());
    assert_eq!(store.all("[aria-label=Campaigns] tbody tr").len(), 10);
    assert_eq!(browser.get("/stores/nowhere/campaigns").status, 404);
}

#[test]
fn another_shop_and_another_code_of_the_store_take_the_campaigns_along_or_away() {
    let (app, mut browser, mug, _) = shop_with_a_kit();
    let ends_at = Some(app.now().plus(TimeDelta::hours(5)));
    lock(&app, &[(mug, 3, ends_at)]);
    let now = app.now();
    app.write(|conn| rename::run(conn, &store_code(LAZADA), &store_code("lazada-new"), now).expect("renamed"));
    let rows = |store: &str| -> Vec<Row> {
        let now = app.now();
        let all = |conn: &mut Conn| campaigns::part(conn, &store_code(store), Filter::All, &Place::Start, now, 10);
        read(&app.database, all).into_iter().map(|listed| listed.row).collect()
    };
    assert_eq!((rows("lazada-new").len(), rows("lazada-sg").len()), (1, 0));
    let gone = browser.get("/stores/lazada-new/disconnect").submit(&[]);
    assert_eq!(gone.status, 303, "{}", gone.text());
    assert_eq!(rows("lazada-new"), []);
}
