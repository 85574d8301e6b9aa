//! The store on SQLite and PostgreSQL.

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};
use roster_persistence::{AnyConn, Db, Entry, Outcome, StoreError, UniqueViolation, each_backend};

use crate::REALM;
use crate::domain::{AccessKey, Email, EnterpriseId, NewUser, NickName, Phone, User, UserId};
use crate::store::{InsertError, KeyOwner, Store, UniqueField};

diesel::table! {
    enterprise_users (user_id) {
        user_id -> Integer,
        enterprise_id -> Text,
        nick_name -> Text,
        email -> Nullable<Text>,
        email_folded -> Nullable<Text>,
        phone -> Nullable<Text>,
        is_active -> Bool,
        origion -> Nullable<Text>,
        client_ip -> Nullable<Text>,
        password_hash -> Text,
        created_ms -> BigInt,
        updated_ms -> BigInt,
    }
}

diesel::table! {
    enterprise_administrators (user_id) {
        user_id -> Integer,
        created_ms -> BigInt,
    }
}

diesel::table! {
    enterprise_access_keys (key_hash) {
        key_hash -> Text,
        user_id -> Integer,
        note -> Text,
        created_ms -> BigInt,
        expires_ms -> Nullable<BigInt>,
    }
}

diesel::joinable!(enterprise_access_keys -> enterprise_users (user_id));
diesel::joinable!(enterprise_administrators -> enterprise_users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    enterprise_users,
    enterprise_administrators,
    enterprise_access_keys
);

