//! The test call: asks a marketplace something that changes nothing, to see whether the address and the credentials are
//! right.

use crate::{
    connectors::{Connector, Credentials, HttpClient},
    domain::{
        code::StoreCode,
        moment::Moment,
        stores::{connection::ConnectorKind, failure::Failure},
    },
};

/// Where a store is to be reached.
pub(super) struct Target<'a> {
    pub(super) store: &'a StoreCode,
    pub(super) kind: ConnectorKind,
    pub(super) api_url: &'a str,
    pub(super) http: &'a HttpClient,
}

impl Target<'_> {
    /// Makes the call. Answers what came of it, and the credentials: with new tokens, if those that there were had ended
    /// and it `may_renew` them. A token that renews counts once: whoever has it renewed keeps what comes of it.
    pub(super) async fn check(
        &self,
        credentials: Credentials,
        may_renew: bool,
        now: Moment,
    ) -> (Credentials, Result<(), Failure>) {
        // A client's new token ends no other.
        let may_renew = may_renew || self.kind == ConnectorKind::Zalora;
        if may_renew && credentials.needs_refresh(now) {
            return self.renew_and_check(credentials, now).await;
        }
        match self.call(&credentials, now).await {
            Err(failure) if failure.token_ended && may_renew => self.renew_and_check(credentials, now).await,
            called => (credentials, called),
        }
    }

    async fn renew_and_check(&self, credentials: Credentials, now: Moment) -> (Credentials, Result<(), Failure>) {
        let renewed = match self.connect(&credentials) {
            Ok(connector) => connector.refresh(now).await,
            Err(failure) => Err(failure),
        };
        match renewed {
            Ok(renewed) => {
                let called = self.call(&renewed, now).await;
                (renewed, called)
            }
            Err(failure) => (credentials, Err(failure)),
        }
    }

    async fn call(&self, credentials: &Credentials, now: Moment) -> Result<(), Failure> {
        self.connect(credentials)?.check(now).await
    }

    fn connect(&self, credentials: &Credentials) -> Result<Connector, Failure> {
        Connector::new(self.store, self.kind, self.api_url, credentials.clone(), self.http)
    }
}
