//! The dialect's failures, and the one table from each to a status and a body.

use roster_kernel::{
    Fault, IntoWire, JsonKind, Language, NOT_WEAK, PortError, ReplyContext, Rule, Violation, WireError,
};
use serde_json::{Map, Value, json};

use crate::domain::{NICK_NAME_FORM, NICK_NAME_PATTERN, UserId};
use crate::store::UniqueField;
use crate::validate::{OTHER_PASSWORD, OTHER_USER};

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
    /// 400. Nobody does this to himself.
    #[error("{0:?} of oneself")]
    Oneself(Deed),
    /// 400. He is the last active administrator.
    #[error("{0:?} of the last administrator")]
    LastAdministrator(Deed),
    /// 404. The user is no administrator.
    #[error("user {0} is no administrator")]
    NotAdministrator(UserId),
    /// 400. Nobody is in this enterprise.
    #[error("no enterprise {0:?}")]
    NoEnterprise(String),
    /// 400. The user is of another enterprise than the one named.
    #[error("user {user_id} is not of {enterprise_id:?}")]
    ElsewhereEmployed {
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
    /// The transport's and the house's failures.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What is done to somebody and never to oneself, nor to the last administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// His rank is taken.
    Dismiss,
    /// He is deleted.
    Delete,
    /// He is made inactive.
    Disable,
}

impl From<PortError> for Error {
    fn from(error: PortError) -> Self {
        Self::Fault(error.into())
    }
}

impl IntoWire for Error {
    fn to_wire(&self, context: &ReplyContext) -> WireError {
        // Chinese unless the caller prefers English (E12).
        let language = context.language().unwrap_or(Language::Zh);
        let say = |zh: &str, en: &str| if language == Language::Zh { zh.to_owned() } else { en.to_owned() };
        match self {
            Self::NoToken => exception(401, "No token", "No token", "AuthenticationFailed")
                .header("WWW-Authenticate", "Token"),
            Self::BadToken => {
                let text = "No such user or user is not admin";
                exception(401, text, text, "AuthenticationFailed").header("WWW-Authenticate", "Token")
            }
            // The blank at the end is the original's.
            Self::Forbidden => {
                envelope(403, 10402, "no permissions ", &say("没有操作权限", "no permissions"))
            }
            Self::Invalid(violations) => invalid(&fields(violations, language), language),
            Self::Taken { field: UniqueField::NickName, value } => {
                let show = say(&format!("用户{value}已存在"), &format!("user {value} already exists"));
                envelope(409, 409, "username already exists", &show)
            }
            Self::Taken { field: UniqueField::Email, value } => {
                let show = say(&format!("邮箱{value}已存在"), &format!("email {value} already exists"));
                envelope(400, 400, "email already exists", &show)
            }
            Self::Taken { field: UniqueField::Phone, .. } => {
                let show = say("用户手机号已存在", "user phone already exists");
                envelope(409, 409, "user phone already exists", &show)
            }
            Self::NotFound => envelope(404, 404, "no found user", &say("用户不存在", "user not found")),
            Self::Oneself(Deed::Disable) => stated(&say("不能禁用自己", "cannot disable oneself"), language),
            Self::Oneself(_) => stated(&say("不能删除自己", "cannot remove oneself"), language),
            Self::LastAdministrator(deed) => {
                let zh = if *deed == Deed::Disable { "禁用" } else { "删除" };
                let zh = format!("当前用户为最后一个企业管理员，无法{zh}");
                stated(&say(&zh, "the last administrator must remain"), language)
            }
            Self::NotAdministrator(id) => {
                let en = format!("user '{id}' is not an administrator");
                exception(404, &say(&format!("用户'{id}'不是企业管理员"), &en), &en, "NotFound")
            }
            Self::NoEnterprise(id) => {
                let show = say(&format!("企业'{id}'不存在"), &format!("enterprise '{id}' does not exist"));
                invalid(&json!([show]), language)
            }
            Self::ElsewhereEmployed { user_id, enterprise_id } => {
                let zh = format!("用户'{user_id}'不属于企业'{enterprise_id}'");
                let en = format!("user '{user_id}' is not of enterprise '{enterprise_id}'");
                invalid(&json!([say(&zh, &en)]), language)
            }
            Self::NoteTaken => {
                envelope(409, 409, "note already exists", &say("备注已存在", "note already exists"))
            }
            Self::NoSuchKey => envelope(404, 404, "no found key", &say("访问密钥不存在", "key not found")),
            Self::Fault(fault) => fault_to_wire(fault, language).headers(fault.headers()),
        }
    }
}

fn fault_to_wire(fault: &Fault, language: Language) -> WireError {
    let status = fault.status();
    let en = fault.caller_message();
    let (zh, kind) = match fault {
        Fault::NotAnObject(kind) => {
            let got = python_name(*kind);
            let text = match language {
                Language::Zh => format!("无效数据。期待为字典类型，得到的是 {got} 。"),
                Language::En => format!("Invalid data. Expected a dictionary, but got {got}."),
            };
            return invalid(&json!({"non_field_errors": [text]}), language);
        }
        Fault::MediaType(got) => {
            let got = got.as_deref().unwrap_or_default();
            (format!("不支持请求中的媒体类型 “{got}”。"), "UnsupportedMediaType")
        }
        Fault::Json(what) => (format!("JSON parse error - {what}"), "ParseError"),
        Fault::Incomplete => ("请求体不完整。".to_owned(), "ParseError"),
        Fault::TooLarge { limit } => (format!("请求体不能超过 {limit} 字节。"), "RequestEntityTooLarge"),
        Fault::RepeatedHeader(name) => (format!("请求头 {name} 重复。"), "ParseError"),
        Fault::NoSuchPath => ("未找到。".to_owned(), "NotFound"),
        Fault::Method { method, .. } => (format!("方法 “{method}” 不被允许。"), "MethodNotAllowed"),
        Fault::TooMany(_) => ("请求超过了限速。".to_owned(), "Throttled"),
        Fault::Port(PortError::Busy { .. }) => ("服务繁忙，请稍后重试。".to_owned(), "ServiceUnavailable"),
        Fault::Port(PortError::Failed(_)) => ("服务端异常".to_owned(), "APIException"),
    };
    let en = match fault {
        Fault::Json(what) => format!("JSON parse error - {what}"),
        _ => en,
    };
    let show = if language == Language::Zh { &zh } else { &en };
    exception(status, show, &en, kind)
}

