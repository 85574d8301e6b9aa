//! Enterprise users: accounts, their passwords and the administrators' rank.

use serde_json::{Value, json};

use super::{Dialect, Found, OPERATOR, Operation, body_or, is_valid, mobile, pick, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const USERS: &str = "/openapi/v1/users";
const ADMINISTRATORS: &str = "/openapi/v1/administrators";
const FIELDS: [&str; 5] = ["nick_name", "enterprise_id", "email", "phone", "is_active"];

pub(super) struct EnterpriseUsers;

impl Dialect for EnterpriseUsers {
    fn name(&self) -> &'static str {
        "enterprise-users"
    }

    fn sign_in(&self, _: &mut Connection) -> Result<String, Answer> {
        Ok("demo-enterprise-key".to_owned())
    }

    fn key(&self, number: u64) -> String {
        format!("user{number}")
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let password = format!("password-{number}");
        let mut content = json!({
            "nick_name": key, "enterprise_id": "demo", "email": format!("{key}@example.com"), "phone": mobile(number),
        });
        let mut body = content.clone();
        body["password"] = json!(password);
        content["is_active"] = json!(true);
        content["is_administrator"] = json!(false);
        content["password"] = json!(password);
        Operation { request: Request::new("POST", USERS, Some(body)), after: Some(content) }
    }

    fn change(&self, subject: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation {
        let id = subject.id.as_deref().unwrap_or_default();
        let put = |path: String, body: Value, members: Value| Operation {
            request: Request::new("PUT", path, Some(body)),
            after: with(content, &members),
        };
        let is_active = content["is_active"] == true;
        match rng.u8(0..4) {
            0 if is_active => {
                let password = format!("password-{number}");
                let body = json!({"password": password, "password1": password});
                put(format!("{USERS}/{id}/changepwd"), body, json!({"password": password}))
            }
            1 if is_active && content["is_administrator"] == false => Operation {
                request: Request::new(
                    "POST",
                    ADMINISTRATORS,
                    Some(json!({"user_id": id.parse::<i64>().unwrap_or_default(), "eid": "demo"})),
                ),
                after: with(content, &json!({"is_administrator": true})),
            },
            1 if content["is_administrator"] == true => Operation {
                request: Request::new("DELETE", format!("{ADMINISTRATORS}/{id}"), None),
                after: with(content, &json!({"is_administrator": false})),
            },
            2 => {
                let change = json!({"is_active": !is_active});
                put(format!("{USERS}/{id}"), change.clone(), change)
            }
            _ => {
                let change = json!({"email": format!("mail{number}@example.com"), "phone": mobile(number)});
                put(format!("{USERS}/{id}"), change.clone(), change)
            }
        }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let id = subject.id.as_deref().unwrap_or_default();
        Operation { request: Request::new("DELETE", format!("{USERS}/{id}"), None), after: None }
    }

    fn id(&self, body: &Value) -> Option<String> {
        body["user_id"].as_i64().map(|id| id.to_string())
    }

    fn read(&self, key: &str, _: Option<&str>) -> Vec<Request> {
        vec![
            Request::new("GET", format!("{USERS}/{key}"), None),
            Request::new("GET", format!("{ADMINISTRATORS}?page_size=1000"), None),
        ]
    }

    fn found(&self, key: &str, answers: &[Answer]) -> Result<Found, String> {
        let Some(body) = body_or(&answers[0], 404)? else { return Ok(None) };
        let administrators = body_or(&answers[1], 404)?.map(|body| &body["users"]);
        let mut content = pick(body, &FIELDS);
        let is_one = administrators.and_then(Value::as_array);
        let is_one = is_one.is_some_and(|users| users.iter().any(|user| user["nick_name"] == key));
        content["is_administrator"] = json!(is_one);
        Ok(Some((self.id(body), content)))
    }

    fn password_check(&self, key: &str, content: &Value, password: &str) -> Option<Request> {
        let body = json!({"nick_name": key, "enterprise_id": "demo", "password": password});
        let request = Request::new("POST", "/admin/v1/enterprise-users/verify-password", Some(body));
        (content["is_active"] == true).then(|| request.header("Authorization", OPERATOR))
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        is_valid(answer)
    }

    fn probe(&self) -> Request {
        Request::new("GET", format!("{USERS}/admin"), None)
    }
}
