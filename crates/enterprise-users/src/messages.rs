//! Every text that a caller can see, in Chinese and English (E12).

use std::borrow::Cow;

use roster_kernel::{Fault, JsonKind, Language, NOT_WEAK, PortError, Rule};

/// The form of a nick name, in the words of the rule.
pub(crate) const NICK_NAME_FORM: &str = "no control characters, no '/', no blanks at the ends";

/// The form of a nick name where the operator demands one.
pub(crate) const NICK_NAME_PATTERN: &str = "must match the configured nick_name_pattern";

/// A body that names another user than its path.
pub(crate) const OTHER_USER: &str = "must be the user of the path";

/// A password that is not repeated.
pub(crate) const OTHER_PASSWORD: &str = "must repeat the password";

/// A line of an import with both a password and a hash.
pub(crate) const HASH_AND_PASSWORD: &str = "absent where there is a password";

/// A text in both languages.
pub(crate) struct Text {
    zh: Cow<'static, str>,
    pub(crate) en: Cow<'static, str>,
}

impl Text {
    pub(crate) fn in_language(self, language: Language) -> String {
        match language {
            Language::Zh => self.zh.into_owned(),
            Language::En => self.en.into_owned(),
        }
    }
}

fn text(zh: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

pub(crate) fn forbidden() -> Text {
    text("没有操作权限", "no permissions")
}

pub(crate) fn invalid_fields() -> Text {
    text("参数错误", "Invalid parameters")
}

pub(crate) fn nick_name_taken(value: &str) -> Text {
    text(format!("用户{value}已存在"), format!("user {value} already exists"))
}

pub(crate) fn email_taken(value: &str) -> Text {
    text(format!("邮箱{value}已存在"), format!("email {value} already exists"))
}

pub(crate) fn phone_taken() -> Text {
    text("用户手机号已存在", "user phone already exists")
}

pub(crate) fn user_not_found() -> Text {
    text("用户不存在", "user not found")
}

pub(crate) fn disables_self() -> Text {
    text("不能禁用自己", "cannot disable oneself")
}

pub(crate) fn removes_self() -> Text {
    text("不能删除自己", "cannot remove oneself")
}

/// `action` in Chinese; the English text names none.
pub(crate) fn last_administrator(action: &str) -> Text {
    text(format!("当前用户为最后一个企业管理员，无法{action}"), "the last administrator must remain")
}

pub(crate) const DISABLE: &str = "禁用";
pub(crate) const DELETE: &str = "删除";

pub(crate) fn not_administrator(id: impl std::fmt::Display) -> Text {
    text(format!("用户'{id}'不是企业管理员"), format!("user '{id}' is not an administrator"))
}

pub(crate) fn no_enterprise(id: &str) -> Text {
    text(format!("企业'{id}'不存在"), format!("enterprise '{id}' does not exist"))
}

pub(crate) fn wrong_enterprise(user_id: impl std::fmt::Display, enterprise_id: &str) -> Text {
    text(
        format!("用户'{user_id}'不属于企业'{enterprise_id}'"),
        format!("user '{user_id}' is not of enterprise '{enterprise_id}'"),
    )
}

pub(crate) fn note_taken() -> Text {
    text("备注已存在", "note already exists")
}

pub(crate) fn key_not_found() -> Text {
    text("访问密钥不存在", "key not found")
}

/// A body that is JSON and no object, with the type's name in Python, as the original says it.
pub(crate) fn not_an_object(kind: JsonKind) -> Text {
    let got = match kind {
        JsonKind::Null => "NoneType",
        JsonKind::Bool => "bool",
        JsonKind::Integer => "int",
        JsonKind::Float => "float",
        JsonKind::String => "str",
        JsonKind::Array => "list",
        JsonKind::Object => "dict",
    };
    text(
        format!("无效数据。期待为字典类型，得到的是 {got} 。"),
        format!("Invalid data. Expected a dictionary, but got {got}."),
    )
}

pub(crate) fn fault(fault: &Fault) -> Text {
    let zh = match fault {
        Fault::Json(what) => {
            let both = format!("JSON parse error - {what}");
            return text(both.clone(), both);
        }
        Fault::NotAnObject(kind) => return not_an_object(*kind),
        Fault::MediaType(got) => {
            format!("不支持请求中的媒体类型 “{}”。", got.as_deref().unwrap_or_default())
        }
        Fault::TooLarge { limit } => format!("请求体不能超过 {limit} 字节。"),
        Fault::RepeatedHeader(name) => format!("请求头 {name} 重复。"),
        Fault::Method { method, .. } => format!("方法 “{method}” 不被允许。"),
        Fault::Incomplete => "请求体不完整。".into(),
        Fault::NoSuchPath => "未找到。".into(),
        Fault::TooMany(_) => "请求超过了限速。".into(),
        Fault::Port(PortError::Busy { .. }) => "服务繁忙，请稍后重试。".into(),
        Fault::Port(PortError::Failed(_)) => "服务端异常".into(),
    };
    text(zh, fault.caller_message())
}

/// The texts of the original's framework; the two about types are in English there in both languages.
pub(crate) fn rule(rule: &Rule) -> Text {
    match rule {
        Rule::Required => text("该字段是必填项。", "This field is required."),
        Rule::NotNull => text("该字段不能为 null。", "This field may not be null."),
        Rule::NotBlank => text("该字段不能为空。", "This field may not be blank."),
        Rule::Type { expected: "boolean", .. } => {
            text("Must be a valid boolean.", "Must be a valid boolean.")
        }
        Rule::Type { expected: "string", .. } => text("Not a valid string.", "Not a valid string."),
        Rule::Type { expected: "integer", .. } => {
            text("请填写合法的整数值。", "A valid integer is required.")
        }
        Rule::Type { expected, got } => {
            text(format!("类型应为 {expected}，得到的是 {got}。"), format!("Expected {expected}, got {got}."))
        }
        Rule::TooShort { min, .. } => text(
            format!("请确保这个字段至少包含 {min} 个字符。"),
            format!("Ensure this field has at least {min} characters."),
        ),
        Rule::TooLong { max, .. } => text(
            format!("请确保这个字段不能超过 {max} 个字符。"),
            format!("Ensure this field has no more than {max} characters."),
        ),
        Rule::Range { min, max, got } => text(
            format!("取值范围为 {min} 到 {max}，得到的是 {got}。"),
            format!("Ensure this value is between {min} and {max}, got {got}."),
        ),
        Rule::Email => text("请输入合法的邮件地址。", "Enter a valid email address."),
        Rule::Format(form) => format_of(form),
    }
}

fn format_of(form: &str) -> Text {
    let zh = match form {
        OTHER_USER => return text("与路径中的用户不一致。", "This is not the user of the path."),
        OTHER_PASSWORD => return text("两次输入的密码不一致。", "The two passwords differ."),
        NOT_WEAK => {
            return text("该密码过于常见，请换一个。", "This password is too common, choose another one.");
        }
        NICK_NAME_FORM => "不能包含控制字符或“/”，首尾不能有空格",
        NICK_NAME_PATTERN => "必须符合配置的 nick_name_pattern",
        other => other,
    };
    text(format!("格式不正确：{zh}。"), format!("Wrong format: {form}."))
}
