//! What every request is asked before its route: which host it is for, and whether a proxy that is not
//! configured forwarded it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse};
use roster_tenant_ciam::{DieselStore, Store as _};
use roster_web::untrusted_proxy;
use serde_json::json;

use crate::compose::House;

/// The mark for the last proxy that forwarded requests without being trusted: its address, and when.
pub(crate) const UNTRUSTED_PROXY: &str = "untrusted-proxy";

/// How long a proxy that was noted is not noted again, in milliseconds.
const NOTED_MS: i64 = 24 * 60 * 60 * 1000;

/// How long the first request of a day waits for the note.
const NOTE: Duration = Duration::from_secs(1);

/// What every request is asked before its route. App data, one for all workers of a listener.
pub(crate) struct Front {
    house: Arc<House>,
    /// Whether only names of this machine, and those bound to tenants, are served.
    own_hosts_only: bool,
    has_tenants: bool,
    has_warned: AtomicBool,
    noted_ms: AtomicI64,
}

impl Front {
    /// `own_hosts_only`: whether a browser on this machine could be led here under another's name (DNS
    /// rebinding), since the listener's address protects it from nothing else.
    pub(crate) fn new(house: Arc<House>, own_hosts_only: bool, has_tenants: bool) -> Self {
        let (has_warned, noted_ms) = (AtomicBool::new(false), AtomicI64::new(i64::MIN));
        Self { house, own_hosts_only, has_tenants, has_warned, noted_ms }
    }

    /// Warns of a proxy that is not trusted, once, and notes it in the store, once a day.
    async fn note(&self, peer: IpAddr) {
        let now = self.house.clock.now_ms();
        let noted = self.noted_ms.load(Ordering::Relaxed);
        // A note from the future is one of a clock that was ahead.
        if (0..NOTED_MS).contains(&now.saturating_sub(noted))
            || self.noted_ms.compare_exchange(noted, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return;
        }
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "forwarded request from an address that is not in trusted_proxies; its X-Forwarded-For is \
                 ignored, and all its clients count as one address. If it is your proxy, add it to trusted_proxies"
            );
        }
        let value = format!("{peer} {now}");
        let noted = timeout(NOTE, self.house.db.set_mark(UNTRUSTED_PROXY, &value)).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::debug!("the proxy was not noted; another gateway may have noted it");
        }
    }

    /// Whether the request is for a host that is served here.
    async fn serves(&self, request: &HttpRequest) -> Result<bool, roster_kernel::PortError> {
        // HTTP/1.0 has none, and no browser sends it.
        let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
        for host in [host, request.uri().host()].into_iter().flatten() {
            let host = bare(host);
            if !is_own(host) && !self.is_bound(host).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_bound(&self, host: &str) -> Result<bool, roster_kernel::PortError> {
        if !self.has_tenants || host.is_empty() {
            return Ok(false);
        }
        let store = DieselStore::new(self.house.db.clone());
        Ok(store.tenant_of_host(&host.to_ascii_lowercase()).await?.is_some())
    }
}

/// A proxy that was noted, and when, in milliseconds: the value of [`UNTRUSTED_PROXY`].
pub(crate) fn noted(mark: &str) -> Option<(IpAddr, i64)> {
    let (peer, at) = mark.split_once(' ')?;
    Some((peer.parse().ok()?, at.parse().ok()?))
}

/// Middleware: answers 421 where the host is not served, and notes proxies that are not trusted.
pub(crate) async fn front<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(front) = request.app_data::<Data<Front>>() else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let front = front.clone();
    if let Some(peer) = untrusted_proxy(request.request()) {
        front.note(peer).await;
    }
    if front.own_hosts_only {
        match front.serves(request.request()).await {
            Ok(true) => {}
            Ok(false) => return Ok(request.into_response(misdirected()).map_into_right_body()),
            Err(error) => {
                tracing::warn!(%error, "cannot look up the host");
                return Ok(request.into_response(busy()).map_into_right_body());
            }
        }
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

fn misdirected() -> HttpResponse {
    let body = json!({
        "type": "about:blank",
        "title": "Misdirected Request",
        "status": 421,
        "detail": "this host is not served here; call localhost or 127.0.0.1, bind the host to a tenant, \
                   or set trusted_proxies",
    });
    HttpResponse::build(StatusCode::MISDIRECTED_REQUEST)
        .content_type("application/problem+json")
        .body(body.to_string())
}

fn busy() -> HttpResponse {
    let body = json!({
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "the service is busy; try again",
    });
    HttpResponse::ServiceUnavailable()
        .insert_header((header::RETRY_AFTER, "1"))
        .content_type("application/problem+json")
        .body(body.to_string())
}

/// A host without its port and final dot.
fn bare(host: &str) -> &str {
    let host = match host.rsplit_once(':') {
        // `[::1]` has colons of its own.
        Some((name, port)) if !name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether a host can be nothing but this machine.
fn is_own(host: &str) -> bool {
    let ipv6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || ipv6.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_others() {
        for own in
            ["localhost", "LocalHost:8080", "localhost.", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:8080"]
        {
            assert!(is_own(bare(own)), "{own}");
        }
        for other in [
            "",
            ":80",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::2]",
            "::1",
            "2130706433",
            "localhost:80:80",
            "[::1]x",
            "notlocalhost",
        ] {
            assert!(!is_own(bare(other)), "{other}");
        }
    }

    #[test]
    fn a_noted_proxy_is_read_back() {
        assert_eq!(noted("10.0.0.1 1700000000000"), Some(([10, 0, 0, 1].into(), 1_700_000_000_000)));
        assert_eq!(noted("10.0.0.1"), None);
    }
}
