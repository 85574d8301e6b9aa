//! The OpenAPI document of the dialect: what its routes say of themselves, and what is of the whole document.

use roster_web::openapi::{Common, Failure, When, show_answer, show_request};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::config::BODY_LIMIT;
use crate::error::Error;
use crate::http;
use crate::responses::Refusal;

/// What the API is.
const DESCRIPTION: &str = "The users of the enterprises of a platform, as consoles and SDKs of the Rainbond \
OpenAPI call them.

Errors have one of three bodies: the framework's (`detail`, `error_type`), the console's (`msg_show`, `data`), and \
field errors (`err`, code 20400). Their texts are Chinese, or English when `Accept-Language` prefers it (E12). \
Marks such as E7 are the rows of the dialect's rules.

Lengths are counted in characters. The document describes the default configuration.";

/// The groups of operations.
const TAGS: [(&str, &str); 3] = [
    ("users", "Users of all enterprises"),
    ("passwords", "Their passwords"),
    ("administrators", "Users who may act on other users"),
];

/// The document.
pub fn document() -> OpenApi {
    let mut document = http::all().document();
    let tag = |(name, description)| TagBuilder::new().name(name).description(Some(description)).build();
    document.tags = Some(TAGS.map(tag).to_vec());
    let bad =
        |error| Failure::new(When::Secured, "No key, or one that is unknown, expired or revoked", error);
    let common: Common<Error> = Common {
        title: "Roster: enterprise users",
        description: DESCRIPTION.into(),
        body: "Refusal",
        limit: BODY_LIMIT,
        failures: vec![bad(Error::NoToken), bad(Error::BadToken)],
    };
    let mut document = common.lay_over(document);
    let text = "An access key, as it is; `Bearer KEY` and `Token KEY` are taken too (E10).";
    let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", text)));
    let components = document.components.get_or_insert_default();
    let mut schemas = vec![("Refusal".to_owned(), Refusal::schema())];
    Refusal::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.add_security_scheme("key", key);
    document.security = Some(vec![SecurityRequirement::new("key", [""; 0])]);
    let users = "/openapi/v1/users";
    let summary = "The specification's own";
    let request = include_str!("../../../tests/fixtures/seeds/enterprise-users.create.request.json");
    show_request(&mut document, users, HttpMethod::Post, summary, request);
    let answer = include_str!("../../../tests/fixtures/seeds/enterprise-users.read.response.json");
    let summary = "The specification's own: its texts stand for others, `create_time` too";
    show_answer(&mut document, "/openapi/v1/users/{user_id}", HttpMethod::Get, 200, summary, answer);
    document
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;
    use serde_json::Value;

    use super::*;
    use crate::administrators::command::appoint;
    use crate::config::Config;
    use crate::passwords::command::change_password;
    use crate::users::command::{create_user, update_user};

    /// The schema's name and the examples of every body.
    fn bodies() -> Vec<(String, Vec<Value>)> {
        let document = serde_json::to_value(document()).unwrap();
        let operations = document["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|item| item.as_object().unwrap().values());
        let bodies = operations.filter_map(|operation| operation.get("requestBody"));
        let named = bodies.map(|body| {
            let content = &body["content"]["application/json"];
            let name = content["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
            let shown = content["examples"].as_object().into_iter().flat_map(|all| all.values());
            let shown = shown.map(|example| example["value"].clone());
            let own = document["components"]["schemas"][name].get("example").cloned();
            (name.to_owned(), shown.chain(own).collect())
        });
        named.collect()
    }

    #[test]
    fn every_body_has_an_example_that_validates() {
        let config = Config::default();
        for (name, examples) in bodies() {
            assert!(!examples.is_empty(), "{name}");
            for example in examples {
                let text = example.to_string();
                let body = text.as_bytes();
                let validated = match name.as_str() {
                    "CreateUser" => create_user(json::decode(body).unwrap(), &config).map(drop),
                    "UpdateUser" => update_user(json::decode(body).unwrap(), "3", &config).map(drop),
                    "ChangePassword" => change_password(json::decode(body).unwrap(), "3", &config).map(drop),
                    "Appointment" => appoint(json::decode(body).unwrap()).map(drop),
                    other => panic!("no rule for {other}"),
                };
                assert!(validated.is_ok(), "{name}: {text}: {validated:?}");
            }
        }
    }
}
