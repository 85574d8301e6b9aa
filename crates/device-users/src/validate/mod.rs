//! The rules of each body: first the shape of every member, then the spec's rules, all at once and
//! in the spec's order.

mod judge;

use std::time::Duration;

use roster_kernel::{JsonKind, Member, Rule, Secret, Unit, Violation};
use serde_json::Value;

pub(crate) use self::judge::whole;
use self::judge::{Judge, filled};
use crate::config::Config;
use crate::domain::{
    Avatar, Edit, Feature, Group, GroupEdit, GroupId, GuestTime, Name, Number, Profile, Remark, Search,
    UserId, UserType,
};
use crate::error::SEARCH;
use crate::wire::{CreateGroup, CreateUser, Ids, Login, SearchGroups, SearchUsers, UpdateGroup, UpdateUser};

/// The most groups of one user, repeats included.
pub const MAX_GROUPS: usize = 100;

/// The most entries of one batch.
pub const MAX_BATCH: usize = 100;

/// The longest password that is looked at, in bytes.
const MAX_PASSWORD_BYTES: usize = 1024;

/// A login that keeps every rule that needs no store.
#[derive(Debug)]
pub struct Credentials {
    /// As whom; any text.
    pub username: String,
    /// With what.
    pub password: Secret,
    /// How long the token is to be good.
    pub valid_time: Duration,
}

/// Judges the body of `POST /v1/user` (D2, D3). Whether its groups exist is the store's to say.
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn create_user(body: CreateUser, config: &Config) -> Result<Profile, Vec<Violation>> {
    let mut judge = Judge::default();
    let name = judge.required("name", "string", body.name, Name::parse);
    let user_id = judge
        .required("user_id", "integer", capped(body.user_id), |id| UserId::parse(id, config.user_id_max));
    let user_type = judge.optional("type", "integer", capped(body.user_type), UserType::parse);
    // A feature that breaks its own rules still says that there is one.
    let has_feature = match &body.feature {
        Member::Given(text) => !text.is_empty(),
        Member::Invalid(_) => true,
        Member::Absent | Member::Null => false,
    };
    let avatar = match filled(body.avatar) {
        None if has_feature => None,
        None => {
            judge.refuse("avatar", Rule::Required);
            None
        }
        Some(member) => {
            judge.optional("avatar", "string", member, |text| Avatar::parse(text, &config.avatar_formats))
        }
    };
    let feature =
        filled(body.feature).and_then(|member| judge.optional("feature", "string", member, Feature::parse));
    let ic_number = judge.optional("ic_number", "string", body.ic_number, Number::parse);
    let id_number = judge.optional("id_number", "string", body.id_number, Number::parse);
    let job_number = judge.optional("job_number", "string", body.job_number, Number::parse);
    let start = judge.optional("guest_time_start", "integer", body.guest_time_start, not_negative);
    let end = judge.optional("guest_time_end", "integer", body.guest_time_end, not_negative);
    let guest_time = GuestTime::parse(start.unwrap_or(0), end.unwrap_or(0));
    let guest_time = guest_time.map_err(|rule| judge.refuse("guest_time_end", rule)).unwrap_or_default();
    let groups = groups(&mut judge, body.groups);
    let is_admin = judge.optional("is_admin", "boolean", body.is_admin, Ok);
    let remark = judge.optional("remark", "string", body.remark, Remark::parse);
    match (name, user_id) {
        (Some(name), Some(user_id)) if judge.0.is_empty() => Ok(Profile {
            user_type: user_type.unwrap_or_default(),
            avatar,
            feature,
            ic_number: ic_number.unwrap_or_default(),
            id_number: id_number.unwrap_or_default(),
            job_number: job_number.unwrap_or_default(),
            guest_time,
            groups,
            is_admin: is_admin.unwrap_or(false),
            remark: remark.unwrap_or_default(),
            ..Profile::new(user_id, name)
        }),
        _ => Err(judge.0),
    }
}

