//! What a name typed by a person or sent by a program may be.

/// Why a text was refused. The words say what to do, so that forms and the API can show them as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// Nothing, or only white space.
    #[error("Enter {} {what}.", article(what))]
    Missing {
        /// What the text is, in lower case: "promotion name".
        what: &'static str,
    },
    /// More characters than are kept.
    #[error("Shorten the {what} to {limit} characters or fewer: it has {length}.")]
    TooLong {
        /// What the text is.
        what: &'static str,
        /// The most characters.
        limit: usize,
        /// The characters it has.
        length: usize,
    },
    /// A control character, or one that turns the direction of the text around it.
    #[error("Remove the hidden character U+{code:04X} from the {what}.")]
    Control {
        /// What the text is.
        what: &'static str,
        /// The character's code point.
        code: u32,
    },
    /// A code with a character that codes do not have.
    #[error("Use only {allowed} in the {what}: it has “{found}”.")]
    NotAllowed {
        /// What the text is.
        what: &'static str,
        /// The characters that may be used, in words.
        allowed: &'static str,
        /// The first one that may not.
        found: char,
    },
}

/// Trims a name of one line and checks it: not empty, at most `limit` characters, nothing hidden.
///
/// # Errors
/// A [`TextRefusal`] that names `what` and says what to do.
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

/// What stands before a thing: "a store code", "an order number".
fn article(thing: &str) -> &'static str {
    if thing.to_ascii_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// A number and what it counts, of which there may be one: "1 SKU", "2 SKUs".
#[must_use]
pub fn counted(number: impl ToString, thing: &str) -> String {
    let number = number.to_string();
    let plural = if number == "1" { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Folds a text for searching: lower case, so that "LAZ" finds "Lazada" on both databases.
#[must_use]
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// Control characters, what stands for bytes that were no text, and the marks that reorder the text after them (Unicode TR9), which could make one name
/// look like another.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_keeps_any_visible_script() {
        for (typed, kept) in
            [("  11.11 ", "11.11"), ("双十一 🎉", "双十一 🎉"), ("حملة", "حملة"), ("<b>'; --", "<b>'; --")]
        {
            assert_eq!(single_line("promotion name", typed, 20), Ok(kept.to_owned()));
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
