//! The connection of one store to its marketplace.

use super::{
    campaigns::ReadOfOne,
    credentials::Credentials,
    description::Opening,
    http::{Api, HttpClient},
    orders::{OrderPage, Window},
    push::{self, AnyMarketplace, BatchSize},
    rate::Rate,
    registry,
    target::{Answer, Seen, Target},
};
use crate::domain::{
    code::StoreCode,
    stores::{
        connection::ConnectorKind,
        failure::{Failure, FailureClass},
        found::FoundPage,
        warehouse::Warehouse,
    },
};

/// Where a store is reached.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint<'a> {
    pub store: &'a StoreCode,
    pub kind: ConnectorKind,
    pub api_url: &'a str,
    /// The marketplace's code of the warehouse whose stock is set, if one is chosen.
    pub warehouse: Option<&'a str>,
}

/// It stores nothing: it is made for a push and dropped after it.
pub struct Connector {
    batch: BatchSize,
    marketplace: Box<dyn AnyMarketplace>,
}

impl Connector {
    /// Fails when the credentials are of another marketplace, or nothing is sent to one of that kind: a file is fetched,
    /// not pushed (see [`ConnectorKind::is_pushed`]). Every request waits until `pace` allows it.
    pub fn new(
        Endpoint { store, kind, api_url, warehouse }: Endpoint<'_>,
        credentials: Credentials,
        http: &HttpClient,
        pace: Option<Rate>,
    ) -> Result<Self, Failure> {
        let given = credentials.kind();
        if given != kind {
            let message =
                format!("Enter the credentials of {}: those of {store} are of {}.", kind.label(), given.label());
            return Err(Failure::new(FailureClass::Credentials, message));
        }
        let description = registry::describe(kind);
        let Some(connect) = description.connect else {
            let message = format!("Nothing is pushed to {store}: its quantities are downloaded as a file.");
            return Err(Failure::new(FailureClass::Credentials, message));
        };
        let api = Api::new(http, api_url, kind.label(), credentials.secrets(), pace);
        let opening = Opening { api, store: store.clone(), keys: credentials, warehouse: warehouse.map(str::to_owned) };
        Ok(Self { batch: description.batch, marketplace: connect(opening) })
    }

    /// The indices of the targets, in as few batches as the marketplace takes. Each batch is for one [`Self::push`].
    pub fn batches(&self, targets: &[Target]) -> Vec<Vec<usize>> {
        push::batches(targets, self.batch)
    }

    /// What the targets of one batch show, and what campaigns lock of them; `None` where the marketplace cannot be asked.
    /// Their answers belong into [`Target::seen`], so that pushing them does not ask again.
    pub async fn look(&self, targets: &[Target]) -> Vec<Result<Option<Seen>, Failure>> {
        self.marketplace.look(targets).await
    }

    /// Sends one batch, and answers for each of its targets in their order. Where the marketplace distinguishes the rows,
    /// the failure of one does not fail the others. No quantity is set below what a campaign is known to lock: see
    /// [`Target::nearest`].
    pub async fn push(&self, targets: &[Target]) -> Vec<Answer> {
        self.marketplace.push(targets).await
    }

    /// Makes a request that changes nothing, to test the address and the credentials. Returns the marketplace's id of the
    /// seller, if the answer says it.
    pub async fn check(&self) -> Result<Option<String>, Failure> {
        self.marketplace.check().await
    }

    /// The credentials with new tokens. Lazada and Shopee accept a refresh token once: the result has to be saved before
    /// anything else is done with it, and no two may renew at the same time. A failure of the class
    /// [`FailureClass::Credentials`] means that the permission has ended and the seller has to give it again.
    pub async fn refresh(&self) -> Result<Credentials, Failure> {
        self.marketplace.refresh().await
    }

    /// The warehouses of the seller, if the stock of one of them can be chosen for a store.
    pub async fn warehouses(&self) -> Result<Vec<Warehouse>, Failure> {
        self.marketplace.warehouses().await
    }

    /// The orders that have changed in the window: the first part, or the one at `page`. The window is no longer than the
    /// description says.
    pub async fn read_orders(&self, window: Window, page: Option<&str>) -> Result<OrderPage, Failure> {
        self.marketplace.read_orders(window, page).await
    }

    /// The orders with these ids, without those that the store does not have: as many as the description allows.
    pub async fn read_named_orders(&self, ids: &[String]) -> Result<OrderPage, Failure> {
        self.marketplace.read_named_orders(ids).await
    }

    /// The part from `cursor` on of what the marketplace lists for the store, or the first one. Reading a part again does no
    /// harm. Empty where the marketplace has no such list: see [`ConnectorKind::has_list`].
    pub async fn list(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        self.marketplace.list(cursor).await
    }

    /// The campaigns of each target. Empty where the marketplace cannot be asked: see [`super::campaigns::Campaigns`].
    pub async fn list_campaigns(&self, targets: &[Target]) -> Result<Vec<ReadOfOne>, Failure> {
        self.marketplace.list_campaigns(targets).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marketplaces::{file, lazada, webhook};

    fn webhook() -> Credentials {
        let values = [("secret".to_owned(), "secret".into())].into();
        registry::describe(webhook::KIND).credentials(values).expect("all fields")
    }

    fn connect(kind: ConnectorKind, credentials: Credentials) -> Result<Connector, Failure> {
        let store = StoreCode::parse("shop").expect("a code");
        let endpoint = Endpoint { store: &store, kind, api_url: "http://localhost", warehouse: None };
        Connector::new(endpoint, credentials, &HttpClient::default(), None)
    }

    #[test]
    fn nothing_connects_with_another_connector_s_credentials_or_to_a_file() {
        assert!(connect(webhook::KIND, webhook()).is_ok());
        let of_file = registry::describe(file::KIND).credentials(std::collections::BTreeMap::new()).expect("no fields");
        for (kind, credentials) in [(lazada::KIND, webhook()), (file::KIND, of_file)] {
            assert_eq!(connect(kind, credentials).err().expect("refused").class, FailureClass::Credentials);
        }
    }

    #[test]
    fn a_push_can_move_between_threads() {
        fn check(_: impl Send) {}
        let connector = connect(webhook::KIND, webhook()).expect("a connection");
        check(connector.push(&[]));
        check(connector.refresh());
        check(connector.check());
    }
}
