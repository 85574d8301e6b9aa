//! Rules of the bodies and queries: all violations at once, in the specification's order.

use roster_kernel::{Field, Rule, Secret, Violation};

use super::domain::NewUser;
use super::wire;
use crate::base::{
    Email, EnterpriseId, NickName, Page, Phone, Search, UserOrigin, Validator, first_of, page_of,
    unless_empty,
};
use crate::config::Config;
use crate::messages::NICK_NAME_PATTERN;
use crate::passwords::Password;

/// A user to be created; whether the unique values are free, only the store knows.
#[derive(Debug)]
pub struct CreateUser {
    /// The user.
    pub user: NewUser,
    /// The password.
    pub password: Password,
}

/// Validates the body of `POST /openapi/v1/users` (E3 to E7).
///
/// # Errors
/// Every violation of every field, in the specification's order.
pub fn create_user(body: wire::CreateUser, config: &Config) -> Result<CreateUser, Vec<Violation>> {
    let (user, password) = new_user(body, config, |validator, field| {
        validator.required("password", field, |text| Password::parse(text, config))
    })?;
    Ok(CreateUser { user, password })
}

/// The fields of a new user in the specification's order; `password` validates the password in its place.
pub(crate) fn new_user<P>(
    body: wire::CreateUser,
    config: &Config,
    password: impl FnOnce(&mut Validator, Field<Secret>) -> Option<P>,
) -> Result<(NewUser, P), Vec<Violation>> {
    let mut validator = Validator::default();
    let nick_name = validator.required("nick_name", body.nick_name, |text| nick_name(text, config));
    let password = password(&mut validator, body.password);
    let enterprise_id = validator.required("enterprise_id", body.enterprise_id, EnterpriseId::parse);
    let email = validator.optional("email", body.email, Email::parse);
    let phone = validator.optional("phone", body.phone, Phone::parse);
    let is_active = validator.boolean("is_active", body.is_active);
    let (spelled, given) =
        if body.origion.is_absent() { ("origin", body.origin) } else { ("origion", body.origion) };
    let origin = validator.optional(spelled, given, UserOrigin::parse);
    let built = nick_name.zip(password).zip(enterprise_id);
    validator.finish(built.map(|((nick_name, password), enterprise_id)| {
        let user = NewUser::new(enterprise_id, nick_name);
        (NewUser { email, phone, is_active: is_active.unwrap_or(true), origin, ..user }, password)
    }))
}

/// Changes of a user; `None` keeps a value.
#[derive(Debug, Default)]
pub struct UpdateUser {
    /// A new address; `Some(None)` removes it.
    pub email: Option<Option<Email>>,
    /// A new phone number; `Some(None)` removes it.
    pub phone: Option<Option<Phone>>,
    /// Whether the user's keys work.
    pub is_active: Option<bool>,
    /// A new password.
    pub password: Option<Password>,
}

/// Validates the body of `PUT /openapi/v1/users/{user_id}` for the user of the path (E14).
///
/// # Errors
/// Every violation of every field.
pub fn update_user(
    body: wire::UpdateUser,
    path: &str,
    config: &Config,
) -> Result<UpdateUser, Vec<Violation>> {
    let mut validator = Validator::default();
    validator.same_user(body.user_id, path);
    let update = UpdateUser {
        password: validator.optional("password", body.password, |text| Password::parse(text, config)),
        email: validator.optional("email", body.email, |text| unless_empty(text, Email::parse)),
        phone: validator.optional("phone", body.phone, |text| unless_empty(text, Phone::parse)),
        is_active: match body.is_active {
            Field::Null => None,
            flag => validator.boolean("is_active", flag),
        },
    };
    validator.finish(Some(update))
}

/// A page of users, and what they are searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUsers {
    /// `query`
    pub search: Search,
    /// `page` and `page_size`
    pub page: Page,
}

