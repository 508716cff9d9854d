//! The article's eleven steps: from "Create Promotion" to the catalogue's filter.

use chrono::{DateTime, Days, NaiveDateTime, Utc};

use super::STORES;
use crate::{
    app::Demo,
    failure::{Failure, Outcome, ensure},
    keyboard::Keyboard,
    names::{self, button, demo, field, option, path},
    page::Page,
};

/// The promotion that the checks create.
pub const NAME: &str = "11.11 in the browser";
/// What it holds, of 100.
pub const QUANTITY: &str = "60";

/// What each store must show afterwards.
#[derive(Clone, Copy)]
pub struct Expected {
    /// The store of the promotion.
    pub lazada: i64,
    /// Another store.
    pub shopee: i64,
    /// One more.
    pub zalora: i64,
}

/// Creates a promotion of this type with the mouse, and finds it in the catalogue.
pub async fn by_mouse(page: &Page, flash_sale_type: &str, expected: Expected) -> Outcome {
    begin_draft(page).await?;
    fill_details(page, flash_sale_type).await?;
    page.press(button::CONTINUE).await?;
    add_product(page, QUANTITY).await?;
    page.press(button::CONTINUE).await?;
    expect_review(page).await?;
    page.press(button::CREATE_PROMOTION).await?;
    expect_confirmation(page).await?;
    expect_in_catalogue(page, expected).await
}

/// Creates an allocation without a mouse, beginning with the sign-in.
pub async fn by_keyboard(page: &Page, demo: &Demo, expected: Expected) -> Outcome {
    page.visit(path::SIGN_IN).await?;
    let keyboard = Keyboard::of(page);
    keyboard.fill(field::EMAIL, &demo.email).await?;
    keyboard.fill(field::PASSWORD, &demo.password).await?;
    keyboard.enter(button::SIGN_IN).await?;
    keyboard.follow(button::PROMOTIONS).await?;
    keyboard.press(button::CREATE_PROMOTION).await?;
    keyboard.press(button::FLASHSALE).await?;
    page.expect_path_ending(path::DETAILS).await?;
    let end = two_days_after(&page.read(field::START).await?)?;
    keyboard.fill(field::PROMOTION_NAME, NAME).await?;
    keyboard.pick_radio(field::ALLOCATION).await?;
    keyboard.choose(field::STORE, demo::LAZADA).await?;
    keyboard.fill(field::END, &end).await?;
    keyboard.press(button::CONTINUE).await?;
    page.expect_path_ending(path::PRODUCTS).await?;
    keyboard.fill(field::PRODUCT_SEARCH, demo::FREE_SKU).await?;
    keyboard.enter(button::SEARCH).await?;
    keyboard.tick(demo::FREE_SKU).await?;
    keyboard.press(button::ADD).await?;
    keyboard.fill_near(field::QUANTITY, demo::FREE_SKU, QUANTITY).await?;
    keyboard.press(button::CONTINUE).await?;
    expect_review(page).await?;
    keyboard.press(button::CREATE_PROMOTION).await?;
    expect_confirmation(page).await?;
    expect_in_catalogue(page, expected).await
}

/// Creates an allocation in a browser that runs no script.
pub async fn without_scripts(page: &Page, demo: &Demo, expected: Expected) -> Outcome {
    page.turn_off_scripts().await?;
    page.visit_address("data:text/html,<title>no script</title><script>document.title = 'a script ran'</script>")
        .await?;
    let title = page.title().await?;
    ensure(title == "no script", || "the browser still runs scripts".to_owned())?;
    page.sign_in(demo).await?;
    by_mouse(page, field::ALLOCATION, expected).await
}

/// Goes from the list to the first step of a new draft.
pub async fn begin_draft(page: &Page) -> Outcome {
    page.visit(path::PROMOTIONS).await?;
    page.press(button::CREATE_PROMOTION).await?;
    page.expect_path_ending(path::NEW_PROMOTION).await?;
    page.press(button::FLASHSALE).await?;
    page.expect_path_ending(path::DETAILS).await
}

