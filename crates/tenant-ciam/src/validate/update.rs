use std::collections::BTreeMap;

use roster_kernel::Member;
use serde_json::{Map, Value};

use super::user::{extension, fits, given, is_empty};
use crate::definition::{ExtensionValue, UniqueValue};
use crate::domain::{Attribute, Builtin, ExtensionKey, Picture};
use crate::error::Error;
use crate::rules::TenantRules;
use crate::wire;

/// A change whose shape is right. What is not in it stays as it is; `None` removes.
#[derive(Debug, Clone)]
pub struct UpdateDraft {
    texts: BTreeMap<Builtin, Option<String>>,
    picture: Option<Option<Picture>>,
    /// `None` for all extension attributes at once.
    extension: Option<Map<String, Value>>,
}

/// A change that keeps the tenant's rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Update {
    /// Built-in attributes, as they are stored: the mobile number in its international form.
    pub texts: BTreeMap<Builtin, Option<String>>,
    /// The picture.
    pub picture: Option<Option<Picture>>,
    /// Extension attributes.
    pub extension: Vec<(ExtensionKey, Option<ExtensionValue>)>,
    /// The new values that nobody else in the tenant may have, in the order in which their clashes
    /// are reported.
    pub unique: Vec<UniqueValue>,
}

/// Judges the shape of a change. `pwd` and `pwd_must_modify` are no members of it and ignored as any
/// other unknown member is.
///
/// # Errors
/// [`Error::Parameter`] for the first member of a wrong type or form.
pub fn update_user(body: wire::UpdateUser) -> Result<UpdateDraft, Error> {
    let wire::UpdateUser(mut body) = body;
    let mut texts = BTreeMap::new();
    for builtin in Builtin::ALL {
        let Some(member) = body.text(builtin) else { continue };
        let member = std::mem::take(member);
        if !member.is_absent() {
            let text = given(builtin.key(), "string", member)?;
            texts.insert(builtin, text.filter(|text| !text.is_empty()));
        }
    }
    let picture = match body.head_img {
        Member::Absent => None,
        member => {
            let text = given("head_img", "string", member)?.filter(|text| !text.is_empty());
            Some(
                text.map(|text| Picture::parse(text).map_err(|rule| Error::parameter("head_img", rule)))
                    .transpose()?,
            )
        }
    };
    let extension = match body.extension {
        Member::Absent => Some(Map::new()),
        member => given("extension", "object", member)?.map(extension).transpose()?,
    };
    Ok(UpdateDraft { texts, picture, extension })
}

impl UpdateDraft {
    /// Judges what is to change by `rules`: what is empty, then what breaks its definition, then the
    /// mobile number's area code.
    ///
    /// # Errors
    /// The first fault in the order of the error codes.
    pub fn judge(&self, rules: &TenantRules) -> Result<Update, Error> {
        self.judge_presence(rules)?;
        for (builtin, text) in
            self.texts.iter().filter_map(|(builtin, text)| Some((*builtin, text.as_ref()?)))
        {
            if !fits(builtin, text, rules) {
                return Err(Error::BreaksRule(builtin.into()));
            }
        }
        let extension = self.judge_extension(rules)?;
        let mut texts = self.texts.clone();
        if let Some(Some(mobile)) = texts.get_mut(&Builtin::Mobile) {
            // Only the area code can still be wrong.
            *mobile = rules.area_codes.parse(mobile).map_err(|_| Error::AreaCode)?.to_string();
        }
        let unique = unique_values(&texts, &extension, rules);
        Ok(Update { texts, picture: self.picture.clone(), extension, unique })
    }

    /// The series `USER.0002` to `USER.0017`, of what was sent.
    fn judge_presence(&self, rules: &TenantRules) -> Result<(), Error> {
        let removed = |attribute: &Attribute| match attribute {
            Attribute::Builtin(builtin) => self.texts.get(builtin).is_some_and(Option::is_none),
            Attribute::Extension(key) => match &self.extension {
                Some(members) => members.get(key.as_str()).is_some_and(is_empty),
                None => true,
            },
        };
        match rules.definitions().find(|d| d.is_required() && removed(d.attribute())) {
            Some(definition) => Err(Error::Empty(definition.attribute().clone())),
            None => Ok(()),
        }
    }

