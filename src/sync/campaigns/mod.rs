//! Reads the campaigns of connected stores: of all mapped listings from time to time, part by part, and at once of the products
//! that a message of the marketplace was about.
//!
//! How far a pass is is stored with each part, in the same transaction: a server that stops loses one part at most. Pushes come
//! first in the store's pace. That campaigns cannot be read is no reason to stop pushing: an app may lack the permission.

mod steps;

use super::{
    access::{Access, Opened, Renewal, wait_after},
    push::send::target,
    reader::Reading,
};
use crate::{
    db::{
        self, Conn,
        stores::{
            campaign_reads::{self, CampaignRead, Hint},
            campaigns::{self, Found},
            connections, pulls,
        },
    },
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::{campaign::Campaign, failure::Failure},
    },
    marketplaces::{Target, after_others, backoff},
};
use chrono::TimeDelta;
use futures_util::FutureExt;
use steps::Part;

pub const READING: Reading =
    Reading { what: "campaigns", due: steps::due, read: |access, store| read_all(access, store).boxed_local() };

/// The time until a store is tried again whose access is being renewed.
const SOON: TimeDelta = TimeDelta::seconds(5);

/// Reads what is due of a store.
pub async fn read_all(access: &Access, store: &StoreCode) -> Result<(), db::Error> {
    while read_part(access, store).await? {}
    Ok(())
}

/// Reads one part. Returns whether the next one is due already.
pub async fn read_part(access: &Access, store: &StoreCode) -> Result<bool, db::Error> {
    let now = access.clock().now();
    let code = store.clone();
    let Some(part) = access.database().write(move |conn| steps::next(conn, &code, now)).await? else {
        return Ok(false);
    };
    let targets: Vec<Target> = part.listings.iter().map(|listing| target(listing, 0, None, 0)).collect();
    let mut is_renewed = false;
    loop {
        let open = match access.open_to_pull(store).await? {
            Opened::Open(open) => open,
            Opened::NotNow => return put_off(access, part.read, None).await,
            Opened::Failed(failure) => return put_off(access, part.read, Some(failure)).await,
        };
        let failure = match after_others(open.connector.list_campaigns(&targets)).await {
            Ok(listed) => return record(access, part, listed).await,
            Err(failure) => failure,
        };
        if !failure.token_ended || is_renewed || !matches!(access.renew(&open).await?, Renewal::Renewed) {
            return put_off(access, part.read, Some(failure)).await;
        }
        is_renewed = true;
    }
}

async fn record(access: &Access, part: Part, listed: Vec<Result<Vec<Campaign>, Failure>>) -> Result<bool, db::Error> {
    let mut found = Found::new();
    for (listing, campaigns) in part.listings.iter().zip(listed) {
        // What could not be read of one listing stays as it is known.
        found.extend(campaigns.ok().map(|campaigns| (listing.id, campaigns)));
    }
    let now = access.clock().now();
    access.database().write(move |conn| steps::record(conn, &part, &found, now)).await
}

/// Tries the same part again later, without a failure soon.
async fn put_off(access: &Access, read: CampaignRead, failure: Option<Failure>) -> Result<bool, db::Error> {
    let now = access.clock().now();
    let next = match failure {
        None => CampaignRead { due_at: now.plus(SOON), leased_until: None, ..read.clone() },
        Some(failure) => {
            let failures = read.failures + 1;
            let due_at = now.plus(wait_after(&failure, failures, backoff));
            CampaignRead { due_at, failures, leased_until: None, problem_text: Some(failure.message), ..read.clone() }
        }
    };
    access.database().write(move |conn| steps::end(conn, &read, &next)).await?;
    Ok(false)
}

/// Stores the campaigns that were read before listings of a store were lowered, if they are news.
pub async fn store_found(access: &Access, store: &StoreCode, found: Found) -> Result<(), db::Error> {
    if found.is_empty() {
        return Ok(());
    }
    let now = access.clock().now();
    let asked = (store.clone(), found.clone());
    let is_news =
        access.database().read(move |conn| Ok::<_, db::Error>(campaigns::differ(conn, &asked.0, &asked.1, now)?));
    if !is_news.await? {
        return Ok(());
    }
    let store = store.clone();
    let save = move |conn: &mut Conn| -> Result<(), db::Error> {
        if connections::lock(conn, &store)?.is_some() {
            campaign_reads::lock_or_begin(conn, &store, now)?;
            campaigns::replace(conn, &store, &found, now)?;
        }
        Ok(())
    };
    access.database().write(save).await
}

/// Notes that campaigns of a product have to be read, or those of all without one, because a message was about them.
pub fn note_message(conn: &mut Conn, store: &StoreCode, item: &str, now: Moment) -> Result<(), db::Error> {
    if connections::lock(conn, store)?.is_none() {
        return Ok(());
    }
    pulls::note_webhook(conn, store, now)?;
    if item.is_empty() {
        campaign_reads::ask(conn, store)?;
    } else {
        let hint = Hint { store: store.clone(), item_id: item.to_owned(), noted_at: now };
        campaign_reads::note_hint(conn, &hint)?;
    }
    Ok(())
}
