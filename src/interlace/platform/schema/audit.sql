-- Statements about the chain of audit rows.

-- name: head
SELECT seq, hash FROM audit_head;

-- name: lock_head
SELECT seq, hash FROM audit_head;

-- name: lock_head @postgres
SELECT seq, hash FROM audit_head FOR UPDATE;

-- name: make_head
INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, $1) ON CONFLICT DO NOTHING;

-- name: move_head
UPDATE audit_head SET seq = $1, hash = $2;

-- name: insert
INSERT INTO audit (seq, at_us, actor, event, subject, detail, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- Where one statement may write two tables, the last row takes the head with it: one round trip
-- less for each transaction.

-- name: insert_last
INSERT INTO audit (seq, at_us, actor, event, subject, detail, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: insert_last @postgres
WITH moved AS (UPDATE audit_head SET seq = $1, hash = $8)
INSERT INTO audit (seq, at_us, actor, event, subject, detail, prev_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: stray
SELECT seq FROM audit WHERE seq < 1
UNION ALL
SELECT seq FROM audit WHERE seq > $1
LIMIT 1;

-- name: hash_at
SELECT hash FROM audit WHERE seq = $1;

-- name: copy_mark
SELECT is_copy FROM epoch;

-- name: batch
SELECT seq, at_us, actor, event, subject, detail, prev_hash, hash FROM audit
WHERE seq > $1 ORDER BY seq LIMIT $2;
