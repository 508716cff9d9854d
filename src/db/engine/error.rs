//! What can go wrong with the database, and how an action fails.

use crate::domain::moment::Moment;
use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

/// An error of the database. Its transaction was rolled back, unless [`Self::kind`] says that nobody knows.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {0}")]
    Query(#[from] DieselError),
    #[error("database connection: {0}")]
    Connection(#[from] ConnectionError),
    #[error("no database connection became free in time: {0}")]
    NoneFree(String),
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    #[error("the database did not answer in time")]
    TimedOut,
    /// The connection broke, or the time ran out, after the commit was sent and before it was confirmed.
    #[error("it is not known whether the transaction was committed: {0}")]
    OutcomeUnknown(String),
    #[error("the clock of this machine is off: it shows {shown}, and it should show {expected}")]
    Clock { shown: Moment, expected: Moment },
    /// The work panicked.
    #[error("the work was given up")]
    GivenUp,
    #[error("{0}")]
    Setting(String),
    #[error("{0}")]
    Migration(String),
}

/// What can be done about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Another transaction holds a lock: retrying helps.
    Busy,
    /// The file or the server refuses writes.
    ReadOnly,
    Unavailable,
    /// The transaction may have been committed, or not.
    OutcomeUnknown,
    /// The clock of the machine is off, so nothing can be decided about stock.
    ClockOff,
    /// Anything else: a bug or broken data.
    Fault,
}

impl Error {
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Query(error) => query_error_kind(error),
            Self::NoneFree(_) => ErrorKind::Busy,
            Self::Connection(_) | Self::Unreachable(_) | Self::TimedOut => ErrorKind::Unavailable,
            Self::OutcomeUnknown(_) => ErrorKind::OutcomeUnknown,
            Self::Clock { .. } => ErrorKind::ClockOff,
            Self::GivenUp | Self::Setting(_) | Self::Migration(_) => ErrorKind::Fault,
        }
    }

    /// The error of a commit. A database that refused it has rolled back; where the connection broke, or the disk failed
    /// while it was written, the commit may have been kept.
    pub(super) fn of_commit(error: DieselError) -> Self {
        let cause = match &error {
            DieselError::RollbackErrorOnCommit { commit_error, .. } => commit_error,
            error => error,
        };
        let is_full = matches!(cause, DieselError::DatabaseError(_, info) if info.message().contains("disk is full"));
        match query_error_kind(cause) {
            ErrorKind::Unavailable if !is_full => Self::OutcomeUnknown(cause.to_string()),
            _ => Self::Query(error),
        }
    }

    /// The same error for other work that failed with it.
    #[must_use]
    pub fn shared(&self) -> Self {
        if let Self::Clock { shown, expected } = *self {
            return Self::Clock { shown, expected };
        }
        let words = self.to_string();
        match self.kind() {
            ErrorKind::Busy => Self::NoneFree(words),
            ErrorKind::ReadOnly => {
                DieselError::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, Box::new(words)).into()
            }
            ErrorKind::Unavailable => Self::Unreachable(words),
            ErrorKind::OutcomeUnknown => Self::OutcomeUnknown(words),
            ErrorKind::Fault | ErrorKind::ClockOff => Self::GivenUp,
        }
    }

    /// Whether other work would fail as well: it is not worth trying now.
    pub fn concerns_everything(&self) -> bool {
        match self.kind() {
            ErrorKind::Unavailable | ErrorKind::ReadOnly | ErrorKind::OutcomeUnknown | ErrorKind::ClockOff => true,
            ErrorKind::Busy => matches!(self, Self::NoneFree(_)),
            ErrorKind::Fault => false,
        }
    }

    /// Whether the same transaction may succeed if it is retried at once: after a serialization failure (40001) or a
    /// deadlock (40P01) of PostgreSQL and compatible databases, or if another transaction inserted a row that this one
    /// had found missing.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Query(DieselError::DatabaseError(
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::UniqueViolation,
                _,
            )) => true,
            Self::Query(DieselError::DatabaseError(_, info)) => info.message().contains("deadlock detected"),
            _ => false,
        }
    }
}

/// What the client library of PostgreSQL says, and what a server says before it closes a connection.
const LOST: [&str; 6] = [
    "terminating connection",
    "server closed",
    "no connection to the server",
    "could not receive data",
    "could not send data",
    "SSL connection has been closed",
];

