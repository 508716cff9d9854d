//! The first responses to requests with an `Idempotency-Key`. PostgreSQL has a unique index of the keys. SQLite stores
//! responses one behind the other, and finds them as [`RecentKeys`] says.

use super::{
    Conn,
    engine::{
        recent_keys::{KeyHash, RecentKeys},
        schema::idempotent_answers as answers,
        sql::{SqlText, sql},
    },
};
use crate::domain::{id::TokenId, moment::Moment};
#[cfg(feature = "postgres")]
use crate::{db::engine::among::among, on_db};
use chrono::TimeDelta;
#[cfg(feature = "postgres")]
use diesel::{pg::Pg, sql_types::Array};
use diesel::{
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Integer, Text, Timestamp},
    sqlite::Sqlite,
};
use std::collections::HashMap;

/// How long a response is stored. After that its key is free; requests with keys delete older ones, some at a time.
pub const KEPT_FOR: TimeDelta = TimeDelta::hours(24);

/// The most responses that are deleted at once: those of a day of many orders would take longer than a request may.
const FORGOTTEN_AT_ONCE: i64 = 2_500;

/// The place of a response on SQLite.
const NUMBER: SqlText<BigInt> = sql("idempotent_answers.number");

/// A request with a key. Keys belong to the token that sent them.
#[derive(Debug, Clone)]
pub struct KeyedRequest {
    token: TokenId,
    key: String,
    key_hash: KeyHash,
    /// SHA-256 of the request.
    pub request_hash: String,
}

impl KeyedRequest {
    pub fn new(token: TokenId, key: String, request_hash: String) -> Self {
        Self { token, key_hash: KeyHash::new(token, &key), key, request_hash }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = answers)]
pub struct FirstAnswer {
    /// SHA-256 of the first request.
    pub request_hash: String,
    pub status: i32,
    /// As it was sent; of orders that were all accepted only what is not in the request.
    pub body: String,
}

/// A response that was not stored before.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub token_id: TokenId,
    pub key: &'a str,
    pub key_hash: KeyHash,
    pub request_hash: &'a str,
    pub status: i32,
    pub body: String,
    pub created_at: Moment,
}

/// Whether the database refuses a second response to a key by itself. If not, each key has to be looked up first.
pub fn are_unique(conn: &Conn) -> bool {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => true,
        Conn::Sqlite(_) => false,
    }
}

/// Reserves the key of `request` until the transaction ends, or returns the first response to it. Of two requests at
/// the same time, the second waits here for the transaction of the first.
pub fn claim(
    conn: &mut Conn,
    recent: &RecentKeys,
    request: &KeyedRequest,
    now: Moment,
) -> QueryResult<Option<FirstAnswer>> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => reserve(conn, request, now),
        // It has the lock of the writer.
        Conn::Sqlite(_) => {
            let KeyedRequest { token, key, key_hash, .. } = request;
            let mut found = find_all(conn, recent, *token, [(key.as_str(), *key_hash)], now)?;
            Ok(found.remove(key))
        }
    }
}

#[cfg(feature = "postgres")]
fn reserve(conn: &mut Conn, request: &KeyedRequest, now: Moment) -> QueryResult<Option<FirstAnswer>> {
    let KeyedRequest { token, key, request_hash, .. } = request;
    let row = (
        answers::token_id.eq(token),
        answers::key.eq(key),
        answers::request_hash.eq(request_hash),
        answers::status.eq(0),
        answers::body.eq(""),
        answers::created_at.eq(now),
    );
    let claimed =
        on_db!(conn, |conn| diesel::insert_into(answers::table).values(row).on_conflict_do_nothing().execute(conn))?;
    if claimed == 1 {
        return Ok(None);
    }
    let stored = answers::table.find((token, key)).select((FirstAnswer::as_select(), answers::created_at));
    let (first, at): (FirstAnswer, Moment) = stored.first(conn)?;
    if is_old(at, now) {
        diesel::delete(answers::table.find((token, key))).execute(conn)?;
        return reserve(conn, request, now);
    }
    Ok(Some(first))
}

