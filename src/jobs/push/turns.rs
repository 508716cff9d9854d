//! Takes turns: each is one transaction, for whoever waits at the desk.

use super::{Pusher, TURN_OF_OTHERS, wait};
use crate::{
    actions::advance_pushes::{self, Look, Turn},
    db,
};
use std::{convert::Infallible, sync::Arc};
use tokio::time;

impl Pusher {
    /// Takes turns for as long as it is waited for.
    ///
    /// # Errors
    /// When the database fails to look: what it fails to do for a store is said to the sender.
    pub(super) async fn keep_taking_turns(&self) -> Result<Infallible, db::Error> {
        loop {
            self.take_turns().await?;
            self.desk.is_any().await;
        }
    }

    /// Takes turns until nothing waits.
    ///
    /// # Errors
    /// As [`Self::keep_taking_turns`].
    pub(super) async fn take_turns(&self) -> Result<(), db::Error> {
        while let Some(turn) = self.desk.turn(self.times.patience, self.times.lease()) {
            let is_more = match self.advance(turn.clone()).await {
                Ok(is_more) => is_more,
                Err(error) => self.advance_each(turn, error).await?,
            };
            if is_more {
                self.desk.look();
            }
            if self.desk.lets_others(is_more) {
                time::sleep(TURN_OF_OTHERS).await;
            }
            self.desk.heard().await;
            self.desk.answered().await;
        }
        Ok(())
    }

    /// Does what one turn says; answers whether there may be more to look at.
    async fn advance(&self, turn: Arc<Turn>) -> Result<bool, db::Error> {
        let (clock, done) = (self.clock.clone(), turn.clone());
        let run = move |conn: &mut db::Conn| advance_pushes::run(conn, || clock.now(), &done, &wait);
        let advanced = self.database.write(run).await?;
        if advanced.has_looked {
            self.looked_at.set(self.looked_at.get().max(Some(advanced.at)));
        }
        if self.desk.leave(&turn, &advanced) {
            self.to_send.notify_one();
        }
        turn.works.iter().zip(advanced.shares).for_each(|(work, share)| self.desk.tell(work, Ok(share)));
        Ok(advanced.is_more)
    }

    /// Does what could not be done together one by one: what fails for a store is that store's alone.
    async fn advance_each(&self, turn: Arc<Turn>, error: db::Error) -> Result<bool, db::Error> {
        tracing::warn!(%error, stores = turn.works.len(), "what waits was not done together: one by one");
        for work in &turn.works {
            // In a hurry: what was claimed for others is not written with it.
            let alone = Turn { look: Look::No, hurries: true, works: vec![work.clone()], ..*turn };
            if let Err(error) = self.advance(Arc::new(alone)).await {
                self.desk.tell(work, Err(error));
            }
        }
        match turn.look {
            Look::No if turn.hurries => Ok(false),
            Look::No | Look::UnlessBusy | Look::Yes => {
                self.advance(Arc::new(Turn { works: Vec::new(), ..*turn })).await
            }
        }
    }
}
