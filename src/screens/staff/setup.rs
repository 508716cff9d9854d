//! `/setup`: the first account. Only for requests with the link that the server printed when it started; others get 404.
//! Once there is an account, the link is answered with 410.

use crate::{
    actions::staff::{add_first_user, begin_session},
    db::{Failed, staff::users},
    domain::staff::account::new_password_hint,
    screens::staff::{layout, parse_new_account},
    web::{
        error::{Gone, PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords,
        query::Query,
        sessions::NewSession,
        state::State,
    },
};
use actix_web::{HttpRequest, web::Data};
use askama::Template;
use serde::Deserialize;
use subtle::ConstantTimeEq;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetupQuery {
    token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetupForm {
    token: String,
    email: String,
    password: String,
}

#[derive(Template)]
#[template(path = "staff/setup.html")]
struct SetupPage {
    page: Layout,
    token: String,
    email: String,
    password_hint: String,
    errors: FormErrors,
}

impl SetupPage {
    fn new(req: &HttpRequest, token: String, email: String, errors: FormErrors) -> Self {
        Self { page: layout(req), token, email, password_hint: new_password_hint(), errors }
    }
}

pub async fn show(req: HttpRequest, state: Data<State>, Query(query): Query<SetupQuery>) -> PageResult {
    check(&state, &query.token).await?;
    ok(&SetupPage::new(&req, query.token, String::new(), FormErrors::default()))
}

pub async fn submit(req: HttpRequest, state: Data<State>, form: Form<SetupForm>) -> PageResult {
    check(&state, &form.token).await?;
    let email = match parse_new_account(&form.email, &form.password) {
        Ok(email) => email,
        Err(errors) => {
            let SetupForm { token, email, password: _ } = form.fields;
            return refused(&SetupPage::new(&req, token, email, errors));
        }
    };
    let hash = passwords::hash_off_thread(form.fields.password).await?;
    let session = NewSession::new(&req, &state);
    let now = state.clock.now();
    let begun = session.clone();
    let created = state
        .database
        .write(move |conn| {
            let user = add_first_user::run(conn, &email, &hash, now).map_err(was_used)?;
            begin_session::run(conn, &user, &begun.of(user.id), begun.replaced_hash.as_deref()).map_err(was_used)?;
            Ok::<_, Failed<PageError>>(user.id)
        })
        .await;
    match created {
        Ok(user) => {
            tracing::info!(%user, "the first account was made");
            let mut response = see_other("/");
            session.give(&req, &mut response)?;
            Ok(response)
        }
        Err(Failed::Refused(error)) => Err(error),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

const USED: Gone = Gone {
    title: "This link has already been used",
    text: "It creates the first account, and there already is one. Sign in.",
    go_on: ("/sign-in", "Sign in"),
};

/// Either refusal means that another request was faster.
fn was_used<Refusal>(failed: Failed<Refusal>) -> Failed<PageError> {
    failed.map(|_| PageError::Gone(USED))
}

/// Refuses a request without the token of the link, and every request once there is an account.
async fn check(state: &State, token_sent: &str) -> Result<(), PageError> {
    let token = state.setup_token.as_deref().ok_or(PageError::NotFound)?;
    if !bool::from(token.as_bytes().ct_eq(token_sent.as_bytes())) {
        return Err(PageError::NotFound);
    }
    let is_empty = state.database.read(users::none_yet).await?;
    if is_empty { Ok(()) } else { Err(PageError::Gone(USED)) }
}
