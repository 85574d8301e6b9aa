//! The passwords that are guessed first.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::text::fold;

/// Folded, one a line, in byte order; see `data/README.md`.
static LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("../data/common-passwords.txt").lines().collect());

/// Those of the demonstration, which the documentation quotes.
const DEMONSTRATION: [&str; 6] = [
    "demo-enterprise-key",
    "demo-member-key",
    "demo-operator-token",
    "demo-password",
    "demo-secret",
    "other-secret",
];

/// What a password must be that [`is_weak_password`] does not know, for [`crate::Rule::Format`].
pub const NOT_WEAK: &str = "none of the most common passwords";

/// Whether `password` as a whole, without regard to case ([`fold`]), is one of the 30,000 passwords that
/// people choose most, or one that Roster's documentation quotes.
pub fn is_weak_password(password: &str) -> bool {
    let folded = zeroize::Zeroizing::new(fold(password));
    let folded = folded.as_str();
    LIST.binary_search(&folded).is_ok() || DEMONSTRATION.contains(&folded)
}

/// Whether the most common passwords are taken where one is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeakPasswords {
    /// They are: examples of specifications hold such.
    #[default]
    Accept,
    /// They are not. Passwords that were set before stay good.
    Refuse,
}

impl WeakPasswords {
    /// Whether `password` is not taken.
    pub fn refuses(self, password: &str) -> bool {
        self == Self::Refuse && is_weak_password(password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_long_ordered_and_folded() {
        assert_eq!(LIST.len(), 30_000);
        assert!(LIST.is_sorted());
        assert!(LIST.iter().all(|word| !word.is_empty() && fold(word) == *word));
    }

    #[test]
    fn words_are_matched_whole_and_without_regard_to_case() {
        for weak in ["password", "PassW0rd", "11111111", "iloveyou!", "ＰＡＳＳＷＯＲＤ", "Demo-Password"]
        {
            assert!(is_weak_password(weak), "{weak}");
        }
        for other in ["qwe123!@#", "password-of-mine", ""] {
            assert!(!is_weak_password(other), "{other}");
        }
        assert!(WeakPasswords::Refuse.refuses("password") && !WeakPasswords::Accept.refuses("password"));
        assert!(!WeakPasswords::Refuse.refuses("password-of-mine"));
    }
}
