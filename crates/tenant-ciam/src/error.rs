//! The one error of this dialect, and the one table of how each goes out.

use std::borrow::Cow;

use roster_kernel::{Fault, IntoWire, Language, PortError, ReplyContext, Rule, Violation, WireError};
use serde::Serialize;

use crate::domain::Attribute;
use crate::messages::{self, Code};
use crate::password::PasswordFault;

/// Why a request is refused. `Display` is for the log; callers get [`IntoWire::to_wire`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400 `PARAM.0001`: a member of the wrong type or form.
    #[error("parameter {}: {:?}", .0.field, .0.rule)]
    Parameter(Violation),
    /// 400 `USER.0002` to `USER.0017`: a required attribute is empty.
    #[error("{0} is required")]
    Empty(Attribute),
    /// 400 `USER.0018` to `USER.0033`: a value breaks the attribute's definition.
    #[error("{0} breaks its definition")]
    BreaksRule(Attribute),
    /// 400 `USER.0033` too: the tenant defines no extension attribute of this key.
    #[error("no extension attribute {0:?} is defined")]
    Undefined(String),
    /// 400 `MOBILE.0002`: the mobile number's area code is not enabled.
    #[error("the mobile number's area code is not enabled")]
    AreaCode,
    /// 400 `USER.0034` to `USER.0037`: another user of the tenant has the value.
    #[error("the value of {0} is taken")]
    Taken(Attribute),
    /// 400 `PWD.0002` to `PWD.0007`: the password breaks the tenant's policy.
    #[error("password: {0}")]
    Password(#[from] PasswordFault),
    /// 400 `USER.0001`: the tenant has no such user.
    #[error("no such user")]
    NotFound,
    /// 400 `OAP.PAGE.0002`: `offset` or `limit` is no number, or outside its bounds.
    #[error("no such page")]
    Page,
    /// 400 `PWD.0008`: the old password is another.
    #[error("the old password is wrong")]
    WrongPassword {
        /// How many more may be wrong before the user is locked for a while.
        remaining: u32,
    },
    /// 400 or 401, in the shape of OAuth: token, client or grant are wrong.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// What goes wrong before or beneath this dialect's rules.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What RFC 6749 and RFC 6750 have names for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// 401: no bearer token came.
    #[error("no access token")]
    MissingToken,
    /// 400 (as the vendor has it): the bearer token is unknown, expired or of another tenant.
    #[error("invalid access token")]
    InvalidToken,
    /// 401: client id and secret are missing, or do not belong together.
    #[error("bad client credentials")]
    InvalidClient {
        /// Whether they came by HTTP Basic; then the answer names that scheme.
        basic: bool,
    },
    /// 400: another grant than `client_credentials`.
    #[error("unsupported grant type")]
    UnsupportedGrantType,
    /// 400: another scope than `all`.
    #[error("invalid scope")]
    InvalidScope,
    /// 400: the request for a token is malformed.
    #[error("invalid token request: {0}")]
    InvalidRequest(Cow<'static, str>),
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl Error {
    pub(crate) fn parameter(field: impl Into<Cow<'static, str>>, rule: Rule) -> Self {
        Self::Parameter(Violation::new(field, rule))
    }

    /// The error's code; `None` for those in OAuth's shape.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Parameter(_) => Code::Parameter,
            Self::Empty(attribute) => Code::empty(attribute),
            Self::BreaksRule(attribute) => Code::rule(attribute),
            Self::Undefined(_) => Code::ExtensionRule,
            Self::AreaCode => Code::AreaCodeNotEnabled,
            Self::Taken(attribute) => Code::taken(attribute),
            Self::Password(fault) => match fault {
                PasswordFault::Length { .. } => Code::PasswordLength,
                PasswordFault::Classes { .. } => Code::PasswordComplexity,
                PasswordFault::Run { .. } => Code::PasswordRun,
                PasswordFault::Weak => Code::PasswordWeak,
                PasswordFault::UserNameReversed => Code::PasswordReversedUserName,
                PasswordFault::UserInformation => Code::PasswordUserInformation,
                PasswordFault::UsedBefore => Code::PasswordUsedBefore,
            },
            Self::NotFound => Code::UserNotFound,
            Self::Page => Code::Page,
            Self::WrongPassword { .. } => Code::PasswordWrong,
            Self::OAuth(_) => return None,
            Self::Fault(fault) => match fault {
                Fault::Json(_) | Fault::NotAnObject(_) | Fault::Incomplete | Fault::RepeatedHeader(_) => {
                    Code::Parameter
                }
                Fault::NoSuchPath => Code::NoSuchPath,
                Fault::Method { .. } => Code::MethodNotAllowed,
                Fault::TooLarge { .. } => Code::BodyTooLarge,
                Fault::MediaType(_) => Code::MediaType,
                Fault::TooMany(_) => Code::TooManyAttempts,
                Fault::Port(PortError::Busy { .. }) => Code::Busy,
                Fault::Port(PortError::Failed(_)) => Code::Internal,
            },
        })
    }

    /// What stands at `{0}` and `{1}`.
    fn arguments(&self, language: Language) -> Vec<String> {
        match self {
            Self::Parameter(Violation { field, rule }) => {
                vec![bounded(field), messages::rule(rule, language).into_owned()]
            }
            Self::Empty(attribute) | Self::BreaksRule(attribute) | Self::Taken(attribute) => {
                vec![attribute.key().to_owned()]
            }
            Self::Undefined(key) => vec![bounded(key)],
            Self::WrongPassword { remaining } => vec![remaining.to_string()],
            Self::Password(PasswordFault::Length { min, max }) => vec![min.to_string(), max.to_string()],
            Self::Password(PasswordFault::Run { max }) => vec![max.to_string()],
            Self::Password(PasswordFault::Classes { min, missing }) => {
                vec![messages::complexity(*min, missing, language)]
            }
            Self::Fault(Fault::Method { allow, .. }) => vec![allow.clone()],
            Self::Fault(Fault::TooLarge { limit }) => vec![limit.to_string()],
            Self::Fault(fault @ (Fault::Json(_) | Fault::NotAnObject(_) | Fault::Incomplete)) => {
                vec!["body".into(), messages::unreadable(fault, language)]
            }
            Self::Fault(fault @ Fault::RepeatedHeader(name)) => {
                vec![(*name).to_owned(), messages::unreadable(fault, language)]
            }
            _ => Vec::new(),
        }
    }
}

