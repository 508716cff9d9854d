//! A PostgreSQL server that hangs, is away, is full, or breaks off in the middle of a commit: everybody is answered in time
//! and with true words, and the first order after it is taken at once.

use crate::{
    api::{
        calls::{article, together},
        client::{Answer, Api},
    },
    engine::{
        crashes::until_nothing_is_under_way,
        proxy::{Commits, Proxy},
    },
    orders::api::order,
    program::Server,
    scene::assert_verified,
    support::{Browser, EMAIL, PASSWORD, TestApp},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// A short deadline, and nothing that writes by itself.
const SETTINGS: [(&str, &str); 3] =
    [("FLASHSALE_DATABASE_DEADLINE_MS", "1000"), ("FLASHSALE_DATABASE_WAIT_MS", "800"), ("FLASHSALE_PUSH", "no")];

/// The deadline, and what a busy machine needs to send the answers of many.
const IN_TIME: Duration = Duration::from_secs(2);

/// How soon after its return a database is used again.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A server behind a proxy, with the article's product and a program that asks it.
struct Behind {
    app: TestApp,
    proxy: Proxy,
    api: Api,
    /// The same program at a server that reaches the database without the proxy.
    direct: Api,
    browser: Browser,
}

/// Nothing if the tests run on SQLite.
fn behind_a_proxy() -> Option<Behind> {
    let server = std::env::var("FLASHSALE_TEST_DATABASE_URL").ok()?;
    let address = server.rsplit_once('@').map_or(server.as_str(), |(_, address)| address);
    let proxy = Proxy::start(address.split('/').next().expect("a host and a port"));
    let app = TestApp::start_with(&SETTINGS);
    let direct = article(&app);
    let address = app.start_another_at(&proxy.url(&app.url));
    let api = direct.also_at(address.clone());
    let mut browser = Browser::at(&address);
    let signed_in = browser.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
    assert_eq!(signed_in.status, 303);
    assert_eq!(taken(&api, "warm-1"), "accepted");
    Some(Behind { app, proxy, api, direct, browser })
}

fn body(number: &str) -> Value {
    json!({"orders": [order("lazada", number, 1)]})
}

fn status(answer: &Answer) -> &str {
    answer.body["results"][0]["status"].as_str().expect("a status")
}

fn taken(api: &Api, number: &str) -> String {
    status(&api.post("/orders", &body(number)).expect(200)).to_owned()
}

fn numbers(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|nth| format!("{name}-{nth}")).collect()
}

fn in_time<T>(at_most: Duration, what: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let result = what();
    assert!(since.elapsed() < at_most, "it took {:?}", since.elapsed());
    result
}

fn says_that_nothing_was_changed(answer: &Answer) -> bool {
    answer.body["detail"].as_str().is_some_and(|words| words.starts_with("Nothing was changed."))
}

impl Behind {
    /// 64 programs send an order each, and are answered in time.
    fn orders_of_many(&self, name: &str) -> Vec<(String, Answer)> {
        let numbers = numbers(name, 64);
        let answers = together(&numbers, |number| {
            in_time(IN_TIME, || self.api.post_quickly("/orders", &body(number)).expect("an answer"))
        });
        numbers.into_iter().zip(answers).collect()
    }

    /// All of them, and some who look at a page, are told that it cannot be done now.
    fn assert_nobody_is_served(&self, name: &str) {
        for (number, answer) in self.orders_of_many(name) {
            assert_eq!(answer.status, 503, "{number}: {answer:?}");
            assert!(["database_unavailable", "database_busy"].contains(&answer.code()), "{number}: {answer:?}");
            assert!(says_that_nothing_was_changed(&answer), "{number}: {answer:?}");
        }
        let looked = together(&[(); 8], |()| {
            let read = in_time(IN_TIME, || self.api.get("/skus").status);
            let page = in_time(IN_TIME, || self.browser.another().get("/skus"));
            (read, page)
        });
        for (read, page) in looked {
            assert_eq!((read, page.status), (503, 503));
            assert!(page.text().contains("Nothing was changed."), "{}", page.text());
            assert!(page.headers.contains_key("retry-after"), "{}", page.text());
        }
    }

    fn assert_served_at_once(&self, number: &str) {
        assert_eq!(in_time(AT_ONCE, || taken(&self.api, number)), "accepted");
    }
}

#[test]
fn a_database_that_hangs_is_an_answer_for_everybody_and_the_first_order_after_it_is_taken() {
    let Some(shop) = behind_a_proxy() else { return };
    for round in ["a", "b"] {
        shop.proxy.stall();
        shop.assert_nobody_is_served(round);
        shop.proxy.resume();
        shop.assert_served_at_once(&format!("first-{round}"));
    }
    assert_verified(&shop.app.database, shop.app.now());
}

