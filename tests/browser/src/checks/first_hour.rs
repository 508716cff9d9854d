//! From an empty installation to a store whose listings are pushed, by what the pages say alone.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    app::Demo,
    failure::{Outcome, ensure},
    names::{button, field, path},
    page::Page,
};

/// Stores can be connected, and the marketplaces are on the own machine.
pub const SETTINGS: [(&str, &str); 2] = [
    ("FLASHSALE_CREDENTIALS_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("FLASHSALE_PRIVATE_ADDRESSES", "yes"),
];

/// A shop of the demo's marketplaces that is connected to no store.
const SHOP: &str = "lazada-outlet";

/// Who sells there.
const SELLER: &str = "outlet@seller.example";

/// The key of the app that the demo's Lazada knows.
const APP_KEY: &str = "500100";

/// How many listings the shop gets, and how pages write that.
const LISTINGS: usize = 2_000;
const COUNT: &str = "2000";

/// The most clicks, and the longest time of all together, the marketplace's included.
const MOST_CLICKS: usize = 15;
const LONGEST: Duration = Duration::from_secs(120);

/// The interval between two looks at a page that changes by itself.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Connects a store to a shop of the marketplaces of `demo`, makes SKUs of all that it lists, and starts pushing.
pub async fn connect_and_push(page: &Page, demo: &Demo, app: &Demo, set_up: &str) -> Outcome {
    let secret = open_shop(page, demo).await?;
    let began = Instant::now();
    page.visit(set_up).await?;
    page.fill(field::EMAIL, &app.email).await?;
    page.fill(field::PASSWORD, &app.password).await?;
    page.press(button::CREATE_ACCOUNT).await?;
    page.expect_path_ending(path::GETTING_STARTED).await?;
    page.press(button::ENTER_KEYS).await?;
    page.fill(field::APP_KEY, APP_KEY).await?;
    page.fill(field::APP_SECRET, &secret).await?;
    page.pick_field(&page.field_near(field::ANOTHER_ADDRESS, "Lazada", "radio").await?).await?;
    page.fill_field(&page.field_near(field::ADDRESS, "Lazada", "url").await?, &demo.marketplaces).await?;
    page.press(button::SAVE_LAZADA_APP).await?;
    page.press(button::CONNECT_STORE).await?;
    page.pick("Lazada").await?;
    page.choose(field::COUNTRY, "Malaysia").await?;
    page.press(button::CONTINUE).await?;
    page.pick(SELLER).await?;
    page.press(button::ALLOW).await?;
    page.press(button::CONNECT_STORE).await?;
    page.expect_path_ending(path::FOUND_END).await?;
    let found = page.path().await?;
    reload_until(page, |text| text.contains(&format!("{COUNT} listings read, last on"))).await?;
    page.screenshot("first hour: what the store lists").await?;
    page.press(button::MAKE_SKUS).await?;
    reload_until(page, |text| text.contains(&format!("{COUNT} done."))).await?;
    page.press(button::SEE_CHANGES).await?;
    page.screenshot("first hour: what would change").await?;
    page.press(button::START_PUSHING).await?;
    page.visit(found.trim_end_matches(path::FOUND_END)).await?;
    reload_until(page, is_in_sync).await?;
    page.screenshot("first hour: in sync").await?;
    let (clicks, took) = (page.clicks(), began.elapsed());
    ensure(clicks <= MOST_CLICKS, || format!("it took {clicks} clicks"))?;
    ensure(took <= LONGEST, || format!("it took {took:?}"))
}

/// Whether the page of the store says that all is pushed.
fn is_in_sync(text: &str) -> bool {
    text.contains("Everything that is mapped is in sync.") && !text.contains("Last acknowledged\nnever")
}

/// Loads the page again, as it asks for, until what it says is `wanted`.
async fn reload_until(page: &Page, wanted: impl Fn(&str) -> bool) -> Outcome {
    let began = Instant::now();
    while !wanted(page.text().await?.as_str()) {
        ensure(began.elapsed() < LONGEST, || "the page never said what is waited for".to_owned())?;
        tokio::time::sleep(BETWEEN_LOOKS).await;
        page.visit(&page.path().await?).await?;
    }
    Ok(())
}

/// Gives the shop its listings. Returns the secret of the marketplace's app.
async fn open_shop(page: &Page, demo: &Demo) -> Outcome<String> {
    page.visit_address(&format!("{}/?stay=1", demo.marketplaces)).await?;
    let script = include_str!("../scripts/open_shop.js");
    let answer = page.run(script, vec![json!(SHOP), json!(LISTINGS)]).await?;
    ensure(answer["status"] == 204, || format!("the shop got no listings: {answer}"))?;
    Ok(answer["keys"]["app_secret"].as_str().unwrap_or_default().to_owned())
}
