//! How a batch is pushed to any marketplace: it is asked what the listings show and what campaigns lock, the quantities are
//! written, and then they are read back. No marketplace of today writes a quantity only if it still shows another one (a
//! compare-and-set): the documents of Lazada, Shopee and Zalora have no such call, and a webhook's `sequence` orders our own
//! requests. One that has it takes [`Seen::shown`] for that.

use super::{
    campaigns::{self, ReadOfOne},
    credentials::Credentials,
    http::Api,
    lock::{lock_of, locked_message},
    orders::{OrderPage, Window},
    rate::{after_others, in_turn},
    target::{Answer, Seen, Target},
};
use crate::domain::stores::{
    campaign,
    connection::ConnectorKind,
    failure::{Failure, FailureClass},
    found::FoundPage,
    warehouse::Warehouse,
};
use futures_util::future::BoxFuture;
use std::{
    collections::BTreeMap,
    future::Future,
    time::{Duration, Instant},
};

/// How many listings one request takes.
#[derive(Clone, Copy)]
pub struct BatchSize {
    pub most: usize,
    /// Whether all listings of a request have to be variants of one product.
    pub is_of_one_item: bool,
}

/// The requests of one marketplace. Rows are answered in the order in which they were given.
pub(super) trait Marketplace: Send + Sync {
    const KIND: ConnectorKind;

    fn api(&self) -> &Api;

    /// The failure of a target that cannot be sent, because an id is missing or wrong.
    fn unmapped(_: &Target) -> Option<Failure> {
        None
    }

    /// Makes a request that changes nothing, to test the address and the credentials. Returns the marketplace's id of the
    /// seller, if the answer says it.
    fn check(&self) -> impl Future<Output = Result<Option<String>, Failure>> + Send;

    /// The credentials with new tokens. Only called if the description has `renewed_before_end`.
    fn refresh(&self) -> impl Future<Output = Result<Credentials, Failure>> + Send;

    /// The warehouses of the seller, if one of them can be chosen. Empty where there is nothing to choose.
    fn warehouses(&self) -> impl Future<Output = Result<Vec<Warehouse>, Failure>> + Send {
        async { Ok(Vec::new()) }
    }

    /// The part from `cursor` on of what the marketplace lists for the store, or the first one. Empty where the marketplace
    /// cannot be asked.
    fn list(&self, _cursor: Option<&str>) -> impl Future<Output = Result<FoundPage, Failure>> + Send {
        async { Ok(FoundPage::default()) }
    }

    /// What each row shows, and the campaigns that lock units of it, now or later. `None` where the marketplace cannot be
    /// asked.
    fn look(
        &self,
        rows: &[&Target],
    ) -> impl Future<Output = Result<Vec<Result<Option<Seen>, Failure>>, Failure>> + Send {
        let none = vec![Ok(None); rows.len()];
        async { Ok(none) }
    }

    /// What the marketplace says of the campaigns of each row, for staff: see [`super::campaigns`].
    fn list_campaigns(
        &self,
        rows: &[&Target],
    ) -> impl Future<Output = Result<Vec<Result<Vec<campaign::Campaign>, Failure>>, Failure>> + Send {
        let none = vec![Ok(Vec::new()); rows.len()];
        async { Ok(none) }
    }

    /// The orders that have changed in the window, from `page` on. Only called if the description has `pulling`.
    fn read_orders(
        &self,
        _window: Window,
        _page: Option<&str>,
    ) -> impl Future<Output = Result<OrderPage, Failure>> + Send {
        async { Ok(OrderPage::default()) }
    }

    /// The orders with these ids. Only called if the description has `pulling`.
    fn read_named_orders(&self, _ids: &[String]) -> impl Future<Output = Result<OrderPage, Failure>> + Send {
        async { Ok(OrderPage::default()) }
    }

    fn write(&self, rows: &[&Target]) -> impl Future<Output = Result<Written, Failure>> + Send;

