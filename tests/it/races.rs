//! Concurrent requests: in any order, the holds fit, and the other requests are refused with a reason.

use crate::{
    api::client::{Answer, Api},
    scene::{
        LAZADA, PATIENCE, SHOPEE, ZALORA, add_stores, assert_every_hold_fitted, assert_verified, at, cancel, cause,
        connect, create, edit, end, expected, list, list_kit, order_number, read, sale, scan_all, sku_code, stock,
        store_code, take,
    },
    support::TestApp,
};
use diesel::prelude::*;
use flashsale::{
    actions::{
        catalogue::save_skus::{self, Saved, SkuInput},
        orders::take_orders::{self, Delivery, Outcome},
        promotions::{
            apply_changes::{self, EditRefusal, PromotionEdit},
            create_promotion::CreateRefusal,
            end_promotion::EndRefusal,
        },
        stores::{
            connect_store::ConnectionInput,
            map_listings::{self, Mapping, MappingRefusal},
            save_mappings::{self, MappingConflict, MappingEdit},
            unlist,
        },
    },
    db::{
        Conn, Database, Error, availability,
        catalogue::skus,
        engine::{paging::Place, schema::ledger_entries},
        promotions,
        stores::listings,
    },
    domain::{
        id::PromotionId,
        moment::Moment,
        orders::order::{IfShort, NewLine, NewOrder},
        promotions::{
            promotion::FlashSaleType::{StockAllocation, StockReservation},
            sale_changes::ChangeRefusal,
        },
        refusal::HoldRefusal,
        stores::{components::Components, mapping::ListingIds},
    },
    marketplaces::webhook,
    sync::push::scan,
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Barrier, Mutex},
};

/// The store and the number of an order.
type OrderKey = (String, String);

const STORES: [&str; 3] = [LAZADA, SHOPEE, ZALORA];

/// A shop with 100 pieces of Product1 on every store.
fn shop() -> TestApp {
    let app = TestApp::start();
    add_stores(&app.database, &STORES);
    stock(&app.database, at(0), "Product1", 100, 0);
    list(&app.database, at(0), "Product1", &STORES).expect("listed");
    app
}

// A request reads the clock and then waits for the lock: one that asked earlier may decide later.
#[test]
fn a_creation_that_waited_behind_a_later_one_counts_its_hold() {
    let app = shop();
    let product = [("Product1", 60)];
    create(&app.database, at(2), &sale(at(2), LAZADA, StockAllocation, &product)).expect("60 of 100 fit");
    let refusal = create(&app.database, at(1), &sale(at(1), SHOPEE, StockAllocation, &product));
    let sku = sku_code("Product1");
    let not_enough = HoldRefusal::NotEnoughStock { sku, asked: 60, available: 40 };
    assert_eq!(refusal.expect_err("60 of 40"), vec![CreateRefusal::Product(not_enough)]);
    let refusal = create(&app.database, at(1), &sale(at(1), LAZADA, StockAllocation, &[("Product1", 1)]));
    let refusals = refusal.expect_err("a second hold of the store");
    assert!(matches!(refusals[..], [CreateRefusal::Product(HoldRefusal::AlreadyHeld { .. })]), "{refusals:?}");
}

#[test]
fn a_sale_is_ended_once_even_if_the_second_request_is_the_older_one() {
    let app = shop();
    let new = sale(at(0), LAZADA, StockAllocation, &[("Product1", 60)]);
    let created = create(&app.database, at(0), &new).expect("created");
    let ended = end(&app.database, at(2), created.id).expect("ended");
    assert_eq!(ended.ends_at, at(2));
    assert_eq!(end(&app.database, at(1), created.id), Err(EndRefusal::AlreadyEnded));
}

#[test]
fn a_sale_can_be_ended_by_a_request_that_is_older_than_the_sale() {
    let app = shop();
    let new = sale(at(2), LAZADA, StockAllocation, &[("Product1", 60)]);
    let created = create(&app.database, at(2), &new).expect("created");
    let ended = end(&app.database, at(1), created.id).expect("ended");
    assert_eq!((ended.starts_at, ended.ends_at), (at(2), at(2)), "it ran for no time");
}

