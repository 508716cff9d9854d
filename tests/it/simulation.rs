//! Random histories of everything that can happen to stock, against a model that is simpler than the program: plain
//! lists, no locks, no tables. After each step the database is asked what every store shows, and must answer as the
//! model does; every so often the whole of it is verified.
//!
//! `FLASHSALE_SIMULATION_SEED` runs one other history, `FLASHSALE_SIMULATION_STEPS` sets how long each is. A history
//! that fails is cut down to the steps that it takes to fail, and printed.

mod model;
mod step;

use crate::{
    scene::{assert_every_hold_fitted, at, cause, read, sku_code, store_code, verified},
    support::TestApp,
};
use flashsale::{
    actions::{
        create_promotion::{self, CreateRefusal},
        end_promotion::{self, EndRefusal},
        save_skus::{self, SkuRefusal},
    },
    db::{
        Database, Failed, holds,
        skus::{self, Sku},
    },
    domain::{code::SkuCode, quantity::Position, refusal::HoldRefusal},
};
use model::{Model, Sale, Shown};
use rand::{SeedableRng, rngs::StdRng};
use std::panic::{AssertUnwindSafe, catch_unwind};
use step::Step;

/// How many SKUs and stores there are: few, so that they get in each other's way.
const SKUS: usize = 4;
const STORES: usize = 4;

/// How often the whole database is verified, in steps: it takes a while.
const VERIFIED_EVERY: usize = 50;

/// How often a history that fails is tried with fewer steps.
const CUTS: usize = 400;

#[test]
fn every_history_shows_what_the_model_shows_and_agrees_with_the_ledger() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let steps = number("FLASHSALE_SIMULATION_STEPS").unwrap_or(500);
    let seeds = number("FLASHSALE_SIMULATION_SEED").map_or(1..=5, |seed| seed..=seed);
    for seed in seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let history: Vec<Step> = (0..steps).map(|_| Step::random(&mut random)).collect();
        if let Err(failure) = live_through(&history) {
            let (history, failure) = cut_down(history, failure);
            let steps: Vec<String> = history.iter().map(|step| format!("    {step:?}")).collect();
            panic!("{failure}\nFLASHSALE_SIMULATION_SEED={seed}, after these steps:\n{}", steps.join("\n"));
        }
    }
}

#[test]
fn a_history_that_fails_is_cut_down_to_what_it_takes_to_fail() {
    let mut random = StdRng::seed_from_u64(1);
    let history: Vec<Step> = (0..200).map(|_| Step::random(&mut random)).collect();
    let fails = |history: &[Step]| {
        let passed: i64 = history.iter().map(|step| if let Step::Wait { minutes } = step { *minutes } else { 0 }).sum();
        if passed >= 12 { Err(format!("{passed} minutes have passed")) } else { Ok(()) }
    };
    let (history, failure) = cut_down_by(fails, history, String::new());
    assert!(history.len() < 20 && history.iter().all(|step| matches!(step, Step::Wait { .. })), "{history:?}");
    assert!(failure.ends_with("minutes have passed"), "{failure}");
}

/// Lets `steps` happen to a new database.
fn live_through(steps: &[Step]) -> Result<(), String> {
    let app = TestApp::start();
    let stores: Vec<String> = (0..STORES).map(store_name).collect();
    crate::scene::add_stores(&app.database, &stores.iter().map(String::as_str).collect::<Vec<_>>());
    let mut world = World { database: &app.database, model: Model::new() };
    let lived = catch_unwind(AssertUnwindSafe(|| {
        for (number, step) in steps.iter().enumerate() {
            world.take(step).map_err(|failure| format!("{step:?}: {failure}"))?;
            if number % VERIFIED_EVERY == VERIFIED_EVERY - 1 || number == steps.len() - 1 {
                world.verify()?;
            }
        }
        Ok(())
    }));
    lived.unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        Err(format!("panicked: {}", words.unwrap_or("without words")))
    })
}

/// The fewest steps of a history that still fail, as far as leaving some out finds them.
fn cut_down(history: Vec<Step>, failure: String) -> (Vec<Step>, String) {
    cut_down_by(live_through, history, failure)
}

fn cut_down_by(
    fails: impl Fn(&[Step]) -> Result<(), String>,
    mut history: Vec<Step>,
    mut failure: String,
) -> (Vec<Step>, String) {
    let (mut some, mut cuts) = (history.len() / 2, 0);
    while some > 0 {
        let mut from = 0;
        while from < history.len() && cuts < CUTS {
            let until = (from + some).min(history.len());
            let fewer: Vec<Step> = [&history[..from], &history[until..]].concat();
            cuts += 1;
            match fails(&fewer) {
                Err(still) => (history, failure) = (fewer, still),
                Ok(()) => from = until,
            }
        }
        some /= 2;
    }
    (history, failure)
}

fn sku_name(number: usize) -> String {
    format!("Product{number}")
}

fn store_name(number: usize) -> String {
    format!("store-{number}")
}

/// The program and the model, side by side.
struct World<'a> {
    database: &'a Database,
    model: Model,
}

