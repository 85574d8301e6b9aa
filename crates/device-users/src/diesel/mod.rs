//! The store on SQLite and PostgreSQL.

mod backfill;
mod groups;
mod import;
mod journal;
mod lists;
mod rows;
mod schema;
mod totals;
mod users;

use async_trait::async_trait;
use diesel::prelude::*;
use roster_kernel::ports::PortError;
use roster_kernel::{Change, IfExists, Imported};
use roster_persistence::{Db, Outcome};

use self::groups::Put;
use self::journal::{Recorded, fingerprint_of};
use crate::domain::{
    Avatar, Edit, Group, GroupEdit, GroupId, Listed, Membership, Name, Profile, Search, User, UserId,
    Version, Window,
};
use crate::store::{GroupError, IfTaken, ImportStore, InsertError, MembersError, Store, UpdateError};

/// Users and groups in a [`Db`].
pub struct DieselStore {
    db: Db,
}

impl DieselStore {
    /// The store in `db`, which holds the tables of `roster_migrations::DEVICE_USERS`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// How many users there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(&self) -> Result<i64, PortError> {
        Ok(self.db.read(totals::users).await?)
    }
}

#[async_trait]
impl ImportStore for DieselStore {
    async fn import(
        &self,
        change: &Change,
        profiles: Vec<Profile>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, InsertError>>, PortError> {
        let at_ms = change.at_ms;
        // Digested before the writer is taken, as in `insert`.
        let incoming = profiles.into_iter().map(|profile| {
            let recorded = Recorded::of(&profile);
            import::Incoming { user: User { profile, created_ms: at_ms, updated_ms: at_ms }, recorded }
        });
        let incoming: Vec<_> = incoming.collect();
        Ok(self.db.write(change, move |conn| import::import(conn, incoming, if_exists)).await?)
    }

    async fn export(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, PortError> {
        Ok(self.db.snapshot(move |conn| import::export(conn, after, limit)).await?)
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
        let inserted = self.db.write(change, move |conn| users::insert(conn, user, recorded, if_taken));
        inserted.await.map_err(PortError::from)?
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        Ok(self.db.look_up(move |conn| users::find_user(conn, id)).await?)
    }

    async fn update(&self, change: &Change, id: UserId, edit: Edit) -> Result<Option<User>, UpdateError> {
        let at_ms = change.at_ms;
        // Digested before the writer is taken, as in `insert`.
        let avatar = edit.avatar.as_ref().and_then(Option::as_ref).map(fingerprint_of);
        let updated = self.db.write(change, move |conn| users::update(conn, id, edit, avatar, at_ms));
        updated.await.map_err(PortError::from)?
    }

    async fn delete(&self, change: &Change, id: UserId) -> Result<bool, PortError> {
        Ok(self.db.write(change, move |conn| users::delete(conn, id)).await?)
    }

    async fn list(&self, window: Window) -> Result<Listed<User>, PortError> {
        Ok(self.db.snapshot(move |conn| lists::list(conn, window)).await?)
    }

    async fn picture(&self, id: UserId) -> Result<Option<Avatar>, PortError> {
        let read = self.db.read(move |conn| {
            let picture = schema::device_user_pictures::table.find(id.0);
            let picture = picture.select(schema::device_user_pictures::avatar);
            Ok(picture.get_result(conn).optional()?.map(Avatar::stored))
        });
        Ok(read.await?)
    }

    async fn search(&self, search: Search) -> Result<Vec<UserId>, PortError> {
        Ok(self.db.read(move |conn| lists::search(conn, &search)).await?)
    }

    async fn versions(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Version>, PortError> {
        Ok(self.db.read(move |conn| lists::versions(conn, after, limit)).await?)
    }

    async fn ensure_groups(&self, change: &Change, mut groups: Vec<Group>) -> Result<(), PortError> {
        let at_ms = change.at_ms;
        // Always in this order, so that two gateways never wait for each other.
        groups.sort_unstable_by_key(|group| group.group_id);
        let ensured = self.db.write(change, move |conn| {
            let mut entries = Vec::new();
            for group in &groups {
                match groups::put_if_new(conn, group, at_ms)? {
                    Put::New => entries.push(groups::created(group)),
                    Put::IdTaken => {}
                    Put::NameTaken => {
                        let what = format!("the name of group {} is another group's", group.group_id);
                        return Err(PortError::failed(what).into());
                    }
                }
            }
            Ok(if entries.is_empty() { Outcome::Refuse(()) } else { Outcome::CommitAll((), entries) })
        });
        Ok(ensured.await?)
    }

    async fn insert_group(&self, change: &Change, group: Group) -> Result<Group, GroupError> {
        let at_ms = change.at_ms;
        let inserted = self.db.write(change, move |conn| groups::insert(conn, group, at_ms));
        inserted.await.map_err(groups::refusal)?
    }

    async fn group(&self, id: GroupId) -> Result<Option<Group>, PortError> {
        Ok(self.db.look_up(move |conn| groups::find(conn, id)).await?)
    }

    async fn update_group(
        &self,
        change: &Change,
        id: GroupId,
        edit: GroupEdit,
    ) -> Result<Option<Group>, GroupError> {
        let updated = self.db.write(change, move |conn| groups::update(conn, id, edit));
        updated.await.map_err(groups::refusal)
    }

    async fn delete_group(&self, change: &Change, id: GroupId) -> Result<bool, PortError> {
        let at_ms = change.at_ms;
        Ok(self.db.write(change, move |conn| groups::delete(conn, id, at_ms)).await?)
    }

    async fn list_groups(&self, window: Window) -> Result<Listed<Group>, PortError> {
        Ok(self.db.snapshot(move |conn| groups::list(conn, window)).await?)
    }

    async fn search_groups(&self, name: Name) -> Result<Vec<GroupId>, PortError> {
        Ok(self.db.read(move |conn| groups::search(conn, &name)).await?)
    }

    async fn members(&self, id: GroupId) -> Result<Option<Vec<UserId>>, PortError> {
        Ok(self.db.snapshot(move |conn| groups::members(conn, id)).await?)
    }

    async fn set_members(
        &self,
        change: &Change,
        id: GroupId,
        users: Vec<UserId>,
        membership: Membership,
    ) -> Result<Option<()>, MembersError> {
        let at_ms = change.at_ms;
        let set = self.db.write(change, move |conn| groups::set_members(conn, id, &users, membership, at_ms));
        set.await.map_err(PortError::from)?
    }
}