#[test]
fn the_ledger_is_in_the_order_in_which_things_happened_not_in_which_they_were_asked_for() {
    let app = shop();
    stock(&app.database, at(5), "Product1", 90, 0);
    stock(&app.database, at(3), "Product1", 95, 0);
    let counted: Vec<(i64, i64)> = app.write(|conn| {
        ledger_entries::table
            .order((ledger_entries::sku, ledger_entries::number))
            .select((ledger_entries::number, ledger_entries::on_hand_after))
            .load(conn)
            .expect("the ledger")
    });
    assert_eq!(counted, [(1, 100), (2, 90), (3, 95)]);
}

/// The clients of a race, and the stores they sell on.
const CLIENTS: usize = 16;

fn store_of(client: usize) -> String {
    format!("store-{client}")
}

/// Two servers on one database, with pools of their own, and a SKU of 100 pieces that every client's store lists.
struct Race {
    app: TestApp,
    servers: [Database; 2],
}

impl Race {
    fn start(skus: &[&str]) -> Self {
        let app = TestApp::start();
        let another = Database::open(&app.settings.database_url, app.settings.pool).expect("a second server");
        let stores: Vec<String> = (0..CLIENTS).map(store_of).collect();
        let stores: Vec<&str> = stores.iter().map(String::as_str).collect();
        add_stores(&app.database, &stores);
        for sku in skus {
            stock(&app.database, at(0), sku, 100, 0);
            list(&app.database, at(0), sku, &stores).expect("listed");
        }
        Self { servers: [app.database.clone(), another], app }
    }

    /// What each client is answered that does `work` at the same time as the others. Each has read the clock, in an
    /// order that is not the one in which they get the lock.
    fn run<T: Send>(&self, work: impl Fn(usize, &Database, Moment) -> T + Sync) -> Vec<T> {
        let (work, start) = (&work, Barrier::new(CLIENTS));
        std::thread::scope(|scope| {
            let client = |client: usize| {
                let (server, start) = (&self.servers[client % 2], &start);
                let now = at(0).plus(chrono::TimeDelta::milliseconds(7 * client as i64 % 16));
                scope.spawn(move || {
                    start.wait();
                    work(client, server, now)
                })
            };
            let clients: Vec<_> = (0..CLIENTS).map(client).collect();
            clients.into_iter().map(|client| client.join().expect("no client panics")).collect()
        })
    }

    /// Fails the test unless everything agrees with the ledger and every hold fitted when it was taken.
    fn check(&self) {
        assert_verified(&self.app.database, at(1));
        assert_every_hold_fitted(&self.app.database);
    }
}

#[test]
fn of_sixteen_stores_at_once_exactly_those_that_fit_hold_and_the_others_are_told_what_is_left() {
    let race = Race::start(&["Product1"]);
    let answers = race.run(|client, database, now| {
        create(database, now, &sale(now, &store_of(client), StockAllocation, &[("Product1", 15)]))
    });
    let sku = sku_code("Product1");
    let not_enough = CreateRefusal::Product(HoldRefusal::NotEnoughStock { sku, asked: 15, available: 10 });
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused, vec![vec![not_enough]; CLIENTS - 6], "6 × 15 of 100 fit");
    race.check();
}

#[test]
fn of_sixteen_creations_for_one_store_one_holds_and_the_others_are_told_which() {
    let race = Race::start(&["Product1"]);
    let answers = race.run(|_, database, now| {
        create(database, now, &sale(now, &store_of(0), StockReservation, &[("Product1", 1)])).map(|created| created.id)
    });
    let created: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(created.len(), 1, "{answers:?}");
    for refusals in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        match &refusals[..] {
            [CreateRefusal::Product(HoldRefusal::AlreadyHeld { promotion, .. })] => assert_eq!(promotion, created[0]),
            _ => panic!("{refusals:?}"),
        }
    }
    race.check();
}

