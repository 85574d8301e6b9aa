//! The OpenAPI document of the dialect, made from what the handlers and the bodies say of themselves.

use roster_web::openapi::{Common, Failure, When, show_answer, show_request};
use utoipa::OpenApi as _;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, OneOfBuilder, OpenApi, RefOr, Schema, Type};

use crate::error::{Error, Schemes};
use crate::http::{auth, groups, users};
use crate::wire;

/// What the API is.
const DESCRIPTION: &str = "The user directory of a face-recognition access terminal, as access-control software \
calls it to enrol faces and cards.

Every answer is `{\"data\", \"code\", \"msg\"}`. A success is 200 with `code` 200 and `msg` `OK`. An error has an \
HTTP status equal to its `code`, `data` null, and a `msg` that names each field and its limit; only a failed \
login has a code of its own (1000, 1001) under 401. Marks such as D2 are the rows of the dialect's rules.

Lengths are counted in bytes of UTF-8; `maxLength` counts characters, so a text of other than ASCII letters \
may be refused although it fits its schema. The document describes the default configuration.";

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        auth::login,
        auth::errors,
        users::create,
        users::search,
        users::read,
        users::update,
        users::delete,
        users::list,
        users::create_all,
        users::delete_all,
        users::versions,
        groups::create,
        groups::search,
        groups::read,
        groups::update,
        groups::delete,
        groups::members,
        groups::join,
        groups::leave,
        groups::list,
        groups::create_all,
        groups::delete_all,
    ),
    tags(
        (name = "auth", description = "Tokens, and what the codes of the answers mean"),
        (name = "users", description = "Users, one by one and in batches"),
        (name = "groups", description = "Groups and who is in them"),
    )
)]
struct Handlers;

/// The document.
pub fn document() -> OpenApi {
    let bad = |error| Failure::new(When::Secured, "No credentials, or wrong or expired ones", error);
    let common: Common<Error> = Common {
        title: "Roster: device users",
        description: DESCRIPTION.into(),
        body: "Refusal",
        limit: wire::MAX_BYTES,
        failures: vec![
            bad(Error::NoCredentials(Schemes::BearerAndBasic)),
            bad(Error::BadCredentials(Schemes::BearerAndBasic)),
        ],
    };
    let mut document = common.lay_over(Handlers::openapi());
    if let Some(components) = &mut document.components {
        let scheme = |scheme, text: &str| {
            let mut http = Http::new(scheme);
            http.description = Some(text.to_owned());
            SecurityScheme::Http(http)
        };
        let bearer = "The token of a login (D7): a JWT, HS256.";
        let basic = "A device account's name and password, where the configuration takes them: by default on a \
                     loopback address without a proxy (D7).";
        components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer, bearer));
        components.add_security_scheme("basic", scheme(HttpAuthScheme::Basic, basic));
    }
    let request = include_str!("../../../tests/fixtures/seeds/device-users.create.request.json");
    show_request(&mut document, "/v1/user", HttpMethod::Post, "The specification's own", request);
    let answer = include_str!("../../../tests/fixtures/seeds/device-users.create.response.json");
    let summary = "The specification's own, which lacks the last three keys";
    show_answer(&mut document, "/v1/user", HttpMethod::Post, 200, summary, answer);
    let needs = |scheme: &str| SecurityRequirement::new(scheme, [""; 0]);
    document.security = Some(vec![needs("bearer"), needs("basic")]);
    document
}

/// What every error of this dialect looks like (D5).
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "the bodies themselves are envelopes, written by `error.rs`")]
pub(crate) struct Refusal {
    /// Null.
    #[schema(schema_with = null)]
    data: Nothing,
    /// The HTTP status; in a failed login 1000 for an unknown account, 1001 for a wrong password.
    code: u16,
    /// What is wrong: each field with its limit and what came.
    msg: String,
}

/// `data` where there is nothing to tell: null.
pub(crate) struct Nothing;

impl utoipa::PartialSchema for Nothing {
    fn schema() -> RefOr<Schema> {
        null().into()
    }
}

impl utoipa::ToSchema for Nothing {}

fn null() -> Schema {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null)).into()
}

/// A number, or what stands for none.
pub(crate) fn rule_id() -> Schema {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(i32::MAX));
    let empty = ObjectBuilder::new().schema_type(Type::String).max_length(Some(0));
    let described = "The number of a rule; 0, `\"\"` and null for none.";
    OneOfBuilder::new().description(Some(described)).item(number).item(empty).item(null()).build().into()
}
