//! Domains, site types and sites: the tree in which areas lie.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use roster_kernel::{Rule, Unit, chars, has_control};

use super::{AttType, DataValue, Device, DeviceDefinition, DeviceType, Named, ObjectId};

/// The longest name of an object or a type, in characters. A domain's name stands in tokens.
const NAME_MAX: usize = 128;
/// The largest definition of a type, in bytes of its JSON.
pub const DEFINITION_MAX: usize = 65_536;
/// The largest values of an object, in bytes of their JSON.
pub const ATTRIBUTES_MAX: usize = 16_384;
/// How many sites may lie in one another, so that an answer with all that is around stays bounded.
pub const DEPTH_MAX: i32 = 100;

/// The name of a domain, a type, a site or a device: 1 to 128 characters, no control characters.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(min_length = 1, max_length = 128, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Parses a name.
    pub fn parse(text: String) -> Result<Self, Rule> {
        let got = chars(&text);
        match got {
            0 => Err(Rule::NotBlank),
            _ if got > NAME_MAX => Err(Rule::TooLong { max: NAME_MAX, got, unit: Unit::Chars }),
            _ if has_control(&text) => Err(Rule::Format("free of control characters".into())),
            _ => Ok(Self(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_inner(self) -> String {
        self.0
    }
}

/// What lies in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A place, which may hold others.
    Site,
    /// A device, which holds nothing.
    Device,
}

impl Kind {
    /// The word for it in the store and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Device => "device",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Site, Self::Device].into_iter().find(|kind| kind.name() == name)
    }
}

/// The root of a tree of sites. Its name is unique over the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
}

/// What sites of one kind have in common. It comes out as the spec shows it.
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteType {
    /// Its id.
    #[serde(serialize_with = "text")]
    pub id: ObjectId,
    /// Its name, unique in its domain.
    pub name: String,
    /// What it is.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub description: Option<String>,
    /// What its sites tell of themselves.
    #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, AttType>))]
    pub att_definition: Named<AttType>,
}

fn text<S: serde::Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}

/// A type of either kind.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyType {
    /// Of sites.
    Site(Arc<SiteType>),
    /// Of devices.
    Device(Arc<DeviceType>),
}

impl AnyType {
    /// Its id.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Site(site_type) => &site_type.id,
            Self::Device(device_type) => &device_type.id,
        }
    }

    /// The attributes that have values in the store.
    pub fn attributes(&self) -> &Named<AttType> {
        match self {
            Self::Site(site_type) => &site_type.att_definition,
            Self::Device(device_type) => &device_type.definition.static_att_definition,
        }
    }
}

/// A type and the domain that knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The type.
    pub of: AnyType,
    /// The domain.
    pub domain: Arc<Domain>,
}

/// What a type says of its objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Definition {
    /// Of a site.
    Site(Named<AttType>),
    /// Of a device.
    Device(DeviceDefinition),
}

/// A place in a domain, or inside another site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: ObjectId,
    /// Its name; with its type unique where it lies.
    pub name: String,
    /// The domain that it lies in, however deep.
    pub domain: Arc<Domain>,
    /// The site that it lies in, if it does not lie in the domain itself.
    pub parent: Option<Arc<Site>>,
    /// Its type.
    pub site_type: Arc<SiteType>,
    /// What it tells of itself.
    pub attributes: Named<DataValue>,
    /// Whether the caller reaches it. Of one out of reach no more than id and name is shown (I7).
    pub in_reach: bool,
}

impl Site {
    /// The same for a user with these areas.
    pub(super) fn within(self: &Arc<Self>, areas: &HashSet<&str>) -> Arc<Self> {
        if !self.lies_in(areas) {
            return Arc::new(Self { in_reach: false, ..Self::clone(self) });
        }
        let Some(parent) = &self.parent else { return self.clone() };
        Arc::new(Self { parent: Some(parent.within(areas)), ..Self::clone(self) })
    }

