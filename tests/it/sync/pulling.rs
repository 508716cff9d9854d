//! Orders of the simulated marketplaces come in by themselves: by sweeps alone, and after messages that are late, come twice
//! or out of order.

use crate::{
    scene::{assert_verified, at, create, order_number, read, sale, sku_code, store_code},
    seller::{STORES, Seller, product, product_id},
    support::Browser,
};
use chrono::TimeDelta;
use flashsale::{
    actions::stores::save_app::{self, AppInput},
    db::{
        catalogue::skus,
        orders,
        stores::{
            connections, order_hints,
            permissions::{self, Permission},
            pulls::{self, Pull},
        },
    },
    demo::marketplace::{CallKind, Fault, Manner, Message, PlannedFault, UnitState},
    domain::{
        orders::order::{Fulfiller, OrderStatus},
        promotions::promotion::FlashSaleType::StockAllocation,
        stores::{connection::ConnectorKind, pull::PERIOD},
    },
    marketplaces::registry,
    sync::pull::{
        Puller,
        steps::{self, Lease, Step},
    },
};
use secrecy::ExposeSecret;

/// The stores whose orders are read.
pub fn pulled() -> impl Iterator<Item = (usize, &'static str, ConnectorKind)> {
    let all = STORES.into_iter().enumerate();
    all.filter(|(_, (_, kind))| registry::describe(*kind).pulling.is_some())
        .map(|(nth, (code, kind))| (nth, code, kind))
}

pub fn open() -> (Seller, Puller) {
    let seller = Seller::open(2);
    seller.push(&seller.pusher());
    let puller = seller.puller();
    seller.pull(&puller);
    (seller, puller)
}

pub fn place(seller: &Seller, store: &str, kind: ConnectorKind, units: i64) -> String {
    let placed = seller.market.marketplace.place_order(store, &[(product_id(kind, 0), units)], true);
    placed.expect("the store shows as many")
}

/// The next sweep of every store.
pub fn sweep(seller: &Seller, puller: &Puller) {
    seller.app.advance(PERIOD);
    seller.pull(puller);
}

pub fn pull_of(seller: &Seller, store: &str) -> Pull {
    read(&seller.app.database, |conn| pulls::find(conn, &store_code(store))).expect("it is read")
}

/// On hand, committed and the last entry of the ledger.
fn stock_of(seller: &Seller) -> (i64, i64, i64) {
    let code = sku_code(&product(0));
    let sku = read(&seller.app.database, |conn| skus::find(conn, &code)).expect("a SKU");
    (sku.on_hand, sku.committed, sku.revision)
}

pub fn status_of(seller: &Seller, store: &str, number: &str) -> Option<OrderStatus> {
    let key = (store_code(store), order_number(number));
    read(&seller.app.database, |conn| orders::find(conn, &key.0, &key.1)).map(|order| order.status)
}

#[test]
fn an_order_at_a_marketplace_lowers_the_other_stores_by_the_sweep_alone() {
    let (seller, puller) = open();
    let mut left = 100;
    for (nth, store, kind) in pulled() {
        place(&seller, store, kind, 3);
        left -= 3;
        assert_eq!(seller.shown(0)[nth], left, "{store} shows less at once");
        sweep(&seller, &puller);
        seller.push(&seller.pusher());
        assert_eq!(seller.shown(0), [left; 4], "{store}");
    }
    assert_eq!(seller.differences(), vec![]);
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn an_order_is_followed_from_unpaid_to_its_return() {
    let (seller, puller) = open();
    for (_, store, kind) in pulled() {
        let (on_hand, ..) = stock_of(&seller);
        let market = &seller.market.marketplace;
        let number = market.place_order(store, &[(product_id(kind, 0), 2)], false).expect("an order");
        sweep(&seller, &puller);
        assert_eq!((stock_of(&seller).0, stock_of(&seller).1), (on_hand, 2), "{store}: unpaid");
        market.change_order(store, &number, |order| order.units[0].state = UnitState::Cancelled);
        sweep(&seller, &puller);
        assert_eq!((stock_of(&seller).0, stock_of(&seller).1), (on_hand, 1), "{store}: one is cancelled");
        market.move_order(store, &number, UnitState::Shipped);
        sweep(&seller, &puller);
        assert_eq!((stock_of(&seller).0, stock_of(&seller).1), (on_hand - 1, 0), "{store}: shipped");
        assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Shipped), "{store}");
        let before = stock_of(&seller);
        market.move_order(store, &number, UnitState::Returned);
        sweep(&seller, &puller);
        assert_eq!(stock_of(&seller).0, before.0, "{store}: staff decide about what came back");
    }
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn what_is_read_again_changes_nothing() {
    let (seller, puller) = open();
    for (_, store, kind) in pulled() {
        place(&seller, store, kind, 2);
    }
    sweep(&seller, &puller);
    let before = stock_of(&seller);
    assert_eq!((before.0, before.1), (100, 6));
    for _ in 0..3 {
        // The windows overlap, so that each reads all of them again.
        sweep(&seller, &puller);
        assert_eq!(stock_of(&seller), before);
    }
}

