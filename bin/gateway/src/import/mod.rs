//! Users on their way in and out, many at once: lines of a file to a dialect's own create, and back.
//!
//! `roster import` reads and judges on one thread (`read`, `table`, `judged`) while another writes
//! (`run`); a [`Target`] is what a dialect brings to it. `roster export` asks an [`Origin`] page by
//! page and writes what `roster import` reads.

mod device_users;
mod enterprise_users;
mod formula;
mod hash_ahead;
mod iot_roles;
mod judged;
mod progress;
mod read;
mod report;
mod run;
mod table;
mod tenant_ciam;
mod write;

use roster_kernel::{Column, Fault, IfExists, Imported, IntoWire};
use serde_json::{Map, Value};

pub(crate) use self::device_users::{DeviceExport, DeviceImport};
pub(crate) use self::enterprise_users::{EnterpriseExport, EnterpriseImport};
pub(crate) use self::hash_ahead::HashAhead;
pub(crate) use self::iot_roles::{IotExport, IotImport};
pub(crate) use self::progress::Progress;
pub(crate) use self::read::{Input, Lines, Records};
pub(crate) use self::report::Report;
pub(crate) use self::run::{Settings, Source, Summary, run};
pub(crate) use self::table::Table;
pub(crate) use self::tenant_ciam::{CiamExport, CiamImport};
pub(crate) use self::write::export;

/// How many users are read at a time.
const PAGE: u32 = 500;

/// The largest line of a user who has no picture: the largest body of his call.
const MAX_BODY: usize = 256 * 1024;

/// How users stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table with a header, in UTF-8, with commas.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// What a file's name says.
    pub(crate) fn of(name: &std::path::Path) -> Option<Self> {
        match name.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// Where a dialect's users go.
pub(crate) trait Target: Send + Sync + 'static {
    /// A line that keeps every rule that needs no store.
    type Draft: Clone + Send + 'static;
    /// The dialect's error.
    type Error: IntoWire + From<Fault> + Send + 'static;

    /// The columns of a table of its users.
    fn columns(&self) -> &'static [Column];

    /// The path of the call that makes one user; error bodies may name it.
    fn path(&self) -> &'static str;

    /// The largest line, in bytes: the largest body of that call.
    fn limit(&self) -> usize;

    /// Judges one line, on any thread.
    fn judge(&self, body: &[u8]) -> Result<Self::Draft, Self::Error>;

    /// Writes these, each on its own, all in one transaction; what came of each, in their order.
    fn import(
        &self,
        drafts: Vec<Self::Draft>,
        if_exists: IfExists,
    ) -> impl Future<Output = Result<Vec<Result<Imported, Self::Error>>, Self::Error>>;
}

/// Where a dialect's users come from.
pub(crate) trait Origin {
    /// A user as he is read, many at a time.
    type Item;

    /// The columns of a table of its users.
    fn columns(&self) -> Vec<Column>;

    /// The next ones; none at the end.
    async fn page(&mut self) -> Result<Vec<Self::Item>, Box<dyn std::error::Error>>;

    /// One of them as a create body, with what is read for one at a time.
    async fn members(&self, item: Self::Item) -> Result<Map<String, Value>, Box<dyn std::error::Error>>;
}

/// The members of something that is written as an object.
fn members_of(value: &impl serde::Serialize) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
    match serde_json::to_value(value)? {
        Value::Object(members) => Ok(members),
        _ => Err("a user is no object".into()),
    }
}
