//! What the tree of domains, sites and devices needs of a store.

use async_trait::async_trait;
use roster_kernel::Change;
use roster_kernel::ports::{PasswordHash, PortError};

use crate::domain::{
    ActionType, AnyType, Area, AttType, DataValue, Definition, DeviceAttType, Domain, Kind, Listed, Name,
    Named, NewUser, ObjectId, PageRequest, Typed,
};

/// How much of the tree somebody may act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Everything,
    /// The areas of this user and what lies within them.
    AreasOf(ObjectId),
}

/// Who acts, and in which domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// How far he reaches. The store judges it in the transaction of the read or write that it
    /// guards, so that a change of areas is either before or after it.
    pub reach: Reach,
    /// The name of the domain that he chose.
    pub domain: String,
}

/// A domain by one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainKey {
    /// Its id, as it was asked for.
    Id(String),
    /// Its name.
    Name(String),
}

/// A type that is to be made, in the domain that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct NewType {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub description: Option<String>,
    /// What it says of its objects.
    pub definition: Definition,
}

/// A change of a device type's definition.
#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionEdit {
    /// A new attribute.
    AddAttribute(String, DeviceAttType),
    /// One less.
    RemoveAttribute(String),
    /// A new alarm.
    AddAlarm(String, AttType),
    /// One less.
    RemoveAlarm(String),
    /// A new action.
    AddAction(String, ActionType),
    /// One less.
    RemoveAction(String),
}

/// What a new object is to stand on, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// What it is.
    pub kind: Kind,
    /// The name of its type.
    pub type_name: String,
    /// The id of the domain or site that it is to lie in.
    pub location_id: String,
    /// The id of the device that speaks for it.
    pub gateway_id: Option<String>,
}

/// An object that is to be made.
#[derive(Debug, Clone)]
pub struct NewObject {
    /// Its id.
    pub id: ObjectId,
    /// Its name.
    pub name: Name,
    /// What it stands on.
    pub ground: Ground,
    /// What is known of it.
    pub attributes: Named<DataValue>,
    /// The type by which that was judged: another that has its name by now is none of its.
    pub judged_by: Option<ObjectId>,
    /// As whom it signs in, with the hash of his password.
    pub account: Option<(ObjectId, NewUser, PasswordHash)>,
}

/// Which objects of the chosen domain a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// Those that lie right in this one.
    pub location_id: Option<String>,
    /// Those of this type.
    pub type_id: Option<String>,
    /// Those whose name contains this, with regard to case.
    pub name: Option<String>,
}

/// Why something was not done to the tree.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The domain that was chosen is not there any more.
    #[error("no such domain")]
    NoDomain,
    /// It is not within his reach.
    #[error("out of reach")]
    OutOfReach,
    /// What was named is not there: its name for the caller.
    #[error("no {0}")]
    Unknown(String),
    /// Another has the name there.
    #[error("the name is taken")]
    NameTaken,
    /// It is refused as things stand.
    #[error(transparent)]
    State(#[from] TreeState),
    /// The type's name is another type's now.
    #[error("the type has changed")]
    TypeChanged,
    /// A definition has that already: its name for the caller.
    #[error("{0} existed.")]
    Existed(String),
    /// The store failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// As things stand in the tree, that can't be. The texts are the reference's where it has any.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeState {
    /// No domain was chosen.
    #[error("Please choose domain first.")]
    NoDomain,
    /// A user's area is the object or lies within it.
    #[error("{username} has this access, {object} can't be deleted")]
    Access {
        /// Who.
        username: String,
        /// How the object is called.
        object: String,
    },
    /// Something lies in the site.
    #[error("not empty in this site")]
    SiteNotEmpty,
    /// Devices stand behind the gateway.
    #[error("not empty in this device")]
    GatewayInUse,
    /// Objects of the type exist.
    #[error("{} type used", .0.name())]
    TypeUsed(Kind),
    /// A site was to be moved into itself or into what lies in it.
    #[error("a site can't lie in itself")]
    Cycle,
    /// Sites would lie in one another too deep.
    #[error("objects lie at most 100 deep")]
    TooDeep,
    /// A device behind a gateway was to be one.
    #[error("a device behind a gateway can't be a gateway")]
    GatewayBehindGateway,
    /// A type's definition has grown too large.
    #[error("the definition of a type has at most 65536 bytes")]
    DefinitionTooLarge,
}

