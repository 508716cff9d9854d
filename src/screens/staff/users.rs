//! `/settings/users`: the accounts that can sign in.

use crate::{
    actions::staff::{
        add_user,
        disable_user::{self, DisableUserRefusal},
    },
    db::{self, Failed, staff::users::User},
    domain::{id::UserId, promotions::schedule, staff::account::new_password_hint},
    screens::{NoticeQuery, staff::parse_new_account},
    web::{
        error::{PageError, PageResult, SentForm},
        form::{EmptyForm, Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords,
        query::Query,
        visit::Visit,
    },
};
use actix_web::web::Path;
use askama::Template;
use serde::Deserialize;

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "added" => "The account was added.",
        "disabled" => "The account was disabled, and its sessions have ended.",
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
    let email = match parse_new_account(&form.email, &form.password) {
        Ok(email) => email,
        Err(errors) => return answer(&visit, None, form.fields.email, errors).await,
    };
    let UserForm { email: typed, password } = form.fields;
    let hash = passwords::hash_off_thread(password).await?;
    let now = visit.now;
    match visit.database().write(move |conn| add_user::run(conn, &email, &hash, now)).await {
        Ok(user) => {
            tracing::info!(user = %user.id, by = %visit.user_id, "an account was added");
            Ok(see_other("/settings/users?notice=added"))
        }
        Err(Failed::Refused(refusal)) => answer(&visit, None, typed, FormErrors::of("email", refusal)).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

pub async fn disable(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let user = parse(&id)?;
    let actor = visit.user_id;
    let now = visit.now;
    match visit.database().write(move |conn| disable_user::run(conn, actor, user, now)).await {
        Ok(()) => {
            tracing::info!(%user, by = %actor, "an account was disabled");
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
            tracing::info!(%user, by = %actor, "an account was enabled");
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
        Failed::Refused(refusal @ DisableUserRefusal::Oneself) => {
            answer(visit, None, String::new(), FormErrors::of("", refusal)).await
        }
        Failed::Database(error) => Err(error.into()),
    }
}

async fn answer(visit: &Visit, notice: Option<String>, email: String, errors: FormErrors) -> PageResult {
    let users = visit.database().read(db::staff::users::all).await?;
    let mut rows = Vec::new();
    for User { id, email, password_hash: _, created_at, disabled_at } in users {
        let added = schedule::display(created_at, visit.zone);
        let disabled = disabled_at.map(|at| schedule::display(at, visit.zone)).unwrap_or_default();
        rows.push(Row { is_me: id == visit.user_id, id: id.to_string(), email, added, disabled });
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
