//! Who registers himself.

use std::sync::Arc;

use actix_web::test::TestRequest;
use roster_auth::ThrottleStore;
use roster_iot_roles::{Config, DieselStore, Error, IotRoles, Ports, wire};
use roster_kernel::ports::{Flow, PasswordHash, PasswordHasher, PortError, Verified};
use roster_kernel::{Fault, Member, Origin, OsRandom, Secret};
use serde_json::json;

use crate::house::{House, MINUTE_MS, is};

const PATH: &str = "/server/users/register";

fn body(email: &str) -> wire::Register {
    wire::Register { email: Member::Given(email.to_owned()), password: Member::Given("password".into()) }
}

/// Fails whoever has it hash anything.
struct NoHasher;

#[async_trait::async_trait]
impl PasswordHasher for NoHasher {
    async fn hash(&self, _: &Secret, _: &Flow) -> Result<PasswordHash, PortError> {
        Err(PortError::failed("hashed"))
    }

    async fn verify(&self, _: &Secret, _: Option<&PasswordHash>, _: &Flow) -> Result<Verified, PortError> {
        Err(PortError::failed("verified"))
    }
}

#[actix_web::test]
async fn nothing_is_hashed_for_a_name_that_is_taken() {
    let house = House::new(Config { open_registration: true, ..Config::default() }).await;
    house.service.register(body("ada@example.com"), Origin::default()).await.unwrap();
    let service = IotRoles::new(
        house.service.config().clone(),
        Ports {
            store: Arc::new(DieselStore::new(house.db.clone())),
            hasher: Arc::new(NoHasher),
            signer: house.signer.clone(),
            throttle: Arc::new(ThrottleStore::new(house.db.clone(), house.clock.clone())),
            clock: house.clock.clone(),
            random: Arc::new(OsRandom),
        },
    );
    let taken = service.register(body("ada@example.com"), Origin::default()).await;
    assert!(matches!(&taken, Err(Error::Existed(email)) if email == "ada@example.com"), "{taken:?}");
    let free = service.register(body("bob@example.com"), Origin::default()).await;
    assert!(matches!(free, Err(Error::Fault(Fault::Port(_)))), "a free one is: {free:?}");
    assert_eq!(house.count("iot_domains WHERE name = 'bob@example.com'").await, 0);
}

#[actix_web::test]
async fn what_is_switched_off_no_code_does_either() {
    let house = House::new(Config::default()).await;
    let refused = house.service.register(body("ada@example.com"), Origin::default()).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    assert_eq!(house.count("iot_users WHERE username LIKE '%@%'").await, 0);
}

#[actix_web::test]
async fn a_registration_is_two_records_of_who_made_it() {
    let house = House::new(Config { open_registration: true, ..Config::default() }).await;
    let user = house.service.register(body("ada@example.com"), Origin::default()).await.unwrap();
    assert_eq!(
        house.count("iot_users WHERE password_hash LIKE '$argon2id$%' AND email IS NOT NULL").await,
        1
    );
    let his = "store_journal WHERE verb = 'create' AND dialect = 'iot-roles' AND principal LIKE 'user:%'";
    assert_eq!(house.count(his).await, 2);
    let himself = "store_journal WHERE realm = '' AND principal = 'user:' || subject \
                   AND fields = '[\"username\",\"role\",\"status\",\"email\",\"area\",\"password\"]'";
    assert_eq!(house.count(himself).await, 1, "{}", user.id);
    assert_eq!(house.count("store_journal_values WHERE after_json LIKE '%argon2%'").await, 0);
}

#[actix_web::test]
async fn an_address_registers_a_hundred_in_five_minutes() {
    let house = House::new(Config { open_registration: true, ..Config::default() }).await;
    let register = |email: String| {
        let body = json!({"email": email, "password": "password"});
        house.send(TestRequest::post().uri(PATH).set_json(body))
    };
    // What breaks a rule costs nothing and is not counted.
    for _ in 0..3 {
        assert_eq!(register("nobody".into()).await.error(), is(406, "email format error"));
    }
    assert_eq!(register("ada@example.com".into()).await.status, 200);
    // Asking who is registered counts like registering.
    for _ in 0..98 {
        let told = is(406, "email:ada@example.com existed");
        assert_eq!(register("ada@example.com".into()).await.error(), told);
    }
    assert_eq!(register("bob@example.com".into()).await.status, 200);
    for email in ["eve@example.com", "ada@example.com"] {
        assert_eq!(register(email.into()).await.error().0, 429);
    }
    assert_eq!(register("nobody".into()).await.error(), is(406, "email format error"));
    // Whoever has a good token is not asked, and another address has its own count.
    let elsewhere = Origin { address: Some("198.51.100.1".parse().unwrap()), ..Origin::default() };
    house.service.register(body("eve@example.com"), elsewhere.clone()).await.unwrap();
    let again = house.service.register(body("eve@example.com"), elsewhere).await;
    assert!(!matches!(again, Err(Error::Fault(Fault::TooMany(_)))), "{again:?}");
    house.clock.advance(5 * MINUTE_MS);
    assert_eq!(register("dan@example.com".into()).await.status, 200);
}
