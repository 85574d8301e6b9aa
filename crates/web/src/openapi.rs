//! What the OpenAPI documents of all dialects have in common, added by code to each operation.
//!
//! A dialect's document begins as what its handlers say of themselves (`#[utoipa::path]`), with
//! [`Common`] laid over it: who made it, and the failures that no single operation owns. Those are not
//! written down: they are asked of the dialect's own error enum, so their statuses, headers and bodies
//! are the ones that are served.

use std::time::Duration;

use std::borrow::Cow;

use roster_kernel::{Fault, IntoWire, PortError, ReplyContext, WireBody};
use serde_json::Value;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::{
    Components, Content, Header, InfoBuilder, LicenseBuilder, Object, OneOf, OpenApi, Ref, RefOr, Required,
    Schema, Server, Type,
};

/// What holds for every call of every document.
const LIMITS: &str = "Limits: an account has 10 failed sign-ins in a row, then one \
attempt after 1 s, doubling to 5 min; an address has 100 failures in 5 minutes; an account at an address from which it \
signed in before has 100 an hour of its own. Attempts beyond what is left wait for earlier ones, and are then 429 with \
`Retry-After`; so are callers who call too often, where that is limited. By default a head has 10 seconds, a body 120, an answer \
that is not read 30, and an address 256 connections; bodies share room, and one that stands still while others wait is \
503. Two `Authorization` or `Content-Type` headers are 400. Gateways that only their own machine reaches answer 421 to \
a foreign `Host`.";

/// Which operations can fail so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Every one.
    Always,
    /// Those that need a credential.
    Secured,
    /// Those with a body.
    Body,
    /// Those with a body, or with parameters in the path or the query.
    Input,
}

impl When {
    fn fits(self, operation: &Operation) -> bool {
        let body = operation.request_body.is_some();
        match self {
            Self::Always => true,
            Self::Secured => is_secured(operation),
            Self::Body => body,
            Self::Input => body || operation.parameters.as_ref().is_some_and(|all| !all.is_empty()),
        }
    }
}

/// An operation that says nothing of credentials needs the document's.
fn is_secured(operation: &Operation) -> bool {
    operation.security.is_none()
}

/// One failure, as the dialect answers it.
pub struct Failure<E> {
    /// Which operations have it.
    pub when: When,
    /// What it means.
    pub description: &'static str,
    /// It.
    pub error: E,
    /// The name of its body's schema, if that is not the common one.
    pub body: Option<&'static str>,
}

impl<E> Failure<E> {
    /// A failure of the operations that `when` names.
    pub fn new(when: When, description: &'static str, error: impl Into<E>) -> Self {
        Self { when, description, error: error.into(), body: None }
    }

    /// The same with a body of another schema than the common one.
    #[must_use]
    pub fn shaped(self, body: &'static str) -> Self {
        Self { body: Some(body), ..self }
    }
}

/// What is laid over a document.
pub struct Common<E> {
    /// The document's title.
    pub title: &'static str,
    /// What the API is, in Markdown.
    pub description: Cow<'static, str>,
    /// The name of the schema of every failure's body.
    pub body: &'static str,
    /// The largest body of most operations, in bytes: the one in the example of a 413.
    pub limit: usize,
    /// The failures that all share, besides the house's ([`house`]).
    pub failures: Vec<Failure<E>>,
}

/// The failures of the house: every dialect has them, each in its own shape.
pub fn house<E: From<Fault>>(limit: usize) -> Vec<Failure<E>> {
    let second = Duration::from_secs(1);
    vec![
        Failure::new(
            When::Body,
            "The body is no JSON object, or it breaks a rule",
            Fault::Json("expected value at line 1 column 1".into()),
        ),
        Failure::new(When::Body, "The body is larger than the operation takes", Fault::TooLarge { limit }),
        Failure::new(When::Body, "The body is not `application/json` in UTF-8", Fault::MediaType(None)),
        Failure::new(
            When::Always,
            "Too many requests, or too many wrong credentials from this address; `Retry-After` says when to \
             come again",
            Fault::TooMany(second),
        ),
        Failure::new(
            When::Always,
            "The fault is the server's; its log says more, under the answer's `X-Request-Id`",
            Fault::Port(PortError::failed("")),
        ),
        Failure::new(
            When::Always,
            "The server is busy; `Retry-After` says when to come again",
            Fault::Port(PortError::Busy { retry_after: second, cause: None }),
        ),
    ]
}

