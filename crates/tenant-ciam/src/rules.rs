//! What one tenant asks of its users: everything that a request is judged by, read at once.

use std::collections::HashSet;

use crate::definition::AttributeDefinition;
use crate::domain::{Attribute, Builtin, ExtensionKey};
use crate::mobile::AreaCodes;
use crate::password::PasswordPolicy;

/// The rules of a tenant, at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantRules {
    /// Which state of the rules this is. Every change of any of them raises it; an insert that was
    /// judged by another version is not made.
    pub version: i64,
    builtin: Vec<AttributeDefinition>,
    extensions: Vec<AttributeDefinition>,
    /// The area codes that mobile numbers may have.
    pub area_codes: AreaCodes,
    /// The password policy.
    pub password_policy: PasswordPolicy,
    /// The tenant's own weak passwords, folded ([`roster_kernel::fold`]).
    pub weak_passwords: HashSet<String>,
}

impl TenantRules {
    /// The rules of version `version`. A built-in attribute that `definitions` leaves out has its
    /// default definition; of two definitions of one attribute the later counts. Extension
    /// attributes are judged in the order given.
    pub fn new(
        version: i64,
        definitions: impl IntoIterator<Item = AttributeDefinition>,
        area_codes: AreaCodes,
        password_policy: PasswordPolicy,
    ) -> Self {
        let rules = Self {
            version,
            builtin: Builtin::ALL.map(AttributeDefinition::builtin).to_vec(),
            extensions: Vec::new(),
            area_codes,
            password_policy,
            weak_passwords: HashSet::new(),
        };
        definitions.into_iter().fold(rules, Self::with)
    }

    /// What a new tenant has: China's numbers, the vendor's password policy, nothing required,
    /// and no extension attributes.
    pub fn defaults() -> Self {
        Self::new(1, [], AreaCodes::china(), PasswordPolicy::VENDOR)
    }

    /// The same with this definition in place of the attribute's former one.
    #[must_use]
    pub fn with(mut self, definition: AttributeDefinition) -> Self {
        let list = match definition.attribute() {
            Attribute::Builtin(_) => &mut self.builtin,
            Attribute::Extension(_) => &mut self.extensions,
        };
        match list.iter_mut().find(|known| known.attribute() == definition.attribute()) {
            Some(known) => *known = definition,
            None => list.push(definition),
        }
        self
    }

    /// The definition of a built-in attribute: there is always one.
    pub fn builtin(&self, builtin: Builtin) -> &AttributeDefinition {
        // `new` filled the list in the order of `Builtin::ALL`, and `with` keeps the places.
        &self.builtin[builtin as usize]
    }

    /// The extension attributes, in their order.
    pub fn extensions(&self) -> &[AttributeDefinition] {
        &self.extensions
    }

    /// The definition of the extension attribute `key`.
    pub fn extension(&self, key: &str) -> Option<&AttributeDefinition> {
        self.extensions.iter().find(|definition| {
            matches!(definition.attribute(), Attribute::Extension(known) if ExtensionKey::as_str(known) == key)
        })
    }

    /// The definition of `attribute`, if there is one.
    pub fn definition(&self, attribute: &Attribute) -> Option<&AttributeDefinition> {
        self.definitions().find(|definition| definition.attribute() == attribute)
    }

    /// What the patterns of all definitions cost a request that has a value for each.
    pub(crate) fn work(&self) -> u64 {
        self.definitions().map(AttributeDefinition::work).sum()
    }

    /// All definitions: the built-in attributes, then the extensions.
    pub fn definitions(&self) -> impl Iterator<Item = &AttributeDefinition> {
        self.builtin.iter().chain(&self.extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_stands_in_its_place() {
        let rules = TenantRules::defaults().with(AttributeDefinition::builtin(Builtin::Email).required(true));
        for builtin in Builtin::ALL {
            assert_eq!(rules.builtin(builtin).attribute(), &Attribute::from(builtin));
        }
        assert!(rules.builtin(Builtin::Email).is_required());
        assert_eq!(rules.definitions().count(), 15);
    }
}
