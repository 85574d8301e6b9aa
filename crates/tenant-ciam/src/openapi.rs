//! The OpenAPI document of the dialect, made from what the handlers and the bodies say of themselves.

use std::fmt::Write as _;

use roster_kernel::{Language, Rule};
use roster_web::openapi::{
    Common, Failure, When, body, operation_mut, operations_mut, show_answer, show_request,
};
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Array, Components, Object, ObjectBuilder, OneOfBuilder, OpenApi, Ref, RefOr, Required, Schema, Type,
};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

use crate::error::{Error, OAuthError, OAuthRefusal, Refusal};
use crate::http::{self, BODY_LIMIT, passwords, users};
use crate::messages::Code;
use crate::wire;

/// What the API is.
const DESCRIPTION: &str = "The customers of the tenants of a Bamboocloud IDaaS (CIAM): shops and apps register \
them here. An access token belongs to a client of one tenant, and no request reaches another's users (C2).

What a user may look like is the tenant's own: its User Attribute Definition, its area codes and its password \
policy are configured through the admin API (C13). This document gives the limits of a new tenant; of a \
definition that was changed, the codes below tell. An extension attribute has to be defined, as `age` is in \
the demonstration (C4). Lengths are counted in characters (Unicode scalar values), but where bytes are named. \
Unknown members are ignored.

Refusals have one of two bodies. The dialect's own is 400 with `{\"error_msg\", \"error_code\"}`, one a reply, \
in English or Chinese: header `X-L: zh|en`, else `Accept-Language`, else English (C8). A request without a \
token is 401, one with a token that is unknown or expired 400, both in OAuth's shape (C3). Marks such as C4 \
are the rows of the dialect's rules.

`{0}` and `{1}` are always filled in.

| code | English | Chinese |
|---|---|---|
";

#[derive(utoipa::OpenApi)]
#[openapi(
    paths(
        http::token,
        users::create,
        users::list,
        users::read,
        users::update,
        users::delete,
        users::enable,
        users::disable,
        users::by_user_name,
        users::by_mobile,
        users::by_email,
        users::by_external_id,
        passwords::change,
        passwords::change_verified,
    ),
    components(schemas(
        OAuthRefusal,
        Refusal,
        TokenRequest,
        wire::CreateUser,
        wire::LookUp,
        wire::User,
        wire::Users<wire::User>,
    )),
    tags(
        (name = "tokens", description = "What a client needs before anything else (C3)"),
        (name = "users", description = "The customers of the client's tenant (C4, C11, C12)"),
        (name = "passwords", description = "Their passwords (C6)"),
    )
)]
struct Handlers;

/// The document.
pub fn document() -> OpenApi {
    let token = |what, error: OAuthError| Failure::new(When::Secured, what, error).shaped("OAuthRefusal");
    let parameter = Error::parameter("email", Rule::Email);
    let common: Common<Error> = Common {
        title: "Roster: tenant CIAM",
        description: described().into(),
        body: "Refusal",
        limit: BODY_LIMIT,
        failures: vec![
            token(
                "The token is unknown, expired, or of another tenant than the host",
                OAuthError::InvalidToken,
            ),
            token("No token", OAuthError::MissingToken),
            Failure::new(When::Body, "A member is of another type or form", parameter),
        ],
    };
    let mut document = common.lay_over(Handlers::openapi());
    if let Some(components) = &mut document.components {
        parts(components);
        let scheme = |scheme, text: &str| {
            let mut http = Http::new(scheme);
            http.description = Some(text.to_owned());
            SecurityScheme::Http(http)
        };
        let bearer = "The access token of a client, good for 1800 seconds by default (C3).";
        components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer, bearer));
        let basic = "A client's id and secret, for its access token (C3).";
        components.add_security_scheme("basic", scheme(HttpAuthScheme::Basic, basic));
    }
    document.security = Some(vec![SecurityRequirement::new("bearer", [""; 0])]);
    examples(&mut document);
    finish(&mut document);
    document
}

/// The text, with every code.
fn described() -> String {
    let mut text = DESCRIPTION.to_owned();
    for code in Code::ALL {
        let words = |language| code.template(language).replace('|', "\\|");
        // Writing to a String cannot fail.
        let _written =
            writeln!(text, "| `{}` | {} | {} |", code.code(), words(Language::En), words(Language::Zh));
    }
    text
}

