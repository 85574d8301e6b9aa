//! The admin API's tenants.

use serde_json::{Value, json};

use super::{Dialect, Found, OPERATOR, Operation, body_or, pick, with};
use crate::http::{Answer, Connection, Request};
use crate::ledger::Subject;

const TENANTS: &str = "/admin/v1/tenants";

pub(super) struct Tenants;

impl Dialect for Tenants {
    fn name(&self) -> &'static str {
        "admin-tenants"
    }

    fn sign_in(&self, _: &mut Connection) -> Result<String, Answer> {
        Ok(OPERATOR.to_owned())
    }

    fn key(&self, number: u64) -> String {
        format!("tenant{number}")
    }

    fn create(&self, key: &str, number: u64) -> Operation {
        let content = json!({"id": key, "name": format!("Tenant {number}")});
        Operation { request: Request::new("POST", TENANTS, Some(content.clone())), after: Some(content) }
    }

    fn change(&self, subject: &Subject, content: &Value, _: &mut fastrand::Rng, number: u64) -> Operation {
        let change = json!({"name": format!("Tenant {number}")});
        let request = Request::new("PATCH", format!("{TENANTS}/{}", subject.key), Some(change.clone()));
        Operation { request, after: with(content, &change) }
    }

    fn delete(&self, subject: &Subject) -> Operation {
        let request = Request::new("DELETE", format!("{TENANTS}/{}", subject.key), None);
        Operation { request, after: None }
    }

    fn id(&self, _: &Value) -> Option<String> {
        None
    }

    fn read(&self, key: &str, _: Option<&str>) -> Vec<Request> {
        vec![Request::new("GET", format!("{TENANTS}/{key}"), None)]
    }

    fn found(&self, _: &str, answers: &[Answer]) -> Result<Found, String> {
        Ok(body_or(&answers[0], 404)?.map(|body| (None, pick(body, &["id", "name"]))))
    }

    fn password_check(&self, _: &str, _: &Value, _: &str) -> Option<Request> {
        None
    }

    fn is_right(&self, answer: &Answer) -> Result<bool, String> {
        Err(format!("{answer}"))
    }

    fn probe(&self) -> Request {
        Request::new("GET", format!("{TENANTS}/demo"), None)
    }
}
