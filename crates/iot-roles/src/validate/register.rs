use roster_kernel::Secret;

use super::{field, new_password, typed};
use crate::config::Config;
use crate::domain::Registrant;
use crate::error::Error;
use crate::wire;

/// A registration that keeps every rule that needs no store.
#[derive(Debug)]
pub struct Registration {
    /// Who he is; his name is not yet known to be free.
    pub registrant: Registrant,
    /// His password.
    pub password: Secret,
}

/// Judges a registration (I8): its form, then its fields.
///
/// # Errors
/// [`Error::Unreadable`], with the first member that is of another type; [`Error::Invalid`]:
/// `email`, then `password`.
pub fn registration(body: wire::Register, config: &Config) -> Result<Registration, Error> {
    let email = typed("email", "a string", body.email)?.unwrap_or_default();
    let password = typed("password", "a string", body.password)?.unwrap_or_else(|| Secret::from(""));
    let registrant = field("email", Registrant::parse(email))?;
    Ok(Registration { registrant, password: new_password(password, config)? })
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;

    #[test]
    fn the_first_rule_that_is_broken_is_told() {
        let judge = |body: &str| registration(json::decode(body.as_bytes())?, &Config::default());
        for (body, told) in [
            ("{}", "email can't be empty"),
            (r#"{"email":null,"password":""}"#, "email can't be empty"),
            (r#"{"email":1,"password":[]}"#, "email must be a string, got integer"),
            (r#"{"email":"x","password":[]}"#, "password must be a string, got array"),
            (r#"{"email":"x","password":""}"#, "email format error"),
            (r#"{"email":"a@example.com"}"#, "password can't be empty"),
            (r#"{"email":"a@example.com","password":"1234567"}"#, "password must have at least 8 characters"),
        ] {
            assert_eq!(judge(body).unwrap_err().to_string(), told, "{body}");
        }
        let long = format!(r#"{{"email":"{}@example.com"}}"#, "a".repeat(117));
        assert_eq!(judge(&long).unwrap_err().to_string(), "email must have at most 128 characters");
        let long = format!(r#"{{"email":"a@example.com","password":"{}"}}"#, "p".repeat(129));
        assert_eq!(judge(&long).unwrap_err().to_string(), "password must have at most 128 characters");
        let good = judge(r#"{"email":"a@example.com","password":"        ","role":"SYSTEM"}"#).unwrap();
        assert_eq!(good.registrant.as_str(), "a@example.com");
        assert_eq!(good.password.expose(), "        ");
    }
}
