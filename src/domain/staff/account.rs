//! The rules for e-mail addresses and passwords of staff.

use crate::domain::text::{TextRefusal, single_line};

/// An e-mail address in lower case, with which a member of staff signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

/// Why an e-mail address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailRefusal {
    /// The text is empty, too long or has a hidden character.
    #[error(transparent)]
    Text(#[from] TextRefusal),
    /// The text does not look like an address.
    #[error("Enter an e-mail address like name@example.com.")]
    NotAnAddress,
}

impl Email {
    /// Parses an address. The check is loose, because no mail is sent to it.
    ///
    /// # Errors
    /// An [`EmailRefusal`] that says what to do.
    pub fn parse(text: &str) -> Result<Self, EmailRefusal> {
        let text = single_line("e-mail address", text, 254)?;
        let well_formed = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        });
        if well_formed { Ok(Self(text.to_lowercase())) } else { Err(EmailRefusal::NotAnAddress) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The smallest length of a password, in characters. Length is the only rule, as NIST SP 800-63B §3.1.1.2 recommends.
pub const PASSWORD_LEAST: usize = 12;

/// The largest length of a password: more than anyone types, and little work for the hash.
pub const PASSWORD_MOST_BYTES: usize = 1024;

/// The hint at the field of a new password.
#[must_use]
pub fn new_password_hint() -> String {
    format!("At least {PASSWORD_LEAST} characters. A few unrelated words make a good password.")
}

/// Checks a new password.
///
/// # Errors
/// A sentence that says what to do.
pub fn check_new_password(password: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length == 0 {
        Err("Enter a password.".to_owned())
    } else if length < PASSWORD_LEAST {
        Err(format!("Use at least {PASSWORD_LEAST} characters (you typed {length})."))
    } else if password.len() > PASSWORD_MOST_BYTES {
        Err(format!("Shorten the password to {PASSWORD_MOST_BYTES} bytes or fewer."))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(Email::parse(" Ops@Example.COM ").expect("an address").as_str(), "ops@example.com");
        for typed in ["", "ops", "@example.com", "ops@", "a b@example.com", "a@b@c"] {
            assert!(Email::parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_password_is_long_enough_and_not_endless() {
        assert!(check_new_password("correct horse").is_ok());
        for password in ["", "short", &"x".repeat(1025)] {
            assert!(check_new_password(password).is_err(), "{}", password.len());
        }
    }
}
