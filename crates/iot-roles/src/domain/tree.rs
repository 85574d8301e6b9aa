//! Domains, site types and sites: the tree in which areas lie.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::{AttType, DataValue, Named, ObjectId};

/// The root of a tree of sites. Its name is unique over the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: String,
}

/// What sites of one kind have in common. It comes out as the spec shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SiteType {
    /// Its id.
    #[serde(serialize_with = "text")]
    pub id: ObjectId,
    /// Its name, unique in its domain.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// What its sites tell of themselves.
    pub att_definition: Named<AttType>,
}

fn text<S: serde::Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
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
}

impl Site {
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

/// What a user of role AREA administers.
#[derive(Debug, Clone, PartialEq)]
pub enum Area {
    /// A whole domain.
    Domain(Arc<Domain>),
    /// A site and everything in it.
    Site(Arc<Site>),
}

impl Area {
    /// Its id.
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Domain(domain) => &domain.id,
            Self::Site(site) => &site.id,
        }
    }

    /// How it is called where it lies.
    pub fn string(&self) -> String {
        match self {
            Self::Domain(domain) => domain.name.clone(),
            Self::Site(site) => site.string(),
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
