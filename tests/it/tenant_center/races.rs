use roster_testkit::{on_each_gateway, race};
use serde_json::json;

use super::{Center, Client};

/// Of a value that becomes unique while 32 clients bring it there is one at the end, or the change
/// was refused. Never both.
#[test]
fn c4_no_two_users_have_a_value_that_becomes_unique_meanwhile() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        let mut outcomes = [0, 0];
        for round in 0..6 {
            let key = format!("card{round}");
            center.text("demo", &key, &json!({})).expect(201);
            // Half of them are there already, and change to it.
            let there: Vec<String> = (0..16).map(|_| client.created(&json!({}))).collect();
            let same = json!({"extension": {&key: "same"}});
            let replies = race(33, |n| match n {
                16 => center.text("demo", &key, &json!({"unique": true})),
                n if n < 16 => client.update(&there[n], &same),
                _ => client.create(&same),
            });
            let unique = match replies[16].status {
                200 => true,
                409 => {
                    assert!(replies[16].json()["broken"]["unique"]["count"] == 1);
                    false
                }
                status => panic!("{status}: {replies:?}"),
            };
            let creates = replies.iter().enumerate().filter(|(n, _)| *n != 16).map(|(_, reply)| reply);
            let mut made = 0;
            for reply in creates {
                match reply.status {
                    200 => made += 1,
                    // Overtaken by as many changes as it bears: nothing was stored.
                    503 => {}
                    _ => {
                        assert_eq!(reply.json()["error_code"], "IDAAS.TENANT.USER.0037", "{reply:?}");
                        assert!(unique, "nobody is refused before");
                    }
                }
            }
            let found = center.post("/demo/users/search", &json!({"key": key, "value": "same"})).expect(200);
            assert_eq!(found.json()["items"].as_array().unwrap().len(), made);
            assert!(if unique { made == 1 } else { made > 1 }, "unique: {unique}, made: {made}");
            outcomes[usize::from(unique)] += 1;
        }
        assert_eq!(outcomes.iter().sum::<i32>(), 6);
    });
}

/// Once it is unique, one of 32 gets it.
#[test]
fn c4_an_extension_that_is_unique_has_one_winner() {
    on_each_gateway(|gateway| {
        let (center, client) = (Center::of(gateway), Client::of(gateway, "demo"));
        center.text("demo", "card", &json!({"unique": true})).expect(201);
        let replies = race(32, |_| client.create(&json!({"extension": {"card": "7"}})));
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
        for lost in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!(lost.clone().expect(400).json()["error_code"], "IDAAS.TENANT.USER.0037");
        }
    });
}

/// Changes at once all land, or are told that they did not.
#[test]
fn c13_operators_at_once_lose_nothing() {
    on_each_gateway(|gateway| {
        let center = Center::of(gateway);
        let replies = race(8, |n| center.text("demo", &format!("k{n}"), &json!({})));
        let landed: Vec<usize> = (0..8).filter(|n| replies[*n].status == 201).collect();
        assert!(replies.iter().all(|reply| [201, 503].contains(&reply.status)), "{replies:?}");
        let all = center.get("/demo/attributes").expect(200).json();
        let there = |n: &usize| {
            let key = format!("k{n}");
            all["items"].as_array().unwrap().iter().any(|a| a["key"] == key)
        };
        assert!(landed.iter().all(there) && !landed.is_empty());
        assert_eq!((0..8).filter(there).count(), landed.len());

        let replies =
            race(8, |n| center.post("/demo/weak-passwords", &json!({"add": [format!("weak {n}")]})));
        let landed = replies.iter().filter(|reply| reply.status == 200).count();
        let weak = center.get("/demo/weak-passwords").expect(200).json();
        assert_eq!(weak["items"].as_array().unwrap().len(), landed);

        let made = race(32, |_| center.post("", &json!({"id": "one"})));
        assert_eq!(made.iter().filter(|reply| reply.status == 201).count(), 1, "{made:?}");
        let made = race(32, |_| center.post("/demo/clients", &json!({"client_id": "one"})));
        assert_eq!(made.iter().filter(|reply| reply.status == 201).count(), 1, "{made:?}");
    });
}
