//! The routes: statuses, headers and envelopes, as a client sees them.

use std::sync::Arc;

use crate::house::{House, NOW_MS};
use actix_web::App;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use roster_device_users::{Config, DeviceUsers, http};
use roster_persistence::testing::TestDatabase;
use serde_json::{Value, json};

const SEED: &str = include_str!("../../../../tests/fixtures/seeds/device-users.create.request.json");
const LOGIN: &str = r#"{"username":"admin","password":"demo-password"}"#;

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn on_sqlite() -> (House, Arc<DeviceUsers>) {
    let house = House::on(TestDatabase::sqlite()).await;
    let service = Arc::new(house.service(Config::default()));
    (house, service)
}

/// Sends `request`. Whatever the answer says, it is an envelope.
async fn send(service: &Arc<DeviceUsers>, request: TestRequest) -> Answer {
    let app = init_service(App::new().configure(http::routes(service.clone()))).await;
    let response = call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body: Value = serde_json::from_slice(&read_body(response).await).unwrap();
    let keys: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "code", "msg"]);
    let answer = Answer { status, headers, body };
    assert!(answer.header("content-type").starts_with("application/json"));
    answer
}

fn post(path: &str, body: impl Into<String>) -> TestRequest {
    let body = body.into();
    TestRequest::post().uri(path).insert_header((CONTENT_TYPE, "application/json")).set_payload(body)
}

async fn bearer(service: &Arc<DeviceUsers>) -> (actix_web::http::header::HeaderName, String) {
    let answer = send(service, post("/v1/auth/login", LOGIN)).await;
    assert_eq!((answer.status, &answer.body["code"], &answer.body["msg"]), (200, &json!(200), &json!("OK")));
    (AUTHORIZATION, format!("Bearer {}", answer.body["data"]["token"].as_str().unwrap()))
}

#[actix_web::test]
async fn the_specs_example_as_it_stands() {
    let (_house, service) = on_sqlite().await;
    let bearer = bearer(&service).await;
    let answer = send(&service, post("/v1/user", SEED).insert_header(bearer.clone())).await;
    let picture = "/9j/2wCEAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4";
    let expected = json!({
        "data": {
            "user_id": 3, "name": "Jack", "avatar": picture, "type": 1, "ic_number": "", "job_number": "",
            "id_number": "", "groups": [1, 2], "is_admin": false, "remark": "", "create_at": NOW_MS,
            "update_at": NOW_MS, "feature": "", "guest_time_start": 0, "guest_time_end": 0
        },
        "code": 200,
        "msg": "OK"
    });
    assert_eq!((answer.status, answer.body.to_string()), (200, expected.to_string()));
    let answer = send(&service, post("/v1/user", SEED).insert_header(bearer)).await;
    assert_eq!((answer.status, &answer.body["code"], &answer.body["data"]), (409, &json!(409), &Value::Null));
}

#[actix_web::test]
async fn every_key_comes_back() {
    let (_house, service) = on_sqlite().await;
    let body = json!({
        "user_id": 4, "name": "访客", "avatar": null, "type": 2, "ic_number": "i", "job_number": "j",
        "id_number": "d", "groups": [2, 1, 2], "is_admin": true, "remark": "r", "feature": "f",
        "guest_time_start": 1, "guest_time_end": 2, "unknown": [{}]
    });
    let request = post("/v1/user", body.to_string()).insert_header(bearer(&service).await);
    let answer = send(&service, request).await;
    let expected = json!({
        "user_id": 4, "name": "访客", "avatar": "", "type": 2, "ic_number": "i", "job_number": "j",
        "id_number": "d", "groups": [2, 1], "is_admin": true, "remark": "r", "create_at": NOW_MS,
        "update_at": NOW_MS, "feature": "f", "guest_time_start": 1, "guest_time_end": 2
    });
    assert_eq!(answer.body["data"], expected);
}

