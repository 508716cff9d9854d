//! The rules for new passwords: long enough, not one that everybody tries first, and not made of words that belong to
//! the person or to this program. No kind of character is asked for, as NIST SP 800-63B §3.1.1.2 recommends.

use super::account::Email;

/// The smallest length of a password, in characters.
pub const PASSWORD_MIN_CHARS: usize = 12;

/// The largest length of a password: more than people type, and little work for the hash.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// A password that is guessed with fewer tries is refused, as are one or two common words, names, dates, sequences and
/// repetitions. Online, ten tries in five minutes are allowed, so this many take centuries.
const FEWEST_GUESSES: u64 = 10_000_000;

/// A password has so many letters and digits beside the words that belong to its owner or to this program.
const FEWEST_OTHER_CHARS: usize = 6;

/// Shorter parts of an address or a name are in many words.
const SHORTEST_WORD_CHARS: usize = 3;

/// Words of this program.
const PRODUCT: [&str; 3] = ["flashsale", "flash", "sale"];

/// The words that whoever knows the person tries first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWords(Vec<String>);

impl OwnWords {
    /// The words in the address of a person and in the name of their organization; either may be empty.
    pub fn new(email: &str, organization: &str) -> Self {
        let mut words: Vec<String> = PRODUCT.map(str::to_owned).to_vec();
        for text in [email, organization] {
            let text = text.to_lowercase();
            for part in text.split(|c: char| !c.is_alphanumeric()) {
                if part.chars().count() >= SHORTEST_WORD_CHARS {
                    words.push(part.to_owned());
                }
            }
            if !text.is_empty() {
                words.push(text);
            }
        }
        // Longer ones first, so that none is left over in parts.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Self(words)
    }

    /// The words of a person whose organization is not known.
    pub fn of(email: &Email) -> Self {
        Self::new(email.as_str(), "")
    }

    /// The letters and digits of `password` that are in none of the words.
    fn others_in(&self, password: &str) -> usize {
        let mut rest = password.to_lowercase();
        for word in &self.0 {
            rest = rest.replace(word, " ");
        }
        rest.chars().filter(|c| c.is_alphanumeric()).count()
    }

    fn has_any_in(&self, password: &str) -> bool {
        let password = password.to_lowercase();
        self.0.iter().any(|word| password.contains(word))
    }
}

/// The hint at the field of a new password.
pub fn new_password_hint() -> String {
    format!("At least {PASSWORD_MIN_CHARS} characters. A few unrelated words make a good password.")
}

/// Checks a new password of the person with these words. The lists of common passwords, words and names are those of the
/// library `zxcvbn`.
/// The error is a sentence that says what to do.
pub fn check_new_password(password: &str, words: &OwnWords) -> Result<(), String> {
    let length = password.chars().count();
    if length == 0 {
        return Err("Enter a password.".to_owned());
    }
    if length < PASSWORD_MIN_CHARS {
        return Err(format!("Use at least {PASSWORD_MIN_CHARS} characters (you typed {length})."));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(format!("Shorten the password to {PASSWORD_MAX_BYTES} bytes or fewer."));
    }
    if words.has_any_in(password) && words.others_in(password) < FEWEST_OTHER_CHARS {
        return Err(format!(
            "Choose a password with at least {FEWEST_OTHER_CHARS} letters or digits beside your address, your \
             organization and the name of this program: those are guessed first."
        ));
    }
    if zxcvbn::zxcvbn(password, &[]).guesses() < FEWEST_GUESSES {
        return Err(
            "Choose a password that is harder to guess: this one is on the lists of common passwords, or made \
                    of one or two common words, names, numbers or repetitions. A few unrelated words are better."
                .to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> OwnWords {
        OwnWords::new("ops@example.com", "Acme Traders")
    }

    #[test]
    fn a_password_is_long_enough_and_not_endless() {
        for password in ["correct horse", "eleven eleven sale", "another password", "tulip anchor seven"] {
            assert_eq!(check_new_password(password, &words()), Ok(()), "{password}");
        }
        for password in ["", "short", &"x".repeat(1025)] {
            assert!(check_new_password(password, &words()).is_err(), "{}", password.len());
        }
    }

    #[test]
    fn a_common_password_is_refused() {
        for password in [
            "123456789012",
            "1234567890123456",
            "passwordpassword",
            "Password1234",
            "            ",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "qwertyuiop123",
            "1q2w3e4r5t6y",
            "iloveyou12345",
            "administrator",
            "jonathan1987",
            "letmein12345",
        ] {
            let refusal = check_new_password(password, &words()).expect_err(password);
            assert!(refusal.contains("harder to guess"), "{password}: {refusal}");
        }
    }

    #[test]
    fn a_password_of_the_words_of_its_owner_or_of_this_program_is_refused() {
        for password in [
            "flashsale2026!",
            "Flashsale-Flashsale",
            "flash sale flash",
            "ops@example.com",
            "OPS@EXAMPLE.COM1",
            "example-ops-2026",
            "acme traders 1",
            "AcmeTraders!!!",
        ] {
            let refusal = check_new_password(password, &words()).expect_err(password);
            assert!(refusal.contains("are guessed first"), "{password}: {refusal}");
        }
        assert_eq!(check_new_password("example of a tulip anchor", &words()), Ok(()));
    }
}
