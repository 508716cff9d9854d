//! The whole loop on a small scale: buyers buy at the simulated marketplaces by themselves, pay or do not, cancel and send back,
//! and the messages about it come late, twice, out of order or never. When it goes quiet, everything that was sold is recorded
//! once, and every store shows what it should. `benches/whole_loop.rs` measures the same on a large scale.
//!
//! `FLASHSALE_SIMULATION_SEED` runs one other history.

use super::pulling::{open_with_messages_of, pulled, send};
use crate::{
    scene::{assert_verified, create, read, sale, sku_code},
    seller::{Seller, product},
};
use chrono::TimeDelta;
use flashsale::{
    db::{catalogue::skus, orders},
    demo::marketplace::{Message, Order, Rates, UnitState},
    domain::{
        code::{OrderNumber, StoreCode},
        orders::order::OrderStatus,
        promotions::promotion::FlashSaleType::{StockAllocation, StockReservation},
        stores::pull::PERIOD,
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

const PRODUCTS: usize = 4;
const ROUNDS: usize = 60;

#[test]
fn whatever_messages_do_all_that_was_sold_is_recorded_once_and_every_store_shows_what_it_should() {
    let one = std::env::var("FLASHSALE_SIMULATION_SEED").ok().map(|text| text.parse::<u64>().expect("a number"));
    for seed in one.map_or(1..=3, |seed| seed..=seed) {
        println!("FLASHSALE_SIMULATION_SEED={seed}");
        live_through(seed);
    }
}

fn live_through(seed: u64) {
    let (seller, puller) = open_with_messages_of(PRODUCTS);
    let pusher = seller.careful_pusher();
    let market = &seller.market.marketplace;
    let now = seller.app.now();
    create(&seller.app.database, now, &sale(now, "lazada-sg", StockAllocation, &[("Product-0", 40)])).expect("a sale");
    create(&seller.app.database, now, &sale(now, "zalora-sg", StockReservation, &[("Product-1", 30)])).expect("a sale");
    seller.push_and_pull(&pusher, &puller);
    let shops: Vec<&str> = pulled().map(|(_, store, _)| store).collect();
    let rates = Rates { orders_an_hour: 60, typed_an_hour: 0, step_seconds: 900, ..Rates::default() };
    market.set_rates(rates);
    market.set_buyers(&shops, &[], seed);
    let mut random = StdRng::seed_from_u64(seed);
    let mut late = Vec::new();
    for _ in 0..ROUNDS {
        seller.app.advance(TimeDelta::seconds(random.random_range(5..120)));
        market.step();
        late.extend(market.take_messages());
        deliver(&mut late, &mut random);
        if random.random_ratio(2, 3) {
            seller.pull(&puller);
        }
        if random.random_ratio(2, 3) {
            seller.push(&pusher);
        }
    }
    market.set_rates(Rates { orders_an_hour: 0, ..rates });
    while !market.is_quiet() {
        seller.app.advance(TimeDelta::minutes(5));
        market.step();
    }
    for _ in 0..10 {
        seller.app.advance(PERIOD);
        seller.push_and_pull(&pusher, &puller);
    }
    assert_eq!(seller.differences(), vec![]);
    let sold: usize = shops.iter().map(|shop| check_orders(&seller, shop)).sum();
    assert!(sold > 20, "{sold} orders");
    check_stock(&seller, &shops);
    assert_verified(&seller.app.database, seller.app.now());
}

/// Sends messages in any order, some twice, and loses some. The others are left for later.
fn deliver(messages: &mut Vec<Message>, random: &mut StdRng) {
    messages.shuffle(random);
    let mut left = Vec::new();
    for message in messages.drain(..) {
        match random.random_range(0..10) {
            0..5 => assert_eq!(send(&message).0, 200),
            5 => assert_eq!((send(&message).0, send(&message).0), (200, 200)),
            6 => {}
            _ => left.push(message),
        }
    }
    *messages = left;
}

/// Every order of the shop is recorded as it is there. Returns how many there are.
fn check_orders(seller: &Seller, shop: &str) -> usize {
    let placed = seller.market.marketplace.orders(shop);
    let store = StoreCode::parse(shop).expect("a code");
    for order in &placed {
        let number = OrderNumber::parse(&order.number).expect("a number");
        let stored = read(&seller.app.database, |conn| orders::find(conn, &store, &number));
        let stored = stored.unwrap_or_else(|| panic!("order {} of {shop} is not recorded", order.number));
        assert_eq!(stored.status, status_of(order), "order {} of {shop}", order.number);
    }
    placed.len()
}

fn status_of(order: &Order) -> OrderStatus {
    let is_any = |states: &[UnitState]| order.units.iter().any(|unit| states.contains(&unit.state));
    if is_any(&[UnitState::Unpaid, UnitState::Paid, UnitState::Packed]) {
        OrderStatus::Open
    } else if is_any(&[UnitState::Shipped, UnitState::Delivered, UnitState::Returned]) {
        OrderStatus::Shipped
    } else {
        OrderStatus::Cancelled
    }
}

/// What is on hand and promised of each product is what the marketplaces have left of it.
fn check_stock(seller: &Seller, shops: &[&str]) {
    for nth in 0..PRODUCTS {
        let (mut waiting, mut gone) = (0, 0);
        for shop in shops {
            let units = seller.market.marketplace.orders(shop).into_iter().flat_map(|order| order.units);
            for unit in units.filter(|unit| unit.seller_sku == product(nth)) {
                match unit.state {
                    UnitState::Unpaid | UnitState::Paid | UnitState::Packed => waiting += 1,
                    UnitState::Shipped | UnitState::Delivered | UnitState::Returned => gone += 1,
                    UnitState::Cancelled => {}
                }
            }
        }
        let code = sku_code(&product(nth));
        let sku = read(&seller.app.database, |conn| skus::find(conn, &code)).expect("a SKU");
        assert_eq!((sku.on_hand, sku.committed + sku.oversold), (100 - gone, waiting), "{code}");
    }
}
