//! The rules for e-mail addresses and passwords of staff.

use crate::domain::text::single_line;

/// An e-mail address in lower case, with which a member of staff signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses an address. The check is loose, because no mail is sent to it. The error is a sentence that says what to
    /// do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = single_line("e-mail address", text, 254).map_err(|refusal| refusal.to_string())?;
        let well_formed = text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(char::is_whitespace)
        });
        if !well_formed {
            return Err("Enter an e-mail address like name@example.com.".to_owned());
        }
        Ok(Self(text.to_lowercase()))
    }

    /// The address as text.
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
pub const PASSWORD_MIN_CHARS: usize = 12;

/// The largest length of a password: more than people type, and little work for the hash.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// The hint at the field of a new password.
pub fn new_password_hint() -> String {
    format!("At least {PASSWORD_MIN_CHARS} characters. A few unrelated words make a good password.")
}

/// Checks a new password.
/// The error is a sentence that says what to do.
pub fn check_new_password(password: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length == 0 {
        Err("Enter a password.".to_owned())
    } else if length < PASSWORD_MIN_CHARS {
        Err(format!("Use at least {PASSWORD_MIN_CHARS} characters (you typed {length})."))
    } else if password.len() > PASSWORD_MAX_BYTES {
        Err(format!("Shorten the password to {PASSWORD_MAX_BYTES} bytes or fewer."))
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
