//! `/sign-in`

use crate::{
    app::State,
    db::{self, users},
    domain::account::Email,
    web::{
        csrf,
        error::PageResult,
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords,
        query::Query,
        sessions,
    },
};
use actix_session::Session;
use actix_web::{HttpRequest, http::header, web::Data};
use askama::Template;
use serde::Deserialize;

/// Where to go after signing in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Next {
    next: String,
}

/// The form, as it was typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    email: String,
    password: String,
    next: String,
}

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    page: Layout,
    email: String,
    next: String,
    errors: FormErrors,
}

fn layout(req: &HttpRequest) -> Layout {
    Layout { csrf: csrf::Token::of(req).as_str().to_owned(), ..Layout::anonymous() }
}

/// Shows the form.
///
/// # Errors
/// When the template fails.
pub async fn show(req: HttpRequest, next: Query<Next>) -> PageResult {
    let Query(Next { next }) = next;
    ok(&SignInPage { page: layout(&req), email: String::new(), next, errors: FormErrors::default() })
}

/// Signs somebody in.
///
/// # Errors
/// When the database fails.
pub async fn submit(req: HttpRequest, state: Data<State>, session: Session, form: Form<SignInForm>) -> PageResult {
    let SignInForm { email, password, next } = form.fields;
    let address = Email::parse(&email).ok();
    let user = match address {
        Some(address) => {
            state.database.read(move |conn| Ok::<_, db::Error>(users::find_by_email(conn, address.as_str())?)).await?
        }
        None => None,
    };
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = passwords::verify_off_thread(password, stored).await?;
    match user {
        Some(user) if is_right => {
            begin(&req, &session, &user)?;
            Ok(see_other(&own_path(&next)))
        }
        _ => {
            let mut errors = FormErrors::default();
            errors.push("email", "Check the e-mail address and the password: they do not belong together.");
            refused(&SignInPage { page: layout(&req), email, next, errors })
        }
    }
}

/// Begins the session of `user` under a new key.
///
/// # Errors
/// When the session cannot be written.
pub fn begin(req: &HttpRequest, session: &Session, user: &users::User) -> Result<(), crate::web::error::PageError> {
    let agent = req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("unknown");
    let device: String = agent.chars().take(200).collect();
    session.renew();
    [(sessions::USER_ID, user.id.to_string()), (sessions::EMAIL, user.email.clone()), (sessions::DEVICE, device)]
        .into_iter()
        .try_for_each(|(name, value)| session.insert(name, value))
        .map_err(|error| crate::web::error::PageError::Fault(error.to_string()))
}

/// `next` if it is a path of ours, else the dashboard: a link to the sign-in page must not lead elsewhere.
fn own_path(next: &str) -> String {
    let is_ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    if is_ours { next.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_our_own_pages_only() {
        for (next, path) in [
            ("/catalogue?q=a", "/catalogue?q=a"),
            ("", "/"),
            ("https://evil.example", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
        ] {
            assert_eq!(own_path(next), path, "{next:?}");
        }
    }
}