/// Fills in the first step; the start stays as it is offered.
pub async fn fill_details(page: &Page, flash_sale_type: &str) -> Outcome {
    page.fill(field::PROMOTION_NAME, NAME).await?;
    page.pick(flash_sale_type).await?;
    page.choose(field::STORE, demo::LAZADA).await?;
    let end = two_days_after(&page.read(field::START).await?)?;
    page.fill(field::END, &end).await
}

/// Searches, picks and adds the product in the second step, and types its quantity.
pub async fn add_product(page: &Page, quantity: &str) -> Outcome {
    page.expect_path_ending(path::PRODUCTS).await?;
    page.fill(field::PRODUCT_SEARCH, demo::FREE_SKU).await?;
    page.press(button::SEARCH).await?;
    page.pick_field(&page.field_near("", demo::FREE_SKU, "checkbox").await?).await?;
    page.press(button::ADD).await?;
    page.fill_field(&quantity_field(page).await?, quantity).await
}

/// The field for the product's quantity in the second step.
pub async fn quantity_field(page: &Page) -> Outcome<thirtyfour::WebElement> {
    page.field_near(field::QUANTITY, demo::FREE_SKU, "").await
}

/// The third step says everything once more.
pub async fn expect_review(page: &Page) -> Outcome {
    page.expect_path_ending(path::REVIEW).await?;
    let text = page.text().await?;
    let mut words = vec![NAME, demo::FREE_SKU, QUANTITY];
    words.extend(STORES);
    for word in words {
        ensure(text.contains(word), || format!("the review does not say {word:?}"))?;
    }
    Ok(())
}

/// The promotion is created, and the page says so.
pub async fn expect_confirmation(page: &Page) -> Outcome {
    page.expect_path_ending(path::CONFIRMATION).await?;
    let text = page.text().await?;
    ensure(text.contains(names::CREATED), || format!("the confirmation does not say {:?}: {text:?}", names::CREATED))
}

/// The catalogue, filtered by running flash sales, shows each store's quantity; the opposite filter hides the SKU.
async fn expect_in_catalogue(page: &Page, expected: Expected) -> Outcome {
    filter_catalogue(page, option::RUNNING).await?;
    let sku = demo::FREE_SKU;
    let row = page.row(sku).await?.ok_or_else(|| Failure::new(format!("the catalogue shows no running {sku}")))?;
    for (store, quantity) in STORES.into_iter().zip([expected.lazada, expected.shopee, expected.zalora]) {
        let shown = row.number(store)?;
        ensure(shown == quantity, || format!("{store} shows {shown}, and {quantity} was expected"))?;
    }
    filter_catalogue(page, option::NONE).await?;
    let hidden = page.row(sku).await?.is_none();
    ensure(hidden, || format!("{sku} has a running flash sale and is shown among those without"))
}

async fn filter_catalogue(page: &Page, choice: &str) -> Outcome {
    page.visit(path::CATALOGUE).await?;
    page.choose(field::FLASHSALE_FILTER, choice).await?;
    page.press(button::APPLY_FILTERS).await?;
    let chosen = page.read_choice(field::FLASHSALE_FILTER).await?;
    ensure(chosen == choice, || format!("the filter was set to {choice:?} and came back as {chosen:?}"))
}

/// Two days after the offered start, written as that is; from now on if no start is offered.
pub fn two_days_after(start: &str) -> Outcome<String> {
    let format = if start.contains(' ') { "%Y-%m-%d %H:%M" } else { "%Y-%m-%dT%H:%M" };
    let begin = if start.is_empty() {
        DateTime::<Utc>::from(std::time::SystemTime::now()).naive_utc()
    } else {
        NaiveDateTime::parse_from_str(start, format)
            .map_err(|error| Failure::new(format!("the start {start:?} cannot be read: {error}")))?
    };
    let end = begin.checked_add_days(Days::new(2)).ok_or_else(|| Failure::new("the calendar ends"))?;
    Ok(end.format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::two_days_after;

    #[test]
    fn the_end_is_written_like_the_start() {
        let end = |start| two_days_after(start).expect("the start is readable");
        assert_eq!(end("2026-12-30T17:42"), "2027-01-01T17:42");
        assert_eq!(end("2028-02-28 09:05"), "2028-03-01 09:05");
    }
}
