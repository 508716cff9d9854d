//! The data of `flashsale demo`: the article's example, and around it a small company with sales that are running and
//! ended, and with orders. It is made through the actions, each told the time it is to have happened at, so that the ledger is true.
//!
//! Architecture invariant: nothing here writes to a table itself.

mod connect;
mod data;
pub mod marketplace;
mod orders;

pub use connect::connect;

use crate::{
    actions::{
        catalogue::save_skus,
        promotions::{create_promotion, end_promotion, update_draft},
        stores::add_store,
    },
    clock::{Clock, new_id},
    db::{Database, Error, Failed},
    domain::{
        catalogue::ledger::Cause,
        code::{SkuCode, StoreCode},
        id::PromotionId,
        moment::Moment,
        promotions::draft::TypedDetails,
    },
};
use chrono::TimeDelta;
use data::{EVENTS, Event, OPENING, SKUS, STORES};
use orders::OrderEvent;
use std::{collections::HashMap, fmt::Debug};

/// The address of the demo's account, which did all that the ledger of the demo says.
pub const EMAIL: &str = "demo@flashsale.example";

/// Fills an empty `database` with what happened during the weeks before `clock`'s present.
///
/// # Errors
/// When the database fails.
///
/// # Panics
/// When a rule refuses a row of the demo's data: that would be a fault of the data.
pub fn fill(database: &Database, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    let opened_at = now.plus(-OPENING);
    add_stores(database, opened_at)?;
    add_skus(database, opened_at)?;
    let mut created = HashMap::new();
    let mut orders = orders::events().into_iter().peekable();
    for (ago, event) in &EVENTS {
        let before: Vec<_> = std::iter::from_fn(|| orders.next_if(|(of_order, _)| of_order > ago)).collect();
        apply_orders(database, &before, now)?;
        apply(database, event, now.plus(-*ago), &mut created)?;
    }
    apply_orders(database, &orders.collect::<Vec<_>>(), now)
}

/// Does what happened to orders before `now`. In one transaction, though they came in at many times: each would wait for
/// the disk.
fn apply_orders(database: &Database, events: &[(TimeDelta, OrderEvent)], now: Moment) -> Result<(), Error> {
    database
        .write_blocking(|conn| events.iter().try_for_each(|(ago, event)| orders::apply(conn, event, now.plus(-*ago))))
}

fn add_stores(database: &Database, at: Moment) -> Result<(), Error> {
    for (code, name, marketplace, time_zone) in STORES {
        let time_zone = time_zone.parse().unwrap_or_else(|_| panic!("the demo has a store in {time_zone:?}"));
        let store = add_store::NewStore {
            code: store_code(code),
            name: name.to_owned(),
            marketplace: marketplace.to_owned(),
            time_zone,
        };
        accepted(database.write_blocking(|conn| add_store::run(conn, store.clone(), at)))?;
    }
    Ok(())
}

fn add_skus(database: &Database, at: Moment) -> Result<(), Error> {
    let inputs: Vec<save_skus::SkuInput> = SKUS
        .iter()
        .map(|(code, name, on_hand, buffer, stores)| save_skus::SkuInput {
            code: sku_code(code),
            name: (*name).to_owned(),
            on_hand: Some(*on_hand),
            buffer: Some(*buffer),
            listings: Some(stores.split('|').map(store_code).collect()),
        })
        .collect();
    save(database, &cause(at, "First import of the catalogue"), inputs)
}

/// Does one of the [`EVENTS`] at `at`. `created` are the flash sales so far, by name.
fn apply(
    database: &Database,
    event: &Event,
    at: Moment,
    created: &mut HashMap<&'static str, PromotionId>,
) -> Result<(), Error> {
    match event {
        Event::Sale { name, flash_sale_type, store, lasts, products } => {
            let new = create_promotion::NewPromotion {
                id: new_id(at),
                name: (*name).to_owned(),
                flash_sale_type: *flash_sale_type,
                store: store_code(store),
                start: None,
                ends_at: end_of(at, *lasts),
                products: products.iter().map(|(sku, quantity)| (sku_code(sku), *quantity)).collect(),
            };
            created.insert(name, new.id);
            let cause = cause(at, "");
            accepted(database.write_blocking(|conn| create_promotion::run(conn, &cause, new.clone()))).map(drop)
        }
        Event::EndNow(name) => {
            let id = created[name];
            let cause = cause(at, "");
            accepted(database.write_blocking(|conn| end_promotion::run(conn, &cause, id))).map(drop)
        }
        Event::Draft(name, flash_sale_type, store, products) => {
            let details = TypedDetails {
                name: (*name).to_owned(),
                flash_sale_type: flash_sale_type.as_str().to_owned(),
                store: (*store).to_owned(),
                ..TypedDetails::default()
            };
            let add = products.iter().map(|(sku, typed)| (sku_code(sku), Some((*typed).to_owned()))).collect();
            let edit = update_draft::ProductsEdit { add, ..update_draft::ProductsEdit::default() };
            database.write_blocking(|conn| {
                let id = update_draft::begin(conn, at, EMAIL)?;
                update_draft::save_details(conn, id, &details)?;
                Ok::<_, Error>(update_draft::edit_products(conn, id, &edit).map(drop)?)
            })
        }
        Event::Stocktake(sku, units, why) => {
            let (_, name, ..) = SKUS.iter().find(|row| row.0 == *sku).expect("the demo counts SKUs that it has");
            let input = save_skus::SkuInput {
                code: sku_code(sku),
                name: (*name).to_owned(),
                on_hand: Some(*units),
                buffer: None,
                listings: None,
            };
            save(database, &cause(at, why), vec![input])
        }
    }
}

fn save(database: &Database, cause: &Cause, inputs: Vec<save_skus::SkuInput>) -> Result<(), Error> {
    let answers = database.write_blocking(|conn| save_skus::run(conn, cause, inputs.clone()))?;
    answers.into_iter().for_each(|answer| {
        answer.unwrap_or_else(|refusal| panic!("the demo's data was refused: {refusal:?}"));
    });
    Ok(())
}

/// The end of a sale that began at `at`, on the minute, as people set it.
fn end_of(at: Moment, lasts: TimeDelta) -> Moment {
    use chrono::DurationRound;
    let end = at.plus(lasts).utc();
    end.duration_trunc(TimeDelta::minutes(1)).expect("the calendar reaches that far").into()
}

fn accepted<T, Refusal: Debug>(answer: Result<T, Failed<Refusal>>) -> Result<T, Error> {
    match answer {
        Ok(value) => Ok(value),
        Err(Failed::Database(error)) => Err(error),
        Err(Failed::Refused(refusal)) => panic!("the demo's data was refused: {refusal:?}"),
    }
}

fn cause(at: Moment, reason: &str) -> Cause {
    Cause { actor: EMAIL.to_owned(), at, reason: reason.to_owned() }
}

fn sku_code(code: &str) -> SkuCode {
    SkuCode::parse(code).unwrap_or_else(|refusal| panic!("the demo has a SKU {code:?}: {refusal}"))
}

fn store_code(code: &str) -> StoreCode {
    StoreCode::parse(code).unwrap_or_else(|refusal| panic!("the demo has a store {code:?}: {refusal}"))
}
