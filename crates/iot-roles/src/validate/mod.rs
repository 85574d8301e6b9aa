//! The rules of each body. First its shape ([`draft`]), which is judged before the caller's rank;
//! then the spec's rules ([`create_user`]), of which the first that is broken is told.

mod dates;
mod import;
mod page;
mod register;
mod tree;
mod types;
mod users;
mod values;

use roster_kernel::{JsonKind, Member, NOT_WEAK, Rule, Secret, Unit, Violation, chars};

use crate::config::{Config, PASSWORD_MAX};
use crate::domain::{Email, NewUser, Role, Status, Username};
use crate::error::Error;
use crate::wire;

pub use import::{Arrived, import_user};
pub use page::{Query, page, parameter};
pub use register::{Registration, registration};
pub use tree::{
    ObjectDraft, domain, domain_rename, object, object_filter, object_move, object_rename, object_update,
    type_rename,
};
pub use types::{TypeDraft, description, new_action, new_alarm, new_attribute, new_type};
pub use users::{
    AreasDraft, PasswordDraft, StatusDraft, areas_draft, change_areas, change_password, change_status,
    new_password, password_draft, reset_draft, status_draft,
};
pub use values::{Values, values};

/// The most areas that one user may have.
pub const AREAS_MAX: usize = 200;

/// A creation whose members have the right types; absent and null are the same.
#[derive(Debug, Clone)]
pub struct UserDraft {
    /// Empty if absent.
    pub username: String,
    /// Empty if absent.
    pub password: Secret,
    /// Empty if absent.
    pub email: String,
    /// Required.
    pub role: Option<Role>,
    /// Ids, some of them perhaps null.
    pub area: Vec<Option<String>>,
}

/// A creation that keeps every rule that needs no store.
#[derive(Debug)]
pub struct Creation {
    /// The user; his areas are not yet known to exist, nor his name to be free.
    pub user: NewUser,
    /// His password.
    pub password: Secret,
}

/// A sign-in.
#[derive(Debug)]
pub struct Credentials {
    /// Who he says he is.
    pub username: String,
    /// His password.
    pub password: Secret,
    /// The name of the domain that he wants to work in.
    pub domain: Option<String>,
}

/// Judges the types of a creation's members.
///
/// # Errors
/// [`Error::Unreadable`], with the first member that is of another type.
pub fn draft(body: wire::CreateUser) -> Result<UserDraft, Error> {
    Ok(UserDraft {
        username: typed("username", "a string", body.username)?.unwrap_or_default(),
        password: typed("password", "a string", body.password)?.unwrap_or_else(|| Secret::from("")),
        email: typed("email", "a string", body.email)?.unwrap_or_default(),
        role: role(body.role)?,
        area: typed("area", "an array of strings", body.area)?.unwrap_or_default(),
    })
}

/// Judges a creation (I3).
///
/// # Errors
/// The first rule that is broken: [`Error::Invalid`] or [`Error::Role`].
pub fn create_user(draft: UserDraft, config: &Config) -> Result<Creation, Error> {
    let judged = new_user(draft, |text| field("password", password(text, config)), config);
    judged.map(|(user, password)| Creation { user, password })
}

/// A new user, judged in the spec's order; `password` judges his password in its place.
fn new_user<P>(
    draft: UserDraft,
    password: impl FnOnce(Secret) -> Result<P, Error>,
    config: &Config,
) -> Result<(NewUser, P), Error> {
    let username = field("username", Username::parse(draft.username))?;
    let password = password(draft.password)?;
    let email = if draft.email.is_empty() && !config.email_required {
        None
    } else {
        Some(field("email", Email::parse(draft.email))?)
    };
    let role = match draft.role {
        None => return Err(Error::Role),
        Some(Role::Device) if !config.device_role_on_create => return Err(Error::Role),
        Some(role) => role,
    };
    // Other roles reach everything or nothing, so what they ask for here is not even looked at.
    let areas = if role == Role::Area { field("area", areas(draft.area))? } else { Vec::new() };
    Ok((NewUser { username, email, role, status: Status::Enable, areas }, password))
}

