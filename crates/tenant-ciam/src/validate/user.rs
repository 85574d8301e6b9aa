use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use roster_kernel::{JsonKind, Member, Rule, Secret, Unit, is_email};
use serde_json::{Map, Value};

use crate::definition::{ExtensionValue, UniqueValue};
use crate::domain::{Attribute, Builtin, ExtensionKey, Picture, parse_date};
use crate::error::Error;
use crate::mobile::{Mobile, MobileFault};
use crate::password::{PasswordFault, Person};
use crate::rules::TenantRules;
use crate::wire;

/// The most keys of one request's `extension`.
pub const MAX_EXTENSION_KEYS: usize = 200;

/// A create whose shape is right: every member is of its type, empty ones are gone.
#[derive(Debug, Clone)]
pub struct Draft {
    texts: BTreeMap<Builtin, String>,
    password: Option<Secret>,
    must_modify_password: bool,
    picture: Option<Picture>,
    extension: Map<String, Value>,
    /// Whether a hash stands in the place of the password.
    pub(super) hashed: bool,
}

/// Judges the shape of a create.
///
/// # Errors
/// [`Error::Parameter`] for the first member of a wrong type or form.
pub fn create_user(mut body: wire::CreateUser) -> Result<Draft, Error> {
    let mut texts = BTreeMap::new();
    let (mut password, mut must_modify_password) = (None, None);
    for builtin in Builtin::ALL {
        let Some(member) = body.text(builtin) else {
            password = given("pwd", "string", std::mem::take(&mut body.pwd))?;
            must_modify_password =
                given("pwd_must_modify", "boolean", std::mem::take(&mut body.pwd_must_modify))?;
            continue;
        };
        let text = given(builtin.key(), "string", std::mem::take(member))?;
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            texts.insert(builtin, text);
        }
    }
    let picture = given("head_img", "string", body.head_img)?.filter(|text| !text.is_empty());
    let picture = picture
        .map(|text| Picture::parse(text).map_err(|rule| Error::parameter("head_img", rule)))
        .transpose()?;
    Ok(Draft {
        texts,
        password: password.filter(|password: &Secret| !password.expose().is_empty()),
        must_modify_password: must_modify_password.unwrap_or(true),
        picture,
        extension: extension(given("extension", "object", body.extension)?.unwrap_or_default())?,
        hashed: false,
    })
}

pub(super) fn extension(members: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    if members.len() > MAX_EXTENSION_KEYS {
        let rule = Rule::TooLong { max: MAX_EXTENSION_KEYS, got: members.len(), unit: Unit::Items };
        return Err(Error::parameter("extension", rule));
    }
    for (key, value) in &members {
        if value.is_array() || value.is_object() {
            let field = format!("extension.{key}");
            return Err(wrong_type(field, "string, number or boolean", JsonKind::of(value)));
        }
    }
    Ok(members)
}

/// On create an empty value counts as absent, of an attribute that is defined.
pub(super) fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

pub(super) fn given<T>(
    field: &'static str,
    expected: &'static str,
    member: Member<T>,
) -> Result<Option<T>, Error> {
    match member {
        Member::Invalid(got) => Err(wrong_type(field, expected, got)),
        member => Ok(member.given()),
    }
}

fn wrong_type(field: impl Into<Cow<'static, str>>, expected: &'static str, got: JsonKind) -> Error {
    Error::parameter(field, Rule::Type { expected, got })
}

/// What is known of a user, every value judged by the tenant's rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// The user name; `None` if the tenant's user is to get a generated one.
    pub user_name: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The mobile number.
    pub mobile: Option<Mobile>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The gender, in the dialect's words.
    pub gender: Option<String>,
    /// The birthday.
    pub birthday: Option<NaiveDate>,
    /// The nickname.
    pub nick_name: Option<String>,
    /// The postal address.
    pub mailing_address: Option<String>,
    /// The postal code.
    pub zip_code: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The middle name.
    pub middle_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The industry.
    pub industry: Option<String>,
    /// The user's id in another system.
    pub external_id: Option<String>,
    /// The picture.
    pub picture: Option<Picture>,
    /// The extension attributes, in the tenant's order.
    pub extension: Vec<(ExtensionKey, ExtensionValue)>,
    /// Whether the password is to be changed at the next login.
    pub must_modify_password: bool,
}

