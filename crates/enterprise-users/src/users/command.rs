//! The rules of each body: first the shape of every member, then the spec's rules, all at once and
//! in the spec's order.

use std::borrow::Cow;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Brought, Member, NOT_WEAK, Rule, Secret, Unit, Violation, chars};

use crate::config::Config;
use crate::domain::{Email, EnterpriseId, NICK_NAME_PATTERN, NewUser, NickName, Phone};
use crate::wire::{Appointment, ChangePassword, CreateUser, Flag, Id, UpdateUser};

/// A body that names another user than its path.
pub(crate) const OTHER_USER: &str = "must be the user of the path";

/// A password that is not repeated.
pub(crate) const OTHER_PASSWORD: &str = "must repeat the password";

/// An import that brings both a password and a hash.
pub(crate) const HASH_AND_PASSWORD: &str = "absent where there is a password";

/// The longest life of a key, in seconds: a hundred years.
const MAX_LIFETIME_SECONDS: i64 = 100 * 365 * 24 * 60 * 60;

/// A creation that keeps every rule that needs no store.
#[derive(Debug)]
pub struct Creation {
    /// The user, not yet known to be unique.
    pub user: NewUser,
    /// His password.
    pub password: Secret,
}

/// Judges `CreateUser` (E3–E7).
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn create_user(body: CreateUser, config: &Config) -> Result<Creation, Vec<Violation>> {
    let (user, password) = new_user(body, config, |judge, member| {
        judge.required("password", member, |text| password(text, config))
    })?;
    Ok(Creation { user, password })
}

/// An import that keeps every rule that needs no store.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The user, not yet known to be unique.
    pub user: NewUser,
    /// His password.
    pub password: Brought,
}

/// The same of an import, where `hash` may stand for the password; `adopt` says whether it can.
///
/// # Errors
/// As [`create_user`].
pub fn import_user(
    body: CreateUser,
    hash: Member<Secret>,
    adopt: impl FnOnce(&str) -> Result<PasswordHash, Cow<'static, str>>,
    config: &Config,
) -> Result<Arrived, Vec<Violation>> {
    let (user, password) = new_user(body, config, |judge, member| match hash {
        Member::Absent | Member::Null => {
            judge.required("password", member, |text| password(text, config)).map(Brought::Plain)
        }
        hash => judge.required("password_hash", hash, |hash: Secret| {
            if !member.is_absent() {
                return Err(Rule::Format(HASH_AND_PASSWORD.into()));
            }
            adopt(hash.expose()).map(Brought::Hashed).map_err(Rule::Format)
        }),
    })?;
    Ok(Arrived { user, password })
}

/// The fields of a new user in the spec's order; `password` judges his password in its place.
fn new_user<P>(
    body: CreateUser,
    config: &Config,
    password: impl FnOnce(&mut Judge, Member<Secret>) -> Option<P>,
) -> Result<(NewUser, P), Vec<Violation>> {
    let mut judge = Judge::default();
    let nick_name = judge.required("nick_name", body.nick_name, |text| nick_name(text, config));
    let password = password(&mut judge, body.password);
    let enterprise_id = judge.required("enterprise_id", body.enterprise_id, EnterpriseId::parse);
    let email = judge.optional("email", body.email, Email::parse);
    let phone = judge.optional("phone", body.phone, Phone::parse);
    let is_active = judge.boolean("is_active", body.is_active);
    let (spelled, given) =
        if body.origion.is_absent() { ("origin", body.origin) } else { ("origion", body.origion) };
    let origion = judge.optional(spelled, given, |text| {
        crate::domain::length(&text, 1, 64)?;
        Ok(text)
    });
    match (nick_name, password, enterprise_id) {
        (Some(nick_name), Some(password), Some(enterprise_id)) if judge.0.is_empty() => {
            let user = NewUser {
                email,
                phone,
                is_active: is_active.unwrap_or(true),
                origion,
                ..NewUser::new(enterprise_id, nick_name)
            };
            Ok((user, password))
        }
        _ => Err(judge.0),
    }
}

