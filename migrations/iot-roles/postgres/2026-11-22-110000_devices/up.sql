-- Sites and devices are the objects of the tree: both have a type, a name, values, and a place where
-- they lie. What a device has besides stands in a table of its own.
ALTER TABLE iot_site_types RENAME TO iot_types;
ALTER TABLE iot_types RENAME COLUMN att_definition TO definition;
ALTER TABLE iot_types ADD COLUMN kind TEXT NOT NULL DEFAULT 'site';
DROP INDEX iot_site_types_name;
CREATE UNIQUE INDEX iot_types_name ON iot_types (domain_id, kind, name);

ALTER TABLE iot_sites RENAME TO iot_objects;
ALTER TABLE iot_objects RENAME COLUMN site_type_id TO type_id;
ALTER TABLE iot_objects ADD COLUMN kind TEXT NOT NULL DEFAULT 'site';
DROP INDEX iot_sites_name;
DROP INDEX iot_sites_domain;
DROP INDEX iot_sites_parent;
DROP INDEX iot_sites_site_type;
CREATE UNIQUE INDEX iot_objects_name ON iot_objects (location_id, name, type_id);
CREATE INDEX iot_objects_domain ON iot_objects (domain_id, kind, id);
CREATE INDEX iot_objects_parent ON iot_objects (parent_id);
CREATE INDEX iot_objects_type ON iot_objects (type_id);

-- `account_id` is the user as whom the device signs in; a device behind a gateway has none.
CREATE TABLE iot_devices (
    object_id TEXT PRIMARY KEY NOT NULL REFERENCES iot_objects (id),
    gateway_id TEXT REFERENCES iot_objects (id),
    account_id TEXT REFERENCES iot_users (id) ON DELETE SET NULL
);
CREATE INDEX iot_devices_gateway ON iot_devices (gateway_id);
CREATE UNIQUE INDEX iot_devices_account ON iot_devices (account_id);

-- A domain's end and its renaming end the sessions that chose it.
CREATE INDEX iot_sessions_domain ON iot_sessions (domain);