/// What the dialect's own refusals look like (C8).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Refusal<'a> {
    /// What is wrong, in English or Chinese: `X-L: zh|en`, else `Accept-Language`, else English.
    error_msg: String,
    /// The code.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::codes))]
    error_code: &'a str,
}

/// What OAuth's refusals look like (C3).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct OAuthRefusal<'a> {
    /// The kind, as RFC 6749 and RFC 6750 name it, or the vendor.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::oauth_errors))]
    error: &'a str,
    /// What is wrong.
    error_description: &'a str,
}

impl IntoWire for Error {
    fn to_wire(&self, context: &ReplyContext) -> WireError {
        let language = language(context);
        let status = match self {
            Self::OAuth(error) => return error.wire(),
            Self::Fault(fault) => fault.status(),
            _ => 400,
        };
        let headers = match self {
            Self::Fault(fault) => fault.headers(),
            _ => Vec::new(),
        };
        let code = self.code().unwrap_or(Code::Internal);
        let arguments = self.arguments(language);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let body = Refusal { error_msg: code.text(language, &arguments), error_code: code.code() };
        WireError::json(status, &body).headers(headers)
    }
}

impl OAuthError {
    /// The word for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::MissingToken => "unauthorized",
            Self::InvalidToken => "invalid_token",
            Self::InvalidClient { .. } => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidRequest(_) => "invalid_request",
        }
    }

    fn wire(&self) -> WireError {
        let (status, error_description) = match self {
            Self::MissingToken => (401, "An access token is required"),
            Self::InvalidToken => (400, "Invalid access"),
            Self::InvalidClient { .. } => (401, "Bad client credentials"),
            Self::UnsupportedGrantType => (400, "Unsupported grant_type"),
            Self::InvalidScope => (400, "Illegal scope"),
            Self::InvalidRequest(what) => (400, what.as_ref()),
        };
        let error = self.word();
        let wire = WireError::json(status, &OAuthRefusal { error, error_description })
            .header("Cache-Control", "no-store");
        match self {
            Self::MissingToken => wire.header("WWW-Authenticate", "Bearer realm=\"tenant-ciam\""),
            Self::InvalidToken => {
                wire.header("WWW-Authenticate", "Bearer realm=\"tenant-ciam\", error=\"invalid_token\"")
            }
            Self::InvalidClient { basic: true } => {
                wire.header("WWW-Authenticate", "Basic realm=\"tenant-ciam\", charset=\"UTF-8\"")
            }
            _ => wire,
        }
    }
}