/// Reads the query of `GET /openapi/v1/users`; the first of a name counts (E11).
pub fn list_users(pairs: &[(String, String)]) -> ListUsers {
    let search = Search::new(first_of(pairs, "query").unwrap_or_default());
    ListUsers { search, page: page_of(pairs) }
}

/// E6; the pattern is the operator's.
fn nick_name(text: String, config: &Config) -> Result<NickName, Rule> {
    let name = NickName::parse(text)?;
    match &config.nick_name_pattern {
        Some(pattern) if !pattern.matches(name.as_str()) => Err(Rule::Format(NICK_NAME_PATTERN.into())),
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;

    const SEED: &[u8] =
        include_bytes!("../../../../tests/fixtures/seeds/enterprise-users.create.request.json");

    fn validated(body: &str) -> Result<CreateUser, Vec<Violation>> {
        create_user(json::decode(body.as_bytes()).unwrap(), &Config::default())
    }

    fn fields(violations: &[Violation]) -> Vec<&str> {
        violations.iter().map(|v| v.field.as_ref()).collect()
    }

    #[test]
    fn the_specifications_example_is_legal() {
        let command = create_user(json::decode(SEED).unwrap(), &Config::default()).unwrap();
        assert_eq!(command.user.nick_name.as_str(), "string");
        assert_eq!(command.user.phone.unwrap().as_str(), "string");
        assert_eq!(command.user.origin.unwrap().as_str(), "string");
        assert!(command.user.is_active);
    }

    #[test]
    fn all_violations_come_at_once_in_the_specifications_order() {
        let violations =
            validated(r#"{"phone":"","nick_name":7,"is_active":"maybe","email":"x","password":"short"}"#);
        let violations = violations.unwrap_err();
        assert_eq!(
            fields(&violations),
            ["nick_name", "password", "enterprise_id", "email", "phone", "is_active"]
        );
    }

    #[test]
    fn email_and_phone_may_both_be_absent() {
        assert!(validated(r#"{"nick_name":"a","password":"        ","enterprise_id":"e"}"#).is_ok());
    }

    #[test]
    fn null_is_no_value() {
        let violations =
            validated(r#"{"nick_name":null,"password":"12345678","enterprise_id":"e","email":null}"#);
        assert_eq!(fields(&violations.unwrap_err()), ["nick_name", "email"]);
    }

    #[test]
    fn origion_wins_over_origin() {
        let body =
            r#"{"nick_name":"a","password":"12345678","enterprise_id":"e","origion":"x","origin":"y"}"#;
        assert_eq!(validated(body).unwrap().user.origin.unwrap().as_str(), "x");
    }

    #[test]
    fn limits_are_inclusive() {
        let with = |name: &str, password: &str| {
            let body = serde_json::json!({"nick_name": name, "password": password, "enterprise_id": "e"});
            validated(&body.to_string())
        };
        assert!(with(&"n".repeat(64), &"p".repeat(128)).is_ok());
        assert!(with("n", "密码密码密码密码").is_ok(), "characters, not bytes");
        assert_eq!(fields(&with(&"n".repeat(65), &"p".repeat(129)).unwrap_err()), ["nick_name", "password"]);
        assert_eq!(fields(&with("n", "1234567").unwrap_err()), ["password"]);
    }

    #[test]
    fn the_pattern_and_the_limit_are_settings() {
        let pattern = r"^[A-Za-z0-9_\-\u4e00-\u9fa5]{1,24}$".to_owned();
        let config = Config {
            nick_name_pattern: Some(pattern.try_into().unwrap()),
            password_max_length: 16,
            ..Config::default()
        };
        let body = |name: &str| {
            let body =
                serde_json::json!({"nick_name": name, "password": "p".repeat(17), "enterprise_id": "e"});
            create_user(json::decode(body.to_string().as_bytes()).unwrap(), &config).unwrap_err()
        };
        assert_eq!(fields(&body("a.b")), ["nick_name", "password"]);
        assert_eq!(fields(&body("张_3-x")), ["password"]);
    }
}
