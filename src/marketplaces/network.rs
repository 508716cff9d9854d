//! Which addresses belong to a network of our own. A server that sends requests wherever its staff say could be used to
//! reach what only it can reach: other programs of the machine, the local network, the metadata of a cloud. So such
//! addresses are refused unless `FLASHSALE_PRIVATE_ADDRESSES` allows them: those that an address names itself, and
//! those that a name stands for when a connection is opened. Only addresses that were checked are connected to, so a
//! name cannot mean another one a moment later.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Whether an address is not one of the public internet.
pub fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_inside_v4(address),
        IpAddr::V6(address) => is_inside_v6(address),
    }
}

/// The special-purpose addresses of IPv4 (RFC 6890), multicast, and what is reserved.
fn is_inside_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        [0 | 10 | 127, ..] | [224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        _ => false,
    }
}

/// Public addresses of IPv6 begin with 2000::/3. Some of those, and those of NAT64, have an address of IPv4 inside.
fn is_inside_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            let [first, second] = high.to_be_bytes();
            let [third, fourth] = low.to_be_bytes();
            is_inside_v4(Ipv4Addr::new(first, second, third, fourth))
        }
        [0x2001, 0..=0x1ff | 0xdb8, ..] => true,
        [first, ..] => !(0x2000..0x4000).contains(&first),
    }
}

/// Whether the host of `url` is, as written, an address inside, or this machine by its name.
pub fn names_inside(url: &str) -> bool {
    match Url::parse(url).as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(address))) => is_inside_v4(address),
        Ok(Some(Host::Ipv6(address))) => is_inside_v6(address),
        Ok(Some(Host::Domain(name))) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Ok(None) | Err(_) => false,
    }
}

/// The refusal of an address inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Use an address outside the network of this server: FLASHSALE_PRIVATE_ADDRESSES has to be “yes” for one inside it."
)]
pub struct Inside;

/// Looks names up as the machine does, and leaves out the addresses inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutsideOnly;

impl Resolve for OutsideOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let outside: Vec<SocketAddr> = found.filter(|address| !is_inside(address.ip())).collect();
            if outside.is_empty() {
                return Err(Inside.into());
            }
            let addresses: Addrs = Box::new(outside.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_public_internet_alone_are_outside() {
        for (address, inside) in [
            ("127.0.0.1", true),
            ("127.255.0.9", true),
            ("0.0.0.0", true),
            ("10.1.2.3", true),
            ("100.64.0.1", true),
            ("100.127.255.255", true),
            ("100.128.0.1", false),
            ("169.254.169.254", true),
            ("172.15.0.1", false),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("172.32.0.1", false),
            ("192.0.2.1", true),
            ("192.168.1.1", true),
            ("192.169.1.1", false),
            ("198.18.0.1", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("8.8.8.8", false),
            ("::", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:8.8.8.8", true),
            ("::127.0.0.1", true),
            ("64:ff9b::7f00:1", true),
            ("64:ff9b::808:808", false),
            ("2002:7f00:1::", true),
            ("2001::1", true),
            ("2001:db8::1", true),
            ("fc00::1", true),
            ("fd12:3456::1", true),
            ("fe80::1", true),
            ("ff02::1", true),
            ("2606:4700::1111", false),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(is_inside(address.parse().expect("an address")), inside, "{address}");
        }
    }

    #[actix_web::test]
    async fn a_name_that_stands_for_an_address_inside_has_none() {
        let name = "localhost".parse().expect("a name");
        let refused = OutsideOnly.resolve(name).await.err().expect("refused");
        assert!(refused.is::<Inside>(), "{refused}");
    }

    #[test]
    fn however_an_address_inside_is_written_it_is_recognized() {
        for (url, inside) in [
            ("http://127.1/x", true),
            ("http://2130706433/", true),
            ("http://0x7f.0.0.1:6379/", true),
            ("http://0177.0.0.1/", true),
            ("http://[::1]:8080/", true),
            ("https://localhost/x", true),
            ("https://LOCALHOST./", true),
            ("https://a.localhost/", true),
            ("https://169.254.169.254/latest/meta-data", true),
            ("https://api.lazada.sg/rest", false),
            ("https://localhost.example/", false),
            ("no address", false),
        ] {
            assert_eq!(names_inside(url), inside, "{url}");
        }
    }
}
