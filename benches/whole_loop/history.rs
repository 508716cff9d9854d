//! One random history, lived through by the program: buyers buy, pay or do not and cancel; deliveries come; a sale starts and
//! another ends; marketplaces fail now and then. After it, each unit that was sold beyond stock is put into the window in
//! which it happened.

use super::{
    argument,
    seller::{SKUS, STORES, Seller, cause, code, number_of, product_id, scaled, store_code},
    table::{Template, Way},
    truth::{self, Beyond, Event},
};
use chrono::TimeDelta;
use flashsale::{
    actions::{
        catalogue::change_stock,
        promotions::{
            create_promotion::{self, NewPromotion},
            end_promotion,
        },
    },
    clock::new_id,
    db::{self, orders, stores::pushes},
    demo::marketplace::{Change, ChangedBy, Fault, Manner, Order, PlannedFault, Rates, UnitState},
    domain::{
        catalogue::stock_change::{ChangeReason, StockChange},
        code::OrderNumber,
        moment::Moment,
        promotions::promotion::FlashSaleType,
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    thread,
    time::Duration,
};

/// SKUs that buyers buy. The others are on sale as well, and nobody wants them.
pub const HOT: usize = 100;

/// How long buyers buy, and how long it is quiet after that: longer than until the next sweep.
const BUYING: i64 = 60;
const QUIET: i64 = 30;

/// Why a unit could be sold that was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// A sale had started, and its safe order had not finished.
    SaleStarting,
    /// A push had raised the store although a buyer had taken the unit: it did not know of the order.
    GivenBack,
    /// The marketplace itself had put a cancelled unit on sale again, while it was owed to somebody else.
    CancelledThere,
    /// An order of another store was not recorded yet.
    NotRead,
    /// All orders were recorded, and the lower number was on its way.
    OnItsWay,
}

impl Window {
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::SaleStarting, "a sale was starting"),
        (Self::GivenBack, "given back by a push"),
        (Self::CancelledThere, "cancelled, and on sale again at the marketplace"),
        (Self::NotRead, "an order was not read yet"),
        (Self::OnItsWay, "the lower number was on its way"),
    ];
}

#[derive(Debug, Default)]
pub struct Counted {
    pub orders: usize,
    pub units: usize,
    /// Units beyond stock of allocations and of all others, by the window.
    pub beyond: BTreeMap<(bool, Window), usize>,
    /// Orders that were never recorded, which must not be.
    pub lost: usize,
}

/// What the seller did while the history went on.
#[derive(Default)]
struct Done {
    of_sku: BTreeMap<usize, Vec<(Moment, Event)>>,
    /// When the sale started, and when its safe order was finished.
    starting: Option<(Moment, Moment)>,
    started: Vec<usize>,
}

pub fn live(template: &Template, folder: &Path, seed: u64, way: Way) -> Counted {
    let speed = argument("speed", 1);
    let path = folder.join(format!("{seed}-{way:?}.db"));
    std::fs::copy(&template.path, &path).expect("a copy");
    let clock = scaled(speed);
    let seller = Seller::again(&path, clock, |store, number| template.shown[store][number], speed);
    for (store, _) in STORES {
        answer_slowly(&seller, store, speed);
    }
    let market = &seller.market.marketplace;
    market.set_rates(rates());
    let spared: Vec<String> = (HOT..SKUS).map(|number| code(number).to_string()).collect();
    let spared: Vec<&str> = spared.iter().map(String::as_str).collect();
    let running = seller.run(way, (way == Way::Messages).then_some(Manner::Unreliably));
    wait(&seller, seller.clock.now().plus(TimeDelta::seconds(5)));
    market.set_buyers(&STORES.map(|(store, _)| store), &spared, seed);
    let done = act(&seller, template, seed, speed);
    drop(running);
    if !way.sweeps() {
        seller.pull_all();
    }
    let counted = count(&seller, template, &done);
    drop(seller);
    for end in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{end}", path.display())));
    }
    counted
}

fn rates() -> Rates {
    let bad = argument("bad-messages", 10);
    Rates {
        orders_an_hour: 3_600 * argument("orders", 5),
        typed_an_hour: 0,
        step_seconds: 20,
        cancelled: 20,
        late_messages: bad,
        double_messages: bad,
        lost_messages: bad,
        ..Rates::default()
    }
}