#[test]
fn sales_of_the_same_products_in_any_order_hold_all_of_theirs_or_none() {
    let race = Race::start(&["Product1", "Product2", "Product3"]);
    let answers = race.run(|client, database, now| {
        let mut products = [("Product1", 15), ("Product2", 10), ("Product3", 5)];
        products.shuffle(&mut StdRng::seed_from_u64(client as u64));
        create(database, now, &sale(now, &store_of(client), StockAllocation, &products))
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 6, "Product1 has 100 for 15 each");
    race.check();
}

#[test]
fn a_sale_that_sixteen_people_end_at_once_is_ended_by_one_of_them() {
    let race = Race::start(&["Product1"]);
    let new = sale(at(0), &store_of(0), StockAllocation, &[("Product1", 60)]);
    let id = create(&race.app.database, at(0), &new).expect("60 fit").id;
    let answers = race.run(|_, database, now| end(database, now, id).map(|ended| ended.id));
    assert_eq!(answers.iter().filter(|answer| **answer == Ok(id)).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Err(EndRefusal::AlreadyEnded)).count(), CLIENTS - 1);
    race.check();
}

#[test]
fn the_same_new_skus_from_sixteen_programs_are_created_once() {
    let race = Race::start(&[]);
    let answers = race.run(|client, database, now| {
        let mut inputs: Vec<SkuInput> = (0..30)
            .map(|number| SkuInput {
                code: sku_code(&format!("New-{number}")),
                name: Some("New".to_owned()),
                on_hand: Some(client as i64),
                buffer: None,
                listings: Some(vec![store_code(&store_of(client))]),
            })
            .collect();
        inputs.shuffle(&mut StdRng::seed_from_u64(client as u64));
        database.write_blocking(|conn| save_skus::run(conn, &cause(now), inputs.clone()))
    });
    let saved: Vec<Saved> = answers.into_iter().flat_map(|answer| answer.expect("saved")).flatten().collect();
    assert_eq!(saved.iter().filter(|saved| **saved == Saved::Created).count(), 30);
    assert_eq!(saved.len(), 30 * CLIENTS);
    race.check();
}

#[test]
fn creations_ends_stocktakes_and_buffers_in_any_mixture_agree_with_the_ledger() {
    let race = Race::start(&["Product1", "Product2"]);
    race.run(|client, database, now| {
        let mut random = StdRng::seed_from_u64(client as u64);
        let mut created = Vec::new();
        for _ in 0..20 {
            let sku = ["Product1", "Product2"][random.random_range(0..2)];
            match random.random_range(0..10) {
                0 => stock(database, now, sku, random.random_range(20..150), random.random_range(0..20)),
                1..=3 if !created.is_empty() => {
                    let id = created.swap_remove(random.random_range(0..created.len()));
                    end(database, now, id).expect("no other thread ends it");
                }
                _ => {
                    let products = [("Product1", random.random_range(1..20)), ("Product2", random.random_range(1..20))];
                    let kind = if random.random() { StockAllocation } else { StockReservation };
                    let some = &products[random.random_range(0..2)..];
                    created.extend(create(database, now, &sale(now, &store_of(client), kind, some)).map(|new| new.id));
                }
            }
        }
    });
    race.check();
}

