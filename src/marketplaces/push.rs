//! How a batch is pushed, whatever the marketplace: what a campaign keeps is read before anything is lowered, the rest is
//! written, and what was written is read back.

use super::{
    Acknowledged, Answer, Credentials, Failure, FailureClass, Lock, Target, description::Batch as BatchSize, http::Api,
};
use crate::domain::moment::Moment;
use futures_util::future::BoxFuture;
use std::{collections::BTreeMap, future::Future};

/// What each marketplace does in its own way. Rows are answered in the order they were asked in.
pub(super) trait Marketplace: Send + Sync {
    /// How it is reached.
    fn api(&self) -> &Api;

    fn api_mut(&mut self) -> &mut Api;

    /// Why a target cannot even be asked about: an id is missing.
    fn unmapped(_: &Target) -> Option<Failure> {
        None
    }

    /// Asks something that changes nothing, to see whether the address and the credentials are right.
    fn check(&self, now: Moment) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The credentials with new tokens. Only asked of one that describes a [`super::description::Renewal`].
    fn refresh(&self, now: Moment) -> impl Future<Output = Result<Credentials, Failure>> + Send;

    /// What campaigns keep of each row, now or from a later time on. Empty where the marketplace cannot be asked.
    fn read_campaigns(
        &self,
        rows: &[&Target],
        _: Moment,
    ) -> impl Future<Output = Result<Vec<Result<Kept, Failure>>, Failure>> + Send {
        let nothing = vec![Ok(Kept::new()); rows.len()];
        async { Ok(nothing) }
    }

    /// Sets the quantities.
    fn write(&self, rows: &[&Target], now: Moment) -> impl Future<Output = Result<Written, Failure>> + Send;

    /// What each row shows.
    fn read_quantities(
        &self,
        rows: &[&Target],
        now: Moment,
    ) -> impl Future<Output = Result<Vec<Result<i64, Failure>>, Failure>> + Send;

    /// Who it is, for messages.
    fn name(&self) -> &'static str {
        self.api().name()
    }
}

/// Any marketplace, behind a pointer.
pub(super) trait AnyMarketplace: Send + Sync {
    fn api_mut(&mut self) -> &mut Api;
    fn push<'a>(&'a self, targets: &'a [Target], now: Moment) -> BoxFuture<'a, Vec<Answer>>;
    fn check(&self, now: Moment) -> BoxFuture<'_, Result<(), Failure>>;
    fn refresh(&self, now: Moment) -> BoxFuture<'_, Result<Credentials, Failure>>;
}

impl<M: Marketplace> AnyMarketplace for M {
    fn api_mut(&mut self) -> &mut Api {
        Marketplace::api_mut(self)
    }

    fn push<'a>(&'a self, targets: &'a [Target], now: Moment) -> BoxFuture<'a, Vec<Answer>> {
        Box::pin(run(self, targets, now))
    }

    fn check(&self, now: Moment) -> BoxFuture<'_, Result<(), Failure>> {
        Box::pin(Marketplace::check(self, now))
    }

    fn refresh(&self, now: Moment) -> BoxFuture<'_, Result<Credentials, Failure>> {
        Box::pin(Marketplace::refresh(self, now))
    }
}

/// What campaigns keep of one listing.
pub(super) type Kept = Vec<Campaign>;

/// What one campaign keeps of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Campaign {
    pub(super) quantity: i64,
    pub(super) ends_at: Option<Moment>,
}

/// What a write was answered.
pub(super) struct Written {
    pub(super) request_id: Option<String>,
    pub(super) rows: Vec<Result<Confirmation, Failure>>,
}

/// How far the answer to a write can be believed about a row.
pub(super) enum Confirmation {
    /// It says what is shown now, and there is nothing better to ask.
    Shows(i64),
    /// It says nothing that proves anything.
    ReadBack,
}

/// The targets, by their places, in as few requests as the marketplace takes.
pub(super) fn batches(targets: &[Target], batch: BatchSize) -> Vec<Vec<usize>> {
    let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (place, target) in targets.iter().enumerate() {
        let item = if batch.is_of_one_item { target.item_id.as_deref() } else { None };
        groups.entry(item).or_default().push(place);
    }
    let mut batches = Vec::new();
    for places in groups.values() {
        batches.extend(places.chunks(batch.most).map(<[usize]>::to_vec));
    }
    batches
}

/// What stands in the way of showing `quantity`, if campaigns keep more than that. It is over when enough of them are.
pub(super) fn lock_of(quantity: i64, campaigns: &[Campaign], now: Moment) -> Option<Lock> {
    let mut open: Vec<_> = campaigns.iter().filter(|campaign| campaign.ends_at.is_none_or(|end| end > now)).collect();
    let kept: i64 = open.iter().map(|campaign| campaign.quantity).sum();
    if quantity >= kept {
        return None;
    }
    // Those without an end come last.
    open.sort_by_key(|campaign| (campaign.ends_at.is_none(), campaign.ends_at));
    let mut left = kept;
    let until = open.iter().find_map(|campaign| {
        left -= campaign.quantity;
        (quantity >= left).then_some(campaign.ends_at)
    });
    Some(Lock { quantity: Some(kept), until: until.flatten() })
}

