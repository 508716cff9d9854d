//! Matches the lines of orders whose seller SKU is that of a listing by now. Whoever adds a listing does it at once; this
//! finds what came in at the same moment, and listings that were given another seller SKU.
//!
//! Some of these orders cannot be matched yet. The job passes through all of them, some in each run, so that those do not
//! keep it from the others; each is logged once.

use super::runner::Run;
use crate::{
    actions::orders::match_lines::{self, Matching},
    db::{
        self, Database,
        orders::{OrderKey, unmatched},
    },
    domain::{catalogue::ledger::Cause, moment::Moment},
};
use std::collections::BTreeSet;
use tokio::sync::Mutex;

/// Orders of one run.
const SOME: usize = 100;

pub struct Matcher {
    database: Database,
    pass: Mutex<Pass>,
}

/// How far the pass through all orders is. It is in memory only: a server that starts begins with the first order.
#[derive(Default)]
struct Pass {
    /// The order that was tried last.
    last: Option<OrderKey>,
    /// The orders of this pass that stay unmatched.
    unmatched: BTreeSet<OrderKey>,
    /// Those of the pass before, which are logged already.
    unmatched_before: BTreeSet<OrderKey>,
}

impl Matcher {
    pub fn new(database: Database) -> Self {
        Self { database, pass: Mutex::default() }
    }

    /// Tries the orders behind those of the last run. The orders are matched in transactions of their own.
    pub async fn run_once(&self, now: Moment) -> Result<Run, db::Error> {
        let mut pass = self.pass.lock().await;
        let last = pass.last.clone();
        let limit = i64::try_from(SOME).expect("a small number");
        let read = move |conn: &mut _| Ok::<_, db::Error>(unmatched::orders_to_match(conn, last.as_ref(), limit)?);
        let found = self.database.read(read).await?;
        let is_last = found.len() < SOME;
        let mut matched = 0;
        for key in found {
            // Should this one fail, the next run goes on behind it.
            pass.last = Some(key.clone());
            match self.match_order(&key, now).await? {
                Matching::Matched => matched += 1,
                Matching::NoListing => pass.note(key, "several listings have their seller SKU"),
                Matching::FewerOnHand => pass.note(key, "fewer units are on hand than were shipped"),
            }
        }
        if is_last {
            pass.begin_again();
        }
        Ok(if matched > 0 && !is_last { Run::More } else { Run::Done })
    }

    async fn match_order(&self, key: &OrderKey, now: Moment) -> Result<Matching, db::Error> {
        let key = key.clone();
        let cause = Cause { actor: "flashsale".to_owned(), at: now, reason: "a listing has its seller SKU".to_owned() };
        self.database.write(move |conn| Ok::<_, db::Error>(match_lines::of_order(conn, &cause, &key)?)).await
    }
}

impl Pass {
    /// Notes that an order stays unmatched, and logs it unless that is known.
    fn note(&mut self, key: OrderKey, why: &'static str) {
        if !self.unmatched_before.contains(&key) {
            let (store, number) = &key;
            tracing::warn!(%store, %number, "lines stay unmatched: {why}");
        }
        self.unmatched.insert(key);
    }

    fn begin_again(&mut self) {
        self.last = None;
        self.unmatched_before = std::mem::take(&mut self.unmatched);
    }
}
