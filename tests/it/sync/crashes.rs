//! Servers are killed in the middle of pushing, a hundred times on both databases together, and several share the work. What
//! they had taken is sent by the next, and in the end every store shows what it should.

use crate::{
    program::Server,
    scene::{at, stock},
    seller::{STORES, Seller, product},
};
use flashsale::{clock::Clock, demo::marketplace::ChangedBy};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::ExposeSecret;
use std::time::Duration;

const CRASHES: usize = 50;
const PRODUCTS: usize = 30;

fn start(seller: &Seller) -> Server {
    let key = seller.key.to_base64();
    let settings = [("FLASHSALE_CREDENTIALS_KEY", key.expose_secret()), ("FLASHSALE_PUSH_LEASE_SECONDS", "1")];
    Server::start_with(&seller.app.url, &settings)
}

/// Polls until `is_so`, and yields the processor to the servers meanwhile.
fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_is_killed_in_the_middle_of_a_push_loses_nothing() {
    let seller = Seller::open_now(PRODUCTS);
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..CRASHES {
        for _ in 0..PRODUCTS {
            let counted = random.random_range(0..200);
            stock(&seller.app.database, at(0), &product(random.random_range(0..PRODUCTS)), counted, 0);
        }
        let seen = seller.market.marketplace.journal(0).len() as u64;
        let mut server = start(&seller);
        // Some of what is due is sent; if that was little, all of it.
        let some = seen + random.random_range(0..20);
        wait_until(|| !seller.market.marketplace.journal(some).is_empty() || seller.differences().is_empty());
        server.kill();
    }
    let _server = start(&seller);
    until_in_step(&seller);
}

#[test]
fn several_servers_share_the_work_and_each_listing_is_sent_by_one_of_them() {
    let seller = Seller::open_now(PRODUCTS);
    let _servers = [start(&seller), start(&seller)];
    until_in_step(&seller);
    for round in 1..=5 {
        (0..PRODUCTS).for_each(|nth| stock(&seller.app.database, Clock::system().now(), &product(nth), 100 + round, 0));
        until_in_step(&seller);
    }
    let journal = seller.market.marketplace.journal(0);
    let pushed = journal.iter().filter(|change| change.by == ChangedBy::Push);
    let mut sent: Vec<_> = pushed.map(|change| (&change.shop, &change.product, change.to)).collect();
    let all = sent.len();
    sent.sort();
    sent.dedup();
    // Each of six quantities once to each listing; the first is 100 from 0.
    assert_eq!((all, sent.len()), (STORES.len() * PRODUCTS * 6, STORES.len() * PRODUCTS * 6));
}

fn until_in_step(seller: &Seller) {
    wait_until(|| seller.differences().is_empty());
}
