//! Rules of the bodies.

use roster_kernel::{Rule, Violation};

use super::domain::Password;
use super::wire::ChangePassword;
use crate::base::Validator;
use crate::config::Config;
use crate::messages::OTHER_PASSWORD;

/// The new password of the user of the path.
///
/// # Errors
/// Every violation of every field; last, that the two passwords differ.
pub fn change_password(
    body: ChangePassword,
    path: &str,
    config: &Config,
) -> Result<Password, Vec<Violation>> {
    let mut validator = Validator::default();
    validator.same_user(body.user_id, path);
    let first = validator.required("password", body.password, |text| Password::parse(text, config));
    let second = validator.required("password1", body.password1, |text| Password::parse(text, config));
    if let (Some(first), Some(second)) = (&first, &second)
        && first != second
    {
        validator.refuse("password1", Rule::Format(OTHER_PASSWORD.into()));
    }
    validator.finish(first)
}
