//! Addresses to listen on: numbers, or the name of a host, which is resolved when the configuration is
//! read.

use std::net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _};

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer};

/// Reads `HOST:PORT`.
pub(crate) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    resolve(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Reads `HOST:PORT`, or nothing.
pub(crate) fn optional_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| resolve(&text)).transpose().map_err(D::Error::custom)
}

/// The address of `HOST:PORT`. Of a name's several addresses it is the first of IPv4, else the first.
fn resolve(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let form = "write ADDRESS:PORT or NAME:PORT, as 127.0.0.1:8080, [::1]:8080 or localhost:8080";
    let Some((host, port)) = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()) else {
        return Err(format!("'{text}' is no address to listen on: {form}"));
    };
    let port: u16 = port
        .parse()
        .map_err(|_| format!("'{port}' is no port, which is a number from 0 to 65535: {form}"))?;
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|error| format!("the host name '{host}' cannot be resolved: {}", without_code(&error)))?;
    let found: Vec<SocketAddr> = found.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| format!("the host name '{host}' has no address"))
}

fn without_code(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").map_or(text.clone(), str::to_owned)
}

/// Whether two listeners would want the same port of the same address. Port 0 is a free one each time.
pub(crate) fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let is_any = |ip: IpAddr| ip.is_unspecified();
    one.port() != 0
        && one.port() == other.port()
        && (one.ip() == other.ip() || is_any(one.ip()) || is_any(other.ip()))
}

/// Whether this machine has the address.
///
/// # Errors
/// What the system says if it has not.
pub(crate) fn is_local(address: SocketAddr) -> std::io::Result<()> {
    TcpListener::bind((address.ip(), 0)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_resolved_and_what_is_none_is_told() {
        assert_eq!(resolve("127.0.0.1:8080"), Ok(([127, 0, 0, 1], 8080).into()));
        assert_eq!(resolve("[::1]:0").map(|address| address.port()), Ok(0));
        assert_eq!(resolve("localhost:8080").map(|address| address.ip().is_loopback()), Ok(true));
        for (bad, why) in [
            ("here", "'here' is no address to listen on"),
            (":8080", "':8080' is no address"),
            ("localhost:http", "'http' is no port"),
            ("localhost:70000", "'70000' is no port"),
            ("host.invalid:8080", "the host name 'host.invalid' cannot be resolved"),
        ] {
            let error = resolve(bad).expect_err(bad);
            assert!(error.contains(why) && !error.contains(".rs"), "{error}");
        }
    }

    #[test]
    fn listeners_overlap_where_one_port_would_be_bound_twice() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        for (one, other, expected) in [
            ("127.0.0.1:1", "127.0.0.1:1", true),
            ("127.0.0.1:1", "127.0.0.1:2", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
            ("0.0.0.0:1", "127.0.0.1:1", true),
            ("[::]:1", "127.0.0.1:1", true),
            ("127.0.0.2:1", "127.0.0.1:1", false),
        ] {
            assert_eq!(overlap(at(one), at(other)), expected, "{one} {other}");
        }
    }
}
