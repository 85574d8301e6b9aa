//! The journal's entries about users, with their values.

use roster_persistence::Entry;
use serde_json::{Map, Value};

use crate::base::row::event;
use crate::base::{Email, Phone, User, UserOrigin};
use crate::config::DIALECT;

pub(super) fn created(user: &User, administrator: bool) -> Entry {
    let (scope, subject) = (user.enterprise_id.as_str(), user.user_id.to_string());
    let mut entry = Entry::created(DIALECT.name(), scope, &subject, values(user, administrator).into());
    // That there is a password, never its value.
    entry.fields.push("password".to_owned());
    entry
}

/// What changed between the two; `None` if nothing did.
pub(super) fn updated(before: &User, after: &User, password: bool) -> Option<Entry> {
    let (old, new) = (values(before, false), values(after, false));
    let differs = |field: &&str| old.get(*field) != new.get(*field);
    let changed: Vec<&str> = ["email", "phone", "is_active"].into_iter().filter(differs).collect();
    if changed.is_empty() && !password {
        return None;
    }
    let only = |all: &Map<String, Value>| {
        let value = |field: &&str| (field.to_string(), all.get(*field).cloned().unwrap_or_default());
        Value::Object(changed.iter().map(value).collect())
    };
    let (before, after_values) = (only(&old), only(&new));
    let mut entry = event(after, "update", &changed);
    if !changed.is_empty() {
        (entry.before, entry.after) = (Some(before), Some(after_values));
    }
    if password {
        entry.fields.push("password".to_owned());
    }
    Some(entry)
}

pub(super) fn deleted(user: &User, administrator: bool) -> Entry {
    let before = values(user, administrator);
    let fields = before.keys().cloned().collect();
    Entry { fields, before: Some(before.into()), ..event(user, "delete", &[]) }
}

/// A user's values for the journal; absent ones are left out.
fn values(user: &User, administrator: bool) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert("nick_name".into(), user.nick_name.as_str().into());
    values.insert("enterprise_id".into(), user.enterprise_id.as_str().into());
    values.insert("is_active".into(), user.is_active.into());
    let optional = [
        ("email", user.email.as_ref().map(Email::as_str)),
        ("phone", user.phone.as_ref().map(Phone::as_str)),
        ("origion", user.origin.as_ref().map(UserOrigin::as_str)),
        ("client_ip", user.client_ip.as_deref()),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            values.insert(field.into(), value.into());
        }
    }
    if administrator {
        values.insert("administrator".into(), true.into());
    }
    values
}
