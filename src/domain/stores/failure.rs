//! Failures of requests to a marketplace, classified by what has to happen next.

use crate::domain::{moment::Moment, words::words};
use std::time::Duration;

/// The class of a failure: it decides what has to happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The marketplace rejects the credentials: staff have to check them. See [`Failure::token_ended`].
    Credentials,
    /// The seller's permission for the app has ended, or was never given: the seller has to give it again.
    PermissionEnded,
    /// Too many requests: wait, then retry.
    Throttled,
    /// A campaign of the marketplace locks the stock: wait for its end.
    Locked,
    /// The marketplace does not know the ids of the listing: staff have to fix the mapping.
    Mapping,
    /// The marketplace does not let sellers set this stock, for example because it is in the marketplace's own warehouse:
    /// there is nothing to fix.
    NotWritable,
    /// Any other failure of one listing: retry it later, and keep sending the others.
    Temporary,
    /// No answer, or one that is not about a listing, such as the page of a proxy: the whole store may be unavailable.
    Unavailable,
}

words!(FailureClass {
    Credentials => "credentials", "Credentials";
    PermissionEnded => "permission_ended", "Permission ended";
    Throttled => "throttled", "Too many requests";
    Locked => "locked", "Locked by a campaign";
    Mapping => "mapping", "Mapping";
    NotWritable => "not_writable", "Not set by sellers";
    Temporary => "temporary", "Temporary";
    Unavailable => "unavailable", "Store unavailable";
});

impl FailureClass {
    /// Whether the failure is about the whole store, so that the next request would probably fail as well.
    pub fn is_store_wide(self) -> bool {
        match self {
            Self::Credentials | Self::PermissionEnded | Self::Throttled | Self::Unavailable => true,
            Self::Locked | Self::Mapping | Self::NotWritable | Self::Temporary => false,
        }
    }

    /// Whether staff have to do something before the store can be used again, so that it is paused.
    pub fn pauses(self) -> bool {
        matches!(self, Self::Credentials | Self::PermissionEnded)
    }

    /// Whether a request that failed in this way may have been applied all the same.
    pub fn is_inconclusive(self) -> bool {
        matches!(self, Self::Temporary | Self::Unavailable)
    }
}

/// The units of a listing that a campaign of the marketplace locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// The locked units, if the response has them: the quantity of the listing cannot be set below.
    pub quantity: Option<i64>,
    /// When enough of them are unlocked, if the response says so.
    pub until: Option<Moment>,
}

/// A request to a marketplace that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What has to happen next.
    pub class: FailureClass,
    /// A short message for staff, without secrets.
    pub message: String,
    /// How long to wait, if the response says so.
    pub retry_after: Option<Duration>,
    /// The locked units, for [`FailureClass::Locked`].
    pub lock: Option<Lock>,
    /// Whether only the access token has expired: renewing it may be enough (see `Connector::refresh`).
    pub token_ended: bool,
    /// Whether the marketplace may have applied the request: there was no response, or it was inconclusive.
    pub may_have_arrived: bool,
    /// The marketplace's id of the request, for its support.
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure of `class` without further details.
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

    /// A failure of one listing that is worth a retry.
    pub fn temporary(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Temporary, message)
    }

    /// A store that does not answer, or not with an answer of its own.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Unavailable, message)
    }

    /// A listing with ids that the marketplace does not know.
    pub fn mapping(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Mapping, message)
    }

    /// Stock that a campaign locks.
    pub fn locked(message: impl Into<String>, lock: Lock) -> Self {
        Self { lock: Some(lock), ..Self::new(FailureClass::Locked, message) }
    }

    /// An access token that has expired.
    pub fn token_ended(message: impl Into<String>) -> Self {
        Self { token_ended: true, ..Self::new(FailureClass::Credentials, message) }
    }
}