/// Schemas that stand for a part of a type: a change has no password, each look-up its own member.
fn parts(components: &mut Components) {
    pick(components, "UpdateUser", "CreateUser", |member| !["pwd", "pwd_must_modify"].contains(&member));
    for (name, own) in [
        ("LookUpByUserName", "user_name"),
        ("LookUpByMobile", "mobile"),
        ("LookUpByEmail", "email"),
        ("LookUpByExternalId", "external_id"),
    ] {
        pick(components, name, "LookUp", |member| member == own);
    }
    components.schemas.remove("LookUp");
    // Of a generic type the element would stand in it in full.
    if let Some(RefOr::T(Schema::Object(mut page))) = components.schemas.remove("Users_User") {
        page.properties.insert("users".to_owned(), Array::new(Ref::from_schema_name("User")).into());
        components.schemas.insert("UserPage".to_owned(), RefOr::T(page.into()));
    }
}

fn pick(components: &mut Components, name: &str, of: &str, has: impl Fn(&str) -> bool) {
    let Some(RefOr::T(Schema::Object(of))) = components.schemas.get(of) else { return };
    let mut object = of.clone();
    object.properties.retain(|member, _| has(member));
    object.required.retain(|member| has(member));
    object.description = None;
    components.schemas.insert(name.to_owned(), RefOr::T(object.into()));
}

