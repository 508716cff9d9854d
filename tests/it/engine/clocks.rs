//! The clock of the machine is set by hand, in the middle of a sale. No hold ends by it, nothing is decided about stock
//! while it is off, and all is as before when it is right again.

use crate::{
    api::client::Api,
    program::Server,
    scene::{LAZADA, SHOPEE, add_sku, add_stores, assert_verified, create, sale},
    support::{Browser, EMAIL, PASSWORD, TestApp, on_postgres},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use flashsale::{
    clock::{Clock, Timer},
    db::{Database, ErrorKind, engine::schema::recorded_time},
    domain::{moment::Moment, promotions::promotion::FlashSaleType},
    jobs,
};
use serde_json::{Value, json};
use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// A machine whose clock and timer are some seconds away from the real ones.
#[derive(Clone)]
struct Machine {
    clock: Arc<AtomicI64>,
    timer: Arc<AtomicI64>,
    boot: &'static str,
}

impl Machine {
    fn new(boot: &'static str) -> Self {
        Self { clock: Arc::default(), timer: Arc::default(), boot }
    }

    fn set_clock(&self, seconds: i64) {
        self.clock.store(seconds, Ordering::SeqCst);
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.timer.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Opens the database of `app` as a program on this machine does.
    fn open(&self, app: &TestApp) -> (Database, Clock) {
        let machine = self.clone();
        let real = Clock::system();
        let shown = Clock::from_fn(move || real.now().plus(TimeDelta::seconds(machine.clock.load(Ordering::SeqCst))));
        let machine = self.clone();
        let real = Timer::of_machine().elapsed;
        // The timer begins late enough for one of another machine to be behind it.
        let elapsed = move || real() + Duration::from_secs(machine.timer.load(Ordering::SeqCst).unsigned_abs());
        let timer = Timer { boot: self.boot.into(), elapsed: Arc::new(elapsed) };
        let clock = shown.guarded(timer, Duration::from_secs(30));
        let database = Database::open(&app.settings.database_url, app.settings.pool).expect("the database");
        (database.guarded(&clock).expect("the record"), clock)
    }
}

/// 100 units, of which a sale of an hour has begun to hold 60 for Lazada.
fn shop() -> TestApp {
    let mut app = TestApp::start();
    app.stop();
    add_stores(&app.database, &[LAZADA, SHOPEE]);
    add_sku(&app.database, "Product1", "Product 1", 100, &[LAZADA, SHOPEE]);
    let now = Clock::system().now();
    create(&app.database, now, &sale(now, LAZADA, FlashSaleType::StockAllocation, &[("Product1", 60)]))
        .expect("a sale");
    app
}

fn order(store: &str, number: &str, quantity: i64) -> Value {
    let order = json!({"store": store, "number": number, "lines": [{"sku": "Product1", "quantity": quantity}]});
    json!({"orders": [order], "if_short": "reject"})
}

fn shown(api: &Api, store: &str) -> i64 {
    let answer = api.get(&format!("/quantities?store={store}")).expect(200);
    answer.body["quantities"][0]["quantity"].as_i64().expect("a quantity")
}

#[test]
fn a_clock_that_is_set_in_the_middle_of_a_sale_ends_no_hold_and_sells_nothing() {
    let app = shop();
    let machine = Machine::new("one");
    let (database, clock) = machine.open(&app);
    let address = app.start_on(&database, clock.clone());
    let api = app.api().at(address.clone());
    for (nth, seconds) in [30 * 86_400, 3_600, 120, -120, -7_200].into_iter().enumerate() {
        machine.set_clock(seconds);
        let mut browser = Browser::at(&address);
        let ready = browser.get("/readyz");
        let words = format!("{} s {} the database's", seconds.abs(), if seconds > 0 { "ahead of" } else { "behind" });
        assert!(ready.status == 503 && ready.body.contains(&words), "{}", ready.body);
        let signed_in = browser.get("/sign-in").submit(&[("email", EMAIL), ("password", PASSWORD)]);
        assert_eq!(signed_in.status, 303, "staff can look: {}", signed_in.text());
        for quantity in [1, 41] {
            let refused = api.post("/orders", &order(SHOPEE, &format!("{nth}-{quantity}"), quantity)).expect(503);
            assert_eq!((refused.code(), refused.header("retry-after")), ("clock_off", Some("30")));
            let words = refused.body["detail"].as_str().expect("words");
            assert!(words.starts_with("Nothing was changed."), "{words}");
        }
        let skus = json!({"skus": [{"code": "Product1", "on_hand": 7}]});
        assert_eq!(api.put("/skus", &skus).expect(503).code(), "clock_off");
        let page = browser.get("/catalogue/Product1/edit").submit(&[("name", "Other")]);
        assert_eq!(page.status, 503, "{}", page.text());
        assert!(page.text().contains("The clock of the server is wrong"), "{}", page.text());
        let archived =
            actix_web::rt::System::new().block_on(jobs::archive_ended_holds::run_once(&database, clock.now()));
        assert_eq!(archived.expect("a job"), 0, "{seconds}");
        assert_eq!(
            (shown(&api, LAZADA), shown(&api, SHOPEE)),
            (60 - nth as i64, 40),
            "pages and programs see the sale"
        );
        machine.set_clock(0);
        let taken = api.post("/orders", &order(LAZADA, &format!("{nth}"), 1)).expect(200);
        assert_eq!(taken.body["results"][0]["lines"][0]["from_hold"], 1, "at once: {:#}", taken.body);
    }
    let too_much = api.post("/orders", &order(SHOPEE, "all", 41)).expect(200);
    assert_eq!(too_much.body["results"][0]["status"], "rejected", "{:#}", too_much.body);
    assert_verified(&app.database, Clock::system().now());
}

#[test]
fn the_limit_of_sign_ins_does_not_last_longer_because_the_clock_was_set_back() {
    let app = TestApp::start_with(&[("FLASHSALE_SIGN_IN_TRIES", "1")]);
    let machine = Machine::new("one");
    let (database, clock) = machine.open(&app);
    let mut browser = Browser::at(&app.start_on(&database, clock));
    let mut try_in = |password| browser.get("/sign-in").submit(&[("email", EMAIL), ("password", password)]);
    assert_eq!(try_in("eleven eleven sail").status, 422);
    machine.set_clock(-7_200);
    let refused = try_in(PASSWORD);
    let seconds: u64 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert_eq!((refused.status, seconds <= 301), (429, true), "{seconds}");
}

#[test]
fn a_restart_with_another_clock_is_noticed_if_the_machine_can_know() {
    let app = shop();
    if on_postgres(&app.settings.database_url) {
        return; // There the server's clock counts, whenever the program starts.
    }
    let refused = |machine: &Machine| {
        let (database, _) = machine.open(&app);
        let answer = database.write_blocking(|_| Ok::<_, flashsale::db::Error>(()));
        answer.err().map(|error| error.kind())
    };
    let off = Some(ErrorKind::ClockOff);
    let machine = Machine::new("one");
    assert_eq!(refused(&machine), None, "nothing was recorded before");
    for (seconds, expected) in [(30 * 86_400, off), (-7_200, off), (0, None)] {
        machine.set_clock(seconds);
        assert_eq!(refused(&machine), expected, "{seconds} after a restart of the program");
    }
    machine.pass(86_400);
    assert_eq!(refused(&machine), None, "the program did not run for a day");
    // Nobody knows how long another machine, or this one after a restart, was off; the record is a day ahead by now.
    for (seconds, expected) in [(86_000, off), (3 * 86_400, None)] {
        let other = Machine::new("two");
        other.set_clock(seconds);
        assert_eq!(refused(&other), expected, "{seconds} after a restart of the machine");
    }
}

#[test]
fn a_clock_that_stays_off_is_believed_if_no_hold_depends_on_it_and_else_if_a_person_says_so() {
    let app = shop();
    if on_postgres(&app.settings.database_url) {
        return; // There the server's clock counts.
    }
    let machine = Machine::new("one");
    let (database, clock) = machine.open(&app);
    let is_refused = |database: &Database| database.record_time().expect("it is read").expect("it is guarded").is_off;
    machine.set_clock(2 * 3_600);
    assert!(is_refused(&database));
    machine.pass(3_000);
    assert!(is_refused(&database), "the sale would end by it");
    let (other, _) = machine.open(&app);
    other.believe_clock().expect("a person says so");
    let wrote = |database: &Database| database.write_blocking(|_| Ok::<_, flashsale::db::Error>(())).is_ok();
    assert!(!wrote(&database), "moments that were read before are still on their way");
    machine.pass(11);
    assert!(wrote(&database), "every program on the file follows");
    let archived = actix_web::rt::System::new().block_on(jobs::archive_ended_holds::run_once(&database, clock.now()));
    assert_eq!(archived.expect("a job"), 1, "by the time that counts now the sale is over");
    machine.set_clock(0);
    assert!(is_refused(&database));
    machine.pass(200);
    assert!(is_refused(&database), "not yet");
    machine.pass(200);
    assert!(!is_refused(&database), "no hold depends on it");
}

#[test]
fn the_program_says_that_the_clock_is_off_and_a_person_says_that_it_is_right() {
    let app = shop();
    if on_postgres(&app.settings.database_url) {
        return; // There the server's clock counts.
    }
    let clock = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_flashsale"));
        let output = program.arg("clock").args(arguments).env("DATABASE_URL", &app.url).output().expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(clock(&[]).0, "it is recorded");
    // As if the clock had been set forward by 30 days, and the program started again.
    app.write(|conn| {
        let row: Moment = recorded_time::table.select(recorded_time::at).first(conn).expect("a record");
        let earlier = recorded_time::at.eq(row.plus(TimeDelta::days(-30)));
        diesel::update(recorded_time::table).set(earlier).execute(conn).expect("changed");
    });
    let (is_right, words) = clock(&[]);
    assert!(!is_right && words.contains("the clock of this machine is off"), "{words}");
    assert!(words.contains("stock is not changed until it is right"), "the log says so as well: {words}");
    let server = Server::start(&app.url);
    let refused = app.api().at(server.address.clone()).post("/orders", &order(SHOPEE, "1", 1)).expect(503);
    assert_eq!(refused.code(), "clock_off");
    assert!(clock(&["--is-right"]).0 && clock(&[]).0);
    let server = Server::start(&app.url);
    app.api().at(server.address.clone()).post("/orders", &order(SHOPEE, "1", 1)).expect(200);
}

#[cfg(feature = "postgres")]
#[test]
fn no_hold_ends_because_the_clock_of_the_database_server_is_set_for_minutes() {
    use diesel::connection::SimpleConnection;

    let app = shop();
    if !on_postgres(&app.settings.database_url) {
        return;
    }
    // Connections that are made from now on find this function before the server's own.
    let settable = "CREATE TABLE server_clock AS SELECT 0 AS seconds;
        CREATE FUNCTION public.clock_timestamp() RETURNS TIMESTAMPTZ LANGUAGE sql AS
            'SELECT pg_catalog.clock_timestamp() + seconds * INTERVAL ''1 second'' FROM public.server_clock';
        DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
        END $$";
    app.write(|conn| conn.batch_execute(settable).expect("a clock that can be set"));
    let machine = Machine::new("one");
    let (database, clock) = machine.open(&app);
    let passed = std::cell::Cell::new(0);
    let set = |of_machine: i64, of_server: i64| {
        machine.set_clock(passed.get() + of_machine);
        let seconds = format!("UPDATE server_clock SET seconds = {}", passed.get() + of_server);
        app.write(|conn| conn.batch_execute(&seconds).expect("it is set"));
    };
    let wait = |seconds: i64, of_machine: i64, of_server: i64| {
        machine.timer.fetch_add(seconds, Ordering::SeqCst);
        passed.set(passed.get() + seconds);
        set(of_machine, of_server);
    };
    let writes = || database.write_blocking(|_| Ok::<_, flashsale::db::Error>(())).is_ok();
    let off = 2 * 3_600;
    assert!(writes());

    set(off, off);
    assert!(!writes(), "both are one machine, and the sale would end by it");
    assert!(clock.now().since(Clock::system().now()) < TimeDelta::minutes(1), "pages show the sale");
    wait(200, off, off);
    assert!(!writes(), "not yet");
    set(0, 0);
    assert!(writes(), "right again, at once");

    wait(2, 0, off);
    assert!(!writes(), "that of the server alone: the two differ");
    set(0, 0);
    assert!(!writes(), "moments of before may be on their way");
    wait(11, 0, 0);
    assert!(writes(), "right again");

    set(off, off);
    assert!(!writes());
    wait(301, off, off);
    assert!(!writes(), "believed, but moments of before may be on their way");
    wait(11, off, off);
    assert!(writes(), "it stayed so");
}
