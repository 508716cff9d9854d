//! `/settings/users`: the accounts that can sign in.

use crate::{
    actions::staff::{
        add_user,
        disable_user::{self, DisableUserRefusal},
    },
    db::{self, Failed, staff::users::User},
    domain::{id::UserId, promotions::schedule, staff::password::new_password_hint, text::counted},
    screens::{NoticeQuery, staff::parse_new_account},
    web::{
        error::{PageError, PageResult, SentForm},
        form::{EmptyForm, Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords,
        query::Query,
        security_log::Event,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "added" => "The account was added.",
        "disabled" => "The account was disabled. Its sessions and the API tokens that it made have ended.",
        "enabled" => "The account was enabled.",
        _ => return None,
    };
    Some(words.to_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct UserForm {
    email: String,
    password: String,
}

struct Row {
    id: String,
    email: String,
    added: String,
    /// In the zone of the organization; empty for an account that is not disabled.
    disabled: String,
    /// Whether they have not chosen a password of their own yet.
    password_is_given: bool,
    is_me: bool,
}

#[derive(Template)]
#[template(path = "staff/users.html")]
struct UsersPage {
    page: Layout,
    rows: Vec<Row>,
    email: String,
    password_hint: String,
    errors: FormErrors,
}

pub async fn show(visit: Visit, Query(query): Query<NoticeQuery>) -> PageResult {
    answer(&visit, notice(&query.notice), String::new(), FormErrors::default()).await
}

pub async fn add(visit: Visit, form: Form<UserForm>) -> PageResult {
    let email = match parse_new_account(&form.email, &visit.organization, &form.password) {
        Ok(email) => email,
        Err(errors) => return answer(&visit, None, form.fields.email, errors).await,
    };
    let UserForm { email: typed, password } = form.fields;
    let hash = passwords::hash_off_thread(password).await?;
    let now = visit.now;
    match visit.database().write(move |conn| add_user::with_given_password(conn, &email, &hash, now)).await {
        Ok(user) => {
            visit.note(Event::UserAdded, user.id);
            Ok(see_other("/settings/users?notice=added"))
        }
        Err(Failed::Refused(refusal)) => answer(&visit, None, typed, FormErrors::of("email", refusal)).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "staff/disable_user.html")]
struct DisablePage {
    page: Layout,
    id: String,
    email: String,
    /// The names of the API tokens that end with the account.
    tokens: Vec<String>,
}

/// Asks before an account is disabled.
pub async fn ask(visit: Visit, id: Path<String>) -> PageResult {
    let user = parse(&id)?;
    let Some((user, tokens)) = visit.database().read(move |conn| disable_user::preview(conn, user)).await? else {
        return Ok(see_other("/settings/users"));
    };
    if user.id == visit.user_id {
        let errors = FormErrors::of("", DisableUserRefusal::Oneself);
        return answer(&visit, None, String::new(), errors).await;
    }
    ok(&DisablePage { page: visit.layout("settings"), id: user.id.to_string(), email: user.email, tokens })
}

pub async fn disable(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let user = parse(&id)?;
    let actor = visit.user_id;
    let now = visit.now;
    match visit.database().write(move |conn| disable_user::run(conn, actor, user, now)).await {
        Ok(disabled) => {
            let tokens = counted(disabled.tokens_revoked.try_into().unwrap_or(i64::MAX), "API token");
            visit.note(Event::UserDisabled, format!("{user}, with {tokens}"));
            Ok(see_other("/settings/users?notice=disabled"))
        }
        Err(failed) => refuse_change(&visit, failed).await,
    }
}

pub async fn enable(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let user = parse(&id)?;
    let actor = visit.user_id;
    match visit.database().write(move |conn| disable_user::undo(conn, actor, user)).await {
        Ok(()) => {
            visit.note(Event::UserEnabled, user);
            Ok(see_other("/settings/users?notice=enabled"))
        }
        Err(failed) => refuse_change(&visit, failed).await,
    }
}

fn parse(id: &str) -> Result<UserId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

async fn refuse_change(visit: &Visit, failed: Failed<DisableUserRefusal>) -> PageResult {
    match failed {
        Failed::Refused(DisableUserRefusal::Unknown) => Err(PageError::NotFound),
        Failed::Refused(DisableUserRefusal::ActorDisabled) => {
            Err(PageError::SignInAgain(SentForm { page: "/settings/users".to_owned(), kept: None }))
        }
        Failed::Refused(refusal @ (DisableUserRefusal::Oneself | DisableUserRefusal::LastEnabled)) => {
            answer(visit, None, String::new(), FormErrors::of("", refusal)).await
        }
        Failed::Database(error) => Err(error.into()),
    }
}

async fn answer(visit: &Visit, notice: Option<String>, email: String, errors: FormErrors) -> PageResult {
    let users = visit.database().read(db::staff::users::all).await?;
    let mut rows = Vec::new();
    for User { id, email, password_hash: _, created_at, disabled_at, password_is_given } in users {
        let added = schedule::display(created_at, visit.zone);
        let disabled = disabled_at.map(|at| schedule::display(at, visit.zone)).unwrap_or_default();
        rows.push(Row { is_me: id == visit.user_id, id: id.to_string(), email, added, disabled, password_is_given });
    }
    let page = UsersPage {
        page: Layout { notice, ..visit.layout("settings") },
        rows,
        email,
        password_hint: new_password_hint(),
        errors,
    };
    if page.errors.is_empty() { ok(&page) } else { refused(&page) }
}
