//! The journal: one row for every change, in the change's own transaction.

use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;
use roster_kernel::{Change, Random};
use serde_json::{Map, Value};

use crate::connection::AnyConn;
use crate::error::StoreError;

diesel::table! {
    store_journal (id) {
        id -> Text,
        seq -> Nullable<BigInt>,
        at_ms -> BigInt,
        dialect -> Text,
        realm -> Text,
        subject -> Text,
        verb -> Text,
        fields -> Text,
        principal -> Text,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
    }
}

diesel::table! {
    store_journal_values (entry_id) {
        entry_id -> Text,
        before_json -> Nullable<Text>,
        after_json -> Nullable<Text>,
    }
}

/// What happened to one subject. Values never hold a secret, and a picture only as its digest and
/// size.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The dialect's name, or `auth`.
    pub dialect: &'static str,
    /// The enterprise, tenant or other circle that the subject belongs to; may be empty.
    pub realm: String,
    /// The subject's id.
    pub subject: String,
    /// `create`, `update`, `delete`, …
    pub verb: &'static str,
    /// The names of the fields that changed, as the dialect spells them.
    pub fields: Vec<String>,
    /// The values before, if there was a before.
    pub before: Option<Value>,
    /// The values after, if there is an after.
    pub after: Option<Value>,
}

impl Entry {
    /// A creation with these values; the changed fields are their names.
    pub fn created(dialect: &'static str, realm: &str, subject: &str, after: Value) -> Self {
        let fields = after.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
        Self {
            dialect,
            realm: realm.to_owned(),
            subject: subject.to_owned(),
            verb: "create",
            fields,
            before: None,
            after: Some(after),
        }
    }

    /// A change of these values into those; the changed fields are the names of what differs.
    pub fn updated(
        dialect: &'static str,
        realm: &str,
        subject: &str,
        before: Map<String, Value>,
        after: Map<String, Value>,
    ) -> Self {
        let gone = before.keys().filter(|field| !after.contains_key(*field));
        let changed = after.iter().filter(|(field, value)| before.get(*field) != Some(value));
        let fields = changed.map(|(field, _)| field).chain(gone).cloned().collect();
        Self {
            dialect,
            realm: realm.to_owned(),
            subject: subject.to_owned(),
            verb: "update",
            fields,
            before: Some(before.into()),
            after: Some(after.into()),
        }
    }

    /// The end of a subject that had these values; the changed fields are their names.
    pub fn deleted(dialect: &'static str, realm: &str, subject: &str, before: Map<String, Value>) -> Self {
        Self {
            dialect,
            realm: realm.to_owned(),
            subject: subject.to_owned(),
            verb: "delete",
            fields: before.keys().cloned().collect(),
            before: Some(before.into()),
            after: None,
        }
    }

    /// Something that happened and has no values, such as a new secret for `field`.
    pub fn event(
        dialect: &'static str,
        realm: &str,
        subject: &str,
        verb: &'static str,
        fields: &[&str],
    ) -> Self {
        Self {
            dialect,
            realm: realm.to_owned(),
            subject: subject.to_owned(),
            verb,
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            before: None,
            after: None,
        }
    }
}

/// Appends `entries`, unnumbered.
pub(crate) fn append(
    conn: &mut AnyConn,
    change: &Change,
    entries: &[Entry],
    ids: &Ids,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let rows: Vec<Row<'_>> =
        entries.iter().map(|entry| Row::of(change, entry, ids.next(change.at_ms, random))).collect();
    match conn {
        #[cfg(feature = "sqlite")]
        AnyConn::Sqlite(conn) => {
            // No round trip to spare: prepared statements, many times.
            for Row { entry, values } in &rows {
                diesel::insert_into(store_journal::table).values(entry).execute(conn)?;
                if let Some(values) = values {
                    diesel::insert_into(store_journal_values::table).values(values).execute(conn)?;
                }
            }
        }
        #[cfg(feature = "postgres")]
        AnyConn::Postgres(conn) => {
            for rows in rows.chunks(AT_ONCE) {
                let entries: Vec<&EntryRow<'_>> = rows.iter().map(|row| &row.entry).collect();
                diesel::insert_into(store_journal::table).values(entries).execute(conn)?;
                let values: Vec<&ValuesRow> = rows.iter().filter_map(|row| row.values.as_ref()).collect();
                if !values.is_empty() {
                    diesel::insert_into(store_journal_values::table).values(values).execute(conn)?;
                }
            }
        }
    }
    Ok(())
}

