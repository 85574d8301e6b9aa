//! D8: one user read, changed and removed; searches, batches, versions.

use roster_testkit::{on_each_gateway, race};
use serde_json::{Value, json};

use super::Caller;

fn path(id: impl std::fmt::Display) -> String {
    format!("/v1/user/id/{id}")
}

#[test]
fn d8_a_user_is_read_changed_and_removed() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let full = json!({"user_id": 7, "type": 2, "groups": [3, 1], "ic_number": "i", "job_number": "j",
            "id_number": "d", "guest_time_start": 5, "guest_time_end": 6, "remark": "r", "is_admin": true});
        let made = caller.with(&full).expect(200).json()["data"].clone();
        assert_eq!(caller.get(&path(7), 200)["data"], made);
        let renamed = caller.put(&path(7), &json!({"name": "Jill", "user_id": "x", "type": 1}), 200);
        let mut expected = made.clone();
        expected["name"] = "Jill".into();
        expected["update_at"] = renamed["data"]["update_at"].clone();
        assert_eq!(renamed["data"], expected, "what is absent stays; user_id and type are not read");
        let cleared = json!({"name": "Jill", "groups": [], "ic_number": "", "job_number": null, "remark": "",
            "guest_time_start": 0, "guest_time_end": null, "is_admin": null, "feature": "f", "avatar": null});
        let cleared = caller.put(&path(7), &cleared, 200)["data"].clone();
        for (key, value) in [
            ("groups", json!([])),
            ("ic_number", json!("")),
            ("job_number", json!("")),
            ("id_number", json!("d")),
            ("remark", json!("")),
            ("guest_time_start", json!(0)),
            ("guest_time_end", json!(0)),
            ("is_admin", json!(false)),
            ("avatar", json!("")),
            ("feature", json!("f")),
            ("type", json!(2)),
        ] {
            assert_eq!(cleared[key], value, "{key}");
        }
        assert_eq!(caller.get(&path(7), 200)["data"], cleared);
        let gone = caller.send_to("DELETE", &path(7), None, 200);
        assert_eq!((&gone["data"], &gone["msg"]), (&Value::Null, &json!("OK")));
        for method in ["GET", "DELETE"] {
            caller.send_to(method, &path(7), None, 404);
        }
        caller.put(&path(7), &json!({"name": "Jill"}), 404);
        assert_eq!(caller.get("/v1/group/id/3/users", 200)["data"]["items"], json!([]));
    });
}

#[test]
fn d8_a_change_keeps_the_rules() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        caller.with(&json!({"guest_time_start": 6})).expect(200);
        for (body, what) in [
            (json!({}), "name is required"),
            (json!({"name": ""}), "name must not be empty"),
            (json!({"name": null}), "name must not be null"),
            (json!({"name": "a", "avatar": ""}), "avatar is required unless feature has a value"),
            (
                json!({"name": "a", "avatar": null, "feature": ""}),
                "avatar is required unless feature has a value",
            ),
            (json!({"name": "a", "guest_time_end": 5}), "guest_time_end must not be before guest_time_start"),
            (json!({"name": "a", "groups": [1, 999]}), "groups must exist, there is no group 999"),
            (json!({"name": "a", "remark": "r".repeat(257)}), "remark must have at most 256 bytes, got 257"),
        ] {
            assert_eq!(caller.put(&path(7), &body, 400)["msg"], what, "{body}");
        }
        for (id, status) in [("x", 400), ("3.5", 400), ("0", 404), ("-1", 404), ("99999999999999999999", 404)]
        {
            for method in ["GET", "DELETE"] {
                caller.send_to(method, &path(id), None, status);
            }
        }
        assert_eq!(caller.get(&path("x"), 400)["msg"], "user_id must be an integer, got string");
    });
}

