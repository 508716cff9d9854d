//! A signed-in member of staff asking for a page: what almost every handler of a page begins with.

use super::{csrf, error::PageError, page::Layout, sessions::SignedIn};
use crate::{
    app::State,
    db::Database,
    domain::{catalogue::ledger::Cause, id::UserId, moment::Moment},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use std::future::{Ready, ready};

/// Who is asking, when, and what they may use. Extracting one sends whoever is not signed in to the sign-in page.
pub struct Visit {
    /// Who is signed in.
    pub user_id: UserId,
    /// Their e-mail address.
    pub email: String,
    /// The hash by which the database knows the session.
    pub session_hash: String,
    /// The moment of the request: one for all that it does.
    pub now: Moment,
    /// Everything the program shares between requests.
    pub state: web::Data<State>,
    csrf: csrf::Token,
}

impl Visit {
    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    /// The frame of a page of `section`.
    #[must_use]
    pub fn layout(&self, section: &'static str) -> Layout {
        Layout { section, user: Some(self.email.clone()), csrf: self.csrf.as_str().to_owned(), ..Layout::anonymous() }
    }

    /// Who, when and why, for the ledger: the moment at which something is done, however long its form took to arrive.
    #[must_use]
    pub fn cause(&self, reason: impl Into<String>) -> Cause {
        Cause { actor: self.email.clone(), at: self.state.clock.now(), reason: reason.into() }
    }
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(visit(req))
    }
}

fn visit(req: &HttpRequest) -> Result<Visit, PageError> {
    let state = req.app_data::<web::Data<State>>().expect("the program's state is always there").clone();
    match SignedIn::of(req) {
        Some(SignedIn { user_id, email, key_hash }) => {
            let (now, csrf) = (state.clock.now(), csrf::Token::of(req));
            Ok(Visit { user_id, email, session_hash: key_hash, now, csrf, state })
        }
        None => Err(PageError::SignInFirst { next: next_path(req), sent_form: !req.method().is_safe() }),
    }
}

/// Where to go after signing in: what was asked for, or the page of the form that was sent.
fn next_path(req: &HttpRequest) -> String {
    match req.uri().path_and_query() {
        Some(path) if req.method().is_safe() => path.as_str().to_owned(),
        _ => page_of_form(req.path()),
    }
}

/// The page with the form that is sent to `path`: most forms are sent to the address of their page.
fn page_of_form(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts.as_slice() {
        ["stores" | "catalogue"] => format!("{path}/new"),
        ["stores", code, "pause" | "resume" | "push" | "test"] => format!("/stores/{code}"),
        ["promotions", "drafts", id, "discard"] => format!("/promotions/drafts/{id}/details"),
        ["promotions", id, "edit", "discard"] => format!("/promotions/{id}/edit"),
        ["promotions", id, "duplicate"] => format!("/promotions/{id}"),
        ["settings", "account", "sessions", _] => "/settings/account".to_owned(),
        ["settings", list @ ("users" | "tokens"), _, _] => format!("/settings/{list}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_a_page_to_go_back_to() {
        for (sent_to, page) in [
            ("/stores", "/stores/new"),
            ("/stores/a%2Fb/edit", "/stores/a%2Fb/edit"),
            ("/stores/a%2Fb/push", "/stores/a%2Fb"),
            ("/catalogue", "/catalogue/new"),
            ("/catalogue/new/edit", "/catalogue/new/edit"),
            ("/imports", "/imports"),
            ("/promotions/new", "/promotions/new"),
            ("/promotions/1/end", "/promotions/1/end"),
            ("/promotions/drafts/1/review", "/promotions/drafts/1/review"),
            ("/promotions/drafts/1/discard", "/promotions/drafts/1/details"),
            ("/promotions/1/edit", "/promotions/1/edit"),
            ("/promotions/1/edit/discard", "/promotions/1/edit"),
            ("/promotions/1/duplicate", "/promotions/1"),
            ("/settings/account", "/settings/account"),
            ("/settings/account/sessions/end", "/settings/account"),
            ("/settings/users", "/settings/users"),
            ("/settings/users/1/disable", "/settings/users"),
            ("/settings/tokens/1/revoke", "/settings/tokens"),
        ] {
            assert_eq!(page_of_form(sent_to), page, "{sent_to}");
        }
    }
}
