//! Signing in, and what tokens are good for.

use actix_web::http::header;
use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection as _;
use roster_auth::HashingConfig;
use roster_iot_roles::{Config, DieselStore, REALM, Store as _};
use roster_kernel::ports::{JwtAlgorithm, TokenSigner as _};
use serde_json::{Map, Value, json};

use crate::house::{House, MINUTE_MS, bearer, is, service, user};

#[actix_web::test]
async fn bad_tokens_are_told_apart_in_plain_text() {
    let house = House::new(Config::default()).await;
    let (access, refresh) = house.tokens("admin").await;
    let with = |value: &str| {
        house.send(TestRequest::post().uri("/users").insert_header((header::AUTHORIZATION, value)))
    };
    assert_eq!(with("").await.plain(), (401, "Authorization header cannot be blank!"));
    for other in ["Basic YTpi", "Bearer", "bearer x", &access] {
        let answer = with(other).await;
        assert_eq!(answer.plain(), (401, "Authorization header must start with Bearer!"), "{other}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
    }
    let invalid = (401, "Invalid JWT token: not a token of this service");
    let forged = format!("{}x", &access[..access.len() - 4]);
    for bad in ["x", "a.b.c", &forged] {
        assert_eq!(with(&format!("Bearer {bad}")).await.plain(), invalid, "{bad}");
    }
    assert_eq!(with(&format!("Bearer {refresh}")).await.plain(), (401, "JWT Token not exist"));
    assert_eq!(with(&format!("Bearer {access}")).await.error().0, 415, "a good one gets through");

    house.execute("UPDATE iot_users SET status = 'pending' WHERE username = 'admin'").await;
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "User is disabled"));
    let chinese = TestRequest::post().uri("/users").insert_header(bearer(&access));
    let answer = house.send(chinese.insert_header((header::ACCEPT_LANGUAGE, "zh-CN"))).await;
    assert_eq!(answer.plain(), (401, "用户已失效"));
    assert_eq!(house.get("/token", &refresh).await.plain(), (401, "User is disabled"));
    let login = json!({"username": "admin", "password": "demo-password"});
    assert_eq!(house.login(login).await.error(), is(401, "User is disabled"));

    house.execute("DELETE FROM iot_users WHERE username = 'admin'").await;
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "User: admin was not found"));
    let guards = house.token("guard").await;
    house.execute("DELETE FROM iot_sessions").await;
    assert_eq!(with(&format!("Bearer {guards}")).await.plain(), (401, "JWT Token not exist"));
    house.clock.advance(60 * MINUTE_MS);
    assert_eq!(with(&format!("Bearer {access}")).await.plain(), (401, "JWT Token expired"));
}

#[actix_web::test]
async fn a_login_answers_a_pair_with_the_chosen_domain() {
    let house = House::new(Config { issuer: "here".into(), ..Config::default() }).await;
    let body =
        |name: &str, domain: Value| json!({"username": name, "password": "demo-password", "domain": domain});
    let (access, refresh) = house.login(body("guard", json!("demo"))).await.tokens();
    let (access, refresh) = (house.claims(&access).await, house.claims(&refresh).await);
    assert_eq!(access.keys().collect::<Vec<_>>(), ["sub", "scopes", "iss", "iat", "exp", "sid", "tid"]);
    assert_eq!(
        (&access["sub"], &access["scopes"], &access["iss"]),
        (&json!("guard"), &json!("demo"), &json!("here"))
    );
    let lifetime =
        |claims: &Map<String, Value>| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((lifetime(&access), lifetime(&refresh)), (3600, 24 * 3600));
    assert_eq!((&refresh["jti"], &refresh["sid"]), (&refresh["tid"], &access["sid"]), "of one session");
    assert_ne!(refresh["tid"], access["tid"]);
    for none in [Value::Null, json!("")] {
        let (access, _) = house.login(body("admin", none)).await.tokens();
        assert!(!house.claims(&access).await.contains_key("scopes"));
    }
    for (name, domain, allowed) in [
        ("admin", "demo", true),
        ("admin", "other", true),
        ("admin", "none", false),
        ("guard", "other", false),
        ("guard", "none", false),
        ("thing", "demo", false),
    ] {
        let answer = house.login(body(name, json!(domain))).await;
        if allowed {
            answer.tokens();
        } else {
            let message = format!("{domain} not exist or access denied.");
            assert_eq!(answer.error(), (406, message), "{name}");
        }
    }
    house.tokens("thing").await;
}

