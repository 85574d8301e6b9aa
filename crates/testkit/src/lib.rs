//! Roster's own test tools. Not published; a dev-dependency only.
//!
//! ```no_run
//! use roster_testkit::on_each_gateway;
//!
//! on_each_gateway(|gateway| {
//!     let created = gateway.post("/openapi/v1/users", r#"{"nick_name":"ada"}"#).key("demo-enterprise-key").send();
//!     assert_eq!(created.status, 400);
//! });
//! ```

mod call;
mod fixtures;
mod gateway;
mod raw;

pub use call::{Call, Reply};
pub use fixtures::{fixture, fixture_json};
pub use gateway::{TestGateway, WrongClock, on_each_gateway, on_each_gateway_with};
pub use raw::{RawConnection, RawReply};
pub use roster_persistence::testing::{Cluster, Pooler, TestDatabase, block_on, race};
