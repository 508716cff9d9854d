//! The checks, in the order in which they run.

pub mod creation;
mod editing;
mod every_page;
mod first_hour;
mod importing;
mod refusals;
mod signing_in;
mod stores;

use crate::{
    app::Demo,
    browser::Driver,
    failure::Outcome,
    names::{demo, field},
    page::Page,
    report::Report,
};

/// Runs every check that the report wants.
pub async fn run_all(driver: &Driver, report: &mut Report) {
    report.check("sign in", in_a_fresh_app(driver, signing_in::with_the_demos_account)).await;
    report.check("sign in with a wrong password", in_a_fresh_app(driver, signing_in::with_a_wrong_password)).await;
    let allocation = creation::Expected { lazada: 60, shopee: 40, zalora: 40 };
    let reservation = creation::Expected { lazada: 100, shopee: 40, zalora: 40 };
    let created = signed_in(driver, async |page| creation::by_mouse(page, field::ALLOCATION, allocation).await);
    report.check("stock allocation of 60 shows 60, 40, 40", created).await;
    let created = signed_in(driver, async |page| creation::by_mouse(page, field::RESERVATION, reservation).await);
    report.check("stock reservation of 60 shows 100, 40, 40", created).await;
    let created = in_a_fresh_app(driver, async |page, demo| creation::by_keyboard(page, demo, allocation).await);
    report.check("creation by keyboard alone", created).await;
    let created = in_a_fresh_app(driver, async |page, demo| creation::without_scripts(page, demo, allocation).await);
    report.check("creation with scripts turned off", created).await;
    let edited = in_a_fresh_app(driver, async |page, demo| editing::by_keyboard(page, demo, allocation).await);
    report.check("edit of a running sale by keyboard alone", edited).await;
    report.check("refused quantity keeps what was typed", signed_in(driver, refusals::of_a_quantity)).await;
    report.check("refused details keep what was typed", signed_in(driver, refusals::of_details)).await;
    report.check("mapping of listings", signed_in(driver, stores::map_listings)).await;
    report.check("a store that falls behind is said to", signed_in(driver, stores::fall_behind)).await;
    report.check("import of a catalogue", signed_in(driver, importing::a_catalogue)).await;
    report.check("first account, and every list while it is empty", on_an_empty_database(driver)).await;
    report.check("2,000 listings are pushed from an empty start", connected_from_nothing(driver)).await;
    every_page::audit(driver, report).await;
}

async fn on_an_empty_database(driver: &Driver) -> Outcome {
    let (app, set_up) = Demo::start_empty(&[])?;
    driver.with_page(&app, async |page| every_page::audit_empty(page, &app, &set_up).await).await
}

/// An empty application, and the marketplaces of a demo beside it.
async fn connected_from_nothing(driver: &Driver) -> Outcome {
    let demo = Demo::start()?;
    let (app, set_up) = Demo::start_empty(&first_hour::SETTINGS)?;
    driver.with_page(&app, async |page| first_hour::connect_and_push(page, &demo, &app, &set_up).await).await
}

/// Runs a check against an application and a browser of its own.
async fn in_a_fresh_app(driver: &Driver, check: impl AsyncFnOnce(&Page, &Demo) -> Outcome) -> Outcome {
    let demo = Demo::start()?;
    driver.with_page(&demo, async |page| check(page, &demo).await).await
}

/// The same, for a check that begins after the sign-in.
async fn signed_in(driver: &Driver, check: impl AsyncFnOnce(&Page) -> Outcome) -> Outcome {
    in_a_fresh_app(driver, async |page, demo| {
        page.sign_in(demo).await?;
        check(page).await
    })
    .await
}

/// The stores of the article's example.
const STORES: [&str; 3] = [demo::LAZADA, demo::SHOPEE, demo::ZALORA];
