//! Making a user.

use actix_web::http::header;
use actix_web::test::TestRequest;
use roster_iot_roles::{Config, ObjectId};
use serde_json::{Value, json};

use crate::house::{AREA_1, House, bearer, guard, is, user};

const SEED: &str = include_str!("../../../../tests/fixtures/seeds/iot-roles.create.request.json");

#[actix_web::test]
async fn the_specs_request_works_as_it_stands() {
    let house = House::new(Config::default()).await;
    let request = TestRequest::post()
        .uri("/server/user")
        .insert_header(bearer(&house.token("admin").await))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .set_payload(SEED);
    let answer = house.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().unwrap().keys().collect();
    let spelled = ["id", "username", "status", "email", "roles", "isSystem", "isArea", "isDevice", "area"];
    assert_eq!(keys, spelled);
    assert_eq!(body["roles"], json!(["AREA"]));
    assert_eq!((&body["status"], &body["isArea"]), (&json!("enable"), &json!(true)));
    assert_eq!(body["area"][1]["id"], "59e4798cc915d92da081f1f9");
    assert_eq!(body["area"][0]["location"]["name"], "demo");
    assert!(ObjectId::parse(body["id"].as_str().unwrap()).is_some());
    // It is the user's own: he signs in with it.
    let login = house.login(json!({"username": "caoxinyu", "password": "password", "domain": "demo"})).await;
    assert_eq!(login.status, 200, "{}", login.text);
    let recorded = "store_journal WHERE verb = 'create' AND realm = '' AND dialect = 'iot-roles' \
                    AND fields = '[\"username\",\"role\",\"status\",\"email\",\"area\",\"password\"]'";
    assert_eq!(house.count(recorded).await, 1);
    assert_eq!(house.count("store_journal_values WHERE after_json LIKE '%argon2%'").await, 0);
}

#[actix_web::test]
async fn every_path_is_served_twice_and_nothing_else_is() {
    let house = House::new(Config::default()).await;
    let admin = house.token("admin").await;
    let paths = ["/server/user", "/server/users", "/user", "/users", "/server/users/", "/users/"];
    for (number, path) in paths.into_iter().enumerate() {
        let answer = house.post(path, &admin, &user(&format!("u{number}"))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let answer = house.send(TestRequest::delete().uri(path)).await;
        let allowed = if path.contains("users") { "GET, HEAD, POST, PATCH" } else { "POST" };
        let message = format!("method DELETE is not allowed; allowed: {allowed}");
        assert_eq!(answer.error(), is(405, &message), "{path}");
        assert_eq!((answer.header(header::ALLOW), &answer.json()["path"]), (allowed, &json!(path)));
    }
    for path in ["/server/login", "/login"] {
        let body = json!({"username": "admin", "password": "demo-password"});
        assert_eq!(house.send(TestRequest::post().uri(path).set_json(body)).await.status, 200, "{path}");
    }
    for path in ["/server/token", "/token"] {
        assert_eq!(house.send(TestRequest::get().uri(path)).await.error(), is(403, "Access Denied"));
        let request = TestRequest::default().method(actix_web::http::Method::HEAD).uri(path);
        let answer = house.send(request).await;
        assert_eq!((answer.status, answer.header(header::ALLOW)), (405, "GET"));
    }
    for path in ["/server", "/server/", "/server/nothing", "/server/user/x"] {
        assert_eq!(house.send(TestRequest::get().uri(path)).await.error(), is(404, "no such path"), "{path}");
    }
    for path in ["/", "/nothing", "/user/x", "/servers"] {
        let answer = house.send(TestRequest::get().uri(path)).await;
        assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{path}: nobody's");
    }
    let house = House::new(Config { root_paths: false, ..Config::default() }).await;
    let admin = house.token("admin").await;
    assert_eq!(house.post("/users", &admin, &user("u")).await.text, "");
    assert_eq!(house.post("/server/users", &admin, &user("u")).await.status, 200);
}

#[actix_web::test]
async fn checks_come_in_their_order() {
    let house = House::new(Config::default()).await;
    let (admin, guards) = (house.token("admin").await, house.token("guard").await);
    let send = |token: Option<String>, kind: &'static str, body: String| {
        let mut request = TestRequest::post().uri("/server/users").set_payload(body);
        request = request.insert_header((header::CONTENT_TYPE, kind));
        if let Some(token) = token {
            request = request.insert_header(bearer(&token));
        }
        house.send(request)
    };
    let json_type = "application/json";
    let answer = send(None, "text/plain", "{".into()).await;
    assert_eq!(answer.plain(), (401, "Authorization header cannot be blank!"));
    let answer = send(Some(guards.clone()), "text/plain", "{".into()).await;
    assert_eq!(answer.error().0, 415, "the media type before the rank");
    for unreadable in ["", "{", "[]", r#"{"role":"BOSS"}"#, r#"{"role":1}"#, r#"{"username":1}"#] {
        let answer = send(Some(guards.clone()), json_type, unreadable.into()).await;
        assert_eq!(answer.error().0, 400, "the form before the rank: {unreadable}");
    }
    let answer = send(Some(guards), json_type, "x".repeat(256 * 1024 + 1)).await;
    assert_eq!(answer.error().0, 413);
    for name in ["guard", "thing"] {
        let answer = house.post("/users", &house.token(name).await, &json!({})).await;
        assert_eq!(answer.error(), is(403, "Forbidden"), "the rank before the fields");
    }
    let unknown = json!(["no id"]);
    let nested = json!([AREA_1, AREA_1]);
    let mut body = guard("admin", &unknown);
    let refusal = async |body: &Value| house.post("/users", &admin, body).await.error();
    body["password"] = "short".into();
    body["role"] = Value::Null;
    assert_eq!(refusal(&body).await, is(406, "password must have at least 8 characters"));
    body["password"] = "password".into();
    assert_eq!(refusal(&body).await, is(406, "error role"));
    body["role"] = "AREA".into();
    assert_eq!(refusal(&body).await, is(404, "location id:no id not found"));
    body["area"] = nested;
    assert_eq!(refusal(&body).await, is(406, "area: 002共享单车 area: 002共享单车 overlap"));
    body["area"] = json!([AREA_1, "5caa9b2addd50a20164a4cd6"]);
    assert_eq!(refusal(&body).await, is(406, "area: 002共享单车 area: demo overlap"));
    body["area"] = json!([AREA_1]);
    assert_eq!(refusal(&body).await, is(409, "user name:admin conflict"));
}

#[actix_web::test]
async fn areas_belong_to_the_role_area_and_may_be_none() {
    let house = House::new(Config::default()).await;
    let admin = house.token("admin").await;
    let mut cases = vec![guard("a", &Value::Null), guard("b", &json!([])), user("c"), user("d")];
    cases[2]["area"] = json!(["no id", null]);
    cases[3]["role"] = "DEVICE".into();
    cases[3]["area"] = json!(["no id"]);
    for body in cases {
        let answer = house.post("/users", &admin, &body).await;
        assert_eq!((answer.status, &answer.json()["area"]), (200, &Value::Null), "{}", answer.text);
        let roles = [("isSystem", "SYSTEM"), ("isArea", "AREA"), ("isDevice", "DEVICE")];
        for (key, role) in roles {
            assert_eq!(answer.json()[key], body["role"] == role);
        }
    }
    let whole = json!(["5caa9b2addd50a20164a4cd6"]);
    let answer = house.post("/users", &admin, &guard("e", &whole)).await;
    assert_eq!(answer.json()["area"][0]["type"], "domain", "{}", answer.text);
}
