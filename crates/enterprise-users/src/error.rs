//! The dialect's failures, and the one table from each to a status and a body.

use roster_kernel::{Fault, IntoWire, Language, PortError, ReplyContext, Violation, WireError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::base::{UniqueField, UserId};
use crate::messages::{self, Text};

/// Everything that a use case of this dialect can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401. No key was presented.
    #[error("no token")]
    NoToken,
    /// 401. The key is unknown, expired, or of a user who is not active.
    #[error("bad token")]
    BadToken,
    /// 403. The key is good, its owner may not do this.
    #[error("forbidden")]
    Forbidden,
    /// 400. Fields break rules.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<Violation>),
    /// 409 or 400. Another user has this value.
    #[error("{field:?} is taken")]
    Taken {
        /// The field.
        field: UniqueField,
        /// The caller's own value.
        value: String,
    },
    /// 404. No such user.
    #[error("no such user")]
    NotFound,
    /// 400. Administrators cannot do this to themselves.
    #[error("{0:?} of oneself")]
    Oneself(Operation),
    /// 400. The user is the last active administrator.
    #[error("{0:?} of the last administrator")]
    LastAdministrator(Operation),
    /// 404. The user is no administrator.
    #[error("user {0} is no administrator")]
    NotAdministrator(UserId),
    /// 400. The enterprise has no user.
    #[error("no enterprise {0:?}")]
    NoEnterprise(String),
    /// 400. The user is of another enterprise than the one named.
    #[error("user {user_id} is not of {enterprise_id:?}")]
    WrongEnterprise {
        /// The user.
        user_id: UserId,
        /// The enterprise that was named.
        enterprise_id: String,
    },
    /// 409. The user has a key of this note.
    #[error("the user has a key of this note")]
    NoteTaken,
    /// 404. The user has no key of this note.
    #[error("no such key")]
    NoSuchKey,
    /// Failures of the transport and of the ports.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What no administrator can do to themselves, nor to the last administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Remove the administrator rank.
    Dismiss,
    /// Delete the user.
    Delete,
    /// Make the user inactive.
    Disable,
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Vec<Violation>> for Error {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Invalid(violations)
    }
}

impl IntoWire for Error {
    fn to_wire(&self, context: &ReplyContext) -> WireError {
        // Chinese unless the caller prefers English (E12).
        let language = context.language().unwrap_or(Language::Zh);
        let refusal = |status, msg, text| console(status, status, msg, text, language);
        match self {
            Self::NoToken => unauthorized("No token"),
            Self::BadToken => unauthorized("No such user or user is not admin"),
            // The blank at the end is the original's.
            Self::Forbidden => console(403, 10402, "no permissions ", messages::forbidden(), language),
            Self::Invalid(violations) => invalid(texts_of(violations, language), language),
            Self::Taken { field: UniqueField::NickName, value } => {
                refusal(409, "username already exists", messages::nick_name_taken(value))
            }
            Self::Taken { field: UniqueField::Email, value } => {
                refusal(400, "email already exists", messages::email_taken(value))
            }
            Self::Taken { field: UniqueField::Phone, .. } => {
                refusal(409, "user phone already exists", messages::phone_taken())
            }
            Self::NotFound => refusal(404, "no found user", messages::user_not_found()),
            Self::Oneself(Operation::Disable) => stated(messages::disables_self(), language),
            Self::Oneself(_) => stated(messages::removes_self(), language),
            Self::LastAdministrator(Operation::Disable) => {
                stated(messages::last_administrator(messages::DISABLE), language)
            }
            Self::LastAdministrator(_) => stated(messages::last_administrator(messages::DELETE), language),
            Self::NotAdministrator(id) => {
                framework(404, messages::not_administrator(id), "NotFound", language)
            }
            Self::NoEnterprise(id) => listed(messages::no_enterprise(id), language),
            Self::WrongEnterprise { user_id, enterprise_id } => {
                listed(messages::wrong_enterprise(user_id, enterprise_id), language)
            }
            Self::NoteTaken => refusal(409, "note already exists", messages::note_taken()),
            Self::NoSuchKey => refusal(404, "no found key", messages::key_not_found()),
            Self::Fault(fault) => fault_to_wire(fault, language).headers(fault.headers()),
        }
    }
}