#[test]
fn connections_that_hang_are_given_up_while_new_ones_work() {
    let Some(shop) = behind_a_proxy() else { return };
    shop.proxy.stall_open_ones();
    in_time(IN_TIME, || shop.api.post("/orders", &body("1")).expect(503));
    shop.assert_served_at_once("2");
    let read = together(&[(); 8], |()| shop.api.get("/skus").status);
    assert_eq!(read, [200; 8]);
}

#[test]
fn a_database_that_is_away_is_an_answer_at_once_and_one_that_is_back_is_used_at_once() {
    let Some(shop) = behind_a_proxy() else { return };
    for round in ["a", "b"] {
        shop.proxy.go_away();
        shop.assert_nobody_is_served(round);
        shop.proxy.come_back();
        shop.assert_served_at_once(&format!("first-{round}"));
    }
    assert_verified(&shop.app.database, shop.app.now());
}

#[test]
fn a_database_without_a_free_seat_serves_the_connections_that_it_has() {
    let Some(shop) = behind_a_proxy() else { return };
    shop.proxy.take_all_seats();
    let served = together(&numbers("seated", 8), |number| (taken(&shop.api, number), shop.api.get("/skus").status));
    assert_eq!(served, vec![("accepted".to_owned(), 200); 8]);
    shop.proxy.cut();
    shop.assert_nobody_is_served("cut");
    shop.proxy.resume();
    shop.assert_served_at_once("first");
    assert_verified(&shop.app.database, shop.app.now());
}

#[test]
fn after_a_commit_of_unknown_outcome_nobody_says_that_nothing_was_changed() {
    let Some(mut shop) = behind_a_proxy() else { return };
    let form = shop.browser.get("/stores/new");
    shop.proxy.meet_commits(Commits::AreHeld);
    let unknown = shop.api.post("/orders", &body("1")).expect(503);
    assert_eq!(unknown.code(), "outcome_unknown");
    let words = unknown.body["detail"].as_str().expect("words");
    assert!(words.contains("It is not known") && words.contains("Send them again"), "{words}");
    assert_eq!(unknown.header("retry-after"), Some("2"));
    let keyed = shop.api.post_once("of-an-order", "/orders", &body("2")).expect(503);
    assert_eq!(keyed.code(), "outcome_unknown");

    let store = json!({"code": "new", "name": "New", "marketplace": "Lazada", "time_zone": "Asia/Manila"});
    let unknown = shop.api.post_once("key", "/stores", &store).expect(503);
    assert_eq!(unknown.code(), "outcome_unknown");
    assert!(!unknown.body.to_string().contains("Nothing was changed"), "{}", unknown.body);

    let page = form.submit(&[
        ("name", "Lazada MY"),
        ("code", "lazada-my"),
        ("marketplace", "Lazada"),
        ("time_zone", "Asia/Kuala_Lumpur"),
    ]);
    assert_eq!(page.status, 503);
    assert!(page.title().contains("It is not known whether this was saved"), "{}", page.title());
    assert!(page.text().contains("An order is safe to send again"), "{}", page.text());
    assert!(!page.text().contains("Nothing was changed"), "{}", page.text());

    shop.proxy.resume();
    assert_eq!(taken(&shop.api, "1"), "duplicate", "it was kept, and is not taken twice");
    let again = shop.api.post_once("of-an-order", "/orders", &body("2")).expect(200);
    assert_eq!((status(&again), is_replayed(&again)), ("accepted", true), "so was the answer to its key");
    let again = shop.api.post_once("key", "/stores", &store).expect(201);
    assert!(is_replayed(&again));
    assert_verified(&shop.app.database, shop.app.now());
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[test]
fn a_connection_that_breaks_at_a_commit_leaves_an_unknown_outcome_whether_it_was_kept_or_not() {
    let Some(shop) = behind_a_proxy() else { return };
    for (commits, is_kept) in [(Commits::EndAfter, true), (Commits::EndBefore, false)] {
        let [plain, keyed] = ["plain", "keyed"].map(|name| format!("{name}-{commits:?}"));
        shop.proxy.meet_commits(commits);
        let broken = shop.api.post("/orders", &body(&plain)).expect(503);
        assert_eq!(broken.code(), "outcome_unknown", "{commits:?}");
        let broken = shop.api.post_once(&keyed, "/orders", &body(&keyed)).expect(503);
        assert_eq!(broken.code(), "outcome_unknown", "{commits:?}");
        shop.proxy.resume();
        until_nothing_is_under_way(&shop.app);
        assert_eq!(taken(&shop.api, &plain), if is_kept { "duplicate" } else { "accepted" }, "{commits:?}");
        let again = shop.api.post_once(&keyed, "/orders", &body(&keyed)).expect(200);
        assert_eq!((status(&again), is_replayed(&again)), ("accepted", is_kept), "{commits:?}");
    }
    assert_verified(&shop.app.database, shop.app.now());
}

/// As while a synchronous standby is missing.
#[test]
fn while_no_commit_is_confirmed_everybody_is_answered_and_what_was_said_is_so() {
    let Some(shop) = behind_a_proxy() else { return };
    shop.proxy.meet_commits(Commits::AreHeld);
    let answers = shop.orders_of_many("held");
    shop.proxy.resume();
    shop.assert_served_at_once("first");
    until_nothing_is_under_way(&shop.app);
    assert!(answers.iter().any(|(_, answer)| answer.code() == "outcome_unknown"));
    for (number, answer) in answers {
        assert_eq!(answer.status, 503, "{number}: {answer:?}");
        assert_is_so(&shop, &number, &answer, false);
    }
    assert_verified(&shop.app.database, shop.app.now());
}

/// Sends an order again, and holds the first answer against what comes.
fn assert_is_so(shop: &Behind, number: &str, first: &Answer, is_keyed: bool) {
    let again = if is_keyed {
        shop.direct.post_once(number, "/orders", &body(number))
    } else {
        shop.direct.post("/orders", &body(number))
    };
    let again = again.expect(200);
    let was_kept = if is_keyed { is_replayed(&again) } else { status(&again) == "duplicate" };
    // With its key an order is never a duplicate of itself: its answer is kept where it is kept.
    assert!(!is_keyed || status(&again) == "accepted", "{number}: {again:?}");
    match first.status {
        200 => assert!(was_kept, "{number} was acknowledged: {first:?}"),
        _ if first.code() == "outcome_unknown" => {}
        _ => assert!(!was_kept && says_that_nothing_was_changed(first), "{number} was refused: {first:?}"),
    }
}

#[test]
fn whenever_connections_break_every_answer_is_so() {
    let Some(shop) = behind_a_proxy() else { return };
    let stock = json!({"skus": [{"code": "Product1", "on_hand": 1_000_000}]});
    shop.direct.put("/skus", &stock).expect(200);
    let mut random = StdRng::seed_from_u64(15);
    for round in 0..25 {
        let (given, gotten) = mpsc::channel();
        let breaks_after = random.random_range(0..40);
        let said: Vec<Vec<(String, Answer)>> = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|client| {
                    let given = given.clone();
                    let api = &shop.api;
                    scope.spawn(move || until_refused(api, &format!("{round}-{client}"), client % 2 == 0, &given))
                })
                .collect();
            for _ in 0..breaks_after {
                gotten.recv_timeout(IN_TIME).expect("an answer");
            }
            shop.proxy.go_away();
            clients.into_iter().map(|client| client.join().expect("a client")).collect()
        });
        shop.proxy.come_back();
        until_nothing_is_under_way(&shop.app);
        for (client, said) in said.into_iter().enumerate() {
            for (number, answer) in said {
                assert_is_so(&shop, &number, &answer, client % 2 == 0);
            }
        }
    }
    assert_verified(&shop.app.database, shop.app.now());
}

