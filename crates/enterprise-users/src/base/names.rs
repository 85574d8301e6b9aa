//! Ids, names and addresses: each is parsed once, and later code cannot hold an invalid one.

use roster_kernel::{Rule, Unit, chars, fold, has_control, is_email};

use crate::messages::NICK_NAME_FORM;

/// A user's id: 1 to 2^31 - 1, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i32);

impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! text {
    ($name:ident, $min:literal..=$max:literal) => {
        text!($name);

        impl $name {
            /// Parses a text of so many characters.
            ///
            /// # Errors
            /// The first rule that it breaks: blank, length.
            pub fn parse(text: String) -> Result<Self, Rule> {
                length(&text, $min, $max)?;
                Ok(Self(text))
            }
        }
    };
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text of a stored row; it was parsed when it was written.
            #[cfg(feature = "diesel")]
            pub(crate) fn stored(text: String) -> Self {
                Self(text)
            }
        }
    };
}

/// 1 to 64 characters, no control characters, no `/`, no blanks at the ends; unique in the enterprise. The
/// configured `nick_name_pattern` may demand more (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(min_length = 1, max_length = 64))]
#[cfg_attr(
    feature = "openapi",
    schema(
        pattern = r"^[^\s/\u0000-\u001f\u007f-\u009f]([^/\u0000-\u001f\u007f-\u009f]*[^\s/\u0000-\u001f\u007f-\u009f])?$"
    )
)]
pub struct NickName(String);
text!(NickName);

impl NickName {
    /// Parses a nick name.
    ///
    /// # Errors
    /// The first rule that it breaks: blank, length, form.
    pub fn parse(text: String) -> Result<Self, Rule> {
        length(&text, 1, 64)?;
        if has_control(&text) || text.contains('/') || text.trim() != text {
            return Err(Rule::Format(NICK_NAME_FORM.into()));
        }
        Ok(Self(text))
    }
}

/// 1 to 64 characters, not all blank. An enterprise exists as soon as it has a user (E6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = r"\S"))]
pub struct EnterpriseId(String);
text!(EnterpriseId, 1..=64);

/// An e-mail address of at most 254 characters; unique over the platform without regard to case (E4, E6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(format = Email, max_length = 254))]
pub struct Email(String);
text!(Email);

impl Email {
    /// Parses an address.
    ///
    /// # Errors
    /// If it is blank or no address.
    pub fn parse(text: String) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::NotBlank);
        }
        if is_email(&text) { Ok(Self(text)) } else { Err(Rule::Email) }
    }

    /// The address as it is compared.
    pub fn folded(&self) -> String {
        fold(&self.0)
    }
}

/// 1 to 20 characters, any but not all blank; unique over the platform (E4, E6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 20, pattern = r"\S"))]
pub struct Phone(String);
text!(Phone, 1..=20);

/// Where a user came from, in the caller's words: 1 to 64 characters, not all blank (E3, E6).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64, pattern = r"\S"))]
pub struct UserOrigin(String);
text!(UserOrigin, 1..=64);

/// A field whose value no two users may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// In an enterprise.
    NickName,
    /// Over the platform.
    Email,
    /// Over the platform.
    Phone,
}

/// `min..=max` characters; a text of blanks counts as empty.
pub(crate) fn length(text: &str, min: usize, max: usize) -> Result<(), Rule> {
    let got = chars(text);
    if text.trim().is_empty() {
        Err(Rule::NotBlank)
    } else if got < min {
        Err(Rule::TooShort { min, got, unit: Unit::Chars })
    } else if got > max {
        Err(Rule::TooLong { max, got, unit: Unit::Chars })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nick_names() {
        for good in ["string", "张三", "a b", "x@y", &"a".repeat(64), "007"] {
            assert!(NickName::parse(good.to_owned()).is_ok(), "{good}");
        }
        assert_eq!(NickName::parse("  ".into()), Err(Rule::NotBlank));
        for bad in [" a", "a ", "a/b", "a\nb", "a\u{7f}"] {
            assert!(matches!(NickName::parse(bad.to_owned()), Err(Rule::Format(_))), "{bad:?}");
        }
        let long = NickName::parse("长".repeat(65));
        assert_eq!(long, Err(Rule::TooLong { max: 64, got: 65, unit: Unit::Chars }));
    }

    #[test]
    fn an_address_is_compared_without_case() {
        assert_eq!(Email::parse("User@Example.com".into()).unwrap().folded(), "user@example.com");
        assert_eq!(Email::parse(String::new()), Err(Rule::NotBlank));
        assert_eq!(Email::parse("user".into()), Err(Rule::Email));
    }
}