/// An update that keeps every rule that needs no store; `None` leaves a value as it is.
#[derive(Debug, Default)]
pub struct Update {
    /// A new address, or none any more.
    pub email: Option<Option<Email>>,
    /// A new phone number, or none any more.
    pub phone: Option<Option<Phone>>,
    /// Whether his keys work.
    pub is_active: Option<bool>,
    /// A new password.
    pub password: Option<Secret>,
}

/// Judges `UpdateUser` for the user of the path (E14).
///
/// # Errors
/// Every violation of every field.
pub fn update_user(body: UpdateUser, path: &str, config: &Config) -> Result<Update, Vec<Violation>> {
    let mut judge = Judge::default();
    judge.same_user(body.user_id, path);
    let update = Update {
        password: judge.optional("password", body.password, |text| password(text, config)),
        email: judge.optional("email", body.email, |text| unless_empty(text, Email::parse)),
        phone: judge.optional("phone", body.phone, |text| unless_empty(text, Phone::parse)),
        is_active: match body.is_active {
            Member::Null => None,
            flag => judge.boolean("is_active", flag),
        },
    };
    if judge.0.is_empty() { Ok(update) } else { Err(judge.0) }
}

/// Judges `ChangePassword` for the user of the path.
///
/// # Errors
/// Every violation of every field; last, that the two passwords differ.
pub fn change_password(body: ChangePassword, path: &str, config: &Config) -> Result<Secret, Vec<Violation>> {
    let mut judge = Judge::default();
    judge.same_user(body.user_id, path);
    let first = judge.required("password", body.password, |text| password(text, config));
    let second = judge.required("password1", body.password1, |text| password(text, config));
    if let (Some(first), Some(second)) = (&first, &second)
        && first != second
    {
        judge.0.push(Violation::new("password1", Rule::Format(OTHER_PASSWORD.into())));
    }
    match first {
        Some(password) if judge.0.is_empty() => Ok(password),
        _ => Err(judge.0),
    }
}

/// Who is to be an administrator, and of what.
#[derive(Debug)]
pub struct AppointmentOf {
    /// The user, if it is an id at all.
    pub user_id: String,
    /// His enterprise.
    pub enterprise_id: EnterpriseId,
}

/// Judges `Appointment`.
///
/// # Errors
/// Every violation of every field.
pub fn appointment(body: Appointment) -> Result<AppointmentOf, Vec<Violation>> {
    let mut judge = Judge::default();
    let user_id = judge.required("user_id", body.user_id, |Id(text)| {
        crate::domain::length(&text, 1, 32)?;
        Ok(text)
    });
    let enterprise_id = judge.required("eid", body.eid, EnterpriseId::parse);
    match (user_id, enterprise_id) {
        (Some(user_id), Some(enterprise_id)) => Ok(AppointmentOf { user_id, enterprise_id }),
        _ => Err(judge.0),
    }
}

/// A key's life in milliseconds.
///
/// # Errors
/// For one of no second or of more than a hundred years.
pub fn lifetime(seconds: Option<i64>) -> Result<Option<i64>, Vec<Violation>> {
    let (min, max) = (1, MAX_LIFETIME_SECONDS);
    match seconds {
        Some(got) if !(min..=max).contains(&got) => {
            Err(vec![Violation::new("lifetime_seconds", Rule::Range { min, max, got })])
        }
        seconds => Ok(seconds.map(|seconds| seconds * 1000)),
    }
}

fn unless_empty<T>(text: String, parse: impl FnOnce(String) -> Result<T, Rule>) -> Result<Option<T>, Rule> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// E6; the pattern is the operator's.
fn nick_name(text: String, config: &Config) -> Result<NickName, Rule> {
    let name = NickName::parse(text)?;
    match &config.nick_name_pattern {
        Some(pattern) if !pattern.matches(name.as_str()) => Err(Rule::Format(NICK_NAME_PATTERN.into())),
        _ => Ok(name),
    }
}

/// E5: any characters, never trimmed.
fn password(text: Secret, config: &Config) -> Result<Secret, Rule> {
    let (min, max, got) = (crate::config::PASSWORD_MIN, config.password_max_length, chars(text.expose()));
    match got {
        0 => Err(Rule::NotBlank),
        _ if got < min => Err(Rule::TooShort { min, got, unit: Unit::Chars }),
        _ if got > max => Err(Rule::TooLong { max, got, unit: Unit::Chars }),
        _ if config.weak_passwords.refuses(text.expose()) => Err(Rule::Format(NOT_WEAK.into())),
        _ => Ok(text),
    }
}

