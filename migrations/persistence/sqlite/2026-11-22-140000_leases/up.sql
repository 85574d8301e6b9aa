-- Work that one gateway at a time does for all: who is at it and until when he holds it unless he says
-- so again, and when it was last done.
CREATE TABLE store_leases (
    name TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    until_ms BIGINT NOT NULL,
    done_ms BIGINT NOT NULL
);