impl Profile {
    /// The value of `builtin` as text; `None` for the password.
    pub fn text(&self, builtin: Builtin) -> Option<Cow<'_, str>> {
        let plain = match builtin {
            Builtin::Mobile => return self.mobile.as_ref().map(|mobile| mobile.to_string().into()),
            Builtin::Birthday => return self.birthday.map(|date| date.to_string().into()),
            Builtin::Password => return None,
            Builtin::UserName => &self.user_name,
            Builtin::Name => &self.name,
            Builtin::Email => &self.email,
            Builtin::Gender => &self.gender,
            Builtin::NickName => &self.nick_name,
            Builtin::MailingAddress => &self.mailing_address,
            Builtin::ZipCode => &self.zip_code,
            Builtin::FirstName => &self.first_name,
            Builtin::MiddleName => &self.middle_name,
            Builtin::LastName => &self.last_name,
            Builtin::Industry => &self.industry,
            Builtin::ExternalId => &self.external_id,
        };
        plain.as_deref().map(Cow::Borrowed)
    }
}

/// A create that keeps the tenant's rules, all but the password's.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The user.
    pub profile: Profile,
    /// The values that nobody else in the tenant may have, in the order in which their clashes
    /// are reported. A generated user name is not among them.
    pub unique: Vec<UniqueValue>,
}

impl Draft {
    /// Judges the draft by `rules`: what is empty, then what breaks its definition, then the
    /// mobile number's area code.
    ///
    /// # Errors
    /// The first fault in the order of the error codes.
    pub fn judge(&self, rules: &TenantRules) -> Result<Judged, Error> {
        self.judge_presence(rules)?;
        self.judge_builtin(rules)?;
        let extension = self.judge_extension(rules)?;
        // Only the area code can still be wrong.
        let mobile = self.texts.get(&Builtin::Mobile).map(|text| rules.area_codes.parse(text));
        let mobile = mobile.transpose().map_err(|_| Error::AreaCode)?;
        let text = |builtin| self.texts.get(&builtin).cloned();
        let profile = Profile {
            user_name: text(Builtin::UserName),
            name: text(Builtin::Name),
            mobile,
            email: text(Builtin::Email),
            gender: text(Builtin::Gender),
            birthday: self.texts.get(&Builtin::Birthday).and_then(|text| parse_date(text).ok()),
            nick_name: text(Builtin::NickName),
            mailing_address: text(Builtin::MailingAddress),
            zip_code: text(Builtin::ZipCode),
            first_name: text(Builtin::FirstName),
            middle_name: text(Builtin::MiddleName),
            last_name: text(Builtin::LastName),
            industry: text(Builtin::Industry),
            external_id: text(Builtin::ExternalId),
            picture: self.picture.clone(),
            extension,
            must_modify_password: self.must_modify_password,
        };
        let unique = unique_values(&profile, rules);
        Ok(Judged { profile, unique })
    }

    /// Judges the password of the user `judged`. Comes after the look for duplicates.
    ///
    /// # Errors
    /// The first check of the policy that fails.
    pub fn judge_password(
        &self,
        judged: &Judged,
        rules: &TenantRules,
    ) -> Result<Option<&Secret>, PasswordFault> {
        let Some(password) = &self.password else { return Ok(None) };
        let profile = &judged.profile;
        let person = Person {
            user_name: profile.user_name.as_deref(),
            mobile: profile.mobile.as_ref().map(Mobile::number),
            email: profile.email.as_deref(),
            name: profile.name.as_deref(),
        };
        rules.password_policy.judge(password, &person, &rules.weak_passwords)?;
        Ok(Some(password))
    }

