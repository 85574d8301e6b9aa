//! Bodies, spelled as the dialect spells them. Nothing is judged here.

pub mod center;
mod import;

use chrono::DateTime;
use chrono_tz::Tz;
use roster_kernel::{Member, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Builtin;
#[cfg(feature = "openapi")]
use crate::domain::{Picture, UserId};
use crate::rules::TenantRules;

pub use import::{COLUMNS, HASH_COLUMN, ImportMembers, PICTURE_COLUMN, exported};

/// How times are written: `2022-02-15 12:23:23`.
pub(crate) const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// `POST /api/v2/tenant/users`. On a create `null` and `""` mean the same as absence.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateUser {
    /// His name for signing in, unique in the tenant without regard to case. By default at most 64
    /// characters. Absent on a create: one is generated (C9).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 64))]
    #[serde(default)]
    pub user_name: Member<String>,
    /// His name. By default at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub name: Member<String>,
    /// His mobile number, unique in the tenant: with its area code as `+86-15200000000` or
    /// `+8615200000000`, without one of the tenant's default (C5). By default only +86 is enabled.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^((\\+86-?)?1[0-9]{10})?$"))]
    #[serde(default)]
    pub mobile: Member<String>,
    /// His e-mail address, unique in the tenant without regard to case: at most 254 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^([^@]+@[^@]+)?$", max_length = 254))]
    #[serde(default)]
    pub email: Member<String>,
    /// His password, never returned. By default 8 to 18 characters of at least two kinds (C6). Absent: a
    /// user without a password (C10).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Password, min_length = 8, max_length = 18, write_only))]
    #[serde(default)]
    pub pwd: Member<Secret>,
    /// Whether he is to change it before anything else; true by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub pwd_must_modify: Member<bool>,
    /// `unknow`, `male` or `female`, by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^(unknow|male|female)?$"))]
    #[serde(default)]
    pub attr_gender: Member<String>,
    /// A real date, `yyyy-mm-dd`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"))]
    #[serde(default)]
    pub attr_birthday: Member<String>,
    /// His nickname. By default at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub attr_nick_name: Member<String>,
    /// His postal address. By default at most 512 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 512))]
    #[serde(default)]
    pub mailing_address: Member<String>,
    /// His postal code. By default at most 255 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 255))]
    #[serde(default)]
    pub zip_code: Member<String>,
    /// His first name. By default at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub first_name: Member<String>,
    /// His middle name. By default at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub middle_name: Member<String>,
    /// His last name. By default at most 128 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub last_name: Member<String>,
    /// His industry. By default at most 255 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 255))]
    #[serde(default)]
    pub industry: Member<String>,
    /// His id in another system. By default at most 255 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 255))]
    #[serde(default)]
    pub external_id: Member<String>,
    /// His picture: `http://…`, `https://…` or `data:image/…;base64,…`, at most 1 MiB. No address is ever
    /// fetched (C1).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::PictureWish>))]
    #[serde(default)]
    pub head_img: Member<String>,
    /// Extension attributes by their keys, which the tenant has to define: at most 200. Each is a string, a
    /// number or a boolean, of at most 4 KiB of text; null and `""` are empty.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::ExtensionWish>))]
    #[serde(default)]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePassword {
    /// The new password. Required. By default 8 to 18 characters of at least two kinds (C6).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 18, required, write_only))]
    #[serde(default)]
    pub password: Member<Secret>,
    /// Whether he is to change it before anything else; true by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub must_modify: Member<bool>,
    /// The same, where `must_modify` is absent.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub pwd_must_modify: Member<bool>,
}

/// `PUT /api/v2/tenant/users/{user_id}/change-password-verify`
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePasswordVerified {
    /// The new password. Required. By default 8 to 18 characters of at least two kinds (C6).
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 18, required, write_only))]
    #[serde(default)]
    pub password: Member<Secret>,
    /// The password of before. Required.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 1, required, write_only))]
    #[serde(default)]
    pub old_password: Member<Secret>,
}

/// The answer to a create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedUser {
    /// The new user's id.
    #[cfg_attr(feature = "openapi", schema(value_type = UserId))]
    pub user_id: String,
}

/// The answer to a change: who was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedUser {
    /// The user's id.
    #[cfg_attr(feature = "openapi", schema(value_type = UserId))]
    pub user_id: String,
}

/// `POST /api/v2/tenant/users/user-by-…`; each reads its own member.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookUp {
    /// The user name, without regard to case.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, required))]
    #[serde(default)]
    pub user_name: Member<String>,
    /// The mobile number; one without an area code is of the tenant's default.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, required))]
    #[serde(default)]
    pub mobile: Member<String>,
    /// The e-mail address, without regard to case.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, required))]
    #[serde(default)]
    pub email: Member<String>,
    /// The id in another system.
    #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, required))]
    #[serde(default)]
    pub external_id: Member<String>,
}

/// A user. What he does not have is `null`. Times are `yyyy-MM-dd HH:mm:ss` in the configured zone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// His name for signing in.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user_name: Option<String>,
    /// His id.
    #[cfg_attr(feature = "openapi", schema(value_type = UserId))]
    pub user_id: String,
    /// His name.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: Option<String>,
    /// Without its area code if that is the tenant's default, else as `+852-91234567`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub mobile: Option<String>,
    /// His e-mail address.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: Option<String>,
    /// When the password was set.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Time>, required))]
    pub pwd_change_at: Option<String>,
    /// When he was made.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Time))]
    pub created_at: String,
    /// When he was last changed.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Time))]
    pub updated_at: String,
    /// Whether he is kept from signing in.
    pub disabled: bool,
    /// `unknow`, `male` or `female`, by default.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub attr_gender: Option<String>,
    /// His birthday, `yyyy-mm-dd`.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub attr_birthday: Option<String>,
    /// His nickname.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub attr_nick_name: Option<String>,
    /// His postal address.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub mailing_address: Option<String>,
    /// His postal code.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub zip_code: Option<String>,
    /// His first name.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub first_name: Option<String>,
    /// His middle name.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub middle_name: Option<String>,
    /// His last name.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_name: Option<String>,
    /// His industry.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub industry: Option<String>,
    /// His id in another system.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub external_id: Option<String>,
    /// How often he signed in, as a string.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]+$"))]
    pub usr_auth_times: String,
    /// When he last signed in.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::Time>, required))]
    pub usr_last_login: Option<String>,
    /// The extension attributes that he has and the tenant defines, in the tenant's order.
    #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, crate::openapi::ExtensionValue>))]
    pub extension: Map<String, Value>,
    /// His picture as it was sent: a web address, or the picture itself.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Picture>, required))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Users<T> {
    /// How many there are on all pages.
    pub total: i64,
    /// Those of the page.
    pub users: Vec<T>,
}

/// The answer to a request for a token (RFC 6749, section 5.1).
// It has no `Debug`: it holds the token.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessToken {
    /// The token.
    pub access_token: String,
    /// Always `bearer`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^bearer$"))]
    pub token_type: &'static str,
    /// How long it lives, in seconds: 1800 by default.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub expires_in: u32,
    /// Always `all`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^all$"))]
    pub scope: &'static str,
}
