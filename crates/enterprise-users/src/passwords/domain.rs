use roster_kernel::ports::PasswordHash;
use roster_kernel::{NOT_WEAK, Rule, Secret, Unit, chars};

use crate::base::UserId;
use crate::config::{Config, PASSWORD_MIN};

/// 8 to 128 characters, or to the configured `password_max_length`; any, never trimmed (E5). With
/// `weak_passwords = "refuse"` none of the most common ones.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(value_type = String, min_length = 8, max_length = 128, format = "password")
)]
pub struct Password(Secret);

impl Password {
    /// Parses a password.
    ///
    /// # Errors
    /// The first rule that it breaks: blank, length, weakness.
    pub fn parse(text: Secret, config: &Config) -> Result<Self, Rule> {
        let (min, max, got) = (PASSWORD_MIN, config.password_max_length, chars(text.expose()));
        match got {
            0 => Err(Rule::NotBlank),
            _ if got < min => Err(Rule::TooShort { min, got, unit: Unit::Chars }),
            _ if got > max => Err(Rule::TooLong { max, got, unit: Unit::Chars }),
            _ if config.weak_passwords.refuses(text.expose()) => Err(Rule::Format(NOT_WEAK.into())),
            _ => Ok(Self(text)),
        }
    }

    /// The text, for the hasher.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    pub(crate) fn into_secret(self) -> Secret {
        self.0
    }
}

/// How a user who signs in is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// By id.
    Id(UserId),
    /// By name in an enterprise.
    NickName {
        /// The enterprise.
        enterprise_id: String,
        /// The name.
        nick_name: String,
    },
    /// By e-mail address, without regard to case.
    Email(String),
}

/// What a password is verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user.
    pub user_id: UserId,
    /// Whether the user may sign in.
    pub is_active: bool,
    /// The hash of the password.
    pub password: PasswordHash,
}

/// Whether a user may sign in with a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verification {
    /// The password is right and the user may sign in.
    pub valid: bool,
    /// The password is right, but the user is not active. False for a wrong password.
    pub disabled: bool,
    /// There were too many failures: the password was not checked.
    pub locked: bool,
}
