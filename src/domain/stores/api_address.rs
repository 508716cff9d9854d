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
pub enum ApiAddressRefusal {
    /// Nothing was typed.
    #[error("Enter the address of the API.")]
    Missing,
    /// The text is not an address.
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
    ///
    /// # Errors
    /// An [`ApiAddressRefusal`].
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
        if url.query().is_some() && kind != ConnectorKind::Webhook {
            return Err(ApiAddressRefusal::With("? and what follows it"));
        }
        Ok(Self(url))
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The origin: scheme, host and port.
    #[must_use]
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

#[cfg(test)]
mod tests {
    use super::*;
    use ApiAddressRefusal::{Missing, NotAnAddress, NotHttps, With};

    #[test]
    fn an_address_is_reached_with_https_or_is_this_machine() {
        let not_an_address = || Err(NotAnAddress { example: "https://api.lazada.sg/rest" });
        for (typed, found) in [
            ("", Err(Missing)),
            (" https://API.lazada.sg/rest ", Ok("https://api.lazada.sg/rest")),
            ("https://api.lazada.sg:8443", Ok("https://api.lazada.sg:8443/")),
            ("http://127.0.0.1:9000/rest", Ok("http://127.0.0.1:9000/rest")),
            ("http://127.9.9.9", Ok("http://127.9.9.9/")),
            ("http://localhost:9000", Ok("http://localhost:9000/")),
            ("http://[::1]:9000", Ok("http://[::1]:9000/")),
            ("http://api.lazada.sg/rest", Err(NotHttps)),
            ("http://localhost.evil.example", Err(NotHttps)),
            ("http://10.0.0.1", Err(NotHttps)),
            ("https://user:secret@api.lazada.sg", Err(With("a user name and a password"))),
            ("https://api.lazada.sg/#rest", Err(With("#"))),
            ("https://api.lazada.sg/rest?x=1", Err(With("? and what follows it"))),
            ("ftp://api.lazada.sg", not_an_address()),
            ("file:///etc/passwd", not_an_address()),
            ("api.lazada.sg/rest", not_an_address()),
            ("https://", not_an_address()),
        ] {
            let parsed = ApiAddress::parse(ConnectorKind::Lazada, typed);
            assert_eq!(parsed.as_ref().map(ApiAddress::as_str).map_err(Clone::clone), found, "{typed}");
        }
        let hook = ApiAddress::parse(ConnectorKind::Webhook, "https://shop.example/hook?shop=1").expect("a webhook");
        assert_eq!((hook.as_str(), &*hook.origin()), ("https://shop.example/hook?shop=1", "https://shop.example"));
        assert!(ApiAddress::parse(ConnectorKind::Webhook, &format!("https://{}", "x".repeat(500))).is_err());
    }
}
