-- Statements about links and transfers. A list is one text, joined by commas.

-- name: epochs
SELECT kme, epoch FROM kms_peer;

-- name: note_epoch
INSERT INTO kms_peer (kme, epoch) VALUES ($1, $2)
ON CONFLICT (kme) DO UPDATE SET epoch = excluded.epoch;

-- name: stream
SELECT next_block FROM kms_stream WHERE link = $1 AND sender = $2;

-- name: stream @postgres
SELECT next_block FROM kms_stream WHERE link = $1 AND sender = $2 FOR UPDATE;

-- name: make_stream
INSERT INTO kms_stream (link, sender, next_block) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING;

-- name: move_stream
UPDATE kms_stream SET next_block = $3 WHERE link = $1 AND sender = $2;

-- name: reset_stream
UPDATE kms_stream SET next_block = 0 WHERE link = $1;

-- name: drop_pieces
DELETE FROM kms_piece WHERE link = $1 RETURNING count;

-- name: drop_reserved
DELETE FROM kms_reserved WHERE link = $1 RETURNING count;

-- name: drop_outbox
DELETE FROM kms_outbox WHERE peer = $1;

-- name: put_piece
INSERT INTO kms_piece (link, sender, first, count, sealed) VALUES ($1, $2, $3, $4, $5);

-- name: next_pieces
SELECT first, count, sealed FROM kms_piece WHERE link = $1 AND sender = $2
ORDER BY first LIMIT $3;

-- name: pieces_over
SELECT first, count, sealed FROM kms_piece
WHERE link = $1 AND sender = $2 AND first < $4 AND first > $3 - 129 AND first + count > $3
ORDER BY first;

-- name: take_piece
DELETE FROM kms_piece WHERE link = $1 AND sender = $2 AND first = $3;

-- name: stocks
SELECT link, sender, sum(count) FROM kms_piece GROUP BY link, sender;

-- name: stocks @postgres
SELECT link, sender, sum(count)::BIGINT FROM kms_piece GROUP BY link, sender;

-- name: reserve
INSERT INTO kms_reserved (transfer, link, sender, first, count, sealed, reserved_us)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: reserved_for
SELECT link, sender, first, count, sealed FROM kms_reserved WHERE transfer = $1 ORDER BY first;

-- name: reserved_before
SELECT link, sender, first, count, sealed FROM kms_reserved WHERE reserved_us < $1 ORDER BY first;

-- name: take_reserved
DELETE FROM kms_reserved WHERE link = $1 AND sender = $2 AND first = $3;

-- name: save_deal
INSERT INTO kms_deal (link, sealed) VALUES ($1, $2);

-- name: deal
SELECT sealed FROM kms_deal WHERE link = $1;

-- name: deal @postgres
SELECT sealed FROM kms_deal WHERE link = $1 FOR UPDATE;

-- name: drop_deal
DELETE FROM kms_deal WHERE link = $1;

-- name: fail_link
INSERT INTO kms_failed_link (link) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: restore_link
DELETE FROM kms_failed_link WHERE link = $1;

-- name: failed_links
SELECT link FROM kms_failed_link;

-- name: transfer
SELECT transfer, role, state, other, master, slave, key_ids, changed_us, expires_us
FROM kms_transfer WHERE transfer = $1;

-- name: transfer @postgres
SELECT transfer, role, state, other, master, slave, key_ids, changed_us, expires_us
FROM kms_transfer WHERE transfer = $1 FOR UPDATE;

-- name: begin_transfer
INSERT INTO kms_transfer (transfer, role, state, other, master, slave, key_ids, changed_us,
                          expires_us)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: move_transfer
UPDATE kms_transfer SET state = $3, changed_us = $4 WHERE transfer = $1 AND state = $2;

-- name: waiting
SELECT transfer, role, state, other, master, slave, key_ids, changed_us, expires_us
FROM kms_transfer WHERE state = 'waiting' AND changed_us < $1 ORDER BY changed_us LIMIT $2;

-- name: underway
SELECT master, slave, sum(length(key_ids)) FROM kms_transfer WHERE state = 'waiting'
GROUP BY master, slave;

-- name: underway @postgres
SELECT master, slave, sum(length(key_ids))::BIGINT FROM kms_transfer WHERE state = 'waiting'
GROUP BY master, slave;

-- name: forget_transfers
DELETE FROM kms_transfer WHERE expires_us < $1 AND state <> 'waiting';

-- name: next_seq
UPDATE kms_outbox_end SET seq = seq + 1 RETURNING seq;

-- name: enqueue
INSERT INTO kms_outbox (seq, peer, item, queued_us) VALUES ($1, $2, $3, $4);

-- name: replace_queued
UPDATE kms_outbox SET item = $2, queued_us = $3 WHERE seq = $1;

-- name: drop_queued
DELETE FROM kms_outbox WHERE seq = $1;

-- name: queued
SELECT seq, peer, item, queued_us FROM kms_outbox WHERE peer = $1 AND seq > $2
ORDER BY seq LIMIT $3;

-- name: void_pair
UPDATE kms_key SET state = 'void', sealed = NULL, changed_us = $1
WHERE role = $2 AND master = $3 AND slave = $4 AND sealed IS NOT NULL
RETURNING key_id, role, master, slave;

-- name: lose_waiting
UPDATE kms_transfer SET state = 'lost', changed_us = $1 WHERE state = 'waiting';

-- name: empty_streams
UPDATE kms_stream SET next_block = 0;

-- name: empty_pieces
DELETE FROM kms_piece;

-- name: empty_reserved
DELETE FROM kms_reserved;

-- name: empty_deals
DELETE FROM kms_deal;

-- name: empty_outbox
DELETE FROM kms_outbox;
