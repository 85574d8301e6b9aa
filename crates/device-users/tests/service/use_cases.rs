//! The use cases on the real ports, on both databases.

use crate::house::{House, NOW_MS, from, in_each_house, login};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roster_device_users::{Caller, Config, DeviceUsers, Error, GroupId, Schemes, UserId, wire};
use roster_kernel::{Fault, json};
use serde_json::Value;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

const SEED: &[u8] = include_bytes!("../../../../tests/fixtures/seeds/device-users.create.request.json");

fn seed() -> wire::CreateUser {
    json::decode(SEED).unwrap()
}

async fn token(service: &DeviceUsers) -> String {
    service.login(login("admin", "demo-password"), from(1)).await.unwrap().expose().clone()
}

#[test]
fn the_specs_example_succeeds_once() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        let by = service.caller(Some(&format!("Bearer {}", token(&service).await)), from(1)).await.unwrap();
        let user = service.create(&by, seed()).await.unwrap();
        assert_eq!(user.profile.user_id, UserId(3));
        assert_eq!(user.profile.groups, [GroupId(1), GroupId(2)]);
        assert_eq!((user.created_ms, user.updated_ms), (NOW_MS, NOW_MS));
        assert!(matches!(service.create(&by, seed()).await, Err(Error::Taken)));
    });
}

#[test]
fn upsert_is_a_setting() {
    in_each_house(async |house| {
        let service = house.service(Config { upsert: true, ..Config::default() });
        let by = Caller::trusted("test");
        service.create(&by, seed()).await.unwrap();
        house.clock.advance(5);
        let body = json::decode(br#"{"user_id":3,"name":"Jill","feature":"f","type":2}"#).unwrap();
        let user = service.create(&by, body).await.unwrap();
        assert_eq!(user.profile.name.as_str(), "Jill");
        assert_eq!(user.profile.user_type.number(), 1, "fixed after creation");
        assert!(user.profile.avatar.is_none() && user.profile.groups.is_empty(), "a full replacement");
        assert_eq!((user.created_ms, user.updated_ms), (NOW_MS, NOW_MS + 5));
    });
}

#[test]
fn violations_and_unknown_groups() {
    in_each_house(async |house| {
        let (service, by) = (house.service(Config::default()), Caller::trusted("test"));
        let result = service.create(&by, wire::CreateUser::default()).await;
        let Err(Error::Invalid(violations)) = result else { panic!("{result:?}") };
        assert_eq!(violations.len(), 3);
        let body = br#"{"user_id":3,"name":"Jack","avatar":"AAAA","groups":[2,77]}"#;
        let result = service.create(&by, json::decode(body).unwrap()).await;
        let Err(Error::UnknownGroups(groups)) = result else { panic!("{result:?}") };
        assert_eq!(groups, [GroupId(77)]);
    });
}

#[test]
fn a_token_reads_with_the_standard_alphabet() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        let token = token(&service).await;
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let payload = String::from_utf8(STANDARD.decode(parts[1]).unwrap()).unwrap();
        let second = NOW_MS / 1000;
        let mut claims: Value = serde_json::from_str(payload.trim_end()).unwrap();
        let generation = claims.as_object_mut().unwrap().remove("gen").unwrap();
        assert!(generation.as_str().unwrap().bytes().all(|b| b.is_ascii_hexdigit()), "{generation}");
        let expected =
            serde_json::json!({"exp": second + 300, "iat": second, "iss": "Roster", "userId": "admin"});
        assert_eq!(claims, expected);
    });
}

#[test]
fn a_token_is_good_until_its_end_or_the_next_password() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        let bearer = format!("bearer {}", token(&service).await);
        house.clock.advance(299_000);
        assert!(service.caller(Some(&bearer), from(1)).await.is_ok());
        house.clock.advance(1_000);
        let expired = service.caller(Some(&bearer), from(1)).await;
        assert!(matches!(expired, Err(Error::BadCredentials(Schemes::Bearer))), "{expired:?}");

        let body = br#"{"username":"admin","password":"demo-password","validTime":1440}"#;
        let token = service.login(json::decode(body).unwrap(), from(1)).await.unwrap();
        let bearer = format!("Bearer {}", token.expose());
        house.clock.advance(86_399_000);
        assert!(service.caller(Some(&bearer), from(1)).await.is_ok(), "a day but a second");
        house.put_account("admin", "another", NOW_MS + 86_699_000).await;
        assert!(service.caller(Some(&bearer), from(1)).await.is_err(), "older than the password");
    });
}

