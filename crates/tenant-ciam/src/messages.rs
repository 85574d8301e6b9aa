//! Every error code of this dialect with its text in both languages: the one table.
//!
//! The texts of `USER`, `MOBILE` and `PWD` are the vendor's, byte for byte, slips included:
//! clients compare them. `USER.0022` does not exist: it would be the password's rule, which has
//! the `PWD` series. `OAP.PAGE.0002` is the vendor's too, in a sibling's table. `PWD.0008` and the
//! codes of `PARAM`, `REQUEST`, `LIMIT` and `SYSTEM` are ours.

use std::borrow::Cow;
use std::fmt::Write as _;

use roster_kernel::{Fault, Language, Rule, Unit};

use crate::domain::{Attribute, Builtin};
use crate::password::CharacterClass;

macro_rules! table {
    ($($name:ident, $code:literal, $en:literal, $zh:literal;)*) => {
        /// An error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $en)] $name,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it goes out.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// Its text, before `{0}` and `{1}` are filled in.
            pub fn template(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::Zh) => $zh,)*
                }
            }
        }
    };
}

#[rustfmt::skip]
table! {
    UserNotFound, "IDAAS.TENANT.USER.0001", "User not found", "用户未找到";
    UserNameEmpty, "IDAAS.TENANT.USER.0002", "Username cannot be empty", "用户名不能为空";
    NameEmpty, "IDAAS.TENANT.USER.0003", "Name cannot be empty", "姓名不能为空";
    MobileEmpty, "IDAAS.TENANT.USER.0004", "Mobile number cannot be empty", "手机号不能为空";
    EmailEmpty, "IDAAS.TENANT.USER.0005", "E-mail cannot be empty", "邮箱不能为空";
    PasswordEmpty, "IDAAS.TENANT.USER.0006", "Password cannot be empty", "密码不能为空";
    GenderEmpty, "IDAAS.TENANT.USER.0007", "Gender cannot be empty", "性别不能为空";
    BirthdayEmpty, "IDAAS.TENANT.USER.0008", "Birthday cannot be empty", "生日不能为空";
    NickNameEmpty, "IDAAS.TENANT.USER.0009", "Nick name cannot be empty", "昵称不能为空";
    MailingAddressEmpty, "IDAAS.TENANT.USER.0010", "Mailing address cannot be empty", "邮寄地址不能为空";
    ZipCodeEmpty, "IDAAS.TENANT.USER.0011", "Zip code cannot be empty", "邮政编码不能为空";
    FirstNameEmpty, "IDAAS.TENANT.USER.0012", "First name cannot be empty", "名字不能为空";
    MiddleNameEmpty, "IDAAS.TENANT.USER.0013", "Middle name cannot be empty", "中间名不能为空";
    LastNameEmpty, "IDAAS.TENANT.USER.0014", "Last name cannot be empty", "姓氏不能为空";
    IndustryEmpty, "IDAAS.TENANT.USER.0015", "Industry cannot be empty", "所属行业不能为空";
    ExternalIdEmpty, "IDAAS.TENANT.USER.0016", "External ID cannot be empty", "外部ID不能为空";
    ExtensionEmpty, "IDAAS.TENANT.USER.0017", "Extended property {0} cannot be empty", "扩展属性{0}不能为空";
    UserNameRule, "IDAAS.TENANT.USER.0018", "The username does not meet the verification rules", "用户名不符合校验规则";
    NameRule, "IDAAS.TENANT.USER.0019", "The name does not meet the verification rules", "姓名不符合校验规则";
    MobileRule, "IDAAS.TENANT.USER.0020", "The mobile number does not meet the verification rules", "手机号不符合校验规则";
    EmailRule, "IDAAS.TENANT.USER.0021", "The e-mail does not meet the verification rules", "邮箱不符合校验规则";
    GenderRule, "IDAAS.TENANT.USER.0023", "The gender does not meet the verification rules", "性别不符合校验规则";
    BirthdayRule, "IDAAS.TENANT.USER.0024", "The birthday does not meet the verification rules", "生日不符合校验规则";
    NickNameRule, "IDAAS.TENANT.USER.0025", "The nickname does not meet the verification rules", "昵称不符合校验规则";
    MailingAddressRule, "IDAAS.TENANT.USER.0026", "The mailing address does not meet the verification rules", "邮寄地址不符合校验规则";
    ZipCodeRule, "IDAAS.TENANT.USER.0027", "The zip code does not meet the verification rules", "邮政编码不符合校验规则";
    FirstNameRule, "IDAAS.TENANT.USER.0028", "The first name does not meet the verification rules", "名字不符合校验规则";
    MiddleNameRule, "IDAAS.TENANT.USER.0029", "The middle name does not meet the verification rules", "中间名不符合校验规则";
    LastNameRule, "IDAAS.TENANT.USER.0030", "The last name does not meet the verification rules", "姓氏不符合校验规则";
    IndustryRule, "IDAAS.TENANT.USER.0031", "The industry does not meet the verification rules", "所属行业不符合校验规则";
    ExternalIdRule, "IDAAS.TENANT.USER.0032", "The external ID does not meet the verification rules", "外部ID不符合校验规则";
    ExtensionRule, "IDAAS.TENANT.USER.0033", "The extended attribute {0} does not meet the verification rules", "扩展属性{0}不符合校验规则";
    AreaCodeNotEnabled, "IDAAS.TENANT.MOBILE.0002", "An unauthenticated cell mobile number", "未经认证的手机号";
    UserNameTaken, "IDAAS.TENANT.USER.0034", "Username already exists", "用户名已存在";
    MobileTaken, "IDAAS.TENANT.USER.0035", "Mobile number already exists", "手机号已存在";
    EmailTaken, "IDAAS.TENANT.USER.0036", "E-mail already exists", "邮箱已存在";
    ExtensionTaken, "IDAAS.TENANT.USER.0037", "Extended property {0} already exists", "扩展属性{0}已存在";
    PasswordUsedBefore, "IDAAS.TENANT.PWD.0001", "The password is used before, cannot be used again", "不允许使用历史密码";
    PasswordReversedUserName, "IDAAS.TENANT.PWD.0002", "Password cannot username in reverse order", "密码不允许使用用户名的倒写";
    PasswordUserInformation, "IDAAS.TENANT.PWD.0003", "Password cannot contain :username, mobile number, email prefix, name in PinYing", "密码中不允许包含:用户名、手机号、邮箱前缀、姓名拼音";
    PasswordComplexity, "IDAAS.TENANT.PWD.0004", "Your password complexity is low, {0}", "密码复杂度低,{0}";
    PasswordWeak, "IDAAS.TENANT.PWD.0005", "The password is weak", "该密码为弱密码";
    PasswordRun, "IDAAS.TENANT.PWD.0006", "Number of character repeat in password should not exceed {0}", "密码中最大字符重复数不能超过{0}";
    PasswordLength, "IDAAS.TENANT.PWD.0007", "The password must contain {0} to {1} characters", "密码长度为{0}~{1}个字符";

    PasswordWrong, "IDAAS.TENANT.PWD.0008", "The old password is wrong. Remaining attempts: {0}", "旧密码错误,剩余尝试次数:{0}";
    Page, "OAP.PAGE.0002", "Pagination parameter exceeds limit", "分页参数超出限制";
    Parameter, "IDAAS.TENANT.PARAM.0001", "Invalid parameter {0}: {1}", "参数{0}无效:{1}";
    NoSuchPath, "IDAAS.TENANT.REQUEST.0001", "No such path", "路径不存在";
    MethodNotAllowed, "IDAAS.TENANT.REQUEST.0002", "Method not allowed; allowed: {0}", "不支持该请求方法,允许的方法:{0}";
    BodyTooLarge, "IDAAS.TENANT.REQUEST.0003", "The body is larger than {0} bytes", "请求体超过{0}字节";
    MediaType, "IDAAS.TENANT.REQUEST.0004", "The content type must be application/json", "Content-Type必须为application/json";
    TooManyAttempts, "IDAAS.TENANT.LIMIT.0001", "Too many attempts, try again later", "尝试次数过多,请稍后再试";
    Internal, "IDAAS.TENANT.SYSTEM.0001", "Internal error", "系统内部错误";
    Busy, "IDAAS.TENANT.SYSTEM.0002", "The service is busy, try again later", "系统繁忙,请稍后再试";
}

