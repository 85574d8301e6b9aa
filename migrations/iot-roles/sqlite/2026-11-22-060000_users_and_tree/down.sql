DROP TABLE iot_sessions;
DROP TABLE iot_user_areas;
DROP TABLE iot_users;
DROP TABLE iot_location_ancestors;
DROP TABLE iot_sites;
DROP TABLE iot_site_types;
DROP TABLE iot_domains;
