DROP INDEX device_users_ic_number;
DROP INDEX device_users_job_number;
CREATE INDEX device_users_ic_number ON device_users (ic_number);
CREATE INDEX device_users_job_number ON device_users (job_number);
