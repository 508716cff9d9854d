//! Who may come in.

use crate::{
    app::Demo,
    failure::{Outcome, ensure},
    names::{self, button, field, path},
    page::Page,
};

/// The printed account opens the dashboard.
pub async fn with_the_demos_account(page: &Page, demo: &Demo) -> Outcome {
    page.sign_in(demo).await?;
    let path = page.path().await?;
    ensure(path == path::DASHBOARD, || format!("the sign-in leads to {path}"))
}

/// A wrong password opens nothing, and the email stays.
pub async fn with_a_wrong_password(page: &Page, demo: &Demo) -> Outcome {
    page.visit(path::SIGN_IN).await?;
    page.fill(field::EMAIL, &demo.email).await?;
    page.fill(field::PASSWORD, "not the password").await?;
    page.press(button::SIGN_IN).await?;
    let (status, title) = (page.status().await?, page.title().await?);
    ensure(status == 422, || format!("the form was answered with {status}"))?;
    ensure(title.starts_with(names::ERROR_TITLE), || format!("the title is {title:?}"))?;
    let email = page.read(field::EMAIL).await?;
    ensure(email == demo.email, || format!("the email became {email:?}"))?;
    let password = page.read(field::PASSWORD).await?;
    ensure(password.is_empty(), || "the password came back with the page".to_owned())?;
    page.visit(path::DASHBOARD).await?;
    page.expect_path_ending(path::SIGN_IN).await
}