/// Judges a sign-in.
///
/// # Errors
/// [`Error::Unreadable`] for a wrong type, [`Error::Invalid`] for an empty name or password.
pub fn login(body: wire::Login) -> Result<Credentials, Error> {
    let username = typed("username", "a string", body.username)?.unwrap_or_default();
    let password = typed("password", "a string", body.password)?.unwrap_or_else(|| Secret::from(""));
    let domain = typed("domain", "a string", body.domain)?.filter(|domain| !domain.is_empty());
    for (name, text) in [("username", &username), ("password", password.expose())] {
        if text.is_empty() {
            return Err(Error::Invalid(Violation::new(name, Rule::NotBlank)));
        }
    }
    Ok(Credentials { username, password, domain })
}

/// Any characters, never trimmed.
fn password(text: Secret, config: &Config) -> Result<Secret, Rule> {
    let (min, got) = (config.password_min_length.get(), chars(text.expose()));
    match got {
        0 => Err(Rule::NotBlank),
        _ if got < min => Err(Rule::TooShort { min, got, unit: Unit::Chars }),
        _ if got > PASSWORD_MAX => Err(Rule::TooLong { max: PASSWORD_MAX, got, unit: Unit::Chars }),
        _ if config.weak_passwords.refuses(text.expose()) => Err(Rule::Format(NOT_WEAK.into())),
        _ => Ok(text),
    }
}

fn areas(ids: Vec<Option<String>>) -> Result<Vec<String>, Rule> {
    if ids.len() > AREAS_MAX {
        return Err(Rule::TooLong { max: AREAS_MAX, got: ids.len(), unit: Unit::Items });
    }
    ids.into_iter().collect::<Option<_>>().ok_or(Rule::NotNull)
}

fn field<T>(name: &'static str, parsed: Result<T, Rule>) -> Result<T, Error> {
    parsed.map_err(|rule| Error::Invalid(Violation::new(name, rule)))
}

fn typed<T>(name: &'static str, expected: &'static str, member: Member<T>) -> Result<Option<T>, Error> {
    match member {
        Member::Absent | Member::Null => Ok(None),
        Member::Given(value) => Ok(Some(value)),
        Member::Invalid(got) => Err(Error::Unreadable(Violation::new(name, Rule::Type { expected, got }))),
    }
}

