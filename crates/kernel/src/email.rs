use validator::ValidateEmail;

/// The longest e-mail address, in characters (RFC 5321's path limit).
pub const EMAIL_MAX_CHARS: usize = 254;

/// Whether `text` is an e-mail address: what the `validator` crate accepts (the HTML standard's
/// rule), at most [`EMAIL_MAX_CHARS`] characters. The same for all dialects.
pub fn is_email(text: &str) -> bool {
    text.chars().count() <= EMAIL_MAX_CHARS && text.validate_email()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert!(is_email("user@example.com"));
        assert!(is_email("15200000000@qq.com"));
        assert!(!is_email("user"));
        assert!(!is_email(" user@example.com"));
        assert!(!is_email(&format!("{}@example.com", "a".repeat(250))));
    }
}
