//! The dialect's failures, and the one table from each to a status and a body.

use chrono::DateTime;
use roster_kernel::{Fault, IntoWire, Language, PortError, ReplyContext, Rule, Unit, Violation, WireError};
use serde::Serialize;

use crate::store::TreeState;

/// Everything that a use case of this dialect can fail with. What `Display` says is what the
/// caller reads, but for the house's own failures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 401, as plain text: no good token was presented.
    #[error(transparent)]
    Bearer(#[from] BearerRefusal),
    /// 403. A refresh without anything that looks like a token of ours.
    #[error("Access Denied")]
    AccessDenied,
    /// 406. A refresh with a token that is none for refreshing.
    #[error("illegal token")]
    IllegalToken,
    /// 401. Name and password do not belong together.
    #[error("Authentication Failed")]
    AuthenticationFailed,
    /// 401 or 406. The state of a user's account is against it.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// 401. They do, but the user is pending.
    #[error("User is disabled")]
    Disabled,
    /// 403. The token is good, its owner may not do this.
    #[error("Forbidden")]
    Forbidden,
    /// 400. A member is of another type.
    #[error("{}", violation_text(.0))]
    Unreadable(Violation),
    /// 406. A member breaks a rule.
    #[error("{}", violation_text(.0))]
    Invalid(Violation),
    /// 406. No role, or one that nobody is given this way.
    #[error("error role")]
    Role,
    /// 406. Two areas of which one contains the other, as the tree calls them.
    #[error("area: {0} area: {1} overlap")]
    Overlap(String, String),
    /// 406. No such domain, or none for this user.
    #[error("{0} not exist or access denied.")]
    DomainDenied(String),
    /// 406. A user or a domain has the address for a name already that somebody registers with.
    #[error("email:{0} existed")]
    Existed(String),
    /// 404. What is meant, as `location id:…`.
    #[error("{0} not found")]
    NotFound(String),
    /// 409. What is taken, as `user name:…`.
    #[error("{0} conflict")]
    Conflict(String),
    /// 406. A value or a definition, in the reference's words.
    #[error("{0}")]
    Value(String),
    /// 412. As things stand that can't be.
    #[error(transparent)]
    State(#[from] TreeState),
    /// The transport's and the house's failures.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a bearer token does not let one in. Clients of the original compare these texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BearerRefusal {
    /// No header, or an empty one.
    #[error("Authorization header cannot be blank!")]
    Blank,
    /// Another scheme.
    #[error("Authorization header must start with Bearer!")]
    NotBearer,
    /// No token of this service.
    #[error("Invalid JWT token: not a token of this service")]
    Invalid,
    /// Its time is over.
    #[error("JWT Token expired")]
    Expired,
    /// Its session has been ended.
    #[error("JWT Token not exist")]
    NotExist,
    /// Its user has been deleted.
    #[error("User: {0} was not found")]
    NoUser(String),
    /// Its user is pending.
    #[error("User is disabled")]
    Disabled,
}

/// Why something is not done with a user's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// 401. A device signs in once at a time.
    #[error("device has login")]
    DeviceHasLogin,
    /// The password is not the one that is to be changed.
    #[error("original password error")]
    OriginalPassword,
    /// Users of other roles have no areas.
    #[error("user has no area role")]
    NoAreaRole,
    /// Nobody deletes himself.
    #[error("can't delete self")]
    DeleteSelf,
    /// Nobody suspends himself.
    #[error("can't suspend self")]
    SuspendSelf,
    /// One user of role SYSTEM who may sign in always remains.
    #[error("the last SYSTEM user can't be deleted")]
    DeleteLastSystem,
    /// One user of role SYSTEM who may sign in always remains.
    #[error("the last SYSTEM user can't be suspended")]
    SuspendLastSystem,
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl Error {
    fn status(&self) -> u16 {
        match self {
            Self::Unreadable(_) => 400,
            Self::Bearer(_)
            | Self::AuthenticationFailed
            | Self::Account(AccountRefusal::DeviceHasLogin)
            | Self::Disabled => 401,
            Self::AccessDenied | Self::Forbidden => 403,
            Self::NotFound(_) => 404,
            Self::IllegalToken
            | Self::Account(_)
            | Self::Invalid(_)
            | Self::Role
            | Self::Value(_)
            | Self::Overlap(..)
            | Self::DomainDenied(_)
            | Self::Existed(_) => 406,
            Self::Conflict(_) => 409,
            Self::State(_) => 412,
            Self::Fault(fault) => fault.status(),
        }
    }

    fn message(&self, context: &ReplyContext) -> String {
        match self {
            Self::Disabled | Self::Bearer(BearerRefusal::Disabled)
                if context.language() == Some(Language::Zh) =>
            {
                "用户已失效".to_owned()
            }
            Self::Fault(fault) => fault.caller_message(),
            other => other.to_string(),
        }
    }
}

impl IntoWire for Error {
    fn to_wire(&self, context: &ReplyContext) -> WireError {
        let (status, message) = (self.status(), self.message(context));
        let wire = match self {
            Self::Bearer(_) => WireError::text(status, message),
            Self::Fault(fault) => body(status, &message, context).headers(fault.headers()),
            _ => body(status, &message, context),
        };
        if status == 401 { wire.header("WWW-Authenticate", "Bearer") } else { wire }
    }
}

/// The shape of every error but a bad token (I4).
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(crate) struct Refusal<'a> {
    /// When, as `2026-11-22T00:00:00.000+0000`.
    timestamp: String,
    /// The HTTP status.
    status: u16,
    /// Its name.
    error: &'static str,
    /// What is wrong: the member, its limit, or what is not there.
    message: &'a str,
    /// The request's path, without its query.
    path: &'a str,
}

