//! When each API token was last used, to the minute: a write for each call would cost more than most calls do.

use crate::{
    db::{Database, staff::tokens},
    domain::moment::Moment,
};
use chrono::TimeDelta;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a use stands for those after it.
const PERIOD: TimeDelta = TimeDelta::minutes(1);

/// The latest use of each token that this server has written, by the hash of the token. Only hashes of tokens that there
/// are may be noted: strangers must not make it grow.
#[derive(Debug, Default)]
pub struct TokenUses(Mutex<HashMap<String, Moment>>);

impl TokenUses {
    /// Notes a use, in the background. If that fails, a use a minute later is noted.
    pub fn note(&self, database: &Database, token_hash: String, now: Moment) {
        if !self.is_due(&token_hash, now) {
            return;
        }
        let database = database.clone();
        actix_web::rt::spawn(async move {
            if let Err(error) = database.at_any_time().write(move |conn| tokens::note_use(conn, &token_hash, now)).await
            {
                tracing::debug!(%error, "the use of an API token was not noted");
            }
        });
    }

    fn is_due(&self, token_hash: &str, now: Moment) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(token_hash).is_some_and(|at| now.since(*at).abs() < PERIOD) {
            return false;
        }
        noted.insert(token_hash.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_once_a_minute() {
        let uses = TokenUses::default();
        let start = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let at = |seconds| start.plus(TimeDelta::seconds(seconds));
        let due: Vec<bool> = [0, 1, 59, 60, 61, 120].map(|seconds| uses.is_due("a", at(seconds))).to_vec();
        assert_eq!(due, [true, false, false, true, false, true]);
        assert!(uses.is_due("b", at(61)), "each token has its own");
        assert!(uses.is_due("a", at(-3600)), "also after the clock was set back");
    }
}