/// Judges the body of `PUT /v1/user/id/{id}` (D8). Whether its groups exist, and whether what
/// becomes of the user keeps the rules, is the store's to say.
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn update_user(body: UpdateUser, config: &Config) -> Result<Edit, Vec<Violation>> {
    let mut judge = Judge::default();
    let name = judge.required("name", "string", body.name, Name::parse);
    let picture = |text| Avatar::parse(text, &config.avatar_formats);
    let avatar = judge.face("avatar", body.avatar, picture);
    let feature = judge.face("feature", body.feature, Feature::parse);
    let ic_number = judge.edited("ic_number", "string", body.ic_number, Number::parse);
    let id_number = judge.edited("id_number", "string", body.id_number, Number::parse);
    let job_number = judge.edited("job_number", "string", body.job_number, Number::parse);
    let start = body.guest_time_start;
    let guest_start_ms = judge.edited("guest_time_start", "integer", start, not_negative);
    let guest_end_ms = judge.edited("guest_time_end", "integer", body.guest_time_end, not_negative);
    let listed = !body.groups.is_absent();
    let groups = groups(&mut judge, body.groups);
    let is_admin = judge.edited("is_admin", "boolean", body.is_admin, Ok);
    let remark = judge.edited("remark", "string", body.remark, Remark::parse);
    match name {
        Some(name) if judge.0.is_empty() => Ok(Edit {
            name,
            avatar,
            feature,
            ic_number,
            id_number,
            job_number,
            guest_start_ms,
            guest_end_ms,
            groups: listed.then_some(groups),
            is_admin,
            remark,
        }),
        _ => Err(judge.0),
    }
}

/// Judges the id of a path. `Ok(None)` is an integer that no user can have.
///
/// # Errors
/// If it is no integer.
pub fn user_id(text: &str, config: &Config) -> Result<Option<UserId>, Vec<Violation>> {
    Ok(integer("user_id", text)?.and_then(|id| UserId::parse(id, config.user_id_max).ok()))
}

/// The same of a group.
///
/// # Errors
/// If it is no integer.
pub fn group_id(text: &str) -> Result<Option<GroupId>, Vec<Violation>> {
    Ok(integer("group_id", text)?.and_then(|id| GroupId::parse(id).ok()))
}

/// An integer in digits; `None` if it is beyond 64 bits.
fn integer(field: &'static str, text: &str) -> Result<Option<i64>, Vec<Violation>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let rule = Rule::Type { expected: "integer", got: JsonKind::String };
        return Err(vec![Violation::new(field, rule)]);
    }
    Ok(text.parse().ok())
}

/// Judges the body of `POST /v1/user/search` (D8): of the members that have a value the first one
/// counts.
///
/// # Errors
/// Every violation of every field; and if none has a value.
pub fn search_users(body: SearchUsers) -> Result<Search, Vec<Violation>> {
    let mut judge = Judge::default();
    let name = filled(body.name).and_then(|m| judge.optional("name", "string", m, Name::parse));
    let ic = filled(body.ic_number).and_then(|m| judge.optional("ic_number", "string", m, Number::parse));
    let job = filled(body.job_number).and_then(|m| judge.optional("job_number", "string", m, Number::parse));
    let search = name.map(Search::Name).or(ic.map(Search::IcNumber)).or(job.map(Search::JobNumber));
    match search {
        Some(search) if judge.0.is_empty() => Ok(search),
        None if judge.0.is_empty() => Err(vec![Violation::new(SEARCH, Rule::Required)]),
        _ => Err(judge.0),
    }
}

/// Judges the list `field` of a batch: 1 to 100 entries, each of which is judged on its own.
///
/// # Errors
/// If there are none, or too many.
pub fn batch(field: &'static str, list: Member<Vec<Value>>) -> Result<Vec<Value>, Vec<Violation>> {
    let mut judge = Judge::default();
    let list = judge.required(field, "array", list, |list| match list.len() {
        0 => Err(Rule::TooShort { min: 1, got: 0, unit: Unit::Items }),
        got if got > MAX_BATCH => Err(Rule::TooLong { max: MAX_BATCH, got, unit: Unit::Items }),
        _ => Ok(list),
    });
    list.ok_or(judge.0)
}

