use std::future::Future;
use std::marker::PhantomData;

use actix_web::HttpResponse;
use actix_web::http::Method;
use roster_kernel::{Fault, IntoWire};

use crate::call::Call;
use crate::endpoint::{Endpoint, answering};

/// One method of one path, the handler that answers it, and, with the feature `openapi`, what its document says.
///
/// The attribute [`macro@crate::route`] makes one of a handler.
pub struct Route<S: 'static, E> {
    method: Method,
    path: &'static str,
    /// Whether `HEAD` is answered too.
    head: bool,
    long_running: bool,
    answer: Box<dyn Fn(Method, bool) -> actix_web::Route>,
    #[cfg(feature = "openapi")]
    document: Option<fn() -> utoipa::openapi::OpenApi>,
    marker: PhantomData<fn() -> (S, E)>,
}

macro_rules! methods {
    ($($name:ident, $method:ident, $head:literal, $doc:literal;)*) => {$(
        #[doc = $doc]
        pub fn $name<F, Fut>(path: &'static str, handler: F) -> Self
        where
            F: Fn(Call<S>) -> Fut + Clone + 'static,
            Fut: Future<Output = Result<HttpResponse, E>> + 'static,
        {
            Self::new(Method::$method, $head, path, handler)
        }
    )*};
}

impl<S, E> Route<S, E>
where
    E: IntoWire + From<Fault> + 'static,
{
    methods! {
        get, GET, true, "Answers `GET` and `HEAD` of `path`, the whole path with `{name}` for a segment.";
        post, POST, false, "Answers `POST` of `path`.";
        put, PUT, false, "Answers `PUT` of `path`.";
        patch, PATCH, false, "Answers `PATCH` of `path`.";
        delete, DELETE, false, "Answers `DELETE` of `path`.";
    }

    fn new<F, Fut>(method: Method, head: bool, path: &'static str, handler: F) -> Self
    where
        F: Fn(Call<S>) -> Fut + Clone + 'static,
        Fut: Future<Output = Result<HttpResponse, E>> + 'static,
    {
        let answer = Box::new(move |method, long_running| answering(method, handler.clone(), long_running));
        Self {
            method,
            path,
            head,
            long_running: false,
            answer,
            #[cfg(feature = "openapi")]
            document: None,
            marker: PhantomData,
        }
    }

    /// Answers `GET` without `HEAD`: for one that changes something.
    #[must_use]
    pub fn without_head(self) -> Self {
        Self { head: false, ..self }
    }

    /// Gives the handler the time of [`crate::Limits::long_work`]: for work that grows with the store or the body.
    #[must_use]
    pub fn long_running(self) -> Self {
        Self { long_running: true, ..self }
    }

    /// Documents it: a document with this operation and the schemas that it refers to.
    #[cfg(feature = "openapi")]
    #[must_use]
    pub fn documented(self, document: fn() -> utoipa::openapi::OpenApi) -> Self {
        Self { document: Some(document), ..self }
    }

    #[cfg(feature = "openapi")]
    pub(crate) fn document(&self) -> Option<fn() -> utoipa::openapi::OpenApi> {
        self.document
    }

    /// The whole path's pattern.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Adds its methods to the endpoint of its path.
    pub(crate) fn add_to(self, endpoint: Endpoint<S, E>) -> Endpoint<S, E> {
        let route = (self.answer)(self.method.clone(), self.long_running);
        let endpoint = endpoint.with(name_of(&self.method), route);
        if self.head {
            return endpoint.with("HEAD", (self.answer)(Method::HEAD, self.long_running));
        }
        endpoint
    }
}

/// The method's name, as `Allow` lists it.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        _ => "DELETE",
    }
}
