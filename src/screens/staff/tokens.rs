//! `/settings/tokens`

use crate::{
    actions::staff::{
        add_token::{self, NewToken},
        revoke_token,
    },
    db::{self, Failed, staff::tokens::Token},
    domain::{id::TokenId, promotions::schedule},
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form, FormErrors},
        notices::done,
        page::{Layout, ok, refused},
        security_log::Event,
        tokens::new_secret,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TokenForm {
    name: String,
}

struct Row {
    id: String,
    name: String,
    created_at: String,
    created_by: String,
    /// `not yet` for one that was never used.
    last_used_at: String,
    revoked_at: String,
}

#[derive(Template)]
#[template(path = "staff/tokens.html")]
struct TokensPage {
    page: Layout,
    form: TokenForm,
    errors: FormErrors,
    rows: Vec<Row>,
    /// The token that was just created; empty when none was.
    made: String,
}

pub async fn show(visit: Visit) -> PageResult {
    answer(&visit, TokenForm::default(), FormErrors::default(), String::new()).await
}

/// Shows the new token once. This is the one form that is answered with a page instead of a redirect: a token belongs
/// in no address, and it is stored nowhere for the next page to show. Sending the form again is refused, because the
/// name is taken.
pub async fn create(visit: Visit, form: Form<TokenForm>) -> PageResult {
    let mut errors = FormErrors::default();
    let Some(name) = errors.keep("name", add_token::parse_name(&form.name)) else {
        return answer(&visit, form.fields, errors, String::new()).await;
    };
    let secret = new_secret();
    let new = NewToken { name, hash: secret.hash, created_by: visit.who.email.clone() };
    let now = visit.now;
    match visit.database().at_any_time().write(move |conn| add_token::run(conn, new.clone(), now)).await {
        Ok(token) => {
            visit.note(Event::TokenMade, token.id);
            answer(&visit, TokenForm::default(), errors, secret.token).await
        }
        Err(Failed::Refused(refusal)) => {
            answer(&visit, form.fields, FormErrors::of("name", refusal), String::new()).await
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

pub async fn revoke(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let id: TokenId = id.parse().map_err(|_| PageError::NotFound)?;
    let now = visit.now;
    match visit.database().at_any_time().write(move |conn| revoke_token::run(conn, id, now)).await {
        Ok(()) => {
            visit.note(Event::TokenRevoked, id);
            Ok(done("/settings/tokens", "The token is revoked: no program can use it any more."))
        }
        Err(Failed::Refused(revoke_token::RevokeTokenRefusal::NotFound)) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

async fn answer(visit: &Visit, form: TokenForm, errors: FormErrors, made: String) -> PageResult {
    let tokens = visit.database().read(db::staff::tokens::all).await?;
    let mut rows = Vec::new();
    for (Token { id, name, created_at, created_by, revoked_at }, last_used_at) in tokens {
        rows.push(Row {
            id: id.to_string(),
            name,
            created_at: schedule::display(created_at, visit.who.zone),
            created_by,
            last_used_at: last_used_at.map_or_else(|| "not yet".to_owned(), |at| schedule::display(at, visit.who.zone)),
            revoked_at: revoked_at.map(|at| schedule::display(at, visit.who.zone)).unwrap_or_default(),
        });
    }
    let page = TokensPage { page: visit.layout("settings"), form, errors, rows, made };
    if page.errors.is_empty() { ok(&page) } else { refused(&page) }
}