fn is_old(at: Moment, now: Moment) -> bool {
    at < now.plus(-KEPT_FOR)
}

/// The first responses to those of the `keys` of a token that were used before `now`. The keys of those that are too old
/// are free.
pub fn find_all<'a>(
    conn: &mut Conn,
    recent: &RecentKeys,
    token: TokenId,
    keys: impl IntoIterator<Item = (&'a str, KeyHash)>,
    now: Moment,
) -> QueryResult<HashMap<String, FirstAnswer>> {
    let of_token = answers::table.filter(answers::token_id.eq(token));
    let of_token = of_token.select((answers::key, FirstAnswer::as_select(), answers::created_at));
    let found: Vec<(String, FirstAnswer, Moment)> = match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            let keys = keys.into_iter().map(|(key, _)| key);
            of_token.filter(among(conn, "idempotent_answers.key", keys)).load(conn)?
        }
        Conn::Sqlite(file) => {
            let numbers = recent.numbers(file, keys.into_iter().map(|(_, hash)| hash))?;
            let mut found = Vec::new();
            // Later ones replace earlier ones.
            for number in numbers {
                found.extend(of_token.filter(NUMBER.eq(number)).first(conn).optional()?);
            }
            found
        }
    };
    let mut first = HashMap::new();
    let mut old = Vec::new();
    for (key, answer, at) in found {
        if is_old(at, now) {
            old.push(key);
        } else {
            first.insert(key, answer);
        }
    }
    free(conn, token, &old)?;
    Ok(first)
}

/// Deletes responses that are too old. On SQLite the next one to such a key counts, and [`forget_old`] deletes this one.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "PostgreSQL alone has unique keys"))]
fn free(conn: &mut Conn, token: TokenId, old: &[String]) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(_) => {
            if old.is_empty() {
                return Ok(());
            }
            let of_old = among(conn, "idempotent_answers.key", old);
            diesel::delete(answers::table.filter(answers::token_id.eq(token)).filter(of_old)).execute(conn).map(drop)
        }
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Stores responses with their keys. If one of the keys was used before, the transaction fails on PostgreSQL and is tried
/// again; on SQLite all were looked up in it.
pub fn insert(conn: &mut Conn, recent: &RecentKeys, rows: &[NewAnswer<'_>]) -> QueryResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => InsertAll::of(rows).execute(conn).map(drop),
        Conn::Sqlite(conn) => {
            let (batches, rest) = rows.as_chunks::<ROWS_TOGETHER>();
            for batch in batches {
                InsertRows(batch).execute(conn)?;
            }
            for row in rest {
                InsertRows(std::array::from_ref(row)).execute(conn)?;
            }
            recent.stored(conn, rows.iter().map(|row| row.key_hash))
        }
    }
}

/// Rows that are inserted together into SQLite: about half of a batch of orders.
const ROWS_TOGETHER: usize = 16;

/// Inserts rows with a statement that is prepared once for their number. Diesel's own takes none that borrow what they
/// store.
struct InsertRows<'a, const N: usize>(&'a [NewAnswer<'a>; N]);

impl<const N: usize> QueryId for InsertRows<'_, N> {
    type QueryId = InsertRows<'static, N>;
}

impl<const N: usize> RunQueryDsl<SqliteConnection> for InsertRows<'_, N> {}

impl<const N: usize> QueryFragment<Sqlite> for InsertRows<'_, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("INSERT INTO idempotent_answers (token_id, key, request_hash, status, body, created_at) VALUES ");
        for (place, row) in self.0.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { "), (" });
            out.push_bind_param::<Text, _>(&row.token_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.key)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.request_hash)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.status)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&row.body)?;
            out.push_sql(", ");
            out.push_bind_param::<Timestamp, _>(&row.created_at)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

