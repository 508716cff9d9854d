//! The disk refuses writes, in the middle of a transaction and again and again, and takes them again later: a limit on the
//! size of files, which is moved while the server runs, makes writes fail that go beyond it, and cuts those that reach
//! over it. The server says that it cannot (503), acknowledges nothing that is lost, and goes on by itself.

use crate::{
    program::Server,
    scene::{LAZADA, add_sku, add_stores, assert_verified, read},
    support::{TestApp, on_postgres},
};
use diesel::prelude::*;
use flashsale::{clock::Clock, db::engine::schema::orders, domain::code::OrderNumber};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: usize = 4;
const FAILURES: usize = 40;

/// The most that one refusal and one return may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the clients were answered.
#[derive(Default)]
struct Answers {
    taken: Mutex<BTreeSet<String>>,
    statuses: Mutex<BTreeMap<u16, usize>>,
    accepted: AtomicUsize,
    refused: AtomicUsize,
}

fn limit_files(server: &Server, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(server.pid()).expect("a number of a process")).expect("a process");
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).expect("a limit");
}

/// Waits until `counter` has grown.
#[track_caller]
fn until_more(counter: &AtomicUsize, what: &str) {
    let before = counter.load(Ordering::SeqCst);
    let began = Instant::now();
    while counter.load(Ordering::SeqCst) == before {
        assert!(began.elapsed() < PATIENCE, "no order was {what}");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

#[test]
fn a_disk_that_refuses_writes_leads_to_no_false_answer_and_is_used_again_when_it_takes_them() {
    let app = TestApp::start();
    if on_postgres(&app.settings.database_url) {
        return; // The server's disk is the server's.
    }
    add_stores(&app.database, &[LAZADA]);
    add_sku(&app.database, "Product1", "Product 1", 1_000_000, &[LAZADA]);
    let mut program = Command::new("sh");
    // A write beyond the limit then fails, instead of ending the program.
    program.args(["-c", "trap '' XFSZ; exec \"$0\"", env!("CARGO_BIN_EXE_flashsale")]);
    program.envs([("DATABASE_URL", app.url.as_str()), ("FLASHSALE_BIND", "127.0.0.1:0")]);
    let mut server = Server::by(&mut program);
    let log = format!("{}-wal", app.url.trim_start_matches("sqlite://"));
    let mut random = StdRng::seed_from_u64(7);
    let answers = Answers::default();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let api = app.api().at(server.address.clone());
            let (answers, is_over) = (&answers, &is_over);
            scope.spawn(move || {
                for nth in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    let number = format!("{client}-{nth}");
                    let line = json!({"sku": "Product1", "quantity": 1});
                    let order = json!({"store": LAZADA, "number": number, "lines": [line]});
                    let answer = api.post_quickly("/orders", &json!({"orders": [order]})).expect("an answer");
                    *answers.statuses.lock().expect("no panic").entry(answer.status).or_default() += 1;
                    if answer.status == 200 {
                        answers.taken.lock().expect("no panic").insert(number);
                        answers.accepted.fetch_add(1, Ordering::SeqCst);
                    } else {
                        answers.refused.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        for failure in 0..FAILURES {
            until_more(&answers.accepted, "taken");
            let written = fs::metadata(&log).expect("a log").len();
            let room = random.random_range(0..20_000);
            // Now and then nothing at all may be written, also not where the log begins anew.
            limit_files(&server, Some(if failure % 8 == 7 { 1 } else { written + room }));
            until_more(&answers.refused, "refused");
            limit_files(&server, None);
        }
        until_more(&answers.accepted, "taken");
        is_over.store(true, Ordering::SeqCst);
    });
    server.kill();
    let statuses = answers.statuses.into_inner().expect("no panic");
    assert_eq!(statuses.keys().copied().collect::<Vec<u16>>(), [200, 503], "{statuses:?}");
    let kept: Vec<OrderNumber> = read(&app.database, |conn| orders::table.select(orders::number).load(conn));
    let kept: BTreeSet<String> = kept.iter().map(ToString::to_string).collect();
    let taken = answers.taken.into_inner().expect("no panic");
    let lost: Vec<&String> = taken.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?} were acknowledged");
    assert_verified(&app.database, Clock::system().now());
}
