//! `/settings/account/sessions`: where one is signed in, and ending that.

use crate::{
    actions::staff::end_session::{self, EndSessionRefusal},
    db::{self, Failed, staff::sessions::Session},
    domain::promotions::schedule,
    web::{
        error::{PageError, PageResult},
        form::{EmptyForm, Form},
        page::see_other,
        visit::Visit,
    },
};
use chrono_tz::Tz;
use serde::Deserialize;

/// One line of the list.
pub struct SessionRow {
    /// What the button sends: the hash of the session's key. Nobody gets in with it.
    pub key_hash: String,
    /// The browser.
    pub device: String,
    /// When it began, in UTC.
    pub since: String,
    /// When it ends by itself, in UTC.
    pub expires: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The sessions of whoever asks, newest first.
///
/// # Errors
/// When the database fails.
pub async fn rows(visit: &Visit) -> Result<Vec<SessionRow>, PageError> {
    let (user, now) = (visit.user_id, visit.now);
    let sessions = visit.database().read(move |conn| db::staff::sessions::of_user(conn, user, now)).await?;
    let row = |session: Session| {
        let Session { key_hash, user_id: _, device, created_at, expires_at } = session;
        SessionRow {
            is_this: key_hash == visit.session_hash,
            key_hash,
            device: device_in_words(&device),
            since: schedule::display(created_at, Tz::UTC),
            expires: schedule::display(expires_at, Tz::UTC),
        }
    };
    Ok(sessions.into_iter().map(row).collect())
}

/// The form behind the button of a session.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    session: String,
}

/// Ends one session of whoever asks.
///
/// # Errors
/// [`PageError::NotFound`] when it is not one of theirs; when the database fails.
pub async fn end(visit: Visit, form: Form<EndForm>) -> PageResult {
    let (user, key_hash) = (visit.user_id, form.fields.session);
    // Anything else is no hash, and may be a text that a database does not take.
    if !key_hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(PageError::NotFound);
    }
    match visit.database().write(move |conn| end_session::run(conn, user, &key_hash)).await {
        Ok(()) => {
            tracing::info!(%user, "a session was ended");
            Ok(see_other("/settings/account?notice=ended"))
        }
        Err(Failed::Refused(EndSessionRefusal::NoneOfTheirs)) => Err(PageError::NotFound),
        Err(Failed::Database(error)) => Err(error.into()),
    }
}

/// Ends every session of whoever asks but the one they ask with.
///
/// # Errors
/// When the database fails.
pub async fn end_others(visit: Visit, _: Form<EmptyForm>) -> PageResult {
    let (user, kept) = (visit.user_id, visit.session_hash.clone());
    visit.database().write(move |conn| end_session::all_others(conn, user, &kept)).await?;
    tracing::info!(%user, "all other sessions were ended");
    Ok(see_other("/settings/account?notice=others"))
}

/// `Firefox on Windows`: what people call a browser by what it calls itself. Browsers name the ones they resemble as
/// well, so the order counts.
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
