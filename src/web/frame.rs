//! The frame of error pages. An error is answered without its request, so [`super::guard`], which sees both, gives the page the
//! menu of the member of staff who is signed in.

use super::{csrf::Token, page::Layout, sessions::SignedIn};
use actix_web::{HttpMessage, HttpRequest};
use std::{cell::RefCell, rc::Rc};

/// Where is put who sent a request, with the token of their browser, as soon as it is known.
#[derive(Debug, Clone, Default)]
pub struct Frame(Rc<RefCell<Option<(SignedIn, Token)>>>);

impl Frame {
    pub fn layout(&self) -> Option<Layout> {
        let known = self.0.borrow();
        let (who, token) = known.as_ref()?;
        Some(who.layout("", token.in_form(who)))
    }
}

/// Fills the frame of a request whose session and token are known.
pub fn fill(req: &HttpRequest) {
    let frame = req.extensions().get::<Frame>().cloned();
    if let Some((frame, who)) = frame.zip(SignedIn::of(req)) {
        *frame.0.borrow_mut() = Some((who, Token::of(req)));
    }
}
