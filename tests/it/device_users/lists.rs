//! D8: lists, and what is not served (D9).

use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::Caller;

#[test]
fn d8_lists_begin_with_the_newest() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let empty = caller.get("/v1/user/offset/0/limit/10", 200);
        let none = json!({"offset": 0, "limit": 10, "count": 0, "total": 0, "items": []});
        assert_eq!(empty["data"], none);
        let made: Vec<Value> = [5, 9, 2]
            .map(|id| {
                caller.with(&json!({"user_id": id, "groups": [2, 1]})).expect(200).json()["data"].clone()
            })
            .into();
        let page = caller.get("/v1/user/offset/0/limit/100", 200)["data"].clone();
        assert_eq!((&page["count"], &page["total"]), (&json!(3), &json!(3)));
        let mut expected = made;
        expected
            .sort_by_key(|user| std::cmp::Reverse((user["create_at"].as_i64(), user["user_id"].as_i64())));
        assert_eq!(page["items"], json!(expected), "whole users, with their pictures and groups");
        let part = caller.get("/v1/user/offset/1/limit/1", 200)["data"].clone();
        assert_eq!((&part["count"], &part["total"]), (&json!(1), &json!(3)));
        assert_eq!(part["items"], json!([expected[1]]));
        assert_eq!(caller.get("/v1/user/offset/100000/limit/0", 200)["data"]["items"], json!([]));
        for (path, what) in [
            ("offset/100001/limit/1", "offset must be an integer, 0 to 100000"),
            ("offset/0/limit/101", "limit must be an integer, 0 to 100"),
            (
                "offset/-1/limit/x",
                "offset must be an integer, 0 to 100000; limit must be an integer, 0 to 100",
            ),
        ] {
            assert_eq!(caller.get(&format!("/v1/user/{path}"), 400)["msg"], what);
            assert_eq!(caller.get(&format!("/v1/group/{path}"), 400)["msg"], what);
        }
    });
}

#[test]
fn d8_a_hundred_pictures_of_a_mebibyte_are_listed_whole() {
    on_each_gateway(|gateway| {
        let caller = Caller::demo(gateway);
        let picture = |id: i32| format!("{id:04}").repeat(1024 * 1024 / 4);
        for id in 1..=100 {
            caller.with(&json!({"user_id": id, "avatar": picture(id)})).expect(200);
        }
        let page = gateway.get("/v1/user/offset/0/limit/100").bearer(&caller.token).send();
        let page: Value = page.expect(200).json();
        let items = page["data"]["items"].as_array().unwrap();
        assert_eq!(items.len(), 100);
        for user in items {
            let id = i32::try_from(user["user_id"].as_i64().unwrap()).unwrap();
            assert!(user["avatar"] == picture(id), "{id}");
        }
    });
}

#[test]
fn d9_what_is_not_served_is_an_envelope() {
    on_each_gateway(|gateway| {
        for (method, path, status) in [
            ("GET", "/v2/datasync/clear", 404),
            ("GET", "/v2/datasync/ping", 404),
            ("GET", "/v1/device/info", 404),
            ("POST", "/v1/rule", 404),
            ("GET", "/v1/rule/id/1/groups", 404),
            ("POST", "/v1/event/records", 404),
            ("POST", "/v1/ai/feature", 404),
            ("GET", "/v1/user/id", 404),
            ("GET", "/v1/user/id/1/groups", 404),
            ("GET", "/v1/user/offset/0", 404),
            ("PATCH", "/v1/user/id/1", 405),
            ("POST", "/v1/user/offset/0/limit/1", 405),
            ("GET", "/v1/user/search", 405),
            ("PUT", "/v1/group", 405),
            ("PUT", "/v1/group/id/1/users", 405),
            ("GET", "/v2/user", 405),
            ("PUT", "/v2/group", 405),
            ("POST", "/v2/datasync/info", 405),
            ("GET", "/v1/user/id/1", 401),
            ("GET", "/v1/user/offset/0/limit/1", 401),
            ("GET", "/v1/group/id/1", 401),
            ("GET", "/v2/datasync/info", 401),
            ("DELETE", "/v2/user", 401),
            ("POST", "/v2/group", 401),
        ] {
            let reply = gateway.call(method, path).send().expect(status);
            assert_eq!(reply.keys(), ["data", "code", "msg"], "{path}");
            assert_eq!((&reply.json()["code"], &reply.json()["data"]), (&json!(status), &Value::Null));
        }
    });
}