/// Gathers violations.
#[derive(Default)]
struct Judge(Vec<Violation>);

impl Judge {
    fn required<T, U>(
        &mut self,
        field: &'static str,
        member: Member<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        if member.is_absent() {
            self.0.push(Violation::new(field, Rule::Required));
        }
        self.optional(field, member, parse)
    }

    fn optional<T, U>(
        &mut self,
        field: &'static str,
        member: Member<T>,
        parse: impl FnOnce(T) -> Result<U, Rule>,
    ) -> Option<U> {
        let parsed = match member {
            Member::Absent => return None,
            Member::Null => Err(Rule::NotNull),
            Member::Invalid(got) => Err(Rule::Type { expected: "string", got }),
            Member::Given(value) => parse(value),
        };
        parsed.map_err(|rule| self.0.push(Violation::new(field, rule))).ok()
    }

    /// A body may name the user of its path, and nobody else (E13).
    fn same_user(&mut self, member: Member<Id>, path: &str) {
        let same = |Id(body): &Id| body.parse::<i32>().ok() == path.parse().ok();
        match member {
            Member::Invalid(got) => {
                self.0.push(Violation::new("user_id", Rule::Type { expected: "integer", got }));
            }
            Member::Given(id) if !same(&id) => {
                self.0.push(Violation::new("user_id", Rule::Format(OTHER_USER.into())));
            }
            Member::Null | Member::Absent | Member::Given(_) => {}
        }
    }

    fn boolean(&mut self, field: &'static str, member: Member<Flag>) -> Option<bool> {
        match member {
            Member::Invalid(got) => {
                self.0.push(Violation::new(field, Rule::Type { expected: "boolean", got }));
                None
            }
            other => self.optional(field, other, |Flag(flag)| Ok(flag)),
        }
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;

    const SEED: &[u8] = include_bytes!("../../../../tests/fixtures/seeds/enterprise-users.create.request.json");

    fn judge(body: &str) -> Result<Creation, Vec<Violation>> {
        create_user(json::decode(body.as_bytes()).unwrap(), &Config::default())
    }

    fn fields(violations: &[Violation]) -> Vec<&str> {
        violations.iter().map(|v| v.field.as_ref()).collect()
    }

    #[test]
    fn the_specs_example_is_legal() {
        let creation = create_user(json::decode(SEED).unwrap(), &Config::default()).unwrap();
        assert_eq!(creation.user.nick_name.as_str(), "string");
        assert_eq!(creation.user.phone.unwrap().as_str(), "string");
        assert_eq!(creation.user.origion.unwrap(), "string");
        assert!(creation.user.is_active);
    }

    #[test]
    fn all_violations_come_at_once_in_the_specs_order() {
        let violations =
            judge(r#"{"phone":"","nick_name":7,"is_active":"maybe","email":"x","password":"short"}"#);
        let violations = violations.unwrap_err();
        assert_eq!(
            fields(&violations),
            ["nick_name", "password", "enterprise_id", "email", "phone", "is_active"]
        );
    }

    #[test]
    fn email_and_phone_may_both_be_absent() {
        assert!(judge(r#"{"nick_name":"a","password":"        ","enterprise_id":"e"}"#).is_ok());
    }

    #[test]
    fn null_is_no_value() {
        let violations =
            judge(r#"{"nick_name":null,"password":"12345678","enterprise_id":"e","email":null}"#);
        assert_eq!(fields(&violations.unwrap_err()), ["nick_name", "email"]);
    }

    #[test]
    fn origion_wins_over_origin() {
        let body =
            r#"{"nick_name":"a","password":"12345678","enterprise_id":"e","origion":"x","origin":"y"}"#;
        assert_eq!(judge(body).unwrap().user.origion.unwrap(), "x");
    }

    #[test]
    fn limits_are_inclusive() {
        let with = |name: &str, password: &str| {
            let body = serde_json::json!({"nick_name": name, "password": password, "enterprise_id": "e"});
            judge(&body.to_string())
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
