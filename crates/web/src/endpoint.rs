use std::future::Future;
use std::marker::PhantomData;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, Resource, Route, web};
use roster_kernel::{Fault, IntoWire};

use crate::call::{Call, reply_context};
use crate::figures::Figures;
use crate::progress::steady;
use crate::{CrossOrigin, limits, principal, respond};

/// One path and what it answers to each method. A method without a handler is answered 405 in the
/// shape of `E`, with `Allow`; `HEAD` goes where `GET` goes.
pub struct Endpoint<S: 'static, E> {
    /// What stands before the path.
    prefix: &'static str,
    path: String,
    resource: Resource,
    allow: Vec<&'static str>,
    cross_origin: CrossOrigin,
    patient: bool,
    marker: PhantomData<fn() -> (S, E)>,
}

impl<S, E> Endpoint<S, E>
where
    E: IntoWire + From<Fault> + 'static,
{
    /// The endpoint of `path`, with `{name}` for a segment.
    pub fn at(path: &str) -> Self {
        let cross_origin = CrossOrigin::default();
        let (resource, path) = (web::resource(path), path.to_owned());
        let (prefix, allow) = ("", Vec::new());
        Self { prefix, path, resource, allow, cross_origin, patient: false, marker: PhantomData }
    }

    /// The endpoint as a part of the scope of `prefix`.
    pub(crate) fn below(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// The path's pattern, as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The methods that have a handler, `HEAD` too where it has one.
    pub fn methods(&self) -> &[&'static str] {
        &self.allow
    }

    /// Lets scripts of these origins call: for an endpoint outside a scope that does.
    #[must_use]
    pub fn cross_origin(self, cross_origin: CrossOrigin) -> Self {
        Self { cross_origin, ..self }
    }

    /// Gives what is added from here on the time of [`crate::Limits::long_work`]: for work that grows
    /// with what is in the store or in the body.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    /// Answers `GET` and `HEAD`.
    #[must_use]
    pub fn get<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::GET, "GET", handler.clone()).on(Method::HEAD, "HEAD", handler)
    }

    /// Answers `GET` alone: for one that changes something, so that nobody triggers it who asks
    /// for headers.
    #[must_use]
    pub fn get_without_head<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::GET, "GET", handler)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::POST, "POST", handler)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::PUT, "PUT", handler)
    }

    /// Answers `PATCH`.
    #[must_use]
    pub fn patch<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::PATCH, "PATCH", handler)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<F, Fut>(self, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        self.on(Method::DELETE, "DELETE", handler)
    }

    fn on<F, Fut>(self, method: Method, name: &'static str, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        let route = answering(method, handler, self.patient);
        self.with(name, route)
    }

    /// Adds the method `name`, which `route` answers.
    pub(crate) fn with(mut self, name: &'static str, route: Route) -> Self {
        self.allow.push(name);
        self.resource = self.resource.route(route);
        self
    }
}

/// The route that answers `method` with `handler`, within the limits of all handlers.
pub(crate) fn answering<S, E, F, Fut>(method: Method, handler: F, long_running: bool) -> Route
where
    S: 'static,
    E: IntoWire + From<Fault> + 'static,
    F: Fn(Call<S>) -> Fut + Clone + 'static,
    Fut: Future<Output = Result<HttpResponse, E>> + 'static,
{
    web::method(method).to(move |call: Call<S>| {
        let request = call.request().clone();
        // Nothing of it is done yet.
        let answer = handler(call);
        async move {
            let limit = limits::of_work(&request, long_running);
            let admitted = limits::admit(&request).and_then(|()| single_headers(&request));
            let answered = match admitted {
                Ok(()) => principal::scope(limits::in_time(&request, limit, answer)).await,
                Err(fault) => Err(fault.into()),
            };
            let answered = answered.unwrap_or_else(|error| respond(&error, &reply_context(&request)));
            answered.map_body(|_, body| steady(body, limit))
        }
    })
}

impl<S, E> HttpServiceFactory for Endpoint<S, E>
where
    E: IntoWire + From<Fault> + 'static,
{
    fn register(self, config: &mut AppService) {
        let allow = self.allow.join(", ");
        let refused = web::to(move |request: HttpRequest| {
            let fault = Fault::Method { method: request.method().to_string(), allow: allow.clone() };
            std::future::ready(refuse::<E>(fault, &request))
        });
        let figures = Figures::of(&format!("{}{}", self.prefix, self.path));
        let resource = self.resource.default_service(refused).app_data(figures);
        resource.wrap(self.cross_origin.layer()).register(config);
    }
}

/// Whether what decides how the request is read is said once: of two, another program on the way may have
/// seen the other.
fn single_headers(request: &HttpRequest) -> Result<(), Fault> {
    let headers = request.headers();
    if headers.len() == headers.len_keys() {
        return Ok(());
    }
    match [header::AUTHORIZATION, header::CONTENT_TYPE]
        .iter()
        .find(|name| headers.get_all(*name).nth(1).is_some())
    {
        Some(&header::AUTHORIZATION) => Err(Fault::RepeatedHeader("Authorization")),
        Some(_) => Err(Fault::RepeatedHeader("Content-Type")),
        None => Ok(()),
    }
}

/// Answers an unknown path in the shape of `E`: for a scope's `default_service`.
pub fn fallback<E: IntoWire + From<Fault> + 'static>() -> Route {
    web::to(|request: HttpRequest| std::future::ready(refuse::<E>(Fault::NoSuchPath, &request)))
}

/// Answers `fault`, unless the address calls too often for any answer.
fn refuse<E: IntoWire + From<Fault>>(fault: Fault, request: &HttpRequest) -> HttpResponse {
    let fault = limits::admit(request).err().unwrap_or(fault);
    respond(&E::from(fault), &reply_context(request))
}