    /// The series `USER.0002` to `USER.0017`.
    fn judge_presence(&self, rules: &TenantRules) -> Result<(), Error> {
        let missing = |attribute: &Attribute| match attribute {
            Attribute::Builtin(Builtin::Password) => self.password.is_none() && !self.hashed,
            Attribute::Builtin(builtin) => !self.texts.contains_key(builtin),
            Attribute::Extension(key) => self.extension.get(key.as_str()).is_none_or(is_empty),
        };
        match rules.definitions().find(|d| d.is_required() && missing(d.attribute())) {
            Some(definition) => Err(Error::Empty(definition.attribute().clone())),
            None => Ok(()),
        }
    }

    /// The series `USER.0018` to `USER.0032`. An area code that is not enabled is not yet an error.
    fn judge_builtin(&self, rules: &TenantRules) -> Result<(), Error> {
        for (builtin, text) in &self.texts {
            if !fits(*builtin, text, rules) {
                return Err(Error::BreaksRule((*builtin).into()));
            }
        }
        Ok(())
    }

    /// `USER.0033`: the defined attributes in the tenant's order, then what nobody defined.
    fn judge_extension(&self, rules: &TenantRules) -> Result<Vec<(ExtensionKey, ExtensionValue)>, Error> {
        let mut values = Vec::new();
        for definition in rules.extensions() {
            let Attribute::Extension(key) = definition.attribute() else { continue };
            let value = self.extension.get(key.as_str()).filter(|value| !is_empty(value));
            let Some(value) = value else { continue };
            let value = definition.read(value).ok_or_else(|| Error::BreaksRule(key.clone().into()))?;
            values.push((key.clone(), value));
        }
        match self.extension.keys().find(|key| rules.extension(key).is_none()) {
            Some(undefined) => Err(Error::Undefined(undefined.clone())),
            None => Ok(values),
        }
    }
}

/// Whether `text` has the form that `builtin` asks for, and keeps its definition. Of a mobile number
/// its international form does, so that one number has one verdict however it is written; one whose
/// area code is not enabled has none yet.
pub(super) fn fits(builtin: Builtin, text: &str, rules: &TenantRules) -> bool {
    let definition = rules.builtin(builtin);
    match builtin {
        Builtin::Mobile => match rules.area_codes.parse(text) {
            Ok(mobile) => definition.admits(&mobile.to_string()),
            Err(fault) => fault == MobileFault::AreaCode,
        },
        Builtin::Email => is_email(text) && definition.admits(text),
        Builtin::Birthday => parse_date(text).is_ok() && definition.admits(text),
        _ => definition.admits(text),
    }
}