/// Pushes one batch: asks for what campaigns keep, writes the rest, and reads it back.
pub(super) async fn run<M: Marketplace>(marketplace: &M, targets: &[Target], now: Moment) -> Vec<Answer> {
    let mut batch = Batch::of(targets);
    for (place, target) in targets.iter().enumerate() {
        batch.answers[place] = M::unmapped(target).map(Err);
    }
    if let Err(failure) = hold_back_locked(marketplace, &mut batch, now).await {
        return batch.finish(&failure);
    }
    write(marketplace, &mut batch, now).await;
    explain_locks(marketplace, &mut batch, now).await;
    match read_back(marketplace, &mut batch, now).await {
        Ok(()) => batch.finish(&Failure::temporary(format!("{} did not answer for this row.", marketplace.name()))),
        Err(failure) => {
            let message = format!("Sent, but what is shown could not be read back. {}", failure.message);
            batch.finish(&Failure { message, ..failure })
        }
    }
}

/// The targets of a batch, and what is known of each so far.
struct Batch<'a> {
    targets: &'a [Target],
    answers: Vec<Option<Result<Acknowledged, Failure>>>,
    /// Which of them the marketplace took: whatever it says after that, it may show them.
    is_taken: Vec<bool>,
    request_ids: Vec<Option<String>>,
}

impl<'a> Batch<'a> {
    fn of(targets: &'a [Target]) -> Self {
        let length = targets.len();
        Self { targets, answers: vec![None; length], is_taken: vec![false; length], request_ids: vec![None; length] }
    }

    /// The places that have no answer yet and are `wanted`, with their targets.
    fn open(&self, wanted: impl Fn(&Target) -> bool) -> (Vec<usize>, Vec<&'a Target>) {
        let open = self.targets.iter().enumerate();
        open.filter(|(place, target)| self.answers[*place].is_none() && wanted(target)).unzip()
    }

    /// All answers; those that are still missing are `otherwise`.
    fn finish(self, otherwise: &Failure) -> Vec<Answer> {
        let answers = self.answers.into_iter().zip(self.is_taken).zip(self.request_ids);
        answers
            .map(|((result, is_taken), request_id)| {
                let mut result = result.unwrap_or_else(|| Err(otherwise.clone()));
                let failure = result.as_mut().err();
                let of_failure = failure.and_then(|failure| {
                    failure.may_have_arrived |= is_taken;
                    failure.request_id.clone()
                });
                Answer { request_id: request_id.or(of_failure), result }
            })
            .collect()
    }
}

/// Answers for the rows that would be lowered below what a campaign keeps.
async fn hold_back_locked<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>, now: Moment) -> Result<(), Failure> {
    let (places, rows) = batch.open(Target::lowers);
    if rows.is_empty() {
        return Ok(());
    }
    let campaigns = marketplace.read_campaigns(&rows, now).await?;
    for ((place, target), campaigns) in places.into_iter().zip(rows).zip(campaigns) {
        let locked = |lock| Failure::locked(locked_message(marketplace.name(), lock), lock);
        let refused = match campaigns {
            Ok(campaigns) => lock_of(target.quantity, &campaigns, now).map(locked),
            Err(failure) => Some(failure),
        };
        batch.answers[place] = refused.map(Err);
    }
    Ok(())
}

/// Writes what is open. Some marketplaces refuse all rows of a call for what is wrong with one of them: it is looked for
/// by halves, so that the others are written.
async fn write<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>, now: Moment) {
    let (places, _) = batch.open(|_| true);
    let mut parts = vec![places];
    while let Some(places) = parts.pop() {
        let rows: Vec<&Target> = places.iter().map(|place| &batch.targets[*place]).collect();
        if rows.is_empty() {
            continue;
        }
        match marketplace.write(&rows, now).await {
            Ok(written) => batch.record(&places, written),
            Err(failure) if rows.len() > 1 && !failure.class.is_store_wide() => {
                let (first, second) = places.split_at(places.len() / 2);
                parts.extend([second.to_vec(), first.to_vec()]);
            }
            Err(failure) => {
                batch.fail_written(&places, &failure);
                if failure.class.is_store_wide() {
                    // What ails one call now ails the next.
                    return parts.iter().for_each(|places| batch.fail(places, &failure));
                }
            }
        }
    }
}

