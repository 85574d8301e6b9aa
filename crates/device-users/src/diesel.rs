//! The store on SQLite and PostgreSQL.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::PortError;
use roster_kernel::{Change, digest};
use roster_persistence::{AnyConn, Db, Entry, Outcome, StoreError, each_backend};
use serde_json::{Map, Value, json};

use crate::REALM;
use crate::domain::{
    Avatar, Feature, GroupId, GuestTime, Name, NewGroup, Number, Profile, Remark, User, UserId, UserType,
};
use crate::store::{IfTaken, InsertError, Store};

diesel::table! {
    device_users (user_id) {
        user_id -> Integer,
        name -> Text,
        user_type -> Integer,
        is_admin -> Bool,
        ic_number -> Text,
        id_number -> Text,
        job_number -> Text,
        remark -> Text,
        guest_time_start_ms -> BigInt,
        guest_time_end_ms -> BigInt,
        feature -> Nullable<Text>,
        created_ms -> BigInt,
        updated_ms -> BigInt,
    }
}

diesel::table! {
    device_user_pictures (user_id) {
        user_id -> Integer,
        avatar -> Text,
    }
}

diesel::table! {
    device_groups (group_id) {
        group_id -> Integer,
        name -> Text,
        group_type -> Integer,
        rule_id -> Text,
        created_ms -> BigInt,
    }
}

diesel::table! {
    device_group_members (user_id, group_id) {
        user_id -> Integer,
        group_id -> Integer,
        position -> Integer,
    }
}