impl Code {
    /// Its text, with `{0}` and `{1}` filled in.
    pub fn text(self, language: Language, arguments: &[&str]) -> String {
        let mut text = String::new();
        let mut rest = self.template(language);
        // In one pass, so that an argument that holds `{1}` stays what it is.
        while let Some((before, after)) = rest.split_once('{') {
            let (number, after) = after.split_once('}').unwrap_or(("", after));
            text.push_str(before);
            text.push_str(
                number.parse().ok().and_then(|n: usize| arguments.get(n)).copied().unwrap_or_default(),
            );
            rest = after;
        }
        text + rest
    }

    /// The code for `attribute` being empty.
    pub(crate) fn empty(attribute: &Attribute) -> Self {
        let Attribute::Builtin(builtin) = attribute else { return Self::ExtensionEmpty };
        match builtin {
            Builtin::UserName => Self::UserNameEmpty,
            Builtin::Name => Self::NameEmpty,
            Builtin::Mobile => Self::MobileEmpty,
            Builtin::Email => Self::EmailEmpty,
            Builtin::Password => Self::PasswordEmpty,
            Builtin::Gender => Self::GenderEmpty,
            Builtin::Birthday => Self::BirthdayEmpty,
            Builtin::NickName => Self::NickNameEmpty,
            Builtin::MailingAddress => Self::MailingAddressEmpty,
            Builtin::ZipCode => Self::ZipCodeEmpty,
            Builtin::FirstName => Self::FirstNameEmpty,
            Builtin::MiddleName => Self::MiddleNameEmpty,
            Builtin::LastName => Self::LastNameEmpty,
            Builtin::Industry => Self::IndustryEmpty,
            Builtin::ExternalId => Self::ExternalIdEmpty,
        }
    }

