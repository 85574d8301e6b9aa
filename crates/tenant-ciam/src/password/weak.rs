use std::sync::LazyLock;

/// Lower case, one a line, in byte order; see `data/README.md`.
static LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../../data/common-passwords.txt").lines().collect());

/// Whether `folded` is, as a whole, one of the passwords that people choose most.
pub(super) fn is_listed(folded: &str) -> bool {
    LIST.binary_search(&folded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_ordered_and_folded() {
        assert_eq!(LIST.len(), 30_000);
        assert!(LIST.is_sorted());
        assert!(LIST.iter().all(|word| !word.is_empty() && roster_kernel::fold(word) == *word));
    }

    #[test]
    fn words_are_matched_whole() {
        for weak in ["password", "passw0rd", "11111111", "iloveyou!"] {
            assert!(is_listed(weak), "{weak}");
        }
        assert!(!is_listed("qwe123!@#"));
        assert!(!is_listed("password-of-mine"));
    }
}
