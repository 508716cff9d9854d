//! A request of a member of staff: what almost every handler of a page begins with.

use super::{csrf, error::PageError, page::Layout, sessions::SignedIn, state::State};
use crate::{
    db::Database,
    domain::{
        catalogue::ledger::Cause,
        id::UserId,
        moment::Moment,
        staff::permission::{Permission, Permissions},
    },
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use std::future::{Ready, ready};

/// Who is asking, when, and what they may use.
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
    permissions: Permissions,
    csrf: csrf::Token,
}

impl Visit {
    /// Whether the member of staff has `permission`: what a page offers, beside what its own route needs.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.include(permission)
    }

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
    // The route has checked that there is a session with its permission: see `super::routes`.
    let SignedIn { user_id, email, key_hash, permissions } =
        SignedIn::of(req).ok_or_else(|| PageError::Fault("a public route has a handler for staff".to_owned()))?;
    let state = req.app_data::<web::Data<State>>().expect("the program's state is always there").clone();
    let now = state.clock.now();
    Ok(Visit { user_id, email, session_hash: key_hash, permissions, now, state, csrf: csrf::Token::of(req) })
}
