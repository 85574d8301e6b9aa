//! Types of sites and devices: I7.

use roster_testkit::on_each_gateway;
use serde_json::{Value, json};

use super::DOMAIN;
use super::tree::{Actor, is, text};

#[test]
fn i7_types_have_the_ten_data_types_and_are_kept_while_used() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let of = |name: &str, data_type: &str, infos: Value| json!({"name": name, "dataType": data_type, "optional": false, "dataTypeInfos": infos});
        let mut part = of("part", "Struct", Value::Null);
        part["additional"] = json!([of("inner", "Bool", Value::Null)]);
        let mut one = part.clone();
        (one["name"], one["dataType"]) = (json!("one"), json!("Choice"));
        let all = json!([
            of("int", "Int", Value::Null),
            of("decimal", "Decimal", Value::Null),
            of("text", "String", json!({"string.min": "1", "string.max": "3"})),
            of("bool", "Bool", Value::Null),
            of("enum", "Enum", json!({"enum.value": "a;b"})),
            of("date", "DateTime", json!({"date.format": "yyyy-MM-dd"})),
            of("place", "Location", Value::Null),
            of("many", "Array", json!({"array.type": "Int"})),
            part,
            one,
        ]);
        let made = admin.post("/sitetypes", json!({"name": "All", "additional": all})).expect(200);
        assert_eq!(made.keys(), ["id", "name", "description", "domain", "attDefinition"]);
        let values = json!({
            "int": {"value": "-7"}, "decimal": {"value": 1e10}, "text": {"value": "abc"},
            "bool": {"value": "TRUE"}, "enum": {"value": "a"}, "date": {"value": "2019-04-08"},
            "place": {"value": "121.390234,37.533733"}, "many": {"arrayValue": [{"value": "1"}]},
            "part": {"structValue": {"inner": {"value": "false"}}},
            "one": {"structValue": {"inner": {"value": "true"}}}, "undeclared": {"value": "x"},
        });
        let site = |values: &Value| {
            admin.post(
                "/sites",
                json!({"name": "s", "locationId": DOMAIN, "siteType": "All", "attInfos": values}),
            )
        };
        for name in ["int", "place", "many", "one"] {
            let mut lacks = values.clone();
            lacks.as_object_mut().unwrap().shift_remove(name);
            is(&site(&lacks), 404, &format!("attribute: {name} not found"));
            lacks[name] = json!({"value": "?"});
            is(&site(&lacks), 406, &format!("attribute: {name} is not valid value"));
        }
        let stored = site(&values).expect(200).json();
        let shown: Vec<String> = stored["attributes"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                r#"int {"type":"Int","value":-7,"string":"-7"}"#,
                r#"decimal {"type":"Decimal","value":10000000000.0,"string":"1.0E10"}"#,
                r#"text {"type":"String","value":"abc","string":"abc"}"#,
                r#"bool {"type":"Bool","value":true,"string":"true"}"#,
                r#"enum {"type":"Enum","value":"a","string":"a"}"#,
                r#"date {"type":"DateTime","date":"2019-04-08","format":"yyyy-MM-dd","string":"2019-04-08"}"#,
                r#"place {"type":"Location","longitude":121.390234,"latitude":37.533733,"string":"[121.390234, 37.533733]"}"#,
                r#"many {"type":"Array","value":[{"type":"Int","value":1,"string":"1"}],"string":null}"#,
                r#"part {"type":"Struct","value":{"inner":{"type":"Bool","value":false,"string":"false"}},"string":null}"#,
                r#"one {"type":"Choice","value":{"inner":{"type":"Bool","value":true,"string":"true"}},"string":null}"#,
            ]
        );

        let id = made.json()["id"].as_str().unwrap().to_owned();
        is(&admin.post("/sitetypes", json!({"name": "All"})), 409, "site type name conflict");
        is(&admin.post("/sitetypes", json!({"dataType": "Class"})), 406, "site type name can't be empty");
        let bad = json!({"name": "x", "additional": [of("a", "String", json!({"string.min": "9", "string.max": "1"}))]});
        is(&admin.post("/sitetypes", bad), 406, "a: max not great than min");
        is(
            &admin.post("/sitetypes", json!({"name": "x", "additional": [of("a", "Class", Value::Null)]})),
            406,
            "a: invalid data type",
        );
        is(
            &admin.post("/sitetypes", json!({"name": "x", "additional": [text("a", "9"), text("a", "9")]})),
            409,
            "a conflict",
        );
        is(&admin.delete(&format!("/sitetypes/{id}")), 412, "site type used");
        is(&admin.get("/sitetypes/x"), 404, "x not found");
        is(&admin.delete("/sitetypes/x"), 404, "x not found");
        is(&admin.patch("/sitetypes/name", json!({"name": "x"})), 406, "site type id can't be empty");
        is(
            &admin.patch("/sitetypes/name", json!({"id": id, "name": "共享单车"})),
            409,
            "site type name conflict",
        );
        let renamed = admin
            .patch("/sitetypes/name", json!({"id": id, "name": "Every", "description": "d"}))
            .expect(200)
            .json();
        assert_eq!(
            (&renamed["name"], &renamed["description"], &renamed["domain"]["name"]),
            (&json!("Every"), &json!("d"), &json!("demo"))
        );
        let stored = admin.get(&format!("/sites/{}", stored["id"].as_str().unwrap())).expect(200).json();
        assert_eq!(stored["string"], "sEvery", "what is of it follows");
        assert_eq!(admin.get("/sitetypes/list").expect(200).json()[0], renamed);
        let page = admin.get("/sitetypes/page?currentPage=1&numPerPage=1").expect(200).json();
        assert_eq!(
            (&page["content"][0]["name"], &page["totalElements"], &page["last"]),
            (&json!("共享单车"), &json!(2), &json!(true))
        );
        is(&admin.get("/sitetypes/page?numPerPage=0"), 406, "numPerPage must be 1 to 1000");
        is(&admin.get("/sitetypes/page?currentPage="), 406, "currentPage can't be empty");
        let idle = admin.makes("/sitetypes", json!({"name": "idle"}));
        admin.delete(&format!("/sitetypes/{idle}")).expect(200);
    });
}

