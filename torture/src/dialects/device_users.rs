//! Device users and their groups.

use serde_json::{Value, json};

use super::{Dialect, Found, Operation, body_or, pick, token, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const FIELDS: [&str; 5] = ["user_id", "name", "remark", "job_number", "feature"];

/// The demonstration's groups.
const GROUPS: std::ops::RangeInclusive<u64> = 1..=100;

pub(super) struct DeviceUsers;

/// The sign-in as a device account.
pub(super) fn login(name: &str, password: &str) -> Request {
    let body = json!({"username": name, "password": password, "validTime": 1440});
    Request::new("POST", "/v1/auth/login", Some(body))
}

impl Dialect for DeviceUsers {
    fn name(&self) -> &'static str {
        "device-users"
    }

    fn sign_in(&self, connection: &mut Connection) -> Result<String, Answer> {
        token(connection, &login("admin", "demo-password"), "/data/token")
    }

    fn key(&self, number: u64) -> String {
        number.to_string()
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let content = json!({
            "user_id": key.parse::<u64>().unwrap_or_default(), "name": format!("name {number}"),
            "remark": format!("remark {number}"), "job_number": number.to_string(), "feature": "AAAA",
            "groups": [1 + number % 100],
        });
        Operation { request: Request::new("POST", "/v1/user", Some(content.clone())), after: Some(content) }
    }

    fn change(&self, _: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation {
        let id = &content["user_id"];
        let mut groups: Vec<u64> =
            content["groups"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
        let ids = json!({"ids": [id]});
        match rng.u8(0..4) {
            0 => {
                let group = rng.u64(GROUPS);
                if groups.contains(&group) {
                    let change = json!({"name": format!("name {number}")});
                    let request = Request::new("PUT", format!("/v1/user/id/{id}"), Some(change.clone()));
                    return Operation { request, after: with(content, &change) };
                }
                groups.push(group);
                groups.sort_unstable();
                let request = Request::new("POST", format!("/v1/group/id/{group}/users"), Some(ids));
                Operation { request, after: with(content, &json!({"groups": groups})) }
            }
            1 if !groups.is_empty() => {
                let group = groups.swap_remove(rng.usize(..groups.len()));
                groups.sort_unstable();
                let request = Request::new("DELETE", format!("/v1/group/id/{group}/users"), Some(ids));
                Operation { request, after: with(content, &json!({"groups": groups})) }
            }
            _ => {
                let change = json!({
                    "name": format!("name {number}"), "remark": format!("remark {number}"),
                    "job_number": number.to_string(),
                });
                let request = Request::new("PUT", format!("/v1/user/id/{id}"), Some(change.clone()));
                Operation { request, after: with(content, &change) }
            }
        }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let request = Request::new("DELETE", format!("/v1/user/id/{}", subject.key), None);
        Operation { request, after: None }
    }

    fn id(&self, _: &Value) -> Option<String> {
        None
    }

    fn read(&self, key: &str, _: Option<&str>) -> Vec<Request> {
        vec![Request::new("GET", format!("/v1/user/id/{key}"), None)]
    }

    fn found(&self, _: &str, answers: &[Answer]) -> Result<Found, String> {
        let body = body_or(&answers[0], 404)?;
        Ok(body.map(|body| {
            let mut content = pick(&body["data"], &FIELDS);
            let groups = body["data"]["groups"].as_array();
            let mut groups: Vec<u64> = groups.into_iter().flatten().filter_map(Value::as_u64).collect();
            groups.sort_unstable();
            content["groups"] = json!(groups);
            (None, content)
        }))
    }

    fn password_check(&self, _: &str, _: &Value, _: &str) -> Option<Request> {
        None
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        Err(format!("{answer}"))
    }

    fn probe(&self) -> Request {
        Request::new("GET", "/v1/group/id/1", None)
    }
}
