use regex::{Regex, RegexBuilder};
use roster_kernel::chars;

use super::DefinitionError;
use super::census::Demand;

/// The most characters of a pattern.
const MAX_PATTERN_CHARS: usize = 1000;
/// The most memory of a compiled pattern.
const MAX_PATTERN_PROGRAM_BYTES: usize = 1024 * 1024;
/// The most memory of the states that a match keeps.
const MAX_PATTERN_CACHE_BYTES: usize = 1024 * 1024;

/// A regular expression that a whole value must match. Runs in linear time, whatever the
/// pattern (the `regex` crate: no look-around, no back-references).
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    whole: Regex,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    /// [`DefinitionError::Pattern`] if it is no pattern, or too large a one.
    pub fn new(source: &str) -> Result<Self, DefinitionError> {
        if chars(source) > MAX_PATTERN_CHARS {
            return Err(DefinitionError::Pattern(format!("longer than {MAX_PATTERN_CHARS} characters")));
        }
        let compile = |text: &str| {
            RegexBuilder::new(text)
                .size_limit(MAX_PATTERN_PROGRAM_BYTES)
                .dfa_size_limit(MAX_PATTERN_CACHE_BYTES)
                .build()
                .map_err(|error| DefinitionError::Pattern(told(&error)))
        };
        // Alone first: `a)|(?:b` is no pattern, though it would become one between the anchors.
        compile(source)?;
        Ok(Self { whole: compile(&format!(r"\A(?:{source})\z"))?, source: source.to_owned() })
    }

    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// The error without the drawing of the pattern that stands above it.
fn told(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// What a value's text must look like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ValueRule {
    /// At least so many characters.
    pub min_chars: Option<u32>,
    /// At most so many characters.
    pub max_chars: Option<u32>,
    /// The whole text matches this.
    pub pattern: Option<Pattern>,
    /// The text is one of these; empty for any.
    pub allowed: Vec<String>,
}

impl ValueRule {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn admits(&self, text: &str) -> bool {
        self.broken_by(text).next().is_none()
    }

    /// What of it `text` breaks.
    pub(super) fn broken_by(&self, text: &str) -> impl Iterator<Item = Demand> {
        let length = u32::try_from(chars(text)).unwrap_or(u32::MAX);
        let keeps = move |demand: Demand| match demand {
            Demand::MinChars => self.min_chars.is_none_or(|min| length >= min),
            Demand::MaxChars => self.max_chars.is_none_or(|max| length <= max),
            Demand::Allowed => self.allowed.is_empty() || self.allowed.iter().any(|word| word == text),
            Demand::Pattern => self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text)),
            Demand::Kind | Demand::Required | Demand::Unique => true,
        };
        Demand::OF_VALUES.into_iter().filter(move |demand| !keeps(*demand))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_values() {
        let pattern = Pattern::new("a|ab").unwrap();
        assert!(pattern.matches("ab") && pattern.matches("a"));
        assert!(!pattern.matches("abc") && !pattern.matches("ab\n"));
        for wrong in ["(", "a)|(?:b", "(?x)a #", "(?:a{1000}){1000}", &"a".repeat(1001)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
