//! Nothing waits for a database for longer than the deadline, and nobody is told that nothing was changed if it may have
//! been.

use crate::{
    api::{calls::article, client::JSON},
    orders::api::order,
    scene::assert_verified,
    support::{NOON, TestApp, moment},
};
use flashsale::{
    actions::staff::add_token::{self, NewToken},
    db::{self, Conn, Database, Error, ErrorKind, stores::Store},
    domain::{
        code::{OrderNumber, SkuCode, StoreCode},
        orders::order::{IfShort, NewLine, NewOrder},
        staff::permission::{Access, Permission},
    },
    jobs::order_queue::{Answer, OrderQueue, Sent},
    web::tokens::new_secret,
};
use futures_util::FutureExt;
use serde_json::json;
use std::{sync::mpsc, time::Duration};

fn insert_store(conn: &mut Conn, code: &str) {
    let store = Store {
        code: StoreCode::parse(code).expect("a code"),
        name: code.to_owned(),
        marketplace: "Lazada".to_owned(),
        time_zone: "Etc/UTC".to_owned(),
        created_at: moment(NOON),
        country: None,
        currency: None,
    };
    db::stores::insert(conn, &store).expect("an insert");
}

fn number_of_stores(app: &TestApp) -> usize {
    app.database.read_blocking(db::stores::all).expect("a read").len()
}

/// The database with a deadline that passes while a test makes it wait.
fn hurried(app: &TestApp) -> Database {
    app.database.within(Duration::from_millis(50))
}

#[test]
fn a_write_that_was_given_up_is_not_committed_afterwards() {
    let app = TestApp::start();
    let (finish, may_finish) = mpsc::channel::<()>();
    let (ends, ended) = mpsc::channel::<()>();
    let answer = actix_web::rt::System::new().block_on(hurried(&app).write(move |conn| {
        // Dropped when the work has ended, whichever way.
        let _ends = ends.clone();
        insert_store(conn, "late");
        may_finish.recv().expect("the test says when");
        Ok::<_, Error>(())
    }));
    assert!(matches!(answer, Err(Error::TimedOut)), "{answer:?}");
    finish.send(()).expect("it waits");
    assert!(ended.recv().is_err(), "it has ended");
    app.write(|conn| insert_store(conn, "next"));
    assert_eq!(number_of_stores(&app), 1, "the next write is kept, and the one that was given up is not");
}

#[test]
fn a_read_that_takes_too_long_is_answered_and_the_work_of_a_job_may_take_longer() {
    let app = TestApp::start();
    for is_job in [false, true] {
        let database = if is_job { hurried(&app).patient() } else { hurried(&app) };
        let (looked, has_looked) = mpsc::channel::<()>();
        let work = move |conn: &mut Conn| {
            // Several deadlines long: nobody comes.
            assert!(has_looked.recv_timeout(Duration::from_millis(200)).is_err());
            db::stores::all(conn)
        };
        let read = actix_web::rt::System::new().block_on(database.read(work));
        drop(looked);
        assert_eq!(read.map_err(|error| error.kind()).err(), (!is_job).then_some(ErrorKind::Unavailable));
    }
}

#[test]
fn whoever_hangs_up_while_a_write_waits_for_its_turn_is_forgotten() {
    let app = TestApp::start_with(&[("FLASHSALE_WRITERS", "1")]);
    let (finish, may_finish) = mpsc::channel::<()>();
    let (begins, begun) = mpsc::channel();
    actix_web::rt::System::new().block_on(async {
        let database = app.database.clone();
        let first = actix_web::rt::spawn(async move {
            database
                .write(move |conn| {
                    begins.send(()).expect("the test waits");
                    may_finish.recv().expect("the test says when");
                    insert_store(conn, "first");
                    Ok::<_, Error>(())
                })
                .await
        });
        while begun.try_recv().is_err() {
            actix_web::rt::task::yield_now().await;
        }
        let mut gone = Box::pin(app.database.write(|conn| {
            insert_store(conn, "gone");
            Ok::<_, Error>(())
        }));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        finish.send(()).expect("it waits");
        first.await.expect("it runs").expect("it is kept");
    });
    app.write(|conn| insert_store(conn, "next"));
    assert_eq!(number_of_stores(&app), 2, "the first and the next");
}