#[test]
fn a_signal_ends_the_program_within_five_seconds_while_the_database_hangs() {
    let Some(shop) = behind_a_proxy() else { return };
    let mut server = Server::start(&shop.proxy.url(&shop.app.url));
    let api = shop.direct.also_at(server.address.clone());
    assert_eq!(taken(&api, "warm-2"), "accepted");
    let numbers = numbers("stalled", 8);
    thread::scope(|scope| {
        shop.proxy.stall();
        let ask = |number: &str| api.post_quickly("/orders", &body(number));
        let asking: Vec<_> = numbers.iter().map(|number| scope.spawn(move || ask(number))).collect();
        shop.proxy.until_something_is_stopped();
        let (_, took) = server.terminate();
        assert!(took < Duration::from_secs(5), "{took:?}");
        for asked in asking {
            let answer = asked.join().expect("a client");
            assert!(answer.is_none_or(|answer| answer.status == 503));
        }
    });
}

/// Sends one order after the other, until one is refused. Returns what was said of each.
fn until_refused(api: &Api, name: &str, is_keyed: bool, given: &mpsc::Sender<()>) -> Vec<(String, Answer)> {
    let mut said = Vec::new();
    for nth in 0.. {
        let number = format!("{name}-{nth}");
        let answer = if is_keyed {
            api.post_once_quickly(&number, "/orders", &body(&number))
        } else {
            api.post_quickly("/orders", &body(&number))
        };
        let answer = answer.expect("an answer");
        let is_taken = answer.status == 200;
        said.push((number, answer));
        // The test may have gone on.
        given.send(()).unwrap_or_default();
        if !is_taken {
            break;
        }
    }
    said
}