#[actix_web::test]
async fn a_login_fails_alike_for_nobody_and_for_a_wrong_password() {
    let house = House::new(Config::default()).await;
    for (name, password) in [("admin", "wrong"), ("nobody", "demo-password"), ("Admin", "demo-password")] {
        let answer = house.login(json!({"username": name, "password": password})).await;
        assert_eq!(answer.error(), is(401, "Authentication Failed"), "{name}");
    }
    assert_eq!(house.login(json!({"password": "x"})).await.error(), is(406, "username can't be empty"));
    assert_eq!(house.login(json!({"username": "x"})).await.error(), is(406, "password can't be empty"));
    assert_eq!(
        house.login(json!({"username": 7})).await.error(),
        is(400, "username must be a string, got integer")
    );
    let huge = json!({"username": "u".repeat(100_000), "password": "p".repeat(100_000)});
    assert_eq!(house.login(huge).await.error(), is(401, "Authentication Failed"));
}

#[actix_web::test]
async fn a_refresh_ends_what_was_presented_and_access_tokens_live_on() {
    let house = House::new(Config::default()).await;
    let login = json!({"username": "guard", "password": "demo-password", "domain": "demo"});
    let (access, refresh) = house.login(login).await.tokens();
    let (newer_access, newer_refresh) = house.get("/token", &refresh).await.tokens();
    assert_eq!(house.claims(&newer_access).await["scopes"], "demo");
    for good in [&access, &newer_access] {
        assert_eq!(house.post("/users", good, &json!({})).await.error(), is(403, "Forbidden"));
    }
    assert_eq!(house.get("/token", &newer_access).await.error(), is(406, "illegal token"));
    for malformed in ["x", "a.b.c", ""] {
        assert_eq!(house.get("/token", malformed).await.error(), is(403, "Access Denied"));
    }
    let basic = TestRequest::get().uri("/token").insert_header((header::AUTHORIZATION, "Basic x"));
    assert_eq!(house.send(basic).await.error(), is(403, "Access Denied"));

    house.execute("DELETE FROM iot_user_areas").await;
    let answer = house.get("/token", &newer_refresh).await;
    assert_eq!(answer.error(), is(406, "demo not exist or access denied."));
    house.clock.advance(24 * 60 * MINUTE_MS);
    assert_eq!(house.get("/token", &newer_refresh).await.plain(), (401, "JWT Token expired"));
    house.tokens("admin").await;
    assert_eq!(house.count("iot_sessions").await, 2, "what is over was cleared away");
    assert_eq!(house.count("iot_logins").await, 1);
}

#[actix_web::test]
async fn a_refresh_token_presented_again_is_answered_with_the_same_pair_for_ten_seconds() {
    let house = House::new(Config::default()).await;
    let (access, refresh) = house.tokens("guard").await;
    let pair = house.get("/token", &refresh).await.tokens();
    house.clock.advance(10_000);
    assert_eq!(house.get("/token", &refresh).await.tokens(), pair, "the same texts");
    house.clock.advance(1);
    // The token was stolen: everything of that login ends, and nothing of another.
    let other = house.token("admin").await;
    assert_eq!(house.get("/token", &refresh).await.plain(), (401, "JWT Token not exist"));
    for ended in [&access, &pair.0] {
        assert_eq!(house.get("/users/me", ended).await.plain(), (401, "JWT Token not exist"));
    }
    assert_eq!(house.get("/token", &pair.1).await.plain(), (401, "JWT Token not exist"));
    assert_eq!(house.get("/users/me", &other).await.status, 200);

    // Within the ten seconds too, once the pair was refreshed in turn.
    let (_, first) = house.tokens("guard").await;
    let (_, second) = house.get("/token", &first).await.tokens();
    let (third_access, third) = house.get("/token", &second).await.tokens();
    assert_eq!(house.get("/token", &first).await.plain(), (401, "JWT Token not exist"));
    assert_eq!(house.get("/users/me", &third_access).await.plain(), (401, "JWT Token not exist"));
    assert_eq!(house.get("/token", &third).await.plain(), (401, "JWT Token not exist"));
}

#[actix_web::test]
async fn a_session_ends_after_its_days_however_often_it_is_refreshed() {
    let house = House::new(Config { session_days: 2.try_into().unwrap(), ..Config::default() }).await;
    let (_, mut refresh) = house.tokens("admin").await;
    let half_an_hour = 30 * MINUTE_MS;
    for _ in 0..95 {
        house.clock.advance(half_an_hour);
        refresh = house.get("/token", &refresh).await.tokens().1;
    }
    // Half an hour is left of two days.
    let claims = house.claims(&refresh).await;
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1_800);
    house.clock.advance(half_an_hour);
    assert_eq!(house.get("/token", &refresh).await.plain(), (401, "JWT Token expired"));
}

