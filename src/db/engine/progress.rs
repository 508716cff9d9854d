//! How far the work of one request has got: shared by the thread that does it and by the request that waits for its
//! result. The two agree on it, so that nothing is committed for which "Nothing was changed" was answered.

use super::{error::Error, pool::Seat};
use std::{
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    time::Duration,
};

/// It waits for a connection.
const WAITING: u8 = 0;
/// Its transaction is open, or about to be.
const WORKING: u8 = 1;
/// Its commit was sent.
const COMMITTING: u8 = 2;
/// Nobody waits for it any more: it must not commit.
const GIVEN_UP: u8 = 3;

#[derive(Default)]
pub(super) struct Progress {
    stage: AtomicU8,
    /// That of the connection which the work uses.
    seat: Mutex<Weak<Seat>>,
}

impl Progress {
    /// Of work on a connection of its own, which nobody gives up.
    pub(super) fn of_one() -> Self {
        Self { stage: AtomicU8::new(WORKING), seat: Mutex::default() }
    }

    /// Work begins, or begins again, on a connection.
    pub(super) fn begin(&self, seat: &Arc<Seat>) -> Result<(), Error> {
        *self.seat.lock().expect("nobody panics with it") = Arc::downgrade(seat);
        let begun = self.stage.fetch_update(SeqCst, SeqCst, |stage| (stage != GIVEN_UP).then_some(WORKING));
        begun.map(drop).map_err(|_| Error::TimedOut)
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.stage.load(SeqCst) == GIVEN_UP
    }

    /// Whether the work may be committed. If it is given up after that, its outcome is not known.
    pub(super) fn commit(&self) -> Result<(), Error> {
        let committing = self.stage.compare_exchange(WORKING, COMMITTING, SeqCst, SeqCst);
        committing.map(drop).map_err(|_| Error::TimedOut)
    }

    /// The client has gone: work that has not begun is not worth beginning.
    pub(super) fn forget(&self) {
        if self.stage.compare_exchange(WAITING, GIVEN_UP, SeqCst, SeqCst).is_ok() {
            tracing::debug!("a client hung up before its work had begun");
        }
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        self.seat.lock().expect("nobody panics with it").upgrade()
    }

    /// Whether its connection has waited for the server for longer than `deadline`.
    pub(super) fn hangs(&self, deadline: Duration) -> bool {
        self.seat().is_some_and(|seat| seat.hangs(deadline))
    }

    /// Stops waiting for the work: it will not be committed unless its commit was sent already. Its connection is given up
    /// as well, and its pool may open another one.
    pub(super) fn give_up(&self) -> Error {
        let stage = self.stage.swap(GIVEN_UP, SeqCst);
        if let Some(seat) = self.seat() {
            seat.give_up();
        }
        match stage {
            COMMITTING => Error::OutcomeUnknown("no answer to the commit in time".to_owned()),
            _ => Error::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work in a stage, without a connection.
    fn at(stage: u8) -> Progress {
        Progress { stage: AtomicU8::new(stage), seat: Mutex::default() }
    }

    #[test]
    fn what_was_given_up_before_its_commit_is_never_committed_and_later_nobody_knows() {
        for (stage, is_unknown) in [(WAITING, false), (WORKING, false), (COMMITTING, true)] {
            let progress = at(stage);
            let said = progress.give_up();
            assert_eq!(matches!(said, Error::OutcomeUnknown(_)), is_unknown, "{stage}: {said}");
            assert!(matches!(progress.commit(), Err(Error::TimedOut)), "{stage}");
            assert!(progress.is_given_up(), "{stage}");
        }
    }

    #[test]
    fn a_client_that_hung_up_ends_what_has_not_begun_and_nothing_else() {
        for (stage, is_forgotten) in [(WAITING, true), (WORKING, false), (COMMITTING, false)] {
            let progress = at(stage);
            progress.forget();
            assert_eq!(progress.is_given_up(), is_forgotten, "{stage}");
        }
    }
}
