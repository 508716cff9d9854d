//! After how long an order at one store lowers the others, in real time, at the default pace of each marketplace and with answers
//! after 80 ms, while 1,000 SKUs are on sale.

use super::{
    argument,
    seller::{SKUS, STORES, Seller, cause, code, product_id, store_code},
    table::Way,
};
use chrono::TimeDelta;
use flashsale::{
    actions::promotions::create_promotion::{self, NewPromotion},
    clock::{Clock, new_id},
    db::stores::connections,
    demo::marketplace::{ChangedBy, Fault, Manner},
    domain::{moment::Moment, promotions::promotion::FlashSaleType},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{thread, time::Duration};

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("latency.db").display());
    let seller = Seller::open(&url, |_| 200);
    seller.push_all();
    for (nth, (store, _)) in STORES.iter().enumerate() {
        let now = Clock::system().now();
        let of_store = (0..SKUS).filter(|number| number % STORES.len() == nth);
        let sale = NewPromotion {
            id: new_id(now),
            name: (*store).to_owned(),
            flash_sale_type: FlashSaleType::StockReservation,
            store: store_code(store),
            start: None,
            ends_at: now.plus(TimeDelta::days(1)),
            products: of_store.map(|number| (code(number), 50)).collect(),
            listings: Vec::new(),
        };
        seller.write(|conn| drop(create_promotion::run(conn, &cause(now), sale.clone()).expect("a sale")));
    }
    seller.push_all();
    for (store, kind) in STORES {
        seller.market.marketplace.add_fault(store, Fault::Slow { milliseconds: 80 });
        seller.write(|conn| {
            let mut connection = connections::find(conn, &store_code(store)).expect("a read").expect("connected");
            connection.rate = i64::from(kind.default_rate().get());
            connections::update(conn, &connection).expect("a rate");
        });
    }
    measure(&seller, "with messages", Way::Messages, Some(Manner::AtOnce));
    measure(&seller, "with sweeps alone", Way::Sweeps, None);
}

fn measure(seller: &Seller, name: &str, way: Way, messages: Option<Manner>) {
    let market = &seller.market.marketplace;
    for (store, _) in STORES {
        market.send_messages(store, "", Manner::Never);
    }
    let running = seller.run(way, messages);
    pause(3_000);
    let mut random = StdRng::seed_from_u64(1);
    let mut placed: Vec<(usize, usize, Moment)> = Vec::new();
    let from = market.journal(0).len() as u64;
    for _ in 0..argument("orders", 60) {
        let store = random.random_range(0..STORES.len());
        let number = random.random_range(0..SKUS);
        let (shop, kind) = STORES[store];
        // What is held for the store is taken from there, which no other store shows.
        if number % STORES.len() == store || placed.iter().any(|(_, other, _)| *other == number) {
            continue;
        }
        let at = seller.clock.now();
        market.place_order(shop, &[(product_id(kind, number), 1)], true).expect("an order");
        placed.push((store, number, at));
        pause(500);
    }
    pause(if messages.is_some() { 5_000 } else { 30_000 });
    drop(running);
    let journal = market.journal(from);
    let mut seconds = Vec::new();
    let mut missing = 0;
    for (store, number, at) in &placed {
        let others = STORES.iter().enumerate().filter(|(other, _)| other != store);
        let lowered = others.map(|(_, (shop, kind))| {
            let id = product_id(*kind, *number);
            let is_it = |change: &&flashsale::demo::marketplace::Change| {
                change.shop == *shop && change.product == id && change.by == ChangedBy::Push && change.at > *at
            };
            journal.iter().find(is_it).map(|change| change.at.since(*at).num_milliseconds() as f64 / 1_000.0)
        });
        match lowered.collect::<Option<Vec<f64>>>() {
            Some(all) => seconds.push(all.into_iter().fold(0.0, f64::max)),
            None => missing += 1,
        }
    }
    seconds.sort_by(f64::total_cmp);
    let at =
        |percent: usize| seconds.get((seconds.len() * percent / 100).min(seconds.len() - 1)).copied().unwrap_or(0.0);
    println!(
        "{name}: {} orders, all three other stores are lowered after {:.2} s (median), {:.2} s (90 of 100), {:.2} s (all); never: {missing}",
        placed.len(),
        at(50),
        at(90),
        at(100),
    );
}

#[expect(clippy::disallowed_methods, reason = "it is measured in real time")]
fn pause(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}