#[test]
fn the_first_sweep_takes_nothing_for_what_was_finished_before() {
    let seller = Seller::open(2);
    seller.push(&seller.pusher());
    let puller = seller.puller();
    let market = &seller.market.marketplace;
    let mut numbers = Vec::new();
    for (_, store, kind) in pulled() {
        let shipped = place(&seller, store, kind, 1);
        market.move_order(store, &shipped, UnitState::Shipped);
        let cancelled = place(&seller, store, kind, 1);
        market.move_order(store, &cancelled, UnitState::Cancelled);
        let half = place(&seller, store, kind, 2);
        if kind.as_str() != "shopee" {
            market.change_order(store, &half, |order| order.units[0].state = UnitState::Delivered);
        }
        numbers.push((store, shipped, cancelled, half));
    }
    seller.app.advance(TimeDelta::hours(3));
    seller.pull(&puller);
    // Of Shopee's order both units are open, of the others one each.
    assert_eq!((stock_of(&seller).0, stock_of(&seller).1), (100, 4));
    for (store, shipped, cancelled, half) in &numbers {
        let of = |number: &str| status_of(&seller, store, number);
        assert_eq!((of(shipped), of(cancelled)), (Some(OrderStatus::Shipped), Some(OrderStatus::Cancelled)), "{store}");
        assert_eq!(of(half), Some(OrderStatus::Open), "{store}");
        let key = (store_code(store), order_number(shipped));
        let order = read(&seller.app.database, |conn| orders::find(conn, &key.0, &key.1)).expect("recorded");
        assert_eq!(order.fulfilled_by, Fulfiller::Earlier, "{store}");
        market.move_order(store, shipped, UnitState::Delivered);
        market.move_order(store, half, UnitState::Shipped);
    }
    sweep(&seller, &puller);
    assert_eq!((stock_of(&seller).0, stock_of(&seller).1), (96, 0), "only what was open has left since");
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn orders_from_before_the_reach_of_the_first_sweep_are_left_alone() {
    let seller = Seller::open(1);
    seller.push(&seller.pusher());
    let number = place(&seller, "shopee-sg", flashsale::marketplaces::shopee::KIND, 1);
    seller.app.advance(TimeDelta::hours(25));
    let puller = seller.puller();
    seller.pull(&puller);
    assert_eq!(status_of(&seller, "shopee-sg", &number), None);
    assert_eq!(pull_of(&seller, "shopee-sg").complete_until, Some(seller.app.now()));
}

#[test]
fn a_store_that_was_away_for_weeks_is_read_from_where_it_was() {
    let (seller, puller) = open();
    let mut numbers = Vec::new();
    // Shopee's permission ends after 30 days without a renewal.
    for day in 0..28 {
        if day % 8 == 0 {
            for (_, store, kind) in pulled() {
                numbers.push((store, place(&seller, store, kind, 1)));
            }
        }
        seller.app.advance(TimeDelta::days(1));
    }
    seller.pull(&puller);
    for (store, number) in &numbers {
        assert_eq!(status_of(&seller, store, number), Some(OrderStatus::Open), "{store} {number}");
    }
    for (_, store, _) in pulled() {
        assert_eq!(pull_of(&seller, store).complete_until, Some(seller.app.now()), "{store}");
    }
}

#[test]
fn a_server_that_dies_between_reading_and_storing_loses_nothing() {
    let (seller, puller) = open();
    for (_, store, kind) in pulled() {
        let number = place(&seller, store, kind, 1);
        seller.app.advance(PERIOD);
        let lease = Lease { store: store_code(store), id: "dead".to_owned() };
        let now = seller.app.now();
        let pulling = registry::describe(kind).pulling.as_ref().expect("it is read");
        let connection = read(&seller.app.database, |conn| connections::find(conn, &lease.store)).expect("connected");
        let step = seller.app.write(|conn| {
            assert!(steps::take(conn, &lease, now, now.plus(TimeDelta::seconds(60))).expect("taken"));
            steps::next(conn, &lease, &connection, now, (pulling, TimeDelta::days(1)), false).expect("a step")
        });
        assert!(matches!(step, Some(Step::Part { .. })), "{step:?}");
        // It has read the order, and dies.
        seller.pull(&puller);
        assert_eq!(status_of(&seller, store, &number), None, "{store}: the lease stands");
        seller.app.advance(TimeDelta::seconds(61));
        seller.pull(&puller);
        assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store}");
    }
}

