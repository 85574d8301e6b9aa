//! What a new definition would mean to the users who are there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::AttributeDefinition;
use crate::domain::{Attribute, UserId};

/// One thing that a definition asks of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Demand {
    /// That they are of its kind.
    Kind,
    /// That there is one.
    Required,
    /// The least length.
    MinChars,
    /// The greatest length.
    MaxChars,
    /// The allowed values.
    Allowed,
    /// The pattern.
    Pattern,
    /// That no two users share one.
    Unique,
}

impl Demand {
    /// Those that one value keeps or breaks by itself, the cheapest first.
    pub(super) const OF_VALUES: [Self; 4] = [Self::MinChars, Self::MaxChars, Self::Allowed, Self::Pattern];

    /// Its name, as a report spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Required => "required",
            Self::MinChars => "min_chars",
            Self::MaxChars => "max_chars",
            Self::Allowed => "allowed",
            Self::Pattern => "pattern",
            Self::Unique => "unique",
        }
    }
}

/// What is to be asked of the users who are there: the demands that a definition adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    definition: AttributeDefinition,
    asked: Vec<Demand>,
}

impl Survey {
    /// What `after` asks and `before` did not, or otherwise. A demand that stays as it was is not
    /// asked again: whoever breaks it was accepted when it was made.
    pub fn new(before: Option<&AttributeDefinition>, after: &AttributeDefinition) -> Self {
        let is_new = |demand: &Demand| {
            let (old, rule) = (before.map(|before| &before.rule), &after.rule);
            match demand {
                Demand::Kind => before.is_some_and(|before| before.kind != after.kind),
                Demand::Required => after.required && before.is_none_or(|before| !before.required),
                Demand::MinChars => {
                    rule.min_chars.is_some() && old.is_none_or(|old| old.min_chars < rule.min_chars)
                }
                Demand::MaxChars => rule
                    .max_chars
                    .is_some_and(|max| old.and_then(|old| old.max_chars).is_none_or(|old| old > max)),
                Demand::Allowed => {
                    let kept = |word| rule.allowed.contains(word);
                    let wider =
                        old.is_some_and(|old| !old.allowed.is_empty() && old.allowed.iter().all(kept));
                    !rule.allowed.is_empty() && !wider
                }
                Demand::Pattern => {
                    rule.pattern.is_some() && old.is_none_or(|old| old.pattern != rule.pattern)
                }
                Demand::Unique => after.unique && before.is_none_or(|before| !before.unique),
            }
        };
        let all = [Demand::Kind, Demand::Required].into_iter().chain(Demand::OF_VALUES);
        let asked = all.chain([Demand::Unique]).filter(is_new).collect();
        Self { definition: after.clone(), asked }
    }

    /// The definition to be.
    pub fn definition(&self) -> &AttributeDefinition {
        &self.definition
    }

    /// Whether this is asked.
    pub fn asks(&self, demand: Demand) -> bool {
        self.asked.contains(&demand)
    }

    /// Whether each user has to be looked at.
    pub fn asks_each(&self) -> bool {
        self.asked.iter().any(|demand| *demand != Demand::Unique)
    }

    /// Enters what the user `id`, whose value in the store is `value`, breaks of what is asked.
    pub fn ask(&self, id: &UserId, value: Option<&str>, report: &mut Report) {
        let Some(text) = value else {
            if self.asks(Demand::Required) {
                report.add(Demand::Required, id);
            }
            return;
        };
        if self.asks(Demand::Kind) {
            // Whatever the value is: its type is decided when it is written.
            return report.add(Demand::Kind, id);
        }
        for demand in self.definition.broken_by(text).into_iter().filter(|demand| self.asks(*demand)) {
            report.add(demand, id);
        }
    }
}

impl AttributeDefinition {
    /// What of its rule a value breaks that is in the store: by the same judge as a request's.
    fn broken_by(&self, stored: &str) -> Vec<Demand> {
        let text = match &self.attribute {
            Attribute::Builtin(_) => Some(stored.to_owned()),
            Attribute::Extension(_) => {
                super::ExtensionValue::read(self.kind, &Value::from(stored)).map(|value| value.text())
            }
        };
        text.map_or_else(|| vec![Demand::Kind], |text| self.rule.broken_by(&text).collect())
    }
}

