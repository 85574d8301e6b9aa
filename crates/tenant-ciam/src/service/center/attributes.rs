use std::collections::BTreeSet;

use roster_kernel::{Rule, Violation};

use super::{Administrator, Batch, MAX_ROUNDS, overtaken};
use crate::center_error::{CenterError, Missing};
use crate::definition::{AttributeDefinition, Report, Survey};
use crate::domain::{Attribute, ExtensionKey, TenantId, UserId};
use crate::rules::TenantRules;
use crate::service::TenantCiam;
use crate::store::Revised;
use crate::validate::center::{Wanted, confusable};

/// How a definition is put.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PutOptions {
    /// Only report who would break it.
    pub dry_run: bool,
    /// Put it even if users break it. They stay as they are; what they change is judged by it.
    pub accept_broken: bool,
}

/// What came of a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    /// Whether the attribute is, or would be, a new one.
    pub created: bool,
    /// The users who break it.
    pub report: Report,
}

impl TenantCiam {
    /// The most extension attributes of a tenant.
    pub const MAX_EXTENSIONS: usize = 200;

    /// The most that a tenant's patterns may cost one request together, each its compiled size times
    /// the bytes of its longest value: about a tenth of a second, a handful of password hashes.
    pub const MAX_PATTERN_WORK: u64 = 1 << 30;

    /// Puts a definition in place of the attribute's former one, or makes a new extension attribute
    /// behind all others.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] for a new key that is too like another's, or
    /// one attribute more than [`Self::MAX_EXTENSIONS`]; [`CenterError::Broken`] if users break it
    /// and were not accepted, and always if they share values that become unique or have values of a
    /// type that changes.
    pub async fn put_attribute(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        definition: AttributeDefinition,
        options: PutOptions,
    ) -> Result<Put, CenterError> {
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.tenant_rules(by, tenant).await?;
            let before = rules.definition(definition.attribute());
            if let (None, Attribute::Extension(key)) = (before, definition.attribute()) {
                may_be_added(&rules, key)?;
            }
            may_cost(&rules, before, &definition)?;
            let survey = Survey::new(before, &definition);
            let put = |report| Put { created: before.is_none(), report };
            if options.dry_run {
                return Ok(put(self.ports.store.survey(tenant, &survey).await?));
            }
            if before == Some(&definition) {
                return Ok(put(Report::default()));
            }
            let (store, change) = (&self.ports.store, self.changed_by(by));
            let accept = options.accept_broken;
            match store.revise_attribute(&change, tenant, rules.version, &survey, accept).await? {
                Revised::Stored(report) => return Ok(put(report)),
                Revised::Broken(report) => return Err(CenterError::Broken(report)),
                Revised::RulesChanged => {}
            }
        }
        Err(overtaken())
    }

    /// Removes an extension attribute and its values, and answers how many there are; with
    /// `dry_run` it only counts them.
    ///
    /// # Errors
    /// [`Missing::Tenant`], [`Missing::Attribute`]; [`CenterError::Conflict`] for a built-in one.
    pub async fn remove_attribute(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        key: &str,
        dry_run: bool,
    ) -> Result<u64, CenterError> {
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.tenant_rules(by, tenant).await?;
            let key = match Attribute::parse(key) {
                Ok(Attribute::Extension(key)) => key,
                Ok(Attribute::Builtin(_)) => {
                    return Err(CenterError::Conflict("a built-in attribute cannot be removed".into()));
                }
                Err(_) => return Err(Missing::Attribute.into()),
            };
            rules.extension(key.as_str()).ok_or(Missing::Attribute)?;
            if dry_run {
                return Ok(self.ports.store.count_values(tenant, &key).await?);
            }
            let (store, change) = (&self.ports.store, self.changed_by(by));
            if let Some(values) = store.remove_attribute(&change, tenant, rules.version, &key).await? {
                return Ok(values);
            }
        }
        Err(overtaken())
    }

    /// Puts the extension attributes into this order, in which they are judged and shown. With
    /// `dry_run` it is only judged.
    ///
    /// # Errors
    /// [`Missing::Tenant`]; [`CenterError::Conflict`] for an order that does not name each of them
    /// once: then somebody has added or removed one.
    pub async fn order_attributes(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        order: Vec<ExtensionKey>,
        dry_run: bool,
    ) -> Result<(), CenterError> {
        for round in 0..MAX_ROUNDS {
            self.give_way(round).await;
            let rules = self.tenant_rules(by, tenant).await?;
            let there: BTreeSet<&str> = rules.extensions().iter().map(|d| d.attribute().key()).collect();
            let named: BTreeSet<&str> = order.iter().map(ExtensionKey::as_str).collect();
            if there != named || named.len() != order.len() {
                let what = "the order must name each of the tenant's extension attributes once";
                return Err(CenterError::Conflict(what.into()));
            }
            let (store, change) = (&self.ports.store, self.changed_by(by));
            if dry_run || store.order_attributes(&change, tenant, rules.version, order.clone()).await? {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    /// The users who have a value of an extension attribute, by id.
    ///
    /// # Errors
    /// [`Missing::Tenant`], [`Missing::Attribute`]; [`CenterError::Invalid`] for a value that is none
    /// of its type. One that its rule refuses may be an old one and is looked for.
    pub async fn users_with(
        &self,
        by: &Administrator,
        tenant: &TenantId,
        wanted: &Wanted,
    ) -> Result<Batch<UserId>, CenterError> {
        let rules = self.tenant_rules(by, tenant).await?;
        let definition = rules.extension(&wanted.key).ok_or(Missing::Attribute)?;
        let Attribute::Extension(key) = definition.attribute() else { return Err(Missing::Attribute.into()) };
        let kind = definition.kind();
        let value = kind.read(&wanted.value).ok_or_else(|| {
            Violation::new("value", Rule::Format(format!("must be a {}", kind.name()).into()))
        })?;
        let (after, limit) = (wanted.after.as_ref(), wanted.limit);
        let found = self.ports.store.users_with(tenant, key, &value.text(), after, limit + 1).await?;
        Ok(Batch::cut(found, limit))
    }
}

/// A request may have a value for every attribute, so it is their patterns together that are bounded.
fn may_cost(
    rules: &TenantRules,
    before: Option<&AttributeDefinition>,
    definition: &AttributeDefinition,
) -> Result<(), CenterError> {
    let (now, own, most) = (rules.work(), definition.work(), TenantCiam::MAX_PATTERN_WORK);
    let total = now - before.map_or(0, AttributeDefinition::work) + own;
    if total <= most || total <= now {
        return Ok(());
    }
    let what = format!(
        "the pattern is too dear: its size times the longest value is {own}, with those of the tenant's other \
         patterns {total}, and together they may have {most}; set a smaller max_chars, or write classes like \
         [0-9A-Za-z_] for \\w"
    );
    Err(CenterError::Conflict(what))
}

fn may_be_added(rules: &TenantRules, key: &ExtensionKey) -> Result<(), CenterError> {
    let most = TenantCiam::MAX_EXTENSIONS;
    if rules.extensions().len() >= most {
        let what = format!("the tenant has {most} extension attributes, which is the most");
        return Err(CenterError::Conflict(what));
    }
    let like = |other: &&AttributeDefinition| confusable(other.attribute().key()) == confusable(key.as_str());
    match rules.extensions().iter().find(like) {
        Some(other) => {
            let what = format!("the key is too like that of the attribute '{}'", other.attribute());
            Err(CenterError::Conflict(what))
        }
        None => Ok(()),
    }
}
