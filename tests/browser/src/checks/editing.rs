//! Changing a sale while it runs.

use super::creation::{self, Expected, NAME, two_days_after};
use crate::{
    app::Demo,
    failure::{Failure, Outcome, ensure},
    keyboard::Keyboard,
    names::{button, demo, field, path},
    page::Page,
};

/// What the sale is called afterwards, and what it holds then.
const NEW_NAME: &str = "12.12 in the browser";
const MORE: &str = "75";

/// Creates a sale, and then renames it, moves its end and raises what it holds without a mouse.
pub async fn by_keyboard(page: &Page, demo: &Demo, expected: Expected) -> Outcome {
    creation::by_keyboard(page, demo, expected).await?;
    page.visit(path::PROMOTIONS).await?;
    let keyboard = Keyboard::of(page);
    keyboard.follow(NAME).await?;
    keyboard.press(button::EDIT).await?;
    page.expect_path_ending(path::EDIT).await?;
    let end = two_days_after(&page.read(field::END).await?)?;
    keyboard.fill(field::PROMOTION_NAME, NEW_NAME).await?;
    keyboard.fill(field::END, &end).await?;
    keyboard.fill_near(field::QUANTITY, demo::FREE_SKU, MORE).await?;
    // Enter in a field saves nothing: it shows what the numbers would be.
    keyboard.enter(button::UPDATE_NUMBERS).await?;
    page.expect_path_ending(path::EDIT).await?;
    keyboard.press(button::SAVE_CHANGES).await?;
    let text = page.text().await?;
    for word in [NEW_NAME, "The changes are saved"] {
        ensure(text.contains(word), || format!("the page of the sale does not say {word:?}: {text:?}"))?;
    }
    let row = page.row(demo::FREE_SKU).await?;
    let row = row.ok_or_else(|| Failure::new(format!("the sale does not hold {}", demo::FREE_SKU)))?;
    let held = row.number("Held")?;
    ensure(held.to_string() == MORE, || format!("{held} are held, and {MORE} were typed"))
}
