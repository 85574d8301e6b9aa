//! The accounts that sign in to the device dialect, as the admin API keeps them.

use serde_json::{Value, json};

use super::{Dialect, Found, OPERATOR, Operation, device_users, is_signed_in, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const ACCOUNTS: &str = "/admin/v1/device-accounts";

pub(super) struct DeviceAccounts;

fn password(number: u64) -> String {
    format!("torture-{number}-word")
}

impl Dialect for DeviceAccounts {
    fn name(&self) -> &'static str {
        "admin-device-accounts"
    }

    fn sign_in(&self, _: &mut Connection) -> Result<String, Answer> {
        Ok(OPERATOR.to_owned())
    }

    fn key(&self, number: u64) -> String {
        format!("account{number}")
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let body = json!({"name": key, "password": password(number)});
        let content = json!({"name": key, "enabled": true, "password": password(number)});
        Operation { request: Request::new("POST", ACCOUNTS, Some(body)), after: Some(content) }
    }

    fn change(&self, subject: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation {
        let at = format!("{ACCOUNTS}/{}", subject.key);
        let (path, body, change) = match (rng.bool(), content["enabled"] == true) {
            (true, true) => {
                let change = json!({"password": password(number)});
                (format!("{at}/password"), Some(change.clone()), change)
            }
            (_, true) => (format!("{at}/disable"), None, json!({"enabled": false})),
            (_, false) => (format!("{at}/enable"), None, json!({"enabled": true})),
        };
        Operation { request: Request::new("PUT", path, body), after: with(content, &change) }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let request = Request::new("DELETE", format!("{ACCOUNTS}/{}", subject.key), None);
        Operation { request, after: None }
    }

    fn id(&self, _: &Value) -> Option<String> {
        None
    }

    fn read(&self, _: &str, _: Option<&str>) -> Vec<Request> {
        vec![Request::new("GET", ACCOUNTS, None)]
    }

    fn found(&self, key: &str, answers: &[Answer]) -> Result<Found, String> {
        let Answer::Reply(200, body) = &answers[0] else { return Err(answers[0].to_string()) };
        let items = body["items"].as_array().ok_or_else(|| format!("{body}"))?;
        let account = items.iter().find(|account| account["name"] == key);
        Ok(account.map(|account| (None, json!({"name": key, "enabled": account["enabled"]}))))
    }

    fn password_check(&self, key: &str, content: &Value, password: &str) -> Option<Request> {
        (content["enabled"] == true).then(|| device_users::login(key, password))
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        is_signed_in(answer)
    }

    fn probe(&self) -> Request {
        Request::new("GET", "/admin/v1/operator", None)
    }
}
