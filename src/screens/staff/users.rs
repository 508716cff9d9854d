//! `/settings/users`: the accounts that can sign in.

use crate::{
    actions::staff::{
        add_user,
        change_role::{self, ChangeRoleRefusal},
        disable_user::{self, DisableUserRefusal},
    },
    db::{self, Failed, staff::users::User},
    domain::{
        id::UserId,
        promotions::schedule,
        staff::{password::new_password_hint, permission::Role},
        text::counted,
    },
    screens::{NoticeQuery, staff::parse_new_account},
    web::{
        error::{PageError, PageResult, SentForm},
        form::{EmptyForm, Form, FormErrors, RadioOption},
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
        "role" => "The role was changed.",
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
    role: String,
}

struct Row {
    id: String,
    email: String,
    added: String,
    /// In the zone of the organization; empty for an account that is not disabled.
    disabled: String,
    /// Whether they have not chosen a password of their own yet.
    password_is_given: bool,
    role: &'static str,
    is_me: bool,
}

fn options(chosen: Option<Role>) -> Vec<RadioOption> {
    Role::ALL.map(|role| RadioOption::new(role.as_str(), role.label(), role.hint(), chosen == Some(role))).into()
}

#[derive(Template)]
#[template(path = "staff/users.html")]
struct UsersPage {
    page: Layout,
    rows: Vec<Row>,
    email: String,
    roles: Vec<RadioOption>,
    password_hint: String,
    errors: FormErrors,
}

pub async fn show(visit: Visit, Query(query): Query<NoticeQuery>) -> PageResult {
    answer(&visit, notice(&query.notice), UserForm::default(), FormErrors::default()).await
}

pub async fn add(visit: Visit, form: Form<UserForm>) -> PageResult {
    let form = form.fields;
    let account = parse_new_account(&form.email, &visit.who.organization, &form.password);
    let (email, role) = match (account, form.role()) {
        (Ok(email), Ok(role)) => (email, role),
        (account, role) => {
            let mut errors = account.err().unwrap_or_default();
            errors.keep("role", role);
            return answer(&visit, None, form, errors).await;
        }
    };
    let hash = passwords::hash_off_thread(form.password.clone()).await?;
    let now = visit.now;
    match visit
        .database()
        .at_any_time()
        .write(move |conn| add_user::with_given_password(conn, &email, &hash, role, now))
        .await
    {
        Ok(user) => {
            visit.note(Event::UserAdded, format!("{}, {}", user.id, role.as_str()));
            Ok(see_other("/settings/users?notice=added"))
        }
        Err(Failed::Refused(refusal)) => answer(&visit, None, form, FormErrors::of("email", refusal)).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

impl UserForm {
    /// The chosen role. Browsers do not send the form without one; a form of the time before roles means what it meant.
    fn role(&self) -> Result<Role, &'static str> {
        if self.role.is_empty() {
            return Ok(Role::Administrator);
        }
        Role::parse(&self.role).ok_or("Choose a role of the list.")
    }
}

#[derive(Template)]
#[template(path = "staff/role.html")]
struct RolePage {
    page: Layout,
    id: String,
    email: String,
    roles: Vec<RadioOption>,
    errors: FormErrors,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoleForm {
    role: String,
}

pub async fn show_role(visit: Visit, id: Path<String>) -> PageResult {
    let user = find(&visit, &id).await?;
    ok(&role_page(&visit, &user, user.role, FormErrors::default()))
}

pub async fn change_role(visit: Visit, id: Path<String>, form: Form<RoleForm>) -> PageResult {
    let user = find(&visit, &id).await?;
    let Some(role) = Role::parse(&form.role) else {
        return refused(&role_page(&visit, &user, user.role, FormErrors::of("role", "Choose a role of the list.")));
    };
    let actor = visit.who.user_id;
    let changed = user.id;
    match visit.database().at_any_time().write(move |conn| change_role::run(conn, actor, changed, role)).await {
        Ok(()) => {
            visit.note(Event::RoleChanged, format!("{changed}: {}", role.as_str()));
            Ok(see_other("/settings/users?notice=role"))
        }
        Err(Failed::Refused(ChangeRoleRefusal::Unknown)) => Err(PageError::NotFound),
        Err(Failed::Refused(ChangeRoleRefusal::ActorNotAdministrator)) => Err(PageError::Forbidden),
        Err(Failed::Refused(refusal @ ChangeRoleRefusal::LastAdministrator)) => {
            refused(&role_page(&visit, &user, role, FormErrors::of("role", refusal)))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

fn role_page(visit: &Visit, user: &User, chosen: Role, errors: FormErrors) -> RolePage {
    let page = visit.layout("settings");
    RolePage { page, id: user.id.to_string(), email: user.email.clone(), roles: options(Some(chosen)), errors }
}

async fn find(visit: &Visit, id: &str) -> Result<User, PageError> {
    let id = parse(id)?;
    let found = visit.database().read(move |conn| db::staff::users::find(conn, id)).await?;
    found.ok_or(PageError::NotFound)
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
    let user = find(&visit, &id).await?;
    if user.disabled_at.is_some() {
        return Ok(see_other("/settings/users"));
    }
    let maker = user.email.clone();
    let tokens = visit.database().read(move |conn| db::staff::tokens::live_of_maker(conn, &maker)).await?;
    if user.id == visit.who.user_id {
        let errors = FormErrors::of("", DisableUserRefusal::Oneself);
        return answer(&visit, None, UserForm::default(), errors).await;
    }
    ok(&DisablePage { page: visit.layout("settings"), id: user.id.to_string(), email: user.email, tokens })
}

pub async fn disable(visit: Visit, id: Path<String>, _: Form<EmptyForm>) -> PageResult {
    let user = parse(&id)?;
    let actor = visit.who.user_id;
    let now = visit.now;
    match visit.database().at_any_time().write(move |conn| disable_user::run(conn, actor, user, now)).await {
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
    let actor = visit.who.user_id;
    match visit.database().at_any_time().write(move |conn| disable_user::undo(conn, actor, user)).await {
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
        Failed::Refused(refusal @ (DisableUserRefusal::Oneself | DisableUserRefusal::LastAdministrator)) => {
            answer(visit, None, UserForm::default(), FormErrors::of("", refusal)).await
        }
        Failed::Database(error) => Err(error.into()),
    }
}

async fn answer(visit: &Visit, notice: Option<String>, form: UserForm, errors: FormErrors) -> PageResult {
    let users = visit.database().read(db::staff::users::all).await?;
    let mut rows = Vec::new();
    for User { id, email, password_hash: _, created_at, disabled_at, password_is_given, role } in users {
        let added = schedule::display(created_at, visit.who.zone);
        let disabled = disabled_at.map(|at| schedule::display(at, visit.who.zone)).unwrap_or_default();
        rows.push(Row {
            is_me: id == visit.who.user_id,
            id: id.to_string(),
            email,
            added,
            disabled,
            password_is_given,
            role: role.label(),
        });
    }
    let page = UsersPage {
        page: Layout { notice, ..visit.layout("settings") },
        rows,
        // None is chosen at first: an administrator decides what the new user may do.
        roles: options(Role::parse(&form.role)),
        email: form.email,
        password_hint: new_password_hint(),
        errors,
    };
    if page.errors.is_empty() { ok(&page) } else { refused(&page) }
}
