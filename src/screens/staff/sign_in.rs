//! `/sign-in`

use crate::{
    actions::staff::begin_session::{self, BeginSessionRefusal},
    db::{
        self, Failed,
        staff::{
            known_devices,
            users::{self, User},
        },
    },
    domain::staff::account::Email,
    screens::staff::layout,
    web::{
        client,
        error::{PageError, PageResult},
        form::{Form, FormErrors},
        kept_forms,
        page::{Layout, ok, refused, see_other},
        passwords::{self, For},
        query::Query,
        security_log::{self, Event},
        sessions::{self, NewSession},
        state::State,
    },
};
use actix_web::{HttpRequest, web::Data};
use askama::Template;
use serde::Deserialize;
use std::net::IpAddr;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInQuery {
    /// The page to show after sign-in.
    next: String,
    notice: String,
    /// The id of the form that the page shows again.
    kept: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SignInForm {
    email: String,
    password: String,
    next: String,
    kept: String,
}

#[derive(Template)]
#[template(path = "staff/sign_in.html")]
struct SignInPage {
    page: Layout,
    email: String,
    next: String,
    kept: String,
    /// What became of a form that was sent after its session had ended; empty for none.
    signed_out: &'static str,
    has_no_account: bool,
    errors: FormErrors,
}

pub async fn show(req: HttpRequest, state: Data<State>, Query(query): Query<SignInQuery>) -> PageResult {
    let has_no_account = state.database.read(users::none_yet).await?;
    ok(&SignInPage {
        has_no_account,
        page: layout(&req),
        email: String::new(),
        signed_out: match query.notice.as_str() {
            "signed-out" if query.kept.is_empty() => {
                "You were signed out. Sign in to continue. What you sent was not saved."
            }
            "signed-out" => "You were signed out. Sign in to continue. What you typed is kept.",
            _ => "",
        },
        next: query.next,
        kept: query.kept,
        errors: FormErrors::default(),
    })
}

pub async fn submit(req: HttpRequest, state: Data<State>, form: Form<SignInForm>) -> PageResult {
    let SignInForm { email, password, next, kept } = form.fields;
    let found = find(&req, &state, Email::parse(&email).ok()).await?;
    let from = client::address(&req);
    let who = found.who();
    if let Err(error) = found.count(&state, from) {
        security_log::note(Event::Throttled, &who, from, "sign-in");
        return Err(error);
    }
    let Some(user) = authenticate(found, password).await? else {
        security_log::note(Event::SignInFailed, &who, from, "");
        return wrong(&req, email, (next, kept));
    };
    let session = NewSession::new(&req, &state);
    let id = user.id;
    let begun = session.clone();
    let begin = move |conn: &mut db::Conn| {
        let replaced = begun.replaced_hash.as_deref();
        begin_session::run(conn, &user, &begun.of(id), replaced, &begun.device_hash())
    };
    match state.database.at_any_time().write(begin).await {
        Ok(()) => {
            security_log::note(Event::SignedIn, id, from, "");
            let mut response = see_other(&kept_forms::showing(own_path(&next), &kept));
            session.give(&req, &mut response)?;
            Ok(response)
        }
        Err(Failed::Refused(BeginSessionRefusal::UserChanged)) => wrong(&req, email, (next, kept)),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// What the database knows about somebody who signs in.
struct Found {
    address: Option<Email>,
    /// The account of the address, if there is one that is not disabled.
    user: Option<User>,
    /// The hash of the key of the browser, if the user has signed in with it before.
    device: Option<String>,
}

impl Found {
    /// Who it is, for the log. What was typed is not logged: it may be a password.
    fn who(&self) -> String {
        self.user.as_ref().map_or_else(|| "no account".to_owned(), |user| user.id.to_string())
    }

    fn count(&self, state: &State, from: IpAddr) -> Result<(), PageError> {
        match &self.device {
            Some(device) => state.limits.count_known(device),
            None => state.limits.count(from, self.address.as_ref().map(Email::as_str)),
        }
    }
}

async fn find(req: &HttpRequest, state: &State, address: Option<Email>) -> Result<Found, db::Error> {
    let Some(address) = address else { return Ok(Found { address: None, user: None, device: None }) };
    let device = sessions::device_hash(req);
    let now = state.clock.now();
    let read = move |conn: &mut db::Conn| {
        let user = users::find_by_email(conn, address.as_str())?.filter(|user| user.disabled_at.is_none());
        let known = match (&user, &device) {
            (Some(user), Some(device)) => known_devices::is_known(conn, device, user.id, now)?,
            _ => false,
        };
        let device = device.clone().filter(|_| known);
        Ok::<_, db::Error>(Found { address: Some(address.clone()), user, device })
    };
    state.database.read(read).await
}

/// The user, if the password is right and the account is not disabled. An unknown address takes as long as a wrong
/// password, so that the time does not reveal which addresses have an account.
async fn authenticate(found: Found, password: String) -> Result<Option<User>, PageError> {
    let stored = found.user.as_ref().map(|user| user.password_hash.clone());
    let whose = if found.device.is_some() { For::Known } else { For::Strangers };
    let is_right = passwords::verify_off_thread(password, stored, whose).await?;
    Ok(found.user.filter(|_| is_right))
}

fn wrong(req: &HttpRequest, email: String, (next, kept): (String, String)) -> PageResult {
    let errors = FormErrors::of("email", "Wrong e-mail or password.");
    refused(&SignInPage { page: layout(req), email, next, kept, signed_out: "", has_no_account: false, errors })
}

/// `next` if it is a path of this site, else the dashboard: a link to the sign-in page must not lead elsewhere.
fn own_path(next: &str) -> &str {
    let is_ours =
        next.starts_with('/') && !next.starts_with("//") && next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    if is_ours { next } else { "/" }
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
            ("/\0", "/"),
            ("/a b", "/"),
        ] {
            assert_eq!(own_path(next), path, "{next:?}");
        }
    }
}
