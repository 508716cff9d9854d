//! The frame of error pages. An error is answered without its request, so [`super::guard`], which sees both, gives the page the
//! menu of the member of staff who is signed in.

use super::{csrf, page::Layout, sessions::SignedIn};
use actix_web::{HttpMessage, HttpRequest};
use std::{cell::RefCell, rc::Rc};

/// Where the frame of a request is put as soon as it is known who sent it.
#[derive(Debug, Clone, Default)]
pub struct Frame(Rc<RefCell<Option<Layout>>>);

impl Frame {
    pub fn layout(&self) -> Option<Layout> {
        self.0.borrow().clone()
    }
}

/// Fills the frame of a request whose session and token are known.
pub fn fill(req: &HttpRequest) {
    let frame = req.extensions().get::<Frame>().cloned();
    if let Some((frame, who)) = frame.zip(SignedIn::of(req)) {
        let csrf = csrf::Token::of(req).in_form(who.user_id, &who.key_hash);
        *frame.0.borrow_mut() = Some(who.layout("", csrf));
    }
}
