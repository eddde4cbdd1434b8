-- Links and transfers. Link key stands in runs of blocks (pieces); what is used is deleted.

CREATE TABLE kms_peer (
    kme TEXT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL          -- the highest that was seen
);

CREATE TABLE kms_stream (          -- key of a link with which one of its ends sends
    link TEXT NOT NULL,
    sender TEXT NOT NULL,
    next_block BIGINT NOT NULL,    -- the first one that was never dealt
    PRIMARY KEY (link, sender)
);

CREATE TABLE kms_piece (
    link TEXT NOT NULL,
    sender TEXT NOT NULL,
    first BIGINT NOT NULL,
    count BIGINT NOT NULL,
    sealed BYTEA NOT NULL,         -- bound to link, sender, first and count
    PRIMARY KEY (link, sender, first)
);

CREATE TABLE kms_reserved (        -- pieces set aside for a transfer
    transfer TEXT NOT NULL,
    link TEXT NOT NULL,
    sender TEXT NOT NULL,
    first BIGINT NOT NULL,
    count BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    reserved_us BIGINT NOT NULL,
    PRIMARY KEY (link, sender, first)
);

CREATE INDEX kms_reserved_transfer ON kms_reserved (transfer);

CREATE TABLE kms_deal (            -- dealt, and not yet answered by the other end
    link TEXT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL          -- bound to link
);

CREATE TABLE kms_failed_link (     -- taken out by an operator
    link TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE kms_transfer (
    transfer TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('origin', 'target', 'relay')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'lost', 'taken', 'denied', 'passed')),
    other TEXT NOT NULL,
    master TEXT,
    slave TEXT,
    key_ids BYTEA NOT NULL,        -- 16 bytes each
    changed_us BIGINT NOT NULL,
    expires_us BIGINT NOT NULL
);

CREATE INDEX kms_transfer_waiting ON kms_transfer (changed_us) WHERE state = 'waiting';
CREATE INDEX kms_transfer_age ON kms_transfer (expires_us);

CREATE TABLE kms_outbox (
    seq BIGINT NOT NULL PRIMARY KEY,
    peer TEXT NOT NULL,
    item BYTEA NOT NULL,           -- as it is sent: ciphertext
    queued_us BIGINT NOT NULL
);

CREATE INDEX kms_outbox_peer ON kms_outbox (peer, seq);

CREATE TABLE kms_outbox_end (      -- one row: the last place that was given
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL
);

INSERT INTO kms_outbox_end (one, seq) VALUES (1, 0);
