use serde_json::Value;
use ureq::http::Request;

/// One call, in the making.
#[must_use]
pub struct Call {
    agent: ureq::Agent,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn new(agent: ureq::Agent, method: &str, url: &str) -> Self {
        Self { agent, method: method.into(), url: url.into(), headers: Vec::new(), body: None }
    }

    /// With this header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this raw key as `Authorization`.
    pub fn key(self, key: &str) -> Self {
        self.header("Authorization", key)
    }

    /// With `Authorization: Bearer token`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// With this JSON body and its content type.
    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends it.
    ///
    /// # Panics
    /// If there is no answer at all.
    pub fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let outcome = match self.body {
            Some(body) => {
                let request = request.body(body).expect("a request");
                let request = self.agent.configure_request(request).allow_non_standard_methods(true).build();
                self.agent.run(request)
            }
            None => {
                let request = request.body(()).expect("a request");
                let request = self.agent.configure_request(request).allow_non_standard_methods(true).build();
                self.agent.run(request)
            }
        };
        let mut response = outcome.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.url));
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let text =
            response.body_mut().with_config().limit(256 << 20).read_to_string().expect("a readable body");
        Reply { status: response.status().as_u16(), headers, text }
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The keys of the body, in their order.
    pub fn keys(&self) -> Vec<String> {
        self.json().as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    }

    /// The same answer, if it has this status.
    ///
    /// # Panics
    /// With the whole answer, if not.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}
