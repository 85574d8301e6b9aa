//! Rules of the bodies and queries.

use roster_kernel::Violation;

use super::wire::Appointment;
use crate::base::{EnterpriseId, Id, Page, Validator, first_of, length, page_of};

/// Which user becomes an administrator.
#[derive(Debug)]
pub struct Appoint {
    /// The user's id, 1 to 32 characters; perhaps no id at all.
    pub user_id: String,
    /// The user's enterprise.
    pub enterprise_id: EnterpriseId,
}

/// Validates the body of `POST /openapi/v1/administrators`.
///
/// # Errors
/// Every violation of every field.
pub fn appoint(body: Appointment) -> Result<Appoint, Vec<Violation>> {
    let mut validator = Validator::default();
    let user_id = validator.required("user_id", body.user_id, |Id(text)| {
        length(&text, 1, 32)?;
        Ok(text)
    });
    let enterprise_id = validator.required("eid", body.eid, EnterpriseId::parse);
    let built = user_id.zip(enterprise_id);
    validator.finish(built.map(|(user_id, enterprise_id)| Appoint { user_id, enterprise_id }))
}

/// A page of administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListAdministrators {
    /// `eid`: of this enterprise only.
    pub enterprise_id: Option<String>,
    /// `page` and `page_size`
    pub page: Page,
}

/// Reads the query of `GET /openapi/v1/administrators`; an empty `eid` is none (E11).
pub fn list_administrators(pairs: &[(String, String)]) -> ListAdministrators {
    let enterprise_id = first_of(pairs, "eid").filter(|eid| !eid.is_empty()).map(str::to_owned);
    ListAdministrators { enterprise_id, page: page_of(pairs) }
}
