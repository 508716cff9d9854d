//! The rules for e-mail addresses of staff.

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
}
