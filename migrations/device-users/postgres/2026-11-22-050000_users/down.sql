DROP TABLE device_group_members;
DROP TABLE device_groups;
DROP TABLE device_user_pictures;
DROP TABLE device_users;