/// `X-L`, else `Accept-Language`, else English.
fn language(context: &ReplyContext) -> Language {
    context.x_l.as_deref().and_then(Language::from_tag).or_else(|| context.language()).unwrap_or(Language::En)
}

/// The caller's own text, so much of it as an error can repeat.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_kernel::WireBody;

    use super::*;
    use crate::domain::Builtin;

    fn context(x_l: Option<&str>, accept_language: Option<&str>) -> ReplyContext {
        ReplyContext {
            path: "/api/v2/tenant/users".into(),
            accept_language: accept_language.map(Into::into),
            x_l: x_l.map(Into::into),
            now_ms: 0,
        }
    }

    fn body(error: impl Into<Error>) -> String {
        let WireBody::Json(body) = error.into().to_wire(&context(None, None)).body else { panic!("JSON") };
        body
    }

    #[test]
    fn x_l_wins_over_accept_language() {
        let text = |x_l, accept| match Error::AreaCode.to_wire(&context(x_l, accept)).body {
            WireBody::Json(body) => body,
            other => panic!("{other:?}"),
        };
        let zh = r#"{"error_msg":"未经认证的手机号","error_code":"IDAAS.TENANT.MOBILE.0002"}"#;
        let en = r#"{"error_msg":"An unauthenticated cell mobile number","error_code":"IDAAS.TENANT.MOBILE.0002"}"#;
        assert_eq!(text(None, None), en);
        assert_eq!(text(Some("zh"), Some("en")), zh);
        assert_eq!(text(Some("en"), Some("zh")), en);
        assert_eq!(text(None, Some("zh-CN")), zh);
        assert_eq!(text(Some("fr"), Some("zh")), zh);
    }

    #[test]
    fn another_unique_built_in_is_named_by_its_key() {
        assert_eq!(
            body(Error::Taken(Builtin::ExternalId.into())),
            r#"{"error_msg":"Extended property external_id already exists","error_code":"IDAAS.TENANT.USER.0037"}"#
        );
    }

    #[test]
    fn parameters_are_named() {
        assert_eq!(
            body(Fault::Json("expected value at line 1".into())),
            r#"{"error_msg":"Invalid parameter body: malformed JSON: expected value at line 1","error_code":"IDAAS.TENANT.PARAM.0001"}"#
        );
        let long = body(Error::Undefined("k\n".repeat(300)));
        assert!(long.contains(&"k".repeat(100)) && !long.contains(&"k".repeat(101)), "{long}");
    }

    #[test]
    fn the_house_s_failures_say_nothing() {
        let failed = Error::from(PortError::failed("secret detail"));
        assert_eq!(failed.to_wire(&context(None, None)).status, 500);
        assert_eq!(body(failed), r#"{"error_msg":"Internal error","error_code":"IDAAS.TENANT.SYSTEM.0001"}"#);
        let busy = Error::from(Fault::TooMany(Duration::from_millis(1500))).to_wire(&context(None, None));
        assert_eq!((busy.status, busy.headers), (429, vec![("Retry-After", "2".to_owned())]));
    }

    #[test]
    fn oauth_errors_have_oauth_s_shape() {
        let wire = Error::from(OAuthError::InvalidToken).to_wire(&context(Some("zh"), None));
        assert_eq!(wire.status, 400);
        assert_eq!(
            wire.body,
            WireBody::Json(r#"{"error":"invalid_token","error_description":"Invalid access"}"#.into())
        );
        let challenge = |error: OAuthError| {
            let wire = Error::from(error).to_wire(&context(None, None));
            (wire.status, wire.headers.into_iter().find(|(name, _)| *name == "WWW-Authenticate").map(|h| h.1))
        };
        assert_eq!(challenge(OAuthError::InvalidClient { basic: false }), (401, None));
        let (status, scheme) = challenge(OAuthError::InvalidClient { basic: true });
        assert!(status == 401 && scheme.unwrap().starts_with("Basic "));
        let (status, scheme) = challenge(OAuthError::MissingToken);
        assert!(status == 401 && scheme.unwrap().starts_with("Bearer "));
    }
}