/// Judges the users of a group: 1 to 100 ids; repeats are dropped.
///
/// # Errors
/// Every violation.
pub fn members(body: Ids, config: &Config) -> Result<Vec<UserId>, Vec<Violation>> {
    let mut judge = Judge::default();
    let list = batch("ids", body.ids)?;
    let ids = judge.ids("ids", &list, |id| UserId::parse(id, config.user_id_max));
    if judge.0.is_empty() { Ok(ids) } else { Err(judge.0) }
}

/// Judges the body of `POST /v1/group` (D8).
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn create_group(body: CreateGroup) -> Result<Group, Vec<Violation>> {
    let mut judge = Judge::default();
    let group_id = judge.required("group_id", "integer", capped(body.group_id), GroupId::parse);
    let name = judge.required("name", "string", body.name, Name::parse);
    let group_type = judge.optional("type", "integer", capped(body.group_type), UserType::parse);
    let rule_id = judge.rule_id(body.rule_id);
    match (group_id, name) {
        (Some(group_id), Some(name)) if judge.0.is_empty() => Ok(Group {
            group_id,
            name,
            group_type: group_type.unwrap_or_default(),
            rule_id: rule_id.unwrap_or_default(),
        }),
        _ => Err(judge.0),
    }
}

/// Judges the body of `PUT /v1/group/id/{id}` (D8).
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn update_group(body: UpdateGroup) -> Result<GroupEdit, Vec<Violation>> {
    let mut judge = Judge::default();
    let name = judge.required("name", "string", body.name, Name::parse);
    let group_type = judge.optional("type", "integer", capped(body.group_type), UserType::parse);
    let rule_id = judge.rule_id(body.rule_id);
    match name {
        Some(name) if judge.0.is_empty() => Ok(GroupEdit { name, group_type, rule_id }),
        _ => Err(judge.0),
    }
}

/// Judges the body of `POST /v1/group/search` (D8).
///
/// # Errors
/// If there is no name to look for, or one that no group can have.
pub fn search_groups(body: SearchGroups) -> Result<Name, Vec<Violation>> {
    let mut judge = Judge::default();
    judge.required("name", "string", body.name, Name::parse).ok_or(judge.0)
}

/// Judges the body of `POST /v1/auth/login` (D7). A name that no account can have is for the
/// service to find unknown.
///
/// # Errors
/// Every violation of every field, in the spec's order.
pub fn login(body: Login) -> Result<Credentials, Vec<Violation>> {
    let mut judge = Judge::default();
    let username = judge.required("username", "string", body.username, Ok);
    let password = judge.required("password", "string", body.password, password);
    let minutes = judge.optional("validTime", "integer", capped(body.valid_time), |got| match got {
        1..=1440 => Ok(got.unsigned_abs()),
        _ => Err(Rule::Range { min: 1, max: 1440, got }),
    });
    match (username, password) {
        (Some(username), Some(password)) if judge.0.is_empty() => {
            let valid_time = Duration::from_secs(60 * minutes.unwrap_or(5));
            Ok(Credentials { username, password, valid_time })
        }
        _ => Err(judge.0),
    }
}

/// Bounds a password before it is hashed.
pub(crate) fn password(text: Secret) -> Result<Secret, Rule> {
    match text.expose().len() {
        got if got > MAX_PASSWORD_BYTES => {
            Err(Rule::TooLong { max: MAX_PASSWORD_BYTES, got, unit: Unit::Bytes })
        }
        _ => Ok(text),
    }
}

/// An integer beyond 64 bits as the largest within them: where there is a limit, it names that.
fn capped(member: Member<i64>) -> Member<i64> {
    match member {
        Member::Invalid(JsonKind::Integer) => Member::Given(i64::MAX),
        other => other,
    }
}

