//! `/settings/account`: the password and the sessions of the signed-in user.

use super::sessions::{self, SessionRow};
use crate::{
    actions::staff::change_password,
    db::{
        Failed,
        staff::users::{self, User},
    },
    domain::staff::password::{check_new_password, new_password_hint},
    screens::NoticeQuery,
    web::{
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        page::{Layout, ok, refused, see_other},
        passwords::{self, For},
        query::Query,
        security_log::Event,
        visit::Visit,
    },
};
use askama::Template;
use serde::Deserialize;

fn notice(word: &str) -> Option<String> {
    let words = match word {
        "password" => "The password was changed, and your other sessions have ended.",
        "ended" => "The session has ended.",
        "others" => "Your other sessions have ended.",
        _ => return None,
    };
    Some(words.to_owned())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    current_password: String,
    new_password: String,
}

#[derive(Template)]
#[template(path = "staff/account.html")]
struct AccountPage {
    page: Layout,
    email: String,
    password_hint: String,
    errors: FormErrors,
    sessions: Vec<SessionRow>,
    has_others: bool,
    password_is_given: bool,
}

pub async fn show(visit: Visit, Query(query): Query<NoticeQuery>) -> PageResult {
    answer(&visit, notice(&query.notice), FormErrors::default()).await
}

pub async fn change_password(visit: Visit, form: Form<PasswordForm>) -> PageResult {
    let mut errors = FormErrors::default();
    if form.current_password.is_empty() {
        errors.push("current_password", "Enter the current password.");
    }
    errors.keep("new_password", check_new_password(&form.new_password, &visit.own_words()));
    if !errors.is_empty() {
        return answer(&visit, None, errors).await;
    }
    if let Err(error) = visit.state.limits.count(visit.address, Some(&visit.who.email)) {
        visit.note(Event::Throttled, "the current password");
        return Err(error);
    }
    let PasswordForm { current_password, new_password } = form.fields;
    let is_same = current_password == new_password;
    let Some(user) = verify(&visit, current_password).await? else {
        visit.note(Event::PasswordGuessed, "");
        return wrong(&visit, "Enter your current password: this one is wrong.").await;
    };
    if is_same {
        let errors = FormErrors::of("new_password", "Choose another password: this is the current one.");
        return answer(&visit, None, errors).await;
    }
    let hash = passwords::hash_off_thread(new_password).await?;
    let session = visit.who.key_hash.clone();
    match visit.database().at_any_time().write(move |conn| change_password::run(conn, &user, &hash, &session)).await {
        Ok(()) => {
            visit.note(Event::PasswordChanged, visit.who.user_id);
            Ok(see_other("/settings/account?notice=password"))
        }
        Err(Failed::Refused(refusal)) => wrong(&visit, refusal).await,
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// The signed-in user, if the password is right.
async fn verify(visit: &Visit, password: String) -> Result<Option<User>, PageError> {
    let id = visit.who.user_id;
    let user = visit.database().read(move |conn| users::find(conn, id)).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = passwords::verify_off_thread(password, stored, For::Known).await?;
    Ok(user.filter(|_| is_right))
}

async fn wrong(visit: &Visit, message: impl ToString) -> PageResult {
    answer(visit, None, FormErrors::of("current_password", message)).await
}

async fn answer(visit: &Visit, notice: Option<String>, errors: FormErrors) -> PageResult {
    let sessions = sessions::rows(visit).await?;
    let page = AccountPage {
        page: Layout { notice, ..visit.layout("settings") },
        email: visit.who.email.clone(),
        password_hint: new_password_hint(),
        errors,
        password_is_given: visit.who.password_is_given,
        has_others: sessions.iter().any(|session| !session.is_this),
        sessions,
    };
    if page.errors.is_empty() { ok(&page) } else { refused(&page) }
}
