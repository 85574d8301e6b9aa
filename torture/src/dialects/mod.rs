//! What is written through each dialect, and how it is read back.

mod device_accounts;
mod device_users;
mod enterprise_users;
mod iot_roles;
mod tenant_ciam;
mod tenants;

use serde_json::Value;

use crate::http::{Answer, Connection, Request};
use crate::ledger::{State, Subject};

/// The admin API's credential.
pub(crate) const OPERATOR: &str = "Bearer demo-operator-token";

/// A write, and what it makes of its subject.
pub(crate) struct Operation {
    pub(crate) request: Request,
    pub(crate) after: State,
}

/// What a subject's content was read as: its id, and the content without the password.
pub(crate) type Found = Option<(Option<String>, Value)>;

/// One kind of subject.
pub(crate) trait Dialect: Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Gets an `Authorization` header; an error is the answer that holds none.
    fn sign_in(&self, connection: &mut Connection) -> Result<String, Answer>;

    /// A key that no other subject has: `number` is the run's own.
    fn key(&self, number: u64) -> String;

    /// The creation of a subject.
    fn create(&self, key: &str, number: u64) -> Operation;

    /// A change of a subject that exists with this content. It always changes something.
    fn change(&self, subject: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation;

    /// The deletion of a subject.
    fn delete(&self, subject: &Subject) -> Operation;

    /// The id in the answer to a creation, if the gateway gives one.
    fn id(&self, body: &Value) -> Option<String>;

    /// The requests that read a subject, all with the credential.
    fn read(&self, key: &str, id: Option<&str>) -> Vec<Request>;

    /// What their answers say; an error is an answer that says neither.
    fn found(&self, key: &str, answers: &[Answer]) -> Result<Found, String>;

    /// The request that tells whether a password is the subject's, if its content lets it be asked.
    fn password_check(&self, key: &str, content: &Value, password: &str) -> Option<Request>;

    /// Whether the answer to that says that it is.
    fn is_right(&self, answer: &Answer) -> Result<bool, String>;

    /// A read that any gateway with the demonstration data answers with 200.
    fn probe(&self) -> Request;
}

/// All of them.
pub(crate) static ALL: [&dyn Dialect; 6] = [
    &enterprise_users::EnterpriseUsers,
    &device_users::DeviceUsers,
    &tenant_ciam::TenantCiam,
    &iot_roles::IotRoles,
    &tenants::Tenants,
    &device_accounts::DeviceAccounts,
];

/// A read's answer: the body, or nothing for one of the `missing` statuses.
fn body_or(answer: &Answer, missing: u16) -> Result<Option<&Value>, String> {
    match answer {
        Answer::Reply(200, body) => Ok(Some(body)),
        Answer::Reply(status, _) if *status == missing => Ok(None),
        other => Err(format!("{other}")),
    }
}

/// The members `names` of an object.
fn pick(body: &Value, names: &[&str]) -> Value {
    names.iter().map(|&name| (name.to_owned(), body[name].clone())).collect()
}

/// The same object with some members replaced.
fn with(content: &Value, members: &Value) -> State {
    let mut after = content.clone();
    if let (Some(after), Some(members)) = (after.as_object_mut(), members.as_object()) {
        after.extend(members.clone());
    }
    Some(after)
}

/// A mobile number that no other `number` has.
fn mobile(number: u64) -> String {
    format!("13{number:09}")
}

/// Whether an answer of the admin API's `verify-password` says yes.
fn is_valid(answer: &Answer) -> Result<bool, String> {
    match answer {
        Answer::Reply(200, body) if body["locked"] == false => Ok(body["valid"] == true),
        other => Err(format!("{other}")),
    }
}

/// Whether a sign-in was let in.
fn is_signed_in(answer: &Answer) -> Result<bool, String> {
    match answer.status() {
        200 => Ok(true),
        401 => Ok(false),
        _ => Err(format!("{answer}")),
    }
}

/// Sends a sign-in and takes the token from its answer.
fn token(connection: &mut Connection, request: &Request, pointer: &str) -> Result<String, Answer> {
    let answer = connection.send(request);
    match &answer {
        Answer::Reply(200, body) => match body.pointer(pointer).and_then(Value::as_str) {
            Some(token) => Ok(format!("Bearer {token}")),
            None => Err(answer),
        },
        _ => Err(answer),
    }
}
