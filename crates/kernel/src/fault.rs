use std::time::Duration;

use crate::json_kind::JsonKind;
use crate::ports::PortError;

/// What can go wrong before a dialect's own rules are reached, or beneath them: the transport's
/// and the house's failures. Every dialect turns each of them into its own error body.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// 415. The content type that came, if any.
    #[error("unsupported media type {0:?}")]
    MediaType(Option<String>),
    /// 400. The body is no JSON, or JSON that Roster refuses (duplicates, nesting, NUL).
    #[error("unreadable JSON: {0}")]
    Json(String),
    /// 400. The body is JSON, but no object.
    #[error("the body is a JSON {0}, not an object")]
    NotAnObject(JsonKind),
    /// 413. The body is larger than `limit` bytes.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// 400. The body ended early, or took too long to arrive.
    #[error("the body could not be read")]
    Incomplete,
    /// 400. A header that may be there once is there more often.
    #[error("the header {0} is repeated")]
    RepeatedHeader(&'static str),
    /// 404. No such path.
    #[error("no such path")]
    NoSuchPath,
    /// 405. The path is there, the method is not; `allow` lists the methods that are.
    #[error("method not allowed; allowed: {allow}")]
    Method {
        /// The method that came.
        method: String,
        /// For the `Allow` header, as `GET, POST`.
        allow: String,
    },
    /// 429. Too many failures or requests; to be tried again after this time.
    #[error("too many attempts; retry after {0:?}")]
    TooMany(Duration),
    /// 503 or 500. A port could not do its work.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Fault {
    /// The HTTP status that belongs to it.
    pub fn status(&self) -> u16 {
        match self {
            Self::Json(_) | Self::NotAnObject(_) | Self::Incomplete | Self::RepeatedHeader(_) => 400,
            Self::NoSuchPath => 404,
            Self::Method { .. } => 405,
            Self::TooLarge { .. } => 413,
            Self::MediaType(_) => 415,
            Self::TooMany(_) => 429,
            Self::Port(PortError::Busy { .. }) => 503,
            Self::Port(PortError::Failed(_)) => 500,
        }
    }

    /// The headers that belong to it, whatever the dialect: `Allow`, `Retry-After` (seconds).
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Method { allow, .. } => vec![("Allow", allow.clone())],
            Self::TooMany(after) | Self::Port(PortError::Busy { retry_after: after, .. }) => {
                vec![("Retry-After", retry_after_seconds(*after).to_string())]
            }
            _ => Vec::new(),
        }
    }

    /// What the caller may read, in English: constant for 5xx, and never a value that he sent
    /// but for the content type and the method.
    pub fn caller_message(&self) -> String {
        match self {
            Self::MediaType(Some(got)) => {
                format!("unsupported content type '{}'; send application/json", shorten(got))
            }
            Self::MediaType(None) => "content type missing; send application/json".into(),
            Self::Json(what) => format!("malformed JSON: {what}"),
            Self::NotAnObject(got) => format!("the body must be a JSON object, got {got}"),
            Self::TooLarge { limit } => format!("the body is larger than the limit of {limit} bytes"),
            Self::Incomplete => "the body ended early".into(),
            Self::RepeatedHeader(name) => format!("the header {name} is repeated; send it once"),
            Self::NoSuchPath => "no such path".into(),
            Self::Method { method, allow } => {
                format!("method {} is not allowed; allowed: {allow}", shorten(method))
            }
            Self::TooMany(after) => {
                format!("too many attempts; retry after {} seconds", retry_after_seconds(*after))
            }
            Self::Port(PortError::Busy { .. }) => "the service is busy; try again".into(),
            Self::Port(PortError::Failed(_)) => "internal error".into(),
        }
    }
}

fn retry_after_seconds(after: Duration) -> u64 {
    after.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
