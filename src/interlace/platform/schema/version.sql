-- The platform's own statements about `schema_version`.

-- name: create_versions
CREATE TABLE IF NOT EXISTS schema_version (
    room TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (room, number)
);

-- name: lock_opening
SELECT 1;

-- name: lock_opening @postgres
SELECT pg_advisory_xact_lock(hashtext('interlace: opening'));

-- name: applied
SELECT number, sha256 FROM schema_version WHERE room = $1 ORDER BY number;

-- name: note
INSERT INTO schema_version (room, number, name, sha256) VALUES ($1, $2, $3, $4);