fn not_negative(got: i64) -> Result<i64, Rule> {
    if got >= 0 { Ok(got) } else { Err(Rule::Range { min: 0, max: i64::MAX, got }) }
}

/// Counted before anything else, then judged one by one; order kept, repeats dropped.
fn groups(judge: &mut Judge, member: Member<Vec<Value>>) -> Vec<GroupId> {
    let listed = judge.optional("groups", "array of integers", member, |list| match list.len() {
        got if got > MAX_GROUPS => Err(Rule::TooLong { max: MAX_GROUPS, got, unit: Unit::Items }),
        _ => Ok(list),
    });
    judge.ids("groups", &listed.unwrap_or_default(), GroupId::parse)
}

#[cfg(test)]
mod tests {
    use roster_kernel::json;
    use serde_json::json;

    use super::*;
    use crate::config::AvatarFormat;

    const SEED: &[u8] = include_bytes!("../../../../tests/fixtures/seeds/device-users.create.request.json");

    fn judge(body: &str) -> Result<Profile, Vec<Violation>> {
        create_user(json::decode(body.as_bytes()).unwrap(), &Config::default())
    }

    /// A legal body with `members` laid over it.
    fn with(members: &Value) -> Result<Profile, Vec<Violation>> {
        let mut body = json!({"user_id": 3, "name": "Jack", "avatar": "AAAA"});
        for (key, value) in members.as_object().unwrap() {
            body[key] = value.clone();
        }
        judge(&body.to_string())
    }

    fn fields(judged: Result<Profile, Vec<Violation>>) -> Vec<String> {
        judged.unwrap_err().iter().map(|v| v.field.to_string()).collect()
    }

    #[test]
    fn the_specs_example_is_legal() {
        let profile = create_user(json::decode(SEED).unwrap(), &Config::default()).unwrap();
        assert_eq!((profile.user_id, profile.name.as_str()), (UserId(3), "Jack"));
        assert_eq!(profile.avatar.unwrap().as_str().len(), 79);
        assert_eq!(profile.groups, [GroupId(1), GroupId(2)]);
        assert_eq!(profile.user_type, UserType::Employee);
        assert!(!profile.is_admin);
        let config = Config { avatar_formats: vec![AvatarFormat::Jpeg], ..Config::default() };
        assert!(create_user(json::decode(SEED).unwrap(), &config).is_ok(), "a JPEG by its first bytes");
        let config = Config { avatar_formats: vec![AvatarFormat::Png], ..Config::default() };
        assert!(create_user(json::decode(SEED).unwrap(), &config).is_err());
    }

