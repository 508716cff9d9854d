//! Sends to one store what is claimed for it, while what is claimed next and what was answered are written.

use super::{Pusher, access::Way};
use crate::{
    actions::{
        claim_pushes::Claimed,
        settle_pushes::{Answered, Reply},
    },
    clock,
    db::{
        self,
        stores::{hurried_claims, pushes},
    },
    domain::{
        code::StoreCode,
        stores::failure::{Failure, FailureClass},
    },
    marketplaces::{Answer, Connector, Target},
};
use futures_util::{
    FutureExt, StreamExt,
    future::{Fuse, FusedFuture},
    stream::FuturesUnordered,
};
use std::{collections::VecDeque, pin::pin, time::Duration};
use tokio::time::{self, Instant};

/// Batches that are sent to one store at the same time.
const AT_ONCE: usize = 4;

/// Listings that are claimed together at the most: as many as four turns find, so that a store that falls behind the others
/// has room for what the next ones find.
const CLAIMED: usize = 800;

/// What waits to be sent to a store, in batches.
type Batches = VecDeque<Vec<(Target, Claimed)>>;

/// What came of sending to a store.
#[derive(Default)]
pub(super) struct Sent {
    /// Whether there was anything.
    pub(super) is_any: bool,
    /// What it answered.
    pub(super) heard: Heard,
}

/// What the answers of a store say of it as a whole.
#[derive(Default)]
pub(super) struct Heard {
    /// Whether it took anything.
    pub(super) is_any_taken: bool,
    /// How its access has ended, if it has.
    pub(super) ended: Option<Failure>,
    /// Whether anything failed that is about the store and not about a listing.
    is_of_store: bool,
}

impl Heard {
    /// Looks at an answer. Access that has ended can be renewed: nobody has to look yet.
    fn hear(&mut self, answered: &mut Answered) {
        let nearest = answered.nearest.iter_mut().map(|(_, reply)| reply);
        for reply in std::iter::once(&mut answered.reply).chain(nearest) {
            match &mut reply.result {
                Ok(_) => self.is_any_taken = true,
                Err(failure) => {
                    self.is_of_store |= failure.class.is_of_store();
                    if failure.token_ended {
                        self.ended.get_or_insert_with(|| failure.clone());
                        failure.class = FailureClass::Temporary;
                    }
                }
            }
        }
    }
}

impl Pusher {
    /// Sends what it is given at the desk until nothing is due, and has what is answered kept there: what is claimed next
    /// and what was answered are written while requests are on their way. What ails the store as a whole stops it.
    pub(super) async fn send(&self, way: &Way) -> Result<Sent, db::Error> {
        let (store, run) = (&way.connection.store, clock::new_id::<uuid::Uuid>(self.clock.now()).to_string());
        let limit = most_at_once(way);
        let mut seat = self.desk.seat(&way.connection, run.clone());
        let mut leases = time::interval_at(Instant::now() + self.times.lease / 3, self.times.lease / 3);
        let mut extending = pin!(Fuse::terminated());
        let (mut to_send, mut on_their_way) = (Batches::new(), FuturesUnordered::new());
        let (mut sent, mut unkept, mut is_more) = (Sent::default(), 0, true);
        while is_more || !to_send.is_empty() || !on_their_way.is_empty() || unkept > 0 {
            let free = AT_ONCE - on_their_way.len();
            on_their_way.extend(to_send.drain(..free.min(to_send.len())).map(|batch| self.send_batch(way, batch)));
            let has_room = to_send.iter().map(Vec::len).sum::<usize>() < limit && !sent.heard.is_of_store;
            seat.has_room(if has_room { limit } else { 0 }, !on_their_way.is_empty());
            let is_extending = !extending.is_terminated();
            tokio::select! {
                biased;
                told = seat.told() => {
                    let told = told?;
                    sent.is_any |= !told.claimed.is_empty();
                    unkept -= told.kept;
                    is_more = told.is_more && !sent.heard.is_of_store;
                    if !told.claimed.is_empty() {
                        to_send = packed(&way.connector, to_send, told.claimed);
                    }
                }
                Some(mut answered) = on_their_way.next() => {
                    answered.iter_mut().for_each(|answered| sent.heard.hear(answered));
                    is_more &= !sent.heard.is_of_store;
                    unkept += 1;
                    seat.keep(answered);
                }
                extended = &mut extending, if is_extending => extended?,
                _ = leases.tick(), if !is_extending => extending.set(self.extend(store, &run).fuse()),
            }
        }
        Ok(sent)
    }

    /// Keeps what was claimed and is not answered yet from other servers. If that fails, what is on its way is given up:
    /// another server may be at it.
    async fn extend(&self, store: &StoreCode, run: &str) -> Result<(), db::Error> {
        let (store, run, clock, lease) = (store.clone(), run.to_owned(), self.clock.clone(), self.times.lease());
        let extend = move |conn: &mut db::Conn| {
            let until = clock.now().plus(lease);
            pushes::extend(conn, &store, &run, until)?;
            hurried_claims::extend(conn, &store, &run, until)
        };
        self.database.write(extend).await
    }

