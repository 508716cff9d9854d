//! Random histories of everything that can happen to stock, against a model that is simpler than the program: plain
//! lists, no locks, no tables. After each step, what every store shows by the database must equal the model, and the
//! invariants are checked; from time to time the whole database is verified.
//!
//! `FLASHSALE_SIMULATION_SEED` runs one other history, `FLASHSALE_SIMULATION_STEPS` sets how long each is. A history
//! that fails is cut down to the steps that it takes to fail, and printed.

mod always;
mod model;
mod model_edits;
mod model_orders;
mod model_states;
mod order_step;
mod step;
mod world;

use crate::{scene::at, support::TestApp};
use rand::{SeedableRng, rngs::StdRng};
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};
use step::Step;
use world::World;

/// The numbers of SKUs and stores: few, so that steps conflict.
const SKUS: usize = 4;
const STORES: usize = 4;

/// How often the whole database is verified in a history, which takes longer as it grows.
const VERIFIED: usize = 20;

/// How often a history that fails is tried with fewer steps.
const CUTS: usize = 400;

#[test]
fn every_history_shows_what_the_model_shows_and_agrees_with_the_ledger() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let steps = number("FLASHSALE_SIMULATION_STEPS").unwrap_or(5_000);
    // PostgreSQL takes longer for a step.
    let seeds = if std::env::var("FLASHSALE_TEST_DATABASE_URL").is_ok() { 1..=2 } else { 1..=4 };
    let seeds = number("FLASHSALE_SIMULATION_SEED").map_or(seeds, |seed| seed..=seed);
    for seed in seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let history: Vec<Step> = (0..steps).map(|_| Step::random(&mut random)).collect();
        println!("FLASHSALE_SIMULATION_SEED={seed} FLASHSALE_SIMULATION_STEPS={steps}");
        let took = Cell::new(0);
        if let Err(failure) = live_through(&history, &took) {
            println!("step {} of it failed, and what it takes is looked for: {failure}", took.get());
            let (history, failure) = cut_down(history[..took.get()].to_vec(), failure);
            let steps: Vec<String> = history.iter().map(|step| format!("    {step:?}")).collect();
            panic!("{failure}\nafter these steps:\n{}", steps.join("\n"));
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

/// Applies `steps` to a new database, and counts in `took` those that were applied.
fn live_through(steps: &[Step], took: &Cell<usize>) -> Result<(), String> {
    let app = TestApp::start();
    let stores: Vec<String> = (0..STORES).map(store_name).collect();
    crate::scene::add_stores(&app.database, &stores.iter().map(String::as_str).collect::<Vec<_>>());
    let mut world = World::new(&app.database);
    let between = (steps.len() / VERIFIED).max(1);
    let lived = catch_unwind(AssertUnwindSafe(|| {
        for (number, step) in steps.iter().enumerate() {
            took.set(number + 1);
            world.take(step).map_err(|failure| format!("step {number}, {step:?}: {failure}"))?;
            if number % between == between - 1 || number == steps.len() - 1 {
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
    cut_down_by(|steps| live_through(steps, &Cell::new(0)), history, failure)
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

/// The kits that steps list and take off: each with its store, and its SKUs with their units.
const KITS: [(usize, &[(usize, i64)]); 4] =
    [(0, &[(0, 2), (1, 1)]), (0, &[(1, 3)]), (1, &[(0, 1), (1, 2), (2, 1)]), (3, &[(2, 5), (3, 1)])];

fn kit_name(number: usize) -> String {
    format!("KIT-{number}")
}

fn sku_name(number: usize) -> String {
    format!("Product{number}")
}

fn store_name(number: usize) -> String {
    format!("store-{number}")
}
