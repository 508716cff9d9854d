//! The rules for names and other short texts.

/// Why a text was refused. Forms and the API show these messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum TextRefusal {
    /// The text is empty or only white space.
    #[error("Enter {} {what}.", article(what))]
    Missing {
        /// What the text is, in lower case: "promotion name".
        what: &'static str,
    },
    #[error("Shorten the {what} to {limit} characters or fewer: it has {length}.")]
    TooLong {
        what: &'static str,
        /// The largest length, in characters.
        limit: usize,
        /// The actual length, in characters.
        length: usize,
    },
    /// The text has a control character, or one that changes the direction of the text.
    #[error("Remove the hidden character U+{code:04X} from the {what}.")]
    Control {
        what: &'static str,
        /// The character's code point.
        code: u32,
    },
    #[error("Use only {allowed} in the {what}: it has “{found}”.")]
    NotAllowed {
        what: &'static str,
        /// The allowed characters, in words.
        allowed: &'static str,
        found: char,
    },
}

/// Trims a text of one line and checks that it is not empty, has at most `limit` characters and no hidden character.
pub fn single_line(what: &'static str, text: &str, limit: usize) -> Result<String, TextRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextRefusal::Missing { what });
    }
    let length = text.chars().count();
    if length > limit {
        return Err(TextRefusal::TooLong { what, limit, length });
    }
    match text.chars().find(|c| is_hidden(*c)) {
        Some(found) => Err(TextRefusal::Control { what, code: found.into() }),
        None => Ok(text.to_owned()),
    }
}

/// The indefinite article: "a store code", "an order number".
fn article(thing: &str) -> &'static str {
    if thing.to_ascii_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A number with a noun in the singular or plural: "1 SKU", "2 SKUs".
pub fn counted(number: impl ToString, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Converts a text to lower case for searching, so that "LAZ" finds "Lazada" on both databases.
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// Control characters, the replacement character, and the marks that reorder the text after them (Unicode TR9): all could
/// make one name look like another.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_keeps_any_visible_script() {
        for (typed, name) in
            [("  11.11 ", "11.11"), ("双十一 🎉", "双十一 🎉"), ("حملة", "حملة"), ("<b>'; --", "<b>'; --")]
        {
            assert_eq!(single_line("promotion name", typed, 20), Ok(name.to_owned()));
        }
    }

    #[test]
    fn what_is_missing_has_its_article() {
        let missing = |what| TextRefusal::Missing { what }.to_string();
        assert_eq!(missing("order number"), "Enter an order number.");
        assert_eq!(missing("SKU code"), "Enter a SKU code.");
        assert_eq!(missing("App secret"), "Enter an App secret.");
    }

    #[test]
    fn a_name_that_is_empty_long_or_hides_something_is_refused_with_what_to_do() {
        for (typed, words) in [
            ("", "Enter a promotion name."),
            ("\u{3000} ", "Enter a promotion name."),
            ("123456", "Shorten the promotion name to 5 characters or fewer: it has 6."),
            ("a\0b", "Remove the hidden character U+0000 from the promotion name."),
            ("a\u{202E}b", "Remove the hidden character U+202E from the promotion name."),
        ] {
            assert_eq!(single_line("promotion name", typed, 5).expect_err("refused").to_string(), words);
        }
    }
}
