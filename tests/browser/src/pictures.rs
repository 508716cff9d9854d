//! The pictures of the help page: the steps of the article's example, as a demo shows them. They are stored as the
//! browser makes them; `pngquant --speed 1 --strip --ext .png --force 64 static/help/*.png` makes them a third as large.

use serde_json::json;

use crate::{
    app::{Demo, checkout},
    audit::View,
    browser::Driver,
    checks::creation::two_days_after,
    failure::Outcome,
    names::{button, demo, field, option, path},
    page::Page,
};

/// How wide the window is, in pixels, and with it a picture.
const WIDTH: u32 = 1_000;
/// The same for a table with a column a store.
const WIDE: u32 = 1_440;
/// What the steps create.
const NAME: &str = "11.11 Lazada";
/// The article's product and quantity.
const SKU: &str = "Product1";
const QUANTITY: &str = "60";

/// Makes every picture.
pub async fn take(driver: &Driver) -> Outcome {
    let demo = Demo::start()?;
    driver.with_page(&demo, async |page| walk(page, &demo).await).await
}

async fn walk(page: &Page, demo: &Demo) -> Outcome {
    show_at(page, WIDTH).await?;
    page.sign_in(demo).await?;
    page.visit(path::PROMOTIONS).await?;
    save_picture(page, "1-promotions", 560).await?;
    page.press(button::CREATE_PROMOTION).await?;
    save_picture(page, "2-type", 400).await?;
    page.press(button::FLASHSALE).await?;
    details(page).await?;
    products(page).await?;
    save_picture(page, "5-review", 900).await?;
    page.press(button::CREATE_PROMOTION).await?;
    save_picture(page, "6-confirmation", 620).await?;
    show_at(page, WIDE).await?;
    page.visit(path::CATALOGUE).await?;
    page.choose(field::FLASHSALE_FILTER, option::RUNNING).await?;
    page.press(button::APPLY_FILTERS).await?;
    // Until the simulated marketplaces have acknowledged what the sale changed.
    while page.text().await?.contains("shows 100") {
        page.press(button::APPLY_FILTERS).await?;
    }
    save_picture(page, "7-catalogue", 640).await?;
    show_at(page, WIDTH).await?;
    page.visit(path::ARTICLE_SKU).await?;
    save_picture(page, "8-sku", 740).await
}

async fn show_at(page: &Page, width: u32) -> Outcome {
    View { width, theme: "light" }.show(page).await
}

async fn details(page: &Page) -> Outcome {
    page.fill(field::PROMOTION_NAME, NAME).await?;
    page.pick(field::ALLOCATION).await?;
    page.choose(field::STORE, demo::LAZADA).await?;
    let end = two_days_after(&page.read(field::START).await?)?;
    page.fill(field::END, &end).await?;
    save_picture(page, "3-details", 1_200).await?;
    page.press(button::CONTINUE).await
}

async fn products(page: &Page) -> Outcome {
    page.fill(field::PRODUCT_SEARCH, SKU).await?;
    page.press(button::SEARCH).await?;
    page.pick_field(&page.field_near("", SKU, "checkbox").await?).await?;
    page.press(button::ADD).await?;
    page.fill_field(&page.field_near(field::QUANTITY, SKU, "").await?, QUANTITY).await?;
    page.press(button::UPDATE_NUMBERS).await?;
    save_picture(page, "4-products", 1_200).await?;
    page.press(button::CONTINUE).await
}

/// Saves a picture of the upper part of the page, with a maximum height.
async fn save_picture(page: &Page, name: &str, max_height: u64) -> Outcome {
    let size = "const main = document.querySelector('main').getBoundingClientRect();
        return [innerWidth, Math.ceil(main.bottom + scrollY)]";
    let size = page.run(size, vec![]).await?;
    let height = size[1].as_u64().unwrap_or_default().min(max_height);
    let picture = page
        .capture(json!({
            "format": "png",
            "captureBeyondViewport": true,
            "clip": { "x": 0, "y": 0, "width": size[0], "height": height, "scale": 1 },
        }))
        .await?;
    let folder = checkout().join("static/help");
    std::fs::create_dir_all(&folder)?;
    println!("{name}.png: {} × {height}, {} bytes", size[0], picture.len());
    Ok(std::fs::write(folder.join(format!("{name}.png")), picture)?)
}
