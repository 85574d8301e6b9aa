//! A JSON object read member by member, so that a wrong or unknown one is named.

use roster_kernel::{JsonKind, Rule, Violation};
use serde_json::{Map, Value};

/// The members of an object that are not read yet.
pub(super) struct Fields {
    /// What stands before a member's name in an error, as `rule.`.
    path: &'static str,
    members: Map<String, Value>,
}

impl Fields {
    pub(super) fn new(path: &'static str, members: Map<String, Value>) -> Self {
        Self { path, members }
    }

    pub(super) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// The member, if it is there; null is the same as absent.
    fn take<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<Option<T>, Violation> {
        match self.members.shift_remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).map_err(|value| {
                Violation::new(self.name(name), Rule::Type { expected, got: JsonKind::of(&value) })
            }),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Violation> {
        self.take(name, "string", |value| match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        })
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Violation> {
        self.take(name, "boolean", |value| value.as_bool().ok_or(value))
    }

    /// A number of 0 to `max`.
    pub(super) fn number(&mut self, name: &str, max: u32) -> Result<Option<u32>, Violation> {
        let number = self.take(name, "integer", |value| value.as_i64().ok_or(value))?;
        let in_range = |got| u32::try_from(got).ok().filter(|number| *number <= max);
        number
            .map(|got| {
                let rule = Rule::Range { min: 0, max: max.into(), got };
                in_range(got).ok_or_else(|| Violation::new(self.name(name), rule))
            })
            .transpose()
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Violation> {
        self.take(name, "object", |value| match value {
            Value::Object(members) => Ok(members),
            other => Err(other),
        })
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>, Violation> {
        self.take(name, "array", |value| match value {
            Value::Array(items) => Ok(items),
            other => Err(other),
        })
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Violation> {
        let Some(items) = self.list(name)? else { return Ok(None) };
        let text = |item| match item {
            Value::String(text) => Ok(text),
            other => {
                let rule = Rule::Type { expected: "array of strings", got: JsonKind::of(&other) };
                Err(Violation::new(self.name(name), rule))
            }
        };
        items.into_iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    /// Whether the member stands there, null or not.
    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The member that has to be there.
    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Violation> {
        value.ok_or_else(|| Violation::new(self.name(name), Rule::Required))
    }

    /// Nothing else may be there.
    pub(super) fn end(self) -> Result<(), Violation> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(unknown) => {
                let name: String = unknown.chars().filter(|c| !c.is_control()).take(64).collect();
                Err(Violation::new(self.name(&name), Rule::Format("not a known member".into())))
            }
        }
    }
}
