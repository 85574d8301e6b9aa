-- What a signed token of an account names. Another one, at random, with each new secret, when the account
-- is disabled and when it is made: so tokens end without a comparison of times.
ALTER TABLE auth_accounts ADD COLUMN generation TEXT NOT NULL DEFAULT '';
UPDATE auth_accounts SET generation = replace(gen_random_uuid()::text, '-', '');