fn answer_slowly(seller: &Seller, store: &str, speed: u32) {
    let slow = Fault::Slow { milliseconds: u64::from(80 / speed) };
    seller.market.marketplace.add_fault(store, slow);
}

fn wait(seller: &Seller, until: Moment) {
    while seller.clock.now() < until {
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "a history goes on in time")]
fn pause() {
    thread::sleep(Duration::from_millis(2));
}

/// Lets buyers buy, and does what the seller does meanwhile.
fn act(seller: &Seller, template: &Template, seed: u64, speed: u32) -> Done {
    let market = &seller.market.marketplace;
    let mut random = StdRng::seed_from_u64(seed);
    let mut done = Done::default();
    let start = seller.clock.now();
    let at = |seconds: i64| start.plus(TimeDelta::seconds(seconds));
    let mut second = 0;
    while seller.clock.now() < at(BUYING) {
        market.step();
        pause();
        if seller.clock.now() < at(second) {
            continue;
        }
        if second % 3 == 0 {
            deliver(seller, &mut random, &mut done);
        }
        if second % 4 == 1 {
            fail(seller, &mut random, speed);
        }
        match second {
            15 => begin_sale(seller, template, &mut done),
            40 => end_sale(seller, template, &mut done),
            _ => {}
        }
        if done.starting.is_some_and(|(_, finished)| finished > seller.clock.now()) && is_in_sync(seller, &done.started)
        {
            done.starting = done.starting.map(|(began, _)| (began, seller.clock.now()));
        }
        second += 1;
    }
    market.set_rates(Rates { orders_an_hour: 0, ..rates() });
    while seller.clock.now() < at(BUYING + QUIET) {
        market.step();
        pause();
    }
    done
}

fn deliver(seller: &Seller, random: &mut StdRng, done: &mut Done) {
    let number = random.random_range(0..HOT);
    let units = random.random_range(1..=3);
    let now = seller.clock.now();
    let change = StockChange { sku: code(number), units, reason: ChangeReason::Received, note: String::new() };
    seller.write(|conn| {
        let results = change_stock::run(conn, &cause(now), std::slice::from_ref(&change)).expect("changed");
        assert!(results[0].is_ok());
    });
    done.of_sku.entry(number).or_default().push((now, Event::Delivered(units)));
}

/// A marketplace fails once in one of the usual ways.
fn fail(seller: &Seller, random: &mut StdRng, speed: u32) {
    let (store, _) = STORES[random.random_range(0..STORES.len())];
    let faults = [
        Fault::ServerError,
        Fault::Drop,
        Fault::DropAfter,
        Fault::ErrorInside,
        Fault::Slow { milliseconds: u64::from(2_000 / speed) },
        Fault::EndedToken,
    ];
    let fault = faults[random.random_range(0..faults.len())];
    // The first one that fits is taken, so that which makes all calls slow comes after it.
    let market = &seller.market.marketplace;
    market.clear_faults(store);
    market.add_fault(store, PlannedFault::from(fault).times(1));
    answer_slowly(seller, store, speed);
}

/// An allocation of half of what is left of some SKUs that have no hold.
fn begin_sale(seller: &Seller, template: &Template, done: &mut Done) {
    let now = seller.clock.now();
    let free: Vec<usize> = (0..HOT).filter(|number| template.hold_of(*number).is_none()).take(20).collect();
    let mut products = Vec::new();
    let left = seller.read(|conn| {
        let codes: Vec<_> = free.iter().map(|number| code(*number)).collect();
        let available = db::availability::read(conn, &codes, now).expect("a read");
        free.iter().map(|number| available[&code(*number)].position().shared()).collect::<Vec<i64>>()
    });
    for (number, left) in free.into_iter().zip(left) {
        if left >= 2 {
            products.push((number, left / 2));
        }
    }
    let sale = NewPromotion {
        id: new_id(now),
        name: "begins".to_owned(),
        flash_sale_type: FlashSaleType::StockAllocation,
        store: store_code(STORES[2].0),
        start: None,
        ends_at: now.plus(TimeDelta::hours(2)),
        products: products.iter().map(|(number, units)| (code(*number), *units)).collect(),
        listings: Vec::new(),
    };
    let mut is_created = false;
    seller.write(|conn| is_created = create_promotion::run(conn, &cause(now), sale.clone()).is_ok());
    if !is_created {
        return;
    }
    for (number, units) in products {
        done.of_sku.entry(number).or_default().push((now, Event::Held(2, units)));
        done.started.push(number);
    }
    done.starting = Some((now, now.plus(TimeDelta::hours(1))));
}