impl<E: IntoWire + From<Fault>> Common<E> {
    /// Lays it over `document`.
    ///
    /// An answer that an operation has already is kept: it says more of its status than what is common.
    /// Where nothing else is said, a body is required and has the common limit.
    pub fn lay_over(self, mut document: OpenApi) -> OpenApi {
        document.info = InfoBuilder::new()
            .title(self.title)
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(format!("{}\n\n{LIMITS}", self.description)))
            .license(Some(
                LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
            ))
            .build();
        document.servers = Some(vec![Server::new("/")]);
        let mut failures = self.failures;
        failures.extend(house(self.limit));
        let mut components = document.components.take().unwrap_or_default();
        for item in document.paths.paths.values_mut() {
            for (_, operation) in operations_mut(item) {
                name(operation);
                if let Some(RefOr::T(body)) = &mut operation.request_body {
                    body.required.get_or_insert(Required::True);
                    body.description.get_or_insert_with(|| format!("At most {} KiB.", self.limit / 1024));
                }
                for failure in &failures {
                    if failure.when.fits(operation) {
                        add(operation, failure, failure.body.unwrap_or(self.body), &mut components);
                    }
                }
            }
        }
        document.components = Some(components);
        document
    }
}

/// Makes an operation's id one of the whole document: `create` of `users` is `users_create`.
fn name(operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next();
    if let (Some(tag), Some(id)) = (tag, &operation.operation_id) {
        operation.operation_id = Some(format!("{}_{id}", tag.replace(['-', ' '], "_")));
    }
}

/// Refers `operation` to the failure's answer, which stands among the document's components once, with
/// the bodies of all failures that share the status.
fn add<E: IntoWire>(
    operation: &mut Operation,
    failure: &Failure<E>,
    body: &str,
    components: &mut Components,
) {
    let wire = failure.error.to_wire(&anybody());
    let (status, component) = (wire.status.to_string(), format!("Status{}", wire.status));
    let common = RefOr::Ref(Ref::from_response_name(&component));
    if *operation.responses.responses.entry(status).or_insert_with(|| common.clone()) != common {
        return;
    }
    let body = Ref::from_schema_name(body).into();
    let read = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    let (media_type, schema, example) = match wire.body {
        WireBody::Json(text) => ("application/json", body, read(text)),
        WireBody::Problem(text) => ("application/problem+json", body, read(text)),
        WireBody::Text(text) => (
            "text/plain; charset=utf-8",
            RefOr::T(Object::with_type(Type::String).into()),
            Value::String(text),
        ),
    };
    let answer = components
        .responses
        .entry(component)
        .or_insert_with(|| RefOr::T(ResponseBuilder::new().description(failure.description).build()));
    if let RefOr::T(answer) = answer {
        let headers = wire.headers.iter().map(|(name, _)| ((*name).to_owned(), header(name)));
        answer.headers.extend(headers);
        show(answer, media_type, schema, failure.description, example);
    }
}

/// What is answered to somebody who says nothing of himself.
fn anybody() -> ReplyContext {
    ReplyContext { path: String::new(), accept_language: None, x_l: None, now_ms: 0 }
}

/// The body of `error`, to be shown.
pub fn body(error: &dyn IntoWire) -> String {
    match error.to_wire(&anybody()).body {
        WireBody::Json(text) | WireBody::Problem(text) | WireBody::Text(text) => text,
    }
}

