//! Claims what is due for one store, sends it and keeps what is answered, all three at the same time.

use super::{Pusher, access::Way, wait};
use crate::{
    actions::{
        claim_pushes::{self, Claim, Claimed},
        settle_pushes::{self, Answered, Answers, Reply},
    },
    clock,
    connectors::{Answer, Connector, Target},
    db::{self, connections::Connection, pushes},
    domain::{
        connection::ConnectorKind,
        failure::{Failure, FailureClass},
    },
};
use chrono::TimeDelta;
use futures_util::{FutureExt, Stream, TryStreamExt, stream};
use std::{cell::Cell, pin::pin};
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

/// Batches that are sent to one store at the same time, and answers to batches that wait until they are kept.
const AT_ONCE: usize = 4;
const WAITING: usize = 64;

/// Listings that are claimed together, and whose answers are kept together.
const CLAIMED: i64 = 200;
const KEPT: usize = 200;

/// What came of sending to a store.
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
    /// Claims and sends until nothing is due, and keeps the answers as they come: what is claimed next and what was
    /// answered are written while requests are on their way.
    pub(super) async fn send(&self, way: &Way) -> Result<Sent, db::Error> {
        let claim = self.claim(&way.connection);
        let (answered, answers) = mpsc::channel(WAITING);
        let is_stopped = Cell::new(false);
        let sending = async {
            let mut batches = pin!(self.answers(&way.connector, &claim, &is_stopped));
            let mut is_any = false;
            while let Some(of_batch) = batches.try_next().await? {
                is_any = true;
                answered.send(of_batch).await.expect("answers are kept to the end");
            }
            drop(answered);
            Ok(is_any)
        };
        let (is_any, heard) = tokio::try_join!(sending, self.keep_answers(&claim, answers, &is_stopped))?;
        Ok(Sent { is_any, heard })
    }

    /// What is claimed in a run: each claim of it has an id of its own, which begins with that of the run.
    fn claim(&self, connection: &Connection) -> Claim {
        // A request for Shopee is about one item, and there are several for each. What is claimed is to be sent soon: it
        // says what was right then.
        let limit = match connection.kind {
            ConnectorKind::Shopee => connection.rate.clamp(1, CLAIMED),
            ConnectorKind::Lazada | ConnectorKind::Zalora | ConnectorKind::Webhook | ConnectorKind::File => CLAIMED,
        };
        Claim {
            connection: connection.clone(),
            id: clock::new_id::<uuid::Uuid>(self.clock.now()).to_string(),
            limit,
            lease: TimeDelta::from_std(self.times.lease).unwrap_or(TimeDelta::MAX),
            patience: self.times.patience,
        }
    }

    /// The answers to what is due, batch by batch, until nothing is or it is stopped: it is claimed some at a time, and
    /// some batches are on their way at once.
    fn answers<'a>(
        &'a self,
        connector: &'a Connector,
        claim: &'a Claim,
        is_stopped: &'a Cell<bool>,
    ) -> impl Stream<Item = Result<Vec<Answered>, db::Error>> + 'a {
        let claimed = stream::try_unfold(1, move |nth| async move {
            let claimed = self.claim_more(claim, nth, is_stopped).await?;
            Ok::<_, db::Error>((!claimed.is_empty()).then_some((claimed, nth + 1)))
        });
        let batched = move |claimed: Vec<Claimed>| {
            let targets: Vec<Target> = claimed.iter().map(target).collect();
            let batches = connector.batches(&targets).into_iter().map(move |batch| {
                let batch = batch.into_iter().map(|place| (targets[place].clone(), claimed[place].clone()));
                Ok(self.send_batch(connector, batch.collect()).map(Ok))
            });
            stream::iter(batches)
        };
        claimed.map_ok(batched).try_flatten().try_buffer_unordered(AT_ONCE)
    }

    async fn claim_more(&self, claim: &Claim, nth: u64, is_stopped: &Cell<bool>) -> Result<Vec<Claimed>, db::Error> {
        if is_stopped.get() {
            return Ok(Vec::new());
        }
        let (now, claim) = (self.clock.now(), Claim { id: format!("{}/{nth}", claim.id), ..claim.clone() });
        self.database.write(move |conn| claim_pushes::run(conn, now, &claim)).await
    }

    /// Keeps answers as they come, and until then what is claimed. What ails the store as a whole stops the sending.
    async fn keep_answers(
        &self,
        claim: &Claim,
        mut answers: mpsc::Receiver<Vec<Answered>>,
        is_stopped: &Cell<bool>,
    ) -> Result<Heard, db::Error> {
        let mut heard = Heard::default();
        let mut leases = time::interval_at(Instant::now() + self.times.lease / 3, self.times.lease / 3);
        loop {
            let first = tokio::select! {
                _ = leases.tick() => {
                    self.keep(claim).await?;
                    continue;
                }
                answered = answers.recv() => match answered {
                    Some(answered) => answered,
                    None => return Ok(heard),
                },
            };
            let mut batches = vec![first];
            while let Some(more) = (batches.iter().flatten().count() < KEPT).then(|| answers.try_recv().ok()).flatten()
            {
                batches.push(more);
            }
            batches.iter_mut().flatten().for_each(|answered| heard.hear(answered));
            is_stopped.set(heard.is_of_store);
            let (store, at) = (claim.connection.store.clone(), self.clock.now());
            let answers = Answers { store, at, batches, patience: claim.patience };
            self.database.write(move |conn| settle_pushes::run(conn, &answers, &wait)).await?;
            // Others may have waited for those.
            self.to_send.notify_one();
        }
    }

    /// Keeps what was claimed and is not answered yet from other servers. If that fails, what is on its way is given up:
    /// another server may be at it.
    async fn keep(&self, claim: &Claim) -> Result<(), db::Error> {
        let (claim, until) = (claim.clone(), self.clock.now().plus(claim.lease));
        self.database.write(move |conn| pushes::extend(conn, &claim.connection.store, &claim.id, until)).await
    }

    /// Sends a batch. What a campaign keeps is answered as a failure, and what comes nearest to it is sent instead.
    async fn send_batch(&self, connector: &Connector, batch: Vec<(Target, Claimed)>) -> Vec<Answered> {
        let (targets, claimed): (Vec<Target>, Vec<Claimed>) = batch.into_iter().unzip();
        let replies = self.send_in_time(connector, &targets).await;
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
            let replies = self.send_in_time(connector, &nearest).await;
            for ((answered, target), reply) in locked.into_iter().zip(nearest).zip(replies) {
                answered.nearest = Some((target.quantity, reply));
            }
        }
        answered
    }

    /// Sends targets of one batch; what is not answered in time is given up.
    async fn send_in_time(&self, connector: &Connector, targets: &[Target]) -> Vec<Reply> {
        let answers = time::timeout(self.times.batch, connector.push(targets, self.clock.now())).await;
        let answers = answers.unwrap_or_else(|_| {
            let late = Failure { may_have_arrived: true, ..Failure::temporary("No answer came in time.") };
            vec![Answer { result: Err(late), request_id: None }; targets.len()]
        });
        assert_eq!(answers.len(), targets.len(), "an answer for every listing");
        let reply = |Answer { result, request_id }: Answer| Reply {
            result: result.map(|acknowledged| acknowledged.quantity),
            request_id,
        };
        answers.into_iter().map(reply).collect()
    }
}

fn target(claimed: &Claimed) -> Target {
    let Claimed { listing, quantity, at_most, .. } = claimed.clone();
    let db::listings::Listing { sku, store: _, seller_sku, created_at: _, item_id, variant_id } = listing;
    Target { sku, seller_sku, item_id, variant_id, quantity, at_most }
}
