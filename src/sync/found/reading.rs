//! Asks a marketplace for one part of what it lists for a store, and stores the part together with the place of the next one.

use crate::{
    db::{
        self, Conn,
        stores::{
            self,
            fetches::{self, Fetch},
            found::{self, Found},
        },
    },
    domain::{
        moment::Moment,
        stores::{
            failure::Failure,
            found::{FetchPhase, FoundPage},
        },
    },
    marketplaces::{after_others, backoff},
    sync::access::{Access, Renewal, wait_after},
};

/// Returns whether the next part is due already.
pub(super) async fn run(access: &Access, fetch: Fetch) -> Result<bool, db::Error> {
    let mut is_renewed = false;
    loop {
        let Some(open) = access.open(&fetch.store).await? else {
            let text = "The store cannot be reached now. Its page says why.";
            return put_off(access, fetch, &Failure::unavailable(text)).await;
        };
        let failure = match after_others(open.connector.list(fetch.place.as_deref())).await {
            Ok(page) => {
                let now = access.clock().now();
                return access.database().write(move |conn| record(conn, &fetch, page.clone(), now)).await;
            }
            Err(failure) => failure,
        };
        if !failure.token_ended || is_renewed {
            if failure.class.pauses() {
                access.fail(&open.connection, failure.clone()).await?;
            }
            return put_off(access, fetch, &failure).await;
        }
        if !matches!(access.renew(&open).await?, Renewal::Renewed) {
            return put_off(access, fetch, &failure).await;
        }
        is_renewed = true;
    }
}

/// Tries the same part again later.
async fn put_off(access: &Access, fetch: Fetch, failure: &Failure) -> Result<bool, db::Error> {
    let failures = fetch.failures + 1;
    let due_at = access.clock().now().plus(wait_after(failure, failures, backoff));
    let next = Fetch { failures, due_at, problem: Some(failure.message.clone()), ..fetch.clone() };
    access.database().write(move |conn| replace(conn, &fetch, &next)).await?;
    Ok(false)
}

/// Stores what is next, unless somebody else has gone on meanwhile. Returns whether it did.
fn replace(conn: &mut Conn, before: &Fetch, next: &Fetch) -> Result<bool, db::Error> {
    if fetches::lock(conn, &before.store)?.as_ref() != Some(before) {
        return Ok(false);
    }
    fetches::update(conn, next)?;
    Ok(true)
}

fn record(conn: &mut Conn, fetch: &Fetch, page: FoundPage, now: Moment) -> Result<bool, db::Error> {
    let FoundPage { listings, unreadable, next } = page;
    let read = i64::try_from(listings.len()).unwrap_or(i64::MAX);
    let following = Fetch {
        phase: if next.is_some() { FetchPhase::Reading } else { FetchPhase::Matching },
        place: next,
        found: fetch.found + read,
        unreadable: fetch.unreadable + i64::try_from(unreadable).unwrap_or(i64::MAX),
        failures: 0,
        problem: None,
        due_at: now,
        ..fetch.clone()
    };
    if !replace(conn, fetch, &following)? {
        return Ok(false);
    }
    let currency = stores::find(conn, &fetch.store)?.and_then(|store| store.currency);
    let mut rows = Vec::with_capacity(listings.len());
    for listing in listings {
        rows.push(Found::new(fetch.store.clone(), listing, currency, fetch.number, now));
    }
    found::save_read(conn, &rows)?;
    Ok(true)
}
