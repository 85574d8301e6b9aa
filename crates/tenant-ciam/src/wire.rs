//! Bodies, spelled as the dialect spells them. Nothing is judged here.

pub mod center;
mod import;

use chrono::DateTime;
use chrono_tz::Tz;
use roster_kernel::{Member, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Builtin;
use crate::rules::TenantRules;

pub use import::{COLUMNS, HASH_COLUMN, ImportMembers, PICTURE_COLUMN, exported};

/// How times are written: `2022-02-15 12:23:23`.
pub(crate) const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// `POST /api/v2/tenant/users`. On a create `null` and `""` mean the same as absence.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the members are the attributes; `Builtin` documents them")]
pub struct CreateUser {
    pub user_name: Member<String>,
    pub name: Member<String>,
    pub mobile: Member<String>,
    pub email: Member<String>,
    pub pwd: Member<Secret>,
    pub pwd_must_modify: Member<bool>,
    pub attr_gender: Member<String>,
    pub attr_birthday: Member<String>,
    pub attr_nick_name: Member<String>,
    pub mailing_address: Member<String>,
    pub zip_code: Member<String>,
    pub first_name: Member<String>,
    pub middle_name: Member<String>,
    pub last_name: Member<String>,
    pub industry: Member<String>,
    pub external_id: Member<String>,
    pub head_img: Member<String>,
    pub extension: Member<Map<String, Value>>,
}

impl CreateUser {
    /// The member that holds `builtin`; `None` for the password, which is a secret.
    pub(crate) fn text(&mut self, builtin: Builtin) -> Option<&mut Member<String>> {
        Some(match builtin {
            Builtin::UserName => &mut self.user_name,
            Builtin::Name => &mut self.name,
            Builtin::Mobile => &mut self.mobile,
            Builtin::Email => &mut self.email,
            Builtin::Password => return None,
            Builtin::Gender => &mut self.attr_gender,
            Builtin::Birthday => &mut self.attr_birthday,
            Builtin::NickName => &mut self.attr_nick_name,
            Builtin::MailingAddress => &mut self.mailing_address,
            Builtin::ZipCode => &mut self.zip_code,
            Builtin::FirstName => &mut self.first_name,
            Builtin::MiddleName => &mut self.middle_name,
            Builtin::LastName => &mut self.last_name,
            Builtin::Industry => &mut self.industry,
            Builtin::ExternalId => &mut self.external_id,
        })
    }
}

/// `PUT /api/v2/tenant/users/{user_id}`: the members of a create, of which [`crate::validate`] takes
/// those that can be changed. An absent one keeps its value; `null` and `""` remove it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct UpdateUser(pub CreateUser);

/// `PUT /api/v2/tenant/users/{user_id}/change-password`. `must_modify` is this product's spelling,
/// `pwd_must_modify` its sibling's; of both, the first counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ChangePassword {
    pub password: Member<Secret>,
    pub must_modify: Member<bool>,
    pub pwd_must_modify: Member<bool>,
}

/// `PUT /api/v2/tenant/users/{user_id}/change-password-verify`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ChangePasswordVerified {
    pub password: Member<Secret>,
    pub old_password: Member<Secret>,
}

/// The answer to a create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatedUser {
    /// The new user's id.
    pub user_id: String,
}

/// The answer to a change: who was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedUser {
    /// The user's id.
    pub user_id: String,
}

/// `POST /api/v2/tenant/users/user-by-…`; each reads its own member.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the members are the attributes; `Builtin` documents them")]
pub struct LookUp {
    pub user_name: Member<String>,
    pub mobile: Member<String>,
    pub email: Member<String>,
    pub external_id: Member<String>,
}

/// A user. What he does not have is `null`. Times are `yyyy-MM-dd HH:mm:ss` in the configured zone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[expect(missing_docs, reason = "the members are the attributes; `Builtin` documents them")]
pub struct User {
    pub user_name: Option<String>,
    /// His id.
    pub user_id: String,
    pub name: Option<String>,
    /// Without its area code if that is the tenant's default, else as `+852-91234567`.
    pub mobile: Option<String>,
    pub email: Option<String>,
    /// When the password was set.
    pub pwd_change_at: Option<String>,
    /// When he was made.
    pub created_at: String,
    /// When he was last changed.
    pub updated_at: String,
    /// Whether he is kept from signing in.
    pub disabled: bool,
    pub attr_gender: Option<String>,
    pub attr_birthday: Option<String>,
    pub attr_nick_name: Option<String>,
    pub mailing_address: Option<String>,
    pub zip_code: Option<String>,
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    pub industry: Option<String>,
    pub external_id: Option<String>,
    /// How often he signed in, as a string.
    pub usr_auth_times: String,
    /// When he last signed in.
    pub usr_last_login: Option<String>,
    /// The extension attributes that he has and the tenant defines, in the tenant's order.
    pub extension: Map<String, Value>,
    /// His picture as it was sent: a web address, or the picture itself.
    pub head_img: Option<String>,
}

impl User {
    /// `user` as a tenant of these rules sees him, with times in `zone`.
    pub fn of(user: &crate::User, rules: &TenantRules, zone: Tz) -> Self {
        let text = |builtin| user.text(builtin).map(str::to_owned);
        let time = |ms: i64| {
            let time = DateTime::from_timestamp_millis(ms).unwrap_or_default().with_timezone(&zone);
            time.format(TIME_FORMAT).to_string()
        };
        let default_code = format!("+{}-", rules.area_codes.default_code().code());
        let value = |key: &str| user.extension.iter().find(|(known, _)| known.as_str() == key);
        let extension = rules.extensions().iter().filter_map(|definition| {
            let (key, value) = value(definition.attribute().key())?;
            Some((key.as_str().to_owned(), value.json()))
        });
        Self {
            user_name: text(Builtin::UserName),
            user_id: user.id.as_str().to_owned(),
            name: text(Builtin::Name),
            mobile: user
                .text(Builtin::Mobile)
                .map(|mobile| mobile.strip_prefix(&default_code).unwrap_or(mobile).to_owned()),
            email: text(Builtin::Email),
            pwd_change_at: user.password_set_ms.map(time),
            created_at: time(user.created_ms),
            updated_at: time(user.updated_ms),
            disabled: user.disabled,
            attr_gender: text(Builtin::Gender),
            attr_birthday: text(Builtin::Birthday),
            attr_nick_name: text(Builtin::NickName),
            mailing_address: text(Builtin::MailingAddress),
            zip_code: text(Builtin::ZipCode),
            first_name: text(Builtin::FirstName),
            middle_name: text(Builtin::MiddleName),
            last_name: text(Builtin::LastName),
            industry: text(Builtin::Industry),
            external_id: text(Builtin::ExternalId),
            usr_auth_times: user.sign_ins.to_string(),
            usr_last_login: user.last_sign_in_ms.map(time),
            extension: extension.collect(),
            head_img: user.picture.as_ref().map(|picture| picture.as_str().to_owned()),
        }
    }
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Users<T> {
    /// How many there are on all pages.
    pub total: i64,
    /// Those of the page.
    pub users: Vec<T>,
}

/// The answer to a request for a token (RFC 6749, section 5.1). It has no `Debug`: it holds the token.
#[derive(Clone, Serialize)]
pub struct AccessToken {
    /// The token.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: &'static str,
    /// How long it lives, in seconds.
    pub expires_in: u32,
    /// Always `all`.
    pub scope: &'static str,
}
