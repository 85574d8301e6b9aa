use roster_kernel::{Rule, Unit, chars};

use super::{Email, Name, NewUser, Role, USERNAME_MAX, Username};

/// Who registers himself: an e-mail address that is his username and the name of his domain too, so
/// it keeps the rules of all three and has at most 128 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrant {
    email: Email,
    username: Username,
    domain: Name,
}

impl Registrant {
    /// Parses an address.
    ///
    /// # Errors
    /// The first rule that it breaks. One that is too long for a username is told so, though it may
    /// be an address.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let got = chars(&text);
        if got > USERNAME_MAX {
            return Err(Rule::TooLong { max: USERNAME_MAX, got, unit: Unit::Chars });
        }
        let email = Email::parse(text.clone())?;
        Ok(Self { email, username: Username::parse(text.clone())?, domain: Name::parse(text)? })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        self.email.as_str()
    }

    /// The name of his domain.
    pub fn domain(&self) -> &Name {
        &self.domain
    }

    /// The user he is to be; his area is not there yet.
    pub fn user(&self) -> NewUser {
        NewUser { email: Some(self.email.clone()), ..NewUser::new(self.username.clone(), Role::Area) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_is_no_username_is_refused() {
        let parse = |text: &str| Registrant::parse(text.to_owned());
        let of = |length: usize| format!("{}@{}.example", "a".repeat(64), "b".repeat(length - 64 - 1 - 8));
        assert_eq!(parse(&of(127)).unwrap().as_str().len(), 127);
        assert_eq!(parse(&of(128)).unwrap().domain().as_str(), of(128));
        assert_eq!(parse(&of(129)), Err(Rule::TooLong { max: 128, got: 129, unit: Unit::Chars }));
        assert!(matches!(parse(&"x".repeat(300)), Err(Rule::TooLong { max: 128, got: 300, .. })));
        assert_eq!(parse(""), Err(Rule::NotBlank));
        for bad in ["x", "a b@example.com", "a@example.com\n", "a\u{0}@example.com", "@", "a@b@c"] {
            assert_eq!(parse(bad), Err(Rule::Email), "{bad:?}");
        }
        let user = parse("Ada@Example.com").unwrap().user();
        assert_eq!((user.username.as_str(), user.role), ("Ada@Example.com", Role::Area));
        assert_eq!(user.email.unwrap().as_str(), "Ada@Example.com");
    }
}
