//! Schemas that stand for a part of a type, or for two of them: one Rust type reads the bodies of
//! several operations, each with the members that it needs.

use utoipa::openapi::schema::{AllOf, Array, ObjectBuilder};
use utoipa::openapi::{Components, Object, RefOr, Schema, Type};

use super::named;

/// Adds them to what the types say of themselves.
pub(super) fn complete(components: &mut Components) {
    let mut schemas = Schemas(components);
    schemas.bodies();
    schemas.types();
    schemas.enclosing();
    let pages = ["User", "Session", "SiteTypeOfDomain", "DeviceTypeOfDomain", "Site", "Device"];
    let names = ["UserPage", "SessionPage", "SiteTypePage", "DeviceTypePage", "SitePage", "DevicePage"];
    for (name, of) in names.into_iter().zip(pages) {
        let mut page = schemas.object("Page");
        page.description = Some("A page of a list, as the original's framework writes it.".to_owned());
        page.properties.insert("content".to_owned(), RefOr::T(Array::new(named(of)).into()));
        schemas.put(name, page);
    }
    schemas.drop("Page");
}

struct Schemas<'a>(&'a mut Components);

impl Schemas<'_> {
    /// The object of this name; one without members where the types have changed, as the difference of
    /// the checked-in document then shows.
    fn object(&self, name: &str) -> Object {
        match self.0.schemas.get(name) {
            Some(RefOr::T(Schema::Object(object))) => object.clone(),
            _ => Object::new(),
        }
    }

    fn put(&mut self, name: &str, schema: impl Into<Schema>) {
        self.0.schemas.insert(name.to_owned(), RefOr::T(schema.into()));
    }

    fn drop(&mut self, name: &str) {
        self.0.schemas.remove(name);
    }

    /// `name` has of the members of `of` these, the first of which are required.
    fn pick(&mut self, name: &str, description: &str, of: &str, required: &[&str], optional: &[&str]) {
        let mut object = self.object(of);
        let mut members = std::mem::take(&mut object.properties);
        for member in required.iter().chain(optional) {
            if let Some(schema) = members.shift_remove(*member) {
                object.properties.insert((*member).to_owned(), schema);
            }
        }
        object.required = required.iter().map(ToString::to_string).collect();
        object.description = Some(description.to_owned());
        self.put(name, object);
    }

    /// The bodies that make and move sites and devices, and those that define types.
    fn bodies(&mut self) {
        let info = |kind: &str| format!("The body of `POST /{kind}`.");
        let site = ["name", "locationId", "siteType"];
        self.pick("SiteInfo", &info("sites"), "ObjectInfo", &site, &["attInfos"]);
        let device = ["name", "locationId", "deviceType"];
        self.pick("DeviceInfo", &info("devices"), "ObjectInfo", &device, &["attInfos"]);
        let behind = ["name", "locationId", "deviceType", "gatewayId"];
        self.pick("SubdeviceInfo", &info("devices/subdevice"), "ObjectInfo", &behind, &["attInfos"]);
        self.drop("ObjectInfo");
        let moved = "A site or a device, and where it is to be put.";
        self.pick("SiteMove", moved, "ObjectMove", &["siteId", "locationId"], &[]);
        self.pick("DeviceMove", moved, "ObjectMove", &["id", "locationId"], &[]);
        self.drop("ObjectMove");

        let parts = ["additional", "staticAttTypeInfo", "alarmTypeInfos", "actionTypeInfos"];
        let description = "A device type. A `dataType` of it is not looked at; the original's is `Class`.";
        self.pick(
            "DeviceTypeInfo",
            description,
            "AttTypeInfo",
            &["name"],
            &[&["description"], &parts[..]].concat(),
        );
        let description = "A site type. A `dataType` of it is not looked at; the original's is `Class`.";
        self.pick("SiteTypeInfo", description, "AttTypeInfo", &["name"], &["description", "additional"]);
        let attribute = ["name", "dataType", "optional"];
        let optional = ["description", "dataTypeInfos", "additional"];
        let description = "An attribute: of a type, a struct or a choice.";
        self.pick("AttTypeInfo", description, "AttTypeInfo", &attribute, &optional);
        self.device_attribute();
    }

    /// A device's own attributes tell what may be done with them.
    fn device_attribute(&mut self) {
        let mut attribute = self.object("AttTypeInfo");
        attribute.description = Some("An attribute that a device itself tells.".to_owned());
        attribute.required.push("dataTypeInfos".to_owned());
        let mut infos = self.object("DataTypeInfos");
        infos.description =
            Some("The data type's limits, and what may be done with the attribute.".to_owned());
        infos.schema_type = Type::Object.into();
        infos.required = ["get", "set", "report"].map(|what| format!("attribute.{what}")).into();
        attribute.properties.insert("dataTypeInfos".to_owned(), RefOr::T(infos.into()));
        self.put("DeviceAttTypeInfo", attribute);
        let mut of = self.object("DeviceTypeInfo");
        if let Some(RefOr::T(Schema::Array(additional))) = of.properties.get_mut("additional") {
            additional.items =
                utoipa::openapi::schema::ArrayItems::RefOrSchema(Box::new(named("DeviceAttTypeInfo")));
        }
        self.put("DeviceTypeInfo", of);
    }

    /// The answers about types: with the domain that knows them on their own, without it inside a site or
    /// a device.
    fn types(&mut self) {
        let parts = match self.0.schemas.get("Type") {
            Some(RefOr::T(Schema::AllOf(all))) => all.items.clone(),
            _ => Vec::new(),
        };
        let definitions = match self.0.schemas.get("Definition") {
            Some(RefOr::T(Schema::OneOf(one))) => one.items.clone(),
            _ => Vec::new(),
        };
        let mut own = parts.into_iter().find_map(object).unwrap_or_default();
        let domain = own.properties.shift_remove("domain");
        for definition in definitions.into_iter().filter_map(object) {
            let is_device = definition.properties.contains_key("staticAttDefinition");
            let (name, kind) = if is_device { ("DeviceType", "devices") } else { ("SiteType", "sites") };
            let mut whole = own.clone();
            whole.description = Some(format!("What {kind} of one kind have in common."));
            whole.properties.extend(definition.properties);
            whole.required.extend(definition.required);
            self.put(name, whole);
            let mut of_domain = ObjectBuilder::new().required("domain");
            if let Some(domain) = &domain {
                of_domain = of_domain.property("domain", domain.clone());
            }
            let mut both = AllOf::new();
            both.items = vec![named(name), RefOr::T(of_domain.build().into())];
            both.description = Some("A type, with the domain that knows it.".to_owned());
            self.put(&format!("{name}OfDomain"), both);
            self.put(&format!("{name}s"), Array::new(named(&format!("{name}OfDomain"))));
        }
        self.drop("Type");
        self.drop("Definition");
    }

    /// A site in which something lies: it tells what itself lies in by one key, and two levels out or
    /// farther neither its values nor its type's definition.
    fn enclosing(&mut self) {
        let mut site = self.object("Site");
        site.description = Some(
            "A site in which something lies. Inside `parent` it has no `location`, inside `location` no \
             `parent`; two levels out or farther it comes without `attributes`, and its type without \
             `attDefinition`."
                .to_owned(),
        );
        site.required.retain(|member| !["parent", "location", "attributes"].contains(&member.as_str()));
        site.properties.insert("siteType".to_owned(), named("EnclosingSiteType"));
        self.put("EnclosingSite", site);
        let mut of = self.object("SiteType");
        of.description = Some("The type of a site in which something lies.".to_owned());
        of.required.retain(|member| member != "attDefinition");
        self.put("EnclosingSiteType", of);
    }
}

fn object(schema: RefOr<Schema>) -> Option<Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}