/// Users, administrators and keys in a [`Db`].
pub struct DieselStore {
    db: Db,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::ENTERPRISE_USERS`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = enterprise_users)]
struct UserRow {
    user_id: i32,
    enterprise_id: String,
    nick_name: String,
    email: Option<String>,
    phone: Option<String>,
    is_active: bool,
    origion: Option<String>,
    client_ip: Option<String>,
    created_ms: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            user_id: UserId(row.user_id),
            nick_name: NickName::stored(row.nick_name),
            enterprise_id: EnterpriseId::stored(row.enterprise_id),
            email: row.email.map(Email::stored),
            phone: row.phone.map(Phone::stored),
            is_active: row.is_active,
            origion: row.origion,
            client_ip: row.client_ip,
            created_ms: row.created_ms,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = enterprise_users)]
struct NewUserRow<'a> {
    enterprise_id: &'a str,
    nick_name: &'a str,
    email: Option<&'a str>,
    email_folded: Option<String>,
    phone: Option<&'a str>,
    is_active: bool,
    origion: Option<&'a str>,
    client_ip: Option<String>,
    password_hash: &'a str,
    created_ms: i64,
    updated_ms: i64,
}

#[async_trait]
impl Store for DieselStore {
    async fn taken(&self, user: &NewUser) -> Result<Option<UniqueField>, PortError> {
        let user = user.clone();
        Ok(self.db.read(move |conn| taken(conn, &user)).await?)
    }

    async fn insert(
        &self,
        change: &Change,
        user: NewUser,
        password: PasswordHash,
    ) -> Result<User, InsertError> {
        let at_ms = change.at_ms;
        let inserted = self.db.write(change, move |conn| {
            if let Some(field) = taken(conn, &user)? {
                return Ok(Outcome::Refuse(Err(field)));
            }
            let stored = insert(conn, &user, &password, at_ms)?;
            let entry = created(&stored, user.administrator);
            Ok(Outcome::Commit(Ok(stored), entry))
        });
        match inserted.await {
            Ok(Ok(user)) => Ok(user),
            Ok(Err(field)) => Err(InsertError::Taken(field)),
            Err(StoreError::Unique(violation)) => match field_of(&violation) {
                Some(field) => Err(InsertError::Taken(field)),
                None => Err(PortError::from(StoreError::Unique(violation)).into()),
            },
            Err(error) => Err(PortError::from(error).into()),
        }
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        let found = self.db.read(move |conn| {
            let user = enterprise_users::table.find(id.0).select(UserRow::as_select());
            Ok(user.first(conn).optional()?)
        });
        Ok(found.await?.map(User::from))
    }

    async fn by_nick_name(&self, enterprise_id: &str, nick_name: &str) -> Result<Option<User>, PortError> {
        let (enterprise_id, nick_name) = (enterprise_id.to_owned(), nick_name.to_owned());
        let found = self.db.read(move |conn| {
            let user = enterprise_users::table
                .filter(enterprise_users::enterprise_id.eq(enterprise_id))
                .filter(enterprise_users::nick_name.eq(nick_name));
            Ok(user.select(UserRow::as_select()).first(conn).optional()?)
        });
        Ok(found.await?.map(User::from))
    }

    async fn put_key(&self, change: &Change, key: AccessKey) -> Result<(), PortError> {
        let at_ms = change.at_ms;
        let put = self.db.write(change, move |conn| {
            let user = enterprise_users::table.find(key.user_id.0);
            let realm: String = user.select(enterprise_users::enterprise_id).first(conn)?;
            diesel::delete(enterprise_access_keys::table)
                .filter(enterprise_access_keys::user_id.eq(key.user_id.0))
                .filter(enterprise_access_keys::note.eq(&key.note))
                .execute(conn)?;
            diesel::insert_into(enterprise_access_keys::table)
                .values((
                    enterprise_access_keys::key_hash.eq(&key.key_hash),
                    enterprise_access_keys::user_id.eq(key.user_id.0),
                    enterprise_access_keys::note.eq(&key.note),
                    enterprise_access_keys::created_ms.eq(at_ms),
                    enterprise_access_keys::expires_ms.eq(key.expires_ms),
                ))
                .execute(conn)?;
            let subject = key.user_id.to_string();
            Ok(Outcome::Commit((), Entry::event(REALM.name(), &realm, &subject, "grant", &["access_key"])))
        });
        Ok(put.await?)
    }

    async fn key_owner(&self, key_hash: &str) -> Result<Option<KeyOwner>, PortError> {
        let key_hash = key_hash.to_owned();
        let found = self.db.read(move |conn| {
            let owner = enterprise_access_keys::table
                .inner_join(enterprise_users::table.left_join(enterprise_administrators::table))
                .filter(enterprise_access_keys::key_hash.eq(key_hash))
                .select((
                    UserRow::as_select(),
                    enterprise_administrators::user_id.nullable(),
                    enterprise_access_keys::expires_ms,
                ));
            Ok(owner.first::<(UserRow, Option<i32>, Option<i64>)>(conn).optional()?)
        });
        Ok(found.await?.map(|(user, administrator, expires_ms)| KeyOwner {
            user: user.into(),
            administrator: administrator.is_some(),
            expires_ms,
        }))
    }
}

/// The first field, in the spec's order, that somebody else has.
fn taken(conn: &mut AnyConn, user: &NewUser) -> Result<Option<UniqueField>, StoreError> {
    let users = enterprise_users::table;
    let same_name = users
        .filter(enterprise_users::enterprise_id.eq(user.enterprise_id.as_str()))
        .filter(enterprise_users::nick_name.eq(user.nick_name.as_str()));
    if diesel::select(diesel::dsl::exists(same_name)).get_result(conn)? {
        return Ok(Some(UniqueField::NickName));
    }
    if let Some(email) = &user.email {
        let same_email = users.filter(enterprise_users::email_folded.eq(email.folded()));
        if diesel::select(diesel::dsl::exists(same_email)).get_result(conn)? {
            return Ok(Some(UniqueField::Email));
        }
    }
    if let Some(phone) = &user.phone {
        let same_phone = users.filter(enterprise_users::phone.eq(phone.as_str()));
        if diesel::select(diesel::dsl::exists(same_phone)).get_result(conn)? {
            return Ok(Some(UniqueField::Phone));
        }
    }
    Ok(None)
}

fn field_of(violation: &UniqueViolation) -> Option<UniqueField> {
    let hits = |index, columns| violation.hits(index, columns);
    if hits("enterprise_users_nick_name", "enterprise_users.enterprise_id, enterprise_users.nick_name") {
        Some(UniqueField::NickName)
    } else if hits("enterprise_users_email", "enterprise_users.email_folded") {
        Some(UniqueField::Email)
    } else if hits("enterprise_users_phone", "enterprise_users.phone") {
        Some(UniqueField::Phone)
    } else {
        None
    }
}

fn insert(
    conn: &mut AnyConn,
    user: &NewUser,
    password: &PasswordHash,
    at_ms: i64,
) -> Result<User, StoreError> {
    let row = NewUserRow {
        enterprise_id: user.enterprise_id.as_str(),
        nick_name: user.nick_name.as_str(),
        email: user.email.as_ref().map(Email::as_str),
        email_folded: user.email.as_ref().map(Email::folded),
        phone: user.phone.as_ref().map(Phone::as_str),
        is_active: user.is_active,
        origion: user.origion.as_deref(),
        client_ip: user.client_ip.map(|address| address.to_string()),
        password_hash: password.as_str(),
        created_ms: at_ms,
        updated_ms: at_ms,
    };
    let stored: UserRow = each_backend!(conn, |conn| diesel::insert_into(enterprise_users::table)
        .values(&row)
        .returning(UserRow::as_returning())
        .get_result(conn))?;
    if user.administrator {
        diesel::insert_into(enterprise_administrators::table)
            .values((
                enterprise_administrators::user_id.eq(stored.user_id),
                enterprise_administrators::created_ms.eq(at_ms),
            ))
            .execute(conn)?;
    }
    Ok(stored.into())
}

fn created(user: &User, administrator: bool) -> Entry {
    let mut after = serde_json::json!({
        "nick_name": user.nick_name.as_str(),
        "enterprise_id": user.enterprise_id.as_str(),
        "is_active": user.is_active,
    });
    let optional = [
        ("email", user.email.as_ref().map(Email::as_str)),
        ("phone", user.phone.as_ref().map(Phone::as_str)),
        ("origion", user.origion.as_deref()),
        ("client_ip", user.client_ip.as_deref()),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            after[field] = value.into();
        }
    }
    if administrator {
        after["administrator"] = true.into();
    }
    let (realm, subject) = (user.enterprise_id.as_str(), user.user_id.to_string());
    let mut entry = Entry::created(REALM.name(), realm, &subject, after);
    // That there is one is told; never what it is.
    entry.fields.push("password".to_owned());
    entry
}
