use std::sync::Arc;

use roster_kernel::ports::PasswordHash;
use roster_kernel::{Column, IfExists, Imported};
use roster_tenant_ciam::validate::ImportDraft;
use roster_tenant_ciam::wire::{COLUMNS, HASH_COLUMN, PICTURE_COLUMN};
use roster_tenant_ciam::{Client, Error, TenantCiam, TenantId, UserId};
use serde_json::{Map, Value};

use super::{Origin, PAGE, Target};

/// The largest line: the largest body of the call that makes a user, with his picture.
const LIMIT: usize = 2 * 1024 * 1024;

/// The users of a tenant on their way in.
pub(crate) struct CiamImport {
    service: Arc<TenantCiam>,
    by: Client,
}

impl CiamImport {
    pub(crate) fn new(service: Arc<TenantCiam>, tenant: TenantId) -> Self {
        Self { service, by: Client::trusted(tenant, "cli:import") }
    }
}

impl Target for CiamImport {
    type Draft = ImportDraft;
    type Error = Error;

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn path(&self) -> &'static str {
        "/api/v2/tenant/users"
    }

    fn limit(&self) -> usize {
        LIMIT
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

/// The users of a tenant on their way out.
pub(crate) struct CiamExport {
    service: Arc<TenantCiam>,
    by: Client,
    hashes: bool,
    pictures: bool,
    after: Option<UserId>,
}

impl CiamExport {
    pub(crate) fn new(service: Arc<TenantCiam>, tenant: TenantId, hashes: bool, pictures: bool) -> Self {
        Self { service, by: Client::trusted(tenant, "cli:export"), hashes, pictures, after: None }
    }
}

impl Origin for CiamExport {
    type Item = (UserId, Map<String, Value>, Option<PasswordHash>);

    fn columns(&self) -> Vec<Column> {
        let columns = COLUMNS.iter().copied().filter(|column| column.name != "pwd");
        let columns = columns.filter(|column| self.hashes || *column != HASH_COLUMN);
        columns.filter(|column| self.pictures || *column != PICTURE_COLUMN).collect()
    }

    async fn page(&mut self) -> Result<Vec<Self::Item>, Box<dyn std::error::Error>> {
        let page = self.service.export(&self.by, self.after.clone(), PAGE).await?;
        if let Some((last, ..)) = page.last() {
            self.after = Some(last.clone());
        }
        Ok(page)
    }

    async fn members(
        &self,
        (id, mut members, hash): Self::Item,
    ) -> Result<Map<String, Value>, Box<dyn std::error::Error>> {
        if let Some(picture) = if self.pictures { self.service.picture(&self.by, &id).await? } else { None } {
            members.insert(PICTURE_COLUMN.name.into(), picture.into());
        }
        if let Some(hash) = hash.filter(|_| self.hashes) {
            members.insert(HASH_COLUMN.name.into(), hash.as_str().into());
        }
        Ok(members)
    }
}
