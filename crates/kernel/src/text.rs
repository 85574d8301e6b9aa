use unicode_normalization::UnicodeNormalization;

/// `text` as it is compared without regard to case: NFKC, then lower case. What the store keeps
/// in its `…_folded` columns, so that no query relies on a database's collation.
pub fn fold(text: &str) -> String {
    // Lower-casing can undo the normal form (for example of `İ`), so it stands between two.
    text.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// How many characters (Unicode scalar values, not bytes) `text` has.
pub fn chars(text: &str) -> usize {
    text.chars().count()
}

/// Whether `text` holds a control character (line breaks and tabs are such).
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_joins_what_people_take_for_the_same() {
        assert_eq!(fold("ＡＤＭＩＮ"), "admin");
        assert_eq!(fold("Straße"), fold("STRAßE"));
        assert_eq!(fold("A\u{30a}"), "å");
        assert_eq!(fold(&fold("İstanbul")), fold("İstanbul"));
    }
}
