//! Bodies, spelled as the specification spells them.

use roster_kernel::{Field, Secret};
use serde::Deserialize;

#[cfg(feature = "openapi")]
use super::domain::Password;
use crate::base::Id;

/// The body of `PUT /openapi/v1/changepwd` and `PUT /openapi/v1/users/{user_id}/changepwd`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"password": "a new password", "password1": "a new password"})))]
pub struct ChangePassword {
    /// If given: the path's, or the caller's own.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Id>, required = false))]
    #[serde(default)]
    pub user_id: Field<Id>,
    /// Required.
    #[cfg_attr(feature = "openapi", schema(value_type = Password, required))]
    #[serde(default)]
    pub password: Field<Secret>,
    /// Required: the same again.
    #[cfg_attr(feature = "openapi", schema(value_type = Password, required))]
    #[serde(default)]
    pub password1: Field<Secret>,
}
