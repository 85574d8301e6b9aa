//! Pages of a list, and what a list is searched for.

use roster_kernel::{chars, fold};

/// One page of a list: from 1, and so many users. A number beyond the list, zero or less is a page
/// without users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The page's number.
    pub number: i64,
    /// 1 to 1000.
    pub size: i64,
}

impl Page {
    /// The most users of a page.
    pub const MAX_SIZE: i64 = 1000;

    /// Page `number` of pages of `size`, clamped to 1 to [`Page::MAX_SIZE`].
    pub fn new(number: i64, size: i64) -> Self {
        Self { number, size: size.clamp(1, Self::MAX_SIZE) }
    }

    /// How many users stand before it; `None` for a number below 1.
    pub fn offset(self) -> Option<i64> {
        (self.number >= 1).then(|| (self.number - 1).saturating_mul(self.size))
    }
}

/// What a list is searched for: a literal part of nick name, e-mail or phone, without regard to
/// case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// Nothing: all users match.
    All,
    /// This, folded.
    Containing(String),
    /// A text that no field can hold and that a database might refuse: no user matches.
    Nothing,
}

impl Search {
    /// No field is longer than this when it is folded: the longest has 254 characters, and one
    /// character becomes 18 at the most.
    const MAX_CHARS: usize = 254 * 18;

    /// A search for `text`; an empty one matches all users.
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self::All;
        }
        let folded = fold(text);
        if folded.contains('\0') || chars(&folded) > Self::MAX_CHARS {
            return Self::Nothing;
        }
        Self::Containing(folded)
    }

    /// The pattern of `LIKE … ESCAPE '\'` for a folded text.
    pub fn pattern(folded: &str) -> String {
        let mut pattern = String::from("%");
        for c in folded.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        pattern
    }
}

/// The first value of `name` among a query's decoded pairs.
pub(crate) fn first_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The page that `page` and `page_size` of a query name; 1 and 10 for what is no number (E11).
pub(crate) fn page_of(pairs: &[(String, String)]) -> Page {
    Page::new(integer(first_of(pairs, "page"), 1), integer(first_of(pairs, "page_size"), 10))
}

/// An integer of any length, or `default` for what is none.
fn integer(text: Option<&str>, default: i64) -> i64 {
    use std::num::IntErrorKind;
    match text.unwrap_or_default().trim().parse() {
        Ok(n) => n,
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => i64::MAX,
        Err(error) if *error.kind() == IntErrorKind::NegOverflow => i64::MIN,
        Err(_) => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_literal_folded_and_bounded() {
        assert_eq!(Search::new(""), Search::All);
        assert_eq!(Search::new("ＡdA"), Search::Containing("ada".into()));
        assert_eq!(Search::pattern(r"5%_\"), r"%5\%\_\\%");
        assert_eq!(Search::new("a\0"), Search::Nothing);
        assert_eq!(Search::new(&"x".repeat(50_000)), Search::Nothing);
    }

    #[test]
    fn a_page_has_a_size_and_perhaps_a_place() {
        assert_eq!(Page::new(3, 10).offset(), Some(20));
        assert_eq!(Page::new(0, 10).offset(), None);
        assert_eq!((Page::new(1, 0).size, Page::new(1, 5000).size), (1, 1000));
        assert_eq!(Page::new(i64::MAX, 1000).offset(), Some(i64::MAX));
    }

    #[test]
    fn lists_have_defaults_and_bounds() {
        let of = |query: &[(&str, &str)]| {
            let pairs: Vec<_> = query.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            let page = page_of(&pairs);
            (page.number, page.size)
        };
        assert_eq!(of(&[]), (1, 10));
        assert_eq!(of(&[("page", "x"), ("page_size", "1.5")]), (1, 10));
        assert_eq!(of(&[("page", "99999999999999999999"), ("page_size", "5000")]), (i64::MAX, 1000));
        assert_eq!(of(&[("page", "-2"), ("page_size", "0")]), (-2, 1));
    }
}