#[test]
fn a_sweep_goes_on_where_it_failed() {
    let (seller, puller) = open();
    let market = &seller.market.marketplace;
    for (_, store, kind) in pulled() {
        market.add_orders(store, 250, &product_id(kind, 1));
        seller.app.advance(PERIOD);
        // The first part is read, and then the marketplace fails.
        let calls = if kind.as_str() == "zalora" { 1 } else { 3 };
        market.add_fault(store, PlannedFault::from(Fault::Slow { milliseconds: 1 }).on(CallKind::Orders).times(calls));
        market.add_fault(store, PlannedFault::from(Fault::ServerError).on(CallKind::Orders).times(1));
        seller.pull(&puller);
        let half_way = pull_of(&seller, store);
        assert!(half_way.page.is_some() && half_way.problem_text.is_some(), "{store}: {half_way:?}");
        let before = market.calls(store).orders;
        seller.app.advance(TimeDelta::minutes(1));
        seller.pull(&puller);
        let done = pull_of(&seller, store);
        assert_eq!((done.page, done.problem_text, done.failures), (None, None, 0), "{store}");
        assert!(market.calls(store).orders - before < 12, "{store}: what was stored is not read again at once");
    }
    let code = sku_code(&product(1));
    let sku = read(&seller.app.database, |conn| skus::find(conn, &code)).expect("a SKU");
    assert_eq!((sku.committed, sku.oversold), (100, 650));
}

#[test]
fn a_marketplace_that_does_not_answer_for_orders_is_sent_quantities_all_the_same() {
    let (seller, puller) = open();
    let market = &seller.market.marketplace;
    for (_, store, _) in pulled() {
        market.add_fault(store, PlannedFault::from(Fault::ServerError).on(CallKind::Orders));
    }
    sweep(&seller, &puller);
    crate::scene::stock(&seller.app.database, seller.app.now(), &product(0), 50, 0);
    seller.push(&seller.pusher());
    assert_eq!(seller.shown(0), [50; 4]);
    for (_, store, _) in pulled() {
        let pull = pull_of(&seller, store);
        assert!(pull.problem_text.is_some() && pull.due_at > seller.app.now(), "{store}: {pull:?}");
        market.clear_faults(store);
    }
    sweep(&seller, &puller);
    for (_, store, _) in pulled() {
        assert_eq!(pull_of(&seller, store).problem_text, None, "{store}");
    }
}

#[test]
fn a_store_with_a_running_sale_is_read_every_twenty_seconds_and_any_other_every_three_minutes() {
    let (seller, puller) = open();
    let now = seller.app.now();
    create(&seller.app.database, now, &sale(now, "lazada-sg", StockAllocation, &[("Product-0", 10)])).expect("a sale");
    let read_in = |seconds: i64| -> Vec<bool> {
        let before: Vec<u64> = pulled().map(|(_, store, _)| seller.market.marketplace.calls(store).orders).collect();
        seller.app.advance(TimeDelta::seconds(seconds));
        seller.pull(&puller);
        let after = pulled().map(|(_, store, _)| seller.market.marketplace.calls(store).orders);
        after.zip(before).map(|(after, before)| after > before).collect()
    };
    assert_eq!(read_in(19), [false, false, false]);
    assert_eq!(read_in(1), [true, false, false]);
    assert_eq!(read_in(20), [true, false, false]);
    assert_eq!(read_in(140), [true, true, true]);
}

#[test]
fn nothing_is_read_of_a_store_that_is_paused_or_not_tested() {
    let (seller, puller) = open();
    seller.pause_lazada_and_forget_the_test_of_shopee();
    let calls = |store: &str| seller.market.marketplace.calls(store).orders;
    let before = (calls("lazada-sg"), calls("shopee-sg"), calls("zalora-sg"));
    sweep(&seller, &puller);
    assert_eq!((calls("lazada-sg"), calls("shopee-sg")), (before.0, before.1));
    assert!(calls("zalora-sg") > before.2);
}

