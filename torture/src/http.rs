//! A client's connection to one gateway or several.

use std::time::Duration;

use serde_json::Value;
use ureq::http::Request as HttpRequest;

/// A request, without the address of a gateway.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Request {
    /// A request with a JSON body, or none.
    pub(crate) fn new(method: &'static str, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// What came of a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A whole answer: its status, and its body, which is null if it is not JSON.
    Reply(u16, Value),
    /// No gateway accepted the connection: nothing was sent.
    NotSent,
    /// It was sent, perhaps in part, and no whole answer came.
    Unanswered(String),
}

impl Answer {
    /// The status, or 0 if there is no answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Reply(status, _) => *status,
            Self::NotSent | Self::Unanswered(_) => 0,
        }
    }

    /// Whether the credential was refused: CIAM says it with 400.
    pub(crate) fn is_unauthorized(&self) -> bool {
        match self {
            Self::Reply(401, _) => true,
            Self::Reply(400, body) => body["error"] == "invalid_token",
            _ => false,
        }
    }

    /// Whether a later try may be answered otherwise.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self.status(), 0 | 502..=504)
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reply(status, body) => write!(f, "{status} {body}"),
            Self::NotSent => f.write_str("no connection"),
            Self::Unanswered(why) => write!(f, "no answer: {why}"),
        }
    }
}

/// Sends requests to the first gateway that accepts connections, beginning with the last that did.
pub(crate) struct Connection {
    agent: ureq::Agent,
    bases: Vec<String>,
    at: usize,
}

impl Connection {
    /// A connection to the gateways at `bases`, of which it begins with number `first`. A request may take 60 s.
    pub(crate) fn to(bases: &[String], first: usize) -> Self {
        Self::bounded(bases, first, Duration::from_secs(60))
    }

    /// The same with another bound for each request.
    pub(crate) fn bounded(bases: &[String], first: usize, bound: Duration) -> Self {
        let config = ureq::Agent::config_builder();
        let config = config.timeout_global(Some(bound)).http_status_as_error(false).proxy(None);
        Self { agent: config.build().into(), bases: bases.to_vec(), at: first }
    }

    /// Makes the next request go to the next gateway.
    pub(crate) fn next_gateway(&mut self) {
        self.at += 1;
    }

    pub(crate) fn send(&mut self, request: &Request) -> Answer {
        for _ in 0..self.bases.len() {
            match self.send_here(request) {
                Answer::NotSent => self.next_gateway(),
                answer => return answer,
            }
        }
        Answer::NotSent
    }

    fn send_here(&self, request: &Request) -> Answer {
        let base = &self.bases[self.at % self.bases.len()];
        let mut built = HttpRequest::builder().method(request.method).uri(format!("{base}{}", request.path));
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let body = match &request.body {
            // A form is sent as it stands.
            Some(Value::String(form)) => {
                built = built.header("Content-Type", "application/x-www-form-urlencoded");
                form.clone()
            }
            Some(json) => {
                built = built.header("Content-Type", "application/json");
                json.to_string()
            }
            None => String::new(),
        };
        let outcome = match request.body {
            Some(_) => built.body(body).map(|built| {
                let built = self.agent.configure_request(built).allow_non_standard_methods(true).build();
                self.agent.run(built)
            }),
            None => built.body(()).map(|built| self.agent.run(built)),
        };
        let mut response = match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if was_refused(&error) => return Answer::NotSent,
            Ok(Err(error)) => return Answer::Unanswered(error.to_string()),
            Err(error) => return Answer::Unanswered(error.to_string()),
        };
        match response.body_mut().read_to_string() {
            Ok(text) => {
                Answer::Reply(response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
            }
            Err(error) => Answer::Unanswered(error.to_string()),
        }
    }
}

fn was_refused(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::ConnectionFailed => true,
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        _ => false,
    }
}
