use std::sync::Arc;

use roster_enterprise_users::imports::wire::{COLUMNS, ExportedUser, HASH_COLUMN};
use roster_enterprise_users::{Administrator, EnterpriseUsers, Error, ImportDraft, User, UserId};
use roster_kernel::ports::PasswordHash;
use roster_kernel::{Column, IfExists, Imported, Origin as From};
use serde_json::{Map, Value};

use super::{MAX_BODY, Origin, PAGE, Target, members_of};

/// Enterprise users on their way in.
pub(crate) struct EnterpriseImport {
    service: Arc<EnterpriseUsers>,
    by: Administrator,
}

impl EnterpriseImport {
    pub(crate) fn new(service: Arc<EnterpriseUsers>) -> Self {
        Self { service, by: Administrator::operator("cli:import", From::default()) }
    }
}

impl Target for EnterpriseImport {
    type Draft = ImportDraft;
    type Error = Error;

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn path(&self) -> &'static str {
        "/openapi/v1/users"
    }

    fn limit(&self) -> usize {
        MAX_BODY
    }

    fn judge(&self, body: &[u8]) -> Result<ImportDraft, Error> {
        self.service.validate_import(body)
    }

    async fn import(
        &self,
        drafts: Vec<ImportDraft>,
        if_exists: IfExists,
    ) -> Result<Vec<Result<Imported, Error>>, Error> {
        self.service.import(&self.by, drafts, if_exists).await
    }
}

/// Enterprise users on their way out.
pub(crate) struct EnterpriseExport {
    service: Arc<EnterpriseUsers>,
    by: Administrator,
    hashes: bool,
    after: Option<UserId>,
}

impl EnterpriseExport {
    pub(crate) fn new(service: Arc<EnterpriseUsers>, hashes: bool) -> Self {
        Self { service, by: Administrator::operator("cli:export", From::default()), hashes, after: None }
    }
}

impl Origin for EnterpriseExport {
    type Item = (User, PasswordHash);

    fn columns(&self) -> Vec<Column> {
        let without = |column: &Column| !["password", "origin"].contains(&column.name);
        let columns = COLUMNS.iter().copied().filter(without);
        columns.filter(|column| self.hashes || *column != HASH_COLUMN).collect()
    }

    async fn page(&mut self) -> Result<Vec<Self::Item>, Box<dyn std::error::Error>> {
        let page = self.service.export(&self.by, self.after, PAGE).await?;
        if let Some((last, _)) = page.last() {
            self.after = Some(last.user_id);
        }
        Ok(page)
    }

    async fn members(
        &self,
        (user, hash): Self::Item,
    ) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
        let mut members = members_of(&ExportedUser::from(&user))?;
        if self.hashes {
            members.insert(HASH_COLUMN.name.into(), hash.as_str().into());
        }
        Ok(members)
    }
}
