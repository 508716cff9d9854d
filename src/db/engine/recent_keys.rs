//! SQLite's index of the keys of answers, and the keys that are not in it yet.
//!
//! Keys come in any order. An index that has each at once has a page to change for almost every key, and a commit writes all
//! of them: orders with keys would take half as long again. So answers are stored one behind the other, the keys of the last
//! ones are found in memory, and once there are many they are written into the index in the order of their hashes, a part
//! with each batch of orders: then many of them are on the same page.
//!
//! What is in memory follows from the tables alone. Each transaction reads first what was stored since the one before it, by
//! whichever program, and how far the index is. What this program has committed is known without reading it. So a transaction
//! that is rolled back leaves nothing here, and a program that is killed loses nothing. All of this happens under the lock of
//! the writer.

use super::sql::Condition;
use crate::{domain::id::TokenId, in_prepared};
use diesel::{dsl::max, prelude::*};
use hashbrown::HashTable;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

diesel::table! {
    idempotent_answers (number) {
        number -> BigInt,
        token_id -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Integer,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    answers_search (hash, number) {
        hash -> BigInt,
        number -> BigInt,
    }
}

diesel::table! {
    answers_search_progress (id) {
        id -> BigInt,
        indexed_to -> BigInt,
        indexing_to -> BigInt,
        below -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(idempotent_answers, answers_search_progress);

use answers_search_progress as progress;
use idempotent_answers as answers;

/// Keys in memory before they are written into the index, which takes until half as many have come again: 7 MiB. With a
/// million keys in the index, as many as are on a page are written to it at once.
const MOST: usize = 1 << 17;

/// Keys that are written into the index for each that comes, and those for every batch; as many at once, so that more of
/// them are on the same page.
const INDEXED_WITH_EACH: usize = 2;
const INDEXED_WITH_BATCH: usize = 32;
const INDEXED_AT_ONCE: usize = 512;

/// The hash of a key and of the token that it belongs to: neither negative nor the largest number.
#[derive(Debug, Clone, Copy)]
pub struct KeyHash(i64);

impl KeyHash {
    pub fn new(token: TokenId, key: &str) -> Self {
        let digest = Sha256::new().chain_update(token.as_str()).chain_update(" ").chain_update(key).finalize();
        let first = digest.first_chunk().expect("a hash has 32 bytes");
        Self(i64::from_be_bytes(*first) & (i64::MAX >> 1))
    }
}

/// An answer by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Insertable)]
#[diesel(table_name = answers_search, treat_none_as_default_value = false)]
struct Indexed {
    hash: i64,
    number: i64,
}

/// How far the index is: it has all answers up to `indexed_to`, and of those up to `indexing_to` the ones whose hash is less
/// than `below`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = progress)]
struct Progress {
    indexed_to: i64,
    indexing_to: i64,
    below: i64,
}

impl Progress {
    fn has(&self, key: Indexed) -> bool {
        key.number <= self.indexed_to || (key.number <= self.indexing_to && key.hash < self.below)
    }
}

/// Clones are the same.
#[derive(Clone)]
pub struct RecentKeys {
    recent: Arc<Mutex<Recent>>,
    most: usize,
    at_once: usize,
}

#[derive(Default)]
struct Recent {
    keys: HashTable<Indexed>,
    /// Those that are to be written into the index next, the first one last.
    next: Next,
    /// How many have fallen due since some of them were written last.
    due: usize,
    /// The number of the last answer that is known.
    read_to: i64,
    /// The transaction that found no answer behind it last.
    read_in: Option<Transaction>,
    /// What the transaction that is under way has stored behind it.
    uncommitted: Vec<Indexed>,
    transaction: Transaction,
    progress: Progress,
}

/// The keys of the answers up to a number that are not in the index, in the order of their hashes from the end.
#[derive(Default)]
struct Next {
    up_to: i64,
    keys: Vec<Indexed>,
}

/// Which transaction is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transaction(u64);

impl Default for RecentKeys {
    fn default() -> Self {
        Self::up_to(MOST, INDEXED_AT_ONCE)
    }
}

impl RecentKeys {
    /// Up to `most` keys, before they are written into the index, at least `at_once` at a time.
    pub fn up_to(most: usize, at_once: usize) -> Self {
        Self { recent: Arc::default(), most, at_once }
    }

    /// The numbers of all answers whose keys have one of `hashes`, in their order.
    pub fn numbers(
        &self,
        conn: &mut SqliteConnection,
        hashes: impl IntoIterator<Item = KeyHash>,
    ) -> QueryResult<Vec<i64>> {
        let mut recent = self.lock();
        recent.catch_up(conn)?;
        let mut numbers = Vec::new();
        let mut list = String::new();
        for KeyHash(hash) in hashes {
            numbers.extend(recent.with_hash(hash));
            list.push(if list.is_empty() { '[' } else { ',' });
            write!(list, "{hash}").expect("a text takes more");
        }
        if recent.progress != Progress::default() && !list.is_empty() {
            list.push(']');
            let is_one = "answers_search.hash IN (SELECT value FROM json_each(";
            let is_one = Condition::default().sql(is_one).text(list).sql("))");
            let indexed: Vec<i64> = answers_search::table.filter(is_one).select(answers_search::number).load(conn)?;
            numbers.extend(indexed);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// After answers to keys with `hashes` were stored in this order, in a transaction that has looked them up: writes some
    /// of those in memory into the index, if there are many.
    pub fn stored(
        &self,
        conn: &mut SqliteConnection,
        hashes: impl ExactSizeIterator<Item = KeyHash>,
    ) -> QueryResult<()> {
        let added = hashes.len();
        let recent = &mut *self.lock();
        // Otherwise their numbers are not known, and the next transaction reads them.
        if recent.read_in == Some(recent.transaction) {
            let last = recent.uncommitted.last().map_or(recent.read_to, |key| key.number);
            recent.uncommitted.extend(hashes.zip(last + 1..).map(|(KeyHash(hash), number)| Indexed { hash, number }));
        }
        recent.due += INDEXED_WITH_EACH * added + INDEXED_WITH_BATCH;
        if recent.due < self.at_once {
            return Ok(());
        }
        let due = std::mem::take(&mut recent.due);
        self.index_some(conn, recent, due)
    }

    /// When a transaction has begun. The one before it may have been rolled back.
    pub fn begun(&self) -> Transaction {
        let mut recent = self.lock();
        recent.uncommitted.clear();
        recent.transaction.0 += 1;
        recent.transaction
    }

    /// After the transaction was committed. If the next one has begun, because this one was given up, that reads what this
    /// one stored.
    pub fn committed(&self, transaction: Transaction) {
        let recent = &mut *self.lock();
        if recent.transaction == transaction
            && let Some(last) = recent.uncommitted.last()
        {
            recent.read_to = last.number;
            for key in recent.uncommitted.drain(..) {
                recent.keys.insert_unique(key.place(), key, Indexed::place);
            }
        }
    }

    fn index_some(&self, conn: &mut SqliteConnection, recent: &mut Recent, count: usize) -> QueryResult<()> {
        let mut progress = recent.progress;
        if progress.indexing_to == progress.indexed_to {
            if recent.keys.len() < self.most {
                return Ok(());
            }
            progress.indexing_to = recent.read_to;
        }
        recent.sort_next(progress);
        let part = recent.next.part(count);
        let oldest: i64 = answers::table.select(answers::number).order(answers::number).first(conn)?;
        // Of answers that were deleted meanwhile: they are on the pages that are written anyway.
        let gone = answers_search::table.filter(answers_search::hash.ge(progress.below));
        let gone = gone.filter(answers_search::hash.lt(part.below)).filter(answers_search::number.lt(oldest));
        diesel::delete(gone).execute(conn)?;
        let keys: Vec<Indexed> = part.keys.into_iter().filter(|key| key.number >= oldest).collect();
        in_prepared!(conn, diesel::insert_into(answers_search::table), keys)?;
        progress.below = part.below;
        if part.below == i64::MAX {
            progress = Progress { indexed_to: progress.indexing_to, indexing_to: progress.indexing_to, below: 0 };
        }
        diesel::update(progress::table).set(progress).execute(conn).map(drop)
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(|poisoned| {
            // Whatever panicked may have been in the middle of a change: it is read again.
            let mut recent = PoisonError::into_inner(poisoned);
            *recent = Recent { transaction: recent.transaction, ..Recent::default() };
            self.recent.clear_poison();
            recent
        })
    }
}

/// Keys that are next to be indexed: all that are below a hash.
struct Part {
    keys: Vec<Indexed>,
    below: i64,
}

impl Recent {
    fn catch_up(&mut self, conn: &mut SqliteConnection) -> QueryResult<()> {
        let last = answers::table.select(max(answers::number)).single_value();
        let (now, last): (Progress, Option<i64>) = progress::table.select((Progress::as_select(), last)).first(conn)?;
        self.forget_indexed(now);
        if last > Some(self.read_to) {
            self.read_new(conn)?;
        }
        self.read_in = Some(self.transaction);
        Ok(())
    }

    fn read_new(&mut self, conn: &mut SqliteConnection) -> QueryResult<()> {
        let now = self.progress;
        let stored = answers::table.filter(answers::number.gt(self.read_to)).order(answers::number);
        let stored = stored.select((answers::number, answers::token_id, answers::key));
        for row in stored.load_iter::<(i64, TokenId, String), _>(conn)? {
            let (number, token, key) = row?;
            self.read_to = number;
            let KeyHash(hash) = KeyHash::new(token, &key);
            let key = Indexed { hash, number };
            if !now.has(key) {
                self.keys.insert_unique(key.place(), key, Indexed::place);
            }
        }
        Ok(())
    }

    /// Drops what is in the index by now.
    fn forget_indexed(&mut self, now: Progress) {
        let before = std::mem::replace(&mut self.progress, now);
        if now == before {
            return;
        }
        self.read_to = self.read_to.max(now.indexed_to);
        let is_same = now.indexed_to == before.indexed_to && now.indexing_to == before.indexing_to;
        if !is_same || self.next.up_to != now.indexing_to {
            // Writing them began or ended, or another program writes them.
            self.keys.retain(|key| !now.has(*key));
            self.next.keys.retain(|key| !now.has(*key));
            return;
        }
        // The usual case does not look at all of them.
        while let Some(key) = self.next.keys.pop_if(|key| now.has(*key)) {
            if let Ok(indexed) = self.keys.find_entry(key.place(), |known| *known == key) {
                indexed.remove();
            }
        }
    }

    fn with_hash(&self, hash: i64) -> impl Iterator<Item = i64> {
        let place = Indexed { hash, number: 0 }.place();
        self.keys.iter_hash(place).filter(move |key| key.hash == hash).map(|key| key.number)
    }

    /// Sorts those that are to be indexed next, once for each number up to which the index is being written.
    fn sort_next(&mut self, progress: Progress) {
        if self.next.up_to == progress.indexing_to {
            return;
        }
        let next = self.keys.iter().filter(|key| key.number <= progress.indexing_to && !progress.has(**key));
        self.next = Next { up_to: progress.indexing_to, keys: next.copied().collect() };
        self.next.keys.sort_unstable_by(|one, next| next.cmp(one));
    }
}

impl Next {
    /// About `count` keys, and all with the hash of the last one.
    fn part(&self, count: usize) -> Part {
        let Some(last) = self.keys.iter().rev().nth(count) else {
            return Part { keys: self.keys.clone(), below: i64::MAX };
        };
        let below = last.hash + 1;
        let keys = self.keys.iter().rev().take_while(|key| key.hash < below).copied().collect();
        Part { keys, below }
    }
}

impl Indexed {
    /// Its hash in the table of those in memory, whose first and last bits count.
    fn place(&self) -> u64 {
        self.hash.cast_unsigned().rotate_left(32)
    }
}