#[test]
fn d8_users_are_found_by_name_card_or_job() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        caller.with(&json!({"user_id": 1, "name": "Jack MÜLLER", "ic_number": "A1"})).expect(200);
        caller.with(&json!({"user_id": 2, "name": "jackie", "job_number": "A1"})).expect(200);
        for (body, found) in [
            (json!({"name": "JACK"}), json!([1, 2])),
            (json!({"name": "müller", "ic_number": "none"}), json!([1])),
            (json!({"name": "", "ic_number": "A1", "job_number": "A1"}), json!([1])),
            (json!({"job_number": "A1"}), json!([2])),
            (json!({"ic_number": "a1"}), json!([])),
            (json!({"name": "%"}), json!([])),
        ] {
            let answer = caller.send_to("POST", "/v1/user/search", Some(&body), 200);
            assert_eq!(answer["data"], json!({"items": found}), "{body}");
        }
        let refused = caller.send_to("POST", "/v1/user/search", Some(&json!({})), 400);
        assert_eq!(refused["msg"], "name, ic_number, job_number are all absent or empty, one is required");
    });
}

#[test]
fn d8_the_entries_of_a_batch_stand_for_themselves() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let user = |id: Value| json!({"user_id": id, "name": "Jack", "avatar": "AAAA"});
        let list = [user(json!(1)), user(json!("x")), json!(7), user(json!(1)), user(json!(2))];
        let answer = caller.send_to("POST", "/v2/user", Some(&json!({"user_list": list})), 200);
        let expected = json!([
            {"user_id": null, "code": 400, "msg": "user_id must be an integer, got string"},
            {"user_id": null, "code": 400, "msg": "the body must be a JSON object, got integer"},
            {"user_id": 1, "code": 409, "msg": "user_id must not be repeated, there is a user with this one"},
        ]);
        assert_eq!(answer["data"]["errors"], expected);
        let versions = caller.get("/v2/datasync/info", 200);
        let ids: Vec<_> =
            versions["data"]["items"].as_array().unwrap().iter().map(|v| &v["user_id"]).collect();
        assert_eq!(ids, [1, 2]);
        assert!(versions["data"]["items"][0]["update_at"].as_i64().unwrap() > 1_700_000_000_000);
        let answer = caller.send_to("DELETE", "/v2/user", Some(&json!({"ids": [1, 9, "x", 2]})), 200);
        let expected = json!([
            {"user_id": 9, "code": 404, "msg": "Not Found: there is no user with this user_id"},
            {"user_id": null, "code": 400, "msg": "ids must be an integer, got string"},
        ]);
        assert_eq!(answer["data"]["errors"], expected);
        assert_eq!(caller.get("/v2/datasync/info", 200)["data"], json!({"items": []}));
        for (method, member) in [("POST", "user_list"), ("DELETE", "ids")] {
            for list in [json!([]), json!(vec![1; 101]), json!(null), json!("x")] {
                caller.send_to(method, "/v2/user", Some(&json!({member: list})), 400);
            }
        }
        let large = format!(r#"{{"user_list":"{}"}}"#, "x".repeat(64 * 1024 * 1024));
        gateway.post("/v2/user", large).bearer(&caller.token).send().expect(413);
    });
}

#[test]
fn d8_changes_and_ends_at_once_leave_one_user_or_none() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let statuses = race(24, |n| match n % 4 {
            0 => caller.with(&json!({"user_id": 7, "groups": [1, 2]})).status,
            1 => caller.call("DELETE", &path(7), None).status,
            2 => caller.call("PUT", &path(7), Some(&json!({"name": "Jill", "groups": [3]}))).status,
            _ => {
                let page = caller.get("/v1/user/offset/0/limit/100", 200)["data"].clone();
                assert!(page["items"].as_array().unwrap().len() <= 1, "{page}");
                200
            }
        });
        assert!(statuses.iter().all(|status| [200, 404, 409].contains(status)), "{statuses:?}");
        let there = caller.call("GET", &path(7), None).status == 200;
        let linked: usize = (1..=3)
            .map(|group| caller.get(&format!("/v1/group/id/{group}/users"), 200))
            .map(|members| members["data"]["items"].as_array().unwrap().len())
            .sum();
        assert_eq!(linked > 0, there);
    });
}