#[test]
fn a_token_ends_with_its_password_whatever_the_time_is() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        // Set a year ahead, a year ago, and in the very millisecond; the same password each time.
        for set_ms in [NOW_MS + YEAR_MS, NOW_MS - YEAR_MS, NOW_MS, NOW_MS] {
            let old = format!("Bearer {}", token(&service).await);
            assert!(service.caller(Some(&old), from(1)).await.is_ok());
            house.put_account("admin", "demo-password", set_ms).await;
            assert!(service.caller(Some(&old), from(1)).await.is_err(), "{set_ms}");
            let new = format!("Bearer {}", token(&service).await);
            assert!(service.caller(Some(&new), from(1)).await.is_ok(), "{set_ms}");
        }
    });
}

#[test]
fn logins_tell_accounts_apart_and_are_throttled() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        for unknown in ["nobody", "", "no such name", "Admin"] {
            let result = service.login(login(unknown, "demo-password"), from(2)).await;
            assert!(matches!(result, Err(Error::UnknownAccount)), "{unknown}: {result:?}");
        }
        // "Admin" is another account.
        for _ in 0..10 {
            let result = service.login(login("admin", "wrong"), from(2)).await;
            assert!(matches!(result, Err(Error::WrongPassword)), "{result:?}");
        }
        let refused = service.login(login("admin", "demo-password"), from(2)).await;
        assert!(matches!(refused, Err(Error::Fault(Fault::TooMany(_)))), "{refused:?}");
        house.clock.advance(1_000);
        assert!(service.login(login("admin", "demo-password"), from(2)).await.is_ok());
    });
}

#[test]
fn wrong_tokens_are_counted_by_address() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        let good = format!("Bearer {}", token(&service).await);
        for n in 0..100 {
            let wrong = service.caller(Some("Bearer x.y.z"), from(2)).await;
            assert!(matches!(wrong, Err(Error::BadCredentials(_))), "{n}: {wrong:?}");
        }
        let refused = service.caller(Some("Bearer x.y.z"), from(2)).await;
        assert!(matches!(refused, Err(Error::Fault(Fault::TooMany(_)))), "{refused:?}");
        assert!(service.caller(Some(&good), from(2)).await.is_ok(), "a good one never waits");
        assert!(matches!(service.caller(Some("Bearer x"), from(3)).await, Err(Error::BadCredentials(_))));
    });
}

async fn basic(house: &House, basic_auth: Option<bool>, credentials: &str) -> Result<Caller, Error> {
    let service = house.service(Config { basic_auth, ..Config::default() });
    service.caller(Some(&format!("Basic {credentials}")), from(4)).await
}

#[test]
fn basic_is_a_setting() {
    in_each_house(async |house| {
        house.put_account("ops", "pass:word é", NOW_MS).await;
        let good = STANDARD.encode("ops:pass:word é");
        for off in [None, Some(false)] {
            let result = basic(&house, off, &good).await;
            assert!(matches!(result, Err(Error::NoCredentials(Schemes::Bearer))), "{result:?}");
        }
        assert!(basic(&house, Some(true), &good).await.is_ok());
        let long = format!("ops:{}", "x".repeat(1025));
        for wrong in ["ops:wrong", "nobody:pass", "no colon", &long] {
            let result = basic(&house, Some(true), &STANDARD.encode(wrong)).await;
            assert!(matches!(result, Err(Error::BadCredentials(Schemes::BearerAndBasic))), "{result:?}");
        }
        let rubbish = basic(&house, Some(true), "?").await;
        assert!(matches!(rubbish, Err(Error::BadCredentials(_))), "{rubbish:?}");
        for _ in 0..9 {
            basic(&house, Some(true), &STANDARD.encode("admin:wrong")).await.unwrap_err();
        }
        basic(&house, Some(true), &STANDARD.encode("admin:wrong")).await.unwrap_err();
        let refused = basic(&house, Some(true), &STANDARD.encode("admin:demo-password")).await;
        assert!(matches!(refused, Err(Error::Fault(Fault::TooMany(_)))), "{refused:?}");
    });
}

#[test]
fn no_credentials_are_no_caller() {
    in_each_house(async |house| {
        let service = house.service(Config::default());
        for header in [None, Some(""), Some("Bearer"), Some("Token x"), Some("\u{fffd}")] {
            let result = service.caller(header, from(1)).await;
            assert!(matches!(result, Err(Error::NoCredentials(_))), "{header:?}: {result:?}");
        }
    });
}
