DROP TABLE enterprise_access_keys;
DROP TABLE enterprise_administrators;
DROP TABLE enterprise_users;
