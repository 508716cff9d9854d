//! Finding SKUs and promotions by what a person types: every word must be in the code or the name, upper or lower case.
//!
//! A word of three characters or more is found in the trigram index of its database. Shorter words have no trigrams: next to
//! a longer word they narrow its result; on their own the first is the beginning of a SKU's code, which the index of the
//! codes finds. There are few enough promotions to scan them.
//!
//! SQLite makes a set of all that its index finds. Words that match many rows are compared with each row instead, in the
//! order of the list, until its page is full.

use super::{connection::Conn, sql::Condition};
use crate::domain::text::{folded, nfc};
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// The characters of a search that are used: more than a code and a name of usual length have.
pub const SEARCH_LIMIT: usize = 200;

/// The fewest characters that have a trigram.
const TRIGRAM: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    Skus,
    Promotions,
    /// Drafts of promotions, by name: there are few, and what is still being typed has no index.
    Drafts,
}

impl Searched {
    /// The condition that finds the rows of the table in SQLite's full-text index, if there is one.
    fn full_text(self) -> Option<&'static str> {
        match self {
            Self::Skus => Some("skus.number IN (SELECT rowid FROM sku_search WHERE sku_search MATCH "),
            Self::Promotions => {
                Some("promotions.number IN (SELECT rowid FROM promotion_search WHERE promotion_search MATCH ")
            }
            Self::Drafts => None,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Skus => "skus.search_key",
            Self::Promotions => "promotions.search_key",
            Self::Drafts => "promotion_drafts.search_key",
        }
    }

    /// Whether a short word on its own is the beginning of a code. There are too many SKUs to scan them for two letters; a
    /// word in a script of whole words, such as Chinese, is searched for all the same.
    fn begins_with(self, word: &str) -> bool {
        match self {
            Self::Skus => word.is_ascii(),
            Self::Promotions | Self::Drafts => false,
        }
    }
}

/// The condition that a row of `searched` matches `text`; `None` when it has no words.
pub fn matching(conn: &mut Conn, searched: Searched, text: &str) -> QueryResult<Option<Condition>> {
    let words = words(text);
    let Some(first) = words.first() else { return Ok(None) };
    let (mut contained, mut short): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.chars().count() >= TRIGRAM);
    let mut condition = Condition::default().sql("(");
    let mut separator = "";
    if contained.is_empty() && searched.begins_with(first) {
        condition = begins_with_code(condition, first);
        separator = " AND ";
        short.remove(0);
    }
    if let (Conn::Sqlite(conn), Some(full_text), false) = (conn, searched.full_text(), contained.is_empty()) {
        let phrases: Vec<String> =
            contained.iter().map(|word| format!("\"{}\"", folded(word).replace('"', "\"\""))).collect();
        let phrases = phrases.join(" ");
        if searched != Searched::Skus || !are_many_skus(conn, &phrases)? {
            condition = condition.sql(full_text).text(phrases).sql(")");
            separator = " AND ";
            contained.clear();
        }
    }
    for word in contained.into_iter().chain(short) {
        // PostgreSQL's trigram index serves this.
        let like = condition.sql(separator).sql(searched.key()).sql(" LIKE ").text(containing(word));
        condition = like.sql(r" ESCAPE '\'");
        separator = " AND ";
    }
    Ok(Some(condition.sql(")")))
}

/// The condition that a kit has every word of `text` in its seller SKU, its title or the SKU of a component; `None` when it
/// has no words. The kits of a store are few enough to scan them. Both databases make only ASCII letters small.
pub fn matching_kits(text: &str) -> Option<Condition> {
    every_word(text, |mut condition, pattern| {
        for column in ["lower(listings.seller_sku)", "lower(listings.title)"] {
            condition = condition.sql(column).sql(" LIKE ").text(pattern).sql(r" ESCAPE '\' OR ");
        }
        let in_component =
            "EXISTS (SELECT 1 FROM kit_components k WHERE k.listing = listings.id AND lower(k.sku) LIKE ";
        condition.sql(in_component).text(pattern).sql(r" ESCAPE '\')")
    })
}

/// The condition that an unmatched line has every word of `text` in its seller SKU; `None` when it has no words. Likewise.
pub fn matching_unmatched_lines(text: &str) -> Option<Condition> {
    every_word(text, |condition, pattern| {
        condition.sql("lower(unmatched_lines.seller_sku) LIKE ").text(pattern).sql(r" ESCAPE '\'")
    })
}

/// What `has` adds to a condition for the pattern of a word, for every word of `text`; `None` when it has no words.
fn every_word(text: &str, has: impl Fn(Condition, &str) -> Condition) -> Option<Condition> {
    let mut condition = None;
    for word in words(text) {
        let of_word = has(Condition::default().sql("("), &pattern(&nfc(&word).to_ascii_lowercase())).sql(")");
        condition = Some(match condition {
            None => of_word,
            Some(before) => Condition::and(before, of_word),
        });
    }
    condition
}

/// Whether so many SKUs match that SQLite takes longer than a page to make a set of them.
fn are_many_skus(conn: &mut SqliteConnection, phrases: &str) -> QueryResult<bool> {
    let are_many = Condition::default()
        .sql("(SELECT count(*) = 2000 FROM (SELECT rowid FROM sku_search WHERE sku_search MATCH ")
        .text(phrases)
        .sql(" LIMIT 2000))");
    diesel::select(are_many).get_result(conn)
}

/// The words of a search as they were typed, without the characters that no code or name has.
pub(in crate::db) fn words(text: &str) -> Vec<String> {
    let seen: String = text.chars().take(SEARCH_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    seen.split_whitespace().map(str::to_owned).collect()
}

/// The pattern of folded texts that have `term` in them, to the letter. `\` escapes.
pub(in crate::db) fn containing(term: &str) -> String {
    pattern(&folded(term))
}

fn pattern(term: &str) -> String {
    let escaped: String = term
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}

/// Adds that the code begins with `word` as it was typed, in capitals or in small letters: codes are stored as they were
/// entered, and their own index sorts them by that.
fn begins_with_code(mut condition: Condition, word: &str) -> Condition {
    for (nth, (from, to)) in beginning_with(word).into_iter().enumerate() {
        condition = condition.sql(if nth == 0 { "((skus.code >= " } else { " OR (skus.code >= " }).text(from);
        condition = condition.sql(" AND skus.code < ").text(to).sql(")");
    }
    condition.sql(")")
}

/// The ranges of the codes that begin with `word` in each of its spellings: from the first, up to the second.
pub fn beginning_with(word: &str) -> Vec<(String, String)> {
    let mut spellings = vec![word.to_owned(), word.to_uppercase(), word.to_lowercase()];
    spellings.sort();
    spellings.dedup();
    spellings.into_iter().map(|from| (from.clone(), format!("{from}{}", char::MAX))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_cleaned_before_a_database_sees_them() {
        assert_eq!(words(" Groovy\0Cactus \u{3000} \t100% "), ["Groovy", "Cactus", "100%"]);
        assert_eq!(words(&"x".repeat(10_000)), ["x".repeat(SEARCH_LIMIT)]);
        assert!(words("\u{1}").is_empty());
    }

    #[test]
    fn a_pattern_takes_what_was_typed_by_the_letter() {
        assert_eq!(containing(r"50%_\x"), r"%50\%\_\\x%");
    }

    #[test]
    fn a_short_word_begins_the_code_in_any_of_its_spellings() {
        let ranges = beginning_with("Te");
        let beginnings: Vec<&str> = ranges.iter().map(|(from, _)| from.as_str()).collect();
        assert_eq!(beginnings, ["TE", "Te", "te"]);
    }
}
