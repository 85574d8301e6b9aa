//! IoT users of role AREA, with their areas.

use serde_json::{Value, json};

use super::{Dialect, Found, Operation, body_or, is_signed_in, pick, token, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const USERS: &str = "/server/users";
const FIELDS: [&str; 4] = ["username", "email", "status", "roles"];

/// The demonstration's sites.
const SITES: [&str; 3] = ["5caa9b7dddd50a20164a4cd8", "59dc8f8c16bbb720b82f67e3", "59e4798cc915d92da081f1f9"];

pub(super) struct IotRoles;

fn login(name: &str, password: &str) -> Request {
    Request::new("POST", "/server/login", Some(json!({"username": name, "password": password})))
}

impl Dialect for IotRoles {
    fn name(&self) -> &'static str {
        "iot-roles"
    }

    fn sign_in(&self, connection: &mut Connection) -> Result<String, Answer> {
        token(connection, &login("admin", "demo-password"), "/token")
    }

    fn key(&self, number: u64) -> String {
        format!("keeper{number}")
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let password = format!("password-{number}");
        let site = SITES[usize::try_from(number % 3).unwrap_or(0)];
        let email = format!("{key}@example.com");
        let body =
            json!({"username": key, "password": password, "email": email, "role": "AREA", "area": [site]});
        let content = json!({
            "username": key, "email": email, "status": "enable", "roles": ["AREA"], "area": [site],
            "password": password,
        });
        Operation { request: Request::new("POST", USERS, Some(body)), after: Some(content) }
    }

    fn change(&self, subject: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation {
        let id = subject.id.as_deref().unwrap_or_default();
        let is_enabled = content["status"] == "enable";
        let (path, body, change) = match rng.u8(0..3) {
            0 if is_enabled => {
                let password = format!("password-{number}");
                let change = json!({"password": password});
                (format!("{USERS}/{id}/password"), change.clone(), change)
            }
            1 => {
                let status = if is_enabled { "pending" } else { "enable" };
                let body = json!({"userId": id, "status": status});
                (format!("{USERS}/status"), body, json!({"status": status}))
            }
            _ => {
                let now = content["area"][0].as_str();
                let other: Vec<&str> = SITES.into_iter().filter(|site| Some(*site) != now).collect();
                let site = other[rng.usize(..other.len())];
                (USERS.to_owned(), json!({"userId": id, "area": [site]}), json!({"area": [site]}))
            }
        };
        Operation { request: Request::new("PATCH", path, Some(body)), after: with(content, &change) }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let id = subject.id.as_deref().unwrap_or_default();
        Operation { request: Request::new("DELETE", format!("{USERS}/{id}"), None), after: None }
    }

    fn id(&self, body: &Value) -> Option<String> {
        body["id"].as_str().map(str::to_owned)
    }

    fn read(&self, key: &str, _: Option<&str>) -> Vec<Request> {
        vec![Request::new("GET", format!("{USERS}/{key}"), None)]
    }

    fn found(&self, _: &str, answers: &[Answer]) -> Result<Found, String> {
        Ok(body_or(&answers[0], 404)?.map(|body| {
            let mut content = pick(body, &FIELDS);
            let areas = body["area"].as_array().into_iter().flatten();
            content["area"] = areas.map(|area| area["id"].clone()).collect();
            (self.id(body), content)
        }))
    }

    fn password_check(&self, key: &str, content: &Value, password: &str) -> Option<Request> {
        (content["status"] == "enable").then(|| login(key, password))
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        is_signed_in(answer)
    }

    fn probe(&self) -> Request {
        Request::new("GET", format!("{USERS}/me"), None)
    }
}
