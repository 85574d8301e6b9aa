-- Nobody looks for a user by the number that he does not have.
DROP INDEX device_users_ic_number;
DROP INDEX device_users_job_number;
CREATE INDEX device_users_ic_number ON device_users (ic_number) WHERE ic_number <> '';
CREATE INDEX device_users_job_number ON device_users (job_number) WHERE job_number <> '';
