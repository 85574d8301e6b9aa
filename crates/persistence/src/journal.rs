//! The journal: one row for every change, in the change's own transaction.

use diesel::prelude::*;
use roster_kernel::{Change, Random};
use serde_json::{Map, Value};

use crate::connection::AnyConn;
use crate::each_backend;
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

/// Appends `entry`, unnumbered.
pub(crate) fn append(
    conn: &mut AnyConn,
    change: &Change,
    entry: &Entry,
    random: &dyn Random,
) -> Result<(), StoreError> {
    let id = entry_id(change.at_ms, random);
    let row = (
        store_journal::id.eq(&id),
        store_journal::at_ms.eq(change.at_ms),
        store_journal::dialect.eq(entry.dialect),
        store_journal::realm.eq(&entry.realm),
        store_journal::subject.eq(&entry.subject),
        store_journal::verb.eq(entry.verb),
        store_journal::fields.eq(Value::from(entry.fields.clone()).to_string()),
        store_journal::principal.eq(&change.principal),
        store_journal::address.eq(change.origin.address.map(|address| address.to_string())),
        store_journal::request_id.eq(change.origin.request_id.as_deref()),
    );
    each_backend!(conn, |conn| diesel::insert_into(store_journal::table).values(row).execute(conn))?;
    if entry.before.is_some() || entry.after.is_some() {
        let row = (
            store_journal_values::entry_id.eq(&id),
            store_journal_values::before_json.eq(entry.before.as_ref().map(Value::to_string)),
            store_journal_values::after_json.eq(entry.after.as_ref().map(Value::to_string)),
        );
        each_backend!(conn, |conn| diesel::insert_into(store_journal_values::table)
            .values(row)
            .execute(conn))?;
    }
    Ok(())
}

/// A UUID of version 7: it begins with its time, so that the index grows at one end.
fn entry_id(at_ms: i64, random: &dyn Random) -> String {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(at_ms).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string()
}
