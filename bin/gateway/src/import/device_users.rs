use std::sync::Arc;

use roster_device_users::wire::{COLUMNS, CreateUser, ExportedUser};
use roster_device_users::{Caller, DeviceUsers, Error, Profile, User, UserId};
use roster_kernel::{Column, IfExists, Imported};
use serde_json::{Map, Value};

use super::{Origin, PAGE, Target, members_of};

/// Device users on their way in.
pub(crate) struct DeviceImport {
    service: Arc<DeviceUsers>,
    by: Caller,
}

impl DeviceImport {
    pub(crate) fn new(service: Arc<DeviceUsers>) -> Self {
        Self { service, by: Caller::trusted("cli:import") }
    }
}

impl Target for DeviceImport {
    type Draft = Profile;
    type Error = Error;

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn path(&self) -> &'static str {
        "/v1/user"
    }

    fn limit(&self) -> usize {
        CreateUser::MAX_BYTES
    }

    fn judge(&self, body: &[u8]) -> Result<Profile, Error> {
        self.service.judge_import(body)
    }

    async fn import(
        &self,
        drafts: Vec<Profile>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        self.service.import(&self.by, drafts, if_exists).await
    }
}

/// Device users on their way out.
pub(crate) struct DeviceExport {
    service: Arc<DeviceUsers>,
    by: Caller,
    pictures: bool,
    after: Option<UserId>,
}

impl DeviceExport {
    pub(crate) fn new(service: Arc<DeviceUsers>, pictures: bool) -> Self {
        Self { service, by: Caller::trusted("cli:export"), pictures, after: None }
    }
}

impl Origin for DeviceExport {
    type Item = User;

    fn columns(&self) -> Vec<Column> {
        COLUMNS.iter().copied().filter(|column| self.pictures || column.name != "avatar").collect()
    }

    async fn page(&mut self) -> Result<Vec<User>, Box<dyn std::error::Error>> {
        let page = self.service.export(&self.by, self.after, PAGE).await?;
        if let Some(last) = page.last() {
            self.after = Some(last.profile.user_id);
        }
        Ok(page)
    }

    async fn members(&self, mut user: User) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
        if self.pictures {
            user.profile.avatar = self.service.picture(&self.by, user.profile.user_id).await?;
        }
        members_of(&ExportedUser::from(&user))
    }
}