    /// The code for `attribute` breaking its rule.
    pub(crate) fn rule(attribute: &Attribute) -> Self {
        let Attribute::Builtin(builtin) = attribute else { return Self::ExtensionRule };
        match builtin {
            Builtin::UserName => Self::UserNameRule,
            Builtin::Name => Self::NameRule,
            Builtin::Mobile => Self::MobileRule,
            Builtin::Email => Self::EmailRule,
            // Its definition has no rule: the policy's codes say what is wrong with a password.
            Builtin::Password => Self::PasswordComplexity,
            Builtin::Gender => Self::GenderRule,
            Builtin::Birthday => Self::BirthdayRule,
            Builtin::NickName => Self::NickNameRule,
            Builtin::MailingAddress => Self::MailingAddressRule,
            Builtin::ZipCode => Self::ZipCodeRule,
            Builtin::FirstName => Self::FirstNameRule,
            Builtin::MiddleName => Self::MiddleNameRule,
            Builtin::LastName => Self::LastNameRule,
            Builtin::Industry => Self::IndustryRule,
            Builtin::ExternalId => Self::ExternalIdRule,
        }
    }

    /// The code for the value of `attribute` being another user's.
    pub(crate) fn taken(attribute: &Attribute) -> Self {
        match attribute {
            Attribute::Builtin(Builtin::UserName) => Self::UserNameTaken,
            Attribute::Builtin(Builtin::Mobile) => Self::MobileTaken,
            Attribute::Builtin(Builtin::Email) => Self::EmailTaken,
            // The table has no other code for the built-in attributes that a tenant makes unique.
            _ => Self::ExtensionTaken,
        }
    }
}

/// What a password lacks: the `{0}` of `PWD.0004`.
pub(crate) fn complexity(min: u32, missing: &[CharacterClass], language: Language) -> String {
    let class = |class: &CharacterClass| match (class, language) {
        (CharacterClass::Digit, Language::En) => "digits",
        (CharacterClass::Upper, Language::En) => "upper-case letters",
        (CharacterClass::Lower, Language::En) => "lower-case letters",
        (CharacterClass::Special, Language::En) => "special characters",
        (CharacterClass::Digit, Language::Zh) => "数字",
        (CharacterClass::Upper, Language::Zh) => "大写字母",
        (CharacterClass::Lower, Language::Zh) => "小写字母",
        (CharacterClass::Special, Language::Zh) => "特殊字符",
    };
    let missing: Vec<&str> = missing.iter().map(class).collect();
    match language {
        Language::En => format!(
            "it must contain at least {min} of digits, upper-case letters, lower-case letters, special \
             characters; missing: {}",
            missing.join(", ")
        ),
        Language::Zh => {
            format!("至少包含数字、大写字母、小写字母、特殊字符中的{min}种,缺少:{}", missing.join("、"))
        }
    }
}