fn fault_to_wire(fault: &Fault, language: Language) -> WireError {
    let text = messages::fault(fault);
    let error_type = match fault {
        Fault::NotAnObject(_) => {
            return invalid(json!({"non_field_errors": [text.in_language(language)]}), language);
        }
        Fault::MediaType(_) => "UnsupportedMediaType",
        Fault::Json(_) | Fault::Incomplete | Fault::RepeatedHeader(_) => "ParseError",
        Fault::TooLarge { .. } => "RequestEntityTooLarge",
        Fault::NoSuchPath => "NotFound",
        Fault::Method { .. } => "MethodNotAllowed",
        Fault::TooMany(_) => "Throttled",
        Fault::Port(PortError::Busy { .. }) => "ServiceUnavailable",
        Fault::Port(PortError::Failed(_)) => "APIException",
    };
    framework(fault.status(), text, error_type, language)
}

fn framework(status: u16, text: Text, error_type: &'static str, language: Language) -> WireError {
    let msg = text.en.clone().into_owned();
    let detail = text.in_language(language);
    let msg_show = detail.clone();
    WireError::json(status, &FrameworkError { detail, code: status, msg, msg_show, error_type })
}

/// The two texts of a missing or a wrong key are English in both languages.
fn unauthorized(text: &'static str) -> WireError {
    let [detail, msg, msg_show] = [text; 3].map(str::to_owned);
    let body = FrameworkError { detail, code: 401, msg, msg_show, error_type: "AuthenticationFailed" };
    WireError::json(401, &body).header("WWW-Authenticate", "Token")
}

fn console(status: u16, code: u16, msg: &'static str, text: Text, language: Language) -> WireError {
    let msg_show = text.in_language(language);
    WireError::json(status, &ConsoleError { code, msg, msg_show, data: NoData::default() })
}

fn invalid(err: Value, language: Language) -> WireError {
    let detail = messages::invalid_fields().in_language(language);
    WireError::json(400, &FieldErrors { detail, err, code: 20400, error_type: "ValidationError" })
}

/// A refusal that concerns no field, as the original writes most of them.
fn stated(text: Text, language: Language) -> WireError {
    invalid(json!({"msg": text.in_language(language)}), language)
}

/// A refusal that concerns no field, as the original writes those about enterprises.
fn listed(text: Text, language: Language) -> WireError {
    invalid(json!([text.in_language(language)]), language)
}

fn texts_of(violations: &[Violation], language: Language) -> Value {
    let mut fields = Map::new();
    for violation in violations {
        let text = messages::rule(&violation.rule).in_language(language);
        let texts = fields.entry(violation.field.as_ref()).or_insert_with(|| json!([]));
        if let Value::Array(texts) = texts {
            texts.push(text.into());
        }
    }
    Value::Object(fields)
}

/// An error of the original's framework.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FrameworkError {
    /// What is wrong, in the caller's language.
    detail: String,
    /// The HTTP status.
    code: u16,
    /// What is wrong, in English.
    msg: String,
    /// As `detail`.
    msg_show: String,
    /// The kind, such as `AuthenticationFailed`.
    error_type: &'static str,
}

/// An error of the original's console.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ConsoleError {
    /// The HTTP status, or 10402 for what is forbidden.
    code: u16,
    /// What is wrong, in English.
    msg: &'static str,
    /// What is wrong, in the caller's language.
    msg_show: String,
    /// Empty.
    #[cfg_attr(feature = "openapi", schema(inline))]
    data: NoData,
}

/// The data of an error: none.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct NoData {
    /// Empty.
    bean: Map<String, Value>,
    /// Empty.
    #[cfg_attr(feature = "openapi", schema(max_items = 0))]
    list: Vec<Value>,
}

/// Fields that break rules, and other refusals of a body.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FieldErrors {
    /// What is wrong, in the caller's language.
    detail: String,
    /// Texts by field; or `msg` with one text; or texts that concern no field.
    #[cfg_attr(feature = "openapi", schema(schema_with = schemas::texts))]
    err: Value,
    /// 20400.
    #[cfg_attr(feature = "openapi", schema(minimum = 20400, maximum = 20400))]
    code: u16,
    /// `ValidationError`.
    error_type: &'static str,
}