fn body(status: u16, message: &str, context: &ReplyContext) -> WireError {
    let body = Refusal {
        timestamp: timestamp(context.now_ms),
        status,
        error: reason(status),
        message,
        path: &context.path,
    };
    WireError::json(status, &body)
}

/// A time as this dialect writes it.
pub(crate) fn timestamp(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        409 => "Conflict",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// The reference's words where it has any.
fn violation_text(violation: &Violation) -> String {
    let field = violation.field.as_ref();
    match &violation.rule {
        Rule::Required | Rule::NotBlank => format!("{field} can't be empty"),
        Rule::NotNull => format!("{field} can't hold null"),
        Rule::Type { expected, got } => format!("{field} must be {expected}, got {got}"),
        Rule::TooShort { min, unit, .. } => format!("{field} must have at least {min} {}", units(*unit)),
        Rule::TooLong { max, unit, .. } => format!("{field} must have at most {max} {}", units(*unit)),
        Rule::Range { min, max, .. } => format!("{field} must be {min} to {max}"),
        Rule::Email => format!("{field} format error"),
        Rule::Format(form) => format!("{field} must be {form}"),
    }
}

fn units(unit: Unit) -> &'static str {
    match unit {
        Unit::Chars => "characters",
        Unit::Bytes => "bytes",
        Unit::Items => "elements",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_kernel::{JsonKind, WireBody};

    use super::*;
    use crate::domain::Kind;

    fn context(language: Option<&str>) -> ReplyContext {
        ReplyContext {
            path: "/server/users".into(),
            accept_language: language.map(str::to_owned),
            x_l: None,
            now_ms: 1_795_305_600_000,
        }
    }

    /// Every failure, as one reviewed text.
    #[test]
    fn every_body() {
        let (chars, items) = (Unit::Chars, Unit::Items);
        let invalid = |field, rule| Error::Invalid(Violation::new(field, rule));
        let unreadable = |field, rule| Error::Unreadable(Violation::new(field, rule));
        let errors: Vec<Error> = vec![
            BearerRefusal::Blank.into(),
            BearerRefusal::NotBearer.into(),
            BearerRefusal::Invalid.into(),
            BearerRefusal::Expired.into(),
            BearerRefusal::NotExist.into(),
            BearerRefusal::NoUser("ada".into()).into(),
            BearerRefusal::Disabled.into(),
            Error::AccessDenied,
            Error::IllegalToken,
            Error::AuthenticationFailed,
            Error::Disabled,
            AccountRefusal::DeviceHasLogin.into(),
            AccountRefusal::OriginalPassword.into(),
            AccountRefusal::NoAreaRole.into(),
            AccountRefusal::DeleteSelf.into(),
            AccountRefusal::SuspendSelf.into(),
            AccountRefusal::DeleteLastSystem.into(),
            AccountRefusal::SuspendLastSystem.into(),
            Error::Forbidden,
            unreadable("username", Rule::Type { expected: "a string", got: JsonKind::Integer }),
            unreadable("role", Rule::Format("SYSTEM, AREA or DEVICE".into())),
            unreadable("area", Rule::Type { expected: "an array of strings", got: JsonKind::String }),
            unreadable("status", Rule::Format("pending or enable".into())),
            invalid("username", Rule::NotBlank),
            invalid("userId", Rule::NotBlank),
            invalid("original password", Rule::NotBlank),
            invalid("username", Rule::TooLong { max: 128, got: 129, unit: chars }),
            invalid("username", Rule::Format("free of control characters".into())),
            invalid("password", Rule::TooShort { min: 8, got: 3, unit: chars }),
            invalid("email", Rule::NotBlank),
            invalid("email", Rule::Email),
            invalid("email", Rule::TooLong { max: 128, got: 129, unit: chars }),
            invalid("password", Rule::NotBlank),
            invalid("area", Rule::NotNull),
            invalid("area", Rule::TooLong { max: 1000, got: 1001, unit: items }),
            Error::Role,
            Error::Overlap("demo".into(), "001共享单车".into()),
            Error::DomainDenied("demo".into()),
            Error::Existed("ada@example.com".into()),
            Error::NotFound("location id:5caa9b7dddd50a20164a4cd8".into()),
            Error::NotFound("user name:ada".into()),
            Error::NotFound("user id:5cab0eafddd50a20164a4cfa".into()),
            Error::NotFound("session id:5cab0eafddd50a20164a4cfa".into()),
            Error::Conflict("user name:ada".into()),
            Error::Value("length: max not great than min".into()),
            Error::Value("attribute: sn is not valid value".into()),
            TreeState::NoDomain.into(),
            TreeState::Access { username: "ada".into(), object: "demo".into() }.into(),
            TreeState::SiteNotEmpty.into(),
            TreeState::GatewayInUse.into(),
            TreeState::TypeUsed(Kind::Site).into(),
            TreeState::TypeUsed(Kind::Device).into(),
            TreeState::Cycle.into(),
            TreeState::TooDeep.into(),
            TreeState::GatewayBehindGateway.into(),
            TreeState::DefinitionTooLarge.into(),
            Fault::MediaType(Some("text/plain".into())).into(),
            Fault::MediaType(None).into(),
            Fault::Json("EOF while parsing an object at line 1 column 1".into()).into(),
            Fault::NotAnObject(JsonKind::Array).into(),
            Fault::TooLarge { limit: 262_144 }.into(),
            Fault::Incomplete.into(),
            Fault::NoSuchPath.into(),
            Fault::Method { method: "PATCH".into(), allow: "POST".into() }.into(),
            Fault::TooMany(Duration::from_millis(1500)).into(),
            Fault::Port(PortError::busy()).into(),
            Fault::Port(PortError::failed("a secret detail")).into(),
        ];
        let mut all = String::new();
        for error in &errors {
            let wire = error.to_wire(&context(None));
            let (kind, body) = match &wire.body {
                WireBody::Json(body) => ("json", body),
                WireBody::Text(body) => ("text", body),
                WireBody::Problem(_) => panic!("not this dialect's: {wire:?}"),
            };
            assert!(!body.contains("secret detail"));
            all.push_str(&format!("{} {kind} {:?}\n{body}\n", wire.status, wire.headers));
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn a_disabled_user_is_told_in_his_language() {
        let chinese = context(Some("zh-CN,zh;q=0.9"));
        let wire = Error::from(BearerRefusal::Disabled).to_wire(&chinese);
        assert_eq!(wire.body, WireBody::Text("用户已失效".into()));
        let WireBody::Json(body) = Error::Disabled.to_wire(&chinese).body else { panic!("not JSON") };
        assert!(body.contains("\"message\":\"用户已失效\""), "{body}");
    }
}
