//! What the bodies of the admin API look like, for its document. The bodies themselves are read and
//! written by the dialects' crates, which know more of them than a type can say.
#![expect(dead_code, reason = "what stands here is a schema, and nothing is ever made of it")]

mod requests;

use std::collections::BTreeMap;

use utoipa::ToSchema;

pub(super) use requests::{
    Definition, NewClient, NewPasswordPolicy, NewTenant, Order, TenantChange, Wanted, WeakEdit, address,
};

/// An error: RFC 9457.
#[derive(ToSchema)]
pub(in crate::admin) struct Problem {
    /// Always `about:blank`.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong, and how to mend it.
    detail: String,
    /// Of a definition that users break: who breaks what of it.
    #[schema(required = false)]
    broken: Option<Broken>,
}

/// A list.
#[derive(ToSchema)]
pub(in crate::admin) struct Items<T> {
    /// The items.
    items: Vec<T>,
}

/// A part of a list.
#[derive(ToSchema)]
pub(in crate::admin) struct Page<T> {
    /// The items.
    items: Vec<T>,
    /// The `after` of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// An operator.
#[derive(ToSchema)]
pub(in crate::admin) struct OperatorShown {
    /// The name with which the token was made.
    name: String,
}

/// An operator, without the token.
#[derive(ToSchema)]
pub(in crate::admin) struct OperatorListed {
    /// The name.
    name: String,
    /// When the token was made, in milliseconds since the epoch.
    created_ms: i64,
    /// When it expires, in milliseconds since the epoch; null if never.
    #[schema(required)]
    expires_ms: Option<i64>,
    /// Whether it has expired.
    expired: bool,
}

/// An operator's new token.
#[derive(ToSchema)]
pub(in crate::admin) struct OperatorToken {
    /// The operator's name.
    name: String,
    /// The token, shown this once.
    token: String,
    /// When it expires, in milliseconds since the epoch; null if never.
    #[schema(required)]
    expires_ms: Option<i64>,
}

/// Whether something was unlocked.
#[derive(ToSchema)]
pub(in crate::admin) struct Unlocked {
    /// Whether there were failures to forget.
    unlocked: bool,
}

/// An access key, without the key itself.
#[derive(ToSchema)]
pub(in crate::admin) struct Key {
    /// What it is for; unique to its user.
    note: String,
    /// When it was made, in milliseconds since the epoch.
    created_ms: i64,
    /// When it stops, in milliseconds since the epoch; null if never.
    #[schema(required)]
    expires_ms: Option<i64>,
}

/// A new access key.
#[derive(ToSchema)]
pub(in crate::admin) struct MadeKey {
    /// What it is for.
    note: String,
    /// The key; shown this once.
    key: String,
}

/// Whether an enterprise user may sign in.
#[derive(ToSchema)]
pub(in crate::admin) struct EnterpriseVerdict {
    /// The password is his and he may sign in.
    valid: bool,
    /// The password is his, but he is not active.
    disabled: bool,
    /// There were too many failures: the password was not looked at.
    locked: bool,
}

/// Whether a tenant's user may sign in.
#[derive(ToSchema)]
pub(in crate::admin) struct TenantVerdict {
    /// The password is his and he may sign in.
    valid: bool,
    /// He may sign in, and has to choose another password.
    must_modify: bool,
    /// The password is his, but he is disabled.
    disabled: bool,
    /// There were too many failures: the password was not looked at.
    locked: bool,
}

/// A device account.
#[derive(ToSchema)]
pub(in crate::admin) struct DeviceAccount {
    /// Its name.
    name: String,
    /// Whether it may log in.
    enabled: bool,
    /// When it was made, in milliseconds since the epoch.
    created_ms: i64,
    /// When its password was set, in milliseconds since the epoch.
    password_set_ms: i64,
}

/// A new device account.
#[derive(ToSchema)]
pub(in crate::admin) struct MadeDeviceAccount {
    /// Its name.
    name: String,
    /// The generated password, shown this once; absent if one was chosen.
    #[schema(required = false)]
    password: Option<String>,
}

/// A tenant.
#[derive(ToSchema)]
pub(in crate::admin) struct Tenant {
    /// 1 to 64 of `A-Z a-z 0-9 . _ -`.
    id: String,
    /// Its name.
    name: String,
    /// The host where other tenants' tokens are refused; null if it has none.
    #[schema(required)]
    host: Option<String>,
    /// When it was made, in milliseconds since the epoch.
    created_ms: i64,
    /// When it was last changed, in milliseconds since the epoch.
    updated_ms: i64,
}

/// A client, without its secret.
#[derive(ToSchema)]
pub(in crate::admin) struct Client {
    /// Its id, one client's whatever its tenant.
    client_id: String,
    /// When it was made, in milliseconds since the epoch.
    created_ms: i64,
    /// When its secret was made, in milliseconds since the epoch.
    secret_set_ms: i64,
}

/// A client with its new secret.
#[derive(ToSchema)]
pub(in crate::admin) struct ClientSecret {
    /// Its id.
    client_id: String,
    /// Its secret; shown this once.
    client_secret: String,
}

/// An attribute's definition.
#[derive(ToSchema)]
pub(in crate::admin) struct Attribute {
    /// Its key.
    key: String,
    /// Whether every tenant has it.
    builtin: bool,
    /// What its values are: of an extension `text`, `number`, `boolean`, `date` or `dictionary`.
    kind: String,
    /// Whether every user must have a value.
    required: bool,
    /// Whether no two users may have the same.
    unique: bool,
    /// What it is called.
    display: Display,
    /// What a value must keep.
    rule: Rule,
}

/// What an attribute is called.
#[derive(ToSchema)]
pub(in crate::admin) struct Display {
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

/// What a value must keep.
#[derive(ToSchema)]
pub(in crate::admin) struct Rule {
    /// The least characters; null for no limit.
    #[schema(required, maximum = 4096)]
    min_chars: Option<u32>,
    /// The most characters; null for no limit.
    #[schema(required, maximum = 4096)]
    max_chars: Option<u32>,
    /// A pattern for the whole of it; null for none.
    #[schema(required)]
    pattern: Option<String>,
    /// The values that are allowed; empty for all.
    #[schema(max_items = 1000)]
    allowed: Vec<String>,
}

/// A definition that was put.
#[derive(ToSchema)]
pub(in crate::admin) struct PutAttribute {
    /// The definition.
    attribute: Attribute,
    /// Whether nothing was changed.
    dry_run: bool,
    /// The users who break it and were accepted.
    broken: Broken,
}

/// Who breaks what of a definition, by its member.
#[derive(ToSchema)]
pub(in crate::admin) struct Broken(#[schema(inline)] BTreeMap<String, BrokenBy>);

/// Who breaks one demand.
#[derive(ToSchema)]
pub(in crate::admin) struct BrokenBy {
    /// How many.
    #[schema(minimum = 0)]
    count: i64,
    /// Ten user ids at most.
    #[schema(max_items = 10)]
    examples: Vec<String>,
}

/// An attribute that was removed.
#[derive(ToSchema)]
pub(in crate::admin) struct RemovedAttribute {
    /// Whether nothing was changed.
    dry_run: bool,
    /// How many users had a value.
    #[schema(minimum = 0)]
    values: i64,
}

/// Area codes.
#[derive(ToSchema)]
pub(in crate::admin) struct AreaCodes {
    /// The code of numbers without one; one of `codes`.
    default: String,
    /// At most 300.
    #[schema(max_items = 300)]
    codes: Vec<AreaCode>,
}

/// An area code.
#[derive(ToSchema)]
pub(in crate::admin) struct AreaCode {
    /// 1 to 8 of `A-Z a-z 0-9 -`.
    #[schema(pattern = "^[A-Za-z0-9-]{1,8}$")]
    region: String,
    /// 1 to 4 digits, the first not 0; each once.
    #[schema(pattern = "^[1-9][0-9]{0,3}$")]
    code: String,
    /// What numbers of it match, of digits alone.
    pattern: String,
}

/// A password policy.
#[derive(ToSchema)]
pub(in crate::admin) struct PasswordPolicy {
    /// `vendor`, `nist` or `custom`.
    preset: String,
    /// The least characters.
    #[schema(minimum = 1)]
    min_chars: u32,
    /// The most characters.
    #[schema(minimum = 1)]
    max_chars: u32,
    /// How many of the four classes of characters are needed.
    #[schema(maximum = 4)]
    min_classes: u32,
    /// The longest run of one character or of neighbours; null allows any.
    #[schema(required, minimum = 1)]
    max_run: Option<u32>,
    /// Whether weak passwords are refused.
    weak_list: bool,
    /// Whether passwords that hold the user's own data are refused.
    user_information: bool,
    /// How many former passwords are refused.
    #[schema(maximum = 24)]
    history_depth: u32,
}

/// How many weak passwords of its own a tenant has.
#[derive(ToSchema)]
pub(in crate::admin) struct WeakCount {
    /// So many.
    #[schema(minimum = 0)]
    count: i64,
}
