use roster_kernel::{Field, Rule, Violation};

use super::json::{Flag, Id};
use crate::messages::OTHER_USER;

/// Collects the violations of a body, field by field in the specification's order.
#[derive(Default)]
pub(crate) struct Validator(Vec<Violation>);

impl Validator {
    pub(crate) fn required<T, U>(
        &mut self,
        name: &'static str,
        field: Field<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        if field.is_absent() {
            self.refuse(name, Rule::Required);
        }
        self.optional(name, field, parse)
    }

    pub(crate) fn optional<T, U>(
        &mut self,
        name: &'static str,
        field: Field<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        let parsed = match field {
            Field::Absent => return None,
            Field::Null => Err(Rule::NotNull),
            Field::Invalid(got) => Err(Rule::Type { expected: "string", got }),
            Field::Given(value) => parse(value),
        };
        parsed.map_err(|rule| self.refuse(name, rule)).ok()
    }

    pub(crate) fn boolean(&mut self, name: &'static str, field: Field<Flag>) -> Option<bool> {
        match field {
            Field::Invalid(got) => {
                self.refuse(name, Rule::Type { expected: "boolean", got });
                None
            }
            other => self.optional(name, other, |Flag(flag)| Ok(flag)),
        }
    }

    /// A body may name the user of its path, and no other (E13).
    pub(crate) fn same_user(&mut self, field: Field<Id>, path: &str) {
        let same = |Id(body): &Id| body.parse::<i32>().ok() == path.parse().ok();
        match field {
            Field::Invalid(got) => self.refuse("user_id", Rule::Type { expected: "integer", got }),
            Field::Given(id) if !same(&id) => self.refuse("user_id", Rule::Format(OTHER_USER.into())),
            Field::Null | Field::Absent | Field::Given(_) => {}
        }
    }

    pub(crate) fn refuse(&mut self, name: &'static str, rule: Rule) {
        self.0.push(Violation::new(name, rule));
    }

    /// What was built of the fields, unless one of them breaks a rule.
    pub(crate) fn finish<T>(self, built: Option<T>) -> Result<T, Vec<Violation>> {
        match built {
            Some(built) if self.0.is_empty() => Ok(built),
            _ => Err(self.0),
        }
    }
}

/// Parses a text that may be empty, which stands for no value (E14).
pub(crate) fn unless_empty<T>(
    text: String,
    parse: impl FnOnce(String) -> Result<T, Rule>,
) -> Result<Option<T>, Rule> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}