    pub(super) fn lies_in(&self, areas: &HashSet<&str>) -> bool {
        areas.contains(self.id.as_str())
            || self
                .parent
                .as_ref()
                .map_or_else(|| areas.contains(self.domain.id.as_str()), |parent| parent.lies_in(areas))
    }

    /// The chain from the top site down: names, each with the name of its type.
    pub fn string(&self) -> String {
        let mut chain = vec![self];
        while let Some(parent) = chain.last().and_then(|site| site.parent.as_deref()) {
            chain.push(parent);
        }
        chain.iter().rev().flat_map(|site| [site.name.as_str(), site.site_type.name.as_str()]).collect()
    }

    /// The same behind the domain's name.
    pub fn full_string(&self) -> String {
        format!("{}{}", self.domain.name, self.string())
    }
}

/// An object of the tree: what a user of role AREA administers.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// A whole domain.
    Domain(Arc<Domain>),
    /// A site and everything in it.
    Site(Arc<Site>),
    /// A device.
    Device(Arc<Device>),
}

impl Area {
    /// Its id.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Domain(domain) => &domain.id,
            Self::Site(site) => &site.id,
            Self::Device(device) => &device.id,
        }
    }

    /// The word for what it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Domain(_) => "domain",
            Self::Site(_) => Kind::Site.name(),
            Self::Device(_) => Kind::Device.name(),
        }
    }

    /// The same for a user with these areas: what is around it and out of their reach is marked so (I7).
    #[must_use]
    pub fn within(&self, areas: &HashSet<&str>) -> Self {
        match self {
            Self::Domain(_) => self.clone(),
            Self::Site(site) => Self::Site(site.within(areas)),
            Self::Device(device) => Self::Device(device.within(areas)),
        }
    }

    /// How it is called where it lies.
    pub fn string(&self) -> String {
        match self {
            Self::Domain(domain) => domain.name.clone(),
            Self::Site(site) => site.string(),
            Self::Device(device) => device.string(),
        }
    }
}

/// A site type that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSiteType {
    /// Where it is known.
    pub domain_id: ObjectId,
    /// The type.
    pub site_type: SiteType,
}

/// A site that is to be made, in the domain of its type.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSite {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
    /// The site to put it in; none for the domain itself.
    pub parent_id: Option<ObjectId>,
    /// Its type.
    pub site_type_id: ObjectId,
    /// What it tells of itself.
    pub attributes: Named<DataValue>,
}

/// The first two of `ids`, by their positions, of which one contains the other or which are the
/// same. `within` are pairs of something and what it lies in (itself included), judged by the
/// tree and not by names.
pub fn first_overlap<'a>(
    ids: &'a [String],
    within: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Option<(usize, usize)> {
    let mut positions: HashMap<&str, usize> = HashMap::with_capacity(ids.len());
    let mut overlaps = Vec::new();
    for (position, id) in ids.iter().enumerate() {
        if let Some(&earlier) = positions.get(id.as_str()) {
            overlaps.push((earlier, position));
        } else {
            positions.insert(id, position);
        }
    }
    for (inner, outer) in within {
        match (positions.get(inner), positions.get(outer)) {
            (Some(&a), Some(&b)) if a != b => overlaps.push((a.min(b), a.max(b))),
            _ => {}
        }
    }
    overlaps.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_found_by_the_tree_and_told_by_position() {
        let ids = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        // b and c lie in a; d lies in c.
        let within = [("a", "a"), ("b", "b"), ("b", "a"), ("c", "c"), ("c", "a"), ("d", "d"), ("d", "c")];
        let with = |text: &str| first_overlap(&ids(text), within);
        assert_eq!(with("b c"), None);
        assert_eq!(with("b a"), Some((0, 1)));
        assert_eq!(with("b d c"), Some((1, 2)));
        assert_eq!(with("d b c b"), Some((0, 2)));
        assert_eq!(with("b b"), Some((0, 1)));
    }
}
