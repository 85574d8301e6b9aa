//! D8: groups and their members.

use roster_testkit::{on_each_gateway, race};
use serde_json::{Value, json};

use super::Caller;

#[test]
fn d8_a_group_is_made_read_changed_and_removed() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let post = |body: &Value, status| caller.send_to("POST", "/v1/group", Some(body), status);
        let made = post(&json!({"group_id": 500, "name": "Staff", "type": 2, "rule_id": 7}), 200);
        let group = json!({"group_id": 500, "name": "Staff", "type": 2, "rule_id": 7});
        assert_eq!(made["data"], group);
        assert_eq!(caller.get("/v1/group/id/500", 200)["data"], group);
        let taken = post(&json!({"group_id": 500, "name": "Staff"}), 409);
        assert_eq!(taken["msg"], "group_id must not be repeated, there is a group with this one");
        let taken = post(&json!({"group_id": 501, "name": "Staff"}), 409);
        assert_eq!(taken["msg"], "name must not be repeated, there is a group with this one");
        for rule in [json!(0), json!(""), json!(null)] {
            let put = json!({"name": "Crew", "group_id": 9, "rule_id": rule});
            let put = caller.put("/v1/group/id/500", &put, 200);
            assert_eq!(put["data"], json!({"group_id": 500, "name": "Crew", "type": 2, "rule_id": 0}));
        }
        caller.put("/v1/group/id/500", &json!({"name": "group 1"}), 409);
        for (body, what) in [
            (json!({}), "group_id is required; name is required"),
            (
                json!({"group_id": 0, "name": ""}),
                "group_id must be 1 to 2147483647, got less; name must not be empty",
            ),
            (json!({"group_id": 1, "name": "n".repeat(129)}), "name must have at most 128 bytes, got 129"),
            (json!({"group_id": 1, "name": "n", "type": 3}), "type must be 1 to 2, got more"),
            (json!({"group_id": 1, "name": "n", "rule_id": "x"}), "rule_id must be an integer, got string"),
        ] {
            assert_eq!(post(&body, 400)["msg"], what);
        }
        let found = caller.send_to("POST", "/v1/group/search", Some(&json!({"name": "CREW"})), 200);
        assert_eq!(found["data"], json!({"items": [500]}));
        let page = caller.get("/v1/group/offset/0/limit/2", 200)["data"].clone();
        assert_eq!((&page["count"], &page["total"]), (&json!(2), &json!(101)));
        assert_eq!(page["items"][0]["group_id"], 500, "the newest first");
        assert_eq!(caller.send_to("DELETE", "/v1/group/id/500", None, 200)["data"], Value::Null);
        for method in ["GET", "DELETE"] {
            caller.send_to(method, "/v1/group/id/500", None, 404);
            caller.send_to(method, "/v1/group/id/x", None, 400);
        }
        caller.put("/v1/group/id/500", &json!({"name": "n"}), 404);
        caller.get("/v1/group/id/500/users", 404);
    });
}

#[test]
fn d8_users_join_and_leave() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        for id in [7, 8] {
            caller.with(&json!({"user_id": id, "groups": [2]})).expect(200);
        }
        let set = |method, ids: Value, status| {
            caller.send_to(method, "/v1/group/id/1/users", Some(&json!({"ids": ids})), status)
        };
        assert_eq!(set("POST", json!([8, 7, 8]), 200)["data"], Value::Null);
        assert_eq!(caller.get("/v1/group/id/1/users", 200)["data"], json!({"items": [7, 8]}));
        assert_eq!(caller.get("/v1/user/id/7", 200)["data"]["groups"], json!([2, 1]));
        assert_eq!(set("POST", json!([7, 9]), 400)["msg"], "ids must exist, there is no user 9");
        assert_eq!(set("POST", json!(["x"]), 400)["msg"], "ids[0] must be an integer, got string");
        set("POST", json!([]), 400);
        set("DELETE", json!([8]), 200);
        assert_eq!(caller.get("/v1/group/id/1/users", 200)["data"], json!({"items": [7]}));
        caller.send_to("DELETE", "/v1/group/id/1", None, 200);
        assert_eq!(caller.get("/v1/user/id/7", 200)["data"]["groups"], json!([2]), "its links are gone");
    });
}

#[test]
fn d8_the_entries_of_a_batch_of_groups_stand_for_themselves() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let list = json!({"group_list": [{"group_id": 500, "name": "a"}, {"group_id": 501, "name": "a"}, 7]});
        let errors = caller.send_to("POST", "/v2/group", Some(&list), 200)["data"]["errors"].clone();
        assert_eq!((&errors[0]["group_id"], &errors[0]["code"]), (&json!(501), &json!(409)));
        assert_eq!((&errors[1]["group_id"], &errors[1]["code"]), (&Value::Null, &json!(400)));
        let answer = caller.send_to("DELETE", "/v2/group", Some(&json!({"ids": [500, 501]})), 200);
        assert_eq!(answer["data"]["errors"].as_array().unwrap().len(), 1);
        caller.get("/v1/group/id/500", 404);
    });
}

#[test]
fn d8_groups_that_go_while_users_come_leave_no_link() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let statuses = race(24, |n| match n % 3 {
            0 => caller.with(&json!({"user_id": n + 1, "groups": [1, 2]})).status,
            1 => caller.call("DELETE", "/v1/group/id/1", None).status,
            _ => caller.call("POST", "/v1/group", Some(&json!({"group_id": 1, "name": "again"}))).status,
        });
        assert!(statuses.iter().all(|status| [200, 400, 404, 409].contains(status)), "{statuses:?}");
        let members = caller.call("GET", "/v1/group/id/1/users", None);
        let page = caller.get("/v1/user/offset/0/limit/100", 200);
        let users = page["data"]["items"].as_array().unwrap();
        let linked =
            users.iter().filter(|user| user["groups"].as_array().unwrap().contains(&json!(1))).count();
        let listed =
            if members.status == 200 { members.json()["data"]["items"].as_array().unwrap().len() } else { 0 };
        assert_eq!(linked, listed);
    });
}