fn role(member: Member<Role>) -> Result<Option<Role>, Error> {
    match member {
        Member::Invalid(JsonKind::String) => {
            let rule = Rule::Format("SYSTEM, AREA or DEVICE".into());
            Err(Error::Unreadable(Violation::new("role", rule)))
        }
        member => typed("role", "a string", member),
    }
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;
    use serde_json::{Value, json};

    use super::*;

    const SEED: &[u8] = include_bytes!("../../../../tests/fixtures/seeds/iot-roles.create.request.json");

    fn good() -> Value {
        json!({"username": "u", "password": "password", "email": "u@example.com", "role": "AREA"})
    }

    /// The good body with `changes` upon it; null takes a member away.
    fn with(changes: &Value) -> Value {
        let mut body = good();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn judge_under(config: &Config, body: &Value) -> Result<Creation, Error> {
        create_user(draft(json::decode(body.to_string().as_bytes())?)?, config)
    }

    fn judge(body: &Value) -> Result<Creation, Error> {
        judge_under(&Config::default(), body)
    }

    fn refusal(body: &Value) -> String {
        judge(body).unwrap_err().to_string()
    }

    #[test]
    fn the_specs_example_is_legal() {
        let creation = create_user(draft(json::decode(SEED).unwrap()).unwrap(), &Config::default()).unwrap();
        assert_eq!(creation.user.username.as_str(), "caoxinyu");
        assert_eq!(creation.user.role, Role::Area);
        assert_eq!(creation.user.areas, ["59dc8f8c16bbb720b82f67e3", "59e4798cc915d92da081f1f9"]);
        assert_eq!(creation.user.status, Status::Enable);
    }

    #[test]
    fn the_first_broken_rule_is_told() {
        let all = json!({});
        assert_eq!(refusal(&all), "username can't be empty");
        assert_eq!(refusal(&json!({"username": "u", "email": "x"})), "password can't be empty");
        assert_eq!(refusal(&json!({"username": "u", "password": "password"})), "email can't be empty");
        assert_eq!(refusal(&with(&json!({"email": "x", "role": null}))), "email format error");
        assert_eq!(refusal(&with(&json!({"role": null, "area": [null]}))), "error role");
        assert_eq!(refusal(&with(&json!({"area": ["a", null]}))), "area can't hold null");
        for name in ["username", "password", "email"] {
            for empty in [json!(null), json!("")] {
                assert_eq!(refusal(&with(&json!({name: empty}))), format!("{name} can't be empty"));
            }
        }
    }

    #[test]
    fn limits_are_inclusive_and_count_characters() {
        assert!(judge(&with(&json!({"username": "长".repeat(128), "password": "密".repeat(8)}))).is_ok());
        assert!(judge(&with(&json!({"password": " ".repeat(128)}))).is_ok());
        let refused = |changes: Value| refusal(&with(&changes));
        assert_eq!(refused(json!({"password": "1234567"})), "password must have at least 8 characters");
        assert_eq!(
            refused(json!({"password": "p".repeat(129)})),
            "password must have at most 128 characters"
        );
        assert_eq!(
            refused(json!({"username": "u".repeat(129)})),
            "username must have at most 128 characters"
        );
        assert_eq!(refused(json!({"username": "a\tb"})), "username must be free of control characters");
        assert!(judge(&with(&json!({"area": vec!["x"; 200]}))).is_ok());
        assert_eq!(refused(json!({"area": vec!["x"; 201]})), "area must have at most 200 elements");
    }

    #[test]
    fn wrong_types_are_unreadable_and_named() {
        let refused = |changes: Value| {
            let body = with(&changes);
            let error = draft(json::decode(body.to_string().as_bytes()).unwrap()).unwrap_err();
            assert!(matches!(error, Error::Unreadable(_)), "{error:?}");
            error.to_string()
        };
        assert_eq!(refused(json!({"username": 7})), "username must be a string, got integer");
        assert_eq!(refused(json!({"password": {}})), "password must be a string, got object");
        assert_eq!(refused(json!({"email": true})), "email must be a string, got boolean");
        assert_eq!(refused(json!({"role": "BOSS"})), "role must be SYSTEM, AREA or DEVICE");
        assert_eq!(refused(json!({"role": 1})), "role must be a string, got integer");
        assert_eq!(refused(json!({"role": {"AREA": null}})), "role must be a string, got object");
        assert_eq!(refused(json!({"area": "x"})), "area must be an array of strings, got string");
        assert_eq!(refused(json!({"area": [7]})), "area must be an array of strings, got array");
    }

    #[test]
    fn areas_are_for_the_role_area_alone() {
        for role in ["SYSTEM", "DEVICE"] {
            let creation = judge(&with(&json!({"role": role, "area": vec![Value::Null; 1001]}))).unwrap();
            assert!(creation.user.areas.is_empty());
        }
        for none in [json!(null), json!([])] {
            assert!(judge(&with(&json!({"area": none}))).unwrap().user.areas.is_empty());
        }
    }

    #[test]
    fn what_the_original_does_is_a_setting() {
        let config = Config { email_required: false, device_role_on_create: false, ..Config::default() };
        for none in [json!(null), json!("")] {
            let creation = judge_under(&config, &with(&json!({"email": none}))).unwrap();
            assert_eq!(creation.user.email, None);
        }
        let error = judge_under(&config, &with(&json!({"email": "x"}))).unwrap_err();
        assert_eq!(error.to_string(), "email format error");
        let error = judge_under(&config, &with(&json!({"role": "DEVICE"}))).unwrap_err();
        assert!(matches!(error, Error::Role));
        let config = Config { password_min_length: 1.try_into().unwrap(), ..config };
        assert!(judge_under(&config, &with(&json!({"password": " "}))).is_ok());
    }

    #[test]
    fn a_sign_in_needs_name_and_password() {
        let refusal = |body: &str| login(json::decode(body.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(refusal("{}").to_string(), "username can't be empty");
        assert_eq!(refusal(r#"{"username":"u","password":""}"#).to_string(), "password can't be empty");
        assert!(matches!(refusal(r#"{"username":"u","password":1}"#), Error::Unreadable(_)));
        let read = |body: &str| login(json::decode(body.as_bytes()).unwrap()).unwrap().domain;
        assert_eq!(read(r#"{"username":"u","password":"p","domain":""}"#), None);
        assert_eq!(read(r#"{"username":"u","password":"p","domain":"d"}"#).as_deref(), Some("d"));
    }
}
