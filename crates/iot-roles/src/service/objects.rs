//! Sites and devices (I7).

use roster_kernel::{Random, Secret};

use super::IotRoles;
use super::reach::{Administrator, found, refused, shown};
use crate::domain::{AnyType, Area, Kind, Listed, NewUser, ObjectId, PageRequest, Role, Username};
use crate::error::Error;
use crate::store::{NewObject, TreeError};
use crate::validate::{self, Query};
use crate::wire;

/// How many random bytes a device's password holds: 96 bits, written as 24 hex digits.
const DEVICE_PASSWORD_BYTES: usize = 12;

/// How often an object is judged anew because its type became another.
const MAX_ROUNDS: usize = 5;

/// A device that was registered.
#[derive(Debug)]
pub struct Registered {
    /// The device.
    pub device: Area,
    /// Its account's password, which is shown this once; none behind a gateway.
    pub password: Option<Secret>,
}

fn taken(kind: Kind) -> String {
    format!("{} name", kind.name())
}

impl IotRoles {
    /// Makes a site in the chosen domain or in a site of it.
    ///
    /// # Errors
    /// In this order: [`Error::Invalid`]; 412 without a chosen domain; [`Error::NotFound`] for the type
    /// and the location; [`Error::Forbidden`] for a location out of reach; [`Error::NotFound`] and
    /// [`Error::Value`] for values; [`Error::Conflict`] for the name.
    pub async fn add_site(&self, by: &Administrator, info: wire::ObjectInfo) -> Result<Area, Error> {
        let draft = validate::object(Kind::Site, false, info)?;
        self.add_object(by, draft, None).await
    }

    /// Registers a device, which makes its account.
    ///
    /// # Errors
    /// As [`IotRoles::add_site`].
    pub async fn register_device(
        &self,
        by: &Administrator,
        info: wire::ObjectInfo,
    ) -> Result<Registered, Error> {
        let draft = validate::object(Kind::Device, false, info)?;
        let random = self.ports.random.as_ref();
        let password = Secret::new(roster_kernel::hex_token(random, DEVICE_PASSWORD_BYTES));
        let username = Username::parse(uuid(random))
            .map_err(|rule| Error::Invalid(roster_kernel::Violation::new("username", rule)))?;
        let account = (NewUser::new(username, Role::Device), &password);
        let device = self.add_object(by, draft, Some(account)).await?;
        Ok(Registered { device, password: Some(password) })
    }

    /// Registers a device behind a gateway; it has no account.
    ///
    /// # Errors
    /// As [`IotRoles::add_site`], and for the gateway: [`Error::NotFound`], [`Error::Forbidden`], 412
    /// if it stands behind one itself.
    pub async fn register_subdevice(
        &self,
        by: &Administrator,
        info: wire::ObjectInfo,
    ) -> Result<Registered, Error> {
        let draft = validate::object(Kind::Device, true, info)?;
        Ok(Registered { device: self.add_object(by, draft, None).await?, password: None })
    }

    async fn add_object(
        &self,
        by: &Administrator,
        draft: validate::ObjectDraft,
        account: Option<(NewUser, &Secret)>,
    ) -> Result<Area, Error> {
        let acting = by.acting()?;
        let kind = draft.ground.kind;
        let failed = |error| refused(error, &taken(kind));
        let change = self.change_by(by);
        let fresh = || ObjectId::fresh(self.ports.random.as_ref(), change.at_ms);
        let mut hash = None;
        for _ in 0..MAX_ROUNDS {
            let of = self.ports.store.ground(&acting, &draft.ground).await.map_err(failed)?;
            let attributes = validate::values(&draft.values, of.attributes())?;
            if let (Some((_, password)), None) = (&account, &hash) {
                hash = Some(self.ports.hasher.hash(password, &(&change).into()).await?);
            }
            let account = account.as_ref().zip(hash.clone());
            let new = NewObject {
                id: fresh(),
                name: draft.name.clone(),
                ground: draft.ground.clone(),
                attributes,
                judged_by: Some(of.id().clone()),
                account: account.map(|((user, _), hash)| (fresh(), user.clone(), hash)),
            };
            match self.ports.store.add_object(&change, &acting, new).await {
                // Its type's name became another's meanwhile: by that one it is to be judged.
                Err(TreeError::TypeChanged) => {}
                added => return added.map_err(failed),
            }
        }
        Err(failed(TreeError::TypeChanged))
    }

    /// The site or device of this id in the chosen domain.
    ///
    /// # Errors
    /// 412 without a chosen domain, [`Error::NotFound`], [`Error::Forbidden`] out of reach.
    pub async fn object(&self, by: &Administrator, kind: Kind, id: &str) -> Result<Area, Error> {
        found(self.ports.store.object(&by.acting()?, kind, id).await, id, "")
    }

    /// A page of the sites or devices of the chosen domain that are within reach, newest first.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::Forbidden`] for a user who has no
    /// area in it any more.
    pub async fn objects(
        &self,
        by: &Administrator,
        kind: Kind,
        query: &Query,
    ) -> Result<(Listed<Area>, PageRequest), Error> {
        let page = validate::page(query)?;
        let filter = validate::object_filter(kind, query);
        let listed = self.ports.store.objects(&by.acting()?, kind, &filter, page).await;
        Ok((listed.map_err(|error| refused(error, ""))?, page))
    }

