//! Keeps claims in a hurry, a whole one in one row, and writes them to the pushes of their listings when there is time for
//! it or somebody looks at the SKU: what a sale lowers is sent that much sooner.

use super::plan_pushes::{PlannedPush, PlannedSku};
use crate::{
    db::{
        Conn, QueryResult,
        catalogue::skus::Sku,
        stores::{
            hurried_claims::{self, HurriedClaim, HurriedListing},
            pushes::Push,
        },
    },
    domain::{code::SkuCode, moment::Moment},
};
use std::collections::{BTreeSet, HashMap};

/// The claims that were made in a hurry, in the course of a turn.
pub(super) struct Hurried {
    claims: Vec<HurriedClaim>,
    /// Those that are others than they were kept.
    changed: BTreeSet<usize>,
    /// What is to be written to pushes: the listings of a SKU, each with the place of its claim.
    taken: HashMap<SkuCode, Vec<(usize, HurriedListing)>>,
    /// Whether more are made, and as few as can be written to pushes.
    hurries: bool,
}

impl Hurried {
    /// Those that are kept, for a turn that `hurries` if it may.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn read(conn: &mut Conn, hurries: bool) -> QueryResult<Self> {
        let claims = hurried_claims::all(conn)?;
        let hurries = hurries && hurried_claims::are_possible(conn);
        Ok(Self { claims, changed: BTreeSet::new(), taken: HashMap::new(), hurries })
    }

    /// Up to `most` SKUs that are to be written although nobody looks at them, those that were claimed first: none in a
    /// hurry.
    pub(super) fn first(&self, most: usize) -> BTreeSet<SkuCode> {
        let mut first = BTreeSet::new();
        let most = if self.hurries { 0 } else { most };
        for listing in self.claims.iter().flat_map(|claim| &claim.listings) {
            if first.len() == most {
                break;
            }
            first.insert(listing.sku.clone());
        }
        first
    }

    /// Takes `skus` out of them: what is planned for these is as if it had been written to their pushes.
    pub(super) fn take_out(&mut self, skus: &[Sku]) {
        let codes: BTreeSet<&SkuCode> = skus.iter().map(|sku| &sku.code).collect();
        for (nth, claim) in self.claims.iter_mut().enumerate() {
            for listing in claim.listings.extract_if(.., |listing| codes.contains(&listing.sku)) {
                self.changed.insert(nth);
                self.taken.entry(listing.sku.clone()).or_default().push((nth, listing));
            }
        }
    }

    /// Keeps in a push that it was claimed, if it was taken out.
    pub(super) fn amend(&self, push: &mut Push) {
        let taken = self.taken.get(&push.sku).into_iter().flatten();
        for (claim, listing) in taken.map(|(nth, listing)| (&self.claims[*nth], listing)) {
            if claim.store == push.store {
                claim.amend(listing, push);
            }
        }
    }

    /// Takes out of `planned`, in a hurry, what was claimed `now` if that is all that is to be kept of it.
    pub(super) fn put_in(&mut self, planned: &mut [PlannedSku], now: Moment) {
        if !self.hurries {
            return;
        }
        for sku in planned {
            sku.pushes.retain(|push| match as_claimed(push, now) {
                None => true,
                Some((claim, listing)) => {
                    let nth = self.claims.iter().rposition(|kept| kept.id == claim.id).unwrap_or_else(|| {
                        self.claims.push(claim);
                        self.claims.len() - 1
                    });
                    self.claims[nth].listings.push(listing);
                    self.changed.insert(nth);
                    false
                }
            });
        }
    }

    /// Keeps what is left of them; answers whether any is.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) fn save(self, conn: &mut Conn) -> QueryResult<bool> {
        self.changed.iter().try_for_each(|nth| hurried_claims::save(conn, &self.claims[*nth]))?;
        Ok(self.claims.iter().any(|claim| !claim.listings.is_empty()))
    }
}

/// The claim of a push that was in step until `now`, without its listings, and its listing, if they say all that is to be
/// kept of it.
fn as_claimed(planned: &PlannedPush, now: Moment) -> Option<(HurriedClaim, HurriedListing)> {
    let PlannedPush { push, before, .. } = planned;
    let (id, mut claimed) = (push.claim.as_ref()?, before.as_ref().filter(|before| before.is_in_step())?.clone());
    let (id, store, until) = (id.clone(), push.store.clone(), push.due_at?);
    let claim = HurriedClaim { id, store, at: now, until, listings: Vec::new() };
    let is_too_much = push.lower_since.is_some();
    let listing = HurriedListing { sku: push.sku.clone(), sending: push.sending?, is_too_much };
    claim.amend(&listing, &mut claimed);
    (claimed == *push).then_some((claim, listing))
}
