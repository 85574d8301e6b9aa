//! Every error code with the request that produces it, and its body in both languages.

use std::sync::atomic::Ordering;
use std::time::Duration;

use roster_kernel::{Fault, PortError};
use roster_persistence::testing::block_on;
use roster_tenant_ciam::messages::Code;
use roster_tenant_ciam::mobile::{AreaCode, AreaCodes};
use roster_tenant_ciam::password::{PasswordFault, PasswordPolicy};
use roster_tenant_ciam::{AttributeDefinition, Builtin, Error, Pattern, ValueRule};

use super::{Given, House, arrange, body, extension};

enum Case {
    Made(Vec<Given>, String),
    /// What no create can meet: the end-to-end tests have the requests.
    Other(Error),
}

fn required(builtin: Builtin) -> Case {
    Case::Made(
        vec![Given::Attribute(AttributeDefinition::builtin(builtin).required(true))],
        r#"{"user_name":"x"}"#.into(),
    )
}

fn longer(builtin: Builtin) -> Case {
    let max = AttributeDefinition::builtin(builtin).rule().max_chars.unwrap() as usize;
    Case::Made(vec![], format!(r#"{{"{}":"{}"}}"#, builtin.key(), "湖".repeat(max + 1)))
}

fn made(given: Vec<Given>, body: &str) -> Case {
    Case::Made(given, body.into())
}

fn case(code: Code) -> Case {
    let fault = |fault: Fault| Case::Other(fault.into());
    match code {
        Code::UserNotFound => Case::Other(Error::NotFound),
        Code::PasswordUsedBefore => Case::Other(PasswordFault::UsedBefore.into()),
        Code::PasswordWrong => Case::Other(Error::WrongPassword { remaining: 9 }),
        Code::Page => Case::Other(Error::Page),
        Code::UserNameEmpty => made(
            vec![Given::Attribute(AttributeDefinition::builtin(Builtin::UserName).required(true))],
            r#"{"user_name":""}"#,
        ),
        Code::NameEmpty => required(Builtin::Name),
        Code::MobileEmpty => required(Builtin::Mobile),
        Code::EmailEmpty => required(Builtin::Email),
        Code::PasswordEmpty => required(Builtin::Password),
        Code::GenderEmpty => required(Builtin::Gender),
        Code::BirthdayEmpty => required(Builtin::Birthday),
        Code::NickNameEmpty => required(Builtin::NickName),
        Code::MailingAddressEmpty => required(Builtin::MailingAddress),
        Code::ZipCodeEmpty => required(Builtin::ZipCode),
        Code::FirstNameEmpty => required(Builtin::FirstName),
        Code::MiddleNameEmpty => required(Builtin::MiddleName),
        Code::LastNameEmpty => required(Builtin::LastName),
        Code::IndustryEmpty => required(Builtin::Industry),
        Code::ExternalIdEmpty => required(Builtin::ExternalId),
        Code::ExtensionEmpty => {
            made(vec![Given::Attribute(extension("age").required(true))], r#"{"extension":{"age":""}}"#)
        }
        Code::UserNameRule => longer(Builtin::UserName),
        Code::NameRule => longer(Builtin::Name),
        Code::MobileRule => made(vec![], r#"{"mobile":"86-15200000000"}"#),
        Code::EmailRule => made(vec![], r#"{"email":"zhangsan"}"#),
        Code::GenderRule => made(vec![], r#"{"attr_gender":"unknown"}"#),
        Code::BirthdayRule => made(vec![], r#"{"attr_birthday":"2022-02-30"}"#),
        Code::NickNameRule => longer(Builtin::NickName),
        Code::MailingAddressRule => longer(Builtin::MailingAddress),
        Code::ZipCodeRule => {
            let rule = ValueRule { pattern: Some(Pattern::new(r"\d{6}").unwrap()), ..ValueRule::default() };
            let zip_code = AttributeDefinition::builtin(Builtin::ZipCode).ruled(rule).unwrap();
            made(vec![Given::Attribute(zip_code)], r#"{"zip_code":"4300000"}"#)
        }
        Code::FirstNameRule => longer(Builtin::FirstName),
        Code::MiddleNameRule => longer(Builtin::MiddleName),
        Code::LastNameRule => longer(Builtin::LastName),
        Code::IndustryRule => longer(Builtin::Industry),
        Code::ExternalIdRule => longer(Builtin::ExternalId),
        Code::ExtensionRule => made(vec![], r#"{"extension":{"shoe_size":"42"}}"#),
        Code::AreaCodeNotEnabled => {
            let hong_kong = AreaCode::new("HK", "852", r"\d{8}").unwrap();
            let codes = AreaCodes::new(vec![hong_kong], "852").unwrap();
            made(vec![Given::Codes(codes)], r#"{"mobile":"+86-15200000000"}"#)
        }
        Code::UserNameTaken => {
            made(vec![Given::User(r#"{"user_name":"Zhangsan"}"#)], r#"{"user_name":"zhangsan","pwd":"x"}"#)
        }
        Code::MobileTaken => {
            made(vec![Given::User(r#"{"mobile":"15200000000"}"#)], r#"{"mobile":"+8615200000000"}"#)
        }
        Code::EmailTaken => made(vec![Given::User(r#"{"email":"A@qq.com"}"#)], r#"{"email":"a@QQ.com"}"#),
        Code::ExtensionTaken => {
            let card = Given::Attribute(extension("card").unique(true).unwrap());
            made(vec![card, Given::User(r#"{"extension":{"card":"7"}}"#)], r#"{"extension":{"card":"7"}}"#)
        }
        Code::PasswordReversedUserName => made(vec![], r#"{"user_name":"zhangsan","pwd":"1NASGNAHZ!"}"#),
        Code::PasswordUserInformation => made(vec![], r#"{"name":"张三丰","pwd":"1ZhangSanFeng!"}"#),
        Code::PasswordComplexity => made(vec![], r#"{"pwd":"abcdefghi"}"#),
        Code::PasswordWeak => made(vec![Given::Weak("welcome2shop")], r#"{"pwd":"Welcome2Shop"}"#),
        Code::PasswordRun => made(vec![], r#"{"pwd":"aaaa1234!"}"#),
        Code::PasswordLength => made(vec![Given::Policy(PasswordPolicy::NIST)], r#"{"pwd":"qwe123!@#"}"#),
        Code::Parameter => made(vec![], r#"{"user_name":7}"#),
        Code::NoSuchPath => fault(Fault::NoSuchPath),
        Code::MethodNotAllowed => fault(Fault::Method { method: "PATCH".into(), allow: "POST".into() }),
        Code::BodyTooLarge => fault(Fault::TooLarge { limit: 2_097_152 }),
        Code::MediaType => fault(Fault::MediaType(Some("text/plain".into()))),
        Code::TooManyAttempts => fault(Fault::TooMany(Duration::from_secs(2))),
        Code::Internal => fault(PortError::failed("a secret detail").into()),
        Code::Busy => fault(PortError::busy().into()),
    }
}

#[test]
fn every_code_has_its_request_or_its_reason() {
    block_on(async {
        let house = House::new();
        let mut answers = String::new();
        for (number, &code) in Code::ALL.iter().enumerate() {
            answers.push_str(code.code());
            answers.push('\n');
            let (given, request) = match case(code) {
                Case::Made(given, request) => (given, request),
                Case::Other(error) => {
                    assert_eq!(error.code(), Some(code));
                    answers.push_str(&format!("  {}\n  {}\n", body(&error, "en"), body(&error, "zh")));
                    continue;
                }
            };
            let by = house.tenant(&format!("t{number}")).await;
            for given in given {
                arrange(&house, &by, given).await;
            }
            let users = house.count("tenant_users").await;
            let error = house.create(&by, &request).await.unwrap_err();
            assert_eq!(error.code(), Some(code), "{request}");
            assert_eq!(house.count("tenant_users").await, users);
            answers.push_str(&format!("  {}\n  {}\n", body(&error, "en"), body(&error, "zh")));
        }
        assert_eq!(house.hasher.hashes.load(Ordering::SeqCst), 0, "a request that fails costs no hash");
        insta::assert_snapshot!(answers);
    });
}
