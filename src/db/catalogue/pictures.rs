//! The pictures of SKUs: a small thumbnail each, and those that are still to be fetched from an address.

use crate::{
    db::{
        Conn,
        engine::{
            among::among,
            schema::{picture_fetches, pictures},
        },
    },
    domain::{code::SkuCode, moment::Moment},
    in_prepared, on_db,
    thumbnail::{MEDIA_TYPE, Thumbnail},
};
use chrono::DateTime;
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Tries of an address that does not answer, before it is given up.
pub const TRIES: i64 = 5;

/// The pictures of the SKUs of a list.
#[derive(Debug, Clone, Default)]
pub struct Pictures {
    /// Whether any SKU has one, in the list or elsewhere.
    are_used: bool,
    hashes: HashMap<SkuCode, String>,
}

impl Pictures {
    pub fn read<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<Self> {
        let first = pictures::table.select(pictures::sku).first::<SkuCode>(conn).optional()?;
        if first.is_none() {
            return Ok(Self::default());
        }
        Ok(Self { are_used: true, hashes: hashes(conn, codes)? })
    }

    /// The hash of the picture of a SKU, or an empty text for the box of one that has none: rows are of one height. `None`,
    /// and no box, while no SKU has a picture.
    pub fn of(&self, code: &SkuCode) -> Option<String> {
        self.are_used.then(|| self.hashes.get(code).cloned().unwrap_or_default())
    }
}

fn hashes<'a>(conn: &mut Conn, codes: impl IntoIterator<Item = &'a SkuCode>) -> QueryResult<HashMap<SkuCode, String>> {
    let of_codes = pictures::table.filter(among(conn, "pictures.sku", codes));
    let pairs: Vec<(SkuCode, String)> = of_codes.select((pictures::sku, pictures::hash)).load(conn)?;
    Ok(pairs.into_iter().collect())
}

/// The media type and the bytes of the picture with a hash.
pub fn content(conn: &mut Conn, hash: &str) -> QueryResult<Option<(String, Vec<u8>)>> {
    let of_hash = pictures::table.filter(pictures::hash.eq(hash));
    of_hash.select((pictures::media_type, pictures::bytes)).first(conn).optional()
}

/// Gives a SKU, which exists, a picture instead of the one that it has or waits for. `source` is the address that it came
/// from, or empty.
pub fn set(conn: &mut Conn, sku: &SkuCode, thumbnail: &Thumbnail, source: &str, at: Moment) -> QueryResult<()> {
    delete(conn, sku)?;
    diesel::insert_into(pictures::table)
        .values((
            pictures::sku.eq(sku),
            pictures::hash.eq(&thumbnail.hash),
            pictures::media_type.eq(MEDIA_TYPE),
            pictures::source.eq(source),
            pictures::at.eq(at),
            pictures::bytes.eq(&thumbnail.bytes),
        ))
        .execute(conn)
        .map(drop)
}

/// Removes the picture of a SKU, also the one that it waits for. Its listings give it none from now on.
pub fn remove(conn: &mut Conn, sku: &SkuCode) -> QueryResult<()> {
    delete(conn, sku)?;
    let removed = (picture_fetches::sku.eq(sku), picture_fetches::address.eq(""));
    diesel::insert_into(picture_fetches::table).values(removed).execute(conn).map(drop)
}

fn delete(conn: &mut Conn, sku: &SkuCode) -> QueryResult<()> {
    diesel::delete(picture_fetches::table.find(sku)).execute(conn)?;
    diesel::delete(pictures::table.find(sku)).execute(conn).map(drop)
}

/// `to` has the picture of `from` from now on, unless it has one.
pub fn merge(conn: &mut Conn, from: &SkuCode, to: &SkuCode) -> QueryResult<()> {
    if hashes(conn, [from, to])?.len() == 1 {
        let of_from = pictures::table.find(from);
        let moved = diesel::update(of_from).set(pictures::sku.eq(to)).execute(conn)?;
        if moved > 0 {
            diesel::delete(picture_fetches::table.find(to)).execute(conn)?;
        }
    }
    delete(conn, from)
}

/// What is known of a picture that a SKU does not have yet.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = picture_fetches)]
pub struct Fetch {
    pub sku: SkuCode,
    pub address: String,
    /// How often it was tried.
    pub tries: i64,
    /// Why the last try failed; empty if none has.
    pub failure: String,
    next_try_at: Option<Moment>,
}

impl Fetch {
    pub fn is_given_up(&self) -> bool {
        self.next_try_at.is_none()
    }
}