fn query_error_kind(error: &DieselError) -> ErrorKind {
    let DieselError::DatabaseError(kind, info) = error else {
        return match error {
            DieselError::BrokenTransactionManager => ErrorKind::Unavailable,
            _ => ErrorKind::Fault,
        };
    };
    let message = info.message();
    match kind {
        DatabaseErrorKind::ReadOnlyTransaction => ErrorKind::ReadOnly,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => ErrorKind::Unavailable,
        DatabaseErrorKind::SerializationFailure => ErrorKind::Busy,
        _ => {
            let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
            if says(&["database is locked", "deadlock detected", "lock timeout"]) {
                ErrorKind::Busy
            } else if says(&["readonly database"]) {
                ErrorKind::ReadOnly
            } else if says(&["disk I/O error", "unable to open database", "disk is full", "statement timeout"])
                || says(&LOST)
            {
                ErrorKind::Unavailable
            } else {
                ErrorKind::Fault
            }
        }
    }
}

/// Why an action failed: a rule refused it, or the database failed. Nothing was changed either way, unless the error says
/// that nobody knows ([`ErrorKind::OutcomeUnknown`]).
#[derive(Debug, thiserror::Error)]
pub enum Failed<Refusal> {
    #[error("refused")]
    Refused(Refusal),
    #[error(transparent)]
    Database(#[from] Error),
}

impl<Refusal> Failed<Refusal> {
    pub fn map<Other>(self, into: impl FnOnce(Refusal) -> Other) -> Failed<Other> {
        match self {
            Self::Refused(refusal) => Failed::Refused(into(refusal)),
            Self::Database(error) => Failed::Database(error),
        }
    }
}

impl<Refusal> From<DieselError> for Failed<Refusal> {
    fn from(error: DieselError) -> Self {
        Self::Database(error.into())
    }
}

/// A failure of work inside a transaction.
pub trait Failure: From<Error> + From<DieselError> {
    fn database(&self) -> Option<&Error>;
}

impl Failure for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

impl<Refusal> Failure for Failed<Refusal> {
    fn database(&self) -> Option<&Error> {
        match self {
            Self::Refused(_) => None,
            Self::Database(error) => Some(error),
        }
    }
}

/// The error type of work inside a transaction: a [`Failure`], or the error of a statement, which becomes one.
pub trait Ending: Into<Self::Failure> {
    type Failure: Failure;
}

impl<F: Failure> Ending for F {
    type Failure = F;
}

impl Ending for DieselError {
    type Failure = Error;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: DatabaseErrorKind, words: &str) -> DieselError {
        DieselError::DatabaseError(kind, Box::new(words.to_owned()))
    }

    #[test]
    fn a_commit_whose_connection_broke_may_have_been_kept_and_one_that_was_refused_was_not() {
        use DatabaseErrorKind::{ClosedConnection, SerializationFailure, UniqueViolation, Unknown};
        for (kind, words, expected) in [
            (ClosedConnection, "", ErrorKind::OutcomeUnknown),
            (Unknown, "server closed the connection unexpectedly", ErrorKind::OutcomeUnknown),
            (Unknown, "terminating connection due to administrator command", ErrorKind::OutcomeUnknown),
            (Unknown, "disk I/O error", ErrorKind::OutcomeUnknown),
            (Unknown, "database or disk is full", ErrorKind::Unavailable),
            (Unknown, "database is locked", ErrorKind::Busy),
            (SerializationFailure, "could not serialize access", ErrorKind::Busy),
            (UniqueViolation, "duplicate key", ErrorKind::Fault),
        ] {
            assert_eq!(Error::of_commit(said(kind, words)).kind(), expected, "{words}");
        }
        let both = DieselError::RollbackErrorOnCommit {
            rollback_error: Box::new(DieselError::BrokenTransactionManager),
            commit_error: Box::new(said(ClosedConnection, "")),
        };
        assert_eq!(Error::of_commit(both).kind(), ErrorKind::OutcomeUnknown);
    }

    #[test]
    fn an_order_that_fails_alone_does_not_stop_those_beside_it_and_a_database_that_is_away_does() {
        for (error, expected) in [
            (Error::TimedOut, true),
            (Error::Unreachable(String::new()), true),
            (Error::NoneFree(String::new()), true),
            (Error::OutcomeUnknown(String::new()), true),
            (Error::Query(said(DatabaseErrorKind::Unknown, "lock timeout")), false),
            (Error::Query(said(DatabaseErrorKind::CheckViolation, "stock")), false),
            (Error::GivenUp, false),
        ] {
            assert_eq!(error.concerns_everything(), expected, "{error}");
            assert_eq!(error.shared().kind(), error.kind(), "{error}");
        }
    }
}