#[test]
fn of_sixteen_people_who_raise_one_hold_each_builds_on_what_it_is_and_those_that_do_not_fit_are_told() {
    let race = Race::start(&["Product1"]);
    let new = sale(at(0), &store_of(0), StockAllocation, &[("Product1", 20)]);
    let id = create(&race.app.database, at(0), &new).expect("20 fit").id;
    let answers = race.run(|_, database, now| {
        loop {
            let answer = database.write_blocking(|conn| {
                let promotion = promotions::find(conn, id)?.expect("a promotion");
                let shown = promotions::sale(conn, &promotion)?.values();
                let mut wanted = shown.clone();
                wanted.products.values_mut().for_each(|units| *units += 10);
                apply_changes::run(conn, &cause(now), id, &PromotionEdit { shown: Some(shown), wanted })
            });
            match expected(answer) {
                // Another thread raised it before the lock, to the same quantity or more: read again.
                Err(EditRefusal::Changed(_)) => {}
                Ok(changes) if changes.is_empty() => {}
                answer => return answer.map(drop),
            }
        }
    });
    let (sku, asked, most, available) = (sku_code("Product1"), 110, 100, 0);
    let too_many = EditRefusal::Refused(vec![ChangeRefusal::TooMany { sku, asked, most, available }]);
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused, vec![too_many; CLIENTS - 8], "8 × 10 of 80 fit");
    race.check();
}

#[test]
fn a_sale_that_ends_while_products_are_added_keeps_nothing() {
    let skus: Vec<String> = (0..CLIENTS).map(|number| format!("Product{number}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let race = Race::start(&skus);
    let new = sale(at(0), &store_of(0), StockAllocation, &[("Product0", 20)]);
    let id = create(&race.app.database, at(0), &new).expect("20 fit").id;
    let answers = race.run(|client, database, now| match client {
        0 => end(database, now, id).map(drop).map_err(|_| EditRefusal::AlreadyEnded),
        _ => edit(database, now, id, |sale| sale.products.extend([(sku_code(skus[client]), 30)])).map(drop),
    });
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(EditRefusal::AlreadyEnded))), "{answers:?}");
    let codes: Vec<_> = skus.iter().map(|code| sku_code(code)).collect();
    let live = read(&race.app.database, |conn| availability::read(conn, &codes, at(1)));
    assert!(live.values().all(|availability| availability.holds.is_empty()), "{live:?}");
    race.check();
}

#[test]
fn edits_creations_ends_orders_and_stocktakes_in_any_mixture_agree_with_the_ledger() {
    let race = Race::start(&["Product1", "Product2", "Product3"]);
    let (sales, orders): (Mutex<Vec<PromotionId>>, Mutex<Vec<OrderKey>>) = Default::default();
    race.run(|client, database, now| {
        let mut random = StdRng::seed_from_u64(client as u64);
        for step in 0..25 {
            // A moment of its own for each thing that is done.
            let now = now.plus(chrono::TimeDelta::milliseconds(16 * step));
            let sku = ["Product1", "Product2", "Product3"][random.random_range(0..3)];
            let of_whom = |sales: &Mutex<Vec<PromotionId>>, at: usize| {
                let sales = sales.lock().expect("no client panics");
                sales.get(at % sales.len().max(1)).copied()
            };
            let some_sale = of_whom(&sales, random.random_range(0..100));
            match (random.random_range(0..10), some_sale) {
                (0, _) => stock(database, now, sku, random.random_range(20..150), random.random_range(0..10)),
                (1, Some(id)) => drop(end(database, now, id)),
                (2..=6, Some(id)) => {
                    let (units, minutes) = (random.random_range(0..30), random.random_range(1..90));
                    let (moves, both) = (random.random_ratio(1, 3), random.random_ratio(1, 3));
                    drop(edit(database, now, id, |sale| {
                        if moves {
                            sale.ends_at = now.plus(chrono::TimeDelta::minutes(minutes));
                        }
                        if !moves || both {
                            match units {
                                0..5 => sale.products.retain(|held, _| *held != sku_code(sku)),
                                _ => sale.products.extend([(sku_code(sku), units)]),
                            }
                        }
                    }));
                }
                (7 | 8, _) => {
                    let store = store_of(random.random_range(0..CLIENTS));
                    let number = format!("{client}-{step}");
                    take(database, now, &store, &number, &[(sku, random.random_range(1..6))]);
                    orders.lock().expect("no client panics").push((store, number));
                }
                (9, _) => {
                    let some = orders.lock().expect("no client panics").pop();
                    some.iter().for_each(|(store, number)| cancel(database, now, store, number));
                }
                _ => {
                    let products = [(sku, random.random_range(1..20))];
                    let new = sale(now, &store_of(client), StockReservation, &products);
                    let created = create(database, now, &new).map(|new| new.id);
                    sales.lock().expect("no client panics").extend(created);
                }
            }
        }
    });
    race.check();
}

