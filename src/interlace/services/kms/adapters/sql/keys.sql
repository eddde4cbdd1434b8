-- Statements about copies of keys. A list of IDs is one text, joined by commas.
--
-- Rows are changed by ID, through the index of the IDs. `+state`, `state || ''` and
-- `length(sealed) > 0` keep planners, which may know nothing of a table that was just filled, from
-- walking along the pool's index instead.

-- name: add
INSERT INTO kms_key (key_id, role, master, slave, size_bits, state, sealed, epoch, batch,
                     created_us, changed_us, expires_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11);

-- name: next_available
SELECT key_id, sealed FROM kms_key
WHERE role = 'master' AND master = $1 AND slave = $2 AND state = 'available'
  AND size_bits = $3 AND epoch = $4 AND expires_us > $5
ORDER BY seq LIMIT $6;

-- name: by_ids
SELECT key_id, role, master, slave, size_bits, state, sealed, epoch, batch, expires_us
FROM kms_key
WHERE key_id IN (SELECT value FROM json_each('["' || replace($1, ',', '","') || '"]'));

-- name: by_ids @postgres
SELECT key_id, role, master, slave, size_bits, state, sealed, epoch, batch, expires_us
FROM kms_key WHERE key_id = ANY (string_to_array($1, ','));

-- name: known
SELECT key_id FROM kms_key
WHERE role = $1
  AND key_id IN (SELECT value FROM json_each('["' || replace($2, ',', '","') || '"]')) LIMIT 1;

-- name: known @postgres
SELECT key_id FROM kms_key
WHERE role || '' = $1 AND key_id = ANY (string_to_array($2, ',')) LIMIT 1;

-- name: end
UPDATE kms_key SET state = $1, sealed = NULL, changed_us = $2
WHERE role = $3 AND +state = $4
  AND key_id IN (SELECT value FROM json_each('["' || replace($5, ',', '","') || '"]'));

-- name: end @postgres
UPDATE kms_key SET state = $1, sealed = NULL, changed_us = $2
WHERE role = $3 AND state || '' = $4 AND key_id = ANY (string_to_array($5, ','));

-- name: void
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $1
WHERE role = $2 AND length(sealed) > 0
  AND key_id IN (SELECT value FROM json_each('["' || replace($3, ',', '","') || '"]'))
RETURNING key_id, role, master, slave;

-- name: void @postgres
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $1
WHERE role = $2 AND length(sealed) > 0 AND key_id = ANY (string_to_array($3, ','))
RETURNING key_id, role, master, slave;

-- name: activate
UPDATE kms_key SET state = 'available', changed_us = $1
WHERE role = $2 AND +state = 'pending' AND epoch = $3
  AND key_id IN (SELECT value FROM json_each('["' || replace($4, ',', '","') || '"]'))
RETURNING key_id, role, master, slave;

-- name: activate @postgres
UPDATE kms_key SET state = 'available', changed_us = $1
WHERE role = $2 AND state || '' = 'pending' AND epoch = $3
  AND key_id = ANY (string_to_array($4, ','))
RETURNING key_id, role, master, slave;

-- name: reserve
UPDATE kms_key SET state = 'reserved', batch = $1, changed_us = $2
WHERE role = 'master' AND +state = 'available'
  AND key_id IN (SELECT value FROM json_each('["' || replace($3, ',', '","') || '"]'));

-- name: reserve @postgres
UPDATE kms_key SET state = 'reserved', batch = $1, changed_us = $2
WHERE role = 'master' AND state || '' = 'available' AND key_id = ANY (string_to_array($3, ','));

-- name: reserved
SELECT key_id, sealed, size_bits FROM kms_key WHERE state = 'reserved' AND batch = $1;

-- name: abandon
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $1
WHERE state = 'reserved' AND batch = $2
RETURNING key_id, role, master, slave;

-- name: abandon_all
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $1
WHERE state = 'reserved'
RETURNING key_id, role, master, slave;

-- name: expire
UPDATE kms_key SET state = 'expired', sealed = NULL, changed_us = $1
WHERE (key_id, role) IN (
    SELECT key_id, role FROM kms_key
    WHERE sealed IS NOT NULL AND expires_us <= $1 AND state IN ('pending', 'available', 'reserved')
    ORDER BY expires_us LIMIT $2
) AND sealed IS NOT NULL
RETURNING key_id, role, master, slave;

-- name: expire @postgres
UPDATE kms_key SET state = 'expired', sealed = NULL, changed_us = $1
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM kms_key
    WHERE sealed IS NOT NULL AND expires_us <= $1
      AND state || '' IN ('pending', 'available', 'reserved')
    ORDER BY expires_us LIMIT $2
)) AND sealed IS NOT NULL
RETURNING key_id, role, master, slave;

-- name: void_older
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $2
WHERE epoch < $1 AND sealed IS NOT NULL;

-- name: purge
DELETE FROM kms_key
WHERE (key_id, role) IN (
    SELECT key_id, role FROM kms_key WHERE sealed IS NULL AND expires_us < $1
    ORDER BY expires_us LIMIT $2
) AND sealed IS NULL;

-- name: purge @postgres
DELETE FROM kms_key
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM kms_key WHERE sealed IS NULL AND expires_us < $1
    ORDER BY expires_us LIMIT $2
));

-- What has expired and was not voided yet counts no more: there is little of it at any time.

-- name: stock
SELECT count - (
    SELECT count(*) FROM kms_key
    WHERE sealed IS NOT NULL AND expires_us <= $4 AND state || '' = 'available'
      AND role || '' = $1 AND master = $2 AND slave = $3
) FROM kms_stock WHERE role = $1 AND master = $2 AND slave = $3;

-- name: stocks
SELECT role, master, slave, count FROM kms_stock WHERE count > 0;

-- name: late
SELECT role, master, slave, count(*) FROM kms_key
WHERE sealed IS NOT NULL AND expires_us <= $1 AND state || '' = 'available'
GROUP BY role, master, slave;
