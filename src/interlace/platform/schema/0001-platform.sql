-- What the platform keeps in every store.

CREATE TABLE audit (
    seq BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,     -- microseconds since 1970-01-01T00:00:00Z
    actor TEXT NOT NULL,
    event TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,      -- JSON, keys sorted
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE audit_head (      -- one row: the end of the chain
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

CREATE TABLE epoch (           -- one row: see interlace.platform.epoch
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    epoch BIGINT NOT NULL,
    run BIGINT NOT NULL,
    is_copy BIGINT NOT NULL
);

CREATE TABLE data_key (        -- wrapped by the key-encryption key
    serial BIGINT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    made_us BIGINT NOT NULL,
    wrapped BYTEA NOT NULL
);
