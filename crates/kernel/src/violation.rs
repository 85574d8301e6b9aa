use std::borrow::Cow;

use crate::json_kind::JsonKind;

/// What a length counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Unicode scalar values.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// Elements of a list, or keys of an object.
    Items,
}

/// The rule that a value breaks. Enough for a dialect to say it in its own words; `got` never
/// holds a value, only its measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The member must be there.
    Required,
    /// The member must not be null.
    NotNull,
    /// The text must not be empty.
    NotBlank,
    /// The member must be of this type; `got` is what it was.
    Type {
        /// The type asked for, in the spec's word (`string`, `int`, …).
        expected: &'static str,
        /// The JSON type that came.
        got: JsonKind,
    },
    /// At least `min`.
    TooShort {
        /// The limit, inclusive.
        min: usize,
        /// What came.
        got: usize,
        /// What is counted.
        unit: Unit,
    },
    /// At most `max`.
    TooLong {
        /// The limit, inclusive.
        max: usize,
        /// What came.
        got: usize,
        /// What is counted.
        unit: Unit,
    },
    /// A number outside `min..=max`.
    Range {
        /// The lower limit, inclusive.
        min: i64,
        /// The upper limit, inclusive.
        max: i64,
        /// What came.
        got: i64,
    },
    /// The form is wrong; the text says what form is asked for.
    Format(Cow<'static, str>),
    /// Must be an e-mail address (see [`crate::is_email`]).
    Email,
}

/// One broken rule of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The field, spelled as the spec spells it.
    pub field: Cow<'static, str>,
    /// What is wrong with it.
    pub rule: Rule,
}

impl Violation {
    /// A violation of `rule` by `field`.
    pub fn new(field: impl Into<Cow<'static, str>>, rule: Rule) -> Self {
        Self { field: field.into(), rule }
    }
}
