//! The bodies about users who are there already, and of who registers himself.

use roster_kernel::{Member, Secret};
use serde::Deserialize;

#[cfg(feature = "openapi")]
use crate::domain;

/// The body of `POST /users/register`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Register {
    /// Required: his address, which becomes his username and the name of his domain too. At most 128
    /// characters.
    pub email: Member<String>,
    /// Required: 8 to 128 characters, never trimmed. The least length is a setting, and whether the most common
    /// ones are refused.
    pub password: Member<Secret>,
}

/// The body of `PATCH /users`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAreas {
    /// Required: the user's id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub user_id: Member<String>,
    /// The ids of the areas that he is to have, instead of those that he has: at most 200, of domains,
    /// sites or devices, none of which lies within another. Absent or null: none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<domain::ObjectId>>, max_items = 200))]
    #[serde(default)]
    pub area: Member<Vec<Option<String>>>,
}

/// The body of `PATCH /users/password`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct ChangePassword {
    /// The password until now. Required.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 1, required = true))]
    #[serde(default)]
    pub original: Member<Secret>,
    /// The password from now on. Required: 8 to 128 characters, never trimmed. The least length is a
    /// setting, and whether the most common ones are refused.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 128, required = true))]
    #[serde(default)]
    pub password: Member<Secret>,
}

/// The body of `PATCH /users/{id}/password`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
pub struct ResetPassword {
    /// The password from now on. Required: 8 to 128 characters, never trimmed. The least length is a
    /// setting, and whether the most common ones are refused.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Password, min_length = 8, max_length = 128, required = true))]
    #[serde(default)]
    pub password: Member<Secret>,
}

/// The body of `PATCH /users/status`.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStatus {
    /// Required: the user's id.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::ObjectId, required = true))]
    #[serde(default)]
    pub user_id: Member<String>,
    /// `pending` or `enable`. Required.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::Status, required = true))]
    #[serde(default)]
    pub status: Member<String>,
}
