//! The OpenAPI document of the dialect, made from what the handlers and the bodies say of themselves.

use roster_web::openapi::{Common, Failure, When, show_answer, show_request};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, OpenApi, Ref, RefOr, Schema, Type};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

use crate::error::Error;
use crate::http::{BODY_LIMIT, administrators, passwords, users};

/// What the API is.
const DESCRIPTION: &str = "The users of the enterprises of a platform, as consoles and SDKs of the Rainbond \
OpenAPI call them.

Errors have one of three bodies: the framework's (`detail`, `error_type`), the console's (`msg_show`, `data`), and \
field errors (`err`, code 20400). Their texts are Chinese, or English when `Accept-Language` prefers it (E12). \
Marks such as E7 are the rows of the dialect's rules.

Lengths are counted in characters. The document describes the default configuration.";

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        users::list,
        users::create,
        users::read,
        users::update,
        users::delete,
        users::current,
        passwords::change,
        passwords::change_own,
        administrators::list,
        administrators::appoint,
        administrators::dismiss,
    ),
    tags(
        (name = "users", description = "Users of all enterprises"),
        (name = "passwords", description = "Their passwords"),
        (name = "administrators", description = "Who of them may act on the others"),
    )
)]
struct Handlers;

/// The document.
pub fn document() -> OpenApi {
    let bad =
        |error| Failure::new(When::Secured, "No key, or one that is unknown, expired or revoked", error);
    let common: Common<Error> = Common {
        title: "Roster: enterprise users",
        description: DESCRIPTION.into(),
        body: "Refusal",
        limit: BODY_LIMIT,
        failures: vec![bad(Error::NoToken), bad(Error::BadToken)],
    };
    let mut document = common.lay_over(Handlers::openapi());
    if let Some(components) = &mut document.components {
        let text = "An access key, as it is; `Bearer KEY` and `Token KEY` are taken too (E10).";
        let key =
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", text)));
        components.add_security_scheme("key", key);
    }
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

/// What every error of this dialect looks like: one of three.
pub(crate) struct Refusal;

impl PartialSchema for Refusal {
    fn schema() -> RefOr<Schema> {
        let one = |name: &str| Ref::from_schema_name(name);
        OneOfBuilder::new()
            .item(one("FrameworkError"))
            .item(one("ConsoleError"))
            .item(one("FieldErrors"))
            .description(Some("One of the dialect's three kinds of errors."))
            .into()
    }
}

impl ToSchema for Refusal {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push(("FrameworkError".into(), FrameworkError::schema()));
        schemas.push(("ConsoleError".into(), ConsoleError::schema()));
        schemas.push(("FieldErrors".into(), FieldErrors::schema()));
    }
}

/// An error of the original's framework.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`error.rs` writes them")]
struct FrameworkError {
    /// What is wrong, in the caller's language.
    detail: String,
    /// The HTTP status.
    code: u16,
    /// What is wrong, in English.
    msg: String,
    /// As `detail`.
    msg_show: String,
    /// The kind, such as `AuthenticationFailed`.
    error_type: String,
}

/// An error of the original's console.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`error.rs` writes them")]
struct ConsoleError {
    /// The HTTP status, or 10402 for what is forbidden.
    code: u16,
    /// What is wrong, in English.
    msg: String,
    /// What is wrong, in the caller's language.
    msg_show: String,
    /// Empty.
    #[schema(inline)]
    data: NoData,
}

/// The data of an error: none.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`error.rs` writes them")]
struct NoData {
    /// Empty.
    bean: serde_json::Map<String, serde_json::Value>,
    /// Empty.
    #[schema(max_items = 0)]
    list: Vec<serde_json::Value>,
}

/// Fields that break rules, and other refusals of a body.
#[derive(ToSchema)]
#[expect(dead_code, reason = "`error.rs` writes them")]
struct FieldErrors {
    /// What is wrong, in the caller's language.
    detail: String,
    /// Texts by field; or `msg` with one text; or texts that concern no field.
    #[schema(schema_with = texts)]
    err: serde_json::Value,
    /// 20400.
    #[schema(minimum = 20400, maximum = 20400)]
    code: u16,
    /// `ValidationError`.
    error_type: String,
}

fn texts() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String).build();
    let list = || utoipa::openapi::ArrayBuilder::new().items(text()).build();
    let either = OneOfBuilder::new().item(list()).item(text()).build();
    let by_field =
        ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::from(either)));
    let described = "Texts by field; or `msg` with one text; or texts that concern no field.";
    OneOfBuilder::new().description(Some(described)).item(by_field).item(list()).build().into()
}

/// A boolean as the original takes it.
pub(crate) fn flag() -> Schema {
    flags().build().into()
}

/// The same, or null.
pub(crate) fn flag_or_null() -> Schema {
    flags().item(null()).build().into()
}

fn flags() -> OneOfBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(1));
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^([01]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"));
    let described = "Whether his keys work: a boolean, or `1`, `0` and the texts of all of them (E6).";
    let flags = OneOfBuilder::new().description(Some(described));
    flags.item(ObjectBuilder::new().schema_type(Type::Boolean)).item(number).item(text)
}

/// An id as the original takes it: a number, or the text of one.
pub(crate) fn id() -> Schema {
    ids().build().into()
}

/// The same, or null.
pub(crate) fn id_or_null() -> Schema {
    ids().item(null()).build().into()
}

fn ids() -> OneOfBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Integer);
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(32));
    let described =
        "A user's id: a number, or the text of one. A body may name the user of its path, and no other.";
    OneOfBuilder::new().description(Some(described)).item(number).item(text)
}

fn null() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null))
}