/// The specification's own, and calls that a demonstration answers.
fn examples(document: &mut OpenApi) {
    use HttpMethod::{Post, Put};
    let at = |path: &str| format!("{}{path}", http::PREFIX);
    let seed = include_str!("../../../tests/fixtures/seeds/tenant-ciam.create.request.json");
    show_request(document, &at("/users"), Post, "The specification's own", seed);
    let calls = [
        (
            Post,
            "/token",
            r#"{"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}"#,
        ),
        (Put, "/users/{user_id}", r#"{"name": "李四", "industry": "", "extension": {"age": "29"}}"#),
        (Put, "/users/{user_id}/change-password", r#"{"password": "asd456$%^", "must_modify": true}"#),
        (
            Put,
            "/users/{user_id}/change-password-verify",
            r#"{"password": "zxc789&*(", "old_password": "qwe123!@#"}"#,
        ),
        (Post, "/users/user-by-username", r#"{"user_name": "zhangsan"}"#),
        (Post, "/users/user-by-mobile", r#"{"mobile": "15200000000"}"#),
        (Post, "/users/user-by-email", r#"{"email": "15200000000@qq.com"}"#),
        (Post, "/users/user-by-external-id", r#"{"external_id": "12345678741d29069abcdef089d4q87sk12"}"#),
    ];
    for (method, path, body) in calls {
        show_request(document, &at(path), method, "A call", body);
    }
}

/// What cannot be said at a handler.
fn finish(document: &mut OpenApi) {
    let (token, user) = (body(&Error::from(OAuthError::InvalidToken)), body(&Error::NotFound));
    let mut paths = Vec::new();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            if operation.security.is_none() {
                paths.push((path.clone(), method));
            }
            let language = ParameterBuilder::new()
                .name("X-L")
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(
                    "The language of a refusal: `zh` or `en`; it goes before `Accept-Language`.",
                ))
                .schema(Some(Object::with_type(Type::String)));
            operation.parameters.get_or_insert_default().push(language.build().into());
        }
    }
    for (path, method) in paths {
        if path.contains("{user_id}") {
            show_answer(document, &path, method.clone(), 400, "There is no such user", &user);
        }
        show_answer(document, &path, method, 400, "The token is unknown or expired", &token);
    }
    // A request for a token needs no body, and one that is no form is 400.
    let path = format!("{}/token", http::PREFIX);
    let Some(operation) = operation_mut(document, &path, HttpMethod::Post) else { return };
    operation.responses.responses.remove("415");
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.required = Some(Required::False);
    }
}

/// A time in the configured zone, UTC by default: `yyyy-MM-dd HH:mm:ss`.
#[derive(ToSchema)]
#[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]
#[expect(dead_code, reason = "the bodies hold texts")]
pub(crate) struct Time(String);

/// Either body of a 400.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "`error.rs` writes them")]
pub(crate) enum Bad {
    /// The dialect's own.
    Refusal(Refusal<'static>),
    /// OAuth's.
    OAuth(OAuthRefusal<'static>),
}

/// The dialect's codes.
pub(crate) fn codes() -> Schema {
    words("The code.", Code::ALL.iter().map(|code| code.code()))
}

/// OAuth's words.
pub(crate) fn oauth_errors() -> Schema {
    let all = [
        OAuthError::MissingToken,
        OAuthError::InvalidToken,
        OAuthError::InvalidClient { basic: false },
        OAuthError::UnsupportedGrantType,
        OAuthError::InvalidScope,
        OAuthError::InvalidRequest("".into()),
    ];
    words("The kind, as RFC 6749 and RFC 6750 name it, or the vendor.", all.iter().map(OAuthError::word))
}

fn words(description: &str, all: impl Iterator<Item = &'static str>) -> Schema {
    let all: Vec<_> = all.map(Value::from).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(all))
        .into()
}

/// The value of an extension attribute.
pub(crate) struct ExtensionValue;

impl PartialSchema for ExtensionValue {
    fn schema() -> RefOr<Schema> {
        let types = SchemaType::from_iter([Type::String, Type::Number, Type::Boolean]);
        let description =
            "A text, a number or a boolean, as the tenant's definition says: at most 4 KiB of text.";
        let schema =
            ObjectBuilder::new().schema_type(types).description(Some(description)).max_length(Some(4096));
        RefOr::T(schema.into())
    }
}

impl ToSchema for ExtensionValue {}

/// A picture as it is asked for: `http://…`, `https://…` or `data:image/…;base64,…`, or none.
#[derive(ToSchema)]
#[schema(
    max_length = 1048576,
    pattern = "^($|[hH][tT][tT][pP][sS]?://[\\s\\S]|[dD][aA][tT][aA]:[iI][mM][aA][gG][eE]/[A-Za-z0-9.+-]+;base64,)"
)]
#[expect(dead_code, reason = "the body holds a text")]
pub(crate) struct PictureWish(String);

/// Extension attributes by their keys, as they are asked for.
pub(crate) struct ExtensionWish;

impl PartialSchema for ExtensionWish {
    fn schema() -> RefOr<Schema> {
        let value = Ref::from_schema_name("ExtensionValue");
        let value = OneOfBuilder::new().item(value).item(Object::with_type(Type::Null));
        let wish = ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Extension attributes by their keys: at most 200. Null and `\"\"` are empty."))
            .additional_properties(Some(RefOr::T(Schema::from(value))))
            .max_properties(Some(200));
        RefOr::T(wish.into())
    }
}

impl ToSchema for ExtensionWish {}

/// A request for an access token (RFC 6749, section 4.4.2).
#[derive(ToSchema)]
#[expect(dead_code, reason = "`validate::client_credentials` reads them, from the query too")]
pub(crate) struct TokenRequest {
    /// `client_credentials`. Required, here or in the query.
    #[schema(value_type = GrantType, required = false)]
    grant_type: Option<String>,
    /// The client's id, unless it comes by HTTP Basic: at most 256 characters.
    #[schema(value_type = String, max_length = 256, required = false)]
    client_id: Option<String>,
    /// The client's secret, unless it comes by HTTP Basic: at most 256 characters.
    #[schema(value_type = String, format = Password, max_length = 256, required = false)]
    client_secret: Option<String>,
    /// `all`, the only scope.
    #[schema(value_type = Scope, required = false)]
    scope: Option<String>,
}

/// The only grant.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "documents alone need it")]
pub(crate) enum GrantType {
    ClientCredentials,
}

/// The only scope.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "documents alone need it")]
pub(crate) enum Scope {
    All,
}

/// The same in the query.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`validate::client_credentials` reads them")]
pub(crate) struct TokenQuery {
    /// `client_credentials`. Required, here or in the form.
    #[param(value_type = Option<GrantType>)]
    grant_type: Option<String>,
    /// The client's id.
    #[param(max_length = 256)]
    client_id: Option<String>,
    /// The client's secret.
    #[param(max_length = 256, format = Password)]
    client_secret: Option<String>,
    /// `all`, the only scope.
    #[param(value_type = Option<Scope>)]
    scope: Option<String>,
}

/// Which page of the users is asked for.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "`validate::page` reads them, so that a refusal is the dialect's")]
pub(crate) struct PageQuery {
    /// The page's number, from 0.
    #[param(minimum = 0, maximum = 4294967295i64, default = 0)]
    offset: Option<i64>,
    /// How many users a page has at most.
    #[param(minimum = 10, maximum = 100, default = 10)]
    limit: Option<i64>,
    /// Only those who were changed at this time or later, in the configured zone (UTC by default). Empty
    /// counts as absent.
    #[param(
        pattern = "^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})?$",
        example = "2022-02-15 12:23:23"
    )]
    updated_at_greater: Option<String>,
}
