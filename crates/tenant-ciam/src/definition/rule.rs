use regex::bytes::{Regex, RegexBuilder};
use roster_kernel::chars;

use super::census::Demand;
use super::{DefinitionError, MAX_CHARS};

/// The most characters of a pattern.
const MAX_PATTERN_CHARS: usize = 1000;
/// The most memory of a compiled pattern, as a power of two.
const MAX_PATTERN_POWER: u32 = 20;
/// Below this power of two a pattern's size makes no difference.
const MIN_PATTERN_POWER: u32 = 10;
/// A value counts as at least so long.
const MIN_WORK_BYTES: u64 = 256;
/// The most memory of the states that a match keeps.
const MAX_PATTERN_CACHE_BYTES: usize = 1024 * 1024;

/// A regular expression that a whole value must match. Runs in linear time, whatever the
/// pattern (the `regex` crate: no look-around, no back-references).
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    whole: Regex,
    power: u32,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    /// [`DefinitionError::Pattern`] if it is no pattern, or too large a one.
    pub fn new(source: &str) -> Result<Self, DefinitionError> {
        Self::compiled(source, MAX_PATTERN_POWER, true)
    }

    /// Compiles `source` for digits: classes like `\d` mean ASCII alone, which makes them a hundred
    /// times smaller.
    pub(crate) fn of_digits(source: &str, max_power: u32) -> Result<Self, DefinitionError> {
        Self::compiled(source, max_power, false)
    }

    fn compiled(source: &str, max_power: u32, unicode: bool) -> Result<Self, DefinitionError> {
        if chars(source) > MAX_PATTERN_CHARS {
            return Err(DefinitionError::Pattern(format!("longer than {MAX_PATTERN_CHARS} characters")));
        }
        let compile = |text: &str, power: u32| {
            let mut builder = RegexBuilder::new(text);
            builder.unicode(unicode).size_limit(1 << power).dfa_size_limit(MAX_PATTERN_CACHE_BYTES).build()
        };
        // Alone first: `a)|(?:b` is no pattern, though it would become one between the anchors.
        compile(source, max_power).map_err(|error| DefinitionError::Pattern(told(&error)))?;
        let anchored = format!(r"\A(?:{source})\z");
        // How large it is, the engine tells only by refusing it.
        let mut power = MIN_PATTERN_POWER;
        loop {
            match compile(&anchored, power) {
                Ok(whole) => return Ok(Self { source: source.to_owned(), whole, power }),
                Err(error) if power == max_power => {
                    return Err(DefinitionError::Pattern(told(&error)));
                }
                Err(_) => power += 1,
            }
        }
    }

    /// About how many bytes it takes once compiled: a power of two.
    pub(crate) fn size(&self) -> u64 {
        1 << self.power
    }

    /// Whether all of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text.as_bytes())
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
    /// At most so many characters; 4096 where nothing is said.
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

    /// What matching a value costs at the worst: the pattern's size times the longest value's bytes,
    /// `max_bytes` at the most. An engine that cannot remember what it has seen walks through the
    /// whole pattern at every byte.
    pub(super) fn work(&self, max_bytes: u64) -> u64 {
        let longest = self.max_chars.map_or(max_bytes, |chars| max_bytes.min(u64::from(chars) * 4));
        // So that short values bound what their patterns keep in memory, too.
        self.pattern.as_ref().map_or(0, |pattern| pattern.size() * longest.max(MIN_WORK_BYTES))
    }

    pub(super) fn admits(&self, text: &str) -> bool {
        self.broken_by(text).next().is_none()
    }

    /// What of it `text` breaks.
    pub(super) fn broken_by(&self, text: &str) -> impl Iterator<Item = Demand> {
        let length = u32::try_from(chars(text)).unwrap_or(u32::MAX);
        let keeps = move |demand: Demand| match demand {
            Demand::MinChars => self.min_chars.is_none_or(|min| length >= min),
            Demand::MaxChars => length <= self.max_chars.unwrap_or(MAX_CHARS),
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
        let power = |source: &str| Pattern::new(source).unwrap().power;
        assert_eq!(power("a"), MIN_PATTERN_POWER);
        assert!(power(r"\w{1,20}") > power("[a-z]{1,20}"));
        for wrong in ["(", "a)|(?:b", "(?x)a #", "(?:a{1000}){1000}", &"a".repeat(1001)] {
            assert!(Pattern::new(wrong).is_err(), "{wrong}");
        }
    }
}
