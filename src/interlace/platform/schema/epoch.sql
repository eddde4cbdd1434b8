-- Statements about the epoch and the data keys.

-- name: epoch
SELECT epoch, run, is_copy FROM epoch;

-- name: set_epoch
INSERT INTO epoch (one, epoch, run, is_copy) VALUES (1, $1, $2, 0)
ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, run = excluded.run, is_copy = 0;

-- name: mark_copy
UPDATE epoch SET is_copy = 1;

-- name: data_keys
SELECT serial, epoch, wrapped FROM data_key ORDER BY serial;

-- name: last_data_key
SELECT COALESCE(MAX(serial), 0) FROM data_key;

-- name: last_data_key @postgres
SELECT COALESCE(MAX(serial), 0)::BIGINT FROM data_key;

-- name: add_data_key
INSERT INTO data_key (serial, epoch, made_us, wrapped) VALUES ($1, $2, $3, $4);

-- name: rewrap_data_key
UPDATE data_key SET wrapped = $2 WHERE serial = $1;

-- name: shred
DELETE FROM data_key WHERE epoch < $1;