    #[test]
    fn all_violations_come_at_once_in_the_specs_order() {
        let all = r#"{"remark":7,"is_admin":1,"groups":"1","guest_time_end":-1,"guest_time_start":"x",
            "job_number":1,"id_number":[],"ic_number":{},"feature":1,"avatar":1,"type":3,"user_id":"3"}"#;
        let order = [
            "name",
            "user_id",
            "type",
            "avatar",
            "feature",
            "ic_number",
            "id_number",
            "job_number",
            "guest_time_start",
            "guest_time_end",
            "groups",
            "is_admin",
            "remark",
        ];
        assert_eq!(fields(judge(all)), order);
        assert_eq!(fields(judge("{}")), ["name", "user_id", "avatar"]);
    }

    #[test]
    fn an_id_is_a_whole_number() {
        for id in [json!("3"), json!(3.5), json!(3.0), json!(null), json!(true), json!(0), json!(999_999)] {
            assert_eq!(fields(with(&json!({"user_id": id}))), ["user_id"], "{id}");
        }
        assert_eq!(fields(with(&json!({"user_id": u64::MAX}))), ["user_id"]);
        let config = Config { user_id_max: 99_999_998.try_into().unwrap(), ..Config::default() };
        let body = json::decode(br#"{"user_id":99999998,"name":"a","avatar":"AAAA"}"#).unwrap();
        assert!(create_user(body, &config).is_ok(), "the bound is a setting");
    }

    #[test]
    fn null_and_empty_are_no_value_where_a_member_is_optional() {
        let members: &[_] = &["type", "feature", "ic_number", "guest_time_start", "groups", "is_admin"];
        for member in members {
            assert_eq!(with(&json!({*member: null})), with(&json!({})), "{member}");
        }
        assert_eq!(with(&json!({"groups": [], "feature": "", "remark": ""})), with(&json!({})));
    }

    #[test]
    fn there_is_a_picture_or_a_feature() {
        for none in [json!({"avatar": null}), json!({"avatar": ""}), json!({"avatar": null, "feature": ""})] {
            assert_eq!(fields(with(&none)), ["avatar"], "{none}");
        }
        for none in [json!({"avatar": null, "feature": "f"}), json!({"avatar": "", "feature": "f"})] {
            assert_eq!(with(&none).unwrap().avatar, None, "{none}");
        }
        let both = with(&json!({"feature": " f\n"})).unwrap();
        assert_eq!(both.feature.unwrap().as_str(), " f\n", "kept as sent");
        assert!(both.avatar.is_some());
        assert_eq!(fields(with(&json!({"avatar": "data:x", "feature": "f"}))), ["avatar"]);
        let long = "f".repeat(10_240);
        assert_eq!(fields(with(&json!({"avatar": null, "feature": long}))), ["feature"]);
    }

    #[test]
    fn groups_are_counted_then_judged() {
        let many: Vec<_> = vec![json!("x"); 101];
        let violations = with(&json!({"groups": many})).unwrap_err();
        let rule = Rule::TooLong { max: 100, got: 101, unit: Unit::Items };
        assert_eq!(violations, [Violation::new("groups", rule)]);
        let repeated = with(&json!({"groups": vec![7; 100]})).unwrap();
        assert_eq!(repeated.groups, [GroupId(7)]);
        let ordered = with(&json!({"groups": [3, 1, 3, 2, 1]})).unwrap();
        assert_eq!(ordered.groups, [GroupId(3), GroupId(1), GroupId(2)]);
        let wrong = with(&json!({"groups": [1, "2", 3.5, null, 0, 4_294_967_297_i64]}));
        assert_eq!(fields(wrong), ["groups[1]", "groups[2]", "groups[3]", "groups[4]", "groups[5]"]);
    }

    #[test]
    fn a_visit_that_ends_before_it_begins_is_refused() {
        let violations = with(&json!({"guest_time_start": 6, "guest_time_end": 5})).unwrap_err();
        let rule = Rule::Format("must not be before guest_time_start".into());
        assert_eq!(violations, [Violation::new("guest_time_end", rule)]);
        assert!(with(&json!({"guest_time_start": 6, "guest_time_end": 0})).is_ok(), "0 is unset");
    }

    #[test]
    fn logins() {
        let judge = |body: &str| login(json::decode(body.as_bytes()).unwrap());
        let minutes = |body: &str| judge(body).unwrap().valid_time.as_secs() / 60;
        assert_eq!(minutes(r#"{"username":"a","password":""}"#), 5);
        assert_eq!(minutes(r#"{"username":"a","password":"p","validTime":1440}"#), 1440);
        assert_eq!(minutes(r#"{"username":"a","password":"p","validTime":1}"#), 1);
        let violations = judge(r#"{"password":null,"validTime":"5"}"#).unwrap_err();
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_ref()).collect();
        assert_eq!(fields, ["username", "password", "validTime"]);
        for wrong in ["0", "1441", "1.5", "-1"] {
            assert!(judge(&format!(r#"{{"username":"a","password":"p","validTime":{wrong}}}"#)).is_err());
        }
        let long = json!({"username": "a", "password": "p".repeat(1025)});
        assert!(judge(&long.to_string()).is_err());
    }
}
