//! The bodies, spelled as the spec spells them.

mod answers;
mod import;

use roster_kernel::{Member, Secret};
use serde::Deserialize;
use serde_json::Value;

pub use answers::{
    Envelope, Errors, Group, GroupRefusal, Items, Page, Token, User, UserRefusal, Version, codes,
};
pub use import::{COLUMNS, ExportedUser};

/// The body of `POST /v1/user`, in the spec's order. For an optional member null is the same as
/// its absence.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateUser {
    /// Required: 1 to 128 bytes of UTF-8 (D2).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 128, examples("Jack"))
    )]
    #[serde(default)]
    pub name: Member<String>,
    /// Required: an integer, 1 to 999998, or to the configured `user_id_max` (D2). One that is taken is refused
    /// with 409, unless the configuration has `upsert` (D6).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = i64, required, minimum = 1, maximum = 999998, examples(3))
    )]
    #[serde(default)]
    pub user_id: Member<i64>,
    /// Optional: 1 for an employee, the default; 2 for a visitor. Fixed after creation (D2).
    #[serde(rename = "type", default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<i64>, minimum = 1, maximum = 2, default = 1)
    )]
    pub user_type: Member<i64>,
    /// Required unless `feature` has a value: a picture in standard base64, with padding or without, at most
    /// 10 MiB of text, without a `data:` prefix; returned as it was sent (D3). The configured `avatar_formats`
    /// may demand JPEG or PNG.
    #[cfg_attr(
        feature = "openapi",
        schema(
            value_type = Option<String>,
            max_length = 10485760,
            pattern = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$",
            content_encoding = "base64",
        )
    )]
    #[serde(default)]
    pub avatar: Member<String>,
    /// Optional: the features of a face as another system computed them, less than 10 KiB of text, kept as
    /// sent; they prevail over the picture (D3).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 10239))]
    #[serde(default)]
    pub feature: Member<String>,
    /// The card's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub ic_number: Member<String>,
    /// The document's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub id_number: Member<String>,
    /// The job's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub job_number: Member<String>,
    /// When a visit begins, in milliseconds since the epoch; 0 or null is unset (D2).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    #[serde(default)]
    pub guest_time_start: Member<i64>,
    /// When a visit ends, in milliseconds since the epoch; 0 or null is unset (D2).
    /// If both are set, not before `guest_time_start`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    #[serde(default)]
    pub guest_time_end: Member<i64>,
    /// At most 100 ids of existing groups, counted before anything else; their order is kept, repeats are
    /// dropped; null or empty for none (D2).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<Vec<i32>>, max_items = 100)
    )]
    #[serde(default)]
    pub groups: Member<Vec<Value>>,
    /// Optional, false by default, although the spec's table has a "Y": its own example goes without (D1).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub is_admin: Member<bool>,
    /// Optional; null or empty for none; at most 256 bytes of UTF-8 (D2).
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 256))]
    #[serde(default)]
    pub remark: Member<String>,
}

impl CreateUser {
    /// The largest body, in bytes.
    pub const MAX_BYTES: usize = 15 * 1024 * 1024;
}

/// The body of `PUT /v1/user/id/{id}`. What is absent stays; null, `""` and 0 clear. A `user_id` and
/// a `type` are not read: neither ever changes.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateUser {
    /// Required: 1 to 128 bytes of UTF-8 (D2).
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 128, examples("Jack"))
    )]
    #[serde(default)]
    pub name: Member<String>,
    /// Optional: a picture in standard base64, at most 10 MiB of text, without a `data:` prefix (D3). Null or
    /// empty clears it, while there is a `feature`. Absent, it stays as it is.
    #[cfg_attr(
        feature = "openapi",
        schema(
            value_type = Option<String>,
            max_length = 10485760,
            pattern = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==)?|[A-Za-z0-9+/]{3}=?)?$",
            content_encoding = "base64",
        )
    )]
    #[serde(default)]
    pub avatar: Member<String>,
    /// Optional: less than 10 KiB of text (D3). Null or empty clears it, while there is an `avatar`. Absent, it
    /// stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 10239))]
    #[serde(default)]
    pub feature: Member<String>,
    /// The card's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2). Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub ic_number: Member<String>,
    /// The document's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2). Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub id_number: Member<String>,
    /// The job's number, optional; null or empty for none; at most 128 bytes of UTF-8 (D2). Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub job_number: Member<String>,
    /// When a visit begins, in milliseconds since the epoch; 0 or null is unset (D2). Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    #[serde(default)]
    pub guest_time_start: Member<i64>,
    /// When a visit ends, in milliseconds since the epoch; 0 or null is unset (D2). Absent, it stays as it is.
    /// If both are set, not before `guest_time_start`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    #[serde(default)]
    pub guest_time_end: Member<i64>,
    /// At most 100 ids of existing groups, counted before anything else; their order is kept, repeats are
    /// dropped; null or empty for none (D2). Absent, it stays as it is.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<Vec<i32>>, max_items = 100)
    )]
    #[serde(default)]
    pub groups: Member<Vec<Value>>,
    /// Optional; null is false. Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub is_admin: Member<bool>,
    /// Optional; null or empty for none; at most 256 bytes of UTF-8 (D2). Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 256))]
    #[serde(default)]
    pub remark: Member<String>,
}

