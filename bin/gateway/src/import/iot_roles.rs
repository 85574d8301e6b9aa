use std::sync::Arc;

use roster_iot_roles::wire::{COLUMNS, ExportedUser, HASH_COLUMN};
use roster_iot_roles::{Error, Exported, ImportDraft, IotRoles, ObjectId, SystemAdministrator};
use roster_kernel::{Column, IfExists, Imported};
use serde_json::{Map, Value};

use super::{MAX_BODY, Origin, PAGE, Target, members_of};

/// IoT users on their way in.
pub(crate) struct IotImport {
    service: Arc<IotRoles>,
    by: SystemAdministrator,
}

impl IotImport {
    pub(crate) fn new(service: Arc<IotRoles>) -> Self {
        Self { service, by: SystemAdministrator::trusted("cli:import") }
    }
}

impl Target for IotImport {
    type Draft = ImportDraft;
    type Error = Error;

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn path(&self) -> &'static str {
        "/users"
    }

    fn limit(&self) -> usize {
        MAX_BODY
    }

    fn judge(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        self.service.judge_import(body)
    }

    async fn import(
        &self,
        drafts: Vec<ImportDraft>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        self.service.import(&self.by, drafts, if_exists == IfExists::Skip).await
    }
}

/// IoT users on their way out; devices' accounts stay with their devices.
pub(crate) struct IotExport {
    service: Arc<IotRoles>,
    by: SystemAdministrator,
    hashes: bool,
    after: Option<ObjectId>,
}

impl IotExport {
    pub(crate) fn new(service: Arc<IotRoles>, hashes: bool) -> Self {
        Self { service, by: SystemAdministrator::trusted("cli:export"), hashes, after: None }
    }
}

impl Origin for IotExport {
    type Item = Exported;

    fn columns(&self) -> Vec<Column> {
        let columns = COLUMNS.iter().copied().filter(|column| column.name != "password");
        columns.filter(|column| self.hashes || *column != HASH_COLUMN).collect()
    }

    async fn page(&mut self) -> Result<Vec<Exported>, Box<dyn std::error::Error>> {
        let page = self.service.export(&self.by, self.after.clone(), PAGE).await?;
        if let Some(last) = page.last() {
            self.after = Some(last.id.clone());
        }
        Ok(page)
    }

    async fn members(&self, one: Exported) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
        let mut members = members_of(&ExportedUser::from(&one.user))?;
        if self.hashes {
            members.insert(HASH_COLUMN.name.into(), one.password.as_str().into());
        }
        Ok(members)
    }
}