#[test]
fn an_order_whose_client_has_hung_up_is_not_taken() {
    let app = TestApp::start();
    let api = article(&app);
    let secret = new_secret();
    app.write(|conn| {
        let new = NewToken { name: "queue".to_owned(), hash: secret.hash.clone(), created_by: "test".to_owned() };
        add_token::run(conn, new, moment(NOON)).expect("a token");
    });
    let sent = |number: &str| Sent {
        token_hash: secret.hash.clone(),
        access: Access::Needs(Permission::ManageOrders),
        at: moment(NOON),
        if_short: IfShort::Record,
        orders: vec![NewOrder {
            store: StoreCode::parse("lazada").expect("a code"),
            number: OrderNumber::parse(number).expect("a number"),
            placed_at: None,
            lines: vec![NewLine {
                sku: SkuCode::parse("Product1").expect("a code"),
                quantity: 1,
                unit_price_minor: None,
            }],
        }],
        key: None,
    };
    let (finish, may_finish) = mpsc::channel::<()>();
    actix_web::rt::System::new().block_on(async {
        let (holds, held) = mpsc::channel();
        let database = app.database.clone();
        let lock = actix_web::rt::spawn(async move {
            database
                .write(move |conn| {
                    flashsale::db::catalogue::skus::lock(conn, [&SkuCode::parse("Product1").expect("a code")])?;
                    holds.send(()).expect("the test waits");
                    may_finish.recv().expect("the test says when");
                    Ok::<_, Error>(())
                })
                .await
        });
        while held.try_recv().is_err() {
            actix_web::rt::task::yield_now().await;
        }
        // Orders wait for the lock of the SKU; those behind them wait for their turn.
        let queue = OrderQueue::start(app.database.clone(), 1);
        let mut first = Box::pin(queue.take(sent("1")));
        assert!((&mut first).now_or_never().is_none());
        let mut gone = Box::pin(queue.take(sent("2")));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        finish.send(()).expect("it waits");
        lock.await.expect("it runs").expect("it ends");
        assert!(matches!(first.await, Ok(Ok(Answer::Taken(..)))));
        assert!(matches!(queue.take(sent("3")).await, Ok(Ok(Answer::Taken(..)))));
    });
    assert_eq!(api.get("/orders/lazada/1").status, 200);
    assert_eq!(api.get("/orders/lazada/2").status, 404);
    assert_eq!(api.get("/orders/lazada/3").status, 200);
    assert_verified(&app.database, app.now());
}

