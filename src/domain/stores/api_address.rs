//! The address of a store's API, as staff type it. It is checked before any secret is sent there.

use super::connection::ConnectorKind;
use url::{Host, Url};

/// The largest length of an address, in characters.
const LIMIT: usize = 500;

/// The address of an API: `https`, or `http` if it is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAddress(Url);

/// Why an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say what the variants mean")]
pub enum ApiAddressRefusal {
    #[error("Enter the address of the API.")]
    Missing,
    #[error("Enter the address of the API like {example}.")]
    NotAnAddress {
        /// A valid address of this kind of connector.
        example: &'static str,
    },
    /// The scheme is `http`, which does not encrypt the secrets that are sent.
    #[error("Use an address with https: secrets are sent to it. Only this machine itself may be reached with http.")]
    NotHttps,
    /// The address has a part that is not allowed, which is named here.
    #[error("Enter the address without {0}.")]
    With(&'static str),
}

impl ApiAddress {
    /// Parses the address for a connector of `kind`.
    pub fn parse(kind: ConnectorKind, text: &str) -> Result<Self, ApiAddressRefusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ApiAddressRefusal::Missing);
        }
        let example = kind.default_api_url().unwrap_or("https://shop.example/quantities");
        let not_an_address = ApiAddressRefusal::NotAnAddress { example };
        if text.chars().count() > LIMIT {
            return Err(not_an_address);
        }
        let url = Url::parse(text).map_err(|_| not_an_address.clone())?;
        let host = url.host().ok_or_else(|| not_an_address.clone())?;
        match url.scheme() {
            "https" => {}
            "http" if is_this_machine(&host) => {}
            "http" => return Err(ApiAddressRefusal::NotHttps),
            _ => return Err(not_an_address),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ApiAddressRefusal::With("a user name and a password"));
        }
        if url.fragment().is_some() {
            return Err(ApiAddressRefusal::With("#"));
        }
        // Other connectors append paths to the address, which a query would break.
        if url.query().is_some() && !kind.facts().address_may_have_query {
            return Err(ApiAddressRefusal::With("? and what follows it"));
        }
        Ok(Self(url))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The origin: scheme, host and port.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether two texts are one address of an API of `kind`: to most, paths are appended, so that a slash at the end is none.
pub fn is_same_address(kind: ConnectorKind, one: &str, other: &str) -> bool {
    let parsed = |text: &str| ApiAddress::parse(kind, text).ok();
    let (Some(one), Some(other)) = (parsed(one), parsed(other)) else { return one == other };
    if kind.facts().address_may_have_query {
        return one == other;
    }
    one.as_str().trim_end_matches('/') == other.as_str().trim_end_matches('/')
}

/// Whether two addresses of an API of `kind` have the same origin: only then may a secret for one be sent to the other.
pub fn have_same_origin(kind: ConnectorKind, one: &str, other: &str) -> bool {
    let origin = |url: &str| ApiAddress::parse(kind, url).ok().map(|address| address.origin());
    one == other || origin(one).is_some_and(|of_one| origin(other) == Some(of_one))
}
