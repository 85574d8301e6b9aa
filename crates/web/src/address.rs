use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName, HeaderValue, X_FORWARDED_FOR};
use actix_web::web::Data;
use ipnet::IpNet;

const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The proxies whose `X-Forwarded-For` is believed. Empty by default: then the client is the peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether none is configured.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `address`, in its canonical form, is one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind `peer`: from the right, the first forwarded address that is no trusted proxy.
    /// What stands further left was written by the client and is not looked at. If a trusted proxy wrote
    /// what is no address, no header counts, and the client is the peer.
    ///
    /// Addresses may have ports: `192.0.2.1:5678`, `[2001:db8::1]:80`.
    pub fn client<'h>(&self, peer: IpAddr, forwarded_for: impl IntoIterator<Item = &'h [u8]>) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.contain(peer) {
            return peer;
        }
        let headers: Vec<&[u8]> = forwarded_for.into_iter().collect();
        let mut client = peer;
        for hop in headers.iter().rev().flat_map(|header| header.rsplit(|byte| *byte == b',')) {
            let hop = hop.trim_ascii();
            if hop.is_empty() {
                continue;
            }
            let Some(address) = forwarded_address(hop) else { return peer };
            client = address;
            if !self.contain(client) {
                break;
            }
        }
        client
    }
}

/// The address of a hop, without its port.
fn forwarded_address(hop: &[u8]) -> Option<IpAddr> {
    let hop = std::str::from_utf8(hop).ok()?;
    let address = hop.parse::<IpAddr>().ok();
    let address = address.or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()));
    let address = address.or_else(|| {
        let inner = hop.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    });
    address.map(|address| address.to_canonical())
}

/// The address of the client that sent `request`, by the app's [`TrustedProxies`] if it has any.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let Some(proxies) = request.app_data::<Data<TrustedProxies>>() else { return Some(peer.to_canonical()) };
    let headers = request.headers().get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes);
    Some(proxies.client(peer, headers))
}

/// The peer of `request` if it forwards the request of another, by its headers, and is no trusted proxy:
/// then nothing is known of the client.
pub fn untrusted_proxy(request: &HttpRequest) -> Option<IpAddr> {
    let headers = request.headers();
    let is_forwarded = [X_FORWARDED_FOR, FORWARDED, X_REAL_IP].iter().any(|name| headers.contains_key(name));
    if !is_forwarded {
        return None;
    }
    let peer = request.peer_addr()?.ip().to_canonical();
    let proxies = request.app_data::<Data<TrustedProxies>>();
    (!proxies.is_some_and(|proxies| proxies.contain(peer))).then_some(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let none = TrustedProxies::default();
        let of = |proxies: &TrustedProxies, peer: &str, headers: &[&str]| {
            proxies.client(ip(peer), headers.iter().map(|header| header.as_bytes()))
        };
        assert_eq!(of(&none, "10.0.0.1", &["1.2.3.4"]), ip("10.0.0.1"));
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(of(&proxies, "10.0.0.1", &["1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(of(&proxies, "10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.9"]), ip("1.2.3.4"));
        assert_eq!(of(&proxies, "10.0.0.1", &["6.6.6.6", "1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(of(&proxies, "9.9.9.9", &["1.2.3.4"]), ip("9.9.9.9"));
        assert_eq!(of(&proxies, "::ffff:10.0.0.1", &[]), ip("10.0.0.1"));
    }

    #[test]
    fn what_a_proxy_forwards_is_an_address_with_or_without_a_port() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        for (header, client) in [
            (b"1.2.3.4:5678".as_slice(), "1.2.3.4"),
            (b"[2001:db8::1]:80", "2001:db8::1"),
            (b"[2001:db8::1]", "2001:db8::1"),
            (b"2001:db8::1", "2001:db8::1"),
            (b"::ffff:1.2.3.4", "1.2.3.4"),
            (b" 1.2.3.4 , ", "1.2.3.4"),
            // The client's own words are not looked at.
            (b"\xff, 1.2.3.4", "1.2.3.4"),
            (b"nonsense, 1.2.3.4:5678, 10.0.0.9:1", "1.2.3.4"),
            // A proxy's are: no part of the chain counts.
            (b"nonsense", "10.0.0.1"),
            (b"\xff, 10.0.0.9", "10.0.0.1"),
            (b"1.2.3.4, unknown, 10.0.0.9", "10.0.0.1"),
            (b"1.2.3.4:99999", "10.0.0.1"),
            (b"", "10.0.0.1"),
        ] {
            assert_eq!(proxies.client(ip("10.0.0.1"), [header]), ip(client), "{header:?}");
        }
    }
}
