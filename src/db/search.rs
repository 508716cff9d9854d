//! Finding SKUs by what a person types: every word must be in the code or the name, upper or lower case.
//!
//! A word of three characters or more is looked up in the trigram index of its database. Shorter ones have no
//! trigrams: beside a longer word they narrow what that one finds; by themselves the first is the beginning of the
//! code, which its index finds.

use super::Conn;
use crate::domain::text::folded;
use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{Bool, HasSqlType, Text},
};

/// The characters of a search that are looked at: more than a code and a name of everyday length have.
pub const SEARCH_LIMIT: usize = 200;

/// The fewest characters that have a trigram.
const TRIGRAM: usize = 3;

/// The condition that a row of `skus` matches a search. Any query that reads that table can be filtered by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// SQLite's full-text index has this expression.
    FullText(String),
    /// The search key is like this pattern. PostgreSQL's trigram index serves it.
    Like(String),
    /// The code is in one of these ranges.
    CodeWithin(Vec<(String, String)>),
}

/// What finds the SKUs that match `text`; `None` when there is nothing in it to look for.
#[must_use]
pub fn matching(conn: &Conn, text: &str) -> Option<Matching> {
    let words = words(text);
    let first = words.first()?;
    let (long, short): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.chars().count() >= TRIGRAM);
    let mut conditions = Vec::new();
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => conditions.extend(long.iter().map(|word| contains(&folded(word)))),
        Conn::Sqlite(_) if long.is_empty() => {}
        Conn::Sqlite(_) => {
            let phrases: Vec<String> =
                long.iter().map(|word| format!("\"{}\"", folded(word).replace('"', "\"\""))).collect();
            conditions.push(Condition::FullText(phrases.join(" ")));
        }
    }
    let mut narrowing = short.into_iter();
    if long.is_empty() {
        conditions.push(code_begins(first));
        narrowing.next();
    }
    conditions.extend(narrowing.map(|word| contains(&folded(word))));
    Some(Matching(conditions))
}

/// The words of a search as they were typed, without the characters that no code or name has.
fn words(text: &str) -> Vec<String> {
    let seen: String = text.chars().take(SEARCH_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect();
    seen.split_whitespace().map(str::to_owned).collect()
}

fn contains(folded: &str) -> Condition {
    let escaped: String =
        folded.chars().flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c])).collect();
    Condition::Like(format!("%{escaped}%"))
}

/// The codes that begin with `word` as it was typed, in capitals or in small letters: codes are kept as they are, and
/// only their own index knows how they begin.
fn code_begins(word: &str) -> Condition {
    let mut spellings = vec![word.to_owned(), word.to_uppercase(), word.to_lowercase()];
    spellings.sort();
    spellings.dedup();
    let range = |from: String| {
        let to = format!("{from}{}", char::MAX);
        (from, to)
    };
    Condition::CodeWithin(spellings.into_iter().map(range).collect())
}

impl Expression for Matching {
    type SqlType = Bool;
}
impl ValidGrouping<()> for Matching {
    type IsAggregate = is_aggregate::No;
}
impl<From> AppearsOnTable<From> for Matching {}
impl<From> SelectableExpression<From> for Matching {}
impl QueryId for Matching {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Matching
where
    DB: Backend + HasSqlType<Text>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        for (nth, condition) in self.0.iter().enumerate() {
            if nth > 0 {
                out.push_sql(" AND ");
            }
            condition.walk(&mut out)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl Condition {
    fn walk<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<Text>,
        String: ToSql<Text, DB>,
    {
        match self {
            Self::FullText(expression) => {
                out.push_sql("skus.number IN (SELECT rowid FROM sku_search WHERE sku_search MATCH ");
                out.push_bind_param::<Text, String>(expression)?;
                out.push_sql(")");
            }
            Self::Like(pattern) => {
                out.push_sql("skus.search_key LIKE ");
                out.push_bind_param::<Text, String>(pattern)?;
                out.push_sql(r" ESCAPE '\'");
            }
            Self::CodeWithin(ranges) => {
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
        let Condition::CodeWithin(ranges) = code_begins("Te") else { panic!("ranges") };
        let beginnings: Vec<&str> = ranges.iter().map(|(from, _)| from.as_str()).collect();
        assert_eq!(beginnings, ["TE", "Te", "te"]);
    }
}
