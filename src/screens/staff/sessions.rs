//! `/settings/account/sessions`: the sessions of the signed-in user, newest first, and the buttons that end them.

use crate::{
    actions::staff::end_session::{self, EndSessionRefusal},
    db::{self, Failed, staff::sessions::Session},
    domain::promotions::schedule,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        page::see_other,
        security_log::Event,
        visit::Visit,
    },
};
use serde::Deserialize;

pub struct SessionRow {
    /// The hash of the session's key, which the button sends. It does not open the session.
    pub key_hash: String,
    pub device: String,
    /// In the zone of the organization, like `expires`.
    pub since: String,
    pub expires: String,
    pub is_this: bool,
}

pub async fn rows(visit: &Visit) -> Result<Vec<SessionRow>, PageError> {
    let user = visit.who.user_id;
    let now = visit.now;
    let sessions = visit.database().read(move |conn| db::staff::sessions::of_user(conn, user, now)).await?;
    let mut rows = Vec::new();
    for Session { key_hash, user_id: _, device, created_at, expires_at } in sessions {
        rows.push(SessionRow {
            is_this: key_hash == visit.who.key_hash,
            key_hash,
            device: device_in_words(&device),
            since: schedule::display(created_at, visit.who.zone),
            expires: schedule::display(expires_at, visit.who.zone),
        });
    }
    Ok(rows)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    session: String,
}

pub async fn end(visit: Visit, form: Form<EndForm>) -> PageResult {
    let user = visit.who.user_id;
    let key_hash = form.fields.session;
    // Any other text is no hash, and PostgreSQL refuses some texts.
    if !key_hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(PageError::NotFound);
    }
    match visit.database().at_any_time().write(move |conn| end_session::run(conn, user, &key_hash)).await {
        Ok(()) => {
            visit.note(Event::SessionEnded, "one");
            Ok(see_other("/settings/account?notice=ended"))
        }
        Err(Failed::Refused(EndSessionRefusal::NoneOfTheirs)) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

pub async fn end_others(visit: Visit, _: Form<EmptyForm>) -> PageResult {
    let user = visit.who.user_id;
    let session = visit.who.key_hash.clone();
    visit.database().at_any_time().write(move |conn| end_session::all_others(conn, user, &session)).await?;
    visit.note(Event::SessionEnded, "all others");
    Ok(see_other("/settings/account?notice=others"))
}

/// A user agent as people name it: `Firefox on Windows`. A user agent also names the browsers that it resembles, so
/// the order matters.
fn device_in_words(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 5] =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ if agent.is_empty() => "An unknown browser".to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        for (agent, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.14", "curl/8.14"),
            ("", "An unknown browser"),
        ] {
            assert_eq!(device_in_words(agent), words);
        }
    }
}
