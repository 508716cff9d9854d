//! `/setup`: the first account. Only for browsers that have opened the link that the server printed when it started; others
//! get 404. The link leaves its secret in a cookie, so that it is neither in the address of the page nor in the history of
//! what is opened from there. Once there is an account, the link is answered with words.

use crate::{
    actions::staff::{add_first_user, begin_session, save_organization},
    db::{Failed, staff::users},
    domain::{place::zone_of_languages, staff::password::new_password_hint},
    screens::staff::{layout, organization, parse_new_account},
    web::{
        cookies,
        error::{Gone, PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords,
        query::Query,
        security_log::{self, Event},
        sessions::NewSession,
        state::State,
    },
};
use actix_web::{HttpRequest, http::header, web::Data};
use askama::Template;
use serde::Deserialize;
use subtle::ConstantTimeEq;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetupQuery {
    token: String,
}

/// The cookie that has the secret of the link.
const COOKIE: &str = "flashsale_setup";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SetupForm {
    email: String,
    password: String,
    time_zone: String,
}

#[derive(Template)]
#[template(path = "staff/setup.html")]
struct SetupPage {
    page: Layout,
    email: String,
    time_zone: String,
    password_hint: String,
    errors: FormErrors,
}

impl SetupPage {
    fn new(req: &HttpRequest, form: SetupForm, errors: FormErrors) -> Self {
        let SetupForm { email, password: _, time_zone } = form;
        Self { page: layout(req), email, time_zone, password_hint: new_password_hint(), errors }
    }
}

/// The zone of the country that the browser's languages name, if it has only one.
fn suggested_zone(req: &HttpRequest) -> String {
    let languages = req.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let zone = languages.and_then(zone_of_languages);
    zone.map(|zone| zone.name().to_owned()).unwrap_or_default()
}

pub async fn show(req: HttpRequest, state: Data<State>, Query(query): Query<SetupQuery>) -> PageResult {
    if !query.token.is_empty() {
        check(&state, &query.token).await?;
        let mut response = see_other("/setup");
        cookies::set(&mut response, cookies::build(&req, COOKIE, query.token).finish())?;
        return Ok(response);
    }
    check(&state, &cookies::value(&req, COOKIE).unwrap_or_default()).await?;
    let form = SetupForm { time_zone: suggested_zone(&req), ..SetupForm::default() };
    ok(&SetupPage::new(&req, form, FormErrors::default()))
}

pub async fn submit(req: HttpRequest, state: Data<State>, form: Form<SetupForm>) -> PageResult {
    check(&state, &cookies::value(&req, COOKIE).unwrap_or_default()).await?;
    let account = parse_new_account(&form.email, "", &form.password);
    let zone = organization::zone(&form.time_zone);
    let (email, zone) = match (account, zone) {
        (Ok(email), Ok(zone)) => (email, zone),
        (account, zone) => {
            let mut errors = account.err().unwrap_or_default();
            errors.keep("time_zone", zone);
            return refused(&SetupPage::new(&req, form.fields, errors));
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
            save_organization::run(conn, "", zone, None)?;
            let session = begun.of(user.id);
            let replaced = begun.replaced_hash.as_deref();
            begin_session::run(conn, &user, &session, replaced, &begun.device_hash()).map_err(was_used)?;
            Ok::<_, Failed<PageError>>(user.id)
        })
        .await;
    match created {
        Ok(user) => {
            security_log::note_request(Event::FirstAccountMade, &req, user);
            let mut response = see_other("/getting-started");
            session.give(&req, &mut response)?;
            cookies::set(&mut response, cookies::removal(&req, COOKIE))?;
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
