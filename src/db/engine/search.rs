//! Finding SKUs and promotions by what a person types: every word must be in the code or the name, upper or lower case.
//!
//! A word of three characters or more is found in the trigram index of its database. Shorter words have no trigrams: next to
//! a longer word they narrow its result; on their own the first is the beginning of a SKU's code, which the index of the
//! codes finds. There are few enough promotions to scan them.

use super::{connection::Conn, node::sql_node};
use crate::domain::text::folded;
use diesel::{
    backend::Backend,
    query_builder::{AstPass, QueryFragment},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text},
};

/// The characters of a search that are used: more than a code and a name of usual length have.
pub const SEARCH_LIMIT: usize = 200;

/// The fewest characters that have a trigram.
const TRIGRAM: usize = 3;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Searched {
    /// SKUs, by code and name.
    Skus,
    /// Promotions, by name.
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

    /// The column with the folded text.
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

/// The condition that a row matches a search. Any query that reads the searched table can be filtered by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    searched: Searched,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// SQLite's full-text index has this expression.
    FullText(String),
    /// The search key is like this pattern. PostgreSQL's trigram index serves it.
    Like(String),
    /// The code is in one of these ranges.
    Within(Vec<(String, String)>),
}

/// What finds the rows of `searched` that match `text`; `None` when it has no words.
#[must_use]
pub fn matching(conn: &Conn, searched: Searched, text: &str) -> Option<Matching> {
    let words = words(text);
    let first = words.first()?;
    let (long, short): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.chars().count() >= TRIGRAM);
    let has_full_text = searched.full_text().is_some() && matches!(conn, Conn::Sqlite(_));
    let mut conditions = Vec::new();
    if has_full_text && !long.is_empty() {
        let phrases: Vec<String> =
            long.iter().map(|word| format!("\"{}\"", folded(word).replace('"', "\"\""))).collect();
        conditions.push(Condition::FullText(phrases.join(" ")));
    } else {
        conditions.extend(long.iter().map(|word| contains(word)));
    }
    let mut narrowing = short.into_iter();
    if long.is_empty() && searched.begins_with(first) {
        conditions.push(begins(first));
        narrowing.next();
    }
    conditions.extend(narrowing.map(|word| contains(word)));
    Some(Matching { searched, conditions })
}

/// The words of a search as they were typed, without the characters that no code or name has.
fn words(text: &str) -> Vec<String> {
    let seen: String = text.chars().take(SEARCH_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    seen.split_whitespace().map(str::to_owned).collect()
}

fn contains(word: &str) -> Condition {
    Condition::Like(containing(word))
}

/// The pattern of folded texts that have `term` in them, to the letter. `\` escapes.
fn containing(term: &str) -> String {
    let escaped: String = folded(term)
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}

/// The codes that begin with `word` as it was typed, in capitals or in small letters: codes are stored as they were entered,
/// and their own index sorts them by that.
fn begins(word: &str) -> Condition {
    Condition::Within(beginning_with(word))
}

/// The ranges of the codes that begin with `word` in each of its spellings: from the first, up to the second.
#[must_use]
pub fn beginning_with(word: &str) -> Vec<(String, String)> {
    let mut spellings = vec![word.to_owned(), word.to_uppercase(), word.to_lowercase()];
    spellings.sort();
    spellings.dedup();
    spellings.into_iter().map(|from| (from.clone(), format!("{from}{}", char::MAX))).collect()
}

sql_node!(Matching => Bool);

impl<DB> QueryFragment<DB> for Matching
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        for (nth, condition) in self.conditions.iter().enumerate() {
            if nth > 0 {
                out.push_sql(" AND ");
            }
            condition.walk(self.searched, &mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl Condition {
    fn walk<'b, DB>(&'b self, searched: Searched, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<Text>,
        String: ToSql<Text, DB>,
    {
        match self {
            Self::FullText(expression) => {
                out.push_sql(searched.full_text().expect("only what has a full-text index is asked of it"));
                out.push_bind_param::<Text, String>(expression)?;
                out.push_sql(")");
            }
            Self::Like(pattern) => {
                out.push_sql(searched.key());
                out.push_sql(" LIKE ");
                out.push_bind_param::<Text, String>(pattern)?;
                out.push_sql(r" ESCAPE '\'");
            }
            Self::Within(ranges) => {
                for (nth, (from, to)) in ranges.iter().enumerate() {
                    out.push_sql(if nth == 0 { "((skus.code >= " } else { " OR (skus.code >= " });
                    out.push_bind_param::<Text, String>(from)?;
                    out.push_sql(" AND skus.code < ");
                    out.push_bind_param::<Text, String>(to)?;
                    out.push_sql(")");
                }
                out.push_sql(")");
            }
        }
        Ok(())
    }
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
        assert_eq!(contains(r"50%_\x"), Condition::Like(r"%50\%\_\\x%".to_owned()));
    }

    #[test]
    fn a_short_word_begins_the_code_in_any_of_its_spellings() {
        let Condition::Within(ranges) = begins("Te") else { panic!("ranges") };
        let beginnings: Vec<&str> = ranges.iter().map(|(from, _)| from.as_str()).collect();
        assert_eq!(beginnings, ["TE", "Te", "te"]);
    }
}