fn end_sale(seller: &Seller, template: &Template, done: &mut Done) {
    let now = seller.clock.now();
    seller.write(|conn| drop(end_promotion::run(conn, &cause(now), template.ending).expect("ended")));
    for number in 0..HOT {
        if template.hold_of(number).is_some_and(|(store, _)| store == template.ending_store) {
            done.of_sku.entry(number).or_default().push((now, Event::Released));
        }
    }
}

/// Whether every store has acknowledged what it should show of these.
fn is_in_sync(seller: &Seller, numbers: &[usize]) -> bool {
    let codes: Vec<_> = numbers.iter().map(|number| code(*number)).collect();
    let pushes = seller.read(|conn| pushes::of_skus(conn, &codes).expect("a read"));
    pushes.into_values().flatten().all(|push| push.due_at.is_none() && push.sending.is_none())
}

fn count(seller: &Seller, template: &Template, done: &Done) -> Counted {
    let market = &seller.market.marketplace;
    let journal = market.journal(0);
    let mut counted = Counted::default();
    let mut events = done.of_sku.clone();
    let mut received: HashMap<usize, Vec<(Moment, Option<Moment>)>> = HashMap::new();
    for (store, (shop, _)) in STORES.iter().enumerate() {
        let placed = market.orders(shop);
        let received_at = received_at(seller, shop, &placed);
        counted.orders += placed.len();
        for order in &placed {
            let received_at = received_at.get(&order.number).copied();
            counted.lost += usize::from(received_at.is_none());
            for unit in &order.units {
                counted.units += 1;
                let number = number_of(&unit.seller_sku);
                let of_sku = events.entry(number).or_default();
                of_sku.push((order.placed_at, Event::Bought(store, unit.id)));
                if unit.state == UnitState::Cancelled {
                    of_sku.push((unit.updated_at, Event::Cancelled(unit.id)));
                }
                received.entry(number).or_default().push((order.placed_at, received_at));
            }
        }
    }
    for (number, mut of_sku) in events {
        of_sku.sort_by_key(|(at, _)| *at);
        let is_allocation = !template.is_reservation(number);
        for beyond in truth::beyond(template.on_hand(number), template.hold_of(number), is_allocation, &of_sku) {
            let orders = received.get(&number).map_or(&[][..], Vec::as_slice);
            let window = window_of(beyond, number, &journal, orders, done);
            *counted.beyond.entry((beyond.is_of_allocation, window)).or_default() += 1;
        }
    }
    counted
}

/// When each order was recorded.
fn received_at(seller: &Seller, shop: &str, placed: &[Order]) -> HashMap<String, Moment> {
    let store = store_code(shop);
    let numbers: Vec<OrderNumber> =
        placed.iter().map(|order| OrderNumber::parse(&order.number).expect("a number")).collect();
    let found =
        seller.read(|conn| orders::find_all(conn, numbers.iter().map(|number| (&store, number))).expect("a read"));
    found.into_iter().map(|((_, number), order)| (number.to_string(), order.received_at)).collect()
}

fn window_of(
    beyond: Beyond,
    number: usize,
    journal: &[Change],
    orders: &[(Moment, Option<Moment>)],
    done: &Done,
) -> Window {
    let is_starting = |(began, finished): (Moment, Moment)| (began..=finished).contains(&beyond.at);
    if done.started.contains(&number) && done.starting.is_some_and(is_starting) {
        return Window::SaleStarting;
    }
    let (shop, kind) = STORES[beyond.store];
    let id = product_id(kind, number);
    let is_unknown_at =
        |at: Moment| orders.iter().any(|(placed, read)| *placed < at && read.is_none_or(|read| read > at));
    // What made the store show more, since it was lowered last.
    let of_listing = journal.iter().rev().filter(|change| change.shop == shop && change.product == id);
    for change in of_listing.filter(|change| change.at <= beyond.at) {
        let is_raised = change.from.is_some_and(|from| change.to > from);
        match change.by {
            ChangedBy::Push if is_raised && is_unknown_at(change.at) => return Window::GivenBack,
            ChangedBy::Sale if is_raised => return Window::CancelledThere,
            ChangedBy::Push => break,
            ChangedBy::Sale | ChangedBy::Hand => {}
        }
    }
    if is_unknown_at(beyond.at) { Window::NotRead } else { Window::OnItsWay }
}