impl World<'_> {
    /// Lets a step happen to both.
    fn take(&mut self, step: &Step) -> Result<(), String> {
        let asked_at = self.model.asked_at(step);
        let (answer, expected) = match step {
            Step::Wait { minutes } => {
                self.model.now = self.model.now.plus(chrono::TimeDelta::minutes(*minutes));
                return self.compare();
            }
            Step::Settle => {
                read_write(self.database, |conn| holds::settle_ended(conn, asked_at).map(drop));
                return self.compare();
            }
            Step::Save(save) => {
                let inputs = vec![save.input()];
                let answers = read_write(self.database, |conn| save_skus::run(conn, &cause(asked_at), inputs.clone()));
                let refused = answers.iter().filter_map(|answer| answer.as_ref().err()).map(sku_refusal).collect();
                (refused, self.model.save(save, asked_at))
            }
            Step::Create(create) => {
                let new = create.promotion(asked_at);
                let run = |conn: &mut _| create_promotion::run(conn, &cause(asked_at), new.clone());
                let (refused, created) = match refusal(self.database.write_blocking(run)) {
                    Ok(created) => (vec![], Some(created)),
                    Err(refusals) => (refusals.iter().map(create_refusal).collect(), None),
                };
                let sale = created.map(|created| Sale::new(created.id, create, asked_at));
                (refused, self.model.create(create, asked_at, sale))
            }
            Step::End { sale, .. } => {
                let Some(id) = self.model.nth_sale(*sale) else { return Ok(()) };
                let run = |conn: &mut _| end_promotion::run(conn, &cause(asked_at), id);
                let refused = match refusal(self.database.write_blocking(run)) {
                    Ok(_) => vec![],
                    Err(EndRefusal::AlreadyEnded) => vec!["ended".to_owned()],
                    Err(EndRefusal::NotFound) => vec!["not found".to_owned()],
                };
                (refused, self.model.end(id, asked_at))
            }
        };
        if answer != expected {
            return Err(format!("refused for {answer:?}, and the model says {expected:?}"));
        }
        self.compare()
    }

    /// Compares what the database says now, of every SKU and store, with the model.
    fn compare(&self) -> Result<(), String> {
        let codes: Vec<SkuCode> = (0..SKUS).map(|number| sku_code(&sku_name(number))).collect();
        let (skus, mut live) = read(self.database, |conn| {
            Ok((skus::find_all(conn, &codes)?, holds::live_on(conn, &codes, self.model.now)?))
        });
        for (number, code) in codes.iter().enumerate() {
            let stock = skus.iter().find(|sku| sku.code == *code).map(Sku::stock);
            let holds = live.remove(code).unwrap_or_default();
            let found = stock.map(|stock| shown(&Position { stock, holds: &holds }));
            let expected = self.model.shown(number);
            if found != expected {
                return Err(format!(
                    "{code} has (stock, held, shared, shown)\n  {found:?}, and the model says\n  {expected:?}"
                ));
            }
        }
        Ok(())
    }

    fn verify(&self) -> Result<(), String> {
        assert_every_hold_fitted(self.database);
        let report = verified(self.database, self.model.now);
        if report.differences.is_empty() { Ok(()) } else { Err(report.to_string()) }
    }
}

/// Its stock, what each live hold keeps, what is shared, and what each store shows.
fn shown(position: &Position<'_>) -> Shown {
    let held = position.holds.iter().map(|hold| (hold.store.to_string(), hold.remaining())).collect();
    let by_store = (0..STORES).map(|store| position.quantity_for(&store_code(&store_name(store))).total()).collect();
    (position.stock, held, position.shared(), by_store)
}

fn read_write<T>(database: &Database, mut work: impl FnMut(&mut flashsale::db::Conn) -> diesel::QueryResult<T>) -> T {
    database.write_blocking(|conn| work(conn)).expect("no database error")
}

fn refusal<T, Refusal>(answer: Result<T, Failed<Refusal>>) -> Result<T, Refusal> {
    answer.map_err(|failed| match failed {
        Failed::Refused(refusal) => refusal,
        Failed::Database(error) => panic!("no refusal but an error: {error}"),
    })
}

fn sku_refusal(refusal: &SkuRefusal) -> String {
    match refusal {
        SkuRefusal::UnknownStore(store) => format!("no store {store}"),
        SkuRefusal::HeldThere { .. } => "held there".to_owned(),
        SkuRefusal::Twice(sku) => format!("{sku} twice"),
    }
}

fn create_refusal(refusal: &CreateRefusal) -> String {
    match refusal {
        CreateRefusal::UnknownStore(store) => format!("no store {store}"),
        CreateRefusal::Schedule(_) => "schedule".to_owned(),
        CreateRefusal::NoProducts => "no products".to_owned(),
        CreateRefusal::Twice(sku) => format!("{sku} twice"),
        CreateRefusal::Product(HoldRefusal::UnknownSku { sku }) => format!("no {sku}"),
        CreateRefusal::Product(HoldRefusal::NotListed { sku, .. }) => format!("{sku} not listed"),
        CreateRefusal::Product(HoldRefusal::AlreadyHeld { sku, .. }) => format!("{sku} held"),
        CreateRefusal::Product(HoldRefusal::NotEnoughStock { sku, asked, available }) => {
            format!("{asked} of {available} {sku}")
        }
    }
}
