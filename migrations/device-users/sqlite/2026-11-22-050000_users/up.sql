-- The caller gives the id. Absent texts are '', absent times 0, an absent feature is NULL.
CREATE TABLE device_users (
    user_id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    user_type INTEGER NOT NULL,
    is_admin BOOLEAN NOT NULL,
    ic_number TEXT NOT NULL,
    id_number TEXT NOT NULL,
    job_number TEXT NOT NULL,
    remark TEXT NOT NULL,
    guest_time_start_ms BIGINT NOT NULL,
    guest_time_end_ms BIGINT NOT NULL,
    feature TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE INDEX device_users_ic_number ON device_users (ic_number);
CREATE INDEX device_users_job_number ON device_users (job_number);

-- Pictures stand apart, so that lists never read them.
CREATE TABLE device_user_pictures (
    user_id INTEGER PRIMARY KEY NOT NULL REFERENCES device_users (user_id) ON DELETE CASCADE,
    avatar TEXT NOT NULL
);

CREATE TABLE device_groups (
    group_id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    group_type INTEGER NOT NULL,
    rule_id TEXT NOT NULL DEFAULT '',
    created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_groups_name ON device_groups (name);

-- `position` keeps the order in which the caller named the groups.
CREATE TABLE device_group_members (
    user_id INTEGER NOT NULL REFERENCES device_users (user_id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES device_groups (group_id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (user_id, group_id)
);
CREATE INDEX device_group_members_group_id ON device_group_members (group_id);