    /// `USER.0033`: the defined attributes in the tenant's order, then what nobody defined.
    fn judge_extension(
        &self,
        rules: &TenantRules,
    ) -> Result<Vec<(ExtensionKey, Option<ExtensionValue>)>, Error> {
        let mut values = Vec::new();
        for definition in rules.extensions() {
            let Attribute::Extension(key) = definition.attribute() else { continue };
            let value = match &self.extension {
                None => None,
                Some(members) => match members.get(key.as_str()) {
                    None => continue,
                    Some(value) if is_empty(value) => None,
                    Some(value) => {
                        let read = definition.read(value);
                        Some(read.ok_or_else(|| Error::BreaksRule(key.clone().into()))?)
                    }
                },
            };
            values.push((key.clone(), value));
        }
        let mut keys = self.extension.iter().flat_map(Map::keys);
        match keys.find(|key| rules.extension(key).is_none()) {
            Some(undefined) => Err(Error::Undefined(undefined.clone())),
            None => Ok(values),
        }
    }
}

/// User name, mobile and e-mail first: they have the codes `0034` to `0036`; then the others.
fn unique_values(
    texts: &BTreeMap<Builtin, Option<String>>,
    extension: &[(ExtensionKey, Option<ExtensionValue>)],
    rules: &TenantRules,
) -> Vec<UniqueValue> {
    let first = [Builtin::UserName, Builtin::Mobile, Builtin::Email];
    let others = Builtin::ALL.into_iter().filter(|builtin| !first.contains(builtin));
    let builtin = first
        .into_iter()
        .chain(others)
        .filter(|builtin| rules.builtin(*builtin).is_unique())
        .filter_map(|builtin| Some(UniqueValue::new(builtin.into(), texts.get(&builtin)?.as_ref()?)));
    let is_unique = |key: &ExtensionKey| rules.extension(key.as_str()).is_some_and(|d| d.is_unique());
    let extension = extension
        .iter()
        .filter(|(key, _)| is_unique(key))
        .filter_map(|(key, value)| Some(UniqueValue::new(key.clone().into(), &value.as_ref()?.text())));
    builtin.chain(extension).collect()
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;
    use crate::definition::{AttributeDefinition, AttributeKind};

    fn rules() -> TenantRules {
        let age = ExtensionKey::parse("age").unwrap();
        let age = AttributeDefinition::extension(age, AttributeKind::Number).required(true);
        TenantRules::defaults().with(age).with(AttributeDefinition::builtin(Builtin::Name).required(true))
    }

    fn judge(body: &str) -> Result<Update, Error> {
        update_user(json::decode(body.as_bytes()).unwrap())?.judge(&rules())
    }

    #[test]
    fn what_is_absent_is_neither_judged_nor_changed() {
        for nothing in
            ["{}", r#"{"extension":{}}"#, r#"{"pwd":7,"pwd_must_modify":"x","user_id":1,"disabled":true}"#]
        {
            assert_eq!(judge(nothing).unwrap(), Update::default(), "{nothing}");
        }
    }

    #[test]
    fn null_and_nothing_remove() {
        let removed = judge(r#"{"user_name":"","mobile":null,"zip_code":"","head_img":null}"#).unwrap();
        assert_eq!(removed.picture, Some(None));
        let texts = [Builtin::UserName, Builtin::Mobile, Builtin::ZipCode].map(|builtin| (builtin, None));
        assert_eq!(removed.texts, BTreeMap::from(texts));
        assert_eq!(removed.unique, []);
        for required in [r#"{"name":""}"#, r#"{"extension":{"age":null}}"#, r#"{"extension":null}"#] {
            assert!(matches!(judge(required), Err(Error::Empty(_))), "{required}");
        }
    }

    #[test]
    fn what_is_sent_is_judged_in_the_codes_order() {
        let mended =
            judge(r#"{"mobile":"15200000000","email":"A@qq.com","extension":{"age":28.0}}"#).unwrap();
        assert_eq!(mended.texts[&Builtin::Mobile].as_deref(), Some("+86-15200000000"));
        let unique: Vec<_> = mended.unique.iter().map(|v| (v.attribute.key(), v.key.as_str())).collect();
        assert_eq!(unique, [("mobile", "+86-15200000000"), ("email", "a@qq.com")]);
        let wrong = |body: &str| judge(body).unwrap_err();
        assert!(matches!(wrong(r#"{"name":null,"email":"x","mobile":"+99-1"}"#), Error::Empty(_)));
        assert!(matches!(
            wrong(r#"{"mobile":"+99-1","email":"x","extension":{"x":1}}"#),
            Error::BreaksRule(_)
        ));
        assert!(matches!(wrong(r#"{"mobile":"+99-1","extension":{"x":null}}"#), Error::Undefined(_)));
        assert!(matches!(wrong(r#"{"mobile":"+99-1"}"#), Error::AreaCode));
        assert!(matches!(wrong(r#"{"extension":7,"name":""}"#), Error::Parameter(_)));
        assert!(matches!(wrong(r#"{"head_img":"x"}"#), Error::Parameter(_)));
        assert!(matches!(wrong(r#"{"external_id":[]}"#), Error::Parameter(_)));
    }
}
