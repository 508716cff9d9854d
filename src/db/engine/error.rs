//! What can go wrong with the database, and how an action fails.

use crate::domain::moment::Moment;
use diesel::result::{ConnectionError, DatabaseErrorKind, Error as DieselError};

/// An error of the database. Its transaction was rolled back.
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
            Self::Connection(_) | Self::Unreachable(_) => ErrorKind::Unavailable,
            Self::Clock { .. } => ErrorKind::ClockOff,
            Self::GivenUp | Self::Setting(_) | Self::Migration(_) => ErrorKind::Fault,
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
            } else if says(&["disk I/O error", "unable to open database", "disk is full", "terminating connection"])
                || says(&["server closed"])
            {
                ErrorKind::Unavailable
            } else {
                ErrorKind::Fault
            }
        }
    }
}

/// Why an action failed: a rule refused it, or the database failed. Nothing was changed either way.
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
