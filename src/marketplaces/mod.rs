//! The marketplaces of stores: a folder for each, which describes the marketplace (see [`description`]), turns "this
//! listing has to show 40" into calls of its API, and the responses into one answer per listing. [`registry`] lists the
//! folders: nothing else in the program asks which marketplace a store has.
//!
//! Not here: which listing has to show what, in which order, and when to retry. `sync::push` decides that. Every quantity
//! is absolute, so that the same push twice does no harm.
//!
//! Architecture invariants: no secret, token or signature leaves this module except to the marketplace and into [`seal`].
//! A marketplace's folder, and what it uses, does not know [`registry`] or [`connector`].

#[cfg(test)]
mod answering;
pub mod app;
pub mod campaigns;
pub mod connector;
pub mod credentials;
pub mod description;
pub mod file;
pub mod hooks;
mod http;
pub mod lazada;
mod lock;
mod loose;
pub mod network;
pub mod orders;
pub mod picture;
mod push;
mod rate;
pub mod registry;
pub mod seal;
pub mod shopee;
mod signature;
pub mod target;
pub mod webhook;
pub mod zalora;

pub use crate::domain::stores::failure::{Failure, FailureClass};
pub use connector::{Connector, Endpoint};
pub use credentials::Credentials;
pub use http::{ANSWER, HttpClient, Timeouts};
pub use rate::{Rate, after_others, backoff};
pub use target::{Answer, Seen, Target};
