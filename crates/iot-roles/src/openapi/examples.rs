//! The examples: the specification's own, and calls that a demonstration answers as they stand.

use roster_web::openapi::{show_answer, show_request};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod::{self, Patch, Post};

/// The specification's own bodies, byte for byte.
const SEEDS: [&str; 3] = [
    include_str!("../../../../tests/fixtures/seeds/iot-roles.create.request.json"),
    include_str!("../../../../tests/fixtures/seeds/iot-roles.create.response.system.json"),
    include_str!("../../../../tests/fixtures/seeds/iot-roles.create.response.area.json"),
];

/// Bodies, with the ids of the demonstration's domain and sites.
const CALLS: &[(HttpMethod, &str, &str)] = &[
    (Post, "login", r#"{"username": "admin", "password": "demo-password", "domain": "demo"}"#),
    (Patch, "users", r#"{"userId": "5cab0eafddd50a20164a4cfa", "area": ["5caa9b7dddd50a20164a4cd8"]}"#),
    (Patch, "users/password", r#"{"original": "password", "password": "another password"}"#),
    (Patch, "users/{user}/password", r#"{"password": "another password"}"#),
    (Patch, "users/status", r#"{"userId": "5cab0eafddd50a20164a4cfa", "status": "pending"}"#),
    (Post, "domains", r#"{"name": "north"}"#),
    (Patch, "domains", r#"{"id": "5cab0eafddd50a20164a4cfb", "name": "south"}"#),
    (
        Post,
        "sitetypes",
        r#"{"name": "warehouse", "description": "Goods wait here", "additional": [
            {"name": "floors", "dataType": "Int", "optional": true},
            {"name": "load", "dataType": "Decimal", "optional": true},
            {"name": "code", "dataType": "String", "dataTypeInfos": {"string.min": "1", "string.max": "8"}, "optional": false},
            {"name": "cooled", "dataType": "Bool", "optional": true},
            {"name": "class", "dataType": "Enum", "dataTypeInfos": {"enum.value": "A;B;C"}, "optional": true},
            {"name": "built", "dataType": "DateTime", "dataTypeInfos": {"date.format": "yyyy-MM-dd"}, "optional": true},
            {"name": "place", "dataType": "Location", "optional": true},
            {"name": "gates", "dataType": "Array", "dataTypeInfos": {"array.type": "String"}, "optional": true},
            {"name": "size", "dataType": "Struct", "optional": true, "additional": [
                {"name": "length", "dataType": "Decimal", "optional": false},
                {"name": "width", "dataType": "Decimal", "optional": false}
            ]},
            {"name": "keeper", "dataType": "Choice", "optional": true, "additional": [
                {"name": "person", "dataType": "String", "optional": false},
                {"name": "firm", "dataType": "String", "optional": false}
            ]}
        ]}"#,
    ),
    (Patch, "sitetypes/name", r#"{"id": "5cab0eafddd50a20164a4cfb", "name": "store", "description": null}"#),
    (
        Post,
        "sites",
        r#"{"name": "004", "locationId": "5caa9b2addd50a20164a4cd6", "siteType": "共享单车", "attInfos": {"sn": {"value": "0004"}}}"#,
    ),
    (Patch, "sites", r#"{"id": "5caa9b7dddd50a20164a4cd8", "attInfos": {"city": {"value": "上海"}}}"#),
    (Patch, "sites/name", r#"{"id": "59dc8f8c16bbb720b82f67e3", "name": "002"}"#),
    (
        Patch,
        "sites/location",
        r#"{"siteId": "59e4798cc915d92da081f1f9", "locationId": "59dc8f8c16bbb720b82f67e3"}"#,
    ),
    (
        Post,
        "devicetypes",
        r#"{"name": "thermometer", "description": null,
            "additional": [{"name": "temperature", "dataType": "Decimal", "optional": true,
                "dataTypeInfos": {"attribute.get": "true", "attribute.set": "false", "attribute.report": "true"}}],
            "staticAttTypeInfo": [{"name": "sn", "dataType": "String", "optional": true}],
            "alarmTypeInfos": [{"name": "heat", "dataType": "Decimal", "optional": false}],
            "actionTypeInfos": [{"name": "reset", "requestInfo": {"name": "after", "dataType": "Int", "optional": false}}]}"#,
    ),
    (Patch, "devicetypes/name", r#"{"id": "5cab0eafddd50a20164a4cfb", "name": "probe"}"#),
    (
        Post,
        "devicetypes/{id}/attribute",
        r#"{"name": "humidity", "dataType": "Decimal", "optional": true,
            "dataTypeInfos": {"attribute.get": "true", "attribute.set": "false", "attribute.report": "true"}}"#,
    ),
    (Post, "devicetypes/{id}/alarmtype", r#"{"name": "frost", "dataType": "Decimal", "optional": false}"#),
    (Post, "devicetypes/{id}/actiontype", r#"{"name": "calibrate", "description": "Measures anew"}"#),
    (
        Post,
        "devices",
        r#"{"name": "t1", "locationId": "5caa9b7dddd50a20164a4cd8", "deviceType": "thermometer", "attInfos": {"sn": {"value": "7"}}}"#,
    ),
    (
        Post,
        "devices/subdevice",
        r#"{"name": "t2", "locationId": "5caa9b7dddd50a20164a4cd8", "deviceType": "thermometer", "gatewayId": "5cab0eafddd50a20164a4cfb"}"#,
    ),
    (Patch, "devices", r#"{"id": "5cab0eafddd50a20164a4cfb", "attInfos": {"sn": {"value": "8"}}}"#),
    (Patch, "devices/name", r#"{"id": "5cab0eafddd50a20164a4cfb", "name": "t3"}"#),
    (
        Patch,
        "devices/site",
        r#"{"id": "5cab0eafddd50a20164a4cfb", "locationId": "5caa9b2addd50a20164a4cd6"}"#,
    ),
];

/// Shows them.
pub(super) fn show(document: &mut OpenApi) {
    let [request, system, area] = SEEDS;
    for path in ["/server/user", "/server/users"] {
        show_request(document, path, Post, "The specification's own", request);
        show_answer(document, path, Post, 200, "The specification's own: a user of role SYSTEM", system);
        let summary = "The specification's own: a user of role AREA, without the newer keys of his area";
        show_answer(document, path, Post, 200, summary, area);
    }
    for (method, path, body) in CALLS {
        show_request(document, &format!("/server/{path}"), method.clone(), "A call", body);
    }
}
