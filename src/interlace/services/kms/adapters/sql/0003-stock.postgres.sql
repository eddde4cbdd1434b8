-- Tombstones by age, for when they are old enough to go; and how many keys are available, kept by
-- the database itself in the transaction that changes it, for counting them takes longer than
-- anything else.

CREATE INDEX kms_key_tombstone ON kms_key (expires_us) WHERE sealed IS NULL;

CREATE TABLE kms_stock (
    role TEXT NOT NULL,
    master TEXT NOT NULL,
    slave TEXT NOT NULL,
    count BIGINT NOT NULL,     -- rows of kms_key that are available
    PRIMARY KEY (role, master, slave)
) WITH (fillfactor = 20);

INSERT INTO kms_stock (role, master, slave, count)
SELECT role, master, slave, count(*) FROM kms_key WHERE state = 'available'
GROUP BY role, master, slave;

-- Rows of keys come and go by many statements: each changes a pair's count once, and pairs in
-- one order, so that two transactions do not wait for one another.
CREATE FUNCTION kms_stock_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kms_stock (role, master, slave, count)
    SELECT role, master, slave, count(*) FROM born WHERE state = 'available'
    GROUP BY role, master, slave ORDER BY role, master, slave
    ON CONFLICT (role, master, slave) DO UPDATE SET count = kms_stock.count + excluded.count;
    RETURN NULL;
END $$;

CREATE FUNCTION kms_stock_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kms_stock (role, master, slave, count)
    SELECT role, master, slave, sum(step) FROM (
        SELECT role, master, slave, 1 AS step FROM born WHERE state = 'available'
        UNION ALL
        SELECT role, master, slave, -1 FROM gone WHERE state = 'available'
    ) AS steps
    GROUP BY role, master, slave HAVING sum(step) <> 0 ORDER BY role, master, slave
    ON CONFLICT (role, master, slave) DO UPDATE SET count = kms_stock.count + excluded.count;
    RETURN NULL;
END $$;

CREATE TRIGGER kms_stock_added AFTER INSERT ON kms_key
REFERENCING NEW TABLE AS born FOR EACH STATEMENT EXECUTE FUNCTION kms_stock_added();

CREATE TRIGGER kms_stock_changed AFTER UPDATE ON kms_key
REFERENCING NEW TABLE AS born OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION kms_stock_changed();
