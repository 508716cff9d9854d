//! A request of a member of staff, which almost every handler of a page takes.

use super::{
    client, csrf,
    error::PageError,
    kept_forms::Kept,
    notices,
    page::Layout,
    security_log::{self, Event},
    sessions::SignedIn,
    state::State,
};
use crate::{
    db::Database,
    domain::{catalogue::ledger::Cause, moment::Moment, staff::password::OwnWords},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use std::{
    fmt::Display,
    future::{Ready, ready},
    net::IpAddr,
};

pub struct Visit {
    pub who: SignedIn,
    /// The address of the client.
    pub address: IpAddr,
    /// When the request arrived; a form that arrives with it may take longer, so [`Self::cause`] reads the clock again.
    pub now: Moment,
    pub state: web::Data<State>,
    /// What a form has done, where this is the page that its answer led to.
    said: Option<String>,
    /// The form of this page that was kept and is shown again, if there is one.
    pub kept: Option<Kept>,
    csrf: String,
}

impl Visit {
    pub fn database(&self) -> &Database {
        &self.state.database
    }

    pub fn layout(&self, section: &'static str) -> Layout {
        Layout { said: self.said.clone(), ..self.who.layout(section, self.csrf.clone()) }
    }

    /// Writes to the log of what matters to security that this person did something to `about`.
    pub fn note(&self, event: Event, about: impl Display) {
        security_log::note(event, self.who.user_id, self.address, about);
    }

    /// The words that no password of this person may be made of.
    pub fn own_words(&self) -> OwnWords {
        OwnWords::new(&self.who.email, &self.who.organization)
    }

    /// The cause in the ledger. It has the current time, because a form may take long to arrive.
    pub fn cause(&self, reason: impl Into<String>) -> Cause {
        Cause { actor: self.who.email.clone(), at: self.state.clock.now(), reason: reason.into() }
    }
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The route has checked that there is a session with its permission: see `super::routes`.
        let Some(who) = SignedIn::of(req) else {
            return ready(Err(PageError::Fault("a public route has a handler for staff".to_owned())));
        };
        let state = req.app_data::<web::Data<State>>().expect("the program's state is always there").clone();
        let now = state.clock.now();
        ready(Ok(Self {
            csrf: csrf::Token::of(req).in_form(&who),
            address: client::address(req),
            now,
            state,
            said: notices::of(req),
            kept: Kept::of(req),
            who,
        }))
    }
}
