use roster_kernel::{Member, Rule, Secret};

use super::user::given;
use crate::domain::Builtin;
use crate::error::Error;
use crate::wire;

/// A change of a password whose shape is right; the policy judges the password later.
#[derive(Debug, Clone)]
pub struct PasswordWish {
    /// The new password.
    pub password: Secret,
    /// Whether it is to be changed at the next login.
    pub must_modify: bool,
    /// The password of before, where that is asked for.
    pub old: Option<Secret>,
}

/// Judges the shape of a change of somebody's password; `must_modify` is true by default.
///
/// # Errors
/// [`Error::Parameter`] for a wrong type; [`Error::Empty`] without a password.
pub fn change_password(body: wire::ChangePassword) -> Result<PasswordWish, Error> {
    let password = given("password", "string", body.password)?;
    let must_modify = given("must_modify", "boolean", body.must_modify)?;
    let sibling = given("pwd_must_modify", "boolean", body.pwd_must_modify)?;
    let password = password.filter(is_there).ok_or(Error::Empty(Builtin::Password.into()))?;
    Ok(PasswordWish { password, must_modify: must_modify.or(sibling).unwrap_or(true), old: None })
}

/// The same for one who knows the password of before: he has chosen the new one himself, and need
/// not change it again.
///
/// # Errors
/// As [`change_password`]; [`Error::Parameter`] without the old password, for which there is no code.
pub fn change_password_verified(body: wire::ChangePasswordVerified) -> Result<PasswordWish, Error> {
    let password = given("password", "string", body.password)?;
    let old = match body.old_password {
        Member::Given(old) if is_there(&old) => old,
        Member::Invalid(got) => {
            return Err(Error::parameter("old_password", Rule::Type { expected: "string", got }));
        }
        _ => return Err(Error::parameter("old_password", Rule::Required)),
    };
    let password = password.filter(is_there).ok_or(Error::Empty(Builtin::Password.into()))?;
    Ok(PasswordWish { password, must_modify: false, old: Some(old) })
}

fn is_there(password: &Secret) -> bool {
    !password.expose().is_empty()
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;

    #[test]
    fn both_spellings_of_must_modify_are_read() {
        for (body, expected) in [
            (r#"{"password":"x"}"#, true),
            (r#"{"password":"x","must_modify":false}"#, false),
            (r#"{"password":"x","pwd_must_modify":false}"#, false),
            (r#"{"password":"x","must_modify":true,"pwd_must_modify":false}"#, true),
            (r#"{"password":"x","must_modify":null}"#, true),
        ] {
            let wish = change_password(json::decode(body.as_bytes()).unwrap()).unwrap();
            assert_eq!(wish.must_modify, expected, "{body}");
        }
    }
}
