use std::cell::{OnceCell, RefCell};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::Data;
use metrics::{Counter, Histogram};

/// What stands in a pattern for a slash at the end that is let pass: it makes no route of its own.
const SLASH: &str = "{slash:/?}";

/// Tells the dialect of a route's pattern, for figures: app data of a server that has several.
/// Unknown, it is empty.
#[derive(Debug, Clone, Copy)]
pub struct DialectOf(pub fn(pattern: &str) -> &'static str);

/// What the requests of one resource are counted under: the resource's app data. Every worker has its
/// own, which keeps what the recorder would else be asked for with each request.
pub(crate) struct Figures {
    /// Empty for none.
    pattern: String,
    dialect: OnceCell<&'static str>,
    durations: OnceCell<Histogram>,
    counters: RefCell<Vec<(&'static str, u16, Counter)>>,
}

impl Figures {
    /// The route of this pattern, from the root.
    pub(crate) fn of(pattern: &str) -> Self {
        Self {
            pattern: pattern.replace(SLASH, ""),
            dialect: OnceCell::new(),
            durations: OnceCell::new(),
            counters: RefCell::default(),
        }
    }

    fn dialect(&self, request: &HttpRequest) -> &'static str {
        self.dialect.get_or_init(|| {
            request.app_data::<Data<DialectOf>>().map_or("", |dialect_of| dialect_of.0(&self.pattern))
        })
    }

    fn count(&self, request: &HttpRequest, status: u16, took: Duration) {
        let route = if self.pattern.is_empty() { "none" } else { &self.pattern };
        let labels = || [("dialect", self.dialect(request).to_owned()), ("route", route.to_owned())];
        let durations = self
            .durations
            .get_or_init(|| metrics::histogram!("roster_http_request_duration_seconds", &labels()));
        durations.record(took);
        let method = known(request.method());
        let mut counters = self.counters.borrow_mut();
        if let Some((.., counter)) = counters.iter().find(|(of, with, _)| (*of, *with) == (method, status)) {
            return counter.increment(1);
        }
        let [dialect, route] = labels();
        let labels = [dialect, route, ("method", method.to_owned()), ("status", status.to_string())];
        let counter = metrics::counter!("roster_http_requests_total", &labels);
        counter.increment(1);
        counters.push((method, status, counter));
    }
}

/// The dialect whose route this is; empty for none.
pub(crate) fn dialect_of(request: &HttpRequest) -> &'static str {
    match request.app_data::<Figures>() {
        Some(route) => route.dialect(request),
        None => unknown(request).dialect(request),
    }
}

/// Counts an answered request.
pub(crate) fn count(request: &HttpRequest, status: u16, took: Duration) {
    match request.app_data::<Figures>() {
        Some(route) => route.count(request, status, took),
        None => unknown(request).count(request, status, took),
    }
}

/// The route of a request that no [`crate::Endpoint`] answers.
fn unknown(request: &HttpRequest) -> Figures {
    Figures::of(&request.match_pattern().unwrap_or_default())
}

/// A client may send any word for a method.
fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
