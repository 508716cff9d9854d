//! A signed-in member of staff asking for a page: what almost every handler of a page begins with.

use super::{csrf, error::PageError, page::Layout, sessions::SignedIn};
use crate::{
    app::State,
    db::Database,
    domain::{id::UserId, ledger::Cause, moment::Moment},
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
        None => Err(PageError::SignInFirst { next: next_path(req) }),
    }
}

/// Where to go after signing in: what was asked for, or the dashboard if that was a form being sent.
fn next_path(req: &HttpRequest) -> String {
    match req.uri().path_and_query() {
        Some(path) if req.method().is_safe() => path.as_str().to_owned(),
        _ => "/".to_owned(),
    }
}