/// The shape of the original's framework errors.
fn exception(status: u16, detail: &str, msg: &str, error_type: &str) -> WireError {
    let body =
        json!({"detail": detail, "code": status, "msg": msg, "msg_show": detail, "error_type": error_type});
    WireError::json(status, &body)
}

/// The shape of the original's own errors.
fn envelope(status: u16, code: u16, msg: &str, msg_show: &str) -> WireError {
    let body = json!({"code": code, "msg": msg, "msg_show": msg_show, "data": {"bean": {}, "list": []}});
    WireError::json(status, &body)
}

/// The shape of field errors, code 20400.
fn invalid(err: &Value, language: Language) -> WireError {
    let detail = if language == Language::Zh { "参数错误" } else { "Invalid parameters" };
    let body = json!({"detail": detail, "err": err, "code": 20400, "error_type": "ValidationError"});
    WireError::json(400, &body)
}

/// The shape of the original's refusals that concern no field.
fn stated(what: &str, language: Language) -> WireError {
    invalid(&json!({"msg": what}), language)
}

fn fields(violations: &[Violation], language: Language) -> Value {
    let mut fields = Map::new();
    for violation in violations {
        let text = field_text(&violation.rule, language);
        let texts = fields.entry(violation.field.as_ref()).or_insert_with(|| json!([]));
        if let Value::Array(texts) = texts {
            texts.push(text.into());
        }
    }
    Value::Object(fields)
}

/// The texts of the original's framework; the two about types stand there in English alone.
fn field_text(rule: &Rule, language: Language) -> String {
    let (zh, en) = match rule {
        Rule::Required => ("该字段是必填项。".into(), "This field is required.".into()),
        Rule::NotNull => ("该字段不能为 null。".into(), "This field may not be null.".into()),
        Rule::NotBlank => ("该字段不能为空。".into(), "This field may not be blank.".into()),
        Rule::Type { expected: "boolean", .. } => return "Must be a valid boolean.".into(),
        Rule::Type { expected: "string", .. } => return "Not a valid string.".into(),
        Rule::Type { expected: "integer", .. } => {
            ("请填写合法的整数值。".into(), "A valid integer is required.".into())
        }
        Rule::Type { expected, got } => {
            (format!("类型应为 {expected}，得到的是 {got}。"), format!("Expected {expected}, got {got}."))
        }
        Rule::TooShort { min, .. } => (
            format!("请确保这个字段至少包含 {min} 个字符。"),
            format!("Ensure this field has at least {min} characters."),
        ),
        Rule::TooLong { max, .. } => (
            format!("请确保这个字段不能超过 {max} 个字符。"),
            format!("Ensure this field has no more than {max} characters."),
        ),
        Rule::Range { min, max, got } => (
            format!("取值范围为 {min} 到 {max}，得到的是 {got}。"),
            format!("Ensure this value is between {min} and {max}, got {got}."),
        ),
        Rule::Email => ("请输入合法的邮件地址。".into(), "Enter a valid email address.".into()),
        Rule::Format(what) if what == OTHER_USER => {
            ("与路径中的用户不一致。".into(), "This is not the user of the path.".into())
        }
        Rule::Format(what) if what == OTHER_PASSWORD => {
            ("两次输入的密码不一致。".into(), "The two passwords differ.".into())
        }
        Rule::Format(what) if what == NOT_WEAK => {
            ("该密码过于常见，请换一个。".into(), "This password is too common, choose another one.".into())
        }
        Rule::Format(what) => {
            let zh = match what.as_ref() {
                NICK_NAME_FORM => "不能包含控制字符或“/”，首尾不能有空格",
                NICK_NAME_PATTERN => "必须符合配置的 nick_name_pattern",
                other => other,
            };
            (format!("格式不正确：{zh}。"), format!("Wrong format: {what}."))
        }
    };
    if language == Language::Zh { zh } else { en }
}

/// What the original's framework calls a JSON type.
fn python_name(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Null => "NoneType",
        JsonKind::Bool => "bool",
        JsonKind::Integer => "int",
        JsonKind::Float => "float",
        JsonKind::String => "str",
        JsonKind::Array => "list",
        JsonKind::Object => "dict",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use roster_kernel::{Unit, WireBody};

    use super::*;

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
            Error::Oneself(Deed::Dismiss),
            Error::Oneself(Deed::Delete),
            Error::Oneself(Deed::Disable),
            Error::LastAdministrator(Deed::Dismiss),
            Error::LastAdministrator(Deed::Delete),
            Error::LastAdministrator(Deed::Disable),
            Error::NotAdministrator(UserId(2)),
            Error::NoEnterprise("nosuch".into()),
            Error::ElsewhereEmployed { user_id: UserId(2), enterprise_id: "other".into() },
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