/// A seller whose marketplaces send messages to a server, by hand.
fn open_with_messages() -> (Seller, Puller) {
    open_with_messages_of(2)
}

/// The same with so many products.
pub fn open_with_messages_of(products: usize) -> (Seller, Puller) {
    let seller = Seller::open_with_pages(products);
    seller.push(&seller.pusher());
    let puller = seller.puller();
    seller.pull(&puller);
    for (_, store, kind) in pulled() {
        let address = &seller.app.address;
        let address = match registry::describe(kind).app() {
            None => format!("{address}/hook/{}/{store}/{}", kind.as_str(), seller.key.hook_secret(&store_code(store))),
            Some(app) => {
                let shop = seller.market.marketplace.credentials(store).expect("a shop");
                let own = |name: &str| {
                    let is_of_store = registry::describe(kind).fields.iter().any(|field| field.name == name);
                    if is_of_store { shop.value(name).expose_secret().to_owned() } else { String::new() }
                };
                let values = app.fields.iter().map(|field| (field.name.to_owned(), own(field.name).into())).collect();
                let keys = registry::describe(kind).app_keys(values).expect("all fields");
                let input = AppInput { kind, address: String::new(), app_keys: seller.key.seal_app(&keys) };
                let cause = crate::scene::cause(at(0));
                seller.app.write(|conn| save_app::run(conn, &cause, input.clone(), |_| None).expect("saved"));
                format!("{address}/hook/{}", kind.as_str())
            }
        };
        seller.market.marketplace.send_messages(store, &address, Manner::ByHand);
    }
    // What signing in there would have said.
    let shop = format!("SG-{}", seller.market.marketplace.name_shop("lazada-sg", "Lazada SG", "SG"));
    let permission = Permission { shop: Some(shop), ..Permission::default() };
    seller.app.write(|conn| permissions::set(conn, &store_code("lazada-sg"), &permission).expect("set"));
    (seller, puller)
}

/// Sends a message, and returns the status and the body of the answer.
pub fn send(message: &Message) -> (u16, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let mut request = ureq::Agent::from(config).post(&message.address).content_type("application/json");
    if !message.authorization.is_empty() {
        request = request.header("authorization", &message.authorization);
    }
    let mut answer = request.send(&message.body).expect("an answer");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("text"))
}

pub fn unread(seller: &Seller, store: &str) -> usize {
    read(&seller.app.database, |conn| order_hints::unread(conn, &store_code(store), 100)).len()
}

#[test]
fn a_message_brings_an_order_in_before_the_next_sweep() {
    let (seller, puller) = open_with_messages();
    let mut left = 100;
    for (_, store, kind) in pulled() {
        let number = place(&seller, store, kind, 2);
        left -= 2;
        for message in seller.market.marketplace.take_messages() {
            assert_eq!(send(&message), (200, String::new()), "{store}: {}", message.body);
        }
        assert_eq!(status_of(&seller, store, &number), None, "{store}: the message itself records nothing");
        seller.pull(&puller);
        assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store}");
        seller.push(&seller.pusher());
        assert_eq!(seller.shown(0), [left; 4], "{store}");
        assert_eq!(pull_of(&seller, store).last_webhook_at, Some(seller.app.now()), "{store}");
    }
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn messages_may_come_twice_and_out_of_order() {
    let (seller, puller) = open_with_messages();
    for (_, store, kind) in pulled() {
        let (on_hand, ..) = stock_of(&seller);
        let number = place(&seller, store, kind, 1);
        seller.app.advance(TimeDelta::seconds(5));
        seller.market.marketplace.move_order(store, &number, UnitState::Shipped);
        let mut messages = seller.market.marketplace.take_messages();
        assert_eq!(messages.len(), 2, "{store}");
        messages.reverse();
        for message in messages.iter().chain(&messages) {
            assert_eq!(send(message).0, 200, "{store}");
            seller.pull(&puller);
            let found = (status_of(&seller, store, &number), stock_of(&seller).0);
            assert_eq!(found, (Some(OrderStatus::Shipped), on_hand - 1), "{store}");
        }
        let before = stock_of(&seller);
        // One that was read comes once more.
        let calls = seller.market.marketplace.calls(store).orders;
        assert_eq!(send(messages.last().expect("one")).0, 200);
        assert_eq!(unread(&seller, store), 0, "{store}: it is known");
        seller.pull(&puller);
        assert_eq!((stock_of(&seller), seller.market.marketplace.calls(store).orders), (before, calls), "{store}");
    }
}

