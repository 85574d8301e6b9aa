//! The dialect's failures, and the one table from each to a status and a body.

use roster_kernel::{Fault, IntoWire, JsonKind, PortError, ReplyContext, Rule, Unit, Violation, WireError};

use crate::REALM;
use crate::domain::{GroupId, UserId};
use crate::validate::MAX_GROUPS;
use crate::wire::Envelope;

/// Every code that an answer can have, with its published text. A `msg` says more where it can.
pub(crate) const CODES: &[(u16, &str)] = &[
    (0, "Not define target code error message,please contact developer"),
    (200, "OK"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (409, "Conflict"),
    (413, "Content Too Large"),
    (415, "Unsupported Media Type"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
    (1000, "Account Not Exist"),
    (1001, "Password Wrong"),
];

/// Everything that a use case of this dialect can fail with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401. No credentials were presented, or of a kind that is not taken.
    #[error("no credentials")]
    NoCredentials(Schemes),
    /// 401. The token or the password is wrong, or no longer good.
    #[error("bad credentials")]
    BadCredentials(Schemes),
    /// 401, code 1000. A login to an account that is not there.
    #[error("no such account")]
    UnknownAccount,
    /// 401, code 1001. A login with another password than the account's.
    #[error("wrong password")]
    WrongPassword,
    /// 400. Fields break rules.
    #[error("invalid fields: {0:?}")]
    Invalid(Vec<Violation>),
    /// 400. The user is to be in groups that do not exist.
    #[error("no such groups: {0:?}")]
    UnknownGroups(Vec<GroupId>),
    /// 409. The `user_id` exists already.
    #[error("the user_id is taken")]
    Taken,
    /// 404. There is no user with the path's id.
    #[error("no such user")]
    NoUser,
    /// 404. There is no group with the path's id.
    #[error("no such group")]
    NoGroup,
    /// 409. The `group_id` exists already.
    #[error("the group_id is taken")]
    GroupTaken,
    /// 409. Another group has the name.
    #[error("the group's name is taken")]
    GroupNameTaken,
    /// 400. These users are to be in a group, or out of it, and do not exist.
    #[error("no such users: {0:?}")]
    UnknownUsers(Vec<UserId>),
    /// 400. These users are in as many groups as one may be.
    #[error("in too many groups: {0:?}")]
    TooManyGroups(Vec<UserId>),
    /// The transport's and the house's failures.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// The kinds of credentials that are taken, for the `WWW-Authenticate` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemes {
    /// Tokens.
    Bearer,
    /// Tokens, and name with password.
    BearerAndBasic,
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl Error {
    /// What `code` and `msg` say.
    pub fn code_and_msg(&self) -> (u16, String) {
        let ids = |ids: &[UserId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::NoCredentials(schemes) => {
                let or_basic = if *schemes == Schemes::Bearer { "" } else { " or Basic" };
                (401, format!("Unauthorized: send Authorization: Bearer{or_basic}"))
            }
            Self::BadCredentials(_) => {
                (401, "Unauthorized: the credentials are wrong or have expired".to_owned())
            }
            Self::UnknownAccount => (1000, text_of(1000).to_owned()),
            Self::WrongPassword => (1001, text_of(1001).to_owned()),
            Self::Invalid(violations) => {
                let texts: Vec<_> = violations.iter().map(violation_text).collect();
                (400, texts.join("; "))
            }
            Self::UnknownGroups(groups) => {
                let ids: Vec<_> = groups.iter().map(ToString::to_string).collect();
                (400, format!("groups must exist, there is no group {}", ids.join(", ")))
            }
            Self::Taken => (409, "user_id must not be repeated, there is a user with this one".to_owned()),
            Self::NoUser => (404, "Not Found: there is no user with this user_id".to_owned()),
            Self::NoGroup => (404, "Not Found: there is no group with this group_id".to_owned()),
            Self::GroupTaken => {
                (409, "group_id must not be repeated, there is a group with this one".to_owned())
            }
            Self::GroupNameTaken => {
                (409, "name must not be repeated, there is a group with this one".to_owned())
            }
            Self::UnknownUsers(users) => (400, format!("ids must exist, there is no user {}", ids(users))),
            Self::TooManyGroups(users) => {
                let msg = format!("a user is in at most {MAX_GROUPS} groups, as is already {}", ids(users));
                (400, msg)
            }
            Self::Fault(fault) => {
                let msg = match fault {
                    Fault::NoSuchPath => format!("{}: {}", text_of(404), fault.caller_message()),
                    Fault::Port(PortError::Failed(_)) => text_of(500).to_owned(),
                    _ => fault.caller_message(),
                };
                (fault.status(), msg)
            }
        }
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let challenge = match self {
            Self::NoCredentials(schemes) => challenge(*schemes, ""),
            Self::BadCredentials(schemes) => challenge(*schemes, ", error=\"invalid_token\""),
            Self::UnknownAccount | Self::WrongPassword => challenge(Schemes::Bearer, ""),
            Self::Fault(fault) => return fault.headers(),
            _ => return Vec::new(),
        };
        vec![("WWW-Authenticate", challenge)]
    }
}

impl IntoWire for Error {
    fn to_wire(&self, _: &ReplyContext) -> WireError {
        let (code, msg) = self.code_and_msg();
        // The two codes of a failed login are the only ones that are no status.
        let status = if code >= 1000 { 401 } else { code };
        WireError::json(status, &Envelope { data: (), code, msg: &msg }).headers(self.headers())
    }
}

/// One header for all schemes (RFC 9110, section 11.6.1).
fn challenge(schemes: Schemes, bearer_error: &str) -> String {
    let mut challenge = format!("Bearer realm=\"{REALM}\"{bearer_error}");
    if schemes == Schemes::BearerAndBasic {
        challenge.push_str(&format!(", Basic realm=\"{REALM}\", charset=\"UTF-8\""));
    }
    challenge
}

fn text_of(code: u16) -> &'static str {
    CODES.iter().find(|(known, _)| *known == code).map_or(CODES[0].1, |(_, text)| text)
}

/// The field of a search that asks for nothing.
pub(crate) const SEARCH: &str = "name, ic_number, job_number";

/// The field, its limit, and what came: a type or a measure, never the value.
fn violation_text(violation: &Violation) -> String {
    let field = violation.field.as_ref();
    let text = match &violation.rule {
        Rule::Required if field == "avatar" => "is required unless feature has a value".to_owned(),
        Rule::Required if field == SEARCH => "are all absent or empty, one is required".to_owned(),
        Rule::Required => "is required".to_owned(),
        Rule::NotNull => "must not be null".to_owned(),
        Rule::NotBlank => "must not be empty".to_owned(),
        Rule::Type { expected: "integer", got: JsonKind::Integer } => {
            format!("must be an integer of at most {}, got a larger one", i64::MAX)
        }
        Rule::Type { expected, got } => format!("must be {} {expected}, got {got}", article(expected)),
        Rule::TooShort { min, got, unit } => {
            format!("must have at least {min} {}, got {got}", unit_text(*unit))
        }
        Rule::TooLong { max, got, unit } => {
            format!("must have at most {max} {}, got {got}", unit_text(*unit))
        }
        Rule::Range { min: 0, max: i64::MAX, .. } => "must be 0 or more, got less".to_owned(),
        Rule::Range { min, max, got } => {
            let got = if got < min { "less" } else { "more" };
            format!("must be {min} to {max}, got {got}")
        }
        Rule::Email => "must be an e-mail address".to_owned(),
        Rule::Format(form) => form.to_string(),
    };
    format!("{field} {text}")
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

fn unit_text(unit: Unit) -> &'static str {
    match unit {
        Unit::Chars => "characters",
        Unit::Bytes => "bytes",
        Unit::Items => "elements",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_kernel::WireBody;
    use serde_json::Value;

    use super::*;
    use crate::config::Config;
    use crate::domain::Window;
    use crate::validate;
    use crate::wire::SearchUsers;

    /// Every failure, as one reviewed text.
    #[test]
    fn every_body() {
        let bytes = Unit::Bytes;
        let rules = [
            ("name", Rule::Required),
            ("user_id", Rule::NotNull),
            ("name", Rule::NotBlank),
            ("avatar", Rule::Required),
            ("user_id", Rule::Type { expected: "integer", got: JsonKind::String }),
            ("user_id", Rule::Type { expected: "integer", got: JsonKind::Integer }),
            ("groups", Rule::Type { expected: "array of integers", got: JsonKind::Object }),
            ("is_admin", Rule::Type { expected: "boolean", got: JsonKind::Integer }),
            ("remark", Rule::TooLong { max: 256, got: 257, unit: bytes }),
            ("groups", Rule::TooLong { max: 100, got: 101, unit: Unit::Items }),
            ("user_id", Rule::Range { min: 1, max: 999_998, got: 999_999 }),
            ("type", Rule::Range { min: 1, max: 2, got: 0 }),
            ("guest_time_start", Rule::Range { min: 0, max: i64::MAX, got: -1 }),
            ("guest_time_end", Rule::Format("must not be before guest_time_start".into())),
        ];
        let violations = rules.into_iter().map(|(field, rule)| Violation::new(field, rule)).collect();
        let errors: Vec<Error> = vec![
            Error::NoCredentials(Schemes::Bearer),
            Error::NoCredentials(Schemes::BearerAndBasic),
            Error::BadCredentials(Schemes::Bearer),
            Error::BadCredentials(Schemes::BearerAndBasic),
            Error::UnknownAccount,
            Error::WrongPassword,
            Error::Invalid(violations),
            Error::UnknownGroups(vec![GroupId(7), GroupId(9)]),
            Error::Taken,
            Error::NoUser,
            Error::NoGroup,
            Error::GroupTaken,
            Error::GroupNameTaken,
            Error::UnknownUsers(vec![UserId(7), UserId(9)]),
            Error::TooManyGroups(vec![UserId(7), UserId(9)]),
            Error::Invalid(Window::parse("-1", "101").unwrap_err()),
            Error::Invalid(validate::user_id("x", &Config::default()).unwrap_err()),
            Error::Invalid(validate::search_users(SearchUsers::default()).unwrap_err()),
            Fault::MediaType(Some("text/plain".into())).into(),
            Fault::MediaType(None).into(),
            Fault::Json("EOF while parsing an object at line 1 column 1".into()).into(),
            Fault::NotAnObject(JsonKind::Array).into(),
            Fault::TooLarge { limit: 15_728_640 }.into(),
            Fault::Incomplete.into(),
            Fault::NoSuchPath.into(),
            Fault::Method { method: "PATCH".into(), allow: "POST".into() }.into(),
            Fault::TooMany(Duration::from_millis(1500)).into(),
            Fault::Port(PortError::busy()).into(),
            Fault::Port(PortError::failed("a secret detail")).into(),
        ];
        let context = ReplyContext { path: "/v1/user".into(), accept_language: None, x_l: None, now_ms: 0 };
        let mut all = String::new();
        for error in &errors {
            let wire = error.to_wire(&context);
            let WireBody::Json(text) = &wire.body else { panic!("not JSON: {wire:?}") };
            assert!(!text.contains("secret detail"));
            let body: Value = serde_json::from_str(text).unwrap();
            let code = body["code"].as_u64().unwrap();
            assert!(code == u64::from(wire.status) || (wire.status == 401 && code >= 1000), "{text}");
            assert!(CODES.iter().any(|(known, _)| u64::from(*known) == code), "{code} is not published");
            assert!(body["data"].is_null());
            all.push_str(&format!("{} {:?}\n{text}\n", wire.status, wire.headers));
        }
        insta::assert_snapshot!(all);
    }
}
