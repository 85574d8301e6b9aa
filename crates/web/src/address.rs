use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::web::Data;
use ipnet::IpNet;

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

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind `peer`: from the right, the first forwarded address that is no trusted
    /// proxy. What stands further left was written by the client himself.
    pub fn client(&self, peer: IpAddr, forwarded_for: &[&str]) -> IpAddr {
        let mut client = peer.to_canonical();
        let hops = forwarded_for.iter().rev().flat_map(|header| header.rsplit(','));
        for hop in hops {
            if !self.contain(client) {
                break;
            }
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }
}

/// The address of the client that sent `request`, by the app's [`TrustedProxies`] if it has any.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let Some(proxies) = request.app_data::<Data<TrustedProxies>>() else { return Some(peer.to_canonical()) };
    let headers: Vec<&str> =
        request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    Some(proxies.client(peer, &headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let none = TrustedProxies::default();
        assert_eq!(none.client(ip("10.0.0.1"), &["1.2.3.4"]), ip("10.0.0.1"));
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(proxies.client(ip("10.0.0.1"), &["1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(proxies.client(ip("10.0.0.1"), &["6.6.6.6, 1.2.3.4, 10.0.0.9"]), ip("1.2.3.4"));
        assert_eq!(proxies.client(ip("10.0.0.1"), &["6.6.6.6", "1.2.3.4"]), ip("1.2.3.4"));
        assert_eq!(proxies.client(ip("9.9.9.9"), &["1.2.3.4"]), ip("9.9.9.9"));
        assert_eq!(proxies.client(ip("10.0.0.1"), &["rubbish"]), ip("10.0.0.1"));
        assert_eq!(proxies.client(ip("::ffff:10.0.0.1"), &[]), ip("10.0.0.1"));
    }
}
