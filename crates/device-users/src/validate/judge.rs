//! What gathers violations, member by member.

use roster_kernel::{JsonKind, Member, Rule, Violation};
use serde_json::Value;

use crate::domain::RuleId;

/// Gathers violations.
#[derive(Default)]
pub(super) struct Judge(pub(super) Vec<Violation>);

impl Judge {
    pub(super) fn refuse(&mut self, field: &'static str, rule: Rule) {
        self.0.push(Violation::new(field, rule));
    }

    pub(super) fn required<T, U>(
        &mut self,
        field: &'static str,
        expected: &'static str,
        member: Member<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        match member {
            Member::Absent => self.refuse(field, Rule::Required),
            Member::Null => self.refuse(field, Rule::NotNull),
            _ => {}
        }
        self.optional(field, expected, member, parse)
    }

    /// Null is the same as absent.
    pub(super) fn optional<T, U>(
        &mut self,
        field: &'static str,
        expected: &'static str,
        member: Member<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        let parsed = match member {
            Member::Absent | Member::Null => return None,
            Member::Invalid(got) => Err(Rule::Type { expected, got }),
            Member::Given(value) => parse(value),
        };
        parsed.map_err(|rule| self.refuse(field, rule)).ok()
    }

    /// What a change says: `None` where it says nothing; null clears.
    pub(super) fn edited<T, U: Default>(
        &mut self,
        field: &'static str,
        expected: &'static str,
        member: Member<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        if matches!(member, Member::Null) {
            Some(U::default())
        } else {
            self.optional(field, expected, member, parse)
        }
    }

    /// The same of a picture or features, which the empty text clears too.
    pub(super) fn face<U>(
        &mut self,
        field: &'static str,
        member: Member<String>,
        parse: impl FnOnce(String) -> Result<U, Rule>,
    ) -> Option<Option<U>> {
        if member.is_absent() {
            return None;
        }
        Some(filled(member).and_then(|member| self.optional(field, "string", member, parse)))
    }

    /// `None` where nothing is said; null, 0 and the empty text are no rule.
    pub(super) fn rule_id(&mut self, member: Member<Value>) -> Option<RuleId> {
        let number = match member {
            Member::Given(Value::String(text)) if text.is_empty() => Member::Null,
            Member::Given(value) => match whole(&value) {
                Some(number) => Member::Given(number),
                None => Member::Invalid(JsonKind::of(&value)),
            },
            Member::Absent => Member::Absent,
            Member::Null => Member::Null,
            Member::Invalid(kind) => Member::Invalid(kind),
        };
        self.edited("rule_id", "integer", number, RuleId::parse)
    }

    /// Ids one by one; order kept, repeats dropped.
    pub(super) fn ids<T: PartialEq>(
        &mut self,
        field: &'static str,
        list: &[Value],
        parse: impl Fn(i64) -> Result<T, Rule>,
    ) -> Vec<T> {
        let mut ids = Vec::new();
        for (at, value) in list.iter().enumerate() {
            let parsed = match whole(value) {
                Some(id) => parse(id),
                None => Err(Rule::Type { expected: "integer", got: JsonKind::of(value) }),
            };
            match parsed {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(rule) => self.0.push(Violation::new(format!("{field}[{at}]"), rule)),
            }
        }
        ids
    }
}

/// The member, if it has a value: an empty text is none.
pub(super) fn filled(member: Member<String>) -> Option<Member<String>> {
    match member {
        Member::Absent | Member::Null => None,
        Member::Given(text) if text.is_empty() => None,
        other => Some(other),
    }
}

/// An integer; beyond 64 bits as the largest within them.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or(value.is_u64().then_some(i64::MAX))
}
