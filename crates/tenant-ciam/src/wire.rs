//! Bodies, spelled as the dialect spells them. Nothing is judged here.

pub mod center;

use roster_kernel::{Member, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::Builtin;

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

/// The answer to a create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreatedUser {
    /// The new user's id.
    pub user_id: String,
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
