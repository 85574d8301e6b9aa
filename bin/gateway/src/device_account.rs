//! Device accounts: the software that calls the device users dialect. What the admin API and the
//! command line do with them is one code.

use roster_auth::AccountState;
use roster_device_users::{AccountName, REALM};
use roster_kernel::{Change, PortError, Rule, Secret, hex_token, is_weak_password};

use crate::compose::House;

/// The shortest password that somebody may choose, in characters.
const MIN_CHARS: usize = 8;

/// The longest password, in bytes: what a login reads.
const MAX_BYTES: usize = 1024;

/// Why nothing was done with an account.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The name or the password breaks a rule.
    #[error("{0}")]
    Invalid(String),
    /// There is no such account.
    #[error("there is no device account '{0}'")]
    NotFound(String),
    /// There is one already.
    #[error("there is a device account '{0}' already")]
    Taken(String),
    /// The store or the hashing failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A password as an operator chose it.
fn chosen(password: Secret) -> Result<Secret, Refusal> {
    let text = password.expose();
    if text.chars().count() < MIN_CHARS || text.len() > MAX_BYTES {
        let rule =
            format!("password must have at least {MIN_CHARS} characters and at most {MAX_BYTES} bytes");
        return Err(Refusal::Invalid(rule));
    }
    if is_weak_password(text) {
        let rule =
            "password is one of the most common: choose another, or leave it out and get a generated one";
        return Err(Refusal::Invalid(rule.into()));
    }
    Ok(password)
}

/// The accounts, by name.
pub(crate) async fn list(house: &House) -> Result<Vec<AccountState>, Refusal> {
    Ok(house.accounts.list(REALM).await?)
}

/// Makes the account `name`. Without a password one is generated, and answered.
pub(crate) async fn create(
    house: &House,
    change: &Change,
    name: &str,
    password: Option<Secret>,
) -> Result<Option<Secret>, Refusal> {
    AccountName::parse(name).map_err(|rule| Refusal::Invalid(name_rule(&rule)))?;
    let generated = password.is_none().then(|| Secret::new(hex_token(house.random.as_ref(), 16)));
    let password = match (&generated, password) {
        (Some(generated), _) => Secret::from(generated.expose().as_str()),
        (None, password) => chosen(password.unwrap_or_else(|| "".into()))?,
    };
    let made = house.accounts.create(change, REALM, name, &password).await?;
    if made { Ok(generated) } else { Err(Refusal::Taken(name.to_owned())) }
}

/// Gives the account `name` a new password; tokens of the one before stop.
pub(crate) async fn set_password(
    house: &House,
    change: &Change,
    name: &str,
    password: Secret,
) -> Result<(), Refusal> {
    let set = house.accounts.set_secret(change, REALM, known(name)?, &chosen(password)?).await?;
    found(set, name)
}

/// Switches the account `name` off, or on again.
pub(crate) async fn set_disabled(
    house: &House,
    change: &Change,
    name: &str,
    disabled: bool,
) -> Result<(), Refusal> {
    found(house.accounts.set_disabled(change, REALM, known(name)?, disabled).await?, name)
}

/// Removes the account `name`.
pub(crate) async fn delete(house: &House, change: &Change, name: &str) -> Result<(), Refusal> {
    found(house.accounts.delete(change, REALM, known(name)?).await?, name)
}

/// A name that no account can have is one that is not there.
fn known(name: &str) -> Result<&str, Refusal> {
    AccountName::parse(name).map(|_| name).map_err(|_| Refusal::NotFound(name.to_owned()))
}

fn found(found: bool, name: &str) -> Result<(), Refusal> {
    if found { Ok(()) } else { Err(Refusal::NotFound(name.to_owned())) }
}

fn name_rule(rule: &Rule) -> String {
    match rule {
        Rule::Format(form) => format!("name {form}"),
        _ => "name is none".to_owned(),
    }
}
