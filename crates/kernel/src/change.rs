use std::net::IpAddr;

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address: the peer's, or the forwarded one from a trusted proxy. `None` for
    /// calls that came over no network.
    pub address: Option<IpAddr>,
    /// The request's id, as it stands in the answer's `X-Request-Id` and in the logs.
    pub request_id: Option<String>,
}

/// Who changes something, from where, and when. Every write of every dialect carries one, and
/// the journal records it in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The credential's subject, for example `admin` or `client:demo-client`.
    pub principal: String,
    /// Where the request came from.
    pub origin: Origin,
    /// When, in milliseconds since the epoch. The row's own time stamps are this time.
    pub at_ms: i64,
}
