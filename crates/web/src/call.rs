use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{FromRequest, HttpRequest, error};
use percent_encoding::percent_decode_str;
use roster_kernel::{Clock, Fault, Origin, ReplyContext, SystemClock, json};
use serde::de::DeserializeOwned;

use crate::{body, client_address, request_id, untrusted_proxy};

/// One request to the service `S`: what a handler needs to know of it, and nothing of actix.
///
/// No text of its path (but for [`Call::unchecked_segment`]) and its query has a NUL: no stored text has one and PostgreSQL takes none, so it is
/// replaced here by `U+FFFD`. Headers have none by HTTP's rules, JSON bodies by those of
/// [`roster_kernel::json`].
///
/// Extracting it fails closed: where `S` is not mounted the answer is 500.
pub struct Call<S: 'static> {
    service: Data<S>,
    request: HttpRequest,
    payload: Payload,
    /// The query without the NULs that it came with, if it had any.
    query: Option<String>,
}

impl<S> Call<S> {
    /// The service.
    pub fn service(&self) -> &S {
        &self.service
    }

    /// The service, to be kept for an answer that is written after the handler has returned.
    pub fn shared(&self) -> Arc<S> {
        self.service.clone().into_inner()
    }

    pub(crate) fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The value of the header `name`; what is no text comes as `U+FFFD`, which no credential and
    /// no language is.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.headers().get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
    }

    /// The `Authorization` header.
    pub fn authorization(&self) -> Option<&str> {
        self.header(header::AUTHORIZATION.as_str())
    }

    /// The path's segment `{name}`, percent-decoded; what is no text comes as `U+FFFD`, and so does NUL.
    pub fn segment(&self, name: &str) -> String {
        let text = self.unchecked_segment(name);
        if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
    }

    /// The same with NUL: for what is parsed before it goes anywhere, and told again as it was sent.
    pub fn unchecked_segment(&self, name: &str) -> String {
        let raw = self.request.match_info().get(name).unwrap_or_default();
        percent_decode_str(raw).decode_utf8_lossy().into_owned()
    }

    /// The query, as it came, but for NULs. It may hold a secret: not for logs.
    pub fn query(&self) -> &str {
        self.query.as_deref().unwrap_or_else(|| self.request.query_string())
    }

    /// The query's pairs, decoded, in their order; none of what is no form.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        Query::from_query(self.query()).map(Query::into_inner).unwrap_or_default()
    }

    /// Where the request came from.
    pub fn origin(&self) -> Origin {
        Origin { address: client_address(&self.request), request_id: request_id(&self.request) }
    }

    /// Whether it was forwarded by a proxy that is not trusted: see [`crate::untrusted_proxy`].
    pub fn is_forwarded_by_stranger(&self) -> bool {
        untrusted_proxy(&self.request).is_some()
    }

    /// What an error body may depend on.
    pub fn reply_context(&self) -> ReplyContext {
        reply_context(&self.request)
    }

    /// The body as JSON: content type, then size, then form.
    ///
    /// # Errors
    /// [`Fault::MediaType`], [`Fault::TooLarge`] beyond `limit` bytes, [`Fault::Incomplete`], and
    /// what [`json::decode`] refuses.
    pub async fn json<T: DeserializeOwned>(&mut self, limit: usize) -> Result<T, Fault> {
        body::demand_type(&self.request, "application/json")?;
        json::decode(&self.bytes(limit).await?)
    }

    /// The body as it came, at most `limit` bytes.
    pub async fn bytes(&mut self, limit: usize) -> Result<Bytes, Fault> {
        body::read(&self.request, &mut self.payload, limit).await
    }
}

impl<S> Deref for Call<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.service
    }
}

impl<S> FromRequest for Call<S> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Some(service) = request.app_data::<Data<S>>() else {
            tracing::error!(service = std::any::type_name::<S>(), "the service is not mounted");
            return ready(Err(error::ErrorInternalServerError("internal error")));
        };
        let query = without_nul(request.query_string());
        ready(Ok(Self { service: service.clone(), request: request.clone(), payload: payload.take(), query }))
    }
}

/// The query with `U+FFFD` in the place of NUL, if it has one. A NUL comes in one spelling alone: HTTP has
/// none in a request's line.
fn without_nul(query: &str) -> Option<String> {
    query.contains("%00").then(|| query.replace("%00", "%EF%BF%BD"))
}

/// What an error body may depend on.
pub(crate) fn reply_context(request: &HttpRequest) -> ReplyContext {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    ReplyContext {
        path: request.path().to_owned(),
        accept_language: header("accept-language"),
        x_l: header("x-l"),
        now_ms: SystemClock.now_ms(),
    }
}
