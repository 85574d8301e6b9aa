//! The bodies about users who are there already, and of who registers himself.

use roster_kernel::{Member, Secret};
use serde::Deserialize;

/// The body of `POST /users/register`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Register {
    /// Required.
    pub email: Member<String>,
    /// Required; never trimmed.
    pub password: Member<Secret>,
}

/// The body of `PATCH /users`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangeAreas {
    /// Required.
    pub user_id: Member<String>,
    /// The ids of the areas that he is to have, instead of those that he has.
    pub area: Member<Vec<Option<String>>>,
}

/// The body of `PATCH /users/password`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChangePassword {
    /// The password until now. Required.
    pub original: Member<Secret>,
    /// The password from now on. Required.
    pub password: Member<Secret>,
}

/// The body of `PATCH /users/{id}/password`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResetPassword {
    /// The password from now on. Required.
    pub password: Member<Secret>,
}

/// The body of `PATCH /users/status`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ChangeStatus {
    /// Required.
    pub user_id: Member<String>,
    /// `pending` or `enable`. Required.
    pub status: Member<String>,
}
