//! The rules for names and other short texts.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic,
        GeneralCategory, JoiningType,
    },
};

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
    /// The text has a character that nobody sees, or one that changes the direction of the text.
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

/// Trims a name of one line and checks that it is not empty, has at most `limit` characters and no hidden character. Joiners
/// and variation selectors are part of some scripts and of emoji: they are allowed where they belong. The result is in the
/// Unicode form NFC, so that what looks the same is the same.
pub fn single_line(what: &'static str, text: &str, limit: usize) -> Result<String, TextRefusal> {
    let text = nfc(text.trim());
    check_length(what, &text, limit)?;
    let characters: Vec<char> = text.chars().collect();
    for (index, c) in characters.iter().enumerate() {
        let after = characters.get(index + 1).copied();
        if is_hidden(*c) && !belongs(&characters[..index], *c, after) {
            return Err(TextRefusal::Control { what, code: u32::from(*c) });
        }
    }
    Ok(text)
}

/// [`single_line`] for what people and programs identify something by: it has no hidden character at all, and every space in
/// it is U+0020, because nobody can tell another one from that.
pub fn identifier(what: &'static str, text: &str, limit: usize) -> Result<String, TextRefusal> {
    let text = nfc(text.trim());
    check_length(what, &text, limit)?;
    if let Some(found) = text.chars().find(|c| is_hidden(*c)) {
        return Err(TextRefusal::Control { what, code: found.into() });
    }
    let is_space = |c: char| category(c) == GeneralCategory::SpaceSeparator;
    Ok(text.replace(is_space, " "))
}

/// What to do about a hidden character in a number; `None` if it has none. A number that looks right is refused for it.
pub fn hidden_in_number(text: &str) -> Option<String> {
    let code = text.chars().find(|c| is_hidden(*c)).map(u32::from)?;
    Some(TextRefusal::Control { what: "number", code }.to_string())
}

/// [`single_line`] for secrets, which are used byte for byte as they were typed.
pub fn secret_line(what: &'static str, text: &str, limit: usize) -> Result<String, TextRefusal> {
    let text = text.trim();
    check_length(what, text, limit)?;
    match text.chars().find(|c| is_hidden(*c)) {
        Some(found) => Err(TextRefusal::Control { what, code: found.into() }),
        None => Ok(text.to_owned()),
    }
}

fn check_length(what: &'static str, text: &str, limit: usize) -> Result<(), TextRefusal> {
    let length = text.chars().count();
    match length {
        0 => Err(TextRefusal::Missing { what }),
        _ if length > limit => Err(TextRefusal::TooLong { what, limit, length }),
        _ => Ok(()),
    }
}

/// The Unicode form NFC of a text: one code point for “é”, however it was typed.
pub fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
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

/// Converts a text to lower case for searching, so that "LAZ" finds "Lazada" on both databases, and to NFC, so that it is
/// found however it is typed.
pub fn folded(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { nfc(&text.to_lowercase()) }
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// Whether nothing is seen of a character, by its Unicode properties, or people see it differently: two names could look the
/// same. The replacement character stands for one that was lost.
fn is_hidden(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    let is_invisible = matches!(
        category(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    );
    is_invisible || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || c == char::REPLACEMENT_CHARACTER
}

/// Whether a hidden character changes how its neighbours are written: a variation selector after an emoji, a joiner between
/// emoji, or one between letters that join (RFC 5892, appendix A).
fn belongs(before: &[char], c: char, after: Option<char>) -> bool {
    let Some(last) = before.last().copied() else { return false };
    match c {
        '\u{FE0E}' | '\u{FE0F}' => CodePointSetData::new::<Emoji>().contains(last),
        ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER => {
            let is_joined = after.is_some_and(|after| joins(last, after) || are_emoji(before, after));
            is_joined || CodePointMapData::<CanonicalCombiningClass>::new().get(last) == CanonicalCombiningClass::Virama
        }
        _ => false,
    }
}

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';

fn joins(before: char, after: char) -> bool {
    let of = |c: char| CodePointMapData::<JoiningType>::new().get(c);
    let to_the_next =
        matches!(of(before), JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::Transparent);
    to_the_next && matches!(of(after), JoiningType::DualJoining | JoiningType::RightJoining | JoiningType::Transparent)
}

fn are_emoji(before: &[char], after: char) -> bool {
    let is_pictograph = |c: char| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let is_modifier = |c: char| c == '\u{FE0F}' || CodePointSetData::new::<EmojiModifier>().contains(c);
    let base = before.iter().rev().copied().find(|c| !is_modifier(*c));
    base.is_some_and(is_pictograph) && is_pictograph(after)
}

/// `a, b and 3 more`: the first `most` of the names.
pub fn first_named<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let mut names = names.into_iter();
    let named: Vec<&str> = names.by_ref().take(most).collect();
    match names.count() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
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

    #[test]
    fn an_identifier_has_no_hidden_character_and_one_kind_of_space() {
        // By the properties Default_Ignorable_Code_Point, and the categories Cf, Cc, Zl, Zp, Co and Cn.
        for hidden in [
            '\u{200B}',
            '\u{00AD}',
            '\u{2060}',
            '\u{061C}',
            '\u{3164}',
            '\u{200C}',
            '\u{200D}',
            '\u{FE0F}',
            '\u{2028}',
            '\u{2029}',
            '\u{FEFF}',
            '\u{202E}',
            '\u{0}',
            '\u{115F}',
            '\u{180E}',
            '\u{E0041}',
            '\u{E000}',
            '\u{0378}',
            '\u{FFFE}',
            '\u{FFFD}',
            '\u{85}',
        ] {
            let typed = format!("TE{hidden}E");
            let words = identifier("SKU code", &typed, 64).expect_err("refused").to_string();
            assert_eq!(words, format!("Remove the hidden character U+{:04X} from the SKU code.", u32::from(hidden)));
            assert!(single_line("SKU name", &typed, 64).is_err(), "in a name: U+{:04X}", u32::from(hidden));
        }
        for (typed, code) in [
            ("A\u{A0}B", "A B"),
            ("A\u{3000}B\u{2009}C", "A B C"),
            ("Cafe\u{301}", "Caf\u{E9}"),
            ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"),
            ("双十一-١٢", "双十一-١٢"),
        ] {
            assert_eq!(identifier("SKU code", typed, 64), Ok(code.to_owned()));
        }
    }

    #[test]
    fn a_name_may_have_what_its_script_and_emoji_need() {
        for name in ["Lipstick ❤\u{FE0F}", "👩\u{200D}👩\u{200D}👧 set", "👍🏽\u{200D}❤", "می\u{200C}خواهم", "क्\u{200D}ष"]
        {
            assert_eq!(single_line("SKU name", name, 40), Ok(name.to_owned()), "{name}");
        }
        for name in ["TEE\u{200D}", "T\u{200D}EE", "\u{200D}TEE", "TEE\u{FE0F}", "❤\u{200D}", "می\u{200C}"] {
            assert!(single_line("SKU name", name, 40).is_err(), "{name:?}");
        }
        assert_eq!(single_line("SKU name", "Cafe\u{301}", 40), Ok("Café".to_owned()));
        assert_eq!(folded("CAFE\u{301}"), folded("café"));
    }
}