    /// Sends a batch. What a campaign keeps is answered as a failure, and what comes nearest to it is sent instead.
    async fn send_batch(&self, way: &Way, batch: Vec<(Target, Claimed)>) -> Vec<Answered> {
        let (targets, claimed): (Vec<Target>, Vec<Claimed>) = batch.into_iter().unzip();
        let replies = self.send_in_time(way, &targets).await;
        let answered = |(claimed, reply)| Answered { claimed, reply, nearest: None };
        let mut answered: Vec<Answered> = claimed.into_iter().zip(replies).map(answered).collect();
        let nearest = |(target, answered): (&Target, &Answered)| {
            let lock = answered.reply.result.as_ref().err()?.lock?;
            target.nearest(lock)
        };
        let nearest: Vec<Option<Target>> = targets.iter().zip(&answered).map(nearest).collect();
        let (locked, nearest): (Vec<&mut Answered>, Vec<Target>) =
            answered.iter_mut().zip(nearest).filter_map(|(answered, nearest)| Some((answered, nearest?))).unzip();
        if !nearest.is_empty() {
            let replies = self.send_in_time(way, &nearest).await;
            for ((answered, target), reply) in locked.into_iter().zip(nearest).zip(replies) {
                answered.nearest = Some((target.quantity, reply));
            }
        }
        answered
    }

    /// Sends targets of one batch; what is not answered in time is given up. What its requests wait for the store's rate,
    /// with those of other batches, comes on top: there may be two for each listing.
    async fn send_in_time(&self, way: &Way, targets: &[Target]) -> Vec<Reply> {
        let requests = u32::try_from(2 * targets.len() * AT_ONCE).unwrap_or(u32::MAX);
        let rate = u32::try_from(way.connection.rate).unwrap_or(u32::MAX).max(1);
        let in_time = self.times.batch + Duration::from_secs(requests.into()) / rate;
        let answers = time::timeout(in_time, way.connector.push(targets, self.clock.now())).await;
        let answers = answers.unwrap_or_else(|_| {
            let late = Failure { may_have_arrived: true, ..Failure::temporary("No answer came in time.") };
            vec![Answer { result: Err(late), request_id: None }; targets.len()]
        });
        assert_eq!(answers.len(), targets.len(), "an answer for every listing");
        let at = self.clock.now();
        let reply = |Answer { result, request_id }: Answer| Reply {
            result: result.map(|acknowledged| acknowledged.quantity),
            at,
            request_id,
        };
        answers.into_iter().map(reply).collect()
    }
}

/// How many of a store's listings are claimed together: not more than are sent in about a second. What is claimed is to be
/// sent soon, because it says what was right then.
fn most_at_once(way: &Way) -> usize {
    let requests = usize::try_from(way.connection.rate).unwrap_or(CLAIMED);
    requests.saturating_mul(way.connector.most_together()).clamp(1, CLAIMED)
}

/// What waits to be sent together with what was claimed since, in as few batches as can be: what is urgent first.
fn packed(connector: &Connector, waiting: Batches, claimed: Vec<Claimed>) -> Batches {
    let waiting = waiting.into_iter().flatten().map(|(_, claimed)| claimed);
    let (urgent, others): (Vec<Claimed>, Vec<Claimed>) = waiting.chain(claimed).partition(|claimed| claimed.is_urgent);
    [urgent, others].into_iter().flat_map(|claimed| batches(connector, claimed)).collect()
}

/// What was claimed, in the batches that the connector sends.
fn batches(connector: &Connector, claimed: Vec<Claimed>) -> Vec<Vec<(Target, Claimed)>> {
    let targets: Vec<Target> = claimed.iter().map(target).collect();
    let batches = connector.batches(&targets);
    let mut pairs: Vec<_> = targets.into_iter().zip(claimed).map(Some).collect();
    let mut pair = |place: usize| pairs[place].take().expect("each is in one batch");
    batches.into_iter().map(|batch| batch.into_iter().map(&mut pair).collect()).collect()
}

fn target(claimed: &Claimed) -> Target {
    let db::stores::listings::Listing { sku, store: _, seller_sku, created_at: _, item_id, variant_id } =
        &claimed.listing;
    Target {
        sku: sku.clone(),
        seller_sku: seller_sku.clone(),
        item_id: item_id.clone(),
        variant_id: variant_id.clone(),
        quantity: claimed.quantity,
        at_most: claimed.at_most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::stores::listings::Listing,
        domain::{code::SkuCode, testing::noon},
        marketplaces::{Credentials, HttpClient, webhook},
    };

    fn claimed(nth: usize, is_urgent: bool) -> Claimed {
        let store = StoreCode::trusted("own-shop".to_owned());
        Claimed {
            listing: Listing::new(SkuCode::trusted(format!("SKU-{nth:03}")), store, noon()),
            quantity: 40,
            why: String::new(),
            acknowledged: None,
            sending: None,
            at_most: None,
            is_urgent,
            claim: String::new(),
        }
    }

    #[test]
    fn what_waits_is_sent_in_few_batches_and_what_is_urgent_first() {
        let values = [("secret".to_owned(), "secret".into())].into();
        let keys = Credentials::new(webhook::KIND, values).expect("all fields");
        let (store, http) = (StoreCode::trusted("own-shop".to_owned()), HttpClient::default());
        let connector = Connector::new(&store, webhook::KIND, "https://shop.example", keys, &http);
        let connector = connector.expect("a connector");
        let pack = |waiting, claimed| packed(&connector, waiting, claimed);
        // Found one by one, while every request waits for the store's rate.
        let waiting = (0..120).fold(Batches::new(), |waiting, nth| pack(waiting, vec![claimed(nth, false)]));
        assert_eq!(waiting.iter().map(Vec::len).collect::<Vec<_>>(), [100, 20]);
        let waiting = pack(waiting, vec![claimed(120, true)]);
        assert_eq!(waiting.iter().map(Vec::len).collect::<Vec<_>>(), [1, 100, 20]);
        let skus: Vec<&str> = waiting.iter().flatten().map(|(_, claimed)| claimed.listing.sku.as_str()).collect();
        assert_eq!((skus[0], skus[1], skus[120]), ("SKU-120", "SKU-000", "SKU-119"));
    }
}