impl Batch<'_> {
    fn fail(&mut self, places: &[usize], failure: &Failure) {
        places.iter().for_each(|place| self.answers[*place] = Some(Err(failure.clone())));
    }

    /// The same of rows that were written: who breaks off in the middle may have done it.
    fn fail_written(&mut self, places: &[usize], failure: &Failure) {
        let may_have_arrived = failure.class == FailureClass::Temporary;
        self.fail(places, &Failure { may_have_arrived, ..failure.clone() });
    }

    fn record(&mut self, places: &[usize], written: Written) {
        for (place, row) in places.iter().zip(written.rows) {
            self.request_ids[*place].clone_from(&written.request_id);
            match row {
                Ok(Confirmation::Shows(quantity)) => self.answers[*place] = Some(Ok(Acknowledged { quantity })),
                Ok(Confirmation::ReadBack) => self.is_taken[*place] = true,
                Err(failure) => self.fail_written(&[*place], &failure),
            }
        }
    }
}

/// Reads what campaigns keep of the rows that were refused because of one, so that people see how much and until when.
/// If it cannot be read, the refusal stands as it is.
async fn explain_locks<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>, now: Moment) {
    let unexplained = |answer: &Option<Result<_, Failure>>| matches!(answer, Some(Err(failure)) if failure.class == FailureClass::Locked && failure.lock.is_none());
    let places: Vec<usize> = (0..batch.targets.len()).filter(|place| unexplained(&batch.answers[*place])).collect();
    let rows: Vec<&Target> = places.iter().map(|place| &batch.targets[*place]).collect();
    if rows.is_empty() {
        return;
    }
    let Ok(campaigns) = marketplace.read_campaigns(&rows, now).await else { return };
    for ((place, target), campaigns) in places.into_iter().zip(rows).zip(campaigns) {
        let lock = campaigns.ok().and_then(|campaigns| lock_of(target.quantity, &campaigns, now));
        if let (Some(lock), Some(Err(failure))) = (lock, &mut batch.answers[place]) {
            failure.message = locked_message(marketplace.name(), lock);
            failure.lock = Some(lock);
        }
    }
}

/// Reads what was written.
async fn read_back<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>, now: Moment) -> Result<(), Failure> {
    let (places, rows) = batch.open(|_| true);
    if rows.is_empty() {
        return Ok(());
    }
    let shown = marketplace.read_quantities(&rows, now).await?;
    for (place, shown) in places.into_iter().zip(shown) {
        batch.answers[place] = Some(shown.map(|quantity| Acknowledged { quantity }));
    }
    Ok(())
}

fn locked_message(name: &str, lock: Lock) -> String {
    match lock.quantity {
        Some(units) => format!("{name} has locked {units} for its own campaign."),
        None => format!("{name} has locked this stock for its own campaign."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_what_open_campaigns_keep_and_ends_when_enough_of_them_do() {
        let now = Moment::from(chrono::DateTime::UNIX_EPOCH);
        let hour = |hours| Some(now.plus(chrono::TimeDelta::hours(hours)));
        let campaign = |quantity, ends_at| Campaign { quantity, ends_at };
        for (quantity, campaigns, lock) in [
            (50, vec![], None),
            (60, vec![campaign(60, hour(1))], None),
            (50, vec![campaign(60, hour(1))], Some((60, hour(1)))),
            (50, vec![campaign(60, hour(0))], None),
            (50, vec![campaign(60, None)], Some((60, None))),
            (50, vec![campaign(30, hour(3)), campaign(30, hour(1))], Some((60, hour(1)))),
            (20, vec![campaign(30, hour(3)), campaign(30, hour(1))], Some((60, hour(3)))),
            (20, vec![campaign(30, None), campaign(30, hour(1))], Some((60, None))),
        ] {
            let lock = lock.map(|(kept, until)| Lock { quantity: Some(kept), until });
            assert_eq!(lock_of(quantity, &campaigns, now), lock, "{quantity} {campaigns:?}");
        }
    }

    fn target(item: Option<&str>) -> Target {
        Target {
            sku: crate::domain::code::SkuCode::parse("A").expect("a code"),
            seller_sku: "a-1".to_owned(),
            item_id: item.map(str::to_owned),
            variant_id: None,
            quantity: 1,
            at_most: None,
        }
    }

    #[test]
    fn targets_are_put_into_batches_of_one_item_where_the_marketplace_asks_for_it() {
        let items = (0..120).map(|n| if n % 2 == 0 { Some("7") } else { Some("8") }).chain([None]);
        let targets: Vec<Target> = items.map(target).collect();
        let of_one_item = batches(&targets, BatchSize { most: 50, is_of_one_item: true });
        assert_eq!(of_one_item.iter().map(Vec::len).collect::<Vec<_>>(), [1, 50, 10, 50, 10]);
        for batch in &of_one_item {
            assert!(batch.iter().all(|place| targets[*place].item_id == targets[batch[0]].item_id));
        }
        let any = BatchSize { most: 2, is_of_one_item: false };
        assert_eq!(batches(&targets[..5], any), [vec![0, 1], vec![2, 3], vec![4]]);
        assert!(batches(&[], any).is_empty());
    }
}