#[actix_web::test]
async fn failures_are_envelopes_with_their_status() {
    let (_house, service) = on_sqlite().await;
    let bearer = bearer(&service).await;
    let user = |body: &str| post("/v1/user", body).insert_header(bearer.clone());
    let at = |method: Method, path: &str| TestRequest::default().method(method).uri(path);
    let large = format!(r#"{{"unknown":"{}"}}"#, "x".repeat(15 * 1024 * 1024));
    let cases = [
        (post("/v1/user", SEED), 401, 401, "Unauthorized"),
        (post("/v1/user", SEED).insert_header((AUTHORIZATION, "Bearer x")), 401, 401, "Unauthorized"),
        (user("{}"), 400, 400, "name is required; user_id is required; avatar is required unless"),
        (user("[]"), 400, 400, "must be a JSON object"),
        (user("{"), 400, 400, "malformed JSON"),
        (user(r#"{"name":"a","name":"b"}"#), 400, 400, "duplicate field `name`"),
        (user(&SEED.replace("[1,2]", "[1,77]")), 400, 400, "no group 77"),
        (user(&SEED.replace('3', "18446744073709551615")), 400, 400, "user_id must be 1 to 999998, got more"),
        (user(&large), 413, 413, "15728640 bytes"),
        (user(SEED).insert_header((CONTENT_TYPE, "text/plain")), 415, 415, "text/plain"),
        (post("/v1/auth/login", r#"{"username":"x","password":"x"}"#), 401, 1000, "Account Not Exist"),
        (post("/v1/auth/login", r#"{"username":"admin","password":"x"}"#), 401, 1001, "Password Wrong"),
        (post("/v1/auth/login", "{}"), 400, 400, "username is required; password is required"),
        (at(Method::GET, "/v1/unknown"), 404, 404, "Not Found"),
        (at(Method::GET, "/v1"), 404, 404, "Not Found"),
        (at(Method::GET, "/v2/datasync/clear"), 404, 404, "Not Found"),
        (at(Method::DELETE, "/v1/user"), 405, 405, "DELETE"),
        (at(Method::GET, "/v1/auth/login"), 405, 405, "GET"),
    ];
    for (request, status, code, msg) in cases {
        let answer = send(&service, request).await;
        let (got_code, text) = (&answer.body["code"], answer.body["msg"].as_str().unwrap());
        assert_eq!((answer.status, got_code), (status, &json!(code)), "{text}");
        assert!(text.contains(msg), "{text}");
        assert_eq!(answer.body["data"], Value::Null);
        match status {
            401 => assert!(answer.header("www-authenticate").starts_with("Bearer ")),
            405 => assert_eq!(answer.header("allow"), "POST"),
            _ => {}
        }
    }
}

#[actix_web::test]
async fn a_picture_of_ten_megabytes_comes_back_byte_for_byte() {
    let (_house, service) = on_sqlite().await;
    let bearer = bearer(&service).await;
    let with = |picture: &str| json!({"user_id": 5, "name": "a", "avatar": picture}).to_string();
    let picture = "/9j+".repeat(10 * 1024 * 1024 / 4);
    let too_large = post("/v1/user", with(&format!("{picture}AA"))).insert_header(bearer.clone());
    let answer = send(&service, too_large).await;
    assert_eq!(answer.body["msg"], "avatar must have at most 10485760 bytes, got 10485762");
    let answer = send(&service, post("/v1/user", with(&picture)).insert_header(bearer)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["data"]["avatar"] == picture, "the same text");
}

#[actix_web::test]
async fn the_codes_are_open_to_all() {
    let (_house, service) = on_sqlite().await;
    let answer = send(&service, TestRequest::get().uri("/v1/auth/errors")).await;
    assert_eq!((answer.status, &answer.body["code"]), (200, &json!(200)));
    assert_eq!(answer.body["data"]["1000"], "Account Not Exist");
    assert_eq!(answer.body["data"]["200"], "OK");
}

#[actix_web::test]
async fn throttled_answers_say_when_to_come_again() {
    let (_house, service) = on_sqlite().await;
    let wrong = r#"{"username":"admin","password":"wrong"}"#;
    for _ in 0..10 {
        assert_eq!(send(&service, post("/v1/auth/login", wrong)).await.status, 401);
    }
    let answer = send(&service, post("/v1/auth/login", LOGIN)).await;
    assert_eq!((answer.status, &answer.body["code"]), (429, &json!(429)));
    assert_eq!(answer.header("retry-after"), "1");
}