/// User name, mobile and e-mail first: they have the codes `0034` to `0036`; then the others.
fn unique_values(profile: &Profile, rules: &TenantRules) -> Vec<UniqueValue> {
    let first = [Builtin::UserName, Builtin::Mobile, Builtin::Email];
    let others = Builtin::ALL.into_iter().filter(|builtin| !first.contains(builtin));
    let builtin = first
        .into_iter()
        .chain(others)
        .filter(|builtin| rules.builtin(*builtin).is_unique())
        .filter_map(|builtin| Some(UniqueValue::new(builtin.into(), &profile.text(builtin)?)));
    let extension = profile
        .extension
        .iter()
        .filter(|(key, _)| {
            rules.extension(key.as_str()).is_some_and(crate::definition::AttributeDefinition::is_unique)
        })
        .map(|(key, value)| UniqueValue::new(key.clone().into(), &value.text()));
    builtin.chain(extension).collect()
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;
    use crate::definition::{AttributeDefinition, AttributeKind};

    const SEED: &[u8] = include_bytes!("../../../../tests/fixtures/seeds/tenant-ciam.create.request.json");

    fn rules() -> TenantRules {
        let age = ExtensionKey::parse("age").unwrap();
        TenantRules::defaults().with(AttributeDefinition::extension(age, AttributeKind::Text))
    }

    fn draft(body: &str) -> Result<Draft, Error> {
        create_user(json::decode(body.as_bytes()).unwrap())
    }

    #[test]
    fn the_sample_becomes_a_user() {
        let draft = create_user(json::decode(SEED).unwrap()).unwrap();
        let judged = draft.judge(&rules()).unwrap();
        let profile = &judged.profile;
        assert_eq!(profile.user_name.as_deref(), Some("zhangsan"));
        assert_eq!(profile.mobile.as_ref().unwrap().to_string(), "+86-15200000000");
        assert_eq!(profile.first_name, None, "an empty string counts as absent");
        assert!(!profile.must_modify_password);
        assert_eq!(profile.extension[0].1, ExtensionValue::Text("28".into()));
        let unique: Vec<_> = judged.unique.iter().map(|v| (v.attribute.key(), v.key.as_str())).collect();
        let expected =
            [("user_name", "zhangsan"), ("mobile", "+86-15200000000"), ("email", "15200000000@qq.com")];
        assert_eq!(unique, expected);
        assert_eq!(draft.judge_password(&judged, &rules()).unwrap().unwrap().expose(), "qwe123!@#");
    }

    #[test]
    fn nothing_is_required_of_a_new_tenant_s_user() {
        for body in ["{}", r#"{"user_name":null,"pwd":"","extension":{"age":null},"head_img":""}"#] {
            let draft = draft(body).unwrap();
            let judged = draft.judge(&rules()).unwrap();
            assert_eq!(judged.profile, Profile { must_modify_password: true, ..Profile::default() });
            assert_eq!(judged.unique, []);
            assert_eq!(draft.judge_password(&judged, &rules()), Ok(None));
        }
    }

    #[test]
    fn wrong_types_are_named() {
        for (body, field) in [
            (r#"{"user_name":7}"#, "user_name"),
            (r#"{"pwd":["x"],"pwd_must_modify":1}"#, "pwd"),
            (r#"{"pwd_must_modify":"false","attr_gender":1}"#, "pwd_must_modify"),
            (r#"{"extension":[]}"#, "extension"),
            (r#"{"extension":{"age":{}}}"#, "extension.age"),
            (r#"{"extension":{"age":["28"]}}"#, "extension.age"),
            (r#"{"head_img":"x"}"#, "head_img"),
            (r#"{"head_img":1}"#, "head_img"),
        ] {
            let error = draft(body).unwrap_err();
            assert!(matches!(&error, Error::Parameter(v) if v.field == field), "{body}: {error}");
        }
    }

    #[test]
    fn two_hundred_extension_keys_are_read() {
        let body = |n: usize| {
            let keys: Vec<String> = (0..n).map(|at| format!("\"k{at}\":1")).collect();
            format!("{{\"extension\":{{{}}}}}", keys.join(","))
        };
        assert!(draft(&body(200)).is_ok());
        assert!(matches!(draft(&body(201)), Err(Error::Parameter(_))));
    }

    #[test]
    fn an_undefined_key_comes_after_the_defined_ones() {
        let judge = |body: &str| draft(body).unwrap().judge(&rules()).unwrap_err();
        assert!(matches!(judge(r#"{"extension":{"size":"1","age":28}}"#), Error::BreaksRule(_)));
        assert!(
            matches!(judge(r#"{"extension":{"size":"1","age":"28"}}"#), Error::Undefined(key) if key == "size")
        );
        assert!(matches!(judge(r#"{"extension":{"mobile":"1"}}"#), Error::Undefined(_)));
        for empty in ["null", "\"\""] {
            let body = format!("{{\"extension\":{{\"size\":{empty}}}}}");
            assert!(matches!(judge(&body), Error::Undefined(key) if key == "size"), "not dropped in silence");
        }
    }

    #[test]
    fn the_area_code_comes_after_all_rules() {
        let judge = |body: &str| draft(body).unwrap().judge(&rules()).unwrap_err();
        let zip = "1".repeat(256);
        let late = judge(&format!(r#"{{"mobile":"+99-1","zip_code":"{zip}"}}"#));
        assert!(matches!(late, Error::BreaksRule(Attribute::Builtin(Builtin::ZipCode))));
        assert!(matches!(judge(r#"{"mobile":"+99-1","extension":{"x":1}}"#), Error::Undefined(_)));
        assert!(matches!(judge(r#"{"mobile":"+99-1"}"#), Error::AreaCode));
    }
}
