//! Bodies, spelled as the specification spells them.

use roster_kernel::Field;
use serde::Deserialize;

#[cfg(feature = "openapi")]
use crate::base::EnterpriseId;
use crate::base::Id;

/// The body of `POST /openapi/v1/administrators`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"user_id": "3", "eid": "string"})))]
pub struct Appointment {
    /// Required: the user who becomes an administrator.
    #[cfg_attr(feature = "openapi", schema(value_type = Id, required))]
    #[serde(default)]
    pub user_id: Field<Id>,
    /// Required: the user's enterprise.
    #[cfg_attr(feature = "openapi", schema(value_type = EnterpriseId, required))]
    #[serde(default)]
    pub eid: Field<String>,
}