/// How many entries PostgreSQL is sent in one statement: it binds 65535 values at the most.
#[cfg(feature = "postgres")]
const AT_ONCE: usize = 1000;

/// An entry as it is written.
struct Row<'a> {
    entry: EntryRow<'a>,
    values: Option<ValuesRow>,
}

#[derive(Insertable)]
#[diesel(table_name = store_journal, treat_none_as_default_value = false)]
struct EntryRow<'a> {
    id: String,
    at_ms: i64,
    dialect: &'a str,
    realm: &'a str,
    subject: &'a str,
    verb: &'a str,
    fields: String,
    principal: &'a str,
    address: Option<String>,
    request_id: Option<&'a str>,
}

#[derive(Insertable)]
#[diesel(table_name = store_journal_values, treat_none_as_default_value = false)]
struct ValuesRow {
    entry_id: String,
    before_json: Option<String>,
    after_json: Option<String>,
}

impl<'a> Row<'a> {
    fn of(change: &'a Change, entry: &'a Entry, id: String) -> Self {
        let values = (entry.before.is_some() || entry.after.is_some()).then(|| ValuesRow {
            entry_id: id.clone(),
            before_json: entry.before.as_ref().map(Value::to_string),
            after_json: entry.after.as_ref().map(Value::to_string),
        });
        let entry = EntryRow {
            id,
            at_ms: change.at_ms,
            dialect: entry.dialect,
            realm: &entry.realm,
            subject: &entry.subject,
            verb: entry.verb,
            fields: list(&entry.fields),
            principal: &change.principal,
            address: change.origin.address.map(|address| address.to_string()),
            request_id: change.origin.request_id.as_deref(),
        };
        Self { entry, values }
    }
}

/// The names as a JSON array.
fn list(names: &[String]) -> String {
    // Texts always have a form in JSON.
    serde_json::to_string(names).unwrap_or_default()
}

/// The ids of entries: UUIDs of version 7, which begin with their time. Those of one process always grow,
/// so that the table does so at one end: 12 bits count those of a millisecond (RFC 9562, 6.2).
#[derive(Debug, Default)]
pub(crate) struct Ids(AtomicU64);

impl Ids {
    fn next(&self, at_ms: i64, random: &dyn Random) -> String {
        let first = u64::try_from(at_ms).unwrap_or(0) << 12;
        let next = |last: u64| (last + 1).max(first);
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        let id = next(last.unwrap_or_else(|last| last));
        let mut bytes = [0; 10];
        random.fill(&mut bytes[2..]);
        bytes[..2].copy_from_slice(&u16::try_from(id & 0xFFF).unwrap_or(0).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(id >> 12, &bytes).into_uuid().to_string()
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::OsRandom;

    use super::*;

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let ids = Ids::default();
        let times =
            std::iter::repeat_n(1_795_320_825_848, 5000).chain([1_795_320_825_840, 1_795_320_999_999]);
        let made: Vec<String> = times.map(|at_ms| ids.next(at_ms, &OsRandom)).collect();
        assert!(made.is_sorted_by(|one, next| one < next));
        assert!(made[0].starts_with("01a20175-c7f8-7000-"), "{}", made[0]);
        assert!(made.last().is_some_and(|last| last.contains("-7000-")));
    }
}