/// A race of programs, half of them on each of two servers: how often each status and code was answered.
fn programs(race: &Race, send: impl Fn(usize, Api) -> Answer + Sync) -> BTreeMap<(u16, String), usize> {
    let addresses = [race.app.address.clone(), race.app.start_another()];
    let programs: Vec<Mutex<Option<Api>>> =
        (0..CLIENTS).map(|client| Mutex::new(Some(race.app.api().at(addresses[client % 2].clone())))).collect();
    let answers = race.run(|client, _, _| {
        let program = programs[client].lock().expect("no client panics").take().expect("one program a client");
        send(client, program)
    });
    let mut counted = BTreeMap::new();
    for answer in answers {
        let code = if answer.status < 400 { "" } else { answer.code() }.to_owned();
        *counted.entry((answer.status, code)).or_default() += 1;
    }
    counted
}

fn counts<const N: usize>(rows: [(u16, &str, usize); N]) -> BTreeMap<(u16, String), usize> {
    rows.into_iter().map(|(status, code, count)| ((status, code.to_owned()), count)).collect()
}

fn promotion(store: &str, quantity: i64) -> Value {
    json!({"name": "11.11", "type": "stock_allocation", "store": store, "ends_at": "2026-11-11T23:59:00+08:00",
        "products": [{"sku": "Product1", "quantity": quantity}]})
}

#[test]
fn sixteen_programs_on_two_servers_hold_what_fits_or_are_told_why_not() {
    let race = Race::start(&["Product1"]);
    let different = programs(&race, |client, api| api.post("/promotions", &promotion(&store_of(client), 15)));
    assert_eq!(different, counts([(201, "", 6), (422, "not_enough_stock", 10)]));
    race.check();
}

#[test]
fn of_sixteen_programs_with_a_sale_for_one_store_one_creates_it() {
    let race = Race::start(&["Product1"]);
    let same = programs(&race, |_, api| api.post("/promotions", &promotion(&store_of(0), 1)));
    assert_eq!(same, counts([(201, "", 1), (409, "already_held", CLIENTS - 1)]));
    race.check();
}

#[test]
fn programs_that_count_stock_and_create_and_end_sales_get_no_error() {
    let race = Race::start(&["Product1"]);
    let answers = programs(&race, |client, api| {
        for round in 0..5 {
            let count = json!({"skus": [{"code": "Product1", "name": "Product1", "on_hand": 90 + round}]});
            match client % 4 {
                0 => drop(api.put("/skus", &count).expect(200)),
                _ => {
                    let created = api.post("/promotions", &promotion(&store_of(client), 12));
                    match (created.status, created.body["id"].as_str()) {
                        (201, Some(id)) => drop(api.post(&format!("/promotions/{id}/end"), &json!({})).expect(200)),
                        _ => assert_eq!(created.expect(422).code(), "not_enough_stock"),
                    }
                }
            }
        }
        api.get("/promotions")
    });
    assert_eq!(answers, counts([(200, "", CLIENTS)]));
    race.check();
}

// A refusal by a constraint ends a transaction of PostgreSQL, so the response could not be stored under its key.
#[test]
fn of_sixteen_programs_that_add_one_store_one_adds_it_and_every_answer_is_kept_under_its_key() {
    let race = Race::start(&[]);
    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    let answers = programs(&race, |_, api| {
        let first = api.post_once("key", "/stores", &store);
        let again = api.post_once("key", "/stores", &store);
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        again
    });
    assert_eq!(answers, counts([(201, "", 1), (409, "code_taken", CLIENTS - 1)]));
}