#[test]
fn calls_whose_database_is_locked_are_answered_together_and_the_next_one_is_taken() {
    let app = TestApp::start_with(&[("FLASHSALE_DATABASE_WAIT_MS", "200"), ("FLASHSALE_WRITERS", "1")]);
    let api = article(&app);
    let numbers: Vec<String> = (0..16).map(|nth| format!("locked-{nth}")).collect();
    let (finish, may_finish) = mpsc::channel::<()>();
    let (holds, held) = mpsc::channel();
    std::thread::scope(|scope| {
        let database = &app.database;
        scope.spawn(move || {
            database.write_blocking(|_| {
                holds.send(()).expect("the test waits");
                may_finish.recv().expect("the test says when");
                Ok::<_, Error>(())
            })
        });
        held.recv().expect("the only writer is taken");
        let answers = crate::api::calls::together(&numbers, |number| {
            api.post_once(number, "/orders", &json!({"orders": [order("lazada", number, 1)]})).expect(503)
        });
        for answer in answers {
            assert!(["database_busy", "database_unavailable"].contains(&answer.code()), "{answer:?}");
            assert!(answer.body["detail"].as_str().is_some_and(|words| words.starts_with("Nothing was changed.")));
        }
        finish.send(()).expect("it waits");
    });
    for number in &numbers {
        let body = json!({"orders": [order("lazada", number, 1)]}).to_string();
        let headers = [JSON, ("idempotency-key", number.as_str())];
        let taken = api.send("POST", "/orders", &headers, Some(body.as_bytes())).expect(200);
        assert_eq!(taken.body["results"][0]["status"], "accepted", "nothing of the first call was kept");
    }
    assert_verified(&app.database, app.now());
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;
    use crate::{
        api::{calls::together, client::Api},
        engine::proxy::Proxy,
        support::{Browser, EMAIL, PASSWORD},
    };
    use serde_json::Value;

    /// A short deadline, and nothing that writes by itself.
    const DEADLINE: [(&str, &str); 3] =
        [("FLASHSALE_DATABASE_DEADLINE_MS", "1000"), ("FLASHSALE_DATABASE_WAIT_MS", "800"), ("FLASHSALE_PUSH", "no")];

    /// A server behind a proxy, with the article's product and a program that asks it.
    struct Behind {
        app: TestApp,
        proxy: Proxy,
        api: Api,
        address: String,
    }

    /// Nothing if the tests run on SQLite.
    fn behind_a_proxy() -> Option<Behind> {
        let server = std::env::var("FLASHSALE_TEST_DATABASE_URL").ok()?;
        let address = server.rsplit_once('@').map_or(server.as_str(), |(_, address)| address);
        let proxy = Proxy::start(address.split('/').next().expect("a host and a port"));
        let app = TestApp::start_with(&DEADLINE);
        let api = article(&app);
        let address = app.start_another_at(&proxy.url(&app.url));
        let api = api.at(address.clone());
        assert_eq!(taken(&api, "warm-1"), "accepted");
        Some(Behind { app, proxy, api, address })
    }

    fn body(number: &str) -> Value {
        json!({"orders": [order("lazada", number, 1)]})
    }

    fn taken(api: &Api, number: &str) -> String {
        let answer = api.post("/orders", &body(number)).expect(200);
        answer.body["results"][0]["status"].as_str().expect("a status").to_owned()
    }

    fn numbers(name: &str, count: usize) -> Vec<String> {
        (0..count).map(|nth| format!("{name}-{nth}")).collect()
    }

    /// 64 clients with an order each and some with a page are all told that it cannot be done now.
    fn assert_everybody_is_answered(shop: &Behind, name: &str) {
        let answers = together(&numbers(name, 64), |number| shop.api.post("/orders", &body(number)).expect(503));
        for answer in &answers {
            assert!(["database_unavailable", "database_busy"].contains(&answer.code()), "{answer:?}");
            assert!(answer.body["detail"].as_str().is_some_and(|words| words.starts_with("Nothing was changed.")));
        }
        let pages = together(&[(); 8], |()| shop.api.get("/skus").status);
        assert_eq!(pages, [503; 8]);
    }

    #[test]
    fn a_database_that_hangs_is_an_answer_for_everybody_and_the_first_order_after_it_is_taken() {
        let Some(shop) = behind_a_proxy() else { return };
        for round in ["a", "b"] {
            shop.proxy.stall();
            assert_everybody_is_answered(&shop, round);
            shop.proxy.resume();
            assert_eq!(taken(&shop.api, &format!("first-{round}")), "accepted");
        }
        assert_verified(&shop.app.database, shop.app.now());
    }

    #[test]
    fn connections_that_hang_are_given_up_while_new_ones_work() {
        let Some(shop) = behind_a_proxy() else { return };
        shop.proxy.stall_open_ones();
        shop.api.post("/orders", &body("1")).expect(503);
        assert_eq!(taken(&shop.api, "2"), "accepted", "on connections of its own");
        let read = together(&[(); 8], |()| shop.api.get("/skus").status);
        assert_eq!(read, [200; 8]);
    }

    #[test]
    fn a_database_that_is_away_is_an_answer_at_once_and_one_that_is_back_is_used_at_once() {
        let Some(shop) = behind_a_proxy() else { return };
        for round in ["a", "b"] {
            shop.proxy.go_away();
            assert_everybody_is_answered(&shop, round);
            shop.proxy.come_back();
            assert_eq!(taken(&shop.api, &format!("first-{round}")), "accepted");
        }
        assert_verified(&shop.app.database, shop.app.now());
    }

    #[test]
    fn after_a_commit_of_unknown_outcome_nobody_says_that_nothing_was_changed() {
        let Some(shop) = behind_a_proxy() else { return };
        let mut browser = Browser::at(&shop.address);
        let signed_in = browser.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(signed_in.status, 303);
        let form = browser.get("/stores/new");
        shop.proxy.hold_commits();
        let unknown = shop.api.post("/orders", &body("1")).expect(503);
        assert_eq!(unknown.code(), "outcome_unknown");
        let words = unknown.body["detail"].as_str().expect("words");
        assert!(words.contains("It is not known") && words.contains("Send them again"), "{words}");
        assert_eq!(unknown.header("retry-after"), Some("2"));

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
        let again = shop.api.post_once("key", "/stores", &store).expect(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "so was the answer to the key");
        assert_verified(&shop.app.database, shop.app.now());
    }
}
