//! The pages of a store that is connected: its connection, the mapping of its listings, and what is said of it elsewhere
//! while it shows another number than it should.

use super::{creation, refusals};
use crate::{
    app::Demo,
    audit::{audit_here, visit_and_audit},
    failure::{Outcome, ensure},
    names::{button, demo, field, path},
    page::Page,
};

/// The id of an item that no marketplace has.
const NO_NUMBER: &str = "not a number";

/// The forms and lists of a store, each with what follows its address.
const PAGES: [(&str, &str); 9] = [
    ("the connection of a store", "/connection"),
    ("the choice of a connection", "/connection?kind=choose"),
    ("a new connection to Zalora", "/connection?kind=zalora"),
    ("a new connection to a webhook", "/connection?kind=webhook"),
    ("a new connection by file", "/connection?kind=file"),
    ("the page that asks before a store is disconnected", "/disconnect"),
    ("the listings of a store", path::LISTINGS),
    ("a search in the listings of a store", "/listings?q=product&mapping=mapped"),
    ("no listings of a store", "/listings?mapping=unmapped"),
];

/// The addresses of the pages of a store, with their names.
pub fn pages_of(store: &str) -> impl Iterator<Item = (&'static str, String)> {
    PAGES.into_iter().map(move |(name, end)| (name, format!("{store}{end}")))
}

/// The page of the simulated marketplaces without automatic reloading.
pub async fn audit_the_marketplaces(page: &Page, demo: &Demo) -> Outcome {
    page.visit_address(&format!("{}/?stay=1", demo.marketplaces)).await?;
    audit_here(page, "the simulated marketplaces").await
}

/// A shop of the simulated marketplaces as buyers see it.
pub async fn audit_a_shop(page: &Page, demo: &Demo) -> Outcome {
    page.visit_address(&format!("{}/shops/lazada-sg", demo.marketplaces)).await?;
    audit_here(page, "a simulated shop").await
}

/// Buying in a simulated shop, a refused order first, and the page that says how often buyers buy by themselves.
pub async fn audit_buying(page: &Page, app: &Demo) -> Outcome {
    page.visit_address(&format!("{}/buyers", app.marketplaces)).await?;
    audit_here(page, "the buyers of the simulated marketplaces").await?;
    page.visit_address(&format!("{}/shops/lazada-sg", app.marketplaces)).await?;
    page.fill(demo::QUANTITY_IN_A_SHOP, "many").await?;
    page.press(button::ORDER).await?;
    audit_here(page, "a refused order in a simulated shop").await?;
    page.fill(demo::QUANTITY_IN_A_SHOP, "1").await?;
    page.press(button::ORDER).await?;
    audit_here(page, "an order in a simulated shop").await
}

/// The form of a refused mapping shows what was typed, and one button saves the page once it is corrected.
pub async fn map_listings(page: &Page) -> Outcome {
    let listings = format!("{}{}", path::SHOPEE_STORE, path::LISTINGS);
    page.visit(&listings).await?;
    let label = format!("{} of {}", field::SHOPEE_ITEM, demo::FREE_SKU);
    let before = page.read(&label).await?;
    page.fill(&label, NO_NUMBER).await?;
    page.press(button::SAVE).await?;
    refusals::expect_refused(page, demo::FREE_SKU).await?;
    let kept = page.read(&label).await?;
    ensure(kept == NO_NUMBER, || format!("what was typed became {kept:?}"))?;
    audit_here(page, "refused mapping").await?;
    page.fill(&label, "77").await?;
    page.press(button::SAVE).await?;
    let saved = page.read(&label).await?;
    ensure(saved == "77" && before != "77", || format!("{before:?} became {saved:?}"))
}

/// A store that is paused while a sale begins shows another number than it should, and every page says so.
pub async fn fall_behind(page: &Page) -> Outcome {
    page.visit(path::LAZADA_STORE).await?;
    page.run("document.querySelector('main details').open = true", vec![]).await?;
    page.fill(field::PAUSE_REASON, "Their warehouse moves").await?;
    page.press(button::PAUSE).await?;
    creation::begin_draft(page).await?;
    creation::fill_details(page, field::ALLOCATION).await?;
    page.press(button::CONTINUE).await?;
    creation::add_product(page, creation::QUANTITY).await?;
    page.press(button::CONTINUE).await?;
    page.press(button::CREATE_PROMOTION).await?;
    creation::expect_confirmation(page).await?;
    let promotion = page.path().await?.trim_end_matches(path::CONFIRMATION).to_owned();
    wait_until_behind(page).await?;
    for path in [path::CATALOGUE, path::FREE_SKU, path::DASHBOARD, path::LAZADA_STORE, &promotion] {
        visit_and_audit(page, path, 200).await?;
        let text = page.text().await?;
        ensure(text.to_lowercase().contains("paused"), || format!("{path} does not say that the store is paused"))?;
    }
    Ok(())
}

/// The job scans for changed quantities a few times a second.
async fn wait_until_behind(page: &Page) -> Outcome {
    for _ in 0..50 {
        page.visit(path::LAZADA_STORE).await?;
        if page.row(demo::FREE_SKU).await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    ensure(false, || "the store never fell behind".to_owned())
}
