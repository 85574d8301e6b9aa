/// A kind of character that a policy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterClass {
    /// A digit, of any script.
    Digit,
    /// An upper-case letter.
    Upper,
    /// A lower-case letter.
    Lower,
    /// Anything else, letters without case included.
    Special,
}

impl CharacterClass {
    const ALL: [Self; 4] = [Self::Digit, Self::Upper, Self::Lower, Self::Special];

    fn of(c: char) -> Self {
        if c.is_numeric() {
            Self::Digit
        } else if c.is_uppercase() {
            Self::Upper
        } else if c.is_lowercase() {
            Self::Lower
        } else {
            Self::Special
        }
    }
}

/// The classes that `password` lacks.
pub(super) fn missing(password: &str) -> Vec<CharacterClass> {
    CharacterClass::ALL
        .into_iter()
        .filter(|class| !password.chars().any(|c| CharacterClass::of(c) == *class))
        .collect()
}

/// How often one character stands in a row at most.
pub(super) fn longest_run(password: &str) -> u32 {
    let (mut longest, mut run, mut last) = (0, 0, None);
    for c in password.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_told_apart() {
        use CharacterClass::{Digit, Lower, Special, Upper};
        assert_eq!(missing("qwe123!@#"), [Upper]);
        assert_eq!(missing("密码"), [Digit, Upper, Lower]);
        assert_eq!(missing("Ää9"), [Special]);
    }

    #[test]
    fn runs_are_counted() {
        assert_eq!(longest_run(""), 0);
        assert_eq!(longest_run("abab"), 1);
        assert_eq!(longest_run("aabbbb1"), 4);
        assert_eq!(longest_run("aAaA"), 1);
    }
}
