use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::web::{self, Data};
use roster_kernel::{Fault, IntoWire};

use crate::{CrossOrigin, Endpoint, Route, fallback};

/// One path that is served, with the methods that it answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mounted {
    /// The path's pattern, from the root.
    pub path: String,
    /// The methods, in the order of the `Allow` header.
    pub methods: Vec<&'static str>,
}

/// The endpoints below one prefix: what a dialect mounts, and can tell that it does.
///
/// Everything else below the prefix is answered 404 in the shape of `E`. Nothing can be mounted past
/// it (`clippy.toml` refuses the bare scope), so [`Routes::mounted`] is the whole of what is served.
pub struct Routes<S: 'static, E> {
    prefix: &'static str,
    endpoints: Vec<Endpoint<S, E>>,
    service: Option<Data<S>>,
    cross_origin: CrossOrigin,
    /// What each route says of itself.
    #[cfg(feature = "openapi")]
    documents: Vec<fn() -> utoipa::openapi::OpenApi>,
}

impl<S, E> Routes<S, E>
where
    E: IntoWire + From<Fault> + 'static,
{
    /// These routes, whose whole paths begin with `prefix`. Where two patterns fit, the one whose path comes first
    /// wins.
    ///
    /// # Panics
    /// If a route's path does not begin with `prefix`.
    pub fn new(prefix: &'static str, routes: Vec<Route<S, E>>) -> Self {
        #[cfg(feature = "openapi")]
        let documents = routes.iter().filter_map(Route::document).collect();
        let mut endpoints: Vec<Endpoint<S, E>> = Vec::new();
        for route in routes {
            let Some(path) = route.path().strip_prefix(prefix) else {
                panic!("the route {} is not below {prefix}", route.path());
            };
            match endpoints.iter().position(|endpoint| endpoint.path() == path) {
                Some(at) => {
                    let endpoint = endpoints.remove(at);
                    endpoints.insert(at, route.add_to(endpoint));
                }
                None => endpoints.push(route.add_to(Endpoint::at(path))),
            }
        }
        Self {
            #[cfg(feature = "openapi")]
            documents,
            ..Self::below(prefix, endpoints)
        }
    }

    /// These endpoints, whose paths are below `prefix`. An earlier one wins where two fit.
    pub fn below(prefix: &'static str, endpoints: Vec<Endpoint<S, E>>) -> Self {
        Self {
            prefix,
            endpoints,
            service: None,
            cross_origin: CrossOrigin::default(),
            #[cfg(feature = "openapi")]
            documents: Vec::new(),
        }
    }

    /// The document of the routes: their operations, and the schemas that these refer to.
    #[cfg(feature = "openapi")]
    pub fn document(&self) -> utoipa::openapi::OpenApi {
        let mut all = utoipa::openapi::OpenApi::default();
        for document in &self.documents {
            all.merge(document());
        }
        all
    }

    /// The service that the handlers call.
    #[must_use]
    pub fn of(self, service: Data<S>) -> Self {
        Self { service: Some(service), ..self }
    }

    /// Lets scripts of these origins call.
    #[must_use]
    pub fn cross_origin(self, cross_origin: CrossOrigin) -> Self {
        Self { cross_origin, ..self }
    }

    /// Every path with its methods.
    pub fn mounted(&self) -> Vec<Mounted> {
        let mounted = |endpoint: &Endpoint<S, E>| Mounted {
            path: format!("{}{}", self.prefix, endpoint.path()),
            methods: endpoint.methods().to_vec(),
        };
        self.endpoints.iter().map(mounted).collect()
    }
}

impl<S, E> HttpServiceFactory for Routes<S, E>
where
    E: IntoWire + From<Fault> + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the one place where endpoints are mounted")]
    fn register(self, config: &mut AppService) {
        let mut scope = web::scope(self.prefix);
        if let Some(service) = self.service {
            scope = scope.app_data(service);
        }
        for endpoint in self.endpoints {
            scope = scope.service(endpoint.below(self.prefix));
        }
        scope.default_service(fallback::<E>()).wrap(self.cross_origin.layer()).register(config);
    }
}
