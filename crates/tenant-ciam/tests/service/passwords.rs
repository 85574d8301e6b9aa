//! What a change of a password costs, and what happens meanwhile.

use std::sync::atomic::Ordering;

use roster_kernel::{Origin, Secret, json};
use roster_persistence::testing::block_on;
use roster_tenant_ciam::messages::Code;
use roster_tenant_ciam::validate::Update;
use roster_tenant_ciam::{AttributeDefinition, Builtin, Client, Login, TenantId, UserId};

use super::{Given, House, arrange, extension};

impl House {
    async fn change_password(&self, by: &Client, id: &str, body: &str) -> Option<Code> {
        let body = json::decode(body.as_bytes()).unwrap();
        self.service.change_password(by, id, body).await.err().map(|error| error.code().unwrap())
    }

    async fn change_verified(&self, by: &Client, id: &str, old: &str, new: &str) -> Option<Code> {
        let body = format!(r#"{{"old_password":"{old}","password":"{new}"}}"#);
        let body = json::decode(body.as_bytes()).unwrap();
        self.service.change_password_verified(by, id, body).await.err().map(|error| error.code().unwrap())
    }

    /// Hashes and verifications since the last look.
    fn cost(&self) -> (usize, usize) {
        (self.hasher.hashes.swap(0, Ordering::SeqCst), self.hasher.verifications.swap(0, Ordering::SeqCst))
    }
}

#[test]
fn only_what_may_still_succeed_is_dear() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let id = house.create(&by, r#"{"pwd":"first--1"}"#).await.unwrap();
        house.cost();
        for (body, code) in [
            ("{}", Code::PasswordEmpty),
            (r#"{"password":"x"}"#, Code::PasswordLength),
            (r#"{"password":"Passw0rd"}"#, Code::PasswordWeak),
        ] {
            assert_eq!(house.change_password(&by, &id, body).await, Some(code));
        }
        let unknown = "20201028102749564-9082-DC8CD2722";
        assert_eq!(house.change_verified(&by, unknown, "x", "second-1").await, Some(Code::UserNotFound));
        assert_eq!(house.change_verified(&by, &id, "wrong", "x").await, Some(Code::PasswordLength));
        assert_eq!(house.cost(), (0, 0));
        assert_eq!(house.change_verified(&by, &id, "wrong", "second-1").await, Some(Code::PasswordWrong));
        assert_eq!(house.cost(), (0, 1), "the history is not asked");
        assert_eq!(
            house.change_verified(&by, &id, "first--1", "first--1").await,
            Some(Code::PasswordUsedBefore)
        );
        assert_eq!(house.cost(), (0, 2), "and nothing is hashed for one that fails");
        assert_eq!(house.change_verified(&by, &id, "first--1", "second-1").await, None);
        assert_eq!(house.cost(), (1, 2));
        assert_eq!(house.change_password(&by, &id, r#"{"password":"third--1"}"#).await, None);
        assert_eq!(house.cost(), (1, 2), "two are remembered");
    });
}

#[test]
fn a_password_is_judged_anew_if_its_user_or_the_rules_change_meanwhile() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let id = house.create(&by, r#"{"pwd":"first--1"}"#).await.unwrap();
        house.cost();
        // He gets the name that the password holds.
        let texts = [(Builtin::Name, Some("champion".to_owned()))].into();
        let update = Update { texts, ..Update::default() };
        let user = UserId::parse(&id).unwrap();
        *house.hasher.meanwhile_user.lock().unwrap() = Some((user, update));
        let holds = r#"{"password":"1champion"}"#;
        assert_eq!(house.change_password(&by, &id, holds).await, Some(Code::PasswordUserInformation));
        assert_eq!(house.cost(), (1, 1));
        // The rules change, and the password is still right: nothing is found out twice.
        let definition = AttributeDefinition::builtin(Builtin::Email).required(true);
        *house.hasher.meanwhile.lock().unwrap() = Some(definition);
        assert_eq!(house.change_verified(&by, &id, "first--1", "second-1").await, None);
        assert_eq!(house.cost(), (1, 2));
        assert_eq!(house.count("tenant_password_history").await, 2);
    });
}

#[test]
fn a_sign_in_costs_one_verification_whoever_it_is() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        house.create(&by, r#"{"user_name":"zhangsan","pwd":"first--1"}"#).await.unwrap();
        house.create(&by, r#"{"user_name":"lisi"}"#).await.unwrap();
        house.cost();
        let tenant = TenantId::parse("demo").unwrap();
        for (name, password, valid) in [
            ("zhangsan", "first--1", true),
            ("zhangsan", "x", false),
            ("lisi", "", false),
            ("nobody", "x", false),
        ] {
            let (login, password, origin) =
                (Login::UserName(name.into()), Secret::from(password), Origin::default());
            let verified = house.service.verify_password(&tenant, &login, &password, &origin).await.unwrap();
            assert_eq!((verified.valid, house.cost()), (valid, (0, 1)), "{name}");
        }
    });
}

#[test]
fn an_update_is_judged_by_the_rules_of_now() {
    block_on(async {
        let house = House::new();
        let by = house.tenant("demo").await;
        let id = house.create(&by, r#"{"extension":{"age":"1"}}"#).await.unwrap();
        let update = async |body: &str| {
            let body = json::decode(body.as_bytes()).unwrap();
            house.service.update(&by, &id, body).await.err().and_then(|error| error.code())
        };
        assert_eq!(update(r#"{"extension":{"age":""}}"#).await, None);
        arrange(&house, &by, Given::Attribute(extension("age").required(true))).await;
        assert_eq!(update(r#"{"extension":{"age":""}}"#).await, Some(Code::ExtensionEmpty));
        assert_eq!(update(r#"{"name":"x"}"#).await, None, "what is not sent is not judged");
    });
}