#[test]
fn i7_a_device_types_definition_is_added_to_and_taken_from() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        let mut temperature = json!({"name": "t", "dataType": "Decimal", "optional": true});
        is(
            &admin.post("/devicetypes", json!({"name": "D", "additional": [temperature]})),
            406,
            "no definition of get, set, report",
        );
        temperature["dataTypeInfos"] =
            json!({"attribute.get": "true", "attribute.set": "false", "attribute.report": "true"});
        let alarm = json!({"name": "hot", "dataType": "Int", "optional": false});
        let action = json!({"name": "reset", "description": "d", "requestInfo": {"name": "after", "dataType": "Int", "optional": true}});
        let body = json!({"name": "D", "additional": [temperature], "staticAttTypeInfo": [text("sn", "9")],
                          "alarmTypeInfos": [alarm], "actionTypeInfos": [action]});
        let made = admin.post("/devicetypes", body).expect(200);
        assert_eq!(
            made.keys(),
            [
                "id",
                "name",
                "description",
                "domain",
                "attDefinition",
                "staticAttDefinition",
                "alarmTypes",
                "actionTypes"
            ]
        );
        let made = made.json();
        let shown = json!({"dataType": {"type": "Decimal"}, "optional": true, "description": null, "get": true, "set": false, "report": true});
        assert_eq!(made["attDefinition"]["t"].to_string(), shown.to_string());
        let of_int = json!({"dataType": {"type": "Int"}, "optional": true, "description": null});
        let shown = json!({"request": {"after": of_int}, "response": null, "description": "d"});
        assert_eq!(made["actionTypes"]["reset"].to_string(), shown.to_string());
        let at = format!("/devicetypes/{}", made["id"].as_str().unwrap());
        let mut again = temperature.clone();
        for (path, body, what, key) in [
            ("attribute", &mut again, "attribute: t", "t"),
            ("alarmtype", &mut alarm.clone(), "alarm type: hot", "hot"),
            ("actiontype", &mut action.clone(), "action type: reset", "reset"),
        ] {
            let part = format!("{at}/{path}");
            is(&admin.post(&part, body.clone()), 406, &format!("{what} existed."));
            let less = admin.delete(&format!("{part}/{key}")).expect(200).json();
            is(&admin.delete(&format!("{part}/{key}")), 404, &format!("{what} not found"));
            let more = admin.post(&part, body.clone()).expect(200).json();
            assert_ne!(less, more);
            assert_eq!(more, made, "it is there again");
        }
        is(&admin.post("/devicetypes/x/attribute", temperature), 404, "x not found");
        assert_eq!(admin.get(&at).expect(200).json(), made);
        admin.delete(&at).expect(200);
    });
}

#[test]
fn i4_an_array_is_no_object_wherever_it_stands() {
    on_each_gateway(|gateway| {
        let admin = Actor::admin(gateway);
        for body in [
            json!({"name": "x", "additional": [["k", "Int", "d", true]]}),
            json!({"name": "x", "additional": [{"name": "k", "dataType": "Int", "optional": true}, []]}),
        ] {
            let told = admin.post("/sitetypes", body).expect(400).json();
            assert!(
                told["message"].as_str().unwrap().starts_with("additional must be an array of"),
                "{told}"
            );
        }
        let members = |text: &str| {
            let of = json!({"name": "e", "dataType": "Enum", "optional": true, "dataTypeInfos": {"enum.value": text}});
            admin.post("/sitetypes", json!({"name": format!("of {text}"), "additional": [of]}))
        };
        let some = members(";a;;b;").expect(200).json();
        assert_eq!(some["attDefinition"]["e"]["dataType"]["enumType"], json!(["a", "b"]));
        members(";;").expect(406);
    });
}
