-- Whoever deletes or suspends a user counts the users of role SYSTEM who may sign in.
CREATE INDEX iot_users_role ON iot_users (role, status, id);