/// Domains, types, sites and devices. One method is one transaction; a subject that is not there,
/// or is of another domain than the chosen one, is `Ok(None)`. The law of it is in `contract`.
#[async_trait]
pub trait TreeStore: Send + Sync {
    /// The domain, if an area of his is it or lies in it.
    async fn domain(&self, reach: &Reach, key: &DomainKey) -> Result<Option<Domain>, TreeError>;

    /// The domains in which he has an area, by name; the first 1000.
    async fn domains(&self, reach: &Reach) -> Result<Vec<Domain>, TreeError>;

    /// Gives a domain another name. Sessions that chose it end.
    async fn rename_domain(
        &self,
        change: &Change,
        id: &str,
        name: &Name,
    ) -> Result<Option<Domain>, TreeError>;

    /// Deletes a domain with all that is in it, and the accounts of its devices. Sessions that chose
    /// it end.
    async fn delete_domain(&self, change: &Change, id: &str) -> Result<Option<()>, TreeError>;

    /// Makes a type; he needs the whole domain.
    async fn add_type(&self, change: &Change, by: &Acting, new: NewType) -> Result<Typed, TreeError>;

    /// The type of this id; he needs an area in the domain.
    async fn type_of_id(&self, by: &Acting, kind: Kind, id: &str) -> Result<Option<Typed>, TreeError>;

    /// The types of the domain, newest first.
    async fn types(&self, by: &Acting, kind: Kind, page: PageRequest) -> Result<Listed<Typed>, TreeError>;

    /// Gives a type another name and, if one is given, another description; he needs the whole domain.
    async fn rename_type(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        name: &Name,
        description: Option<Option<String>>,
    ) -> Result<Option<Typed>, TreeError>;

    /// Changes a device type's definition; he needs the whole domain.
    async fn edit_type(
        &self,
        change: &Change,
        by: &Acting,
        id: &str,
        edit: DefinitionEdit,
    ) -> Result<Option<Typed>, TreeError>;

    /// Deletes a type that has no objects; he needs the whole domain.
    async fn delete_type(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
    ) -> Result<Option<()>, TreeError>;

    /// The type of an object that is to be made, if all that it stands on is there and the location
    /// is in reach. A look before values are judged and a hash is spent; [`TreeStore::add_object`]
    /// has the last word.
    async fn ground(&self, by: &Acting, ground: &Ground) -> Result<AnyType, TreeError>;

    /// Makes a site or a device.
    async fn add_object(&self, change: &Change, by: &Acting, new: NewObject) -> Result<Area, TreeError>;

    /// The site or device of this id.
    async fn object(&self, by: &Acting, kind: Kind, id: &str) -> Result<Option<Area>, TreeError>;

    /// The sites or devices within his reach, newest first.
    async fn objects(
        &self,
        by: &Acting,
        kind: Kind,
        filter: &ObjectFilter,
        page: PageRequest,
    ) -> Result<Listed<Area>, TreeError>;

    /// How many there are of them.
    async fn count_objects(&self, by: &Acting, kind: Kind, filter: &ObjectFilter) -> Result<i64, TreeError>;

    /// The sites within the areas of `user`, whatever their domain; the first 1000.
    async fn sites_of(&self, user: &ObjectId) -> Result<Vec<Area>, TreeError>;

    /// Whether the object of this id lies within the areas of `user`.
    async fn lies_within(&self, user: &ObjectId, id: &str) -> Result<Option<bool>, TreeError>;

    /// The device that signs in as `user`.
    async fn device_of(&self, user: &ObjectId) -> Result<Option<Area>, TreeError>;

    /// The device whose account has this name.
    async fn device_named(&self, by: &Acting, username: &str) -> Result<Option<Area>, TreeError>;

    /// Gives an object another name.
    async fn rename_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        name: &Name,
    ) -> Result<Option<Area>, TreeError>;

    /// Puts other values in the place of an object's.
    async fn set_attributes(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        attributes: Named<DataValue>,
    ) -> Result<Option<Area>, TreeError>;

    /// Puts an object, with all that lies in it, elsewhere in its domain. Of two moves at once that
    /// together would make a circle exactly one succeeds.
    async fn move_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
        location_id: &str,
    ) -> Result<Option<Area>, TreeError>;

    /// Deletes an object in which nothing lies; he needs what it lies in. A device's account goes
    /// with it.
    async fn delete_object(
        &self,
        change: &Change,
        by: &Acting,
        kind: Kind,
        id: &str,
    ) -> Result<Option<()>, TreeError>;
}
