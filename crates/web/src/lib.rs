//! What the dialects' `http.rs` have in common on actix-web.
//!
//! A handler takes a [`Call`] of its service and answers `Result<HttpResponse, E>`, where `E` is
//! the dialect's one error enum. The attribute [`macro@route`] says its method, path and documentation,
//! once, and makes a [`Route`] of it; [`Routes`] mounts routes below a prefix, tells what it mounts, and
//! answers every other method and path in the dialect's own shape. Dialects that list their paths
//! beside their handlers bind them with [`Endpoint`].
//!
//! ```
//! use actix_web::{HttpResponse, web::Data};
//! use roster_kernel::{Fault, IntoWire, ReplyContext, WireError};
//! use roster_web::{Call, Routes, route};
//!
//! #[derive(Debug)]
//! struct Error(Fault);
//! # impl std::fmt::Display for Error {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
//! # }
//! # impl std::error::Error for Error {}
//! impl From<Fault> for Error {
//!     fn from(fault: Fault) -> Self { Self(fault) }
//! }
//! impl IntoWire for Error {
//!     fn to_wire(&self, _: &ReplyContext) -> WireError {
//!         WireError::json(self.0.status(), &self.0.caller_message()).headers(self.0.headers())
//!     }
//! }
//!
//! struct Greeter;
//! /// Greets.
//! #[route(post, "/v1/greet", tag = "greetings", responses((status = 200, description = "Done")))]
//! async fn greet(mut call: Call<Greeter>) -> Result<HttpResponse, Error> {
//!     let _body: serde_json::Map<String, serde_json::Value> = call.json(1024).await?;
//!     Ok(HttpResponse::Ok().finish())
//! }
//!
//! let routes = Routes::new("/v1", vec![greet()]).of(Data::new(Greeter));
//! assert_eq!(routes.mounted()[0].path, "/v1/greet");
//! ```
//!
//! [`track`], [`observe`] and [`drain`] are middleware for the whole server; [`Limits`] are its app data. With the
//! feature `openapi`, `openapi` holds what the dialects' documents have in common.

mod address;
mod body;
mod call;
mod connection;
mod cors;
mod drain;
mod endpoint;
mod figures;
mod limits;
mod list;
mod observe;
#[cfg(feature = "openapi")]
pub mod openapi;
mod principal;
mod progress;
mod respond;
mod room;
mod route;
mod routes;

pub use address::{TrustedProxies, client_address, untrusted_proxy};
pub use call::Call;
pub use connection::{
    Arrivals, Connection, ConnectionLimits, Connections, GuardedStream, OpenConnection, track,
};
pub use cors::CrossOrigin;
pub use drain::drain;
pub use endpoint::{Endpoint, fallback};
pub use figures::DialectOf;
pub use limits::Limits;
pub use list::list;
pub use observe::{observe, request_id};
pub use principal::noting_principals;
pub use respond::{report, respond};
pub use room::BodyRoom;
pub use roster_web_macros::route;
pub use route::Route;
pub use routes::{Mounted, Routes};