#[test]
fn of_sixteen_programs_that_call_a_store_the_same_one_does() {
    let race = Race::start(&[]);
    let answers = programs(&race, |nth, api| {
        let code = format!("new-{nth}");
        api.post("/stores", &json!({"code": code, "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"}))
    });
    assert_eq!(answers, counts([(201, "", 1), (409, "name_taken", CLIENTS - 1)]));
}

// Kits have SKUs in common, and several servers scan, sell, count and list them at once: no two wait for each other, no unit is
// sold twice, and every kit is left with what its components allow.
#[test]
fn orders_counts_scans_and_changes_of_kits_that_share_skus_agree_with_each_other() {
    let race = Race::start(&["A", "B", "C"]);
    let made_of = ["A*2|B*1", "B*1|C*3", "A*1|C*1"];
    for client in 0..4 {
        connect_webhook(&race.app.database, &store_of(client));
        for (nth, made_of) in made_of.iter().enumerate() {
            list_kit(&race.app.database, at(0), &store_of(client), &format!("KIT-{nth}"), made_of);
        }
    }
    let sold = race.run(|client, database, now| {
        let mut random = StdRng::seed_from_u64(client as u64);
        let mut sold = BTreeMap::new();
        for round in 0..12 {
            match client % 4 {
                0 => drop(scan_some(database, now)),
                1 => {
                    // Kits that are taken off go, or retire, and new ones of the same come.
                    let (store, kit) = (store_code(&store_of(client / 4)), format!("KIT-{}", round % 3));
                    let unlist = |conn: &mut Conn| unlist::run(conn, &cause(now), &store, &kit);
                    drop(expected(database.write_blocking(unlist)));
                    list_kit(database, now, store.as_str(), &format!("NEW-{client}-{round}"), made_of[round % 3]);
                }
                _ => {
                    let kit = Components::parse(made_of[random.random_range(0..3)]).expect("components");
                    if sells(database, now, &format!("{client}-{round}"), &kit) {
                        for (sku, units) in kit.units_of(1) {
                            *sold.entry(sku).or_insert(0) += units;
                        }
                    }
                }
            }
        }
        sold
    });
    scan_all(&race.app, at(1));
    let skus = read(&race.app.database, |conn| skus::find_all(conn, &["A", "B", "C"].map(sku_code)));
    for sku in skus {
        let of_sku: i64 = sold.iter().filter_map(|sold| sold.get(&sku.code)).sum();
        assert_eq!((sku.committed, sku.oversold), (of_sku, 0), "{}", sku.code);
    }
    race.check();
}

/// Whether an order of one kit was accepted, which asks for units that its store shows.
fn sells(database: &Database, now: Moment, number: &str, kit: &Components) -> bool {
    let lines = kit.units_of(1).map(|(sku, quantity)| NewLine { item: sku.into(), quantity, unit_price_minor: None });
    let order = NewOrder {
        store: store_code(&store_of(0)),
        number: order_number(number),
        placed_at: None,
        lines: lines.collect(),
    };
    let delivery = Delivery { cause: cause(now), if_short: IfShort::Reject, orders: [order].into() };
    let take = |conn: &mut Conn| Ok::<_, Error>(take_orders::run(conn, &[&delivery])?);
    let outcome = database.write_blocking(take).expect("an answer").remove(0).remove(0);
    matches!(outcome, Outcome::Accepted(_))
}

fn scan_some(database: &Database, now: Moment) -> bool {
    let run = |conn: &mut Conn| Ok::<_, Error>(scan::run(conn, || now, PATIENCE, 2)?);
    database.write_blocking(run).expect("a scan").is_more
}

fn connect_webhook(database: &Database, store: &str) {
    let input = ConnectionInput {
        store: store_code(store),
        kind: webhook::KIND,
        api_url: "https://shop.example".to_owned(),
        credentials: Some("sealed".to_owned()),
        rate: 10,
        warehouse: None,
        shop: None,
    };
    connect(database, &input);
}

