//! The rules of what is done with users who are there already. For each body first its form, which
//! is judged before the caller's rank, then its fields.

use roster_kernel::{Rule, Secret, Violation};

use super::{areas, field, password, typed};
use crate::config::Config;
use crate::domain::Status;
use crate::error::Error;
use crate::wire;

/// A change of areas whose members have the right types.
#[derive(Debug, Clone)]
pub struct AreasDraft {
    /// Empty if absent.
    pub user_id: String,
    /// Ids, some of them perhaps null.
    pub area: Vec<Option<String>>,
}

/// A change of one's own password whose members have the right types.
#[derive(Debug, Clone)]
pub struct PasswordDraft {
    /// The password until now; empty if absent.
    pub original: Secret,
    /// The password from now on; empty if absent.
    pub password: Secret,
}

/// A change of status whose members have the right types.
#[derive(Debug, Clone)]
pub struct StatusDraft {
    /// Empty if absent.
    pub user_id: String,
    /// Required.
    pub status: Option<Status>,
}

/// Judges the form of a change of areas.
///
/// # Errors
/// [`Error::Unreadable`], with the first member that is of another type.
pub fn areas_draft(body: wire::ChangeAreas) -> Result<AreasDraft, Error> {
    Ok(AreasDraft {
        user_id: typed("userId", "a string", body.user_id)?.unwrap_or_default(),
        area: typed("area", "an array of strings", body.area)?.unwrap_or_default(),
    })
}

/// Judges a change of areas: whose they are to be, and their ids.
///
/// # Errors
/// [`Error::Invalid`]: `userId`, then `area`.
pub fn change_areas(draft: AreasDraft) -> Result<(String, Vec<String>), Error> {
    Ok((filled("userId", draft.user_id)?, field("area", areas(draft.area))?))
}

/// Judges the form of a change of one's own password.
///
/// # Errors
/// [`Error::Unreadable`], with the first member that is of another type.
pub fn password_draft(body: wire::ChangePassword) -> Result<PasswordDraft, Error> {
    Ok(PasswordDraft {
        original: secret(typed("original", "a string", body.original)?),
        password: secret(typed("password", "a string", body.password)?),
    })
}

/// Judges a change of one's own password: the old one need only be there, the new one keeps the
/// rules of a new user's.
///
/// # Errors
/// [`Error::Invalid`]: the original password, then the new one.
pub fn change_password(draft: PasswordDraft, config: &Config) -> Result<PasswordDraft, Error> {
    if draft.original.expose().is_empty() {
        return Err(Error::Invalid(Violation::new("original password", Rule::NotBlank)));
    }
    Ok(PasswordDraft { password: new_password(draft.password, config)?, ..draft })
}

/// Judges the form of a password that an administrator sets.
///
/// # Errors
/// [`Error::Unreadable`] if it is of another type.
pub fn reset_draft(body: wire::ResetPassword) -> Result<Secret, Error> {
    Ok(secret(typed("password", "a string", body.password)?))
}

/// Judges a new password.
///
/// # Errors
/// [`Error::Invalid`].
pub fn new_password(text: Secret, config: &Config) -> Result<Secret, Error> {
    field("password", password(text, config))
}

/// Judges the form of a change of status.
///
/// # Errors
/// [`Error::Unreadable`], with the first member that is of another type, or a status that is none.
pub fn status_draft(body: wire::ChangeStatus) -> Result<StatusDraft, Error> {
    let user_id = typed("userId", "a string", body.user_id)?.unwrap_or_default();
    let status = match typed("status", "a string", body.status)? {
        None => None,
        Some(name) => Some(Status::named(&name).ok_or_else(|| {
            let rule = Rule::Format("pending or enable".into());
            Error::Unreadable(Violation::new("status", rule))
        })?),
    };
    Ok(StatusDraft { user_id, status })
}

/// Judges a change of status: whose, and to what.
///
/// # Errors
/// [`Error::Invalid`]: `userId`, then `status`.
pub fn change_status(draft: StatusDraft) -> Result<(String, Status), Error> {
    let user_id = filled("userId", draft.user_id)?;
    Ok((user_id, draft.status.ok_or(Error::Invalid(Violation::new("status", Rule::NotBlank)))?))
}

fn filled(name: &'static str, text: String) -> Result<String, Error> {
    if text.is_empty() { Err(Error::Invalid(Violation::new(name, Rule::NotBlank))) } else { Ok(text) }
}

fn secret(member: Option<Secret>) -> Secret {
    member.unwrap_or_else(|| Secret::from(""))
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;

    use super::*;

    fn told<T: std::fmt::Debug>(judged: Result<T, Error>) -> String {
        judged.unwrap_err().to_string()
    }

    #[test]
    fn a_change_of_areas_names_its_user() {
        let judge = |body: &str| change_areas(areas_draft(json::decode(body.as_bytes())?)?);
        assert_eq!(told(judge("{}")), "userId can't be empty");
        assert_eq!(told(judge(r#"{"userId":"","area":[null]}"#)), "userId can't be empty");
        assert_eq!(told(judge(r#"{"userId":"u","area":[null]}"#)), "area can't hold null");
        assert_eq!(told(judge(r#"{"userId":1}"#)), "userId must be a string, got integer");
        assert_eq!(told(judge(r#"{"area":"x"}"#)), "area must be an array of strings, got string");
        for none in [r#"{"userId":"u"}"#, r#"{"userId":"u","area":null}"#, r#"{"userId":"u","area":[]}"#] {
            assert_eq!(judge(none).unwrap(), ("u".to_owned(), vec![]));
        }
        assert_eq!(judge(r#"{"userId":"u","area":["a","b"]}"#).unwrap().1, ["a", "b"]);
    }

    #[test]
    fn the_original_password_is_told_first_and_may_be_short() {
        let config = Config::default();
        let judge =
            |body: &str| change_password(password_draft(json::decode(body.as_bytes())?)?, &Config::default());
        assert_eq!(told(judge("{}")), "original password can't be empty");
        assert_eq!(told(judge(r#"{"original":"x"}"#)), "password can't be empty");
        let short = r#"{"original":"x","password":"1234567"}"#;
        assert_eq!(told(judge(short)), "password must have at least 8 characters");
        assert_eq!(told(judge(r#"{"original":[]}"#)), "original must be a string, got array");
        assert!(judge(r#"{"original":"x","password":"12345678"}"#).is_ok());
        let reset = |body: &str| new_password(reset_draft(json::decode(body.as_bytes())?)?, &config);
        assert_eq!(told(reset("{}")), "password can't be empty");
        assert_eq!(told(reset(r#"{"password":7}"#)), "password must be a string, got integer");
    }

    #[test]
    fn a_status_is_one_of_two_words() {
        let judge = |body: &str| change_status(status_draft(json::decode(body.as_bytes())?)?);
        assert_eq!(told(judge("{}")), "userId can't be empty");
        assert_eq!(told(judge(r#"{"userId":"u"}"#)), "status can't be empty");
        assert_eq!(told(judge(r#"{"status":"Pending"}"#)), "status must be pending or enable");
        assert_eq!(told(judge(r#"{"status":0}"#)), "status must be a string, got integer");
        let pending = judge(r#"{"userId":"u","status":"pending"}"#).unwrap();
        assert_eq!(pending, ("u".to_owned(), Status::Pending));
    }
}
