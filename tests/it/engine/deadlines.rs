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
    db::{self, Conn, Database, Error, ErrorKind, budget, stores::Store},
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
fn the_waits_of_one_request_take_no_longer_than_the_deadline_together() {
    let app = TestApp::start();
    let database = app.database.within(Duration::from_millis(400));
    let slow = || {
        let (waits, never) = mpsc::channel::<()>();
        database.read(move |conn| {
            let _waits = &waits;
            assert!(never.recv_timeout(Duration::from_millis(250)).is_err());
            db::stores::all(conn)
        })
    };
    actix_web::rt::System::new().block_on(async {
        let (first, second) = budget::within(database.deadline(), async { (slow().await, slow().await) }).await;
        assert!(first.is_ok(), "{first:?}");
        assert!(matches!(second, Err(Error::TimedOut)), "{second:?}");
        assert!(slow().await.is_ok(), "a request of its own");
    });
}

#[test]
fn a_large_file_may_take_longer_than_a_request_waits() {
    let app = TestApp::start_with(&[("FLASHSALE_DATABASE_DEADLINE_MS", "500")]);
    let mut file = "sku,name,on_hand\n".to_owned();
    for nth in 0..100_000 {
        file.push_str(&format!("P{nth},A product,1\n"));
    }
    let sent = app.signed_in().get("/imports").submit_file("file", "catalogue.csv", file.as_bytes());
    assert_eq!(sent.status, 303, "{}", sent.text());
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
        orders: [NewOrder {
            store: StoreCode::parse("lazada").expect("a code"),
            number: OrderNumber::parse(number).expect("a number"),
            placed_at: None,
            lines: vec![NewLine {
                item: SkuCode::parse("Product1").expect("a code").into(),
                quantity: 1,
                unit_price_minor: None,
            }],
        }]
        .into(),
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