/// The body of `POST /v1/user/search`. The first member with a value counts.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchUsers {
    /// What names contain, without regard to case: at most 128 bytes of UTF-8.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub name: Member<String>,
    /// A card's number, whole: at most 128 bytes of UTF-8.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub ic_number: Member<String>,
    /// A job's number, whole: at most 128 bytes of UTF-8.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 128))]
    #[serde(default)]
    pub job_number: Member<String>,
}

/// The body of `POST /v2/user`. Each entry is one of `POST /v1/user`, judged on its own.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserList {
    /// Required: 1 to 100 entries.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Vec<CreateUser>, required, min_items = 1, max_items = 100)
    )]
    #[serde(default)]
    pub user_list: Member<Vec<Value>>,
}

impl UserList {
    /// The largest body, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024 * 1024;
}

/// Ids of users or groups: the body of `DELETE /v2/user` and `DELETE /v2/group`, and of a group's
/// users.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ids {
    /// Required: 1 to 100 ids.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Vec<i32>, required, min_items = 1, max_items = 100)
    )]
    #[serde(default)]
    pub ids: Member<Vec<Value>>,
}

/// The body of `POST /v1/group`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateGroup {
    /// Required: an integer, 1 to 2147483647.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = i64, required, minimum = 1, maximum = 2147483647, examples(101))
    )]
    #[serde(default)]
    pub group_id: Member<i64>,
    /// Required: 1 to 128 bytes of UTF-8; no two groups have the same.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 128)
    )]
    #[serde(default)]
    pub name: Member<String>,
    /// Optional: 1 for employees, 2 for visitors; 1 by default.
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 1, maximum = 2))]
    pub group_type: Member<i64>,
    /// Optional: the number of a rule, 1 to 2147483647; 0, `""` and null for none.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::rule_id))]
    #[serde(default)]
    pub rule_id: Member<Value>,
}

/// The body of `PUT /v1/group/id/{id}`. What is absent stays; a `group_id` is not read.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateGroup {
    /// Required: 1 to 128 bytes of UTF-8; no two groups have the same.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 128)
    )]
    #[serde(default)]
    pub name: Member<String>,
    /// Optional: 1 for employees, 2 for visitors; absent or null, it stays as it is.
    #[serde(rename = "type", default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 1, maximum = 2))]
    pub group_type: Member<i64>,
    /// Optional: the number of a rule, 1 to 2147483647; 0, `""` and null for none. Absent, it stays as it is.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::rule_id))]
    #[serde(default)]
    pub rule_id: Member<Value>,
}

/// The body of `POST /v1/group/search`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchGroups {
    /// Required: what names contain, without regard to case; 1 to 128 bytes of UTF-8.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = String, required, min_length = 1, max_length = 128)
    )]
    #[serde(default)]
    pub name: Member<String>,
}

/// The body of `POST /v2/group`. Each entry is one of `POST /v1/group`, judged on its own.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupList {
    /// Required: 1 to 100 entries.
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Vec<CreateGroup>, required, min_items = 1, max_items = 100)
    )]
    #[serde(default)]
    pub group_list: Member<Vec<Value>>,
}

/// The largest body of all other calls, in bytes. Of a login anybody may send one.
pub const MAX_BYTES: usize = 256 * 1024;

/// The body of `POST /v1/auth/login`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Login {
    /// Required: the name of a device account.
    #[cfg_attr(feature = "openapi", schema(value_type = String, required, examples("admin")))]
    #[serde(default)]
    pub username: Member<String>,
    /// Required: at most 1024 bytes.
    #[cfg_attr(
        feature = "openapi",
        schema(
            value_type = String,
            required,
            max_length = 1024,
            format = "password",
            examples("demo-password"),
        )
    )]
    #[serde(default)]
    pub password: Member<Secret>,
    /// How long the token is to be good, in minutes: 1 to 1440, 5 by default.
    #[serde(rename = "validTime", default)]
    #[cfg_attr(
        feature = "openapi",
        schema(value_type = Option<i64>, minimum = 1, maximum = 1440, default = 5)
    )]
    pub valid_time: Member<i64>,
}