#[cfg(feature = "openapi")]
mod schemas {
    use utoipa::openapi::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};

    /// `err` of [`super::FieldErrors`].
    pub(super) fn texts() -> Schema {
        let text = || ObjectBuilder::new().schema_type(Type::String).build();
        let list = || ArrayBuilder::new().items(text()).build();
        let either = OneOfBuilder::new().item(list()).item(text()).build();
        let by_field =
            ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::from(either)));
        let described = "Texts by field; or `msg` with one text; or texts that concern no field.";
        OneOfBuilder::new().description(Some(described)).item(by_field).item(list()).build().into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_kernel::{JsonKind, Rule, Unit, WireBody};

    use super::*;
    use crate::messages::{NICK_NAME_FORM, NICK_NAME_PATTERN, OTHER_PASSWORD, OTHER_USER};

    /// Every failure in both languages, as one reviewed text.
    #[test]
    fn every_body() {
        let chars = Unit::Chars;
        let rules = [
            ("a", Rule::Required),
            ("b", Rule::NotNull),
            ("c", Rule::NotBlank),
            ("d", Rule::Type { expected: "string", got: JsonKind::Integer }),
            ("e", Rule::Type { expected: "boolean", got: JsonKind::String }),
            ("f", Rule::TooShort { min: 8, got: 3, unit: chars }),
            ("g", Rule::TooLong { max: 64, got: 65, unit: chars }),
            ("h", Rule::Email),
            ("i", Rule::Format(NICK_NAME_FORM.into())),
            ("j", Rule::Format(NICK_NAME_PATTERN.into())),
            ("k", Rule::Type { expected: "integer", got: JsonKind::Array }),
            ("l", Rule::Format(OTHER_USER.into())),
            ("m", Rule::Format(OTHER_PASSWORD.into())),
            ("n", Rule::Range { min: 1, max: 10, got: 0 }),
        ];
        let violations = rules.into_iter().map(|(field, rule)| Violation::new(field, rule)).collect();
        let errors: Vec<Error> = vec![
            Error::NoToken,
            Error::BadToken,
            Error::Forbidden,
            Error::Invalid(violations),
            Error::Taken { field: UniqueField::NickName, value: "ada".into() },
            Error::Taken { field: UniqueField::Email, value: "ada@example.com".into() },
            Error::Taken { field: UniqueField::Phone, value: "1".into() },
            Error::NotFound,
            Error::Oneself(Operation::Dismiss),
            Error::Oneself(Operation::Delete),
            Error::Oneself(Operation::Disable),
            Error::LastAdministrator(Operation::Dismiss),
            Error::LastAdministrator(Operation::Delete),
            Error::LastAdministrator(Operation::Disable),
            Error::NotAdministrator(UserId(2)),
            Error::NoEnterprise("nosuch".into()),
            Error::WrongEnterprise { user_id: UserId(2), enterprise_id: "other".into() },
            Error::NoteTaken,
            Error::NoSuchKey,
            Fault::MediaType(Some("text/plain".into())).into(),
            Fault::MediaType(None).into(),
            Fault::Json("EOF while parsing an object at line 1 column 1".into()).into(),
            Fault::NotAnObject(JsonKind::Array).into(),
            Fault::TooLarge { limit: 262_144 }.into(),
            Fault::Incomplete.into(),
            Fault::NoSuchPath.into(),
            Fault::Method { method: "PATCH".into(), allow: "GET, HEAD".into() }.into(),
            Fault::TooMany(Duration::from_millis(1500)).into(),
            Fault::Port(PortError::busy()).into(),
            Fault::Port(PortError::failed("a secret detail")).into(),
        ];
        let mut all = String::new();
        for error in &errors {
            for language in [None, Some("en".to_owned())] {
                let context = ReplyContext {
                    path: "/openapi/v1/users".into(),
                    accept_language: language,
                    x_l: None,
                    now_ms: 0,
                };
                let wire = error.to_wire(&context);
                let WireBody::Json(body) = &wire.body else { panic!("not JSON: {wire:?}") };
                assert!(!body.contains("secret detail"));
                all.push_str(&format!("{} {:?}\n{body}\n", wire.status, wire.headers));
            }
        }
        insta::assert_snapshot!(all);
    }
}