    fn read_quantities(
        &self,
        rows: &[&Target],
    ) -> impl Future<Output = Result<Vec<Result<i64, Failure>>, Failure>> + Send;
}

pub(super) trait AnyMarketplace: Send + Sync {
    fn look<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Vec<Result<Option<Seen>, Failure>>>;
    fn push<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Vec<Answer>>;
    fn check(&self) -> BoxFuture<'_, Result<Option<String>, Failure>>;
    fn refresh(&self) -> BoxFuture<'_, Result<Credentials, Failure>>;
    fn warehouses(&self) -> BoxFuture<'_, Result<Vec<Warehouse>, Failure>>;
    fn read_orders<'a>(&'a self, window: Window, page: Option<&'a str>) -> BoxFuture<'a, Result<OrderPage, Failure>>;
    fn read_named_orders<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<OrderPage, Failure>>;
    fn list<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<FoundPage, Failure>>;
    fn list_campaigns<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Result<Vec<ReadOfOne>, Failure>>;
}

impl<M: Marketplace> AnyMarketplace for M {
    fn look<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Vec<Result<Option<Seen>, Failure>>> {
        Box::pin(look_at(self, targets, |_| true))
    }

    fn push<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Vec<Answer>> {
        Box::pin(run(self, targets))
    }

    fn check(&self) -> BoxFuture<'_, Result<Option<String>, Failure>> {
        Box::pin(Marketplace::check(self))
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Credentials, Failure>> {
        Box::pin(Marketplace::refresh(self))
    }

    fn warehouses(&self) -> BoxFuture<'_, Result<Vec<Warehouse>, Failure>> {
        Box::pin(Marketplace::warehouses(self))
    }

    fn read_orders<'a>(&'a self, window: Window, page: Option<&'a str>) -> BoxFuture<'a, Result<OrderPage, Failure>> {
        Box::pin(Marketplace::read_orders(self, window, page))
    }

    fn read_named_orders<'a>(&'a self, ids: &'a [String]) -> BoxFuture<'a, Result<OrderPage, Failure>> {
        Box::pin(Marketplace::read_named_orders(self, ids))
    }

    fn list<'a>(&'a self, cursor: Option<&'a str>) -> BoxFuture<'a, Result<FoundPage, Failure>> {
        Box::pin(Marketplace::list(self, cursor))
    }

    fn list_campaigns<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Result<Vec<ReadOfOne>, Failure>> {
        Box::pin(campaigns::list(self, targets))
    }
}

pub(super) struct Written {
    pub(super) request_id: Option<String>,
    pub(super) rows: Vec<Result<Confirmation, Failure>>,
}

/// What the answer to a write proves about a row.
pub(super) enum Confirmation {
    /// The quantity that is shown now.
    Shows(i64),
    /// Nothing: the quantity has to be read back.
    ReadBack,
}

/// The indices of the targets, in as few batches as the marketplace takes.
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

/// How long quantities are fresh enough to be written. After that, what is left of a batch is leased again, with the
/// quantities of that time.
const FRESH: Duration = Duration::from_secs(10);

/// Asks what those of the targets show that are `wanted`. If the marketplace does not answer, all of them fail.
async fn look_at<M: Marketplace>(
    marketplace: &M,
    targets: &[Target],
    wanted: impl Fn(&Target) -> bool,
) -> Vec<Result<Option<Seen>, Failure>> {
    let mut seen: Vec<Result<Option<Seen>, Failure>> =
        targets.iter().map(|target| M::unmapped(target).map_or(Ok(None), Err)).collect();
    let mut indices = Vec::new();
    let mut rows = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        if seen[index].is_ok() && wanted(target) {
            indices.push(index);
            rows.push(target);
        }
    }
    if rows.is_empty() {
        return seen;
    }
    match marketplace.look(&rows).await {
        Ok(found) => {
            for (index, of_row) in indices.into_iter().zip(found) {
                seen[index] = of_row;
            }
        }
        Err(failure) => {
            for one in seen.iter_mut().filter(|one| one.is_ok()) {
                *one = Err(failure.clone());
            }
        }
    }
    seen
}

