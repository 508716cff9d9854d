//! What can go wrong between a store and its marketplace, told apart by what has to happen next.

use crate::domain::{moment::Moment, words::words};
use std::time::Duration;

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The marketplace does not let us in: staff have to look at the credentials. See [`Failure::token_ended`].
    Credentials,
    /// Too many calls: wait, then the same again.
    Throttled,
    /// A campaign of the marketplace keeps the stock: wait for its end.
    Locked,
    /// The listing is not what the marketplace has: staff have to look at its ids.
    Mapping,
    /// Anything that may be over the next time.
    Temporary,
}

words!(FailureClass {
    Credentials => "credentials", "Credentials";
    Throttled => "throttled", "Too many calls";
    Locked => "locked", "Kept by a campaign";
    Mapping => "mapping", "Mapping";
    Temporary => "temporary", "Temporary";
});

impl FailureClass {
    /// Whether it is about the store as a whole, and no listing of it is worth trying meanwhile.
    #[must_use]
    pub fn is_of_store(self) -> bool {
        match self {
            Self::Credentials | Self::Throttled | Self::Temporary => true,
            Self::Locked | Self::Mapping => false,
        }
    }
}

/// What a campaign of the marketplace keeps of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// Units that it keeps, if it says so: the listing cannot be set below them.
    pub quantity: Option<i64>,
    /// When it lets go of enough of them, if it says so.
    pub until: Option<Moment>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it asks for.
    pub class: FailureClass,
    /// What people read; never a secret, never long.
    pub message: String,
    /// How long the marketplace asks us to wait, if it does.
    pub retry_after: Option<Duration>,
    /// What keeps the stock, if that is why.
    pub lock: Option<Lock>,
    /// Whether the access token alone is why: a new one may mend it (see `Connector::refresh`).
    pub token_ended: bool,
    /// Whether what was sent may be shown all the same: no answer came, or none that proves anything.
    pub may_have_arrived: bool,
    /// The marketplace's own number of the call, for its support.
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure of a class.
    #[must_use]
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            retry_after: None,
            lock: None,
            token_ended: false,
            may_have_arrived: false,
            request_id: None,
        }
    }

    /// Something that may be over the next time.
    #[must_use]
    pub fn temporary(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Temporary, message)
    }

    /// A listing that the marketplace does not know as we do.
    #[must_use]
    pub fn mapping(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Mapping, message)
    }

    /// Stock that a campaign keeps.
    #[must_use]
    pub fn locked(message: impl Into<String>, lock: Lock) -> Self {
        Self { lock: Some(lock), ..Self::new(FailureClass::Locked, message) }
    }

    /// An access token that is over.
    #[must_use]
    pub fn token_ended(message: impl Into<String>) -> Self {
        Self { token_ended: true, ..Self::new(FailureClass::Credentials, message) }
    }
}
