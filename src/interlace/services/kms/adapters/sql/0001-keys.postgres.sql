-- Copies of keys. A row is born once and never deleted by a delivery: without material it is a
-- tombstone, and a late transfer cannot bring the key back.

CREATE TABLE kms_key (
    seq BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY, -- order of arrival
    key_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('master', 'slave')),
    master TEXT NOT NULL,
    slave TEXT NOT NULL,
    size_bits BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('pending', 'available', 'reserved', 'delivered', 'expired', 'void')
    ),
    sealed BYTEA,              -- material, sealed and bound to the row
    epoch BIGINT NOT NULL,
    batch TEXT NOT NULL,       -- the transfer or the assembly
    created_us BIGINT NOT NULL,
    changed_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (key_id, role),
    CHECK ((sealed IS NULL) = (state IN ('delivered', 'expired', 'void')))
);

-- With all that counting and taking asks for, so that neither looks at rows that it does not take.
CREATE INDEX kms_key_pool ON kms_key (role, master, slave, seq, expires_us, epoch, size_bits)
WHERE state = 'available';
CREATE INDEX kms_key_age ON kms_key (expires_us) WHERE sealed IS NOT NULL;
CREATE INDEX kms_key_reserved ON kms_key (batch) WHERE state = 'reserved';

-- Every delivery leaves a dead version of its row: sweep early, so that the pool stays short.
ALTER TABLE kms_key SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