/// By what Lazada is to know a SKU: the variant of that number.
fn mapping(sku: &str, number: usize) -> Mapping {
    let (item_id, variant_id) = (Some("1".to_owned()), Some(number.to_string()));
    let ids = ListingIds { seller_sku: sku.to_owned(), item_id, variant_id };
    Mapping { sku: sku_code(sku), store: store_code(&store_of(0)), ids }
}

/// The SKUs of the race, each with the variant that it is known by.
fn mapped(race: &Race) -> Vec<(String, Option<String>)> {
    let listed = |conn: &mut _| listings::of_store(conn, &store_code(&store_of(0)), &Place::Start, 100);
    let found = read(&race.app.database, listed);
    found.into_iter().map(|listing| (listing.name().to_owned(), listing.variant_id)).collect()
}

#[test]
fn of_sixteen_forms_and_files_that_give_one_product_to_their_skus_one_does() {
    let skus: Vec<String> = (0..CLIENTS).map(|client| format!("SKU-{client:02}")).collect();
    let race = Race::start(&skus.iter().map(String::as_str).collect::<Vec<_>>());
    let taken_by = race.run(|client, database, _| {
        let Mapping { sku, store, ids } = mapping(&skus[client], 7);
        if client % 4 < 2 {
            let mapping = Mapping { sku, store, ids };
            let save = |conn: &mut Conn| Ok::<_, Error>(map_listings::run(conn, std::slice::from_ref(&mapping))?);
            return match database.write_blocking(save).expect("an answer").remove(0) {
                Ok(_) => None,
                Err(MappingRefusal::Taken(taken)) => Some(taken.by().to_owned()),
                Err(refusal) => panic!("{refusal:?}"),
            };
        }
        let shown = ListingIds { item_id: None, variant_id: None, ..ids.clone() };
        let find = |conn: &mut Conn| Ok::<_, Error>(listings::find(conn, &sku, &store)?);
        let listing = database.read_blocking(find).expect("an answer").expect("a listing").id;
        let edit = MappingEdit { listing, shown, wanted: ids };
        let save = |conn: &mut Conn| save_mappings::run(conn, &store, std::slice::from_ref(&edit));
        match expected(database.write_blocking(save)) {
            Ok(_) => None,
            Err(conflicts) => match &conflicts[..] {
                [(0, MappingConflict::Taken(taken))] => Some(taken.by().to_owned()),
                _ => panic!("{conflicts:?}"),
            },
        }
    });
    let mapped = mapped(&race);
    let having: Vec<&String> = mapped.iter().filter(|(_, id)| id.is_some()).map(|(sku, _)| sku).collect();
    assert_eq!(having.len(), 1, "{mapped:?}");
    let refused: Vec<String> = taken_by.into_iter().flatten().collect();
    assert_eq!(refused, vec![having[0].clone(); CLIENTS - 1]);
}

#[test]
fn files_that_turn_the_products_of_the_same_skus_at_once_leave_each_with_one() {
    let skus: Vec<String> = (0..CLIENTS).map(|client| format!("SKU-{client:02}")).collect();
    let race = Race::start(&skus.iter().map(String::as_str).collect::<Vec<_>>());
    let refused = race.run(|client, database, _| {
        let mut random = StdRng::seed_from_u64(client as u64);
        let mut refused = 0;
        for round in 0..5 {
            let turned = |(nth, sku): (usize, &String)| mapping(sku, (nth + client + round) % CLIENTS);
            let mut mappings: Vec<Mapping> = skus.iter().enumerate().map(turned).collect();
            mappings.shuffle(&mut random);
            let save = |conn: &mut Conn| Ok::<_, Error>(map_listings::run(conn, &mappings)?);
            refused += database.write_blocking(save).expect("saved").iter().filter(|saved| saved.is_err()).count();
        }
        refused
    });
    assert_eq!(refused, [0; CLIENTS], "each turns all of them");
    let products: BTreeSet<String> = mapped(&race).into_iter().filter_map(|(_, id)| id).collect();
    assert_eq!(products.len(), CLIENTS, "{products:?}");
}
