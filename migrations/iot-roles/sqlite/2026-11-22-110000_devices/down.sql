DROP INDEX iot_sessions_domain;
-- What an earlier version does not know, nor those who look after it.
DELETE FROM iot_users WHERE id IN (SELECT account_id FROM iot_devices);
DELETE FROM iot_user_areas WHERE area_kind = 'device';
DROP TABLE iot_devices;
DELETE FROM iot_location_ancestors WHERE descendant_id IN (SELECT id FROM iot_objects WHERE kind = 'device');
DELETE FROM iot_objects WHERE kind = 'device';
DELETE FROM iot_types WHERE kind = 'device';

DROP INDEX iot_objects_name;
DROP INDEX iot_objects_domain;
DROP INDEX iot_objects_parent;
DROP INDEX iot_objects_type;
ALTER TABLE iot_objects DROP COLUMN kind;
ALTER TABLE iot_objects RENAME COLUMN type_id TO site_type_id;
ALTER TABLE iot_objects RENAME TO iot_sites;
CREATE UNIQUE INDEX iot_sites_name ON iot_sites (location_id, name, site_type_id);
CREATE INDEX iot_sites_domain ON iot_sites (domain_id);
CREATE INDEX iot_sites_parent ON iot_sites (parent_id);
CREATE INDEX iot_sites_site_type ON iot_sites (site_type_id);

DROP INDEX iot_types_name;
ALTER TABLE iot_types DROP COLUMN kind;
ALTER TABLE iot_types RENAME COLUMN definition TO att_definition;
ALTER TABLE iot_types RENAME TO iot_site_types;
CREATE UNIQUE INDEX iot_site_types_name ON iot_site_types (domain_id, name);