#[actix_web::test]
async fn guessing_is_slowed() {
    let house = House::new(Config::default()).await;
    let good = house.token("admin").await;
    let wrong = json!({"username": "guard", "password": "wrong"});
    for _ in 0..10 {
        assert_eq!(house.login(wrong.clone()).await.status, 401);
    }
    let answer = house.login(wrong).await;
    assert_eq!((answer.error().0, answer.header(header::RETRY_AFTER)), (429, "1"));
    for _ in 10..100 {
        assert_eq!(house.get("/token", "forged").await.status, 403);
    }
    for answer in [house.get("/token", "forged").await, house.post("/users", "forged", &json!({})).await] {
        assert_eq!(answer.error().0, 429);
    }
    let answer = house.post("/users", &good, &user("u")).await;
    assert_eq!(answer.status, 200, "a good token never waits: {}", answer.text);
}

#[actix_web::test]
async fn an_outdated_hash_is_renewed_at_login() {
    let house = House::new(Config::default()).await;
    let dearer = HashingConfig { iterations: 2, ..HashingConfig::cheapest() };
    let later = House { service: service(&house.db, &house.clock, Config::default(), &dearer), ..house };
    let store = DieselStore::new(later.db.clone());
    let before = store.credential("admin").await.unwrap().unwrap();
    later.tokens("admin").await;
    let after = store.credential("admin").await.unwrap().unwrap();
    assert!(before.password.as_str().contains("t=1,") && after.password.as_str().contains("t=2,"));
    assert_eq!(before.password_version, after.password_version);
    later.tokens("admin").await;
    assert_eq!(store.credential("admin").await.unwrap(), Some(after));
}

const UP: &str = include_str!("../../../../migrations/iot-roles/sqlite/2026-11-27-021000_logins/up.sql");
const DOWN: &str = include_str!("../../../../migrations/iot-roles/sqlite/2026-11-27-021000_logins/down.sql");

/// Tokens of version 0.1.0, whose rows knew no session, are good after the migration: a pair is a session.
#[actix_web::test]
async fn tokens_from_before_sessions_live_on_as_sessions() {
    let house = House::new(Config::default()).await;
    let (access, refresh) = ("5caa9b7dddd50a20164a4c01", "5caa9b7dddd50a20164a4c02");
    let run = async |sql: String| {
        house.db.bookkeep(move |conn| Ok(conn.batch_execute(&sql)?)).await.unwrap();
    };
    let now = 1_795_305_600_000_i64;
    let row = |id: &str, kind: &str, end: i64| {
        format!(
            "INSERT INTO iot_sessions (id, user_id, kind, created_ms, expires_ms) \
             SELECT '{id}', id, '{kind}', {now}, {end} FROM iot_users WHERE username = 'admin';"
        )
    };
    let rows = row(access, "access", now + 3_600_000) + &row(refresh, "refresh", now + 86_400_000);
    run(format!("{DOWN}{rows}{UP}")).await;
    let sign = async |id: &str, life: i64, jti: bool| {
        let mut claims =
            json!({"sub": "admin", "iss": "roster", "iat": now / 1000, "exp": now / 1000 + life, "sid": id});
        if jti {
            claims["jti"] = id.into();
        }
        let claims = claims.as_object().unwrap();
        house.signer.sign(REALM, JwtAlgorithm::Hs512, claims).await.unwrap().expose().clone()
    };
    let (old, old_refresh) = (sign(access, 3_600, false).await, sign(refresh, 86_400, true).await);
    assert_eq!(house.get("/users/me", &old).await.status, 200);
    let listed = house.get("/sessions", &old).await.json();
    assert_eq!((&listed["totalElements"], &listed["content"][0]["id"]), (&json!(1), &json!(access)));
    let (newer, _) = house.get("/token", &old_refresh).await.tokens();
    assert_eq!(house.claims(&newer).await["sid"], access, "the same session");
    let ended = TestRequest::delete().uri("/sessions/me").insert_header(bearer(&newer));
    assert_eq!(house.send(ended).await.status, 200);
    assert_eq!(house.get("/users/me", &old).await.plain(), (401, "JWT Token not exist"));
}
