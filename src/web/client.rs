//! Who sends a request, as far as the network tells.

use super::state::State;
use actix_web::{HttpRequest, web::Data};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address of the client.
pub fn address(req: &HttpRequest) -> IpAddr {
    believed(req, is_behind_our_proxy(req))
}

/// Whether what a proxy says about a request is believed.
pub fn is_behind_our_proxy(req: &HttpRequest) -> bool {
    req.app_data::<Data<State>>().is_some_and(|state| state.settings.trust_proxy)
}

/// The peer of the connection, or behind our own proxy (`trust_proxy`) the last address in `X-Forwarded-For`. The client can write
/// the others itself.
fn believed(req: &HttpRequest, trust_proxy: bool) -> IpAddr {
    let peer = req.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
    let forwarded = || {
        let header = req.headers().get_all("x-forwarded-for").last()?.to_str().ok()?;
        let last = header.rsplit(',').next()?.trim();
        last.parse().ok().or_else(|| last.parse().ok().map(|address: SocketAddr| address.ip()))
    };
    if trust_proxy { forwarded().unwrap_or(peer) } else { peer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_client_is_believed_about_its_address_by_nobody_but_a_trusted_proxy() {
        for (forwarded, trusted, from) in [
            (vec!["198.51.100.7"], false, "192.0.2.1"),
            (vec!["198.51.100.7"], true, "198.51.100.7"),
            (vec!["10.0.0.1, 198.51.100.7"], true, "198.51.100.7"),
            (vec!["10.0.0.1", "[2001:db8::1]:443"], true, "2001:db8::1"),
            (vec!["unknown"], true, "192.0.2.1"),
            (vec![], true, "192.0.2.1"),
        ] {
            let mut req = TestRequest::default().peer_addr("192.0.2.1:5".parse().expect("an address"));
            for value in &forwarded {
                req = req.append_header(("X-Forwarded-For", *value));
            }
            let expected: IpAddr = from.parse().expect("an address");
            assert_eq!(believed(&req.to_http_request(), trusted), expected, "{forwarded:?}");
        }
    }
}
