use crate::language::Language;

/// A body as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireBody {
    /// `application/json`.
    Json(String),
    /// `application/problem+json` (RFC 9457).
    Problem(String),
    /// `text/plain; charset=utf-8`.
    Text(String),
}

/// An error as the caller receives it. Only a dialect's `error.rs` makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in the dialect's own shape.
    pub body: WireBody,
}

impl WireError {
    /// A JSON error.
    ///
    /// `body` must be serialisable without failure: plain structs and maps with string keys are.
    pub fn json(status: u16, body: &impl serde::Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_else(|_| "{}".into());
        Self { status, headers: Vec::new(), body: WireBody::Json(body) }
    }

    /// A plain-text error.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: WireBody::Text(body.into()) }
    }

    /// An RFC 9457 problem: `title` is the status' own phrase, `detail` says what to mend.
    pub fn problem(status: u16, title: &str, detail: &str) -> Self {
        let body =
            serde_json::json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
        Self { status, headers: Vec::new(), body: WireBody::Problem(body.to_string()) }
    }

    /// The same with one more member, where the body is a JSON object (RFC 9457 calls it an
    /// extension member).
    #[must_use]
    pub fn member(mut self, name: &str, value: serde_json::Value) -> Self {
        if let WireBody::Json(body) | WireBody::Problem(body) = &mut self.body
            && let Ok(serde_json::Value::Object(mut members)) = serde_json::from_str(body)
        {
            members.insert(name.to_owned(), value);
            *body = serde_json::Value::Object(members).to_string();
        }
        self
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with more headers.
    #[must_use]
    pub fn headers(mut self, headers: Vec<(&'static str, String)>) -> Self {
        self.headers.extend(headers);
        self
    }
}

/// What an error body may depend on besides the error.
#[derive(Debug, Clone)]
pub struct ReplyContext {
    /// The request's path, without its query.
    pub path: String,
    /// `Accept-Language`, as it came.
    pub accept_language: Option<String>,
    /// `X-L`, the CIAM dialect's own language header.
    pub x_l: Option<String>,
    /// Now, in milliseconds since the epoch.
    pub now_ms: i64,
}

impl ReplyContext {
    /// What `Accept-Language` prefers, if it names a language that Roster speaks.
    pub fn language(&self) -> Option<Language> {
        self.accept_language.as_deref().and_then(Language::preferred)
    }
}

/// An error that knows its own body. `Display` is the message for the log, and its `source`
/// chain never reaches the caller.
pub trait IntoWire: std::error::Error {
    /// The body for the caller.
    fn to_wire(&self, context: &ReplyContext) -> WireError;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_can_have_members_of_its_own() {
        let problem =
            WireError::problem(409, "Conflict", "why").member("broken", serde_json::json!({"n": 1}));
        let expected =
            r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"why","broken":{"n":1}}"#;
        assert_eq!(problem.body, WireBody::Problem(expected.into()));
        let text = WireError::text(400, "no JSON");
        assert_eq!(text.clone().member("a", 1.into()), text);
    }
}