/// Adds one more body to what `answer` shows.
///
/// Of one media type may come bodies of several schemas: then it is any of them.
fn show(answer: &mut Response, media_type: &str, schema: RefOr<Schema>, summary: &str, example: Value) {
    let fresh = || RefOr::T(Content::new(Some(schema.clone())));
    let RefOr::T(content) = answer.content.entry(media_type.to_owned()).or_insert_with(fresh) else { return };
    content.schema = content.schema.take().map(|known| joined(known, schema));
    let shown = |known: &RefOr<_>| matches!(known, RefOr::T(known) if is_value(known, &example));
    if !content.examples.values().any(shown) {
        insert(content, summary, example);
    }
}

fn joined(known: RefOr<Schema>, more: RefOr<Schema>) -> RefOr<Schema> {
    match known {
        RefOr::T(Schema::OneOf(mut all)) => {
            if !all.items.contains(&more) {
                all.items.push(more);
            }
            RefOr::T(all.into())
        }
        one if one == more => one,
        one => {
            let mut all = OneOf::new();
            all.items = vec![one, more];
            RefOr::T(all.into())
        }
    }
}

fn is_value(example: &utoipa::openapi::example::Example, value: &Value) -> bool {
    example.value.as_ref() == Some(value)
}

/// Shows `json`, a seed's own words, as an example of the body that `method` of `path` takes.
pub fn show_request(document: &mut OpenApi, path: &str, method: HttpMethod, summary: &str, json: &str) {
    let request = operation_mut(document, path, method).and_then(|operation| operation.request_body.as_mut());
    if let Some(RefOr::T(request)) = request {
        request.content.values_mut().for_each(|content| add_example(content, summary, json));
    }
}

/// Shows `json` as an example of what `method` of `path` answers with `status`.
pub fn show_answer(
    document: &mut OpenApi,
    path: &str,
    method: HttpMethod,
    status: u16,
    summary: &str,
    json: &str,
) {
    let Some(operation) = operation_mut(document, path, method) else { return };
    if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut(&status.to_string()) {
        answer.content.values_mut().for_each(|content| add_example(content, summary, json));
    }
}

fn add_example(content: &mut RefOr<Content>, summary: &str, json: &str) {
    let RefOr::T(content) = content else { return };
    let value = serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()));
    insert(content, summary, value);
}

fn insert(content: &mut Content, summary: &str, value: Value) {
    let name = format!("example{}", content.examples.len() + 1);
    let example = ExampleBuilder::new().summary(summary).value(Some(value)).build();
    content.examples.insert(name, RefOr::T(example));
}

/// The operation that `method` of `path` is.
pub fn operation_mut<'a>(
    document: &'a mut OpenApi,
    path: &str,
    method: HttpMethod,
) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(path)?;
    operations_mut(item).into_iter().find(|(of, _)| *of == method).map(|(_, operation)| operation)
}

/// A header that a failure comes with.
fn header(name: &str) -> RefOr<Header> {
    let (schema, description) = match name {
        "Retry-After" => (Object::with_type(Type::Integer), "Seconds until it is worth trying again."),
        "WWW-Authenticate" => (Object::with_type(Type::String), "What credentials are taken (RFC 9110)."),
        _ => (Object::with_type(Type::String), ""),
    };
    let mut header = Header::new(schema);
    header.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    RefOr::T(header)
}

/// The operations of a path, each with its method.
pub fn operations(item: &PathItem) -> Vec<(HttpMethod, &Operation)> {
    let all = [
        (HttpMethod::Get, &item.get),
        (HttpMethod::Put, &item.put),
        (HttpMethod::Post, &item.post),
        (HttpMethod::Delete, &item.delete),
        (HttpMethod::Patch, &item.patch),
        (HttpMethod::Options, &item.options),
        (HttpMethod::Head, &item.head),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?))).collect()
}

/// The same, to be changed.
pub fn operations_mut(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Delete, &mut item.delete),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Options, &mut item.options),
        (HttpMethod::Head, &mut item.head),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?))).collect()
}
