//! Operators: who may use the admin API. What the admin API and the command line do with them is one code.

use chrono::{DateTime, NaiveDate};
use roster_auth::{Existing, OperatorState, Revocation};
use roster_kernel::{Change, PortError, Secret, hex_token};

use crate::compose::House;
use crate::credentials::is_name;

/// The longest life of a token that has an end, in days.
pub(crate) const MAX_DAYS: i64 = 3650;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Why nothing was done with an operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The name or the time breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// There is no such operator.
    #[error("there is no operator '{0}'")]
    NotFound(String),
    /// There is one already.
    #[error("there is an operator '{0}' already")]
    Taken(String),
    /// It is the last one whose token works.
    #[error("'{0}' is the last operator whose token has not expired: make another one first")]
    Last(String),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// When a token of so many days, made at `now_ms`, expires.
pub(crate) fn in_days(days: i64, now_ms: i64) -> Result<i64, Refusal> {
    if (1..=MAX_DAYS).contains(&days) {
        return Ok(now_ms.saturating_add(days * DAY_MS));
    }
    Err(Refusal::Invalid(format!("a token expires in 1 to {MAX_DAYS} days, not {days}")))
}

/// When a token expires that does at `date`: the beginning of a day in UTC, or a time as in RFC 3339.
pub(crate) fn at_date(date: &str) -> Result<i64, Refusal> {
    let day = date.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
    let time = match day {
        Some(day) => Some(day.and_utc().timestamp_millis()),
        None => DateTime::parse_from_rfc3339(date).ok().map(|time| time.timestamp_millis()),
    };
    time.ok_or_else(|| {
        Refusal::Invalid(format!(
            "'{date}' is no date: write 2027-01-31, which is its first moment in UTC, or 2027-01-31T12:00:00Z"
        ))
    })
}

/// Refuses a time at which a token made at `now_ms` would never work, or far beyond any use.
fn expiry(expires_ms: Option<i64>, now_ms: i64) -> Result<Option<i64>, Refusal> {
    match expires_ms {
        Some(end) if end <= now_ms => Err(Refusal::Invalid("the token would have expired already".into())),
        Some(end) if end > now_ms.saturating_add(MAX_DAYS * DAY_MS) => {
            Err(Refusal::Invalid(format!("a token expires within {MAX_DAYS} days, or never")))
        }
        end => Ok(end),
    }
}

/// Refuses what is no name of an operator.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    if is_name(name) {
        return Ok(());
    }
    Err(Refusal::Invalid("an operator's name is 1 to 64 of A-Z a-z 0-9 . _ @ -".into()))
}

/// The operators, by name.
pub(crate) async fn list(house: &House) -> Result<Vec<OperatorState>, Refusal> {
    Ok(house.tokens.operators().await?)
}

/// Gives the operator `name` a new token, which is answered. A token before it stops at once.
pub(crate) async fn put(
    house: &House,
    change: &Change,
    name: &str,
    expires_ms: Option<i64>,
    existing: Existing,
) -> Result<Secret, Refusal> {
    check_name(name).map_err(|refusal| match existing {
        // One that no operator can have.
        Existing::Demand => Refusal::NotFound(name.to_owned()),
        _ => refusal,
    })?;
    let expires_ms = expiry(expires_ms, change.at_ms)?;
    let token = Secret::new(hex_token(house.random.as_ref(), 32));
    match (house.tokens.put_operator(change, name, &token, expires_ms, existing).await?, existing) {
        (true, _) => Ok(token),
        (false, Existing::Demand) => Err(Refusal::NotFound(name.to_owned())),
        (false, _) => Err(Refusal::Taken(name.to_owned())),
    }
}

/// Revokes the token of the operator `name`; the last one that works only if `forced`.
pub(crate) async fn revoke(house: &House, change: &Change, name: &str, forced: bool) -> Result<(), Refusal> {
    match house.tokens.revoke_operator(change, name, !forced).await? {
        Revocation::Revoked => Ok(()),
        Revocation::Unknown => Err(Refusal::NotFound(name.to_owned())),
        Revocation::Last => Err(Refusal::Last(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_first_moment_of_a_day_or_a_time() {
        assert_eq!(at_date("2027-01-31").unwrap(), 1_801_353_600_000);
        assert_eq!(at_date("2027-01-31T08:00:00+08:00").unwrap(), 1_801_353_600_000);
        for bad in ["", "31.01.2027", "2027-02-30", "tomorrow", "2027-01-31 12:00"] {
            assert!(at_date(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_ends_after_now_and_within_ten_years() {
        assert_eq!(in_days(1, 0).unwrap(), DAY_MS);
        assert!(in_days(0, 0).is_err() && in_days(MAX_DAYS + 1, 0).is_err());
        assert!(expiry(Some(5), 5).is_err() && expiry(Some(i64::MAX), 5).is_err());
        assert_eq!(expiry(Some(6), 5).unwrap(), Some(6));
        assert_eq!(expiry(None, 5).unwrap(), None);
    }
}