async fn run<M: Marketplace>(marketplace: &M, targets: &[Target]) -> Vec<Answer> {
    let mut targets = targets.to_vec();
    // Those that may be lowered: campaigns may lock them.
    let looked = look_at(marketplace, &targets, |target| target.lowers() && target.seen.is_none()).await;
    let mut answers = vec![None; targets.len()];
    for (index, looked) in looked.into_iter().enumerate() {
        match looked {
            Ok(Some(seen)) => targets[index].seen = Some(seen),
            Ok(None) => {}
            Err(failure) => answers[index] = Some(Err(failure)),
        }
    }
    let mut batch = Batch { answers, ..Batch::of(&targets) };
    refuse_locked(marketplace, &mut batch);
    write(marketplace, &mut batch).await;
    explain_locks(marketplace, &mut batch).await;
    match read_back(marketplace, &mut batch).await {
        Ok(()) => batch.finish(&Failure::temporary(format!("{} did not answer for this row.", M::KIND.label()))),
        Err(failure) => {
            let message = format!("Sent, but what is shown could not be read back. {}", failure.message);
            batch.finish(&Failure { message, ..failure })
        }
    }
}

/// The targets of a batch, and what is known about each so far.
struct Batch<'a> {
    targets: &'a [Target],
    answers: Vec<Option<Result<i64, Failure>>>,
    /// Which targets the marketplace accepted: it may show them, whatever it answers after that.
    is_taken: Vec<bool>,
    request_ids: Vec<Option<String>>,
    /// The campaigns that were read.
    campaigns: Vec<Option<Vec<campaign::Campaign>>>,
}

impl<'a> Batch<'a> {
    fn of(targets: &'a [Target]) -> Self {
        let length = targets.len();
        Self {
            targets,
            answers: vec![None; length],
            is_taken: vec![false; length],
            request_ids: vec![None; length],
            campaigns: targets.iter().map(|target| target.seen.as_ref()?.listed.clone()).collect(),
        }
    }

    /// The indices of the targets that have no answer yet and are `wanted`, and these targets.
    fn open(&self, wanted: impl Fn(&Target) -> bool) -> (Vec<usize>, Vec<&'a Target>) {
        let open = self.targets.iter().enumerate();
        open.filter(|(index, target)| self.answers[*index].is_none() && wanted(target)).unzip()
    }

    /// All answers; those that are still missing are `otherwise`.
    fn finish(self, otherwise: &Failure) -> Vec<Answer> {
        let mut answers = Vec::new();
        let read = self.request_ids.into_iter().zip(self.campaigns);
        for ((result, is_taken), (request_id, campaigns)) in self.answers.into_iter().zip(self.is_taken).zip(read) {
            let mut result = result.unwrap_or_else(|| Err(otherwise.clone()));
            let mut request_id = request_id;
            if let Err(failure) = &mut result {
                failure.may_have_arrived |= is_taken;
                request_id = request_id.or_else(|| failure.request_id.clone());
            }
            answers.push(Answer { result, request_id, campaigns });
        }
        answers
    }
}

/// Fails the rows that would be lowered below what campaigns lock.
fn refuse_locked<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>) {
    let (indices, rows) = batch.open(Target::lowers);
    for (index, target) in indices.into_iter().zip(rows) {
        let campaigns = target.seen.iter().flat_map(|seen| &seen.campaigns).copied().collect::<Vec<_>>();
        if let Some(lock) = lock_of(target.quantity, &campaigns, marketplace.api().now()) {
            batch.answers[index] = Some(Err(Failure::locked(locked_message(M::KIND.label(), lock), lock)));
        }
    }
}