/// What is wrong with a body that cannot be read: the `{1}` of `PARAM.0001`.
pub(crate) fn unreadable(fault: &Fault, language: Language) -> String {
    match (fault, language) {
        (Fault::Json(what), Language::Zh) => format!("JSON格式错误,{what}"),
        (Fault::NotAnObject(got), Language::Zh) => format!("必须为JSON对象,实际为{got}"),
        (Fault::Incomplete, Language::Zh) => "请求体不完整".into(),
        (Fault::RepeatedHeader(name), Language::Zh) => format!("请求头{name}重复"),
        (fault, _) => fault.caller_message(),
    }
}

/// What is wrong with a parameter: the `{1}` of `PARAM.0001`.
pub(crate) fn rule(rule: &Rule, language: Language) -> Cow<'static, str> {
    let unit = |unit: &Unit| match (unit, language) {
        (Unit::Chars, Language::En) => "characters",
        (Unit::Bytes, Language::En) => "bytes",
        (Unit::Items, Language::En) => "entries",
        (Unit::Chars, Language::Zh) => "个字符",
        (Unit::Bytes, Language::Zh) => "字节",
        (Unit::Items, Language::Zh) => "项",
    };
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _written = match (rule, language) {
        (Rule::Required | Rule::NotNull | Rule::NotBlank, Language::En) => return "must not be empty".into(),
        (Rule::Required | Rule::NotNull | Rule::NotBlank, Language::Zh) => return "不能为空".into(),
        (Rule::Email, Language::En) => return "must be an e-mail address".into(),
        (Rule::Email, Language::Zh) => return "必须为邮箱".into(),
        (Rule::Format(form), Language::En) => write!(text, "must be {form}"),
        (Rule::Format(form), Language::Zh) => write!(text, "格式必须为 {form}"),
        (Rule::Type { expected, got }, Language::En) => write!(text, "must be {expected}, got {got}"),
        (Rule::Type { expected, got }, Language::Zh) => write!(text, "类型必须为{expected},实际为{got}"),
        (Rule::TooShort { min, got, unit: u }, Language::En) => {
            write!(text, "must have at least {min} {}, got {got}", unit(u))
        }
        (Rule::TooShort { min, got, unit: u }, Language::Zh) => {
            write!(text, "至少{min}{u},实际为{got}", u = unit(u))
        }
        (Rule::TooLong { max, got, unit: u }, Language::En) => {
            write!(text, "must have at most {max} {}, got {got}", unit(u))
        }
        (Rule::TooLong { max, got, unit: u }, Language::Zh) => {
            write!(text, "最多{max}{u},实际为{got}", u = unit(u))
        }
        (Rule::Range { min, max, got }, Language::En) => write!(text, "must be {min} to {max}, got {got}"),
        (Rule::Range { min, max, got }, Language::Zh) => write!(text, "必须在{min}到{max}之间,实际为{got}"),
    };
    text.into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_0022_is_not_among_them() {
        let codes: HashSet<_> = Code::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        assert!(!codes.contains("IDAAS.TENANT.USER.0022"));
    }

    #[test]
    fn both_languages_fill_the_same_places() {
        for code in Code::ALL {
            let places = |language| code.template(language).matches('{').count();
            assert_eq!(places(Language::En), places(Language::Zh), "{}", code.code());
            assert!(!code.text(Language::En, &["a", "b"]).contains('{'), "{}", code.code());
        }
    }

    #[test]
    fn arguments_are_filled_in_once() {
        assert_eq!(
            Code::PasswordLength.text(Language::En, &["8", "18"]),
            "The password must contain 8 to 18 characters"
        );
        assert_eq!(Code::PasswordLength.text(Language::Zh, &["8", "18"]), "密码长度为8~18个字符");
        assert_eq!(Code::Parameter.text(Language::En, &["{1}", "x"]), "Invalid parameter {1}: x");
    }

    #[test]
    fn complexity_is_a_sentence() {
        let text = |language| complexity(3, &[CharacterClass::Upper, CharacterClass::Special], language);
        assert_eq!(
            text(Language::En),
            "it must contain at least 3 of digits, upper-case letters, lower-case letters, special \
             characters; missing: upper-case letters, special characters"
        );
        assert_eq!(
            text(Language::Zh),
            "至少包含数字、大写字母、小写字母、特殊字符中的3种,缺少:大写字母、特殊字符"
        );
    }
}