#[test]
fn a_replay_of_a_week_ago_is_no_news() {
    let (seller, puller) = open_with_messages();
    let mut replayed = Vec::new();
    for (_, store, kind) in pulled().filter(|(_, _, kind)| kind.as_str() != "zalora") {
        place(&seller, store, kind, 1);
        replayed.extend(seller.market.marketplace.take_messages().into_iter().map(|message| (store, message)));
    }
    seller.pull(&puller);
    seller.app.advance(TimeDelta::days(7));
    seller.pull(&puller);
    for (store, message) in &replayed {
        assert_eq!(send(message).0, 200, "{store}");
        assert_eq!(unread(&seller, store), 0, "{store}");
    }
    assert_eq!(replayed.len(), 2);
}

#[test]
fn a_message_that_is_lost_costs_no_more_than_a_sweep() {
    let (seller, puller) = open_with_messages();
    for (_, store, kind) in pulled() {
        let number = place(&seller, store, kind, 1);
        assert!(!seller.market.marketplace.take_messages().is_empty(), "{store}: none of them is sent");
        sweep(&seller, &puller);
        assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store}");
    }
}

#[test]
fn what_is_done_by_hand_to_an_order_that_is_read_is_replaced_by_what_its_marketplace_says() {
    let (seller, puller) = open_with_messages();
    let mut browser: Browser = seller.app.signed_in();
    for (_, store, kind) in pulled() {
        let number = place(&seller, store, kind, 1);
        sweep(&seller, &puller);
        let order = format!("/orders/{store}/{number}");
        for (word, warning) in [("ship", "it is open here again"), ("cancel", "it takes its units again")] {
            let page = browser.get(&format!("{order}/{word}"));
            let text = page.text();
            assert!(text.contains(&format!("{} decides about this order", kind.label())), "{store}: {text}");
            assert!(text.contains(warning), "{store}: {text}");
            page.submit(&[]);
            assert_ne!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store}");
            sweep(&seller, &puller);
            assert_eq!(status_of(&seller, store, &number), Some(OrderStatus::Open), "{store} after {word}");
        }
    }
    assert_verified(&seller.app.database, seller.app.now());
}

#[test]
fn the_page_of_a_store_says_up_to_when_its_orders_are_complete_and_the_dashboard_who_lags() {
    let (seller, puller) = open_with_messages();
    let mut browser: Browser = seller.app.signed_in();
    let page = browser.get("/stores/shopee-sg").text();
    assert!(page.contains("Orders complete up to 10 Nov 2026, 20:00:00"), "{page}");
    assert!(page.contains("Last webhook never") && page.contains("Read every 3 minutes"), "{page}");
    let zalora = browser.get("/stores/zalora-sg").text();
    let address = format!("/hook/zalora/zalora-sg/{}", seller.key.hook_secret(&store_code("zalora-sg")));
    assert!(zalora.contains(&address), "{zalora}");
    assert!(!browser.get("/").text().contains("Orders that lag"));
    let market = &seller.market.marketplace;
    market.add_fault("shopee-sg", PlannedFault::from(Fault::ServerError).on(CallKind::Orders));
    for _ in 0..4 {
        sweep(&seller, &puller);
    }
    let dashboard = browser.get("/");
    assert_eq!(dashboard.cell("shopee-sg", "Complete up to"), "10 Nov 2026, 20:00:00");
    assert_eq!(dashboard.cell("shopee-sg", "Lag"), "12 minutes");
    let page = browser.get("/stores/shopee-sg").text();
    assert!(page.contains("The orders could not be read"), "{page}");
    market.clear_faults("shopee-sg");
    seller.app.advance(TimeDelta::hours(1));
    seller.pull(&puller);
    assert!(!browser.get("/").text().contains("Orders that lag"));
}

/// How many orders wait in the test below. The target is for 10,000.
fn waiting() -> usize {
    std::env::var("FLASHSALE_TEST_ORDERS").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

#[test]
fn all_orders_that_wait_at_a_marketplace_are_taken() {
    let (seller, puller) = open();
    let count = waiting();
    seller.market.marketplace.add_orders("shopee-sg", count, &product_id(flashsale::marketplaces::shopee::KIND, 1));
    let began = std::time::Instant::now();
    sweep(&seller, &puller);
    println!("{count} orders in {:?}", began.elapsed());
    let code = sku_code(&product(1));
    let sku = read(&seller.app.database, |conn| skus::find(conn, &code)).expect("a SKU");
    assert_eq!(usize::try_from(sku.committed + sku.oversold).expect("units"), count);
    assert_verified(&seller.app.database, seller.app.now());
}