/// Writes the open rows. Some marketplaces refuse a whole request because of one row: halves are sent until that row is
/// alone, so that the others are written.
async fn write<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>) {
    let (indices, _) = batch.open(|_| true);
    let mut parts = vec![indices];
    let began = Instant::now();
    let mut is_first = true;
    while let Some(indices) = parts.pop() {
        if !is_first && began.elapsed() > FRESH {
            batch.fail(&indices, &Failure::temporary("The others of its batch took too long. It is sent next."));
            continue;
        }
        is_first = false;
        let rows: Vec<&Target> = indices.iter().map(|index| &batch.targets[*index]).collect();
        if rows.is_empty() {
            continue;
        }
        match in_turn(marketplace.write(&rows)).await {
            Ok(written) => batch.record(&indices, written),
            Err(failure) if rows.len() > 1 && !failure.class.is_store_wide() => {
                let (first, second) = indices.split_at(indices.len() / 2);
                parts.extend([second.to_vec(), first.to_vec()]);
            }
            Err(failure) => {
                batch.fail_written(&indices, &failure);
                if failure.class.is_store_wide() {
                    // The next request would fail in the same way.
                    for indices in parts {
                        batch.fail(&indices, &failure);
                    }
                    return;
                }
            }
        }
    }
}

impl Batch<'_> {
    fn fail(&mut self, indices: &[usize], failure: &Failure) {
        for index in indices {
            self.answers[*index] = Some(Err(failure.clone()));
        }
    }

    /// Fails rows that were written: a marketplace whose response is missing may have applied them.
    fn fail_written(&mut self, indices: &[usize], failure: &Failure) {
        let may_have_arrived = failure.may_have_arrived || failure.class.is_inconclusive();
        self.fail(indices, &Failure { may_have_arrived, ..failure.clone() });
    }

    fn record(&mut self, indices: &[usize], written: Written) {
        for (index, row) in indices.iter().zip(written.rows) {
            self.request_ids[*index].clone_from(&written.request_id);
            match row {
                Ok(Confirmation::Shows(quantity)) => self.answers[*index] = Some(Ok(quantity)),
                Ok(Confirmation::ReadBack) => self.is_taken[*index] = true,
                Err(failure) => self.fail_written(&[*index], &failure),
            }
        }
    }
}

/// Reads the campaigns of the rows that were refused because of one, so that staff see how much is locked and until when.
/// If they cannot be read, the refusal stays as it is.
async fn explain_locks<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>) {
    let mut indices = Vec::new();
    let mut rows = Vec::new();
    for (index, answer) in batch.answers.iter().enumerate() {
        if let Some(Err(failure)) = answer
            && failure.class == FailureClass::Locked
            && failure.lock.is_none()
        {
            indices.push(index);
            rows.push(&batch.targets[index]);
        }
    }
    if rows.is_empty() {
        return;
    }
    let Ok(seen) = marketplace.look(&rows).await else { return };
    for ((index, target), seen) in indices.into_iter().zip(rows).zip(seen) {
        let Ok(Some(Seen { campaigns, listed, .. })) = seen else { continue };
        batch.campaigns[index] = listed;
        let lock = lock_of(target.quantity, &campaigns, marketplace.api().now());
        if let (Some(lock), Some(Err(failure))) = (lock, &mut batch.answers[index]) {
            failure.message = locked_message(M::KIND.label(), lock);
            failure.lock = Some(lock);
        }
    }
}

async fn read_back<M: Marketplace>(marketplace: &M, batch: &mut Batch<'_>) -> Result<(), Failure> {
    let (indices, rows) = batch.open(|_| true);
    if rows.is_empty() {
        return Ok(());
    }
    let shown = after_others(marketplace.read_quantities(&rows)).await?;
    for (index, shown) in indices.into_iter().zip(shown) {
        batch.answers[index] = Some(shown);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(item: Option<&str>) -> Target {
        Target {
            sku: crate::domain::code::SkuCode::parse("A").ok(),
            seller_sku: "a-1".to_owned(),
            item_id: item.map(str::to_owned),
            variant_id: None,
            quantity: 1,
            at_most: None,
            sequence: 1,
            seen: None,
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