/// Who breaks one demand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// How many users; of [`Demand::Unique`] how many values are shared.
    pub count: u64,
    /// Some of them, at most [`Report::MAX_EXAMPLES`].
    pub examples: Vec<UserId>,
}

/// Who breaks what of a definition to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    broken: BTreeMap<Demand, Broken>,
}

impl Report {
    /// The most users that are named for each demand.
    pub const MAX_EXAMPLES: usize = 10;

    /// Counts the user `id` among those who break `demand`.
    pub fn add(&mut self, demand: Demand, id: &UserId) {
        let broken = self.broken.entry(demand).or_default();
        broken.count += 1;
        if broken.examples.len() < Self::MAX_EXAMPLES {
            broken.examples.push(id.clone());
        }
    }

    /// Says that `count` values are shared, among others by these users.
    pub fn shared(&mut self, count: u64, mut examples: Vec<UserId>) {
        examples.truncate(Self::MAX_EXAMPLES);
        if count > 0 {
            self.broken.insert(Demand::Unique, Broken { count, examples });
        }
    }

    /// The broken demands.
    pub fn broken(&self) -> impl Iterator<Item = (Demand, &Broken)> {
        self.broken.iter().map(|(demand, broken)| (*demand, broken))
    }

    /// Who breaks this one.
    pub fn of(&self, demand: Demand) -> Option<&Broken> {
        self.broken.get(&demand)
    }

    /// Whether nobody breaks anything.
    pub fn is_empty(&self) -> bool {
        self.broken.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{AttributeKind, Pattern, ValueRule};
    use crate::domain::{Builtin, ExtensionKey};

    fn text() -> AttributeDefinition {
        AttributeDefinition::extension(ExtensionKey::parse("x").unwrap(), AttributeKind::Text)
    }

    fn ruled(rule: ValueRule) -> AttributeDefinition {
        text().ruled(rule).unwrap()
    }

    fn asked(before: &AttributeDefinition, after: &AttributeDefinition) -> Vec<Demand> {
        Survey::new(Some(before), after).asked
    }

    #[test]
    fn only_what_becomes_stricter_is_asked() {
        let rule = |min, max, allowed: &[&str]| ValueRule {
            min_chars: min,
            max_chars: max,
            pattern: Some(Pattern::new("a+").unwrap()),
            allowed: allowed.iter().map(|&word| word.to_owned()).collect(),
        };
        let before = ruled(rule(Some(2), Some(9), &["aa", "aaa"]));
        assert_eq!(asked(&before, &before.clone()), []);
        assert_eq!(asked(&before, &ruled(rule(Some(1), Some(10), &["aa", "aaa", "a"]))), []);
        assert_eq!(asked(&before, &ruled(rule(Some(1), Some(10), &[]))), []);
        let stricter = ruled(rule(Some(3), Some(8), &["aaa"])).required(true).unique(true).unwrap();
        let expected =
            [Demand::Required, Demand::MinChars, Demand::MaxChars, Demand::Allowed, Demand::Unique];
        assert_eq!(asked(&before, &stricter), expected);
        assert_eq!(asked(&stricter, &before), []);
        assert_eq!(asked(&text(), &before), Demand::OF_VALUES);
        assert_eq!(Survey::new(None, &text().required(true)).asked, [Demand::Required]);
    }

    #[test]
    fn everybody_is_counted_and_ten_are_named() {
        let after = AttributeDefinition::builtin(Builtin::Name)
            .required(true)
            .ruled(ValueRule { min_chars: Some(2), ..ValueRule::default() })
            .unwrap();
        let survey = Survey::new(Some(&AttributeDefinition::builtin(Builtin::Name)), &after);
        let mut report = Report::default();
        for n in 0..12 {
            let id = UserId::parse(&format!("20201028102749564-9082-{n:09}")).unwrap();
            survey.ask(&id, None, &mut report);
            survey.ask(&id, Some("湖"), &mut report);
            survey.ask(&id, Some("湖北"), &mut report);
        }
        let counts: Vec<_> = report.broken().map(|(d, b)| (d, b.count, b.examples.len())).collect();
        assert_eq!(counts, [(Demand::Required, 12, 10), (Demand::MinChars, 12, 10)]);
    }
}
