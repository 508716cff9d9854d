//! Forms that are refused: what was typed stays, and the page says what to do.

use super::creation;
use crate::{
    audit,
    failure::{Outcome, ensure},
    names::{self, button, demo, field},
    page::Page,
};

/// More than the SKU has.
const TOO_MUCH: &str = "101";

/// A quantity that does not fit is refused with the number that would.
pub async fn of_a_quantity(page: &Page) -> Outcome {
    creation::begin_draft(page).await?;
    creation::fill_details(page, field::ALLOCATION).await?;
    page.press(button::CONTINUE).await?;
    creation::add_product(page, TOO_MUCH).await?;
    page.press(button::CONTINUE).await?;
    expect_refused(page, "100").await?;
    let kept = creation::quantity_field(page).await?.value().await?.unwrap_or_default();
    ensure(kept == TOO_MUCH, || format!("the quantity {TOO_MUCH} became {kept:?}"))?;
    audit::audit_here(page, "refused quantity").await
}

/// Details without a name are refused, and everything else stays as it was filled in.
pub async fn of_details(page: &Page) -> Outcome {
    creation::begin_draft(page).await?;
    creation::fill_details(page, field::RESERVATION).await?;
    page.fill(field::PROMOTION_NAME, "").await?;
    let end = page.read(field::END).await?;
    page.press(button::CONTINUE).await?;
    expect_refused(page, "").await?;
    let picked = page.field(field::RESERVATION).await?.is_selected().await?;
    ensure(picked, || format!("{:?} is not picked any more", field::RESERVATION))?;
    let store = page.read_choice(field::STORE).await?;
    ensure(store.starts_with(demo::LAZADA), || format!("the store became {store:?}"))?;
    let kept = page.read(field::END).await?;
    ensure(kept == end, || format!("the end {end:?} became {kept:?}"))?;
    audit::audit_here(page, "refused details").await
}

/// The page says that it was refused, at the top and at the field, with `number` in the words.
pub(super) async fn expect_refused(page: &Page, number: &str) -> Outcome {
    let (status, title) = (page.status().await?, page.title().await?);
    ensure(status == 422, || format!("the form was answered with {status}"))?;
    ensure(title.starts_with(names::ERROR_TITLE), || format!("the title is {title:?}"))?;
    let errors = page.error_summary().await?;
    ensure(!errors.is_empty(), || "no errors are listed at the top".to_owned())?;
    for error in &errors {
        let text = &error.text;
        ensure(error.leads_to_a_field, || format!("{text:?} leads to no field"))?;
        let said = &error.said_at_the_field;
        ensure(said.contains(text), || format!("{text:?} is listed, and the field says {said:?}"))?;
    }
    ensure(errors.iter().any(|error| error.text.contains(number)), || format!("no error says {number}"))
}
