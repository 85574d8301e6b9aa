//! CIAM users of the demonstration's tenant.

use serde_json::{Value, json};

use super::{Dialect, Found, OPERATOR, Operation, is_valid, mobile, pick, token, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const USERS: &str = "/api/v2/tenant/users";
const FIELDS: [&str; 7] = ["user_name", "name", "mobile", "email", "attr_nick_name", "extension", "disabled"];

pub(super) struct TenantCiam;

/// A password of the number's digits, between which letters stand: a policy refuses repetitions.
fn password(number: u64) -> String {
    let digits: Vec<String> = format!("{number:06}").chars().map(String::from).collect();
    format!("Tt-{}!", digits.join("x"))
}

impl Dialect for TenantCiam {
    fn name(&self) -> &'static str {
        "tenant-ciam"
    }

    fn sign_in(&self, connection: &mut Connection) -> Result<String, Answer> {
        let form = "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret";
        let request = Request::new("POST", "/api/v2/tenant/token", Some(Value::String(form.to_owned())));
        token(connection, &request, "/access_token")
    }

    fn key(&self, number: u64) -> String {
        format!("customer{number}")
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let mut content = json!({
            "user_name": key, "name": format!("Name {number}"), "mobile": mobile(number),
            "email": format!("{key}@example.com"), "attr_nick_name": format!("Nick {number}"),
            "extension": {"age": number.to_string()},
        });
        let mut body = content.clone();
        body["pwd"] = json!(password(number));
        content["disabled"] = json!(false);
        content["password"] = json!(password(number));
        Operation { request: Request::new("POST", USERS, Some(body)), after: Some(content) }
    }

    fn change(&self, subject: &Subject, content: &Value, rng: &mut fastrand::Rng, number: u64) -> Operation {
        let at = format!("{USERS}/{}", subject.id.as_deref().unwrap_or_default());
        let (path, body, change) = match (rng.u8(0..4), content["disabled"] == true) {
            (0, false) => (
                format!("{at}/change-password"),
                Some(json!({"password": password(number)})),
                json!({"password": password(number)}),
            ),
            (1, false) => (format!("{at}/disable"), None, json!({"disabled": true})),
            (0 | 1, true) => (format!("{at}/enable"), None, json!({"disabled": false})),
            _ => {
                let change = json!({
                    "name": format!("Name {number}"), "mobile": mobile(number),
                    "extension": {"age": number.to_string()},
                });
                (at, Some(change.clone()), change)
            }
        };
        Operation { request: Request::new("PUT", path, body), after: with(content, &change) }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let id = subject.id.as_deref().unwrap_or_default();
        Operation { request: Request::new("DELETE", format!("{USERS}/{id}"), None), after: None }
    }

    fn id(&self, body: &Value) -> Option<String> {
        body["user_id"].as_str().map(str::to_owned)
    }

    fn read(&self, key: &str, _: Option<&str>) -> Vec<Request> {
        vec![Request::new("POST", format!("{USERS}/user-by-username"), Some(json!({"user_name": key})))]
    }

    fn found(&self, _: &str, answers: &[Answer]) -> Result<Found, String> {
        match &answers[0] {
            Answer::Reply(200, body) => Ok(Some((self.id(body), pick(body, &FIELDS)))),
            Answer::Reply(400, body) if body["error_code"] == "IDAAS.TENANT.USER.0001" => Ok(None),
            other => Err(format!("{other}")),
        }
    }

    fn password_check(&self, key: &str, content: &Value, password: &str) -> Option<Request> {
        let body = json!({"user_name": key, "password": password});
        let request = Request::new("POST", "/admin/v1/tenants/demo/users/verify-password", Some(body));
        (content["disabled"] == false).then(|| request.header("Authorization", OPERATOR))
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        is_valid(answer)
    }

    fn probe(&self) -> Request {
        Request::new("GET", format!("{USERS}?size=1"), None)
    }
}