/// Users and groups in a [`Db`].
pub struct DieselStore {
    db: Db,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::DEVICE_USERS`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = device_users)]
struct UserRow {
    user_id: i32,
    name: String,
    user_type: i32,
    is_admin: bool,
    ic_number: String,
    id_number: String,
    job_number: String,
    remark: String,
    guest_time_start_ms: i64,
    guest_time_end_ms: i64,
    feature: Option<String>,
    created_ms: i64,
    updated_ms: i64,
}

impl UserRow {
    fn into_user(self, avatar: Option<String>, groups: Vec<i32>) -> Result<User, StoreError> {
        let inconsistent = |column, what: &str| StoreError::Inconsistent {
            table: "device_users",
            column,
            id: self.user_id.to_string(),
            what: what.to_owned(),
        };
        let user_type = UserType::parse(self.user_type.into())
            .map_err(|_| inconsistent("user_type", "neither employee nor visitor"))?;
        let guest_time = GuestTime::parse(self.guest_time_start_ms, self.guest_time_end_ms)
            .map_err(|_| inconsistent("guest_time_end_ms", "before guest_time_start_ms"))?;
        let profile = Profile {
            user_id: UserId(self.user_id),
            name: Name::stored(self.name),
            user_type,
            avatar: avatar.map(Avatar::stored),
            feature: self.feature.map(Feature::stored),
            ic_number: Number::stored(self.ic_number),
            id_number: Number::stored(self.id_number),
            job_number: Number::stored(self.job_number),
            guest_time,
            groups: groups.into_iter().map(GroupId).collect(),
            is_admin: self.is_admin,
            remark: Remark::stored(self.remark),
        };
        Ok(User { profile, created_ms: self.created_ms, updated_ms: self.updated_ms })
    }
}

/// A row as it is written. An absent feature becomes NULL when it replaces one.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = device_users, treat_none_as_null = true)]
struct NewUserRow<'a> {
    user_id: i32,
    name: &'a str,
    user_type: i32,
    is_admin: bool,
    ic_number: &'a str,
    id_number: &'a str,
    job_number: &'a str,
    remark: &'a str,
    guest_time_start_ms: i64,
    guest_time_end_ms: i64,
    feature: Option<&'a str>,
    created_ms: i64,
    updated_ms: i64,
}

impl<'a> From<&'a User> for NewUserRow<'a> {
    fn from(user: &'a User) -> Self {
        let profile = &user.profile;
        Self {
            user_id: profile.user_id.0,
            name: profile.name.as_str(),
            user_type: profile.user_type.number(),
            is_admin: profile.is_admin,
            ic_number: profile.ic_number.as_str(),
            id_number: profile.id_number.as_str(),
            job_number: profile.job_number.as_str(),
            remark: profile.remark.as_str(),
            guest_time_start_ms: profile.guest_time.start_ms(),
            guest_time_end_ms: profile.guest_time.end_ms(),
            feature: profile.feature.as_ref().map(Feature::as_str),
            created_ms: user.created_ms,
            updated_ms: user.updated_ms,
        }
    }
}

#[async_trait]
impl Store for DieselStore {
    async fn insert(
        &self,
        change: &Change,
        profile: Profile,
        if_taken: IfTaken,
    ) -> Result<User, InsertError> {
        let user = User { profile, created_ms: change.at_ms, updated_ms: change.at_ms };
        // Ten megabytes take their time: digested before the one writer of SQLite is taken.
        let recorded = Recorded::of(&user.profile);
        let inserted = self.db.write(change, move |conn| insert(conn, user, recorded, if_taken));
        inserted.await.map_err(PortError::from)?
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        Ok(self.db.read(move |conn| find_user(conn, id)).await?)
    }

    async fn ensure_groups(&self, change: &Change, mut groups: Vec<NewGroup>) -> Result<(), PortError> {
        let at_ms = change.at_ms;
        // Always in this order, so that two gateways never wait for each other.
        groups.sort_unstable_by_key(|group| group.group_id);
        let ensured = self.db.write(change, move |conn| {
            let mut entries = Vec::new();
            for group in &groups {
                if insert_group(conn, group, at_ms)? {
                    let subject = format!("group:{}", group.group_id);
                    let after = json!({"name": group.name, "type": EMPLOYEES});
                    entries.push(Entry::created(REALM.name(), "", &subject, after));
                }
            }
            Ok(if entries.is_empty() { Outcome::Refuse(()) } else { Outcome::CommitAll((), entries) })
        });
        Ok(ensured.await?)
    }
}

/// The type of a group that is made without one, as of a user.
const EMPLOYEES: i32 = 1;

/// Whether the group is new.
fn insert_group(conn: &mut AnyConn, group: &NewGroup, at_ms: i64) -> Result<bool, StoreError> {
    let row = (
        device_groups::group_id.eq(group.group_id.0),
        device_groups::name.eq(&group.name),
        device_groups::group_type.eq(EMPLOYEES),
        device_groups::rule_id.eq(""),
        device_groups::created_ms.eq(at_ms),
    );
    let inserted = each_backend!(conn, |conn| diesel::insert_into(device_groups::table)
        .values(row)
        .on_conflict(device_groups::group_id)
        .do_nothing()
        .execute(conn))?;
    Ok(inserted == 1)
}

type Inserted = Outcome<Result<User, InsertError>>;

fn insert(
    conn: &mut AnyConn,
    mut user: User,
    recorded: Recorded,
    if_taken: IfTaken,
) -> Result<Inserted, StoreError> {
    let unknown = unknown_groups(conn, &user.profile.groups)?;
    if !unknown.is_empty() {
        return Ok(Outcome::Refuse(Err(InsertError::UnknownGroups(unknown))));
    }
    let subject = user.profile.user_id.to_string();
    loop {
        if insert_user(conn, &user)? {
            put_avatar(conn, &user.profile)?;
            put_groups(conn, &user.profile)?;
            let entry = Entry::created(REALM.name(), "", &subject, recorded.values(&user.profile).into());
            return Ok(Outcome::Commit(Ok(user), entry));
        }
        if if_taken == IfTaken::Refuse {
            return Ok(Outcome::Refuse(Err(InsertError::Taken)));
        }
        // Deleted between the two statements (PostgreSQL shows that): then he is new after all.
        let Some(before) = lock_user(conn, user.profile.user_id)? else { continue };
        user.profile.user_type = before.profile.user_type;
        user.created_ms = before.created_ms;
        // Two gateways' clocks differ; a change never looks older than what it changed.
        user.updated_ms = user.updated_ms.max(before.updated_ms);
        replace(conn, &before, &user)?;
        let before = Recorded::of(&before.profile).values(&before.profile);
        let entry = updated(&subject, before, recorded.values(&user.profile));
        return Ok(Outcome::Commit(Ok(user), entry));
    }
}

/// Those of `groups` that do not exist. The others stay until the transaction ends.
fn unknown_groups(conn: &mut AnyConn, groups: &[GroupId]) -> Result<Vec<GroupId>, StoreError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let known = device_groups::table
        .filter(device_groups::group_id.eq_any(groups.iter().map(|group| group.0)))
        .order(device_groups::group_id)
        .select(device_groups::group_id);
    let known: Vec<i32> = match conn {
        // The transaction is the only one that writes.
        AnyConn::Sqlite(conn) => known.load(conn)?,
        AnyConn::Postgres(conn) => known.for_key_share().load(conn)?,
    };
    Ok(groups.iter().copied().filter(|group| !known.contains(&group.0)).collect())
}

/// Whether the id was free. The database decides: of two at once one waits for the other here.
fn insert_user(conn: &mut AnyConn, user: &User) -> Result<bool, StoreError> {
    let row = NewUserRow::from(user);
    let inserted = each_backend!(conn, |conn| diesel::insert_into(device_users::table)
        .values(&row)
        .on_conflict(device_users::user_id)
        .do_nothing()
        .execute(conn))?;
    Ok(inserted == 1)
}

/// The user as he is, and as he stays until the transaction ends.
fn lock_user(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    // On SQLite the transaction is the only one that writes.
    if let AnyConn::Postgres(conn) = conn {
        let user = device_users::table.find(id.0).select(device_users::user_id);
        user.for_update().first::<i32>(conn).optional()?;
    }
    find_user(conn, id)
}

/// The user, with his picture and groups.
fn find_user(conn: &mut AnyConn, id: UserId) -> Result<Option<User>, StoreError> {
    let user = device_users::table.find(id.0).select(UserRow::as_select());
    let Some(row) = user.first(conn).optional()? else { return Ok(None) };
    let avatar =
        device_user_pictures::table.find(id.0).select(device_user_pictures::avatar).first(conn).optional()?;
    let groups = device_group_members::table
        .filter(device_group_members::user_id.eq(id.0))
        .order(device_group_members::position)
        .select(device_group_members::group_id)
        .load(conn)?;
    row.into_user(avatar, groups).map(Some)
}

fn replace(conn: &mut AnyConn, before: &User, user: &User) -> Result<(), StoreError> {
    let id = user.profile.user_id.0;
    diesel::update(device_users::table.find(id)).set(NewUserRow::from(user)).execute(conn)?;
    if before.profile.avatar != user.profile.avatar {
        diesel::delete(device_user_pictures::table.find(id)).execute(conn)?;
        put_avatar(conn, &user.profile)?;
    }
    if before.profile.groups != user.profile.groups {
        diesel::delete(device_group_members::table.filter(device_group_members::user_id.eq(id)))
            .execute(conn)?;
        put_groups(conn, &user.profile)?;
    }
    Ok(())
}

/// Stores the picture of a user who has none.
fn put_avatar(conn: &mut AnyConn, profile: &Profile) -> Result<(), StoreError> {
    if let Some(avatar) = &profile.avatar {
        diesel::insert_into(device_user_pictures::table)
            .values((
                device_user_pictures::user_id.eq(profile.user_id.0),
                device_user_pictures::avatar.eq(avatar.as_str()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Links a user who has no links.
fn put_groups(conn: &mut AnyConn, profile: &Profile) -> Result<(), StoreError> {
    let link = |(&group, position): (&GroupId, i32)| {
        (
            device_group_members::user_id.eq(profile.user_id.0),
            device_group_members::group_id.eq(group.0),
            device_group_members::position.eq(position),
        )
    };
    let links: Vec<_> = profile.groups.iter().zip(0..).map(link).collect();
    if !links.is_empty() {
        each_backend!(conn, |conn| diesel::insert_into(device_group_members::table)
            .values(&links)
            .execute(conn))?;
    }
    Ok(())
}

/// What the journal says of a face: that it is this one, and nothing else.
struct Recorded {
    avatar: Option<Value>,
    feature: Option<Value>,
}

impl Recorded {
    fn of(profile: &Profile) -> Self {
        let fingerprint = |text: &str| json!({"sha256": digest(text), "size": text.len()});
        Self {
            avatar: profile.avatar.as_ref().map(|avatar| fingerprint(avatar.as_str())),
            feature: profile.feature.as_ref().map(|feature| fingerprint(feature.as_str())),
        }
    }

    /// The journal's values of `profile`; what is absent there is absent here.
    fn values(self, profile: &Profile) -> Map<String, Value> {
        let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
        let time = |ms: i64| (ms != 0).then(|| Value::from(ms));
        let groups: Vec<i32> = profile.groups.iter().map(|group| group.0).collect();
        let values = [
            ("name", text(profile.name.as_str())),
            ("type", Some(profile.user_type.number().into())),
            ("avatar", self.avatar),
            ("feature", self.feature),
            ("ic_number", text(profile.ic_number.as_str())),
            ("id_number", text(profile.id_number.as_str())),
            ("job_number", text(profile.job_number.as_str())),
            ("guest_time_start", time(profile.guest_time.start_ms())),
            ("guest_time_end", time(profile.guest_time.end_ms())),
            ("groups", (!groups.is_empty()).then(|| groups.into())),
            ("is_admin", Some(profile.is_admin.into())),
            ("remark", text(profile.remark.as_str())),
        ];
        values.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
    }
}

/// A record of what became another.
fn updated(subject: &str, before: Map<String, Value>, after: Map<String, Value>) -> Entry {
    let gone = before.keys().filter(|field| !after.contains_key(*field));
    let changed = after.iter().filter(|(field, value)| before.get(*field) != Some(value));
    let fields = changed.map(|(field, _)| field).chain(gone).cloned().collect();
    Entry {
        dialect: REALM.name(),
        realm: String::new(),
        subject: subject.to_owned(),
        verb: "update",
        fields,
        before: Some(before.into()),
        after: Some(after.into()),
    }
}
