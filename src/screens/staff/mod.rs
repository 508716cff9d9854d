//! Sign-in, sign-out, and the settings: own account, organization, users, sessions and API tokens.

pub mod account;
pub mod organization;
pub mod sessions;
pub mod setup;
pub mod sign_in;
pub mod sign_out;
pub mod tokens;
pub mod users;

use crate::{
    domain::staff::{
        account::Email,
        password::{OwnWords, check_new_password},
    },
    web::{csrf, form::FormErrors, page::Layout},
};
use actix_web::HttpRequest;

/// The frame of a page before sign-in.
pub(crate) fn layout(req: &HttpRequest) -> Layout {
    Layout { csrf: csrf::Token::of(req).before_sign_in(), ..Layout::anonymous() }
}

/// The address of a new account of `organization`, if its password is acceptable too.
pub fn parse_new_account(email: &str, organization: &str, password: &str) -> Result<Email, FormErrors> {
    let mut errors = FormErrors::default();
    let email = errors.keep("email", Email::parse(email));
    let words = OwnWords::new(email.as_ref().map_or("", Email::as_str), organization);
    let password = errors.keep("password", check_new_password(password, &words));
    email.zip(password).map(|(email, ())| email).ok_or(errors)
}