    /// How many there are of them.
    ///
    /// # Errors
    /// As [`IotRoles::objects`].
    pub async fn count_objects(&self, by: &Administrator, kind: Kind, query: &Query) -> Result<i64, Error> {
        validate::page(query)?;
        let filter = validate::object_filter(kind, query);
        let counted = self.ports.store.count_objects(&by.acting()?, kind, &filter).await;
        counted.map_err(|error| refused(error, ""))
    }

    /// The sites within the areas of this user, of role AREA, in every domain; at most 1000.
    ///
    /// # Errors
    /// The house's own.
    pub async fn sites_of(&self, user: &ObjectId) -> Result<Vec<Area>, Error> {
        self.ports.store.sites_of(user).await.map_err(|error| refused(error, ""))
    }

    /// Whether an object lies within the areas of this user.
    ///
    /// # Errors
    /// [`Error::NotFound`]
    pub async fn lies_within(&self, user: &ObjectId, id: &str) -> Result<bool, Error> {
        found(self.ports.store.lies_within(user, id).await, &format!("location id:{}", shown(id)), "")
    }

    /// The device that signs in as this user.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an account without one.
    pub async fn device_of(&self, user: &ObjectId) -> Result<Area, Error> {
        found(self.ports.store.device_of(user).await, "device", "")
    }

    /// The device whose account has this name.
    ///
    /// # Errors
    /// 412 without a chosen domain, [`Error::NotFound`], [`Error::Forbidden`] out of reach.
    pub async fn device_named(&self, by: &Administrator, username: &str) -> Result<Area, Error> {
        found(self.ports.store.device_named(&by.acting()?, username).await, username, "")
    }

    /// Gives a site or a device another name.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::NotFound`], [`Error::Forbidden`],
    /// [`Error::Conflict`].
    pub async fn rename_object(
        &self,
        by: &Administrator,
        kind: Kind,
        info: wire::ObjectRename,
    ) -> Result<Area, Error> {
        let (id, name) = validate::object_rename(kind, info)?;
        let (acting, change) = (by.acting()?, self.change_by(by));
        found(self.ports.store.rename_object(&change, &acting, kind, &id, &name).await, &id, &taken(kind))
    }

    /// Puts other values in the place of all that a site or a device has.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::NotFound`], [`Error::Forbidden`];
    /// [`Error::NotFound`] and [`Error::Value`] for values.
    pub async fn update_object(
        &self,
        by: &Administrator,
        kind: Kind,
        info: wire::ObjectUpdate,
    ) -> Result<Area, Error> {
        let (id, values) = validate::object_update(kind, info)?;
        let (acting, change) = (by.acting()?, self.change_by(by));
        let object = found(self.ports.store.object(&acting, kind, &id).await, &id, "")?;
        // Attributes that have values are never redefined, so they may be judged before the write.
        let of = match object {
            Area::Site(site) => AnyType::Site(site.site_type.clone()),
            Area::Device(device) => AnyType::Device(device.device_type.clone()),
            Area::Domain(_) => return Err(Error::NotFound(shown(&id))),
        };
        let attributes = validate::values(&values, of.attributes())?;
        found(self.ports.store.set_attributes(&change, &acting, kind, &id, attributes).await, &id, "")
    }

    /// Puts a site, with all that lies in it, or a device elsewhere in its domain.
    ///
    /// # Errors
    /// [`Error::Invalid`], 412 without a chosen domain, [`Error::NotFound`] for it and the location,
    /// [`Error::Forbidden`] for either out of reach, 412 for a site into itself or too deep,
    /// [`Error::Conflict`] for the name there.
    pub async fn move_object(
        &self,
        by: &Administrator,
        kind: Kind,
        info: wire::ObjectMove,
    ) -> Result<Area, Error> {
        let (id, location_id) = validate::object_move(kind, info)?;
        let (acting, change) = (by.acting()?, self.change_by(by));
        let moved = self.ports.store.move_object(&change, &acting, kind, &id, &location_id).await;
        found(moved, &id, &taken(kind))
    }

    /// Deletes a site or a device; he must reach what it lies in.
    ///
    /// # Errors
    /// 412 without a chosen domain, while something lies in it or stands behind it, and while it is a
    /// user's area; [`Error::NotFound`], [`Error::Forbidden`].
    pub async fn delete_object(&self, by: &Administrator, kind: Kind, id: &str) -> Result<(), Error> {
        let (acting, change) = (by.acting()?, self.change_by(by));
        found(self.ports.store.delete_object(&change, &acting, kind, id).await, id, "")
    }
}

/// A random UUID (version 4).
fn uuid(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_devices_name_is_a_uuid() {
        let name = uuid(&roster_kernel::OsRandom);
        let form: String = name.chars().map(|c| if c.is_ascii_hexdigit() { 'x' } else { c }).collect();
        assert_eq!(form, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
        assert_eq!(&name[14..15], "4");
        assert!(matches!(&name[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(name, uuid(&roster_kernel::OsRandom));
    }
}
