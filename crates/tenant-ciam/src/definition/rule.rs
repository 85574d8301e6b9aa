use regex::{Regex, RegexBuilder};
use roster_kernel::chars;

use super::DefinitionError;

/// The most characters of a pattern.
const MAX_PATTERN_CHARS: usize = 512;
/// The most memory of a compiled pattern.
const MAX_PATTERN_PROGRAM_BYTES: usize = 4 * 1024 * 1024;

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
                .build()
                .map_err(|error| DefinitionError::Pattern(error.to_string()))
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
        let length = u32::try_from(chars(text)).unwrap_or(u32::MAX);
        self.min_chars.is_none_or(|min| length >= min)
            && self.max_chars.is_none_or(|max| length <= max)
            && (self.allowed.is_empty() || self.allowed.iter().any(|word| word == text))
            && self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
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
        for wrong in ["(", "a)|(?:b", "(?x)a #", "(?:a{1000}){1000}", &"a".repeat(513)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
