//! Fills the demo's database with the events of the weeks before now.

use super::{
    data::{EVENTS, Event, OPENING, SKUS, STORES},
    inputs::{EMAIL, accepted, accepted_rows, cause, sku_code, store_code},
    orders::{self, OrderEvent},
};
use crate::{
    actions::{
        catalogue::save_skus,
        promotions::{create_promotion, end_promotion, update_draft},
        staff::save_organization,
        stores::add_store,
    },
    clock::{Clock, new_id},
    db::{Database, Error},
    domain::{catalogue::ledger::Cause, id::PromotionId, moment::Moment, promotions::draft::TypedDetails},
};
use chrono::{DurationRound, TimeDelta};
use chrono_tz::Tz;
use std::collections::HashMap;

/// Fills an empty `database` with the events of the weeks before now.
///
/// # Panics
/// If a rule refuses the demo's data, which would be a bug in the data.
pub fn fill(database: &Database, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    let opened_at = now.plus(-OPENING);
    add_stores(database, opened_at)?;
    add_skus(database, opened_at)?;
    let mut created = HashMap::new();
    let mut orders = orders::events().into_iter().peekable();
    for (ago, event) in &EVENTS {
        let mut before = Vec::new();
        while let Some(order) = orders.next_if(|(order_ago, _)| order_ago > ago) {
            before.push(order);
        }
        apply_orders(database, &before, now)?;
        apply(database, event, now.plus(-*ago), &mut created)?;
    }
    apply_orders(database, &orders.collect::<Vec<_>>(), now)
}

/// Applies the events of orders in one transaction, because each commit would wait for the disk.
fn apply_orders(database: &Database, events: &[(TimeDelta, OrderEvent)], now: Moment) -> Result<(), Error> {
    database
        .write_blocking(|conn| events.iter().try_for_each(|(ago, event)| orders::apply(conn, event, now.plus(-*ago))))
}

fn add_stores(database: &Database, at: Moment) -> Result<(), Error> {
    // The stores are in several zones.
    database.write_blocking(|conn| save_organization::run(conn, "", Some(Tz::Asia__Singapore), None))?;
    for (code, name, marketplace, time_zone) in STORES {
        let time_zone = time_zone.parse().unwrap_or_else(|_| panic!("the demo has a store in {time_zone:?}"));
        let store = add_store::NewStore {
            code: store_code(code),
            name: name.to_owned(),
            marketplace: marketplace.to_owned(),
            time_zone,
            country: None,
            currency: None,
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
            name: Some((*name).to_owned()),
            on_hand: Some(*on_hand),
            buffer: Some(*buffer),
            listings: Some(stores.split('|').map(store_code).collect()),
        })
        .collect();
    save(database, &cause(at, "First import of the catalogue"), inputs)
}

/// `created` are the flash sales so far, by name.
fn apply(
    database: &Database,
    event: &Event,
    at: Moment,
    created: &mut HashMap<&'static str, PromotionId>,
) -> Result<(), Error> {
    match event {
        Event::Sale(name, flash_sale_type, store, lasts, products) => {
            // Truncated to the minute, as if staff had typed it.
            let ends_at = at.plus(*lasts).utc().duration_trunc(TimeDelta::minutes(1)).expect("a time of our calendar");
            let new = create_promotion::NewPromotion {
                id: new_id(at),
                name: (*name).to_owned(),
                flash_sale_type: *flash_sale_type,
                store: store_code(store),
                start: None,
                ends_at: ends_at.into(),
                products: products.iter().map(|(sku, quantity)| (sku_code(sku), *quantity)).collect(),
                listings: Vec::new(),
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
            let rows = products.iter().map(|(sku, typed)| (sku_code(sku), (*typed).to_owned())).collect();
            let edit = update_draft::ProductsEdit { rows, ..update_draft::ProductsEdit::default() };
            database.write_blocking(|conn| {
                let id = update_draft::begin(conn, at, EMAIL)?;
                update_draft::save_details(conn, id, &details)?;
                Ok::<_, Error>(update_draft::edit_products(conn, id, &edit).map(drop)?)
            })
        }
        Event::Stocktake(sku, units, why) => {
            let (_, name, ..) = SKUS.iter().find(|row| row.0 == *sku).expect("the demo has the SKU");
            let input = save_skus::SkuInput {
                code: sku_code(sku),
                name: Some((*name).to_owned()),
                on_hand: Some(*units),
                buffer: None,
                listings: None,
            };
            save(database, &cause(at, why), vec![input])
        }
    }
}

fn save(database: &Database, cause: &Cause, inputs: Vec<save_skus::SkuInput>) -> Result<(), Error> {
    accepted_rows(database.write_blocking(|conn| save_skus::run(conn, cause, inputs.clone()))?);
    Ok(())
}