/// Inserts rows with a statement that is the same for any number of them, so that it is planned once.
#[cfg(feature = "postgres")]
struct InsertAll<'a> {
    tokens: Vec<&'a str>,
    keys: Vec<&'a str>,
    request_hashes: Vec<&'a str>,
    statuses: Vec<i32>,
    bodies: Vec<&'a str>,
    created_at: Vec<Moment>,
}

#[cfg(feature = "postgres")]
impl<'a> InsertAll<'a> {
    fn of(rows: &'a [NewAnswer<'a>]) -> Self {
        Self {
            tokens: rows.iter().map(|row| row.token_id.as_str()).collect(),
            keys: rows.iter().map(|row| row.key).collect(),
            request_hashes: rows.iter().map(|row| row.request_hash).collect(),
            statuses: rows.iter().map(|row| row.status).collect(),
            bodies: rows.iter().map(|row| row.body.as_str()).collect(),
            created_at: rows.iter().map(|row| row.created_at).collect(),
        }
    }
}

#[cfg(feature = "postgres")]
impl RunQueryDsl<PgConnection> for InsertAll<'_> {}

#[cfg(feature = "postgres")]
impl QueryId for InsertAll<'_> {
    type QueryId = InsertAll<'static>;
}

#[cfg(feature = "postgres")]
impl QueryFragment<Pg> for InsertAll<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO idempotent_answers (token_id, key, request_hash, status, body, created_at)");
        out.push_sql(" SELECT * FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.tokens)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.request_hashes)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Integer>, _>(&self.statuses)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.bodies)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Timestamp>, _>(&self.created_at)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Stores the response to a request whose key was claimed in this transaction.
pub fn save(
    conn: &mut Conn,
    recent: &RecentKeys,
    request: &KeyedRequest,
    answer: (i32, &str),
    now: Moment,
) -> QueryResult<()> {
    let KeyedRequest { token, key, key_hash, request_hash } = request;
    let (status, body) = answer;
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => diesel::update(answers::table.find((token, key)))
            .set((answers::status.eq(status), answers::body.eq(body), answers::created_at.eq(now)))
            .execute(conn)
            .map(drop),
        Conn::Sqlite(_) => {
            let body = body.to_owned();
            let row =
                NewAnswer { token_id: *token, key, key_hash: *key_hash, request_hash, status, body, created_at: now };
            insert(conn, recent, &[row])
        }
    }
}

/// Gives up a key that was claimed in this transaction: the next request may use it for anything.
#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "PostgreSQL alone has unique keys"))]
pub fn release(conn: &mut Conn, request: &KeyedRequest) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            diesel::delete(answers::table.find((request.token, &request.key))).execute(conn).map(drop)
        }
        // Nothing is stored before the response.
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Deletes responses that are too old at `now`, the oldest first.
pub fn forget_old(conn: &mut Conn, now: Moment) -> QueryResult<()> {
    let before = now.plus(-KEPT_FOR);
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            let old = answers::table.filter(answers::created_at.lt(before)).order(answers::created_at);
            let some: Vec<Moment> = old.select(answers::created_at).limit(FORGOTTEN_AT_ONCE).load(conn)?;
            let Some(last) = some.last() else { return Ok(()) };
            diesel::delete(answers::table.filter(answers::created_at.le(last))).execute(conn).map(drop)
        }
        Conn::Sqlite(conn) => {
            let rows = answers::table.select((NUMBER, answers::created_at)).order(NUMBER);
            let oldest: Option<(i64, Moment)> = rows.first(conn).optional()?;
            if oldest.is_none_or(|(_, at)| at >= before) {
                return Ok(());
            }
            // One more: the last row stays, so that the next has a higher number.
            let some: Vec<(i64, Moment)> = rows.limit(FORGOTTEN_AT_ONCE + 1).load(conn)?;
            let last = some[..some.len() - 1].iter().take_while(|(_, at)| *at < before).last();
            let Some((last, _)) = last else { return Ok(()) };
            diesel::delete(answers::table.filter(NUMBER.le(*last))).execute(conn).map(drop)
        }
    }
}