/// The fetch of a SKU that waits, or that was given up.
pub fn fetch_of(conn: &mut Conn, sku: &SkuCode) -> QueryResult<Option<Fetch>> {
    let of_sku = picture_fetches::table.find(sku).filter(picture_fetches::address.ne(""));
    of_sku.select(Fetch::as_select()).first(conn).optional()
}

/// When a new fetch is due: at once.
fn at_once() -> Moment {
    DateTime::UNIX_EPOCH.into()
}

/// Lets the picture of a listing be fetched for its SKU, which exists: see [`ask_all`].
pub fn ask(conn: &mut Conn, sku: &SkuCode, address: &str) -> QueryResult<()> {
    ask_all(conn, &[(sku.clone(), address.to_owned())])
}

/// Lets pictures of listings be fetched for their SKUs, which exist. A SKU that has a picture, waits for one, or is to have
/// none stays as it is; so does one whose listing has none.
pub fn ask_all(conn: &mut Conn, asked: &[(SkuCode, String)]) -> QueryResult<()> {
    let have = hashes(conn, asked.iter().map(|(sku, _)| sku))?;
    let mut seen = HashSet::new();
    let mut rows = Vec::new();
    for (sku, address) in asked {
        if address.is_empty() || have.contains_key(sku) || !seen.insert(sku) {
            continue;
        }
        let of_sku = (picture_fetches::sku.eq(sku.clone()), picture_fetches::address.eq(address.clone()));
        rows.push((of_sku, picture_fetches::next_try_at.eq(at_once())));
    }
    match conn {
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => {
            for some in rows.chunks(1_000) {
                let insert = diesel::insert_into(picture_fetches::table).values(some).on_conflict_do_nothing();
                insert.execute(conn)?;
            }
            Ok(())
        }
        Conn::Sqlite(conn) => in_prepared!(conn, diesel::insert_or_ignore_into(picture_fetches::table), rows),
    }
}

/// Lets a picture be fetched for a SKU, which exists, instead of the one that it has: that one stays until then.
pub fn ask_instead(conn: &mut Conn, sku: &SkuCode, address: &str) -> QueryResult<()> {
    diesel::delete(picture_fetches::table.find(sku)).execute(conn)?;
    let asked = (
        picture_fetches::sku.eq(sku),
        picture_fetches::address.eq(address),
        picture_fetches::next_try_at.eq(at_once()),
    );
    diesel::insert_into(picture_fetches::table).values(asked).execute(conn).map(drop)
}

pub fn is_any_due(conn: &mut Conn, now: Moment) -> QueryResult<bool> {
    let due = picture_fetches::table.filter(picture_fetches::next_try_at.le(now));
    due.select(picture_fetches::sku).first::<SkuCode>(conn).optional().map(|due| due.is_some())
}

/// Takes up to `limit` fetches that are due, until `until`: then another server may take what this one has not finished.
pub fn lease(conn: &mut Conn, now: Moment, until: Moment, limit: i64) -> QueryResult<Vec<Fetch>> {
    let due = || picture_fetches::table.filter(picture_fetches::next_try_at.le(now));
    let first = due().order((picture_fetches::next_try_at, picture_fetches::sku)).limit(limit);
    let codes: Vec<SkuCode> = first.select(picture_fetches::sku).load(conn)?;
    // Another server may have taken some of them a moment ago: the condition is checked again under the lock of the row.
    on_db!(conn, |conn| diesel::update(due().filter(picture_fetches::sku.eq_any(&codes)))
        .set(picture_fetches::next_try_at.eq(until))
        .returning(Fetch::as_returning())
        .get_results(conn))
}

/// Stores what was fetched, if it is still asked for: the SKU may have been renamed or got another picture meanwhile.
pub fn fetched(conn: &mut Conn, fetch: &Fetch, thumbnail: &Thumbnail, at: Moment) -> QueryResult<()> {
    let same = picture_fetches::table.find(&fetch.sku).filter(picture_fetches::address.eq(&fetch.address));
    if diesel::delete(same).execute(conn)? == 1 {
        set(conn, &fetch.sku, thumbnail, &fetch.address, at)?;
    }
    Ok(())
}

/// Stores why a try failed, and when the next one is due; `None` if it is given up.
pub fn failed(conn: &mut Conn, fetch: &Fetch, failure: &str, next: Option<Moment>) -> QueryResult<()> {
    let same = picture_fetches::table.find(&fetch.sku).filter(picture_fetches::address.eq(&fetch.address));
    let tried = (
        picture_fetches::tries.eq(fetch.tries + 1),
        picture_fetches::failure.eq(failure),
        picture_fetches::next_try_at.eq(next),
    );
    diesel::update(same).set(tried).execute(conn).map(drop)
}
