-- Domains hold sites, sites hold sites. Where an object lies is its `location_id`: the enclosing
-- site's id, or the domain's.
CREATE TABLE iot_domains (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
);
CREATE UNIQUE INDEX iot_domains_name ON iot_domains (name);

CREATE TABLE iot_site_types (
    id TEXT PRIMARY KEY NOT NULL,
    domain_id TEXT NOT NULL REFERENCES iot_domains (id),
    name TEXT NOT NULL,
    description TEXT,
    att_definition TEXT NOT NULL
);
CREATE UNIQUE INDEX iot_site_types_name ON iot_site_types (domain_id, name);

CREATE TABLE iot_sites (
    id TEXT PRIMARY KEY NOT NULL,
    domain_id TEXT NOT NULL REFERENCES iot_domains (id),
    parent_id TEXT REFERENCES iot_sites (id),
    location_id TEXT NOT NULL,
    site_type_id TEXT NOT NULL REFERENCES iot_site_types (id),
    name TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE UNIQUE INDEX iot_sites_name ON iot_sites (location_id, name, site_type_id);
CREATE INDEX iot_sites_domain ON iot_sites (domain_id);
CREATE INDEX iot_sites_parent ON iot_sites (parent_id);
CREATE INDEX iot_sites_site_type ON iot_sites (site_type_id);

-- Who lies within whom, however deep: a row for every object and everything around it, itself
-- (depth 0) included. Ids are unique over domains and sites.
CREATE TABLE iot_location_ancestors (
    ancestor_id TEXT NOT NULL,
    descendant_id TEXT NOT NULL,
    depth INTEGER NOT NULL,
    PRIMARY KEY (ancestor_id, descendant_id)
);
CREATE INDEX iot_location_ancestors_descendant ON iot_location_ancestors (descendant_id);

-- `username` is compared as it stands. `password_version` counts password changes, not renewed
-- hashes of the same password.
CREATE TABLE iot_users (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL,
    email TEXT,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    password_version INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX iot_users_username ON iot_users (username);

CREATE TABLE iot_user_areas (
    user_id TEXT NOT NULL REFERENCES iot_users (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    area_id TEXT NOT NULL,
    area_kind TEXT NOT NULL,
    PRIMARY KEY (user_id, position)
);
CREATE INDEX iot_user_areas_area ON iot_user_areas (area_id);

-- Tokens that are good: a signed token without its row here is worth nothing.
CREATE TABLE iot_sessions (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES iot_users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    domain TEXT,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX iot_sessions_user ON iot_sessions (user_id);
CREATE INDEX iot_sessions_expires ON iot_sessions (expires_ms);
