//! Answers to keys are found wherever they are: in memory, in SQLite's index, or while that is being written.

use crate::support::{NOON, TestApp, moment};
use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
use flashsale::{
    db::{
        self, Conn, KeyHash, QueryResult, RecentKeys,
        idempotency::{self, NewAnswer},
    },
    domain::{id::TokenId, moment::Moment},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::collections::{BTreeMap, BTreeSet};

/// So few keys in memory that they are always being written into the index, and so few at once that it takes several
/// transactions.
const MOST: usize = 150;
const AT_ONCE: usize = 16;

#[derive(QueryableByName, Debug)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    stored: i64,
    #[diesel(sql_type = BigInt)]
    indexed: i64,
    #[diesel(sql_type = BigInt)]
    indexed_to: i64,
    #[diesel(sql_type = BigInt)]
    indexing_to: i64,
}

/// The answer to a key that is used now.
fn body_of(key: &str, now: Moment) -> String {
    format!("{key} at {now:?}")
}

/// Answers those of `keys` that have no answer, and returns what the others had.
fn answer_all(
    conn: &mut Conn,
    recent: &RecentKeys,
    token: TokenId,
    keys: &BTreeSet<String>,
    now: Moment,
) -> QueryResult<BTreeMap<String, String>> {
    idempotency::forget_old(conn, now)?;
    let hashed = keys.iter().map(|key| (key.as_str(), KeyHash::new(token, key)));
    let found = idempotency::find_all(conn, recent, token, hashed.clone(), now)?;
    let mut rows = Vec::new();
    for (key, key_hash) in hashed {
        if !found.contains_key(key) {
            let body = body_of(key, now);
            rows.push(NewAnswer {
                token_id: token,
                key,
                key_hash,
                request_hash: "",
                status: 200,
                body,
                created_at: now,
            });
        }
    }
    idempotency::insert(conn, recent, &rows)?;
    Ok(found.into_iter().map(|(key, answer)| (key, answer.body)).collect())
}

#[test]
fn each_key_has_its_answer_for_a_day_whichever_server_gave_it_and_however_far_the_index_is() {
    let app = TestApp::start_empty(&[]);
    let mut random = StdRng::seed_from_u64(15);
    let tokens: [TokenId; 2] = [uuid::Uuid::from_u128(1).into(), uuid::Uuid::from_u128(2).into()];
    let mut servers = [RecentKeys::up_to(MOST, AT_ONCE), RecentKeys::up_to(MOST, AT_ONCE)];
    let mut known: BTreeMap<(usize, String), (Moment, String)> = BTreeMap::new();
    let mut now = moment(NOON);
    let mut replayed = 0;
    let mut half_written = 0;
    for round in 0..600 {
        now = now.plus(TimeDelta::minutes(10));
        known.retain(|_, (at, _)| *at >= now.plus(-idempotency::KEPT_FOR));
        let server = random.random_range(0..2);
        let owner = random.random_range(0..2);
        let keys: BTreeSet<String> =
            (0..random.random_range(1..20)).map(|_| format!("key-{}", random.random_range(0..3_000))).collect();
        let is_rolled_back = random.random_range(0..5) == 0;
        let mut found = BTreeMap::new();
        let mut transaction = None;
        let done = app.database.write_blocking(|conn| {
            transaction = Some(servers[server].begun());
            found = answer_all(conn, &servers[server], tokens[owner], &keys, now)?;
            if is_rolled_back { Err(diesel::result::Error::RollbackTransaction) } else { Ok(()) }
        });
        assert_eq!(done.is_err(), is_rolled_back, "{done:?}");
        let transaction = transaction.expect("it was tried");
        match random.random_range(0..3) {
            // As the database does for its own.
            0 if !is_rolled_back => servers[server].committed(transaction),
            // It was notified too late, or not at all: what was stored is read.
            1 => {
                let next = servers[server].begun();
                servers[server].committed(transaction);
                servers[server].committed(next);
            }
            _ => {}
        }
        for key in keys {
            let expected = known.get(&(owner, key.clone())).map(|(_, body)| body);
            assert_eq!(found.get(&key), expected, "{key} in round {round}");
            replayed += usize::from(expected.is_some());
            if expected.is_none() && !is_rolled_back {
                let body = body_of(&key, now);
                known.insert((owner, key), (now, body));
            }
        }
        let counts = app.database.read_blocking(count).expect("a read");
        half_written += usize::from(counts.is_some_and(|counts| counts.indexing_to > counts.indexed_to));
        if random.random_range(0..20) == 0 {
            // It was killed, and another one is started.
            servers[server] = RecentKeys::up_to(MOST, AT_ONCE);
        }
    }
    assert!(replayed > 300, "{replayed} keys came again");
    // On SQLite the index was written many times over, and what it has of answers that are gone is bounded.
    let Some(counts) = app.database.read_blocking(count).expect("a read") else { return };
    let live = i64::try_from(known.len()).expect("a few");
    assert_eq!(counts.stored, live);
    assert!(counts.indexed_to > 3_000, "{counts:?}");
    assert!(counts.indexed <= 2 * live, "{counts:?}");
    assert!(half_written > 50, "the index was written in parts in {half_written} rounds");
}

/// What SQLite has, and how far its index is.
fn count(conn: &mut Conn) -> Result<Option<Counts>, db::Error> {
    if !matches!(conn, Conn::Sqlite(_)) {
        return Ok(None);
    }
    let counts = "SELECT (SELECT count(*) FROM idempotent_answers) AS stored,
        (SELECT count(*) FROM answers_search) AS indexed, indexed_to, indexing_to FROM answers_search_progress";
    Ok(Some(sql_query(counts).get_result(conn)?))
}
